"""Call activities: what they call exists and can be started; no process calls itself."""

from __future__ import annotations

from engine.spiff.check.events import kinds
from engine.spiff.diagram import Diagram, label
from engine.spiff.node_reader import camunda
from engine.spiff.vocabulary import Element

GLOBAL_TASKS = ("globalTask", "globalUserTask", "globalScriptTask", "globalManualTask", "globalBusinessRuleTask")
BINDINGS = (None, "latest", "deployment")


def check_calls(diagram: Diagram) -> None:
    own = {str(process.get("id")) for process in diagram.processes}
    for canvas in diagram.canvases:
        for call in canvas.of("callActivity"):
            _check_callee(diagram, call, own)
            if camunda(call, "calledElementBinding") not in BINDINGS:
                diagram.refuse(
                    call,
                    "call-binding",
                    f"{label(call)}: camunda:calledElementBinding은 latest나 deployment만 쓸 수 있습니다.",
                    f"{label(call)}: camunda:calledElementBinding is latest or deployment",
                )
    _check_circles(diagram)


def _check_callee(diagram: Diagram, call: Element, own: set[str]) -> None:
    callee = (call.get("calledElement") or "").strip()
    processes = ", ".join(sorted(diagram.known.processes | own)) or "—"
    if not callee:
        diagram.refuse(
            call,
            "call-missing",
            f"{label(call)}: 부를 프로세스가 없습니다. calledElement를 적어 주십시오.",
            f"{label(call)} does not say which process it calls: write calledElement",
        )
    elif diagram.named(callee, *GLOBAL_TASKS) is not None:
        diagram.refuse(
            call,
            "call-global-task",
            f"{label(call)}: 전역 태스크 ‘{callee}’는 부를 수 없습니다. 프로세스로 그려 주십시오.",
            f"{label(call)} calls the global task '{callee}': draw a process instead",
        )
    elif callee not in own and callee not in diagram.known.processes:
        diagram.refuse(
            call,
            "call-unknown",
            f"{label(call)}: ‘{callee}’ 프로세스가 없습니다. 함께 배포하거나 calledElement를 고쳐 주십시오. 있는 "
            f"프로세스: {processes}.",
            f"{label(call)} calls the process '{callee}', which is not there: deploy it too, or correct "
            f"calledElement. Processes: {processes}",
        )
    elif callee in own and not _can_be_called(diagram, callee):
        diagram.refuse(
            call,
            "call-start",
            f"{label(call)}: ‘{callee}’ 프로세스에 빈 시작 이벤트가 없어 부를 수 없습니다. 그려 주십시오.",
            f"{label(call)} calls the process '{callee}', which has no none start event: draw one there",
        )


def _can_be_called(diagram: Diagram, key: str) -> bool:
    canvas = next(canvas for canvas in diagram.canvases if canvas.is_process and canvas.id == key)
    starts = canvas.of("startEvent")
    return not starts or any(not kinds(start) for start in starts)


def _check_circles(diagram: Diagram) -> None:
    """A process that calls itself, directly or by others of this file, would never end."""
    calls: dict[str, list[Element]] = {}
    for canvas in diagram.canvases:
        calls.setdefault(str(canvas.process.get("id")), []).extend(canvas.of("callActivity"))
    for key in calls:
        path = _way_back(key, calls)
        if path:
            call = next(c for c in calls[key] if (c.get("calledElement") or "").strip() == path[1])
            shown = " → ".join(path)
            diagram.refuse(
                call,
                "call-circle",
                f"{label(call)}: 프로세스 {key} — 자기 자신을 다시 부릅니다({shown}). 흐름을 되돌려 반복해 주십시오.",
                f"process {key} calls itself: {shown}: lead a flow back instead",
            )


def _way_back(key: str, calls: dict[str, list[Element]]) -> list[str]:
    """Return the shortest way of calls from a process to itself, or nothing."""
    paths = [[key]]
    seen: set[str] = set()
    while paths:
        path = paths.pop(0)
        for call in calls.get(path[-1], []):
            callee = (call.get("calledElement") or "").strip()
            if callee == key:
                return [*path, key]
            if callee in calls and callee not in seen:
                seen.add(callee)
                paths.append([*path, callee])
    return []
