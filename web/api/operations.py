"""Operation: what a call of the API takes and answers, said once beside its view, for the document and the checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from flask import Blueprint, current_app, request

from engine.errors import Forbidden, Sentence
from web.sign_in import identity

api = Blueprint("api", __name__, url_prefix="/api")

Schema = Mapping[str, object]
View = TypeVar("View", bound=Callable[..., object])

TEXT: Schema = {"type": "string"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
DATE: Schema = {"type": "string", "format": "date"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
ANYTHING: Schema = {}
RECORD: Schema = {"type": "object", "additionalProperties": True}


def maybe(schema: Schema) -> Schema:
    """Return a schema that null fits, too."""
    return {"anyOf": [dict(schema), {"type": "null"}]}


def listed(schema: Schema) -> Schema:
    """Return the schema of a list of such things."""
    return {"type": "array", "items": dict(schema)}


def record(**properties: Schema) -> Schema:
    """Return the schema of an object with these fields, all of them there."""
    return {"type": "object", "properties": {k: dict(v) for k, v in properties.items()}, "required": list(properties)}


def page_of(schema: Schema) -> Schema:
    """Return the schema of one page of a list."""
    return record(items=listed(schema), next=maybe(TEXT))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a request's JSON body."""

    schema: Schema
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API. `scope` is what a program's token needs; "open" needs no sign-in, "users" takes no token."""

    summary: str
    scope: str
    body: Mapping[str, Field] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[int, Schema] = field(default_factory=dict)
    multipart: bool = False
    media: str = "application/json"


def operation(
    summary: str,
    *,
    scope: str,
    answers: Mapping[int, Schema],
    body: Mapping[str, Field] | None = None,
    query: Mapping[str, str] | None = None,
    multipart: bool = False,
    media: str = "application/json",
) -> Callable[[View], View]:
    """Say what a view does; the view itself stays as it is."""

    def say_it(view: View) -> View:
        view.operation = Operation(summary, scope, body, query or {}, answers, multipart, media)  # type: ignore[attr-defined]
        return view

    return say_it


def operation_of(endpoint: str) -> Operation | None:
    """Return what was said of a view, None for what is no call of the API."""
    found: Operation | None = getattr(current_app.view_functions.get(endpoint), "operation", None)
    return found


@api.before_request
def check_scope() -> None:
    """A program's token opens only what its scopes name; a view that names none is closed to every token."""
    scopes = identity().scopes
    said = operation_of(request.endpoint or "")
    if scopes is None or (said is not None and said.scope in ("open", *scopes)):
        return
    needed = said.scope if said else "-"
    raise Forbidden(
        Sentence(
            f"이 토큰으로는 할 수 없습니다. 필요한 범위: {needed}",
            f"This token does not allow it. Needed scope: {needed}.",
        )
    )
