"""Every rule of the check has a drawing that breaks it, and says so in both languages with the element's id."""

# ruff: noqa: E501 - a drawing that breaks a rule is easier to compare on one line

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.spiff import check, read_diagram
from tests.engine.spiff.drawing import KNOWN, around, file, flow, formal, raw, read, symbol, timer

MESSAGE = '<bpmn:message id="m" name="M"/>'
NAMELESS = '<bpmn:message id="m"/><bpmn:signal id="g"/><bpmn:error id="x"/><bpmn:escalation id="y"/>'
STRUCTURES = (
    '<bpmn:itemDefinition id="one" structureRef="String"/><bpmn:itemDefinition id="other" structureRef="Integer"/>'
    '<bpmn:itemDefinition id="many" structureRef="String" isCollection="true"/>'
    '<bpmn:message id="m" name="M" itemRef="one"/><bpmn:signal id="g" name="G" structureRef="one"/>'
)
CATCH = '<bpmn:messageEventDefinition messageRef="m"/>'
SIGNAL = '<bpmn:signalEventDefinition signalRef="g"/>'
COMPENSATE = "<bpmn:compensateEventDefinition/>"
TASK = symbol("task", "k")


def in_task(inner: str, kind: str = "task", **attributes: str) -> tuple[str, ...]:
    return around(symbol(kind, "k", inner, **attributes))


def mi(inner: str = "", **attributes: str) -> tuple[str, ...]:
    written = "".join(f' {name.replace("__", ":")}="{value}"' for name, value in attributes.items())
    return in_task(
        f"<bpmn:multiInstanceLoopCharacteristics{written}>{inner}</bpmn:multiInstanceLoopCharacteristics>", "userTask"
    )


