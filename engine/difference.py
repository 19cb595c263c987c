"""Writes what a step changed: each noun its own part, in as few statements as can be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine import history, incidents, jobs, messages, timers, user_tasks
from engine.instances import Ending, split_key
from engine.tokens.effects import (
    Effect,
    HistoryEntry,
    IncidentRaised,
    IncidentResolved,
    InstanceEnded,
    JobOpened,
    JobWithdrawn,
    MessageThrown,
    SignalThrown,
    Subscribed,
    TimerCleared,
    TimerSet,
    Unsubscribed,
    UserTaskOpened,
    UserTaskWithdrawn,
)
from engine.transaction import Transaction
from engine.variables import to_json

WORK = "service"  # the kind of a service task's job


def work_key(instance_id: int, wait_id: int) -> str:
    """Return the job key of a service task's work."""
    return f"{WORK}/{instance_id}/{wait_id}"


@dataclass(slots=True)
class Difference:
    """The effects of one step, netted: what was opened and withdrawn within it leaves no trace."""

    tasks: dict[int, UserTaskOpened] = field(default_factory=dict)
    gone_tasks: set[int] = field(default_factory=set)
    jobs: dict[int, JobOpened] = field(default_factory=dict)
    gone_jobs: set[int] = field(default_factory=set)
    timers: dict[int, TimerSet] = field(default_factory=dict)
    gone_timers: set[int] = field(default_factory=set)
    waits: dict[int, Subscribed] = field(default_factory=dict)
    gone_waits: set[int] = field(default_factory=set)
    raised: dict[int, IncidentRaised] = field(default_factory=dict)
    resolved: set[int] = field(default_factory=set)
    thrown: list[MessageThrown | SignalThrown] = field(default_factory=list)
    ended: InstanceEnded | None = None

    @property
    def ending(self) -> Ending | None:
        """How the instance ended by this step, or None."""
        ended = self.ended
        return Ending(ended.state, ended.element_id, ended.error_code) if ended else None


def net(effects: Iterable[Effect]) -> Difference:
    """Return the difference that the effects of one step make, taken in their order."""
    d = Difference()
    for effect in effects:
        match effect:
            case UserTaskOpened(wait_id):
                d.tasks[wait_id] = effect
            case UserTaskWithdrawn(wait_id):
                _withdraw(wait_id, d.tasks, d.gone_tasks)
            case JobOpened(wait_id):
                d.jobs[wait_id] = effect
            case JobWithdrawn(wait_id):
                _withdraw(wait_id, d.jobs, d.gone_jobs)
            case TimerSet(wait_id):
                d.timers[wait_id] = effect
                d.gone_timers.discard(wait_id)
            case TimerCleared(wait_id):
                d.timers.pop(wait_id, None)  # it may have been armed before this step as well
                d.gone_timers.add(wait_id)
            case Subscribed(wait_id):
                d.waits[wait_id] = effect
            case Unsubscribed(wait_id):
                _withdraw(wait_id, d.waits, d.gone_waits)
            case IncidentRaised(token_id):
                d.raised[token_id] = effect
            case IncidentResolved(token_id):
                d.raised.pop(token_id, None)
                d.resolved.add(token_id)
            case MessageThrown() | SignalThrown():
                d.thrown.append(effect)
            case InstanceEnded():
                d.ended = effect
    return d


def _withdraw(wait_id: int, opened: dict[int, Any], gone: set[int]) -> None:
    if opened.pop(wait_id, None) is None:
        gone.add(wait_id)


@dataclass(frozen=True, slots=True)
class Owner:
    """The instance whose step is written."""

    id: int
    key: str
    version: int
    business_key: str | None


def write(tx: Transaction, owner: Owner, d: Difference, entries: Sequence[HistoryEntry]) -> None:
    """Write everything but the instance's own row."""
    if d.gone_tasks:
        user_tasks.withdraw(tx, owner.id, d.gone_tasks)
    if d.tasks:
        opened = [(task, *split_key(task.definition_key, owner.key, owner.version)) for task in d.tasks.values()]
        user_tasks.open_all(tx, owner.id, owner.business_key, opened)
    _write_jobs(tx, owner, d)
    if d.gone_waits:
        messages.unsubscribe(tx, owner.id, d.gone_waits)
    if d.waits:
        messages.subscribe(tx, owner.id, owner.business_key, owner.key, owner.version, list(d.waits.values()))
    if d.resolved:
        incidents.resolve_tokens(tx, owner.id, d.resolved, tx.actor)
    if d.raised:
        incidents.report_all(tx, owner.id, owner.business_key, owner.key, list(d.raised.values()))
    history.record(tx, owner.id, owner.key, entries)


def _write_jobs(tx: Transaction, owner: Owner, d: Difference) -> None:
    gone = [work_key(owner.id, wait_id) for wait_id in d.gone_jobs]
    gone += [timers.key_of(owner.id, wait_id) for wait_id in d.gone_timers]
    if gone:
        jobs.cancel_all(tx, gone)
    for timer in d.timers.values():
        timers.schedule(tx, owner.id, timer.wait_id, timer.element_id, timer.due_at)
    for work in d.jobs.values():
        payload = {
            "wait": work.wait_id,
            "element": work.element_id,
            "definition": work.definition_key.partition("@")[0],
            "topic": work.topic,
            "variables": to_json(dict(work.variables)),
        }
        jobs.enqueue(tx, WORK, payload, key=work_key(owner.id, work.wait_id), instance_id=owner.id)
