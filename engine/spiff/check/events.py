"""Events: which trigger may stand where, and what each trigger needs. BPMN 2.0.2, 10.5 and table 10.84 onwards."""

from __future__ import annotations

from engine.spiff.diagram import Canvas, Diagram, label, words
from engine.spiff.vocabulary import ACTIVITIES, EVENT_DEFINITIONS, EVENTS, Element, child, children, local, text, truth

KINDS = {name: name.removesuffix("EventDefinition") for name in EVENT_DEFINITIONS}
IN_KOREAN = {
    "message": "메시지",
    "timer": "타이머",
    "signal": "신호",
    "error": "오류",
    "escalation": "에스컬레이션",
    "conditional": "조건",
    "compensate": "보상",
    "cancel": "취소",
    "terminate": "강제 종료",
    "link": "링크",
}
PROCESS_STARTS = {"message", "timer", "signal"}
EVENT_SUBPROCESS_STARTS = {"message", "timer", "signal", "error", "escalation", "conditional", "compensate"}
CAUGHT_ON_FLOW = {"message", "timer", "signal", "conditional", "link"}
THROWN_ON_FLOW = {"message", "signal", "escalation", "compensate", "link"}
AT_BOUNDARY = {"message", "timer", "signal", "error", "escalation", "conditional", "compensate", "cancel"}
AT_END = {"message", "signal", "error", "escalation", "compensate", "cancel", "terminate"}
ALWAYS_INTERRUPTING = {"error", "cancel", "compensate"}


def check_events(diagram: Diagram) -> None:
    for canvas in diagram.canvases:
        for event in canvas.of("startEvent"):
            _check_start(diagram, canvas, event)
        for event in canvas.of("endEvent"):
            _check_end(diagram, canvas, event)
        for event in canvas.of("intermediateCatchEvent"):
            _check_trigger(diagram, event, CAUGHT_ON_FLOW, needed=True)
        for event in canvas.of("intermediateThrowEvent"):
            _check_trigger(diagram, event, THROWN_ON_FLOW, needed=False)
        for event in canvas.of("boundaryEvent"):
            _check_boundary(diagram, canvas, event)
        for event in canvas.of(*EVENTS):
            for definition in definitions(event):
                _check_definition(diagram, event, definition)
        if canvas.is_event_subprocess:
            _check_event_subprocess(diagram, canvas)
        elif canvas.is_process:
            _check_process_starts(diagram, canvas)


def definitions(event: Element) -> list[Element]:
    return children(event, *EVENT_DEFINITIONS)


def kinds(event: Element) -> list[str]:
    """Return the kinds of an event's triggers, such as "message"."""
    return [KINDS[local(definition)] for definition in definitions(event)]


def _words(allowed: set[str]) -> tuple[str, str]:
    return ", ".join(IN_KOREAN[kind] for kind in sorted(allowed)), ", ".join(sorted(allowed))


def _check_trigger(diagram: Diagram, event: Element, allowed: set[str], *, needed: bool) -> None:
    """Refuse kinds that may not stand on this event, and none at all where one is needed."""
    ko, en = _words(allowed)
    if needed and not kinds(event) and child(event, "eventDefinitionRef") is None:
        diagram.refuse(
            event,
            "event-trigger-missing",
            f"{label(event)}: 무엇을 기다리는지 없습니다. 종류를 골라 주십시오({ko}).",
            f"{label(event)} waits for nothing: choose what it waits for ({en})",
        )
    for kind in kinds(event):
        if kind not in allowed:
            symbol_ko, symbol_en = words(event)
            diagram.refuse(
                event,
                "event-trigger",
                f"{label(event)}: ‘{IN_KOREAN[kind]}’ 종류는 {symbol_ko}에 올 수 없습니다. 올 수 있는 것: {ko}.",
                f"{label(event)}: the trigger '{kind}' may not stand on {symbol_en} here: use {en}",
            )


def _check_start(diagram: Diagram, canvas: Canvas, event: Element) -> None:
    if diagram.flows_in(event):
        diagram.refuse(
            event,
            "start-incoming",
            f"{label(event)}: 시작 이벤트로는 흐름이 들어올 수 없습니다. 그 흐름을 다른 요소로 이어 주십시오.",
            f"the start event {label(event)} has an incoming flow: lead it to another element",
        )
    if canvas.is_process:
        _check_trigger(diagram, event, PROCESS_STARTS, needed=False)
    elif canvas.is_event_subprocess:
        _check_trigger(diagram, event, EVENT_SUBPROCESS_STARTS, needed=True)
        if not truth(event, "isInterrupting", True):
            _check_not_interrupting(diagram, event)
    elif kinds(event) or child(event, "eventDefinitionRef") is not None:
        diagram.refuse(
            event,
            "subprocess-start-trigger",
            f"{label(event)}: 서브프로세스의 시작 이벤트에는 종류를 붙일 수 없습니다. 빈 시작 이벤트로 바꿔 주십시오.",
            f"{label(event)} starts a subprocess and has a trigger: make it a none start event",
        )


