"""Dramatiq wakes due jobs; losing every message here loses nothing, SQL has them and the poller finds them.

A message says only "look": what is due, who does it and how often it was tried stand in the jobs table. So retries,
results and time limits of Dramatiq are left out: two systems of retries would multiply.
"""

from __future__ import annotations

import logging
import os
import random
import threading
from collections.abc import Callable
from typing import Any

import dramatiq
from dramatiq import Broker, Worker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import BrokerConnectionError
from redis import Redis
from redis.exceptions import RedisError

from engine.process_engine import ProcessEngine

logger = logging.getLogger(__name__)

QUEUE = "charterflow"
ALONE_POLL_SECONDS = 1.0
WORKER_POLL_SECONDS = 5.0
STOP_MILLISECONDS = 5_000


def _broker(redis_url: str | None) -> Broker:
    if redis_url is None:
        broker: Broker = StubBroker(middleware=[])
    else:
        # A Redis that does not answer must not hold up the request whose commit rings.
        client = Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=5)
        broker = RedisBroker(client=client, middleware=[])  # type: ignore[no-untyped-call]
    # Whatever middleware may be added later: an in-process Worker does not say by itself that the process has begun.
    broker.emit_after("process_boot")
    return broker


class Poller:
    """A thread that runs what is due every few seconds, give or take a fifth: the guarantee behind every wake-up."""

    def __init__(self, engine: ProcessEngine, seconds: float, rng: random.Random | None = None) -> None:
        self._engine, self._seconds, self._rng = engine, seconds, rng or random.Random()  # noqa: S311 - not a secret
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="poller", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; returns when the job at hand is done."""
        self._over.set()
        self._thread.join()

    def _poll(self) -> None:
        while not self._over.is_set():
            run_quietly(self._engine)
            self._over.wait(self._seconds * self._rng.uniform(0.8, 1.2))


def run_quietly(engine: ProcessEngine) -> int:
    """Run what is due and return how many jobs ran; trouble with the database is logged, not raised."""
    try:
        return engine.run_due()
    except Exception as error:
        logger.warning("Due jobs could not be looked for", exc_info=error)
        return 0


class Wakeups:
    """Wake-ups of one process: it sends them after commits, and runs what they are about when it works itself.

    Without Redis the messages stay in this process, and so must the workers. With Redis a web process only sends.
    Threads do not survive a fork: whoever is forked starts its own at its first wake-up.
    """

    def __init__(
        self,
        engine: ProcessEngine,
        *,
        redis_url: str | None = None,
        threads: int = 2,
        poll_seconds: float | None = None,
        works: bool | None = None,
    ) -> None:
        """`works`: whether jobs run in this process; None: when there is no Redis."""
        self._engine, self._redis_url, self._threads = engine, redis_url, threads
        self._works = redis_url is None if works is None else works
        self._poll_seconds = poll_seconds or (ALONE_POLL_SECONDS if redis_url is None else WORKER_POLL_SECONDS)
        self._lock = threading.Lock()
        self._pid: int | None = None
        self._actor: Any = None
        self._worker: Worker | None = None
        self._poller: Poller | None = None

    def start(self) -> None:
        """Begin in this process; once is enough. From now on the engine's commits ring."""
        with self._lock:
            if self._pid == os.getpid():
                return
            broker = _broker(self._redis_url)
            self._actor = dramatiq.actor(actor_name="wake", queue_name=QUEUE, broker=broker)(self._on_wake)
            if self._works:
                self._worker = Worker(broker, worker_threads=self._threads, worker_timeout=100)
                self._worker.start()
                self._poller = Poller(self._engine, self._poll_seconds)
                self._poller.start()
            self._pid = os.getpid()
        self._engine.wake = self.wake

    def _on_wake(self, job_id: int | None = None) -> None:
        run_quietly(self._engine)

    def wake(self, job_id: int | None = None) -> None:
        """Say that something is due. A broker that is gone is no trouble: the poller will find it."""
        if self._pid != os.getpid():
            self.start()
        try:
            self._actor.send(job_id)
        except (BrokerConnectionError, RedisError, OSError) as error:
            logger.warning("Wake-up was lost", exc_info=error)

    def stop(self) -> None:
        """Stop working here: waits a little for jobs at hand; a job that is cut off is run again after its lease."""
        with self._lock:
            if self._pid != os.getpid():
                return
            if self._poller is not None:
                self._poller.stop()
            if self._worker is not None:
                self._worker.stop(timeout=STOP_MILLISECONDS)
            self._actor.broker.close()
            self._pid = self._worker = self._poller = None
        self._engine.wake = None


def run_worker(
    engine: ProcessEngine,
    threads: int = 4,
    *,
    redis_url: str | None = None,
    stop: threading.Event | None = None,
    ready: Callable[[], None] | None = None,
) -> None:
    """Work until `stop` is set, as each process of `charterflow work` does; calls `ready` when it has begun."""
    wakeups = Wakeups(engine, redis_url=redis_url, threads=threads, poll_seconds=WORKER_POLL_SECONDS, works=True)
    wakeups.start()
    try:
        if ready is not None:
            ready()
        (stop or threading.Event()).wait()
    finally:
        wakeups.stop()
