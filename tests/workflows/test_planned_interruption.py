"""Core 6: 「서비스 중단이 예상되는 경우 … 고객의 업무에 차질이 발생하지 않도록 사전에 알려 드리겠습니다.」"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from charterflow.testing import Case, ProcessTest
from engine.errors import InvalidForm
from tests.workflows.visit_cases import opened
from workflows import promises, subscriptions

FILES = (
    "planned_interruption.bpmn", "notice_lead.dmn", "notify.bpmn", "escalate.bpmn", "wait_customer.bpmn",
    "intake_check.bpmn", "reassign_absent.bpmn", "duplicate_score.dmn",
)  # fmt: skip
PLAN: Mapping[str, object] = {
    "type": "regular", "services": ["시세전송"],
    "start": "2026-10-17T22:00:00+09:00", "end": "2026-10-18T02:00:00+09:00",
    "impact_ko": "작업 시간 동안 시세전송 서비스를 이용하실 수 없으며 저장된 시세는 조회하실 수 있습니다.",
    "impact_en": "Market data transmission is unavailable during the work; stored quotes can be read.",
    "workaround": "없음", "rollback_plan": "작업 전 상태의 저장본으로 30분 안에 되돌립니다.",
    "contact": "운영팀 02-767-0000",
}  # fmt: skip


@pytest.fixture
def test() -> ProcessTest:
    one = ProcessTest("2026-10-07T14:00+09:00")
    one.deploy(*FILES)
    return one


def planned(test: ProcessTest, **changed: object) -> Case:
    return opened(test, "planned_interruption", {**PLAN, **changed}, channel="staff", by="o")


def core_6(test: ProcessTest, case: Case) -> promises.Promise:
    with test.engine.reading() as tx:
        (row,) = [p for p in promises.of_case(tx, str(case.variables["case_no"])) if p.clause == "C6"]
    return row


def test_the_plan_says_until_when_everybody_must_be_told(test: ProcessTest) -> None:
    # given, when
    case = planned(test)
    # then five business days before, as the regular lead says: Monday 12 October, 09:00
    assert core_6(test, case).due_at.isoformat() == "2026-10-12T00:00:00+00:00"
    assert [task.element_id for task in case.tasks] == ["Task_Approve"]


def test_a_plan_nobody_announced_is_a_breach_one_second_after_the_latest_notice(test: ProcessTest) -> None:
    case = planned(test)
    for instant, state in (("08:59:59", "RUNNING"), ("09:00:00", "RUNNING"), ("09:00:01", "BREACHED")):
        test.advance_to(f"2026-10-12T{instant}+09:00")
        assert core_6(test, case).state == state


def test_an_approved_plan_is_told_to_every_subscriber_with_a_calendar_file(test: ProcessTest) -> None:
    # given
    with test.engine.transaction("o") as tx:
        subscriptions.add(tx, "시세전송", "gaeip-a@example.net")
    case = planned(test)
    # when
    case.complete("Task_Approve", {"approve": True, "comment": "확인했습니다."})
    # then
    notices = [mail for mail in test.mails if mail.reference.get("mail") == "M40"]
    assert [mail.to_address for mail in notices].count("gaeip-a@example.net") == 1
    assert all("DTSTART" in mail.attachments[0].text for mail in notices)


def test_an_end_before_the_start_is_refused_at_its_field(test: ProcessTest) -> None:
    with pytest.raises(InvalidForm) as refused:
        planned(test, end="2026-10-17T21:00:00+09:00")
    assert "end" in refused.value.errors
