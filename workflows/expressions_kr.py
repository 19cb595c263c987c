"""The charter's functions for expressions that need nothing but the calendar and the step's instant.

`due`, `setting`, `last_mail_at` and `is_absent` look into the database; whoever has the transaction adds them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal

from engine.business_calendar import BusinessCalendar
from engine.errors import InvalidExpression, Sentence
from engine.expressions.text import as_text
from engine.lists import ascending, first, last
from workflows.calendar_kr import date_months_later, due_at, read_spec
from workflows.korean import SEOUL

PURE_FUNCTION_NAMES = frozenset(
    {
        "ascending", "at", "business_day", "date_of", "first", "floor", "last", "months_after",
        "now", "plus", "text", "today", "working_day",
    }
)  # fmt: skip


def pure_functions(calendar: BusinessCalendar, now: datetime) -> Mapping[str, Callable[..., object]]:
    """Return the functions by the name an expression calls them; `now` is the step's instant."""
    return {
        "ascending": ascending,
        "at": at,
        "business_day": lambda day, count: calendar.business_day(_date("business_day", day), _whole(count)),
        "date_of": date_of,
        "first": first,
        "floor": floor,
        "last": last,
        "months_after": lambda day, spec: date_after(date_of(day), spec, calendar),
        "now": lambda: now,
        "plus": lambda start, spec: plus(start, spec, calendar),
        "text": as_text,
        "today": lambda: date_of(now),
        "working_day": lambda day: calendar.day_off(_date("working_day", day)) is None,
    }


def _wrong(name: str, expected: Sentence) -> InvalidExpression:
    return InvalidExpression(Sentence(f"{name}() 안에는 {expected.ko} 있어야 합니다.", f"{name}() takes {expected.en}"))


def _date(name: str, value: object) -> date:
    if isinstance(value, date):
        return date_of(value)
    raise _wrong(name, Sentence("날짜가", "a date"))


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 1_000:
        return value
    raise _wrong("business_day", Sentence("날짜와 일수가", "a date and a number of days"))


def floor(value: object) -> int:
    """Return the whole number at or below a number."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return math.floor(value)
    raise _wrong("floor", Sentence("수가", "a number"))


def date_of(value: object) -> date:
    """Return the date in Seoul of an instant; a date stays itself."""
    if isinstance(value, datetime):
        return value.astimezone(SEOUL).date()
    if isinstance(value, date):
        return value
    raise _wrong("date_of", Sentence("날짜나 시각이", "a date or an instant"))


def at(day: object, clock: object) -> datetime:
    """Return the instant (UTC) of that time of day in Seoul on the day; written as in 18:00."""
    wanted = _date("at", day)
    if isinstance(clock, time):
        return datetime.combine(wanted, clock, SEOUL).astimezone(UTC)
    if isinstance(clock, str):
        return datetime.combine(wanted, _time(clock), SEOUL).astimezone(UTC)
    raise _wrong("at", Sentence("날짜와 '18:00' 같은 시각이", "a date and a time such as '18:00'"))


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise _wrong("at", Sentence("날짜와 '18:00' 같은 시각이", "a date and a time such as '18:00'")) from None


def plus(start: object, spec: object, calendar: BusinessCalendar) -> datetime | date:
    """Return the instant a duration after (or before) an instant; of a date, the date."""
    if isinstance(start, datetime) and isinstance(spec, str):
        return due_at(start, spec, calendar).at
    if isinstance(start, date) and isinstance(spec, str):
        return date_after(start, spec, calendar)
    raise _wrong("plus", Sentence("시각과 '1bd' 같은 기간이", "an instant and a duration such as '1bd'"))


def date_after(day: date, spec: object, calendar: BusinessCalendar) -> date:
    """Return the date so many months, days or business days (`1mo`, `30d`, `20bd`) after a date."""
    if not isinstance(spec, str):
        raise _wrong("months_after", Sentence("날짜와 '1mo' 같은 기간이", "a date and a duration such as '1mo'"))
    wanted = read_spec(spec)
    match wanted.unit:
        case "mo":
            return date_months_later(day, wanted.count)
        case "d" | "d_civil":
            return date.fromordinal(day.toordinal() + wanted.count)
        case "bd" | "bd_end":
            return calendar.business_day(day, wanted.count)
    raise _wrong("months_after", Sentence("1mo, 30d, 20bd 같은 기간이", "a duration such as 1mo, 30d or 20bd"))
