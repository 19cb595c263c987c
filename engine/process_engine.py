"""ProcessEngine: holds database, clock and application; opens transactions, and runs what is due."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from sqlalchemy.exc import DBAPIError

from engine import definitions, jobs
from engine.clock import Clock
from engine.errors import Conflict, Sentence
from engine.faultpoints import faultpoint
from engine.job_worker import OWN_KINDS, JobWorker
from engine.mails import CapturingTransport, MailTransport
from engine.process_application import ProcessApplication
from engine.store.database import Database
from engine.transaction import Transaction

DEADLOCK = ("40P01", "40001")  # PostgreSQL: deadlock_detected, serialization_failure
PATIENCE_SECONDS = 0.02  # between two looks at what other processes still work on


@runtime_checkable
class MovableClock(Protocol):
    """A clock of a rehearsal or a test."""

    def now(self) -> datetime: ...
    def advance_to(self, instant: datetime) -> None: ...


class ProcessEngine:
    """Everything that runs processes on one database. Threads may share it."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        application: ProcessApplication,
        *,
        transport: MailTransport | None = None,
        lease_seconds: float = 30,
        wake: Callable[[int | None], None] | None = None,
    ) -> None:
        """`wake` is called after a commit that left a job due at once; its loss is harmless."""
        taken = OWN_KINDS & application.jobs.keys()
        if taken:
            raise ValueError(f"Expected kinds of jobs which are not the engine's own, but got {sorted(taken)}.")
        self.database, self.clock, self.application, self.wake = database, clock, application, wake
        self.transport: MailTransport = transport or CapturingTransport()
        self.worker = JobWorker(self.transaction, self.reading, clock, self.transport, timedelta(seconds=lease_seconds))
        self._one_mover = threading.Lock()

    # -- transactions -------------------------------------------------------------------------------------------------
    @contextmanager
    def transaction(self, actor: str) -> Iterator[Transaction]:
        """Give a writing transaction: committed at the end, rolled back on any exception, which goes on.

        Raises Conflict when the database ended it for the sake of another one.
        """
        tx: Transaction | None = None
        try:
            with self.database.writing() as connection:
                tx = Transaction(connection, self.clock.now(), actor, self.application, self.database)
                yield tx
                faultpoint("transaction.commit")
        except BaseException as error:
            if tx is not None and definitions.has_deployed(tx):
                self.database.known.clear()
            if _was_victim(error):
                raise Conflict(
                    Sentence(
                        "동시에 처리된 다른 일과 부딪혔습니다. 다시 시도해 주십시오.",
                        "This ran into something done at the same time. Please try again.",
                    )
                ) from error
            raise
        faultpoint("transaction.committed")
        for call in tx.after_commit:
            call()
        if tx.wakes and self.wake is not None:
            self.wake(None)

    @contextmanager
    def reading(self, actor: str = "system") -> Iterator[Transaction]:
        """Give a transaction that sees one state of the database and keeps nothing it writes."""
        with self.database.reading() as connection:
            yield Transaction(connection, self.clock.now(), actor, self.application, self.database)

    # -- due work -----------------------------------------------------------------------------------------------------
    def run_due(self, limit: int = 100) -> int:
        """Run what is due, first due first, at most `limit` jobs; returns how many. Never raises for one job."""
        return self.worker.run_due(limit)

    def next_due(self) -> datetime | None:
        """Return the instant of the job that is due first, or None."""
        with self.reading() as tx:
            return jobs.next_due(tx)

    def settle(self, timeout_seconds: float = 60) -> int:
        """Run what is due until nothing is, and wait for what other processes work on; returns how many ran here.

        Raises TimeoutError when that does not come to an end in time.
        """
        ran = 0
        end = self.clock.machine() + timedelta(seconds=timeout_seconds)
        pause = threading.Event()
        while True:
            ran += self.run_due()
            with self.reading() as tx:
                machine_now = self.clock.machine()
                pulse = jobs.pulse(tx, machine_now=machine_now)
            if not pulse.is_due and not pulse.is_held:
                return ran
            if machine_now >= end:
                raise TimeoutError(f"Expected no job to be due within {timeout_seconds} s, but some still are.")
            if not pulse.is_due:
                pause.wait(PATIENCE_SECONDS)

    def advance_clock(self, to: datetime) -> int:
        """Move a virtual clock; what is due on the way runs at its own instant, in order; returns how many jobs ran.

        Raises TypeError for a clock that cannot be moved, ValueError for an instant that is past.
        """
        clock = self.clock
        if not isinstance(clock, MovableClock):
            raise TypeError("Expected a virtual clock: this one cannot be moved.")
        with self._one_mover:
            if to < clock.now():
                raise ValueError(f"The clock stands at {clock.now().isoformat()} and cannot go back.")
            ran = self.settle()
            while (due_at := self.next_due()) is not None and due_at <= to:
                clock.advance_to(max(due_at, clock.now()))
                ran += self.settle()
            clock.advance_to(to)
            return ran + self.settle()


def _was_victim(error: BaseException) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlstate", None) in DEADLOCK
