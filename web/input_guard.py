"""Guards at the door: texts that no database can hold, numbers beyond any id; refused before a view sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flask import Flask, request
from werkzeug.exceptions import BadRequest, NotFound

LARGEST_ID = 2**63 - 1
LARGEST_VERSION = 2**31 - 1


def is_whole(text: str) -> bool:
    """Return whether a text can be kept: no NUL (PostgreSQL has none), no half of a surrogate pair (UTF-8 has none)."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def broken_places(value: object, place: str = "") -> Iterator[str]:
    """Give where in a JSON value texts stand which cannot be kept, as `field`, `field.part` or `field[3]`."""
    match value:
        case str():
            if not is_whole(value):
                yield place
        case Mapping():
            for name, inner in value.items():
                if is_whole(str(name)):
                    yield from broken_places(inner, f"{place}.{name}" if place else str(name))
                else:
                    yield place or "?"
        case list():
            for number, inner in enumerate(value):
                yield from broken_places(inner, f"{place}[{number}]")


def one_address(text: str) -> bool:
    """Return whether a text is exactly one plain e-mail address: two in one field would write to a stranger."""
    local, at, domain = text.partition("@")
    plain = text.isprintable() and not set(text) & set(" ,;<>\"'\\()[]:") and len(text) <= 254 and is_whole(text)
    return bool(plain and at and local and "@" not in domain and "." in domain.strip(".") and ".." not in text)


def register(app: Flask) -> None:
    """Look at every address before its view does."""
    app.before_request(_check_address)


def _check_address() -> None:
    for name, value in (request.view_args or {}).items():
        largest = LARGEST_VERSION if name == "number" else LARGEST_ID
        if (isinstance(value, int) and value > largest) or (isinstance(value, str) and not is_whole(value)):
            raise NotFound
    if not all(is_whole(name) and is_whole(value) for name, value in request.args.items(multi=True)):
        raise BadRequest
