"""Clocks: the virtual one stands still, goes only forward, and is always UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine.clock import SystemClock, VirtualClock

SEOUL = timezone(timedelta(hours=9))


def test_a_virtual_clock_stands_where_it_was_put() -> None:
    # given
    clock = VirtualClock(datetime(2026, 9, 23, 15, tzinfo=SEOUL))
    # then
    assert clock.now() == clock.now() == datetime(2026, 9, 23, 6, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    assert clock.machine().tzinfo is UTC


def test_a_virtual_clock_moves_forward_only() -> None:
    # given
    clock = VirtualClock(datetime(2026, 9, 23, tzinfo=UTC))
    # when
    clock.advance(timedelta(hours=1))
    # then
    assert clock.now() == datetime(2026, 9, 23, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance_to(datetime(2026, 9, 23, tzinfo=UTC))
    with pytest.raises(ValueError, match="with a zone"):
        clock.advance_to(datetime(2027, 1, 1))  # noqa: DTZ001


def test_the_system_clock_is_aware() -> None:
    assert SystemClock().now().tzinfo is UTC
    assert SystemClock().machine() >= SystemClock().now() - timedelta(seconds=5)
