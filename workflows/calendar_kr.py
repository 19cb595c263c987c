"""The charter's units of time: `1bd`, `4bh`, `1mo` and their kin on top of the business calendar. All instants UTC."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from engine.business_calendar import BusinessCalendar, Stretch
from engine.errors import EngineError, Sentence
from engine.spans import day_words_of
from workflows.holidays import day_off
from workflows.korean import SEOUL

OPENS, CLOSES = time(9), time(18)
ONE_DAY = timedelta(days=1)
ONE_MINUTE = timedelta(minutes=1)
NO_EXCEPTIONS: Mapping[date, str | None] = {}

BY_THE_CLOCK = Sentence("달력과 시계 그대로 셉니다", "counted by calendar and clock")
FIRST_DAY = Sentence("첫날은 세지 않습니다", "the first day does not count")
BEFORE_OPENING = Sentence("업무시간 밖", "outside business hours")

_SPEC = re.compile(r"(-?)(\d{1,4})(bmin|bh|bd_end|bd|min|h|d_civil|d|mo)(@open)?", re.ASCII)
_CLOCK_UNITS = {"min": ONE_MINUTE, "h": timedelta(hours=1), "d": ONE_DAY}


class InvalidSpec(EngineError):
    """A duration is none of the charter's: 30min, 2h, 30bmin, 4bh, 1bd, 1bd_end, 1d, 1d_civil, 1mo."""


@dataclass(frozen=True, slots=True)
class Due:
    """A due instant and the working that led to it, in order of time."""

    at: datetime
    why: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Spec:
    """A duration as it is written: how many (negative: backwards) of which unit, from the next opening or at once."""

    count: int
    unit: str
    from_opening: bool = False

    @property
    def is_business_time(self) -> bool:
        """Whether only business hours count."""
        return self.unit.startswith("b")


def read_spec(text: str) -> Spec:
    """Return the duration that the text writes; raises InvalidSpec."""
    found = _SPEC.fullmatch(text.strip())
    if found is None or (found[1] and found[3] in ("bd_end", "d_civil")):
        raise InvalidSpec(
            Sentence(
                f"기간으로 읽을 수 없습니다: ‘{text}’. 예: 30min, 2h, 30bmin, 4bh, 1bd, 1bd_end, 1d, 1d_civil, 1mo",
                f"'{text}' is not a duration. For example: 30min, 2h, 30bmin, 4bh, 1bd, 1bd_end, 1d, 1d_civil, 1mo",
            )
        )
    count = int(found[2])
    return Spec(-count if found[1] else count, found[3], bool(found[4]))


def default_calendar(exceptions: Mapping[date, str | None] = NO_EXCEPTIONS) -> BusinessCalendar:
    """Return `KR-default`: Mon-Fri 09:00-18:00 in Seoul without public holidays; `exceptions` as in `day_off`."""
    return BusinessCalendar(SEOUL, OPENS, CLOSES, day_off(exceptions))


def due_at(start: datetime, spec: str, calendar: BusinessCalendar) -> Due:
    """Return when a duration from the start is over, and why. Within is inclusive. Charter specification 0.2."""
    wanted = read_spec(spec)
    begins = calendar.next_opening(start) if wanted.from_opening else start.astimezone(UTC)
    at = _due(begins, wanted, calendar)
    return Due(at, _before(start, begins) + _why(begins, at, wanted, calendar))


def _due(start: datetime, spec: Spec, calendar: BusinessCalendar) -> datetime:
    match spec.unit:
        case "bmin":
            return calendar.add(start, spec.count * ONE_MINUTE)
        case "bh":
            return calendar.add(start, timedelta(hours=spec.count))
        case "bd":
            return calendar.add(start, spec.count * calendar.day_length)
        case "bd_end":
            return calendar.hours(calendar.business_day(calendar.local_date(start), spec.count))[1]
        case "d_civil":
            return _civil(calendar.local_date(start), spec.count, calendar)
        case "mo":
            return months_later(start, spec.count)
    return start + spec.count * _CLOCK_UNITS[spec.unit]


