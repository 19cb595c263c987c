"""Deploying: all findings at once, nothing half, a version only for what changed, pinned callees, start events."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import commands, definitions, instances, jobs
from engine.clock import VirtualClock
from engine.errors import DeploymentRefused, NotFound
from engine.process_engine import ProcessEngine
from tests.engine.acting import begin, deploy, open_tasks
from tests.engine.conftest import MakeEngine
from tests.engine.drawn import call, end, in_a_line, message, script, start, timer, user

LINE = in_a_line("line", start(), user("Task_A"), end())


def test_a_diagram_deployed_as_it_stands_stays_the_version_it_is(engine: ProcessEngine) -> None:
    # given
    deploy(engine, line=LINE)
    # when
    deploy(engine, line=LINE)
    deploy(engine, line=LINE.replace(b"Task_A", b"Task_B"))
    # then
    with engine.reading() as tx:
        assert [one.version for one in definitions.versions(tx, "line")] == [2, 1]
        assert definitions.source(tx, "line", 1) == LINE
        assert b"Task_B" in definitions.source(tx, "line", 2)
        assert definitions.latest(tx, "line").version == 2
        assert [one.key for one in definitions.all_latest(tx)] == ["line"]


def test_a_running_instance_stays_in_its_version_and_a_new_one_takes_the_newest(engine: ProcessEngine) -> None:
    # given
    deploy(engine, line=LINE)
    old = begin(engine, "line")
    # when
    deploy(engine, line=LINE.replace(b"Task_A", b"Task_B"))
    new = begin(engine, "line")
    # then
    assert [task.element_id for task in open_tasks(engine, old)] == ["Task_A"]
    assert [task.element_id for task in open_tasks(engine, new)] == ["Task_B"]


def test_every_fault_of_every_file_is_found_at_once_and_nothing_is_deployed(engine: ProcessEngine) -> None:
    # given
    files = {
        "good.bpmn": LINE,
        "bad.bpmn": in_a_line("bad", start(), script("Script_1", "x = __import__('os')"), end()),
        "worse.bpmn": in_a_line("worse", start(), call("Call_1", "nobody"), end()),
        "notes.txt": b"hello",
    }
    # when
    with pytest.raises(DeploymentRefused) as refused, engine.transaction("owner") as tx:
        commands.deploy(tx, files, by="owner")
    # then
    assert {finding.file for finding in refused.value.findings} == {"bad.bpmn", "worse.bpmn", "notes.txt"}
    with engine.reading() as tx:
        assert definitions.all_latest(tx, None) == []


def test_two_files_may_not_hold_the_same_process(engine: ProcessEngine) -> None:
    with pytest.raises(DeploymentRefused) as refused, engine.transaction("owner") as tx:
        commands.deploy(tx, {"one.bpmn": LINE, "two.bpmn": LINE}, by="owner")
    assert [finding.rule for finding in refused.value.findings] == ["id-twice"]


def test_a_dry_run_says_what_would_be_and_writes_nothing(engine: ProcessEngine) -> None:
    # given
    deploy(engine, line=LINE)
    # when
    with engine.transaction("owner") as tx:
        plan = commands.deploy(tx, {"line.bpmn": LINE.replace(b"_A", b"_B")}, by="owner", dry_run=True)
    # then
    assert (plan.id, [(one.key, one.version, one.id) for one in plan.definitions]) == (None, [("line", 2, 0)])
    with engine.reading() as tx:
        assert definitions.latest(tx, "line").version == 1


def test_callers_deployed_with_a_changed_callee_move_on_with_it(engine: ProcessEngine) -> None:
    # given
    outer = in_a_line("outer", start(), call("Call", "inner"), end())
    inner = in_a_line("inner", start(), user("Task_In"), end())
    deploy(engine, outer=outer, inner=inner)
    # when
    deploy(engine, outer=outer, inner=inner.replace(b"Task_In", b"Task_New"))
    # then
    with engine.reading() as tx:
        assert definitions.latest(tx, "outer").callees == {"Call": 2}
        assert definitions.find(tx, "outer", 1).callees == {"Call": 1}
    assert [task.element_id for task in open_tasks(engine, begin(engine, "outer"))] == ["Task_New"]


def test_processes_that_call_each_other_are_deployed_together_once(engine: ProcessEngine) -> None:
    # given
    ping = in_a_line("ping", start(), user("Task_A"), call("Call", "pong"), end())
    pong = in_a_line("pong", start(), user("Task_B"), call("Call", "ping"), end())
    # when
    deploy(engine, ping=ping, pong=pong)
    deploy(engine, ping=ping, pong=pong)
    # then
    with engine.reading() as tx:
        assert {one.key: (one.version, one.callees["Call"]) for one in definitions.all_latest(tx)} == {
            "ping": (1, 1),
            "pong": (1, 1),
        }


def test_a_deployment_that_is_rolled_back_was_never_there(engine: ProcessEngine) -> None:
    # given
    with pytest.raises(ZeroDivisionError), engine.transaction("owner") as tx:  # noqa: PT012
        commands.deploy(tx, {"line.bpmn": LINE}, by="owner")
        definitions.parsed(tx, "line", 1)
        raise ZeroDivisionError
    # when
    deploy(engine, line=LINE.replace(b"Task_A", b"Task_B"))
    # then
    assert [task.element_id for task in open_tasks(engine, begin(engine, "line"))] == ["Task_B"]


def test_a_new_process_reads_what_another_has_deployed(engine: ProcessEngine) -> None:
    # given
    deploy(engine, line=LINE)
    # when
    definitions._parsed.clear()
    # then
    with engine.reading() as tx:
        assert "Task_A" in definitions.parsed(tx, "line", 1).nodes
        with pytest.raises(NotFound):
            definitions.parsed(tx, "line", 2)


def test_only_the_newest_version_listens_for_its_start_message(engine: ProcessEngine) -> None:
    # given
    def drawn(task: str) -> bytes:
        return in_a_line("heard", start(content=message("ring")), user(task), end(), messages="ring")

    deploy(engine, heard=drawn("Task_A"))
    deploy(engine, heard=drawn("Task_B"))
    # when
    with engine.transaction("a") as tx:
        [id_] = commands.start_by_message(tx, "ring", {"who": "kim"}, business_key="CF-1")
    # then
    assert [task.element_id for task in open_tasks(engine)] == ["Task_B"]
    with engine.reading() as tx:
        assert instances.get(tx, id_).business_key == "CF-1"
        assert instances.variables(tx, id_) == {"who": "kim"}


def test_a_timer_start_fires_at_each_of_its_instants_and_not_before(engine: ProcessEngine, clock: VirtualClock) -> None:
    # given
    deploy(engine, daily=in_a_line("daily", start(content=timer("R2/PT1H", "timeCycle")), user("Task_A"), end()))
    begun = clock.now()
    # when / then
    counts = []
    for minutes in (59, 60, 61, 119, 120, 600):
        engine.advance_clock(begun + timedelta(minutes=minutes))
        counts.append(len(open_tasks(engine)))
    assert counts == [0, 1, 1, 1, 2, 2]


def test_a_new_version_takes_the_start_timers_of_the_old_one_away(engine: ProcessEngine, clock: VirtualClock) -> None:
    # given
    deploy(engine, daily=in_a_line("daily", start(content=timer("R/PT1H", "timeCycle")), user("Task_A"), end()))
    # when
    deploy(engine, daily=in_a_line("daily", start(), user("Task_A"), end()))
    # then
    engine.advance_clock(clock.now() + timedelta(days=1))
    assert open_tasks(engine) == []
    assert engine.next_due() is None


def test_deployments_are_listed_with_who_and_why(make_engine: MakeEngine) -> None:
    # given
    engine = make_engine()
    with engine.transaction("owner") as tx:
        commands.deploy(tx, {"line.bpmn": LINE}, by="owner", note="the first one")
    # when
    with engine.reading() as tx:
        [one] = definitions.deployments(tx)
        assert jobs.backlog(tx).ready == 0
    # then
    assert (one.deployed_by, one.note, [d.key for d in one.definitions]) == ("owner", "the first one", ["line"])
