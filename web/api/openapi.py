"""The OpenAPI 3.1 document, made from the views as they are, and a page that a person can read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from flask import Response, current_app, make_response, render_template
from werkzeug.routing import Rule

from web.api.answers import respond
from web.api.operations import ANYTHING, TEXT, Field, Operation, api, listed, operation, operation_of
from web.product import product

PARAMETER = re.compile(r"<(?:(?P<kind>[a-z]+)(?:\([^)]*\))?:)?(?P<name>\w+)>")
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `error_id` also stands in the log.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "error_id": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": listed(TEXT)},
        "findings": listed({"type": "object"}),
        "by": {"type": ["string", "null"]},
        "at": {"type": ["string", "null"], "format": "date-time"},
    },
    "required": ["title", "status", "detail", "error_id"],
}


@api.get("/openapi.json")
@operation("This document", scope="open", answers={200: ANYTHING})
def document() -> Response:
    """Answer the OpenAPI document."""
    return respond(describe())


@api.get("/docs")
@operation("The same as a page for people", scope="open", answers={200: TEXT}, media="text/html")
def read_it() -> Response:
    """Answer a page that lists every call."""
    return make_response(render_template("api_docs.html", document=describe()))


def describe() -> dict[str, object]:
    """Return the OpenAPI 3.1 document of every view under /api that says what it does."""
    paths: dict[str, dict[str, object]] = {}
    for rule, said in _operations():
        path = PARAMETER.sub(r"{\g<name>}", rule.rule)
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}):
            paths.setdefault(path, {})[method.lower()] = _one(rule, method, said)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Charterflow · {product().organisation}",
            "version": product().version,
            "description": "Instants are ISO 8601 with offset. Lists are pages: the next one is ?after=CURSOR. "
            "Errors are problem+json. Idempotency-Key is honoured on every POST.",
        },
        "servers": [{"url": product().public_url}],
        "security": [{"basic": []}, {"bearer": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "schemas": {"Problem": PROBLEM},
        },
    }


def _operations() -> Iterator[tuple[Rule, Operation]]:
    for rule in current_app.url_map.iter_rules():
        said = operation_of(rule.endpoint)
        if said is not None:
            yield rule, said


def _one(rule: Rule, method: str, said: Operation) -> dict[str, object]:
    view = current_app.view_functions[rule.endpoint]
    one: dict[str, object] = {
        "operationId": f"{rule.endpoint.rpartition('.')[2]}_{method.lower()}",
        "summary": said.summary,
        "description": (view.__doc__ or "").strip().partition("\n")[0],
        "parameters": _parameters(rule, said, method),
        "responses": _responses(said),
    }
    if said.scope == "open":
        one["security"] = [{}, {"basic": []}, {"bearer": []}]
    elif said.scope != "users":
        one["x-scope"] = said.scope
    if method in ("POST", "PUT") and said.body is not None:
        kind = "multipart/form-data" if said.multipart else "application/json"
        one["requestBody"] = {"required": True, "content": {kind: {"schema": _body(said.body)}}}
    return one


def _parameters(rule: Rule, said: Operation, method: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = [
        {
            "name": m["name"],
            "in": "path",
            "required": True,
            "schema": {"type": "integer" if m["kind"] == "int" else "string"},
        }
        for m in PARAMETER.finditer(rule.rule)
    ]
    if method == "GET":
        found += [{"name": n, "in": "query", "description": d, "schema": TEXT} for n, d in said.query.items()]
    if method == "POST":
        found.append({"name": "Idempotency-Key", "in": "header", "schema": TEXT})
    return found


def _body(fields: Mapping[str, Field]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": {name: dict(f.schema) for name, f in fields.items()},
        "required": [name for name, f in fields.items() if f.required],
        "additionalProperties": False,
    }


def _responses(said: Operation) -> dict[str, object]:
    found: dict[str, object] = {
        str(status): {
            "description": "OK" if status == 200 else "Done",
            "content": {said.media: {"schema": dict(schema)}},
        }
        for status, schema in said.answers.items()
    }
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    found["default"] = {"description": "A problem", "content": problem}
    return found
