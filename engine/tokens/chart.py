"""Chart: a definition made ready to play, derived once: what lies around each symbol, who plays it, who catches.

Chart and Spot hold nothing of an instance; threads share them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.tokens.definition import (
    Flow,
    Level,
    MultiInstance,
    Node,
    ProcessDefinition,
    StandardLoop,
    Symbol,
    TriggerKind,
)

if TYPE_CHECKING:
    from engine.tokens.nodes.symbol import Behaviour

WAITING_KINDS = frozenset({TriggerKind.MESSAGE, TriggerKind.SIGNAL, TriggerKind.TIMER, TriggerKind.CONDITIONAL})
ROUTED_KINDS = frozenset({TriggerKind.ERROR, TriggerKind.ESCALATION, TriggerKind.CANCEL})
_PASSING = frozenset(
    {
        Symbol.EXCLUSIVE_GATEWAY,
        Symbol.PARALLEL_GATEWAY,
        Symbol.INCLUSIVE_GATEWAY,
        Symbol.COMPLEX_GATEWAY,
        Symbol.EVENT_BASED_GATEWAY,
    }
)


class Spot:
    """One node with its surroundings looked up. `boundaries` wait; `catchers` are found when something is thrown."""

    __slots__ = (
        "behaviour",
        "boundaries",
        "can_be_undone",
        "catchers",
        "default",
        "has_conditions",
        "has_extensions",
        "id",
        "is_gateway",
        "is_in_ad_hoc",
        "is_plain",
        "marker",
        "node",
        "outgoing",
    )

    def __init__(self, node: Node, definition: ProcessDefinition, behaviour: Behaviour, can_be_undone: bool) -> None:
        self.id, self.node, self.behaviour, self.can_be_undone = node.id, node, behaviour, can_be_undone
        self.outgoing = tuple(definition.flows[flow] for flow in node.outgoing)
        self.default = definition.flows[node.default] if node.default else None
        self.has_conditions = self.default is not None or any(flow.condition for flow in self.outgoing)
        self.has_extensions = bool(node.extensions)
        self.is_gateway = node.symbol in _PASSING
        around = definition.nodes.get(node.level)
        self.is_in_ad_hoc = around is not None and around.symbol is Symbol.AD_HOC_SUBPROCESS
        attached = [definition.nodes[boundary] for boundary in definition.boundaries.get(node.id, ())]
        self.boundaries = tuple(b for b in attached if _has(b, WAITING_KINDS))
        self.catchers = tuple(b for b in attached if _has(b, ROUTED_KINDS))
        self.marker: MultiInstance | StandardLoop | None = node.multi_instance or node.loop
        self.is_plain = not (
            self.marker
            or self.boundaries
            or node.inputs
            or node.outputs
            or node.start_quantity != 1
            or node.completion_quantity != 1
            or can_be_undone
        )


class Court:
    """One level with its event subprocesses looked up: those that wait, those that catch, the one that compensates."""

    __slots__ = ("catchers", "compensating", "id", "level", "plain_start_ids", "start_ids", "waiting")

    def __init__(self, level: Level, definition: ProcessDefinition) -> None:
        self.id, self.level = level.id, level
        starts = [(sub, _start_of(definition, sub)) for sub in level.event_subprocess_ids]
        self.waiting = tuple((sub, start) for sub, start in starts if _has(start, WAITING_KINDS))
        self.catchers = tuple((sub, start) for sub, start in starts if _has(start, ROUTED_KINDS))
        compensating = [sub for sub, start in starts if _has(start, frozenset({TriggerKind.COMPENSATE}))]
        self.compensating = compensating[0] if compensating else None
        self.start_ids = tuple(node for node in level.start_ids if not _stands_aside(definition.nodes[node]))
        self.plain_start_ids = tuple(node for node in self.start_ids if not _is_triggered(definition.nodes[node]))


class Chart:
    """A process definition ready to play."""

    __slots__ = ("compensates", "courts", "definition", "key", "reaches", "spots")

    def __init__(self, definition: ProcessDefinition) -> None:
        from engine.tokens.nodes import BEHAVIOURS

        self.definition, self.key = definition, definition.key
        nodes = definition.nodes.values()
        kinds = frozenset({TriggerKind.COMPENSATE, TriggerKind.CANCEL})
        throwers = (Symbol.THROW_EVENT, Symbol.END_EVENT)
        self.compensates = any(node.symbol in throwers and _has(node, kinds) for node in nodes)
        self.courts = {id_: Court(level, definition) for id_, level in definition.levels.items()}
        self.spots = {
            node.id: Spot(node, definition, BEHAVIOURS[node.symbol], self._can_be_undone(node)) for node in nodes
        }
        self.reaches: dict[str, dict[str, frozenset[str]]] = {}  # join -> element -> flows of the join; filled by need

    def _can_be_undone(self, node: Node) -> bool:
        return self.compensates and (node.compensation_handler is not None or node.holds_a_level)


def _is_triggered(node: Node) -> bool:
    """Whether a process begins there only when something comes."""
    return node.instantiate or (node.symbol is Symbol.START_EVENT and bool(node.triggers))


def chart_of(definition: ProcessDefinition) -> Chart:
    """Return the chart of a definition, made at its first use and kept with it."""
    chart = definition.derived.get("chart")
    if not isinstance(chart, Chart):
        chart = definition.derived["chart"] = Chart(definition)
    return chart


def is_followed(flow: Flow, spot: Spot) -> bool:
    """Whether a flow is taken for its condition, rather than as the default."""
    return spot.default is None or flow.id != spot.default.id


def _has(node: Node, kinds: frozenset[TriggerKind]) -> bool:
    return any(trigger.kind in kinds for trigger in node.triggers)


def _start_of(definition: ProcessDefinition, subprocess_id: str) -> Node:
    return definition.nodes[definition.levels[subprocess_id].start_ids[0]]


def _stands_aside(node: Node) -> bool:
    """Whether a node without incoming flow is started by something else than its level."""
    return node.for_compensation or node.symbol in (Symbol.BOUNDARY_EVENT, Symbol.EVENT_SUBPROCESS)
