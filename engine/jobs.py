"""Job: one unit of durable work with a kind, an instant and its attempts; the outbox of everything that must happen.

`due_at` is on the engine's clock, which a rehearsal moves; a lease is on the machine's, because it is about processes
that may have died. A job row lives while its work is wanted: done or cancelled means deleted, `failed` waits for a
person. Every claim raises `fence`; who completes a job must still hold the number it was given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import Conflict, Sentence
from engine.store.schema import Id, Instant, Json, condition, metadata
from engine.store.statements import Statement
from engine.transaction import Transaction

IS_READY = condition("job.state = 'ready'")
IS_LEASED = condition("job.state = 'leased'")
IS_FAILED = condition("job.state = 'failed'")
READY, LEASED, FAILED = (literal_column(f"'{state}'", String()) for state in ("ready", "leased", "failed"))

job = Table(
    "job",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("kind", String(60), nullable=False),
    Column("key", String(200), unique=True),  # of what is wanted once; free again when the row is gone
    Column("instance_id", BigInteger, ForeignKey("process_instance.id")),
    Column("payload", Json, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("state", String(10), nullable=False, server_default="ready"),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("leased_until", Instant),
    Column("last_error", Text),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("state in ('ready', 'leased', 'failed')", name="state"),
)
Index("ix_job_ready", job.c.due_at, job.c.id, sqlite_where=IS_READY, postgresql_where=IS_READY)
Index("ix_job_leased", job.c.leased_until, sqlite_where=IS_LEASED, postgresql_where=IS_LEASED)
Index("ix_job_failed", job.c.id, sqlite_where=IS_FAILED, postgresql_where=IS_FAILED)
Index("ix_job_instance_id", job.c.instance_id)


@dataclass(frozen=True, slots=True)
class Job:
    """One row. `state`: ready (waits for its instant), leased (somebody works on it), failed (waits for a person)."""

    id: int
    kind: str
    key: str | None
    instance_id: int | None
    payload: Mapping[str, Any]
    due_at: datetime
    state: str
    fence: int
    attempts: int
    leased_until: datetime | None
    last_error: str | None


COLUMNS = (
    job.c.id,
    job.c.kind,
    job.c.key,
    job.c.instance_id,
    job.c.payload,
    job.c.due_at,
    job.c.state,
    job.c.fence,
    job.c.attempts,
    job.c.leased_until,
    job.c.last_error,
)


class LeaseLost(Conflict):
    """Somebody else holds this job now, or it is no longer wanted; whatever was done for it must not be kept."""

    def __init__(self) -> None:
        super().__init__(Sentence("이 작업은 이미 다른 곳에서 처리되었습니다.", "This job is no longer ours."))


# -- writing ----------------------------------------------------------------------------------------------------------
_NEW = {
    "kind": bindparam("kind"),
    "key": bindparam("key"),
    "instance_id": bindparam("instance_id"),
    "payload": bindparam("payload", type_=job.c.payload.type),
    "due_at": bindparam("due_at", type_=job.c.due_at.type),
    "created_at": bindparam("created_at", type_=job.c.created_at.type),
}
_INSERT = insert(job).values(_NEW).returning(job.c.id)
_INSERT_ONCE = {
    "sqlite": sqlite.insert(job).values(_NEW).on_conflict_do_nothing(index_elements=["key"]).returning(job.c.id),
    "postgresql": postgresql.insert(job)
    .values(_NEW)
    .on_conflict_do_nothing(index_elements=["key"])
    .returning(job.c.id),
}
_ANEW: dict[str, Any] = {
    "due_at": bindparam("due_at", type_=job.c.due_at.type),
    "payload": bindparam("payload", type_=job.c.payload.type),
    "state": READY,
    "attempts": literal_column("0"),
    "fence": job.c.fence + literal_column("1"),
    "leased_until": None,
}
_PUT = {
    "sqlite": Statement(sqlite.insert(job).values(_NEW).on_conflict_do_update(index_elements=["key"], set_=_ANEW)),
    "postgresql": Statement(
        postgresql.insert(job).values(_NEW).on_conflict_do_update(index_elements=["key"], set_=_ANEW)
    ),
}


def _row(
    tx: Transaction,
    kind: str,
    payload: Mapping[str, Any],
    due_at: datetime | None,
    key: str | None,
    instance: int | None,
) -> dict[str, object]:
    due_at = due_at or tx.now
    if due_at <= tx.now:
        tx.wakes = True
    return {
        "kind": kind,
        "key": key,
        "instance_id": instance,
        "payload": payload,
        "due_at": due_at,
        "created_at": tx.now,
    }


def enqueue(
    tx: Transaction,
    kind: str,
    payload: Mapping[str, Any],
    *,
    due_at: datetime | None = None,
    key: str | None = None,
    instance_id: int | None = None,
) -> int:
    """Write a job due at `due_at` (now when None) and return its id; a pending job of the same key is left as it is."""
    row = _row(tx, kind, payload, due_at, key, instance_id)
    if key is None:
        return int(tx.connection.execute(_INSERT, row).scalar_one())
    once = _INSERT_ONCE[tx.connection.dialect.name]
    while True:  # the pending one may be completed between the two statements
        for statement in (once, select(job.c.id).where(job.c.key == key)):
            found = tx.connection.execute(statement, row if statement is once else {}).scalar_one_or_none()
            if found is not None:
                return int(found)


def put(
    tx: Transaction, kind: str, payload: Mapping[str, Any], *, due_at: datetime, key: str, instance_id: int | None
) -> None:
    """Write a job, or set the pending one of the same key anew: a repeating timer that is armed again."""
    _PUT[tx.connection.dialect.name].run(tx.connection, _row(tx, kind, payload, due_at, key, instance_id))


def cancel(tx: Transaction, key: str) -> bool:
    """Delete the pending job of that key; returns whether there was one. Whoever works on it loses its lease."""
    return bool(tx.connection.execute(delete(job).where(job.c.key == key)).rowcount)


def cancel_all(tx: Transaction, keys: Sequence[str]) -> None:
    """Delete the pending jobs of those keys."""
    tx.connection.execute(delete(job).where(job.c.key.in_(keys)))


def cancel_of_instance(tx: Transaction, instance_id: int) -> None:
    """Delete every pending job that an instance itself waits for: timers and service work."""
    tx.connection.execute(delete(job).where(job.c.instance_id == instance_id, job.c.kind.in_(("timer", "service"))))


def reschedule(tx: Transaction, key: str, due_at: datetime) -> bool:
    """Move the pending job of that key to another instant; returns whether there was one that nobody works on."""
    tx.wakes = tx.wakes or due_at <= tx.now
    moved = update(job).where(job.c.key == key, IS_READY).values(due_at=due_at)
    return bool(tx.connection.execute(moved).rowcount)


# -- working ----------------------------------------------------------------------------------------------------------
_SETS = {
    "state": LEASED,
    "fence": job.c.fence + literal_column("1"),
    "attempts": job.c.attempts + literal_column("1"),
    "leased_until": bindparam("lease_end", type_=job.c.leased_until.type),
}
_EXPIRED = job.c.leased_until <= bindparam("machine_now", type_=job.c.leased_until.type)
_DUE = job.c.due_at <= bindparam("now", type_=job.c.due_at.type)


def _claim(oldest: Any) -> dict[str, Statement]:
    """Return the claim as one statement a dialect: the first row of `oldest`, taken by an UPDATE that gives it back."""
    plain = update(job).where(job.c.id == oldest.limit(1).scalar_subquery()).values(_SETS).returning(*COLUMNS)
    skipping = oldest.limit(1).with_for_update(skip_locked=True).scalar_subquery()
    locking = update(job).where(job.c.id == skipping).values(_SETS).returning(*COLUMNS)
    return {"sqlite": Statement(plain), "postgresql": Statement(locking)}


_CLAIM_READY = _claim(select(job.c.id).where(IS_READY, _DUE).order_by(job.c.due_at, job.c.id))
_CLAIM_EXPIRED = _claim(select(job.c.id).where(IS_LEASED, _EXPIRED).order_by(job.c.leased_until))
_PULSE = Statement(
    select(
        select(job.c.id).where(IS_READY, _DUE).limit(1).scalar_subquery(),
        select(job.c.id).where(IS_LEASED, _EXPIRED).limit(1).scalar_subquery(),
        select(job.c.id).where(IS_LEASED, ~_EXPIRED).limit(1).scalar_subquery(),
    )
)


class Pulse(NamedTuple):
    """Whether there is work to take now, and whether others are at work."""

    is_due: bool
    is_held: bool


def pulse(tx: Transaction, *, machine_now: datetime) -> Pulse:
    """Look without writing: an idle house never takes the write lock. One statement, so that nothing slips by."""
    row = _PULSE.first(tx.connection, {"now": tx.now, "machine_now": machine_now})
    assert row is not None
    ready, abandoned, held = (id_ is not None for id_ in row)
    return Pulse(ready or abandoned, held)


def claim(tx: Transaction, *, machine_now: datetime, leased_until: datetime) -> Job | None:
    """Take the job due first, one whose lease has run out before all; None when there is nothing to do now.

    The attempt counts from here: commit before the work begins.
    """
    values = {"now": tx.now, "machine_now": machine_now, "lease_end": leased_until}
    for statements in (_CLAIM_EXPIRED, _CLAIM_READY):
        row = statements[tx.connection.dialect.name].first(tx.connection, values)
        if row is not None:
            return Job(*row)
    return None


_COMPLETE = Statement(delete(job).where(job.c.id == bindparam("job_id"), job.c.fence == bindparam("held"), IS_LEASED))


def complete(tx: Transaction, done: Job) -> None:
    """Delete a job whose work is in this transaction; raises LeaseLost when it is no longer ours."""
    if _COMPLETE.run(tx.connection, {"job_id": done.id, "held": done.fence}) != 1:
        raise LeaseLost


def _ours(held: Job) -> Any:
    return update(job).where(job.c.id == held.id, job.c.fence == held.fence, IS_LEASED)


def retry_at(tx: Transaction, held: Job, due_at: datetime, error: str) -> None:
    """Give a job back until `due_at`, with what went wrong; nothing happens when it is no longer ours."""
    back = _ours(held).values(state=READY, due_at=due_at, leased_until=None, last_error=error)
    tx.connection.execute(back)


def fail(tx: Transaction, held: Job, error: str) -> bool:
    """Park a job until a person looks at it; returns whether it was still ours."""
    return bool(tx.connection.execute(_ours(held).values(state=FAILED, leased_until=None, last_error=error)).rowcount)


def revive(tx: Transaction, job_id: int) -> bool:
    """Make a failed job due now, with all its attempts before it; returns whether it was one."""
    tx.wakes = True
    anew = update(job).where(job.c.id == job_id, IS_FAILED)
    return bool(tx.connection.execute(anew.values(state=READY, attempts=0, due_at=tx.now)).rowcount)


def renew(tx: Transaction, held: Job, leased_until: datetime) -> bool:
    """Keep the lease of a job for longer; returns False when it is no longer ours."""
    return bool(tx.connection.execute(_ours(held).values(leased_until=leased_until)).rowcount)


# -- reading ----------------------------------------------------------------------------------------------------------
def next_due(tx: Transaction) -> datetime | None:
    """Return the instant of the job that is due first of those nobody works on; None when there is none."""
    first: datetime | None = tx.connection.execute(select(func.min(job.c.due_at)).where(IS_READY)).scalar()
    return first


def of_instance(tx: Transaction, instance_id: int) -> list[Job]:
    """Return the pending and failed jobs of an instance, first due first."""
    found = select(*COLUMNS).where(job.c.instance_id == instance_id).order_by(job.c.due_at, job.c.id)
    return [Job(*row) for row in tx.connection.execute(found)]


def by_key(tx: Transaction, key: str) -> Job | None:
    """Return the pending job of that key, or None."""
    row = tx.connection.execute(select(*COLUMNS).where(job.c.key == key)).one_or_none()
    return Job(*row) if row else None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How the queue stands: numbers by state, and since when the oldest due job waits."""

    ready: int
    due: int
    leased: int
    failed: int
    oldest_due_at: datetime | None


def backlog(tx: Transaction) -> Backlog:
    """Return how many jobs wait, are due, are worked on and have failed."""
    is_due = job.c.due_at <= tx.now

    def number(*which: ColumnElement[Any]) -> Any:
        return select(func.count()).select_from(job).where(*which).scalar_subquery()

    oldest = select(func.min(job.c.due_at)).where(IS_READY, is_due).scalar_subquery()
    row = tx.connection.execute(
        select(number(IS_READY), number(IS_READY, is_due), number(IS_LEASED), number(IS_FAILED), oldest)
    ).one()
    return Backlog(*row)
