"""The environment, read once into one frozen Config; nothing else reads it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit


class BadSetting(ValueError):
    """A setting's value cannot be used; the sentence names the setting, never a secret's value."""

    def __init__(self, name: str, expected: str, got: str | None = None) -> None:
        came = "" if got is None else f", but got {got!r}"
        super().__init__(f"{name}: expected {expected}{came}.")
        self.name = name


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting of the product, with the default that works on a laptop.

    `database_url`, `redis_url`, `smtp_url`, `public_url` and `secret_key` are None where the environment has none:
    the start then uses a SQLite file and a kept key under `data_folder`, a worker of its own, its own address.
    """

    database_url: str | None = None
    redis_url: str | None = None
    smtp_url: str | None = None
    secret_key: str | None = None
    event_key: str | None = None  # signs POST /api/events/…; None: derived from the secret key
    public_url: str | None = None
    organisation: str = "코스콤"
    lease_seconds: int = 30
    data_folder: Path = Path("var")
    log_level: str = "INFO"
    public_forms_per_hour: int | None = None  # accepted by one address; None: 10, in rehearsal 100
    sign_in_failures_per_minute: int = 10
    upload_megabytes: int = 20
    callout_hosts: tuple[str, ...] = ()  # where topics that call out may go
    behind_proxies: int = 0  # how many reverse proxies set X-Forwarded-For


PREFIX = "CHARTERFLOW_"
SECRETS = ("database_url", "redis_url", "smtp_url", "secret_key", "event_key")
NAMES = {PREFIX + f.name.upper(): f.name for f in fields(Config)}
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def read_config(environment: Mapping[str, str] | None = None) -> Config:
    """Return the Config of the environment (or of a mapping like it). Raises BadSetting for the first bad value."""
    given = os.environ if environment is None else environment
    values: dict[str, object] = {}
    for name, field in NAMES.items():
        text = _text(given, name, secret=field in SECRETS)
        if text is not None:
            values[field] = READERS[field](name, text)
    return Config(**values)  # type: ignore[arg-type]


def unknown_settings(environment: Mapping[str, str] | None = None) -> list[str]:
    """Return names that begin like a setting and are none, so that the start can warn of a slip of the pen."""
    given = os.environ if environment is None else environment
    files = {PREFIX + s.upper() + "_FILE" for s in SECRETS}
    return sorted(n for n in given if n.startswith(PREFIX) and n not in NAMES and n not in files)


def _text(given: Mapping[str, str], name: str, *, secret: bool) -> str | None:
    """The setting's text; of a secret also from the file that NAME_FILE names. An empty text is as good as none."""
    text = given.get(name) or None
    path = given.get(name + "_FILE") if secret else None
    if text and path:
        raise BadSetting(name, f"either {name} or {name}_FILE, not both")
    if not path:
        return text
    try:
        return Path(path).read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(name + "_FILE", "a readable file", path) from error


def _url(*schemes: str) -> Callable[[str, str], str]:
    def read(name: str, text: str) -> str:
        try:
            parts = urlsplit(text)
            good = parts.scheme in schemes and (parts.port is None or 0 < parts.port < 65536)
        except ValueError:
            good = False
        if not good:  # the value itself may hold a password
            raise BadSetting(name, f"an address that begins with {' or '.join(s + '://' for s in schemes)}")
        return text

    return read


def _address(name: str, text: str) -> str:
    address = _url("http", "https")(name, text).rstrip("/")
    if not urlsplit(address).hostname:
        raise BadSetting(name, "an address with a host, as https://charter.example", text)
    return address


def _whole(least: int, most: int) -> Callable[[str, str], int]:
    def read(name: str, text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise BadSetting(name, f"a whole number from {least} to {most}", text)
        return int(text)

    return read


def _secret(name: str, text: str) -> str:
    if len(text) < 32:
        raise BadSetting(name, "at least 32 characters")
    return text


def _line(name: str, text: str) -> str:
    if len(text) > 100 or not text.isprintable():
        raise BadSetting(name, "one line of at most 100 characters", text[:40])
    return text.strip()


def _level(name: str, text: str) -> str:
    if text.upper() not in LEVELS:
        raise BadSetting(name, "one of " + ", ".join(LEVELS), text)
    return text.upper()


def _hosts(name: str, text: str) -> tuple[str, ...]:
    hosts = tuple(h.strip().lower() for h in text.split(",") if h.strip())
    if any(not h.replace("-", "").replace(".", "").replace(":", "").isalnum() for h in hosts):
        raise BadSetting(name, "host names with commas between", text)
    return hosts


READERS: Mapping[str, Callable[[str, str], object]] = {
    "database_url": _url("sqlite", "postgresql", "postgres", "postgresql+psycopg"),
    "redis_url": _url("redis", "rediss", "unix"),
    "smtp_url": _url("smtp", "smtps"),
    "secret_key": _secret,
    "event_key": _secret,
    "public_url": _address,
    "organisation": _line,
    "lease_seconds": _whole(1, 3600),
    "data_folder": lambda _, text: Path(text),
    "log_level": _level,
    "public_forms_per_hour": _whole(1, 1_000_000),
    "sign_in_failures_per_minute": _whole(1, 1_000_000),
    "upload_megabytes": _whole(1, 1000),
    "callout_hosts": _hosts,
    "behind_proxies": _whole(0, 10),
}
