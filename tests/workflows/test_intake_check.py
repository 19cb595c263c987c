"""Intake check: what was received before is found, and a person decides (SB03)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from charterflow.testing import ProcessTest
from engine.errors import InvalidForm
from tests.workflows.request_cases import (
    NA,
    end_state,
    last_mail,
    mails_to,
    never_taken,
    office,
    open_tasks,
    promised,
    request,
    submit,
)
from workflows import cases
from workflows.intake_check.jobs import similarity

OTHER = {
    "title": "시세 화면 글자 크기",
    "body": "시세 화면의 글자 크기를 고를 수 있게 바꾸어 주시면 좋겠습니다. 부탁드립니다.",
}


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with office() as one:
        yield one


def test_the_same_matter_of_the_same_customer_is_asked_about(test: ProcessTest) -> None:
    # given
    first = request(test)
    test.advance_to("2026-08-11T09:10+09:00")
    # when
    case = request(test)
    # then
    assert open_tasks(case) == ["Task_CheckDuplicate"]
    assert case.task("Task_CheckDuplicate").candidate_groups == ("접수",)
    # when
    submit(test, case, "Task_CheckDuplicate", {"verdict": "duplicate_of", "duplicate_case": first.business_key}, by="r")
    # then
    assert end_state(test, case) == "MERGED_DUPLICATE"
    assert mails_to(test, NA, case) == ["M01", "M05"]
    assert str(first.business_key) in last_mail(test, "M05", case)
    assert promised(test, case, "C2")[""].state == "VOID"
    assert promised(test, first, "C2")[""].state == "RUNNING"


def test_a_person_may_say_that_it_is_new(test: ProcessTest) -> None:
    request(test)
    case = request(test)
    submit(test, case, "Task_CheckDuplicate", {"verdict": "new"}, by="r")
    assert open_tasks(case) == ["Task_Review"]


def test_a_duplicate_names_the_earlier_case(test: ProcessTest) -> None:
    request(test)
    case = request(test)
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_CheckDuplicate", {"verdict": "duplicate_of"}, by="r")
    assert list(refused.value.errors) == ["duplicate_case"]


def test_another_matter_is_not_asked_about(test: ProcessTest) -> None:
    request(test)
    assert open_tasks(request(test, **OTHER)) == ["Task_Review"]


def test_a_colleague_with_the_same_words_is_asked_about_and_follows_the_first_case(test: ProcessTest) -> None:
    # given
    first = request(test)
    case = request(test, email="ra@example.com", phone="02-765-4321", name="라고객")
    assert open_tasks(case) == ["Task_CheckDuplicate"]
    # when
    submit(test, case, "Task_CheckDuplicate", {"verdict": "duplicate_of", "duplicate_case": first.business_key}, by="r")
    # then
    with test.engine.reading() as tx:
        followers = cases.get(tx, str(first.business_key)).followers
    assert [one["email"] for one in followers] == ["ra@example.com"]


@pytest.mark.parametrize(("day", "tasks"), [("24", ["Task_CheckDuplicate"]), ("25", ["Task_Review"])])
def test_after_fourteen_days_the_same_customer_means_it_anew(test: ProcessTest, day: str, tasks: list[str]) -> None:
    # given: nothing but the customer is the same organisation's
    request(test, org="나라증권 을지로지점")
    # when
    test.advance_to(f"2026-08-{day}T11:00+09:00")
    # then
    assert open_tasks(request(test, org="나라증권 여의도지점")) == tasks


@pytest.mark.parametrize(
    ("one", "another", "least", "most"),
    [
        ("주문 화면 연동", "주문 화면 연동", 1.0, 1.0),
        ("주문 화면을 연동해 주십시오", "주문화면 연동해주십시오!", 0.7, 1.0),
        ("주문 화면 연동", "시세 글자 크기", 0.0, 0.1),
        ("", "", 0.0, 0.0),
    ],
)
def test_likeness_is_the_share_of_common_letter_pairs(one: str, another: str, least: float, most: float) -> None:
    assert least <= similarity(one, another) <= most


def test_every_element_and_every_flow_is_taken() -> None:
    with office() as one:
        test_the_same_matter_of_the_same_customer_is_asked_about(one)
        case = request(one)
        submit(one, case, "Task_CheckDuplicate", {"verdict": "new"}, by="r")
        request(one, **OTHER)
        assert never_taken(one, "intake_check") == set()
