"""Play: one instance stepped in memory, its rows through JSON before every step and checked after it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.tokens.definition import ProcessDefinition
from engine.tokens.effects import (
    Effect,
    HistoryEntry,
    IncidentRaised,
    IncidentResolved,
    InstanceEnded,
    JobOpened,
    JobWithdrawn,
    MessageThrown,
    Subscribed,
    TimerCleared,
    TimerSet,
    Unsubscribed,
    UserTaskOpened,
    UserTaskWithdrawn,
)
from engine.tokens.environment import Budget, Environment
from engine.tokens.invariants import broken_rules
from engine.tokens.rows import Rows
from engine.tokens.step import Step, step
from engine.tokens.stimuli import (
    BpmnErrorThrown,
    Cancelled,
    IncidentRetried,
    JobCompleted,
    JobFailed,
    MessageReceived,
    SignalReceived,
    Started,
    Stimulus,
    TimerFired,
    UserTaskCompleted,
    VariablesSet,
)

BEGIN = datetime(2026, 9, 28, 0, 0, tzinfo=UTC)


def boom() -> object:
    raise ValueError("boom")


class Play:
    """The outside of the token game: keeps what effects ask for, as the engine does in SQL."""

    def __init__(self, definition: ProcessDefinition, *others: ProcessDefinition, **environment: Any) -> None:
        self.definition, self.now = definition, BEGIN
        called = {(other.key, 1): other for other in (*others, definition)}
        functions = {"boom": boom, "in_an_hour": lambda: self.now + timedelta(hours=1), "due": lambda: self.now}
        self.environment = Environment(
            functions=functions, callee=lambda key, version: called[key, version or 1], **environment
        )
        self.stored = json.dumps(Rows.new().dump())
        self.history: list[HistoryEntry] = []
        self.effects: list[Effect] = []
        self.tasks: dict[int, UserTaskOpened] = {}
        self.jobs: dict[int, JobOpened] = {}
        self.timers: dict[int, TimerSet] = {}
        self.subscriptions: dict[int, Subscribed] = {}
        self.incidents: dict[int, IncidentRaised] = {}
        self.sent: list[MessageThrown] = []
        self.ended: InstanceEnded | None = None

    @property
    def rows(self) -> Rows:
        return Rows.load(json.loads(self.stored))

    def step(self, stimulus: Stimulus) -> Step:
        before = self.stored
        rows = self.rows
        made = step(self.definition, rows, stimulus, self.now, self.environment)
        assert json.dumps(rows.dump()) == before, "the step changed the rows it was given"
        self.stored = json.dumps(made.rows.dump())
        assert json.dumps(self.rows.dump()) == self.stored
        self.history += made.history
        self.effects += made.effects
        for effect in made.effects:
            self.do(effect)
        broken = broken_rules(self.definition, made.rows, self.environment)
        assert not broken, broken
        self._compare(made.rows)
        return made

    def _compare(self, rows: Rows) -> None:
        """The outside knows of exactly the waits that the rows hold."""
        inside = {kind: {w.id for w in rows.waits.values() if w.kind in kind} for kind in _KINDS}
        outside: tuple[Mapping[int, object], ...] = (self.tasks, self.jobs, self.timers, self.subscriptions)
        for kind, known in zip(_KINDS, outside, strict=True):
            assert inside[kind] == set(known), kind
        assert set(rows.incident_tokens()) == set(self.incidents)
        assert (self.ended is not None) == (rows.state != "active")

    def do(self, effect: Effect) -> None:
        match effect:
            case UserTaskOpened():
                self.tasks[effect.wait_id] = effect
            case UserTaskWithdrawn(wait_id):
                del self.tasks[wait_id]
            case JobOpened():
                self.jobs[effect.wait_id] = effect
            case JobWithdrawn(wait_id):
                del self.jobs[wait_id]
            case TimerSet():
                self.timers[effect.wait_id] = effect
            case TimerCleared(wait_id):
                del self.timers[wait_id]
            case Subscribed():
                self.subscriptions[effect.wait_id] = effect
            case Unsubscribed(wait_id):
                del self.subscriptions[wait_id]
            case IncidentRaised():
                self.incidents[effect.token_id] = effect
            case IncidentResolved(token_id):
                del self.incidents[token_id]
            case MessageThrown():
                self.sent.append(effect)
            case InstanceEnded():
                assert self.ended is None
                self.ended = effect

    # ------------------------------------------------------------------ what may be done
    def start(self, element: str | None = None, **variables: object) -> Play:
        self.step(Started(variables, element))
        return self

    def complete(self, element: str, by: str | None = None, **variables: object) -> Play:
        wait_id = next(w for w, task in self.tasks.items() if task.element_id == element)
        del self.tasks[wait_id]
        self.step(UserTaskCompleted(wait_id, variables, by))
        return self

    def finish_job(self, element: str, **variables: object) -> Play:
        self.step(JobCompleted(self._take_job(element), variables))
        return self

    def fail_job(self, element: str, message: str = "no") -> Play:
        self.step(JobFailed(self._take_job(element), message))
        return self

    def job_error(self, element: str, code: str, **variables: object) -> Play:
        self.step(BpmnErrorThrown(self._take_job(element), code, "said so", variables))
        return self

    def _take_job(self, element: str) -> int:
        wait_id = next(w for w, job in self.jobs.items() if job.element_id == element)
        del self.jobs[wait_id]
        return wait_id

    def message(self, name: str, **variables: object) -> bool:
        found = next((w for w, s in self.subscriptions.items() if (s.kind, s.name) == ("message", name)), None)
        if found is not None:
            self.step(MessageReceived(found, name, variables))
        return found is not None

    def signal(self, name: str, **variables: object) -> Play:
        self.step(SignalReceived(name, variables))
        return self

    def assign(self, **variables: object) -> Play:
        self.step(VariablesSet(variables))
        return self

    def cancel(self, reason: str = "") -> Play:
        self.step(Cancelled(reason))
        return self

    def retry(self) -> Play:
        for token_id in list(self.incidents):
            if token_id in self.incidents:
                self.step(IncidentRetried(token_id))
        return self

    def wait(self, **amount: float) -> Play:
        """Move the clock on, each timer at its own instant."""
        until = self.now + timedelta(**amount)
        while self.ended is None and self.timers:
            due_at = min(set_.due_at for set_ in self.timers.values())
            if due_at > until:
                break
            self.now = max(self.now, due_at)
            self.step(TimerFired())
        self.now = until
        return self

    # ------------------------------------------------------------------ what is to be seen
    @property
    def open(self) -> list[str]:
        return sorted(task.element_id for task in self.tasks.values())

    def done(self) -> list[str]:
        """Activities and events left so far, in order: one entry for each execution, none for markers."""
        return [e.element_id for e in self.history if e.kind == "left" and not e.body]

    def told(self, kind: str) -> list[str]:
        return [entry.element_id for entry in self.history if entry.kind == kind]

    @property
    def state(self) -> str:
        return self.rows.state

    @property
    def variables(self) -> Mapping[str, object]:
        return self.rows.root_variables()


_KINDS: Sequence[tuple[str, ...]] = (("userTask",), ("job",), ("timer",), ("message", "signal"))
SMALL = Budget(moves=200)
