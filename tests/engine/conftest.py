"""An engine on each database with a virtual clock; after every test no instance may hang."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from engine import instances
from engine.clock import VirtualClock
from engine.mails import MailTransport
from engine.process_application import ProcessApplication
from engine.process_engine import ProcessEngine
from engine.store.database import Database, open_database
from engine.store.migrate import migrate

MakeEngine = Callable[..., ProcessEngine]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 9, 23, 6, tzinfo=UTC))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def make_engine(database: Database, clock: VirtualClock) -> Iterator[MakeEngine]:
    """Make engines on the test's database: `make_engine(application, transport=…)`."""
    made: list[ProcessEngine] = []

    def make(
        application: ProcessApplication | None = None,
        *,
        transport: MailTransport | None = None,
        lease_seconds: float = 30,
        on: Database | None = None,
    ) -> ProcessEngine:
        engine = ProcessEngine(
            on or database,
            clock,
            application or ProcessApplication(),
            transport=transport,
            lease_seconds=lease_seconds,
        )
        made.append(engine)
        return engine

    yield make
    for engine in made[:1]:
        with engine.reading() as tx:
            assert instances.stuck(tx) == []


@pytest.fixture
def engine(make_engine: MakeEngine) -> ProcessEngine:
    return make_engine()
