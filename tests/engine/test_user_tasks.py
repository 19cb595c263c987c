"""User tasks: found, claimed once, handed on, drafted; who may not is told why."""

from __future__ import annotations

import pytest

from engine import commands, user_tasks
from engine.errors import Conflict, Forbidden, NotFound
from engine.process_engine import ProcessEngine
from tests.engine.acting import begin, complete, deploy, open_tasks
from tests.engine.drawn import end, in_a_line, start, user

FOR_GROUPS = in_a_line(
    "asks",
    start(),
    user("Task_A", 'camunda:candidateGroups="운영팀,staff" camunda:candidateUsers="kim"'),
    user("Task_B", 'camunda:assignee="${who}" camunda:priority="70" camunda:formKey="review"'),
    end(),
)


@pytest.fixture
def task_id(engine: ProcessEngine) -> int:
    deploy(engine, asks=FOR_GROUPS)
    begin(engine, "asks", {"who": "lee"}, case="CF-1")
    return open_tasks(engine)[0].id


def found(engine: ProcessEngine, **by: object) -> list[str]:
    with engine.reading() as tx:
        return [task.element_id for task in user_tasks.find_open(tx, **by)]  # type: ignore[arg-type]


def test_a_task_carries_what_was_drawn(engine: ProcessEngine, task_id: int) -> None:
    complete(engine, open_tasks(engine)[0].instance_id, "Task_A")
    [task] = open_tasks(engine)
    assert (task.assignee, task.priority, task.form_key, task.business_key) == ("lee", 70, "review", "CF-1")
    assert (task.state, task.version, task.definition_version) == ("open", 1, 1)
    with engine.reading() as tx:
        assert user_tasks.visible_variables(tx, task) == {"who": "lee"}


def test_tasks_are_found_by_those_who_may_take_them(engine: ProcessEngine, task_id: int) -> None:
    assert found(engine, groups=["운영팀"]) == ["Task_A"]
    assert found(engine, groups=["staf"]) == []  # codespell:ignore
    assert found(engine, groups=["STAFF"]) == []
    assert found(engine, users=["kim"]) == ["Task_A"]
    assert found(engine, assignee="lee") == []
    assert found(engine, assignee="lee", groups=["staff"]) == ["Task_A"]
    assert found(engine, business_key="CF-2") == []
    assert found(engine, after=task_id) == []


def test_a_task_is_claimed_by_one_and_given_back(engine: ProcessEngine, task_id: int) -> None:
    # given
    with engine.transaction("kim") as tx:
        commands.claim_user_task(tx, task_id, by="kim")
        commands.claim_user_task(tx, task_id, by="kim")
    # when / then
    with pytest.raises(Conflict) as conflict, engine.transaction("lee") as tx:
        commands.claim_user_task(tx, task_id, by="lee", groups=["staff"])
    assert conflict.value.by == "kim"
    assert found(engine, groups=["staff"], unassigned=True) == []
    with pytest.raises(Conflict), engine.transaction("lee") as tx:
        commands.unclaim_user_task(tx, task_id, by="lee")
    with engine.transaction("kim") as tx:
        commands.unclaim_user_task(tx, task_id, by="kim")
        commands.claim_user_task(tx, task_id, by="lee", groups=["staff"])


def test_who_is_no_candidate_may_not_claim(engine: ProcessEngine, task_id: int) -> None:
    with pytest.raises(Forbidden), engine.transaction("x") as tx:
        commands.claim_user_task(tx, task_id, by="x", groups=["others"])
    with pytest.raises(NotFound), engine.transaction("x") as tx:
        commands.claim_user_task(tx, 999, by="x")


def test_a_task_can_be_handed_to_somebody_else_as_long_as_it_is_open(engine: ProcessEngine, task_id: int) -> None:
    # given
    with engine.transaction("boss") as tx:
        commands.reassign_user_task(tx, task_id, to="park", by="boss")
    assert found(engine, assignee="park") == ["Task_A"]
    # when
    complete(engine, open_tasks(engine)[0].instance_id, "Task_A")
    # then
    with pytest.raises(Conflict), engine.transaction("boss") as tx:
        commands.reassign_user_task(tx, task_id, to="kim", by="boss")


def test_a_draft_is_kept_for_who_has_the_task(engine: ProcessEngine, task_id: int) -> None:
    # given
    with engine.transaction("kim") as tx:
        commands.claim_user_task(tx, task_id, by="kim")
        commands.save_draft(tx, task_id, {"answer": "아직"}, by="kim")
    # when / then
    with engine.reading() as tx:
        assert user_tasks.get(tx, task_id).draft == {"answer": "아직"}
        assert user_tasks.get(tx, task_id).version == 2  # a draft does not make the page of its writer stale
    with pytest.raises(Conflict), engine.transaction("lee") as tx:
        commands.save_draft(tx, task_id, {}, by="lee")
