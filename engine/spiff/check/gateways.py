"""Gateways and conditions: directions, defaults, conditions where they mean something. BPMN 2.0.2, 10.6 and 8.4.13."""

from __future__ import annotations

from engine.spiff.check.events import kinds
from engine.spiff.diagram import Diagram, label
from engine.spiff.vocabulary import ACTIVITIES, GATEWAYS, Element, child, local, text, truth

BEHIND_EVENT_GATEWAY = {"message", "signal", "timer", "conditional"}


def check_gateways(diagram: Diagram) -> None:
    for canvas in diagram.canvases:
        for gateway in canvas.of(*GATEWAYS):
            _check_direction(diagram, gateway)
        for gateway in canvas.of("exclusiveGateway"):
            _check_exclusive(diagram, gateway)
        for gateway in canvas.of("parallelGateway"):
            _check_parallel(diagram, gateway)
        for gateway in canvas.of("eventBasedGateway"):
            _check_event_based(diagram, gateway)
        for gateway in canvas.of("complexGateway"):
            _check_complex(diagram, gateway)
        for activity in canvas.of(*ACTIVITIES):
            _check_conditional_flow(diagram, activity)
        for node in canvas.nodes:
            _check_default(diagram, node)


def has_condition(flow: Element) -> bool:
    return child(flow, "conditionExpression") is not None


def _check_direction(diagram: Diagram, gateway: Element) -> None:
    direction = gateway.get("gatewayDirection", "Unspecified")
    came, went = len(diagram.flows_in(gateway)), len(diagram.flows_out(gateway))
    if (direction == "Converging" and went > 1) or (direction == "Diverging" and came > 1):
        drawn_ko, drawn_en = (
            (f"나가는 흐름이 {went}개", f"{went} outgoing flows")
            if direction == "Converging"
            else (f"들어오는 흐름이 {came}개", f"{came} incoming flows")
        )
        diagram.refuse(
            gateway,
            "gateway-direction",
            f'{label(gateway)}: gatewayDirection="{direction}"인데 {drawn_ko}입니다. '
            "Mixed로 바꾸거나 흐름을 나눠 주십시오.",
            f'{label(gateway)} says gatewayDirection="{direction}" but has {drawn_en}: say Mixed, or draw two gateways',
        )
    if came == 0 and went == 0:
        diagram.refuse(
            gateway,
            "gateway-alone",
            f"{label(gateway)}: 이어진 흐름이 없습니다. 잇거나 지워 주십시오.",
            f"{label(gateway)} has no flows: connect it, or remove it",
        )


def _check_exclusive(diagram: Diagram, gateway: Element) -> None:
    flows = diagram.flows_out(gateway)
    for flow in flows if len(flows) > 1 else ():
        if not has_condition(flow) and flow.get("id") != gateway.get("default"):
            diagram.refuse(
                flow,
                "condition-missing",
                f"{label(flow)}: {label(gateway)} 게이트웨이에서 나가는데 조건이 없습니다. 조건을 적거나 기본 "
                "흐름으로 정해 주십시오.",
                f"the flow {label(flow)} out of {label(gateway)} has no condition: write one, or make it the "
                "default flow",
            )


def _check_parallel(diagram: Diagram, gateway: Element) -> None:
    for flow in diagram.flows_out(gateway):
        if has_condition(flow):
            diagram.warn(
                flow,
                "condition-unused",
                f"{label(flow)}: 병렬 게이트웨이에서 나가는 흐름의 조건은 보지 않습니다. 조건을 쓰려면 포괄 "
                "게이트웨이로 바꿔 주십시오.",
                f"the condition of {label(flow)} is not looked at behind a parallel gateway: use an inclusive one",
            )


def _check_complex(diagram: Diagram, gateway: Element) -> None:
    if len(diagram.flows_in(gateway)) > 1 and not text(child(gateway, "activationCondition")):
        diagram.warn(
            gateway,
            "activation-missing",
            f"{label(gateway)}: activationCondition이 없어 포괄 게이트웨이처럼 모읍니다. 몇 개면 지나갈지는 "
            "activationCount >= 2처럼 적습니다.",
            f"{label(gateway)} has no activationCondition and joins as an inclusive gateway does: write one such as "
            "activationCount >= 2",
        )


