"""Brings a database to the newest schema; refuses one that a newer version has been at."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from engine.errors import EngineError, Sentence
from engine.store.database import Database

ADVISORY_LOCK = 7_271_104  # any number of ours: two processes that start together migrate one after the other
_FOLDER = Path(__file__).parent / "migrations"


class NewerSchemaError(EngineError):
    """A newer version of the product has changed this database."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def newest_revision() -> str:
    """Return the revision that this version of the product works with."""
    head = _scripts().get_current_head()
    assert head is not None
    return head


def revision_of(connection: Connection) -> str | None:
    """Return the revision a database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(database: Database) -> None:
    """Bring the database to the newest schema, in one transaction; raises NewerSchemaError."""
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
        current = revision_of(connection)
        known = {script.revision for script in _scripts().walk_revisions()}
        if current is not None and current not in known:
            raise NewerSchemaError(
                Sentence(
                    f"데이터베이스가 더 새로운 버전의 것입니다({current}). 새 버전을 설치하여 주십시오.",
                    f"The database is at revision {current}, unknown to this version. Install a newer one.",
                )
            )
        if current != newest_revision():
            command.upgrade(_config(connection), "head")
