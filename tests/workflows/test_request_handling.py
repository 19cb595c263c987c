"""Requests of customers: core 2 and core 4 of the charter, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from charterflow.testing import Case, ProcessTest
from engine.errors import InvalidForm
from tests.workflows.request_cases import (
    DELAY,
    EVIDENCE,
    LARGE,
    NA,
    REASON,
    SMALL,
    STAGES,
    SUMMARY,
    end_state,
    last_mail,
    mails_to,
    mails_to_user,
    milestone,
    never_taken,
    number,
    office,
    open_tasks,
    promised,
    request,
    submit,
)
from workflows import cases, organisation, permissions
from workflows.korean import SEOUL
from workflows.promises import Promise

CORE_2 = (
    "고객의 요청사항(시스템변경, 신규개발, 화면 및 기능의 추가/변경 등)은 변경 규모, 기간 등을 검토하여 "
    "최대한 신속하게 결과를 알려 드리겠습니다"
)
CORE_4 = "고객의 요청사항 처리에 1개월 이상 소요될 경우에는 주요 단계별로 중간 진행상황을 알려 드리겠습니다"
PLEDGE_3 = "고객에게 신속하고 정확한 서비스를 제공하겠습니다"
REPLAN = {
    "stages": [{"name_ko": "개발", "planned_date": "2026-10-20"}, {"name_ko": "반영", "planned_date": "2026-12-10"}],
    "new_end": "2026-12-10",
    "reason_ko": "연동할 기관의 일정이 바뀌어 남은 단계를 다시 정했습니다.",
}
LATE = {
    "stages": [{"name_ko": "개발", "planned_date": "2026-09-18"}, {"name_ko": "시험", "planned_date": "2026-09-30"}],
    "new_end": "2026-09-30",
    "reason_ko": "예상보다 고칠 곳이 많아 시간이 더 걸립니다.",
}
PROOF = {"test_evidence": EVIDENCE, "deployed_at": "2026-08-12T09:00:00+09:00"}
WORKED = {"done_on": "2026-08-12", "summary_ko": SUMMARY}


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with office() as one:
        yield one


def kst(promise: Promise, name: str) -> str:
    moment: datetime = getattr(promise, name)
    return moment.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M:%S")


def reviewed(test: ProcessTest, **changed: object) -> Case:
    """A small request whose review is done on Wednesday morning."""
    case = request(test)
    test.advance_to("2026-08-12T10:00+09:00")
    submit(test, case, "Task_Review", {**SMALL, **changed})
    return case


def long_one(test: ProcessTest) -> Case:
    """The large request of S02, approved."""
    case = request(test)
    test.advance_to("2026-08-12T16:00+09:00")
    submit(test, case, "Task_Review", LARGE)
    test.advance_to("2026-08-13T10:30+09:00")
    submit(test, case, "Task_ApproveReview", {"approve": True}, by="m")
    return case


# ---------------------------------------------------------------- core 2


def test_a_request_is_acknowledged_at_once_and_its_review_promised(test: ProcessTest) -> None:
    # when
    case = request(test)
    # then
    row = promised(test, case, "C2")[""]
    assert (kst(row, "due_at"), kst(row, "warn_at")) == ("2026-08-18 11:00:00", "2026-08-14 11:00:00"), CORE_2
    assert mails_to(test, NA, case) == ["M01"]
    assert "2026년 8월 18일(화) 11:00" in last_mail(test, "M01", case)
    assert open_tasks(case) == ["Task_Review"]
    assert case.task("Task_Review").candidate_groups == ("운영팀",)


@pytest.mark.parametrize(
    ("category", "due"),
    [("screen_function", "08-13"), ("system_change", "08-13"), ("other", "08-13"), ("new_dev", "08-18")],
)
def test_new_development_takes_five_business_days_the_rest_three(test: ProcessTest, category: str, due: str) -> None:
    case = request(test, category=category)
    assert kst(promised(test, case, "C2")[""], "due_at") == f"2026-{due} 11:00:00", CORE_2


@pytest.mark.parametrize(
    ("at", "state"),
    [("10:59:59", "KEPT"), ("11:00:00", "KEPT"), ("11:00:01", "BREACHED")],
)
def test_the_result_counts_up_to_the_due_instant(test: ProcessTest, at: str, state: str) -> None:
    # given
    case = request(test)
    test.advance_to(f"2026-08-18T{at}+09:00")
    # when
    submit(test, case, "Task_Review", {**SMALL, "planned_start": "2026-08-18"})
    # then
    row = promised(test, case, "C2")[""]
    assert row.state == state, CORE_2
    assert kst(row, "met_at") == f"2026-08-18 {at}"


def test_the_result_names_size_and_period(test: ProcessTest) -> None:
    case = reviewed(test)
    text = last_mail(test, "M10", case)
    assert "2026년 8월 12일(수)" in text
    assert "2026년 8월 20일(목)" in text
    assert "소 (2일 분량)" in text, CORE_2
    assert promised(test, case, "C4") == {}


def test_a_wish_for_an_earlier_day_is_answered_plainly(test: ProcessTest) -> None:
    # given
    case = request(test, desired_date="2026-08-14")
    test.advance_to("2026-08-12T10:00+09:00")
    # when
    submit(test, case, "Task_Review", SMALL)
    # then
    assert "2026년 8월 14일(금)" in last_mail(test, "M10", case)


def test_the_size_must_fit_the_effort_or_say_why(test: ProcessTest) -> None:
    case = request(test)
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_Review", {**SMALL, "planned_start": "2026-08-10", "effort_md": 20})
    assert list(refused.value.errors) == ["size_override_reason"]


def test_the_last_stage_and_the_planned_end_are_the_same_day(test: ProcessTest) -> None:
    case = request(test)
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_Review", {**LARGE, "planned_end": "2026-09-01"})
    assert list(refused.value.errors) == ["stages"]


def test_a_month_or_more_needs_stages(test: ProcessTest) -> None:
    case = request(test)
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_Review", {**LARGE, "planned_end": "2026-09-10", "stages": []})
    assert list(refused.value.errors) == ["stages"], CORE_4
    submit(test, case, "Task_Review", {**LARGE, "planned_end": "2026-09-09", "stages": []})


# ---------------------------------------------------------------- approval


def test_a_large_review_waits_for_the_manager_who_is_reminded_after_a_business_day(test: ProcessTest) -> None:
    # given
    case = request(test)
    test.advance_to("2026-08-12T16:00+09:00")
    submit(test, case, "Task_Review", LARGE)
    assert open_tasks(case) == ["Task_ApproveReview"]
    # when
    test.advance_to("2026-08-13T15:59:59+09:00")
    before = mails_to_user(test, "m", case)
    test.advance_to("2026-08-13T16:00:00+09:00")
    # then
    assert mails_to_user(test, "m", case) == [*before, "M10A"]
    assert mails_to(test, NA, case) == ["M01"]
    # and only once
    test.advance_to("2026-08-14T10:59:00+09:00")
    assert mails_to_user(test, "m", case) == [*before, "M10A"]


def test_a_review_that_is_not_approved_goes_back(test: ProcessTest) -> None:
    # given
    case = request(test)
    test.advance_to("2026-08-12T16:00+09:00")
    submit(test, case, "Task_Review", LARGE)
    # when
    submit(test, case, "Task_ApproveReview", {"approve": False, "comment": "시험 기간이 너무 짧습니다."}, by="m")
    # then
    assert open_tasks(case) == ["Task_Review"]
    assert promised(test, case, "C2")[""].state == "RUNNING"


def test_a_very_large_review_needs_the_process_owner_too(test: ProcessTest) -> None:
    # given
    case = request(test)
    test.advance_to("2026-08-12T16:00+09:00")
    submit(test, case, "Task_Review", {**LARGE, "size": "XL", "effort_md": 90})
    submit(test, case, "Task_ApproveReview", {"approve": True}, by="m")
    assert open_tasks(case) == ["Task_ApproveByOwner"]
    # when it is refused
    submit(test, case, "Task_ApproveByOwner", {"approve": False, "comment": "예산을 다시 살펴봐 주십시오."}, by="owner")
    # then
    assert open_tasks(case) == ["Task_Review"]
    # when it is approved
    submit(test, case, "Task_Review", {**LARGE, "size": "XL", "effort_md": 90})
    submit(test, case, "Task_ApproveReview", {"approve": True}, by="m")
    submit(test, case, "Task_ApproveByOwner", {"approve": True}, by="owner")
    # then
    assert open_tasks(case) == ["Task_StageWork"]


# ---------------------------------------------------------------- core 4


def test_the_stages_are_promised_when_the_plan_is_told(test: ProcessTest) -> None:
    # when
    case = long_one(test)
    # then
    assert case.variables["is_long"] is True
    assert promised(test, case, "C2")[""].state == "KEPT"
    rows = promised(test, case, "C4")
    assert {item: (kst(row, "started_at"), kst(row, "due_at")) for item, row in rows.items()} == {
        "stage1": ("2026-09-04 18:00:00", "2026-09-07 18:00:00"),
        "stage2": ("2026-09-23 18:00:00", "2026-09-28 18:00:00"),
        "stage3": ("2026-10-13 18:00:00", "2026-10-14 18:00:00"),
        "stage4": ("2026-11-27 18:00:00", "2026-11-30 18:00:00"),
    }, CORE_4
    text = last_mail(test, "M10", case)
    for day in ("9월 4일(금)", "9월 23일(수)", "10월 13일(화)", "11월 27일(금)"):
        assert f"2026년 {day}" in text
    first = milestone(test, case, "STAGE_1")
    assert first is not None
    assert first.ko == "설계"


@pytest.mark.parametrize(("at", "state"), [("17:59:59", "KEPT"), ("18:00:00", "KEPT"), ("18:00:01", "BREACHED")])
def test_a_stage_is_told_within_a_business_day_of_its_date(test: ProcessTest, at: str, state: str) -> None:
    # given
    case = long_one(test)
    test.advance_to(f"2026-09-07T{at}+09:00")
    # when
    late = {"done_on": "2026-09-07", "summary_ko": SUMMARY, "delay_reason": "검토할 문서가 많아 늦어졌습니다."}
    submit(test, case, "Task_StageWork", late)
    # then
    assert promised(test, case, "C4")["stage1"].state == state, CORE_4
    assert "설계" in last_mail(test, "M11", case)


def test_at_the_planned_date_the_handler_is_asked_to_tell_the_delay(test: ProcessTest) -> None:
    # given
    case = long_one(test)
    # just before
    test.advance_to("2026-09-04T17:59:59+09:00")
    assert open_tasks(case) == ["Task_StageWork"]
    # at
    test.advance_to("2026-09-04T18:00:00+09:00")
    assert open_tasks(case) == ["Task_StageWork", "Task_DelayNotice"]
    # a late stage that is done before anybody told the delay withdraws the question
    test.advance_to("2026-09-07T09:00:00+09:00")
    submit(
        test, case, "Task_StageWork",
        {"done_on": "2026-09-07", "summary_ko": SUMMARY, "delay_reason": "검토할 문서가 많아 늦어졌습니다."},
    )  # fmt: skip
    assert open_tasks(case) == ["Task_StageWork"]


def test_every_delay_of_a_stage_is_told_and_gets_a_row_of_its_own(test: ProcessTest) -> None:
    # given
    case = long_one(test)
    test.advance_to("2026-09-07T10:00+09:00")
    # when
    submit(test, case, "Task_DelayNotice", {"new_date": "2026-09-10", "reason_ko": DELAY})
    # then
    assert "2026년 9월 4일(금)" in last_mail(test, "M12", case)
    assert "2026년 9월 10일(목)" in last_mail(test, "M12", case)
    rows = promised(test, case, "C4")
    assert rows["stage1"].state == "KEPT"
    assert kst(rows["stage1b"], "due_at") == "2026-09-11 18:00:00"
    # when it slips again
    test.advance_to("2026-09-11T09:00+09:00")
    submit(test, case, "Task_DelayNotice", {"new_date": "2026-09-16", "reason_ko": DELAY})
    # then
    rows = promised(test, case, "C4")
    assert (rows["stage1b"].state, rows["stage1bb"].state) == ("KEPT", "RUNNING")
    assert mails_to(test, NA, case) == ["M01", "M10", "M12", "M12"]
    told = milestone(test, case, "STAGE_1")
    assert told is not None
    assert told.state == "delayed"


def test_a_delay_of_the_last_stage_moves_the_end(test: ProcessTest) -> None:
    # given
    case = request(test)
    submit(
        test, case, "Task_Review",
        {**LARGE, "planned_start": "2026-08-11", "planned_end": "2026-09-23", "stages": STAGES[:2]},
    )  # fmt: skip
    submit(test, case, "Task_ApproveReview", {"approve": True}, by="m")
    test.advance_to("2026-08-12T10:00+09:00")
    submit(test, case, "Task_StageWork", WORKED)
    test.advance_to("2026-09-28T10:00+09:00")
    # when
    submit(test, case, "Task_DelayNotice", {"new_date": "2026-10-12", "reason_ko": DELAY})
    # then
    assert str(case.variables["planned_end"]) == "2026-10-12"


def test_a_month_without_a_word_is_prevented(test: ProcessTest) -> None:
    # given: the stage of October is done, the next is far
    case = long_one(test)
    test.advance_to("2026-09-03T17:00+09:00")
    submit(test, case, "Task_StageWork", {"done_on": "2026-09-03", "summary_ko": SUMMARY})
    test.advance_to("2026-09-22T17:00+09:00")
    submit(test, case, "Task_StageWork", {"done_on": "2026-09-22", "summary_ko": SUMMARY})
    test.advance_to("2026-10-13T15:00+09:00")
    submit(test, case, "Task_StageWork", {"done_on": "2026-10-13", "summary_ko": SUMMARY})
    # just before three business days to the limit
    test.advance_to("2026-11-10T14:59:59+09:00")
    assert open_tasks(case) == ["Task_StageWork"]
    # at
    test.advance_to("2026-11-10T15:00:00+09:00")
    assert open_tasks(case) == ["Task_StageWork", "Task_ProgressNote"], CORE_4
    row = promised(test, case, "C4")["silence"]
    assert (kst(row, "started_at"), kst(row, "due_at")) == ("2026-10-13 15:00:00", "2026-11-13 15:00:00")
    # when
    test.advance_to("2026-11-12T10:00+09:00")
    submit(test, case, "Task_ProgressNote", {"summary_ko": SUMMARY})
    # then
    assert promised(test, case, "C4")["silence"].state == "KEPT"
    assert open_tasks(case) == ["Task_StageWork"]


def test_s02_from_request_to_closing(test: ProcessTest) -> None:
    # given
    case = long_one(test)
    for day, values in (
        ("2026-09-03T17:00", {"done_on": "2026-09-03", "summary_ko": SUMMARY}),
        ("2026-09-28T10:00", None),
        ("2026-10-02T16:00", {"done_on": "2026-10-02", "summary_ko": SUMMARY}),
        ("2026-10-13T15:00", {"done_on": "2026-10-13", "summary_ko": SUMMARY}),
        ("2026-11-12T10:00", {}),
        ("2026-11-27T11:00", {"done_on": "2026-11-27", "summary_ko": SUMMARY}),
    ):
        test.advance_to(f"{day}+09:00")
        if values is None:
            submit(test, case, "Task_DelayNotice", {"new_date": "2026-10-02", "reason_ko": DELAY})
        elif values:
            submit(test, case, "Task_StageWork", values)
        else:
            submit(test, case, "Task_ProgressNote", {"summary_ko": SUMMARY})
    test.advance_to("2026-11-27T16:00+09:00")
    submit(test, case, "Task_Verify", {**PROOF, "deployed_at": "2026-11-27T15:00:00+09:00"}, by="b")
    # just before
    test.advance_to("2026-12-04T15:59:59+09:00")
    assert case.state == "active"
    # when
    test.advance_to("2026-12-04T16:00:00+09:00")
    # then
    assert (case.state, end_state(test, case)) == ("completed", "DONE")
    assert mails_to(test, NA, case) == ["M01", "M10", "M11", "M12", "M11", "M11", "M11", "M11", "M13"]
    assert sorted(row.state for row in promised(test, case, "C4").values()) == ["KEPT"] * 6
    closed = milestone(test, case, "CLOSED")
    assert closed is not None
    assert closed.reached_at is not None
    assert closed.reached_at.astimezone(SEOUL).isoformat() == "2026-12-04T16:00:00+09:00"


@pytest.mark.parametrize(("size", "effort", "others"), [("S", 2, set()), ("L", 45, {"a"})])
def test_a_second_person_verifies_what_is_large(test: ProcessTest, size: str, effort: int, others: set[str]) -> None:
    # given
    case = request(test)
    submit(test, case, "Task_Review", {**SMALL, "planned_start": "2026-08-10", "size": size, "effort_md": effort})
    if size == "L":
        submit(test, case, "Task_ApproveReview", {"approve": True}, by="m")
    submit(test, case, "Task_Work", {"done_on": "2026-08-10", "summary_ko": SUMMARY})
    # then
    task = case.task("Task_Verify")
    assert task.candidate_groups == ("운영팀", "담당자")
    with test.engine.reading() as tx:
        assert permissions.separated(tx, task) == others, PLEDGE_3
        assert permissions.may_take(tx, organisation.user(tx, "b"), task)
        assert permissions.may_take(tx, organisation.user(tx, "a"), task) is not bool(others)


# ---------------------------------------------------------------- late discovery and new plans


def test_work_that_turns_out_long_gets_stages_a_month_after_receipt(test: ProcessTest) -> None:
    # given
    case = reviewed(test)
    # just before
    test.advance_to("2026-09-10T10:59:59+09:00")
    assert open_tasks(case) == ["Task_Work"]
    # at
    test.advance_to("2026-09-10T11:00:00+09:00")
    assert open_tasks(case) == ["Task_Work", "Task_DefineStages"], CORE_4
    # when
    submit(test, case, "Task_DefineStages", LATE)
    # then
    assert open_tasks(case) == ["Task_StageWork"]
    assert "2026년 9월 30일(수)" in last_mail(test, "M12", case)
    assert [row.state for row in promised(test, case, "C4").values()] == ["RUNNING", "RUNNING"]
    assert case.variables["is_long"] is True


def test_work_done_in_time_withdraws_the_question_for_stages(test: ProcessTest) -> None:
    case = reviewed(test)
    test.advance_to("2026-09-10T11:00:00+09:00")
    submit(test, case, "Task_Work", {"done_on": "2026-09-10", "summary_ko": SUMMARY})
    assert open_tasks(case) == ["Task_Verify"]


def test_a_changed_plan_voids_the_old_stages_and_promises_the_new(test: ProcessTest) -> None:
    # given
    case = long_one(test)
    test.advance_to("2026-09-03T17:00+09:00")
    submit(test, case, "Task_StageWork", {"done_on": "2026-09-03", "summary_ko": SUMMARY})
    # when
    assert test.message("MSG_PLAN_CHANGED", business_key=case.business_key) == 1
    submit(test, case, "Task_Replan", REPLAN)
    # then
    rows = promised(test, case, "C4")
    assert {item: row.state for item, row in rows.items()} == {
        "stage1": "KEPT",
        "stage2": "VOID",
        "stage3": "VOID",
        "stage4": "VOID",
        "stage2p2": "RUNNING",
        "stage3p2": "RUNNING",
    }
    assert rows["stage2"].reason == "replanned"
    text = last_mail(test, "M12", case)
    assert "2026년 11월 27일(금)" in text
    assert "2026년 12월 10일(목)" in text


# ---------------------------------------------------------------- the other ways it can go


def test_a_rejected_request_says_why_and_closes_after_ten_business_days(test: ProcessTest) -> None:
    # given
    case = reviewed(test, decision="reject", reason=REASON)
    assert REASON in last_mail(test, "M10", case)
    assert promised(test, case, "C2")[""].state == "KEPT"
    assert milestone(test, case, "REJECTED") is not None
    # just before
    test.advance_to("2026-08-27T09:59:59+09:00")
    assert case.state == "active"
    # when
    test.advance_to("2026-08-27T10:00:00+09:00")
    # then
    assert end_state(test, case) == "REJECTED"


@pytest.mark.parametrize("again", [True, False])
def test_an_objection_is_looked_at_by_the_manager(test: ProcessTest, again: bool) -> None:
    # given
    case = reviewed(test, decision="reject", reason=REASON)
    assert (
        test.message("MSG_OBJECTION", business_key=case.business_key, variables={"objection": "다시 봐 주십시오."}) == 1
    )
    # when
    answer = None if again else "다시 살펴보았으나 같은 이유로 이번에는 반영하기 어렵습니다. 죄송합니다."
    submit(test, case, "Task_Reconsider", {"reconsider": again, "answer_ko": answer}, by="m")
    # then
    assert open_tasks(case) == (["Task_Review"] if again else [])
    assert end_state(test, case) == (None if again else "REJECTED")
    assert mails_to(test, NA, case) == (["M01", "M10"] if again else ["M01", "M10", "M10"])


def test_a_view_on_a_part_is_answered_while_the_work_goes_on(test: ProcessTest) -> None:
    # given
    case = reviewed(test, decision="partial", reason=REASON)
    # when
    assert test.message("MSG_VIEW_ON_PART", business_key=case.business_key) == 1
    assert open_tasks(case) == ["Task_Work", "Task_AnswerView"]
    submit(
        test,
        case,
        "Task_AnswerView",
        {"answer_ko": "말씀하신 화면은 다음 분기에 함께 고칠 수 있도록 준비하겠습니다. 감사합니다."},
        by="m",
    )
    # then
    assert open_tasks(case) == ["Task_Work"]
    assert "다음 분기" in last_mail(test, "M10", case)


def test_a_question_to_the_customer_pauses_the_review(test: ProcessTest) -> None:
    # given
    case = request(test)
    test.advance_to("2026-08-12T11:00+09:00")
    submit(test, case, "Task_Review", {"decision": "need_info", "questions": "어느 화면을 말씀하시는지 알려 주십시오."})
    assert open_tasks(case) == []
    # when
    test.advance_to("2026-08-13T11:00+09:00")
    assert (
        test.message("MSG_CUSTOMER_REPLY", business_key=case.business_key, variables={"reply": "주문 화면입니다."}) == 1
    )
    # then
    assert open_tasks(case) == ["Task_Review"]
    assert kst(promised(test, case, "C2")[""], "due_at") == "2026-08-19 11:00:00", CORE_2


def test_a_customer_who_does_not_answer_is_closed_as_such(test: ProcessTest) -> None:
    case = request(test)
    submit(test, case, "Task_Review", {"decision": "need_info", "questions": "어느 화면을 말씀하시는지 알려 주십시오."})
    test.advance_to("2026-08-25T11:00+09:00")
    assert end_state(test, case) == "NO_ANSWER"
    assert promised(test, case, "C2")[""].state == "VOID"


def test_an_urgent_request_is_looked_at_by_a_person_first(test: ProcessTest) -> None:
    # given
    case = request(test, urgency="urgent", urgent_reason="다음 주에 문을 여는 지점에서 반드시 써야 합니다.")
    assert open_tasks(case) == ["Task_Triage"]
    # when
    submit(test, case, "Task_Triage", {"handler_group": "개발팀", "priority": "high"}, by="r")
    # then
    assert case.task("Task_Review").candidate_groups == ("개발팀",)


REGULATORY = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="urn:charterflow:test">
  <process id="regulatory_change" name="제도 변경" isExecutable="true">
    <startEvent id="Start"/><userTask id="Task_Look" name="살펴보기"/><endEvent id="End"/>
    <sequenceFlow id="a" sourceRef="Start" targetRef="Task_Look"/>
    <sequenceFlow id="b" sourceRef="Task_Look" targetRef="End"/>
  </process>
</definitions>
"""


