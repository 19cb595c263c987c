"""Instants at the edge: read with any offset, written in the charter's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
FIRST_YEAR, LAST_YEAR = 1970, 2199  # nothing is promised beyond, and no zone can overflow


def instant_text(moment: datetime | str | None) -> str | None:
    """Return an instant as ISO 8601 with Seoul's offset, to the second; None stays None."""
    if moment is None:
        return None
    known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return known.astimezone(SEOUL).isoformat(timespec="seconds")


def read_instant(text: object) -> datetime:
    """Return the aware UTC instant that an ISO text names. Raises ValueError for anything else."""
    moment = datetime.fromisoformat(text.strip() if isinstance(text, str) else "")
    if moment.tzinfo is None:
        raise ValueError("no offset")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError("no year of ours")
    return moment.astimezone(UTC)


def plain(value: object) -> object:
    """Return a process value as JSON has it for a program: instants with offset, durations as ISO text."""
    match value:
        case bool() | int() | float() | str() | None:
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime():
            return instant_text(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return duration_text(value)
        case dict():
            return {str(k): plain(v) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(v) for v in value]
    return str(value)


def duration_text(length: timedelta) -> str:
    """Return a length of time as an ISO 8601 duration in seconds."""
    seconds = length.total_seconds()
    return f"PT{int(seconds) if seconds == int(seconds) else seconds}S"
