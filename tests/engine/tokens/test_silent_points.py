"""What the standard leaves open and no suite asks: one test for each choice of docs/decisions/0003."""

from __future__ import annotations

from tests.engine.tokens.drawing import Drawing, after, compensate, error, every, many, message, on, put, signal, when
from tests.engine.tokens.play import Play


def test_boundary_events_stay_armed_while_an_interrupting_event_subprocess_runs() -> None:
    # given a subprocess with a timer boundary, interrupted from inside
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("s")
        d.user("u")
        d.flow("s", "u")
        with d.event_subprocess("esp", message("m")) as begun:
            d.user("handling")
            d.flow(begun, "handling")
    d.boundary("late", "sub", after("PT1H"))
    d.user("told")
    d.flow("start", "sub")
    d.flow("late", "told")
    play = Play(d.definition()).start()
    play.message("m")
    assert play.open == ["handling"]
    # when, then
    assert play.wait(hours=1).open == ["told"]


def test_a_called_process_is_undone_by_the_handler_of_its_call_alone() -> None:
    called = Drawing("called")
    called.start()
    called.user("undo_inside", for_compensation=True)
    called.script("work", compensation_handler="undo_inside")
    called.throw("never", compensate("nothing"))
    called.flow("start", "work", "never")
    for handler, expected in ((None, ["after"]), ("undo_call", ["undo_call"])):
        d = Drawing()
        d.start()
        d.user("undo_call", for_compensation=True)
        d.call("call", "called", compensation_handler=handler)
        d.throw("undo", compensate())
        d.user("after")
        d.flow("start", "call", "undo", "after")
        assert Play(d.definition(), called.definition()).start().open == expected


def test_a_message_nobody_waits_for_is_handed_out_and_does_not_hold_the_thrower() -> None:
    d = Drawing()
    d.start()
    d.throw("t", message("m"))
    d.user("next")
    d.flow("start", "t", "next")
    play = Play(d.definition()).start()
    assert [m.name for m in play.sent] == ["m"]
    assert play.open == ["next"]


def test_a_one_shot_timer_of_a_non_interrupting_multiple_event_fires_once_and_the_message_stays() -> None:
    d = Drawing()
    d.start()
    d.user("u")
    d.boundary("b", "u", after("PT1H"), message("m"), interrupting=False)
    d.user("told")
    d.flow("start", "u")
    d.flow("b", "told")
    play = Play(d.definition()).start().wait(hours=3)
    assert play.open == ["told", "u"]
    play.message("m")
    assert play.open == ["told", "told", "u"]


def test_a_parallel_multiple_with_a_one_shot_timer_fires_once() -> None:
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("s")
        d.user("u")
        d.flow("s", "u")
        with d.event_subprocess("esp", after("PT1H"), message("m"), interrupting=False) as begun:
            d.user("told")
            d.flow(begun, "told")
    d.nodes["esp_start"]["parallel_multiple"] = True
    d.flow("start", "sub")
    play = Play(d.definition()).start().wait(hours=1)
    assert play.open == ["u"]
    play.message("m")
    assert play.open == ["told", "u"]
    assert not play.subscriptions


def test_what_can_be_compensated_is_remembered_only_where_something_compensates() -> None:
    # given a loop that never ends, with a handler in it
    d = Drawing()
    d.start()
    d.xor("x")
    d.user("undo", for_compensation=True)
    d.user("u", compensation_handler="undo")
    d.flow("start", "x", "u", "x")
    play = Play(d.definition()).start()
    # when
    for _ in range(20):
        play.complete("u")
    # then nothing has grown
    assert play.rows.live_count == 3


def test_more_done_rows_than_tokens_are_allowed_are_an_incident() -> None:
    from engine.tokens.environment import Budget

    d = Drawing()
    d.start()
    d.xor("x")
    d.user("undo", for_compensation=True)
    d.user("u", compensation_handler="undo")
    d.throw("t", compensate())
    d.flow("start", "x", "u", "x")
    play = Play(d.definition(), budget=Budget(live_tokens=5)).start()
    for _ in range(6):
        play.complete("u")
    assert [i.cause for i in play.incidents.values()] == ["budget"]


