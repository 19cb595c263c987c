"""Multi-instance, loops, subprocesses, calls: what is inside, what it sees, when it is over. BPMN 2.0.2, 13.3."""

from __future__ import annotations

import pytest

from engine.tokens.definition import Symbol
from engine.tokens.environment import Budget
from tests.engine.tokens.drawing import TERMINATE, Drawing, after, error, escalation, loop, many, message, put, signal
from tests.engine.tokens.play import Play


def around(id_: str, symbol: str = "user", **more: object) -> Drawing:
    """Draw start -> ID -> after."""
    d = Drawing()
    d.start()
    getattr(d, symbol)(id_, **more)
    d.user("after")
    d.flow("start", id_, "after")
    return d


def test_parallel_executions_are_all_open_and_each_sees_its_item_and_number() -> None:
    play = Play(around("u", multi_instance=many("people", item="person")).definition()).start(people=["a", "b"])
    seen = [play.rows.visible(wait) for wait in play.tasks]
    assert [(s["person"], s["loopCounter"], s["numberOfInstances"]) for s in seen] == [("a", 1, 2), ("b", 2, 2)]
    assert play.complete("u").open == ["u"]
    assert play.rows.visible(next(iter(play.tasks)))["numberOfCompletedInstances"] == 1
    assert play.rows.visible(next(iter(play.tasks)))["numberOfActiveInstances"] == 1
    assert play.complete("u").open == ["after"]
    assert set(play.variables) == {"people"}


def test_sequential_executions_come_one_after_the_other() -> None:
    play = Play(around("u", multi_instance=many("people", item="person", sequential=True)).definition())
    play.start(people=["a", "b", "c"])
    for person in "abc":
        assert play.open == ["u"]
        seen = play.rows.visible(next(iter(play.tasks)))
        assert (seen["person"], seen["numberOfActiveInstances"]) == (person, 1)
        play.complete("u")
    assert play.open == ["after"]


def test_results_are_collected_in_the_order_of_the_items_whoever_is_first() -> None:
    marker = many("people", item="person", into="answers", of="answer")
    d = around("u", multi_instance=marker, outputs=())
    d.nodes["u"]["inputs"] = put(answer="person")
    play = Play(d.definition()).start(people=["a", "b", "c"])
    last_first = sorted(play.tasks, reverse=True)
    from engine.tokens.stimuli import UserTaskCompleted

    for wait in last_first:
        answer = str(play.rows.visible(wait)["person"]).upper()
        del play.tasks[wait]
        play.step(UserTaskCompleted(wait, {"answer": answer}))
    assert play.variables["answers"] == ["A", "B", "C"]
    assert "answer" not in play.variables


def test_a_completion_condition_drops_the_executions_left_over() -> None:
    marker = many(count="4", until="numberOfCompletedInstances >= 2")
    play = Play(around("u", multi_instance=marker).definition()).start().complete("u").complete("u")
    assert play.open == ["after"]
    assert play.told("cancelled") == ["u", "u"]
    assert play.done() == ["start", "u", "u"]


def test_a_completion_condition_is_asked_after_each_execution_also_without_a_wait() -> None:
    marker = many(count="4", until="numberOfCompletedInstances >= 2")
    play = Play(around("s", "script", text="x = loopCounter", multi_instance=marker).definition()).start()
    assert play.done() == ["start", "s", "s"]


def test_no_items_means_no_execution_and_the_activity_is_over() -> None:
    play = Play(around("u", multi_instance=many("people", item="p", into="r", of="p")).definition()).start(people=[])
    assert play.open == ["after"]
    assert play.done() == ["start"]
    assert play.variables["r"] == []


@pytest.mark.parametrize("collection", ["text", 5, None, {"a": 1}])
def test_a_collection_that_is_not_a_list_is_an_incident(collection: object) -> None:
    play = Play(around("u", multi_instance=many("people", item="p")).definition()).start(people=collection)
    assert [i.cause for i in play.incidents.values()] == ["collection"]
    assert play.assign(people=["a"]).retry().open == ["u"]


