"""What pushes an instance: the stimuli that `step` takes. `wait_id` is the id of the wait row that is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = object


@dataclass(frozen=True, slots=True)
class Started:
    """A new instance begins: at its none start events, or at the start event (or instantiating element) named."""

    variables: Mapping[str, Value] = field(default_factory=dict)
    element_id: str | None = None


@dataclass(frozen=True, slots=True)
class UserTaskCompleted:
    """A person completed a user task."""

    wait_id: int
    variables: Mapping[str, Value] = field(default_factory=dict)
    by: str | None = None


@dataclass(frozen=True, slots=True)
class JobCompleted:
    """A service task's handler did its work."""

    wait_id: int
    variables: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BpmnErrorThrown:
    """A service task's handler reports a business error of the diagram."""

    wait_id: int
    code: str
    message: str = ""
    variables: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobFailed:
    """A service task's handler has no retries left: the token is held by an incident."""

    wait_id: int
    message: str


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A message reached the subscription `wait_id`."""

    wait_id: int
    name: str
    variables: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignalReceived:
    """A signal was broadcast; every wait for its name in this instance takes it."""

    name: str
    variables: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimerFired:
    """Time has come: every timer that is due at `now` fires, earliest first. `wait_id` is a hint only."""

    wait_id: int | None = None


@dataclass(frozen=True, slots=True)
class VariablesSet:
    """Variables were set from outside; conditional events notice."""

    variables: Mapping[str, Value]
    scope_id: int | None = None


@dataclass(frozen=True, slots=True)
class IncidentRetried:
    """A person asks to try again where the token is held."""

    token_id: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A person ends the instance; it becomes `terminated`."""

    reason: str = ""


Stimulus = (
    Started
    | UserTaskCompleted
    | JobCompleted
    | BpmnErrorThrown
    | JobFailed
    | MessageReceived
    | SignalReceived
    | TimerFired
    | VariablesSet
    | IncidentRetried
    | Cancelled
)
