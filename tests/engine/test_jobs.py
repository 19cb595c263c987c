"""Jobs: claimed one at a time, in order; leases end, fences hold, attempts count when work begins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import text

from engine import commands, incidents, jobs
from engine.clock import VirtualClock
from engine.job_worker import MOST_ATTEMPTS
from engine.jobs import LeaseLost
from engine.process_application import Outcome, ProcessApplication, Topic, Work
from engine.process_engine import ProcessEngine
from engine.transaction import Transaction
from tests.engine.acting import begin, deploy, instance, open_incidents, open_tasks, variables
from tests.engine.conftest import MakeEngine
from tests.engine.drawn import end, in_a_line, service, start, user

SERVES = in_a_line("serves", start(), service("Work", "count"), user("Task_A"), end())


class Calls:
    """An application of one topic and one kind of job, which do what they are told and remember it."""

    def __init__(self) -> None:
        self.seen: list[Mapping[str, object]] = []
        self.trouble: Exception | None = None
        self.outcome = Outcome({"words": 3})

    def work(self, tx: Transaction, work: Work) -> Outcome:
        self.seen.append({"element": work.element_id, "attempt": work.attempt, **work.variables})
        if self.trouble:
            raise self.trouble
        return self.outcome

    def job(self, tx: Transaction, payload: Mapping[str, object]) -> None:
        self.seen.append(payload)
        if self.trouble and payload.get("bad"):
            raise self.trouble
        if "again" in payload:
            jobs.enqueue(tx, "remind", {}, key="remind/1", due_at=tx.now + timedelta(hours=1))

    @property
    def application(self) -> ProcessApplication:
        topic = Topic("count", "세기", "count", self.work)
        return ProcessApplication(name="calls", topics={"count": topic}, jobs={"remind": self.job})


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def engine(make_engine: MakeEngine, calls: Calls) -> ProcessEngine:
    return make_engine(calls.application)


def remind(engine: ProcessEngine, payload: Mapping[str, object] | None = None, **how: object) -> int:
    with engine.transaction("a") as tx:
        return jobs.enqueue(tx, "remind", payload or {}, **how)  # type: ignore[arg-type]


# -- service tasks ----------------------------------------------------------------------------------------------------
def test_a_service_task_runs_its_handler_with_what_it_sees_and_goes_on(engine: ProcessEngine, calls: Calls) -> None:
    # given
    deploy(engine, serves=SERVES)
    id_ = begin(engine, "serves", {"text": "a b c"})
    # when
    ran = engine.settle()
    # then
    assert ran == 1
    assert calls.seen == [{"element": "Work", "attempt": 1, "text": "a b c"}]
    assert variables(engine, id_) == {"text": "a b c", "words": 3}
    assert [task.element_id for task in open_tasks(engine, id_)] == ["Task_A"]


def test_a_handler_that_fails_is_tried_again_later_each_time_and_then_held_for_a_person(
    engine: ProcessEngine, calls: Calls, clock: VirtualClock
) -> None:
    # given
    calls.trouble = OSError("no paper")
    deploy(engine, serves=SERVES)
    id_ = begin(engine, "serves")
    begun = clock.now()
    instants = [begun]
    # when
    engine.settle()
    while not open_incidents(engine):
        due_at = engine.next_due()
        assert due_at is not None
        engine.advance_clock(due_at)
        instants.append(due_at)
    # then
    waits = [(later - one).total_seconds() for one, later in pairwise(instants)]
    assert [call["attempt"] for call in calls.seen] == [1, 2, 3, 4, 5]
    assert all(0.8 * 10 * 2**n <= wait <= 1.2 * 10 * 2**n for n, wait in enumerate(waits, start=1)), waits
    [incident] = open_incidents(engine)
    assert (incident.element_id, incident.cause) == ("Work", "job")
    assert "no paper" in incident.message
    # and when somebody brings paper
    calls.trouble = None
    with engine.transaction("a") as tx:
        commands.retry_incident(tx, incident.id, by="a")
    engine.settle()
    assert calls.seen[-1]["attempt"] == 1
    assert [task.element_id for task in open_tasks(engine, id_)] == ["Task_A"]


def test_a_business_error_that_nobody_catches_is_an_incident(engine: ProcessEngine, calls: Calls) -> None:
    # given
    calls.outcome = Outcome(error_code="NO_STOCK", error_message="sold out")
    deploy(engine, serves=SERVES)
    begin(engine, "serves")
    # when
    engine.settle()
    # then
    assert [incident.element_id for incident in open_incidents(engine)] == ["Work"]


def test_a_cancelled_instance_takes_its_work_away(engine: ProcessEngine, calls: Calls) -> None:
    # given
    deploy(engine, serves=SERVES)
    id_ = begin(engine, "serves")
    # when
    with engine.transaction("a") as tx:
        commands.cancel_instance(tx, id_, "")
    # then
    assert engine.settle() == 0
    assert calls.seen == []
    assert instance(engine, id_).state == "terminated"


# -- the application's own jobs ---------------------------------------------------------------------------------------
def test_a_job_of_a_key_is_pending_once_and_its_handler_may_enqueue_the_next(
    engine: ProcessEngine, calls: Calls, clock: VirtualClock
) -> None:
    # given
    one = remind(engine, {"again": True}, key="remind/1")
    # when / then
    assert remind(engine, key="remind/1") == one
    assert engine.settle() == 1
    assert engine.next_due() == clock.now() + timedelta(hours=1)
    with engine.transaction("a") as tx:
        assert jobs.reschedule(tx, "remind/1", tx.now + timedelta(hours=2))
        assert jobs.cancel(tx, "remind/1")
        assert not jobs.cancel(tx, "remind/1")
    assert engine.next_due() is None


def test_a_poison_job_hurts_only_itself(engine: ProcessEngine, calls: Calls, clock: VirtualClock) -> None:
    # given
    calls.trouble = ValueError("poison")
    remind(engine, {"bad": 1})
    for number in range(20):
        remind(engine, {"number": number})
    # when
    engine.settle()
    # then
    assert [payload["number"] for payload in calls.seen if "number" in payload] == list(range(20))
    # and when it has no attempts left
    engine.advance_clock(clock.now() + timedelta(hours=3))
    assert sum("bad" in payload for payload in calls.seen) == MOST_ATTEMPTS
    [incident] = open_incidents(engine)
    assert incident.job_id is not None
    assert "poison" in incident.message
    calls.trouble = None
    with engine.transaction("a") as tx:
        commands.retry_incident(tx, incident.id, by="a")
    engine.settle()
    assert sum("bad" in payload for payload in calls.seen) == MOST_ATTEMPTS + 1
    with engine.reading() as tx:
        assert jobs.backlog(tx).failed == 0


def test_jobs_run_in_the_order_they_fell_due(engine: ProcessEngine, calls: Calls, clock: VirtualClock) -> None:
    # given
    for minutes in (3, 1, 2, 1):
        remind(engine, {"minutes": minutes}, due_at=clock.now() + timedelta(minutes=minutes))
    # when
    clock.advance(timedelta(hours=1))
    engine.run_due()
    # then
    assert [payload["minutes"] for payload in calls.seen] == [1, 1, 2, 3]


def test_an_application_may_not_take_the_engines_own_kinds(make_engine: MakeEngine) -> None:
    with pytest.raises(ValueError, match="mail"):
        make_engine(ProcessApplication(jobs={"mail": lambda tx, payload: None}))


# -- leases -----------------------------------------------------------------------------------------------------------
def test_a_job_of_a_dead_worker_is_taken_over_after_its_lease_and_the_late_one_writes_nothing(
    engine: ProcessEngine, calls: Calls
) -> None:
    # given
    remind(engine)
    dead = engine.worker.claim()
    assert dead is not None
    assert engine.worker.claim() is None
    # when
    with engine.transaction("system") as tx:  # its lease is over
        past = datetime.now(UTC) - timedelta(seconds=1)
        tx.connection.execute(jobs.job.update().values(leased_until=past))
    taken = engine.worker.claim()
    # then
    assert taken is not None
    assert (taken.id, taken.fence, taken.attempts) == (dead.id, dead.fence + 1, 2)
    with pytest.raises(LeaseLost), engine.transaction("system") as tx:
        jobs.complete(tx, dead)
    engine.worker.run(dead)
    engine.worker.run(taken)
    assert len(calls.seen) == 1
    with engine.reading() as tx:
        assert jobs.backlog(tx) == jobs.Backlog(0, 0, 0, 0, None)


def test_a_job_that_kills_its_worker_every_time_is_reported_and_not_run_again(
    engine: ProcessEngine, calls: Calls
) -> None:
    # given
    remind(engine)
    for _ in range(MOST_ATTEMPTS):
        assert engine.worker.claim() is not None
        with engine.transaction("system") as tx:
            tx.connection.execute(jobs.job.update().values(leased_until=datetime.now(UTC) - timedelta(seconds=1)))
    # when
    engine.run_due()
    # then
    assert calls.seen == []
    assert "death" in open_incidents(engine)[0].message


def test_settling_waits_for_what_another_worker_has(make_engine: MakeEngine, calls: Calls) -> None:
    # given
    engine = make_engine(calls.application, lease_seconds=0.2)
    remind(engine)
    assert engine.worker.claim() is not None  # and never comes back
    # when / then
    assert engine.settle(timeout_seconds=30) == 1
    assert len(calls.seen) == 1


def test_settling_gives_up_in_the_end(engine: ProcessEngine) -> None:
    # given
    remind(engine)
    engine.worker.claim()
    # when / then
    with pytest.raises(TimeoutError):
        engine.settle(timeout_seconds=0.05)


def test_a_fresh_transaction_rolls_all_of_a_job_back_or_none(engine: ProcessEngine, calls: Calls) -> None:
    # given
    calls.trouble = ValueError("after writing")

    def handler(tx: Transaction, payload: Mapping[str, object]) -> None:
        jobs.enqueue(tx, "remind", {}, key="side effect")
        raise ValueError("after writing")

    engine.application.jobs["remind"] = handler  # type: ignore[index]
    remind(engine)
    # when
    engine.run_due()
    # then
    with engine.reading() as tx:
        assert jobs.by_key(tx, "side effect") is None
        assert jobs.backlog(tx).ready == 1
        assert incidents.count_open(tx) == 0


# -- a million parked timers ------------------------------------------------------------------------------------------
def test_claiming_and_looking_use_the_index_of_what_is_ready(engine: ProcessEngine) -> None:
    # given
    claim = jobs._CLAIM_READY["sqlite" if engine.database.is_sqlite else "postgresql"]
    prepared = claim.prepared(engine.database.engine.dialect)
    now = datetime.now(UTC)
    values = prepared.bound({"now": now, "machine_now": now, "lease_end": now})
    # when
    with engine.transaction("a") as tx:
        if not engine.database.is_sqlite:
            tx.connection.execute(text("set local enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN " if engine.database.is_sqlite else "EXPLAIN "
        plan = "\n".join(str(row) for row in tx.connection.exec_driver_sql(explain + prepared.text, values))
    # then
    assert "ix_job_ready" in plan, plan