def _check_not_interrupting(diagram: Diagram, event: Element) -> None:
    for kind in kinds(event):
        if kind in ALWAYS_INTERRUPTING:
            diagram.refuse(
                event,
                "event-interrupting",
                f"{label(event)}: ‘{IN_KOREAN[kind]}’ 이벤트는 언제나 중단시킵니다. 실선(중단)으로 바꿔 주십시오.",
                f"{label(event)} has the trigger '{kind}', which always interrupts: make it interrupting",
            )


def _check_end(diagram: Diagram, canvas: Canvas, event: Element) -> None:
    _check_trigger(diagram, event, AT_END, needed=False)
    if diagram.flows_out(event):
        diagram.refuse(
            event,
            "end-outgoing",
            f"{label(event)}: 종료 이벤트에서는 흐름이 나갈 수 없습니다. 그 흐름을 지우거나 중간 이벤트로 바꿔 "
            "주십시오.",
            f"the end event {label(event)} has an outgoing flow: remove it, or draw an intermediate event",
        )
    if "cancel" in kinds(event) and not _in_transaction(canvas):
        diagram.refuse(
            event,
            "cancel-place",
            f"{label(event)}: 취소 종료는 트랜잭션 안에서만 쓸 수 있습니다. 서브프로세스를 트랜잭션으로 바꿔 주십시오.",
            f"the cancel end event {label(event)} stands outside of a transaction: draw it in one",
        )


def _in_transaction(canvas: Canvas) -> bool:
    return local(canvas.element) == "transaction"


def _check_boundary(diagram: Diagram, canvas: Canvas, event: Element) -> None:
    _check_trigger(diagram, event, AT_BOUNDARY, needed=True)
    if not truth(event, "cancelActivity", True):
        _check_not_interrupting(diagram, event)
    host = diagram.by_id.get(event.get("attachedToRef") or "")
    if host is None or local(host) not in ACTIVITIES or diagram.canvas_of.get(host.get("id", "")) is not canvas:
        named = event.get("attachedToRef") or ""
        diagram.refuse(
            event,
            "boundary-host",
            f"{label(event)}: 붙어 있는 액티비티가 같은 단계에 없습니다(‘{named}’). 액티비티의 테두리에 다시 붙여 "
            "주십시오.",
            f"the boundary event {label(event)} is attached to '{named}', which is no activity of its level: "
            "attach it to one",
        )
    elif "cancel" in kinds(event) and local(host) != "transaction":
        diagram.refuse(
            event,
            "cancel-place",
            f"{label(event)}: 취소 경계 이벤트는 트랜잭션에만 붙일 수 있습니다.",
            f"the cancel boundary event {label(event)} is not on a transaction: attach it to one",
        )
    elif local(host) == "subProcess" and truth(host, "triggeredByEvent", False):
        diagram.refuse(
            event,
            "boundary-host",
            f"{label(event)}: 이벤트 서브프로세스에는 경계 이벤트를 붙일 수 없습니다.",
            f"{label(event)} is attached to an event subprocess, which has no boundary events: remove it",
        )
    if diagram.flows_in(event):
        diagram.refuse(
            event,
            "boundary-incoming",
            f"{label(event)}: 경계 이벤트로는 흐름이 들어올 수 없습니다. 그 흐름을 지워 주십시오.",
            f"the boundary event {label(event)} has an incoming flow: remove it",
        )


def _check_event_subprocess(diagram: Diagram, canvas: Canvas) -> None:
    starts = canvas.of("startEvent")
    if len(starts) != 1:
        diagram.refuse(
            canvas.element,
            "event-subprocess-start",
            f"{label(canvas.element)}: 이벤트 서브프로세스에는 시작 이벤트가 꼭 하나 있어야 합니다(지금 "
            f"{len(starts)}개).",
            f"the event subprocess {label(canvas.element)} needs one start event, but has {len(starts)}: draw one",
        )
    if diagram.flows_in(canvas.element) or diagram.flows_out(canvas.element):
        diagram.refuse(
            canvas.element,
            "event-subprocess-flow",
            f"{label(canvas.element)}: 이벤트 서브프로세스에는 흐름을 이을 수 없습니다. 흐름을 지워 주십시오.",
            f"the event subprocess {label(canvas.element)} has sequence flows: remove them",
        )


