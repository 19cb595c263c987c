"""Flows and levels: what is connected with what, where a level begins and ends, what nothing reaches."""

from __future__ import annotations

from engine.spiff.diagram import Canvas, Diagram, label, words
from engine.spiff.links import catching, link_pairs_that_exist, throwing
from engine.spiff.vocabulary import FLOW_NODES, Element, child, local, truth


def check_structure(diagram: Diagram) -> None:
    if not diagram.processes:
        diagram.refuse(
            diagram.root,
            "process-missing",
            "이 파일에는 프로세스가 없습니다. 시작 이벤트부터 그려 주십시오.",
            "There is no process in this file: draw one, beginning with a start event",
        )
    for process in diagram.processes:
        if not truth(process, "isExecutable", True):
            diagram.warn(
                process,
                "process-not-executable",
                f"{label(process)}: 실행하지 않는 프로세스라 시작할 수 없습니다. 실행하려면 "
                'isExecutable="true"로 바꿔 주십시오.',
                f'{label(process)} is not executable and cannot be started: set isExecutable="true" to run it',
            )
    for canvas in diagram.canvases:
        for flow in canvas.flows:
            _check_flow(diagram, canvas, flow)
        if not canvas.nodes:
            _refuse_empty(diagram, canvas)
        else:
            _check_ends(diagram, canvas)
            _check_reach(diagram, canvas)
    _check_strays(diagram)


def _refuse_empty(diagram: Diagram, canvas: Canvas) -> None:
    diagram.refuse(
        canvas.element,
        "level-empty",
        f"{label(canvas.element)}: 안이 비어 있습니다. 안에 할 일을 그려 주십시오.",
        f"{label(canvas.element)} is empty: draw what happens in it",
    )


def _check_strays(diagram: Diagram) -> None:
    """Symbols that stand in no process."""
    drawn = {id(node) for canvas in diagram.canvases for node in canvas.nodes}
    for element in diagram.all:
        if local(element) in FLOW_NODES and id(element) not in drawn:
            diagram.refuse(
                element,
                "node-astray",
                f"{label(element)}: 프로세스 안에 있지 않습니다. 프로세스 안으로 옮겨 주십시오.",
                f"{label(element)} stands in no process: move it into one",
            )
        if local(element) == "property" and local(element.getparent()) not in (*FLOW_NODES, "process"):
            diagram.refuse(
                element,
                "property-astray",
                f"{label(element)}: property는 프로세스, 액티비티, 이벤트 안에만 둘 수 있습니다.",
                f"the property {label(element)} stands outside of processes, activities and events: move it",
            )


def _check_flow(diagram: Diagram, canvas: Canvas, flow: Element) -> None:
    if (flow.get("sourceRef") or "") and flow.get("sourceRef") == flow.get("targetRef"):
        _check_self_flow(diagram, flow)
    for attribute, ko, en in (("sourceRef", "시작하는", "begins"), ("targetRef", "닿는", "ends")):
        identifier = flow.get(attribute) or ""
        found = diagram.by_id.get(identifier)
        if not identifier or found is None:
            diagram.refuse(
                flow,
                "flow-end-missing",
                f"{label(flow)}: 흐름이 {ko} 요소를 찾을 수 없습니다(‘{identifier}’). 흐름을 다시 그려 주십시오.",
                f"the flow {label(flow)} {en} at '{identifier}', which is not there: draw it again",
            )
        elif local(found) not in FLOW_NODES:
            symbol_ko, symbol_en = words(found)
            diagram.refuse(
                flow,
                "flow-end-kind",
                f"{label(flow)}: {symbol_ko}({label(found)})에는 흐름을 이을 수 없습니다. 점선으로 이어 주십시오.",
                f"the flow {label(flow)} {en} at {label(found)}, {symbol_en}, which takes no sequence flow: use an "
                "association",
            )
        elif diagram.canvas_of.get(identifier) is not canvas:
            diagram.refuse(
                flow,
                "flow-crosses-level",
                f"{label(flow)}: 흐름이 서브프로세스나 풀의 경계를 넘어 {label(found)}에 이어졌습니다. 같은 단계 "
                "안에서 이어 주십시오.",
                f"the flow {label(flow)} crosses the border of a subprocess or pool at {label(found)}: connect "
                "within one level, or use an event",
            )


def _check_self_flow(diagram: Diagram, flow: Element) -> None:
    if child(flow, "conditionExpression") is None:
        diagram.refuse(
            flow,
            "flow-to-itself",
            f"{label(flow)}: 흐름이 나온 곳으로 되돌아갑니다. 반복 표시를 쓰거나 조건을 적어 주십시오.",
            f"the flow {label(flow)} ends where it begins: use a loop marker, or give it a condition",
        )


def _check_ends(diagram: Diagram, canvas: Canvas) -> None:
    """Where a level begins and ends. BPMN 2.0.2, 10.5.2 and 10.5.3."""
    starts, ends = canvas.of("startEvent"), canvas.of("endEvent")
    if local(canvas.element) == "adHocSubProcess":
        for event in (*starts, *ends):
            diagram.refuse(
                event,
                "ad-hoc-events",
                f"{label(event)}: 애드혹 서브프로세스 안에는 시작과 종료 이벤트를 둘 수 없습니다. 지워 주십시오.",
                f"{label(event)} stands in an ad-hoc subprocess, which has no start or end events: remove it",
            )
        return
    if ends and not starts and not _instantiating(canvas):
        diagram.refuse(
            canvas.element,
            "start-missing",
            f"{label(canvas.element)}: 종료 이벤트는 있는데 시작 이벤트가 없습니다. 시작 이벤트를 그려 주십시오.",
            f"{label(canvas.element)} has an end event but no start event: draw one",
        )
    if starts and not ends and canvas.is_process:
        diagram.warn(
            canvas.element,
            "end-missing",
            f"{label(canvas.element)}: 종료 이벤트가 없습니다. 어디서 끝나는지 그려 두면 알아보기 쉽습니다.",
            f"{label(canvas.element)} has no end event: draw one where it ends",
        )