def extended(inner: str, kind: str = "userTask", **attributes: str) -> tuple[str, ...]:
    return in_task(f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>", kind, **attributes)


def split(*flows: str, kind: str = "exclusiveGateway", **attributes: str) -> tuple[str, ...]:
    """A gateway k with two tasks behind it, and the flows to them."""
    return (
        symbol("startEvent", "s"), flow("s", "k"), symbol(kind, "k", **attributes), *flows, symbol("task", "a"),
        symbol("task", "b"),
    )  # fmt: skip


def behind_event_gateway(*branches: str, into: str = "", **attributes: str) -> tuple[str, ...]:
    """An event-based gateway k; every branch is a symbol with an id of one letter."""
    ids = re.findall(r'<bpmn:\w+ id="(\w)"', "".join(branches))
    parts = (*branches, *(flow("k", branch) for branch in ids), symbol("eventBasedGateway", "k", **attributes))
    return (into or symbol("startEvent", "s") + flow("s", "k"), *parts)


def subprocess(*inner: str, **attributes: str) -> tuple[str, ...]:
    return around(symbol("subProcess", "k", "".join(inner), **attributes))


def beside(*inner: str) -> tuple[str, ...]:
    """A process with an event subprocess k of that content."""
    return (*around(TASK.replace('"k"', '"t"'), first="t", last="t"),
            symbol("subProcess", "k", "".join(inner), triggeredByEvent="true"))  # fmt: skip


def at_border(inner: str, *more: str, kind: str = "task", **attributes: str) -> tuple[str, ...]:
    """A task k with a boundary event b."""
    return (*around(symbol(kind, "k", symbol("task", "t") if kind == "subProcess" else "")),
            symbol("boundaryEvent", "b", inner, attachedToRef="k", **attributes), *more)  # fmt: skip


def pool(source: str, target: str, inner: str = "") -> str:
    return (
        f'<bpmn:collaboration id="c"><bpmn:participant id="them" name="them">{inner}</bpmn:participant>'
        f'<bpmn:messageFlow id="mf" sourceRef="{source}" targetRef="{target}"/></bpmn:collaboration>'
    )


def data(inner: str, kind: str = "task", more: str = "", **attributes: str) -> tuple[str, ...]:
    """A task k with an ioSpecification."""
    return in_task(f"<bpmn:ioSpecification>{inner}</bpmn:ioSpecification>{more}", kind, **attributes)


SETS = "<bpmn:inputSet/><bpmn:outputSet/>"
INTO = '<bpmn:dataInput id="i" itemSubjectRef="one"/>' + SETS
OBJECT = '<bpmn:dataObject id="do" itemSubjectRef="other"/><bpmn:dataObjectReference id="dor" dataObjectRef="do"/>'


def association(*parts: str) -> str:
    return f"<bpmn:dataInputAssociation>{''.join(parts)}</bpmn:dataInputAssociation>"


def ends(source: str, target: str) -> str:
    return f"<bpmn:sourceRef>{source}</bpmn:sourceRef><bpmn:targetRef>{target}</bpmn:targetRef>"


def link(kind: str, identifier: str, name: str, inner: str = "") -> str:
    definition = f'<bpmn:linkEventDefinition id="{identifier}d" name="{name}">{inner}</bpmn:linkEventDefinition>'
    return symbol(kind, identifier, definition)


def linked(*parts: str) -> tuple[str, ...]:
    return (symbol("startEvent", "s"), flow("s", "k"), *parts)


CALLED = '<bpmn:process id="q"><bpmn:startEvent id="qs">' + CATCH + "</bpmn:startEvent></bpmn:process>"
HANDLER = symbol("task", "h", isForCompensation="true")

BROKEN: tuple[tuple[str, str | None, bytes], ...] = (
    # elements, attributes, values
    ("element-unknown", "p", file("<bpmn:foo/>", *around(TASK))),
    ("element-unsupported", "ch", raw('<bpmn:choreography id="ch"/><bpmn:process id="p"><bpmn:task id="k"/></bpmn:process>')),
    ("attribute-unknown", "k", file(*in_task("", colour="red"))),
    ("text-format", "k", file(*in_task('<bpmn:documentation textFormat="INVALID">x</bpmn:documentation>'))),
    ("expression-language", "k_a", file(*split(
        flow("k", "a", "x"), flow("k", "b"), default="k_b")).replace(b"<bpmn:conditionExpression ", b'<bpmn:conditionExpression language="juel" ')),
    ("flow-immediate", "s_k", file(*around(TASK)).replace(b'id="s_k"', b'id="s_k" isImmediate="false"')),
    # other namespaces
    ("camunda-attribute", "k", file(*in_task("", "serviceTask", camunda__class="org.example.Do", camunda__topic="hand_over"))),
    ("camunda-attribute", "k", file(*in_task("", camunda__assignee="demo"))),
    ("camunda-attribute", "k", file(*in_task("", "userTask", camunda__nobodyKnows="1"))),
    ("camunda-element", "k", file(*extended('<camunda:taskListener event="create"/>'))),
    ("mapping", "k", file(*extended('<camunda:in source="a"/>', "callActivity", calledElement="notify"))),
    ("mapping", "k", file(*extended('<camunda:in source="a" target="b" local="true"/>', "callActivity", calledElement="notify"))),
    ("mapping", "k", file(*extended('<camunda:inputOutput><camunda:inputParameter name="x"><camunda:list/></camunda:inputParameter></camunda:inputOutput>'))),
    ("mapping", "k", file(*extended("<camunda:inputOutput><camunda:inputParameter>1</camunda:inputParameter></camunda:inputOutput>"))),
    ("mapping", "k", file(*extended('<camunda:inputOutput><camunda:other name="x"/></camunda:inputOutput>'))),
    ("mapping", "k", file(*extended('<camunda:inputOutput><camunda:inputParameter name="x">${a b}</camunda:inputParameter></camunda:inputOutput>'))),
    ("mapping", "k", file(*extended(
        '<camunda:inputOutput><camunda:outputParameter name="x">1</camunda:outputParameter></camunda:inputOutput>', "intermediateThrowEvent"))),
    ("extension-unknown", "k", file(*extended("<charter:promises/>"))),
    ("extension-unknown", "k", file(*in_task("", charter__promise2="1"))),
    ("other-engine", "k", file(*extended('<zeebe:taskDefinition type="x"/>', "serviceTask", camunda__topic="hand_over"))),
    ("other-engine", "k", file(*extended("<spiffworkflow:preScript>x = 1</spiffworkflow:preScript>"))),
    ("other-engine", "k", file(*in_task("", "userTask", activiti__assignee="demo"))),
    ("correlation-key", "k", file(*in_task("", "receiveTask", messageRef="m", charter__correlationKey=""), top=MESSAGE)),
    # references
    ("id-duplicate", "k", file(*around(TASK, TASK))),
    ("id-missing", "p", file(*around(TASK), "<bpmn:task/>")),
    ("reference-missing", "k", file(*in_task("", "receiveTask", messageRef="nothing"))),
    ("definition-reference", "k", file(*around(symbol("intermediateCatchEvent", "k", "<bpmn:eventDefinitionRef>no</bpmn:eventDefinitionRef>")))),
    ("flow-listed", "k", file(*in_task("<bpmn:incoming>s_k</bpmn:incoming><bpmn:outgoing>gone</bpmn:outgoing>"))),
    # structure
    ("process-missing", "d", raw(MESSAGE)),
    ("level-empty", "k", file(*around(symbol("subProcess", "k")))),
    ("node-astray", "t", raw('<bpmn:task id="t"/><bpmn:process id="p"><bpmn:task id="k"/></bpmn:process>')),
    ("property-astray", "y", file(*around(TASK), top='<bpmn:property id="y"/>')),
    ("flow-end-missing", "k_gone", file(*around(TASK), flow("k", "gone"))),
    ("flow-end-kind", "k_note", file(*around(TASK), flow("k", "note"), '<bpmn:textAnnotation id="note"/>')),
    ("flow-crosses-level", "s_t", file(*subprocess(symbol("task", "t")), flow("s", "t"))),
    ("flow-to-itself", "k_k", file(*around(TASK), flow("k", "k"))),
    ("ad-hoc-events", "i", file(*around(symbol("adHocSubProcess", "k", symbol("startEvent", "i"))))),
    ("start-missing", "p", file(TASK, flow("k", "e"), symbol("endEvent", "e"))),
    ("node-unreachable", "a", file(*around(TASK), symbol("task", "a"), flow("a", "k"))),
    ("node-unreachable", "a", file(symbol("intermediateThrowEvent", "a"), flow("a", "k"), TASK)),
    # events
    ("event-trigger", "k", file(*around(symbol("intermediateThrowEvent", "k", timer("PT1H"))))),
    ("event-trigger", "s", file(*around(TASK)).replace(b'<bpmn:startEvent id="s">', b'<bpmn:startEvent id="s"><bpmn:conditionalEventDefinition><bpmn:condition>x</bpmn:condition></bpmn:conditionalEventDefinition>')),
    ("event-trigger-missing", "k", file(*around(symbol("intermediateCatchEvent", "k")))),
    ("start-incoming", "s", file(*around(TASK), flow("k", "s"))),
    ("end-outgoing", "e", file(*around(TASK), flow("e", "k"))),
    ("subprocess-start-trigger", "i", file(*subprocess(symbol("startEvent", "i", timer("PT1H")), flow("i", "t"), symbol("task", "t")))),
    ("event-interrupting", "i", file(*beside(symbol("startEvent", "i", "<bpmn:errorEventDefinition/>", isInterrupting="false")))),
    ("event-subprocess-start", "k", file(*beside(symbol("task", "i")))),
    ("event-subprocess-flow", "k", file(*beside(symbol("startEvent", "i", timer("PT1H"))), flow("t", "k"))),
    ("event-subprocess-kind", "k", file(*around(symbol("transaction", "k", symbol("task", "t"), triggeredByEvent="true")))),
    ("cancel-place", "k", file(symbol("startEvent", "s"), flow("s", "k"), symbol("endEvent", "k", "<bpmn:cancelEventDefinition/>"))),
    ("cancel-place", "b", file(*at_border("<bpmn:cancelEventDefinition/>"))),
    ("boundary-host", "b", file(*at_border(timer("PT1H"))).replace(b'attachedToRef="k"', b'attachedToRef="s"')),
    ("boundary-incoming", "b", file(*at_border(timer("PT1H"), flow("k", "b")))),
    ("start-several", "p", file(*around(TASK), symbol("startEvent", "s2"), flow("s2", "k"))),
    ("message-missing", "k", file(*around(symbol("intermediateCatchEvent", "k", "<bpmn:messageEventDefinition/>")))),
    ("message-name", "k", file(*around(symbol("intermediateCatchEvent", "k", CATCH)), top=NAMELESS)),
    ("signal-missing", "k", file(*around(symbol("intermediateCatchEvent", "k", "<bpmn:signalEventDefinition/>")))),
    ("signal-name", "k", file(*around(symbol("intermediateCatchEvent", "k", SIGNAL)), top=NAMELESS)),
    ("error-missing", "e", file(*around(TASK)).replace(b'<bpmn:endEvent id="e">', b'<bpmn:endEvent id="e"><bpmn:errorEventDefinition/>')),
    ("error-code", "b", file(*at_border('<bpmn:errorEventDefinition errorRef="x"/>'), top=NAMELESS)),
    ("escalation-missing", "k", file(*around(symbol("intermediateThrowEvent", "k", "<bpmn:escalationEventDefinition/>")))),
    ("escalation-code", "b", file(*at_border('<bpmn:escalationEventDefinition escalationRef="y"/>'), top=NAMELESS)),
    ("timer-missing", "k", file(*around(symbol("intermediateCatchEvent", "k", "<bpmn:timerEventDefinition/>")))),
    ("timer", "k", file(*around(symbol("intermediateCatchEvent", "k", timer("soon()"))))),
    ("condition-missing", "k", file(*around(symbol(
        "intermediateCatchEvent", "k", "<bpmn:conditionalEventDefinition><bpmn:condition/></bpmn:conditionalEventDefinition>")))),
    # links
    ("link-target", "k", file(*linked(link("intermediateThrowEvent", "k", "L")))),
    ("link-source", "c", file(*around(TASK), link("intermediateCatchEvent", "c", "L"), flow("c", "k"))),
    ("link-pair", "k", file(*linked(
        link("intermediateThrowEvent", "k", "L", "<bpmn:target>cd</bpmn:target>"),
        link("intermediateCatchEvent", "c", "L", "<bpmn:source>elsewhere</bpmn:source>")))),
    ("link-throw-outgoing", "k", file(*around(link("intermediateThrowEvent", "k", "L"), link("intermediateCatchEvent", "c", "L")))),
    ("link-catch-incoming", "c", file(*linked(
        link("intermediateThrowEvent", "k", "L"), link("intermediateCatchEvent", "c", "L"), flow("s", "c")))),
    # gateways and conditions
    ("condition-missing", "k_b", file(*split(flow("k", "a", "x > 1"), flow("k", "b")))),
    ("gateway-direction", "k", file(*split(
        flow("k", "a", "x"), flow("k", "b"), default="k_b", gatewayDirection="Converging"))),
    ("gateway-alone", "k", file(symbol("exclusiveGateway", "k"))),
    ("default-missing", "k", file(*split(flow("k", "a", "x"), flow("k", "b", "y"), default="s_k"))),
    ("default-condition", "k_b", file(*split(flow("k", "a", "x"), flow("k", "b", "y"), default="k_b"))),
    ("condition-alone", "k_a", file(*split(flow("k", "a", "x"), flow("a", "b"), kind="task"))),
    ("expression", "k_a", file(*split(flow("k", "a", "x y"), flow("k", "b"), default="k_b"))),
    ("expression-empty", "k_a", file(*split(flow("k", "a", " "), flow("k", "b"), default="k_b"))),
    ("event-gateway-branches", "k", file(*behind_event_gateway(symbol("intermediateCatchEvent", "a", timer("PT1H"))))),
    ("event-gateway-target", "b", file(*behind_event_gateway(symbol("intermediateCatchEvent", "a", timer("PT1H")), symbol("task", "b")))),
    ("event-gateway-condition", "k_a", file(*behind_event_gateway(
        symbol("intermediateCatchEvent", "a", timer("PT1H")), symbol("intermediateCatchEvent", "b", timer("PT2H")))).replace(
            flow("k", "a").encode(), flow("k", "a", "x").encode())),
    ("event-gateway-mixture", "k", file(*behind_event_gateway(
        symbol("intermediateCatchEvent", "a", CATCH), symbol("receiveTask", "b", messageRef="m")), top=MESSAGE)),
    ("event-gateway-boundary", "b", file(*behind_event_gateway(
        symbol("intermediateCatchEvent", "a", timer("PT1H")), symbol("receiveTask", "b", messageRef="m")),
        symbol("boundaryEvent", "x", timer("PT1H"), attachedToRef="b"), top=MESSAGE)),
    ("event-gateway-incoming", "a", file(*behind_event_gateway(
        symbol("intermediateCatchEvent", "a", timer("PT1H")), symbol("intermediateCatchEvent", "b", timer("PT2H"))), flow("s", "a"))),
    ("event-gateway-incoming", "k", file(*behind_event_gateway(
        symbol("intermediateCatchEvent", "a", timer("PT1H")), symbol("intermediateCatchEvent", "b", timer("PT2H")), into=" "))),
    ("instantiate-incoming", "k", file(*behind_event_gateway(
        symbol("receiveTask", "a", messageRef="m"), symbol("receiveTask", "b", messageRef="m"), instantiate="true"), top=MESSAGE)),
    ("instantiate-trigger", "a", file(*behind_event_gateway(
        symbol("intermediateCatchEvent", "a", timer("PT1H")), symbol("receiveTask", "b", messageRef="m"), into=" ", instantiate="true"), top=MESSAGE)),
    # activities
    ("quantity", "k", file(*in_task("", startQuantity="0"))),
    ("loop-both", "k", file(*in_task(
        f"<bpmn:standardLoopCharacteristics>{formal('loopCondition', 'x')}</bpmn:standardLoopCharacteristics>"
        f"<bpmn:multiInstanceLoopCharacteristics>{formal('loopCardinality', '2')}</bpmn:multiInstanceLoopCharacteristics>"))),
    ("loop-maximum", "k", file(*in_task('<bpmn:standardLoopCharacteristics loopMaximum="-1"/>'))),
    ("loop-endless", "k", file(*in_task("<bpmn:standardLoopCharacteristics/>"))),
    ("loop-closed", "k", file(*in_task(
        f"<bpmn:standardLoopCharacteristics>{formal('loopCondition', 'True')}</bpmn:standardLoopCharacteristics>"))),
    ("multi-instance-items", "k", file(*mi())),
    ("multi-instance-items", "k", file(*mi(formal("loopCardinality", "2"), camunda__collection="items"))),
    ("multi-instance-item", "k", file(*mi(formal("loopCardinality", "2"), camunda__elementVariable="item"))),
    ("multi-instance-behavior", "k", file(*mi(formal("loopCardinality", "2"), behavior="Complex"))),
    ("multi-instance-behavior", "k", file(*mi(formal("loopCardinality", "2"), behavior="One"))),
    ("cardinality", "k", file(*mi(formal("loopCardinality", "'three'")))),
    ("collection", "k", file(*mi(camunda__collection="items["))),
    ("people", "k", file(*in_task('<bpmn:potentialOwner id="po"/>', "userTask"))),
    ("ad-hoc-ordering", "k", file(*around(symbol("adHocSubProcess", "k", symbol("task", "t"), ordering="Random")))),
    ("form-unknown", "k", file(*in_task("", "userTask", camunda__formKey="nothing"))),
    ("user-task", "k", file(*in_task("", "userTask", camunda__assignee="${a b}"))),
    ("user-task-date", "k", file(*in_task("", "userTask", camunda__dueDate="tomorrow"))),
    ("user-task-priority", "k", file(*in_task("", "userTask", camunda__priority="high"))),
    ("script-format", "k", file(*in_task("<bpmn:script>x = 1</bpmn:script>", "scriptTask", scriptFormat="javascript"))),
    ("script-empty", "k", file(*in_task("", "scriptTask"))),
    ("script", "k", file(*in_task("<bpmn:script>x = </bpmn:script>", "scriptTask"))),
    ("service-topic", "k", file(*in_task("", "serviceTask"))),
    ("service-topic", "k", file(*in_task("", "serviceTask", camunda__topic="nobody"))),
    ("service-type", "k", file(*in_task("", "serviceTask", camunda__type="mail", camunda__topic="hand_over"))),
    ("decision-unknown", "k", file(*in_task("", "businessRuleTask", camunda__decisionRef="nothing"))),
    ("decision-binding", "k", file(*in_task(
        "", "businessRuleTask", camunda__decisionRef="reward_amount", camunda__decisionRefBinding="version"))),
    ("decision-mapping", "k", file(*in_task(
        "", "businessRuleTask", camunda__decisionRef="reward_amount", camunda__mapDecisionResult="resultList"))),
    ("message-missing", "k", file(*in_task("", "sendTask"))),
    ("message-missing", "k", file(*in_task("", "receiveTask"))),
    ("instantiate-incoming", "k", file(*in_task("", "receiveTask", messageRef="m", instantiate="true"), top=MESSAGE)),
    # compensation
    ("compensation-flow", "b", file(*at_border(COMPENSATE, flow("b", "e")))),
    ("compensation-handler", "b", file(*at_border(COMPENSATE))),
    ("compensation-handler", "h", file(*around(TASK), HANDLER)),
    ("compensation-handler-flow", "h", file(*around(TASK), HANDLER, flow("k", "h"))),
    ("compensation-target", "c", file(*around(TASK, flow("k", "c"), symbol(
        "intermediateThrowEvent", "c", '<bpmn:compensateEventDefinition activityRef="gone"/>'), last="c"))),
    ("compensation-target", "c", file(*around(TASK, flow("k", "c"), symbol(
        "intermediateThrowEvent", "c", '<bpmn:compensateEventDefinition activityRef="k"/>'), last="c"))),
    # calls
    ("call-missing", "k", file(*in_task("", "callActivity"))),
    ("call-unknown", "k", file(*in_task("", "callActivity", calledElement="nothing"))),
    ("call-binding", "k", file(*in_task("", "callActivity", calledElement="notify", camunda__calledElementBinding="version"))),
    ("call-global-task", "k", file(*in_task("", "callActivity", calledElement="gt"), top='<bpmn:globalUserTask id="gt"/>')),
    ("call-start", "k", file(*in_task("", "callActivity", calledElement="q"), top=MESSAGE + CALLED)),
    # data
    ("data-collection", "do", file(*around(TASK), '<bpmn:dataObject id="do" itemSubjectRef="many"/>', top=STRUCTURES)),
    ("data-item", "k", file(*mi(
        formal("loopCardinality", "2") + '<bpmn:outputDataItem id="oi" itemSubjectRef="many"/>'), top=STRUCTURES)),
    ("data-end", "k", file(*data(INTO, more=association(ends("gone", "i"))), top=STRUCTURES)),
    ("data-sources", "k", file(*data(INTO, more=association("<bpmn:sourceRef>do</bpmn:sourceRef>", ends("dor", "i"))), OBJECT, top=STRUCTURES)),
    ("data-structure", "k", file(*data(INTO, more=association(ends("dor", "i"))), OBJECT, top=STRUCTURES)),
    ("data-direction", "k", file(*data(
        '<bpmn:dataInput id="i"/><bpmn:dataOutput id="o"/>' + SETS, more=association(ends("o", "i"))))),
    ("data-set", "k", file(*data(
        '<bpmn:dataInput id="i"/><bpmn:inputSet><bpmn:optionalInputRefs>i</bpmn:optionalInputRefs></bpmn:inputSet><bpmn:outputSet/>'))),
    ("data-count", "k", file(*data(
        '<bpmn:dataInput id="i" itemSubjectRef="one"/><bpmn:dataInput id="j" itemSubjectRef="one"/>' + SETS,
        "sendTask", messageRef="m"), top=STRUCTURES)),
    ("data-message", "k", file(*data(
        '<bpmn:dataInput id="i" itemSubjectRef="other"/>' + SETS, "sendTask", messageRef="m"), top=STRUCTURES)),
    ("data-triggers", "k", file(*around(symbol(
        "intermediateCatchEvent", "k", '<bpmn:dataOutput id="o" itemSubjectRef="one"/><bpmn:outputSet/>' + CATCH + SIGNAL)), top=STRUCTURES)),
    ("data-state", "dor", file(*around(TASK), '<bpmn:dataObject id="do" name="Order"/>',
        '<bpmn:dataObjectReference id="dor" name="Order [sent]" dataObjectRef="do"><bpmn:dataState name="new"/></bpmn:dataObjectReference>')),
    ("loop-data-input", "k", file(*mi("<bpmn:loopDataInputRef>one</bpmn:loopDataInputRef>"), top=STRUCTURES)),
    # pools
    ("message-flow-end", "mf", file(*around(TASK), top=pool("them", "gone"))),
    ("message-flow-direction", "e", file(*around(TASK), top=pool("them", "e"))),
    ("message-flow-trigger", "s", file(*around(TASK), top=pool("them", "s"))),
    ("participant-multiplicity", "them", file(*around(TASK), top=pool(
        "them", "k", '<bpmn:participantMultiplicity minimum="3" maximum="2"/>'))),
    # the schema
    ("schema", "k", file(*in_task("<bpmn:extensionElements/><bpmn:documentation>late</bpmn:documentation>"))),
)  # fmt: skip

NOTED: tuple[tuple[str, str | None, bytes], ...] = (
    ("process-not-executable", "p", file(*around(TASK), attributes='id="p" isExecutable="false"')),
    ("end-missing", "p", file(symbol("startEvent", "s"), flow("s", "k"), TASK)),
    ("node-dead-end", "a", file(*around(TASK), flow("k", "a"), symbol("task", "a"))),
    ("timer-cycle-once", "k", file(*around(symbol("intermediateCatchEvent", "k", timer("R3/PT1H", "timeCycle"))))),
    ("condition-unused", "k_a", file(*split(flow("k", "a", "x"), flow("k", "b"), kind="parallelGateway"))),
    ("activation-missing", "k", file(*around(symbol("complexGateway", "k"), flow("s", "k", name="again")))),
    ("camunda-attribute", "k", file(*in_task("", "userTask", camunda__asyncBefore="true"))),
    ("camunda-element", "k", file(*extended("<camunda:failedJobRetryTimeCycle>R3/PT1H</camunda:failedJobRetryTimeCycle>"))),
    ("other-engine", "k", file(*in_task("", "userTask", zeebe__modelerTemplate="x"))),
    ("decision-result", "k", file(*in_task("", "businessRuleTask", camunda__decisionRef="reward_amount"))),
    ("decision-mapping", "k", file(*in_task(
        "", "businessRuleTask", camunda__decisionRef="reward_amount", camunda__resultVariable="r", camunda__mapDecisionResult="collectEntries"))),
    ("people", "k", file(*in_task('<bpmn:performer id="po"/>', "manualTask"))),
    ("lane-reference", "l", file(
        '<bpmn:laneSet id="ls"><bpmn:lane id="l"><bpmn:flowNodeRef>gone</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>', *around(TASK))),
    ("data-state", "dor", file(*around(TASK), '<bpmn:dataObject id="do" name="Order"/>',
        '<bpmn:dataObjectReference id="dor" name="any" dataObjectRef="do"><bpmn:dataState name="new"/></bpmn:dataObjectReference>')),
)  # fmt: skip
ELSEWHERE = {"call-circle", "xml", "unreadable"}  # test_attacks.py, test_reader.py


def names(cases: tuple[tuple[str, str | None, bytes], ...]) -> list[str]:
    return [f"{rule}-{number}" for number, (rule, _, _) in enumerate(cases)]


@pytest.mark.parametrize(("rule", "element", "xml"), BROKEN, ids=names(BROKEN))
def test_a_broken_rule_refuses_the_diagram_and_names_the_element(rule: str, element: str | None, xml: bytes) -> None:
    # when
    reading = read(xml)
    # then
    found = [finding for finding in reading.findings if finding.rule == rule and finding.severity == "refusal"]
    assert found, [str(finding) for finding in reading.findings]
    assert element in [finding.element_id for finding in found]
    assert reading.definitions == ()


@pytest.mark.parametrize(("rule", "element", "xml"), NOTED, ids=names(NOTED))
def test_what_changes_nothing_is_a_warning_beside_the_definition(rule: str, element: str | None, xml: bytes) -> None:
    # when
    reading = read(xml)
    # then
    assert (rule, element) in [(finding.rule, finding.element_id) for finding in reading.findings]
    assert not reading.is_refused, [str(finding) for finding in reading.findings]
    assert len(reading.definitions) == 1


@pytest.mark.parametrize(("rule", "element", "xml"), [*BROKEN, *NOTED], ids=names((*BROKEN, *NOTED)))
def test_every_sentence_is_there_in_both_languages(rule: str, element: str | None, xml: bytes) -> None:
    for finding in read(xml).findings:
        assert re.search("[가-힣]", finding.sentence.ko), finding.sentence.ko
        assert not re.search("[가-힣]", finding.sentence.en), finding.sentence.en
        assert "{http" not in finding.sentence.en
        assert finding.line is not None


def test_every_rule_has_a_drawing_that_breaks_it() -> None:
    # given
    sources = [path.read_text() for path in Path(str(check.__file__)).parent.glob("*.py")]
    call = re.compile(r'(?:refuse|warn)\(\s*[\w.()]+,\s*(f?)"([^"]+)"')
    written = {(bool(marked), rule) for source in sources for marked, rule in call.findall(source)}
    # when
    kinds = ("message", "signal", "error", "escalation")
    asked = {rule for marked, rule in written if not marked}
    # `message` and `signal` lack a name, `error` and `escalation` a code
    asked |= {f"{kind}-{'name' if kind in kinds[:2] else 'code'}" for kind in kinds}
    # then
    assert len(asked) > 100
    assert asked - {rule for rule, _, _ in (*BROKEN, *NOTED)} - ELSEWHERE == set()


def test_all_findings_come_at_once_refusals_first() -> None:
    # given
    xml = file("\n", symbol("endEvent", "e"), "\n", symbol("serviceTask", "a"), "\n", symbol("scriptTask", "b"))
    # when
    findings = read_diagram("x.bpmn", xml, known=KNOWN).findings
    # then
    rules = [finding.rule for finding in findings]
    assert {"start-missing", "service-topic", "script-empty"} <= set(rules)
    severities = [finding.severity for finding in findings]
    assert severities == sorted(severities, key=["refusal", "warning"].index)


def test_a_flow_is_called_by_what_it_connects() -> None:
    # given
    flows = split(flow("k", "a", "amount >", name="Flow_0h2x"), flow("k", "b"), default="k_b", name="금액?")
    xml = file(*flows).decode().replace('<bpmn:task id="a">', '<bpmn:task id="a" name="결재">').encode()
    # when
    sentence = read(xml).findings[0].sentence
    # then
    assert sentence.ko.startswith("“금액?” → “결재” (Flow_0h2x): ")
    assert sentence.en.endswith("For example: amount > 50000")
