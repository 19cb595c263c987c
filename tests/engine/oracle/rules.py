"""The oracle: what BPMN 2.0.2 says of blocks, walked with continuations. Written before the generator.

It knows the block tree and nothing else: no graph, no flows, no join rule, no reachability, none of the engine's code.
A thread is where somebody stands. `on` is what it does when a block is through; `gone` is called when it is
certain that it never comes out of the block (its way has an end of its own), so that an inclusive block around does
not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from tests.engine.oracle.blocks import (
    COUNTERS,
    ITEMS,
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
    First,
    Handler,
    Level,
    Line,
    Loop,
    Many,
    Some,
    Trigger,
)

T = TypeVar("T")
Values = Mapping[str, object]
On = Callable[["Thread"], None]
Gone = Callable[[], None]


class Frame:
    """Variables seen from somewhere: its own, then those around it."""

    def __init__(self, own: dict[str, object], around: Frame | None) -> None:
        self.own, self.around = own, around

    def read(self, name: str) -> object:
        frame: Frame | None = self
        while frame is not None:
            if name in frame.own:
                return frame.own[name]
            frame = frame.around
        raise KeyError(name)

    def write(self, values: Values) -> None:
        """Each where its name exists, else in the process."""
        for name, value in values.items():
            frame = self
            while name not in frame.own and frame.around is not None:
                frame = frame.around
            frame.own[name] = value

    def all(self) -> dict[str, object]:
        return {**(self.around.all() if self.around else {}), **self.own}


@dataclass(eq=False)
class Wait:
    """Something that may come."""

    serial: int
    kind: str  # task, message, signal, conditional, timer
    element: str
    path: tuple[tuple[str, object], ...]
    happen: Callable[[Values], None]
    name: str = ""
    due: datetime | None = None
    frame: Frame | None = None  # a condition is seen from there
    is_met: bool = False
    every: timedelta = timedelta(0)
    left: int = 0


@dataclass(eq=False)
class Space:
    """The inside of a process, subprocess, call, event subprocess or marker."""

    frame: Frame
    host: Thread | None
    on_end: Callable[[], None]
    level: Level | None = None
    is_handler: bool = False
    threads: list[Thread] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    come: dict[tuple[str, int], list[Thread]] = field(default_factory=dict)  # parallel joins: who waits on which way

    def add(self, frame: Frame | None = None) -> Thread:
        thread = Thread(self, frame or self.frame)
        self.threads.append(thread)
        return thread


@dataclass(eq=False)
class Thread:
    """Where somebody stands."""

    space: Space
    frame: Frame
    waits: list[Wait] = field(default_factory=list)
    inside: Space | None = None
    turn: tuple[str, object] | None = None  # which execution of a marker it is
    catching: list[tuple[Boundary, Callable[[Boundary], None]]] = field(default_factory=list)


class Walk:
    """One instance, walked."""

    def __init__(self, level: Level, now: datetime) -> None:
        self.level, self.now, self.state = level, now, "new"
        self.root: Space | None = None
        self.serial = 0
        self.waits: dict[int, Wait] = {}

    # ------------------------------------------------------------------ stimuli
    def start(self, values: Values) -> None:
        self.state = "active"
        self.root = Space(Frame(dict(values), None), None, self._completed, self.level)
        self._begin(self.root)

    def happen(self, wait: Wait, values: Values) -> None:
        """A task is completed, or a message comes."""
        wait.happen(values)

    def signal(self, name: str) -> None:
        for wait in [w for w in self.waits.values() if (w.kind, w.name) == ("signal", name)]:
            if wait.serial in self.waits:
                wait.happen({})

    def move_clock(self, now: datetime) -> None:
        self.now = now
        while self.state == "active":
            due = [w for w in self.waits.values() if w.due is not None and w.due <= now]
            if not due:
                return
            min(due, key=lambda w: (w.due, w.serial)).happen({})

    def set(self, values: Values) -> None:
        assert self.root is not None
        self.root.frame.own.update(values)
        self._look()

    def cancel(self) -> None:
        assert self.root is not None
        self._clear(self.root)
        self.state = "terminated"

    def _completed(self) -> None:
        self.state = "completed"

    # ------------------------------------------------------------------ waiting
    def _wait(
        self,
        kind: str,
        element: str,
        owner: Thread | Space,
        happen: Callable[[Values], None],
        trigger: Trigger | None = None,
    ) -> Wait:
        self.serial += 1
        wait = Wait(self.serial, kind, element, _path(owner), happen)
        if trigger is not None:
            wait.name = trigger.name
            wait.frame = owner.frame
            if kind == "timer":
                wait.every, wait.left = timedelta(seconds=trigger.seconds), trigger.times
                wait.due = self.now + wait.every
        self.waits[wait.serial] = wait
        owner.waits.append(wait)
        return wait

    def _look(self) -> None:
        """Let every conditional event happen whose condition has turned true."""
        for wait in [w for w in self.waits.values() if w.kind == "conditional"]:
            assert wait.frame is not None
            was_met, wait.is_met = wait.is_met, bool(wait.frame.read(wait.name))
            if wait.is_met and not was_met and wait.serial in self.waits:
                wait.happen({})

    def _forget(self, wait: Wait, owner: Thread | Space) -> None:
        if self.waits.pop(wait.serial, None) is not None:
            owner.waits.remove(wait)

    def _forget_all(self, owner: Thread | Space) -> None:
        for wait in list(owner.waits):
            self._forget(wait, owner)

    def _again(self, wait: Wait, owner: Thread | Space) -> None:
        """A non-interrupting event goes on waiting; a timer only as often as its cycle says."""
        if wait.due is None:
            return
        if wait.left <= 1:
            self._forget(wait, owner)
            return
        wait.left -= 1
        wait.due += wait.every

    # ------------------------------------------------------------------ spaces
    def _begin(self, space: Space) -> None:
        assert space.level is not None
        for handler in space.level.handlers:
            if handler.trigger.kind not in ("error", "escalation"):
                self._listen(space, handler)
        thread = space.add()
        self._look()
        if thread in space.threads:
            self._line(space.level.line.parts, thread, self._end, _nobody_cares)

    def _listen(self, space: Space, handler: Handler) -> None:
        def happen(values: Values) -> None:
            space.frame.write(values)
            if not handler.interrupting:
                self._again(wait, space)
            self._handle(space, handler)

        wait = self._wait(handler.trigger.kind, handler.id + "_start", space, happen, handler.trigger)

    def _handle(self, space: Space, handler: Handler) -> None:
        if handler.interrupting:
            self._clear(space)
        thread = space.add()
        inner = Space(Frame({}, thread.frame), thread, lambda: self._end(thread), handler.level, is_handler=True)
        thread.inside = inner
        self._begin(inner)

    def _end(self, thread: Thread) -> None:
        """A thread is over; with the last one its space is."""
        space = thread.space
        thread.inside = None
        space.threads.remove(thread)
        if not space.threads:
            self._over(space)

    def _over(self, space: Space) -> None:
        self._forget_all(space)
        space.come.clear()
        if space.host is not None:
            space.host.inside = None
        space.on_end()

    def _clear(self, space: Space) -> None:
        self._forget_all(space)
        for thread in space.threads:
            self._stop(thread)
        space.threads.clear()
        space.come.clear()

    def _stop(self, thread: Thread) -> None:
        """Drop what a thread waits for and what runs inside it."""
        self._forget_all(thread)
        thread.catching.clear()
        if thread.inside is not None:
            self._clear(thread.inside)
            thread.inside = None

    # ------------------------------------------------------------------ blocks
    def _line(self, parts: tuple[Block, ...], thread: Thread, on: On, gone: Gone) -> None:
        if not parts:
            on(thread)
            return
        self._block(parts[0], thread, lambda t: self._line(parts[1:], t, on, gone), gone)

    def _block(self, block: Block, thread: Thread, on: On, gone: Gone) -> None:
        match block:
            case Line(parts):
                self._line(parts, thread, on, gone)
            case Count(_, name):
                counted = thread.frame.read(name)
                assert isinstance(counted, int)
                thread.frame.write({name: counted + 1})
                on(thread)
            case Activity():
                self._activity(block, thread, on, gone)
            case Choice():
                self._choice(block, thread, on, gone)
            case Both():
                self._led(block.lead, thread, lambda t: self._both(block, t, on))
            case Some():
                self._led(block.lead, thread, lambda t: self._some(block, t, on, gone))
            case Apart():
                self._led(block.lead, thread, lambda t: self._apart(block, t))
            case Again():
                self._again_and_again(block, thread, on, gone, is_first=True)
            case Catch():
                self._catch(block.id, block.trigger, thread, on)
                self._look()
            case First():
                for way in block.ways:
                    after = _after(self, way.line, on, gone)
                    self._catch(way.id, way.trigger, thread, after)
                self._look()
            case Escalate(_, code):
                self._escalate(thread, code, on)

    def _led(self, lead: Activity | None, thread: Thread, on: On) -> None:
        if lead is None:
            on(thread)
        else:
            self._activity(lead, thread, on, _nobody_cares)

    def _choice(self, block: Choice, thread: Thread, on: On, gone: Gone) -> None:
        value = thread.frame.read(block.name)
        way = next((w for w in block.ways if w.value == value), None)
        way = way or next(w for w in block.ways if w.value is None)
        if not way.ends:
            self._line(way.line.parts, thread, on, gone)
            return
        if way.ends == "end":  # the other ends take all that could wait for it along
            gone()
        self._line(way.line.parts, thread, lambda t: self._finish(t, way.ends), _nobody_cares)

    def _finish(self, thread: Thread, ends: str) -> None:
        """An end event: of its thread, of all in its space, or by an error."""
        space = thread.space
        if ends == "end":
            self._end(thread)
        elif ends == "terminate":
            self._clear(space)
            self._over(space)
        elif not self._throw(space, "error", ends.partition(":")[2]):
            assert self.root is not None
            self._clear(self.root)
            self.state = "failed"

    def _both(self, block: Both, thread: Thread, on: On) -> None:
        threads = [thread, *(thread.space.add(thread.frame) for _ in block.ways[1:])]
        space = thread.space

        def arrive(way: int, came: Thread) -> None:
            space.come.setdefault((block.id, way), []).append(came)
            rows = [space.come.get((block.id, number), []) for number in range(len(block.ways))]
            if all(rows):
                first, *others = [row.pop(0) for row in rows]
                for other in others:
                    space.threads.remove(other)
                on(first)

        for number, (line, one) in enumerate(zip(block.ways, threads, strict=True)):
            self._line(line.parts, one, partial(arrive, number), _must_come)

    def _some(self, block: Some, thread: Thread, on: On, gone: Gone) -> None:
        taken = [way for way in block.ways if way.flag is not None and thread.frame.read(way.flag)]
        taken = taken or [way for way in block.ways if way.flag is None]
        threads = [thread, *(thread.space.add(thread.frame) for _ in taken[1:])]
        arrived: list[Thread] = []
        missing = len(taken)

        def look() -> None:
            if missing:
                return
            if not arrived:
                gone()
                return
            first, *others = arrived
            for other in others:
                other.space.threads.remove(other)
            on(first)

        def arrive(came: Thread) -> None:
            nonlocal missing
            missing -= 1
            arrived.append(came)
            look()

        def lose() -> None:
            nonlocal missing
            missing -= 1
            look()

        for way, one in zip(taken, threads, strict=True):
            self._line(way.line.parts, one, arrive, lose)

    def _apart(self, block: Apart, thread: Thread) -> None:
        threads = [thread, *(thread.space.add(thread.frame) for _ in block.ways[1:])]
        for line, one in zip(block.ways, threads, strict=True):
            self._line(line.parts, one, self._end, _nobody_cares)

    def _again_and_again(self, block: Again, thread: Thread, on: On, gone: Gone, *, is_first: bool) -> None:
        goes_on = thread.frame.read(block.name) == 1
        if not goes_on and (block.test_before or not is_first):
            on(thread)
            return
        self._line(block.body.parts, thread, lambda t: self._again_and_again(block, t, on, gone, is_first=False), gone)

    def _catch(self, element: str, trigger: Trigger, thread: Thread, on: On) -> None:
        def happen(values: Values) -> None:
            self._forget_all(thread)
            thread.frame.write(values)
            on(thread)

        self._wait(trigger.kind, element, thread, happen, trigger)

    # ------------------------------------------------------------------ activities
    def _activity(self, block: Activity, thread: Thread, on: On, gone: Gone) -> None:
        def over() -> None:
            self._stop(thread)
            on(thread)

        def go_off(boundary: Boundary) -> None:
            self._go_off(boundary, thread, on, gone)

        for boundary in block.boundaries:
            thread.catching.append((boundary, go_off))
            if boundary.trigger.kind not in ("error", "escalation"):
                self._guard(boundary, thread, go_off)
        if block.boundaries:
            catching = thread.catching[:]
            self._look()
            if thread.catching != catching or thread not in thread.space.threads:
                return  # interrupted before it began
        if isinstance(block.marker, Many):
            self._many(block, block.marker, thread, over)
        elif isinstance(block.marker, Loop):
            self._loop(block, block.marker, thread, over)
        else:
            self._work(block, thread, Frame({}, thread.frame), thread.frame, over)

    def _guard(self, boundary: Boundary, thread: Thread, go_off: Callable[[Boundary], None]) -> None:
        def happen(values: Values) -> None:
            thread.space.frame.write(values)
            if not boundary.interrupting:
                self._again(wait, thread)
            go_off(boundary)

        wait = self._wait(boundary.trigger.kind, boundary.id, thread, happen, boundary.trigger)

    def _go_off(self, boundary: Boundary, host: Thread, on: On, gone: Gone) -> None:
        if boundary.interrupting:
            self._stop(host)
            thread = host
            if not boundary.rejoins:
                gone()
        else:
            thread = host.space.add(host.frame)
        self._line(
            boundary.line.parts,
            thread,
            on if boundary.rejoins else self._end,
            gone if boundary.rejoins and boundary.interrupting else _nobody_cares,
        )

    def _work(self, block: Activity, thread: Thread, own: Frame, around: Frame, over: Callable[[], None]) -> None:
        """One execution. `own` is what is seen inside only, `around` is where results go."""
        own.own.update({local.name: _literal(local.text, own) for local in block.locals})

        def give(inside: Frame) -> None:
            if block.result is not None:
                around.write({f"r{block.id}": inside.read(block.result)})
            over()

        if block.level is None:

            def complete(values: Values) -> None:
                own.write(values)
                self._forget(wait, thread)
                give(own)

            wait = self._wait("task", block.id, thread, complete)
            return
        frame = Frame({**own.all(), **dict.fromkeys(COUNTERS, 0)}, None) if block.is_called else own
        thread.inside = Space(frame, thread, lambda: give(frame), block.level)
        self._begin(thread.inside)

    def _many(self, block: Activity, marker: Many, thread: Thread, over: Callable[[], None]) -> None:
        items = thread.frame.read(ITEMS) if marker.count is None else None
        assert items is None or isinstance(items, list)
        count = len(items) if items is not None else marker.count or 0
        counters: dict[str, object] = {}
        body = Space(Frame(counters, thread.frame), thread, over)
        done = 0
        results: dict[int, object] = {}

        def close() -> None:
            self._clear(body)
            thread.inside = None
            if marker.result is not None:
                thread.frame.write({marker.result: [results[number] for number in sorted(results)]})
            over()

        def begin(number: int) -> None:
            own: dict[str, object] = {"loopCounter": number + 1}
            if items is not None and marker.item is not None:
                own[marker.item] = items[number]
            one = body.add(Frame(own, body.frame))
            one.turn = (block.id, number + 1)
            self._work(block, one, one.frame, body.frame, lambda: end(number, one))

        def end(number: int, one: Thread) -> None:
            nonlocal done
            done += 1
            if marker.result is not None and marker.item is not None:
                results[number] = one.frame.read(marker.item)
            self._stop(one)
            body.threads.remove(one)
            if done == count or done == marker.enough:
                close()
            elif marker.sequential:
                begin(done)

        if count == 0:
            close()
            return
        thread.inside = body
        for number in range(1 if marker.sequential else count):
            begin(number)

    def _loop(self, block: Activity, marker: Loop, thread: Thread, over: Callable[[], None]) -> None:
        body = Space(Frame({}, thread.frame), thread, over)

        def goes_on() -> bool:
            return body.frame.read(marker.name) == 1

        def begin(turn: int) -> None:
            one = body.add(Frame({}, body.frame))
            one.turn = (block.id, turn)
            body.frame.own["loopCounter"] = turn
            self._work(block, one, one.frame, body.frame, lambda: end(turn, one))

        def end(turn: int, one: Thread) -> None:
            self._stop(one)
            body.threads.remove(one)
            if (marker.maximum is not None and turn >= marker.maximum) or not goes_on():
                thread.inside = None
                over()
            else:
                begin(turn + 1)

        if marker.test_before and not goes_on():
            over()
            return
        thread.inside = body
        begin(1)

    # ------------------------------------------------------------------ errors and escalations
    def _throw(self, space: Space, kind: str, code: str) -> bool:
        """Outward from a space: its event subprocesses, the border of what it is the inside of, and so on."""
        here, is_sibling = space, False
        while True:
            handlers = here.level.handlers if here.level is not None and not is_sibling else ()
            handler = _best(((h.trigger, h) for h in handlers), kind, code)
            if handler is not None:
                self._handle(here, handler)
                return True
            host = here.host
            if host is None:
                return False
            caught = _best(((b.trigger, (b, go_off)) for b, go_off in host.catching), kind, code)
            if caught is not None:
                caught[1](caught[0])
                return True
            is_sibling = here.is_handler
            here = host.space

    def _escalate(self, thread: Thread, code: str, on: On) -> None:
        self._throw(thread.space, "escalation", code)
        if thread in thread.space.threads and _is_alive(thread.space):
            on(thread)


def _is_alive(space: Space) -> bool:
    """Whether a space is still where its host thinks it is, all the way out."""
    while space.host is not None:
        if space.host.inside is not space or space.host not in space.host.space.threads:
            return False
        space = space.host.space
    return True


def _best(catchers: Iterable[tuple[Trigger, T]], kind: str, code: str) -> T | None:
    fitting = [(trigger, what) for trigger, what in catchers if trigger.kind == kind]
    exact = [what for trigger, what in fitting if trigger.name == code]
    for_all = [what for trigger, what in fitting if not trigger.name]
    return next(iter(exact + for_all), None)


def _literal(text: str, frame: Frame) -> object:
    if text.isdigit():
        return int(text)
    return text == "True" if text in ("True", "False") else frame.read(text)


def _path(owner: Thread | Space) -> tuple[tuple[str, object], ...]:
    """Return which executions of markers something is in, innermost first."""
    path = []
    thread = owner if isinstance(owner, Thread) else owner.host
    while thread is not None:
        if thread.turn is not None:
            path.append(thread.turn)
        thread = thread.space.host
    return tuple(path)


def _after(walk: Walk, line: Line, on: On, gone: Gone) -> On:
    return lambda thread: walk._line(line.parts, thread, on, gone)


def _nobody_cares() -> None:
    pass


def _must_come() -> None:
    raise AssertionError("a way of a parallel block has an end of its own: the generator is wrong")
