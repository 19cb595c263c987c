"""The database: opened by its URL, migrated once, refused when newer; transactions whole or not at all."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from engine.errors import EngineError
from engine.process_engine import ProcessEngine
from engine.store.database import Database, open_database
from engine.store.migrate import NewerSchemaError, migrate, newest_revision, revision_of
from engine.store.schema import metadata, product
from engine.virtual_time import SharedClock
from tests.engine.acting import begin, deploy, open_tasks
from tests.engine.conftest import MakeEngine
from tests.engine.drawn import catch, end, in_a_line, start, timer, user
from tests.servers import PostgresServer


def test_a_database_is_migrated_once_and_stays_as_it_is(database: Database) -> None:
    migrate(database)
    with database.reading() as connection:
        assert revision_of(connection) == newest_revision()


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    # given
    with database.writing() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    # when / then
    with pytest.raises(NewerSchemaError, match="9999"):
        migrate(database)


def test_the_migrated_schema_is_what_the_nouns_declare(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = compare_metadata(context, metadata)
    assert differences == []


def test_two_processes_that_start_together_migrate_one_after_the_other(database_url: str) -> None:
    # given
    databases = [open_database(database_url) for _ in range(4)]
    trouble: list[BaseException] = []

    def run(database: Database) -> None:
        try:
            migrate(database)
        except BaseException as error:
            trouble.append(error)

    # when
    threads = [threading.Thread(target=run, args=(one,)) for one in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in databases:
        one.close()
    # then
    assert trouble == []


@pytest.mark.parametrize("url", ["mysql://x/y", "nothing", "oracle://x", ""])
def test_other_databases_are_refused_by_name(url: str) -> None:
    with pytest.raises(EngineError, match="sqlite"):
        open_database(url)


def test_a_folder_that_is_missing_is_made_for_a_sqlite_file(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'deep' / 'er' / 'x.sqlite3'}")
    migrate(database)
    database.close()
    assert (tmp_path / "deep" / "er" / "x.sqlite3").exists()


def test_a_transaction_that_fails_leaves_nothing(engine: ProcessEngine) -> None:
    with pytest.raises(KeyError), engine.transaction("a") as tx:  # noqa: PT012
        tx.connection.execute(insert(product).values(name="x", value="y"))
        raise KeyError
    with engine.reading() as tx:
        assert tx.connection.execute(select(product.c.name).where(product.c.name == "x")).all() == []


def test_what_a_reader_writes_is_not_kept(engine: ProcessEngine) -> None:
    if engine.database.is_sqlite:
        with engine.reading() as tx:
            tx.connection.execute(insert(product).values(name="x", value="y"))
        with engine.reading() as tx:
            assert tx.connection.execute(select(product.c.name).where(product.c.name == "x")).all() == []


def test_a_reader_is_not_kept_waiting_by_a_writer(engine: ProcessEngine) -> None:
    with engine.transaction("a") as tx:
        tx.connection.execute(insert(product).values(name="x", value="y"))
        with engine.reading() as other:
            assert other.connection.execute(select(product.c.name).where(product.c.name == "x")).all() == []


def test_a_writer_inside_a_writer_is_a_mistake_that_is_told(engine: ProcessEngine) -> None:
    if engine.database.is_sqlite:
        with engine.transaction("a"), pytest.raises(RuntimeError, match="open already"), engine.transaction("b"):
            pass


def test_what_follows_a_commit_happens_only_after_it(engine: ProcessEngine) -> None:
    # given
    rung: list[str] = []
    # when
    with pytest.raises(KeyError), engine.transaction("a") as tx:  # noqa: PT012
        tx.after_commit.append(lambda: rung.append("failed"))
        raise KeyError
    with engine.transaction("a") as tx:
        tx.after_commit.append(lambda: rung.append("done"))
        assert rung == []
    # then
    assert rung == ["done"]


def test_instances_in_memory_are_as_good_as_on_a_disk() -> None:
    # given
    database = open_database("sqlite://")
    migrate(database)
    from engine.clock import VirtualClock
    from engine.process_application import ProcessApplication

    engine = ProcessEngine(database, VirtualClock(datetime(2026, 9, 23, tzinfo=UTC)), ProcessApplication())
    # when
    deploy(engine, line=in_a_line("line", start(), user("Task_A"), end()))
    begin(engine, "line")
    # then
    assert len(open_tasks(engine)) == 1
    database.close()


# -- the clock of a rehearsal -----------------------------------------------------------------------------------------
def test_a_rehearsal_goes_on_at_the_instant_it_was_left(database: Database) -> None:
    # given
    begun = datetime(2026, 9, 23, 6, tzinfo=UTC)
    SharedClock(database, begun).advance_to(begun + timedelta(days=1))
    # when
    clock = SharedClock(database, begun)
    # then
    assert clock.now() == begun + timedelta(days=1)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance_to(begun)


def test_every_process_of_a_rehearsal_sees_the_clock_move(database: Database, database_url: str) -> None:
    # given
    begun = datetime(2026, 9, 23, 6, tzinfo=UTC)
    here, other = SharedClock(database, begun), open_database(database_url)
    there = SharedClock(other, begun)
    # when
    there.advance_to(begun + timedelta(hours=5))
    # then
    assert here.now() == begun + timedelta(hours=5)
    other.close()


def test_a_shared_clock_fires_what_is_due_on_the_way(make_engine: MakeEngine, database: Database) -> None:
    # given
    begun = datetime(2026, 9, 23, 6, tzinfo=UTC)
    engine = make_engine()
    engine.clock = engine.worker.clock = SharedClock(database, begun)
    deploy(engine, waits=in_a_line("waits", start(), catch("Wait", timer("PT3H")), user("Task_A"), end()))
    begin(engine, "waits")
    # when
    fired = engine.advance_clock(begun + timedelta(days=1))
    # then
    assert fired == 1
    assert [task.opened_at for task in open_tasks(engine)] == [begun + timedelta(hours=3)]


# -- a database that goes away ----------------------------------------------------------------------------------------
def test_after_a_restart_of_postgresql_the_engine_goes_on() -> None:
    # given
    with PostgresServer(durable=True) as server:
        database = open_database(server.new_database())
        migrate(database)
        from engine.clock import SystemClock
        from engine.process_application import ProcessApplication

        engine = ProcessEngine(database, SystemClock(), ProcessApplication())
        deploy(engine, line=in_a_line("line", start(), user("Task_A"), end()))
        begin(engine, "line")
        # when
        server.kill()
        server.launch()
        failures = 0
        for _ in range(5):
            try:
                begin(engine, "line")
            except Exception:
                failures += 1
        # then
        assert failures <= 1
        assert len(open_tasks(engine)) == 6 - failures
        database.close()
