"""Process instance: state, business key, definition; its live tokens, scopes and waits as one JSON value.

One value and not tables of tokens: a step reads and writes all that is live in two statements, however many tokens
move. What the outside looks up (tasks, jobs, subscriptions, incidents) are tables of their own nouns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)

from engine.errors import Conflict, NotFound, Sentence
from engine.store.schema import Id, Instant, Json, condition, metadata
from engine.store.statements import Statement
from engine.tokens.rows import Rows
from engine.transaction import Transaction

IS_ACTIVE = condition("process_instance.state = 'active'")

process_instance = Table(
    "process_instance",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("definition_key", String(200), nullable=False),
    Column("definition_version", Integer, nullable=False),
    Column("definition_digest", String(64), nullable=False),
    Column("business_key", String(200)),
    Column("state", String(10), nullable=False),
    Column("rows", Json, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),  # compare-and-set
    Column("waits_for_condition", Integer, nullable=False, server_default="0"),  # waits no other table shows
    Column("started_at", Instant, nullable=False),
    Column("started_by", String(200)),
    Column("ended_at", Instant),
    Column("end_element", Text),
    Column("error_code", Text),
    CheckConstraint("state in ('active', 'completed', 'terminated', 'failed')", name="state"),
)
_HAS_KEY = condition("process_instance.business_key is not null")
Index(
    "ix_process_instance_business_key",
    process_instance.c.business_key,
    sqlite_where=_HAS_KEY,
    postgresql_where=_HAS_KEY,
)
Index("ix_process_instance_definition", process_instance.c.definition_key, process_instance.c.id)
Index("ix_process_instance_active", process_instance.c.id, sqlite_where=IS_ACTIVE, postgresql_where=IS_ACTIVE)


@dataclass(frozen=True, slots=True)
class Instance:
    """One running or finished case; `version` is its definition's. `state`: active, completed, terminated, failed."""

    id: int
    key: str
    version: int
    business_key: str | None
    state: str
    started_at: datetime
    ended_at: datetime | None
    end_element: str | None
    error_code: str | None
    started_by: str | None


@dataclass(frozen=True, slots=True)
class TokenView:
    """Where an instance stands; the definition is that of the called process the token is in."""

    token_id: int
    element_id: str
    definition_key: str
    definition_version: int


@dataclass(slots=True)
class Held:
    """An instance in the hands of a step: its row as it was read (on PostgreSQL locked), and what it lives."""

    id: int
    key: str
    version: int
    digest: str
    business_key: str | None
    state: str
    rows: Rows
    revision: int
    started_at: datetime


_HELD = (
    process_instance.c.id,
    process_instance.c.definition_key,
    process_instance.c.definition_version,
    process_instance.c.definition_digest,
    process_instance.c.business_key,
    process_instance.c.state,
    process_instance.c.rows,
    process_instance.c.revision,
    process_instance.c.started_at,
)
HELD_COLUMNS = _HELD
_VIEW: tuple[Column[Any], ...] = (
    process_instance.c.id,
    process_instance.c.definition_key,
    process_instance.c.definition_version,
    process_instance.c.business_key,
    process_instance.c.state,
    process_instance.c.started_at,
    process_instance.c.ended_at,
    process_instance.c.end_element,
    process_instance.c.error_code,
    process_instance.c.started_by,
)
_types = process_instance.c

_HOLD = Statement(select(*_HELD).where(process_instance.c.id == bindparam("instance_id")).with_for_update())
_BIRTH = Statement(
    insert(process_instance)
    .values(
        definition_key=bindparam("definition_key"),
        definition_version=bindparam("definition_version"),
        definition_digest=bindparam("definition_digest"),
        business_key=bindparam("business_key"),
        state=bindparam("state"),
        rows=bindparam("rows", type_=_types.rows.type),
        waits_for_condition=bindparam("waits_for_condition"),
        started_at=bindparam("started_at", type_=_types.started_at.type),
        started_by=bindparam("started_by"),
        ended_at=bindparam("ended_at", type_=_types.ended_at.type),
        end_element=bindparam("end_element"),
        error_code=bindparam("error_code"),
    )
    .returning(process_instance.c.id)
)
_SAVE = Statement(
    update(process_instance)
    .where(process_instance.c.id == bindparam("instance_id"), process_instance.c.revision == bindparam("held"))
    .values(
        state=bindparam("new_state"),
        rows=bindparam("new_rows", type_=_types.rows.type),
        revision=process_instance.c.revision + literal_column("1"),
        waits_for_condition=bindparam("conditions"),
        ended_at=bindparam("ended", type_=_types.ended_at.type),
        end_element=bindparam("end_at_element"),
        error_code=bindparam("code"),
    )
)


def held(row: Sequence[Any]) -> Held:
    """Return the row of HELD_COLUMNS as a Held."""
    id_, key, version, digest, business_key, state, rows, revision, started_at = row
    return Held(id_, key, version, digest, business_key, state, Rows.load(rows), revision, started_at)


def hold(tx: Transaction, instance_id: int) -> Held:
    """Read an instance for a step, and lock it where the database can; raises NotFound."""
    row = _HOLD.first(tx.connection, {"instance_id": instance_id})
    if row is None:
        raise _missing(instance_id)
    return held(row)


@dataclass(frozen=True, slots=True)
class Ending:
    """How an instance ended: its state, the end event, the error nobody caught."""

    state: str
    element_id: str | None
    error_code: str | None