def test_a_boundary_event_belongs_to_the_multi_instance_as_a_whole() -> None:
    d = around("u", multi_instance=many(count="3"))
    d.boundary("late", "u", after("PT1H"))
    d.user("told")
    d.flow("late", "told")
    play = Play(d.definition()).start()
    assert len(play.timers) == 1
    play.complete("u")
    assert play.wait(hours=1).open == ["told"]


def test_terminate_in_one_execution_of_a_multi_instance_subprocess_ends_only_that_one() -> None:
    d = Drawing()
    d.start()
    with d.inside("sub", multi_instance=many("list", item="i")):
        d.start("s")
        d.parallel("fork")
        d.user("ask")
        d.user("beside")
        d.end("stop", TERMINATE)
        d.flow("s", "fork", "ask", "stop")
        d.flow("fork", "beside")
    d.user("after")
    d.flow("start", "sub", "after")
    play = Play(d.definition()).start(list=[1, 2])
    assert play.open == ["ask", "ask", "beside", "beside"]
    play.complete("ask")
    assert play.open == ["ask", "beside"]
    assert play.complete("ask").open == ["after"]


def test_behavior_none_throws_for_each_and_one_for_the_first_without_interrupting_its_own_activity() -> None:
    for behavior, times in (("None", 3), ("One", 1)):
        for sequential in (False, True):
            marker = many(
                count="3", sequential=sequential, behavior=behavior, thrown_each=signal("s"), thrown_one=signal("s")
            )
            d = around("s", "script", text="x = 1", multi_instance=marker)
            d.boundary("b", "s", signal("s"))
            d.user("told")
            d.flow("b", "told")
            play = Play(d.definition()).start()
            assert play.open == ["after", *["told"] * times]
            assert play.done().count("s") == 3


def test_behavior_none_can_throw_an_escalation() -> None:
    marker = many(count="2", behavior="None", thrown_each=escalation("C"))
    d = around("u", multi_instance=marker)
    d.boundary("b", "u", escalation("C"))
    d.user("told")
    d.flow("b", "told")
    play = Play(d.definition()).start().complete("u")
    assert play.open == ["told", "u"]
    assert play.complete("u").open == ["after", "told", "told"]


def test_a_thousand_parallel_executions_work_and_one_more_is_an_incident() -> None:
    play = Play(around("u", multi_instance=many(count="1000")).definition()).start()
    assert len(play.tasks) == 1000
    play = Play(around("u", multi_instance=many(count="1001")).definition()).start()
    assert [i.cause for i in play.incidents.values()] == ["budget"]


def test_a_loop_tests_after_each_execution_or_before() -> None:
    text = "n = n + 1"
    play = Play(around("s", "script", text=text, loop=loop("n < 3")).definition()).start(n=5)
    assert play.done().count("s") == 1
    play = Play(around("s", "script", text=text, loop=loop("n < 3", test_before=True)).definition()).start(n=5)
    assert play.done().count("s") == 0
    play = Play(around("s", "script", text=text, loop=loop("n < 3")).definition()).start(n=0)
    assert play.done().count("s") == 3
    play = Play(around("s", "script", text=text, loop=loop("True", maximum=4)).definition()).start(n=0)
    assert play.variables["n"] == 4


def test_a_loop_of_user_tasks_counts_its_turns() -> None:
    play = Play(around("u", loop=loop("loopCounter < 3")).definition()).start()
    for turn in (1, 2, 3):
        assert play.rows.visible(next(iter(play.tasks)))["loopCounter"] == turn
        play.complete("u")
    assert play.open == ["after"]


def test_a_multi_instance_subprocess_gives_each_execution_variables_of_its_own() -> None:
    d = Drawing()
    d.start()
    with d.inside("sub", multi_instance=many("list", item="i")):
        d.start("s")
        d.script("double", "i = i * 2\ntotal = i")
        d.user("u")
        d.flow("s", "double", "u")
    d.flow("start", "sub")
    play = Play(d.definition()).start(list=[1, 2])
    assert [play.rows.visible(wait)["i"] for wait in play.tasks] == [2, 4]
    assert play.variables == {"list": [1, 2], "total": 4}


