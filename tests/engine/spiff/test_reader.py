"""What the reader makes of a drawing: every construct that changes what happens arrives in the definition."""

from __future__ import annotations

import pytest
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser

from engine.spiff import Known, check_circles, process_keys
from engine.tokens.definition import Node, Symbol, TimerKind, TriggerKind
from tests.engine.spiff.drawing import (
    CHARTER,
    KNOWN,
    around,
    definition,
    file,
    flow,
    formal,
    raw,
    read,
    refusals,
    symbol,
    timer,
    warnings,
)

MESSAGE = '<bpmn:message id="m" name="MSG_REPLY"/>'
NAMES = (
    '<bpmn:message id="m" name="MSG_REPLY"/><bpmn:signal id="g" name="SIG"/>'
    '<bpmn:error id="x" name="broken" errorCode="BROKEN"/><bpmn:escalation id="y" escalationCode="LATE"/>'
)


def node(inner: str = "", kind: str = "task", *, top: str = "", known: Known = KNOWN, **attributes: str) -> Node:
    """Return the node that a symbol k becomes."""
    return definition(file(*around(symbol(kind, "k", inner, **attributes)), top=top), known).nodes["k"]


# flows, levels, ids


def test_flows_keep_their_ids_conditions_names_and_ends() -> None:
    # given
    parts = (symbol("exclusiveGateway", "k", default="k_e"), flow("k", "e", "amount > 50000", name="large"))
    # when
    made = definition(file(*around(*parts)).replace(b'id="k_e"', b'id="k_e" name="else"'))
    # then
    large, other = made.flows["large"], made.flows["k_e"]
    assert (large.source, large.target) == ("k", "e")
    assert large.condition is not None
    assert large.condition.evaluate({"amount": 60000}) is True
    assert (other.condition, other.name) == (None, "else")
    assert made.nodes["k"].default == "k_e"
    assert made.nodes["k"].outgoing == ("large", "k_e")


def test_a_flow_without_an_id_gets_one() -> None:
    # given
    xml = file(*around(symbol("task", "k"))).replace(b'id="s_k" ', b"").replace(b'id="k_e" ', b"")
    # when
    made = definition(xml)
    # then
    assert set(made.flows) == {"Flow_s_k", "Flow_k_e"}
    assert made.nodes["k"].incoming == ("Flow_s_k",)


def test_a_prefixed_reference_loses_its_prefix() -> None:
    made = node("", "receiveTask", top=MESSAGE, messageRef="tns:m")
    assert made.message is not None
    assert made.message.name == "MSG_REPLY"


@pytest.mark.parametrize("identifier", ["Start", "End", "Root", "p.EndJoin", "StartEventSplit"])
def test_ids_that_the_library_uses_itself_are_free(identifier: str) -> None:
    made = definition(file(*around(symbol("userTask", identifier), first=identifier, last=identifier)))
    assert made.nodes[identifier].symbol is Symbol.USER_TASK


def test_what_no_start_event_reaches_is_read_too() -> None:
    # given
    inner = symbol("startEvent", "i", timer("PT1H"), isInterrupting="false") + flow("i", "t") + symbol("task", "t")
    listening = symbol("subProcess", "sp", inner, triggeredByEvent="true")
    receiving = symbol("receiveTask", "r", messageRef="m", instantiate="true")
    # when
    made = definition(file(*around(symbol("task", "k")), listening, receiving, top=MESSAGE))
    # then
    assert made.nodes["sp"].symbol is Symbol.EVENT_SUBPROCESS
    assert made.nodes["i"].interrupting is False
    assert made.nodes["i"].level == "sp"
    assert made.nodes["r"].instantiate is True
    assert made.root.event_subprocess_ids == ("sp",)
    assert made.root.start_ids == ("s",)
    assert made.levels["sp"].start_ids == ("i",)
    assert made.levels["sp"].node_ids == ("i", "t")


