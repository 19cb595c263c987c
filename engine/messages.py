"""Message and signal: who waits for which name, which start events do, and what is kept until somebody listens."""

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
    String,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    or_,
    select,
)

from engine.store.schema import Id, Instant, Json, metadata
from engine.store.statements import InsertRows, Statement
from engine.tokens.effects import Subscribed
from engine.transaction import Transaction
from engine.variables import from_json, to_json

subscription = Table(
    "subscription",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("name", Text, nullable=False),
    Column("correlation_key", Text),  # of a wait: None takes any
    Column("instance_id", BigInteger, ForeignKey("process_instance.id")),  # None: a start event of the definition
    Column("wait_id", BigInteger),
    Column("element_id", Text, nullable=False),
    Column("business_key", String(200)),
    Column("definition_key", String(200), nullable=False),
    Column("definition_version", Integer, nullable=False),
    CheckConstraint("kind in ('message', 'signal')", name="kind"),
)
Index("ix_subscription_name", subscription.c.kind, subscription.c.name, subscription.c.id)
Index("ix_subscription_instance_id", subscription.c.instance_id, subscription.c.wait_id)

buffered_message = Table(
    "buffered_message",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("name", Text, nullable=False),
    Column("correlation_key", Text),
    Column("business_key", String(200)),
    Column("variables", Json, nullable=False),
    Column("until", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
)
Index("ix_buffered_message_name", buffered_message.c.name, buffered_message.c.id)


@dataclass(frozen=True, slots=True)
class Subscription:
    """One wait of an instance (`instance_id`, `wait_id`), or one start event of a definition (both None)."""

    id: int
    kind: str
    name: str
    correlation_key: str | None
    instance_id: int | None
    wait_id: int | None
    element_id: str
    business_key: str | None
    definition_key: str
    definition_version: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message on its way; `key` and `business_key` say whom it is for, neither: whoever has waited longest."""

    name: str
    variables: Mapping[str, object]
    key: str | None = None
    business_key: str | None = None
    until: datetime | None = None  # of a kept one


@dataclass(frozen=True, slots=True)
class StartEvent:
    """A start event (or instantiating element) of a definition that a message or signal begins."""

    kind: str
    name: str
    element_id: str


_COLUMNS = tuple(subscription.c[name] for name in Subscription.__dataclass_fields__)
_INSERT = InsertRows(subscription, *(name for name in Subscription.__dataclass_fields__ if name != "id"))
_REMOVE = Statement(
    delete(subscription).where(
        subscription.c.instance_id == bindparam("instance_id"), subscription.c.wait_id == bindparam("wait_id")
    )
)


def subscribe(
    tx: Transaction, instance_id: int, business_key: str | None, key: str, version: int, waits: Sequence[Subscribed]
) -> None:
    """Write the subscriptions a step opened."""
    rows = [
        (wait.kind, wait.name, wait.key, instance_id, wait.wait_id, wait.element_id, business_key, key, version)
        for wait in waits
    ]
    _INSERT.run(tx.connection, rows)


def unsubscribe(tx: Transaction, instance_id: int, wait_ids: Collection[int]) -> None:
    """Delete the subscriptions of those waits."""
    if len(wait_ids) == 1:
        _REMOVE.run(tx.connection, {"instance_id": instance_id, "wait_id": next(iter(wait_ids))})
        return
    tx.connection.execute(
        delete(subscription).where(subscription.c.instance_id == instance_id, subscription.c.wait_id.in_(wait_ids))
    )


def replace_start_events(tx: Transaction, key: str, version: int, events: Sequence[StartEvent]) -> None:
    """Let the start events of this version listen, and no longer those of the version before."""
    tx.connection.execute(
        delete(subscription).where(subscription.c.definition_key == key, subscription.c.instance_id.is_(None))
    )
    rows = [(event.kind, event.name, None, None, None, event.element_id, None, key, version) for event in events]
    if rows:
        _INSERT.run(tx.connection, rows)


def waiting_for(tx: Transaction, message: Message) -> list[Subscription]:
    """Return the waits a message fits, the one that names its key before those that take any, oldest first."""
    found = (
        select(*_COLUMNS)
        .where(
            subscription.c.kind == "message",
            subscription.c.name == message.name,
            subscription.c.instance_id.is_not(None),
        )
        .order_by(subscription.c.correlation_key.is_(None), subscription.c.id)
        .limit(20)
    )
    if message.key is None and message.business_key is None:
        found = found.order_by(None).order_by(subscription.c.id)
    if message.key is not None:
        key = subscription.c.correlation_key
        found = found.where(or_(key == message.key, key.is_(None)))
    if message.business_key is not None:
        found = found.where(subscription.c.business_key == message.business_key)
    return [Subscription(*row) for row in tx.connection.execute(found)]


def start_events_for(tx: Transaction, kind: str, name: str) -> list[Subscription]:
    """Return the start events that listen to a message or signal."""
    found = select(*_COLUMNS).where(
        subscription.c.kind == kind, subscription.c.name == name, subscription.c.instance_id.is_(None)
    )
    return [Subscription(*row) for row in tx.connection.execute(found.order_by(subscription.c.id))]


def instances_waiting_for_signal(tx: Transaction, name: str) -> list[int]:
    """Return the instances in which a signal of that name is waited for, in the order they began to."""
    found = select(subscription.c.instance_id).where(
        subscription.c.kind == "signal", subscription.c.name == name, subscription.c.instance_id.is_not(None)
    )
    return list(dict.fromkeys(int(row[0]) for row in tx.connection.execute(found.order_by(subscription.c.id))))


def of_instance(tx: Transaction, instance_id: int) -> list[Subscription]:
    """Return what an instance waits to hear."""
    found = select(*_COLUMNS).where(subscription.c.instance_id == instance_id).order_by(subscription.c.id)
    return [Subscription(*row) for row in tx.connection.execute(found)]


def buffer(tx: Transaction, message: Message, until: datetime) -> None:
    """Keep a message nobody waits for yet, up to and including `until`."""
    tx.connection.execute(
        insert(buffered_message).values(
            name=message.name,
            correlation_key=message.key,
            business_key=message.business_key,
            variables=to_json(dict(message.variables)),
            until=until,
            created_at=tx.now,
        )
    )


def take_buffered(tx: Transaction, wait: Subscribed, business_key: str | None) -> Message | None:
    """Return and delete the oldest kept message that fits a new wait; None when none does."""
    kept = buffered_message.c
    fits = [kept.name == wait.name, kept.until >= tx.now]
    fits.append(or_(kept.business_key.is_(None), kept.business_key == business_key))
    if wait.key is not None:
        unkeyed = kept.correlation_key.is_(None)
        fits.append(or_(kept.correlation_key == wait.key, unkeyed))
    found = select(kept.id, kept.name, kept.variables, kept.correlation_key, kept.business_key, kept.until)
    oldest = found.where(*fits).order_by(kept.id).limit(1)
    if not tx.database.is_sqlite:
        oldest = oldest.with_for_update(skip_locked=True)
    row: Any = tx.connection.execute(oldest).one_or_none()
    if row is None:
        return None
    tx.connection.execute(delete(buffered_message).where(kept.id == row.id))
    variables = from_json(row.variables)
    assert isinstance(variables, dict)
    return Message(row.name, variables, row.correlation_key, row.business_key, row.until)


def forget_stale(tx: Transaction) -> int:
    """Delete kept messages whose time is over; returns how many."""
    return int(tx.connection.execute(delete(buffered_message).where(buffered_message.c.until < tx.now)).rowcount)
