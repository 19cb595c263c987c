"""The organisation's business calendar: the Korean one with the days that differ here (charter.md §0.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Boolean, Column, Date, String, Table, delete, insert, select

from engine.business_calendar import BusinessCalendar
from engine.errors import InvalidForm, Sentence
from engine.store.schema import Instant, metadata
from engine.transaction import Transaction
from workflows import audit, calendar_kr

exceptions = Table(
    "charter_calendar_exceptions",
    metadata,
    Column("day", Date, primary_key=True),
    Column("open", Boolean, nullable=False),
    Column("name", String(100), nullable=False),
    Column("entered_at", Instant, nullable=False),
    Column("entered_by", String(80), nullable=False),
)


@dataclass(frozen=True, slots=True)
class CalendarException:
    """A day that differs from the holidays: closed for us, or open although it is a holiday."""

    day: date
    open: bool
    name: str
    entered_at: datetime
    entered_by: str


def calendar_of(tx: Transaction) -> BusinessCalendar:
    """Return the calendar as it stands in this transaction."""
    cached = tx.cache.get("charter calendar")
    if isinstance(cached, BusinessCalendar):
        return cached
    made = calendar_kr.default_calendar({e.day: None if e.open else e.name for e in all_exceptions(tx)})
    tx.cache["charter calendar"] = made
    return made


def all_exceptions(tx: Transaction) -> list[CalendarException]:
    """Return every exception by its day."""
    return [
        CalendarException(**r) for r in tx.connection.execute(select(exceptions).order_by(exceptions.c.day)).mappings()
    ]


def add_exception(tx: Transaction, day: date, *, is_open: bool, name: str) -> CalendarException:
    """Enter or replace a day; raises InvalidForm. Running deadlines are not touched: promises.recalculate does that."""
    if not name.strip():
        raise InvalidForm({"name": [Sentence("그날의 이름을 적어 주십시오.", "Please name the day.")]})
    row: Mapping[str, object] = {
        "day": day, "open": is_open, "name": name.strip(), "entered_at": tx.now, "entered_by": tx.actor
    }  # fmt: skip
    tx.connection.execute(delete(exceptions).where(exceptions.c.day == day))
    tx.connection.execute(insert(exceptions).values(**row))
    tx.cache.pop("charter calendar", None)
    audit.record(tx, "calendar exception", day.isoformat(), {"open": is_open, "name": name.strip()})
    return CalendarException(**row)  # type: ignore[arg-type]
