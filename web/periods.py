"""Periods: a quarter, a month or a year as a person writes it, and its two ends in Seoul."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.errors import Sentence
from web.moments import SEOUL
from web.problems import NotUnderstood

SHAPE = re.compile(r"(?P<year>20\d\d)(?:Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?")


@dataclass(frozen=True, slots=True)
class Period:
    """From `begins_at` up to, not including, `ends_at` (UTC)."""

    name: str
    begins_at: datetime
    ends_at: datetime


def period(text: str) -> Period:
    """Return the period named 2026Q3, 2026-09 or 2026. Raises NotUnderstood."""
    found = SHAPE.fullmatch(text)
    if not found:
        raise NotUnderstood(
            Sentence("기간은 2026Q3, 2026-09, 2026처럼 적습니다.", "Expected a period as 2026Q3, 2026-09 or 2026.")
        )
    year = int(found["year"])
    first, length = 1, 12
    if found["quarter"]:
        first, length = int(found["quarter"]) * 3 - 2, 3
    elif found["month"]:
        first, length = int(found["month"]), 1
    return Period(text, _first_of(year, first), _first_of(year, first + length))


def _first_of(year: int, month: int) -> datetime:
    years, rest = divmod(month - 1, 12)
    return datetime(year + years, rest + 1, 1, tzinfo=SEOUL).astimezone(UTC)
