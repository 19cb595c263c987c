"""Throttles: how often one address, or one account, may try something; counted in memory, on the machine's clock."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta

from flask import current_app, request

from engine.errors import EngineError, Sentence
from web.product import product

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
KEPT = 50_000  # keys; beyond it the oldest are forgotten, so that a flood of names fills no memory


class TooMany(EngineError):
    """Too often: 429, with the seconds after which it may be tried again."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            Sentence(
                f"요청이 너무 많습니다. {retry_after_seconds}초 뒤에 다시 시도해 주십시오.",
                f"Too many requests. Please try again in {retry_after_seconds} seconds.",
            )
        )
        self.retry_after_seconds = retry_after_seconds


class Throttle:
    """Counts what each key did within a window of time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, deque[datetime]] = {}

    def check(self, key: str, limit: int, window: timedelta, now: datetime) -> None:
        """Raise TooMany when the key has reached the limit within the window; count nothing."""
        with self._lock:
            seen = self._fresh(key, window, now)
            if len(seen) >= limit:
                left = window - (now - seen[-limit])
                raise TooMany(max(1, int(left.total_seconds()) + 1))

    def count(self, key: str, window: timedelta, now: datetime) -> None:
        """Count one act of the key."""
        with self._lock:
            self._fresh(key, window, now).append(now)
            while len(self._seen) > KEPT:
                self._seen.pop(next(iter(self._seen)))

    def take_back(self, key: str) -> None:
        """Forget the key's last act."""
        with self._lock:
            if self._seen.get(key):
                self._seen[key].pop()

    def forget(self, key: str) -> None:
        """Start the key's count anew."""
        with self._lock:
            self._seen.pop(key, None)

    def _fresh(self, key: str, window: timedelta, now: datetime) -> deque[datetime]:
        seen = self._seen.setdefault(key, deque())
        while seen and now - seen[0] >= window:
            seen.popleft()
        return seen


def throttle() -> Throttle:
    """Return the throttle of this application."""
    kept: Throttle = current_app.extensions.setdefault("throttle", Throttle())
    return kept


def allow_public_form() -> None:
    """Count one submission of a public form by this address. Raises TooMany beyond the setting's number an hour."""
    _allow(f"form:{request.remote_addr}")


def allow_mail_to(address: object) -> None:
    """Count one mail that a stranger sends to an address through us: nobody's mailbox may be flooded by our forms."""
    if isinstance(address, str) and address.strip():
        _allow(f"receiver:{address.strip().lower()}")


def forgive_public_form(*addresses: object) -> None:
    """Take back what was counted: the form was refused, and nothing came of it."""
    throttle().take_back(f"form:{request.remote_addr}")
    for address in addresses:
        if isinstance(address, str) and address.strip():
            throttle().take_back(f"receiver:{address.strip().lower()}")


def _allow(key: str) -> None:
    now = product().engine.clock.machine()
    throttle().check(key, product().public_forms_per_hour, HOUR, now)
    throttle().count(key, HOUR, now)
