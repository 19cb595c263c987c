"""Kinds of values: what a person calls a value of each type, and which types may be set beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from engine.errors import Sentence


class Kind(StrEnum):
    """A family of values that compare with each other; the value is its English word."""

    NOTHING = "nothing"
    TRUTH = "true or false"
    NUMBER = "a number"
    TEXT = "text"
    DATE = "a date"
    TIME = "a time of day"
    INSTANT = "a date with time"
    DURATION = "a duration"
    LIST = "a list"
    RECORD = "a record"
    OTHER = "something else"


KOREAN = {
    Kind.NOTHING: "빈 값",
    Kind.TRUTH: "참/거짓",
    Kind.NUMBER: "숫자",
    Kind.TEXT: "글자",
    Kind.DATE: "날짜",
    Kind.TIME: "시각",
    Kind.INSTANT: "날짜와 시각",
    Kind.DURATION: "시간 길이",
    Kind.LIST: "목록",
    Kind.RECORD: "묶음",
    Kind.OTHER: "알 수 없는 값",
}

_BY_TYPE: Mapping[type, Kind] = {
    type(None): Kind.NOTHING,
    bool: Kind.TRUTH,
    int: Kind.NUMBER,
    float: Kind.NUMBER,
    Decimal: Kind.NUMBER,
    str: Kind.TEXT,
    datetime: Kind.INSTANT,
    date: Kind.DATE,
    time: Kind.TIME,
    timedelta: Kind.DURATION,
    list: Kind.LIST,
    dict: Kind.RECORD,
}


def kind_of(value: object) -> Kind:
    """Return the kind of a value; a subclass (an enum that is a text) counts as what it extends."""
    found = _BY_TYPE.get(type(value))
    if found is not None:
        return found
    return next((_BY_TYPE[base] for base in type(value).__mro__ if base in _BY_TYPE), Kind.OTHER)


def words(value: object) -> Sentence:
    """Return what a person calls this kind of value, never the value itself."""
    kind = kind_of(value)
    return Sentence(KOREAN[kind], kind.value)


def is_scalar(kind: Kind) -> bool:
    """Whether values of this kind are compared by what they say: everything but nothing, lists and records."""
    return kind not in (Kind.NOTHING, Kind.LIST, Kind.RECORD, Kind.OTHER)
