"""Who catches what is thrown. BPMN 2.0.2, 10.5.1, 13.5.4."""

from __future__ import annotations

from tests.engine.tokens.drawing import Drawing, after, error, escalation
from tests.engine.tokens.play import Play


def two_subprocesses_side_by_side() -> Drawing:
    """Draw two subprocesses of one fork; A throws E, and only B has a boundary that catches it."""
    d = Drawing()
    d.start()
    d.parallel("fork")
    for name in ("A", "B"):
        with d.inside(name):
            d.start(f"{name}s")
            d.user(f"{name}u")
            d.end(f"{name}e", *((error("E"),) if name == "A" else ()))
            d.flow(f"{name}s", f"{name}u", f"{name}e")
        d.flow("fork", name)
    d.flow("start", "fork")
    d.boundary("catch", "B", error("E"))
    d.user("caught")
    d.flow("catch", "caught")
    return d


def test_an_error_does_not_leak_to_a_sibling_that_would_catch_it() -> None:
    # given
    play = Play(two_subprocesses_side_by_side().definition()).start()
    # when A throws
    play.complete("Au")
    # then B's boundary stays quiet and nobody catches it: the instance has failed
    assert play.state == "failed"
    assert play.ended is not None
    assert (play.ended.element_id, play.ended.error_code) == ("Ae", "E")


def test_an_exact_code_is_preferred_to_one_that_catches_all() -> None:
    d = Drawing()
    d.start()
    d.service("work")
    d.boundary("any", "work", error())
    d.boundary("exact", "work", error("E1", "code"))
    d.user("of_any")
    d.user("of_exact")
    d.flow("start", "work")
    d.flow("any", "of_any")
    d.flow("exact", "of_exact")
    play = Play(d.definition()).start().job_error("work", "E1")
    assert play.open == ["of_exact"]
    assert play.variables["code"] == "E1"
    assert play.told("failed") == ["work"]
    assert Play(d.definition()).start().job_error("work", "E2").open == ["of_any"]


def test_an_error_goes_outward_until_somebody_catches_it() -> None:
    # given an error two levels down, caught at the outer boundary only
    d = Drawing()
    d.start()
    with d.inside("outer"):
        d.start("s1")
        with d.inside("inner"):
            d.start("s2")
            d.script("bad", "x = 1\nbpmn_error('E')")
            d.flow("s2", "bad")
        d.boundary("wrong", "inner", error("OTHER"))
        d.task("never")
        d.flow("wrong", "never")
        d.user("beside")
        d.flow("s1", "inner")
        d.flow("s1", "beside")
    d.boundary("right", "outer", error("E"))
    d.user("caught")
    d.flow("start", "outer")
    d.flow("right", "caught")
    # when
    play = Play(d.definition()).start()
    # then everything inside is gone, and the script has written nothing
    assert play.open == ["caught"]
    assert "x" not in play.variables
    assert play.told("failed") == ["bad", "outer"]
    assert play.told("cancelled") == ["inner", "beside"] or set(play.told("cancelled")) == {"inner", "beside"}


def test_an_error_nobody_catches_from_a_script_or_handler_is_an_incident() -> None:
    d = Drawing()
    d.start()
    d.service("work")
    d.script("bad", "bpmn_error('E')")
    d.flow("start", "work", "bad")
    play = Play(d.definition()).start().job_error("work", "X", seen=1)
    assert [(i.element_id, i.cause) for i in play.incidents.values()] == [("work", "error")]
    # retrying opens a new job
    play.retry().finish_job("work")
    assert [(i.element_id, i.cause) for i in play.incidents.values()] == [("bad", "error")]
    assert play.variables == {"seen": 1}


