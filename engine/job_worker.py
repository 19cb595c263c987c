"""Runs jobs, one claim at a time: claim, do the work with its completion in one transaction, else retry or report.

A claim is a transaction of its own, so that an attempt counts even when the process dies in it. Only a mail's work lies
outside of a transaction; its lease is renewed while it lasts.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError

from engine import advance, definitions, deployments, incidents, instances, jobs, mails, timers
from engine.clock import Clock
from engine.difference import WORK
from engine.errors import EngineError
from engine.faultpoints import faultpoint
from engine.jobs import Job, LeaseLost
from engine.mails import MailTransport, PermanentMailError, TemporaryMailError
from engine.process_application import Outcome, Work
from engine.tokens.effects import MessageThrown, SignalThrown
from engine.tokens.stimuli import BpmnErrorThrown, JobCompleted, JobFailed, Started, TimerFired
from engine.transaction import Transaction
from engine.variables import check_variable, from_json

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
LONGEST_WAIT = timedelta(hours=1)
MAIL_TOLD = "mail-accepted"  # tells the application once more that a mail was taken, when it could not listen
OWN_KINDS = frozenset({WORK, timers.KIND, timers.START_KIND, advance.DELIVER, mails.KIND, MAIL_TOLD})

Transactions = Callable[[str], AbstractContextManager[Transaction]]


def retry_wait(attempts: int, rng: random.Random) -> timedelta:
    """Return how long to wait after that many attempts: 20 s, 40 s … at most an hour, give or take a fifth."""
    return min(LONGEST_WAIT, timedelta(seconds=10 * 2 ** min(attempts, 10))) * rng.uniform(0.8, 1.2)


def is_passing(error: BaseException) -> bool:
    """Whether an error is the database's, and may be gone at the next try: a deadlock, a lock, a lost connection."""
    name = type(error.orig if isinstance(error, DBAPIError) else error).__module__.partition(".")[0]
    return name in ("psycopg", "sqlite3", "_sqlite3") or isinstance(error, DBAPIError)


