"""Several at once: every job once, whoever runs it; who wants the same in another order is told."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from engine import commands, instances, jobs
from engine.clock import VirtualClock
from engine.errors import Conflict
from engine.process_application import ProcessApplication
from engine.process_engine import ProcessEngine
from engine.store.database import open_database
from engine.transaction import Transaction
from tests.engine.acting import begin, complete, deploy, left, open_tasks
from tests.engine.conftest import MakeEngine
from tests.engine.drawn import catch, end, in_a_line, start, timer, user


def together(*acts: object) -> list[BaseException]:
    """Run the acts in threads that begin at the same moment; return what they raised."""
    raised: list[BaseException] = []
    barrier = threading.Barrier(len(acts))

    def run(act: object) -> None:
        barrier.wait()
        try:
            act()  # type: ignore[operator]
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_every_job_runs_once_whichever_worker_takes_it(make_engine: MakeEngine, database_url: str) -> None:
    # given
    ran: Counter[object] = Counter()

    def note(tx: Transaction, payload: Mapping[str, object]) -> None:
        tx.after_commit.append(lambda: ran.update([payload["number"]]))

    application = ProcessApplication(jobs={"note": note})
    engines = [make_engine(application)]
    engines += [make_engine(application, on=open_database(database_url)) for _ in range(2)]
    with engines[0].transaction("a") as tx:
        for number in range(60):
            jobs.enqueue(tx, "note", {"number": number})
    # when
    raised = together(*(engine.settle for engine in engines for _ in range(2)))
    # then
    assert raised == []
    assert ran == Counter(range(60))
    for engine in engines[1:]:
        engine.database.close()


def test_timers_of_many_instances_fire_once_each_though_two_engines_run_them(
    make_engine: MakeEngine, database_url: str, clock: VirtualClock
) -> None:
    # given
    engine, other = make_engine(), make_engine(on=open_database(database_url))
    deploy(engine, waits=in_a_line("waits", start(), catch("Wait", timer("PT1H")), user("Task_A"), end()))
    ids = [begin(engine, "waits") for _ in range(20)]
    clock.advance(timedelta(hours=1))
    # when
    raised = together(engine.settle, other.settle)
    # then
    assert raised == []
    assert [left(engine, id_) for id_ in ids] == [["Start", "Wait"]] * 20
    assert len(open_tasks(engine)) == 20
    other.database.close()


def test_a_completion_and_a_timer_at_the_same_instant_leave_one_truth(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    # given
    boundary = (
        f'<bpmn:boundaryEvent id="Late" attachedToRef="Task_A">{timer("PT1H")}</bpmn:boundaryEvent>'
        '<bpmn:endEvent id="Told" /><bpmn:sequenceFlow id="Flow_late" sourceRef="Late" targetRef="Told" />'
    )
    deploy(engine, late=in_a_line("late", start(), user("Task_A"), end(), beside=boundary))
    ids = [begin(engine, "late") for _ in range(10)]
    clock.advance(timedelta(hours=1))

    def everybody() -> None:
        for id_ in ids:
            with suppress(Conflict, StopIteration):
                complete(engine, id_, "Task_A")

    # when
    raised = together(everybody, engine.settle)
    engine.settle()
    # then
    assert raised == []
    for id_ in ids:
        assert left(engine, id_)[1:] in (["Task_A", "End"], ["Late", "Told"])
    with engine.reading() as tx:
        assert {one.state for one in instances.find(tx)} == {"completed"}


def test_two_that_want_the_same_two_instances_in_another_order_end_with_one_told_to_try_again(
    make_engine: MakeEngine,
) -> None:
    # given
    engine = make_engine()
    if engine.database.is_sqlite:  # one writer at a time: nothing to entangle
        return
    deploy(engine, line=in_a_line("line", start(), user("Task_A"), end()))
    one, two = begin(engine, "line"), begin(engine, "line")
    both = threading.Barrier(2)

    def take(first: int, second: int) -> None:
        with engine.transaction("a") as tx:
            instances.hold(tx, first)
            both.wait()
            instances.hold(tx, second)

    # when
    raised = together(lambda: take(one, two), lambda: take(two, one))
    # then
    assert [type(error) for error in raised] == [Conflict]


def test_a_variable_set_while_a_task_is_completed_is_not_lost(engine: ProcessEngine) -> None:
    # given
    deploy(engine, line=in_a_line("line", start(), user("Task_A"), user("Task_B"), end()))
    ids = [begin(engine, "line") for _ in range(10)]

    def sets() -> None:
        for id_ in ids:
            with engine.transaction("b") as tx:
                commands.set_variables(tx, id_, {"from_b": 1})

    def completes() -> None:
        for id_ in ids:
            complete(engine, id_, "Task_A", {"from_a": 1})

    # when
    raised = together(sets, completes)
    # then
    assert raised == []
    with engine.reading() as tx:
        assert [instances.variables(tx, id_) for id_ in ids] == [{"from_a": 1, "from_b": 1}] * 10
