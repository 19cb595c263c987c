"""Outages: when a service could not be used, announced beforehand (planned) or not; its availability in a month.

Charter.md §1.2 C1 and BP05: availability = 1 - unplanned minutes / (minutes of the month - planned minutes), all day
and every day. Stretches that overlap are united, not summed; planned time never counts as unplanned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import CheckConstraint, Column, Index, String, Table, delete, insert, select, update

from engine.errors import InvalidForm, NotFound, Sentence
from engine.store.schema import Id, Instant, metadata
from engine.transaction import Transaction
from workflows import organisation
from workflows.korean import SEOUL

outages = Table(
    "charter_outages",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("case_no", String(20), nullable=False, index=True),
    Column("service", String(80), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("from_at", Instant, nullable=False),
    Column("until_at", Instant),
    CheckConstraint("kind in ('planned', 'unplanned')", name="kind"),
    Index("ix_charter_outages_service_from_at", "service", "from_at"),
)
PLANNED, UNPLANNED = "planned", "unplanned"
ONE_MINUTE = timedelta(minutes=1)
HUNDRED, CENT = Decimal(100), Decimal("0.01")

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Outage:
    """One stretch in which one service could not be used; `until_at` is None while it lasts."""

    id: int
    case_no: str
    service: str
    kind: str
    from_at: datetime
    until_at: datetime | None


@dataclass(frozen=True, slots=True)
class Availability:
    """A service in a month of Seoul: whole minutes, and the percentage with two digits, rounded half up."""

    service: str
    month: str
    minutes: int
    planned_min: int
    unplanned_min: int
    count: int  # of unplanned outages
    percent: Decimal


# ---------------------------------------------------------------- writing


def begin(tx: Transaction, case_no: str, services: Iterable[str], kind: str, from_at: datetime) -> None:
    """Note that services cannot be used from an instant on; one that is noted already stays as it is."""
    known = {o.service for o in of_case(tx, case_no) if o.kind == kind and o.until_at is None}
    rows = [
        {"case_no": case_no, "service": service, "kind": kind, "from_at": from_at.astimezone(UTC)}
        for service in services
        if service not in known
    ]
    if rows:
        tx.connection.execute(insert(outages), rows)


def end(tx: Transaction, case_no: str, until_at: datetime, kind: str | None = None) -> None:
    """Note that the services of a case can be used again: nothing of it (or of that kind) lasts beyond the instant.

    A stretch that would end before it began is taken out.
    """
    until = until_at.astimezone(UTC)
    for one in of_case(tx, case_no):
        if (kind is not None and one.kind != kind) or (one.until_at is not None and one.until_at <= until):
            continue
        if one.from_at >= until:
            tx.connection.execute(delete(outages).where(outages.c.id == one.id))
        else:
            tx.connection.execute(update(outages).where(outages.c.id == one.id).values(until_at=until))


def drop(tx: Transaction, case_no: str) -> None:
    """Take every stretch of a case out: it was a false alarm."""
    tx.connection.execute(delete(outages).where(outages.c.case_no == case_no))


# ---------------------------------------------------------------- reading


def of_case(tx: Transaction, case_no: str) -> list[Outage]:
    """Return the stretches that a case caused, oldest first."""
    asked = select(outages).where(outages.c.case_no == case_no).order_by(outages.c.from_at, outages.c.id)
    return [Outage(**row) for row in tx.connection.execute(asked).mappings()]


def of_service(tx: Transaction, service: str, from_at: datetime, until_at: datetime) -> list[Outage]:
    """Return the stretches of a service that touch a time, oldest first."""
    touches = (outages.c.from_at < until_at) & (outages.c.until_at.is_(None) | (outages.c.until_at > from_at))
    asked = select(outages).where((outages.c.service == service) & touches).order_by(outages.c.from_at, outages.c.id)
    return [Outage(**row) for row in tx.connection.execute(asked).mappings()]


def case_minutes(tx: Transaction, case_no: str, kind: str = UNPLANNED) -> int:
    """Return for how many minutes a case kept any of its services away, services that overlap counted once."""
    return _minutes(united(_span(o, tx.now) for o in of_case(tx, case_no) if o.kind == kind))


def availability(tx: Transaction, service: str, month: str) -> Availability:
    """Return a service's availability in a month such as 2026-10, as known now; raises NotFound, InvalidForm."""
    if organisation.service(tx, service) is None:
        raise NotFound(Sentence("그런 서비스는 없습니다.", "There is no such service."))
    from_at, until_at = month_span(month)
    found = of_service(tx, service, from_at, until_at)
    clipped = {o.id: _clipped(_span(o, tx.now), from_at, until_at) for o in found}
    planned = united(clipped[o.id] for o in found if o.kind == PLANNED)
    unplanned = without(united(clipped[o.id] for o in found if o.kind == UNPLANNED), planned)
    whole = until_at - from_at
    counted, lost = whole - _length(planned), _length(unplanned)
    share = Decimal(1) - Decimal(lost // ONE_MINUTE * 60 + (lost % ONE_MINUTE).seconds) / Decimal(
        int(counted.total_seconds()) or 1
    )
    return Availability(
        service, month, _minutes([(from_at, until_at)]), _minutes(planned), _minutes(unplanned), len(unplanned),
        (share * HUNDRED).quantize(CENT, ROUND_HALF_UP),
    )  # fmt: skip


def month_span(month: str) -> Span:
    """Return the first instant of a month of Seoul and the first of the next; raises InvalidForm."""
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=SEOUL)
        following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    except ValueError:
        wrong = Sentence("2026-10처럼 적어 주십시오.", "Expected a month such as 2026-10.")
        raise InvalidForm({"month": [wrong]}) from None
    return first.astimezone(UTC), following.astimezone(UTC)


# ---------------------------------------------------------------- stretches of time


def united(spans: Iterable[Span]) -> list[Span]:
    """Return stretches that do not touch, covering the same time."""
    found: list[Span] = []
    for begins, ends in sorted(span for span in spans if span[0] < span[1]):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((begins, ends))
    return found


def without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """Return the first stretches without the time of the second; both united."""
    left: list[Span] = []
    for begins, ends in spans:
        at = begins
        for start, end in taken:
            if end <= at or start >= ends:
                continue
            if start > at:
                left.append((at, start))
            at = max(at, end)
        if at < ends:
            left.append((at, ends))
    return left


def _span(one: Outage, now: datetime) -> Span:
    return one.from_at, one.until_at or max(now, one.from_at)


def _clipped(span: Span, from_at: datetime, until_at: datetime) -> Span:
    return max(span[0], from_at), min(span[1], until_at)


def _length(spans: Iterable[Span]) -> timedelta:
    return sum((ends - begins for begins, ends in spans), timedelta())


def _minutes(spans: Iterable[Span]) -> int:
    """Whole minutes, rounded half up."""
    return (_length(spans) + ONE_MINUTE / 2) // ONE_MINUTE
