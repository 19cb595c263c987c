"""Transaction: one database connection, one instant, one actor; all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

if TYPE_CHECKING:
    from engine.process_application import ProcessApplication
    from engine.store.database import Database


@dataclass(slots=True)
class Transaction:
    """What every command and noun takes first. `now` is aware and UTC, read once from the clock: nobody asks again.

    `actor` is a sign-in name, or "customer", "system". What must happen outside the database is a job row written
    here; `after_commit` is only for wake-ups, whose loss is harmless.
    """

    connection: Connection
    now: datetime
    actor: str
    application: ProcessApplication
    database: Database
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    cache: dict[str, object] = field(default_factory=dict)  # of this transaction, e.g. settings read once
    wakes: bool = False  # whether a job was written that is due already: somebody should look at once