@dataclass(slots=True)
class JobWorker:
    """Claims and runs the jobs of one database; any number of them, in any number of processes."""

    transaction: Transactions
    reading: Callable[[], AbstractContextManager[Transaction]]
    clock: Clock
    transport: MailTransport
    lease: timedelta
    rng: random.Random = field(default_factory=random.Random)

    def run_due(self, limit: int) -> int:
        """Run what is due, first due first, at most `limit` jobs; returns how many. Never raises for one job."""
        ran = 0
        while ran < limit:
            with self.reading() as tx:
                if not jobs.pulse(tx, machine_now=self.clock.machine()).is_due:
                    break
            claimed = self.claim()
            if claimed is None:  # another worker took it
                break
            self.run(claimed)
            ran += 1
        return ran

    def claim(self) -> Job | None:
        """Take the next due job and count the attempt, or None."""
        machine_now = self.clock.machine()
        with self.transaction("system") as tx:
            return jobs.claim(tx, machine_now=machine_now, leased_until=machine_now + self.lease)

    def run(self, claimed: Job) -> None:
        """Run one claimed job to its end: done, given back for later, or reported; raises nothing."""
        faultpoint("job.claimed")
        try:
            if claimed.attempts > MOST_ATTEMPTS:
                self._give_up(claimed, "Every attempt ended with the death of its worker.")
                return
            self._work(claimed)
        except LeaseLost:
            logger.info("Job lost its lease", extra={"job": claimed.id, "kind": claimed.kind})
        except Exception as error:
            self._after_failure(claimed, error)

    # -- failing ------------------------------------------------------------------------------------------------------
    def _after_failure(self, claimed: Job, error: Exception) -> None:
        text = error_text(error)
        facts = {"job": claimed.id, "kind": claimed.kind, "instance": claimed.instance_id, "attempt": claimed.attempts}
        logger.warning("Job failed", extra=facts, exc_info=error)
        try:
            if claimed.attempts >= MOST_ATTEMPTS:
                self._give_up(claimed, text)
                return
            wait = timedelta(0) if is_passing(error) else retry_wait(claimed.attempts, self.rng)
            with self.transaction("system") as tx:
                jobs.retry_at(tx, claimed, tx.now + wait, text)
        except Exception as second:
            logger.warning("Job could not be given back", extra=facts, exc_info=second)

    def _give_up(self, claimed: Job, text: str) -> None:
        """Report a job that has no attempts left: its token is held, or the job itself waits for a person."""
        if claimed.kind == WORK:
            try:
                self._hold_token(claimed, text)
            except LeaseLost:
                raise
            except Exception as error:
                logger.warning("Token could not be held", extra={"job": claimed.id}, exc_info=error)
            else:
                return
        with self.transaction("system") as tx:
            if jobs.fail(tx, claimed, text):
                _report(tx, claimed, text)

    def _hold_token(self, claimed: Job, text: str) -> None:
        assert claimed.instance_id is not None
        with self.transaction("system") as tx:
            held = instances.hold(tx, claimed.instance_id)
            jobs.complete(tx, claimed)
            if claimed.payload["wait"] in held.rows.waits:
                advance.advance(tx, held, JobFailed(claimed.payload["wait"], text))

    # -- working ------------------------------------------------------------------------------------------------------
    def _work(self, claimed: Job) -> None:
        if claimed.kind == mails.KIND:
            self._deliver_mail(claimed)
            return
        with self.transaction("system") as tx:
            _WORK.get(claimed.kind, _run_application_job)(tx, claimed)
            faultpoint("job.done")

    def _deliver_mail(self, claimed: Job) -> None:
        mail_id = int(claimed.payload["mail"])
        with self.reading() as tx:
            mail = mails.get(tx, mail_id)
        if mail.state == "queued":
            try:
                with self._kept(claimed):
                    self.transport.send(mail)
            except PermanentMailError as error:
                self._mail_failed(claimed, mail_id, str(error))
            except TemporaryMailError as error:
                self._mail_delayed(claimed, mail_id, str(error))
            except Exception as error:  # a bug in the transport: it may be mended before the last try
                self._mail_delayed(claimed, mail_id, error_text(error))
            else:
                faultpoint("mail.sent")
                self._mail_accepted(claimed, mail_id)
            return
        with self.transaction("system") as tx:
            jobs.complete(tx, claimed)

    def _mail_accepted(self, claimed: Job, mail_id: int) -> None:
        try:
            with self.transaction("system") as tx:
                jobs.complete(tx, claimed)
                mails.accept(tx, mail_id, claimed.attempts)
        except LeaseLost:
            raise
        except Exception as error:
            if is_passing(error):
                raise
            logger.warning("Application did not take a mail's fate", extra={"mail": mail_id}, exc_info=error)
            # The mail is out: it must not go out again because somebody could not hear of it.
            with self.transaction("system") as tx:
                jobs.complete(tx, claimed)
                mails.mark_accepted(tx, mail_id, claimed.attempts)
                jobs.enqueue(tx, MAIL_TOLD, {"mail": mail_id})

    def _mail_delayed(self, claimed: Job, mail_id: int, text: str) -> None:
        if claimed.attempts > len(mails.RETRIES):
            self._mail_failed(claimed, mail_id, text)
            return
        with self.transaction("system") as tx:
            jobs.retry_at(tx, claimed, tx.now + mails.RETRIES[claimed.attempts - 1], text)
            mails.note_attempt(tx, mail_id, claimed.attempts, text)

    def _mail_failed(self, claimed: Job, mail_id: int, text: str) -> None:
        with self.transaction("system") as tx:
            jobs.complete(tx, claimed)
            mails.fail(tx, mail_id, claimed.attempts, text)

    @contextmanager
    def _kept(self, claimed: Job) -> Iterator[None]:
        """Renew the lease for as long as the work inside lasts."""
        over = threading.Event()

        def renew() -> None:
            while not over.wait(self.lease.total_seconds() / 3):
                try:
                    with self.transaction("system") as tx:
                        jobs.renew(tx, claimed, self.clock.machine() + self.lease)
                except Exception as error:
                    logger.warning("Lease could not be renewed", extra={"job": claimed.id}, exc_info=error)

        heartbeat = threading.Thread(target=renew, name="lease", daemon=True)
        heartbeat.start()
        try:
            yield
        finally:
            over.set()
            heartbeat.join()


