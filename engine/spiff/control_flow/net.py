"""Net: the knots of one level and the ways out of each, data left aside: every choice is possible.

A boundary event is one more way out of its activity; one that does not interrupt is a side way, taken beside the
activity's own. BPMN 2.0.2, chapter 13.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import combinations, product

from engine.errors import InvalidExpression
from engine.tokens.definition import Flow, Level, Node, ProcessDefinition, Symbol, TriggerKind

SOURCE, END, STOP = "<source>", "<end>", "<stop>"  # no element can have such an id: they are no XML names
MOST_CONDITIONS = 5  # of these every combination is looked at; of more, each alone, each pair, and all
NEVER_ON_THE_WAY = frozenset({Symbol.BOUNDARY_EVENT, Symbol.EVENT_SUBPROCESS})
ENDS_THE_LEVEL = frozenset({TriggerKind.TERMINATE, TriggerKind.ERROR, TriggerKind.CANCEL})

Way = frozenset[int]


class Joins(Enum):
    """How a knot takes tokens that come over several edges."""

    EACH = auto()  # every token goes through by itself: exclusive gateway, several flows into an activity
    ALL = auto()  # parallel gateway
    SOME = auto()  # inclusive gateway: whatever can still come
    VANISH = auto()  # a token ends here
    STOP = auto()  # a token ends here, and all others with it


@dataclass(slots=True)
class Edge:
    """A way between two knots; `path` are the elements on it, without those at its ends."""

    source: str
    target: str
    path: tuple[str, ...] = ()


@dataclass(slots=True)
class Knot:
    """Where edges meet and part. A token takes one of `ways`, over all its edges; or at most once, one of `sides`."""

    id: str
    joins: Joins
    ways: list[Way] = field(default_factory=list)
    sides: list[Way] = field(default_factory=list)


class Net:
    """The knots by id, the edges by number, and which edges lead into each knot."""

    def __init__(self) -> None:
        self.knots: dict[str, Knot] = {}
        self.edges: dict[int, Edge] = {}
        self.into: dict[str, set[int]] = {}
        self._numbers = iter(range(1, 10**9))
        for name, joins in ((SOURCE, Joins.EACH), (END, Joins.VANISH), (STOP, Joins.STOP)):
            self.add_knot(name, joins)

    def add_knot(self, name: str, joins: Joins) -> Knot:
        self.knots[name] = knot = Knot(name, joins)
        self.into.setdefault(name, set())
        return knot

    def add_edge(self, source: str, target: str, path: tuple[str, ...] = ()) -> int:
        number = next(self._numbers)
        self.edges[number] = Edge(source, target, path)
        self.into[target].add(number)
        return number

    def retarget(self, number: int, target: str, path: tuple[str, ...]) -> None:
        edge = self.edges[number]
        self.into[edge.target].discard(number)
        self.into[target].add(number)
        edge.target, edge.path = target, path

    def drop_edge(self, number: int) -> None:
        self.into[self.edges.pop(number).target].discard(number)


def net_of(definition: ProcessDefinition, level: Level) -> Net | None:
    """Return the net of one level; None where ways depend on numbers that only a run knows."""
    nodes = [definition.nodes[key] for key in level.node_ids if definition.nodes[key].symbol not in NEVER_ON_THE_WAY]
    around = definition.nodes.get(level.id)
    if (around is not None and around.symbol is Symbol.AD_HOC_SUBPROCESS) or any(map(_counts, nodes)):
        return None
    net = Net()
    for node in nodes:
        net.add_knot(node.id, _joins(node))
    for way in _beginnings(definition, level):
        net.knots[SOURCE].ways.append(frozenset(net.add_edge(SOURCE, start) for start in way))
    for node in nodes:
        _add_ways(net, definition, node)
    return net


def _counts(node: Node) -> bool:
    return node.start_quantity != 1 or node.completion_quantity != 1 or node.activation_condition is not None


def _joins(node: Node) -> Joins:
    if node.symbol is Symbol.PARALLEL_GATEWAY:
        return Joins.ALL
    return Joins.SOME if node.symbol in (Symbol.INCLUSIVE_GATEWAY, Symbol.COMPLEX_GATEWAY) else Joins.EACH


def _beginnings(definition: ProcessDefinition, level: Level) -> Iterator[list[str]]:
    """Yield what begins together: whatever waits for nothing, and each triggered start by itself."""
    starts = [definition.nodes[key] for key in level.start_ids if not definition.nodes[key].for_compensation]
    instantiating = [definition.nodes[key] for key in level.node_ids if definition.nodes[key].instantiate]
    triggered = {node.id: node for node in (*starts, *instantiating) if node.triggers or node.instantiate}
    plain = [node.id for node in starts if node.id not in triggered or node.symbol is not Symbol.START_EVENT]
    plain = [key for key in plain if not definition.nodes[key].instantiate]
    if plain:
        yield plain
    yield from ([key] for key in triggered if key not in plain)


def _add_ways(net: Net, definition: ProcessDefinition, node: Node) -> None:
    knot = net.knots[node.id]
    if node.symbol is Symbol.END_EVENT:
        stops = any(trigger.kind in ENDS_THE_LEVEL for trigger in node.triggers)
        knot.ways.append(frozenset({net.add_edge(node.id, STOP if stops else END)}))
        return
    if node.id in definition.links:
        knot.ways.append(frozenset({net.add_edge(node.id, definition.links[node.id])}))
        return
    edges = {flow: net.add_edge(node.id, definition.flows[flow].target) for flow in node.outgoing}
    knot.ways.extend(_ways(net, definition, node, edges))
    drawn = set(edges.values())
    attached = [definition.nodes[key] for key in definition.boundaries.get(node.id, ())]
    attached = [event for event in attached if not any(t.kind is TriggerKind.COMPENSATE for t in event.triggers)]
    beside: list[Way] = []
    for event in attached:
        own = {flow: net.add_edge(node.id, definition.flows[flow].target, (event.id,)) for flow in event.outgoing}
        drawn |= set(own.values())
        ways = _ways(net, definition, event, own, path=(event.id,))
        (knot.ways if event.interrupting else beside).extend(ways)
    knot.sides.extend(way | side for way, side in product(knot.ways, beside))
    for number in drawn.difference(*knot.ways, *knot.sides):  # a condition that never holds
        net.drop_edge(number)


def _ways(
    net: Net, definition: ProcessDefinition, node: Node, edges: dict[str, int], path: tuple[str, ...] = ()
) -> list[Way]:
    """Return the combinations of flows that a token can take when it leaves."""
    if not edges:
        return [frozenset({net.add_edge((path and node.attached_to) or node.id, END, path)})]
    flows = [definition.flows[flow] for flow in node.outgoing]
    if node.symbol is Symbol.EVENT_BASED_GATEWAY and not (node.instantiate and node.parallel_event_gateway):
        return [frozenset({edges[flow.id]}) for flow in flows]
    if node.symbol is Symbol.EXCLUSIVE_GATEWAY:
        return [frozenset({edges[flow]}) for flow in _one_of(flows, node.default)]
    if node.symbol in (Symbol.PARALLEL_GATEWAY, Symbol.EVENT_BASED_GATEWAY):
        return [frozenset(edges.values())]
    return [frozenset(edges[flow] for flow in taken) for taken in _some_of(flows, node.default)]


def _one_of(flows: list[Flow], default: str | None) -> Iterator[str]:
    """Yield the flows that the first condition which holds can lead over."""
    for flow in flows:
        if flow.id == default:
            continue
        always = _constant(flow)
        if always is not False:
            yield flow.id
        if always is True:
            return
    if default is not None:
        yield default


def _some_of(flows: list[Flow], default: str | None) -> Iterator[tuple[str, ...]]:
    """Yield the combinations that conditions which hold can make; the default only when none of them does."""
    own = [flow for flow in flows if flow.id != default and _constant(flow) is not False]
    always = tuple(flow.id for flow in own if _constant(flow) is True)
    open_ones = [flow.id for flow in own if _constant(flow) is None]
    for some in _combinations(open_ones):
        if always or some:
            yield (*always, *some)
        elif default is not None:
            yield (default,)


def _combinations(keys: list[str]) -> Iterator[tuple[str, ...]]:
    sizes: Iterable[int] = range(len(keys) + 1) if len(keys) <= MOST_CONDITIONS else (0, 1, 2, len(keys))
    for size in sizes:
        yield from combinations(keys, size)


def _constant(flow: Flow) -> bool | None:
    """Return the truth of a condition that no variable changes; None for any other. A flow without one is open."""
    if flow.condition is None:
        return True
    try:
        return bool(flow.condition.evaluate({})) if flow.condition.is_constant else None
    except InvalidExpression:
        return None
