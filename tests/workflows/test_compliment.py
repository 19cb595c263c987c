"""Compliments: cooperation 3 of the charter, from a person's thanks to the monthly commendation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import pytest

from charterflow.testing import Case, ProcessTest
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
from tests.workflows.voc_cases import opened, successor, voc_office, voice
from workflows import cases, commendations, permissions
from workflows.commendations import Commendation
from workflows.compliment.jobs import level_of
from workflows.korean import SEOUL
from workflows.promises import Promise

COOPERATION_3 = "모범적인 직원을 보신 경우 적극 알려주시면 널리 본보기로 삼겠습니다"
MA = "ma@example.com"
PRAISE: Mapping[str, object] = {
    "name": "마고객", "email": MA, "employee_or_department": "개발팀 이도현 님", "lang": "ko", "privacy_consent": True,
    "what_happened": "늦은 시간에도 원인을 끝까지 찾아 알기 쉽게 설명해 주셨습니다.", "may_publish": True,
}  # fmt: skip
READ: Mapping[str, object] = {"genuine": True, "employee": "c"}
DECISION_DAY = "2026-10-01T10:00:00+09:00"


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with voc_office("compliment.bpmn") as one:
        yield one


def praise(test: ProcessTest, **changed: object) -> Case:
    return opened(test, "compliment", {**PRAISE, **changed})


def kst(promise: Promise, name: str) -> str:
    moment: datetime = getattr(promise, name)
    return moment.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M:%S")


def vote(test: ProcessTest, case: Case, *votes: str) -> None:
    """The first members of the committee vote."""
    for choice in votes:
        task = case.task("Task_Commend")
        assert task.assignee is not None
        submit(test, case, "Task_Commend", {"vote": choice}, by=task.assignee)


def published(test: ProcessTest) -> list[Commendation]:
    with test.engine.reading() as tx:
        return list(commendations.newest(tx))


def decided(test: ProcessTest, case: Case, *votes: str, **read: object) -> None:
    """Read, passed on, and voted on at the first business day of the next month."""
    submit(test, case, "Task_Read", {**READ, **read}, by="q")
    test.advance_to(DECISION_DAY)
    vote(test, case, *votes)


@pytest.mark.parametrize(("at", "state"), [("14:59:59", "KEPT"), ("15:00:00", "KEPT"), ("15:00:01", "BREACHED")])
def test_a_person_thanks_within_a_business_day(test: ProcessTest, at: str, state: str) -> None:
    # given
    case = praise(test)
    assert kst(promised(test, case, "K3")["ack"], "due_at") == "2026-09-28 15:00:00", COOPERATION_3
    assert mails_to(test, MA, case) == []
    test.advance_to(f"2026-09-28T{at}+09:00")
    # when
    submit(test, case, "Task_Read", READ, by="q")
    # then
    assert promised(test, case, "K3")["ack"].state == state, COOPERATION_3
    assert mails_to(test, MA, case) == ["M120"]
    assert "이도현" in last_mail(test, "M120", case)


def test_the_employee_and_the_manager_read_the_words(test: ProcessTest) -> None:
    # when
    case = praise(test)
    submit(test, case, "Task_Read", READ, by="q")
    # then
    assert mails_to_user(test, "c", case) == ["M121"]
    assert mails_to_user(test, "m", case) == ["M121"]
    assert "알기 쉽게 설명해 주셨습니다" in last_mail(test, "M121", case)
    assert MA not in last_mail(test, "M121", case)
    shared = milestone(test, case, "SHARED")
    assert shared is not None
    assert shared.reached_at is not None
    assert case.task("Task_Consent").assignee == "c"


def test_at_night_staff_are_not_woken_for_it(test: ProcessTest) -> None:
    # given
    test.advance_to("2026-09-28T22:00+09:00")
    case = praise(test)
    # when
    submit(test, case, "Task_Read", READ, by="q")
    # then
    held = [m for m in test.mails if m.reference["mail"] == "M121"]
    assert [m.accepted_at for m in held] == [None, None]
    test.advance_to("2026-09-29T08:00+09:00")
    assert all(m.accepted_at for m in test.mails)


def test_the_informant_may_ask_not_to_tell(test: ProcessTest) -> None:
    case = praise(test, keep_private=True)
    submit(test, case, "Task_Read", READ, by="q")
    assert mails_to_user(test, "c", case) == []
    assert mails_to_user(test, "m", case) == []
    assert open_tasks(case) == []


def test_an_employee_who_left_is_not_written_to(test: ProcessTest) -> None:
    case = praise(test)
    submit(test, case, "Task_Read", {**READ, "left_company": True}, by="q")
    assert mails_to_user(test, "c", case) == []
    assert mails_to_user(test, "m", case) == ["M121"]


def test_a_department_is_praised_through_its_manager(test: ProcessTest) -> None:
    # given
    case = praise(test, employee_or_department="운영팀")
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_Read", {"genuine": True}, by="q")
    assert list(refused.value.errors) == ["employee"]
    # when
    submit(test, case, "Task_Read", {"genuine": True, "department": "운영팀"}, by="q")
    # then
    assert mails_to_user(test, "u", case) == ["M121"]
    assert end_state(test, case) == "DONE"


def test_what_is_no_compliment_ends(test: ProcessTest) -> None:
    case = praise(test)
    submit(test, case, "Task_Read", {"genuine": False}, by="q")
    assert end_state(test, case) == "SPAM"
    assert mails_to(test, MA, case) == []


def test_the_committee_votes_on_the_first_business_day_of_the_next_month(test: ProcessTest) -> None:
    # given
    case = praise(test)
    submit(test, case, "Task_Read", READ, by="q")
    submit(test, case, "Task_Consent", {"publish_name": True}, by="c")
    assert kst(promised(test, case, "K3")["decide"], "due_at") == "2026-10-12 10:00:00", COOPERATION_3
    # just before
    test.advance_to("2026-10-01T09:59:59+09:00")
    assert open_tasks(case) == []
    # at
    test.advance_to(DECISION_DAY)
    assert {task.assignee for task in case.tasks} == {"q", "head", "i", "f"}
    # when
    vote(test, case, "award", "award", "letter")
    # then
    assert promised(test, case, "K3")["decide"].state == "KEPT", COOPERATION_3
    assert mails_to(test, MA, case) == ["M120", "M122"]
    assert "2026년 10월 모범 사례" in last_mail(test, "M122", case)
    assert end_state(test, case) == "COMMENDED"
    (shown,) = published(test)
    assert (shown.name, shown.department, shown.level) == ("이도현", "개발팀", "award"), COOPERATION_3
    assert shown.words is not None


@pytest.mark.parametrize(
    ("votes", "level"),
    [
        (["award", "award", "none"], "award"),
        (["award", "letter", "none"], "letter"),
        (["award", "none"], "none"),
        (["none", "none", "award"], "none"),
        (["award"], "none"),
        ([], "none"),
    ],
)
def test_more_than_half_decide_and_two_votes_at_least(votes: list[str], level: str) -> None:
    assert level_of(votes) == level


def test_nobody_is_chosen_by_too_few(test: ProcessTest) -> None:
    case = praise(test)
    decided(test, case, "none", "letter", "none")
    assert end_state(test, case) == "DONE"
    assert mails_to(test, MA, case) == ["M120"]
    assert published(test) == []


def test_nobody_votes_on_oneself(test: ProcessTest) -> None:
    case = praise(test)
    submit(test, case, "Task_Read", {**READ, "employee": "i"}, by="q")
    test.advance_to(DECISION_DAY)
    mine = next(task for task in case.tasks if task.element_id == "Task_Commend" and task.assignee == "i")
    with test.engine.reading() as tx:
        assert permissions.separated(tx, mine) == {"i"}


def test_without_an_answer_the_name_is_masked_after_ten_business_days(test: ProcessTest) -> None:
    # given
    case = praise(test, may_publish=False)
    decided(test, case, "letter", "letter", "letter")
    # just before
    test.advance_to("2026-10-19T09:59:59+09:00")
    assert published(test) == []
    # at
    test.advance_to("2026-10-19T10:00:00+09:00")
    (shown,) = published(test)
    assert (shown.name, shown.words) == ("이○○", None)
    assert end_state(test, case) == "COMMENDED"


@pytest.mark.parametrize(("consent", "name"), [(True, "이도현"), (False, "이○○")])
def test_the_employee_may_answer_after_the_vote(test: ProcessTest, consent: bool, name: str) -> None:
    case = praise(test)
    decided(test, case, "letter", "letter", "letter")
    submit(test, case, "Task_Consent", {"publish_name": consent}, by="c")
    assert published(test)[0].name == name
    assert end_state(test, case) == "COMMENDED"


def test_a_compliment_told_as_a_voice_of_the_customer_keeps_its_day(test: ProcessTest) -> None:
    # given
    told = voice(test, kind="compliment", email=MA, title="친절한 안내")
    case = successor(test, told, "compliment")
    assert end_state(test, told) == "MOVED"
    assert kst(promised(test, case, "W1")[""], "due_at") == "2026-09-28 15:00:00"
    # when
    submit(test, case, "Task_Read", READ, by="q")
    # then
    assert promised(test, case, "W1")[""].state == "KEPT"
    assert mails_to(test, MA, case) == ["M120"]


def test_the_informant_may_take_it_back(test: ProcessTest) -> None:
    case = praise(test)
    with test.engine.transaction("customer") as tx:
        cases.cancel(tx, number(case))
    test.settle()
    assert end_state(test, case) == "CANCELLED_BY_CUSTOMER"


def test_staff_may_merge(test: ProcessTest) -> None:
    first, second = praise(test), praise(test)
    with test.engine.transaction("q") as tx:
        cases.merge(tx, number(second), number(first))
    test.settle()
    assert end_state(test, second) == "MERGED_DUPLICATE"


def test_every_element_and_every_flow_is_taken() -> None:
    with voc_office("compliment.bpmn") as one:
        test_what_is_no_compliment_ends(one)
        test_a_department_is_praised_through_its_manager(one)
        test_the_informant_may_take_it_back(one)
        test_staff_may_merge(one)
        answers, silent, private, unchosen = praise(one), praise(one), praise(one, keep_private=True), praise(one)
        for case in (answers, silent, private, unchosen):
            submit(one, case, "Task_Read", READ, by="q")
        one.advance_to(DECISION_DAY)
        for case in (answers, silent, private):
            vote(one, case, "letter", "letter", "letter")
        vote(one, unchosen, "none", "none", "none")
        submit(one, answers, "Task_Consent", {"publish_name": True}, by="c")
        one.advance_to("2026-10-19T10:00+09:00")
        assert never_taken(one, "compliment") == set()
