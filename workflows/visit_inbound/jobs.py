"""Jobs of visit_inbound: passes go out and come back, and the substitute is called to a visitor who waits."""

from __future__ import annotations

from datetime import datetime

from engine import user_tasks
from engine.errors import Conflict
from engine.process_application import Outcome, Topic, Work
from engine.transaction import Transaction
from workflows import passes


def hand_out_passes(tx: Transaction, work: Work) -> Outcome:
    """Note the visitor's pass and those of the group; two desks that chose the same number: the later asks again."""
    seen = work.variables
    rows = seen.get("companion_passes")
    others = [str(row["number"]) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    arrived = seen.get("arrived_at")
    kind = seen.get("id_kind")
    try:
        passes.hand_out(
            tx,
            str(work.business_key),
            [str(seen.get("pass_no")), *others],
            str(kind) if kind else None,
            arrived if isinstance(arrived, datetime) else tx.now,
        )
    except Conflict as taken:
        return Outcome(error_code="PASS_IN_USE", error_message=taken.sentence.ko)
    return Outcome()


def take_passes_back(tx: Transaction, work: Work) -> Outcome:
    """Note that every pass of the visit is back."""
    returned = work.variables.get("returned_at")
    passes.take_back(tx, str(work.business_key), returned if isinstance(returned, datetime) else tx.now)
    return Outcome()


def give_passes_up(tx: Transaction, work: Work) -> Outcome:
    """Note that the passes of the visit are lost."""
    passes.give_up(tx, str(work.business_key))
    return Outcome()


def call_substitute(tx: Transaction, work: Work) -> Outcome:
    """Offer the open task of meeting the visitor to the substitute too; false when somebody has met him meanwhile."""
    name = work.variables.get("substitute_host")
    open_tasks = user_tasks.find_open(tx, instance_id=work.instance_id)
    waiting = [task for task in open_tasks if task.element_id == "Task_Meet"]
    called = bool(name) and all(user_tasks.offer(tx, task.id, to=str(name)) for task in waiting) and bool(waiting)
    return Outcome({"substitute_called": called})


TOPICS = (
    Topic(
        "hand_out_passes",
        "출입증 내주기",
        "Hand out passes",
        hand_out_passes,
        inputs=("pass_no", "companion_passes", "id_kind", "arrived_at"),
    ),
    Topic("take_passes_back", "출입증 돌려받기", "Take passes back", take_passes_back, inputs=("returned_at",)),
    Topic("give_passes_up", "출입증 잃어버림", "Give passes up", give_passes_up),
    Topic(
        "call_substitute",
        "대신할 사람 부르기",
        "Call the substitute",
        call_substitute,
        inputs=("substitute_host",),
        outputs=("substitute_called",),
    ),
)
