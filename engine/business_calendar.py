"""Working days and hours: adds and takes away business time, and shows the working of a due instant day by day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.errors import Sentence
from engine.spans import words_of

ONE_DAY = timedelta(days=1)
NOTHING = timedelta(0)
AFTER_HOURS = Sentence("업무시간이 지났습니다", "after hours")
WEEKEND = {5: Sentence("토요일", "Saturday"), 6: Sentence("일요일", "Sunday")}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the time between a start and its due instant: on one day, counted or not, and why."""

    from_at: datetime
    to_at: datetime
    counted: bool
    note_ko: str
    note_en: str


def weekend(day: date) -> Sentence | None:
    """Return the name of a Saturday or Sunday, None for any other day."""
    return WEEKEND.get(day.weekday())


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Open from `opens` until just before `closes` on every day that `day_off` gives no name to.

    `closes` 00:00 is midnight at the end of the day. All instants given are aware; those returned are UTC.
    """

    zone: ZoneInfo
    opens: time
    closes: time
    day_off: Callable[[date], Sentence | None] = weekend

    @property
    def day_length(self) -> timedelta:
        """How long a business day is."""
        hours = datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens)
        return hours if hours > NOTHING else hours + ONE_DAY

    def is_holiday(self, day: date) -> str | None:
        """Return the Korean name of a day that does not count, None for a business day."""
        name = self.day_off(day)
        return name.ko if name else None

    def local_date(self, instant: datetime) -> date:
        """Return the date on the wall of the calendar's zone."""
        return instant.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """Return the instant at which the day begins, UTC."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def hours(self, day: date) -> tuple[datetime, datetime]:
        """Return when the day would open and close, UTC, whether it is a business day or not."""
        last_day = day if self.closes > self.opens else day + ONE_DAY
        opening = datetime.combine(day, self.opens, self.zone).astimezone(UTC)
        return opening, datetime.combine(last_day, self.closes, self.zone).astimezone(UTC)

    def is_open(self, instant: datetime) -> bool:
        """Whether the instant lies in business hours; at the closing instant it does not."""
        day = self.local_date(instant)
        opening, closing = self.hours(day)
        return self.day_off(day) is None and opening <= instant < closing

    def next_opening(self, instant: datetime) -> datetime:
        """Return the instant itself in business hours, else the next opening."""
        for opening, closing in self._business_days(self.local_date(instant), ONE_DAY):
            if instant < closing:
                return max(opening, instant.astimezone(UTC))
        raise OverflowError

    def business_day(self, day: date, count: int) -> date:
        """Return the business day so many after the day (before, when negative); the day itself is not counted."""
        step = ONE_DAY if count > 0 else -ONE_DAY
        left = abs(count)
        while left:
            day += step
            left -= self.day_off(day) is None
        return day

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """Return the earliest instant at which that much business time has passed since the start."""
        if amount < NOTHING:
            return self.back(start, -amount)
        for opening, closing in self._business_days(self.local_date(start), ONE_DAY):
            begins = max(opening, start.astimezone(UTC))
            if begins >= closing:
                continue
            if amount <= closing - begins:
                return begins + amount
            amount -= closing - begins
        raise OverflowError

    def back(self, start: datetime, amount: timedelta) -> datetime:
        """Return the latest instant from which that much business time passes until the start."""
        if amount < NOTHING:
            return self.add(start, -amount)
        for opening, closing in self._business_days(self.local_date(start), -ONE_DAY):
            ends = min(closing, start.astimezone(UTC))
            if ends <= opening:
                continue
            if amount <= ends - opening:
                return ends - amount
            amount -= ends - opening
        raise OverflowError

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the business time from start to end; negative when the end is earlier."""
        if end < start:
            return -self.between(end, start)
        parts = (to_at - from_at for from_at, to_at, off in self._parts(start, end) if off is None)
        return sum(parts, NOTHING)

    def working(self, start: datetime, due: datetime) -> tuple[Stretch, ...]:
        """Return the time between both, one stretch for each business day used and each day not counted, in order."""
        first, last = sorted((start.astimezone(UTC), due.astimezone(UTC)))
        return tuple(self._stretch(*part) for part in self._parts(first, last))

    def _stretch(self, from_at: datetime, to_at: datetime, off: Sentence | None) -> Stretch:
        note = off or words_of(to_at - from_at)
        return Stretch(from_at, to_at, off is None, note.ko, note.en)

    def _parts(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, Sentence | None]]:
        """Cut the time into its days: (from, to, name of the day off or None when counted)."""
        day, last = self.local_date(start), self.local_date(end)
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        while day <= last:
            off = self.day_off(day)
            opening, closing = self.hours(day)
            if off is None and start >= closing:
                off = AFTER_HOURS
            if off is not None:
                opening, closing = self.midnight(day), self.midnight(day + ONE_DAY)
            if max(opening, start) < min(closing, end):
                yield max(opening, start), min(closing, end), off
            day += ONE_DAY

    def _business_days(self, day: date, step: timedelta) -> Iterator[tuple[datetime, datetime]]:
        """Give opening and closing of each business day from this day on, forwards or backwards."""
        while True:
            if self.day_off(day) is None:
                yield self.hours(day)
            day += step