def _check_event_based(diagram: Diagram, gateway: Element) -> None:
    flows = diagram.flows_out(gateway)
    targets = [diagram.by_id[flow.get("targetRef")] for flow in flows if flow.get("targetRef") in diagram.by_id]
    if len(flows) < 2:
        diagram.refuse(
            gateway,
            "event-gateway-branches",
            f"{label(gateway)}: 기다릴 이벤트가 둘 이상 이어져 있어야 합니다(지금 {len(flows)}개).",
            f"{label(gateway)} needs at least two events to wait for, but is followed by {len(flows)}: draw them",
        )
    for flow in flows:
        if has_condition(flow):
            diagram.refuse(
                flow,
                "event-gateway-condition",
                f"{label(flow)}: 이벤트 기반 게이트웨이에서 나가는 흐름에는 조건을 붙일 수 없습니다. 조건을 지워 "
                "주십시오.",
                f"the flow {label(flow)} out of the event-based gateway {label(gateway)} has a condition: remove it",
            )
    for target in targets:
        _check_branch(diagram, gateway, target)
    if {"receiveTask"} & {local(t) for t in targets} and any("message" in kinds(t) for t in targets):
        diagram.refuse(
            gateway,
            "event-gateway-mixture",
            f"{label(gateway)}: 메시지 이벤트와 수신 태스크를 함께 둘 수 없습니다. 한 가지로 맞춰 주십시오.",
            f"{label(gateway)} is followed by message events and receive tasks: use one kind only",
        )
    if truth(gateway, "instantiate", False):
        _check_instantiating(diagram, gateway, targets)
    elif not diagram.flows_in(gateway):
        diagram.refuse(
            gateway,
            "event-gateway-incoming",
            f"{label(gateway)}: 들어오는 흐름이 없습니다. 흐름을 이어 주십시오.",
            f"{label(gateway)} has no incoming flow: connect it",
        )


def _check_branch(diagram: Diagram, gateway: Element, target: Element) -> None:
    waits = local(target) == "receiveTask" or (
        local(target) == "intermediateCatchEvent" and set(kinds(target)) <= BEHIND_EVENT_GATEWAY
    )
    if not waits:
        diagram.refuse(
            target,
            "event-gateway-target",
            f"{label(target)}: 이벤트 기반 게이트웨이 {label(gateway)} 뒤에는 기다리는 이벤트나 수신 태스크만 올 "
            "수 있습니다.",
            f"{label(target)} stands behind the event-based gateway {label(gateway)}, where only message, signal, "
            "timer or conditional catch events and receive tasks may stand",
        )
    elif diagram.boundaries.get(target.get("id", "")):
        diagram.refuse(
            target,
            "event-gateway-boundary",
            f"{label(target)}: 이벤트 기반 게이트웨이 뒤의 수신 태스크에는 경계 이벤트를 붙일 수 없습니다.",
            f"{label(target)} stands behind an event-based gateway and has a boundary event: remove it, or draw "
            "another branch",
        )
    if len(diagram.flows_in(target)) > 1:
        diagram.refuse(
            target,
            "event-gateway-incoming",
            f"{label(target)}: 이벤트 기반 게이트웨이에서 오는 흐름만 들어올 수 있습니다. 다른 흐름을 지워 주십시오.",
            f"{label(target)} stands behind an event-based gateway and has other incoming flows: remove them",
        )


def _check_instantiating(diagram: Diagram, gateway: Element, targets: list[Element]) -> None:
    if diagram.flows_in(gateway):
        diagram.refuse(
            gateway,
            "instantiate-incoming",
            f"{label(gateway)}: 프로세스를 시작하는 게이트웨이에는 흐름이 들어올 수 없습니다. 흐름을 지우거나 "
            "instantiate를 꺼 주십시오.",
            f'{label(gateway)} starts the process and has an incoming flow: remove it, or set instantiate="false"',
        )
    for target in targets:
        if local(target) == "intermediateCatchEvent" and set(kinds(target)) - {"message", "signal"}:
            diagram.refuse(
                target,
                "instantiate-trigger",
                f"{label(target)}: 프로세스를 시작하는 게이트웨이 뒤에는 메시지와 신호만 올 수 있습니다.",
                f"{label(target)} stands behind a gateway that starts the process: use a message or signal",
            )


def _check_conditional_flow(diagram: Diagram, activity: Element) -> None:
    flows = diagram.flows_out(activity)
    if len(flows) == 1 and has_condition(flows[0]):
        diagram.refuse(
            flows[0],
            "condition-alone",
            f"{label(flows[0])}: {label(activity)}에서 나가는 하나뿐인 흐름에 조건이 있습니다. 조건을 지우거나 "
            "다른 흐름을 더 그려 주십시오.",
            f"the flow {label(flows[0])} has a condition and is the only one out of {label(activity)}: remove the "
            "condition, or draw another flow",
        )


def _check_default(diagram: Diagram, node: Element) -> None:
    default = node.get("default")
    if not default:
        return
    flow = next((flow for flow in diagram.flows_out(node) if flow.get("id") == default), None)
    if flow is None:
        diagram.refuse(
            node,
            "default-missing",
            f"{label(node)}: 기본 흐름으로 정한 ‘{default}’ 흐름은 여기서 나가지 않습니다. "
            "기본 흐름을 다시 골라 주십시오.",
            f"the default flow '{default}' of {label(node)} does not leave it: choose one that does",
        )
    elif has_condition(flow):
        diagram.refuse(
            flow,
            "default-condition",
            f"{label(flow)}: 기본 흐름에는 조건이 없어야 합니다. 조건을 지우거나 다른 기본 흐름을 골라 주십시오.",
            f"the flow {label(flow)} is the default of {label(node)} and has a condition: remove the condition, or "
            "choose another default",
        )
