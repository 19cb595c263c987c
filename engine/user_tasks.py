"""User task: open, claimed, completed; who may take it, until when, and what somebody has typed so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
    update,
)

from engine import instances
from engine.errors import Conflict, Forbidden, NotFound, Sentence
from engine.store.schema import Id, Instant, Json, condition, json_text, metadata
from engine.store.statements import InsertRows, Statement
from engine.tokens.effects import UserTaskOpened
from engine.transaction import Transaction

IS_OPEN = condition("user_task.state = 'open'")

user_task = Table(
    "user_task",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("instance_id", BigInteger, ForeignKey("process_instance.id"), nullable=False),
    Column("wait_id", BigInteger, nullable=False),
    Column("element_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("definition_key", String(200), nullable=False),
    Column("definition_version", Integer, nullable=False),
    Column("form_key", Text),
    Column("business_key", String(200)),
    Column("assignee", String(200)),
    Column("candidate_users", Json, nullable=False),
    Column("candidate_groups", Json, nullable=False),
    Column("due_at", Instant),
    Column("priority", Integer),
    Column("opened_at", Instant, nullable=False),
    Column("claimed_at", Instant),
    Column("state", String(10), nullable=False, server_default="open"),
    Column("completed_at", Instant),
    Column("completed_by", String(200)),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("draft", Json),
    CheckConstraint("state in ('open', 'completed', 'withdrawn')", name="state"),
)
# Each index costs a page a commit: none holds what nobody looks up.
Index(
    "ix_user_task_open",
    user_task.c.instance_id,
    user_task.c.wait_id,
    unique=True,
    sqlite_where=IS_OPEN,
    postgresql_where=IS_OPEN,
)
_HAS_ASSIGNEE = condition("user_task.state = 'open' and user_task.assignee is not null")
Index("ix_user_task_assignee", user_task.c.assignee, sqlite_where=_HAS_ASSIGNEE, postgresql_where=_HAS_ASSIGNEE)
_HAS_KEY = condition("user_task.business_key is not null")
Index("ix_user_task_business_key", user_task.c.business_key, sqlite_where=_HAS_KEY, postgresql_where=_HAS_KEY)


@dataclass(frozen=True, slots=True)
class UserTask:
    """One task. `definition_…` is the process it is drawn in; `version` rises when it changes hands or is completed."""

    id: int
    instance_id: int
    wait_id: int
    element_id: str
    name: str
    definition_key: str
    definition_version: int
    form_key: str | None
    business_key: str | None
    assignee: str | None
    candidate_users: tuple[str, ...]
    candidate_groups: tuple[str, ...]
    due_at: datetime | None
    priority: int | None
    opened_at: datetime
    claimed_at: datetime | None
    state: str
    completed_at: datetime | None
    completed_by: str | None
    version: int
    draft: Mapping[str, Any] | None


_COLUMNS = tuple(user_task.c[name] for name in UserTask.__dataclass_fields__)
_USERS = list(UserTask.__dataclass_fields__).index("candidate_users")


def _task(row: Sequence[Any]) -> UserTask:
    values = list(row)
    values[_USERS : _USERS + 2] = tuple(row[_USERS]), tuple(row[_USERS + 1])
    return UserTask(*values)


# -- a step's road ----------------------------------------------------------------------------------------------------
_WITH_INSTANCE = Statement(
    select(user_task.c.state, user_task.c.version, user_task.c.wait_id, *instances.HELD_COLUMNS)
    .join(instances.process_instance, instances.process_instance.c.id == user_task.c.instance_id)
    .where(user_task.c.id == bindparam("task_id"))
    .with_for_update(of=instances.process_instance)
)
_CLOSE = Statement(
    update(user_task)
    .where(user_task.c.id == bindparam("task_id"), IS_OPEN, user_task.c.version == bindparam("seen_version"))
    .values(
        state=literal_column("'completed'"),
        completed_at=bindparam("at", type_=user_task.c.completed_at.type),
        completed_by=bindparam("by"),
        version=user_task.c.version + literal_column("1"),
        draft=None,
    )
)
_OPEN = InsertRows(
    user_task,
    "instance_id",
    "wait_id",
    "element_id",
    "name",
    "definition_key",
    "definition_version",
    "form_key",
    "business_key",
    "assignee",
    "candidate_users",
    "candidate_groups",
    "due_at",
    "priority",
    "opened_at",
)


def hold(tx: Transaction, task_id: int, version: int) -> tuple[int, instances.Held]:
    """Read an open task's wait id and its instance for a step; raises NotFound, Conflict when it has changed."""
    row = _WITH_INSTANCE.first(tx.connection, {"task_id": task_id})
    if row is None:
        raise _missing(task_id)
    state, now_version, wait_id = row[:3]
    if state != "open" or now_version != version:
        raise conflict(tx, task_id)
    return wait_id, instances.held(row[3:])


