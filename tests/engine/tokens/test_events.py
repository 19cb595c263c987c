"""Events that wait: intermediate, boundary, event subprocesses; interrupting or not, once or again. BPMN 10.5."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import Conflict
from engine.tokens.definition import Symbol
from engine.tokens.stimuli import MessageReceived, UserTaskCompleted
from tests.engine.tokens.drawing import TERMINATE, Drawing, after, every, message, on, signal, when
from tests.engine.tokens.play import BEGIN, Play


def task_with(*triggers: object, interrupting: bool, parallel_multiple: bool = False) -> Drawing:
    """Draw start -> task -> end with a boundary event that leads to `told`."""
    d = Drawing()
    d.start()
    d.user("task")
    d.boundary(
        "b",
        "task",
        *triggers,  # type: ignore[arg-type]
        interrupting=interrupting,
        parallel_multiple=parallel_multiple,
    )
    d.user("told")
    d.end()
    d.flow("start", "task", "end")
    d.flow("b", "told")
    return d


@pytest.mark.parametrize("seconds_before", [1, 0, -1])
def test_a_timer_fires_at_its_due_instant_and_not_before(seconds_before: int) -> None:
    play = Play(task_with(after("PT1H"), interrupting=True).definition()).start()
    play.wait(seconds=3600 - seconds_before)
    assert play.open == (["task"] if seconds_before > 0 else ["told"])


def test_a_non_interrupting_timer_fires_once() -> None:
    play = Play(task_with(after("PT1H"), interrupting=False).definition()).start()
    assert play.wait(hours=3).open == ["task", "told"]
    assert not play.timers


def test_a_cycle_of_three_fires_three_times_at_its_own_instants() -> None:
    # given R3
    play = Play(task_with(every("R3/PT10M"), interrupting=False).definition()).start()
    for turn in (1, 2, 3):
        (due,) = [t.due_at for t in play.timers.values()]
        assert due == BEGIN + timedelta(minutes=10 * turn)
        # when
        play.wait(minutes=10)
        # then
        assert play.open == ["task"] + ["told"] * turn
    assert not play.timers


def test_an_endless_cycle_ends_with_its_activity() -> None:
    play = Play(task_with(every("R/PT1H"), interrupting=False).definition()).start().wait(hours=5)
    assert play.open == ["task"] + ["told"] * 5
    assert play.complete("task").wait(hours=5).open == ["told"] * 5


def test_a_cycle_on_an_interrupting_boundary_fires_once() -> None:
    play = Play(task_with(every("R3/PT1H"), interrupting=True).definition()).start().wait(hours=9)
    assert play.open == ["told"]


def test_a_late_engine_fires_each_missed_turn() -> None:
    play = Play(task_with(every("R/PT1H"), interrupting=False).definition()).start()
    play.now += timedelta(hours=4)
    from engine.tokens.stimuli import TimerFired

    play.step(TimerFired())
    assert play.open == ["task"] + ["told"] * 4
    assert [t.due_at for t in play.timers.values()] == [BEGIN + timedelta(hours=5)]


def test_a_timer_that_is_due_when_it_is_armed_fires_in_the_same_step() -> None:
    d = Drawing()
    d.start()
    d.catch("past", on("2020-01-01T00:00:00Z"))
    d.user("next")
    d.flow("start", "past", "next")
    assert Play(d.definition()).start().open == ["next"]


def test_a_timer_expression_gives_an_instant_a_text_or_a_duration() -> None:
    for text, expected in (
        ("${in_an_hour()}", BEGIN + timedelta(hours=1)),
        ("${text}", BEGIN + timedelta(days=1)),
        ("${length}", BEGIN + timedelta(minutes=5)),
        ("${instant}", BEGIN + timedelta(hours=9)),
    ):
        d = Drawing()
        d.start()
        d.catch("c", on(text))
        d.flow("start", "c")
        play = Play(d.definition())
        play.start(text="P1D", length=timedelta(minutes=5), instant=BEGIN + timedelta(hours=9))
        assert [t.due_at for t in play.timers.values()] == [expected]


def test_several_timers_of_one_instance_fire_earliest_first() -> None:
    d = Drawing()
    d.start()
    d.parallel("fork")
    for name, length in (("c", "PT3M"), ("a", "PT1M"), ("b", "PT2M")):
        d.catch(name, after(length))
        d.flow("fork", name)
    d.flow("start", "fork")
    play = Play(d.definition()).start()
    play.now += timedelta(hours=1)
    from engine.tokens.stimuli import TimerFired

    play.step(TimerFired())
    assert play.done()[2:] == ["a", "b", "c"]
    assert play.state == "completed"


def test_a_non_interrupting_message_is_caught_each_time_and_an_interrupting_one_once() -> None:
    play = Play(task_with(message("m"), interrupting=False).definition()).start()
    play.message("m", text="hello")
    play.message("m")
    assert play.open == ["task", "told", "told"]
    assert play.variables["text"] == "hello"
    play = Play(task_with(message("m"), interrupting=True).definition()).start()
    assert play.message("m")
    assert not play.message("m")
    assert play.open == ["told"]


def test_a_multiple_event_fires_at_the_first_and_a_parallel_multiple_at_the_last() -> None:
    both = (message("m"), signal("s"))
    assert Play(task_with(*both, interrupting=True).definition()).start().signal("s").open == ["told"]
    play = Play(task_with(*both, interrupting=True, parallel_multiple=True).definition()).start().signal("s")
    assert play.open == ["task"]
    play.message("m")
    assert play.open == ["told"]


def test_a_parallel_multiple_that_does_not_interrupt_waits_for_all_again() -> None:
    both = (message("m"), signal("s"))
    play = Play(task_with(*both, interrupting=False, parallel_multiple=True).definition()).start()
    play.signal("s").signal("s")
    assert play.open == ["task"]
    play.message("m")
    assert play.open == ["task", "told"]
    play.message("m")
    assert play.signal("s").open == ["task", "told", "told"]


def test_a_signal_thrown_reaches_whoever_waits_when_all_that_is_ready_has_come_to_rest() -> None:
    # given a branch that throws before the other branches have begun to wait
    d = Drawing()
    d.start()
    d.parallel("fork")
    d.throw("thrown", signal("s"))
    d.catch("one", signal("s"))
    d.catch("two", signal("s"))
    d.flow("start", "fork", "thrown")
    d.flow("fork", "one")
    d.flow("fork", "two")
    # when, then
    assert Play(d.definition()).start().state == "completed"


def test_a_condition_fires_when_it_turns_true_and_again_only_after_it_was_false() -> None:
    play = Play(task_with(when("n > 5"), interrupting=False).definition()).start(n=0)
    assert play.assign(n=3).open == ["task"]
    assert play.assign(n=6).open == ["task", "told"]
    assert play.assign(n=7).open == ["task", "told"]
    assert play.assign(n=0).assign(n=9).open == ["task", "told", "told"]


def test_a_condition_that_holds_already_fires_before_its_activity_runs() -> None:
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("s")
        d.script("never", "ran = True")
        d.flow("s", "never")
    d.boundary("b", "sub", when("n == 1"))
    d.user("told")
    d.flow("start", "sub")
    d.flow("b", "told")
    play = Play(d.definition()).start(n=1)
    assert play.open == ["told"]
    assert "ran" not in play.variables


def test_a_condition_on_a_name_that_does_not_exist_yet_does_not_hold_yet() -> None:
    play = Play(task_with(when("later == 1"), interrupting=True).definition()).start()
    assert not play.incidents
    assert play.assign(later=1).open == ["told"]


def test_a_script_inside_wakes_a_condition_outside() -> None:
    d = Drawing()
    d.start()
    d.parallel("fork")
    d.user("u")
    d.script("set", "ready = True")
    d.catch("c", when("ready"))
    d.user("next")
    d.flow("start", "fork", "u", "set")
    d.flow("fork", "c", "next")
    assert Play(d.definition()).start(ready=False).complete("u").open == ["next"]


def scope_with_event_subprocess(trigger: object, *, interrupting: bool) -> Drawing:
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("s")
        d.user("inside")
        d.flow("s", "inside")
        with d.event_subprocess("esp", trigger, interrupting=interrupting) as begun:  # type: ignore[arg-type]
            d.user("handling")
            d.flow(begun, "handling")
    d.user("after")
    d.flow("start", "sub", "after")
    return d


@pytest.mark.parametrize(
    ("trigger", "act"),
    [
        (message("m"), lambda p: p.message("m")),
        (signal("s"), lambda p: p.signal("s")),
        (after("PT1H"), lambda p: p.wait(hours=1)),
        (when("n == 1"), lambda p: p.assign(n=1)),
    ],
    ids=["message", "signal", "timer", "condition"],
)
def test_an_interrupting_event_subprocess_drops_the_rest_of_its_scope_and_ends_it(trigger: object, act: object) -> None:
    play = Play(scope_with_event_subprocess(trigger, interrupting=True).definition()).start(n=0)
    act(play)  # type: ignore[operator]
    assert play.open == ["handling"]
    assert not play.subscriptions
    assert not play.timers
    assert play.complete("handling").open == ["after"]


def test_a_non_interrupting_event_subprocess_runs_beside_its_scope_which_waits_for_it() -> None:
    play = Play(scope_with_event_subprocess(message("m"), interrupting=False).definition()).start()
    play.message("m")
    play.message("m")
    assert play.open == ["handling", "handling", "inside"]
    play.complete("inside")
    assert play.open == ["handling", "handling"]
    assert play.complete("handling").complete("handling").open == ["after"]


def test_an_event_subprocess_of_the_process_itself_can_end_the_instance() -> None:
    d = Drawing()
    d.start()
    d.user("main")
    d.flow("start", "main")
    with d.event_subprocess("esp", message("cancel")) as begun:
        d.end("stopped")
        d.flow(begun, "stopped")
    play = Play(d.definition()).start()
    assert play.message("cancel")
    assert play.state == "completed"
    assert play.told("cancelled") == ["main"]


def test_terminate_ends_the_scope_it_is_in_and_the_activity_goes_on_as_completed() -> None:
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("s")
        d.parallel("fork")
        d.user("beside")
        d.user("last")
        d.end("stop", TERMINATE)
        d.flow("s", "fork", "beside")
        d.flow("fork", "last", "stop")
        with d.event_subprocess("esp", signal("x")) as begun:
            d.task("t")
            d.flow(begun, "t")
    d.user("after")
    d.flow("start", "sub", "after")
    play = Play(d.definition()).start().complete("last")
    assert play.open == ["after"]
    assert "sub" in play.done()
    assert play.told("cancelled") == ["beside"]


def test_terminate_at_the_top_ends_the_instance_as_completed() -> None:
    d = Drawing()
    d.start()
    d.user("a")
    d.user("b")
    d.end("stop", TERMINATE)
    d.flow("start", "a", "stop")
    d.flow("start", "b")
    play = Play(d.definition()).start().complete("a")
    assert play.state == "completed"
    assert play.ended is not None
    assert play.ended.element_id == "stop"


def test_a_message_carries_what_its_input_mappings_make_and_nothing_else() -> None:
    from tests.engine.tokens.drawing import put

    d = Drawing()
    d.start()
    d.throw("bare", message("m", key="order"))
    d.throw("full", message("m"), inputs=put(total="n + 1"))
    d.add(Symbol.SEND_TASK, "send", message=message("m2"), inputs=put(text="'hi'"))
    d.flow("start", "bare", "full", "send")
    play = Play(d.definition()).start(n=1, order=7, secret="x")
    assert [(m.name, m.key, dict(m.variables)) for m in play.sent] == [
        ("m", "7", {}),
        ("m", None, {"total": 2}),
        ("m2", None, {"text": "hi"}),
    ]


def test_a_stimulus_that_no_longer_fits_is_a_conflict_and_changes_nothing() -> None:
    play = Play(task_with(message("m"), interrupting=True).definition()).start()
    (task,), (wait,) = list(play.tasks), list(play.subscriptions)
    assert play.message("m")
    for stale in (UserTaskCompleted(task), MessageReceived(wait, "m"), UserTaskCompleted(999)):
        before = play.stored
        with pytest.raises(Conflict):
            play.step(stale)
        assert play.stored == before


def test_receive_task_waits_and_an_instantiating_one_has_its_message_already() -> None:
    d = Drawing()
    d.add(Symbol.RECEIVE_TASK, "first", message=message("begin"), instantiate=True)
    d.add(Symbol.RECEIVE_TASK, "second", message=message("more"))
    d.user("last")
    d.flow("first", "second", "last")
    with pytest.raises(Conflict):
        Play(d.definition()).start()
    play = Play(d.definition()).start("first", text="x")
    assert play.open == []
    assert play.message("more", answer=1)
    assert play.open == ["last"]
    assert play.variables == {"text": "x", "answer": 1}


def test_a_message_start_event_begins_its_own_way() -> None:
    d = Drawing()
    d.start("plain")
    d.start("by_message", message("m"))
    d.user("a")
    d.user("b")
    d.flow("plain", "a")
    d.flow("by_message", "b")
    assert Play(d.definition()).start().open == ["a"]
    assert Play(d.definition()).start("by_message").open == ["b"]
