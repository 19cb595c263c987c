"""Gateways that do not fit each other: a join that waits for ever, a task that runs twice. Warnings, with the way.

Data is left aside: every choice is taken to be possible. Of a level that is too tangled, only a part is walked through.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import Sentence
from engine.spiff.control_flow.net import Net, net_of
from engine.spiff.control_flow.reduction import reduce
from engine.spiff.control_flow.walk import Fault, Walk, way_of
from engine.spiff.diagram import Diagram, label
from engine.tokens.definition import Level, Node, ProcessDefinition, Symbol, TriggerKind

JOINS = frozenset({Symbol.PARALLEL_GATEWAY, Symbol.INCLUSIVE_GATEWAY, Symbol.COMPLEX_GATEWAY})
PASSED = frozenset({Symbol.EXCLUSIVE_GATEWAY, Symbol.EVENT_BASED_GATEWAY, *JOINS})
TOLD_BY_THROWING = frozenset({TriggerKind.MESSAGE, TriggerKind.SIGNAL, TriggerKind.ESCALATION})
MOST_SHOWN = 8


def check_soundness(diagram: Diagram, definition: ProcessDefinition) -> None:
    """Note a warning for each way in which a level of a readable process can get stuck or do something twice."""
    for level in definition.levels.values():
        net = net_of(definition, level) if definition.executable else None
        if net is None:
            continue
        reduce(net)
        walk = Walk(net)
        walk.run()
        for fault in walk.faults:
            _Told(diagram, definition, level, net, fault).warn()


class _Told:
    """One fault, as it is told."""

    def __init__(self, diagram: Diagram, definition: ProcessDefinition, level: Level, net: Net, fault: Fault) -> None:
        self.diagram, self.definition, self.level, self.net, self.fault = diagram, definition, level, net, fault

    def warn(self) -> None:
        if self.fault.kind == "doubled":
            self._warn_of_double()
        else:
            self._warn_of_join()

    # ---- a join that waits for ever

    def _warn_of_join(self) -> None:
        node = self.definition.nodes[self.fault.knot]
        way = way_of(self.net, self.fault.edges[0], self.fault.moves)
        missing = self._missing()
        choice = self._choice(way, missing)
        shown = _arrows([*self._from_choice(way, choice), node.id], self.definition)
        lacking = ", ".join(_name(self.definition.nodes[source]) for source in missing)
        here = label(self.diagram.by_id[node.id])
        when, advice = self._when(way, choice), _advice(self.definition, choice)
        if self.fault.kind == "stuck":
            self._note(
                node.id,
                "soundness-stuck",
                f"{here}: 이 모임은 끝나지 않을 수 있습니다: {shown}.{when.ko} 이때 ‘{lacking}’에서는 아무것도 오지 "
                f"않습니다. {advice.ko}",
                f"this join may wait for ever: {shown}.{when.en} Nothing comes from {lacking} then: {advice.en}",
            )
        else:
            self._note(
                node.id,
                "soundness-left",
                f"{here}: 한 번 모인 뒤에 토큰이 하나 더 와서 남을 수 있습니다: {shown}. 그러면 프로세스가 끝나지 "
                "않습니다. 이 모임 앞에서 흐름이 두 번 지나가지 않도록 고쳐 주십시오.",
                f"one token more may come here after the join and stay: {shown}. The process does not end then: draw "
                "it so that nothing passes twice before this join",
            )

    def _missing(self) -> list[str]:
        """Return the elements before the join from which nothing comes, in the order of its flows."""
        come = {way_of(self.net, number, self.fault.moves)[-1] for number in self.fault.edges}
        sources = [self.definition.flows[flow].source for flow in self.definition.nodes[self.fault.knot].incoming]
        return [source for source in dict.fromkeys(sources) if source not in come] or sources[:1]

    def _choice(self, way: list[str], missing: list[str]) -> str | None:
        """Return the last choice after which nothing could come from there: on the token's own way, else on another."""
        elsewhere = [step for move in self.fault.moves for number in move.sent for step in self._steps(number)]
        for steps in (way, elsewhere):
            for step in reversed(steps):
                if step != self.fault.knot and self._chooses(step) and self._can_reach(step, missing):
                    return step
        return None

    def _steps(self, number: int) -> tuple[str, ...]:
        edge = self.net.edges[number]
        return (edge.source, *edge.path) if edge.source in self.definition.nodes else edge.path

    def _chooses(self, element: str) -> bool:
        is_event_based = self.definition.nodes[element].symbol is Symbol.EVENT_BASED_GATEWAY
        return is_event_based or self._decides(element) or bool(self.definition.boundaries.get(element))

    def _decides(self, element: str) -> bool:
        """Whether conditions say where a token goes from there."""
        node = self.definition.nodes[element]
        if node.symbol is Symbol.PARALLEL_GATEWAY or len(node.outgoing) < 2:
            return False
        return node.default is not None or any(self.definition.flows[flow].condition for flow in node.outgoing)

    def _can_reach(self, element: str, targets: list[str]) -> bool:
        return element in targets or any(step in targets for step in _onward(self.definition, element))

    def _from_choice(self, way: list[str], choice: str | None) -> list[str]:
        """Return the way from the choice on; from the last place where ways part, when the choice is not on it."""
        if choice in way:
            return way[len(way) - 1 - way[::-1].index(choice) :]
        parting = [number for number, step in enumerate(way) if len(self.definition.nodes[step].outgoing) > 1]
        return way[parting[-1] :] if parting else way

    def _when(self, way: list[str], choice: str | None) -> Sentence:
        """Return what was chosen elsewhere, as the start of a sentence."""
        if choice is None or choice in way:
            return Sentence("", "")
        for move in reversed(self.fault.moves):
            for number in move.sent:
                steps = [*self._steps(number), self.net.edges[number].target]
                if choice in steps[:-1]:
                    following = steps[steps.index(choice) + 1]
                    if following in self.definition.nodes:
                        shown = _arrows([choice, following], self.definition)
                        return Sentence(f" {shown} 쪽으로 갔을 때입니다.", f" This is when {shown} is taken.")
        return Sentence("", "")

    # ---- what happens twice

    def _warn_of_double(self) -> None:
        ways = [way_of(self.net, number, self.fault.moves) for number in self.fault.edges]
        if len(ways) == 1:  # back to the activity that is still at work
            ways = [[self.fault.knot], [*ways[0][len(ways[0]) - 1 - ways[0][::-1].index(self.fault.knot) :]]]
        parting = _parting(ways)
        drawn = {element: number for number, element in enumerate(self.level.node_ids)}
        ways = sorted((way[parting:] for way in ways), key=lambda way: [drawn[step] for step in way])
        meeting = next((step for step in ways[0][1:] if step in ways[1][1:]), self.fault.knot)
        twice = self._works_after(meeting)
        ways = [[*way[: way.index(meeting)], meeting] if meeting in way[1:] else [*way, meeting] for way in ways]
        if twice is None or any(self._decides(step) for way in ways for step in way[1:-1]):
            return  # whoever drew a condition on one of the two ways may well have meant the other one by it
        shown = [_arrows(way, self.definition) for way in ways if way != [meeting, meeting]]
        also_ko, also_en = " · ".join(shown), " and ".join(shown)
        here = label(self.diagram.by_id[twice])
        self._note(
            twice,
            "soundness-twice",
            f"{here}: 동시에 가는 길이 합쳐지지 않고 저마다 이리로 와서 두 번 실행될 수 있습니다: {also_ko}. 한 번만 "
            "하려면 앞에 병렬(또는 포괄) 게이트웨이를 그려 모아 주십시오.",
            f"{here} may run twice, since ways that go side by side each lead here: {also_en}: to run it once, join "
            "them before it with a parallel (or inclusive) gateway",
        )

    def _works_after(self, element: str) -> str | None:
        """Return what would be done twice: the element itself, or the first behind it before any join."""
        for step in (element, *_onward(self.definition, element, through=PASSED - JOINS)):
            if _does_something(self.definition.nodes[step]):
                return step
        return None

    def _note(self, element: str, rule: str, ko: str, en: str) -> None:
        self.diagram.warn(self.diagram.by_id[element], rule, ko, en)