def close(tx: Transaction, task_id: int, *, version: int, by: str) -> None:
    """Mark a task completed, once: raises Conflict with who was faster."""
    values = {"task_id": task_id, "seen_version": version, "at": tx.now, "by": by}
    if _CLOSE.run(tx.connection, values) != 1:
        raise conflict(tx, task_id)


def open_all(
    tx: Transaction, instance_id: int, business_key: str | None, opened: Sequence[tuple[UserTaskOpened, str, int]]
) -> None:
    """Write the tasks a step opened, each with the key and version of the definition it is drawn in."""
    rows = [
        (
            instance_id,
            task.wait_id,
            task.element_id,
            task.name,
            key,
            version,
            task.form_key,
            business_key,
            task.assignee,
            task.candidate_users,
            task.candidate_groups,
            task.due_at,
            task.priority,
            tx.now,
        )
        for task, key, version in opened
    ]
    _OPEN.run(tx.connection, rows)


def withdraw(tx: Transaction, instance_id: int, wait_ids: Collection[int]) -> None:
    """Mark open tasks that are no longer wanted."""
    gone = update(user_task).where(user_task.c.instance_id == instance_id, user_task.c.wait_id.in_(wait_ids), IS_OPEN)
    tx.connection.execute(gone.values(state="withdrawn", version=user_task.c.version + 1, draft=None))


# -- claiming ---------------------------------------------------------------------------------------------------------
def claim(tx: Transaction, task_id: int, *, by: str, groups: Collection[str]) -> None:
    """Give an open task to `by`, once; raises Conflict when another has it, Forbidden to who is no candidate."""
    task = get(tx, task_id)
    if task.state == "open" and task.assignee == by:
        return
    if task.state != "open" or task.assignee is not None:
        raise conflict(tx, task_id)
    may = by in task.candidate_users or not set(groups).isdisjoint(task.candidate_groups)
    if not may and (task.candidate_users or task.candidate_groups):
        raise Forbidden(Sentence("이 업무의 담당 후보가 아닙니다.", "You are not a candidate for this task."))
    _give(tx, task, by)


def unclaim(tx: Transaction, task_id: int, *, by: str) -> None:
    """Give an open task back to its candidates; raises Conflict when it is not `by`'s."""
    task = get(tx, task_id)
    if task.state != "open" or task.assignee != by:
        raise conflict(tx, task_id)
    _give(tx, task, None)


def reassign(tx: Transaction, task_id: int, *, to: str) -> None:
    """Give an open task to somebody else, whoever has it; raises Conflict when it is no longer open."""
    task = get(tx, task_id)
    if task.state != "open":
        raise conflict(tx, task_id)
    _give(tx, task, to)


def offer(tx: Transaction, task_id: int, *, to: str) -> bool:
    """Let somebody more take an open task, also one that another has: whoever is faster; False when it is over.

    The version stays: a form that is open is good until somebody else claims the task.
    """
    task = get(tx, task_id)
    named = [task.assignee] if task.assignee is not None else []
    users = list(dict.fromkeys((*task.candidate_users, *named, to)))
    wider = update(user_task).where(user_task.c.id == task.id, IS_OPEN)
    values = {"candidate_users": users, "assignee": None, "claimed_at": None}
    return tx.connection.execute(wider.values(values)).rowcount == 1


def _give(tx: Transaction, task: UserTask, to: str | None) -> None:
    hand_over = update(user_task).where(user_task.c.id == task.id, IS_OPEN, user_task.c.version == task.version)
    values = {"assignee": to, "claimed_at": tx.now if to else None, "version": task.version + 1}
    if tx.connection.execute(hand_over.values(values)).rowcount != 1:
        raise conflict(tx, task.id)


def save_draft(tx: Transaction, task_id: int, values: Mapping[str, Any], *, by: str) -> None:
    """Keep what somebody has typed so far; raises Conflict when the task is another's or no longer open."""
    kept = update(user_task).where(
        user_task.c.id == task_id, IS_OPEN, or_(user_task.c.assignee.is_(None), user_task.c.assignee == by)
    )
    if tx.connection.execute(kept.values(draft=dict(values))).rowcount != 1:
        get(tx, task_id)
        raise conflict(tx, task_id)