def moved(test: ProcessTest, case: Case) -> bool:
    """Whether the case ended as moved and a regulatory case knows of it."""
    with test.engine.reading() as tx:
        links = cases.links_of(tx, number(case))
    return end_state(test, case) == "MOVED" and [(one.process, one.kind) for one in links] == [
        ("regulatory_change", "handed_over")
    ]


def test_a_regulatory_request_moves_to_its_own_process(test: ProcessTest) -> None:
    # given
    test.deploy({"regulatory_change.bpmn": REGULATORY.encode()})
    case = request(test, urgency="urgent", urgent_reason="감독 기관이 다음 달부터 시행한다고 알려 왔습니다.")
    # when
    submit(test, case, "Task_Triage", {"handler_group": "운영팀", "priority": "high", "is_regulatory": True}, by="r")
    # then
    assert moved(test, case)
    assert promised(test, case, "C2")[""].state == "VOID"


def test_a_reviewer_may_see_that_it_is_regulatory(test: ProcessTest) -> None:
    # given
    test.deploy({"regulatory_change.bpmn": REGULATORY.encode()})
    case = request(test)
    # when
    submit(test, case, "Task_Review", {"decision": "to_regulatory"})
    # then
    assert moved(test, case)


def test_a_confirmed_result_closes_the_case(test: ProcessTest) -> None:
    # given
    case = reviewed(test)
    submit(test, case, "Task_Work", WORKED)
    submit(test, case, "Task_Verify", PROOF)
    # when
    assert test.message("MSG_CUSTOMER_CONFIRM", business_key=case.business_key) == 1
    # then
    assert end_state(test, case) == "DONE"
    assert milestone(test, case, "COMPLETED") is not None


