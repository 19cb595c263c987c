"""API token: what a program signs in with; shown once, kept by its hash, with scopes and an end."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, String, Table, insert, select, update

from engine.store.schema import Id, Instant, Json, metadata
from engine.transaction import Transaction

SCOPES = ("tasks:read", "tasks:write", "cases:read", "cases:write", "processes:deploy", "figures:read")

api_token = Table(
    "api_token",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("user_name", String(100), nullable=False, index=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("scopes", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is known after it was made: without its text."""

    id: int
    name: str
    user_name: str
    scopes: tuple[str, ...]
    expires_at: datetime


def make(tx: Transaction, user_name: str, name: str, scopes: tuple[str, ...], expires_at: datetime) -> tuple[int, str]:
    """Make a token for a user; returns its id and its text, which nobody can read again."""
    text = secrets.token_urlsafe(32)
    row = tx.connection.execute(
        insert(api_token).values(
            name=name,
            user_name=user_name,
            token_hash=_hash(text),
            scopes=list(scopes),
            created_at=tx.now,
            expires_at=expires_at,
        )
    )
    return int(row.inserted_primary_key[0]), text  # type: ignore[index]


def by_text(tx: Transaction, text: str) -> ApiToken | None:
    """Return the token with that text while it holds: not revoked, not expired."""
    row = tx.connection.execute(
        select(api_token).where(
            api_token.c.token_hash == _hash(text), api_token.c.revoked_at.is_(None), api_token.c.expires_at > tx.now
        )
    ).one_or_none()
    if row is None:
        return None
    return ApiToken(row.id, row.name, row.user_name, tuple(row.scopes), row.expires_at)


def mark_used(tx: Transaction, token_id: int, at: datetime) -> None:
    """Note that a token was used, at most once an hour."""
    tx.connection.execute(
        update(api_token)
        .where(
            api_token.c.id == token_id,
            (api_token.c.used_at.is_(None)) | (api_token.c.used_at < at - timedelta(hours=1)),
        )
        .values(used_at=at)
    )


def revoke(tx: Transaction, token_id: int, user_name: str | None) -> bool:
    """End a token (of that user; None: anybody's); returns whether there was one."""
    mine = [] if user_name is None else [api_token.c.user_name == user_name]
    gone = tx.connection.execute(
        update(api_token)
        .where(api_token.c.id == token_id, api_token.c.revoked_at.is_(None), *mine)
        .values(revoked_at=tx.now)
    )
    return gone.rowcount == 1


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
