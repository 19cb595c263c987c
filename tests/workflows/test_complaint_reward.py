"""Complaints and the gift to whoever told us: reward 1 and 2, cooperation 2 and pledge 6, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from charterflow.testing import Case, ProcessTest
from engine import instances, jobs
from engine.errors import Conflict, InvalidForm
from tests.workflows.complaint_cases import (
    CONFIRMED,
    GA,
    GIFT,
    NA,
    NOT_CONFIRMED,
    SCREEN,
    answer,
    complaint,
    corrected,
    judged,
    ledger,
    office,
    screened,
    started,
    token,
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
from workflows import cases, links, organisation, permissions, rewards
from workflows.korean import SEOUL
from workflows.promises import Promise
from workflows.rewards import RewardState

REWARD_2 = (
    "불친절 또는 고객 불만 사례를 접수 받아 사실이 확인되면 정보를 제공하신 분에게 소정의 사례품을 지급하겠습니다"
)
REWARD_1 = "직원의 업무 처리시의 실수나 잘못된 서비스에 대해서는 즉시 시정조치 하겠습니다"
PLEDGE_6 = "고객에게 불편을 초래할 경우 즉시 시정조치 하겠습니다"
COOPERATION_2 = "불친절하거나 불편하신 점들은 즉시 알려주시어 바로 시정하게 해 주시기 바랍니다"
APPEAL = {"appeal_reason": "통화 시각을 잘못 적었습니다. 오후 네 시의 통화를 다시 확인해 주십시오."}
NA_TOO = {"email": NA, "name": "이제보", "phone": "010-7777-8888"}


LEFT_OUT: list[set[str]] = []  # what no story has walked so far: one set, once there was a story


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with office() as one:
        yield one
        left_out = never_taken(one, "complaint_reward")
        LEFT_OUT[:] = [left_out & LEFT_OUT[0] if LEFT_OUT else left_out]


@pytest.fixture(scope="module")
def table() -> Iterator[ProcessTest]:
    with ProcessTest() as one:
        one.deploy("reward_amount.dmn")
        yield one


def kst(promise: Promise, name: str) -> str:
    moment: datetime = getattr(promise, name)
    return moment.astimezone(SEOUL).strftime("%m-%d %H:%M:%S")


def row(test: ProcessTest, case: Case, clause: str, item: str) -> Promise:
    return promised(test, case, clause)[item]


def confirmed(test: ProcessTest, **changed: object) -> Case:
    """A complaint whose fact is confirmed and whose gift is offered."""
    return judged(test, screened(test, complaint(test, **changed)))


def accepted(test: ProcessTest, case: Case, **changed: object) -> Case:
    answer(test, token(test, case, "M114"), {**GIFT, **changed})
    return case


def sent(test: ProcessTest, case: Case, **changed: object) -> Case:
    told = {"sent_at": test.now.isoformat(), "tracking_no": "6012345678901", "value_krw": 30000, **changed}
    submit(test, case, "Task_Dispatch", told, by="f")
    return case


def message(test: ProcessTest, case: Case, name: str, **variables: object) -> int:
    return test.message(name, business_key=number(case), variables=variables)


def fix(test: ProcessTest, case: Case) -> Case:
    return corrected(test, started(test, case))


# ---------------------------------------------------------------- receiving and screening


def test_a_complaint_is_acknowledged_at_once_and_its_check_promised(test: ProcessTest) -> None:
    case = complaint(test)
    due = row(test, case, "F2", "verify")
    assert (kst(due, "due_at"), kst(due, "warn_at")) == ("09-16 10:00:00", "09-15 10:00:00"), REWARD_2
    assert mails_to(test, GA, case) == ["M110"], COOPERATION_2
    text = last_mail(test, "M110", case)
    assert "2026년 9월 16일(수) 10:00" in text
    assert "해당 부서에는 고객님의 정보를 알리지 않습니다" in text
    assert kst_task(case.task("Task_Screen").due_at) == "09-10 10:00"
    assert case.task("Task_Screen").candidate_groups == ("헌장담당",)


def kst_task(moment: datetime | None) -> str:
    assert moment is not None
    return moment.astimezone(SEOUL).strftime("%m-%d %H:%M")


@pytest.mark.parametrize("investigator", ["a", "u", "o", "c"])
def test_nobody_of_the_department_or_named_checks_it(test: ProcessTest, investigator: str) -> None:
    # a, u and o are of the department that is complained about; c is the person named
    case = complaint(test)
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_Screen", {**SCREEN, "investigator": investigator, "accused_staff": "c"}, by="q")
    assert refused.value.errors["investigator"][0].ko.startswith("이해관계가 있는 담당자입니다")


def test_the_charter_office_may_name_the_department_that_it_is_about(test: ProcessTest) -> None:
    case = complaint(test, department=None)
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_Screen", {**SCREEN, "accused_department": "고객만족팀"}, by="q")
    assert set(refused.value.errors) == {"investigator"}


def test_what_is_not_checked_is_answered_with_the_reason(test: ProcessTest) -> None:
    # given
    case = complaint(test)
    with pytest.raises(InvalidForm):
        submit(test, case, "Task_Screen", {"valid": False}, by="q")
    # when
    reason = "저희 회사의 서비스가 아닌 다른 회사의 일로 보여 확인할 수 없습니다."
    submit(test, case, "Task_Screen", {"valid": False, "invalid_reason": reason}, by="q")
    # then
    assert mails_to(test, GA, case) == ["M110", "M111N"]
    assert reason in last_mail(test, "M111N", case)
    assert row(test, case, "F2", "verify").state == "KEPT", REWARD_2


def test_a_complaint_of_the_voice_of_the_customer_hears_within_its_day(test: ProcessTest) -> None:
    # given: web 1 comes along with the case
    case = complaint(test, owes=("W1",))
    assert promised(test, case, "W1")[""].state == "RUNNING"
    # when
    screened(test, case)
    # then
    assert mails_to(test, GA, case) == ["M110", "M110S"]
    assert promised(test, case, "W1")[""].state == "KEPT"


# ---------------------------------------------------------------- the check


@pytest.mark.parametrize(
    ("at", "state"), [("09:59:59", "KEPT"), ("10:00:00", "KEPT"), ("10:00:01", "BREACHED")]
)  # fmt: skip
def test_the_result_counts_up_to_the_due_instant(test: ProcessTest, at: str, state: str) -> None:
    # given
    case = screened(test, complaint(test))
    submit(test, case, "Task_Investigate", CONFIRMED, by="i")
    test.advance_to(f"2026-09-16T{at}+09:00")
    assert mails_to(test, GA, case) == ["M110"]
    # when
    submit(test, case, "Task_ApproveVerdict", {"approve": True}, by="m")
    # then
    assert row(test, case, "F2", "verify").state == state, REWARD_2
    assert "사실로 확인되었습니다" in last_mail(test, "M111", case)


def test_the_investigator_and_the_manager_are_warned_a_day_before(test: ProcessTest) -> None:
    case = screened(test, complaint(test))
    test.advance_to("2026-09-15T09:59:59+09:00")
    assert mails_to_user(test, "i", case) == []
    test.advance_to("2026-09-15T10:00+09:00")
    assert mails_to_user(test, "i", case) == ["M90"]
    assert mails_to_user(test, "m", case) == ["M90"]


def test_a_verdict_that_is_not_approved_goes_back(test: ProcessTest) -> None:
    case = screened(test, complaint(test))
    submit(test, case, "Task_Investigate", CONFIRMED, by="i")
    submit(test, case, "Task_ApproveVerdict", {"approve": False, "comment": "진술서를 붙여 주십시오."}, by="m")
    assert open_tasks(case) == ["Task_Investigate"]
    assert case.task("Task_Investigate").assignee == "i"


def test_the_manager_of_the_department_does_not_approve(test: ProcessTest) -> None:
    # given: M manages the department which is complained about; the head of the charter office is left
    case = screened(test, complaint(test, department="개발팀"))
    submit(test, case, "Task_Investigate", CONFIRMED, by="i")
    # then
    task = case.task("Task_ApproveVerdict")
    with test.engine.reading() as tx:
        assert {"m", "i"} <= permissions.separated(tx, task)
        assert permissions.may_take(tx, organisation.user(tx, "head"), task)


def test_the_clock_stands_still_while_we_wait_for_the_informant(test: ProcessTest) -> None:
    # given
    case = screened(test, complaint(test))
    submit(test, case, "Task_Investigate", {"verdict": "need_info", "questions": "몇 시의 통화였습니까?"}, by="i")
    assert mails_to(test, GA, case) == ["M110", "M06"]
    test.advance_to("2026-09-10T10:00+09:00")
    # when
    with test.engine.transaction("customer") as tx:
        cases.reply(tx, number(case), "오후 네 시였습니다.")
    test.settle()
    # then
    assert kst(row(test, case, "F2", "verify"), "due_at") == "09-17 10:00:00", REWARD_2
    assert open_tasks(case) == ["Task_Investigate"]


def test_without_an_answer_it_ends_and_can_be_reopened(test: ProcessTest) -> None:
    case = screened(test, complaint(test))
    submit(test, case, "Task_Investigate", {"verdict": "need_info", "questions": "몇 시의 통화였습니까?"}, by="i")
    test.advance_to("2026-09-23T10:00+09:00")
    assert end_state(test, case) == "NO_ANSWER"
    assert mails_to(test, GA, case) == ["M110", "M06", "M06R", "M06C"]


def test_a_conflict_found_late_brings_another_investigator_and_no_new_clock(test: ProcessTest) -> None:
    # given
    case = screened(test, complaint(test))
    test.advance_to("2026-09-14T10:00+09:00")
    submit(test, case, "Task_Investigate", {"verdict": "conflict"}, by="i")
    # when
    for wrong in ("i", "a"):
        with pytest.raises(InvalidForm):
            submit(test, case, "Task_NewInvestigator", {"investigator": wrong}, by="q")
    submit(test, case, "Task_NewInvestigator", {"investigator": "c"}, by="q")
    # then
    assert case.task("Task_Investigate").assignee == "c"
    assert kst(row(test, case, "F2", "verify"), "due_at") == "09-16 10:00:00", REWARD_2


# ---------------------------------------------------------------- not confirmed


def test_what_is_not_confirmed_may_be_appealed_once(test: ProcessTest) -> None:
    # given
    case = judged(test, screened(test, complaint(test)), NOT_CONFIRMED)
    assert "사실로 보기 어려웠습니다" in last_mail(test, "M111N", case)
    # when
    test.advance(hours=1)
    answer(test, token(test, case, "M111N"), APPEAL)
    task = case.task("Task_Appeal")
    assert task.candidate_groups == ("헌장책임자",)
    with pytest.raises(InvalidForm):
        submit(test, case, "Task_Appeal", {"recheck": True, "investigator": "i"}, by="head")
    submit(test, case, "Task_Appeal", {"recheck": True, "investigator": "c"}, by="head")
    # then: a new promise with a new clock; the old one stays
    assert row(test, case, "F2", "verify").state == "RUNNING", REWARD_2
    judged(test, case, NOT_CONFIRMED, by="c")
    assert mails_to(test, GA, case) == ["M110", "M111N", "M111N"]
    assert end_state(test, case) == "NOT_CONFIRMED"


def test_an_appeal_that_is_not_followed_is_answered(test: ProcessTest) -> None:
    case = judged(test, screened(test, complaint(test)), {**NOT_CONFIRMED, "verdict": "cannot_verify"})
    answer(test, token(test, case, "M111N"), APPEAL)
    words = "말씀하신 시각의 통화 기록도 살펴보았으나 말을 끊은 대목을 찾지 못했습니다."
    submit(test, case, "Task_Appeal", {"recheck": False, "appeal_answer": words}, by="head")
    assert words in last_mail(test, "M111N", case)
    assert end_state(test, case) == "NOT_CONFIRMED"


@pytest.mark.parametrize(("at", "end"), [("09:59:59", None), ("10:00:00", "NOT_CONFIRMED")])
def test_an_appeal_is_possible_for_ten_business_days(test: ProcessTest, at: str, end: str | None) -> None:
    case = judged(test, screened(test, complaint(test)), NOT_CONFIRMED)
    test.advance_to(f"2026-09-23T{at}+09:00")
    assert end_state(test, case) == end


def test_three_reports_without_a_fact_are_looked_at_and_nobody_is_blocked(test: ProcessTest) -> None:
    found = [judged(test, screened(test, complaint(test)), NOT_CONFIRMED) for _ in range(3)]
    assert [open_tasks(one) for one in found] == [[], [], ["Task_ReviewPattern"]]
    submit(
        test, found[2], "Task_ReviewPattern", {"assessment": "세 건 모두 통화 시각이 달라 다시 안내드립니다."}, by="m"
    )
    assert complaint(test).state == "active"


# ---------------------------------------------------------------- confirmed: correction


def test_correction_and_gift_begin_together(test: ProcessTest) -> None:
    case = confirmed(test)
    assert open_tasks(case) == ["Task_StartCorrection"]
    assert mails_to(test, GA, case) == ["M110", "M111", "M114"]
    assert row(test, case, "P6", "start").state == "RUNNING", PLEDGE_6
    assert row(test, case, "F1", "done").state == "RUNNING", REWARD_1
    assert row(test, case, "F2", "offer").state == "KEPT", REWARD_2
    fix(test, case)
    assert mails_to(test, GA, case) == ["M110", "M111", "M114", "M140", "M113"]
    assert "분기마다 통화 점검" in last_mail(test, "M113", case)
    reached = milestone(test, case, "CORRECTED")
    assert reached is not None
    assert reached.reached_at is not None


def test_what_is_urgent_is_corrected_before_it_is_checked(test: ProcessTest) -> None:
    # given
    case = complaint(test)
    urgent = {"urgent_fix": True, "urgent_what": "전화 응대에서 말을 끊는 일이 되풀이된다고 합니다."}
    screened(test, case, **urgent)
    assert set(open_tasks(case)) == {"Task_Investigate", "Task_StartCorrection"}
    # when: the correction is over first
    fix(test, case)
    assert "M113" not in mails_to(test, GA, case)
    judged(test, case)
    # then: one correction, told after the verdict
    told = mails_to(test, GA, case)
    assert told[:3] == ["M110", "M140", "M111"]
    assert sorted(told[3:]) == ["M113", "M114"]
    assert open_tasks(case) == []


def test_an_urgent_correction_that_takes_longer_is_told_when_it_is_over(test: ProcessTest) -> None:
    case = complaint(test)
    screened(test, case, urgent_fix=True, urgent_what="전화 응대에서 말을 끊는 일이 되풀이된다고 합니다.")
    judged(test, case)
    assert open_tasks(case) == ["Task_StartCorrection"]
    fix(test, case)
    assert mails_to(test, GA, case).count("M113") == 1


# ---------------------------------------------------------------- one fact, several informants


def same_fact(test: ProcessTest, first: Case, **changed: object) -> Case:
    case = complaint(test, **NA_TOO)
    return screened(test, case, same_fact_as=number(first), **changed)


def test_a_second_report_of_a_fact_waits_for_its_verdict_and_earns_thanks(test: ProcessTest) -> None:
    # given
    first = screened(test, complaint(test))
    second = same_fact(test, first)
    assert second.variables["fact_id"] == first.variables["fact_id"]
    assert open_tasks(second) == []
    # when
    judged(test, first)
    # then
    assert mails_to(test, NA, second) == ["M110", "M111", "M112D"]
    assert row(test, second, "F2", "verify").state == "KEPT", REWARD_2
    assert promised(test, second, "P6") == {}
    assert promised(test, second, "F1") == {}
    # when
    fix(test, first)
    # then: each informant hears under his own number
    assert mails_to(test, NA, second) == ["M110", "M111", "M112D", "M140", "M113"]
    assert mails_to(test, GA, first) == ["M110", "M111", "M114", "M140", "M113"]
    assert end_state(test, second) == "NO_REWARD(duplicate)"
    found = ledger(test, second)
    assert found is not None
    assert (found.amount_krw, found.reason_code, found.state) == (0, "duplicate", RewardState.NONE)


def test_new_material_facts_earn_a_gift_too(test: ProcessTest) -> None:
    first = screened(test, complaint(test))
    second = same_fact(test, first, new_facts=True)
    judged(test, first)
    assert mails_to(test, NA, second) == ["M110", "M111", "M114"]


def test_a_report_after_the_verdict_hears_it_at_once(test: ProcessTest) -> None:
    first = confirmed(test)
    second = same_fact(test, first)
    assert mails_to(test, NA, second) == ["M110", "M111", "M112D"]
    fix(test, first)
    third = complaint(test, email="third@example.com")
    screened(test, third, same_fact_as=number(second))
    assert third.variables["fact_id"] == number(first)
    assert set(mails_to(test, "third@example.com", third)) == {"M110", "M111", "M112D", "M113"}


def test_plans_are_passed_on_too(test: ProcessTest) -> None:
    first = screened(test, complaint(test))
    second = same_fact(test, first)
    judged(test, first)
    started(
        test, first, done_today=False, plan_date="2026-09-15", plan_reason="교육할 사람을 모으는 데 시간이 걸립니다."
    )
    assert mails_to(test, NA, second)[-2:] == ["M140", "M141"]


def test_when_the_first_report_ends_without_a_verdict_the_next_one_leads(test: ProcessTest) -> None:
    # given
    first = screened(test, complaint(test))
    second = same_fact(test, first)
    # when
    submit(test, first, "Task_Investigate", {"verdict": "need_info", "questions": "몇 시의 통화였습니까?"}, by="i")
    test.advance_to("2026-09-23T10:00+09:00")
    # then
    assert end_state(test, first) == "NO_ANSWER"
    assert open_tasks(second) == ["Task_Investigate"]
    judged(test, second)
    assert promised(test, second, "P6")["start"].state == "RUNNING", PLEDGE_6
    assert "M114" in mails_to(test, NA, second)


def test_only_a_complaint_of_the_last_thirty_days_is_the_same_fact(test: ProcessTest) -> None:
    first = screened(test, complaint(test))
    test.advance_to("2026-10-09T10:00:01+09:00")
    late = complaint(test, **NA_TOO)
    for wrong in (number(first), number(late), "CF-20260909-0099"):
        with pytest.raises(InvalidForm) as refused:
            submit(test, late, "Task_Screen", {**SCREEN, "same_fact_as": wrong}, by="q")
        assert set(refused.value.errors) == {"same_fact_as"}


# ---------------------------------------------------------------- how much


@pytest.mark.parametrize(
    ("given", "amount", "reason"),
    [
        ({}, 30_000, ""),
        ({"severity": "low"}, 20_000, ""),
        ({"severity": "high"}, 50_000, ""),
        ({"verdict": "partly"}, 10_000, ""),
        ({"verdict": "partly", "severity": "high"}, 10_000, ""),
        ({"verdict": "not_confirmed"}, 0, "not_confirmed"),
        ({"verdict": "cannot_verify"}, 0, "not_confirmed"),
        ({"contact_known": False}, 0, "anonymous"),
        ({"is_staff": True}, 0, "employee"),
        ({"first_or_new": False}, 0, "duplicate"),
        ({"rewards_left": 0}, 0, "yearly_cap"),
        ({"room_left": 29_999}, 0, "yearly_cap"),
        ({"room_left": 30_000}, 30_000, ""),
        ({"room_left": 19_999, "severity": "low"}, 0, "yearly_cap"),
        ({"room_left": 49_999, "severity": "high"}, 0, "yearly_cap"),
        ({"room_left": 9_999, "verdict": "partly"}, 0, "yearly_cap"),
        ({"contact_known": False, "is_staff": True, "first_or_new": False}, 0, "anonymous"),
    ],
)
def test_the_table_of_amounts(table: ProcessTest, given: dict[str, object], amount: int, reason: str) -> None:
    usual = {
        "verdict": "confirmed", "contact_known": True, "is_staff": False, "first_or_new": True, "rewards_left": 3,
        "room_left": 150_000, "severity": "medium",
    }  # fmt: skip
    decided = table.decide("reward_amount", {**usual, **given})
    assert decided == {"amount": amount, "reason": reason}, REWARD_2


@pytest.mark.parametrize(
    ("changed", "end"),
    [
        ({"verified": False}, "NO_REWARD(anonymous)"),
        ({"anonymity": "anonymous"}, "NO_REWARD(anonymous)"),
        ({"relation": "family"}, "NO_REWARD(employee)"),
        ({"email": "b@charterflow.example"}, "NO_REWARD(employee)"),
    ],
)
def test_who_gets_no_gift_is_told_the_result_all_the_same(
    test: ProcessTest, changed: dict[str, object], end: str
) -> None:
    case = fix(test, confirmed(test, **changed))
    assert mails_to(test, str(changed.get("email") or GA), case) == ["M110", "M111", "M140", "M113"]
    assert end_state(test, case) == end
    assert row(test, case, "F2", "offer").state == "VOID"


def test_a_phone_number_that_staff_confirmed_is_a_contact(test: ProcessTest) -> None:
    case = complaint(test, verified=False)
    judged(test, screened(test, case, contact_confirmed=True))
    assert "M114" in mails_to(test, GA, case)


def test_an_anonymous_report_is_answered_on_its_page(test: ProcessTest) -> None:
    # given
    case = complaint(test, name=None, email=None, phone=None, anonymity="anonymous", privacy_consent=None)
    judged(test, screened(test, case))
    # then
    assert row(test, case, "F2", "verify").state == "KEPT", REWARD_2
    assert [m for m in test.mails if m.business_key == number(case) and m.reference["user"] is None] == []
    fix(test, case)
    assert row(test, case, "P6", "tell").state == "KEPT", PLEDGE_6
    assert end_state(test, case) == "NO_REWARD(anonymous)"


def test_the_fourth_gift_of_a_year_becomes_thanks(test: ProcessTest) -> None:
    # given
    for _ in range(3):
        confirmed(test)
    # when
    fourth = confirmed(test)
    # then
    assert mails_to(test, GA, fourth)[-1] == "M112L"
    found = ledger(test, fourth)
    assert found is not None
    assert (found.amount_krw, found.reason_code) == (0, "yearly_cap")
    # and the next year it begins anew
    test.advance_to("2027-01-04T10:00+09:00")
    assert "M114" in mails_to(test, GA, confirmed(test))


# ---------------------------------------------------------------- the gift


def test_a_gift_is_chosen_sent_and_its_address_erased(test: ProcessTest) -> None:
    # given
    case = fix(test, confirmed(test))
    test.advance_to("2026-09-17T11:00+09:00")
    key = token(test, case, "M114")
    with pytest.raises(InvalidForm) as refused:
        answer(test, key, {**GIFT, "postal_code": "0441"})
    assert set(refused.value.errors) == {"postal_code"}
    # when
    answer(test, key, GIFT)
    # then
    due = row(test, case, "F2", "dispatch")
    assert (kst(due, "due_at"), kst(due, "warn_at")) == ("10-06 11:00:00", "10-01 11:00:00"), REWARD_2
    test.advance_to("2026-10-01T11:00+09:00")
    assert mails_to_user(test, "f", case) == ["M90"]
    # when
    test.advance_to("2026-10-06T10:30+09:00")
    with pytest.raises(InvalidForm) as refused:
        sent(test, case, value_krw=30_001)
    assert set(refused.value.errors) == {"value_krw"}
    sent(test, case)
    # then
    assert row(test, case, "F2", "dispatch").state == "KEPT", REWARD_2
    assert "6012345678901" in last_mail(test, "M115", case)
    assert case.variables["address1"] is None
    # when
    test.advance_to("2026-10-08T11:00+09:00")
    assert message(test, case, "MSG_DELIVERED", delivered_at=test.clock.now()) == 1
    # then
    assert end_state(test, case) == "REWARDED"
    test.advance_to("2026-11-07T10:59:59+09:00")
    kept = ledger(test, case)
    assert kept is not None
    assert kept.delivery is not None
    test.advance_to("2026-11-07T11:00+09:00")
    erased = ledger(test, case)
    assert erased is not None
    assert (erased.delivery, erased.amount_krw, erased.state) == (None, 30_000, RewardState.DELIVERED)
    assert "김제보" not in erased.pseudonym
    with test.engine.reading() as tx:
        answers = [one.answer for one in links.of_case(tx, number(case)) if one.purpose == "reward"]
        assert case.business_key is not None
        found = instances.find(tx, business_key=case.business_key)
        assert all("마포대로" not in str(instances.variables(tx, one.id)) for one in found)
    assert answers == [None, None]  # the offer's and the reminder's


@pytest.mark.parametrize(
    ("at", "state"), [("10:59:59", "KEPT"), ("11:00:00", "KEPT"), ("11:00:01", "BREACHED")]
)  # fmt: skip
def test_the_dispatch_counts_up_to_the_due_instant(test: ProcessTest, at: str, state: str) -> None:
    case = confirmed(test)
    test.advance_to("2026-09-17T11:00+09:00")
    accepted(test, case)
    test.advance_to(f"2026-10-06T{at}+09:00")
    sent(test, case)
    assert row(test, case, "F2", "dispatch").state == state, REWARD_2


def test_what_the_form_asks_depends_on_the_gift(test: ProcessTest) -> None:
    case = confirmed(test)
    key = token(test, case, "M114")
    asked = {
        "mobile_coupon": {"mobile"},
        "physical": {"postal_code", "address1", "third_party_courier_consent"},
        "donate": set[str](),
    }
    for choice, missing in asked.items():
        with pytest.raises(InvalidForm) as refused:
            answer(test, key, {"accept": True, "gift_choice": choice})
        common = {"recipient_name", "public_official", "privacy_consent_gift"}
        assert set(refused.value.errors) == common | missing
    with pytest.raises(InvalidForm) as refused:
        answer(test, key, {**GIFT, "third_party_courier_consent": False})
    assert set(refused.value.errors) == {"third_party_courier_consent"}


def test_a_gift_may_be_declined_in_two_ways(test: ProcessTest) -> None:
    by_form, by_link = fix(test, confirmed(test)), fix(test, confirmed(test))
    answer(test, token(test, by_form, "M114"), {"accept": False})
    answer(test, token(test, by_link, "M114", 1))
    for case in (by_form, by_link):
        assert mails_to(test, GA, case)[-1] == "M115D"
        assert end_state(test, case) == "DECLINED"
        found = ledger(test, case)
        assert found is not None
        assert found.state is RewardState.DECLINED
    with pytest.raises(Conflict):
        answer(test, token(test, by_link, "M114"), GIFT)


@pytest.mark.parametrize(
    ("at", "reminded"), [("2026-09-16T09:59:59+09:00", 0), ("2026-09-16T10:00:00+09:00", 1)]
)  # fmt: skip
def test_an_offer_is_remembered_once_after_five_business_days(test: ProcessTest, at: str, reminded: int) -> None:
    case = confirmed(test)
    test.advance_to(at)
    assert mails_to(test, GA, case).count("M114R") == reminded


def test_the_reminder_leads_to_the_same_form(test: ProcessTest) -> None:
    case = confirmed(test)
    test.advance_to("2026-09-16T10:00:00+09:00")
    answer(test, token(test, case, "M114R"), GIFT)
    assert "Task_Dispatch" in open_tasks(case)


@pytest.mark.parametrize(("at", "end"), [("09:59:59", None), ("10:00:00", "OFFER_EXPIRED")])
def test_an_offer_stays_open_for_twenty_business_days(test: ProcessTest, at: str, end: str | None) -> None:
    case = fix(test, confirmed(test))
    test.advance_to(f"2026-10-13T{at}+09:00")  # 추석 두 날, 개천절과 한글날 뒤
    assert end_state(test, case) == end
    if end is not None:
        assert row(test, case, "F2", "offer").state == "KEPT", REWARD_2
        with test.engine.reading() as tx:
            year = rewards.year_of(tx, rewards.informant_of(tx, cases.get(tx, number(case))), tx.now)
        assert year.count == 0


def test_a_public_official_gets_it_only_where_the_law_allows(test: ProcessTest) -> None:
    allowed, refused, donated = (
        accepted(test, confirmed(test), public_official=said) for said in ("yes", "unsure", "yes")
    )
    assert refused.task("Task_ComplianceCheck").candidate_groups == ("준법",)
    # when
    submit(test, allowed, "Task_ComplianceCheck", {"allowed": True, "reason": "직무와 관련이 없음"}, by="j")
    submit(test, refused, "Task_ComplianceCheck", {"allowed": False, "reason": "직무와 관련이 있음"}, by="j")
    donation = {"allowed": False, "reason": "직무와 관련이 있음", "donate_instead": True}
    submit(test, donated, "Task_ComplianceCheck", donation, by="j")
    # then
    assert "Task_Dispatch" in open_tasks(allowed)
    fix(test, refused)
    assert "M115N" in mails_to(test, GA, refused)
    assert row(test, refused, "F2", "dispatch").state == "VOID"
    assert end_state(test, refused) == "NO_REWARD(not_allowed)"
    sent(test, donated, tracking_no=None)
    assert "기부했습니다" in last_mail(test, "M115", donated)


def test_without_news_of_the_courier_a_gift_counts_as_delivered(test: ProcessTest) -> None:
    case = sent(test, accepted(test, fix(test, confirmed(test))))
    test.advance_to("2026-10-09T10:00+09:00")
    assert end_state(test, case) == "REWARDED"
    found = ledger(test, case)
    assert found is not None
    assert found.erase_at is not None


def test_a_returned_gift_is_sent_to_another_address_once(test: ProcessTest) -> None:
    # given
    case = sent(test, accepted(test, fix(test, confirmed(test))))
    # when
    message(test, case, "MSG_RETURNED")
    assert mails_to(test, GA, case)[-1] == "M115R"
    moved = {
        "recipient_name": "김제보", "postal_code": "06000", "address1": "서울특별시 강남구 1",
        "third_party_courier_consent": True,
    }  # fmt: skip
    answer(test, token(test, case, "M115R"), moved)
    sent(test, case)
    message(test, case, "MSG_RETURNED")
    # then
    assert end_state(test, case) == "OFFER_EXPIRED"
    found = ledger(test, case)
    assert found is not None
    assert found.state is RewardState.RETURNED


def test_a_returned_gift_without_another_address_ends(test: ProcessTest) -> None:
    case = sent(test, accepted(test, fix(test, confirmed(test))))
    message(test, case, "MSG_RETURNED")
    test.advance_to("2026-10-13T10:00+09:00")
    assert end_state(test, case) == "OFFER_EXPIRED"


# ---------------------------------------------------------------- around


def withdraw(test: ProcessTest, case: Case) -> None:
    with test.engine.transaction("customer") as tx:
        cases.cancel(tx, number(case))
    test.settle()


def test_who_withdraws_is_forgotten_and_the_check_goes_on(test: ProcessTest) -> None:
    # given
    case = screened(test, complaint(test))
    # when
    withdraw(test, case)
    # then
    assert mails_to(test, GA, case) == ["M110", "M02C"]
    with test.engine.reading() as tx:
        known = cases.get(tx, number(case))
    assert known.contact.is_known is False
    assert "김제보" not in f"{known.form} {case.variables}"
    fix(test, judged(test, case))
    assert row(test, case, "F1", "done").state == "KEPT", REWARD_1
    assert mails_to(test, GA, case) == ["M110", "M02C"]
    assert end_state(test, case) == "WITHDRAWN"


def test_who_withdraws_gets_no_gift_that_is_not_sent_yet(test: ProcessTest) -> None:
    case = accepted(test, fix(test, confirmed(test)))
    withdraw(test, case)
    assert end_state(test, case) == "WITHDRAWN"
    found = ledger(test, case)
    assert found is not None
    assert (found.state, found.delivery) == (RewardState.WITHDRAWN, None)


def test_a_gift_that_was_sent_stays_sent(test: ProcessTest) -> None:
    case = sent(test, accepted(test, fix(test, confirmed(test))))
    withdraw(test, case)
    assert message(test, case, "MSG_DELIVERED", delivered_at=test.clock.now()) == 1
    assert end_state(test, case) == "REWARDED"


def test_staff_may_merge_two_complaints(test: ProcessTest) -> None:
    first, second = complaint(test), screened(test, complaint(test, **NA_TOO))
    waiting = complaint(test, email="third@example.com")
    screened(test, waiting, same_fact_as=number(second))
    with test.engine.transaction("q") as tx:
        cases.merge(tx, number(second), number(first))
    test.settle()
    assert end_state(test, second) == "MERGED_DUPLICATE"
    assert mails_to(test, NA, second) == ["M110", "M05"]
    assert open_tasks(waiting) == ["Task_Investigate"]


def test_a_report_of_retaliation_goes_to_the_head(test: ProcessTest) -> None:
    case = complaint(test)
    message(test, case, "MSG_RETALIATION_REPORT")
    assert case.task("Task_Retaliation").candidate_groups == ("헌장책임자",)
    submit(
        test, case, "Task_Retaliation", {"measures": "부서장에게 불이익을 주지 않도록 서면으로 알렸습니다."}, by="head"
    )
    assert open_tasks(case) == ["Task_Screen"]


def test_the_department_never_learns_who_told_us(test: ProcessTest) -> None:
    # given
    case = confirmed(test)
    secrets = ("김제보", "5555", GA, "말을 끊고 큰 소리로")
    with test.engine.reading() as tx:
        known = cases.get(tx, number(case))
        values = instances.variables(tx, case.id)
        u, m, i, q, f = (organisation.user(tx, name) for name in "umiqf")
        # then
        seen = str(permissions.visible_variables(tx, u, known, values))
        assert [secret for secret in secrets if secret in seen] == []
        assert not permissions.may_read_report(tx, u, known)
        assert not permissions.may_see_contact(tx, u, known)
        found_by_name = cases.find(tx, q="김제보", searchable=permissions.searchable_contacts(u))
        assert found_by_name == []
        # who checks and who approves read the words and do not learn the name; the charter office knows both
        for reader in (m, i):
            assert permissions.may_read_report(tx, reader, known)
            assert not permissions.may_see_contact(tx, reader, known)
        assert permissions.may_see_contact(tx, q, known)
        assert not permissions.may_read_report(tx, f, known)


def test_only_fulfilment_sees_where_a_gift_goes(test: ProcessTest) -> None:
    case = accepted(test, confirmed(test))
    with test.engine.reading() as tx:
        known, values = cases.get(tx, number(case)), instances.variables(tx, case.id)
        shown = {name: permissions.visible_variables(tx, organisation.user(tx, name), known, values) for name in "fqmu"}
    assert "마포대로" in str(shown["f"])
    assert [name for name in "qmu" if "마포대로" in str(shown[name]) or "04410" in str(shown[name])] == []


def test_the_ledger_forgets_after_five_years(test: ProcessTest) -> None:
    case = fix(test, confirmed(test))
    with test.engine.reading() as tx:
        due = jobs.by_key(tx, f"reward.forget:{number(case)}")
    assert due is not None
    assert (due.due_at - test.clock.now()).days == 5 * 365


def test_everything_in_the_diagram_was_walked(request: pytest.FixtureRequest) -> None:
    """Every element and every flow was taken in the office of some story above."""
    told = {item.function for item in request.session.items if isinstance(item, pytest.Function)}
    stories = {value for name, value in globals().items() if name.startswith("test_")}
    if not stories <= told or hasattr(request.config, "workerinput"):
        pytest.skip("only some of the stories were told in this process: `make test` runs this file by itself too")
    assert LEFT_OUT[0] == set()