def test_a_result_that_is_not_right_is_worked_on_again(test: ProcessTest) -> None:
    # given
    case = reviewed(test)
    submit(test, case, "Task_Work", WORKED)
    submit(test, case, "Task_Verify", PROOF)
    # when
    assert test.message("MSG_CUSTOMER_REJECT_RESULT", business_key=case.business_key) == 1
    # then
    assert open_tasks(case) == ["Task_Rework"]
    assert case.variables["reworks"] == 1, PLEDGE_3
    submit(test, case, "Task_Rework", WORKED)
    assert open_tasks(case) == ["Task_Verify"]


@pytest.mark.parametrize("told", [True, False])
def test_a_customer_may_cancel_and_the_manager_hears_of_work_to_stop(test: ProcessTest, told: bool) -> None:
    # given
    case = reviewed(test) if told else request(test)
    # when
    assert test.message("MSG_CUSTOMER_CANCEL", business_key=case.business_key) == 1
    # then
    assert end_state(test, case) == "CANCELLED_BY_CUSTOMER"
    assert mails_to(test, NA, case)[-1] == "M02C"
    assert ("M02S" in mails_to_user(test, "m", case)) is told


def test_a_cancelled_request_makes_its_promise_void(test: ProcessTest) -> None:
    case = request(test)
    test.message("MSG_CUSTOMER_CANCEL", business_key=case.business_key)
    assert promised(test, case, "C2")[""].state == "VOID"


