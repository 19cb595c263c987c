"""Comparison: equal, before and after, contained; over values of one kind only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.errors import InvalidExpression, Sentence
from engine.expressions.kinds import Kind, is_scalar, kind_of, words

Compare = Callable[[Any, Any], bool]

ORDERED = frozenset({int, float, Decimal, str, date, datetime, time, timedelta})
_ORDERED_KINDS = frozenset({Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.TIME, Kind.INSTANT, Kind.DURATION})


def exact(left: Any, right: Any) -> tuple[Any, Any]:
    """Return both numbers so that a float beside a Decimal counts as it is written (0.1, not 0.1000000000000000055)."""
    if isinstance(left, Decimal) and isinstance(right, float):
        return left, Decimal(repr(right))
    if isinstance(left, float) and isinstance(right, Decimal):
        return Decimal(repr(left)), right
    return left, right


def refuse_kinds(left: object, right: object) -> InvalidExpression:
    """Return the error for two values that have nothing to do with each other."""
    one, other = words(left), words(right)
    return InvalidExpression(
        Sentence(
            f"서로 비교할 수 없는 값입니다: {one.ko} · {other.ko}. 두 값의 종류를 맞추십시오.",
            f"{one.en} cannot be compared with {other.en}: make both the same kind",
        )
    )


def _refuse_zone() -> InvalidExpression:
    return InvalidExpression(
        Sentence(
            "시간대가 있는 시각과 없는 시각은 비교할 수 없습니다.",
            "a time with a zone cannot be compared with one without",
        )
    )


def equals(left: Any, right: Any) -> bool:
    """Whether two values are the same. Nothing, lists and records may stand beside anything; other kinds must agree."""
    if type(left) is type(right):
        return bool(left == right)
    one, other = kind_of(left), kind_of(right)
    if one is other:
        left, right = exact(left, right)
        return bool(left == right)
    if is_scalar(one) and is_scalar(other):
        raise refuse_kinds(left, right)
    return False


def same(left: object, right: object) -> bool:
    """Whether two values are the same, where another kind is simply not the same (members of a list)."""
    return kind_of(left) is kind_of(right) and equals(left, right)


def contains(whole: Any, part: Any) -> bool:
    """Whether a list has the item, a text the text, or a record the field."""
    if isinstance(whole, str) and isinstance(part, str):
        return part in whole
    if isinstance(whole, list):
        return any(same(part, item) for item in whole)
    if isinstance(whole, dict) and isinstance(part, str):
        return part in whole
    one, other = words(part), words(whole)
    raise InvalidExpression(
        Sentence(
            f"'in' 뒤에는 목록이나 글자가 와야 합니다: {one.ko} in {other.ko}",
            f"'in' looks into a list or a text, but this is: {one.en} in {other.en}",
        )
    )


def ordering(compare: Compare) -> Compare:
    """Return a `<`, `<=`, `>` or `>=` that refuses values of different kinds and those without an order."""

    def ordered(left: Any, right: Any) -> bool:
        if type(left) is not type(right) or type(left) not in ORDERED:
            kind = kind_of(left)
            if kind is not kind_of(right) or kind not in _ORDERED_KINDS:
                raise refuse_kinds(left, right)
            left, right = exact(left, right)
        try:
            return compare(left, right)
        except TypeError:  # an aware instant beside a naive one
            raise _refuse_zone() from None

    return ordered
