"""Deadline notices: a warning at 80 percent, and who must know when a promise was missed (SB02)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from charterflow.testing import Case, ProcessTest
from engine.errors import InvalidForm
from tests.workflows.request_cases import last_mail, mails_to_user, never_taken, office, promised, request, submit
from workflows.korean import SEOUL

EXPLANATION = {
    "cause": "staffing",
    "explanation": "담당자 두 명이 함께 자리를 비워 검토가 늦어졌습니다.",
    "prevent": "대신할 사람을 정해 둡니다.",
}


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with office() as one:
        yield one


def manager_asked(test: ProcessTest) -> Case:
    return next(one for one in test.cases if any(task.element_id == "Task_BreachReason" for task in one.tasks))


def test_the_handler_and_the_manager_are_warned_once_at_80_percent(test: ProcessTest) -> None:
    # given
    case = request(test)
    # just before
    test.advance_to("2026-08-14T10:59:59+09:00")
    assert mails_to_user(test, "a", case) == []
    # at
    test.advance_to("2026-08-14T11:00:00+09:00")
    assert mails_to_user(test, "a", case) == ["M90"]
    assert mails_to_user(test, "m", case) == ["M90"]
    assert "2026년 8월 18일(화) 11:00" in last_mail(test, "M90", case)
    assert "영업일 1일" in last_mail(test, "M90", case)
    # and never again
    test.advance_to("2026-08-18T11:00:00+09:00")
    assert mails_to_user(test, "a", case) == ["M90"]


def test_a_breach_is_told_at_once_and_the_manager_is_asked_why(test: ProcessTest) -> None:
    # given
    case = request(test)
    # at the due instant it can still be kept
    test.advance_to("2026-08-18T11:00:00+09:00")
    assert promised(test, case, "C2")[""].state == "RUNNING"
    # a second later it is missed
    test.advance_to("2026-08-18T11:00:01+09:00")
    assert promised(test, case, "C2")[""].state == "BREACHED"
    test.advance_to("2026-08-18T11:01:00+09:00")
    for user in ("a", "m", "q"):
        assert mails_to_user(test, user, case)[-1] == "M91"
    task = manager_asked(test).task("Task_BreachReason")
    assert task.candidate_groups == ("관리자",)
    assert task.due_at is not None
    assert task.due_at.astimezone(SEOUL).isoformat() == "2026-08-20T11:00:01+09:00"
    # when
    submit(test, manager_asked(test), "Task_BreachReason", EXPLANATION, by="m")
    # then
    assert "담당자 두 명" in str(promised(test, case, "C2")[""].cause)
    assert case.state == "active"


def test_a_reason_has_twenty_letters_or_more(test: ProcessTest) -> None:
    request(test)
    test.advance_to("2026-08-18T11:01:00+09:00")
    with pytest.raises(InvalidForm) as refused:
        submit(test, manager_asked(test), "Task_BreachReason", {"cause": "other", "explanation": "바빴습니다."}, by="m")
    assert list(refused.value.errors) == ["explanation"]


def test_every_element_and_every_flow_is_taken() -> None:
    with office() as one:
        test_a_breach_is_told_at_once_and_the_manager_is_asked_why(one)
        assert never_taken(one, "escalate") == set()
