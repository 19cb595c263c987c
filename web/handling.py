"""Handling a user task: who sees it, who may take it, and its form's values on their way into the process."""

from __future__ import annotations

from collections.abc import Mapping

from engine import commands, user_tasks
from engine.errors import Forbidden, Sentence, UnknownFields
from engine.forms import Form
from engine.instances import get as instance_of
from engine.process_application import InstanceView
from engine.transaction import Transaction
from engine.user_tasks import UserTask
from web.denials import denied, unknown_alike
from web.moments import SEOUL
from workflows import permissions
from workflows.organisation import User


def visible(tx: Transaction, user: User, task_id: int) -> UserTask:
    """Return the task when this user may know of it; raises NotFound as if it did not exist, and the audit keeps it."""
    with unknown_alike(f"task {task_id}"):
        task = user_tasks.get(tx, task_id)
    if not permissions.may_see_task(tx, user, task):
        raise denied(f"task {task_id}")
    return task


def refuse(tx: Transaction, user: User, task: UserTask) -> None:
    """Raise Forbidden when this user may see the task and may not do it: no candidate, or kept apart by the diagram."""
    if task.state != "open" or permissions.may_take(tx, user, task):
        return
    if user.name in permissions.separated(tx, task):
        raise Forbidden(
            Sentence(
                "앞 단계를 처리하신 분은 이 업무를 맡을 수 없습니다.",
                "Whoever did the step before may not do this one.",
            )
        )
    raise Forbidden(Sentence("이 업무의 담당 후보가 아닙니다.", "You are not a candidate for this task."))


def take(tx: Transaction, user: User, task_id: int) -> None:
    """Claim a task for this user; raises Forbidden to whom the diagram keeps away, Conflict when another has it."""
    task = visible(tx, user, task_id)
    refuse(tx, user, task)
    commands.claim_user_task(tx, task.id, by=user.name, groups=user.groups)


def give_back(tx: Transaction, user: User, task_id: int) -> None:
    """Give a task back to its candidates."""
    visible(tx, user, task_id)
    commands.unclaim_user_task(tx, task_id, by=user.name)


def form_of(tx: Transaction, task: UserTask) -> Form | None:
    """Return the task's form as it was deployed; None for a task without one."""
    if task.form_key is None:
        return None
    return tx.application.form(tx, task.definition_key, task.definition_version, task.form_key)


def typed(tx: Transaction, task: UserTask, raw: Mapping[str, object]) -> dict[str, object]:
    """Return the form's values, typed; raises InvalidForm and UnknownFields."""
    form = form_of(tx, task)
    if form is None:
        if raw:
            raise UnknownFields([str(name)[:60] for name in raw])
        return {}
    context = user_tasks.visible_variables(tx, task)
    functions = tx.application.functions(tx, _view_of(tx, task))
    today = tx.now.astimezone(SEOUL).date()
    return form.validate(raw, today=today, now=tx.now, context=context, functions=functions)


def complete(tx: Transaction, user: User, task_id: int, version: int, raw: Mapping[str, object]) -> UserTask:
    """Complete a task with what was filled in; returns it as it was.

    Raises, in this order: NotFound, Forbidden, Conflict (somebody was faster), InvalidForm.
    """
    task = visible(tx, user, task_id)
    if task.state != "open" or task.version != version:
        raise user_tasks.conflict(tx, task_id)
    refuse(tx, user, task)
    if task.assignee not in (None, user.name):
        raise user_tasks.conflict(tx, task_id)
    commands.complete_user_task(tx, task_id, typed(tx, task, raw), by=user.name, version=version)
    return task


def keep_draft(tx: Transaction, user: User, task: UserTask, raw: Mapping[str, object]) -> None:
    """Keep values that are not complete yet; raises UnknownFields, Conflict when the task is another's."""
    form = form_of(tx, task)
    names = {field.name for field in form.fields} if form else set()
    unknown = [str(name)[:60] for name in raw if name not in names]
    if unknown:
        raise UnknownFields(unknown)
    commands.save_draft(tx, task.id, raw, by=user.name)


def _view_of(tx: Transaction, task: UserTask) -> InstanceView:
    one = instance_of(tx, task.instance_id)
    return InstanceView(one.id, one.key, one.version, one.business_key, one.started_at)
