"""When a timer is due: ISO 8601 dates, durations and cycles, read once; months by the calendar, instants in UTC.

BPMN 2.0.2, table 10.101 (timeDate, timeDuration, timeCycle).
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from engine.tokens.definition import TimerKind
from engine.tokens.rows import Cycle


class Duration(NamedTuple):
    """An ISO duration: months (years are twelve of them) and the exact rest."""

    months: int
    rest: timedelta


_DURATION = re.compile(
    r"P(?!$)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?"
)
_CYCLE = re.compile(r"R(\d*)/(?:([^/]+)/)?([^/]+)")
_MOST_CAUGHT_UP = 100_000


def read_instant(text: str) -> datetime:
    """Return the instant of an ISO text, in UTC; raises ValueError, also for a text without a zone."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"expected an ISO date and time such as 2026-10-01T09:00:00+09:00, but got {text!r}") from None
    return _aware(instant)


@lru_cache(maxsize=1024)
def read_duration(text: str) -> Duration:
    """Return the duration of an ISO text such as P1M or PT30S; raises ValueError."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected an ISO duration such as PT1H or P3D, but got {text!r}")
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in match.groups()[:6])
    seconds = float((match[7] or "0").replace(",", "."))
    try:
        rest = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError(f"the duration {text!r} is too long") from None
    return Duration(years * 12 + months, rest)


class Repetition(NamedTuple):
    """An ISO cycle: how often (None: for ever), from when (None: from when it is armed), and how far apart."""

    times: int | None
    start: datetime | None
    duration: str


@lru_cache(maxsize=1024)
def read_cycle(text: str) -> Repetition:
    """Return the cycle of an ISO text such as R3/PT10M, R/… or R3/2026-01-01T00:00:00Z/PT1H; raises ValueError."""
    match = _CYCLE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected an ISO cycle such as R3/PT10M, but got {text!r}")
    times = int(match[1]) if match[1] else None
    if times == 0:
        raise ValueError(f"the cycle {text!r} never fires")
    if read_duration(match[3]) == Duration(0, timedelta(0)):
        raise ValueError(f"the cycle {text!r} has no time between its instants")
    return Repetition(times, read_instant(match[2]) if match[2] else None, match[3])


def check_timer_text(kind: TimerKind, text: str) -> None:
    """Raise ValueError, saying what was expected, when a plain timer text cannot be read."""
    if kind is TimerKind.DATE:
        read_instant(text)
    elif kind is TimerKind.DURATION:
        read_duration(text)
    else:
        read_cycle(text)


def later(instant: datetime, duration: Duration, times: int = 1) -> datetime:
    """Return the instant plus `times` durations; a day that its month does not have becomes the month's last."""
    months = instant.month - 1 + duration.months * times
    if duration.months:
        year, month = instant.year + months // 12, months % 12 + 1
        try:
            instant = instant.replace(year=year, month=month, day=min(instant.day, monthrange(year, month)[1]))
        except (ValueError, IndexError):
            raise ValueError(f"year {year} is too far") from None
    try:
        return instant + duration.rest * times
    except OverflowError:
        raise ValueError("the instant is too far") from None


def due(kind: TimerKind, value: object, now: datetime) -> tuple[datetime, Cycle | None]:
    """Return when a timer armed at `now` is due, and its cycle if it repeats.

    `value` is an ISO text, or what an expression gave: an aware datetime, or a timedelta. Raises ValueError.
    """
    if isinstance(value, datetime):
        return _aware(value), None
    if isinstance(value, timedelta):
        return later(now, Duration(0, value)), None
    if not isinstance(value, str):
        raise ValueError(f"expected an instant, a duration or an ISO text, but got {value!r}")  # noqa: TRY004
    if kind is TimerKind.CYCLE or value.lstrip().startswith("R"):
        return _first(read_cycle(value), now)
    if value.lstrip().startswith("P"):
        return later(now, read_duration(value)), None
    if kind is TimerKind.DURATION:
        read_duration(value)
    return read_instant(value), None


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"the instant {value.isoformat()} has no zone")
    return _in_utc(value)


def _in_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"the instant {instant.isoformat()} is too far") from None


def _first(repetition: Repetition, now: datetime) -> tuple[datetime, Cycle]:
    """Return the first instant of a cycle. Instants before `now` are passed over, but the last one is not lost."""
    duration = read_duration(repetition.duration)
    if repetition.start is None:
        base, passed = now, 1
    else:
        base, passed = repetition.start, _passed(repetition, duration, now)
    left = None if repetition.times is None else repetition.times - passed + (repetition.start is None)
    return later(base, duration, passed), Cycle(repetition.duration, base, passed, left)


def _passed(repetition: Repetition, duration: Duration, now: datetime) -> int:
    """Return how many instants of a cycle with a start lie before `now`, leaving at least one."""
    assert repetition.start is not None
    most = _MOST_CAUGHT_UP if repetition.times is None else repetition.times - 1
    if not duration.months:
        passed = max(0, -((repetition.start - now) // duration.rest))
    else:
        passed = 0
        while passed < most and later(repetition.start, duration, passed) < now:
            passed += 1
    return passed if repetition.times is None else min(passed, most)


def next_of(cycle: Cycle) -> tuple[datetime, Cycle] | None:
    """Return the next instant of a cycle that just fired, or None when it was the last."""
    if cycle.left is not None and cycle.left <= 1:
        return None
    following = cycle._replace(fired=cycle.fired + 1, left=None if cycle.left is None else cycle.left - 1)
    return later(cycle.base, read_duration(cycle.duration), following.fired), following