def test_a_case_merged_later_says_where_it_went(test: ProcessTest) -> None:
    # given
    first = request(
        test,
        title="시세 화면 글자",
        body="시세 화면의 글자 크기를 고를 수 있게 바꾸어 주시면 좋겠습니다. 부탁드립니다.",
        email="ga@example.com",
        org="가라증권",
    )
    case = request(test)
    # when
    assert test.message("MSG_MERGE", business_key=case.business_key, variables={"orig_no": first.business_key}) == 1
    # then
    assert end_state(test, case) == "MERGED_DUPLICATE"
    assert str(first.business_key) in last_mail(test, "M05", case)


# ---------------------------------------------------------------- decisions and coverage


@pytest.mark.parametrize(
    ("decision", "inputs", "value"),
    [
        ("size_from_effort", {"effort_md": 3}, "S"),
        ("size_from_effort", {"effort_md": 3.1}, "M"),
        ("size_from_effort", {"effort_md": 15}, "M"),
        ("size_from_effort", {"effort_md": 60}, "L"),
        ("size_from_effort", {"effort_md": 60.5}, "XL"),
        ("size_approval", {"size": "M"}, "none"),
        ("size_approval", {"size": "L"}, "manager"),
        ("size_approval", {"size": "XL"}, "manager_owner"),
    ],
)
def test_the_tables_decide_as_the_charter_says(
    test: ProcessTest, decision: str, inputs: dict[str, object], value: str
) -> None:
    assert test.decide(decision, inputs) == value


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        ({"is_regulatory": True}, ("제도담당", "high", "BP02")),
        ({"urgency": "urgent"}, ("운영팀", "high", "manual")),
        ({"service": {"known": False, "critical": False, "owner_group": "접수"}}, ("접수", "normal", "manual")),
        ({}, ("운영팀", "high", "auto")),
        ({"service": {"known": True, "critical": False, "owner_group": "개발팀"}}, ("개발팀", "normal", "auto")),
    ],
)
def test_a_request_finds_its_group(test: ProcessTest, facts: dict[str, object], answer: tuple[str, str, str]) -> None:
    known = {"known": True, "critical": True, "owner_group": "운영팀"}
    asked = {"is_regulatory": False, "urgency": "normal", "service": known, **facts}
    assert test.decide("request_route", asked) == dict(zip(("group", "priority", "route"), answer, strict=True))


