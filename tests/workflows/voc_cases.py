"""A customer's voice in tests: what people type goes through the shipped forms, on the virtual clock."""

from __future__ import annotations

from collections.abc import Mapping

from charterflow.testing import Case, ProcessTest
from tests.workflows.request_cases import FILES
from workflows import cases, forms

VOC_FILES = (*FILES, "voc_review.bpmn", "voc_route.dmn")
GA = "ga@example.com"
QUESTION: Mapping[str, object] = {
    "kind": "question", "title": "시세 화면 글자 크기", "name": "가고객", "phone": "010-1111-2222", "email": GA,
    "body": "시세 화면의 글자 크기가 작아서 읽기 어렵습니다. 글자 크기를 키우는 방법이 있는지 알고 싶습니다.",
    "reply_wanted": True, "public": False, "privacy_consent": True, "lang": "ko",
}  # fmt: skip
OPINION: Mapping[str, object] = {
    "kind": "opinion", "title": "안내 문구가 어렵습니다", "lang": "ko",
    "body": "첫 화면의 안내 문구에 어려운 말이 많아 읽기가 힘들었습니다.",
}  # fmt: skip
REPLY = (
    "시세 화면의 글자 크기는 화면 설정에서 세 단계로 바꾸실 수 있도록 고치기로 했습니다. "
    "바뀐 화면은 최종 결과와 함께 다시 안내해 드리겠습니다. 불편을 드려 죄송합니다."
)
REASON = "글자 크기를 바꾸려면 단말 프로그램 전체를 고쳐야 하므로 올해 안에는 어렵습니다."
FINAL = "화면 설정에 글자 크기 세 단계를 넣었습니다. 설정 메뉴에서 고르시면 바로 바뀝니다."
ACCEPTED: Mapping[str, object] = {"review_result": "accepted", "reply": REPLY, "final_expected": "2026-10-12"}
ANSWERED: Mapping[str, object] = {"review_result": "answered", "reply": REPLY}
REFUSED: Mapping[str, object] = {"review_result": "not_accepted", "reply": REPLY, "reason": REASON}


def voc_office(*more: str, now: str = "2026-09-23T15:00+09:00") -> ProcessTest:
    """Return the sample organisation with the voice of the customer deployed, and whatever else is named."""
    test = ProcessTest(now)
    test.deploy(*VOC_FILES, *more)
    return test


def opened(
    test: ProcessTest, process: str, typed_in: Mapping[str, object], *, verified: bool = False, **how: object
) -> Case:
    """Send the start form of a process and return the case; with `verified` the customer confirms the address."""
    with test.engine.transaction("customer") as tx:
        form = forms.start_form(tx, process)
        assert form is not None
        typed = form.validate(typed_in, today=test.now.date(), now=test.clock.now())
        given = {"channel": "web", "lang": "ko", **how}
        case = cases.open_case(tx, process, form=typed, **given).case  # type: ignore[arg-type]
    test.settle()
    assert case.instance_id is not None
    if verified:
        with test.engine.transaction("customer") as tx:
            cases.verify_contact(tx, case.no)
    return Case(test, case.instance_id)


def voice(
    test: ProcessTest, said: Mapping[str, object] = QUESTION, *, verified: bool = True, **changed: object
) -> Case:
    """Send the form of the voice of the customer and return the case."""
    return opened(test, "voc_review", {**said, **changed}, verified=verified)


def successor(test: ProcessTest, case: Case, process: str) -> Case:
    """Return the case that another process opened for this one."""
    with test.engine.reading() as tx:
        linked = [one for one in cases.links_of(tx, str(case.business_key)) if one.process == process]
        found = cases.get(tx, linked[-1].no).instance_id
    assert found is not None
    return Case(test, found)
