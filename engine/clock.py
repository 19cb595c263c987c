"""Clock: SystemClock and VirtualClock; the only place that reads the machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What time it is for processes, and what time it is for the machine."""

    def now(self) -> datetime:
        """Return the instant processes live in: aware, UTC."""

    def machine(self) -> datetime:
        """Return the machine's own instant (aware, UTC): for leases of workers only, never for a promise."""


class SystemClock:
    """The clock of every day: both instants are the machine's."""

    def now(self) -> datetime:
        """Return the machine's instant, aware, UTC."""
        return datetime.now(UTC)

    def machine(self) -> datetime:
        """Return the machine's instant, aware, UTC."""
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is moved forward: rehearsals and tests."""

    def __init__(self, start: datetime) -> None:
        self._now = _utc(start)

    def now(self) -> datetime:
        """Return the instant it was last moved to."""
        return self._now

    def machine(self) -> datetime:
        """Return the machine's instant: leases of real workers run in real time."""
        return datetime.now(UTC)

    def advance_to(self, instant: datetime) -> None:
        """Move forward to this instant; raises ValueError for one that is past."""
        target = _utc(instant)
        if target < self._now:
            raise ValueError(f"The clock stands at {self._now.isoformat()} and cannot go back to {target.isoformat()}.")
        self._now = target

    def advance(self, amount: timedelta) -> None:
        """Move forward by this much."""
        self.advance_to(self._now + amount)


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"Expected an instant with a zone, but got {instant.isoformat()}.")
    return instant.astimezone(UTC)
