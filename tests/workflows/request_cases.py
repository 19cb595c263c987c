"""A customer's request in tests: what people type goes through the shipped forms, on the virtual clock."""

from __future__ import annotations

from collections.abc import Mapping

import workflows.charter_application  # noqa: F401 - its tables must be known before the database is made
from charterflow.testing import Case, ProcessTest
from engine import user_tasks
from workflows import cases, forms, milestones, promises
from workflows.charter_functions import functions_for
from workflows.korean import SEOUL
from workflows.milestones import Milestone
from workflows.promises import Promise

FILES = (
    "request_handling.bpmn", "notify.bpmn", "escalate.bpmn", "intake_check.bpmn", "wait_customer.bpmn",
    "reassign_absent.bpmn", "request_route.dmn", "c2_review_target.dmn", "size_from_effort.dmn", "size_approval.dmn",
    "is_long.dmn", "duplicate_score.dmn",
)  # fmt: skip
NA = "na@example.com"
REQUEST: Mapping[str, object] = {
    "org": "나라증권", "name": "나고객", "email": NA, "phone": "02-123-4567", "category": "new_dev", "service": "주문",
    "title": "주문 화면 연동", "urgency": "normal", "lang": "ko", "privacy_consent": True,
    "body": "저희 단말의 주문 화면을 귀사의 주문 서비스와 바로 연동할 수 있도록 새로 개발해 주시기 바랍니다.",
}  # fmt: skip
SMALL: Mapping[str, object] = {
    "size": "S", "effort_md": 2, "planned_start": "2026-08-12", "planned_end": "2026-08-20", "decision": "accept",
    "impact": "주문 화면 하나만 바뀌며 다른 업무에는 영향이 없습니다.",
}  # fmt: skip
STAGES = [
    {"name_ko": "설계", "name_en": "Design", "planned_date": "2026-09-04"},
    {"name_ko": "개발", "name_en": "Build", "planned_date": "2026-09-23"},
    {"name_ko": "시험", "name_en": "Test", "planned_date": "2026-10-13"},
    {"name_ko": "반영", "name_en": "Release", "planned_date": "2026-11-27"},
]
LARGE: Mapping[str, object] = {
    "size": "L", "effort_md": 45, "planned_start": "2026-08-24", "planned_end": "2026-11-27", "decision": "accept",
    "impact": "주문 화면과 시세 연동 모듈을 함께 바꾸며 고객사 단말의 설정이 한 번 필요합니다.", "stages": STAGES,
}  # fmt: skip
REASON = "다른 서비스와 함께 바꾸어야 하는 일이라 이번에는 어렵습니다. 너그러이 이해해 주십시오."
SUMMARY = "이번 단계에서 약속드린 일을 모두 마치고 고객사 담당자와 함께 결과를 확인했습니다."
DELAY = "시험 장비가 늦게 들어와 개발 단계를 마치지 못했습니다. 죄송합니다."
EVIDENCE = "고객사 단말 3대에서 주문 연동 시험 42건을 모두 통과했습니다."


def office(now: str = "2026-08-10T11:00+09:00") -> ProcessTest:
    """Return the sample organisation with the request and the shared processes deployed."""
    test = ProcessTest(now)
    test.deploy(*FILES)
    return test


def request(test: ProcessTest, **changed: object) -> Case:
    """Send the customer's form and return the case."""
    with test.engine.transaction("customer") as tx:
        form = forms.start_form(tx, "request_handling")
        assert form is not None
        typed = form.validate({**REQUEST, **changed}, today=test.now.date(), now=test.clock.now())
        opened = cases.open_case(tx, "request_handling", channel="web", lang="ko", form=typed).case
    test.settle()
    assert opened.instance_id is not None
    return Case(test, opened.instance_id)


def submit(test: ProcessTest, case: Case, element_id: str, values: Mapping[str, object], *, by: str = "a") -> None:
    """Complete a task as a page would: the shipped form judges what was typed. Raises InvalidForm."""
    task = case.task(element_id)
    typed: Mapping[str, object] = values
    if task.form_key is not None:
        with test.engine.reading() as tx:
            form = forms.find(tx, task.definition_key, task.definition_version, task.form_key)
            assert form is not None, task.form_key
            typed = form.validate(
                values,
                today=test.clock.now().astimezone(SEOUL).date(),
                now=test.clock.now(),
                context=user_tasks.visible_variables(tx, task),
                functions=functions_for(tx, case.business_key),
            )
    case.complete(element_id, typed, by=by)


def number(case: Case) -> str:
    """Return the case number."""
    assert case.business_key is not None
    return case.business_key


def promised(test: ProcessTest, case: Case, clause: str) -> dict[str, Promise]:
    """Return the promises of a clause by their item; of several rows of one item, the newest."""
    with test.engine.reading() as tx:
        return {p.item: p for p in promises.of_case(tx, number(case)) if p.clause == clause}


def milestone(test: ProcessTest, case: Case, code: str) -> Milestone | None:
    """Return what the customer sees for a milestone, or None."""
    with test.engine.reading() as tx:
        return next((m for m in milestones.of_case(tx, number(case)) if m.code == code), None)


def end_state(test: ProcessTest, case: Case) -> str | None:
    """Return the charter's word for how the case ended."""
    with test.engine.reading() as tx:
        return cases.get(tx, number(case)).end_state


def mails_to(test: ProcessTest, address: str, case: Case) -> list[str]:
    """Return the ids of the mails of a case to an address, in order."""
    sent = [m for m in test.mails if m.to_address == address and m.business_key == case.business_key]
    return [str(m.reference["mail"]) for m in sent]


def mails_to_user(test: ProcessTest, user: str, case: Case) -> list[str]:
    """Return the ids of the mails about a case to a member of staff, in order."""
    sent = [m for m in test.mails if m.reference.get("user") == user and m.reference.get("case") == case.business_key]
    return [str(m.reference["mail"]) for m in sent]


def last_mail(test: ProcessTest, mail_id: str, case: Case) -> str:
    """Return subject and text of the newest mail of that id, as one line."""
    found = [m for m in test.mails if m.reference["mail"] == mail_id and m.business_key == case.business_key]
    assert found, f"no {mail_id}"
    return " ".join(f"{found[-1].subject} {found[-1].text}".split())


def never_taken(test: ProcessTest, *keys: str) -> set[str]:
    """Return the ids of elements and flows of those processes which nothing in this office has taken."""
    covered = [test.coverage(key) for key in keys]
    return {one for found in covered for one in (*found.elements, *found.flows)}


def open_tasks(case: Case) -> list[str]:
    """Return the element ids of the open tasks."""
    return [task.element_id for task in case.tasks]
