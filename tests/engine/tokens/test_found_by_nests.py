"""Faults that the random nests found, each as small as it gets."""

from __future__ import annotations

import pytest

from tests.engine.tokens.drawing import Drawing, compensate, many, message, put
from tests.engine.tokens.play import Play


def called(text: str) -> Drawing:
    d = Drawing("called")
    d.start()
    d.script("work", text)
    d.user("task")
    d.end()
    d.flow("start", "work", "task", "end")
    return d


@pytest.mark.parametrize("sequential", [True, False])
def test_a_call_that_passes_everything_in_and_out_does_not_spoil_the_counters_of_its_marker(sequential: bool) -> None:
    # given three calls that copy all variables in, the marker's counters among them, and all of them out again
    d = Drawing()
    d.start()
    d.call(
        "call",
        "called",
        call_in=put(ALL=None),
        call_out=put(ALL=None),
        multi_instance=many(count="3", sequential=sequential),
    )
    d.end()
    d.flow("start", "call", "end")
    play = Play(d.definition(), called("done = loopCounter").definition()).start()
    # when
    for _ in range(3):
        play.complete("task")
    # then
    assert play.state == "completed"
    assert play.variables.keys() == {"done"}


@pytest.mark.parametrize("name", ["numberOfInstances", "numberOfCompletedInstances", "loopCounter"])
def test_what_a_script_writes_to_a_name_of_the_marker_does_not_count(name: str) -> None:
    # given
    d = Drawing()
    d.start()
    with d.inside("sub", multi_instance=many(count="3", sequential=True)):
        d.start("begin")
        d.script("script", f"{name} = 7")
        d.user("task")
        d.end("over")
        d.flow("begin", "script", "task", "over")
    d.end()
    d.flow("start", "sub", "end")
    play = Play(d.definition()).start()
    # when
    for _ in range(3):
        play.complete("task")
    # then
    assert play.state == "completed"
    assert play.done().count("task") == 3


def test_an_activity_that_was_held_before_it_began_is_not_told_as_cancelled() -> None:
    # given a script that cannot run, in a subprocess
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("begin")
        d.script("script", "x = boom()")
        d.flow("begin", "script")
    d.boundary("stop", "sub", message("stop"))
    d.end()
    d.flow("start", "sub", "end")
    d.flow("stop", "end")
    play = Play(d.definition()).start()
    assert play.incidents
    # when
    play.message("stop")
    # then
    assert play.told("cancelled") == ["sub"]
    assert "script" not in play.told("entered")


def test_an_activity_that_was_held_at_its_end_is_told_as_cancelled() -> None:
    # given a task whose results cannot be written
    d = Drawing()
    d.start()
    d.user("task", outputs=put(x="boom()"))
    d.end()
    d.flow("start", "task", "end")
    play = Play(d.definition()).start().complete("task")
    assert play.incidents
    # when
    play.cancel()
    # then
    assert sorted(play.told("cancelled")) == ["p", "task"]


def test_a_finished_subprocess_that_is_being_undone_is_not_told_as_cancelled() -> None:
    # given a subprocess that is over, and is compensated through what it did
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("begin")
        d.user("book", compensation_handler="unbook")
        d.user("unbook", for_compensation=True)
        d.end("over")
        d.flow("begin", "book", "over")
    d.user("pay")
    d.throw("undo", compensate())
    d.end()
    d.flow("start", "sub", "pay", "undo", "end")
    play = Play(d.definition()).start().complete("book").complete("pay")
    assert play.open == ["unbook"]
    # when
    play.cancel()
    # then
    assert sorted(play.told("cancelled")) == ["p", "unbook", "undo"]