def test_a_level_without_start_event_begins_where_nothing_leads_to() -> None:
    # given
    handler = symbol("task", "h", isForCompensation="true")
    boundary = symbol("boundaryEvent", "b", "<bpmn:compensateEventDefinition/>", attachedToRef="a")
    tie = '<bpmn:association id="t" sourceRef="b" targetRef="h"/>'
    # when
    made = definition(
        file(symbol("task", "a"), flow("a", "c"), symbol("task", "b2"), symbol("task", "c"), handler, boundary, tie)
    )
    # then
    assert made.root.start_ids == ("a", "b2")


def test_subprocesses_become_levels_with_what_is_drawn_in_them() -> None:
    # given
    deep = symbol("transaction", "deep", symbol("task", "t"))
    # when
    made = definition(file(*around(symbol("subProcess", "k", deep))))
    # then
    assert set(made.levels) == {"p", "k", "deep"}
    assert made.nodes["t"].level == "deep"
    assert made.nodes["deep"].symbol is Symbol.TRANSACTION
    assert made.levels["k"].node_ids == ("deep",)


def test_boundary_events_hang_on_their_activity_in_drawing_order() -> None:
    # given
    events = [
        symbol("boundaryEvent", "b1", timer("PT1H"), attachedToRef="k", cancelActivity="false"),
        symbol("boundaryEvent", "b2", '<bpmn:errorEventDefinition errorRef="x"/>', attachedToRef="k"),
    ]
    # when
    made = definition(file(*around(symbol("userTask", "k")), *events, top=NAMES))
    # then
    assert made.boundaries == {"k": ("b1", "b2")}
    assert (made.nodes["b1"].interrupting, made.nodes["b2"].interrupting) == (False, True)
    assert made.nodes["b2"].attached_to == "k"


def test_two_executable_pools_give_two_definitions() -> None:
    # given
    pools = (
        '<bpmn:collaboration id="c"><bpmn:participant id="pp" processRef="p"/>'
        '<bpmn:participant id="pq" processRef="q"/>'
        '<bpmn:messageFlow id="mf" sourceRef="k" targetRef="qs"/></bpmn:collaboration>'
    )
    caught = '<bpmn:startEvent id="qs"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>'
    other = f'<bpmn:process id="q" name="Other">{caught}</bpmn:process>'
    # when
    reading = read(file(*around(symbol("sendTask", "k", messageRef="m")), top=MESSAGE + pools + other))
    # then
    assert [made.key for made in reading.definitions] == ["q", "p"]
    assert reading.definitions[0].name == "Other"
    assert process_keys(file(symbol("task", "k"), top=other)) == ["q", "p"]


def test_a_sketch_beside_what_runs_is_read_and_marked() -> None:
    # given
    sketch = '<bpmn:process id="q" isExecutable="false"><bpmn:task id="t"/></bpmn:process>'
    # when
    reading = read(file(symbol("task", "k"), top=sketch))
    # then
    assert [(made.key, made.executable) for made in reading.definitions] == [("q", False), ("p", True)]


def test_a_sketch_that_could_not_run_refuses_nothing() -> None:
    # given
    sketch = '<bpmn:process id="q" isExecutable="false"><bpmn:serviceTask id="t"/></bpmn:process>'
    xml = file(symbol("task", "k"), top=sketch)
    # when
    reading = read(xml)
    # then
    assert [made.key for made in reading.definitions] == ["p"]
    assert ("service-topic", "t") in warnings(xml)


# events


