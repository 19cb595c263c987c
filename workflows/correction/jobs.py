"""Jobs of correction: passes its news on to other reports of the same fact, and asks the process owner for more."""

from __future__ import annotations

from engine import commands
from engine.process_application import Outcome, Topic, Work
from engine.transaction import Transaction
from workflows import cases, facts

NEWS = ("containment", "plan_date", "plan_reason", "what_done", "prevent")


def link_source(tx: Transaction, work: Work) -> Outcome:
    """Link a correction that stands alone with the case that it is about."""
    cases.link(tx, str(work.business_key), str(work.variables["source_case"]), "correction")
    return Outcome()


def pass_on_correction(tx: Transaction, work: Work) -> Outcome:
    """Tell the other cases of the same fact what happened; each of them writes to its own customer."""
    told = {"news": work.variables["news"], "news_at": tx.now, **{name: work.variables.get(name) for name in NEWS}}
    for no in facts.others(tx, str(work.business_key)):
        commands.publish_message(tx, "MSG_CORRECTION_NEWS", told, business_key=no)
    return Outcome()


def ask_process_owner(tx: Transaction, work: Work) -> Outcome:
    """Give the process owner the task to change what let the fault happen; nobody waits for it."""
    seen = work.variables
    told = {name: seen.get(name) for name in ("case_no", "title", "what_happened", "what_done", "prevent")}
    commands.start_by_message(tx, "MSG_PREVENTION_PLANNED", told, business_key=work.business_key)
    return Outcome()


TOPICS = (
    Topic("link_source", "관련된 건과 잇기", "Link with the related case", link_source, inputs=("source_case",)),
    Topic("pass_on_correction", "같은 사실을 알린 분들께 전하기", "Pass the news on to reports of the same fact",
          pass_on_correction, inputs=("news", *NEWS)),
    Topic("ask_process_owner", "재발 방지를 업무담당에게 맡기기", "Ask the process owner to prevent it",
          ask_process_owner, inputs=("what_happened", "what_done", "prevent")),
)  # fmt: skip
