"""What was done is undone: in which order, with which variables, through which handlers. BPMN 2.0.2, 13.5.5."""

from __future__ import annotations

from engine.tokens.definition import Symbol
from tests.engine.tokens.drawing import CANCEL, Drawing, compensate, error, many
from tests.engine.tokens.play import Play


def undoable(d: Drawing, id_: str, *, symbol: str = "script", handler: str = "user", **more: object) -> str:
    """Draw an activity with a compensation handler `undo_ID`."""
    getattr(d, f"{handler}")(f"undo_{id_}", for_compensation=True)
    return str(getattr(d, symbol)(id_, compensation_handler=f"undo_{id_}", **more))


def test_what_was_done_is_undone_in_reverse_order_one_after_the_other() -> None:
    # given a, then b, then c
    d = Drawing()
    d.start()
    for id_ in "abc":
        undoable(d, id_)
    d.throw("undo", compensate())
    d.user("after")
    d.flow("start", "a", "b", "c", "undo", "after")
    # when
    play = Play(d.definition()).start()
    # then
    for expected in ("undo_c", "undo_b", "undo_a"):
        assert play.open == [expected]
        play.complete(expected)
    assert play.open == ["after"]


def test_what_ran_side_by_side_is_undone_side_by_side() -> None:
    # given a, then b beside c, then e
    d = Drawing()
    d.start()
    for id_ in "abce":
        undoable(d, id_, symbol="user")
    d.parallel("fork")
    d.parallel("join")
    d.throw("undo", compensate())
    d.user("after")
    d.flow("start", "a", "fork", "b", "join", "e", "undo", "after")
    d.flow("fork", "c", "join")
    play = Play(d.definition()).start().complete("a").complete("c").complete("b").complete("e")
    # then
    assert play.open == ["undo_e"]
    assert play.complete("undo_e").open == ["undo_b", "undo_c"]
    assert play.complete("undo_b").open == ["undo_c"]
    assert play.complete("undo_c").open == ["undo_a"]
    assert play.complete("undo_a").open == ["after"]


def test_only_the_activity_named_is_undone_and_only_once() -> None:
    d = Drawing()
    d.start()
    undoable(d, "a")
    undoable(d, "b")
    d.throw("undo1", compensate("a"))
    d.throw("undo2", compensate("a"))
    d.user("after")
    d.flow("start", "a", "b", "undo1", "undo2", "after")
    play = Play(d.definition()).start()
    assert play.open == ["undo_a"]
    assert play.complete("undo_a").open == ["after"]


def test_each_execution_of_a_multi_instance_is_undone_with_its_own_item() -> None:
    d = Drawing()
    d.start()
    undoable(d, "book", multi_instance=many("hotels", item="hotel", sequential=True))
    d.throw("undo", compensate())
    d.user("after")
    d.flow("start", "book", "undo", "after")
    play = Play(d.definition()).start(hotels=["x", "y", "z"])
    assert play.open == ["undo_book"] * 3
    assert [play.rows.visible(wait)["hotel"] for wait in play.tasks] == ["x", "y", "z"]
    play.complete("undo_book").complete("undo_book")
    assert play.open == ["undo_book"]
    assert play.complete("undo_book").open == ["after"]


def finished_subprocess(*, event_subprocess: bool = False) -> Drawing:
    d = Drawing()
    d.start()
    d.data["sub"] = {"data": "inner"}
    with d.inside("sub"):
        d.start("s")
        d.script("set", "inner = 'then'")
        undoable(d, "a")
        undoable(d, "b")
        d.flow("s", "set", "a", "b")
        if event_subprocess:
            with d.event_subprocess("esp", compensate()) as begun:
                d.user("first")
                d.throw("now", compensate())
                d.flow(begun, "first", "now")
    d.throw("undo", compensate())
    d.user("after")
    d.flow("start", "sub", "undo", "after")
    return d


def test_a_finished_subprocess_is_undone_through_what_it_did_with_its_variables_then() -> None:
    play = Play(finished_subprocess().definition()).start()
    assert play.open == ["undo_b"]
    assert play.rows.visible(next(iter(play.tasks)))["inner"] == "then"
    play.complete("undo_b")
    assert play.open == ["undo_a"]
    assert play.complete("undo_a").open == ["after"]
    assert "inner" not in play.variables