def create(
    tx: Transaction,
    *,
    key: str,
    version: int,
    digest: str,
    business_key: str | None,
    rows: Rows,
    ending: Ending | None,
    conditions: int,
) -> int:
    """Write a new instance as its first step left it and return its id."""
    row = _BIRTH.first(
        tx.connection,
        {
            "definition_key": key,
            "definition_version": version,
            "definition_digest": digest,
            "business_key": business_key,
            "state": ending.state if ending else "active",
            "rows": rows.dump(),
            "waits_for_condition": conditions,
            "started_at": tx.now,
            "started_by": tx.actor,
            "ended_at": tx.now if ending else None,
            "end_element": ending.element_id if ending else None,
            "error_code": ending.error_code if ending else None,
        },
    )
    assert row is not None
    return int(row[0])


def save(tx: Transaction, old: Held, rows: Rows, ending: Ending | None, conditions: int) -> None:
    """Write what a step left of an instance; raises Conflict when another step was faster."""
    changed = _SAVE.run(
        tx.connection,
        {
            "instance_id": old.id,
            "held": old.revision,
            "new_state": ending.state if ending else "active",
            "new_rows": rows.dump(),
            "conditions": conditions,
            "ended": tx.now if ending else None,
            "end_at_element": ending.element_id if ending else None,
            "code": ending.error_code if ending else None,
        },
    )
    if changed != 1:
        raise Conflict(
            Sentence(
                "그 사이에 진행 상황이 바뀌었습니다. 다시 시도해 주십시오.", "It moved on meanwhile. Please try again."
            )
        )


def refuse_ended(held: Held) -> None:
    """Raise Conflict when an instance has ended."""
    if held.state != "active":
        raise Conflict(Sentence("이미 끝난 인스턴스입니다.", "This process instance has ended."))


def _missing(instance_id: int) -> NotFound:
    return NotFound(
        Sentence(f"인스턴스 {instance_id}번을 찾을 수 없습니다.", f"There is no process instance {instance_id}.")
    )


# -- reading ----------------------------------------------------------------------------------------------------------
def get(tx: Transaction, instance_id: int) -> Instance:
    """Return one instance; raises NotFound."""
    row = tx.connection.execute(select(*_VIEW).where(process_instance.c.id == instance_id)).one_or_none()
    if row is None:
        raise _missing(instance_id)
    return Instance(*row)


def find(
    tx: Transaction,
    *,
    process: str | None = None,
    state: str | None = None,
    business_key: str | None = None,
    after: int | None = None,
    limit: int = 50,
) -> list[Instance]:
    """Return instances, newest first; `after` is the last id of the page before."""
    found: Select[Any] = select(*_VIEW).order_by(process_instance.c.id.desc()).limit(limit)
    if process is not None:
        found = found.where(process_instance.c.definition_key == process)
    if state is not None:
        found = found.where(process_instance.c.state == state)
    if business_key is not None:
        found = found.where(process_instance.c.business_key == business_key)
    if after is not None:
        found = found.where(process_instance.c.id < after)
    return [Instance(*row) for row in tx.connection.execute(found)]


def rows_of(tx: Transaction, instance_id: int) -> Rows:
    """Return what an instance lives, for reading; raises NotFound."""
    row = tx.connection.execute(
        select(process_instance.c.rows).where(process_instance.c.id == instance_id)
    ).one_or_none()
    if row is None:
        raise _missing(instance_id)
    return Rows.load(row[0])


def tokens(tx: Transaction, instance_id: int) -> list[TokenView]:
    """Return where an instance stands; raises NotFound."""
    instance = get(tx, instance_id)
    return [
        TokenView(token_id, element_id, *split_key(key, instance.key, instance.version))
        for token_id, element_id, key in rows_of(tx, instance_id).tokens_at()
    ]


def split_key(key: str, root_key: str, root_version: int) -> tuple[str, int]:
    """Return ("notify", 3) for "notify@3"; a key without a version is the instance's own definition."""
    name, at, version = key.rpartition("@")
    if at and version.isdigit():
        return name, int(version)
    return key or root_key, root_version


def variables(tx: Transaction, instance_id: int) -> Mapping[str, object]:
    """Return the variables of the process itself (not those of its subprocesses); raises NotFound."""
    return rows_of(tx, instance_id).root_variables()


def live_rows(tx: Transaction, instance_id: int) -> int:
    """Return how many rows (tokens, scopes, waits) an instance holds; raises NotFound."""
    return rows_of(tx, instance_id).live_count


_STUCK = text(
    """
    select i.id from process_instance i
     where i.state = 'active' and i.waits_for_condition = 0
       and not exists (select 1 from user_task t where t.instance_id = i.id and t.state = 'open')
       and not exists (select 1 from subscription s where s.instance_id = i.id)
       and not exists (select 1 from job j where j.instance_id = i.id)
       and not exists (select 1 from incident n where n.instance_id = i.id and n.resolved_at is null)
     order by i.id limit :many
    """
)


def stuck(tx: Transaction, limit: int = 100) -> list[int]:
    """Return ids of active instances that nothing will ever move: no task, message, job or incident. Must be empty."""
    return [int(row[0]) for row in tx.connection.execute(_STUCK, {"many": limit})]


def count_by_state(tx: Transaction) -> dict[tuple[str, str], int]:
    """Return numbers of instances by (definition key, state)."""
    found = select(process_instance.c.definition_key, process_instance.c.state, func.count()).group_by(
        process_instance.c.definition_key, process_instance.c.state
    )
    return {(key, state): number for key, state, number in tx.connection.execute(found)}
