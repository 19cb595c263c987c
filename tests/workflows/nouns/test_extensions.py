"""The extension language at deployment, and what of it reaches across diagrams and people."""

from __future__ import annotations

import pytest

from engine.errors import DeploymentRefused
from tests.workflows.nouns.conftest import RESULT_MAIL, REVIEW, House, diagram, flow, kst, marked
from workflows import cases, escalations, organisation
from workflows.promises import PromiseState
from workflows.receivers import receivers_of, users_of


def small(marks: str) -> str:
    return diagram(
        '<bpmn:startEvent id="Start"/>' + marked('userTask id="Task_A" camunda:candidateGroups="운영팀"', marks)
        + '<bpmn:endEvent id="End"/>' + flow("Start", "Task_A") + flow("Task_A", "End")
    )  # fmt: skip


@pytest.mark.parametrize(("marks", "words"), [
    ('<charter:promise clause="C9" spec="1bd"/>', "There is no clause C9"),
    ('<charter:promise clause="C2"/>', "needs spec, due or kept"),
    ('<charter:promise clause="C2" spec="soon"/>', "Cannot read the duration soon"),
    ('<charter:promise clause="C2" spec="setting:C2.goal"/>', "There is no setting C2.goal"),
    ('<charter:promise clause="C2" spec="1bd" stop="element:Task_X"/>', "Task_X, which is not there"),
    ('<charter:promise clause="C4" spec="1bd" pausable="true"/>', "may not stand still"),
    ('<charter:promise clause="C2" spec="${lambda: 1}"/>', "Cannot read"),
    ('<charter:promise clause="C2" spec="1bd" each="stages"/>', "stage in"),
    ('<charter:promise claus="C2" spec="1bd"/>', "claus"),
    ('<charter:milestone/>', "needs the attribute code"),
    ('<charter:mail id="M99" to="customer"/>', "no mail text M99.ko.txt"),
    ('<charter:end state="DONE"/>', "belongs on an end event"),
    ('<charter:bonus/>', "bonus"),
])  # fmt: skip
def test_deployment_says_what_is_wrong_with_an_extension(house: House, marks: str, words: str) -> None:
    with pytest.raises(DeploymentRefused, match=words) as caught:
        house.deploy(small(marks))
    assert all(f.element_id == "Task_A" for f in caught.value.findings)


def test_a_link_must_have_a_purpose_that_there_is(house: House) -> None:
    house.write_mail("M13", "제목\n\n[[보기|{look_url}]]", "Subject\n\n[[Look|{look_url}]]")
    with pytest.raises(DeploymentRefused, match="no purpose looking"):
        house.deploy(
            small('<charter:mail id="M13" to="customer"><charter:link name="look" purpose="looking"/></charter:mail>')
        )


def test_a_release_that_drops_a_clause_is_refused(house: House) -> None:
    # given a process that keeps C2
    house.write_mail("M10", RESULT_MAIL)
    house.deploy(REVIEW)
    # then
    with pytest.raises(DeploymentRefused, match="drops clause C2"):
        house.deploy(small("<charter:stops/>"))


def test_an_element_of_a_called_diagram_keeps_a_promise_of_its_caller(house: House) -> None:
    # given
    called = diagram(
        '<bpmn:startEvent id="Start"/><bpmn:userTask id="Task_Tell" camunda:candidateGroups="운영팀"/>'
        '<bpmn:endEvent id="End"/>' + flow("Start", "Task_Tell") + flow("Task_Tell", "End"), key="telling"
    )  # fmt: skip
    caller = diagram(
        marked('startEvent id="Start"', '<charter:promise clause="P6" item="tell" spec="setting:P6.tell" '
               'stop="element:telling/Task_Tell"/>')
        + '<bpmn:callActivity id="Call" calledElement="telling"/><bpmn:endEvent id="End"/>'
        + flow("Start", "Call") + flow("Call", "End")
    )  # fmt: skip
    house.deploy(called, "telling")
    house.deploy(caller)
    no = house.open_case().case.no
    # when
    house.complete("Task_Tell")
    # then
    assert house.promise(no, "tell").state is PromiseState.KEPT


def test_receivers_are_people_each_once_and_without_those_who_are_away(house: House) -> None:
    # given b is away
    house.write_mail("M10", RESULT_MAIL)
    house.deploy(REVIEW)
    no = house.open_case().case.no
    with house.engine.transaction("m") as tx:
        organisation.add_absence(tx, "b", kst("2026-08-10 00:00"), kst("2026-08-15 00:00"))
    # then
    with house.engine.reading() as tx:
        case = cases.get(tx, no)
        assert users_of(tx, case, "owner, manager, charter_office, user:a", "group:개발팀") == ["c", "d", "m", "q", "a"]
        assert users_of(tx, case, "assignee") == ["a"]
        outside = receivers_of(tx, case, [{"email": "X@example.com", "lang": "en"}, "x@example.com", "customer"])
    assert [(r.email, r.lang, r.is_contact) for r in outside] == [
        ("X@example.com", "en", False), ("na@example.com", "ko", True)
    ]  # fmt: skip


def test_the_customer_is_told_the_department_and_name_of_the_handler(house: House) -> None:
    # given a case that is given to b
    house.write_mail("M10", RESULT_MAIL)
    house.deploy(REVIEW.replace("<charter:mail", '<charter:case handler="b"/><charter:mail'))
    house.open_case()
    # when
    house.complete("Task_Review", {"size": "M"})
    # then
    assert "문의: 개발팀 박도윤 (02-767-0101)" in house.mails()[-1].text


@pytest.mark.parametrize(("moment", "clause", "until"), [
    ("2026-08-10 17:00", "W1", None),
    ("2026-08-10 18:00:01", "W1", None),  # told at once, half an hour after closing still
    ("2026-08-10 18:30", "W1", None),
    ("2026-08-10 18:30:01", "W1", "2026-08-11 09:00"),
    ("2026-08-15 10:00", "W1", "2026-08-18 09:00"),  # Saturday before a substitute holiday
    ("2026-08-15 10:00", "T5", None),  # whoever is on call
])  # fmt: skip
def test_notices_to_staff_wait_for_the_next_opening(house: House, moment: str, clause: str, until: str | None) -> None:
    house.at("2026-08-10 11:00")
    house.engine.advance_clock(kst(moment))
    with house.engine.reading() as tx:
        assert escalations.hold_until(tx, clause) == (kst(until) if until else None)
