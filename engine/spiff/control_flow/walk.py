"""Walks a net: every way its tokens can go, up to a bound, and what goes wrong on the way.

Moves that do not touch each other are walked in one order only. What takes each token by itself goes last, upstream
first, so that tokens which are on their way at the same time are seen to be.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from engine.spiff.control_flow.net import END, SOURCE, STOP, Joins, Net

MOST_TOKENS = 12_000  # over all markings: what is looked at takes well under a tenth of a second
MOST_ON_ONE_EDGE = 2

Marking = tuple[int, ...]  # the edges that tokens are on, in order; twice for two tokens


@dataclass(frozen=True, slots=True)
class Move:
    """One knot took tokens off edges and sent them on over others."""

    knot: str
    taken: tuple[int, ...]
    sent: tuple[int, ...]
    is_side: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What can happen: `edges` that wait at `knot` for ever, or that bring it tokens side by side; the moves before."""

    kind: str  # "stuck", "left", "doubled"
    knot: str
    edges: tuple[int, ...]
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class _State:
    marking: Marking
    has_sided: bool  # one side way in a walk: reminders that come twice are meant to

    def after(self, move: Move, sent: list[int]) -> _State | None:
        """Return the state behind a move, with the tokens it sent that are still there; None when they pile up."""
        left = list(self.marking)
        for number in move.taken:
            left.remove(number)
        left += sent
        if any(left.count(number) > MOST_ON_ONE_EDGE for number in sent):
            return None
        return _State(tuple(sorted(left)), self.has_sided or move.is_side)


