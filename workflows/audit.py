"""The audit: acts that may be asked about later, appended and never changed, each row chained to the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Column, String, Table, Text, insert, select, text

from engine.store.schema import Id, Instant, Json, instant_text, json_text, metadata
from engine.transaction import Transaction

acts = Table(
    "charter_acts",
    metadata,
    Column("id", Id(), primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("what", String(80), nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("details", Json, nullable=False),
    Column("hash", String(64), nullable=False),
)
FIRST = "0" * 64
LOCK = 0x43464155  # "CFAU": writers queue for the end of the chain


@dataclass(frozen=True, slots=True)
class Act:
    """One act: who did what to which subject (a case number, a setting key, a sign-in name), and the hash up to it."""

    id: int
    at: datetime
    actor: str
    what: str
    subject: str
    details: Mapping[str, object] = field(default_factory=dict)
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a walk along the chain found: its head, how many acts, and the first act that does not fit (or None)."""

    head: str
    count: int
    broken_at: int | None


def record(tx: Transaction, what: str, subject: str, details: Mapping[str, object] | None = None) -> Act:
    """Append an act of `tx.actor` at `tx.now` and return it; details hold JSON values, no personal data."""
    if tx.connection.dialect.name == "postgresql":
        tx.connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    last = tx.connection.execute(select(acts.c.id, acts.c.hash).order_by(acts.c.id.desc()).limit(1)).first()
    number, previous = (last.id + 1, last.hash) if last else (1, FIRST)
    kept = dict(details or {})
    act = Act(number, tx.now, tx.actor, what, subject, kept)
    act = Act(number, tx.now, tx.actor, what, subject, kept, _chained(previous, act))
    values = {"id": act.id, "at": act.at, "actor": act.actor, "what": what, "subject": subject, "details": kept}
    tx.connection.execute(insert(acts).values(**values, hash=act.hash))
    return act


def find(
    tx: Transaction, *, subject: str | None = None, what: str | None = None, actor: str | None = None,
    after: int | None = None, limit: int = 100,
) -> list[Act]:  # fmt: skip
    """Return acts, newest first; `after` is the id of the last one already seen."""
    asked = select(acts).order_by(acts.c.id.desc()).limit(limit)
    for column, wanted in ((acts.c.subject, subject), (acts.c.what, what), (acts.c.actor, actor)):
        if wanted is not None:
            asked = asked.where(column == wanted)
    if after is not None:
        asked = asked.where(acts.c.id < after)
    return [Act(**row) for row in tx.connection.execute(asked).mappings()]


def verify(tx: Transaction, head: str | None = None) -> Verified:
    """Walk the chain from its first act; with `head`, an earlier head must still lie on it.

    An act that was changed, removed or put between breaks the chain at the first row that does not fit.
    """
    previous, count, seen = FIRST, 0, head is None or head == FIRST
    for act in _all(tx):
        if act.id != count + 1 or act.hash != _chained(previous, act):
            return Verified(previous, count, act.id)
        previous, count = act.hash, act.id
        seen = seen or previous == head
    return Verified(previous, count, None if seen else count + 1)


def _all(tx: Transaction) -> Iterator[Act]:
    for row in tx.connection.execute(select(acts).order_by(acts.c.id)).mappings():
        yield Act(**row)


def _chained(previous: str, act: Act) -> str:
    facts = [previous, act.id, instant_text(act.at), act.actor, act.what, act.subject, dict(act.details)]
    return hashlib.sha256(json_text(facts).encode()).hexdigest()
