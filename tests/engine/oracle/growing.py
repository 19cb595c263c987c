"""Growing: random block trees of two families. A: tasks, gateways, loops, subprocesses. B: the same with events.

What two readings of the standard could put in another order is left out: scripts only count, an error or terminate
end follows a task directly, and no two timers have the same duration.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from tests.engine.oracle.blocks import (
    COUNTERS,
    FLAGS,
    NUMBERS,
    SWITCHES,
    Activity,
    Again,
    Apart,
    Block,
    Both,
    Boundary,
    Catch,
    Choice,
    Count,
    Escalate,
    EventWay,
    First,
    Handler,
    Level,
    Line,
    Local,
    Loop,
    Many,
    OpenWay,
    Some,
    Trigger,
    Way,
)

CODES = ("E1", "E2")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ground:
    """What may grow at a place."""

    depth: int = 0
    may_end: bool = True  # no parallel join is waiting for this way
    may_open: bool = True  # no second token can come here: an inclusive block is safe
    is_last: bool = True  # nothing comes after in this level
    may_signal: bool = True  # not inside executions side by side
    is_top: bool = True  # directly in the line of a level
    may_start_apart: bool = False  # several start events may be drawn


@dataclass
class Gardener:
    """Grows one tree; `left` is how many more blocks it may have."""

    random: random.Random
    has_events: bool
    left: int
    number: int = 0
    seconds: list[int] = field(default_factory=list)
    switches: list[str] = field(default_factory=lambda: list(SWITCHES))

    def new_id(self, letter: str) -> str:
        self.number += 1
        return f"{letter}{self.number}"

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # ------------------------------------------------------------------ lines
    def level(self, ground: Ground, handlers: float = 0.35) -> Level:
        ground = replace(ground, may_end=True, may_open=True, is_last=True, is_top=True)
        line = self.line(ground, begins_with_task=True)
        grown: list[Handler] = []
        while self.has_events and self.left > 0 and ground.depth < 3 and self.chance(handlers) and len(grown) < 3:
            grown.append(self.handler(ground))
        return Level(line, one_of_each([(handler.trigger, handler) for handler in grown]))

    def line(self, ground: Ground, *, begins_with_task: bool = False, may_be_empty: bool = False) -> Line:
        parts: list[Block] = []
        count = self.random.choice((1, 1, 2, 2, 3)) + (2 if ground.depth == 0 else 0)
        if may_be_empty and self.chance(0.3):
            return Line()
        if begins_with_task:
            if ground.is_top and ground.may_start_apart and self.chance(0.08):
                return Line((self.apart(ground, by_starts=True),))
            parts.append(self.activity(ground, only_task=True))
        for number in range(count):
            if self.left <= 0:
                break
            here = ground if number == count - 1 else replace(ground, is_last=False)
            block, ground = self.block(here, ground)
            parts.append(block)
            if isinstance(block, Apart):
                return Line(tuple(parts))
            if isinstance(block, Activity) and block.level is None and block.marker is None:
                parts += self.ending(ground)
        if not parts and not may_be_empty:
            parts.append(self.activity(ground, only_task=True))
        return Line(tuple(parts))

    def block(self, here: Ground, ground: Ground) -> tuple[Block, Ground]:
        """Return a block, and what may grow after it."""
        self.left -= 1
        deep = ground.depth >= 4
        kinds = {"task": 5, "count": 3, "choice": 0 if deep else 3, "both": 0 if deep else 2, "again": 0 if deep else 2}
        kinds["some"] = 0 if deep or not here.may_open else 3
        kinds["inside"] = 0 if deep else 2
        kinds["apart"] = 1 if here.is_last and here.is_top and not deep else 0
        if self.has_events:
            kinds |= {"catch": 2, "first": 0 if deep else 2, "escalate": 1 if ground.depth else 0, "inside": 4}
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        deeper = replace(here, depth=here.depth + 1, is_top=False, is_last=False)
        match kind:
            case "task":
                task = self.activity(here)
                if self.doubles(here):
                    return self.doubled(task, here), replace(ground, may_open=False)
                return task, ground
            case "count":
                return Count(self.new_id("c"), self.random.choice(COUNTERS)), ground
            case "choice":
                return self.choice(deeper), ground
            case "both":
                return self.both(deeper), ground
            case "some":
                return self.some(deeper), ground
            case "again":
                body = self.line(deeper, begins_with_task=True)
                return Again(self.new_id("a"), self.random.choice(NUMBERS), body, self.chance(0.3)), ground
            case "apart":
                return self.apart(deeper), ground
            case "catch":
                return Catch(self.new_id("w"), self.trigger(here)), ground
            case "first":
                return self.first(deeper), ground
            case "escalate":
                task = self.activity(here, only_task=True)
                return Line((task, Escalate(self.new_id("u"), self.random.choice(CODES)))), ground
            case _:
                return self.inside(here), ground

    def doubles(self, here: Ground) -> bool:
        return self.has_events and here.is_top and self.chance(0.12)

    def doubled(self, task: Activity, here: Ground) -> Activity:
        """A task from which a second token comes, over a non-interrupting event, into what follows."""
        line = self.line(replace(here, depth=here.depth + 2, may_open=False, is_last=False, is_top=False))
        boundary = Boundary(
            self.new_id("b"),
            self.trigger(here, repeats=True, may_switch=task.marker is None),
            False,
            line,
            rejoins=True,
        )
        return replace(task, boundaries=(*task.boundaries, boundary))

    # ------------------------------------------------------------------ splits
    def ending(self, ground: Ground) -> list[Block]:
        """After a task: perhaps a way that ends by an error, by terminate, or just ends."""
        kinds: list[str] = ["end"] if ground.may_end else []
        if self.has_events:
            kinds += ["terminate", *(f"error:{code}" for code in CODES)]
        if not kinds or not self.chance(0.25 if self.has_events and ground.depth else 0.06):
            return []
        ends = self.random.choice(kinds)
        line = self.line(self.aside(ground)) if ends == "end" and self.chance(0.5) else Line()
        ways = (Way(line, self.random.randrange(3), ends), Way(Line(), None))
        return [Choice(self.new_id("x"), self.random.choice(NUMBERS), ways)]

    def aside(self, ground: Ground) -> Ground:
        """A way with an end of its own: it never meets what it left."""
        return replace(ground, depth=ground.depth + 1, may_end=True, is_top=False, is_last=False)

    def choice(self, ground: Ground) -> Choice:
        values = self.random.sample(range(3), self.random.choice((1, 1, 2)))
        ways = [Way(self.line(ground, may_be_empty=True), value) for value in [*values, None]]
        self.random.shuffle(ways)
        return Choice(self.new_id("x"), self.random.choice(NUMBERS), tuple(ways))

    def both(self, ground: Ground) -> Both:
        inside = replace(ground, may_end=False)
        ways = tuple(self.line(inside) for _ in range(self.random.choice((2, 2, 3))))
        return Both(self.new_id("p"), ways, self.lead())

    def some(self, ground: Ground) -> Some:
        flags = self.random.sample(FLAGS, self.random.choice((1, 2, 2, 3)))
        ways = [OpenWay(self.line(ground, may_be_empty=True), flag) for flag in [*flags, None]]
        self.random.shuffle(ways)
        return Some(self.new_id("o"), tuple(ways), self.lead())

    def apart(self, ground: Ground, *, by_starts: bool = False) -> Apart:
        inside = replace(ground, may_end=True, is_top=False, is_last=False, depth=ground.depth + 1)
        ways = tuple(self.line(inside, begins_with_task=by_starts) for _ in range(2))
        return Apart(self.new_id("f"), ways, None if by_starts else self.lead(), by_starts)

    def lead(self) -> Activity | None:
        return Activity(self.new_id("t")) if self.chance(0.3) else None

    def first(self, ground: Ground) -> First:
        ways = tuple(
            EventWay(self.new_id("w"), self.trigger(ground), self.line(ground, may_be_empty=True)) for _ in range(2)
        )
        return First(self.new_id("g"), ways)

    # ------------------------------------------------------------------ activities
    def activity(self, ground: Ground, *, only_task: bool = False) -> Activity:
        task = Activity(self.new_id("t"))
        if only_task:
            return task
        return self.marked(task, ground)

    def inside(self, ground: Ground) -> Activity:
        is_called = self.has_events and self.chance(0.2)
        marker = self.marker(task=False)
        side_by_side = isinstance(marker, Many)
        deeper = replace(ground, depth=ground.depth + 1, may_signal=ground.may_signal and not side_by_side)
        level = self.level(replace(deeper, may_start_apart=not is_called))
        result = self.random.choice((*COUNTERS, *NUMBERS)) if self.chance(0.4) else None
        activity = Activity(self.new_id("s"), level, is_called, () if is_called else self.locals(), result, marker)
        return replace(activity, boundaries=self.boundaries(ground, marker, is_task=False))

    def marked(self, task: Activity, ground: Ground) -> Activity:
        marker = self.marker(task=True)
        result = self.random.choice(NUMBERS) if self.chance(0.15) else None
        boundaries = self.boundaries(ground, marker, is_task=True)
        local = self.locals() if self.chance(0.2) else ()
        return replace(task, marker=marker, result=result, locals=local, boundaries=boundaries)

    def locals(self) -> tuple[Local, ...]:
        grown = []
        for name in self.random.sample((*NUMBERS, *FLAGS, *COUNTERS), self.random.choice((0, 0, 1, 2))):
            if name in COUNTERS:
                text = "0"
            elif name in FLAGS:
                text = self.random.choice(("True", "False", *FLAGS))
            else:
                text = self.random.choice(("0", "1", "2", *NUMBERS))
            grown.append(Local(name, text))
        return tuple(grown)

    def marker(self, *, task: bool) -> Many | Loop | None:
        if not self.has_events or not self.chance(0.2 if task else 0.3):
            return None
        if self.chance(0.25):
            maximum = self.random.choice((None, 1, 2))
            return Loop(self.random.choice(NUMBERS), maximum, self.chance(0.4))
        has_items = self.chance(0.5)
        enough = self.random.choice((None, None, 1, 2))
        if not has_items:
            return Many(self.chance(0.5), self.random.choice((0, 1, 2, 3)), None, enough)
        item = self.random.choice((None, *NUMBERS))
        result = self.new_id("list") if item and self.chance(0.6) else None
        return Many(self.chance(0.5), None, item, enough, result)

    def boundaries(self, ground: Ground, marker: Many | Loop | None, *, is_task: bool) -> tuple[Boundary, ...]:
        grown: list[Boundary] = []
        while self.has_events and self.left > 0 and len(grown) < 4 and self.chance(0.2 if is_task else 0.6):
            self.left -= 1
            grown.append(self.boundary(ground, catches=not is_task, may_switch=marker is None))
        return one_of_each([(boundary.trigger, boundary) for boundary in grown])

    def boundary(self, ground: Ground, *, catches: bool, may_switch: bool) -> Boundary:
        kind = self.random.choice(("error", "error", "escalation", "")) if catches else ""
        if kind == "error":
            trigger, interrupting = Trigger("error", self.random.choice((*CODES, ""))), True
        elif kind == "escalation":
            trigger, interrupting = Trigger("escalation", self.random.choice((*CODES, ""))), self.chance(0.5)
        else:
            interrupting = self.chance(0.5)
            trigger = self.trigger(ground, repeats=not interrupting, may_switch=may_switch)
        id_ = self.new_id("b")
        if not interrupting:
            aside = replace(self.aside(ground), may_open=False)
            return Boundary(id_, trigger, False, self.line(aside, may_be_empty=True), rejoins=False)
        rejoins = not ground.may_end or self.chance(0.6)
        deeper = replace(ground, depth=ground.depth + 2, is_top=False, is_last=False)
        line = self.line(deeper if rejoins else self.aside(ground), may_be_empty=True)
        return Boundary(id_, trigger, True, line, rejoins)

    def handler(self, ground: Ground) -> Handler:
        self.left -= 1
        kind: Literal["error", "escalation", ""] = self.random.choice(("error", "escalation", "", "", ""))
        interrupting = True if kind == "error" else self.chance(0.5)
        if kind:
            trigger = Trigger(kind, self.random.choice((*CODES, "")))
        else:
            trigger = self.trigger(ground, repeats=not interrupting)
        deeper = replace(ground, depth=ground.depth + 1, may_start_apart=False)
        return Handler(self.new_id("h"), trigger, interrupting, self.level(deeper, handlers=0.1))

    def trigger(self, ground: Ground, *, repeats: bool = False, may_switch: bool = True) -> Trigger:
        kind = self.random.choice(("timer", "timer", "message", "message", "signal", "conditional"))
        if kind in ("signal", "conditional") and not ground.may_signal:
            kind = "message"
        if kind == "conditional" and self.switches and may_switch:
            return Trigger("conditional", self.switches.pop())
        if kind == "timer":
            return Trigger("timer", seconds=self.some_seconds(), times=3 if repeats and self.chance(0.4) else 0)
        name = self.new_id("m" if kind == "message" else "n")
        return Trigger("message" if kind == "message" else "signal", name)

    def some_seconds(self) -> int:
        """Return a duration that no other timer has, nor a multiple of it."""
        while True:
            seconds = self.random.randrange(60, 100_000) * 2 + 1
            if seconds not in self.seconds:
                self.seconds.append(seconds)
                return seconds


def one_of_each(grown: Sequence[tuple[Trigger, T]]) -> tuple[T, ...]:
    """Leave out who catches the same error or escalation as another at the same place: nobody could say which."""
    kept: dict[object, T] = {}
    for number, (trigger, one) in enumerate(grown):
        key = (trigger.kind, trigger.name) if trigger.kind in ("error", "escalation") else number
        kept.setdefault(key, one)
    return tuple(kept.values())


def grow(seed: int, family: Literal["A", "B"]) -> Level:
    """Return a random block tree of a family."""
    chosen = random.Random(seed)
    gardener = Gardener(chosen, family == "B", left=chosen.choice((3, 6, 10, 16, 30)))
    return gardener.level(Ground())
