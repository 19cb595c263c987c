"""Joins engine, workflows, web and diagrams into one running product."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bpmn import diagrams
from charterflow import __version__
from charterflow.config import Config
from engine import commands, definitions
from engine.clock import Clock, SystemClock
from engine.errors import EngineError, Sentence
from engine.mails import CapturingTransport, MailTransport, SmtpTransport
from engine.process_application import ProcessApplication
from engine.process_engine import ProcessEngine
from engine.store.database import Database, open_database
from engine.store.facts import fact, kept_fact
from engine.store.migrate import migrate
from engine.virtual_time import NAME as VIRTUAL_NOW
from engine.virtual_time import SharedClock
from web import create_app
from web.product import Product as WebProduct
from workflows import organisation
from workflows.charter_application import charter_application
from workflows.charter_config import CharterConfig

if TYPE_CHECKING:
    from flask import Flask

REHEARSAL_PASSWORD = "rehearsal"  # noqa: S105 - said in the contract; exists only where no mail leaves
SQLITE_FILE = "charterflow.sqlite3"


class InUse(EngineError):
    """Another process serves this database file."""


class WrongKind(EngineError):
    """A database of a rehearsal was to be served in earnest, or the other way round."""


@dataclass(frozen=True, slots=True)
class Product:
    """One product, ready to serve. `passwords` holds the generated ones, on the first start only."""

    config: Config
    engine: ProcessEngine
    app: Flask
    database_url: str
    rehearsal: bool
    is_first_start: bool
    passwords: Mapping[str, str]
    lock: IO[str] | None = None  # held as long as the product lives


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
    found while no public address is set. A rehearsal without a database address gets a fresh one under the data folder;
    on a given one it goes on at the stored instant, whatever `now` says. Raises WrongKind, NewerSchemaError.
    """
    url, database, lock = open_store(config, rehearsal=rehearsal, serves=serves)
    config = replace(config, public_url=config.public_url or address)
    clock = _clock(database, now, rehearsal=rehearsal)
    secret_key = _secret_key(config, database)
    engine = make_engine(config, database, clock, secret_key)
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


def open_engine(config: Config) -> ProcessEngine:
    """Return the engine on the configured database, for commands and workers; a rehearsal's with its clock."""
    _, database, _ = open_store(config)
    stands_at = fact(database, VIRTUAL_NOW)
    clock: Clock = SharedClock(database, datetime.fromisoformat(stands_at)) if stands_at else SystemClock()
    config = replace(config, public_url=config.public_url or "http://127.0.0.1:8000")
    return make_engine(config, database, clock, _secret_key(config, database))


def is_filled(engine: ProcessEngine) -> bool:
    """Whether a first start has filled the database: before it a worker cannot know whose clock counts."""
    with engine.reading() as tx:
        return organisation.is_seeded(tx)


def make_engine(config: Config, database: Database, clock: Clock, secret_key: str) -> ProcessEngine:
    """Return the engine that runs the charter on this database."""
    charter = CharterConfig(organisation=config.organisation, public_url=config.public_url or "", secret_key=secret_key)
    transport = _transport(config)
    return ProcessEngine(
        database, clock, charter_application(charter), transport=transport, lease_seconds=config.lease_seconds
    )


def _clock(database: Database, now: datetime | None, *, rehearsal: bool) -> Clock:
    """The machine's clock, or a rehearsal's own; a database is of one kind for good, as its time only goes forward."""
    stands_at = fact(database, VIRTUAL_NOW)
    if not rehearsal and stands_at is not None:
        raise WrongKind(
            Sentence(
                "이 데이터베이스는 연습용입니다. --rehearsal로 시작해 주십시오.",
                "This database is a rehearsal's: start it with --rehearsal.",
            )
        )
    machine = SystemClock()
    if not rehearsal:
        return machine
    probe = ProcessEngine(database, machine, ProcessApplication())
    if stands_at is None and is_filled(probe):
        raise WrongKind(
            Sentence(
                "실제 업무에 쓰는 데이터베이스로는 연습할 수 없습니다.",
                "This database is in use in earnest: no rehearsal on it.",
            )
        )
    return SharedClock(database, now or machine.now())


def first_start(engine: ProcessEngine, password: str | None) -> Mapping[str, str] | None:
    """Fill an empty database: the sample organisation and every diagram. Returns the passwords, else None."""
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
                f"다른 charterflow가 이미 {file}을(를) 쓰고 있습니다. 먼저 끝내 주십시오.",
                f"Another charterflow serves {file} already. End it first, or give another CHARTERFLOW_DATABASE_URL.",
            )
        ) from error
    return lock


def _secret_key(config: Config, database: Database) -> str:
    """The setting's, else one of the database's own: servers and workers sign links alike, also after a restart."""
    return config.secret_key or kept_fact(database, "secret-key", lambda: secrets.token_urlsafe(48))


def _transport(config: Config) -> MailTransport:
    if not config.smtp_url:
        return CapturingTransport()
    return SmtpTransport(config.smtp_url)


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
