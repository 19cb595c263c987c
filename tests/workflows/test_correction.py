"""Corrections: pledge 6 and reward 1 of the charter, called by a complaint or alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from charterflow.testing import Case, ProcessTest
from engine.errors import InvalidForm
from tests.workflows.complaint_cases import DONE, GA, complaint, corrected, judged, office, screened, started
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
from workflows import cases, forms, permissions
from workflows.charter_functions import functions_for
from workflows.korean import SEOUL
from workflows.promises import Promise

PLEDGE_6 = "고객에게 불편을 초래할 경우 즉시 시정조치 하겠습니다"
REWARD_1 = "직원의 업무 처리시의 실수나 잘못된 서비스에 대해서는 즉시 시정조치 하겠습니다"
WRONG = {
    "what": "주문 화면에 어제의 기준가가 그대로 보이고 있었습니다.", "department": "운영팀", "clause": "F1",
    "confirmed_at": "2026-09-15T16:00:00+09:00", "name": "김고객", "email": GA,
}  # fmt: skip
LATER: dict[str, Any] = {
    "done_today": False, "plan_date": "2026-09-22", "plan_reason": "고칠 프로그램을 시험할 시간이 필요합니다.",
}  # fmt: skip


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with office("2026-09-15T16:00+09:00") as one:
        yield one


def correction(test: ProcessTest, **changed: object) -> Case:
    """Start a correction that stands alone, as a member of staff does by its form."""
    with test.engine.transaction("m") as tx:
        form = forms.start_form(tx, "correction")
        assert form is not None
        functions = functions_for(tx, None)
        typed = form.validate(
            {**WRONG, **changed}, today=test.now.date(), now=test.clock.now(), functions=functions
        )  # fmt: skip
        opened = cases.open_case(tx, "correction", channel="staff", lang="ko", form=typed, by="m").case
    test.settle()
    assert opened.instance_id is not None
    return Case(test, opened.instance_id)


def kst(promise: Promise, name: str) -> str:
    moment: datetime = getattr(promise, name)
    return moment.astimezone(SEOUL).strftime("%m-%d %H:%M:%S")


def row(test: ProcessTest, case: Case, clause: str, item: str) -> Promise:
    return promised(test, case, clause)[item]


def test_a_confirmed_fault_starts_all_its_clocks_at_once(test: ProcessTest) -> None:
    case = correction(test)
    assert kst(row(test, case, "P6", "start"), "due_at") == "09-15 17:00:00", PLEDGE_6
    assert kst(row(test, case, "F1", "start"), "due_at") == "09-15 17:00:00", REWARD_1
    assert kst(row(test, case, "P6", "tell"), "due_at") == "09-16 11:00:00", PLEDGE_6
    assert kst(row(test, case, "F1", "done"), "due_at") == "09-16 16:00:00", REWARD_1
    assert case.task("Task_StartCorrection").candidate_groups == ("운영팀 관리자",)


def test_the_clocks_count_from_the_confirmation_not_from_the_entry(test: ProcessTest) -> None:
    test.advance_to("2026-09-15T16:30+09:00")
    case = correction(test)
    assert kst(row(test, case, "P6", "start"), "due_at") == "09-15 17:00:00", PLEDGE_6


@pytest.mark.parametrize(
    ("at", "state"), [("16:59:59", "KEPT"), ("17:00:00", "KEPT"), ("17:00:01", "BREACHED")]
)  # fmt: skip
def test_the_start_counts_up_to_the_due_instant(test: ProcessTest, at: str, state: str) -> None:
    # given
    case = correction(test)
    test.advance_to(f"2026-09-15T{at}+09:00")
    # when
    started(test, case)
    # then
    assert row(test, case, "P6", "start").state == state, PLEDGE_6
    assert row(test, case, "F1", "start").state == state, REWARD_1
    assert row(test, case, "P6", "tell").state == "KEPT", PLEDGE_6


def test_a_start_written_down_late_counts_from_when_it_was(test: ProcessTest) -> None:
    # given
    case = correction(test)
    test.advance_to("2026-09-15T17:20+09:00")
    # when
    started(test, case, started_at="2026-09-15T16:50:00+09:00")
    # then
    kept = row(test, case, "P6", "start")
    assert (kept.state, kst(kept, "met_at")) == ("KEPT", "09-15 16:50:00"), PLEDGE_6


@pytest.mark.parametrize(
    ("at", "state"), [("10:59:59", "KEPT"), ("11:00:00", "KEPT"), ("11:00:01", "BREACHED")]
)  # fmt: skip
def test_the_customer_is_told_within_four_business_hours(test: ProcessTest, at: str, state: str) -> None:
    case = correction(test)
    test.advance_to(f"2026-09-16T{at}+09:00")
    started(test, case)
    assert row(test, case, "P6", "tell").state == state, PLEDGE_6
    assert mails_to(test, GA, case) == ["M140"]
    assert "전화 응대에서 빼고" in last_mail(test, "M140", case)


@pytest.mark.parametrize(
    ("at", "state"), [("15:59:59", "KEPT"), ("16:00:00", "KEPT"), ("16:00:01", "BREACHED")]
)  # fmt: skip
def test_it_is_done_when_another_person_has_verified_it(test: ProcessTest, at: str, state: str) -> None:
    # given
    case = started(test, correction(test))
    test.advance_to("2026-09-16T14:00+09:00")
    submit(test, case, "Task_Correct", {"done_at": "2026-09-16T14:00:00+09:00", **DONE}, by="u")
    assert row(test, case, "F1", "done").state == "RUNNING", REWARD_1
    test.advance_to(f"2026-09-16T{at}+09:00")
    # when
    submit(test, case, "Task_VerifyCorrection", {"ok": True}, by="m")
    # then
    assert row(test, case, "F1", "done").state == state, REWARD_1
    assert mails_to(test, GA, case) == ["M140", "M142"]
    assert "개발팀" in last_mail(test, "M142", case)
    assert end_state(test, case) == "CORRECTED"


def test_the_department_is_warned_at_four_fifths_of_the_day(test: ProcessTest) -> None:
    case = started(test, correction(test))
    test.advance_to("2026-09-16T14:11:59+09:00")
    assert mails_to_user(test, "u", case) == []
    test.advance_to("2026-09-16T14:12+09:00")
    assert mails_to_user(test, "u", case) == ["M90"]
    assert mails_to_user(test, "m", case) == ["M90"]


def test_who_corrects_does_not_verify(test: ProcessTest) -> None:
    # given: M starts and finishes it for his own department
    case = started(test, correction(test, department="개발팀"), by="m")
    submit(test, case, "Task_Correct", {"done_at": test.now.isoformat(), **DONE}, by="m")
    # then
    with test.engine.reading() as tx:
        assert permissions.separated(tx, case.task("Task_VerifyCorrection")) == {"m"}
    submit(test, case, "Task_VerifyCorrection", {"ok": True}, by="q")


def test_what_is_not_corrected_goes_back(test: ProcessTest) -> None:
    # given
    case = started(test, correction(test))
    submit(test, case, "Task_Correct", {"done_at": test.now.isoformat(), **DONE}, by="u")
    # when
    with pytest.raises(InvalidForm):
        submit(test, case, "Task_VerifyCorrection", {"ok": False}, by="m")
    submit(test, case, "Task_VerifyCorrection", {"ok": False, "verify_comment": "점검표가 빠져 있습니다."}, by="m")
    # then
    assert open_tasks(case) == ["Task_Correct"]
    assert row(test, case, "F1", "done").state == "RUNNING", REWARD_1


def test_more_time_takes_a_date_and_a_reason_told_within_the_day(test: ProcessTest) -> None:
    # given
    case = correction(test)
    # when
    with pytest.raises(InvalidForm) as refused:
        started(test, case, done_today=False)
    # then
    assert set(refused.value.errors) == {"plan_date", "plan_reason"}
    # when
    started(test, case, **LATER)
    # then
    assert mails_to(test, GA, case) == ["M140", "M141"]
    assert "2026년 9월 22일(화)" in last_mail(test, "M141", case)
    assert row(test, case, "F1", "done").state == "KEPT", REWARD_1
    plan = row(test, case, "F1", "plan")
    assert (plan.state, kst(plan, "due_at")) == ("RUNNING", "09-22 18:00:00"), REWARD_1
    planned = milestone(test, case, "PLANNED")
    assert planned is not None
    assert planned.reached_at is not None


@pytest.mark.parametrize(
    ("at", "state", "end"),
    [
        ("17:59:59", "KEPT", "CORRECTED"),
        ("18:00:00", "KEPT", "CORRECTED"),
        ("18:00:01", "BREACHED", "PLAN_MISSED"),
    ],
)
def test_the_date_that_was_told_is_a_promise_too(test: ProcessTest, at: str, state: str, end: str) -> None:
    case = started(test, correction(test), **LATER)
    test.advance_to(f"2026-09-22T{at}+09:00")
    corrected(test, case)
    assert row(test, case, "F1", "plan").state == state, REWARD_1
    assert end_state(test, case) == end


def test_no_plan_lies_more_than_thirty_days_ahead(test: ProcessTest) -> None:
    case = correction(test)
    with pytest.raises(InvalidForm) as refused:
        started(test, case, **{**LATER, "plan_date": "2026-10-16"})
    assert set(refused.value.errors) == {"plan_date"}


def test_others_who_were_affected_are_told_before_they_ask(test: ProcessTest) -> None:
    case = started(test, correction(test))
    corrected(test, case, affected_others=[{"name": "이웃", "email": "next@example.com"}])
    assert mails_to(test, "next@example.com", case) == ["M142X"]
    assert "어제의 기준가" in last_mail(test, "M142X", case)


def test_the_scope_is_looked_at_before_it_is_done(test: ProcessTest) -> None:
    case = started(test, correction(test))
    with pytest.raises(InvalidForm) as refused:
        corrected(test, case, scope_checked=False)
    assert set(refused.value.errors) == {"scope_checked"}


def test_the_process_owner_changes_what_let_it_happen_and_nobody_waits_for_it(test: ProcessTest) -> None:
    # given
    case = corrected(test, started(test, correction(test)))
    assert case.state == "completed"
    prevention = next(one for one in test.cases if open_tasks(one) == ["Task_Prevent"])
    assert prevention.business_key == number(case)
    assert prevention.task("Task_Prevent").candidate_groups == ("업무담당",)
    # when
    submit(
        test,
        prevention,
        "Task_Prevent",
        {"change": "checklist", "change_note": "점검표를 3판으로 고쳤습니다."},
        by="owner",
    )
    # then
    assert prevention.state == "completed"


def test_a_correction_is_linked_with_the_case_it_is_about(test: ProcessTest) -> None:
    # given
    source = correction(test)
    # when
    case = correction(test, source_case=number(source))
    # then
    with test.engine.reading() as tx:
        assert [(one.no, one.kind) for one in cases.links_of(tx, number(case))] == [(number(source), "correction")]


def test_a_department_without_a_manager_is_the_managers_matter(test: ProcessTest) -> None:
    case = complaint(test, department=None)
    screened(test, case, urgent_fix=True, urgent_what="상담실의 의자가 부서져 있어 바로 치워야 합니다.")
    assert case.task("Task_StartCorrection").candidate_groups == ("관리자",)


def test_everything_in_the_diagram_was_walked(test: ProcessTest) -> None:
    # a complaint calls it and writes the result itself
    called = judged(test, screened(test, complaint(test)))
    corrected(test, started(test, called))
    assert "M142" not in mails_to(test, GA, called)
    # alone, about another case, planned, not right at first, others affected
    alone = started(test, correction(test, source_case=number(called)), **LATER)
    submit(test, alone, "Task_Correct", {"done_at": test.now.isoformat(), **DONE}, by="u")
    submit(test, alone, "Task_VerifyCorrection", {"ok": False, "verify_comment": "점검표가 빠져 있습니다."}, by="m")
    corrected(test, alone, affected_others=[{"name": "이웃", "email": "next@example.com"}])
    corrected(test, started(test, correction(test)))
    for one in test.cases:
        if open_tasks(one) == ["Task_Prevent"]:
            submit(test, one, "Task_Prevent", {"change": "none", "change_note": "바꿀 것이 없습니다."}, by="owner")
    assert never_taken(test, "correction") == set()
