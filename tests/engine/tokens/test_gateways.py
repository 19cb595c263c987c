"""Gateways: which ways are taken, and what a join waits for. BPMN 2.0.2, 13.4."""

from __future__ import annotations

from collections import Counter

from tests.engine.tokens.drawing import Drawing, after, many, message, on, signal, timer  # noqa: F401
from tests.engine.tokens.play import Play


def fork_and_join(kind: str, conditions: tuple[str | None, str | None] = (None, None)) -> Drawing:
    """Draw start -> fork -> a, b (user tasks) -> join -> last -> end."""
    d = Drawing()
    d.start()
    getattr(d, kind)("fork")
    d.user("a")
    d.user("b")
    getattr(d, kind)("join")
    d.user("last")
    d.end()
    d.flow("start", "fork")
    d.flow("fork", "a", condition=conditions[0])
    d.flow("fork", "b", condition=conditions[1])
    d.flow("a", "join", "last", "end")
    d.flow("b", "join")
    return d


def test_a_parallel_join_waits_for_each_incoming_flow() -> None:
    play = Play(fork_and_join("parallel").definition()).start()
    assert play.open == ["a", "b"]
    play.complete("a")
    assert play.open == ["b"]
    play.complete("b")
    assert play.open == ["last"]
    assert play.complete("last").state == "completed"


def test_a_parallel_join_takes_one_token_of_each_flow_and_keeps_the_second_of_the_same_flow() -> None:
    # given two tokens that come over the same flow of a join
    d = Drawing()
    d.start()
    d.parallel("fork")
    d.user("a", completion_quantity=2)
    d.user("b")
    d.parallel("join")
    d.user("after")
    d.end()
    d.flow("start", "fork", "a", "join", "after", "end")
    d.flow("fork", "b", "join")
    play = Play(d.definition()).start()
    # when both tokens of one side have come, nothing happens
    play.complete("a")
    assert play.open == ["b"]
    # then the other side lets exactly one through, and the instance waits with the one left over
    play.complete("b")
    assert play.open == ["after"]
    assert play.complete("after").state == "active"


def test_an_exclusive_gateway_takes_the_first_true_flow_in_the_order_drawn() -> None:
    d = Drawing()
    d.start()
    d.xor("x")
    d.task("one")
    d.task("two")
    d.task("other")
    d.flow("start", "x")
    d.flow("x", "one", condition="n > 1")
    d.flow("x", "two", condition="n > 0")
    d.flow("x", "other", default=True)
    for n, expected in ((2, "one"), (1, "two"), (0, "other")):
        assert Play(d.definition()).start(n=n).done() == ["start", "x", expected]


def test_no_true_flow_and_no_default_is_an_incident_that_holds_the_token_before_the_gateway() -> None:
    # given
    d = Drawing()
    d.start()
    d.xor("x")
    d.task("one")
    d.flow("start", "x")
    d.flow("x", "one", condition="n > 1")
    # when
    play = Play(d.definition()).start(n=0)
    # then
    (incident,) = play.incidents.values()
    assert (incident.element_id, incident.cause) == ("x", "condition")
    # and once the cause is gone, retrying goes on
    assert play.assign(n=5).retry().state == "completed"


def test_an_inclusive_join_waits_only_for_the_branches_taken() -> None:
    d = fork_and_join("inclusive", ("n > 0", "n > 1"))
    play = Play(d.definition()).start(n=2)
    assert play.open == ["a", "b"]
    assert play.complete("b").open == ["a"]
    assert play.complete("a").open == ["last"]
    assert Play(d.definition()).start(n=1).complete("a").open == ["last"]


def test_an_inclusive_join_waits_for_a_token_that_can_still_come_by_a_detour() -> None:
    # given a join whose second flow is fed by a gateway further back
    d = Drawing()
    d.start()
    d.parallel("fork")
    d.user("a")
    d.user("b")
    d.xor("x")
    d.user("away")
    d.inclusive("join")
    d.user("last")
    d.flow("start", "fork", "a", "join", "last")
    d.flow("fork", "b", "x")
    d.flow("x", "join", condition="n == 1")
    d.flow("x", "away", default=True)
    for n, expected in ((1, ["last"]), (2, ["away", "last"])):
        play = Play(d.definition()).start(n=n).complete("a")
        assert play.open == ["b"]
        assert play.complete("b").open == expected


def test_an_inclusive_join_inside_a_loop_fires_each_turn() -> None:
    # given a loop: split, join, and back before the split
    d = Drawing()
    d.start()
    d.xor("again")
    d.inclusive("fork")
    d.user("a")
    d.user("b")
    d.inclusive("join")
    d.script("count", "n = n + 1")
    d.xor("x")
    d.end()
    d.flow("start", "again", "fork")
    d.flow("fork", "a", condition="True")
    d.flow("fork", "b", condition="n != 1")
    d.flow("a", "join", "count", "x")
    d.flow("b", "join")
    d.flow("x", "again", condition="n < 3")
    d.flow("x", "end", default=True)
    # when three turns are made
    play = Play(d.definition()).start(n=0)
    play.complete("a").complete("b")
    assert play.open == ["a"]
    play.complete("a")
    assert play.open == ["a", "b"]
    play.complete("b").complete("a")
    # then each turn passed the join once
    assert play.state == "completed"
    assert Counter(play.done())["join"] == 3


def test_a_boundary_event_of_a_running_task_may_still_reach_an_inclusive_join() -> None:
    d = Drawing()
    d.start()
    d.parallel("fork")
    d.user("a")
    d.user("b")
    d.boundary("late", "b", after("PT1H"))
    d.inclusive("join")
    d.user("last")
    d.end("b_end")
    d.flow("start", "fork", "a", "join", "last")
    d.flow("fork", "b", "b_end")
    d.flow("late", "join")
    play = Play(d.definition()).start().complete("a")
    assert play.open == ["b"]
    assert play.wait(hours=1).open == ["last"]
    assert Play(d.definition()).start().complete("a").complete("b").open == ["last"]


