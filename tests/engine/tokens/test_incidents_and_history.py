"""Incidents hold one token before one move; history tells what happened, in order."""

from __future__ import annotations

import pytest

from engine.errors import Conflict, EngineError, InvalidVariable
from engine.tokens.definition import Extension, UserTaskForm
from engine.tokens.environment import Budget
from engine.tokens.rows import Rows
from engine.tokens.stimuli import IncidentRetried, Started, TimerFired
from tests.engine.tokens.drawing import Drawing, after, ask, every, many, on, put, when
from tests.engine.tokens.play import SMALL, Play


def line(*parts: str) -> Drawing:
    d = Drawing()
    d.start()
    for part in parts:
        d.user(part)
    d.end()
    d.flow("start", *parts, "end")
    return d


def test_a_completion_is_kept_when_the_way_on_cannot_be_found() -> None:
    # given a task whose outgoing condition cannot be evaluated
    d = line("u", "v")
    d.flows.pop("u->v")
    d.flow("u", "v", condition="missing > 1")
    play = Play(d.definition()).start()
    # when the person completes it
    play.complete("u", by="kim", answer=42)
    # then what was entered is not lost, nobody is asked again, and retrying goes on
    assert play.variables == {"answer": 42}
    assert [i.element_id for i in play.incidents.values()] == ["u"]
    assert play.open == []
    play.assign(missing=2).retry()
    assert play.open == ["v"]
    assert [(e.element_id, e.by) for e in play.history if e.kind == "left" and e.element_id == "u"] == [("u", "kim")]


def test_a_move_that_fails_is_undone_whole_and_earlier_moves_stay() -> None:
    # given a script that works, then a task whose boundary timer cannot be read
    d = Drawing()
    d.start()
    d.script("good", "n = 1")
    d.user("u")
    d.boundary("first", "u", after("PT1H"))
    d.boundary("second", "u", on("${text}"))
    d.flow("start", "good", "u")
    # when
    play = Play(d.definition()).start(text="soon")
    # then
    assert play.variables == {"text": "soon", "n": 1}
    assert not play.timers
    assert [(i.element_id, i.cause) for i in play.incidents.values()] == [("u", "timer")]
    assert play.assign(text="P1D").retry().open == ["u"]
    assert len(play.timers) == 2


def test_an_incident_holds_only_its_own_token() -> None:
    d = Drawing()
    d.start()
    d.parallel("fork")
    d.script("bad", "x = boom()")
    d.user("beside")
    d.flow("start", "fork", "bad")
    d.flow("fork", "beside")
    play = Play(d.definition()).start()
    assert play.open == ["beside"]
    assert play.complete("beside").state == "active"
    assert play.told("incident") == ["bad"]


def test_a_held_token_can_still_be_interrupted_by_its_boundary_event() -> None:
    d = Drawing()
    d.start()
    d.service("s")
    d.boundary("late", "s", after("PT1H"))
    d.user("rescue")
    d.flow("start", "s")
    d.flow("late", "rescue")
    play = Play(d.definition()).start().fail_job("s", "no retries left")
    assert [(i.cause, i.message) for i in play.incidents.values()] == [("job", "no retries left")]
    assert play.wait(hours=1).open == ["rescue"]
    assert not play.incidents


def test_a_failed_job_is_opened_again_by_a_retry_and_its_boundary_stays_armed() -> None:
    d = Drawing()
    d.start()
    d.service("s")
    d.boundary("late", "s", after("PT1H"))
    d.flow("start", "s")
    play = Play(d.definition()).start().fail_job("s")
    assert not play.jobs
    assert play.retry().timers
    assert len(play.jobs) == 1
    assert play.told("entered").count("s") == 1
    assert play.finish_job("s").state == "completed"


def test_retrying_what_is_not_held_is_a_conflict() -> None:
    play = Play(line("u").definition()).start()
    with pytest.raises(Conflict):
        play.step(IncidentRetried(2))