def _advice(definition: ProcessDefinition, choice: str | None) -> Sentence:
    if choice is not None and definition.boundaries.get(choice):
        return Sentence(
            "경계 이벤트에서 나가는 길은 이 모임에 잇지 말고 따로 끝내 주십시오.",
            "give the way out of the boundary event an end of its own instead",
        )
    return Sentence(
        "갈라지는 곳과 모이는 곳에 같은 종류의 게이트웨이를 그려 주십시오.",
        "draw the same kind of gateway where the ways part and where they meet",
    )


def _does_something(node: Node) -> bool:
    if node.symbol is Symbol.END_EVENT:
        return any(trigger.kind in TOLD_BY_THROWING for trigger in node.triggers)
    return node.symbol not in PASSED


def _onward(definition: ProcessDefinition, element: str, through: frozenset[Symbol] | None = None) -> Iterator[str]:
    """Yield the elements behind one, nearest first; with `through`, only from such symbols on."""
    seen, queue = {element}, [element]
    while queue:
        node = definition.nodes[queue.pop(0)]
        if through is not None and node.symbol not in through:
            continue
        targets = [definition.flows[flow].target for flow in node.outgoing]
        targets += definition.boundaries.get(node.id, ())
        if node.id in definition.links:
            targets.append(definition.links[node.id])
        for target in targets:
            if target not in seen:
                seen.add(target)
                queue.append(target)
                yield target


def _parting(ways: list[list[str]]) -> int:
    """Return the place of the last element that both ways share from their beginning."""
    shared = 0
    while all(len(way) > shared for way in ways) and ways[0][shared] == ways[1][shared]:
        shared += 1
    return max(shared - 1, 0)


def _name(node: Node) -> str:
    return node.name or node.id


def _arrows(way: list[str], definition: ProcessDefinition) -> str:
    """Return the way as it is shown, its middle left out when it is long."""
    names = [_name(definition.nodes[step]) for step in way]
    if len(names) > MOST_SHOWN:
        names = [*names[: MOST_SHOWN - 3], "…", *names[-2:]]
    return " → ".join(names)
