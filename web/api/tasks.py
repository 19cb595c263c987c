"""User tasks: what is to be done, the most urgent promise first; claim, fill in, complete."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response

from engine import commands, user_tasks
from engine.errors import Forbidden, InvalidForm, Sentence
from engine.transaction import Transaction
from engine.user_tasks import UserTask
from web import handling
from web.api import answers, requests, shapes
from web.api.forms import FORM, form_json
from web.api.operations import RECORD, TEXT, WHOLE, Field, api, maybe, operation, page_of, record
from web.idempotency import Answer
from web.sign_in import need_user
from workflows import cases, permissions, promises
from workflows.organisation import User

MANY = 2_000
NEVER = datetime.max.replace(tzinfo=UTC)
DONE = record(id=WHOLE, state=TEXT, version=WHOLE)


@api.get("/tasks")
@operation(
    "Open user tasks, most urgent promise first",
    scope="tasks:read",
    query={"view": "mine, group (what my groups may take) or all (that I may see)", "after": "cursor"},
    answers={200: page_of(shapes.TASK)},
)
def list_tasks() -> Response:
    """Answer one page of open tasks."""
    user = need_user()
    view = requests.choice("view", ("mine", "group", "all"), "mine")
    start = requests.cursor() or 0

    def read(tx: Transaction) -> object:
        rows = ranked(tx, seen_in(tx, user, view))
        page = rows[start : start + answers.PAGE]
        more = len(rows) > start + answers.PAGE
        return answers.paged(page, start + answers.PAGE if more else None)

    return answers.looked(read)


def seen_in(tx: Transaction, user: User, view: str) -> list[UserTask]:
    """Return the open tasks of a view: mine, those my groups may take, or all that I may see."""
    if view == "mine":
        return user_tasks.find_open(tx, assignee=user.name, limit=MANY)
    if view == "group":
        found = user_tasks.find_open(tx, groups=user.groups, users=(user.name,), unassigned=True, limit=MANY)
        return [task for task in found if permissions.may_take(tx, user, task)]
    return [task for task in user_tasks.find_open(tx, limit=MANY) if permissions.may_see_task(tx, user, task)]


def ranked(tx: Transaction, tasks: list[UserTask]) -> list[dict[str, object]]:
    """Return tasks as JSON, by the most urgent promise of their case, then by their own due instant."""
    numbers = [task.business_key for task in tasks if task.business_key]
    about, urgent = cases.titles(tx, numbers), promises.most_urgent(tx, numbers)

    def rank(task: UserTask) -> tuple[datetime, datetime, int]:
        promise = urgent.get(task.business_key or "")
        return (promise.due_at if promise else NEVER, task.due_at or NEVER, task.id)

    return [
        shapes.task(task, name_en(tx, task), about.get(task.business_key or ""), urgent.get(task.business_key or ""))
        for task in sorted(tasks, key=rank)
    ]


def name_en(tx: Transaction, task: UserTask) -> str:
    """Return the task's English name: its form's title, or the drawn name."""
    form = handling.form_of(tx, task)
    return form.title.en if form else task.name


@api.get("/tasks/<int:task_id>")
@operation(
    "One task with its form",
    scope="tasks:read",
    answers={200: record(id=WHOLE, element_id=TEXT, version=WHOLE, form=maybe(FORM), values=RECORD)},
)
def one_task(task_id: int) -> Response:
    """Answer a task, the fields to fill in and what stands in them so far."""
    user = need_user()
    return answers.looked(lambda tx: _whole(tx, user, handling.visible(tx, user, task_id)))


def _whole(tx: Transaction, user: User, task: UserTask) -> dict[str, object]:
    form = handling.form_of(tx, task)
    known = {**user_tasks.visible_variables(tx, task), **(task.draft or {})}
    seen = permissions.task_values(tx, user, cases.find_case(tx, task.business_key), known)
    names = [field.name for field in form.fields] if form else []
    values = {name: seen[name] for name in names if name in seen}
    row = ranked(tx, [task])[0]
    return {**row, "form": form_json(form) if form else None, "values": values}


@api.post("/tasks/<int:task_id>/claim")
@operation("Take a task", scope="tasks:write", body={}, answers={200: DONE})
def claim(task_id: int) -> Response:
    """Make the task mine; 409 says who has it."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        handling.visible(tx, user, task_id)
        requests.body()
        handling.take(tx, user, task_id)
        return _state(tx, task_id)

    return answers.done(act)


@api.post("/tasks/<int:task_id>/unclaim")
@operation("Give a task back", scope="tasks:write", body={}, answers={200: DONE})
def unclaim(task_id: int) -> Response:
    """Give the task back to its candidates."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        handling.visible(tx, user, task_id)
        requests.body()
        handling.give_back(tx, user, task_id)
        return _state(tx, task_id)

    return answers.done(act)


@api.post("/tasks/<int:task_id>/reassign")
@operation(
    "Give a task to somebody else", scope="tasks:write", body={"to": Field(TEXT, required=True)}, answers={200: DONE}
)
def reassign(task_id: int) -> Response:
    """Give the task to another member of staff; by a manager of the team, or by whoever has it."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        task = handling.visible(tx, user, task_id)
        if not permissions.may(tx, user, "reassign"):
            raise Forbidden(Sentence("이 업무를 옮길 권한이 없습니다.", "You may not reassign this task."))
        to = str(requests.body()["to"])
        if not permissions.may_reassign(tx, user, task, to):
            wrong = Sentence("이 업무를 맡을 수 없는 사람입니다.", "This person cannot take the task.")
            raise InvalidForm({"to": [wrong]})
        commands.reassign_user_task(tx, task_id, to=to, by=user.name)
        return _state(tx, task_id)

    return answers.done(act)


@api.post("/tasks/<int:task_id>/draft")
@operation(
    "Keep what was filled in so far",
    scope="tasks:write",
    body={"values": Field(RECORD, required=True)},
    answers={200: DONE},
)
def draft(task_id: int) -> Response:
    """Keep values that are not complete yet; nothing is checked but that they are the form's fields."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        task = handling.visible(tx, user, task_id)
        handling.refuse(tx, user, task)
        handling.keep_draft(tx, user, task, _record(requests.body()["values"]))
        return _state(tx, task_id)

    return answers.done(act)


@api.post("/tasks/<int:task_id>/complete")
@operation(
    "Complete a task",
    scope="tasks:write",
    body={"version": Field(WHOLE, required=True), "values": Field(RECORD)},
    answers={200: DONE},
)
def complete(task_id: int) -> Response:
    """Complete the task with its form's values; 409 if somebody was faster, 422 with the sentence beside the field."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        task = handling.visible(tx, user, task_id)
        handling.refuse(tx, user, task)
        sent = requests.body()
        handling.complete(tx, user, task_id, int(str(sent["version"])), _record(sent.get("values")))
        return _state(tx, task_id)

    return answers.done(act)


def _record(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, dict) else {}


def _state(tx: Transaction, task_id: int) -> Answer:
    task = user_tasks.get(tx, task_id)
    return Answer({"id": task.id, "state": task.state, "version": task.version, "assignee": task.assignee})
