"""Session: who is signed in under which cookie; kept by its hash, on the machine's clock: it guards people."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Column, String, Table, delete, insert, select, update

from engine.store.schema import Instant, metadata
from engine.transaction import Transaction

IDLE = timedelta(minutes=30)  # charter.md §4
LONGEST = timedelta(hours=12)
MINUTE = timedelta(minutes=1)

web_session = Table(
    "web_session",
    metadata,
    Column("cookie_hash", String(64), primary_key=True),
    Column("user_name", String(100), nullable=False, index=True),
    Column("opened_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)


def new_cookie() -> str:
    """Return a new random cookie value."""
    return secrets.token_urlsafe(32)


def open_session(tx: Transaction, user_name: str, at: datetime) -> str:
    """Sign a user in and return the new cookie value; sessions past their time go away on the way."""
    cookie = new_cookie()
    tx.connection.execute(delete(web_session).where(web_session.c.seen_at < at - LONGEST))
    tx.connection.execute(
        insert(web_session).values(cookie_hash=_hash(cookie), user_name=user_name, opened_at=at, seen_at=at)
    )
    return cookie


def user_of(tx: Transaction, cookie: str, at: datetime) -> tuple[str, bool] | None:
    """Return who is signed in under a cookie, and whether the session is to be marked as seen; or None."""
    row = tx.connection.execute(
        select(web_session.c.user_name, web_session.c.opened_at, web_session.c.seen_at).where(
            web_session.c.cookie_hash == _hash(cookie)
        )
    ).one_or_none()
    if row is None or at - row.seen_at > IDLE or at - row.opened_at > LONGEST:
        return None
    return row.user_name, at - row.seen_at > MINUTE


def mark_seen(tx: Transaction, cookie: str, at: datetime) -> None:
    """Note that the session is in use."""
    tx.connection.execute(update(web_session).where(web_session.c.cookie_hash == _hash(cookie)).values(seen_at=at))


def close_session(tx: Transaction, cookie: str) -> None:
    """End a session: its cookie opens nothing from here on."""
    tx.connection.execute(delete(web_session).where(web_session.c.cookie_hash == _hash(cookie)))


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
