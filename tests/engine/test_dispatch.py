"""Wake-ups: quick when they arrive, harmless when they are lost; in process, and over a real Redis."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

import pytest

from engine import jobs
from engine.clock import SystemClock
from engine.dispatch import Wakeups, run_worker
from engine.process_application import ProcessApplication
from engine.process_engine import ProcessEngine
from engine.store.database import Database
from engine.transaction import Transaction
from tests.servers import RedisServer

SOON_SECONDS = 15.0
NEVER_SECONDS = 3600.0


class Bell:
    """An application whose one job rings a bell."""

    def __init__(self) -> None:
        self.rung = threading.Semaphore(0)

    def ring(self, tx: Transaction, payload: Mapping[str, object]) -> None:
        tx.after_commit.append(self.rung.release)

    def engine_on(self, database: Database) -> ProcessEngine:
        return ProcessEngine(database, SystemClock(), ProcessApplication(jobs={"ring": self.ring}))


def enqueue(engine: ProcessEngine) -> None:
    with engine.transaction("a") as tx:
        jobs.enqueue(tx, "ring", {})


def test_a_commit_wakes_the_worker_in_the_same_process(database: Database) -> None:
    # given
    bell = Bell()
    engine = bell.engine_on(database)
    wakeups = Wakeups(engine, poll_seconds=NEVER_SECONDS)
    wakeups.start()
    wakeups.start()
    # when
    enqueue(engine)
    # then
    assert bell.rung.acquire(timeout=SOON_SECONDS)
    wakeups.stop()
    assert engine.wake is None


def test_a_job_whose_wake_up_was_lost_is_found_by_the_poller(database: Database) -> None:
    # given
    bell = Bell()
    engine = bell.engine_on(database)
    wakeups = Wakeups(engine, poll_seconds=0.05)
    wakeups.start()
    # when
    engine.wake = None
    enqueue(engine)
    # then
    assert bell.rung.acquire(timeout=SOON_SECONDS)
    wakeups.stop()


def test_a_web_process_wakes_a_worker_over_redis(database: Database, redis: RedisServer) -> None:
    # given
    bell = Bell()
    web, over, ready = bell.engine_on(database), threading.Event(), threading.Event()
    sender = Wakeups(web, redis_url=redis.url)
    sender.start()
    worker = threading.Thread(
        target=run_worker,
        args=(bell.engine_on(database), 2),
        kwargs={"redis_url": redis.url, "stop": over, "ready": ready.set},
    )
    worker.start()
    assert ready.wait(SOON_SECONDS)
    # when
    for _ in range(5):
        enqueue(web)
    # then
    assert all(bell.rung.acquire(timeout=SOON_SECONDS) for _ in range(5))
    over.set()
    worker.join()
    sender.stop()


def test_redis_may_lose_everything_and_go_away_and_nothing_is_lost(database: Database) -> None:
    # given
    bell = Bell()
    with RedisServer() as own:
        web = bell.engine_on(database)
        sender = Wakeups(web, redis_url=own.url)
        sender.start()
        enqueue(web)
        own.flush()
        own.stop()
        # when
        enqueue(web)  # the commit stands, whatever becomes of the wake-up
        own.start()
        worker = Wakeups(bell.engine_on(database), redis_url=own.url, poll_seconds=0.1, works=True)
        worker.start()
        # then
        assert all(bell.rung.acquire(timeout=SOON_SECONDS) for _ in range(2))
        worker.stop()
        sender.stop()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_whoever_is_forked_starts_threads_of_its_own(sqlite_url: str) -> None:
    # given
    from engine.store.database import open_database
    from engine.store.migrate import migrate

    database = open_database(sqlite_url)
    migrate(database)
    bell = Bell()
    engine = bell.engine_on(database)
    wakeups = Wakeups(engine, poll_seconds=NEVER_SECONDS)
    wakeups.start()
    database.close()
    # when
    child = os.fork()
    if child == 0:
        try:
            enqueue(engine)
            os._exit(0 if bell.rung.acquire(timeout=SOON_SECONDS) else 1)
        finally:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    # then
    assert os.waitstatus_to_exitcode(status) == 0
    wakeups.stop()
    database.close()