def test_inputs_are_seen_inside_only_and_outputs_are_written_outward() -> None:
    d = around("u", inputs=put(local="n + 1"), outputs=put(result="local * 10"))
    play = Play(d.definition()).start(n=1)
    assert play.rows.visible(next(iter(play.tasks))) == {"n": 1, "local": 2}
    play.complete("u", local=5)
    assert play.variables == {"n": 1, "result": 50}


def test_a_job_is_given_its_inputs_or_with_no_mapping_all_that_is_visible() -> None:
    play = Play(around("s", "service", inputs=put(a="n")).definition()).start(n=1, m=2)
    assert [job.variables for job in play.jobs.values()] == [{"a": 1}]
    play = Play(around("s", "service").definition()).start(n=1, m=2)
    assert [job.variables for job in play.jobs.values()] == [{"n": 1, "m": 2}]


def test_joins_merge_nothing_and_a_name_is_written_where_it_exists() -> None:
    d = Drawing()
    d.start()
    d.data["sub"] = {"d": "own"}
    with d.inside("sub"):
        d.start("s")
        d.script("set", "own = 1\nshared = own + 1\nfresh = 3")
        d.flow("s", "set")
    d.user("after")
    d.flow("start", "sub", "after")
    play = Play(d.definition()).start(shared=0)
    assert play.variables == {"shared": 2, "fresh": 3}


def test_a_script_writes_all_or_nothing() -> None:
    play = Play(around("s", "script", text="a = 1\nb = nowhere").definition()).start()
    assert play.variables == {}
    assert [i.cause for i in play.incidents.values()] == ["script"]
    assert play.assign(nowhere=2).retry().variables == {"nowhere": 2, "a": 1, "b": 2}


def called_process() -> Drawing:
    d = Drawing("called")
    d.start()
    d.user("inside")
    d.end()
    d.flow("start", "inside", "end")
    return d


def test_a_called_process_sees_nothing_but_what_is_mapped_in_and_gives_what_is_mapped_out() -> None:
    d = around("call", "call", key="called", call_in=put(given="n * 2"), call_out=put(result="answer + given"))
    play = Play(d.definition(), called_process().definition()).start(n=2, secret=1)
    (wait,) = play.tasks
    assert play.rows.visible(wait) == {"given": 4}
    assert play.tasks[wait].definition_key == "called@1"
    assert [where for _, _, where in play.rows.tokens_at()] == ["p", "called@1"]
    play.complete("inside", answer=10, private=5)
    assert play.variables == {"n": 2, "secret": 1, "result": 14}
    entry = next(e for e in play.history if e.element_id == "inside")
    assert (entry.definition_key, entry.host_elements) == ("called@1", ("call",))


def test_without_mappings_nothing_passes_and_a_star_takes_all() -> None:
    bare = Play(around("call", "call", key="called").definition(), called_process().definition()).start(n=1)
    assert bare.rows.visible(next(iter(bare.tasks))) == {}
    assert bare.complete("inside", m=2).variables == {"n": 1}
    d = around("call", "call", key="called", call_in=put(ALL=None), call_out=put(ALL=None))
    play = Play(d.definition(), called_process().definition()).start(n=1)
    assert play.rows.visible(next(iter(play.tasks))) == {"n": 1}
    assert play.complete("inside", m=2).variables == {"n": 1, "m": 2}


def test_a_process_that_calls_itself_for_ever_is_held_at_the_limit_of_depth() -> None:
    d = Drawing()
    d.start()
    d.call("again", "p")
    d.flow("start", "again")
    play = Play(d.definition(), budget=Budget(call_depth=5)).start()
    (incident,) = play.incidents.values()
    assert (incident.cause, incident.element_id, incident.definition_key) == ("budget", "again", "p@1")
    assert play.cancel().state == "terminated"


def test_an_unknown_process_to_call_is_an_incident() -> None:
    play = Play(around("call", "call", key="nowhere").definition()).start()
    assert [i.cause for i in play.incidents.values()] == ["call"]


