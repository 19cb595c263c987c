"""Our visits to customers: our visit 1 and 2 of the charter, and cooperation 1, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import pytest

from charterflow.testing import Case, ProcessTest
from engine.errors import InvalidForm
from engine.mails import Mail
from tests.workflows import visit_cases
from tests.workflows.request_cases import (
    FILES as REQUEST_FILES,
)
from tests.workflows.request_cases import (
    end_state,
    last_mail,
    mails_to,
    mails_to_user,
    milestone,
    never_taken,
    number,
    open_tasks,
    promised,
    submit,
)
from tests.workflows.visit_cases import opened
from workflows import cases, links
from workflows.korean import SEOUL
from workflows.promises import Promise

OUR_VISIT_1 = (
    "고객님을 방문할 경우에 고객님께 사전에 연락을 드려 가급적 편리한 시간을 정하고, "
    "단정한 복장과 밝은 모습으로 방문하겠습니다"
)
OUR_VISIT_2 = "업무를 마치고 퇴실할 때에는 업무처리 결과를 해당 업무 담당자에게 설명하겠습니다"
COOPERATION_1 = "적극적인 협조를 부탁 드립니다"
NA = "na@example.com"
PLAN: Mapping[str, object] = {
    "customer": {"name": "나고객", "org": "나래증권", "email": NA, "phone": "02-123-4567"},
    "purpose": "시세 연동 점검", "agenda": "연동 장비의 상태를 함께 봅니다.", "visitors": ["a", "c"],
    "slots": [{"start": "2026-09-28T14:00:00+09:00"}, {"start": "2026-09-29T10:00:00+09:00"}],
}  # fmt: skip
READY = {"dress_ok": True, "materials_ok": True}
REPORT = {
    "started_at": "2026-09-29T10:00:00+09:00", "ended_at": "2026-09-29T11:00:00+09:00",
    "result": "연동 장비 두 대의 상태를 함께 확인했고, 모두 정상이었습니다.", "explained_to": "나래증권 전산팀 박가온",
    "explained_at": "2026-09-29T10:50:00+09:00", "follow_ups": [],
}  # fmt: skip


def office() -> ProcessTest:
    return visit_cases.office("2026-09-23T10:00+09:00", "visit_outbound.bpmn", *REQUEST_FILES)


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with office() as one:
        yield one


def kst(promise: Promise, name: str) -> str:
    moment: datetime = getattr(promise, name)
    return moment.astimezone(SEOUL).strftime("%m-%d %H:%M:%S")


def planned(test: ProcessTest, **changed: object) -> Case:
    return opened(test, "visit_outbound", {**PLAN, **changed}, channel="staff", by="a")


def mail(test: ProcessTest, mail_id: str, case: Case) -> Mail:
    return [m for m in test.mails if m.reference["mail"] == mail_id and m.business_key == case.business_key][-1]


def answer(test: ProcessTest, letter: Mail, place: int, **values: object) -> None:
    """Follow the link at that place of a mail."""
    token = re.findall(r"/l/([\w-]+)", letter.text)[place]
    with test.engine.transaction("customer") as tx:
        links.answer(tx, token, values)
    test.settle()


def agreed(test: ProcessTest, **changed: object) -> Case:
    """The customer has chosen the second time: Tuesday at ten."""
    case = planned(test, **changed)
    answer(test, mail(test, "M80", case), 1)
    return case


def visited(test: ProcessTest) -> Case:
    case = agreed(test)
    test.advance_to("2026-09-29T09:00+09:00")
    submit(test, case, "Task_Departure", READY)
    test.advance_to("2026-09-29T11:00+09:00")
    return case


def sent(test: ProcessTest, **changed: object) -> Case:
    case = visited(test)
    submit(test, case, "Task_VisitReport", {**REPORT, **changed})
    return case


# ---------------------------------------------------------------- our visit 1: a time that suits


def test_the_customer_is_asked_for_a_time(test: ProcessTest) -> None:
    # when
    case = planned(test)
    # then
    text = last_mail(test, "M80", case)
    assert "2026년 9월 28일(월) 14:00" in text
    assert "김하늘, 이도현" in text
    assert milestone(test, case, "PROPOSED")
    assert open_tasks(case) == []


@pytest.mark.parametrize(
    ("slot", "allowed"),
    [("2026-09-28T09:59:59+09:00", False), ("2026-09-28T10:00:00+09:00", True), ("2026-09-24T10:00:00+09:00", False)],
)
def test_times_begin_one_business_day_ahead(test: ProcessTest, slot: str, allowed: bool) -> None:
    # given: Wednesday 10:00; Thursday and Friday are holidays
    slots = [{"start": slot}, {"start": "2026-09-30T10:00:00+09:00"}]
    # when
    if allowed:
        planned(test, slots=slots)
        return
    with pytest.raises(InvalidForm) as refused:
        planned(test, slots=slots)
    assert list(refused.value.errors) == ["slots[0].start"], OUR_VISIT_1


def test_a_chosen_time_is_confirmed_and_kept_in_both_calendars(test: ProcessTest) -> None:
    # when
    case = agreed(test)
    # then
    letter = mail(test, "M81", case)
    assert "2026년 9월 29일(화) 10:00" in letter.subject
    assert "DTSTART;TZID=Asia/Seoul:20260929T100000" in letter.attachments[0].text
    assert promised(test, case, "O1")[""].state == "KEPT", OUR_VISIT_1
    assert promised(test, case, "K1")[""].state == "KEPT", COOPERATION_1
    test.advance_to("2026-09-28T15:00+09:00")
    assert mails_to(test, NA, case)[-1] == "M81R"
    assert mails_to_user(test, "a", case) == ["M81R"]


def test_without_a_choice_somebody_telephones(test: ProcessTest) -> None:
    # given
    case = planned(test)
    test.advance_to("2026-09-29T09:59:59+09:00")
    assert open_tasks(case) == []
    # when
    test.advance_to("2026-09-29T10:00:00+09:00")
    call = {"agreed_slot": "2026-09-30T10:00:01+09:00", "agreed_with": "나고객", "how": "phone"}
    submit(test, case, "Task_CallForSlot", call)
    # then
    assert promised(test, case, "O1")[""].state == "KEPT", OUR_VISIT_1


@pytest.mark.parametrize(
    ("slot", "emergency", "state"),
    [
        ("2026-09-30T10:00:00+09:00", False, "KEPT"),
        ("2026-09-30T09:59:59+09:00", False, "BREACHED"),
        ("2026-09-30T09:59:59+09:00", True, "KEPT"),
    ],
)
def test_an_agreement_counts_a_business_day_ahead_or_in_an_emergency(
    test: ProcessTest, slot: str, emergency: bool, state: str
) -> None:
    # given
    case = planned(test, emergency=emergency)
    test.advance_to("2026-09-29T10:00:00+09:00")
    # when
    submit(test, case, "Task_CallForSlot", {"agreed_slot": slot, "agreed_with": "나고객", "how": "phone"})
    # then
    assert promised(test, case, "O1")[""].state == state, OUR_VISIT_1


def test_another_time_is_agreed_by_telephone(test: ProcessTest) -> None:
    # given
    case = planned(test)
    # when
    answer(test, mail(test, "M80", case), 2, wish="금요일 오후가 좋습니다")
    # then
    assert open_tasks(case) == ["Task_CallForSlot"]
    assert case.variables["wish"] == "금요일 오후가 좋습니다"


def test_a_customer_declines_and_nobody_presses(test: ProcessTest) -> None:
    # given
    case = planned(test)
    # when
    answer(test, mail(test, "M80", case), 3, decline_reason="지금은 어렵습니다")
    # then
    assert end_state(test, case) == "DECLINED"
    assert promised(test, case, "K1")[""].state == "BREACHED", COOPERATION_1
    assert promised(test, case, "O1") == {}
    assert "지금은 어렵습니다" in last_mail(test, "M81S", case)
    assert mails_to(test, NA, case) == ["M80"]


def test_a_customer_declines_on_the_telephone(test: ProcessTest) -> None:
    case = planned(test)
    test.advance_to("2026-09-29T10:00:00+09:00")
    submit(test, case, "Task_CallForSlot", {"declined": True, "agreed_with": "나고객", "how": "phone"})
    assert end_state(test, case) == "DECLINED"


def test_a_customer_moves_the_visit(test: ProcessTest) -> None:
    # given
    case = agreed(test)
    # when
    answer(test, mail(test, "M81", case), 0, change="move", wish="다음 주")
    submit(test, case, "Task_NewSlots", {"slots": ["2026-10-06T10:00:00+09:00", "2026-10-07T10:00:00+09:00"]})
    answer(test, mail(test, "M80", case), 0)
    # then
    letter = mail(test, "M81", case)
    assert "2026년 10월 6일(화) 10:00" in letter.subject
    assert "SEQUENCE:1" in letter.attachments[0].text


def test_a_customer_calls_the_visit_off(test: ProcessTest) -> None:
    # given
    case = agreed(test)
    # when
    answer(test, mail(test, "M81", case), 0, change="cancel", wish=None)
    # then
    assert end_state(test, case) == "CANCELLED_BY_CUSTOMER"
    assert mails_to_user(test, "a", case) == ["M81S"]


def test_a_customer_calls_it_off_on_the_tracking_page(test: ProcessTest) -> None:
    case = planned(test)
    with test.engine.transaction("customer") as tx:
        cases.cancel(tx, number(case))
    test.settle()
    assert end_state(test, case) == "CANCELLED_BY_CUSTOMER"


def test_two_plans_of_one_visit_are_merged(test: ProcessTest) -> None:
    first, second = planned(test), planned(test)
    with test.engine.transaction("a") as tx:
        cases.merge(tx, number(second), number(first))
    test.settle()
    assert end_state(test, second) == "MERGED_DUPLICATE"


def test_nobody_leaves_untidy_or_without_the_papers(test: ProcessTest) -> None:
    # given
    case = agreed(test)
    test.advance_to("2026-09-29T07:59:59+09:00")
    assert open_tasks(case) == []
    test.advance_to("2026-09-29T08:00:00+09:00")
    # when
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_Departure", {"dress_ok": False, "materials_ok": True})
    # then
    assert "단정한 복장" in refused.value.errors["dress_ok"][0].ko, OUR_VISIT_1


def test_an_urgent_visit_of_today_needs_no_reminder(test: ProcessTest) -> None:
    slots = [{"start": "2026-09-23T15:00:00+09:00"}, {"start": "2026-09-23T16:00:00+09:00"}]
    case = agreed(test, emergency=True, slots=slots)
    assert open_tasks(case) == ["Task_Departure"]
    assert "M81R" not in mails_to(test, NA, case)


# ---------------------------------------------------------------- our visit 2: the result


def test_the_result_is_sent_in_writing(test: ProcessTest) -> None:
    # when
    case = sent(test)
    # then
    text = last_mail(test, "M82", case)
    assert "나래증권 전산팀 박가온" in text
    assert "2026년 9월 29일(화) 10:50" in text
    row = promised(test, case, "O2")[""]
    assert (row.state, kst(row, "due_at")) == ("KEPT", "09-30 11:00:00"), OUR_VISIT_2
    assert milestone(test, case, "RESULT_SENT")


@pytest.mark.parametrize(("clock", "state"), [("11:00:00", "KEPT"), ("11:00:01", "BREACHED")])
def test_the_result_is_due_a_business_day_after_the_visit(test: ProcessTest, clock: str, state: str) -> None:
    # given: until the report comes, the hour that was agreed counts
    case = visited(test)
    test.advance_to("2026-09-30T09:59:00+09:00")
    assert promised(test, case, "O2")[""].state == "RUNNING"
    # when
    test.advance_to(f"2026-09-30T{clock}+09:00")
    submit(test, case, "Task_VisitReport", REPORT)
    # then
    assert promised(test, case, "O2")[""].state == state, OUR_VISIT_2


def test_an_explanation_after_leaving_is_refused(test: ProcessTest) -> None:
    case = visited(test)
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_VisitReport", {**REPORT, "explained_at": "2026-09-29T11:00:01+09:00"})
    assert list(refused.value.errors) == ["explained_at"], OUR_VISIT_2


def test_what_is_left_becomes_a_request_of_its_own(test: ProcessTest) -> None:
    # when
    case = sent(test, follow_ups=[{"title": "예비 장비 설정 바꾸기", "service": "시세"}])
    # then
    with test.engine.reading() as tx:
        (link,) = cases.links_of(tx, number(case))
    assert (link.process, link.kind) == ("request_handling", "follow_up")
    assert link.no in last_mail(test, "M82", case)


def test_the_customer_says_that_it_was_explained(test: ProcessTest) -> None:
    case = sent(test)
    answer(test, mail(test, "M82", case), 1, heard="yes", heard_words=None)
    assert end_state(test, case) == "DONE"


def test_the_customer_sees_it_differently(test: ProcessTest) -> None:
    # given
    case = sent(test)
    # when
    answer(test, mail(test, "M82", case), 1, heard="no", heard_words="한 대는 설명을 듣지 못했습니다.")
    task = case.task("Task_ExplainAgain")
    again = {
        "result": "둘째 장비의 상태를 전화로 다시 설명드렸고 모두 이해하셨습니다.",
        "explained_to": "나래증권 박가온",
        "explained_at": "2026-09-29T11:00:00+09:00",
    }
    submit(test, case, "Task_ExplainAgain", again, by="m")
    # then
    assert task.candidate_groups == ("관리자",)
    assert mails_to(test, NA, case).count("M82") == 2


def test_without_a_word_the_visit_is_closed_after_five_business_days(test: ProcessTest) -> None:
    case = sent(test)
    test.advance_to("2026-10-07T11:00+09:00")
    assert end_state(test, case) == "DONE"


def _telephoned(test: ProcessTest) -> None:
    test_an_agreement_counts_a_business_day_ahead_or_in_an_emergency(test, "2026-09-30T10:00:00+09:00", False, "KEPT")


WAYS: tuple[Callable[[ProcessTest], None], ...] = (
    test_a_chosen_time_is_confirmed_and_kept_in_both_calendars,
    _telephoned,
    test_another_time_is_agreed_by_telephone,
    test_a_customer_declines_and_nobody_presses,
    test_a_customer_declines_on_the_telephone,
    test_a_customer_moves_the_visit,
    test_a_customer_calls_the_visit_off,
    test_a_customer_calls_it_off_on_the_tracking_page,
    test_two_plans_of_one_visit_are_merged,
    test_an_urgent_visit_of_today_needs_no_reminder,
    test_the_customer_says_that_it_was_explained,
    test_the_customer_sees_it_differently,
    test_without_a_word_the_visit_is_closed_after_five_business_days,
)


def test_every_element_and_flow_is_taken_at_least_once() -> None:
    missing: set[str] | None = None
    for way in WAYS:
        with office() as one:
            way(one)
            untaken = never_taken(one, "visit_outbound")
            missing = untaken if missing is None else missing & untaken
    assert missing == set()