def test_a_loop_without_a_wait_state_is_held_by_the_budget_and_nothing_is_lost() -> None:
    d = Drawing()
    d.start()
    d.xor("x")
    d.script("s", "n = n + 1")
    d.flow("start", "x", "s", "x")
    play = Play(d.definition(), budget=SMALL).start(n=0)
    (incident,) = play.incidents.values()
    assert incident.cause == "budget"
    assert play.variables["n"] == 99


def test_too_many_tokens_are_held_by_the_budget() -> None:
    d = Drawing()
    d.start()
    d.task("many", completion_quantity=50)
    d.user("u")
    d.flow("start", "many", "u")
    play = Play(d.definition(), budget=Budget(live_tokens=20)).start()
    assert [(i.element_id, i.cause) for i in play.incidents.values()] == [("many", "budget")]


def test_a_timer_loop_without_end_is_held_by_the_budget() -> None:
    d = Drawing()
    d.start()
    d.xor("x")
    d.catch("now", after("PT0S"))
    d.flow("start", "x", "now", "x")
    play = Play(d.definition(), budget=SMALL).start()
    assert [i.cause for i in play.incidents.values()] == ["budget"]


def test_a_long_backlog_of_a_cycle_is_worked_off_over_several_steps() -> None:
    # given a cycle that missed more turns than one step may make
    d = Drawing()
    d.start()
    d.user("u")
    d.boundary("b", "u", every("R/PT1M"), interrupting=False)
    d.script("count", "n = n + 1")
    d.flow("start", "u")
    d.flow("b", "count")
    play = Play(d.definition(), budget=SMALL).start(n=0)
    play.now = play.now.replace(hour=5)
    # when each step asks to be called again
    steps = 0
    while min(t.due_at for t in play.timers.values()) <= play.now:
        play.step(TimerFired())
        steps += 1
    # then
    assert steps > 1
    assert play.variables["n"] == 300
    assert not play.incidents


def test_a_variable_that_cannot_be_carried_is_refused_before_anything_moves() -> None:
    play = Play(line("u").definition()).start()
    before = play.stored
    (task,) = play.tasks
    from engine.tokens.stimuli import UserTaskCompleted

    with pytest.raises(InvalidVariable):
        play.step(UserTaskCompleted(task, {"x": object()}))
    assert play.stored == before


def test_history_tells_what_happened_in_order() -> None:
    play = Play(line("u").definition()).start().complete("u", by="kim")
    told = [(e.kind, e.element_id, e.by) for e in play.history]
    assert told == [
        ("started", "p", None),
        ("entered", "start", None),
        ("left", "start", None),
        ("entered", "u", None),
        ("left", "u", "kim"),
        ("entered", "end", None),
        ("left", "end", None),
        ("ended", "p", None),
    ]


def test_a_marker_is_told_once_as_body_and_its_executions_each() -> None:
    d = line("u")
    d.nodes["u"]["multi_instance"] = many(count="2")
    play = Play(d.definition()).start().complete("u").complete("u")
    told = [(e.kind, e.body) for e in play.history if e.element_id == "u"]
    assert told == [
        ("entered", True),
        ("entered", False),
        ("entered", False),
        ("left", False),
        ("left", False),
        ("left", True),
    ]


def test_only_elements_with_extensions_tell_what_they_saw() -> None:
    d = line("u", "v")
    d.nodes["u"]["extensions"] = (Extension("urn:x", "mail", {}),)
    d.nodes["u"]["inputs"] = put(local="n + 1")
    play = Play(d.definition()).start(n=1).complete("u", m=2)
    seen = [(e.kind, e.seen) for e in play.history if e.element_id == "u"]
    assert seen == [("entered", {"n": 1, "local": 2}), ("left", {"n": 1, "local": 2, "m": 2})]
    assert all(e.seen is None for e in play.history if e.element_id != "u")
    assert all(type(e.seen) is dict for e in play.history if e.seen is not None)


