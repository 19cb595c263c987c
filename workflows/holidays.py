"""The Korean public holidays the business calendar is given, and the organisation's own table that wins over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

import holidays

from engine.business_calendar import weekend
from engine.errors import Sentence

_KO = (("신정연휴", "신정"), (" 대체 휴일", " 대체휴일"), (" 전날", " 연휴"), (" 다음날", " 연휴"))
_EN = (
    ("Alternative holiday for ", "substitute holiday for "),
    ("The day preceding ", "holiday before "),
    ("The second day of ", "holiday after "),
)


@lru_cache(maxsize=64)
def holiday_names(year: int) -> Mapping[date, Sentence]:
    """Return the names of a year's public holidays, substitute days included (5/1 and 7/17: since holidays 0.109)."""
    korean = holidays.country_holidays("KR", years=year, language="ko")
    english = holidays.country_holidays("KR", years=year, language="en_US")
    return {day: Sentence(_reworded(name, _KO), _reworded(english.get(day, name), _EN)) for day, name in korean.items()}


def _reworded(name: str, words: tuple[tuple[str, str], ...]) -> str:
    for old, new in words:
        name = name.replace(old, new)
    return name


def day_off(exceptions: Mapping[date, str | None]) -> Callable[[date], Sentence | None]:
    """Return what names a day that does not count: the organisation's table first, then holidays, then weekends.

    In the table a name closes the day (founding day, 임시공휴일); None opens it, although it is a holiday or Saturday.
    """

    def name_of(day: date) -> Sentence | None:
        if day in exceptions:
            own = exceptions[day]
            return None if own is None else Sentence(own, own)
        return holiday_names(day.year).get(day) or weekend(day)

    return name_of
