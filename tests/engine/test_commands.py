"""The commands walked from end to end on both databases, and what a step costs."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from engine import commands, instances, user_tasks
from engine.errors import Conflict, InvalidVariable, NotFound
from engine.process_engine import ProcessEngine
from tests.engine.acting import begin, complete, deploy, instance, left, open_incidents, open_tasks, story, variables
from tests.engine.drawn import call, end, in_a_line, script, start, user

REQUEST = (Path(__file__).parents[2] / "benchmarks" / "anchors" / "request.bpmn").read_bytes()
PAYLOAD = {"text": "word " * 40, "customer": {"name": "김하늘", "email": "h@example.org"}, "channel": "web"}


def test_a_request_goes_from_its_start_to_its_end(engine: ProcessEngine) -> None:
    # given
    deploy(engine, request=REQUEST)
    # when
    id_ = begin(engine, "request", PAYLOAD, case="CF-1")
    complete(engine, id_, "intake", {}, by="kim")
    complete(engine, id_, "reply", {"answer": "done"}, by="lee")
    # then
    assert instance(engine, id_).state == "completed"
    assert instance(engine, id_).end_element == "end"
    assert left(engine, id_) == ["start", "intake", "compute", "choice", "reply", "end"]
    assert [entry.by for entry in story(engine, id_) if entry.by] == ["kim", "lee"]
    assert variables(engine, id_) == {**PAYLOAD, "words": 200, "answer": "done"}
    with engine.reading() as tx:
        assert user_tasks.completers(tx, "CF-1", ["intake", "reply"]) == {"kim", "lee"}
        assert {task.state for task in user_tasks.of_case(tx, "CF-1")} == {"completed"}
        assert instances.live_rows(tx, id_) <= 1


class Listener:
    """Counts statements and commits of a database, by Core's events."""

    def __init__(self, engine: ProcessEngine) -> None:
        self.statements: list[str] = []
        self.commits = 0
        event.listen(engine.database.engine, "before_cursor_execute", self._statement)
        event.listen(engine.database.engine, "commit", self._commit)

    def _statement(self, connection: object, cursor: object, text: str, *rest: object) -> None:
        self.statements.append(text)

    def _commit(self, connection: object) -> None:
        self.commits += 1


def test_a_step_is_at_most_five_statements_and_one_commit(engine: ProcessEngine) -> None:
    # given
    deploy(engine, request=REQUEST)
    begin(engine, "request", PAYLOAD)  # the first one reads the definition
    listener = Listener(engine)
    costs = []
    # when
    with engine.transaction("a") as tx:
        id_ = commands.start_instance(tx, "request", PAYLOAD)
    costs.append((len(listener.statements), listener.commits))
    for values in ({}, {"answer": "done"}):
        [task] = open_tasks(engine, id_)
        listener.statements.clear()
        listener.commits = 0
        with engine.transaction("a") as tx:
            commands.complete_user_task(tx, task.id, values, by="a", version=task.version)
        costs.append((len(listener.statements), listener.commits))
    # then
    assert costs == [(4, 1), (5, 1), (4, 1)]


def test_sqlite_itself_sees_no_more_statements_than_core_was_told(engine: ProcessEngine) -> None:
    # given
    if not engine.database.is_sqlite:
        return
    deploy(engine, request=REQUEST)
    id_ = begin(engine, "request", PAYLOAD)
    [task] = open_tasks(engine, id_)
    seen: list[str] = []
    # when
    with engine.transaction("a") as tx:
        driver: Any = tx.connection.connection.driver_connection
        driver.set_trace_callback(seen.append)
        commands.complete_user_task(tx, task.id, {}, by="a", version=task.version)
        driver.set_trace_callback(None)
    # then
    assert len(seen) == 5, seen


