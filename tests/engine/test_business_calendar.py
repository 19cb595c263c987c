"""The generic business calendar: open and closed, forwards and backwards, midnight and other zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.business_calendar import BusinessCalendar
from engine.spans import day_words_of, words_of

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = BusinessCalendar(ZoneInfo("Asia/Seoul"), time(9), time(18))
MONDAY = datetime(2026, 9, 28, 0, 0, tzinfo=UTC)  # 09:00 in Seoul
HOUR = timedelta(hours=1)


def test_the_opening_instant_is_open_and_the_closing_instant_is_not() -> None:
    assert not WEEK.is_open(MONDAY - timedelta(seconds=1))
    assert WEEK.is_open(MONDAY)
    assert WEEK.is_open(MONDAY + 9 * HOUR - timedelta(seconds=1))
    assert not WEEK.is_open(MONDAY + 9 * HOUR)


def test_a_day_ends_at_its_close_and_the_next_hour_is_on_the_next_day() -> None:
    assert WEEK.add(MONDAY, 9 * HOUR) == MONDAY + 9 * HOUR
    assert WEEK.add(MONDAY, 9 * HOUR + timedelta(seconds=1)) == MONDAY + timedelta(days=1, seconds=1)
    assert WEEK.back(MONDAY + 9 * HOUR, 9 * HOUR) == MONDAY
    assert WEEK.back(MONDAY, HOUR) == datetime(2026, 9, 25, 8, 0, tzinfo=UTC)
    assert WEEK.add(MONDAY, -HOUR) == WEEK.back(MONDAY, HOUR)
    assert WEEK.back(MONDAY, -HOUR) == WEEK.add(MONDAY, HOUR)


def test_time_between_is_signed() -> None:
    friday = datetime(2026, 9, 25, 8, 0, tzinfo=UTC)  # 17:00
    assert WEEK.between(friday, MONDAY + HOUR) == 2 * HOUR
    assert WEEK.between(MONDAY + HOUR, friday) == -2 * HOUR
    assert WEEK.between(MONDAY, MONDAY) == timedelta()


def test_the_next_opening_of_a_closed_instant_is_on_the_next_business_day() -> None:
    saturday = datetime(2026, 9, 26, 3, 0, tzinfo=UTC)
    assert WEEK.next_opening(saturday) == MONDAY
    assert WEEK.next_opening(MONDAY + HOUR) == MONDAY + HOUR
    assert WEEK.next_opening(MONDAY - HOUR) == MONDAY
    assert WEEK.next_opening(MONDAY + 9 * HOUR) == MONDAY + timedelta(days=1)


def test_a_day_without_closing_loses_nothing_when_the_clocks_change() -> None:
    # given Berlin, where 2026-10-25 has 25 hours
    always = BusinessCalendar(BERLIN, time(), time(), lambda day: None)
    start = datetime(2026, 10, 24, 12, 0, tzinfo=BERLIN)
    # then
    assert always.add(start, timedelta(hours=48)) - start == timedelta(hours=48)
    assert always.day_length == timedelta(hours=24)


def test_business_days_are_counted_without_the_day_itself() -> None:
    assert WEEK.business_day(date(2026, 9, 25), 1) == date(2026, 9, 28)
    assert WEEK.business_day(date(2026, 9, 28), -1) == date(2026, 9, 25)
    assert WEEK.business_day(date(2026, 9, 26), 0) == date(2026, 9, 26)


@pytest.mark.parametrize(
    ("minutes", "ko", "en"),
    [
        (190, "3시간 10분", "3 hours 10 minutes"),
        (60, "1시간", "1 hour"),
        (1, "1분", "1 minute"),
        (0.5, "1분 미만", "less than a minute"),
        (0, "1분 미만", "less than a minute"),
    ],
)
def test_spans_are_said_rounded_down(minutes: float, ko: str, en: str) -> None:
    words = words_of(timedelta(minutes=minutes))
    assert (words.ko, words.en) == (ko, en)


def test_longer_spans_are_said_in_days_and_hours() -> None:
    words = day_words_of(timedelta(hours=24.9), 9 * HOUR, business=True)
    assert (words.ko, words.en) == ("영업일 2일 6시간", "2 business days 6 hours")