def merged_at_the_desk(test: ProcessTest) -> None:
    first = request(test)
    case = request(test)
    submit(test, case, "Task_CheckDuplicate", {"verdict": "duplicate_of", "duplicate_case": first.business_key}, by="r")
    assert end_state(test, case) == "MERGED_DUPLICATE"


def objected(test: ProcessTest) -> None:
    test_an_objection_is_looked_at_by_the_manager(test, again=True)


def objected_in_vain(test: ProcessTest) -> None:
    test_an_objection_is_looked_at_by_the_manager(test, again=False)


def cancelled_early(test: ProcessTest) -> None:
    test_a_customer_may_cancel_and_the_manager_hears_of_work_to_stop(test, told=False)


def cancelled_late(test: ProcessTest) -> None:
    test_a_customer_may_cancel_and_the_manager_hears_of_work_to_stop(test, told=True)


WAYS = (
    test_s02_from_request_to_closing,
    test_a_large_review_waits_for_the_manager_who_is_reminded_after_a_business_day,
    test_a_review_that_is_not_approved_goes_back,
    test_a_very_large_review_needs_the_process_owner_too,
    test_work_that_turns_out_long_gets_stages_a_month_after_receipt,
    test_a_changed_plan_voids_the_old_stages_and_promises_the_new,
    test_a_rejected_request_says_why_and_closes_after_ten_business_days,
    objected,
    objected_in_vain,
    test_a_view_on_a_part_is_answered_while_the_work_goes_on,
    test_a_question_to_the_customer_pauses_the_review,
    test_a_customer_who_does_not_answer_is_closed_as_such,
    test_an_urgent_request_is_looked_at_by_a_person_first,
    test_a_regulatory_request_moves_to_its_own_process,
    test_a_reviewer_may_see_that_it_is_regulatory,
    test_a_confirmed_result_closes_the_case,
    test_a_result_that_is_not_right_is_worked_on_again,
    cancelled_early,
    cancelled_late,
    merged_at_the_desk,
    test_a_case_merged_later_says_where_it_went,
)


def test_every_element_and_every_flow_is_taken_by_some_request() -> None:
    missing: set[str] | None = None
    for way in WAYS:
        with office() as one:
            way(one)
            untaken = never_taken(one, "request_handling")
            missing = untaken if missing is None else missing & untaken
    assert missing == set()
