"""Joins engine, workflows, web and diagrams into one running product."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO

from flask import Flask

from bpmn import diagrams
from charterflow import __version__
from charterflow.config import BadSetting, Config
from engine import commands, definitions
from engine.clock import Clock, SystemClock
from engine.errors import EngineError, Sentence
from engine.mails import CapturingTransport, MailTransport, SmtpTransport
from engine.process_application import ProcessApplication
from engine.process_engine import ProcessEngine
from engine.store.database import Database, open_database
from engine.store.migrate import migrate
from web import create_app
from web.product import Product as WebProduct
from workflows import organisation
from workflows.charter_application import charter_application
from workflows.charter_config import CharterConfig

REHEARSAL_PASSWORD = "rehearsal"  # noqa: S105 - said in the contract; exists only where no mail leaves
SQLITE_FILE = "charterflow.sqlite3"


class InUse(EngineError):
    """Another process serves this database file."""


@dataclass(frozen=True, slots=True)
class Product:
    """One product, ready to serve or to work. `passwords` holds the generated ones, on the first start only."""

    config: Config
    engine: ProcessEngine
    app: Flask
    database_url: str
    rehearsal: bool
    is_first_start: bool
    passwords: Mapping[str, str]
    lock: IO[str] | None = None  # held as long as the product lives

    @property
    def is_embedded(self) -> bool:
        """Whether jobs run in this process: nobody else is there to run them."""
        return self.config.redis_url is None


def build(
    config: Config,
    *,
    rehearsal: bool = False,
    now: datetime | None = None,
    address: str = "http://127.0.0.1:8000",
    serves: bool = False,
) -> Product:
    """Open the database, bring it to this version, fill an empty one, and join all rooms.

    `serves` takes the lock of a SQLite file: raises InUse when another process has it. `address` is where the pages are
    found while no public address is set. A rehearsal without a database address gets a fresh one under the data folder.
    """
    url, database, lock = open_store(config, rehearsal=rehearsal, serves=serves)
    config = replace(config, public_url=config.public_url or address)
    secret_key = config.secret_key or _kept_secret(config, url)
    clock = _clock(database, now) if rehearsal else SystemClock()
    engine = make_engine(config, database, clock, secret_key, rehearsal=rehearsal)
    passwords = first_start(engine, REHEARSAL_PASSWORD if rehearsal else None)
    app = create_app(_for_the_web(config, engine, secret_key, url, rehearsal=rehearsal))
    return Product(config, engine, app, url, rehearsal, passwords is not None, passwords or {}, lock)


def open_store(
    config: Config, *, rehearsal: bool = False, serves: bool = False
) -> tuple[str, Database, IO[str] | None]:
    """Return the database's URL, the database at this version's schema, and the lock of its file."""
    url = config.database_url or _default_url(config, rehearsal=rehearsal)
    lock = _lock(url) if serves and config.redis_url is None else None
    database = open_database(url)
    migrate(database)
    return url, database, lock


def make_engine(
    config: Config, database: Database, clock: Clock, secret_key: str, *, rehearsal: bool = False
) -> ProcessEngine:
    """Return the engine that runs the charter on this database."""
    application: ProcessApplication = charter_application(
        CharterConfig(
            organisation=config.organisation, public_url=config.public_url or "", secret_key=secret_key
        )
    )
    return ProcessEngine(database, clock, application, transport=_transport(config), lease_seconds=config.lease_seconds)


def first_start(engine: ProcessEngine, password: str | None) -> Mapping[str, str] | None:
    """Fill an empty database: the sample organisation and every diagram. Returns the passwords, None when it was filled."""
    passwords: Mapping[str, str] | None = None
    with engine.transaction("system") as tx:
        if not organisation.is_seeded(tx):
            passwords = organisation.seed(tx, password)
        if not definitions.all_latest(tx):
            files = {one.name: one.read_bytes() for one in diagrams()}
            if files:
                commands.deploy(tx, files, by="system", note="first start")
    return passwords


def _default_url(config: Config, *, rehearsal: bool) -> str:
    folder = config.data_folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if rehearsal:
        folder = Path(tempfile.mkdtemp(prefix="rehearsal-", dir=folder))
    return f"sqlite:///{folder / SQLITE_FILE}"


def file_of(url: str) -> Path | None:
    """Return the file of a SQLite URL; None for another database, or one in memory."""
    scheme, _, path = url.partition(":///")
    return Path(path) if scheme.startswith("sqlite") and path else None


def _lock(url: str) -> IO[str] | None:
    """Take the lock beside a SQLite file: two processes with a worker each would both believe that they are alone."""
    file = file_of(url)
    if file is None:
        return None
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = Path(f"{file}.lock").open("a", encoding="ascii")  # noqa: SIM115 - held as long as the product lives
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise InUse(
            Sentence(
                f"다른 charterflow가 이미 {file} 를 쓰고 있습니다. 먼저 끝내거나 다른 CHARTERFLOW_DATABASE_URL을 주십시오.",
                f"Another charterflow serves {file} already. End it first, or give another CHARTERFLOW_DATABASE_URL.",
            )
        ) from error
    return lock


def _kept_secret(config: Config, url: str) -> str:
    """The secret key kept beside the data: made once, readable by this user only, so that links outlive a restart."""
    file = file_of(url)
    folder = file.parent if file else config.data_folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "secret_key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    kept = path.read_text("ascii").strip()
    if len(kept) < 32:
        raise BadSetting("CHARTERFLOW_SECRET_KEY", f"a whole key in {path}, or this setting")
    return kept


def _transport(config: Config) -> MailTransport:
    return SmtpTransport(config.smtp_url) if config.smtp_url else CapturingTransport()


def _for_the_web(config: Config, engine: ProcessEngine, secret_key: str, url: str, *, rehearsal: bool) -> WebProduct:
    file = file_of(url)
    folder = (file.parent if file else config.data_folder.resolve()) / "files"
    limit = config.public_forms_per_hour or (100 if rehearsal else 10)
    derived = hmac.new(secret_key.encode(), b"events", hashlib.sha256).hexdigest()
    return WebProduct(
        engine=engine,
        organisation=config.organisation,
        public_url=config.public_url or "",
        secret_key=secret_key,
        event_key=config.event_key or derived,
        version=__version__,
        files_folder=folder,
        rehearsal=rehearsal,
        upload_megabytes=config.upload_megabytes,
        public_forms_per_hour=limit,
        sign_in_failures_per_minute=config.sign_in_failures_per_minute,
        behind_proxies=config.behind_proxies,
        sign_in_names=tuple(member.name for member in organisation.MEMBERS),
    )
