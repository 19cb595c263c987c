"""Jobs of reassign_absent: a task changes hands; the history keeps both."""

from __future__ import annotations

from engine import commands, user_tasks
from engine.process_application import Outcome, Topic, Work
from engine.transaction import Transaction


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
