"""Text: how a value reads inside a template such as `stage${loopCounter}`."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from engine.errors import InvalidExpression, Sentence
from engine.expressions.kinds import words


def as_text(value: object) -> str:
    """Return the value as people and identifiers read it: nothing is empty, a list has commas, dates are ISO."""
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list):
        return ",".join(as_text(item) for item in value)
    given = words(value)
    raise InvalidExpression(
        Sentence(f"글자 안에 넣을 수 없는 값입니다: {given.ko}", f"{given.en} cannot stand inside a text")
    )
