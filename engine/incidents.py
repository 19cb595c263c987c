"""Incident: a token or a job that cannot go on without a person; reported, resolved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)

from engine.errors import NotFound, Sentence
from engine.store.schema import Id, Instant, condition, metadata
from engine.tokens.effects import IncidentRaised
from engine.transaction import Transaction

IS_OPEN = condition("incident.resolved_at is null")

incident = Table(
    "incident",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("instance_id", BigInteger, ForeignKey("process_instance.id")),  # None: a job of no instance
    Column("token_id", BigInteger),  # the token that is held
    Column("job_id", BigInteger),  # or the job that has failed; no foreign key, the job's row goes when it is done
    Column("element_id", Text),
    Column("business_key", String(200)),
    Column("definition_key", String(200)),
    Column("cause", String(60), nullable=False),
    Column("message", Text, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_by", String(200)),
)
Index("ix_incident_open", incident.c.id, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
Index("ix_incident_instance_id", incident.c.instance_id)


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident: of a token (`token_id`) or of a job that has no attempts left (`job_id`)."""

    id: int
    instance_id: int | None
    token_id: int | None
    job_id: int | None
    element_id: str | None
    business_key: str | None
    definition_key: str | None
    cause: str
    message: str
    raised_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None


_COLUMNS = tuple(incident.c[name] for name in Incident.__dataclass_fields__)


def report_all(
    tx: Transaction, instance_id: int, business_key: str | None, definition_key: str, raised: Sequence[IncidentRaised]
) -> None:
    """Write the incidents a step raised."""
    tx.connection.execute(
        insert(incident),
        [
            {
                "instance_id": instance_id,
                "token_id": one.token_id,
                "element_id": one.element_id,
                "business_key": business_key,
                "definition_key": (one.definition_key or definition_key).partition("@")[0],
                "cause": one.cause,
                "message": one.message,
                "raised_at": tx.now,
            }
            for one in raised
        ],
    )


def report_job(
    tx: Transaction,
    job_id: int,
    message: str,
    *,
    instance_id: int | None,
    element_id: str | None,
    business_key: str | None,
    definition_key: str | None,
) -> None:
    """Write the incident of a job that has no attempts left."""
    tx.connection.execute(
        insert(incident).values(
            job_id=job_id,
            instance_id=instance_id,
            element_id=element_id,
            business_key=business_key,
            definition_key=definition_key,
            cause="job",
            message=message,
            raised_at=tx.now,
        )
    )


def resolve_tokens(tx: Transaction, instance_id: int, token_ids: Collection[int], by: str) -> None:
    """Mark the open incidents of those tokens resolved."""
    _resolve(tx, by, incident.c.instance_id == instance_id, incident.c.token_id.in_(token_ids))


def resolve_all(tx: Transaction, instance_id: int, by: str) -> None:
    """Mark every open incident of an instance resolved: it has ended."""
    _resolve(tx, by, incident.c.instance_id == instance_id)


def resolve(tx: Transaction, incident_id: int, by: str) -> None:
    """Mark one incident resolved."""
    _resolve(tx, by, incident.c.id == incident_id)


def _resolve(tx: Transaction, by: str, *which: Any) -> None:
    tx.connection.execute(update(incident).where(*which, IS_OPEN).values(resolved_at=tx.now, resolved_by=by))


# -- reading ----------------------------------------------------------------------------------------------------------
def get(tx: Transaction, incident_id: int) -> Incident:
    """Return one incident, open or not; raises NotFound."""
    row = tx.connection.execute(select(*_COLUMNS).where(incident.c.id == incident_id)).one_or_none()
    if row is None:
        raise NotFound(Sentence(f"문제 {incident_id}번을 찾을 수 없습니다.", f"There is no incident {incident_id}."))
    return Incident(*row)


def open_incidents(
    tx: Transaction, *, business_key: str | None = None, after: int | None = None, limit: int = 200
) -> list[Incident]:
    """Return open incidents, oldest first; `after` is the last id of the page before."""
    found: Select[Any] = select(*_COLUMNS).where(IS_OPEN).order_by(incident.c.id).limit(limit)
    if business_key is not None:
        found = found.where(incident.c.business_key == business_key)
    if after is not None:
        found = found.where(incident.c.id > after)
    return [Incident(*row) for row in tx.connection.execute(found)]


def of_instance(tx: Transaction, instance_id: int, *, open_only: bool = False) -> list[Incident]:
    """Return the incidents of an instance, oldest first."""
    found = select(*_COLUMNS).where(incident.c.instance_id == instance_id).order_by(incident.c.id)
    return [Incident(*row) for row in tx.connection.execute(found.where(IS_OPEN) if open_only else found)]


def count_open(tx: Transaction) -> int:
    """Return how many incidents are open."""
    return int(tx.connection.execute(select(func.count()).select_from(incident).where(IS_OPEN)).scalar_one())
