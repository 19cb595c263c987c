"""Waiting for the customer: reminded after five business days, closed after ten, the clock stands still (SB04)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from charterflow.testing import Case, ProcessTest
from tests.workflows.request_cases import (
    NA,
    end_state,
    last_mail,
    mails_to,
    milestone,
    never_taken,
    office,
    open_tasks,
    promised,
    request,
    submit,
)
from workflows.korean import SEOUL

QUESTION = "어느 화면의 어느 단추를 말씀하시는지 알려 주십시오."


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with office() as one:
        yield one


def asked(test: ProcessTest) -> Case:
    case = request(test)
    test.advance_to("2026-08-11T11:00+09:00")
    submit(test, case, "Task_Review", {"decision": "need_info", "questions": QUESTION})
    return case


def answered(test: ProcessTest, case: Case) -> int:
    return test.message("MSG_CUSTOMER_REPLY", business_key=case.business_key, variables={"reply": "주문 단추입니다."})


def test_the_customer_reads_what_we_need_and_until_when(test: ProcessTest) -> None:
    case = asked(test)
    text = last_mail(test, "M06", case)
    assert QUESTION in text
    assert "2026년 8월 26일(수)" in text
    assert "처리기한은 멈춥니다" in text


def test_the_promise_stands_still_while_we_wait(test: ProcessTest) -> None:
    # given: four of five business days are left
    case = asked(test)
    test.advance_to("2026-08-20T11:00+09:00")
    assert promised(test, case, "C2")[""].state == "RUNNING"
    assert mails_to(test, NA, case) == ["M01", "M06", "M06R"]
    # when
    assert answered(test, case) == 1
    # then
    due = promised(test, case, "C2")[""].due_at.astimezone(SEOUL)
    assert due.isoformat() == "2026-08-26T11:00:00+09:00"
    assert open_tasks(case) == ["Task_Review"]


@pytest.mark.parametrize(("at", "reminded"), [("10:59:59", False), ("11:00:00", True), ("11:00:01", True)])
def test_after_five_business_days_we_ask_again(test: ProcessTest, at: str, reminded: bool) -> None:
    case = asked(test)
    test.advance_to(f"2026-08-19T{at}+09:00")
    assert (mails_to(test, NA, case)[-1] == "M06R") is reminded


@pytest.mark.parametrize(("at", "state"), [("10:59:59", None), ("11:00:00", "NO_ANSWER"), ("11:00:01", "NO_ANSWER")])
def test_after_ten_business_days_we_close_for_now(test: ProcessTest, at: str, state: str | None) -> None:
    case = asked(test)
    test.advance_to(f"2026-08-26T{at}+09:00")
    assert end_state(test, case) == state
    assert (mails_to(test, NA, case)[-1] == "M06C") is (state is not None)


def test_an_answer_at_the_last_moment_is_taken(test: ProcessTest) -> None:
    case = asked(test)
    test.advance_to("2026-08-26T10:59:59+09:00")
    assert answered(test, case) == 1
    assert open_tasks(case) == ["Task_Review"]
    assert milestone(test, case, "UNDER_REVIEW") is not None


def test_every_element_and_every_flow_is_taken() -> None:
    missing: set[str] | None = None
    for reply in (True, False):
        with office() as one:
            case = asked(one)
            if reply:
                answered(one, case)
            one.advance_to("2026-08-26T11:00:00+09:00")
            untaken = never_taken(one, "wait_customer")
            missing = untaken if missing is None else missing & untaken
    assert missing == set()
