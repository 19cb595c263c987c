"""The ruler's geometry and its sentence, on days of the autumn of 2026."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise

import pytest

from tests.web.conftest import Programs
from web import promise_ruler
from web.promise_ruler import Span, workdays
from workflows.calendar_kr import default_calendar
from workflows.korean import SEOUL

DAYS = workdays(default_calendar())


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SEOUL)


@pytest.fixture(autouse=True)
def a_page(programs: Programs):  # type: ignore[no-untyped-def]
    with programs.product.app.test_request_context("/"):
        yield


def test_time_used_and_left_meet_at_now() -> None:
    # given: Wednesday 15:00 to Monday 15:00 over Chuseok, seen on Monday 13:20
    span = Span(at("09-23 15:00"), at("09-28 15:00"), at("09-28 13:20"))
    # when
    drawn = promise_ruler.draw(span, DAYS)
    # then
    used = [tuple(map(float, m)) for m in re.findall(r'class="used" x="([\d.]+)%" y="[\d.]+" width="([\d.]+)%"', drawn)]
    left = [tuple(map(float, m)) for m in re.findall(r'class="left" x="([\d.]+)%" y="[\d.]+" width="([\d.]+)%"', drawn)]
    assert len(used) == 2
    assert len(left) == 1
    assert used[-1][0] + used[-1][1] == pytest.approx(left[0][0], abs=0.1)
    assert drawn.count('class="gap"') == 4
    assert re.findall(r'class="gap-name[^"]*"[^>]*>([^<]+)<', drawn) == ["추석", "추석", "토", "일"]


def test_late_time_is_drawn_behind_the_due_tick() -> None:
    # when
    drawn = promise_ruler.draw(Span(at("09-21 11:50"), at("09-28 11:50"), at("09-28 13:20")), DAYS)
    # then
    assert 'class="over"' in drawn
    assert "28일(월) 11:50까지였음" in drawn


def test_a_kept_promise_has_its_mark_and_no_triangle() -> None:
    # when
    span = Span(at("08-10 11:00"), at("08-18 11:00"), at("09-01 10:00"), met_at=at("08-13 10:30"))
    drawn = promise_ruler.draw(span, DAYS)
    # then
    assert "13일(목) 10:30에 지킴" in drawn
    assert 'class="shape-kept"' in drawn
    assert 'class="now"' not in drawn


def test_many_days_are_left_out_but_never_those_that_matter() -> None:
    # when
    drawn = promise_ruler.draw(Span(at("08-31 11:00"), at("10-06 11:00"), at("09-28 13:20")), DAYS)
    # then
    shown = re.findall(r'text-anchor="middle">([^<]+)<', drawn)
    assert "…영업일 15일" in shown
    assert {"8.31 월", "9.28 월", "10.6 화"} <= set(shown)


def test_the_line_is_used_from_end_to_end_without_overlap() -> None:
    # when
    drawn = promise_ruler.draw(Span(at("08-10 11:00"), at("08-18 11:00"), at("08-12 15:40")), DAYS)
    # then
    cells = re.findall(r'class="base" x="([\d.]+)%" y="[\d.]+" width="([\d.]+)%"', drawn)
    ends = [(float(x), float(x) + float(w)) for x, w in cells]
    assert all(right <= left + 0.02 for (_, right), (left, _) in pairwise(ends))
    assert max(right for _, right in ends) == pytest.approx(100, abs=0.1)


def test_the_sentence_names_the_days_that_do_not_count() -> None:
    # when
    words = promise_ruler.sentence(Span(at("10-02 18:00"), at("10-06 18:00"), at("09-28 13:20")), DAYS)
    # then
    assert words == (
        "10월 2일(금) 18:00부터 10월 6일(화) 18:00까지입니다. 토·일요일과 10월 5일(개천절 대체휴일)은 세지 않습니다."
    )