def test_of_simultaneous_completions_one_wins_and_the_others_hear_who_it_was(engine: ProcessEngine) -> None:
    # given
    deploy(engine, line=in_a_line("line", start(), user("Task_A"), end()))
    ids = [begin(engine, "line") for _ in range(10)]
    tasks = {task.instance_id: task for task in open_tasks(engine)}
    won: list[tuple[int, str]] = []
    lost: list[str | None] = []
    barrier = threading.Barrier(4)

    def everybody(name: str) -> None:
        for id_ in ids:
            barrier.wait()
            try:
                with engine.transaction(name) as tx:
                    commands.complete_user_task(tx, tasks[id_].id, {}, by=name, version=1)
            except Conflict as conflict:
                lost.append(conflict.by)
            else:
                won.append((id_, name))

    # when
    threads = [threading.Thread(target=everybody, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # then
    assert sorted(id_ for id_, _ in won) == ids
    assert len(lost) == 30
    assert set(lost) <= set("abcd")
    assert all(left(engine, id_) == ["Start", "Task_A", "End"] for id_ in ids)


def test_a_task_is_completed_only_as_it_was_seen(engine: ProcessEngine) -> None:
    # given
    deploy(engine, line=in_a_line("line", start(), user("Task_A"), end()))
    begin(engine, "line")
    [task] = open_tasks(engine)
    with engine.transaction("b") as tx:
        commands.claim_user_task(tx, task.id, by="b")
    # when / then
    with pytest.raises(Conflict) as conflict, engine.transaction("a") as tx:
        commands.complete_user_task(tx, task.id, {}, by="a", version=task.version)
    assert conflict.value.by == "b"
    with engine.transaction("b") as tx:
        commands.complete_user_task(tx, task.id, {}, by="b", version=task.version + 1)


def test_a_value_that_no_process_can_carry_is_refused_and_nothing_is_written(engine: ProcessEngine) -> None:
    # given
    deploy(engine, line=in_a_line("line", start(), user("Task_A"), end()))
    # when / then
    with pytest.raises(InvalidVariable), engine.transaction("a") as tx:
        commands.start_instance(tx, "line", {"x": float("nan")})
    with engine.reading() as tx:
        assert instances.find(tx) == []


def test_what_is_not_deployed_cannot_be_started(engine: ProcessEngine) -> None:
    with pytest.raises(NotFound), engine.transaction("a") as tx:
        commands.start_instance(tx, "nowhere")


def test_a_cancelled_instance_is_terminated_and_leaves_nothing_open(engine: ProcessEngine) -> None:
    # given
    deploy(engine, line=in_a_line("line", start(), user("Task_A"), end()))
    id_ = begin(engine, "line")
    # when
    with engine.transaction("a") as tx:
        commands.cancel_instance(tx, id_, "withdrawn by the customer")
    # then
    assert instance(engine, id_).state == "terminated"
    assert open_tasks(engine) == []
    with pytest.raises(Conflict), engine.transaction("a") as tx:
        commands.cancel_instance(tx, id_, "again")


def test_a_script_that_cannot_run_is_an_incident_which_a_person_retries(engine: ProcessEngine) -> None:
    # given
    deploy(engine, line=in_a_line("line", start(), script("Script", "total = missing + 1"), end()))
    id_ = begin(engine, "line")
    [incident] = open_incidents(engine)
    # when
    with engine.transaction("a") as tx:
        commands.set_variables(tx, id_, {"missing": 1})
    with engine.transaction("a") as tx:
        commands.retry_incident(tx, incident.id, by="a")
    # then
    assert (incident.element_id, incident.cause) == ("Script", "script")
    assert open_incidents(engine) == []
    assert variables(engine, id_)["total"] == 2
    assert instance(engine, id_).state == "completed"
    with pytest.raises(Conflict), engine.transaction("a") as tx:
        commands.retry_incident(tx, incident.id, by="b")


def test_a_task_in_a_called_process_names_the_version_that_was_pinned(engine: ProcessEngine) -> None:
    # given
    inner = in_a_line("inner", start(), user("Task_In"), end())
    deploy(engine, inner=inner, outer=in_a_line("outer", start(), call("Call", "inner"), end()))
    id_ = begin(engine, "outer")
    deploy(engine, inner=in_a_line("inner", start(), user("Task_New"), end()))
    # when
    [task] = open_tasks(engine, id_)
    complete(engine, id_, "Task_In")
    # then
    assert (task.definition_key, task.definition_version) == ("inner", 1)
    assert [entry.definition_key for entry in story(engine, id_) if entry.element_id == "Task_In"] == ["inner"] * 2
    assert instance(engine, id_).state == "completed"
    again = begin(engine, "outer")
    assert [task.element_id for task in open_tasks(engine, again)] == ["Task_In"]
