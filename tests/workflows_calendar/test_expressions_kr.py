"""The charter's pure functions, asked through expressions as a diagram asks them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from engine.errors import InvalidExpression
from engine.expressions import compile_expression
from workflows.calendar_kr import default_calendar
from workflows.expressions_kr import PURE_FUNCTION_NAMES, pure_functions

NOW = datetime(2026, 9, 23, 16, 0, tzinfo=UTC)  # 01:00 of the 24th in Seoul
VARIABLES = {
    "received_at": datetime(2026, 8, 10, 2, 0, tzinfo=UTC),
    "planned_end": date(2026, 11, 27),
    "stages": [{"name": "설계", "on": date(2026, 9, 4)}, {"name": "개발", "on": date(2026, 9, 23)}],
    "empty": [],
}


def value(text: str) -> object:
    functions = pure_functions(default_calendar(), NOW)
    return compile_expression(text, PURE_FUNCTION_NAMES).evaluate(VARIABLES, functions)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("planned_end >= months_after(received_at, '1mo')", True),
        ("months_after(received_at, '1mo')", date(2026, 9, 10)),
        ("months_after(planned_end, '30d')", date(2026, 12, 27)),
        ("months_after(planned_end, '20bd')", date(2026, 12, 28)),
        ("date_of(received_at)", date(2026, 8, 10)),
        ("today()", date(2026, 9, 24)),
        ("now()", NOW),
        ("at(planned_end, '18:00')", datetime(2026, 11, 27, 9, 0, tzinfo=UTC)),
        ("plus(at(planned_end, '18:00'), '1bd')", datetime(2026, 11, 30, 9, 0, tzinfo=UTC)),
        ("plus(plus(received_at, '1mo'), '-3bd')", datetime(2026, 9, 7, 2, 0, tzinfo=UTC)),
        ("plus(planned_end, '1mo')", date(2026, 12, 27)),
        ("at(business_day(planned_end, -1), '10:00')", datetime(2026, 11, 26, 1, 0, tzinfo=UTC)),
        ("working_day(planned_end)", True),
        ("working_day(today())", False),
        ("first(stages).name", "설계"),
        ("last(stages).on < planned_end", True),
        ("last(empty) == None", True),
        ("ascending(stages, 'on')", True),
        ("ascending([3, 1])", False),
        ("text(planned_end) + '!'", "2026-11-27!"),
    ],
)
def test_a_diagram_may_ask(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "at('2026-09-23', '18:00')", "at(planned_end, '25:00')", "at(planned_end, 18)", "plus(1, '1bd')",
        "plus(received_at, 'soon')", "months_after(planned_end, '2h')", "months_after(planned_end, 1)",
        "business_day(planned_end, 100000)", "business_day('x', 1)", "date_of(None)", "working_day(None)",
        "last('text')", "ascending(1)", "text(stages)", "plus(received_at, '99999bd')",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_an_invalid_expression(text: str) -> None:
    with pytest.raises(InvalidExpression):
        value(text)