def error_text(error: Exception) -> str:
    """Return what went wrong, for an incident: our own sentences as they are, else with the error's name."""
    if isinstance(error, EngineError):
        return error.sentence.en[:2000]
    return f"{type(error).__name__}: {error}"[:2000]


def _report(tx: Transaction, claimed: Job, text: str) -> None:
    business_key = definition_key = None
    if claimed.instance_id is not None:
        instance = instances.get(tx, claimed.instance_id)
        business_key, definition_key = instance.business_key, instance.key
    incidents.report_job(
        tx,
        claimed.id,
        f"{claimed.kind}: {text}",
        instance_id=claimed.instance_id,
        element_id=claimed.payload.get("element"),
        business_key=business_key,
        definition_key=definition_key,
    )


# -- kinds of work; on PostgreSQL the instance is locked before its job is deleted, as every step does it -------------
def _fire_timer(tx: Transaction, claimed: Job) -> None:
    assert claimed.instance_id is not None
    held = instances.hold(tx, claimed.instance_id)
    jobs.complete(tx, claimed)
    faultpoint("timer.completed")
    if held.state == "active" and claimed.payload["wait"] in held.rows.waits:
        advance.advance(tx, held, TimerFired(claimed.payload["wait"]))


def _run_topic(tx: Transaction, claimed: Job) -> None:
    assert claimed.instance_id is not None
    payload = claimed.payload
    held = instances.hold(tx, claimed.instance_id)
    jobs.complete(tx, claimed)
    if payload["wait"] not in held.rows.waits:
        return
    topic = tx.application.topics.get(payload["topic"])
    if topic is None:
        raise LookupError(f"there is no topic {payload['topic']!r}")
    variables = from_json(payload["variables"])
    assert isinstance(variables, dict)
    work = Work(held.id, payload["element"], payload["definition"], held.business_key, variables, claimed.attempts)
    outcome = topic.handler(tx, work)
    faultpoint("topic.handled")
    advance.advance(tx, held, _stimulus(payload["wait"], outcome))


def _stimulus(wait_id: int, outcome: Outcome) -> JobCompleted | BpmnErrorThrown:
    for name, value in outcome.variables.items():
        check_variable(name, value)
    if outcome.error_code is None:
        return JobCompleted(wait_id, outcome.variables)
    return BpmnErrorThrown(wait_id, outcome.error_code, outcome.error_message, outcome.variables)


def _start_by_timer(tx: Transaction, claimed: Job) -> None:
    jobs.complete(tx, claimed)
    key, version, element_id = (claimed.payload[name] for name in ("key", "version", "element"))
    deployments.arm_next_start(tx, claimed.payload)
    advance.start(tx, definitions.find(tx, key, version), Started({}, element_id), None)


def _deliver(tx: Transaction, claimed: Job) -> None:
    jobs.complete(tx, claimed)
    payload: Mapping[str, Any] = claimed.payload
    variables = from_json(payload["variables"])
    assert isinstance(variables, dict)
    thrown: MessageThrown | SignalThrown
    if payload["kind"] == "message":
        thrown = MessageThrown(payload["element"], payload["name"], payload["key"], variables)
    else:
        thrown = SignalThrown(payload["element"], payload["name"], variables)
    advance.deliver(tx, payload["source"], payload["business_key"], thrown)


def _tell_accepted(tx: Transaction, claimed: Job) -> None:
    jobs.complete(tx, claimed)
    mails.tell_accepted(tx, int(claimed.payload["mail"]))


def _run_application_job(tx: Transaction, claimed: Job) -> None:
    handler = tx.application.jobs.get(claimed.kind)
    if handler is None:
        raise LookupError(f"nobody handles jobs of the kind {claimed.kind!r}")
    jobs.complete(tx, claimed)  # first: the handler may enqueue the next one under the same key
    handler(tx, claimed.payload)


_WORK: Mapping[str, Callable[[Transaction, Job], None]] = {
    WORK: _run_topic,
    timers.KIND: _fire_timer,
    timers.START_KIND: _start_by_timer,
    advance.DELIVER: _deliver,
    MAIL_TOLD: _tell_accepted,
}