def _check_process_starts(diagram: Diagram, canvas: Canvas) -> None:
    plain = [event for event in canvas.of("startEvent") if not kinds(event)]
    if len(plain) > 1:
        names = ", ".join(label(event) for event in plain)
        diagram.refuse(
            canvas.element,
            "start-several",
            f"{label(canvas.element)}: 빈 시작 이벤트가 여럿입니다({names}). 하나만 남기고 나머지는 메시지나 "
            "신호로 바꿔 주십시오.",
            f"{label(canvas.element)} has several none start events ({names}): keep one, give the others a "
            "message, timer or signal",
        )


def _check_definition(diagram: Diagram, event: Element, definition: Element) -> None:
    """What a trigger needs to be told apart from others of its kind."""
    kind = KINDS[local(definition)]
    throws = local(event) in ("endEvent", "intermediateThrowEvent")
    if kind in ("message", "signal"):
        _check_name(diagram, event, definition, kind)
    elif kind in ("error", "escalation"):
        _check_code(diagram, event, definition, kind, throws=throws)
    elif kind == "timer":
        _check_timer_child(diagram, event, definition)
    elif kind == "conditional" and not text(child(definition, "condition")):
        diagram.refuse(
            event,
            "condition-missing",
            f"{label(event)}: 조건이 비어 있습니다. 기다릴 조건을 적어 주십시오.",
            f"{label(event)} has no condition: write what it waits for",
        )


def _check_name(diagram: Diagram, event: Element, definition: Element, kind: str) -> None:
    reference = definition.get(f"{kind}Ref")
    named = diagram.named(reference, kind)
    if not reference:
        diagram.refuse(
            event,
            f"{kind}-missing",
            f"{label(event)}: 어느 {IN_KOREAN[kind]}인지 없습니다. {IN_KOREAN[kind]} 이름을 골라 주십시오.",
            f"{label(event)} does not say which {kind} it means: choose one",
        )
    elif named is not None and not (named.get("name") or "").strip():
        diagram.refuse(
            event,
            f"{kind}-name",
            f"{label(event)}: {IN_KOREAN[kind]} {reference}에 이름이 없습니다. 이름을 적어 주십시오.",
            f"{label(event)}: the {kind} {reference} has no name: give it one",
        )


def _check_code(diagram: Diagram, event: Element, definition: Element, kind: str, *, throws: bool) -> None:
    """A throwing end names its code; a catching one without a code catches all."""
    named = diagram.named(definition.get(f"{kind}Ref"), kind)
    if throws and not definition.get(f"{kind}Ref"):
        diagram.refuse(
            event,
            f"{kind}-missing",
            f"{label(event)}: 어느 {IN_KOREAN[kind]}인지 없습니다. 코드를 골라 주십시오.",
            f"{label(event)} does not say which {kind} it throws: choose one with a code",
        )
    elif named is not None and not (named.get(f"{kind}Code") or "").strip():
        diagram.refuse(
            event,
            f"{kind}-code",
            f"{label(event)}: {IN_KOREAN[kind]} {label(named)}에 코드가 없습니다. {kind}Code를 적어 주십시오.",
            f"{label(event)}: the {kind} {label(named)} has no code: write {kind}Code",
        )


def _check_timer_child(diagram: Diagram, event: Element, definition: Element) -> None:
    drawn = children(definition, "timeDate", "timeDuration", "timeCycle")
    if len(drawn) != 1:
        ko, en = ("없습니다", "no time") if not drawn else ("여럿입니다", "several times")
        diagram.refuse(
            event,
            "timer-missing",
            f"{label(event)}: 타이머의 시각이 {ko}. 시각, 기간, 주기 가운데 하나만 적어 주십시오.",
            f"the timer of {label(event)} has {en}: write one date, duration or cycle",
        )
    elif local(drawn[0]) == "timeCycle" and local(event) == "intermediateCatchEvent":
        diagram.warn(
            event,
            "timer-cycle-once",
            f"{label(event)}: 흐름 위의 주기 타이머는 한 번만 울립니다.",
            f"the cycle of {label(event)} fires once, since the token goes on",
        )