def test_a_compensation_event_subprocess_decides_how_its_subprocess_is_undone() -> None:
    play = Play(finished_subprocess(event_subprocess=True).definition()).start()
    assert play.open == ["first"]
    assert play.complete("first").open == ["undo_b"]
    assert play.complete("undo_b").complete("undo_a").open == ["after"]


def test_a_subprocess_with_a_handler_of_its_own_is_undone_by_that_alone() -> None:
    d = Drawing()
    d.start()
    d.user("undo_sub", for_compensation=True)
    with d.inside("sub", compensation_handler="undo_sub"):
        d.start("s")
        undoable(d, "a")
        d.flow("s", "a")
    d.end("undo", compensate())
    d.flow("start", "sub", "undo")
    play = Play(d.definition()).start()
    assert play.open == ["undo_sub"]
    assert play.complete("undo_sub").state == "completed"


def test_an_error_event_subprocess_undoes_what_its_scope_had_done() -> None:
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("s")
        undoable(d, "a")
        d.end("bad", error("E"))
        d.flow("s", "a", "bad")
        with d.event_subprocess("esp", error()) as begun:
            d.throw("undo", compensate())
            d.user("mend")
            d.flow(begun, "undo", "mend")
    d.user("after")
    d.flow("start", "sub", "after")
    play = Play(d.definition()).start()
    assert play.open == ["undo_a"]
    assert play.complete("undo_a").open == ["mend"]
    assert play.complete("mend").open == ["after"]


def test_a_throw_that_does_not_wait_goes_on_beside_the_handlers() -> None:
    d = Drawing()
    d.start()
    undoable(d, "a")
    d.throw("undo", compensate(wait=False))
    d.user("after")
    d.flow("start", "a", "undo", "after")
    play = Play(d.definition()).start()
    assert play.open == ["after", "undo_a"]
    assert play.complete("after").state == "active"
    assert play.complete("undo_a").state == "completed"


def transaction(**inside: object) -> Drawing:
    d = Drawing()
    d.start()
    with d.inside("tx", Symbol.TRANSACTION):
        d.start("s")
        undoable(d, "book")
        d.parallel("fork")
        d.user("ask")
        d.user("beside")
        d.xor("x")
        d.end("good")
        d.end("cancel", CANCEL)
        d.flow("s", "book", "fork", "ask", "x")
        d.flow("fork", "beside")
        d.flow("x", "cancel", condition="refused")
        d.flow("x", "good", default=True)
    d.boundary("cancelled", "tx", CANCEL)
    d.user("sorry")
    d.user("after")
    d.flow("start", "tx", "after")
    d.flow("cancelled", "sorry")
    return d


def test_cancelling_a_transaction_drops_undoes_and_only_then_leaves_by_its_cancel_boundary() -> None:
    play = Play(transaction().definition()).start().complete("ask", refused=True)
    assert play.open == ["undo_book"]
    assert play.told("cancelled") == ["beside"]
    assert play.complete("undo_book").open == ["sorry"]


def test_a_transaction_that_succeeds_goes_on() -> None:
    play = Play(transaction().definition()).start().complete("ask", refused=False).complete("beside")
    assert play.open == ["after"]


def test_without_anything_that_compensates_nothing_is_remembered() -> None:
    d = Drawing()
    d.start()
    undoable(d, "a")
    d.user("u")
    d.flow("start", "a", "u")
    assert not Play(d.definition()).start().rows.done


def test_a_handler_that_fails_is_an_incident_and_the_rest_waits_for_it() -> None:
    d = Drawing()
    d.start()
    d.script("undo_a", "x = boom()", for_compensation=True)
    d.script("a", compensation_handler="undo_a")
    undoable(d, "b")
    d.throw("undo", compensate())
    d.user("after")
    d.flow("start", "a", "b", "undo", "after")
    play = Play(d.definition()).start().complete("undo_b")
    assert [i.element_id for i in play.incidents.values()] == ["undo_a"]
    assert play.open == []
