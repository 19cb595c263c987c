"""Product ideas: pledges 2 and 1 of the charter, and core 4 where an idea is studied long."""

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
    milestone,
    never_taken,
    number,
    open_tasks,
    promised,
    submit,
)
from tests.workflows.voc_cases import opened, successor, voc_office, voice
from workflows import cases
from workflows.korean import SEOUL
from workflows.promises import Promise

PLEDGE_2 = "고객가치 창출을 위한 상품 개발에 최선을 다하겠습니다"
PLEDGE_1 = "고객의 의견을 열린 마음으로 경청하겠습니다"
WEB_1 = "접수후 1일 이내에 검토결과를 알려드리겠습니다"
CORE_4 = "1개월 이상 소요될 경우에는 주요 단계별로 중간 진행상황을 알려 드리겠습니다"
DA = "da@example.com"
IDEA: Mapping[str, object] = {
    "name": "다고객", "email": DA, "title": "관심 종목 묶음 알림", "lang": "ko", "ip_terms": True,
    "privacy_consent": True,
    "problem": "여러 종목의 가격 알림을 하나씩 설정해야 해서 시간이 오래 걸립니다.",
    "idea": "관심 종목을 묶어 한 번에 가격 알림을 거는 기능이 있으면 좋겠습니다.",
}  # fmt: skip
WHY = "많은 고객께 도움이 되고 이미 계획한 알림 개선과 함께 만들 수 있는 좋은 제안이라 판단했습니다. 감사합니다."
DECLINE: Mapping[str, object] = {"verdict": "decline", "reason": WHY, "value": "2", "effort": "L"}
ADOPT: Mapping[str, object] = {**DECLINE, "verdict": "adopt", "roadmap_url": "https://charterflow.example/roadmap"}
STUDY: Mapping[str, object] = {**DECLINE, "verdict": "study", "study_until": "2026-10-08"}
RELEASE = {"released_on": "2026-09-23", "url": "https://charterflow.example/alerts"}


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with voc_office("product_idea.bpmn", "idea_route.dmn") as one:
        yield one


def idea(test: ProcessTest, **changed: object) -> Case:
    return opened(test, "product_idea", {**IDEA, **changed}, verified=True)


def kst(promise: Promise, name: str) -> str:
    moment: datetime = getattr(promise, name)
    return moment.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M:%S")


def test_an_idea_is_answered_within_ten_business_days(test: ProcessTest) -> None:
    # when
    case = idea(test)
    # then
    assert kst(promised(test, case, "P2")[""], "due_at") == "2026-10-13 15:00:00", PLEDGE_2
    assert mails_to(test, DA, case) == ["M160"]
    assert "2026년 10월 13일(화) 15:00" in last_mail(test, "M160", case)
    assert case.task("Task_Screen").candidate_groups == ("상품기획",)
    assert promised(test, case, "W1") == {}


@pytest.mark.parametrize(("at", "state"), [("14:59:59", "KEPT"), ("15:00:00", "KEPT"), ("15:00:01", "BREACHED")])
def test_the_decision_counts_up_to_the_due_instant(test: ProcessTest, at: str, state: str) -> None:
    # given
    case = idea(test)
    test.advance_to(f"2026-10-13T{at}+09:00")
    # when
    submit(test, case, "Task_Screen", DECLINE, by="b")
    # then
    assert promised(test, case, "P2")[""].state == state, PLEDGE_2
    assert promised(test, case, "P1")["reason"].state == "KEPT", PLEDGE_1
    assert "채택하지 않음" in last_mail(test, "M161", case)
    assert end_state(test, case) == "DECLINED"


def test_the_manager_of_a_named_product_screens(test: ProcessTest) -> None:
    assert idea(test, service="시세").task("Task_Screen").candidate_groups == ("운영팀 관리자",)


def test_an_adopted_idea_is_told_when_it_is_released(test: ProcessTest) -> None:
    # given
    case = idea(test)
    submit(test, case, "Task_Screen", ADOPT, by="b")
    assert "https://charterflow.example/roadmap" in last_mail(test, "M161", case)
    assert open_tasks(case) == ["Task_Release"]
    decided = milestone(test, case, "DECIDED")
    assert decided is not None
    assert decided.reached_at is not None
    # when
    submit(test, case, "Task_Release", RELEASE, by="b")
    # then
    assert mails_to(test, DA, case) == ["M160", "M161", "M162"]
    assert "2026년 9월 23일(수)" in last_mail(test, "M162", case)
    assert end_state(test, case) == "DONE", PLEDGE_2


def test_a_study_says_until_when_and_ends_with_a_decision(test: ProcessTest) -> None:
    # given
    case = idea(test)
    submit(test, case, "Task_Screen", STUDY, by="b")
    assert promised(test, case, "P2")[""].state == "KEPT"
    assert "2026년 10월 8일(목)" in last_mail(test, "M161", case)
    decided = milestone(test, case, "DECIDED")
    assert decided is not None
    assert decided.reached_at is None
    assert promised(test, case, "C4") == {}
    # when it goes on
    submit(test, case, "Task_Study", {"verdict": "study", "reason": WHY, "study_until": "2026-10-20"}, by="b")
    submit(test, case, "Task_Study", {"verdict": "adopt", "reason": WHY}, by="b")
    # then
    assert open_tasks(case) == ["Task_Release"]
    assert mails_to(test, DA, case) == ["M160", "M161", "M161", "M161"]


