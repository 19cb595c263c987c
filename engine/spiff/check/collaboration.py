"""Pools and message flows: who sends to whom fits the events at both ends. BPMN 2.0.2, 9.3 and 9.4."""

from __future__ import annotations

from engine.spiff.check.events import kinds
from engine.spiff.diagram import Diagram, label
from engine.spiff.vocabulary import FLOW_NODES, Element, children, local, tag

RECEIVES = ("startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask")
SENDS = ("endEvent", "intermediateThrowEvent", "sendTask")


def check_collaboration(diagram: Diagram) -> None:
    for collaboration in diagram.root.iterchildren(tag("collaboration")):
        for flow in children(collaboration, "messageFlow"):
            for end in ("sourceRef", "targetRef"):
                _check_end(diagram, flow, end)
    for multiplicity in (e for e in diagram.all if local(e) == "participantMultiplicity"):
        _check_multiplicity(diagram, multiplicity)


def _check_end(diagram: Diagram, flow: Element, end: str) -> None:
    found = diagram.by_id.get(flow.get(end) or "")
    if found is None or local(found) not in (*FLOW_NODES, "participant"):
        diagram.refuse(
            flow,
            "message-flow-end",
            f"{label(flow)}: 메시지 흐름의 한쪽 끝을 찾을 수 없습니다(‘{flow.get(end) or ''}’). 다시 이어 주십시오.",
            f"the message flow {label(flow)} has '{flow.get(end) or ''}' at one end, which takes none: draw it again",
        )
        return
    sends = end == "sourceRef"
    wrong_way = local(found) in (RECEIVES if sends else SENDS)
    if wrong_way:
        ko, en = ("보내지", "send") if sends else ("받지", "receive")
        diagram.refuse(
            found,
            "message-flow-direction",
            f"{label(found)}: 이 요소는 메시지를 {ko} 않습니다. 메시지 흐름 {label(flow)}의 방향을 바꾸거나 지워 "
            "주십시오.",
            f"{label(found)} does not {en} messages, but the message flow {label(flow)} says so: turn it round, or "
            "remove it",
        )
    elif local(found).endswith("Event") and "message" not in kinds(found):
        diagram.refuse(
            found,
            "message-flow-trigger",
            f"{label(found)}: 메시지 흐름({label(flow)})이 이어져 있는데 메시지 이벤트가 아닙니다. 메시지 이벤트로 "
            "바꿔 주십시오.",
            f"{label(found)} has the message flow {label(flow)} but no message trigger: make it a message event",
        )


def _check_multiplicity(diagram: Diagram, multiplicity: Element) -> None:
    least, most = multiplicity.get("minimum", "0"), multiplicity.get("maximum", "1")
    if least.strip().isdecimal() and most.strip().isdecimal() and int(most) < int(least):
        pool = multiplicity.getparent()
        diagram.refuse(
            pool,
            "participant-multiplicity",
            f"{label(pool)}: 참여자의 최댓값({most})이 최솟값({least})보다 작습니다. 고쳐 주십시오.",
            f"the participant {label(pool)} has a maximum of {most} below its minimum of {least}: correct it",
        )