@pytest.mark.parametrize(
    ("kind", "inner", "trigger", "field", "value"),
    [
        ("intermediateCatchEvent", '<bpmn:messageEventDefinition messageRef="m"/>', "message", "name", "MSG_REPLY"),
        ("intermediateCatchEvent", '<bpmn:signalEventDefinition signalRef="g"/>', "signal", "name", "SIG"),
        ("intermediateThrowEvent", '<bpmn:signalEventDefinition signalRef="g"/>', "signal", "name", "SIG"),
        ("intermediateThrowEvent", '<bpmn:escalationEventDefinition escalationRef="y"/>', "escalation", "code", "LATE"),
        (
            "intermediateThrowEvent",
            '<bpmn:compensateEventDefinition waitForCompletion="false"/>',
            "compensate",
            "wait_for_completion",
            False,
        ),
    ],
)
def test_triggers_say_what_they_wait_for_or_throw(
    kind: str, inner: str, trigger: str, field: str, value: object
) -> None:
    (made,) = node(inner, kind, top=NAMES).triggers
    assert made.kind == trigger
    assert getattr(made, field) == value


@pytest.mark.parametrize(
    ("inner", "kind", "code"),
    [
        ('<bpmn:errorEventDefinition errorRef="x"/>', TriggerKind.ERROR, "BROKEN"),
        ('<bpmn:signalEventDefinition signalRef="g"/>', TriggerKind.SIGNAL, None),
        ("<bpmn:terminateEventDefinition/>", TriggerKind.TERMINATE, None),
    ],
)
def test_end_events_keep_their_result(inner: str, kind: TriggerKind, code: str | None) -> None:
    made = definition(file(symbol("startEvent", "s"), flow("s", "e"), symbol("endEvent", "e", inner), top=NAMES))
    assert [(trigger.kind, trigger.code) for trigger in made.nodes["e"].triggers] == [(kind, code)]


def test_an_event_definition_at_top_level_is_read_where_it_is_named() -> None:
    # given
    top = NAMES + '<bpmn:signalEventDefinition id="shared" signalRef="g"/>'
    # when
    made = node("<bpmn:eventDefinitionRef>shared</bpmn:eventDefinitionRef>", "intermediateCatchEvent", top=top)
    # then
    assert [(trigger.kind, trigger.name) for trigger in made.triggers] == [("signal", "SIG")]


def test_several_triggers_are_kept_in_order() -> None:
    inner = '<bpmn:messageEventDefinition messageRef="m"/><bpmn:signalEventDefinition signalRef="g"/>'
    made = node(inner, "intermediateCatchEvent", top=NAMES, parallelMultiple="true")
    assert [trigger.kind for trigger in made.triggers] == ["message", "signal"]
    assert made.parallel_multiple is True


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        ("timeDuration", "PT1H", "PT1H"),
        ("timeDuration", '"P3D"', "P3D"),
        ("timeDuration", " PT30M ", "PT30M"),
        ("timeDate", "2026-10-01T09:00:00", "2026-10-01T09:00:00+09:00"),
        ("timeDate", "2026-10-01T00:00:00Z", "2026-10-01T00:00:00+00:00"),
        ("timeDate", "2026-10-01", "2026-10-01T00:00:00+09:00"),
        ("timeCycle", "R3/PT10M", "R3/PT10M"),
        ("timeCycle", "R/P1M", "R/P1M"),
        ("timeCycle", "R2/2026-10-01T09:00:00/PT1H", "R2/2026-10-01T09:00:00+09:00/PT1H"),
    ],
)
def test_a_plain_timer_is_kept_as_iso_text_with_its_zone(kind: str, text: str, kept: str) -> None:
    made = node(timer(text, kind), "intermediateCatchEvent").triggers[0].timer
    assert made is not None
    assert (made.kind, made.text, made.expression) == (TimerKind(kind), kept, None)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("timeDate", "due('W1')"), ("timeDuration", "${wait}"), ("timeDate", "due_at"), ("timeDuration", "PT${n}H")],
)
def test_a_computed_timer_is_kept_as_an_expression(kind: str, text: str) -> None:
    made = node(timer(text, kind), "intermediateCatchEvent").triggers[0].timer
    assert made is not None
    assert made.expression is not None


