"""Lists: what rules and expressions may ask of one: its first and last item, whether it ascends."""

from __future__ import annotations

from itertools import pairwise

from engine.errors import InvalidExpression, Sentence
from engine.expressions.comparison import ordering


def _list(name: str, value: object) -> list[object]:
    if isinstance(value, list):
        return value
    raise InvalidExpression(Sentence(f"{name}() 안에는 목록이 있어야 합니다.", f"{name}() takes a list"))


def first(items: object) -> object:
    """Return the first item, None of an empty list."""
    return next(iter(_list("first", items)), None)


def last(items: object) -> object:
    """Return the last item, None of an empty list."""
    return next(reversed(_list("last", items)), None)


def ascending(items: object, field: object = None) -> bool:
    """Whether each item, or that field of it, is not before the one above; items without the field are passed over."""
    values = _list("ascending", items)
    if field is not None:
        values = [item.get(field) for item in values if isinstance(item, dict)]
    known = [value for value in values if value is not None]
    return all(_in_order(one, next_one) for one, next_one in pairwise(known))


_in_order = ordering(lambda left, right: bool(left <= right))
