"""Drawing: definitions made by hand for tests of the token game, without a diagram file or its reader."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.expressions import Expression, compile_expression, compile_script
from engine.tokens.definition import (
    Flow,
    Level,
    MultiInstance,
    Node,
    ProcessDefinition,
    StandardLoop,
    Symbol,
    Timer,
    TimerKind,
    Trigger,
    TriggerKind,
    VariableMapping,
)

FUNCTIONS = ("boom", "in_an_hour", "big", "due")


def ask(text: str | None) -> Expression | None:
    return None if text is None else compile_expression(text, FUNCTIONS)


def timer(kind: TimerKind, text: str) -> Trigger:
    expression = ask(text) if text.startswith("${") else None
    return Trigger(TriggerKind.TIMER, timer=Timer(kind, text, expression))


def after(text: str) -> Trigger:
    return timer(TimerKind.DURATION, text)


def on(text: str) -> Trigger:
    return timer(TimerKind.DATE, text)


def every(text: str) -> Trigger:
    return timer(TimerKind.CYCLE, text)


def message(name: str, key: str | None = None) -> Trigger:
    return Trigger(TriggerKind.MESSAGE, name=name, correlation=ask(key))


def signal(name: str) -> Trigger:
    return Trigger(TriggerKind.SIGNAL, name=name)


def error(code: str | None = None, variable: str | None = None) -> Trigger:
    return Trigger(TriggerKind.ERROR, code=code, code_variable=variable)


def escalation(code: str | None = None) -> Trigger:
    return Trigger(TriggerKind.ESCALATION, code=code)


def when(condition: str) -> Trigger:
    return Trigger(TriggerKind.CONDITIONAL, condition=ask(condition))


def compensate(activity: str | None = None, *, wait: bool = True) -> Trigger:
    return Trigger(TriggerKind.COMPENSATE, activity_ref=activity, wait_for_completion=wait)


TERMINATE = Trigger(TriggerKind.TERMINATE)
CANCEL = Trigger(TriggerKind.CANCEL)


def link(name: str) -> Trigger:
    return Trigger(TriggerKind.LINK, name=name)


def put(**mappings: str | None) -> tuple[VariableMapping, ...]:
    """Return mappings; `put(ALL=None)` takes all."""
    return tuple(VariableMapping(ask(text), "*" if target == "ALL" else target) for target, text in mappings.items())


class Drawing:
    """A diagram being drawn. Each method adds one symbol to the level that is open and returns its id."""

    def __init__(self, key: str = "p") -> None:
        self.key = key
        self.nodes: dict[str, dict[str, Any]] = {}
        self.flows: dict[str, Flow] = {}
        self.links: dict[str, str] = {}
        self.callees: dict[str, int] = {}
        self.parents: dict[str, str] = {}
        self.data: dict[str, dict[str, str]] = {}
        self.level = key

    def add(self, symbol: Symbol, id_: str, **fields: Any) -> str:
        assert id_ not in self.nodes, id_
        self.nodes[id_] = {"id": id_, "symbol": symbol, "name": id_, "level": self.level, **fields}
        return id_

    @contextmanager
    def inside(self, id_: str, symbol: Symbol = Symbol.SUBPROCESS, **fields: Any) -> Iterator[str]:
        """Draw what stands inside a subprocess."""
        self.add(symbol, id_, **fields)
        outer, self.level = self.level, id_
        self.parents[id_] = outer
        yield id_
        self.level = outer

    def flow(self, *ids: str, condition: str | None = None, default: bool = False) -> None:
        """Connect the symbols one after another; a condition or `default` is for each of the flows."""
        for source, target in itertools.pairwise(ids):
            id_ = f"{source}->{target}"
            while id_ in self.flows:
                id_ += "'"
            self.flows[id_] = Flow(id_, source, target, ask(condition))
            if default:
                self.nodes[source]["default"] = id_

    def start(self, id_: str = "start", *triggers: Trigger, **more: Any) -> str:
        return self.add(Symbol.START_EVENT, id_, triggers=triggers, **more)

    def end(self, id_: str = "end", *triggers: Trigger, **more: Any) -> str:
        return self.add(Symbol.END_EVENT, id_, triggers=triggers, **more)

    def catch(self, id_: str, *triggers: Trigger, **more: Any) -> str:
        return self.add(Symbol.CATCH_EVENT, id_, triggers=triggers, **more)

    def throw(self, id_: str, *triggers: Trigger, **more: Any) -> str:
        return self.add(Symbol.THROW_EVENT, id_, triggers=triggers, **more)

    def boundary(self, id_: str, host: str, *triggers: Trigger, interrupting: bool = True, **more: Any) -> str:
        return self.add(
            Symbol.BOUNDARY_EVENT, id_, attached_to=host, triggers=triggers, interrupting=interrupting, **more
        )

    def user(self, id_: str, **more: Any) -> str:
        return self.add(Symbol.USER_TASK, id_, **more)

    def task(self, id_: str, **more: Any) -> str:
        return self.add(Symbol.TASK, id_, **more)

    def script(self, id_: str, text: str = "", **more: Any) -> str:
        return self.add(Symbol.SCRIPT_TASK, id_, script=compile_script(text, FUNCTIONS) if text else None, **more)

    def service(self, id_: str, topic: str = "work", **more: Any) -> str:
        return self.add(Symbol.SERVICE_TASK, id_, topic=topic, **more)

    def xor(self, id_: str, **more: Any) -> str:
        return self.add(Symbol.EXCLUSIVE_GATEWAY, id_, **more)

    def parallel(self, id_: str, **more: Any) -> str:
        return self.add(Symbol.PARALLEL_GATEWAY, id_, **more)

    def inclusive(self, id_: str, **more: Any) -> str:
        return self.add(Symbol.INCLUSIVE_GATEWAY, id_, **more)

    def complex(self, id_: str, activation: str | None = None, **more: Any) -> str:
        return self.add(Symbol.COMPLEX_GATEWAY, id_, activation_condition=ask(activation), **more)

    def events(self, id_: str, **more: Any) -> str:
        return self.add(Symbol.EVENT_BASED_GATEWAY, id_, **more)

    def call(self, id_: str, key: str, version: int = 1, **more: Any) -> str:
        self.callees[id_] = version
        return self.add(Symbol.CALL_ACTIVITY, id_, called_element=key, **more)

    @contextmanager
    def event_subprocess(self, id_: str, *triggers: Trigger, interrupting: bool = True, **more: Any) -> Iterator[str]:
        """Draw an event subprocess; its start event is `ID_start`, and it is yielded."""
        with self.inside(id_, Symbol.EVENT_SUBPROCESS, **more):
            yield self.start(f"{id_}_start", *triggers, interrupting=interrupting)

    def definition(self) -> ProcessDefinition:
        incoming: dict[str, list[str]] = {id_: [] for id_ in self.nodes}
        outgoing: dict[str, list[str]] = {id_: [] for id_ in self.nodes}
        boundaries: dict[str, list[str]] = {}
        for flow in self.flows.values():
            outgoing[flow.source].append(flow.id)
            incoming[flow.target].append(flow.id)
        for id_, fields in self.nodes.items():
            if "attached_to" in fields:
                boundaries.setdefault(fields["attached_to"], []).append(id_)
        nodes = {
            id_: Node(**fields, incoming=tuple(incoming[id_]), outgoing=tuple(outgoing[id_]))
            for id_, fields in self.nodes.items()
        }
        levels = {id_: self._level(id_, nodes) for id_ in (self.key, *self.parents)}
        return ProcessDefinition(
            self.key,
            self.key,
            nodes,
            self.flows,
            levels,
            {host: tuple(ids) for host, ids in boundaries.items()},
            links=self.links,
            callees=self.callees,
        )

    def _level(self, id_: str, nodes: dict[str, Node]) -> Level:
        own = [node for node in nodes.values() if node.level == id_]
        subs = tuple(node.id for node in own if node.symbol is Symbol.EVENT_SUBPROCESS)
        aside = (Symbol.BOUNDARY_EVENT, Symbol.EVENT_SUBPROCESS)
        starts = [node.id for node in own if node.symbol is Symbol.START_EVENT] or [
            node.id for node in own if not node.incoming and node.symbol not in aside and not node.for_compensation
        ]
        flows = tuple(flow.id for flow in self.flows.values() if nodes[flow.source].level == id_)
        return Level(id_, tuple(node.id for node in own), flows, tuple(starts), subs, self.data.get(id_, {}))


def many(
    collection: str | None = None,
    *,
    count: str | None = None,
    item: str | None = None,
    sequential: bool = False,
    until: str | None = None,
    into: str | None = None,
    of: str | None = None,
    **more: Any,
) -> MultiInstance:
    return MultiInstance(sequential, ask(count), ask(collection), item, into, of, ask(until), **more)


def loop(condition: str | None = None, *, test_before: bool = False, maximum: int | None = None) -> StandardLoop:
    return StandardLoop(ask(condition), test_before, maximum)
