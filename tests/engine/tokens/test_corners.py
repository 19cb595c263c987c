"""Corners of the token game that the other pages do not come to."""

from __future__ import annotations

import pytest

from engine.tokens.definition import Symbol
from engine.tokens.invariants import broken_rules
from engine.tokens.rows import Rows, Scope, State, Token, Wait
from tests.engine.tokens.drawing import Drawing, after, compensate, error, many, message, put, signal
from tests.engine.tokens.play import BEGIN, Play


def test_a_subprocess_that_cannot_be_opened_is_undone_with_what_it_had_begun() -> None:
    # given a subprocess whose second event subprocess has a timer that cannot be read
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("s")
        d.user("u")
        d.flow("s", "u")
        with d.event_subprocess("one", after("PT1H"), interrupting=False) as begun:
            d.task("t1")
            d.flow(begun, "t1")
        with d.event_subprocess("two", after("${length}"), interrupting=False) as begun:
            d.task("t2")
            d.flow(begun, "t2")
    d.flow("start", "sub")
    # when
    play = Play(d.definition()).start(length="soon")
    # then nothing of the subprocess is left but the token before it
    assert [i.element_id for i in play.incidents.values()] == ["sub"]
    assert not play.timers
    assert len(play.rows.scopes) == 1
    assert play.assign(length="PT2H").retry().open == ["u"]
    assert len(play.timers) == 2


def test_the_results_of_a_multi_instance_that_cannot_be_written_hold_its_last_execution() -> None:
    d = Drawing()
    d.start()
    marker = many("list", item="i", into="results", of="i", until="late.value")
    d.user("u", multi_instance=marker)
    d.boundary("b", "u", after("PT1H"))
    d.flow("start", "u")
    play = Play(d.definition()).start(list=[1]).complete("u")
    assert [i.cause for i in play.incidents.values()] == ["condition"]
    assert len(play.timers) == 1
    assert play.assign(late={"value": False}).retry().state == "completed"
    assert play.variables["results"] == [1]


def test_a_complex_gateway_without_a_condition_splits_and_joins_like_an_inclusive_one() -> None:
    d = Drawing()
    d.start()
    d.complex("fork")
    d.user("a")
    d.user("b")
    d.complex("join")
    d.user("last")
    d.flow("start", "fork")
    d.flow("fork", "a", condition="n > 0")
    d.flow("fork", "b", condition="n > 1")
    d.flow("a", "join", "last")
    d.flow("b", "join")
    assert Play(d.definition()).start(n=2).complete("a").complete("b").open == ["last"]
    assert Play(d.definition()).start(n=1).complete("a").open == ["last"]


def test_a_condition_of_an_inclusive_join_that_fails_holds_it_until_it_is_retried() -> None:
    d = Drawing()
    d.start()
    d.parallel("fork")
    d.task("a")
    d.task("b")
    d.inclusive("join")
    d.user("big")
    d.user("small")
    d.flow("start", "fork", "a", "join")
    d.flow("fork", "b", "join")
    d.flow("join", "big", condition="n > 1")
    d.flow("join", "small", condition="n <= 1")
    play = Play(d.definition()).start()
    assert [i.element_id for i in play.incidents.values()] == ["join"]
    assert play.assign(n=2).retry().open == ["big"]


def test_the_second_round_of_a_complex_gateway_begins_with_what_came_twice() -> None:
    d = Drawing()
    d.start()
    d.parallel("fork")
    d.user("a", completion_quantity=2)
    d.user("b")
    d.complex("join", "activationCount >= 1")
    d.user("last")
    d.flow("start", "fork", "a", "join", "last")
    d.flow("fork", "b", "join")
    play = Play(d.definition()).start().complete("a")
    assert play.open == ["b", "last"]
    assert play.complete("b").open == ["last", "last"]


def test_a_parallel_multiple_catch_event_waits_for_all_its_triggers() -> None:
    d = Drawing()
    d.start()
    d.catch("c", message("m"), signal("s"), parallel_multiple=True)
    d.user("next")
    d.flow("start", "c", "next")
    play = Play(d.definition()).start().signal("s")
    assert play.open == []
    play.message("m")
    assert play.open == ["next"]


def test_a_parallel_multiple_start_of_an_event_subprocess_waits_for_all_its_triggers_again_and_again() -> None:
    d = Drawing()
    d.start()
    d.user("u")
    d.flow("start", "u")
    with d.event_subprocess("esp", message("m"), signal("s"), interrupting=False) as begun:
        d.user("told")
        d.flow(begun, "told")
    d.nodes["esp_start"]["parallel_multiple"] = True
    play = Play(d.definition()).start()
    for turn in (1, 2):
        play.message("m")
        assert play.signal("s").open == [*["told"] * turn, "u"]


