"""Facts about one database that every process on it shares: its secret key, whether it belongs to a rehearsal."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from engine.store.database import Database
from engine.store.schema import product


def fact(database: Database, name: str) -> str | None:
    """Return a fact, or None."""
    with database.reading() as connection:
        found = connection.execute(select(product.c.value).where(product.c.name == name)).scalar_one_or_none()
    return None if found is None else str(found)


def kept_fact(database: Database, name: str, make: Callable[[], str]) -> str:
    """Return a fact; made on first asking, and the same from then on for every process."""
    found = fact(database, name)
    if found is not None:
        return found
    try:
        with database.writing() as connection:
            connection.execute(insert(product).values(name=name, value=make()))
    except IntegrityError:  # another process was faster, and its value counts
        pass
    found = fact(database, name)
    assert found is not None
    return found
