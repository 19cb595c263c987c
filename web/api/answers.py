"""What a program gets back: one JSON answer of one transaction, or one page of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Response, jsonify, request

from engine.transaction import Transaction
from web.idempotency import Answer, once, request_key
from web.moments import plain
from web.product import product
from web.sign_in import actor

PAGE = 50


def done(produce: Callable[[Transaction], Answer]) -> Response:
    """Do what `produce` does in one transaction, once per Idempotency-Key, and answer it."""
    key = request_key() if request.method == "POST" else None
    with product().engine.transaction(actor()) as tx:
        answer = once(tx, key, lambda: _plain(produce(tx)))
    return respond(answer.body, answer.status)


def looked(read: Callable[[Transaction], object]) -> Response:
    """Answer what `read` finds, in one reading transaction."""
    with product().engine.reading(actor()) as tx:
        found = plain(read(tx))
    return respond(found)


def respond(body: object, status: int = 200) -> Response:
    """Return a JSON answer; Korean stays readable in it."""
    response = jsonify(plain(body))
    response.status_code = status
    return response


def paged(items: Sequence[object], next_after: object = None) -> dict[str, object]:
    """Return one page of a list; `next_after` is the cursor of the next one, None at the end."""
    return {"items": list(items), "next": None if next_after is None else str(next_after)}


def _plain(answer: Answer) -> Answer:
    """The stored answer and the given one must be the same text."""
    return Answer(plain(answer.body), answer.status)
