"""Timers fire at their instant, once, in order; what clears them leaves no job behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import jobs, timers
from engine.clock import VirtualClock
from engine.process_engine import ProcessEngine
from tests.engine.acting import begin, complete, deploy, instance, left, open_tasks
from tests.engine.drawn import catch, end, in_a_line, start, timer, user

WAITS = in_a_line("waits", start(), catch("Wait", timer("PT3H")), user("Task_A"), end())


def boundary(text: str, kind: str) -> str:
    return (
        f'<bpmn:boundaryEvent id="Late" attachedToRef="Task_A" cancelActivity="false">{timer(text, kind)}'
        '</bpmn:boundaryEvent><bpmn:endEvent id="Told" />'
        '<bpmn:sequenceFlow id="Flow_late" sourceRef="Late" targetRef="Told" />'
    )


def test_a_timer_fires_at_its_very_instant(engine: ProcessEngine, clock: VirtualClock) -> None:
    # given
    deploy(engine, waits=WAITS)
    id_ = begin(engine, "waits")
    due = clock.now() + timedelta(hours=3)
    # when / then
    assert engine.advance_clock(due - timedelta(seconds=1)) == 0
    assert open_tasks(engine) == []
    assert engine.advance_clock(due) == 1
    assert [task.opened_at for task in open_tasks(engine, id_)] == [due]
    assert engine.advance_clock(due + timedelta(days=30)) == 0


def test_a_repeating_boundary_timer_is_armed_again_until_its_task_is_done(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    # given
    drawn = in_a_line("late", start(), user("Task_A"), end(), beside=boundary("R/PT1H", "timeCycle"))
    deploy(engine, late=drawn)
    id_ = begin(engine, "late")
    # when
    engine.advance_clock(clock.now() + timedelta(hours=3, minutes=30))
    complete(engine, id_, "Task_A")
    # then
    assert left(engine, id_).count("Late") == 3
    assert instance(engine, id_).state == "completed"
    assert engine.next_due() is None


def test_a_task_done_in_time_leaves_no_timer(engine: ProcessEngine) -> None:
    # given
    deploy(engine, late=in_a_line("late", start(), user("Task_A"), end(), beside=boundary("PT1H", "timeDuration")))
    id_ = begin(engine, "late")
    with engine.reading() as tx:
        assert [one.kind for one in timers.of_instance(tx, id_)] == ["timer"]
    # when
    complete(engine, id_, "Task_A")
    # then
    with engine.reading() as tx:
        assert jobs.of_instance(tx, id_) == []


def test_everything_due_on_the_way_happens_at_its_own_instant_in_order(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    # given
    for hours in (5, 1, 3):
        drawn = in_a_line(f"p{hours}", start(), catch("Wait", timer(f"PT{hours}H")), user("Task_A"), end())
        deploy(engine, drawn=drawn)
        begin(engine, f"p{hours}")
    begun = clock.now()
    # when
    fired = engine.advance_clock(begun + timedelta(hours=4))
    # then
    assert fired == 2
    assert [task.opened_at - begun for task in open_tasks(engine)] == [timedelta(hours=1), timedelta(hours=3)]
    assert clock.now() == begun + timedelta(hours=4)


def test_the_clock_does_not_go_back(engine: ProcessEngine, clock: VirtualClock) -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        engine.advance_clock(clock.now() - timedelta(seconds=1))
