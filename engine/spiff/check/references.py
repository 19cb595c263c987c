"""Ids and what refers to them: unique, present, and of the right kind."""

from __future__ import annotations

from engine.spiff.diagram import Diagram, label
from engine.spiff.vocabulary import EVENT_DEFINITIONS, FLOW_NODES, Element, child, local, text

NEED_AN_ID = (*FLOW_NODES, "process", "message", "signal", "error", "escalation")
# attribute -> what it may name, by the element that carries it
NAMES: tuple[tuple[str, str, tuple[str, ...], str, str], ...] = (
    ("messageEventDefinition", "messageRef", ("message",), "메시지가", "message"),
    ("sendTask", "messageRef", ("message",), "메시지가", "message"),
    ("receiveTask", "messageRef", ("message",), "메시지가", "message"),
    ("signalEventDefinition", "signalRef", ("signal",), "신호가", "signal"),
    ("errorEventDefinition", "errorRef", ("error",), "오류가", "error"),
    ("escalationEventDefinition", "escalationRef", ("escalation",), "에스컬레이션이", "escalation"),
    ("dataObjectReference", "dataObjectRef", ("dataObject",), "데이터 객체가", "data object"),
    ("dataStoreReference", "dataStoreRef", ("dataStore",), "데이터 저장소가", "data store"),
    (
        "multiInstanceLoopCharacteristics",
        "noneBehaviorEventRef",
        EVENT_DEFINITIONS,
        "이벤트 정의가",
        "event definition",
    ),
    ("multiInstanceLoopCharacteristics", "oneBehaviorEventRef", EVENT_DEFINITIONS, "이벤트 정의가", "event definition"),
    ("participant", "processRef", ("process",), "프로세스가", "process"),
)


def check_references(diagram: Diagram) -> None:
    _check_ids(diagram)
    for kind, attribute, wanted, ko, en in NAMES:
        for element in (e for e in diagram.all if local(e) == kind):
            named = element.get(attribute)
            if named and diagram.named(named, *wanted) is None:
                diagram.refuse(
                    element,
                    "reference-missing",
                    f'{label(element)}: {attribute}="{named}" — 그런 {ko} 없습니다. 목록에서 다시 골라 주십시오.',
                    f"{label(element)}: {attribute} names '{named}', but there is no such {en}: choose one",
                )
    _check_definition_references(diagram)
    _check_lanes(diagram)
    _check_listed_flows(diagram)


def _check_ids(diagram: Diagram) -> None:
    seen: set[str] = set()
    for element in diagram.all:
        identifier = element.get("id")
        if identifier and identifier in seen:
            diagram.refuse(
                element,
                "id-duplicate",
                f"{identifier}: 같은 id가 두 번 쓰였습니다. 하나를 바꿔 주십시오.",
                f"the id {identifier} is used twice: change one of them",
            )
        elif identifier:
            seen.add(identifier)
        elif local(element) in NEED_AN_ID:
            diagram.refuse(
                element,
                "id-missing",
                f"{label(element)}: id가 없어서 가리킬 수 없습니다. id를 적어 주십시오.",
                f"{label(element)} ({local(element)}) has no id, so nothing can refer to it: give it one",
            )


def _check_definition_references(diagram: Diagram) -> None:
    """After normalisation an eventDefinitionRef is left only where it names nothing at top level."""
    for element in (e for e in diagram.all if local(e) == "eventDefinitionRef"):
        diagram.refuse(
            element,
            "definition-reference",
            f"eventDefinitionRef ‘{text(element)}’: 맨 위에 그린 이벤트 정의만 가리킬 수 있습니다. 정의를 이벤트 "
            "안에 그려 주십시오.",
            f"eventDefinitionRef names '{text(element)}', which is no event definition at top level: put the "
            "definition into the event itself",
        )


def _check_lanes(diagram: Diagram) -> None:
    for element in (e for e in diagram.all if local(e) == "flowNodeRef"):
        if diagram.named(text(element), *FLOW_NODES) is None:
            diagram.warn(
                element,
                "lane-reference",
                f"레인 {label(element.getparent())}: ‘{text(element)}’ 요소가 없습니다.",
                f"the lane {label(element.getparent())} lists '{text(element)}', which is not there",
            )


def _check_listed_flows(diagram: Diagram) -> None:
    """Where nodes list their flows (most tools write it), the lists and the flows must say the same."""
    for canvas in diagram.canvases:
        listing = any(child(node, "incoming", "outgoing") is not None for node in canvas.nodes)
        if not listing:
            continue
        for node in canvas.nodes:
            _compare(diagram, node, "incoming", diagram.flows_in(node))
            _compare(diagram, node, "outgoing", diagram.flows_out(node))


def _compare(diagram: Diagram, node: Element, side: str, flows: list[Element]) -> None:
    listed = {text(part) for part in node if local(part) == side}
    drawn = {flow.get("id") for flow in flows}
    for missing in sorted(listed - drawn):
        diagram.refuse(
            node,
            "flow-listed",
            f"{label(node)}: {side}에 적힌 ‘{missing}’ 흐름이 없습니다. 흐름을 다시 그려 주십시오.",
            f"{label(node)} lists the {side} flow '{missing}', which is not drawn: draw it again",
        )
    for unlisted in sorted(str(flow) for flow in drawn - listed):
        diagram.refuse(
            node,
            "flow-listed",
            f"{label(node)}: ‘{unlisted}’ 흐름이 {side}에 없습니다. 흐름을 다시 그려 주십시오.",
            f"{label(node)} does not list the flow '{unlisted}' as {side}: draw it again",
        )