def test_a_called_process_begins_at_its_none_start_events_alone() -> None:
    # given a process that may be called, and may also be started by a message
    called = called_process()
    called.start("told", message("MSG"))
    called.user("phone")
    called.flow("told", "phone")
    # when it is called
    play = Play(around("call", "call", key="called").definition(), called.definition()).start()
    # then nobody is asked what only the message would ask
    assert play.open == ["inside"]


def test_a_process_that_only_a_message_starts_cannot_be_called() -> None:
    called = Drawing("called")
    called.start("told", message("MSG"))
    called.user("phone")
    called.flow("told", "phone")
    play = Play(around("call", "call", key="called").definition(), called.definition()).start()
    assert [i.cause for i in play.incidents.values()] == ["call"]


def test_terminate_in_a_called_process_ends_only_that() -> None:
    called = called_process()
    called.end("stop", TERMINATE)
    called.user("other")
    called.flow("start", "other", "stop")
    play = Play(around("call", "call", key="called").definition(), called.definition()).start().complete("other")
    assert play.open == ["after"]


def test_an_output_mapping_that_fails_holds_the_call_until_it_is_retried() -> None:
    d = around("call", "call", key="called", call_out=put(result="answer"))
    play = Play(d.definition(), called_process().definition()).start().complete("inside")
    (incident,) = play.incidents.values()
    assert (incident.element_id, incident.cause) == ("call", "mapping")
    assert play.retry().incidents
    assert play.cancel().state == "terminated"


def test_an_empty_subprocess_is_over_at_once() -> None:
    d = Drawing()
    d.start()
    with d.inside("sub"):
        pass
    d.user("after")
    d.flow("start", "sub", "after")
    assert Play(d.definition()).start().open == ["after"]


def ad_hoc(*, sequential: bool, condition: str | None = None, cancel: bool = True) -> Drawing:
    from tests.engine.tokens.drawing import ask

    d = Drawing()
    d.start()
    with d.inside(
        "sub",
        Symbol.AD_HOC_SUBPROCESS,
        ad_hoc_sequential=sequential,
        ad_hoc_condition=ask(condition),
        ad_hoc_cancel_remaining=cancel,
    ):
        for id_ in "abc":
            d.user(id_)
    d.user("after")
    d.flow("start", "sub", "after")
    return d


def test_ad_hoc_activities_run_side_by_side_or_one_after_the_other() -> None:
    assert Play(ad_hoc(sequential=False).definition()).start().open == ["a", "b", "c"]
    play = Play(ad_hoc(sequential=True).definition()).start()
    for id_ in "abc":
        assert play.open == [id_]
        play.complete(id_)
    assert play.open == ["after"]


def test_an_ad_hoc_subprocess_ends_when_its_condition_holds() -> None:
    play = Play(ad_hoc(sequential=False, condition="enough").definition()).start(enough=False)
    assert play.complete("a").open == ["b", "c"]
    assert play.complete("c", enough=True).open == ["after"]
    play = Play(ad_hoc(sequential=False, condition="enough", cancel=False).definition()).start(enough=True)
    assert play.complete("a").open == ["b", "c"]
    play = Play(ad_hoc(sequential=True, condition="enough").definition()).start(enough=True)
    assert play.complete("a").open == ["after"]


def test_a_message_boundary_on_a_subprocess_drops_everything_inside() -> None:
    d = Drawing()
    d.start()
    with d.inside("sub"):
        d.start("s")
        d.user("u", multi_instance=many(count="2"))
        d.boundary("late", "u", after("PT1H"), interrupting=False)
        d.task("t")
        d.flow("s", "u")
        d.flow("late", "t")
    d.boundary("stop", "sub", message("stop"))
    d.boundary("oops", "sub", error())
    d.user("stopped")
    d.flow("start", "sub")
    d.flow("stop", "stopped")
    play = Play(d.definition()).start()
    play.message("stop")
    assert play.open == ["stopped"]
    assert not play.timers
    assert play.told("cancelled").count("u") == 3  # two executions and the marker around them