def _instantiating(canvas: Canvas) -> bool:
    return any(truth(node, "instantiate", False) for node in canvas.of("receiveTask", "eventBasedGateway"))


def _stands_aside(node: Element) -> bool:
    """Whether flows never lead into a node: boundary, event subprocess, compensation handler, catching link."""
    return (
        local(node) in ("startEvent", "boundaryEvent")
        or (local(node) == "subProcess" and truth(node, "triggeredByEvent", False))
        or truth(node, "isForCompensation", False)
        or (local(node) == "intermediateCatchEvent" and child(node, "linkEventDefinition") is not None)
    )


def _check_reach(diagram: Diagram, canvas: Canvas) -> None:
    """Nodes that nothing leads to or that lead nowhere, in a level that says where it begins and ends."""
    is_ad_hoc = local(canvas.element) == "adHocSubProcess"
    if not is_ad_hoc and _flows_are_whole(diagram, canvas):
        for node in _lost(diagram, canvas):
            _refuse_unreached(diagram, node)
    for node in canvas.nodes if canvas.of("endEvent") and not is_ad_hoc else ():
        if _is_dead_end(diagram, node, canvas):
            diagram.warn(
                node,
                "node-dead-end",
                f"{label(node)}: 나가는 흐름이 없어 여기서 끝납니다. 뜻한 것이면 종료 이벤트를 그려 주십시오.",
                f"{label(node)} has no outgoing flow, so its token ends here: draw an end event if that is meant",
            )


def _flows_are_whole(diagram: Diagram, canvas: Canvas) -> bool:
    """Whether every flow leads from a node of the level to another; else the broken flow is the fault to mend first."""
    ends = [flow.get(end) for flow in canvas.flows for end in ("sourceRef", "targetRef")]
    return all(end and diagram.canvas_of.get(end) is canvas for end in ends)


def _lost(diagram: Diagram, canvas: Canvas) -> list[Element]:
    """Return the nodes where a part of the level begins that no token comes to; what only follows them is left out."""
    says_begin = bool(canvas.of("startEvent"))
    reached = _reached(diagram, canvas)
    lost = {
        str(node.get("id")): node
        for node in canvas.nodes
        if not _stands_aside(node)
        and (
            (says_begin and node.get("id") not in reached)
            or (local(node) in ("intermediateCatchEvent", "intermediateThrowEvent") and not diagram.flows_in(node))
        )
    }
    first = [key for key, node in lost.items() if not _sources(diagram, node) & lost.keys()]
    found: list[Element] = []
    seen: set[str] = set()
    for key in [*first, *lost]:  # islands that go round in a circle have no first
        if key not in seen:
            found.append(lost[key])
            _follow(diagram, key, lost, seen)
    return found


def _sources(diagram: Diagram, node: Element) -> set[str]:
    """Return the ids that flows come from; for a boundary event also its activity."""
    ids = {str(flow.get("sourceRef")) for flow in diagram.flows_in(node)}
    hosts = {diagram.by_id[key].get("attachedToRef", "") for key in ids if key in diagram.by_id}
    return ids | hosts


def _follow(diagram: Diagram, key: str, lost: dict[str, Element], seen: set[str]) -> None:
    stack = [key]
    while stack:
        at = stack.pop()
        if at not in seen:
            seen.add(at)
            leaving = [at, *(event.get("id", "") for event in diagram.boundaries.get(at, []))]
            ahead = [flow.get("targetRef") for source in leaving for flow in diagram.outgoing.get(source, [])]
            stack += [target for target in ahead if target in lost]


def _refuse_unreached(diagram: Diagram, node: Element) -> None:
    diagram.refuse(
        node,
        "node-unreachable",
        f"{label(node)}: 시작에서 이곳으로 오는 흐름이 없습니다. 흐름으로 잇거나 지워 주십시오.",
        f"nothing leads to {label(node)}: connect it with a flow from what comes before, or remove it",
    )


def _is_dead_end(diagram: Diagram, node: Element, canvas: Canvas) -> bool:
    if diagram.flows_out(node) or local(node) == "endEvent" or truth(node, "isForCompensation", False):
        return False
    if local(node) == "subProcess" and truth(node, "triggeredByEvent", False):
        return False
    if child(node, "linkEventDefinition") is not None and node in throwing(canvas):
        return False
    return not (local(node) == "boundaryEvent" and child(node, "compensateEventDefinition") is not None)


def _reached(diagram: Diagram, canvas: Canvas) -> set[str]:
    """Return the ids that a token can come to from where the level begins, along flows, boundary events and links."""
    pairs = link_pairs_that_exist(canvas)
    begin = [node for node in canvas.nodes if local(node) == "startEvent" or truth(node, "instantiate", False)]
    begin += [node for node in canvas.nodes if _stands_aside(node) and node not in catching(canvas)]
    begin = [node for node in begin if local(node) != "boundaryEvent"]
    reached: set[str] = set()
    stack = [str(node.get("id", "")) for node in begin]
    while stack:
        identifier = stack.pop()
        if identifier in reached:
            continue
        reached.add(identifier)
        stack += [flow.get("targetRef", "") for flow in diagram.outgoing.get(identifier, [])]
        stack += [event.get("id", "") for event in diagram.boundaries.get(identifier, [])]
        stack += [pairs[identifier]] if identifier in pairs else []
    return reached