def test_outputs_of_an_event_are_written_when_it_has_caught() -> None:
    d = Drawing()
    d.start()
    d.catch("c", message("m"), outputs=put(kept="text + '!'"))
    d.user("u")
    d.flow("start", "c", "u")
    play = Play(d.definition()).start()
    play.message("m", text="hi")
    assert play.variables["kept"] == "hi!"


def test_signals_carry_what_is_mapped_to_every_wait() -> None:
    d = Drawing()
    d.start()
    d.parallel("fork")
    d.catch("c", signal("s"))
    d.throw("t", signal("s"), inputs=put(a="1"))
    d.user("u")
    d.flow("start", "fork", "c", "u")
    d.flow("fork", "t")
    assert Play(d.definition()).start().variables == {"a": 1}


def test_a_transaction_without_a_cancel_boundary_ends_its_path_when_it_is_cancelled() -> None:
    from tests.engine.tokens.drawing import CANCEL

    d = Drawing()
    d.start()
    with d.inside("tx", Symbol.TRANSACTION):
        d.start("s")
        d.end("cancel", CANCEL)
        d.flow("s", "cancel")
    d.user("never")
    d.flow("start", "tx", "never")
    assert Play(d.definition()).start().state == "completed"


def test_cancelling_one_execution_of_a_multi_instance_transaction_leaves_by_the_boundary_of_them_all() -> None:
    from tests.engine.tokens.drawing import CANCEL

    d = Drawing()
    d.start()
    with d.inside("tx", Symbol.TRANSACTION, multi_instance=many(count="2")):
        d.start("s")
        d.user("ask")
        d.end("cancel", CANCEL)
        d.flow("s", "ask", "cancel")
    d.boundary("b", "tx", CANCEL)
    d.user("sorry")
    d.flow("start", "tx")
    d.flow("b", "sorry")
    assert Play(d.definition()).start().complete("ask").open == ["sorry"]


def test_a_handler_interrupted_by_its_own_boundary_counts_as_through() -> None:
    d = Drawing()
    d.start()
    d.user("undo", for_compensation=True)
    d.boundary("late", "undo", after("PT1H"))
    d.user("by_hand")
    d.script("a", compensation_handler="undo")
    d.throw("t", compensate())
    d.user("after")
    d.flow("start", "a", "t", "after")
    d.flow("late", "by_hand")
    play = Play(d.definition()).start().wait(hours=1)
    assert play.open == ["after", "by_hand"]


def test_an_error_goes_past_a_subprocess_that_is_being_undone() -> None:
    # given a finished subprocess with an error boundary, whose handler throws that error
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("s")
        d.service("undo", for_compensation=True)
        d.script("a", compensation_handler="undo")
        d.flow("s", "a")
    d.boundary("wrong", "sub", error())
    d.task("never")
    d.flow("wrong", "never")
    d.throw("t", compensate())
    d.flow("start", "sub", "t")
    play = Play(d.definition()).start().job_error("undo", "E")
    assert [i.cause for i in play.incidents.values()] == ["error"]


def test_a_user_task_with_two_people_asked_by_a_list_of_no_names_is_an_incident() -> None:
    from engine.tokens.definition import UserTaskForm
    from tests.engine.tokens.drawing import ask

    for field, text in (("candidate_users", "[1]"), ("priority", "'high'"), ("due_date", "'soon'")):
        d = Drawing()
        d.start()
        value = ask(text)
        d.user("u", user_task=UserTaskForm(**{field: (value,) if field == "candidate_users" else value}))  # type: ignore[arg-type]
        d.flow("start", "u")
        causes = [i.cause for i in Play(d.definition()).start().incidents.values()]
        assert causes in (["task"], ["timer"])


def test_a_service_task_without_topic_and_a_plain_task_pass_through() -> None:
    d = Drawing()
    d.start()
    d.service("s", topic=None)  # type: ignore[arg-type]
    d.add(Symbol.MANUAL_TASK, "m")
    d.add(Symbol.SEND_TASK, "carried_by_the_application")
    d.add(Symbol.RECEIVE_TASK, "r")
    d.flow("start", "s", "m", "carried_by_the_application", "r")
    play = Play(d.definition()).start()
    assert [i.cause for i in play.incidents.values()] == ["message"]


