"""Everything that can be done to a process, on one page. A command takes the transaction first and never commits it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from engine import advance, definitions, deployments, incidents, instances, jobs, messages, user_tasks
from engine.definitions import Deployment
from engine.errors import Conflict, Sentence
from engine.faultpoints import faultpoint
from engine.messages import Message
from engine.tokens.stimuli import Cancelled, IncidentRetried, Started, UserTaskCompleted, VariablesSet
from engine.transaction import Transaction
from engine.variables import check_variable

__all__ = [
    "Deployment",
    "broadcast_signal",
    "cancel_instance",
    "claim_user_task",
    "complete_user_task",
    "deploy",
    "publish_message",
    "reassign_user_task",
    "retry_incident",
    "save_draft",
    "set_variables",
    "start_by_message",
    "start_instance",
    "unclaim_user_task",
]

Variables = Mapping[str, object]
NONE: Variables = {}


def deploy(
    tx: Transaction, files: Mapping[str, bytes], *, by: str, dry_run: bool = False, note: str = ""
) -> Deployment:
    """Deploy diagrams and decisions (file name -> content) together; raises DeploymentRefused with every finding."""
    return deployments.deploy(tx, files, by=by, dry_run=dry_run, note=note)


def start_instance(
    tx: Transaction,
    key: str,
    variables: Variables = NONE,
    *,
    business_key: str | None = None,
    element_id: str | None = None,
    version: int | None = None,
) -> int:
    """Start a process in its newest version (or the one given) and return the instance's id; raises NotFound.

    `element_id` names the start event; None: its none start event.
    """
    _check(variables)
    definition = definitions.latest(tx, key) if version is None else definitions.find(tx, key, version)
    return advance.start(tx, definition, Started(variables, element_id), business_key)


def start_by_message(
    tx: Transaction, name: str, variables: Variables = NONE, *, business_key: str | None = None
) -> list[int]:
    """Start an instance at every start event that listens to the message; returns their ids, none when nobody does."""
    _check(variables)
    return advance.start_by_message(tx, Message(name, variables), business_key)


def publish_message(
    tx: Transaction,
    name: str,
    variables: Variables = NONE,
    *,
    correlation_key: str | None = None,
    business_key: str | None = None,
    buffer_until: datetime | None = None,
) -> int:
    """Give a message to the one token that has waited longest, or else to start events; returns how many took it.

    Nobody waits: it is kept until `buffer_until`, or gone when that is None.
    """
    _check(variables)
    message = Message(name, variables, correlation_key, business_key)
    if advance.receive(tx, message):
        return 1
    started = advance.start_by_message(tx, message, business_key)
    if not started and buffer_until is not None:
        messages.buffer(tx, message, buffer_until)
    return len(started)


def broadcast_signal(tx: Transaction, name: str, variables: Variables = NONE) -> int:
    """Give a signal to everybody who waits for it; returns how many took it."""
    _check(variables)
    return advance.broadcast(tx, name, variables)


def claim_user_task(tx: Transaction, task_id: int, *, by: str, groups: Collection[str] = ()) -> None:
    """Take a task; raises Conflict when somebody has it, Forbidden to who is no candidate."""
    user_tasks.claim(tx, task_id, by=by, groups=groups)


def unclaim_user_task(tx: Transaction, task_id: int, *, by: str) -> None:
    """Give a task back; raises Conflict when it is not `by`'s."""
    user_tasks.unclaim(tx, task_id, by=by)


def reassign_user_task(tx: Transaction, task_id: int, *, to: str, by: str) -> None:
    """Give a task to somebody else; raises Conflict when it is no longer open. Who may is the asker's business."""
    user_tasks.reassign(tx, task_id, to=to)


def save_draft(tx: Transaction, task_id: int, values: Variables, *, by: str) -> None:
    """Keep what somebody has typed so far; raises Conflict when the task is another's or no longer open."""
    user_tasks.save_draft(tx, task_id, values, by=by)


def complete_user_task(tx: Transaction, task_id: int, values: Variables, *, by: str, version: int) -> None:
    """Complete a task with typed values; raises Conflict with who was faster, or when it is not as `version` saw it."""
    _check(values)
    wait_id, held = user_tasks.hold(tx, task_id, version)
    user_tasks.close(tx, task_id, version=version, by=by)
    faultpoint("complete_user_task.closed")
    advance.advance(tx, held, UserTaskCompleted(wait_id, values, by))


def set_variables(tx: Transaction, instance_id: int, variables: Variables) -> None:
    """Set variables of a running instance; conditional events notice. Raises NotFound, Conflict when it has ended."""
    _check(variables)
    held = instances.hold(tx, instance_id)
    instances.refuse_ended(held)
    advance.advance(tx, held, VariablesSet(variables))


def cancel_instance(tx: Transaction, instance_id: int, reason: str) -> None:
    """End an instance where it stands; raises NotFound, Conflict when it has ended."""
    held = instances.hold(tx, instance_id)
    instances.refuse_ended(held)
    advance.advance(tx, held, Cancelled(reason))


def retry_incident(tx: Transaction, incident_id: int, *, by: str) -> None:
    """Try again where a token is held, or run a failed job anew; raises NotFound, Conflict when it is resolved."""
    incident = incidents.get(tx, incident_id)
    if incident.resolved_at is not None:
        raise Conflict(
            Sentence("이미 해결된 문제입니다.", "This incident is resolved."),
            by=incident.resolved_by,
            at=incident.resolved_at.isoformat(),
        )
    if incident.job_id is not None:
        jobs.revive(tx, incident.job_id)
        incidents.resolve(tx, incident_id, by)
        return
    assert incident.instance_id is not None
    assert incident.token_id is not None
    held = instances.hold(tx, incident.instance_id)
    incidents.resolve(tx, incident_id, by)
    advance.advance(tx, held, IncidentRetried(incident.token_id))


def _check(variables: Variables) -> None:
    for name, value in variables.items():
        check_variable(name, value)
