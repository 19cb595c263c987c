"""Stand: one instance of the engine, through JSON before every step, its rows checked after it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from engine.errors import Conflict
from engine.spiff import Known, read_diagram
from engine.tokens import invariants, step
from engine.tokens.definition import ProcessDefinition
from engine.tokens.effects import (
    Effect,
    HistoryEntry,
    IncidentRaised,
    IncidentResolved,
    InstanceEnded,
    JobOpened,
    JobWithdrawn,
    Subscribed,
    TimerCleared,
    TimerSet,
    Unsubscribed,
    UserTaskOpened,
    UserTaskWithdrawn,
)
from engine.tokens.environment import Environment
from engine.tokens.rows import Rows
from engine.tokens.stimuli import BpmnErrorThrown, JobCompleted, JobFailed, Stimulus, UserTaskCompleted

BEGIN = datetime(2026, 9, 28, tzinfo=UTC)


class Wrong(AssertionError):
    """The engine did something that it must not do."""


def read(xml: bytes, key: str, **known: Any) -> tuple[ProcessDefinition, Mapping[str, ProcessDefinition]]:
    """Return a process of a file and all of them by key; raises Wrong when the file is refused."""
    reading = read_diagram("random.bpmn", xml, known=Known(**known))
    if reading.is_refused:
        raise Wrong(f"refused: {[str(f) for f in reading.findings if f.severity == 'refusal']}")
    found = {definition.key: definition for definition in reading.definitions}
    return found[key], found


class Stand:
    """The outside of one instance: it keeps what effects ask for, and the rows as the text a database would hold."""

    def __init__(self, definition: ProcessDefinition, others: Mapping[str, ProcessDefinition], **more: Any) -> None:
        self.definition, self.now = definition, BEGIN
        self.environment = Environment(callee=lambda key, version: others[key], **more)
        self.stored = json.dumps(Rows.new().dump())
        self.history: list[HistoryEntry] = []
        self.waits: dict[int, Effect] = {}
        self.incidents: dict[int, IncidentRaised] = {}
        self.answered: list[Stimulus] = []
        self.ended: InstanceEnded | None = None
        self.is_taken_over = False  # history began elsewhere
        self.ended_once: Counter[tuple[str, int | None, int | None, bool]] = Counter()

    @property
    def rows(self) -> Rows:
        return Rows.load(json.loads(self.stored))

    def give(self, stimulus: Stimulus) -> None:
        """Make a step; raises Wrong, and whatever the engine raises (Conflict when the stimulus is stale)."""
        before = self.rows
        given = json.dumps(before.dump())
        made = step.step(self.definition, before, stimulus, self.now, self.environment)
        if json.dumps(before.dump()) != given:
            raise Wrong("the step changed the rows it was given")
        self.stored = json.dumps(made.rows.dump())
        if isinstance(stimulus, UserTaskCompleted | JobCompleted | BpmnErrorThrown | JobFailed):
            self.waits.pop(stimulus.wait_id)
            self.answered.append(stimulus)
        for effect in made.effects:
            self._do(effect)
        self._check_history(made.history)
        self._check(made.rows)

    def take_over(self, stored: str, now: datetime) -> None:
        """Go on with rows that were saved elsewhere; the outside learns from them what waits."""
        self.stored, self.now = stored, now
        for wait in self.rows.list_waits():
            if wait.kind != "condition":
                self.waits[wait.id] = TimerSet(wait.id, wait.element, wait.due_at or now)
        for id_ in self.rows.incident_tokens():
            self.incidents[id_] = IncidentRaised(id_, self.rows.tokens[id_].element, "", "")
        self.is_taken_over = True

    def is_refused(self, stimulus: Stimulus) -> bool:
        """Whether a stale stimulus raises Conflict."""
        try:
            step.step(self.definition, self.rows, stimulus, self.now, self.environment)
        except Conflict:
            return True
        return False

    def _do(self, effect: Effect) -> None:
        match effect:
            case UserTaskOpened(wait_id) | JobOpened(wait_id) | TimerSet(wait_id) | Subscribed(wait_id):
                self.waits[wait_id] = effect
            case UserTaskWithdrawn(wait_id) | JobWithdrawn(wait_id) | TimerCleared(wait_id) | Unsubscribed(wait_id):
                if self.waits.pop(wait_id, None) is None:
                    raise Wrong(f"{effect} for a wait that the outside does not know")
            case IncidentRaised(token_id):
                self.incidents[token_id] = effect
            case IncidentResolved(token_id):
                self.incidents.pop(token_id)
            case InstanceEnded():
                if self.ended is not None:
                    raise Wrong("ended twice")
                self.ended = effect

    def _check(self, after: Rows) -> None:
        broken = invariants.broken_rules(self.definition, after, self.environment)
        if broken:
            raise Wrong(f"broken: {broken}")
        inside = {wait.id for wait in after.list_waits() if wait.kind != "condition"}
        if inside != self.waits.keys():
            raise Wrong(f"the rows wait for {sorted(inside)}, the outside knows {sorted(self.waits)}")
        self.incidents = {id_: raised for id_, raised in self.incidents.items() if id_ in after.tokens}
        if set(after.incident_tokens()) != self.incidents.keys():
            raise Wrong(f"held are {after.incident_tokens()}, told were {sorted(self.incidents)}")
        if (self.ended is not None) != (after.state != "active"):
            raise Wrong(f"the instance is {after.state}, told was {self.ended}")
        if after.state == "active" and not after.waits and not self.incidents and not is_stalled(after):
            raise Wrong("nothing to wait for, and not ended: a silent stall")

    def _check_history(self, entries: Sequence[HistoryEntry]) -> None:
        """Each execution of an activity is left, cancelled or failed at most once for each time it was entered."""
        is_over = any(entry.kind == "ended" for entry in self.history)
        for entry in entries:
            if is_over:
                raise Wrong(f"after the end: {entry}")
            is_over = entry.kind == "ended"
            if entry.kind == "ended" and entry is not entries[-1]:
                raise Wrong(f"{entries[-1]} was told after the end")
            key = (entry.element_id, entry.token_id, entry.scope_id, entry.body)
            element = self._symbol(entry)
            if not element.endswith(("Task", "ubProcess", "transaction", "callActivity")):
                continue
            if entry.kind == "entered":
                self.ended_once[key] += 1
            elif entry.kind in ("left", "cancelled", "failed"):
                self.ended_once[key] -= 1
                if self.ended_once[key] < 0 and not self.is_taken_over:
                    raise Wrong(f"not entered, or over already: {entry}")
        self.history += entries
        if is_over and not self.is_taken_over:
            open_still = [key for key, count in self.ended_once.items() if count]
            if open_still:
                raise Wrong(f"the instance has ended, but these were never over: {open_still}")

    def _symbol(self, entry: HistoryEntry) -> str:
        key = entry.definition_key.partition("@")[0]
        definition = self.definition if key == self.definition.key else self.environment.callee(key, None)
        node = definition.nodes.get(entry.element_id)
        return "" if node is None else node.symbol


def is_stalled(after: Rows) -> bool:
    """Whether what is left only waits at joins: a fault of the diagram, not of the engine."""
    return any(token.state in ("joining", "resetting") for token in after.tokens.values())
