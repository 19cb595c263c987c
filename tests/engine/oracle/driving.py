"""Driving: a random tree runs on the engine and in the oracle by the same random stimuli, compared after each."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from engine.tokens.rows import Rows
from engine.tokens.rows import Wait as Row
from engine.tokens.stimuli import (
    Cancelled,
    MessageReceived,
    SignalReceived,
    Started,
    TimerFired,
    UserTaskCompleted,
    VariablesSet,
)
from tests.engine.oracle import drawn, growing, rules
from tests.engine.oracle.blocks import COUNTERS, FLAGS, ITEMS, NUMBERS, SWITCHES, Activity, Level
from tests.engine.oracle.stand import BEGIN, Stand, Wrong, read

Family = Literal["A", "B"]


class Place(NamedTuple):
    """What is waited for and where, told alike of the engine and of the oracle."""

    kind: str
    element: str
    path: tuple[tuple[str, object], ...]
    due: datetime | None


@dataclass
class Drive:
    """One tree, one way through it."""

    level: Level
    drawing: int  # seed of how it is drawn
    way: int  # seed of what is done
    steps: int = 25
    log: list[str] | None = None

    def run(self) -> int:
        """Return how many steps were made; raises Wrong, or what the engine raises."""
        keys = frozenset(f"called_{block.id}" for block in activities(self.level) if block.is_called)
        definition, others = read(drawn.draw(self.level, self.drawing), drawn.PROCESS, processes=keys)
        self.random = random.Random(self.way)
        self.stand, self.walk = Stand(definition, others), rules.Walk(self.level, BEGIN)
        values = self.first_values()
        self.told(f"start {values}")
        self.walk.start(values)
        self.stand.give(Started(values))
        self.compare()
        made = 1
        while self.walk.state == "active" and made < self.steps:
            self.do_something()
            self.compare()
            made += 1
        return made

    def told(self, line: str) -> None:
        if self.log is not None:
            self.log.append(line)

    # ------------------------------------------------------------------ what is done
    def first_values(self) -> dict[str, object]:
        values = self.values(1.0)
        values |= dict.fromkeys(COUNTERS, 0)
        values |= dict.fromkeys(SWITCHES, False)
        values[ITEMS] = [self.random.randrange(3) for _ in range(self.random.randrange(4))]
        return values

    def values(self, probability: float = 0.3) -> dict[str, object]:
        values: dict[str, object] = {}
        for name in (*NUMBERS, *FLAGS):
            if self.random.random() < probability:
                values[name] = self.random.randrange(3) if name in NUMBERS else self.random.random() < 0.5
        return values

    def switched_off(self) -> list[str]:
        """Return the switches that somebody waits for and that are off."""
        assert self.walk.root is not None
        values = self.walk.root.frame.own
        return sorted({w.name for w in self.walk.waits.values() if w.kind == "conditional" and not values[w.name]})

    def switched(self) -> dict[str, object]:
        """Return one switch turned over: one that is waited for, if there is any."""
        assert self.walk.root is not None
        name = self.random.choice(self.switched_off() or list(SWITCHES))
        return {name: not self.walk.root.frame.own[name]}

    def do_something(self) -> None:
        dice = self.random.random()
        timers = [wait for wait in self.walk.waits.values() if wait.due is not None]
        if dice < 0.03 and self.stand.answered:
            stale = self.random.choice(self.stand.answered)
            if not self.stand.is_refused(stale):
                raise Wrong(f"taken twice: {stale}")
        elif dice < 0.06 or (dice < 0.15 and self.switched_off()):
            values = self.values() | self.switched()
            self.told(f"set {values}")
            self.walk.set(values)
            self.stand.give(VariablesSet(values))
        elif dice < 0.065:
            self.told("cancel")
            self.walk.cancel()
            self.stand.give(Cancelled("enough"))
        elif timers and dice < 0.35:
            self.move_clock([wait.due for wait in timers if wait.due is not None])
        else:
            self.answer()

    def move_clock(self, dues: list[datetime]) -> None:
        first = min(dues)
        how = self.random.random()
        if how < 0.2:
            now = first - timedelta(seconds=1)
        elif how < 0.7:
            now = first
        else:
            now = self.random.choice(dues) + timedelta(seconds=self.random.randrange(20_000))
        now = max(now, self.stand.now)
        self.told(f"clock {now - BEGIN}")
        self.stand.now = now
        self.walk.move_clock(now)
        self.stand.give(TimerFired())

    def answer(self) -> None:
        """Complete a task, send a message or broadcast a signal that somebody waits for."""
        mine = [wait for wait in self.walk.waits.values() if wait.kind not in ("timer", "conditional")]
        if not mine:
            return
        chosen = self.random.choice(mine)
        values = {} if chosen.kind == "signal" else self.values()
        self.told(f"{chosen.kind} {chosen.element} {chosen.path} {values}")
        if chosen.kind == "signal":
            self.walk.signal(chosen.name)
            self.stand.give(SignalReceived(chosen.name))
            return
        row = self.same(chosen)
        self.walk.happen(chosen, values)
        if chosen.kind == "task":
            self.stand.give(UserTaskCompleted(row.id, values))
        else:
            self.stand.give(MessageReceived(row.id, chosen.name, values))

    def same(self, chosen: rules.Wait) -> Row:
        """Return the engine's wait for the same thing; of several alike the one of the same age."""
        place = mine(chosen)
        alike = [wait.serial for wait in self.walk.waits.values() if mine(wait) == place]
        found = sorted((wait for wait in self.rows.list_waits() if theirs(self.rows, wait) == place), key=_id)
        return found[alike.index(chosen.serial)]

    # ------------------------------------------------------------------ what is compared
    def compare(self) -> None:
        """Raise Wrong when engine and oracle tell of different states, waits or variables."""
        self.rows = self.stand.rows
        if self.rows.state != self.walk.state:
            raise Wrong(f"engine {self.rows.state}, oracle {self.walk.state}")
        if self.stand.incidents:
            raise Wrong(f"incident: {list(self.stand.incidents.values())}")
        engine = Counter(theirs(self.rows, wait) for wait in self.rows.list_waits())
        oracle = Counter(mine(wait) for wait in self.walk.waits.values())
        if engine != oracle:
            raise Wrong(f"only engine: {shown(engine - oracle)}, only oracle: {shown(oracle - engine)}")
        assert self.walk.root is not None
        if self.rows.root_variables() != self.walk.root.frame.own:
            raise Wrong(f"variables: engine {self.rows.root_variables()}, oracle {self.walk.root.frame.own}")


