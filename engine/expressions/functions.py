"""Functions of the language itself; `now` and the application's own are given when an expression is evaluated."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from engine.errors import InvalidExpression, Sentence
from engine.expressions.arithmetic import bounded
from engine.expressions.comparison import Compare, ordering
from engine.expressions.kinds import Kind, kind_of, words

_before = ordering(operator.lt)
_after = ordering(operator.gt)


def _wrong(name: str, expected: Sentence, value: object) -> InvalidExpression:
    given = words(value)
    return InvalidExpression(
        Sentence(
            f"{name}() 안에는 {expected.ko} 있어야 하는데, {given.ko}입니다.",
            f"{name}() takes {expected.en}, but this is {given.en}",
        )
    )


def length(value: object) -> int:
    """Return the number of characters, items or fields."""
    if isinstance(value, str | list | dict):
        return len(value)
    raise _wrong("len", Sentence("글자나 목록이", "a text or a list"), value)


def _extreme(name: str, better: Compare, values: Sequence[object]) -> object:
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if not isinstance(items, Sequence) or not items:
        raise InvalidExpression(Sentence(f"{name}()에 견줄 값이 없습니다.", f"{name}() has nothing to compare"))
    found = items[0]
    for item in items:
        if better(item, found):
            found = item
    return found


def smallest(*values: object) -> object:
    """Return the smallest of the values, or of the items of the one list."""
    return _extreme("min", _before, values)


def largest(*values: object) -> object:
    """Return the largest of the values, or of the items of the one list."""
    return _extreme("max", _after, values)


def _number(name: str, value: object) -> int | float | Decimal:
    if kind_of(value) is Kind.NUMBER and isinstance(value, int | float | Decimal):
        return value
    raise _wrong(name, Sentence("숫자가", "a number"), value)


def absolute(value: object) -> object:
    """Return the number without its sign."""
    return abs(_number("abs", value))


def rounded(value: object, digits: object = None) -> object:
    """Return the number rounded to whole or to 0 to 10 digits; halves go to the even neighbour, as in Python."""
    number = _number("round", value)
    if digits is None:
        return round(bounded(number))
    if not isinstance(digits, int) or isinstance(digits, bool) or not 0 <= digits <= 10:
        raise InvalidExpression(
            Sentence("round()의 자릿수는 0부터 10까지입니다.", "the digits of round() are a number from 0 to 10")
        )
    return round(number, digits)


OWN: Mapping[str, Callable[..., object]] = {
    "len": length,
    "min": smallest,
    "max": largest,
    "abs": absolute,
    "round": rounded,
}
GIVEN = frozenset({"now"})  # known to the language, told by whoever evaluates: the step's instant