def test_links_are_resolved_inside_their_level() -> None:
    # given
    throw = symbol("intermediateThrowEvent", "k", '<bpmn:linkEventDefinition name="L"/>')
    catch = symbol("intermediateCatchEvent", "c", '<bpmn:linkEventDefinition name="L"/>')
    # when
    made = definition(
        file(symbol("startEvent", "s"), flow("s", "k"), throw, catch, flow("c", "t"), symbol("task", "t"))
    )
    # then
    assert made.links == {"k": "c"}


def test_a_correlation_key_may_stand_on_the_event_or_its_message() -> None:
    # given
    top = f'<bpmn:message id="m" name="M" xmlns:charter="{CHARTER}" charter:correlationKey="${{case_no}}"/>'
    # when
    by_message = node('<bpmn:messageEventDefinition messageRef="m"/>', "intermediateCatchEvent", top=top)
    on_task = node("", "receiveTask", top=MESSAGE, messageRef="m", charter__correlationKey="${order}")
    # then
    assert by_message.triggers[0].correlation is not None
    assert by_message.triggers[0].correlation.names == {"case_no"}
    assert on_task.message is not None
    assert on_task.message.correlation is not None
    assert on_task.message.correlation.names == {"order"}


# activities


def test_a_user_task_says_who_what_and_until_when() -> None:
    # when
    form = node(
        "",
        "userTask",
        camunda__formKey="request",
        camunda__assignee="${owner}",
        camunda__candidateUsers="kim, lee",
        camunda__candidateGroups="접수, ${first_group(a, b)}, 관리자".replace("first_group(a, b)", "max(a, b)"),
        camunda__dueDate="${due('W1')}",
        camunda__followUpDate="2026-10-01",
        camunda__priority="50",
    ).user_task
    # then
    assert form is not None
    assert form.form_key == "request"
    assert form.assignee is not None
    assert form.assignee.evaluate({"owner": "kim"}) == "kim"
    assert [user.evaluate({}) for user in form.candidate_users] == ["kim", "lee"]
    assert [group.evaluate({"a": 1, "b": 2}) for group in form.candidate_groups] == ["접수", 2, "관리자"]
    assert form.due_date is not None
    assert form.priority is not None
    assert form.priority.evaluate({}) == 50


def test_a_script_is_compiled_with_or_without_its_format() -> None:
    script = "<bpmn:script>n = n + 1</bpmn:script>"
    for made in (node(script, "scriptTask"), node(script, "scriptTask", scriptFormat="charterflow")):
        assert made.script is not None
        assert made.script.run({"n": 1}) == {"n": 2}


def test_service_rule_and_send_tasks_name_what_does_them() -> None:
    assert node("", "serviceTask", camunda__type="external", camunda__topic="hand_over").topic == "hand_over"
    rule = node("", "businessRuleTask", camunda__decisionRef="reward_amount", camunda__resultVariable="amount")
    assert (rule.decision, rule.result_variable) == ("reward_amount", "amount")
    mail = node('<bpmn:extensionElements><charter:mail id="M10"/></bpmn:extensionElements>', "sendTask")
    assert mail.message is None
    assert mail.extensions[0].attributes == {"id": "M10"}


def test_extension_elements_of_the_application_are_kept_and_labels_of_vendors_are_not() -> None:
    # given
    inner = (
        '<bpmn:extensionElements><charter:mail id="M10" to="customer">'
        '<charter:value name="a">x</charter:value></charter:mail>'
        '<vendor:label xmlns:vendor="urn:vendor" x="1"/></bpmn:extensionElements>'
    )
    # when
    (mail,) = node(inner, "sendTask").extensions
    # then
    assert (mail.namespace, mail.name, mail.attributes) == (CHARTER, "mail", {"id": "M10", "to": "customer"})
    assert (mail.children[0].name, mail.children[0].text) == ("value", "x")
    assert mail.line == 1


