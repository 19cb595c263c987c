"""Jobs of reassign_absent: tasks of somebody absent are found, and change hands; the history keeps both."""

from __future__ import annotations

from collections.abc import Mapping

from engine import commands, definitions, user_tasks
from engine.process_application import Outcome, Topic, Work
from engine.transaction import Transaction
from engine.user_tasks import UserTask
from workflows import calendar_kr, cases, escalations, organisation
from workflows.calendar import calendar_of

KEY = "reassign_absent"
MOST_TASKS = 1000


def cover_absence(tx: Transaction, payload: Mapping[str, object]) -> None:
    """Start the diagram for every open task of `user` when the absence has begun; nothing when it was taken back."""
    absent = str(payload["user"])
    if not organisation.is_absent(tx, absent) or definitions.find_latest(tx, KEY) is None:
        return
    for task in user_tasks.find_open(tx, assignee=absent, limit=MOST_TASKS):
        commands.start_instance(tx, KEY, _variables(tx, task, absent), business_key=task.business_key)


def _variables(tx: Transaction, task: UserTask, absent: str) -> dict[str, object]:
    case = cases.find_case(tx, task.business_key)
    left = calendar_kr.left_in_words(tx.now, task.due_at, calendar_of(tx)) if task.due_at else None
    return {
        "task_id": task.id, "task_name": task.name, "absent": absent, "case_no": task.business_key,
        "title": case.title if case else "", "due_at": task.due_at, "left_ko": left.ko if left else None,
        "left_en": left.en if left else None, "hold_until": escalations.hold_until(tx, ""),
    }  # fmt: skip


def reassign_task(tx: Transaction, work: Work) -> Outcome:
    """Give the task to the substitute; nothing happens when somebody has completed it meanwhile."""
    seen = work.variables
    task = user_tasks.get(tx, int(str(seen["task_id"])))
    if task.state != "open":
        return Outcome({"receivers": []})
    to = str(seen["new_assignee"])
    commands.reassign_user_task(tx, task.id, to=to, by=str(seen["absent"]))
    return Outcome({"receivers": [to]})


def return_task_to_group(tx: Transaction, work: Work) -> Outcome:
    """Give the task back to its groups, and name them as who is told."""
    seen = work.variables
    task = user_tasks.get(tx, int(str(seen["task_id"])))
    if task.state != "open":
        return Outcome({"receivers": []})
    if task.assignee:
        commands.unclaim_user_task(tx, task.id, by=task.assignee)
    return Outcome({"receivers": [f"group:{group}" for group in task.candidate_groups]})


TOPICS = (
    Topic(
        "reassign_task",
        "대신할 사람에게 맡기기",
        "Give a task to the substitute",
        reassign_task,
        inputs=("task_id", "new_assignee", "absent"),
        outputs=("receivers",),
    ),
    Topic(
        "return_task_to_group",
        "업무를 조에 돌려주기",
        "Give a task back to its group",
        return_task_to_group,
        inputs=("task_id",),
        outputs=("receivers",),
    ),
)
