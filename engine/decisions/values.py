"""FEEL's kinds of values as Python values: exact decimals for numbers, YearsMonths for the duration Python lacks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from engine.errors import InvalidExpression, Sentence

EXACT = Context(prec=34, Emin=-6143, Emax=6144)  # DMN 1.5, 10.3.2.3.1: IEEE 754-2008 decimal128
WHOLE_DIGITS = 40  # a larger whole number stays a decimal


class Feel(StrEnum):
    """A kind of value; the value is FEEL's own name of the type."""

    NUMBER = "number"
    STRING = "string"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    DATE_TIME = "date and time"
    DAYS = "days and time duration"
    MONTHS = "years and months duration"
    LIST = "list"
    CONTEXT = "context"
    NULL = "null"


KOREAN = {
    Feel.NUMBER: "숫자",
    Feel.STRING: "글자",
    Feel.BOOLEAN: "참/거짓",
    Feel.DATE: "날짜",
    Feel.TIME: "시각",
    Feel.DATE_TIME: "날짜와 시각",
    Feel.DAYS: "일·시간 길이",
    Feel.MONTHS: "연·월 길이",
    Feel.LIST: "목록",
    Feel.CONTEXT: "묶음",
    Feel.NULL: "빈 값",
}
# Names of types as FEEL, XML Schema and other tools write them.
TYPES: Mapping[str, Feel] = {
    **{kind.value: kind for kind in Feel},
    **dict.fromkeys(("integer", "int", "long", "short", "double", "float", "decimal"), Feel.NUMBER),
    "dateTime": Feel.DATE_TIME,
    "dayTimeDuration": Feel.DAYS,
    "yearMonthDuration": Feel.MONTHS,
}


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A years and months duration: `P1Y2M` is YearsMonths(14)."""

    months: int


def kind_of(value: object) -> Feel:
    """Return the kind of a FEEL value; raises InvalidExpression for what FEEL does not know."""
    match value:
        case None:
            return Feel.NULL
        case bool():
            return Feel.BOOLEAN
        case Decimal():
            return Feel.NUMBER
        case str():
            return Feel.STRING
        case datetime():
            return Feel.DATE_TIME
        case date():
            return Feel.DATE
        case time():
            return Feel.TIME
        case timedelta():
            return Feel.DAYS
        case YearsMonths():
            return Feel.MONTHS
        case list() | tuple():
            return Feel.LIST
        case Mapping():
            return Feel.CONTEXT
    raise InvalidExpression(
        Sentence("결정표가 모르는 종류의 값입니다.", "the decision cannot read a value of this kind")
    )


def to_feel(value: object) -> object:
    """Return the FEEL value of a process variable: numbers become exact decimals as they are written."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | list | tuple | Mapping):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int | float):
        number = Decimal(repr(value) if isinstance(value, float) else int(value))
        if not number.is_finite():
            raise InvalidExpression(Sentence("숫자가 아닌 값입니다.", "infinity and not-a-number cannot be decided on"))
        return number
    if isinstance(value, Mapping):
        return {key: to_feel(part) for key, part in value.items()}
    return [to_feel(part) for part in value]


def from_feel(value: object) -> object:
    """Return the process variable of a FEEL value: whole numbers are int, others stay exact decimals."""
    if isinstance(value, Decimal):
        is_whole = value.adjusted() <= WHOLE_DIGITS and value == value.to_integral_value()
        return int(value) if is_whole else value
    if isinstance(value, list):
        return [from_feel(part) for part in value]
    if isinstance(value, dict):
        return {key: from_feel(part) for key, part in value.items()}
    return value


def mismatch(left: object, right: object) -> InvalidExpression:
    """Return the error for two values that FEEL cannot compare or calculate with."""
    one, other = kind_of(left), kind_of(right)
    return InvalidExpression(
        Sentence(f"서로 맞지 않는 값입니다: {KOREAN[one]} · {KOREAN[other]}", f"{one} and {other} do not fit together")
    )


def equal(left: object, right: object) -> bool:
    """Whether two values are the same; null equals only null; raises InvalidExpression for different kinds."""
    if left is None or right is None:
        return left is right
    if kind_of(left) is not kind_of(right):
        raise mismatch(left, right)
    if isinstance(left, datetime | time) and isinstance(right, datetime | time):
        _same_zone(left, right)
    return left == right


def compare(left: object, right: object) -> int | None:
    """Return -1, 0 or 1; None when one of them is null; raises InvalidExpression for what has no order."""
    if left is None or right is None:
        return None
    kind = kind_of(left)
    if kind is not kind_of(right) or kind in (Feel.BOOLEAN, Feel.LIST, Feel.CONTEXT):
        raise mismatch(left, right)
    if isinstance(left, datetime | time) and isinstance(right, datetime | time):
        _same_zone(left, right)
    return int(left > right) - int(left < right)  # type: ignore[operator]


def _same_zone(left: datetime | time, right: datetime | time) -> None:
    if (left.tzinfo is None) is not (right.tzinfo is None):
        raise InvalidExpression(
            Sentence(
                "시간대가 있는 시각과 없는 시각은 비교할 수 없습니다.",
                "a time with a zone cannot be compared with one without",
            )
        )


_DURATION = re.compile(
    r"(-?)P(?=.)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})D)?"
    r"(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,6})?)S)?)?",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CLOCK = r"\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})?"
_TIME = re.compile(_CLOCK, re.ASCII)
_DATE_TIME = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}T{_CLOCK}", re.ASCII)


def read_date(text: str) -> date:
    """Return the date of an ISO text; raises ValueError."""
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def read_time(text: str) -> time:
    """Return the time of an ISO text, with its offset if there is one; raises ValueError."""
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    return time.fromisoformat(text)


def read_date_time(text: str) -> datetime | date:
    """Return the instant of an ISO text, of an offset or of a named zone (`…@Asia/Seoul`); raises ValueError."""
    plain, at, zone = text.partition("@")
    if not at and _DATE.fullmatch(text):
        return datetime.combine(date.fromisoformat(text), time())
    if not _DATE_TIME.fullmatch(plain):
        raise ValueError(text)
    instant = datetime.fromisoformat(plain)
    if not at:
        return instant
    if instant.tzinfo is not None:
        raise ValueError(text)
    return instant.replace(tzinfo=ZoneInfo(zone))


def read_duration(text: str) -> timedelta | YearsMonths:
    """Return the duration of an ISO text: years and months, or days and time, never both; raises ValueError."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(text)
    sign = -1 if found[1] else 1
    years, months, days, hours, minutes = (int(found[n] or 0) for n in range(2, 7))
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=float(found[7] or 0))
    if found[2] or found[3]:
        if any(found[n] for n in range(4, 8)):
            raise ValueError(text)
        return YearsMonths(sign * (years * 12 + months))
    return sign * span


READERS: Mapping[str, Callable[[str], object]] = {
    "date": read_date,
    "time": read_time,
    "date and time": read_date_time,
    "duration": read_duration,
}
