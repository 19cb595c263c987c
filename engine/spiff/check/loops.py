"""Loops that no token can leave: no wait state in them, and conditions that are the same whatever the variables say."""

from __future__ import annotations

from engine.errors import InvalidExpression
from engine.spiff.diagram import Canvas, Diagram, label
from engine.spiff.vocabulary import Element, child, local, text, truth

# What a token passes without waiting for anybody; all else gives others a turn, and can be left from outside.
PASSES = {
    "task",
    "manualTask",
    "scriptTask",
    "sendTask",
    "businessRuleTask",
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "complexGateway",
    "intermediateThrowEvent",
}


def check_loops(diagram: Diagram) -> None:
    for canvas in diagram.canvases:
        for loop in _closed_loops(diagram, canvas):
            _refuse(diagram, loop)
        for node in canvas.nodes:
            _check_marker(diagram, node)


def _refuse(diagram: Diagram, loop: list[Element]) -> None:
    path = " → ".join(str(node.get("id")) for node in [*loop, loop[0]])
    diagram.refuse(
        loop[0],
        "loop-closed",
        f"이 반복은 끝나지 않습니다: {path}. 조건이 바뀔 수 있게 하거나 기다리는 요소를 넣어 주십시오.",
        f"this loop can never be left: {path}: let a condition change, or wait for something in it",
    )


def _check_marker(diagram: Diagram, activity: Element) -> None:
    """A loop marker whose condition is always true, without a maximum."""
    marker = child(activity, "standardLoopCharacteristics")
    if marker is None or local(activity) not in PASSES or marker.get("loopMaximum"):
        return
    if _constant(diagram, text(child(marker, "loopCondition"))) is True:
        diagram.refuse(
            activity,
            "loop-closed",
            f"{label(activity)}: 이 반복은 끝나지 않습니다. loopCondition이 언제나 참입니다.",
            f"{label(activity)}: this loop can never be left, since its loopCondition is always true: write "
            "another, or a loopMaximum",
        )


def _constant(diagram: Diagram, written: str) -> bool | None:
    """Return the truth of an expression that needs no variables; None for any other."""
    if not written:
        return None
    try:
        expression = diagram.expression(written)
        return bool(expression.evaluate({})) if expression.is_constant else None
    except InvalidExpression:
        return None


def _live_flows(diagram: Diagram, node: Element) -> list[Element]:
    """Return the flows that a token may take; those that a constant condition rules out are left out."""
    live: list[Element] = []
    default = None
    for flow in diagram.flows_out(node):
        if flow.get("id") == node.get("default"):
            default = flow
            continue
        always = _constant(diagram, text(child(flow, "conditionExpression")))
        if local(node) == "parallelGateway":
            always = None
        if always is not False:
            live.append(flow)
        if always is True and local(node) == "exclusiveGateway":
            return live  # the first condition that holds wins
    taken = any(_constant(diagram, text(child(flow, "conditionExpression"))) is True for flow in live)
    return live + ([default] if default is not None and not taken else [])


def _closed_loops(diagram: Diagram, canvas: Canvas) -> list[list[Element]]:
    """Return the sets of nodes that a token in them goes round for ever, in the order of the way round."""
    nodes = {str(node.get("id")): node for node in canvas.nodes}
    leads = {
        key: [str(flow.get("targetRef")) for flow in _live_flows(diagram, node) if flow.get("targetRef") in nodes]
        for key, node in nodes.items()
    }
    closed = []
    for part in _strong_parts(leads):
        inside = set(part)
        goes_round = len(part) > 1 or part[0] in leads[part[0]]
        is_closed = all(target in inside for key in part for target in leads[key])
        if goes_round and is_closed and all(_passes(diagram, nodes[key]) for key in part):
            closed.append([nodes[key] for key in _way_round(part, leads)])
    return closed


def _passes(diagram: Diagram, node: Element) -> bool:
    """Whether a token is through at once, and nothing at its border could take it elsewhere."""
    if local(node) not in PASSES or diagram.boundaries.get(str(node.get("id"))):
        return False
    if local(node) in ("parallelGateway", "complexGateway") and len(diagram.flows_in(node)) > 1:
        return False  # it may wait for another branch
    return not truth(node, "isForCompensation", False)


def _way_round(part: list[str], leads: dict[str, list[str]]) -> list[str]:
    """Return the shortest way from the part's first node back to it."""
    ways, seen = [[part[0]]], set()
    while ways:
        way = ways.pop(0)
        for target in leads[way[-1]]:
            if target == part[0]:
                return way
            if target not in seen:
                seen.add(target)
                ways.append([*way, target])
    return part


def _strong_parts(leads: dict[str, list[str]]) -> list[list[str]]:
    """Return the strongly connected parts of a graph (Tarjan's, without recursion), each in drawing order."""
    order = {key: number for number, key in enumerate(leads)}
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    parts: list[list[str]] = []
    for root in leads:
        if root in index:
            continue
        work = [(root, iter(leads[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            key, following = work[-1]
            for target in following:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(leads[target])))
                    break
                if target in on_stack:
                    low[key] = min(low[key], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[key])
                if low[key] == index[key]:
                    part = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        part.append(member)
                        if member == key:
                            break
                    parts.append(sorted(part, key=order.__getitem__))
    return parts