def test_what_an_event_subprocess_did_can_be_undone_with_the_scope_around_it() -> None:
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("s")
        d.user("u")
        d.flow("s", "u")
        with d.event_subprocess("esp", message("m"), interrupting=False) as begun:
            d.user("undo_it", for_compensation=True)
            d.script("it", compensation_handler="undo_it")
            d.flow(begun, "it")
    d.throw("undo", compensate())
    d.user("after")
    d.flow("start", "sub", "undo", "after")
    play = Play(d.definition()).start()
    play.message("m")
    assert play.complete("u").open == ["undo_it"]
    assert play.complete("undo_it").open == ["after"]


def test_a_cycle_on_an_intermediate_event_lets_a_token_go_on_each_time() -> None:
    d = Drawing()
    d.start()
    d.catch("c", every("R3/PT1M"))
    d.user("u")
    d.flow("start", "c", "u")
    play = Play(d.definition()).start().wait(minutes=2)
    assert play.open == ["u", "u"]
    assert play.wait(minutes=9).open == ["u", "u", "u"]
    assert [t for _, t, _ in play.rows.tokens_at()] == ["u", "u", "u"]


def test_a_value_that_cannot_be_carried_is_an_incident_of_what_made_it() -> None:
    d = Drawing()
    d.start()
    d.script("grow", "text = text + text")
    d.flow("start", "grow")
    play = Play(d.definition()).start(text="x" * 600_000)
    assert [i.cause for i in play.incidents.values()] == ["script"]
    assert len(str(play.variables["text"])) == 600_000


def test_a_timer_text_of_an_expression_without_a_zone_is_an_incident() -> None:
    d = Drawing()
    d.start()
    d.catch("c", on("${text}"))
    d.flow("start", "c")
    play = Play(d.definition()).start(text="2030-01-01T09:00:00")
    assert [i.cause for i in play.incidents.values()] == ["timer"]


def test_an_error_that_leaves_a_called_process_uncaught_fails_the_whole_instance() -> None:
    called = Drawing("called")
    called.start()
    called.end("bad", error("E"))
    called.flow("start", "bad")
    d = Drawing()
    d.start()
    d.parallel("fork")
    d.user("beside")
    d.call("call", "called")
    d.flow("start", "fork", "beside")
    d.flow("fork", "call")
    play = Play(d.definition(), called.definition()).start()
    assert (play.state, play.open) == ("failed", [])


def test_a_data_object_of_a_subprocess_is_its_own_unless_the_name_is_seen_from_outside() -> None:
    d = Drawing()
    d.start()
    d.data["sub"] = {"D1": "mine", "D2": "ours"}
    with d.inside("sub"):
        d.start("s")
        d.script("set", "mine = 1\nours = 2")
        d.user("u")
        d.flow("s", "set", "u")
    d.flow("start", "sub")
    play = Play(d.definition()).start(ours=0)
    assert play.variables == {"ours": 2}
    assert play.rows.visible(next(iter(play.tasks)))["mine"] == 1


def test_conditions_of_events_see_the_items_of_their_activity() -> None:
    d = Drawing()
    d.start()
    d.user("u", inputs=put(local="n"))
    d.boundary("b", "u", when("local == 1"))
    d.user("told")
    d.flow("start", "u")
    d.flow("b", "told")
    assert Play(d.definition()).start(n=1).open == ["told"]
    assert Play(d.definition()).start(n=2).open == ["u"]


def test_a_signal_reaches_every_wait_of_the_instance_that_stands_at_that_moment_once() -> None:
    d = Drawing()
    d.start()
    d.user("u", multi_instance=many(count="2"))
    d.boundary("b", "u", signal("s"), interrupting=False)
    d.catch("again", signal("s"))
    d.user("told")
    d.flow("start", "u")
    d.flow("b", "again", "told")
    play = Play(d.definition()).start().signal("s")
    assert play.open == ["u", "u"]  # the token that came by it waits for the next
    assert play.signal("s").open == ["told", "u", "u"]
