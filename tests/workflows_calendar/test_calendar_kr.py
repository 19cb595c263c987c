"""The charter's units of time: every golden vector, every property, the warnings of the scenarios."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.business_calendar import BusinessCalendar
from workflows.calendar_kr import InvalidSpec, default_calendar, due_at, left_in_words, months_later, warn_at
from workflows.holidays import holiday_names

SEOUL = ZoneInfo("Asia/Seoul")
CALENDAR = default_calendar()
ALWAYS = BusinessCalendar(SEOUL, time(), time(), lambda day: None)


def kst(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


GOLDEN = """
2026-09-23T15:00:00  1bd     2026-09-28T15:00:00
2026-09-26T10:00:00  1bd     2026-09-28T18:00:00
2026-09-28T09:00:00  1bd     2026-09-28T18:00:00
2026-09-28T08:59:59  1bd     2026-09-28T18:00:00
2026-10-02T17:59:30  1bd     2026-10-06T17:59:30
2026-10-02T18:00:00  1bd     2026-10-06T18:00:00
2026-04-30T16:00:00  1bd     2026-05-04T16:00:00
2026-07-16T11:00:00  1bd     2026-07-20T11:00:00
2026-12-24T13:00:00  1bd     2026-12-28T13:00:00
2026-12-31T17:00:00  1bd     2027-01-04T17:00:00
2026-08-13T10:20:00  3bd     2026-08-19T10:20:00
2026-08-10T11:00:00  5bd     2026-08-18T11:00:00
2026-09-17T11:00:00  10bd    2026-10-06T11:00:00
2026-10-23T18:00:00  20bd    2026-11-20T18:00:00
2026-02-13T15:00:00  1bd     2026-02-19T15:00:00
2027-02-05T10:00:00  2bd     2027-02-11T10:00:00
2027-04-30T17:00:00  1bd     2027-05-04T17:00:00
2027-12-24T10:00:00  1bd     2027-12-28T10:00:00
2026-10-08T17:45:00  30bmin  2026-10-12T09:15:00
2026-10-08T17:30:00  30bmin  2026-10-08T18:00:00
2026-09-23T15:00:00  4bh     2026-09-28T10:00:00
2026-09-23T17:59:59  1bh     2026-09-28T09:59:59
2026-10-17T22:00:00  -5bd    2026-10-12T09:00:00
2026-09-19T22:00:00  -10bd   2026-09-07T09:00:00
2026-11-13T15:00:00  -3bd    2026-11-10T15:00:00
2026-10-10T22:00:00  -5bd    2026-10-01T09:00:00
2026-09-28T15:00:00  -1bd    2026-09-23T15:00:00
2026-01-31T10:00:00  1mo     2026-02-28T10:00:00
2026-08-24T09:30:00  1mo     2026-09-24T09:30:00
2026-12-31T09:00:00  1mo     2027-01-31T09:00:00
"""

# One example for each unit, all from Wed 2026-09-23 15:00, and the notes below the table.
EXAMPLES = """
2026-09-23T15:00:00  5min       2026-09-23T15:05:00
2026-09-23T15:00:00  4bh        2026-09-28T10:00:00
2026-09-23T15:00:00  1bd        2026-09-28T15:00:00
2026-09-23T15:00:00  1bd_end    2026-09-28T18:00:00
2026-09-23T15:00:00  1d         2026-09-24T15:00:00
2026-09-23T15:00:00  1d_civil   2026-09-29T00:00:00
2026-09-23T15:00:00  1mo        2026-10-23T15:00:00
2026-09-23T15:00:00  30d        2026-10-23T15:00:00
2026-09-26T10:00:00  1bd        2026-09-28T18:00:00
2026-09-28T17:30:00  30bmin     2026-09-28T18:00:00
2026-10-12T10:00:00  1h         2026-10-12T11:00:00
2026-09-28T10:00:00  2d_civil   2026-10-01T00:00:00
2026-10-01T10:00:00  1d_civil   2026-10-03T00:00:00
2026-10-02T10:00:00  1d_civil   2026-10-07T00:00:00
2026-09-26T10:00:00  1bd_end    2026-09-28T18:00:00
2026-10-02T10:00:00  2bd_end    2026-10-07T18:00:00
2026-10-08T14:06:00  5min       2026-10-08T14:11:00
2026-10-08T18:02:00  5min@open  2026-10-12T09:05:00
2026-10-08T14:06:00  5min@open  2026-10-08T14:11:00
2026-10-08T17:58:00  5min@open  2026-10-08T18:03:00
2026-10-13T15:00:00  1mo        2026-11-13T15:00:00
2026-10-17T22:00:00  -2h        2026-10-17T20:00:00
"""

# scenarios.md, machine-readable core: start, spec, due, warn ("-" where it gives none).
SCENARIOS = """
2026-09-23T15:00:00  1bd  2026-09-28T15:00:00  2026-09-28T13:12:00
2026-10-12T10:00:00  1h   2026-10-12T11:00:00  -
2026-09-26T10:00:00  1bd  2026-09-28T18:00:00  2026-09-28T16:12:00
2026-09-28T09:10:00  1bd  2026-09-29T09:10:00  -
2026-08-10T11:00:00  5bd  2026-08-18T11:00:00  2026-08-14T11:00:00
2026-09-04T18:00:00  1bd  2026-09-07T18:00:00  -
2026-09-23T18:00:00  1bd  2026-09-28T18:00:00  -
2026-10-02T18:00:00  1bd  2026-10-06T18:00:00  -
2026-10-13T18:00:00  1bd  2026-10-14T18:00:00  -
2026-10-13T15:00:00  1mo  2026-11-13T15:00:00  -
2026-11-27T18:00:00  1bd  2026-11-30T18:00:00  -
2026-10-17T22:00:00  -5bd 2026-10-12T09:00:00  -
2026-10-08T14:06:00  5min 2026-10-08T14:11:00  -
2026-10-08T15:04:00  5min 2026-10-08T15:09:00  -
2026-10-08T18:02:00  5min@open 2026-10-12T09:05:00  -
2026-09-09T10:00:00  5bd  2026-09-16T10:00:00  2026-09-15T10:00:00
2026-09-10T13:00:00  5bd  2026-09-17T13:00:00  -
2026-09-15T16:00:00  1bh  2026-09-15T17:00:00  -
2026-09-15T16:00:00  4bh  2026-09-16T11:00:00  -
2026-09-15T16:00:00  1bd  2026-09-16T16:00:00  2026-09-16T14:12:00
2026-09-17T11:00:00  10bd 2026-10-06T11:00:00  2026-10-01T11:00:00
"""


def rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


@pytest.mark.parametrize(("start", "spec", "due"), rows(GOLDEN) + rows(EXAMPLES))
def test_a_due_instant_is_the_one_of_the_specification(start: str, spec: str, due: str) -> None:
    # when
    found = due_at(kst(start), spec, CALENDAR)
    # then
    assert found.at == kst(due)
    assert found.at.tzinfo is UTC


@pytest.mark.parametrize(("start", "spec", "due", "warn"), rows(SCENARIOS))
def test_the_scenarios_dues_and_warnings_come_out(start: str, spec: str, due: str, warn: str) -> None:
    found = due_at(kst(start), spec, CALENDAR)
    assert found.at == kst(due)
    if warn != "-":
        assert warn_at(kst(start), found.at, spec, CALENDAR) == kst(warn)


def test_a_warning_comes_at_least_a_minute_before_due() -> None:
    start = kst("2026-09-28T10:00:00")
    assert warn_at(start, kst("2026-09-28T10:03:00"), "3min", CALENDAR) == kst("2026-09-28T10:02:00")
    assert warn_at(start, kst("2026-09-23T10:00:00"), "-1bd", CALENDAR) == kst("2026-09-23T09:59:00")


def test_an_extension_moves_the_warning_by_its_own_time() -> None:
    # given 1bd made 2bd by an extension of the due instant
    due = kst("2026-09-30T10:00:00")
    # then 80 % of 18 h from Mon 10:00 is Tue 15:24
    assert warn_at(kst("2026-09-28T10:00:00"), due, "1bd", CALENDAR) == kst("2026-09-29T15:24:00")


def test_a_wall_clock_warning_is_eighty_percent_by_the_clock() -> None:
    start = kst("2026-10-12T10:00:00")
    assert warn_at(start, kst("2026-10-12T11:00:00"), "1h", CALENDAR) == kst("2026-10-12T10:48:00")


@pytest.mark.parametrize(
    "spec", ["", "bd", "1", "1 bd", "1.5bd", "1w", "P1D", "１bd", "-1bd_end", "-1d_civil", "1bd@close"]
)
def test_another_text_is_no_duration(spec: str) -> None:
    with pytest.raises(InvalidSpec):
        due_at(kst("2026-09-23T15:00:00"), spec, CALENDAR)


STARTS = st.integers(0, 500 * 24 * 3600).map(lambda seconds: kst("2026-01-01T00:00:00") + timedelta(seconds=seconds))
BUSINESS = st.sampled_from(["1bd", "2bd", "5bd", "30bmin", "90bmin", "1bh", "4bh", "13bh"])
QUICK = settings(max_examples=150, derandomize=True, deadline=None)


@QUICK
@given(STARTS, STARTS, BUSINESS)
def test_a_later_start_is_never_due_earlier(one: datetime, other: datetime, spec: str) -> None:
    first, second = sorted((one, other))
    assert due_at(first, spec, CALENDAR).at <= due_at(second, spec, CALENDAR).at
    assert due_at(first, f"-{spec}", CALENDAR).at <= due_at(second, f"-{spec}", CALENDAR).at


@QUICK
@given(STARTS, st.integers(1, 40), st.integers(1, 40), st.sampled_from(["bh", "bd", "bmin"]))
def test_business_time_adds_up(start: datetime, one: int, other: int, unit: str) -> None:
    step = due_at(due_at(start, f"{one}{unit}", CALENDAR).at, f"{other}{unit}", CALENDAR).at
    assert step == due_at(start, f"{one + other}{unit}", CALENDAR).at


@QUICK
@given(STARTS, BUSINESS)
def test_backwards_undoes_forwards_inside_hours(start: datetime, spec: str) -> None:
    begins = CALENDAR.next_opening(start) + timedelta(minutes=1)
    assert due_at(due_at(begins, spec, CALENDAR).at, f"-{spec}", CALENDAR).at == begins


@QUICK
@given(STARTS, BUSINESS, st.booleans())
def test_no_business_due_lies_outside_business_hours(start: datetime, spec: str, backwards: bool) -> None:
    due = due_at(start, f"-{spec}" if backwards else spec, CALENDAR).at.astimezone(SEOUL)
    assert CALENDAR.is_holiday(due.date()) is None
    assert time(9) <= due.time() <= time(18)


@QUICK
@given(STARTS, st.integers(1, 5000))
def test_a_calendar_without_closing_is_the_clock_on_the_wall(start: datetime, minutes: int) -> None:
    amount = timedelta(minutes=minutes)
    assert ALWAYS.add(start, amount) == start + amount
    assert ALWAYS.back(start, amount) == start - amount
    assert ALWAYS.between(start, start + amount) == amount
    assert due_at(start, f"{minutes}bmin", ALWAYS).at == start + amount


@QUICK
@given(STARTS, BUSINESS)
def test_the_working_counts_exactly_the_time_that_was_promised(start: datetime, spec: str) -> None:
    due = due_at(start, spec, CALENDAR)
    counted = sum((s.to_at - s.from_at for s in due.why if s.counted), timedelta())
    assert counted == CALENDAR.between(start, due.at)
    assert due.at == CALENDAR.add(start, counted)
    assert all(a.to_at <= b.from_at for a, b in zip(due.why, due.why[1:], strict=False))


@QUICK
@given(STARTS, BUSINESS, st.floats(0.1, 0.95))
def test_a_warning_lies_between_start_and_due(start: datetime, spec: str, ratio: float) -> None:
    due = due_at(start, spec, CALENDAR).at
    assert start <= warn_at(start, due, spec, CALENDAR, ratio) <= due - timedelta(minutes=1)


def test_the_working_names_each_day_that_does_not_count() -> None:
    # when
    why = due_at(kst("2026-09-23T15:00:00"), "1bd", CALENDAR).why
    # then
    assert [(s.counted, s.note_ko, s.note_en) for s in why] == [
        (True, "3시간", "3 hours"),
        (False, "추석 연휴", "holiday before Chuseok"),
        (False, "추석", "Chuseok"),
        (False, "추석 연휴", "holiday after Chuseok"),
        (False, "일요일", "Sunday"),
        (True, "6시간", "6 hours"),
    ]
    assert why[0].from_at == kst("2026-09-23T15:00:00")
    assert why[0].to_at == kst("2026-09-23T18:00:00")
    assert (why[1].from_at, why[1].to_at) == (kst("2026-09-24T00:00:00"), kst("2026-09-25T00:00:00"))
    assert why[-1].to_at == kst("2026-09-28T15:00:00")


def test_the_working_names_substitute_holidays_and_late_starts() -> None:
    why = due_at(kst("2026-10-02T18:00:00"), "1bd", CALENDAR).why
    assert [(s.counted, s.note_ko) for s in why] == [
        (False, "업무시간이 지났습니다"),
        (False, "개천절"),
        (False, "일요일"),
        (False, "개천절 대체휴일"),
        (True, "9시간"),
    ]
    assert why[3].note_en == "substitute holiday for National Foundation Day"


def test_the_working_of_other_units_says_how_they_count() -> None:
    start = kst("2026-09-23T15:00:00")
    assert [s.note_ko for s in due_at(start, "1mo", CALENDAR).why] == ["달력과 시계 그대로 셉니다"]
    assert [s.note_ko for s in due_at(start, "1bd_end", CALENDAR).why] == [
        "첫날은 세지 않습니다", "추석 연휴", "추석", "추석 연휴", "일요일", "9시간"
    ]  # fmt: skip
    civil = due_at(start, "1d_civil", CALENDAR).why
    assert civil[0].note_ko == "첫날은 세지 않습니다"
    assert [s.counted for s in civil] == [False, False, False, False, False, True]
    opening = due_at(kst("2026-10-08T18:02:00"), "5min@open", CALENDAR).why
    assert [(s.counted, s.note_ko) for s in opening] == [
        (False, "업무시간 밖"),
        (True, "달력과 시계 그대로 셉니다"),
    ]


CLOSED_2026 = """
01-01 02-16 02-17 02-18 03-02 05-01 05-05 05-25 06-03 07-17 08-17 09-24 09-25 10-05 10-09 12-25
"""


def test_the_weekday_holidays_of_2026_are_those_of_the_specification() -> None:
    weekdays = sorted(day for day in holiday_names(2026) if day.weekday() < 5)
    assert [f"{day:%m-%d}" for day in weekdays] == CLOSED_2026.split()


def test_labour_day_and_constitution_day_are_holidays() -> None:
    assert CALENDAR.is_holiday(date(2026, 5, 1)) == "노동절"
    assert CALENDAR.is_holiday(date(2026, 7, 17)) == "제헌절"
    assert CALENDAR.is_holiday(date(2026, 9, 28)) is None
    assert CALENDAR.is_holiday(date(2026, 9, 27)) == "일요일"


def test_the_organisations_table_wins_over_the_holidays() -> None:
    # given the founding day closed, Hangul Day and a Saturday opened
    calendar = default_calendar({date(2026, 9, 28): "창립기념일", date(2026, 10, 9): None, date(2026, 9, 26): None})
    # then
    assert calendar.is_holiday(date(2026, 9, 28)) == "창립기념일"
    assert due_at(kst("2026-09-23T15:00:00"), "1bd", calendar).at == kst("2026-09-26T15:00:00")
    assert due_at(kst("2026-09-26T15:00:00"), "1bd", calendar).at == kst("2026-09-29T15:00:00")
    assert due_at(kst("2026-10-08T15:00:00"), "1bd", calendar).at == kst("2026-10-09T15:00:00")


@pytest.mark.parametrize(
    ("now", "due", "ko", "en"),
    [
        ("2026-09-23T12:00:00", "2026-09-29T18:00:00", "영업일 2일 6시간", "2 business days 6 hours"),
        ("2026-09-23T14:00:01", "2026-09-28T18:00:00", "영업일 1일 3시간", "1 business day 3 hours"),
        ("2026-09-28T09:00:00", "2026-09-28T18:00:00", "영업일 1일", "1 business day"),
        ("2026-09-28T10:20:30", "2026-09-28T13:31:00", "3시간 10분", "3 hours 10 minutes"),
        ("2026-09-28T10:20:00", "2026-09-28T11:20:00", "1시간", "1 hour"),
        ("2026-09-28T10:20:00", "2026-09-28T10:20:40", "1분 미만", "less than a minute"),
        ("2026-09-28T11:20:00", "2026-09-28T09:50:00", "1시간 30분", "1 hour 30 minutes"),
        ("2026-10-16T20:00:00", "2026-10-18T02:00:00", "1일 6시간", "1 day 6 hours"),
        ("2026-10-08T18:00:00", "2026-10-08T18:03:00", "3분", "3 minutes"),
        ("2026-09-28T17:00:00", "2026-09-29T09:30:00", "1시간 30분", "1 hour 30 minutes"),
    ],
)
def test_the_time_left_is_said_in_words(now: str, due: str, ko: str, en: str) -> None:
    words = left_in_words(kst(now), kst(due), CALENDAR)
    assert (words.ko, words.en) == (ko, en)


def test_a_month_back_is_a_month_too() -> None:
    assert months_later(kst("2026-03-31T10:00:00"), -1) == kst("2026-02-28T10:00:00")


def test_a_business_day_before_a_saturday_is_the_friday() -> None:
    assert CALENDAR.business_day(date(2026, 10, 17), -1) == date(2026, 10, 16)
    assert CALENDAR.business_day(date(2026, 10, 2), 1) == date(2026, 10, 6)