def test_what_one_move_wrote_twice_is_undone_to_what_it_was_before_the_move() -> None:
    # given a script that writes, whose output mapping writes again, before a condition that cannot be evaluated
    d = Drawing()
    d.start()
    d.script("s", "n = n + 1", outputs=put(m="n * 10"))
    d.user("u")
    d.flow("start", "s")
    d.flow("s", "u", condition="missing")
    # when
    play = Play(d.definition()).start(n=1)
    # then
    assert play.variables == {"n": 1}
    assert play.assign(missing=True).retry().variables == {"n": 2, "m": 20, "missing": True}


def test_the_default_flow_of_an_activity_and_of_an_inclusive_gateway_is_taken_when_nothing_else_is() -> None:
    for kind in ("user", "inclusive"):
        d = Drawing()
        d.start()
        getattr(d, kind)("x")
        d.task("one")
        d.task("other")
        d.flow("start", "x")
        d.flow("x", "one", condition="n == 1")
        d.flow("x", "other", default=True)
        for n, expected in ((1, "one"), (2, "other")):
            play = Play(d.definition()).start(n=n)
            assert (play.complete("x") if kind == "user" else play).done()[-1] == expected


def test_no_true_flow_out_of_an_activity_and_no_default_is_an_incident() -> None:
    d = Drawing()
    d.start()
    d.task("x")
    d.task("one")
    d.flow("start", "x")
    d.flow("x", "one", condition="False")
    assert [i.cause for i in Play(d.definition()).start().incidents.values()] == ["condition"]


def test_a_link_that_nothing_catches_and_a_cancel_outside_a_transaction_are_incidents() -> None:
    from tests.engine.tokens.drawing import CANCEL, link

    for symbol, trigger, cause in ((Symbol.THROW_EVENT, link("x"), "link"), (Symbol.END_EVENT, CANCEL, "cancel")):
        d = Drawing()
        d.start()
        d.add(symbol, "bad", triggers=(trigger,))
        d.flow("start", "bad")
        assert [i.cause for i in Play(d.definition()).start().incidents.values()] == [cause]


def broken(rows: Rows) -> list[str]:
    d = Drawing()
    d.start()
    d.user("u")
    d.flow("start", "u")
    play = Play(d.definition())
    return broken_rules(d.definition(), rows, play.environment)


ROOT = Scope(1, "process", "p", 1)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (Rows("completed", 9, {2: Token(2, 1, "u", State.WAITING)}, {1: ROOT}, {}, {}), "1 rows are left"),
        (Rows("active", 9, {2: Token(2, 7, "u", State.WAITING)}, {1: ROOT}, {}, {}), "rests in no scope"),
        (Rows("active", 9, {2: Token(2, 1, "v", State.WAITING)}, {1: ROOT}, {}, {}), "is at no element"),
        (Rows("active", 9, {2: Token(2, 1, "u", State.ENTERING)}, {1: ROOT}, {}, {}), "is still entering"),
        (Rows("active", 9, {2: Token(2, 1, "u", State.WAITING)}, {1: ROOT}, {}, {}), "waits for nothing"),
        (Rows("active", 9, {2: Token(2, 1, "u", State.HOSTING)}, {1: ROOT}, {}, {}), "hosts nothing"),
        (Rows("active", 9, {}, {1: ROOT}, {}, {}), "is empty"),
        (Rows("active", 2, {2: Token(2, 1, "u", State.JOINING)}, {1: ROOT}, {}, {}), "not below the next id"),
        (
            Rows("active", 9, {2: Token(2, 1, "u", State.JOINING, parent=5)}, {1: ROOT}, {}, {}),
            "reports to a token that is gone",
        ),
        (
            Rows("active", 9, {2: Token(2, 1, "u", State.JOINING)}, {1: ROOT}, {3: Wait(3, "timer", "u", 0, 2)}, {}),
            "without an instant",
        ),
        (
            Rows("active", 9, {2: Token(2, 1, "u", State.JOINING)}, {1: ROOT}, {3: Wait(3, "job", "u", 0, 8)}, {}),
            "has lost its token",
        ),
        (
            Rows("active", 9, {2: Token(2, 1, "u", State.JOINING)}, {1: ROOT}, {3: Wait(3, "job", "u", 0)}, {}),
            "not exactly one owner",
        ),
    ],
)
def test_each_rule_of_the_rows_says_what_is_broken(rows: Rows, sentence: str) -> None:
    assert any(sentence in rule for rule in broken(rows)), broken(rows)


def test_rows_of_an_instance_that_has_not_started_break_nothing() -> None:
    assert broken(Rows.new()) == []
    assert BEGIN.tzinfo is not None
