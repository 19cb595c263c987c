"""Link events: in pairs, one level, one target. BPMN 2.0.2, 10.5.5."""

from __future__ import annotations

from engine.spiff.diagram import Canvas, Diagram, label
from engine.spiff.links import catching, link_definition, targets, throwing
from engine.spiff.vocabulary import Element, children, text


def check_links(diagram: Diagram) -> None:
    for canvas in diagram.canvases:
        met = {id(target) for event in throwing(canvas) for target in targets(event, canvas)}
        for event in throwing(canvas):
            _check_throwing(diagram, canvas, event)
        for event in catching(canvas):
            _check_catching(diagram, event, is_met=id(event) in met)


def _check_throwing(diagram: Diagram, canvas: Canvas, event: Element) -> None:
    found = targets(event, canvas)
    if len(found) != 1:
        ko, en = ("없습니다", "no catching link") if not found else ("여럿입니다", "several catching links")
        diagram.refuse(
            event,
            "link-target",
            f"{label(event)}: 같은 단계에 이름이 같은 받는 링크가 {ko}. 꼭 하나만 그려 주십시오.",
            f"the link {label(event)} leads to {en} of its name in this level: draw exactly one",
        )
    elif not _agree(event, found[0]):
        diagram.refuse(
            event,
            "link-pair",
            f"{label(event)}: 던지는 링크와 받는 링크({label(found[0])})가 서로를 가리키지 않습니다. 두 이름을 같게 "
            "해 주십시오.",
            f"the link {label(event)} and its target {label(found[0])} do not name each other: give both the same name",
        )
    if diagram.flows_out(event):
        diagram.refuse(
            event,
            "link-throw-outgoing",
            f"{label(event)}: 던지는 링크에서는 흐름이 나갈 수 없습니다. 그 흐름을 지워 주십시오.",
            f"the throwing link {label(event)} has an outgoing flow: remove it",
        )


def _check_catching(diagram: Diagram, event: Element, *, is_met: bool) -> None:
    if diagram.flows_in(event):
        diagram.refuse(
            event,
            "link-catch-incoming",
            f"{label(event)}: 받는 링크로는 흐름이 들어올 수 없습니다. 그 흐름을 지워 주십시오.",
            f"the catching link {label(event)} has an incoming flow: remove it",
        )
    if not is_met:
        diagram.refuse(
            event,
            "link-source",
            f"{label(event)}: 이 링크로 오는 던지는 링크가 같은 단계에 없습니다. 짝을 그려 주십시오.",
            f"no throwing link of this level leads to {label(event)}: draw its other end",
        )


def _agree(throw: Element, catch: Element) -> bool:
    """Whether the catching end, if it lists its sources, lists this one."""
    definition, other = link_definition(catch), link_definition(throw)
    if definition is None or other is None:
        return False
    listed = {text(source) for source in children(definition, "source")}
    return not listed or bool(listed & {other.get("id"), throw.get("id")})
