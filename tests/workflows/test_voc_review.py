"""The voice of the customer: web 1 and 2 and pledge 1 of the charter, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import pytest

from charterflow.testing import Case, ProcessTest
from engine import mails
from engine.errors import InvalidForm
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
from tests.workflows.voc_cases import (
    ACCEPTED,
    ANSWERED,
    FINAL,
    GA,
    OPINION,
    QUESTION,
    REASON,
    REFUSED,
    REPLY,
    opened,
    successor,
    voc_office,
    voice,
)
from workflows import cases, notes, organisation, permissions, settings
from workflows.korean import SEOUL
from workflows.promises import Promise

WEB_1 = "‘고객의 소리’를 통해 접수하신 의견 및 요구사항은 접수후 1일 이내에 검토결과를 알려드리겠습니다"
WEB_2 = "이름, 연락처, 이메일을 정확히 알려주시면 검토 및 최종 처리 결과를 보다 신속히 알려드리겠습니다"
PLEDGE_1 = "고객의 의견을 열린 마음으로 경청하겠습니다"
DECIDED = {"final_result": FINAL, "decided_at": "2026-10-12T10:00:00+09:00"}
OBJECTION = {"objection": "글자 크기만이 아니라 색도 고를 수 있게 해 주시기 바랍니다."}


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with voc_office() as one:
        yield one


def kst(promise: Promise, name: str) -> str:
    moment: datetime = getattr(promise, name)
    return moment.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M:%S")


def lines(test: ProcessTest, case: str) -> str:
    """What the customer reads on the tracking page."""
    with test.engine.reading() as tx:
        return " ".join(note.ko for note in notes.of_case(tx, case, "line"))


# ---------------------------------------------------------------- web 1


def test_the_clock_runs_from_receipt_over_the_holidays(test: ProcessTest) -> None:
    # when: the day before Chuseok
    case = voice(test, verified=False)
    # then
    row = promised(test, case, "W1")[""]
    assert (kst(row, "due_at"), kst(row, "warn_at")) == ("2026-09-28 15:00:00", "2026-09-28 13:12:00"), WEB_1
    assert row.informational is not None
    assert mails_to(test, GA, case) == ["M01"]
    assert "2026년 9월 28일(월) 15:00" in last_mail(test, "M01", case)
    reviewing = milestone(test, case, "REVIEWING")
    assert reviewing is not None
    assert reviewing.reached_at is not None


@pytest.mark.parametrize(("at", "state"), [("14:59:59", "KEPT"), ("15:00:00", "KEPT"), ("15:00:01", "BREACHED")])
def test_the_review_result_counts_up_to_the_due_instant(test: ProcessTest, at: str, state: str) -> None:
    # given
    case = voice(test)
    test.advance_to(f"2026-09-28T{at}+09:00")
    assert promised(test, case, "W1")[""].state == ("BREACHED" if state == "BREACHED" else "RUNNING"), WEB_1
    # when
    submit(test, case, "Task_Review", ACCEPTED)
    # then
    row = promised(test, case, "W1")[""]
    assert (row.state, kst(row, "met_at")) == (state, f"2026-09-28 {at}"), WEB_1
    assert "2026년 10월 12일(월)" in last_mail(test, "M100", case)
    assert REPLY.split(". ")[0] in last_mail(test, "M100", case)


@pytest.mark.parametrize(
    ("kind", "words", "group"),
    [
        ("question", "시세 화면이 멈춥니다", "운영팀"),
        ("demand", "시세 전송 간격을 줄여 주십시오", "운영팀"),
        ("question", "인증 화면이 멈춥니다", "개발팀"),
        ("opinion", "시세 화면이 좋아졌습니다", "고객의 소리 담당"),
    ],
)
def test_the_department_of_the_service_answers(test: ProcessTest, kind: str, words: str, group: str) -> None:
    case = voice(test, kind=kind, title=words)
    assert case.task("Task_Review").candidate_groups == (group,)


@pytest.mark.parametrize("kind", ["question", "demand"])
def test_what_names_no_service_is_classified_by_a_person(test: ProcessTest, kind: str) -> None:
    # given
    case = voice(test, OPINION, kind=kind)
    assert open_tasks(case) == ["Task_Classify"]
    assert case.task("Task_Classify").candidate_groups == ("접수",)
    # when
    submit(test, case, "Task_Classify", {"where": "review", "handler_group": "개발팀"}, by="r")
    # then
    assert case.task("Task_Review").candidate_groups == ("개발팀",)


def test_a_demand_of_a_known_service_is_a_candidate_for_a_request(test: ProcessTest) -> None:
    assert voice(test, kind="demand").variables["candidate"] == "request_handling"


def test_spam_ends_as_spam_and_owes_nothing(test: ProcessTest) -> None:
    case = voice(test, OPINION, kind="question")
    submit(test, case, "Task_Classify", {"where": "spam"}, by="r")
    assert end_state(test, case) == "SPAM"
    assert promised(test, case, "W1")[""].state == "VOID"


def test_the_reviewer_may_find_spam_too(test: ProcessTest) -> None:
    case = voice(test)
    submit(test, case, "Task_Review", {"review_result": "spam"})
    assert end_state(test, case) == "SPAM"


def test_a_refusal_needs_a_reason_and_the_managers_approval(test: ProcessTest) -> None:
    # given
    case = voice(test)
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_Review", {**REFUSED, "reason": None})
    assert list(refused.value.errors) == ["reason"]
    # when
    submit(test, case, "Task_Review", REFUSED)
    # then
    assert open_tasks(case) == ["Task_Approve"]
    assert mails_to(test, GA, case) == ["M01"]
    # when it is not approved
    submit(test, case, "Task_Approve", {"approve": False, "comment": "다른 방법이 있는지 다시 보십시오."}, by="m")
    assert open_tasks(case) == ["Task_Review"]
    # when it is
    submit(test, case, "Task_Review", REFUSED)
    submit(test, case, "Task_Approve", {"approve": True}, by="m")
    # then
    assert mails_to(test, GA, case) == ["M01", "M100"]
    assert REASON in last_mail(test, "M100", case)
    assert promised(test, case, "W1")[""].state == "KEPT"


def test_nobody_approves_a_refusal_of_his_own(test: ProcessTest) -> None:
    case = voice(test)
    submit(test, case, "Task_Review", REFUSED, by="m")
    with test.engine.reading() as tx:
        manager = organisation.user(tx, "m")
        assert not permissions.may_take(tx, manager, case.task("Task_Approve"))


def test_more_time_is_a_result_when_it_says_why_and_until_when(test: ProcessTest) -> None:
    # given
    case = voice(test)
    wanted = {"review_result": "needs_more_time", "reply": REPLY}
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_Review", wanted)
    assert set(refused.value.errors) == {"reason", "final_expected"}
    # when
    submit(test, case, "Task_Review", {**wanted, "reason": REASON, "final_expected": "2026-10-12"})
    # then
    assert promised(test, case, "W1")[""].state == "KEPT", WEB_1
    assert open_tasks(case) == ["Task_FinalDecision"]


def test_by_setting_more_time_is_no_result(test: ProcessTest) -> None:
    # given
    with test.engine.transaction("q") as tx:
        settings.change(tx, "W1.interim_counts", False, reason="중간 안내는 검토결과로 세지 않기로 했습니다.")
    case = voice(test)
    # when
    more = {"review_result": "needs_more_time", "reply": REPLY, "reason": REASON, "final_expected": "2026-10-12"}
    submit(test, case, "Task_Review", more)
    # then
    assert mails_to(test, GA, case) == ["M01", "M100"]
    assert promised(test, case, "W1")[""].state == "RUNNING", WEB_1
    assert open_tasks(case) == ["Task_Review"]
    # when
    submit(test, case, "Task_Review", ANSWERED)
    assert promised(test, case, "W1")[""].state == "KEPT"


def test_asking_the_customer_does_not_stop_the_clock(test: ProcessTest) -> None:
    # given
    case = voice(test)
    ask = {"review_result": "need_info", "questions": "어느 화면을 쓰고 계신지 알려 주십시오."}
    submit(test, case, "Task_Review", ask)
    assert mails_to(test, GA, case) == ["M01", "M06"]
    assert "기한은 그대로입니다" in last_mail(test, "M06", case)
    assert "어느 화면" in lines(test, number(case))
    # when
    test.advance_to("2026-09-28T10:00+09:00")
    with test.engine.transaction("customer") as tx:
        cases.reply(tx, number(case), "차트 화면입니다.")
    test.settle()
    # then
    assert open_tasks(case) == ["Task_Review"]
    assert kst(promised(test, case, "W1")[""], "due_at") == "2026-09-28 15:00:00", WEB_1


def test_without_a_reply_it_is_closed_for_now(test: ProcessTest) -> None:
    case = voice(test)
    ask = {"review_result": "need_info", "questions": "어느 화면을 쓰고 계신지 알려 주십시오."}
    submit(test, case, "Task_Review", ask)
    test.advance_to("2026-10-13T14:59:59+09:00")
    assert end_state(test, case) is None
    test.advance_to("2026-10-13T15:00:00+09:00")
    assert end_state(test, case) == "NO_ANSWER"


def test_another_bodys_matter_is_answered_with_the_right_contact(test: ProcessTest) -> None:
    # given
    case = voice(test)
    # when
    other = {"review_result": "other_org", "reply": REPLY, "other_org": "한국거래소", "other_contact": "1577-0088"}
    submit(test, case, "Task_Review", other)
    # then
    assert mails_to(test, GA, case) == ["M01", "M102"]
    assert "1577-0088" in last_mail(test, "M102", case)
    assert end_state(test, case) == "OTHER_BODY"
    assert promised(test, case, "W1")[""].state == "KEPT", WEB_1


def test_an_absent_reviewers_task_goes_to_the_substitute(test: ProcessTest) -> None:
    # given
    case = voice(test)
    submit(test, case, "Task_Review", REFUSED)
    with test.engine.transaction("a") as tx:
        organisation.add_absence(tx, "a", tx.now, tx.now.replace(month=12))
    test.settle()
    # when it comes back to the reviewer who is away
    submit(test, case, "Task_Approve", {"approve": False, "comment": "다른 방법이 있는지 다시 보십시오."}, by="m")
    # then
    assert case.task("Task_Review").assignee == "c"
    assert mails_to_user(test, "c", case) == ["M92"]


# ---------------------------------------------------------------- anonymous


def test_an_anonymous_opinion_is_answered_on_the_tracking_page(test: ProcessTest) -> None:
    # given
    test.advance_to("2026-09-26T10:00+09:00")
    case = voice(test, OPINION, verified=False)
    assert kst(promised(test, case, "W1")[""], "due_at") == "2026-09-28 18:00:00", WEB_1
    with test.engine.reading() as tx:
        assert cases.get(tx, number(case)).has_pin
    # when
    test.advance_to("2026-09-28T18:00:00+09:00")
    submit(test, case, "Task_Review", ANSWERED, by="b")
    # then
    row = promised(test, case, "W1")[""]
    assert (row.state, kst(row, "met_at")) == ("KEPT", "2026-09-28 18:00:00"), WEB_1
    assert [m for m in test.mails if m.reference.get("customer")] == []
    assert REPLY in lines(test, number(case))
    assert promised(test, case, "W2") == {}


def test_a_contact_needs_consent_and_none_is_needed(test: ProcessTest) -> None:
    with pytest.raises(InvalidForm) as refused:
        voice(test, privacy_consent=None)
    assert list(refused.value.errors) == ["privacy_consent"]
    voice(test, OPINION, verified=False)


def test_abusive_words_are_hidden_and_the_matter_is_answered(test: ProcessTest) -> None:
    case = voice(test)
    submit(test, case, "Task_Review", {**ANSWERED, "mask_text": True})
    with test.engine.reading() as tx:
        assert cases.get(tx, number(case)).title == "고객의 소리"
    assert mails_to(test, GA, case) == ["M01", "M100"]


# ---------------------------------------------------------------- web 2


def test_whoever_gave_a_contact_and_verified_it_hears_the_final_result_within_the_hour(test: ProcessTest) -> None:
    # given
    case = voice(test)
    submit(test, case, "Task_Review", ACCEPTED)
    expected = milestone(test, case, "FINAL")
    assert expected is not None
    assert expected.reached_at is None
    test.advance_to("2026-10-12T10:00+09:00")
    # when
    submit(test, case, "Task_FinalDecision", DECIDED)
    # then
    row = promised(test, case, "W2")[""]
    assert (kst(row, "due_at"), row.state) == ("2026-10-12 11:00:00", "KEPT"), WEB_2
    assert mails_to(test, GA, case) == ["M01", "M100", "M101"]
    assert "2026년 10월 26일(월)" in last_mail(test, "M101", case)
    # when nobody objects: just before, and at the tenth business day
    test.advance_to("2026-10-26T09:59:59+09:00")
    assert end_state(test, case) is None
    test.advance_to("2026-10-26T10:00:00+09:00")
    assert end_state(test, case) == "DONE"


@pytest.mark.parametrize(("at", "state"), [("10:59:59", "KEPT"), ("11:00:00", "KEPT"), ("11:00:01", "BREACHED")])
def test_the_hour_counts_from_the_decision_not_from_its_entry(test: ProcessTest, at: str, state: str) -> None:
    # given
    case = voice(test)
    submit(test, case, "Task_Review", ACCEPTED)
    test.advance_to(f"2026-10-12T{at}+09:00")
    # when
    submit(test, case, "Task_FinalDecision", DECIDED)
    # then
    assert promised(test, case, "W2")[""].state == state, WEB_2


def test_an_address_that_nobody_confirmed_finds_the_result_on_the_page_only(test: ProcessTest) -> None:
    # given
    case = voice(test, verified=False)
    submit(test, case, "Task_Review", ACCEPTED)
    test.advance_to("2026-10-12T10:00+09:00")
    # when
    submit(test, case, "Task_FinalDecision", DECIDED)
    # then
    assert promised(test, case, "W2") == {}
    assert mails_to(test, GA, case) == ["M01", "M100"]
    assert FINAL in lines(test, number(case))


def test_an_incomplete_contact_has_no_promise_but_hears_by_mail(test: ProcessTest) -> None:
    case = voice(test, phone=None)
    submit(test, case, "Task_Review", ACCEPTED)
    test.advance_to("2026-10-12T10:00+09:00")
    submit(test, case, "Task_FinalDecision", DECIDED)
    assert promised(test, case, "W2") == {}
    assert mails_to(test, GA, case) == ["M01", "M100", "M101"]


def test_a_wrong_address_leaves_the_page_and_ends_the_promise_of_the_mail(test: ProcessTest) -> None:
    # given
    case = voice(test)
    submit(test, case, "Task_Review", ANSWERED)
    assert promised(test, case, "W2")[""].state == "KEPT"
    # when: long after the hour
    test.advance_to("2026-09-23T17:30+09:00")
    with test.engine.transaction("system") as tx:
        mails.bounce(tx, [m for m in test.mails if m.reference["mail"] == "M100"][-1].id, "hard")
    test.settle()
    # then
    row = promised(test, case, "W2")[""]
    assert (row.state, row.reason) == ("VOID", "bad_contact"), WEB_2
    row = promised(test, case, "W1")[""]
    assert (row.state, kst(row, "met_at")) == ("KEPT", "2026-09-23 15:00:00"), WEB_1
    assert REPLY in lines(test, number(case))


def test_an_answer_with_nothing_to_follow_is_the_final_result(test: ProcessTest) -> None:
    case = voice(test)
    submit(test, case, "Task_Review", ANSWERED)
    assert promised(test, case, "W2")[""].state == "KEPT", WEB_2
    final = milestone(test, case, "FINAL")
    assert final is not None
    assert final.reached_at is not None


@pytest.mark.parametrize("wrong", ["2026-10-12T10:00:01+09:00", "2026-09-23T14:59:59+09:00"])
def test_a_decision_lies_between_receipt_and_now(test: ProcessTest, wrong: str) -> None:
    case = voice(test)
    submit(test, case, "Task_Review", ACCEPTED)
    test.advance_to("2026-10-12T10:00+09:00")
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_FinalDecision", {**DECIDED, "decided_at": wrong})
    assert list(refused.value.errors) == ["decided_at"]


# ---------------------------------------------------------------- pledge 1


def test_the_customer_may_object_once_and_another_person_answers(test: ProcessTest) -> None:
    # given
    case = voice(test)
    submit(test, case, "Task_Review", ANSWERED)
    # when
    assert test.message("MSG_CUSTOMER_OBJECT", business_key=number(case), variables=OBJECTION) == 1
    # then
    assert open_tasks(case) == ["Task_ReviewObjection"]
    with test.engine.reading() as tx:
        assert not permissions.may_take(tx, organisation.user(tx, "a"), case.task("Task_ReviewObjection"))
    # when
    submit(test, case, "Task_ReviewObjection", {"stands": True, "final_result": FINAL}, by="m")
    # then
    assert mails_to(test, GA, case) == ["M01", "M100", "M101"]
    assert "다른 의견을 관리자가" in last_mail(test, "M101", case)
    assert end_state(test, case) == "DONE"
    assert test.message("MSG_CUSTOMER_OBJECT", business_key=number(case), variables=OBJECTION) == 0


def test_a_reply_of_substance_is_required(test: ProcessTest) -> None:
    case = voice(test)
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_Review", {**ANSWERED, "reply": "검토했습니다."})
    assert list(refused.value.errors) == ["reply"], PLEDGE_1
    submit(test, case, "Task_Review", ANSWERED)
    assert promised(test, case, "P1")["reply"].state == "KEPT", PLEDGE_1


def test_a_thin_reply_counts_against_the_pledge_where_the_house_wants_more(test: ProcessTest) -> None:
    with test.engine.transaction("q") as tx:
        settings.change(tx, "voc.substantive_min_chars", 500, reason="더 충실하게 답변하기로 했습니다.")
    case = voice(test)
    submit(test, case, "Task_Review", ANSWERED)
    assert promised(test, case, "P1")["reply"].state == "BREACHED", PLEDGE_1


# ---------------------------------------------------------------- duplicates, cancelling, merging


def test_the_same_question_by_phone_is_handled_together(test: ProcessTest) -> None:
    # given
    first = voice(test)
    test.advance_to("2026-09-28T09:10+09:00")
    twin = opened(test, "voc_review", QUESTION, channel="phone", on_behalf_of=GA, by="r")
    # when
    submit(test, twin, "Task_CheckDuplicate", {"verdict": "duplicate_of", "duplicate_case": number(first)}, by="r")
    # then
    assert end_state(test, twin) == "MERGED_DUPLICATE"
    row = promised(test, twin, "W1")[""]
    assert (row.state, row.reason) == ("VOID", "duplicate")
    assert number(first) in last_mail(test, "M05", twin)


def test_the_customer_may_cancel(test: ProcessTest) -> None:
    case = voice(test)
    with test.engine.transaction("customer") as tx:
        cases.cancel(tx, number(case))
    test.settle()
    assert end_state(test, case) == "CANCELLED_BY_CUSTOMER"
    assert mails_to(test, GA, case) == ["M01", "M02C"]


def test_staff_may_merge(test: ProcessTest) -> None:
    first, second = voice(test), voice(test, OPINION, email="ra@example.com", privacy_consent=True)
    with test.engine.transaction("r") as tx:
        cases.merge(tx, number(second), number(first))
    test.settle()
    assert end_state(test, second) == "MERGED_DUPLICATE"
    assert "M05" in mails_to(test, "ra@example.com", second)


# ---------------------------------------------------------------- other processes


@pytest.mark.parametrize("kind", ["complaint", "compliment", "idea"])
def test_a_process_that_does_not_run_yet_leaves_the_case_with_a_person(test: ProcessTest, kind: str) -> None:
    # when
    case = voice(test, kind=kind)
    # then: nothing is lost, and somebody reads why
    assert open_tasks(case) == ["Task_Classify"]
    with test.engine.reading() as tx:
        assert "넘길 절차가 아직 없습니다" in notes.of_case(tx, number(case), "note")[0].ko
    assert promised(test, case, "W1")[""].state == "RUNNING"
    # when
    submit(test, case, "Task_Classify", {"where": "review", "handler_group": "고객만족팀"}, by="r")
    assert open_tasks(case) == ["Task_Review"]


def test_a_demand_goes_on_as_a_request_after_its_result(test: ProcessTest) -> None:
    # given
    case = voice(test, kind="demand")
    # when
    submit(test, case, "Task_Review", {**ACCEPTED, "handover": "request_handling"})
    # then
    assert mails_to(test, GA, case) == ["M01", "M100"]
    assert end_state(test, case) == "MOVED"
    request = successor(test, case, "request_handling")
    assert open_tasks(request) == ["Task_Review"]
    assert request.variables["came_from"] == number(case)
    assert promised(test, request, "W1") == {}
    with test.engine.reading() as tx:
        moved, mine = cases.get(tx, number(request)), cases.get(tx, number(case))
    assert moved.received_at == mine.received_at
    assert moved.contact.verified_at is not None


def test_a_refusal_is_not_handed_over(test: ProcessTest) -> None:
    case = voice(test)
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_Review", {**REFUSED, "handover": "request_handling"})
    assert list(refused.value.errors) == ["handover"]


def test_what_was_classified_late_keeps_its_receipt(test: ProcessTest) -> None:
    # given
    case = voice(test, OPINION, kind="question", email=GA, privacy_consent=True)
    test.advance_to("2026-09-29T09:00+09:00")
    # when
    submit(test, case, "Task_Classify", {"where": "request_handling"}, by="r")
    # then
    request = successor(test, case, "request_handling")
    assert request.business_key is not None
    assert request.business_key.startswith("CF-20260923-")


def test_every_element_and_every_flow_is_taken() -> None:
    with voc_office() as one:
        people = iter(range(100))

        def said(result: Mapping[str, object] | None = None, **changed: object) -> Case:
            case = voice(one, {**QUESTION, "email": f"k{next(people)}@example.com", "phone": None, **changed})
            if result is not None:
                submit(one, case, "Task_Review", result)
            return case

        for where in ({"where": "spam"}, {"where": "review", "handler_group": "개발팀"}, {"where": "request_handling"}):
            submit(one, said(title="글자 크기", body="글자가 작아서 읽기 어렵습니다."), "Task_Classify", where, by="r")
        said(kind="complaint")
        test_the_same_question_by_phone_is_handled_together(one)
        ask = {"review_result": "need_info", "questions": "어느 화면을 쓰고 계신지 알려 주십시오."}
        answered, silent = said(ask), said(ask)
        with one.engine.transaction("customer") as tx:
            cases.reply(tx, number(answered), "차트 화면입니다.")
        one.settle()
        said({"review_result": "other_org", "reply": REPLY, "other_org": "한국거래소", "other_contact": "1577-0088"})
        said({"review_result": "spam"})
        with one.engine.transaction("q") as tx:
            settings.change(tx, "W1.interim_counts", False, reason="중간 안내는 검토결과로 세지 않기로 했습니다.")
        more = {"review_result": "needs_more_time", "reply": REPLY, "reason": REASON, "final_expected": "2026-10-12"}
        said(more)
        said({**ACCEPTED, "handover": "request_handling"})
        late = said(ACCEPTED)
        decided = {"final_result": FINAL, "decided_at": one.now.isoformat()}
        submit(one, late, "Task_FinalDecision", decided)
        refused = said(REFUSED)
        submit(one, refused, "Task_Approve", {"approve": False, "comment": "다른 방법이 있는지 다시 보십시오."}, by="m")
        submit(one, refused, "Task_Review", REFUSED)
        submit(one, refused, "Task_Approve", {"approve": True}, by="m")
        one.message("MSG_CUSTOMER_OBJECT", business_key=number(refused), variables=OBJECTION)
        submit(one, refused, "Task_ReviewObjection", {"stands": True, "final_result": FINAL}, by="m")
        said(ANSWERED)
        given_up, merged = said(), said()
        with one.engine.transaction("r") as tx:
            cases.cancel(tx, number(given_up))
            cases.merge(tx, number(merged), number(answered))
        one.advance_to("2026-10-30T10:00+09:00")
        assert end_state(one, silent) == "NO_ANSWER"
        assert never_taken(one, "voc_review") == set()