def test_a_call_activity_maps_in_out_and_its_business_key() -> None:
    # given
    mappings = (
        '<camunda:in businessKey="${case_no}"/><camunda:in source="a" target="b"/>'
        '<camunda:in sourceExpression="${a + 1}" target="c"/>'
        '<camunda:in variables="all"/><camunda:out source="r" target="s"/>'
    )
    # when
    made = node(f"<bpmn:extensionElements>{mappings}</bpmn:extensionElements>", "callActivity", calledElement="notify")
    # then
    assert made.called_element == "notify"
    assert made.call_business_key is not None
    assert made.call_business_key.names == {"case_no"}
    assert [mapping.target for mapping in made.call_in] == ["b", "c", "*"]
    assert made.call_in[1].source is not None
    assert made.call_in[1].source.evaluate({"a": 1}) == 2
    assert made.call_in[2].source is None
    assert [mapping.target for mapping in made.call_out] == ["s"]


def test_input_and_output_parameters_become_mappings() -> None:
    # given
    inner = (
        "<bpmn:extensionElements><camunda:inputOutput>"
        '<camunda:inputParameter name="x">stage${n}</camunda:inputParameter>'
        '<camunda:outputParameter name="y">${x}</camunda:outputParameter>'
        "</camunda:inputOutput></bpmn:extensionElements>"
    )
    # when
    made = node(inner, "userTask")
    # then
    assert made.inputs[0].target == "x"
    assert made.inputs[0].source is not None
    assert made.inputs[0].source.evaluate({"n": 3}) == "stage3"
    assert made.outputs[0].target == "y"


def test_quantities_and_compensation_are_read() -> None:
    # given
    parts = (
        symbol("task", "k", startQuantity="2", completionQuantity="3"),
        symbol("boundaryEvent", "b", "<bpmn:compensateEventDefinition/>", attachedToRef="k"),
        symbol("task", "h", isForCompensation="true"),
    )
    tie = '<bpmn:association id="tie" sourceRef="b" targetRef="h" associationDirection="One"/>'
    # when
    made = definition(file(*around(*parts), tie))
    # then
    assert (made.nodes["k"].start_quantity, made.nodes["k"].completion_quantity) == (2, 3)
    assert made.nodes["k"].compensation_handler == "h"
    assert made.nodes["b"].compensation_handler == "h"
    assert made.nodes["h"].for_compensation is True


def test_a_multi_instance_activity_keeps_its_id_and_its_marker() -> None:
    # given
    marker = (
        '<bpmn:multiInstanceLoopCharacteristics isSequential="true" behavior="None" noneBehaviorEventRef="shared" '
        'camunda:collection="${stages}" camunda:elementVariable="stage">'
        f"{formal('completionCondition', 'numberOfCompletedInstances >= 2')}</bpmn:multiInstanceLoopCharacteristics>"
    )
    # when
    made = node(
        marker, "userTask", top=NAMES + '<bpmn:signalEventDefinition id="shared" signalRef="g"/>'
    ).multi_instance
    # then
    assert made is not None
    assert (made.sequential, made.item_variable, made.behavior) == (True, "stage", "None")
    assert made.collection is not None
    assert made.collection.names == {"stages"}
    assert made.completion_condition is not None
    assert made.thrown_each is not None
    assert made.thrown_each.name == "SIG"


def test_a_standard_loop_keeps_condition_maximum_and_order() -> None:
    looping = 'bpmn:standardLoopCharacteristics testBefore="true" loopMaximum="5"'
    marker = f"<{looping}>{formal('loopCondition', 'n < 3')}</bpmn:standardLoopCharacteristics>"
    made = node(marker).loop
    assert made is not None
    assert (made.test_before, made.maximum) == (True, 5)