class Walk:
    """One walk over one net. `faults` come in the order found, the shortest way to each first."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.faults: list[Fault] = []
        self.is_whole = True  # whether everything could be walked
        self._left = MOST_TOKENS
        self._before: dict[_State, tuple[_State, Move] | None] = {}
        self._told: set[tuple[bool, str]] = set()
        self._reach: dict[tuple[str, str], tuple[frozenset[str], frozenset[int]]] = {}

    def run(self) -> None:
        begin = _State((), False)
        self._before[begin] = None
        queue: deque[_State] = deque()
        for way in self.net.knots[SOURCE].ways:
            self._go(begin, Move(SOURCE, (), tuple(sorted(way))), queue)
        while queue:
            if self._left < 0:
                self.is_whole = False
                return
            state = queue.popleft()
            self._look_for_doubles(state)
            moves = list(self._moves(state))
            for move in moves:
                self._look_for_return(state, move)
                self._go(state, move, queue)
            if not moves and state.marking:
                self._tell_stuck(state)

    def _go(self, state: _State, move: Move, queue: deque[_State]) -> None:
        if any(self.net.edges[number].target == STOP for number in move.sent):
            return
        following = state.after(move, [number for number in move.sent if self.net.edges[number].target != END])
        if following is not None and following not in self._before:
            self._before[following] = (state, move)
            self._left -= 1 + len(following.marking)
            queue.append(following)

    # ---- what can move

    def _moves(self, state: _State) -> Iterator[Move]:
        """Yield what has to be tried in this state."""
        targets = dict.fromkeys(self.net.edges[number].target for number in state.marking)
        for name in targets:
            knot = self.net.knots[name]
            came = self._came(name, state.marking)
            if knot.joins is Joins.EACH and len(self.net.into[name]) == 1 and not knot.sides:
                yield from self._leaving(name, came[:1], state)
                return
            if knot.joins is Joins.ALL and len(set(came)) == len(self.net.into[name]):
                yield from self._leaving(name, tuple(dict.fromkeys(came)), state)
                return
        held = [name for name in targets if self._is_ready(name, state.marking)]
        for name in self._upstream(held):
            came = self._came(name, state.marking)
            if self.net.knots[name].joins is Joins.SOME:
                yield from self._leaving(name, tuple(dict.fromkeys(came)), state)
            else:
                for number in dict.fromkeys(came):
                    yield from self._leaving(name, (number,), state)

    def _came(self, name: str, marking: Marking) -> tuple[int, ...]:
        return tuple(number for number in marking if self.net.edges[number].target == name)

    def _leaving(self, name: str, taken: tuple[int, ...], state: _State) -> Iterator[Move]:
        knot = self.net.knots[name]
        for way in knot.ways:
            yield Move(name, taken, tuple(sorted(way)))
        if not state.has_sided:
            for way in knot.sides:
                yield Move(name, taken, tuple(sorted(way)), is_side=True)

    def _is_ready(self, name: str, marking: Marking) -> bool:
        joins = self.net.knots[name].joins
        return joins is Joins.EACH or (joins is Joins.SOME and not self._may_still_come(name, marking))

    def _may_still_come(self, join: str, marking: Marking) -> bool:
        """Whether another token can reach an empty edge of the join, and none that has one: the engine's own rule."""
        occupied = set(self._came(join, marking))
        for number in dict.fromkeys(marking):
            target = self.net.edges[number].target
            if target != join:
                _, reached = self._reached(target, join)
                if reached - occupied and not reached & occupied:
                    return True
        return False

    def _reached(self, name: str, join: str = "") -> tuple[frozenset[str], frozenset[int]]:
        """Return the knots that a token at this one can come to without passing the join, and the edges into that."""
        key = (name, join)
        if key not in self._reach:
            seen, into, open_ends = set[str](), set[int](), [name]
            while open_ends:
                current = open_ends.pop()
                if current in seen:
                    continue
                seen.add(current)
                knot = self.net.knots[current]
                for number in frozenset[int]().union(*knot.ways, *knot.sides):
                    if self.net.edges[number].target == join:
                        into.add(number)
                    else:
                        open_ends.append(self.net.edges[number].target)
            self._reach[key] = frozenset(seen), frozenset(into)
        return self._reach[key]

    def _upstream(self, held: list[str]) -> list[str]:
        """Return those to move first: from which others are reached, but which are reached by none but each other."""
        for name in held:
            before = [other for other in held if name in self._reached(other)[0]]
            if all(other in self._reached(name)[0] for other in before):
                return before
        return held[:1]

    # ---- what goes wrong

    def _look_for_doubles(self, state: _State) -> None:
        for name in dict.fromkeys(self.net.edges[number].target for number in state.marking):
            if self.net.knots[name].joins is Joins.EACH:
                came = tuple(dict.fromkeys(self._came(name, state.marking)))
                if len(came) > 1:
                    self._tell("doubled", name, came[:2], state)

    def _look_for_return(self, state: _State, move: Move) -> None:
        """A side way that leads back to where it began: the activity is still at work there."""
        own = frozenset[int]().union(*self.net.knots[move.knot].ways)
        beside = [number for number in move.sent if move.is_side and number not in own]
        back = tuple(number for number in beside if self.net.edges[number].target == move.knot)
        if back:
            self._tell("doubled", move.knot, back, state, move)

    def _tell_stuck(self, state: _State) -> None:
        moves = self._moves_to(state)
        for name in dict.fromkeys(self.net.edges[number].target for number in state.marking):
            has_fired = any(move.knot == name for move in moves)
            self._tell("left" if has_fired else "stuck", name, self._came(name, state.marking), state)

    def _tell(self, kind: str, name: str, edges: tuple[int, ...], state: _State, *last: Move) -> None:
        if (kind == "doubled", name) not in self._told:
            self._told.add((kind == "doubled", name))
            self.faults.append(Fault(kind, name, edges, (*self._moves_to(state), *last)))

    def _moves_to(self, state: _State) -> tuple[Move, ...]:
        moves: list[Move] = []
        found = self._before[state]
        while found is not None:
            state, move = found
            moves.append(move)
            found = self._before[state]
        return tuple(reversed(moves))


def way_of(net: Net, number: int, moves: tuple[Move, ...]) -> list[str]:
    """Return the elements that a token on this edge has come through, as far as the edge's end, in order."""
    way: list[str] = []
    for move in reversed(moves):
        if number not in move.sent:
            continue
        way = [move.knot, *net.edges[number].path, *way] if move.knot != SOURCE else [*net.edges[number].path, *way]
        if not move.taken:
            break
        number = move.taken[0]
    return way
