"""A URL to a configured database: SQLite with its pragmas, or a PostgreSQL pool; who may write, who only reads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool, StaticPool

from engine.errors import EngineError, Sentence

BUSY_MILLISECONDS = 30_000
PRAGMAS = ("journal_mode=wal", "synchronous=normal", "foreign_keys=on", f"busy_timeout={BUSY_MILLISECONDS}")


class Database:
    """One database, used through `writing` and `reading` only.

    Writing transactions on SQLite queue for a lock of this process before they ask SQLite's own: waiting for a mutex is
    cheaper than its busy loop. Reads never wait.
    """

    def __init__(self, engine: Engine, *, in_memory: bool = False) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self.in_memory = in_memory
        self.known: dict[object, object] = {}  # facts of committed rows that never change, e.g. a definition's digest
        self._turn = threading.RLock()
        self._holder: Connection | None = None  # the connection of the writing (in memory: of any) transaction
        self._on_break: list[Callable[[], None]] = []

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a writing transaction; commits at the end, rolls back on an exception."""
        if not self.is_sqlite:
            with self._guarded(self.engine.connect()) as connection, connection.begin():
                yield connection
            return
        with self._turn:
            if self._holder is not None:
                raise RuntimeError("Expected no transaction in this thread, but one is open already.")
            with self.engine.connect() as connection:
                self._holder = connection
                try:
                    with connection.begin():
                        _begin(connection, "BEGIN IMMEDIATE")  # upgraded later, it could fail half-way
                        yield connection
                finally:
                    self._holder = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database and writes nothing."""
        if not self.in_memory:
            with self._guarded(self.engine.connect()) as connection, connection.begin() as transaction:
                if self.is_sqlite:
                    _begin(connection, "BEGIN")
                yield connection
                transaction.rollback()
            return
        with self._turn:  # one connection is the whole database: a reader inside a writer sees what the writer sees
            if self._holder is not None:
                yield self._holder
                return
            with self.engine.connect() as connection:
                self._holder = connection
                try:
                    with connection.begin() as transaction:
                        _begin(connection, "BEGIN IMMEDIATE")
                        yield connection
                        transaction.rollback()
                finally:
                    self._holder = None

    @contextmanager
    def _guarded(self, connection: Connection) -> Iterator[Connection]:
        """Drop every pooled connection when this one turns out to be broken: the server went away under all of them."""
        with connection:
            try:
                yield connection
            except BaseException:
                if not connection.invalidated and _is_broken(connection):
                    connection.invalidate()
                    self.engine.dispose()
                raise

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _begin(connection: Connection, statement: str) -> None:
    """Begin on SQLite, whose driver is told to begin nothing by itself."""
    driver: Any = connection.connection.driver_connection
    driver.execute(statement)


def _is_broken(connection: Connection) -> bool:
    try:
        driver: Any = connection.connection.driver_connection
    except Exception:
        return True
    return bool(getattr(driver, "closed", False) or getattr(driver, "broken", False))


def open_database(url: str) -> Database:
    """Open `sqlite://` (in memory), `sqlite:///FILE` or `postgresql://…`; raises EngineError for any other URL."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _unknown(url) from error
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return _open_sqlite(parsed)
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return _open_postgresql(parsed.set(drivername="postgresql+psycopg"))
    raise _unknown(url)


def _unknown(url: str) -> EngineError:
    scheme = url.split(":", 1)[0]
    return EngineError(
        Sentence(
            f"데이터베이스 주소는 sqlite:/// 또는 postgresql:// 로 시작해야 합니다. 받은 것: {scheme}:",
            f"Expected a database URL that begins with sqlite:/// or postgresql://, but got {scheme}:",
        )
    )


def _open_sqlite(url: URL) -> Database:
    in_memory = url.database in (None, "", ":memory:")
    if not in_memory:
        Path(str(url.database)).resolve().parent.mkdir(parents=True, exist_ok=True)
    pool: dict[str, Any] = {"poolclass": StaticPool} if in_memory else {"poolclass": QueuePool, "max_overflow": 60}
    engine = create_engine(url, connect_args={"check_same_thread": False, "isolation_level": None}, **pool)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, record: object) -> None:
        for pragma in PRAGMAS:
            connection.execute(f"pragma {pragma}")

    return Database(engine, in_memory=in_memory)


def _open_postgresql(url: URL) -> Database:
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=40,
        pool_recycle=3600,
        connect_args={"options": "-c timezone=UTC", "connect_timeout": 10},
    )
    return Database(engine)
