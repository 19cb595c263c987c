"""ISO dates, durations and cycles: what they mean and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.tokens.definition import TimerKind
from engine.tokens.timers import Duration, check_timer_text, due, later, next_of, read_duration, read_instant

NOW = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "months", "rest"),
    [
        ("PT1S", 0, timedelta(seconds=1)),
        ("P1DT2H3M4.5S", 0, timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        ("P2W", 0, timedelta(weeks=2)),
        ("P1Y2M", 14, timedelta()),
        ("PT36H", 0, timedelta(hours=36)),
    ],
)
def test_durations_are_read(text: str, months: int, rest: timedelta) -> None:
    assert read_duration(text) == Duration(months, rest)


@pytest.mark.parametrize("text", ["", "P", "PT", "1H", "PT1X", "P1H", "-P1D", "P-1D", "PT1.5H", "P9999999999999D"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration"):
        read_duration(text)


def test_months_go_by_the_calendar_and_do_not_drift() -> None:
    assert later(NOW, read_duration("P1M")) == datetime(2026, 2, 28, 9, tzinfo=UTC)
    assert later(NOW, read_duration("P1M"), 2) == datetime(2026, 3, 31, 9, tzinfo=UTC)
    at, cycle = due(TimerKind.CYCLE, "R3/P1M", NOW)
    seen = [at]
    assert cycle is not None
    while (following := next_of(cycle)) is not None:
        at, cycle = following
        seen.append(at)
    assert [f"{s:%m-%d}" for s in seen] == ["02-28", "03-31", "04-30"]


def test_instants_are_utc() -> None:
    assert read_instant("2026-10-01T09:00:00+09:00") == datetime(2026, 10, 1, 0, 0, tzinfo=UTC)
    assert due(TimerKind.DATE, "2026-10-01T00:00:00Z", NOW)[0].utcoffset() == timedelta(0)
    with pytest.raises(ValueError, match="zone"):
        due(TimerKind.DATE, datetime(2026, 1, 1), NOW)  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        due(TimerKind.DATE, "2026-10-01T09:00:00", NOW)


def test_a_cycle_with_a_start_keeps_to_its_own_instants() -> None:
    at, cycle = due(TimerKind.CYCLE, "R3/2026-02-01T00:00:00Z/PT1H", NOW)
    assert at == datetime(2026, 2, 1, tzinfo=UTC)
    assert cycle is not None
    following = next_of(cycle)
    assert following is not None
    assert following[0] == datetime(2026, 2, 1, 1, tzinfo=UTC)
    assert following[1].left == 2


def test_instants_of_a_cycle_that_lie_before_it_is_armed_are_passed_over_but_not_the_last() -> None:
    at, cycle = due(TimerKind.CYCLE, "R/2026-01-01T00:00:00Z/PT24H", NOW)
    assert at == datetime(2026, 2, 1, tzinfo=UTC)
    assert cycle is not None
    assert cycle.left is None
    at, cycle = due(TimerKind.CYCLE, "R3/2026-01-30T00:00:00Z/PT24H", NOW)
    assert (at, cycle and cycle.left) == (datetime(2026, 2, 1, tzinfo=UTC), 1)
    at, cycle = due(TimerKind.CYCLE, "R2/2020-01-01T00:00:00Z/P1M", NOW)
    assert (at, cycle and cycle.left) == (datetime(2020, 2, 1, tzinfo=UTC), 1)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (TimerKind.CYCLE, "R0/PT1H"),
        (TimerKind.CYCLE, "R/PT0S"),
        (TimerKind.CYCLE, "0 0 9-17 * * MON-FRI"),
        (TimerKind.CYCLE, "PT1H"),
        (TimerKind.DATE, "tomorrow"),
        (TimerKind.DURATION, "2026-01-01T00:00:00Z"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_was_expected(kind: TimerKind, text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|never|no time"):
        check_timer_text(kind, text)


@pytest.mark.parametrize("value", [None, 5, ["PT1H"], "R3/9999-12-31T23:59:59-01:00/P1Y", timedelta.max])
def test_values_that_are_no_time_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"expected|too far|too long"):
        due(TimerKind.CYCLE, value, NOW)