def _civil(day: date, count: int, calendar: BusinessCalendar) -> datetime:
    """24:00 of the last day, moved to the next working day (민법 157, 159, 161)."""
    last = day + count * ONE_DAY
    if calendar.day_off(last) is not None:
        last = calendar.business_day(last, 1)
    return calendar.midnight(last + ONE_DAY)


def months_later(start: datetime, count: int) -> datetime:
    """Return the same time of day in Seoul so many months later, at the latest on that month's last day (민법 160)."""
    local = start.astimezone(SEOUL)
    return datetime.combine(date_months_later(local.date(), count), local.timetz()).astimezone(UTC)


def date_months_later(day: date, count: int) -> date:
    """Return the same day of the month so many months later, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _before(start: datetime, begins: datetime) -> tuple[Stretch, ...]:
    if begins <= start:
        return ()
    return (Stretch(start.astimezone(UTC), begins, False, BEFORE_OPENING.ko, BEFORE_OPENING.en),)


def _why(start: datetime, due: datetime, spec: Spec, calendar: BusinessCalendar) -> tuple[Stretch, ...]:
    if spec.unit == "d_civil":
        return _first_day(start, calendar) + _civil_days(start, due, calendar)
    if spec.unit == "bd_end":
        return _first_day(start, calendar) + calendar.working(_next_midnight(start, calendar), due)
    if spec.is_business_time:
        return calendar.working(start, due)
    first, last = sorted((start, due))
    return (Stretch(first, last, True, BY_THE_CLOCK.ko, BY_THE_CLOCK.en),)


def _next_midnight(start: datetime, calendar: BusinessCalendar) -> datetime:
    return calendar.midnight(calendar.local_date(start) + ONE_DAY)


def _first_day(start: datetime, calendar: BusinessCalendar) -> tuple[Stretch, ...]:
    return (Stretch(start, _next_midnight(start, calendar), False, FIRST_DAY.ko, FIRST_DAY.en),)


def _civil_days(start: datetime, due: datetime, calendar: BusinessCalendar) -> tuple[Stretch, ...]:
    days = []
    begins = _next_midnight(start, calendar)
    while begins < due:
        ends = _next_midnight(begins, calendar)
        off = calendar.day_off(calendar.local_date(begins))
        note = off or BY_THE_CLOCK
        days.append(Stretch(begins, ends, off is None, note.ko, note.en))
        begins = ends
    return tuple(days)


def warn_at(start: datetime, due: datetime, spec: str, calendar: BusinessCalendar, ratio: float = 0.8) -> datetime:
    """Return the instant at which that share of the counted time is over, at least a minute before the due instant.

    Counted from the same start to the due instant as it is now, so a pause or an extension moves it too. A deadline
    counted backwards (due before its start) has no share of time: its caller decides; here it is the minute before.
    """
    latest = due.astimezone(UTC) - ONE_MINUTE
    if due <= start:
        return latest
    wanted = read_spec(spec)
    begins = calendar.next_opening(start) if wanted.from_opening else start.astimezone(UTC)
    if wanted.is_business_time:
        warned = calendar.add(begins, _share(calendar.between(begins, due), ratio))
    else:
        warned = begins + _share(due - begins, ratio)
    return min(warned, latest)


def _share(span: timedelta, ratio: float) -> timedelta:
    """Whole seconds: nobody is warned at a microsecond."""
    return timedelta(seconds=round(span.total_seconds() * ratio))


def left_in_words(now: datetime, due: datetime, calendar: BusinessCalendar) -> Sentence:
    """Return the time left, rounded down: business time for a due instant in business hours, else by the clock.

    When it is past, the same words say how late it is.
    """
    first, last = sorted((now, due))
    if _is_in_hours(due, calendar):
        return day_words_of(calendar.between(first, last), calendar.day_length, business=True)
    return day_words_of(last - first, ONE_DAY)


def _is_in_hours(instant: datetime, calendar: BusinessCalendar) -> bool:
    """Whether it lies in business hours; the closing instant belongs to its day, because a deadline may end there."""
    day = calendar.local_date(instant)
    opening, closing = calendar.hours(day)
    return calendar.day_off(day) is None and opening <= instant <= closing
