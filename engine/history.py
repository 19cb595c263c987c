"""What happened, append only: elements entered and left, by whom; the story every page and proof is told from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, Select, String, Table, Text, select
from sqlalchemy.sql.elements import ColumnElement

from engine.instances import process_instance
from engine.store.schema import Id, Instant, metadata
from engine.store.statements import InsertRows
from engine.tokens.effects import HistoryEntry
from engine.transaction import Transaction

# No foreign key and one index: seven rows a step must cost no more than one. Ids rise in the order of what happened.
history_entry = Table(
    "history_entry",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("instance_id", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("element_id", Text, nullable=False),
    Column("definition_key", String(200)),  # None: the instance's own
    Column("what", Text),
    Column("by", String(200)),
    Column("body", Integer),  # 1: of the marker around the executions of a loop or multi-instance
)
Index("ix_history_entry_instance_id", history_entry.c.instance_id)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; `kind` and the rest as in `tokens.effects.HistoryEntry`."""

    id: int
    instance_id: int
    at: datetime
    kind: str
    element_id: str
    definition_key: str
    what: str
    by: str | None
    body: bool


_COLUMNS = tuple(history_entry.c[name] for name in Entry.__dataclass_fields__)
_INSERT = InsertRows(history_entry, "instance_id", "at", "kind", "element_id", "definition_key", "what", "by", "body")


def record(tx: Transaction, instance_id: int, own_key: str, entries: Sequence[HistoryEntry]) -> None:
    """Append what a step did, in its order."""
    now = tx.now
    rows = [
        (
            instance_id,
            now,
            entry.kind,
            entry.element_id,
            None if entry.definition_key == own_key else entry.definition_key,
            entry.what or None,
            entry.by,
            1 if entry.body else None,
        )
        for entry in entries
    ]
    if rows:
        _INSERT.run(tx.connection, rows)


def _select(*which: ColumnElement[bool]) -> Select[Any]:
    own = process_instance.c.definition_key
    joined = select(*_COLUMNS, own).join(process_instance, process_instance.c.id == history_entry.c.instance_id)
    return joined.where(*which).order_by(history_entry.c.id)


def _entries(tx: Transaction, found: Select[Any]) -> list[Entry]:
    return [
        Entry(id_, instance, at, kind, element, (key or own).partition("@")[0], what or "", by, bool(body))
        for id_, instance, at, kind, element, key, what, by, body, own in tx.connection.execute(found)
    ]


def of_instance(
    tx: Transaction, instance_id: int, *, after: int | None = None, limit: int | None = None
) -> list[Entry]:
    """Return what happened in an instance, in order; `after` is the last id of the page before."""
    found = _select(history_entry.c.instance_id == instance_id)
    if after is not None:
        found = found.where(history_entry.c.id > after)
    return _entries(tx, found.limit(limit) if limit is not None else found)


def of_case(tx: Transaction, business_key: str) -> list[Entry]:
    """Return what happened in every instance of a case, in order."""
    return _entries(tx, _select(process_instance.c.business_key == business_key))


def of_instances(tx: Transaction, instance_ids: Collection[int]) -> list[Entry]:
    """Return what happened in those instances, in order."""
    return _entries(tx, _select(history_entry.c.instance_id.in_(instance_ids)))