def test_what_is_around_an_element_is_told_innermost_first() -> None:
    d = Drawing()
    d.start()
    with d.inside("outer", multi_instance=many(count="1")):
        d.start("s1")
        with d.inside("inner"):
            d.start("s2")
            d.user("u")
            d.flow("s2", "u")
        d.flow("s1", "inner")
    d.flow("start", "outer")
    play = Play(d.definition()).start()
    assert next(e.host_elements for e in play.history if e.element_id == "u") == ("inner", "outer")
    assert next(e.host_elements for e in play.history if e.element_id == "start") == ()


def test_cancelling_an_instance_withdraws_everything() -> None:
    d = line("u")
    d.boundary("b", "u", after("PT1H"))
    d.flow("b", "end")
    play = Play(d.definition()).start().cancel("because")
    assert (play.state, play.open, dict(play.timers)) == ("terminated", [], {})
    assert [(e.kind, e.what) for e in play.history if e.element_id == "p"][1:] == [
        ("cancelled", "because"),
        ("ended", "terminated"),
    ]
    with pytest.raises(Conflict):
        play.step(TimerFired())


def test_who_is_asked_comes_from_expressions() -> None:
    form = UserTaskForm(
        form_key="f",
        assignee=ask("boss"),
        candidate_users=(ask("'x, y'"),),  # type: ignore[arg-type]
        candidate_groups=(ask("groups"), ask("'c,d'")),  # type: ignore[arg-type]
        due_date=ask("in_an_hour()"),
        priority=ask("n"),
    )
    d = line("u")
    d.nodes["u"]["user_task"] = form
    play = Play(d.definition()).start(boss="kim", groups=["a", "b"], n=5)
    (task,) = play.tasks.values()
    assert (task.form_key, task.assignee, task.candidate_users, task.candidate_groups, task.priority) == (
        "f",
        "kim",
        ("x", "y"),
        ("a", "b", "c", "d"),
        5,
    )
    assert task.due_at == play.now.replace(hour=1)
    play = Play(d.definition()).start(boss=5, groups=[], n=1)
    assert [i.cause for i in play.incidents.values()] == ["task"]


def test_a_decision_gives_one_variable_or_several() -> None:
    from engine.tokens.definition import Symbol

    d = Drawing()
    d.start()
    d.add(Symbol.BUSINESS_RULE_TASK, "one", decision="reward", result_variable="r")
    d.add(Symbol.BUSINESS_RULE_TASK, "both", decision="two")
    d.user("u")
    d.flow("start", "one", "both", "u")
    answers = {"reward": 5, "two": {"a": 1, "b": 2}}
    play = Play(d.definition(), decide=lambda decision, variables: answers[decision]).start()
    assert play.variables == {"r": 5, "a": 1, "b": 2}
    play = Play(d.definition()).start()
    assert [i.cause for i in play.incidents.values()] == ["decision"]


def test_rows_of_an_unknown_format_are_refused() -> None:
    with pytest.raises(EngineError, match="format"):
        Rows.load({"format": 99})


def test_starting_twice_is_a_conflict() -> None:
    play = Play(line("u").definition()).start()
    with pytest.raises(Conflict):
        play.step(Started())


def test_a_condition_that_an_incident_holds_back_is_asked_again_on_retry() -> None:
    d = Drawing()
    d.start()
    with d.event_subprocess("esp", when("flag"), interrupting=False) as begun:
        d.user("seen")
        d.flow(begun, "seen")
    with d.event_subprocess("bad", on("${nothing}"), interrupting=False) as begun:
        d.task("t")
        d.flow(begun, "t")
    d.user("u")
    d.flow("start", "u")
    play = Play(d.definition()).start(flag=True)
    assert [(i.element_id, i.cause) for i in play.incidents.values()] == [("start", "timer")]
    assert play.assign(nothing="P1D").retry().open == ["seen", "u"]
