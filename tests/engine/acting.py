"""Short words for what tests do with an engine."""

from __future__ import annotations

from collections.abc import Mapping

from engine import commands, history, incidents, instances, user_tasks
from engine.history import Entry
from engine.incidents import Incident
from engine.instances import Instance
from engine.process_engine import ProcessEngine
from engine.user_tasks import UserTask

NOTHING: Mapping[str, object] = {}


def deploy(engine: ProcessEngine, **files: bytes) -> None:
    """Deploy `name=xml` as name.bpmn, together."""
    with engine.transaction("owner") as tx:
        commands.deploy(tx, {f"{name}.bpmn": xml for name, xml in files.items()}, by="owner")


def begin(
    engine: ProcessEngine, key: str, variables: Mapping[str, object] = NOTHING, *, case: str | None = None
) -> int:
    with engine.transaction("a") as tx:
        return commands.start_instance(tx, key, variables, business_key=case)


def open_tasks(engine: ProcessEngine, instance_id: int | None = None) -> list[UserTask]:
    with engine.reading() as tx:
        return user_tasks.find_open(tx, instance_id=instance_id)


def complete(
    engine: ProcessEngine, instance_id: int, element_id: str, values: Mapping[str, object] = NOTHING, by: str = "a"
) -> None:
    task = next(one for one in open_tasks(engine, instance_id) if one.element_id == element_id)
    with engine.transaction(by) as tx:
        commands.complete_user_task(tx, task.id, values, by=by, version=task.version)


def instance(engine: ProcessEngine, instance_id: int) -> Instance:
    with engine.reading() as tx:
        return instances.get(tx, instance_id)


def variables(engine: ProcessEngine, instance_id: int) -> Mapping[str, object]:
    with engine.reading() as tx:
        return instances.variables(tx, instance_id)


def story(engine: ProcessEngine, instance_id: int) -> list[Entry]:
    with engine.reading() as tx:
        return history.of_instance(tx, instance_id)


def left(engine: ProcessEngine, instance_id: int) -> list[str]:
    """The elements left, in order."""
    return [entry.element_id for entry in story(engine, instance_id) if entry.kind == "left"]


def open_incidents(engine: ProcessEngine) -> list[Incident]:
    with engine.reading() as tx:
        return incidents.open_incidents(tx)