def _id(row: Row) -> int:
    return row.id


def shown(places: Mapping[Place, int]) -> list[str]:
    return [f"{count}× {p.kind} {p.element} {list(p.path)} {p.due and p.due - BEGIN}" for p, count in places.items()]


def mine(wait: rules.Wait) -> Place:
    return Place(wait.kind, wait.element, wait.path, wait.due)


def theirs(rows: Rows, wait: Row) -> Place:
    """Return the place of a wait as the engine's rows tell it."""
    path: list[tuple[str, object]] = []
    token = rows.tokens[wait.token] if wait.token is not None else None
    scope = rows.scopes[token.scope if token is not None else wait.scope or 0]
    while True:
        if token is not None and scope.kind == "body":
            path.append((token.element, token.variables.get("loopCounter", scope.variables.get("loopCounter"))))
        if scope.host is None:
            return Place(_KIND.get(wait.kind, wait.kind), wait.element, tuple(path), wait.due_at)
        token = rows.tokens[scope.host]
        scope = rows.scopes[token.scope]


_KIND = {"userTask": "task", "condition": "conditional"}


def activities(block: object) -> Iterator[Activity]:
    """Yield every activity of a block tree."""
    if isinstance(block, Activity):
        yield block
    if is_dataclass(block):
        for field in fields(block):
            value = getattr(block, field.name)
            for part in value if isinstance(value, tuple) else (value,):
                yield from activities(part)


def drive(seed: int, family: Family) -> int:
    """Grow the tree of a seed and drive it; return how many steps were made."""
    return Drive(growing.grow(seed, family), seed, seed).run()