@pytest.mark.parametrize(
    ("at", "state"), [("12-01T17:59:59", "KEPT"), ("12-01T18:00:00", "KEPT"), ("12-01T18:00:01", "BREACHED")]
)
def test_a_study_of_a_month_is_told_within_a_business_day_of_its_date(test: ProcessTest, at: str, state: str) -> None:
    # given
    test.advance_to("2026-10-05T10:00+09:00")
    case = idea(test)
    submit(test, case, "Task_Screen", {**STUDY, "study_until": "2026-11-30"}, by="b")
    assert kst(promised(test, case, "C4")["study"], "due_at") == "2026-12-01 18:00:00", CORE_4
    test.advance_to(f"2026-{at}+09:00")
    # when
    submit(test, case, "Task_Study", {"verdict": "decline", "reason": WHY}, by="b")
    # then
    assert promised(test, case, "C4")["study"].state == state, CORE_4
    assert end_state(test, case) == "DECLINED"


@pytest.mark.parametrize(("until", "right"), [("2026-11-22", True), ("2026-11-23", False)])
def test_a_study_takes_sixty_days_at_most(test: ProcessTest, until: str, right: bool) -> None:
    case = idea(test)
    if right:
        submit(test, case, "Task_Screen", {**STUDY, "study_until": until}, by="b")
        return
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_Screen", {**STUDY, "study_until": until}, by="b")
    assert list(refused.value.errors) == ["study_until"]


def test_a_similar_idea_follows_the_earlier_one(test: ProcessTest) -> None:
    # given
    first, second = idea(test), idea(test, email="ra@example.com", title="묶음으로 알림 받기")
    # when
    submit(test, second, "Task_Screen", {**DECLINE, "verdict": "merge", "duplicate_case": number(first)}, by="b")
    # then
    assert end_state(test, second) == "MERGED_DUPLICATE"
    assert number(first) in last_mail(test, "M161", second)
    assert promised(test, second, "P2")[""].state == "KEPT"
    # when
    submit(test, first, "Task_Screen", ADOPT, by="b")
    submit(test, first, "Task_Release", RELEASE, by="b")
    # then
    assert "M162" in mails_to(test, "ra@example.com", first)


def test_the_same_idea_sent_twice_is_merged_at_the_desk(test: ProcessTest) -> None:
    first, second = idea(test), idea(test)
    submit(test, second, "Task_CheckDuplicate", {"verdict": "duplicate_of", "duplicate_case": number(first)}, by="r")
    assert end_state(test, second) == "MERGED_DUPLICATE"
    assert promised(test, second, "P2")[""].state == "VOID"


def test_a_confidential_title_is_not_shown(test: ProcessTest) -> None:
    case = idea(test, confidential=True)
    with test.engine.reading() as tx:
        assert cases.get(tx, number(case)).title == "비공개 제안"
    assert "관심 종목 묶음 알림" in last_mail(test, "M160", case)


def test_an_idea_told_as_a_voice_of_the_customer_keeps_its_day(test: ProcessTest) -> None:
    # given
    told = voice(test, kind="idea", email=DA)
    # when
    case = successor(test, told, "product_idea")
    # then
    assert end_state(test, told) == "MOVED"
    assert promised(test, told, "W1")[""].state == "VOID"
    assert kst(promised(test, case, "W1")[""], "due_at") == "2026-09-28 15:00:00", WEB_1
    assert kst(promised(test, case, "P2")[""], "due_at") == "2026-10-13 15:00:00"
    # an adoption needs the agreement to the terms, which nobody asked for yet
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_Screen", ADOPT, by="b")
    assert list(refused.value.errors) == ["ip_agreed"]
    # when
    test.advance_to("2026-09-28T15:00:00+09:00")
    submit(test, case, "Task_Screen", {**ADOPT, "ip_agreed": True}, by="b")
    # then
    assert promised(test, case, "W1")[""].state == "KEPT", WEB_1


def test_the_proposer_may_withdraw(test: ProcessTest) -> None:
    case = idea(test)
    with test.engine.transaction("customer") as tx:
        cases.cancel(tx, number(case))
    test.settle()
    assert end_state(test, case) == "CANCELLED_BY_CUSTOMER"


def test_staff_may_merge(test: ProcessTest) -> None:
    first, second = idea(test), idea(test, email="ra@example.com", title="묶음으로 알림 받기")
    with test.engine.transaction("r") as tx:
        cases.merge(tx, number(second), number(first))
    test.settle()
    assert end_state(test, second) == "MERGED_DUPLICATE"


def test_every_element_and_every_flow_is_taken() -> None:
    with voc_office("product_idea.bpmn", "idea_route.dmn") as one:
        test_the_same_idea_sent_twice_is_merged_at_the_desk(one)
        people = iter(range(100))

        def someones(result: Mapping[str, object] | None = None) -> Case:
            n = next(people)
            case = idea(one, email=f"k{n}@example.com", title=f"제안 {n}")
            if result is not None:
                submit(one, case, "Task_Screen", result, by="b")
            return case

        first = someones()
        someones({**DECLINE, "verdict": "merge", "duplicate_case": number(first)})
        someones(DECLINE)
        submit(one, someones(ADOPT), "Task_Release", RELEASE, by="b")
        studied = someones(STUDY)
        submit(one, studied, "Task_Study", {"verdict": "study", "reason": WHY, "study_until": "2026-10-20"}, by="b")
        submit(one, studied, "Task_Study", {"verdict": "adopt", "reason": WHY}, by="b")
        submit(one, someones(STUDY), "Task_Study", {"verdict": "decline", "reason": WHY}, by="b")
        withdrawn, merged = someones(), someones()
        with one.engine.transaction("r") as tx:
            cases.cancel(tx, number(withdrawn))
            cases.merge(tx, number(merged), number(first))
        one.settle()
        assert never_taken(one, "product_idea") == set()
