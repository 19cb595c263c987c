"""Typing: one raw value (JSON, or the text a browser posted) becomes a typed one, or a sentence says what to write."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal

from engine.errors import Sentence
from engine.forms import sentences
from engine.forms.field import Field, FieldType
from engine.forms.pattern import LONGEST_TEXT as LONGEST_PATTERN_TEXT
from engine.forms.phone import international

LONGEST = {FieldType.TEXT: 500, FieldType.LONGTEXT: 10_000}
LONGEST_NAME = 200
LARGEST = 10**15
MOST_FILES = 10
CONTACT_PARTS = ("name", "org", "email", "phone", "lang")

_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,12})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})", re.ASCII)
_TIME = re.compile(r"\d{2}:\d{2}(?::\d{2})?", re.ASCII)
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]",
    re.ASCII,
)
_CASE = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*", re.ASCII)
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_YES = frozenset({"true", "on", "1", "yes", "y", "예"})
_NO = frozenset({"false", "off", "0", "no", "n", "아니요"})


class Unfit(Exception):
    """A raw value does not fit; the sentence stands beside the field, or beside its part `at` (`.email`, `[1]`)."""

    def __init__(self, sentence: Sentence, at: str = "") -> None:
        super().__init__(sentence.en)
        self.sentence, self.at = sentence, at


def is_empty(raw: object) -> bool:
    """Whether nothing was given: null, a text of spaces, a list or record of nothing."""
    if raw is None:
        return True
    if isinstance(raw, str):
        return not raw.strip()
    if isinstance(raw, Mapping):
        return all(is_empty(part) for part in raw.values())
    return isinstance(raw, list | tuple) and not raw


def typed_value(field: Field, raw: object) -> object:
    """Return the typed value of a field that was given and is no list of rows; raises Unfit."""
    return READERS[field.type](field, raw)


def _line(raw: object, longest: int = LONGEST_NAME) -> str:
    if not isinstance(raw, str):
        raise Unfit(sentences.TEXT)
    text = raw.strip()
    if len(text) > longest:
        raise Unfit(sentences.too_long(longest, len(text)))
    if "\n" in text or "\r" in text:
        raise Unfit(sentences.ONE_LINE)
    if _UNSEEN.search(text):
        raise Unfit(sentences.PLAIN_TEXT)
    return text


def _text(field: Field, raw: object) -> str:
    longest = field.max_length or (LONGEST_PATTERN_TEXT if field.pattern else LONGEST.get(field.type, LONGEST_NAME))
    text = _line(raw, longest) if field.type is not FieldType.LONGTEXT else _lines(raw, longest)
    if field.pattern and not re.fullmatch(field.pattern, text, re.ASCII):
        raise Unfit(sentences.wrong_pattern(field.hint))
    return text


def _lines(raw: object, longest: int) -> str:
    if not isinstance(raw, str):
        raise Unfit(sentences.TEXT)
    text = raw.replace("\r\n", "\n").replace("\r", "\n").strip() if len(raw) < 2 * longest + 2 else raw
    if len(text) > longest:
        raise Unfit(sentences.too_long(longest, len(text)))
    if _UNSEEN.search(text):
        raise Unfit(sentences.PLAIN_TEXT)
    return text


def _digits(raw: object, expected: Sentence) -> str:
    """The text of a number without the commas between thousands."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal | str):
        raise Unfit(expected)
    if isinstance(raw, float):
        raw = format(Decimal(repr(raw)), "f") if raw == raw and abs(raw) != float("inf") else "-"
    if isinstance(raw, Decimal):
        raw = format(raw, "f") if raw.is_finite() and abs(raw.adjusted()) < 30 else "-"
    text = str(raw)[:50].strip()
    return text.replace(",", "") if _GROUPED.fullmatch(text) else text


def _integer(field: Field, raw: object) -> int:
    text = _digits(raw, sentences.INTEGER)
    if text.endswith(".0") and isinstance(raw, float):
        text = text[:-2]
    if not _WHOLE.fullmatch(text):
        raise Unfit(sentences.INTEGER)
    number = int(text)
    if abs(number) > LARGEST:
        raise Unfit(sentences.LARGE)
    return number


def _decimal(field: Field, raw: object) -> Decimal:
    text = _digits(raw, sentences.DECIMAL)
    if not _NUMBER.fullmatch(text):
        raise Unfit(sentences.DECIMAL)
    number = Decimal(text)
    if abs(number) > LARGEST:
        raise Unfit(sentences.LARGE)
    return number


