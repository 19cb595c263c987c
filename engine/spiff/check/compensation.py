"""Compensation: boundary event, association and handler belong together. BPMN 2.0.2, 10.7."""

from __future__ import annotations

from engine.spiff.check.events import definitions, kinds
from engine.spiff.diagram import Canvas, Diagram, label
from engine.spiff.node_reader import handlers_of
from engine.spiff.vocabulary import ACTIVITIES, EVENTS, Element, child, local, truth


def check_compensation(diagram: Diagram) -> None:
    for canvas in diagram.canvases:
        handled: set[str] = set()
        for event in canvas.of("boundaryEvent"):
            if "compensate" in kinds(event):
                handled |= {handler.get("id", "") for handler in handlers_of(diagram, event)}
                _check_boundary(diagram, event)
        for activity in canvas.of(*ACTIVITIES):
            if truth(activity, "isForCompensation", False):
                _check_handler(diagram, activity, is_tied=activity.get("id") in handled)
        for event in canvas.of(*EVENTS):
            for definition in definitions(event):
                _check_reference(diagram, canvas, event, definition)


def _check_boundary(diagram: Diagram, event: Element) -> None:
    if diagram.flows_out(event):
        diagram.refuse(
            event,
            "compensation-flow",
            f"{label(event)}: 보상 경계 이벤트에서는 흐름이 나갈 수 없습니다. 처리기를 점선(연결)으로 이어 주십시오.",
            f"the compensation boundary event {label(event)} has an outgoing flow: tie its handler with an "
            "association instead",
        )
    count = len(handlers_of(diagram, event))
    if count != 1:
        diagram.refuse(
            event,
            "compensation-handler",
            f"{label(event)}: 보상 처리기가 {count}개입니다. "
            'isForCompensation="true"인 액티비티 하나를 점선으로 이어 주십시오.',
            f"the compensation boundary event {label(event)} needs one handler, but has {count}: tie one activity with "
            'isForCompensation="true" to it by an association',
        )


def _check_handler(diagram: Diagram, activity: Element, *, is_tied: bool) -> None:
    if diagram.flows_in(activity) or diagram.flows_out(activity):
        diagram.refuse(
            activity,
            "compensation-handler-flow",
            f"{label(activity)}: 보상 처리기에는 흐름을 이을 수 없습니다. 흐름을 지우거나 isForCompensation을 꺼 "
            "주십시오.",
            f"{label(activity)} is a compensation handler and has sequence flows: remove them, or set "
            'isForCompensation="false"',
        )
    elif not is_tied and not _is_event_subprocess(activity):
        diagram.refuse(
            activity,
            "compensation-handler",
            f"{label(activity)}: 이 보상 처리기에 이어진 보상 경계 이벤트가 없습니다. 점선으로 이어 주십시오.",
            f"{label(activity)} is a compensation handler that no compensation boundary event is tied to: draw an "
            "association",
        )


def _is_event_subprocess(activity: Element) -> bool:
    return local(activity) == "subProcess" and truth(activity, "triggeredByEvent", False)


def _check_reference(diagram: Diagram, canvas: Canvas, event: Element, definition: Element) -> None:
    """A compensation throw may name an activity of its own level, or of the one around its event subprocess."""
    named = definition.get("activityRef")
    if local(definition) != "compensateEventDefinition" or not named:
        return
    activity = diagram.named(named, *ACTIVITIES)
    levels = [canvas.element] + ([canvas.element.getparent()] if canvas.is_event_subprocess else [])
    if activity is None or activity.getparent() not in levels:
        diagram.refuse(
            event,
            "compensation-target",
            f"{label(event)}: 보상할 액티비티가 같은 단계에 없습니다(‘{named}’). 다시 골라 주십시오.",
            f"{label(event)} compensates '{named}', which is no activity of its level: choose one",
        )
    elif not _can_be_compensated(diagram, activity):
        diagram.refuse(
            event,
            "compensation-target",
            f"{label(event)}: {label(activity)}에는 보상 경계 이벤트가 없습니다. 처리기를 그려 주십시오.",
            f"{label(event)} compensates {label(activity)}, which has no compensation boundary event: draw one",
        )


def _can_be_compensated(diagram: Diagram, activity: Element) -> bool:
    """Whether it has a handler, or holds activities that may have."""
    inside = local(activity) in ("subProcess", "transaction", "adHocSubProcess", "callActivity")
    events = diagram.boundaries.get(activity.get("id", ""), [])
    return inside or any(child(event, "compensateEventDefinition") is not None for event in events)