def test_an_error_event_subprocess_interrupts_its_scope_and_its_sibling_does_not_catch_what_it_throws() -> None:
    # given an event subprocess that throws the error which its sibling and itself would catch
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("s")
        d.parallel("fork")
        d.user("beside")
        d.end("bad", error("E"))
        d.flow("s", "fork", "bad")
        d.flow("fork", "beside")
        with d.event_subprocess("on_e", error("E")) as begun:
            d.user("mend")
            d.end("again", error("E"))
            d.flow(begun, "mend", "again")
        with d.event_subprocess("on_any", error()) as begun:
            d.user("never")
            d.flow(begun, "never")
    d.boundary("outside", "sub", error("E"))
    d.user("caught")
    d.flow("start", "sub")
    d.flow("outside", "caught")
    # when
    play = Play(d.definition()).start()
    # then the scope is interrupted, and the second error goes past the sibling
    assert play.open == ["mend"]
    assert play.complete("mend").open == ["caught"]


def test_an_error_of_a_called_process_is_caught_at_the_call() -> None:
    called = Drawing("called")
    called.start()
    called.user("inside")
    called.end("bad", error("E"))
    called.flow("start", "inside", "bad")
    d = Drawing()
    d.start()
    d.call("call", "called")
    d.boundary("catch", "call", error("E"))
    d.user("caught")
    d.flow("start", "call")
    d.flow("catch", "caught")
    play = Play(d.definition(), called.definition()).start().complete("inside")
    assert play.open == ["caught"]


def test_an_error_in_one_execution_of_a_multi_instance_interrupts_them_all() -> None:
    from tests.engine.tokens.drawing import many

    d = Drawing()
    d.start()
    d.service("work", multi_instance=many(count="3"))
    d.boundary("catch", "work", error("E"))
    d.user("caught")
    d.flow("start", "work")
    d.flow("catch", "caught")
    play = Play(d.definition()).start()
    assert len(play.jobs) == 3
    play.job_error("work", "E")
    assert not play.jobs
    assert play.open == ["caught"]


def drawn_escalation(*, interrupting: bool, end: bool = False) -> Drawing:
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("s")
        (d.end if end else d.throw)("esc", escalation("C"))
        d.flow("s", "esc")
        if not end:
            d.user("goes_on")
            d.flow("esc", "goes_on")
    d.boundary("catch", "sub", escalation("C"), interrupting=interrupting)
    d.user("caught")
    d.user("after")
    d.flow("start", "sub", "after")
    d.flow("catch", "caught")
    return d


def test_a_non_interrupting_escalation_lets_both_go_on() -> None:
    assert Play(drawn_escalation(interrupting=False).definition()).start().open == ["caught", "goes_on"]
    assert Play(drawn_escalation(interrupting=False, end=True).definition()).start().open == ["after", "caught"]


def test_an_interrupting_escalation_drops_the_thrower() -> None:
    assert Play(drawn_escalation(interrupting=True).definition()).start().open == ["caught"]
    assert Play(drawn_escalation(interrupting=True, end=True).definition()).start().open == ["caught"]


def test_an_escalation_nobody_catches_passes() -> None:
    d = Drawing()
    d.start()
    d.throw("esc", escalation("C"))
    d.user("next")
    d.flow("start", "esc", "next")
    assert Play(d.definition()).start().open == ["next"]


def test_an_event_subprocess_is_preferred_to_the_boundary_for_an_escalation() -> None:
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("s")
        d.throw("esc", escalation("C"))
        d.user("goes_on")
        d.flow("s", "esc", "goes_on")
        with d.event_subprocess("on_c", escalation("C"), interrupting=False) as begun:
            d.user("inside")
            d.flow(begun, "inside")
    d.boundary("catch", "sub", escalation("C"))
    d.user("outside")
    d.flow("start", "sub")
    d.flow("catch", "outside")
    assert Play(d.definition()).start().open == ["goes_on", "inside"]


def test_an_interrupting_boundary_removes_the_other_boundaries_of_its_activity() -> None:
    d = Drawing()
    d.start()
    d.service("work")
    d.boundary("late", "work", after("PT1H"))
    d.boundary("catch", "work", error())
    d.user("caught")
    d.flow("start", "work")
    d.flow("catch", "caught")
    play = Play(d.definition()).start()
    assert play.timers
    play.job_error("work", "E")
    assert not play.timers
