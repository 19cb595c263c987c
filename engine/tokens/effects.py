"""What a step wants done outside the token game: rows for `engine/advance.py` to write, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Value = object


@dataclass(frozen=True, slots=True)
class UserTaskOpened:
    """A person is asked. Attributes are evaluated; groups and users are plain names."""

    wait_id: int
    element_id: str
    name: str
    definition_key: str  # of the process it is drawn in; of a called one `key@version`
    form_key: str | None
    assignee: str | None
    candidate_users: tuple[str, ...]
    candidate_groups: tuple[str, ...]
    due_at: datetime | None
    priority: int | None


@dataclass(frozen=True, slots=True)
class UserTaskWithdrawn:
    """The task is no longer wanted (its token was dropped)."""

    wait_id: int


@dataclass(frozen=True, slots=True)
class JobOpened:
    """A service task wants its handler to run; `variables` are the inputs (all visible ones, with no mapping drawn)."""

    wait_id: int
    element_id: str
    definition_key: str
    topic: str
    variables: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class JobWithdrawn:
    wait_id: int


@dataclass(frozen=True, slots=True)
class TimerSet:
    """A timer waits for `due_at` (UTC). Sent again with the same `wait_id` when a repeating timer is armed anew."""

    wait_id: int
    element_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class TimerCleared:
    wait_id: int


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A token waits for a message or signal (`kind`) of that name; `key` is the correlation key, None for any."""

    wait_id: int
    element_id: str
    kind: str  # "message" | "signal"
    name: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    wait_id: int


@dataclass(frozen=True, slots=True)
class MessageThrown:
    """To be delivered after this step, in the same transaction: to a subscription, or to a message start event."""

    element_id: str
    name: str
    key: str | None
    variables: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class SignalThrown:
    """To be broadcast after this step to all other instances and signal start events (this one took it already)."""

    element_id: str
    name: str
    variables: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class IncidentRaised:
    """A token cannot move without a person. `cause`: script, condition, mapping, decision, timer, job, budget, call"""

    token_id: int
    element_id: str
    cause: str
    message: str
    definition_key: str | None = None  # of a called process, `key@version`; None: the instance's own


@dataclass(frozen=True, slots=True)
class IncidentResolved:
    """A person asked to try again, or the token was dropped and nothing holds it any more."""

    token_id: int


@dataclass(frozen=True, slots=True)
class InstanceEnded:
    """Nothing is left to move. `state`: completed, terminated, failed (an error end event that nobody caught)."""

    state: str
    element_id: str | None  # the end event, where one ended it
    error_code: str | None = None


Effect = (
    UserTaskOpened
    | UserTaskWithdrawn
    | JobOpened
    | JobWithdrawn
    | TimerSet
    | TimerCleared
    | Subscribed
    | Unsubscribed
    | MessageThrown
    | SignalThrown
    | IncidentRaised
    | IncidentResolved
    | InstanceEnded
)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What happened to an element, past tense, in order.

    `kind`: entered, left (completed), cancelled, failed (left by an error), started, ended, incident, resolved,
    thrown, caught. For an activity with a loop or multi-instance marker `left` is written once for each execution
    (`body` False) and once for the marker around them (`body` True).
    `seen` holds every variable visible to the token at that moment: only for elements with extension elements
    (an application reads those), else None.
    """

    kind: str
    element_id: str
    definition_key: str
    token_id: int | None
    scope_id: int | None
    what: str = ""
    body: bool = False
    seen: Mapping[str, Value] | None = None
    host_elements: tuple[str, ...] = ()  # ids of the call activities and subprocesses around it, innermost first
    by: str | None = None
