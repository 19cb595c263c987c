"""Denial: somebody asked for what is not his; he learns nothing, and the audit keeps that he asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, Response, g

from engine.errors import NotFound, Sentence
from web.product import product
from web.sign_in import actor
from workflows import audit

NOTHING = Sentence("찾을 수 없습니다.", "Not found.")


def denied(subject: str) -> NotFound:
    """Return the error to raise: the same as for what does not exist. The attempt is written once the answer stands."""
    g.denied = subject
    return NotFound(NOTHING)


@contextmanager
def unknown_alike(subject: str) -> Iterator[None]:
    """Inside, what does not exist is answered as what is not one's own: nothing tells the one from the other."""
    try:
        yield
    except NotFound:
        raise denied(subject) from None


def register(app: Flask) -> None:
    """Write denials into the audit, in a transaction of their own: the refused one is rolled back."""
    app.after_request(_write)


def _write(response: Response) -> Response:
    subject = g.pop("denied", None)
    if subject is not None and response.status_code >= 400:
        with product().engine.transaction(actor()) as tx:
            audit.record(tx, "denied", subject)
    return response