def test_an_event_gateway_lets_the_earlier_of_two_timers_win_and_clears_the_other() -> None:
    # given
    d = Drawing()
    d.start()
    d.events("gate")
    d.catch("soon", after("PT10M"))
    d.catch("later", after("PT20M"))
    d.user("first")
    d.user("second")
    d.flow("start", "gate", "soon", "first")
    d.flow("gate", "later", "second")
    play = Play(d.definition()).start()
    assert sorted(t.element_id for t in play.timers.values()) == ["later", "soon"]
    # when
    play.wait(minutes=10)
    # then
    assert play.open == ["first"]
    assert not play.timers
    assert play.wait(hours=1).open == ["first"]


def test_an_event_gateway_waits_for_messages_signals_and_receive_tasks() -> None:
    d = Drawing()
    d.start()
    d.events("gate")
    d.catch("m", message("paid"))
    d.catch("s", signal("stop"))
    from engine.tokens.definition import Symbol

    d.add(Symbol.RECEIVE_TASK, "r", message=message("answer"))
    d.flow("start", "gate", "m")
    d.flow("gate", "s")
    d.flow("gate", "r")
    for kind, name in (("message", "paid"), ("signal", "stop"), ("message", "answer")):
        play = Play(d.definition()).start()
        getattr(play, kind)(name)
        assert play.state == "completed"
        assert not play.subscriptions


def test_a_complex_gateway_fires_once_at_its_condition_and_swallows_the_rest() -> None:
    # given two of three must come
    d = Drawing()
    d.start()
    d.parallel("fork")
    d.complex("join", "activationCount >= 2")
    d.user("last")
    d.flow("start", "fork")
    for id_ in "abc":
        d.user(id_)
        d.flow("fork", id_, "join")
    d.flow("join", "last")
    play = Play(d.definition()).start()
    # when
    play.complete("a")
    assert play.open == ["b", "c"]
    play.complete("c")
    # then
    assert play.open == ["b", "last"]
    assert play.complete("b").open == ["last"]
    assert play.complete("last").state == "completed"


def test_a_complex_gateway_sends_again_at_its_reset_only_where_a_flow_asks_for_it() -> None:
    d = Drawing()
    d.start()
    d.parallel("fork")
    d.task("a")
    d.user("b")
    d.complex("join", "activationCount >= 1")
    d.user("started")
    d.user("reset")
    d.flow("start", "fork", "a", "join")
    d.flow("fork", "b", "join")
    d.flow("join", "started", condition="waitingForStart")
    d.flow("join", "reset", condition="not waitingForStart")
    play = Play(d.definition()).start()
    assert play.open == ["b", "started"]
    assert play.complete("b").open == ["reset", "started"]


def test_several_flows_out_of_an_activity_split_by_their_conditions() -> None:
    d = Drawing()
    d.start()
    d.user("a")
    d.user("always")
    d.user("big")
    d.user("otherwise")
    d.flow("start", "a", "always")
    d.flow("a", "big", condition="n > 10")
    assert Play(d.definition()).start().complete("a", n=11).open == ["always", "big"]
    assert Play(d.definition()).start().complete("a", n=1).open == ["always"]


def test_several_flows_into_an_activity_run_it_once_for_each_token() -> None:
    d = Drawing()
    d.start()
    d.parallel("fork")
    d.task("a")
    d.task("b")
    d.user("both")
    d.flow("start", "fork", "a", "both")
    d.flow("fork", "b", "both")
    assert Play(d.definition()).start().open == ["both", "both"]


def test_start_quantity_gathers_and_completion_quantity_sends_tokens() -> None:
    d = Drawing()
    d.start()
    d.task("send", completion_quantity=3)
    d.user("one")
    d.user("gather", start_quantity=3)
    d.end()
    d.flow("start", "send", "one", "gather", "end")
    play = Play(d.definition()).start()
    assert play.open == ["one"] * 3
    play.complete("one").complete("one")
    assert play.open == ["one"]
    assert play.complete("one").open == ["gather"]
    assert play.complete("gather").state == "completed"


def test_a_level_without_start_event_begins_at_everything_that_no_flow_leads_to() -> None:
    d = Drawing()
    d.user("a")
    d.user("b")
    d.user("c")
    d.flow("a", "c")
    assert Play(d.definition()).start().open == ["a", "b"]


def test_a_link_jumps_inside_its_level() -> None:
    d = Drawing()
    from tests.engine.tokens.drawing import link

    d.start()
    d.throw("to", link("L"))
    d.catch("from", link("L"))
    d.user("there")
    d.flow("start", "to")
    d.flow("from", "there")
    d.links["to"] = "from"
    assert Play(d.definition()).start().open == ["there"]


def test_an_instance_begins_by_one_event_of_an_instantiating_gateway() -> None:
    def drawn(*, parallel: bool) -> Drawing:
        d = Drawing()
        d.events("gate", instantiate=True, parallel_event_gateway=parallel)
        d.catch("m1", message("one"))
        d.catch("m2", message("two"))
        d.user("after1")
        d.user("after2")
        d.flow("gate", "m1", "after1")
        d.flow("gate", "m2", "after2")
        return d

    assert Play(drawn(parallel=False).definition()).start("m2").open == ["after2"]
    play = Play(drawn(parallel=True).definition()).start("m1")
    assert play.open == ["after1"]
    assert play.message("two")
    assert play.open == ["after1", "after2"]
    assert not play.message("one")
