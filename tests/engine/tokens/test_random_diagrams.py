"""Random diagrams against an oracle that shares no idea with the engine.

A random tree of blocks is drawn as a diagram and played. The oracle walks the *tree*, with continuations: it knows no
graph, no flow, no join and no reachability. After every stimulus both must agree on what is open, what was run and
whether all is over. More models: `python -m tests.engine.tokens.test_random_diagrams 5000`.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.engine.tokens.drawing import Drawing, error, many, message
from tests.engine.tokens.play import Play

MODELS = 120


@dataclass
class Block:
    """One block: `kind`, its name, the blocks inside, and the number or choice it was given."""

    kind: str
    name: str
    parts: list[Block] = field(default_factory=list)
    number: int = 0
    chosen: tuple[int, ...] = ()


# ---------------------------------------------------------------------- the generator
class Grower:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0
        self.catching = 0  # how many blocks around catch an error

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def grow(self, depth: int) -> Block:
        leaf = ["task", "task", "script", "many"]
        if self.catching and self.random.random() < 0.12:
            leaf = ["throw"]
        kinds = leaf if depth <= 0 else ["seq", "seq", "xor", "and", "or", "or", "loop", "sub", "guard", "try", *leaf]
        kind = self.random.choice(kinds)
        return getattr(self, f"grow_{kind}", self.grow_leaf)(kind, depth)

    def grow_leaf(self, kind: str, depth: int) -> Block:
        if kind == "script" and self.catching:
            kind = "task"  # whether a script beside a throw still runs is a question of order, not of right or wrong
        return Block(kind, self.name(kind[0]), number=self.random.choice([1, 2, 3]))

    def several(self, depth: int, least: int = 2) -> list[Block]:
        return [self.grow(depth - 1) for _ in range(self.random.randint(least, 3))]

    def grow_seq(self, kind: str, depth: int) -> Block:
        return Block("seq", self.name("q"), self.several(depth))

    def grow_xor(self, kind: str, depth: int) -> Block:
        parts = self.several(depth)
        return Block("xor", self.name("x"), parts, chosen=(self.random.randrange(len(parts)),))

    def grow_and(self, kind: str, depth: int) -> Block:
        parts = self.several(depth)
        return Block("and", self.name("a"), parts, chosen=tuple(range(len(parts))))

    def grow_or(self, kind: str, depth: int) -> Block:
        parts = self.several(depth)
        some = sorted(self.random.sample(range(len(parts)), self.random.randint(1, len(parts))))
        return Block("or", self.name("o"), parts, chosen=tuple(some))

    def grow_loop(self, kind: str, depth: int) -> Block:
        return Block("loop", self.name("l"), [self.grow(depth - 1)], number=self.random.choice([1, 2, 3]))

    def grow_sub(self, kind: str, depth: int) -> Block:
        """A subprocess; number 1: its parts run side by side and each has an end of its own."""
        apart = self.random.randrange(2)
        parts = self.several(depth) if apart else [self.grow(depth - 1)]
        return Block("sub", self.name("s"), parts, number=apart)

    def grow_guard(self, kind: str, depth: int) -> Block:
        """A task or subprocess with a message boundary event; number 1: interrupting."""
        inside = self.grow_leaf("task", 0) if self.random.random() < 0.4 else self.grow_sub("sub", depth - 1)
        interrupting = self.random.randrange(2)
        # what runs several times at once is kept simple: its joins and counters would be shared, rightly
        handler = self.grow(depth - 2 if interrupting else 0)
        return Block("guard", self.name("g"), [inside, handler], number=interrupting)

    def grow_try(self, kind: str, depth: int) -> Block:
        self.catching += 1
        inside = self.grow_sub("sub", depth - 1)
        self.catching -= 1
        return Block("try", self.name("y"), [inside, self.grow(depth - 2)])


# ---------------------------------------------------------------------- the diagram
class Drawer:
    """Draws a block into the open level; gives where one comes in, and where one goes on (None: nowhere)."""

    def __init__(self) -> None:
        self.d = Drawing()
        self.variables: dict[str, object] = {}

    def drawn(self, block: Block) -> Drawing:
        self.d.start()
        self.d.end()
        self.line("start", [block], "end")
        return self.d

    def line(self, first: str, blocks: list[Block], last: str) -> None:
        at: str | None = first
        for block in blocks:
            came_in, went_out = self.draw(block)
            if at is not None:
                self.d.flow(at, came_in)
            at = went_out
        if at is not None:
            self.d.flow(at, last)

    def draw(self, block: Block) -> tuple[str, str | None]:
        return getattr(self, f"draw_{block.kind}")(block)  # type: ignore[no-any-return]

    def draw_task(self, block: Block) -> tuple[str, str | None]:
        return (self.d.user(block.name),) * 2

    def draw_script(self, block: Block) -> tuple[str, str | None]:
        return (self.d.script(block.name, "done = 1"),) * 2

    def draw_many(self, block: Block) -> tuple[str, str | None]:
        marker = many(count=str(block.number), sequential=block.number == 2)
        return (self.d.user(block.name, multi_instance=marker),) * 2

    def draw_throw(self, block: Block) -> tuple[str, str | None]:
        return self.d.end(block.name, error("E")), None

    def draw_seq(self, block: Block) -> tuple[str, str | None]:
        self.d.task(f"{block.name}_in")
        self.d.task(f"{block.name}_out")
        self.line(f"{block.name}_in", block.parts, f"{block.name}_out")
        return f"{block.name}_in", f"{block.name}_out"

    def draw_xor(self, block: Block) -> tuple[str, str | None]:
        return self.split(block, self.d.xor)

    def draw_and(self, block: Block) -> tuple[str, str | None]:
        return self.split(block, self.d.parallel)

    def draw_or(self, block: Block) -> tuple[str, str | None]:
        return self.split(block, self.d.inclusive)

    def split(self, block: Block, gateway: Callable[[str], str]) -> tuple[str, str | None]:
        came_in, went_out = gateway(f"{block.name}_in"), gateway(f"{block.name}_out")
        for number, part in enumerate(block.parts):
            first, last = self.draw(part)
            self.variables[f"{block.name}_{number}"] = number in block.chosen
            self.d.flow(came_in, first, condition=None if block.kind == "and" else f"{block.name}_{number}")
            if last is not None:
                self.d.flow(last, went_out)
        return came_in, went_out

    def draw_loop(self, block: Block) -> tuple[str, str | None]:
        name = block.name
        self.d.script(f"{name}_in", f"{name} = 0")
        self.d.xor(f"{name}_merge")
        self.d.script(f"{name}_count", f"{name} = {name} + 1")
        self.d.xor(f"{name}_out")
        self.d.flow(f"{name}_in", f"{name}_merge")
        self.line(f"{name}_merge", block.parts, f"{name}_count")
        self.d.flow(f"{name}_count", f"{name}_out")
        self.d.flow(f"{name}_out", f"{name}_merge", condition=f"{name} < {block.number}")
        self.d.task(f"{name}_after")
        self.d.flow(f"{name}_out", f"{name}_after", default=True)
        return f"{name}_in", f"{name}_after"

    def draw_sub(self, block: Block) -> tuple[str, str | None]:
        name = block.name
        with self.d.inside(name):
            self.d.start(f"{name}_start")
            for number, part in enumerate(block.parts):
                self.d.end(f"{name}_end{number}")
                self.line(f"{name}_start", [part], f"{name}_end{number}")
        return name, name

    def draw_guard(self, block: Block) -> tuple[str, str | None]:
        inside, handler = block.parts
        came_in, _ = self.draw(inside)
        self.d.boundary(f"{block.name}_b", inside.name, message(block.name), interrupting=bool(block.number))
        self.d.xor(f"{block.name}_out")
        self.d.end(f"{block.name}_end")
        self.d.flow(inside.name, f"{block.name}_out")
        self.line(f"{block.name}_b", [handler], f"{block.name}_out" if block.number else f"{block.name}_end")
        return came_in, f"{block.name}_out"

    def draw_try(self, block: Block) -> tuple[str, str | None]:
        inside, handler = block.parts
        came_in, _ = self.draw(inside)
        self.d.boundary(f"{block.name}_b", inside.name, error("E"))
        self.d.xor(f"{block.name}_out")
        self.d.flow(inside.name, f"{block.name}_out")
        self.line(f"{block.name}_b", [handler], f"{block.name}_out")
        return came_in, f"{block.name}_out"


# ---------------------------------------------------------------------- the oracle
Next = Callable[[], None]


class Region:
    """Something that can be cut out as a whole, or that ends when its last strand has ended."""

    def __init__(self, outer: Region | None) -> None:
        self.outer, self.is_cut, self.strands = outer, False, 0
        self.when_over: Next | None = None
        self.catch: Next | None = None

    @property
    def is_dead(self) -> bool:
        return self.is_cut or (self.outer is not None and self.outer.is_dead)

    def strand_over(self) -> None:
        self.strands -= 1
        if not self.strands and self.when_over is not None and not self.is_dead:
            self.when_over()


class Oracle:
    """Walks the tree. `open` holds (name, region, what comes then); `armed` the boundary events that wait."""

    def __init__(self, block: Block) -> None:
        self.open: list[tuple[str, Region, Next]] = []
        self.armed: list[tuple[str, Region, Next, bool]] = []
        self.ran: Counter[str] = Counter()
        self.is_over = False
        root = Region(None)
        root.strands, root.when_over = 1, self.over
        self.walk(block, root, root.strand_over)
        self.sweep()

    def over(self) -> None:
        self.is_over = True

    def sweep(self) -> None:
        self.open = [entry for entry in self.open if not entry[1].is_dead]
        self.armed = [entry for entry in self.armed if not entry[1].is_dead]

    def walk(self, block: Block, region: Region, then: Next) -> None:
        if not region.is_dead:
            getattr(self, f"walk_{block.kind}")(block, region, then)

    def walk_task(self, block: Block, region: Region, then: Next) -> None:
        self.open.append((block.name, region, then))

    def walk_script(self, block: Block, region: Region, then: Next) -> None:
        self.ran[block.name] += 1
        then()

    def walk_many(self, block: Block, region: Region, then: Next) -> None:
        task = Block("task", block.name)
        if block.number == 2:
            self.walk(task, region, lambda: self.walk(task, region, then))
        else:
            self.side_by_side([task] * block.number, region, then)

    def walk_throw(self, block: Block, region: Region, then: Next) -> None:
        at: Region | None = region
        while at is not None:
            if at.catch is not None:
                at.is_cut = True
                at.catch()
                return
            at = at.outer

    def walk_seq(self, block: Block, region: Region, then: Next) -> None:
        def go(number: int) -> None:
            if number == len(block.parts):
                then()
            else:
                self.walk(block.parts[number], region, lambda: go(number + 1))

        go(0)

    def side_by_side(self, parts: list[Block], region: Region, then: Next) -> None:
        left = [len(parts)]

        def one_over() -> None:
            left[0] -= 1
            if not left[0]:
                then()

        for part in parts:
            self.walk(part, region, one_over)

    def walk_xor(self, block: Block, region: Region, then: Next) -> None:
        self.side_by_side([block.parts[number] for number in block.chosen], region, then)

    walk_and = walk_or = walk_xor

    def walk_loop(self, block: Block, region: Region, then: Next) -> None:
        def turn(number: int) -> None:
            if number == block.number:
                then()
            else:
                self.walk(block.parts[0], region, lambda: turn(number + 1))

        turn(0)

    def walk_sub(self, block: Block, region: Region, then: Next) -> None:
        inside = Region(region)
        inside.strands, inside.when_over = len(block.parts), then
        for part in block.parts:
            self.walk(part, inside, inside.strand_over)

    def walk_guard(self, block: Block, region: Region, then: Next) -> None:
        inside, handler = block.parts
        guarded = Region(region)

        def leave() -> None:
            guarded.is_cut = True
            then()

        def fire() -> None:
            if block.number:
                guarded.is_cut = True
                self.walk(handler, region, then)
            else:
                scope = self.scope_of(region)
                scope.strands += 1
                self.walk(handler, region, scope.strand_over)

        self.armed.append((block.name, guarded, fire, bool(block.number)))
        self.walk(inside, guarded, leave)

    @staticmethod
    def scope_of(region: Region) -> Region:
        while region.when_over is None:
            assert region.outer is not None
            region = region.outer
        return region

    def walk_try(self, block: Block, region: Region, then: Next) -> None:
        inside, handler = block.parts
        tried = Region(region)
        tried.catch = lambda: self.walk(handler, region, then)
        self.walk(inside, tried, then)

    # what may be done
    def complete(self, name: str) -> None:
        entry = next(entry for entry in self.open if entry[0] == name)
        self.open.remove(entry)
        entry[2]()
        self.sweep()

    def send(self, name: str) -> None:
        next(entry for entry in self.armed if entry[0] == name)[2]()
        self.sweep()


# ---------------------------------------------------------------------- the comparison
def compare(seed: int) -> int:
    """Play one random model beside the oracle; return how many stimuli were given."""
    grower = Grower(seed)
    block = Block("seq", "top", [grower.grow(4), grower.grow(3)])
    drawer = Drawer()
    definition = drawer.drawn(block).definition()
    oracle = Oracle(block)
    play = Play(definition).start(None, **drawer.variables)
    for given in range(60):
        agree(seed, given, oracle, play)
        if oracle.is_over:
            return given
        names = sorted({name for name, _, _ in oracle.open})
        sent = sorted(name for name, _, _, _ in oracle.armed)
        if sent and (not names or grower.random.random() < 0.25):
            name = grower.random.choice(sent)
            oracle.send(name)
            assert play.message(name)
        else:
            name = grower.random.choice(names)
            oracle.complete(name)
            play.complete(name)
    return 60


def agree(seed: int, given: int, oracle: Oracle, play: Play) -> None:
    where = f"seed {seed}, after {given} stimuli"
    assert Counter(play.open) == Counter(name for name, _, _ in oracle.open), where
    waiting = Counter(subscription.name for subscription in play.subscriptions.values())
    assert waiting == Counter(name for name, _, _, _ in oracle.armed), where
    ran = Counter(element for element in play.done() if element in oracle.ran)
    assert ran == oracle.ran, where
    assert (play.state == "completed") == oracle.is_over, where


@pytest.mark.parametrize("seed", range(MODELS))
def test_a_random_diagram_does_what_its_block_tree_says(seed: int) -> None:
    compare(seed)


def main(models: int) -> None:
    given = sum(compare(seed) for seed in range(1_000_000, 1_000_000 + models))
    sys.stdout.write(f"{models} models, {given} stimuli, no difference\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
