"""Arithmetic: + - * / over numbers, dates, durations, texts and lists, with every result bounded."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.errors import InvalidExpression, Sentence
from engine.expressions.comparison import exact
from engine.expressions.kinds import Kind, kind_of, words

LARGEST_NUMBER = 10**15
LONGEST_TEXT = 10_000
LONGEST_LIST = 1_000
ONE_DAY = timedelta(days=1)

TOO_LARGE = Sentence(
    "수가 너무 큽니다. 1,000조(10의 15제곱)까지 쓸 수 있습니다.", "the number is too large: at most 1e15 is possible"
)
TOO_LONG_TEXT = Sentence(
    f"글자가 너무 깁니다. {LONGEST_TEXT:,}자까지 쓸 수 있습니다.",
    f"the text is too long: at most {LONGEST_TEXT:,} characters are possible",
)
TOO_LONG_LIST = Sentence(
    f"목록이 너무 깁니다. {LONGEST_LIST:,}개까지 쓸 수 있습니다.",
    f"the list is too long: at most {LONGEST_LIST:,} items are possible",
)


def bounded(value: Any) -> Any:
    """Return the number itself; refuse infinity, not-a-number and what is beyond 1e15."""
    finite = value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)
    if not finite or abs(value) > LARGEST_NUMBER:
        raise InvalidExpression(TOO_LARGE)
    return value


def text_within(text: str) -> str:
    """Return the text itself; refuse one of more than 10,000 characters."""
    if len(text) > LONGEST_TEXT:
        raise InvalidExpression(TOO_LONG_TEXT)
    return text


def _refuse(sign: str, left: object, right: object) -> InvalidExpression:
    one, other = words(left), words(right)
    return InvalidExpression(
        Sentence(f"계산할 수 없습니다: {one.ko} {sign} {other.ko}", f"{one.en} {sign} {other.en} cannot be calculated")
    )


def _is_number(value: object) -> bool:
    return kind_of(value) is Kind.NUMBER


def _whole_days(day: object, length: object) -> bool:
    """Whether a date may be moved by this duration: Python would silently drop the hours of a part day."""
    return kind_of(day) is not Kind.DATE or not isinstance(length, timedelta) or not length % ONE_DAY


_MOVED = (date, datetime, timedelta)


def add(left: Any, right: Any) -> Any:
    """Return the sum of numbers or durations, the joined text or list, or the date or instant moved by a duration."""
    if _is_number(left) and _is_number(right):
        left, right = exact(left, right)
        return bounded(left + right)
    if isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > LONGEST_TEXT:
            raise InvalidExpression(TOO_LONG_TEXT)
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        if len(left) + len(right) > LONGEST_LIST:
            raise InvalidExpression(TOO_LONG_LIST)
        return left + right
    if isinstance(left, _MOVED) and isinstance(right, timedelta) and _whole_days(left, right):
        return left + right
    if isinstance(left, timedelta) and isinstance(right, date) and _whole_days(right, left):
        return right + left
    raise _refuse("+", left, right)


def subtract(left: Any, right: Any) -> Any:
    """Return the difference of numbers, the time between two dates or instants, or one moved back by a duration."""
    if _is_number(left) and _is_number(right):
        left, right = exact(left, right)
        return bounded(left - right)
    if isinstance(left, _MOVED) and isinstance(right, timedelta) and _whole_days(left, right):
        return left - right
    if isinstance(left, date) and kind_of(left) is kind_of(right):
        return left - right
    raise _refuse("-", left, right)


def multiply(left: Any, right: Any) -> Any:
    """Return the product of numbers, or a duration so many times; texts and lists are never repeated."""
    if _is_number(left) and _is_number(right):
        left, right = exact(left, right)
        return bounded(left * right)
    if isinstance(left, timedelta) and isinstance(right, int) and not isinstance(right, bool):
        return left * right
    if isinstance(right, timedelta) and isinstance(left, int) and not isinstance(left, bool):
        return left * right
    raise _refuse("*", left, right)


def divide(left: Any, right: Any) -> Any:
    """Return the quotient of numbers; whole numbers that divide without a rest give a whole number."""
    if not (_is_number(left) and _is_number(right)):
        raise _refuse("/", left, right)
    if not right:
        raise InvalidExpression(Sentence("0으로 나눌 수 없습니다.", "division by zero"))
    left, right = exact(left, right)
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return bounded(left // right)
    return bounded(left / right)


def negate(value: Any) -> Any:
    """Return the number or duration with the other sign."""
    if _is_number(value) or isinstance(value, timedelta):
        return -value
    raise InvalidExpression(
        Sentence(
            f"'-' 뒤에는 숫자가 와야 합니다: {words(value).ko}", f"'-' takes a number, but this is {words(value).en}"
        )
    )
