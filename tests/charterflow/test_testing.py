"""ProcessTest: what it lets a test do and see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from charterflow.testing import ProcessTest
from engine.errors import DeploymentRefused, NotFound

HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">'
CHOICE = (
    HEAD
    + """<process id="p" isExecutable="true"><startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="ask"/>
<userTask id="ask" name="확인"/><sequenceFlow id="f2" sourceRef="ask" targetRef="x"/>
<exclusiveGateway id="x" default="no"/>
<sequenceFlow id="yes" sourceRef="x" targetRef="good">
<conditionExpression>ok</conditionExpression></sequenceFlow>
<sequenceFlow id="no" sourceRef="x" targetRef="bad"/>
<endEvent id="good"/><endEvent id="bad"/></process></definitions>"""
).encode()
WAITS = (
    HEAD
    + """<message id="m" name="MSG"/><signal id="g" name="SIG"/><process id="w" isExecutable="true"><startEvent id="s"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="m1"/>
<intermediateCatchEvent id="m1">
<messageEventDefinition messageRef="m"/>
</intermediateCatchEvent><sequenceFlow id="f2" sourceRef="m1" targetRef="g1"/>
<intermediateCatchEvent id="g1"><signalEventDefinition signalRef="g"/></intermediateCatchEvent>
<sequenceFlow id="f3" sourceRef="g1" targetRef="t1"/><intermediateCatchEvent id="t1"><timerEventDefinition>
<timeDuration>PT1H</timeDuration></timerEventDefinition></intermediateCatchEvent>
<sequenceFlow id="f4" sourceRef="t1" targetRef="e"/><endEvent id="e"/></process></definitions>"""
).encode()


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with ProcessTest(now="2026-09-23T15:00:00+09:00") as one:
        yield one


def test_a_case_stands_at_its_task_and_ends_when_it_is_completed(test: ProcessTest) -> None:
    # given
    test.deploy({"p.bpmn": CHOICE})
    case = test.start("p", {"title": "…"})
    assert [task.element_id for task in case.tasks] == ["ask"]

    # when
    case.complete("ask", {"ok": True})

    # then
    assert (case.state, case.end_element) == ("completed", "good")
    assert case.variables == {"title": "…", "ok": True}
    assert ("entered", "ask") in [(entry.kind, entry.element_id) for entry in case.history]


def test_coverage_names_what_was_never_taken(test: ProcessTest) -> None:
    # given
    test.deploy({"p.bpmn": CHOICE})

    # when
    test.start("p").complete("ask", {"ok": True})

    # then
    assert test.coverage("p").elements == ("bad",)
    assert test.coverage("p").flows == ("no",)


def test_coverage_is_complete_when_both_ways_were_taken(test: ProcessTest) -> None:
    # given
    test.deploy({"p.bpmn": CHOICE})

    # when
    for ok in (True, False):
        test.start("p").complete("ask", {"ok": ok})

    # then
    assert test.coverage("p").is_complete


def test_messages_signals_and_time_come_from_outside(test: ProcessTest) -> None:
    # given
    test.deploy({"w.bpmn": WAITS})
    case = test.start("w")

    # when
    taken = (test.message("MSG", variables={"a": 1}), test.signal("SIG", variables={"b": 2}))
    early = test.advance(minutes=59), case.state
    due = test.advance_to("2026-09-23T16:00:00+09:00"), case.state

    # then
    assert taken == (1, 1)
    assert early == (0, "active")
    assert due == (1, "completed")
    assert case.variables == {"a": 1, "b": 2}


def test_a_message_that_nobody_waits_for_is_taken_by_nobody(test: ProcessTest) -> None:
    # given
    test.deploy({"w.bpmn": WAITS})

    # then
    assert test.message("MSG") == 0
    assert test.start_by_message("MSG") is None


def test_a_refused_diagram_comes_with_its_findings(test: ProcessTest) -> None:
    # when
    with pytest.raises(DeploymentRefused) as refused:
        test.deploy({"p.bpmn": CHOICE.replace(b">ok<", b">__import__('os')<")})

    # then
    assert [finding.element_id for finding in refused.value.findings] == ["yes"]


def test_a_task_that_is_not_open_is_named_with_those_that_are(test: ProcessTest) -> None:
    # given
    test.deploy({"p.bpmn": CHOICE})
    case = test.start("p")

    # when
    with pytest.raises(NotFound, match="open: ask"):
        case.complete("other")


def test_stuck_work_is_seen_and_goes_on_once_its_cause_is_mended(test: ProcessTest) -> None:
    # given
    test.deploy({"p.bpmn": CHOICE})
    case = test.start("p")
    case.complete("ask")
    assert [incident.element_id for incident in case.incidents] == ["x"]

    # when
    case.set_variables({"ok": False})
    case.retry()

    # then
    assert (case.incidents, case.end_element) == ([], "bad")


def test_a_process_of_the_charter_becomes_a_case_with_a_number_and_a_mail() -> None:
    # given
    with ProcessTest(now="2026-08-10T11:00:00+09:00") as test:
        test.deploy(
            "request_handling.bpmn", "notify.bpmn", "intake_check.bpmn", "wait_customer.bpmn", "escalate.bpmn",
            "reassign_absent.bpmn", "c2_review_target.dmn", "duplicate_score.dmn", "is_long.dmn", "request_route.dmn",
            "size_approval.dmn", "size_from_effort.dmn",
        )  # fmt: skip
        form = {
            "name": "나고객",
            "email": "na@example.com",
            "title": "연동",
            "category": "new_dev",
            "service": "주문",
            "urgency": "normal",
        }

        # when
        case = test.start("request_handling", {"org": None, "phone": None, "body": "…", "desired_date": None, **form})

        # then
        assert case.business_key == "CF-20260810-0001"
        assert [mail.reference["mail"] for mail in test.mails] == ["M01"]