def conflict(tx: Transaction, task_id: int) -> Conflict:
    """Return the Conflict that says what became of a task meanwhile: who was faster, and when."""
    task = get(tx, task_id)
    if task.state == "completed":
        by, at = task.completed_by, task.completed_at
        sentence = Sentence(f"이미 {by} 님이 처리하였습니다.", f"{by} has completed this already.")
    elif task.state == "withdrawn":
        by, at = None, None
        sentence = Sentence("이 업무는 더 이상 필요하지 않습니다.", "This task is no longer needed.")
    elif task.assignee is not None:
        by, at = task.assignee, task.claimed_at
        sentence = Sentence(f"이 업무는 {by} 님이 맡고 있습니다.", f"{by} has this task.")
    else:
        by, at = None, None
        sentence = Sentence(
            "그 사이에 업무가 바뀌었습니다. 화면을 새로 고쳐 주십시오.", "The task changed meanwhile. Please reload."
        )
    return Conflict(sentence, by=by, at=at.isoformat() if at else None)


def _missing(task_id: int) -> NotFound:
    return NotFound(Sentence(f"업무 {task_id}번을 찾을 수 없습니다.", f"There is no user task {task_id}."))


# -- reading ----------------------------------------------------------------------------------------------------------
def get(tx: Transaction, task_id: int) -> UserTask:
    """Return one task, open or not; raises NotFound."""
    row = tx.connection.execute(select(*_COLUMNS).where(user_task.c.id == task_id)).one_or_none()
    if row is None:
        raise _missing(task_id)
    return _task(row)


def find_open(
    tx: Transaction,
    *,
    assignee: str | None = None,
    groups: Collection[str] = (),
    users: Collection[str] = (),
    business_key: str | None = None,
    instance_id: int | None = None,
    unassigned: bool = False,
    limit: int = 200,
    after: int | None = None,
) -> list[UserTask]:
    """Return open tasks, oldest first: the assignee's, or those which a group or user is a candidate of.

    `business_key`, `instance_id` and `unassigned` narrow them further; `after` is the last id of the page before.
    """
    found: Select[Any] = select(*_COLUMNS).where(IS_OPEN).order_by(user_task.c.id).limit(limit)
    whose = [user_task.c.assignee == assignee] if assignee is not None else []
    whose += [_names(tx, user_task.c.candidate_groups, group) for group in groups]
    whose += [_names(tx, user_task.c.candidate_users, user) for user in users]
    if whose:
        found = found.where(or_(*whose))
    if business_key is not None:
        found = found.where(user_task.c.business_key == business_key)
    if instance_id is not None:
        found = found.where(user_task.c.instance_id == instance_id)
    if unassigned:
        found = found.where(user_task.c.assignee.is_(None))
    if after is not None:
        found = found.where(user_task.c.id > after)
    return [_task(row) for row in tx.connection.execute(found)]


def _names(tx: Transaction, column: Column[Any], name: str) -> Any:
    """Whether the JSON list of names in a column holds `name`: lists are short, and tasks open at once are few."""
    position = func.instr if tx.database.is_sqlite else func.strpos  # LIKE would not tell A from a on SQLite
    return position(type_coerce(column, Text), json_text(name)) > 0


def of_case(tx: Transaction, business_key: str) -> list[UserTask]:
    """Return every task of a case, in the order they were opened."""
    found = select(*_COLUMNS).where(user_task.c.business_key == business_key).order_by(user_task.c.id)
    return [_task(row) for row in tx.connection.execute(found)]


def completers(tx: Transaction, business_key: str, element_ids: Collection[str]) -> set[str]:
    """Return who completed tasks of those elements in a case."""
    found = select(user_task.c.completed_by).where(
        user_task.c.business_key == business_key,
        user_task.c.element_id.in_(element_ids),
        user_task.c.completed_by.is_not(None),
    )
    return {str(row[0]) for row in tx.connection.execute(found)}


def visible_variables(tx: Transaction, task: UserTask) -> Mapping[str, object]:
    """Return the variables that an open task sees; those of the process when it is no longer open."""
    rows = instances.rows_of(tx, task.instance_id)
    return rows.visible(task.wait_id) if task.state == "open" else rows.root_variables()
