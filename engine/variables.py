"""Variable: which values a process may carry, and how they travel through JSON without changing.

JSON's own values stay as they are. Others become a record of one key: `{"$date": "2026-09-28"}`, likewise $decimal,
$time, $instant, $duration (microseconds). A record of the user's that looks like one is wrapped: `{"$record": {…}}`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.errors import InvalidVariable, Sentence

MOST_CHARACTERS = 1_000_000
DEEPEST = 20
LARGEST_WHOLE = 2**63 - 1
LONGEST_NAME = 200

_PLAIN = frozenset({str, int, float, bool, type(None)})
_MICROSECOND = timedelta(microseconds=1)


def check_variable(name: str, value: object) -> None:
    """Raise InvalidVariable, naming the variable, when the value cannot be carried exactly or is too large."""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        shown = "".join(c if c.isprintable() else "?" for c in name[:40])
        raise InvalidVariable(
            Sentence(f"변수 이름으로 쓸 수 없습니다: ‘{shown}’", f"this cannot be the name of a variable: '{shown}'")
        )
    try:
        _size(value, 1)
    except InvalidVariable as error:
        cause = error.sentence
        raise InvalidVariable(Sentence(f"변수 ‘{name}’: {cause.ko}", f"variable '{name}': {cause.en}")) from None


def _refuse(ko: str, en: str) -> InvalidVariable:
    return InvalidVariable(Sentence(ko, en))


def _within(size: int) -> int:
    if size > MOST_CHARACTERS:
        raise _refuse(f"{MOST_CHARACTERS:,}자보다 큽니다.", f"larger than {MOST_CHARACTERS:,} characters")
    return size


def _size(value: object, depth: int) -> int:
    """Return about how many characters the value takes in JSON, checking all of it on the way."""
    if value is None or isinstance(value, bool):
        return 5
    if isinstance(value, str):
        return _text_size(value)
    if isinstance(value, int | float | Decimal):
        return _number_size(value)
    if isinstance(value, list | dict):
        return _parts_size(value, depth)
    return _moment_size(value)


def _text_size(text: str) -> int:
    size = _within(len(text) + 2)
    if "\x00" in text or (not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)):
        raise _refuse("저장할 수 없는 글자가 들어 있습니다.", "it holds characters that cannot be stored")
    return size


def _number_size(value: int | float | Decimal) -> int:
    finite = value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)
    if not finite:
        raise _refuse("무한대나 숫자가 아닌 값은 쓸 수 없습니다.", "infinity and not-a-number cannot be carried")
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        raise _refuse("수가 너무 큽니다.", "the number is too large")
    return len(str(value))


def _parts_size(value: list[object] | dict[object, object], depth: int) -> int:
    if depth > DEEPEST:
        raise _refuse(f"{DEEPEST}겹보다 깊습니다.", f"nested deeper than {DEEPEST}")
    size = 2
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise _refuse("묶음의 항목 이름은 글자여야 합니다.", "the fields of a record must be named by text")
            size += _text_size(key) + 2
    for part in value.values() if isinstance(value, dict) else value:
        size = _within(size + _size(part, depth + 1) + 2)
    return size


def _moment_size(value: object) -> int:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise _refuse("시간대가 없는 시각입니다.", "the instant has no zone")
    if isinstance(value, date | time | timedelta):
        return 40
    name = type(value).__name__
    raise _refuse("절차가 지닐 수 없는 종류의 값입니다.", f"a process cannot carry a value of this kind ({name})")


def to_json(value: object) -> Any:
    """Return plain JSON values of which `from_json` makes the value again (instants in UTC, enums as their text)."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is dict:
        return _record_to_json(value)
    if kind is list:
        return [to_json(item) for item in value]  # type: ignore[attr-defined]
    return _typed_to_json(value)


def _record_to_json(record: Any) -> dict[str, Any]:
    plain = {key: item if type(item) in _PLAIN else to_json(item) for key, item in record.items()}
    if len(plain) == 1 and next(iter(plain)).startswith("$"):
        return {"$record": plain}
    return plain


def _typed_to_json(value: object) -> Any:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime):
        return {"$instant": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, time):
        return {"$time": value.isoformat()}
    if isinstance(value, timedelta):
        return {"$duration": value // _MICROSECOND}
    raise _refuse("절차가 지닐 수 없는 종류의 값입니다.", f"{type(value).__name__} cannot be written as JSON")


_TYPED: Mapping[str, Callable[[Any], object]] = {
    "$decimal": Decimal,
    "$instant": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$duration": lambda microseconds: timedelta(microseconds=microseconds),
}


def from_json(value: Any) -> Any:
    """Return the value that `to_json` made this of; raises InvalidVariable for a mark it never makes."""
    kind = type(value)
    if kind is dict:
        return _record_from_json(value)
    if kind is list:
        return [item if type(item) in _PLAIN else from_json(item) for item in value]
    return value


def _record_from_json(record: dict[str, Any]) -> Any:
    if len(record) == 1:
        mark, inner = next(iter(record.items()))
        if mark == "$record":
            return {key: from_json(item) for key, item in inner.items()}
        if mark.startswith("$"):
            if mark not in _TYPED:
                raise _refuse(f"모르는 표시입니다: {mark}", f"unknown mark: {mark}")
            return _TYPED[mark](inner)
    return {key: item if type(item) in _PLAIN else from_json(item) for key, item in record.items()}
