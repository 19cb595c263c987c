"""Instances, what happened in them, and what holds them: as pages and programs read them."""

from __future__ import annotations

import pytest

from engine import commands, faultpoints, history, incidents, instances
from engine.errors import NotFound
from engine.process_application import InstanceView, Moved, ProcessApplication
from engine.process_engine import ProcessEngine
from engine.transaction import Transaction
from tests.engine.acting import begin, complete, deploy, open_incidents
from tests.engine.conftest import MakeEngine
from tests.engine.drawn import call, end, in_a_line, script, start, user

LINE = in_a_line("line", start(), user("Task_A"), end())


def test_instances_are_found_by_process_state_and_case_newest_first_in_pages(engine: ProcessEngine) -> None:
    # given
    deploy(engine, line=LINE, other=in_a_line("other", start(), end()))
    ids = [begin(engine, "line", case=f"CF-{number}") for number in range(5)]
    done = begin(engine, "other", case="CF-1")
    # when / then
    with engine.reading() as tx:
        assert [one.id for one in instances.find(tx, process="line", limit=2)] == [ids[4], ids[3]]
        assert [one.id for one in instances.find(tx, process="line", limit=9, after=ids[3])] == ids[2::-1]
        assert [one.id for one in instances.find(tx, business_key="CF-1")] == [done, ids[1]]
        assert [one.id for one in instances.find(tx, state="completed")] == [done]
        assert instances.count_by_state(tx) == {("line", "active"): 5, ("other", "completed"): 1}
        with pytest.raises(NotFound):
            instances.get(tx, 999)
        with pytest.raises(NotFound):
            instances.tokens(tx, 999)


def test_tokens_are_shown_in_the_process_they_stand_in(engine: ProcessEngine) -> None:
    # given
    deploy(engine, line=LINE, outer=in_a_line("outer", start(), call("Call", "line"), end()))
    id_ = begin(engine, "outer")
    # when
    with engine.reading() as tx:
        found = {(one.element_id, one.definition_key, one.definition_version) for one in instances.tokens(tx, id_)}
    # then
    assert found == {("Call", "outer", 1), ("Task_A", "line", 1)}


def test_history_tells_a_case_in_order_and_in_pages(engine: ProcessEngine) -> None:
    # given
    deploy(engine, line=LINE)
    one, two = begin(engine, "line", case="CF-1"), begin(engine, "line", case="CF-1")
    complete(engine, one, "Task_A", by="kim")
    # when
    with engine.reading() as tx:
        all_of_it = history.of_case(tx, "CF-1")
        first = history.of_instance(tx, one, limit=2)
        rest = history.of_instance(tx, one, after=first[-1].id)
    # then
    assert [entry.id for entry in all_of_it] == sorted(entry.id for entry in all_of_it)
    assert {entry.instance_id for entry in all_of_it} == {one, two}
    assert first + rest == [entry for entry in all_of_it if entry.instance_id == one]
    assert {entry.definition_key for entry in all_of_it} == {"line"}


def test_incidents_of_a_cancelled_instance_are_open_no_more(engine: ProcessEngine) -> None:
    # given
    deploy(engine, breaks=in_a_line("breaks", start(), script("Script", "x = nothing"), end()))
    id_ = begin(engine, "breaks", case="CF-3")
    with engine.reading() as tx:
        assert [one.business_key for one in incidents.open_incidents(tx, business_key="CF-3")] == ["CF-3"]
    # when
    with engine.transaction("admin") as tx:
        commands.cancel_instance(tx, id_, "drawn wrongly")
    # then
    assert open_incidents(engine) == []
    with engine.reading() as tx:
        [one] = incidents.of_instance(tx, id_)
        assert (one.resolved_by, incidents.count_open(tx)) == ("admin", 0)
        with pytest.raises(NotFound):
            incidents.get(tx, 999)


def test_an_application_is_told_of_every_step_and_lends_its_functions(make_engine: MakeEngine) -> None:
    # given
    told: list[tuple[int, list[str], str | None]] = []
    asked: list[InstanceView] = []

    def observe(tx: Transaction, moved: Moved) -> None:
        assert moved.evaluate("${case_no} is ${number + 1}", {"number": 1, "case_no": "CF-1"}) == "CF-1 is 2"
        assert moved.evaluate("my_case()", {}) == "CF-1"
        for entry in moved.entries:
            if entry.kind == "entered":
                assert moved.node(entry.definition_key, entry.element_id) is not None
        ended = moved.ended.state if moved.ended else None
        told.append((moved.instance.id, [entry.element_id for entry in moved.entries], ended))

    def functions(tx: Transaction, view: InstanceView) -> dict[str, object]:
        asked.append(view)
        return {"my_case": lambda: view.business_key}

    application = ProcessApplication(
        observe=observe,
        functions=functions,  # type: ignore[arg-type]
        function_names=frozenset({"my_case"}),
    )
    engine = make_engine(application)
    inner = in_a_line("inner", start(), script("Script", "case_no = my_case()"), user("Task_A"), end())
    deploy(engine, inner=inner, outer=in_a_line("outer", start(), call("Call", "inner"), end()))
    # when
    id_ = begin(engine, "outer", case="CF-1")
    complete(engine, id_, "Task_A")
    # then
    assert [(one, ended) for one, _, ended in told] == [(id_, None), (id_, "completed")]
    assert {view.id for view in asked} == {id_}


def test_fault_points_tell_whoever_listens(engine: ProcessEngine) -> None:
    # given
    deploy(engine, line=LINE)
    seen: list[str] = []
    faultpoints.listen(seen.append)
    # when
    begin(engine, "line")
    faultpoints.listen(None)
    begin(engine, "line")
    # then
    assert seen == ["advance.stepped", "advance.written", "transaction.commit", "transaction.committed"]
