"""Blocks: the tree a random diagram is drawn from. What a block does is written in `rules`, how it looks in `drawn`.

A block has one way in and at most one way out, so that it can be walked without knowing that there is a graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NUMBERS = ("x0", "x1", "x2")  # 0, 1 or 2: choices
FLAGS = ("b0", "b1", "b2")  # inclusive ways
COUNTERS = ("n0", "n1", "n2")  # counted up by scripts
SWITCHES = tuple(f"k{number}" for number in range(8))  # conditional events, each with one of its own
ITEMS = "items"  # a list of numbers


@dataclass(frozen=True, slots=True)
class Trigger:
    """What an event waits for. `seconds` apart, `times` often (0: once and no cycle)."""

    kind: Literal["timer", "message", "signal", "conditional", "error", "escalation"]
    name: str = ""  # message, signal; conditional: its switch; error, escalation: code, empty catches all
    seconds: int = 0
    times: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """Blocks one after another; with none it is a bare flow."""

    parts: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """A script that adds one to a counter."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Local:
    """A variable that is seen inside an activity only."""

    name: str
    text: str  # a literal, or a name


@dataclass(frozen=True, slots=True)
class Many:
    """Multi-instance: `count` executions, or one for each of `items`; `enough` of them complete it."""

    sequential: bool
    count: int | None = None
    item: str | None = None
    enough: int | None = None
    result: str | None = None  # a list: the item's variable as each execution left it


@dataclass(frozen=True, slots=True)
class Loop:
    """Standard loop: while the number is 1, at most `maximum` times."""

    name: str
    maximum: int | None = None
    test_before: bool = False


@dataclass(frozen=True, slots=True)
class Boundary:
    """An event at the border of an activity; its line goes on after the activity, or has an end of its own."""

    id: str
    trigger: Trigger
    interrupting: bool
    line: Line
    rejoins: bool


@dataclass(frozen=True, slots=True)
class Handler:
    """An event subprocess."""

    id: str
    trigger: Trigger
    interrupting: bool
    level: Level


@dataclass(frozen=True, slots=True)
class Level:
    """The inside of a process or subprocess."""

    line: Line
    handlers: tuple[Handler, ...] = ()


@dataclass(frozen=True, slots=True)
class Activity:
    """A user task, or with a level a subprocess or call activity."""

    id: str
    level: Level | None = None
    is_called: bool = False
    locals: tuple[Local, ...] = ()
    result: str | None = None  # which variable inside is given out, as `r` + id
    marker: Many | Loop | None = None
    boundaries: tuple[Boundary, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One way of a choice: taken for its value (None: the default); `ends` says how, if it never comes out."""

    line: Line
    value: int | None
    ends: str = ""  # "end", "terminate", "error:CODE"


@dataclass(frozen=True, slots=True)
class Choice:
    """Exclusive split and merge."""

    id: str
    name: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Both:
    """Parallel split and join; with `lead` the flows leave that task."""

    id: str
    ways: tuple[Line, ...]
    lead: Activity | None = None


@dataclass(frozen=True, slots=True)
class OpenWay:
    """One way of an inclusive split: taken when its flag is set (None: the default)."""

    line: Line
    flag: str | None


@dataclass(frozen=True, slots=True)
class Some:
    """Inclusive split and join; with `lead` the split is that task's conditional flows."""

    id: str
    ways: tuple[OpenWay, ...]
    lead: Activity | None = None


@dataclass(frozen=True, slots=True)
class Apart:
    """A split whose ways each have an end of their own: last in its level."""

    id: str
    ways: tuple[Line, ...]
    lead: Activity | None = None
    by_starts: bool = False  # drawn as several start events


@dataclass(frozen=True, slots=True)
class Again:
    """A body done again while the number is 1; tested after it, or before."""

    id: str
    name: str
    body: Line
    test_before: bool = False


@dataclass(frozen=True, slots=True)
class Catch:
    """An intermediate event that waits."""

    id: str
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class EventWay:
    """One way behind an event-based gateway."""

    id: str
    trigger: Trigger
    line: Line


@dataclass(frozen=True, slots=True)
class First:
    """Event-based gateway: the first event decides."""

    id: str
    ways: tuple[EventWay, ...]


@dataclass(frozen=True, slots=True)
class Escalate:
    """An intermediate event that throws an escalation."""

    id: str
    code: str


Block = Line | Count | Activity | Choice | Both | Some | Apart | Again | Catch | First | Escalate
