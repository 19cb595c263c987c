"""Idempotency: the same key gives the same answer, and the act behind it happens once, in one transaction."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import request
from sqlalchemy import Column, Integer, String, Table, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import Sentence
from engine.store.schema import Instant, Json, metadata
from engine.transaction import Transaction
from web.problems import NotUnderstood, Unreadable

KEPT = timedelta(days=7)
SHAPE = re.compile(r"[\x21-\x7e]{1,200}")

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("actor", String(100), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("status", Integer),
    Column("body", Json),
    Column("created_at", Instant, nullable=False, index=True),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answers: a status and a JSON body."""

    body: object
    status: int = 200


def new_key() -> str:
    """Return a key for a form that is about to be shown."""
    return secrets.token_urlsafe(16)


def request_key() -> str | None:
    """Return the key of this request: the header, or a form's hidden field. Raises NotUnderstood for a bad one."""
    key = request.headers.get("Idempotency-Key") or request.form.get("idempotency_key") or None
    if key is not None and not SHAPE.fullmatch(key):
        raise NotUnderstood(
            Sentence(
                "Idempotency-Key가 올바르지 않습니다.", "Expected an Idempotency-Key of up to 200 visible characters."
            )
        )
    return key


def once(tx: Transaction, key: str | None, produce: Callable[[], Answer]) -> Answer:
    """Return what `produce` answers, or what it answered to the same key before.

    The row is claimed first: a second request with the key waits for the first one's commit, and gets its answer.
    A refusal (an exception) keeps nothing, so that the corrected request may use the key again.
    Raises Unreadable when the key was used for another request.
    """
    if key is None:
        return produce()
    asked = _request_hash()
    if not _claimed(tx, key, asked):
        return _earlier(tx, key, asked)
    answer = produce()
    tx.connection.execute(update(idempotency_key).where(_row(tx, key)).values(status=answer.status, body=answer.body))
    return answer


def _claimed(tx: Transaction, key: str, asked: str) -> bool:
    tx.connection.execute(delete(idempotency_key).where(idempotency_key.c.created_at < tx.now - KEPT))
    dialect = postgresql if tx.connection.dialect.name == "postgresql" else sqlite
    values = {"actor": tx.actor, "key": key, "request_hash": asked, "created_at": tx.now}
    done = tx.connection.execute(dialect.insert(idempotency_key).values(**values).on_conflict_do_nothing())
    return done.rowcount == 1


def _earlier(tx: Transaction, key: str, asked: str) -> Answer:
    row = tx.connection.execute(select(idempotency_key).where(_row(tx, key))).one()
    if row.request_hash != asked:
        raise Unreadable(
            Sentence(
                "이 Idempotency-Key는 다른 요청에 이미 쓰였습니다.",
                "This Idempotency-Key was used for another request.",
            )
        )
    return Answer(row.body, row.status)


def _row(tx: Transaction, key: str):  # type: ignore[no-untyped-def]
    return (idempotency_key.c.actor == tx.actor) & (idempotency_key.c.key == key)


def _request_hash() -> str:
    """A request is the same when method, path and what was sent are; a form's own tokens do not count."""
    if request.is_json:
        said = json.dumps(request.get_json(silent=True), sort_keys=True)
    else:
        said = json.dumps(sorted((k, v) for k, v in request.form.items(multi=True) if k != "csrf_token"))
        said += json.dumps([(name, part.filename) for name, part in request.files.items(multi=True)])
    return hashlib.sha256(f"{request.method} {request.path} {said}".encode()).hexdigest()
