"""Complaints in tests: what people type goes through the shipped forms, on the virtual clock."""

from __future__ import annotations

import re
from collections.abc import Mapping

import workflows.charter_application  # noqa: F401 - its tables must be known before the database is made
from charterflow.testing import Case, ProcessTest
from tests.workflows.request_cases import number, submit
from workflows import cases, forms, links, rewards
from workflows.charter_functions import functions_for
from workflows.korean import SEOUL
from workflows.rewards import Reward

SHARED = ("notify.bpmn", "escalate.bpmn", "wait_customer.bpmn", "reassign_absent.bpmn")
FILES = ("complaint_reward.bpmn", "correction.bpmn", "reward_amount.dmn", *SHARED)
GA, NA = "ga@example.com", "na@example.com"
COMPLAINT: Mapping[str, object] = {
    "what": "unkind", "when": "2026-09-08T15:20:00+09:00", "where_channel": "phone", "department": "운영팀",
    "description": "9월 8일 오후에 운영팀에 전화했을 때 말을 끊고 큰 소리로 응대했습니다.", "wanted": "apology",
    "name": "김제보", "phone": "010-5555-6666", "email": GA, "anonymity": "hide_from_department",
    "privacy_consent": True,
}  # fmt: skip
SCREEN: Mapping[str, object] = {"valid": True, "severity": "medium", "urgent_fix": False, "investigator": "i"}
CONFIRMED: Mapping[str, object] = {
    "interviewed": ["운영팀 통화 담당자"], "verdict": "confirmed",
    "findings": "통화 기록과 두 사람의 진술이 서로 맞아, 통화 중에 고객의 말을 끊고 목소리를 높인 사실을 확인했습니다.",
}  # fmt: skip
NOT_CONFIRMED: Mapping[str, object] = {
    "verdict": "not_confirmed",
    "findings": "통화 기록을 끝까지 들었으나 말을 끊거나 목소리를 높인 대목을 찾지 못했고 진술도 서로 달랐습니다.",
}  # fmt: skip
STARTED: Mapping[str, object] = {
    "done_today": True, "containment": "해당 직원을 전화 응대에서 빼고 먼저 사과드렸습니다.",
}  # fmt: skip
DONE: Mapping[str, object] = {
    "scope_checked": True, "prevent": "분기마다 통화 점검을 합니다.",
    "what_done": "운영팀 모두가 응대 교육을 받았고 통화 점검표를 새로 만들어 쓰기 시작했습니다.",
}  # fmt: skip
GIFT: Mapping[str, object] = {
    "accept": True, "gift_choice": "physical", "recipient_name": "김제보", "mobile": "010-5555-6666",
    "postal_code": "04410", "address1": "서울특별시 마포구 마포대로 1, 101호", "public_official": "no",
    "privacy_consent_gift": True, "third_party_courier_consent": True,
}  # fmt: skip


def office(now: str = "2026-09-09T10:00+09:00") -> ProcessTest:
    """Return the sample organisation with complaints, corrections and the shared processes deployed."""
    test = ProcessTest(now)
    test.deploy(*FILES)
    return test


def complaint(test: ProcessTest, **changed: object) -> Case:
    """Send the informant's form and press the verify link (unless `verified` is False); return the case.

    `owes` names the clauses that a case of another process brought along.
    """
    verified, owes = changed.pop("verified", True), changed.pop("owes", ())
    assert isinstance(owes, tuple)
    with test.engine.transaction("customer") as tx:
        form = forms.start_form(tx, "complaint_reward")
        assert form is not None
        typed = form.validate({**COMPLAINT, **changed}, today=test.now.date(), now=test.clock.now())
        opened = cases.open_case(tx, "complaint_reward", channel="web", lang="ko", form=typed, owes=owes).case
        if verified and opened.contact.email:
            cases.verify_contact(tx, opened.no)
    test.settle()
    assert opened.instance_id is not None
    return Case(test, opened.instance_id)


def screened(test: ProcessTest, case: Case, **changed: object) -> Case:
    """Let the charter office screen a report."""
    submit(test, case, "Task_Screen", {**SCREEN, **changed}, by="q")
    return case


def judged(test: ProcessTest, case: Case, verdict: Mapping[str, object] = CONFIRMED, by: str = "i") -> Case:
    """Let the investigator judge, and the manager of the charter office approve."""
    submit(test, case, "Task_Investigate", verdict, by=by)
    submit(test, case, "Task_ApproveVerdict", {"approve": True}, by="m")
    return case


def started(test: ProcessTest, case: Case, by: str = "u", **changed: object) -> Case:
    """Let the department's manager start the correction now."""
    submit(test, case, "Task_StartCorrection", {"started_at": test.now.isoformat(), **STARTED, **changed}, by=by)
    return case


def corrected(test: ProcessTest, case: Case, by: str = "u", **changed: object) -> Case:
    """Let the department's manager finish the correction, and another person verify it, now."""
    submit(test, case, "Task_Correct", {"done_at": test.now.isoformat(), **DONE, **changed}, by=by)
    submit(test, case, "Task_VerifyCorrection", {"ok": True}, by="m" if by != "m" else "q")
    return case


def token(test: ProcessTest, case: Case, mail_id: str, which: int = 0) -> str:
    """Return the key of a link in the newest mail of that id: the first address that is a link, or a later one."""
    found = [m for m in test.mails if m.reference["mail"] == mail_id and m.business_key == case.business_key]
    return str(re.findall(r"/l/([\w-]+)", found[-1].text)[which])


def answer(test: ProcessTest, key: str, values: Mapping[str, object] | None = None) -> None:
    """Answer a link as its page would: its form judges, its message goes to the case. Raises InvalidForm, Conflict."""
    with test.engine.transaction("customer") as tx:
        link = links.get(tx, key)
        form = forms.find(tx, link.process or "", 1, link.form) if link.form else None
        typed: Mapping[str, object] = values or {}
        if form is not None:
            today, functions = test.clock.now().astimezone(SEOUL).date(), functions_for(tx, link.case_no)
            typed = form.validate(typed, today=today, now=test.clock.now(), functions=functions)
        links.answer(tx, key, typed)
    test.settle()


def ledger(test: ProcessTest, case: Case) -> Reward | None:
    """Return the ledger's row of a case."""
    with test.engine.reading() as tx:
        return rewards.of_case(tx, number(case))