def test_gateways_keep_what_makes_them_different() -> None:
    # given
    catch = symbol("receiveTask", "a", messageRef="m") + symbol("receiveTask", "b", messageRef="m")
    parallel = symbol("eventBasedGateway", "k", instantiate="true", eventGatewayType="Parallel")
    # when
    made = definition(file(parallel, catch, flow("k", "a"), flow("k", "b"), top=MESSAGE)).nodes["k"]
    activated = node(formal("activationCondition", "activationCount >= 2"), "complexGateway")
    # then
    assert (made.instantiate, made.parallel_event_gateway) == (True, True)
    assert activated.activation_condition is not None


def test_an_ad_hoc_subprocess_keeps_its_order_and_condition() -> None:
    inner = symbol("task", "t") + formal("completionCondition", "done")
    made = node(inner, "adHocSubProcess", ordering="Sequential", cancelRemainingInstances="false")
    assert (made.ad_hoc_sequential, made.ad_hoc_cancel_remaining) == (True, False)
    assert made.ad_hoc_condition is not None


# data


def test_data_objects_are_variables_and_named_inputs_are_copies() -> None:
    # given
    drawn = (
        '<bpmn:dataObject id="do" name="order"/>'
        '<bpmn:dataObjectReference id="dor" name="the order" dataObjectRef="do"/>'
    )
    inner = (
        '<bpmn:ioSpecification><bpmn:dataInput id="i" name="copy"/>'
        "<bpmn:inputSet/><bpmn:outputSet/></bpmn:ioSpecification>"
        "<bpmn:dataInputAssociation><bpmn:sourceRef>dor</bpmn:sourceRef><bpmn:targetRef>i</bpmn:targetRef></bpmn:dataInputAssociation>"
    )
    # when
    made = definition(file(*around(symbol("task", "k", inner)), drawn))
    # then
    assert made.root.data_objects == {"do": "order", "dor": "order"}
    (copy,) = made.nodes["k"].inputs
    assert copy.target == "copy"
    assert copy.source is not None
    assert copy.source.names == {"order"}


def test_an_association_that_only_shows_the_use_copies_nothing() -> None:
    # given
    drawn = '<bpmn:dataObject id="do"/><bpmn:dataObjectReference id="dor" name="주문서" dataObjectRef="do"/>'
    inner = (
        '<bpmn:property id="y" name="__targetRef_placeholder"/>'
        "<bpmn:dataInputAssociation><bpmn:sourceRef>dor</bpmn:sourceRef>"
        "<bpmn:targetRef>y</bpmn:targetRef></bpmn:dataInputAssociation>"
    )
    # then
    assert definition(file(*around(symbol("task", "k", inner)), drawn)).nodes["k"].inputs == ()


# the library


def test_an_accident_inside_the_library_becomes_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    def fall(self: object, bpmn: object) -> None:
        raise KeyError("document_lanes")

    monkeypatch.setattr(BpmnParser, "_add_diagram_indexes", fall)
    # when
    reading = read(file(symbol("task", "k")))
    # then
    assert [finding.rule for finding in reading.findings] == ["unreadable"]
    assert "KeyError" in reading.findings[0].sentence.en
    assert reading.definitions == ()


def test_a_circle_of_calls_over_two_files_is_found() -> None:
    # given
    known = Known(processes=frozenset({"p", "q"}))
    one = read(file(symbol("callActivity", "k", calledElement="q")), known)
    two = read(raw('<bpmn:process id="q"><bpmn:callActivity id="back" calledElement="p"/></bpmn:process>'), known)
    # when
    findings = check_circles({"one.bpmn": one.definitions, "two.bpmn": two.definitions}, lambda key: None)
    # then
    assert [(f.file, f.element_id) for f in findings] == [("one.bpmn", "k"), ("two.bpmn", "back")]
    assert findings[0].sentence.en.startswith("process p calls itself: p → q → p")


def test_a_called_process_of_the_deployment_is_known() -> None:
    xml = file(*around(symbol("callActivity", "k", calledElement="elsewhere")))
    assert refusals(xml) == [("call-unknown", "k")]
    assert refusals(xml, Known(processes=frozenset({"elsewhere"}))) == []
