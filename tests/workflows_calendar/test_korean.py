"""Dates, money and particles are written as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from workflows import korean

INSTANT = datetime(2026, 9, 28, 6, 0, tzinfo=UTC)


def test_instants_are_written_in_seoul() -> None:
    assert korean.datetime_ko(INSTANT) == "2026년 9월 28일(월) 15:00"
    assert korean.datetime_short_ko(INSTANT) == "9월 28일(월) 15:00"
    assert korean.datetime_en(INSTANT) == "Mon 28 Sep 2026, 15:00 KST"
    assert korean.datetime_short_en(INSTANT) == "Mon 28 Sep, 15:00"
    assert korean.date_ko(datetime(2026, 9, 27, 15, tzinfo=UTC)) == "2026년 9월 28일(월)"
    assert korean.date_ko(date(2026, 10, 3)) == "2026년 10월 3일(토)"
    assert korean.date_short_ko(date(2026, 10, 3)) == "10월 3일(토)"
    assert korean.date_en(date(2026, 10, 4)) == "Sun 4 Oct 2026"
    assert korean.time_ko(INSTANT) == korean.time_en(time(15)) == "15:00"


def test_money_has_its_commas() -> None:
    assert korean.money_ko(30000) == "30,000원"
    assert korean.money_en(30000) == "KRW 30,000"


@pytest.mark.parametrize(
    ("text", "pair", "expected"),
    [
        ("검토결과", "을/를", "를"),
        ("화면", "을/를", "을"),
        ("박도윤", "이/가", "이"),
        ("한지나", "은/는", "는"),
        ("개발팀", "과/와", "과"),
        ("회사", "와/과", "와"),
        ("서울", "으로/로", "로"),
        ("부산", "으로/로", "으로"),
        ("회사", "으로/로", "로"),
        ("9월 28일(월)", "으로/로", "로"),
        ("9월 28일(월)", "을/를", "을"),
        ("10월 2일", "으로/로", "로"),
        ("30,000", "을/를", "을"),
        ("30,000원", "을/를", "을"),
        ("10", "이/가", "이"),
        ("100", "으로/로", "으로"),
        ("1", "으로/로", "로"),
        ("2", "을/를", "를"),
        ("3", "을/를", "을"),
        ("6", "으로/로", "으로"),
        ("8", "으로/로", "로"),
        ("1.50", "을/를", "을"),
        ("CF-20260923-0001", "을/를", "을"),
        ("CF-20260923-0002", "을/를", "를"),
        ("CF-20260923-0010", "이/가", "이"),
        ("15:00", "을/를", "를"),
        ("15:30", "으로/로", "으로"),
        ("XL", "으로/로", "로"),
        ("L", "을/를", "을"),
        ("DMN", "을/를", "을"),
        ("BPMN", "이/가", "이"),
        ("KRX", "을/를", "를"),
        ("IT", "이/가", "가"),
        ("email", "을/를", "을"),
        ("web", "을/를", "을"),
        ("test", "을/를", "를"),
        ("‘시세 화면’", "을/를", "을"),
        ("처리 완료.", "을/를", "를"),
        ("한지민 (고객만족팀)", "이/가", "이"),
        ("10%", "을/를", "를"),
        ("", "을/를", "를"),
        ("민수", "아/야", "야"),
        ("1등급", "이라/라", "이라"),
    ],
)
def test_a_particle_fits_the_sound_before_it(text: str, pair: str, expected: str) -> None:
    assert korean.particle(text, pair) == expected
    assert korean.with_particle(text, pair) == text + expected
