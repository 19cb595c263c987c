"""Passwords: hashed by Argon2id, checked in the time that one guess may cost."""

from __future__ import annotations

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's smallest recommended setting: some 20 ms a guess here.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))
# Basic sign-in brings the password with every request. What was verified once in this process is remembered under a
# key that dies with it, so that only the first request of a password pays for Argon2.
_key = secrets.token_bytes(32)
_verified: set[bytes] = set()
_REMEMBERED = 1000


def hashed(password: str) -> str:
    """Return the hash to keep."""
    return _hasher.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether a password fits its hash; None (no such user) costs the same time and never fits."""
    mark = hashlib.blake2b(f"{kept}\0{password}".encode(), key=_key).digest()
    if mark in _verified:
        return True
    try:
        _hasher.verify(kept or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    if kept is None:
        return False
    if len(_verified) >= _REMEMBERED:
        _verified.clear()
    _verified.add(mark)
    return True


def generated() -> str:
    """Return a new password that a person can type."""
    return secrets.token_urlsafe(9)
