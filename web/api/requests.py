"""What a program sends: its JSON body checked against what the operation takes, its page cursor, its query."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from engine.errors import InvalidForm, Sentence, UnknownFields
from web.api.operations import Field, Operation, operation_of
from web.input_guard import broken_places
from web.moments import read_instant
from web.problems import NotUnderstood

LIMIT = 100
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
NAMES: Mapping[str, Sentence] = {
    "string": Sentence("글", "a text"),
    "integer": Sentence("정수", "a whole number"),
    "number": Sentence("숫자", "a number"),
    "boolean": Sentence("true 또는 false", "true or false"),
    "object": Sentence("객체", "an object"),
    "array": Sentence("목록", "a list"),
}


def body() -> dict[str, object]:
    """Return the JSON object that was sent, with exactly the fields which the operation takes.

    Call it after it is clear that the asker may do this. Raises NotUnderstood and UnknownFields (400).
    """
    said = operation_of(request.endpoint or "")
    return read_body(said.body if isinstance(said, Operation) and said.body else {})


def read_body(fields: Mapping[str, Field]) -> dict[str, object]:
    """Return the JSON object that was sent, checked against these fields."""
    sent = _json()
    unknown = [str(name) for name in sent if name not in fields]
    if unknown:
        raise UnknownFields([name[:60] for name in unknown[:10]])
    _check_texts(fields, sent)
    for name, field in fields.items():
        if name in sent and sent[name] is not None:
            _check_kind(name, field, sent[name])
        elif field.required:
            raise NotUnderstood(Sentence(f"'{name}' 항목이 필요합니다.", f"Expected the field '{name}'."))
    return sent


def _check_texts(fields: Mapping[str, Field], sent: Mapping[str, object]) -> None:
    """Texts that cannot be kept: beside their field where it is one of a form, else not understood."""
    for name, value in sent.items():
        broken = list(broken_places(value))
        if not broken:
            continue
        wrong = Sentence("저장할 수 없는 문자가 있습니다.", "There are characters that cannot be kept.")
        if fields[name].schema.get("type") == "object":
            raise InvalidForm({place: [wrong] for place in broken})
        raise NotUnderstood(Sentence(f"'{name}': {wrong.ko}", f"'{name}': {wrong.en}"))


def _json() -> dict[str, object]:
    if not request.get_data(cache=True):
        return {}
    try:
        sent = request.get_json()
    except UnsupportedMediaType as error:
        raise NotUnderstood(
            Sentence("Content-Type은 application/json이어야 합니다.", "Expected Content-Type application/json.")
        ) from error
    except (BadRequest, RecursionError) as error:
        raise NotUnderstood(Sentence("JSON을 읽지 못했습니다.", "The JSON could not be read.")) from error
    if not isinstance(sent, dict):
        raise NotUnderstood(Sentence("JSON 객체를 보내 주십시오.", "Expected a JSON object."))
    return sent


def _check_kind(name: str, field: Field, value: object) -> None:
    kind = field.schema.get("type")
    if not isinstance(kind, str):
        return
    fits = isinstance(value, TYPES[kind]) and not (isinstance(value, bool) and kind in ("integer", "number"))
    if not fits:
        wish = NAMES[kind]
        raise NotUnderstood(
            Sentence(f"'{name}' 항목에는 {wish.ko}이(가) 와야 합니다.", f"Expected {wish.en} in field '{name}'.")
        )
    if field.schema.get("format") == "date-time":
        instant(name, value)


def instant(name: str, value: object) -> datetime:
    """Return the instant of a field. Raises InvalidForm, beside the field."""
    try:
        return read_instant(value)
    except ValueError as error:
        raise InvalidForm(
            {
                name: [
                    Sentence(
                        "시각은 2026-09-23T15:00:00+09:00처럼 시간대를 붙여 적어 주십시오.",
                        "Expected an instant with offset, as 2026-09-23T15:00:00+09:00.",
                    )
                ]
            }
        ) from error


def optional_instant(name: str, value: object) -> datetime | None:
    """Return the instant of a field, None where it was left out."""
    return None if value is None else instant(name, value)


def cursor() -> int | None:
    """Return the id after which the next page begins. Raises NotUnderstood for a cursor that we never gave."""
    text = request.args.get("after")
    if text in (None, ""):
        return None
    if not (str(text).isascii() and str(text).isdigit() and len(str(text)) < 19):
        raise NotUnderstood(Sentence("'after' 값이 올바르지 않습니다.", "Expected 'after' to be the 'next' of a page."))
    return int(str(text))


def query(name: str) -> str | None:
    """Return a query parameter, None where it is missing or empty."""
    return request.args.get(name) or None


def choice(name: str, choices: tuple[str, ...], default: str) -> str:
    """Return a query parameter which is one of the choices. Raises NotUnderstood."""
    said = query(name) or default
    if said not in choices:
        raise NotUnderstood(
            Sentence(
                f"'{name}' 값은 {', '.join(choices)} 중 하나여야 합니다.",
                f"Expected '{name}' to be one of {', '.join(choices)}.",
            )
        )
    return said
