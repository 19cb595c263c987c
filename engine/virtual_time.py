"""The virtual clock of a rehearsal: it stands in the database, so that every process of the rehearsal sees it move."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert, select, update

from engine.clock import SystemClock
from engine.store.database import Database
from engine.store.schema import instant_text, product

NAME = "virtual-now"


class SharedClock:
    """A clock that stands still until it is moved. Read anew whenever it is asked: another process may move it."""

    def __init__(self, database: Database, start: datetime) -> None:
        """Go on at the stored instant, whatever `start` says; a database without one begins at `start`."""
        self._database = database
        self._machine = SystemClock()
        with database.writing() as connection:
            stored = connection.execute(select(product.c.value).where(product.c.name == NAME)).scalar_one_or_none()
            if stored is None:
                connection.execute(insert(product).values(name=NAME, value=instant_text(start)))

    def now(self) -> datetime:
        """Return the instant it was last moved to, aware, UTC."""
        with self._database.reading() as connection:
            stored = connection.execute(select(product.c.value).where(product.c.name == NAME)).scalar_one()
        return datetime.fromisoformat(stored)

    def machine(self) -> datetime:
        """Return the machine's instant: leases of real workers run in real time."""
        return self._machine.machine()

    def advance_to(self, instant: datetime) -> None:
        """Move forward to this instant; raises ValueError for one that is past."""
        target = instant_text(instant.astimezone(UTC))
        forward = update(product).where(product.c.name == NAME, product.c.value <= target).values(value=target)
        with self._database.writing() as connection:
            moved = connection.execute(forward).rowcount
        if not moved:
            raise ValueError(f"The clock stands later than {instant.isoformat()} and cannot go back.")