def _boolean(field: Field, raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    said = raw.strip().lower() if isinstance(raw, str) else ""
    if said in _YES or said in _NO:
        return said in _YES
    raise Unfit(sentences.YES_NO)


def _date(field: Field, raw: object) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    text = raw.strip() if isinstance(raw, str) else ""
    if not _DATE.fullmatch(text):
        raise Unfit(sentences.DATE)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Unfit(sentences.no_such_day(text)) from None
    if not 1900 <= day.year <= 2200:
        raise Unfit(sentences.DATE)
    return day


def _datetime(field: Field, raw: object) -> datetime:
    if isinstance(raw, datetime) and raw.tzinfo is not None:
        return raw.astimezone(UTC)
    text = raw.strip() if isinstance(raw, str) else ""
    if not _DATETIME.fullmatch(text):
        raise Unfit(sentences.DATETIME)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise Unfit(sentences.no_such_day(text)) from None
    if not 1900 <= instant.year <= 2200:
        raise Unfit(sentences.DATETIME)
    return instant.astimezone(UTC)


def _time(field: Field, raw: object) -> time:
    if isinstance(raw, time):
        return raw
    text = raw.strip() if isinstance(raw, str) else ""
    try:
        if _TIME.fullmatch(text):
            return time.fromisoformat(text)
    except ValueError:
        pass
    raise Unfit(sentences.TIME)


def _choice(field: Field, raw: object) -> object:
    said = _option_text(raw)
    for option in field.options:
        if said is not None and said == _option_text(option.value):
            return option.value
    raise Unfit(sentences.ONE_OF)


def _option_text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None


def _choices(field: Field, raw: object) -> list[object]:
    chosen: list[object] = []
    for item in raw if isinstance(raw, list | tuple) else [raw]:
        try:
            value = _choice(field, item)
        except Unfit:
            raise Unfit(sentences.SOME_OF) from None
        if value not in chosen:
            chosen.append(value)
    return chosen


def email_address(raw: object) -> str:
    """Return the one address, its domain in small letters; raises Unfit."""
    text = raw.strip(" \t") if isinstance(raw, str) else ""
    if re.search(r"[\r\n,;\s<>\"]", text):
        raise Unfit(sentences.ONE_EMAIL)
    if not text.isascii():
        raise Unfit(sentences.LATIN_EMAIL)
    local, _, domain = text.rpartition("@")
    if text.count("@") > 1:
        raise Unfit(sentences.ONE_EMAIL)
    if len(text) > 254 or len(local) > 64 or not _EMAIL.fullmatch(text):
        raise Unfit(sentences.WHOLE_EMAIL)
    return f"{local}@{domain.lower()}"


def _email(field: Field, raw: object) -> str:
    return email_address(raw)


def phone_number(raw: object) -> str:
    """Return the number in its international form; raises Unfit."""
    number = international(raw.strip()) if isinstance(raw, str) and len(raw) <= 40 else None
    if number is None:
        raise Unfit(sentences.PHONE)
    return number


def _phone(field: Field, raw: object) -> str:
    return phone_number(raw)


def _name(field: Field, raw: object) -> str:
    return _line(raw, field.max_length or LONGEST_NAME)


def _names(field: Field, raw: object) -> list[object]:
    named = [_line(one) for one in (raw if isinstance(raw, list | tuple) else [raw]) if not is_empty(one)]
    return list(dict.fromkeys(named))


def _case(field: Field, raw: object) -> str:
    text = raw.strip().upper() if isinstance(raw, str) else ""
    if len(text) > 40 or not _CASE.fullmatch(text):
        raise Unfit(sentences.CASE)
    return text


def _files(field: Field, raw: object) -> list[object]:
    items = list(raw) if isinstance(raw, list | tuple) else [raw]
    for item in items:
        if not isinstance(item, str | int | Mapping) or (isinstance(item, str) and len(item) > LONGEST_NAME):
            raise Unfit(sentences.FILES)
    return [dict(item) if isinstance(item, Mapping) else item for item in items]


def _contact(field: Field, raw: object) -> dict[str, object]:
    if not isinstance(raw, Mapping):
        raise Unfit(sentences.CONTACT)
    return {part: _contact_part(part, raw.get(part)) for part in CONTACT_PARTS}


def _contact_part(part: str, raw: object) -> object:
    if is_empty(raw):
        return None
    try:
        match part:
            case "email":
                return email_address(raw)
            case "phone":
                return phone_number(raw)
            case "lang":
                return _language(raw)
        return _line(raw)
    except Unfit as unfit:
        raise Unfit(unfit.sentence, f".{part}") from None


def _language(raw: object) -> object:
    if raw not in ("ko", "en"):
        raise Unfit(sentences.LANGUAGE)
    return raw


READERS: Mapping[FieldType, Callable[[Field, object], object]] = {
    FieldType.TEXT: _text,
    FieldType.LONGTEXT: _text,
    FieldType.INTEGER: _integer,
    FieldType.DECIMAL: _decimal,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.DATETIME: _datetime,
    FieldType.TIME: _time,
    FieldType.CHOICE: _choice,
    FieldType.CHOICES: _choices,
    FieldType.EMAIL: _email,
    FieldType.PHONE: _phone,
    FieldType.SERVICE: _name,
    FieldType.SERVICES: _names,
    FieldType.PERSON: _name,
    FieldType.CONTACT: _contact,
    FieldType.FILES: _files,
    FieldType.CASE: _case,
}
