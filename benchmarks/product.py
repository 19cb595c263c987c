"""The engine as the benchmarks use it: real clock, real database, no application, no worker."""

from __future__ import annotations

from pathlib import Path

from engine import commands
from engine.clock import SystemClock
from engine.process_application import ProcessApplication
from engine.process_engine import ProcessEngine
from engine.store.database import open_database
from engine.store.migrate import migrate


def engine_on(url: str, *diagrams: Path) -> ProcessEngine:
    """An engine on that database, with the diagrams deployed."""
    database = open_database(url)
    migrate(database)
    engine = ProcessEngine(database, SystemClock(), ProcessApplication())
    with engine.transaction("bench") as tx:
        commands.deploy(tx, {path.name: path.read_bytes() for path in diagrams}, by="bench")
    return engine
