"""Core 6: 「서비스 중단이 예상되는 경우, 고객의 업무에 차질이 발생하지 않도록 사전에 알려 드리겠습니다.」"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import pytest

from charterflow.testing import Case, ProcessTest
from engine.errors import InvalidForm
from tests.workflows.interruption_cases import (
    FEED,
    NO,
    PLAN,
    WHY,
    YES,
    A,
    B,
    C,
    D,
    board,
    bounce,
    desk_tasks,
    house,
    log,
    message,
    month,
    planned,
    sent,
    subscribe,
    tally,
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
from workflows import cases, permissions, promises
from workflows.korean import SEOUL
from workflows.promises import Promise

CORE_6 = "고객의 업무에 차질이 발생하지 않도록 사전에 알려 드리겠습니다"
CORE_1 = "365일내내 장애가 발생하지 않도록 최선을 다하겠습니다"
BOUNCED = {"channel": "phone", "told_at": "2026-10-08T15:30:00+09:00", "told_to": "다라증권 운영 담당"}
REASON = (
    "거래소가 정한 전환 시각이 장이 열린 시간이라 다른 시각으로 옮길 수 없으며, 회원사와 미리 합의했습니다. "
    "영향은 예비 회선으로 줄입니다."
)
DONE = {"actual_end": "2026-10-18T01:50:00+09:00", "result": "ok", "verified_by": "p"}


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with house() as one:
        yield one


def kst(instant: datetime | None) -> str:
    return f"{instant.astimezone(SEOUL):%m-%d %H:%M}" if instant else ""


def core_6(test: ProcessTest, case: Case) -> Promise:
    return promised(test, case, "C6")[""]


def announced(test: ProcessTest, **changed: object) -> Case:
    case = planned(test, **changed)
    submit(test, case, "Task_Approve", YES, by="p")
    return case


def at_work(test: ProcessTest) -> Case:
    case = announced(test)
    test.advance_to("2026-10-17T22:00+09:00")
    submit(test, case, "Task_StartWork", {"actual_start": "2026-10-17T22:00:00+09:00"}, by="o")
    return case


def refusals(test: ProcessTest, **changed: object) -> set[str]:
    with pytest.raises(InvalidForm) as refused:
        planned(test, **changed)
    return set(refused.value.errors)


# ---------------------------------------------------------------- the plan


def test_the_plan_says_until_when_everybody_must_be_told(test: ProcessTest) -> None:
    case = planned(test)
    # then five business days before, as the regular lead says: Monday 12 October, 09:00
    promise = core_6(test, case)
    assert (kst(promise.due_at), kst(promise.started_at), kst(promise.warn_at)) == (
        "10-12 09:00", "10-17 22:00", "10-08 09:00",
    )  # fmt: skip
    assert open_tasks(case) == ["Task_Approve"]
    assert tally(test, case) == (0, 3)


@pytest.mark.parametrize(("kind", "lead", "due"), [
    ("regular", "5bd", "10-12 09:00"), ("regulation", "10bd", "10-01 09:00"), ("improvement", "10bd", "10-01 09:00"),
])  # fmt: skip
def test_each_kind_has_its_lead(kind: str, lead: str, due: str) -> None:
    with house("2026-09-30T10:00+09:00") as test:
        assert test.decide(
            "notice_lead", {"type": kind, "overlaps_market": False, "duration_hours": 4}
        ) == {"lead": lead, "second_approval": False}  # fmt: skip
        assert kst(core_6(test, planned(test, type=kind)).due_at) == due


@pytest.mark.parametrize(
    ("overlaps", "hours", "kind"), [(True, 4, "regular"), (False, 25, "regular"), (False, 1, "emergency")]
)
def test_market_hours_a_long_window_or_haste_need_a_second_approval(
    test: ProcessTest, overlaps: bool, hours: int, kind: str
) -> None:
    seen = {"type": kind, "overlaps_market": overlaps, "duration_hours": hours}
    decided = test.decide("notice_lead", seen)
    assert isinstance(decided, Mapping)
    assert decided["second_approval"] is True


@pytest.mark.parametrize(("changed", "field"), [
    ({"end": "2026-10-17T21:00:00+09:00"}, "end"),
    ({"start": "2026-10-07T13:00:00+09:00", "end": "2026-10-07T20:00:00+09:00", "type": "emergency"}, "start"),
    ({"services": ["없는 서비스"]}, "services"),
    ({"impact_ko": "잠깐 멈춥니다."}, "impact_ko"),
    ({"start": "2026-10-20T10:00:00+09:00", "end": "2026-10-20T11:00:00+09:00"}, "market_hours_reason"),
    ({"start": "2026-10-10T22:00:00+09:00", "end": "2026-10-11T02:00:00+09:00"}, "late_notice_reason"),
])  # fmt: skip
def test_a_plan_that_cannot_be_is_refused_beside_its_field(
    test: ProcessTest, changed: dict[str, object], field: str
) -> None:
    assert field in refusals(test, **changed)


def test_nobody_approves_the_plan_of_his_own(test: ProcessTest) -> None:
    case = planned(test)
    with test.engine.reading() as tx:
        assert "o" in permissions.separated(tx, case.task("Task_Approve"))


def test_those_added_and_taken_off_by_hand_change_who_is_told(test: ProcessTest) -> None:
    added = [{"email": D, "name": "라마증권", "reason": "구독하지 않은 새 회원사입니다."}]
    removed = [{"email": C, "reason": "이번 작업과 상관없는 회선입니다."}]
    case = announced(test, add_recipients=added, remove_recipients=removed)
    assert set(log(test, case)) == {A, B, D}
    assert log(test, case)[D].reason == "구독하지 않은 새 회원사입니다."
    assert mails_to(test, C, case) == []


# ---------------------------------------------------------------- told in time, or not


def test_everybody_gets_the_notice_and_a_calendar_entry(test: ProcessTest) -> None:
    case = announced(test)
    assert tally(test, case) == (3, 3)
    (notice,) = sent(test, "M40", A)
    assert notice.subject.startswith("[코스콤] [사전 안내] 시세전송 서비스 중단 2026년 10월 17일(토) 22:00~02:00")
    assert "이유: 정기 점검" in notice.text
    assert "DTSTART;TZID=Asia/Seoul:20261017T220000" in notice.attachments[0].text
    reached = milestone(test, case, "ANNOUNCED")
    assert reached is not None
    assert kst(reached.reached_at) == "10-07 14:00"
    assert [w.case_no for w in board(test)] == [number(case)]


def test_a_plan_nobody_announced_is_a_breach_one_second_after_the_latest_notice(test: ProcessTest) -> None:
    case = planned(test)
    for instant, state in (("08:59:59", "RUNNING"), ("09:00:00", "RUNNING"), ("09:00:01", "BREACHED")):
        test.advance_to(f"2026-10-12T{instant}+09:00")
        assert core_6(test, case).state == state, CORE_6


def test_the_planner_and_the_approver_are_warned_a_business_day_before(test: ProcessTest) -> None:
    case = planned(test)
    test.advance_to("2026-10-08T08:59:59+09:00")
    assert mails_to_user(test, "p", case) == []
    test.advance_to("2026-10-08T09:00:00+09:00")
    assert (mails_to_user(test, "o", case), mails_to_user(test, "p", case)) == (["M90"], ["M90"])


def test_it_is_judged_at_the_latest_notice_by_the_last_one_told(test: ProcessTest) -> None:
    # given one address that bounces, and a telephone call
    test.advance_to("2026-10-08T11:00+09:00")
    case = announced(test)
    test.advance_to("2026-10-08T11:05+09:00")
    bounce(test, "M40", C)
    assert (tally(test, case), log(test, case)[C].state) == ((2, 3), "bounced")
    (desk,) = desk_tasks(test)
    assert desk.variables["unreached"] == C
    test.advance_to("2026-10-08T15:30+09:00")
    submit(test, desk, "Task_TellOtherwise", BOUNCED, by="r")
    assert (tally(test, case), log(test, case)[C].channel) == ((3, 3), "phone")
    # when
    test.advance_to("2026-10-12T08:59:59+09:00")
    assert core_6(test, case).state == "RUNNING"
    test.advance_to("2026-10-12T09:00:00+09:00")
    # then
    kept = core_6(test, case)
    assert (kept.state, kst(kept.met_at)) == ("KEPT", "10-08 15:30"), CORE_6


def test_one_who_was_not_told_in_time_is_a_breach_that_is_met_late(test: ProcessTest) -> None:
    case = announced(test)
    bounce(test, "M40", C)
    test.advance_to("2026-10-12T09:00:01+09:00")
    assert core_6(test, case).state == "BREACHED"
    test.advance_to("2026-10-12T10:00+09:00")
    submit(test, desk_tasks(test)[0], "Task_TellOtherwise", {**BOUNCED, "told_at": "2026-10-12T10:00:00+09:00"}, by="r")
    met = core_6(test, case)
    assert (met.state, kst(met.met_at)) == ("BREACHED", "10-12 10:00")


def test_a_call_made_in_time_and_noted_later_still_keeps_it(test: ProcessTest) -> None:
    case = announced(test)
    bounce(test, "M40", C)
    test.advance_to("2026-10-12T09:30+09:00")
    submit(test, desk_tasks(test)[0], "Task_TellOtherwise", {**BOUNCED, "told_at": "2026-10-12T08:50:00+09:00"}, by="r")
    assert core_6(test, case).state == "KEPT"


def test_a_bounce_within_a_day_of_acceptance_takes_the_proof_back(test: ProcessTest) -> None:
    # given the last notice accepted shortly before the latest instant, and judged
    case = planned(test)
    test.advance_to("2026-10-12T08:30+09:00")
    submit(test, case, "Task_Approve", YES, by="p")
    test.advance_to("2026-10-12T09:00+09:00")
    assert core_6(test, case).state == "KEPT"
    # when
    test.advance_to("2026-10-12T10:00+09:00")
    bounce(test, "M40", C)
    # then
    assert core_6(test, case).state == "BREACHED"


def test_a_bounce_days_later_changes_no_proof_but_the_address(test: ProcessTest) -> None:
    case = announced(test)
    test.advance_to("2026-10-12T09:00+09:00")
    bounce(test, "M40", C)
    assert (core_6(test, case).state, log(test, case)[C].state) == ("KEPT", "told")
    assert log(test, case)[C].unreachable_at is not None


def test_a_new_address_learnt_on_the_phone_is_written_to_from_then_on(test: ProcessTest) -> None:
    case = announced(test)
    bounce(test, "M40", C)
    test.advance_to("2026-10-08T15:30+09:00")
    submit(test, desk_tasks(test)[0], "Task_TellOtherwise", {**BOUNCED, "new_email": "new-c@example.net"}, by="r")
    test.advance_to("2026-10-16T10:00+09:00")
    assert mails_to(test, "new-c@example.net", case) == ["M41"]


def test_a_service_without_subscribers_is_told_by_the_board(test: ProcessTest) -> None:
    case = announced(test, services=["인증"])
    assert tally(test, case) == (0, 0)
    test.advance_to("2026-10-12T09:00+09:00")
    assert core_6(test, case).state == "KEPT"


def test_who_subscribes_after_the_notice_gets_it_at_once_and_stays_outside_the_count(test: ProcessTest) -> None:
    case = announced(test)
    test.advance_to("2026-10-13T09:00+09:00")
    subscribe(test, D)
    assert (mails_to(test, D, case), mails_to(test, A, case)) == (["M40"], ["M40"])
    assert (tally(test, case), log(test, case)[D].late_subscriber) == ((3, 3), True)


# ---------------------------------------------------------------- approval


def test_the_head_approves_a_notice_that_is_late_and_the_promise_is_missed(test: ProcessTest) -> None:
    why = "장비 공급사가 결함을 어제 알려 와 더 미룰 수 없는 작업입니다."
    case = planned(test, start="2026-10-10T22:00:00+09:00", end="2026-10-11T02:00:00+09:00", late_notice_reason=why)
    submit(test, case, "Task_Approve", YES, by="p")
    assert case.task("Task_ApproveSecond").candidate_groups == ("헌장책임자",)
    submit(test, case, "Task_ApproveSecond", YES, by="head")
    assert len(sent(test, "M40")) == 3
    test.advance_to("2026-10-07T14:00:01+09:00")
    assert core_6(test, case).state == "BREACHED"


def test_an_emergency_is_counted_apart_and_reminds_only_as_far_as_time_is_left(test: ProcessTest) -> None:
    case = planned(test, type="emergency", start="2026-10-07T22:00:00+09:00", end="2026-10-07T23:00:00+09:00")
    submit(test, case, "Task_Approve", YES, by="p")
    submit(test, case, "Task_ApproveSecond", YES, by="m")
    promise = promised(test, case, "C6")["emergency"]
    assert kst(promise.due_at) == "10-07 20:00"
    test.advance_to("2026-10-07T22:00+09:00")
    assert mails_to(test, A, case) == ["M40", "M41"]
    assert promised(test, case, "C6")["emergency"].state == "KEPT"


def test_an_emergency_within_the_hour_has_no_reminder(test: ProcessTest) -> None:
    case = planned(test, type="emergency", start="2026-10-07T14:30:00+09:00", end="2026-10-07T15:00:00+09:00",
                   market_hours_reason=REASON)  # fmt: skip
    submit(test, case, "Task_Approve", YES, by="p")
    submit(test, case, "Task_ApproveSecond", YES, by="m")
    test.advance_to("2026-10-07T14:30+09:00")
    assert mails_to(test, A, case) == ["M40"]
    assert open_tasks(case) == ["Task_StartWork"]


def test_a_second_no_sends_the_plan_back_and_it_may_be_withdrawn(test: ProcessTest) -> None:
    case = planned(test, start="2026-10-20T10:00:00+09:00", end="2026-10-20T11:00:00+09:00", market_hours_reason=REASON)
    submit(test, case, "Task_Approve", YES, by="p")
    submit(test, case, "Task_ApproveSecond", NO, by="m")
    submit(test, case, "Task_RevisePlan", {"decision": "withdraw"}, by="o")
    assert (end_state(test, case), core_6(test, case).state, len(sent(test, "M40"))) == ("CANCELLED", "VOID", 0)


def test_a_plan_sent_back_may_come_again_with_another_time(test: ProcessTest) -> None:
    case = planned(test)
    submit(test, case, "Task_Approve", NO, by="p")
    later = {"new_start": "2026-10-24T22:00:00+09:00", "new_end": "2026-10-25T02:00:00+09:00", **WHY}
    submit(test, case, "Task_RevisePlan", {"decision": "revise", **later}, by="o")
    assert (kst(core_6(test, case).due_at), open_tasks(case)) == ("10-19 09:00", ["Task_Approve"])
    submit(test, case, "Task_Approve", YES, by="p")
    assert mails_to(test, A, case) == ["M40"]


# ---------------------------------------------------------------- another time, or not at all


def test_a_moved_window_is_approved_and_told_anew_and_counted_anew(test: ProcessTest) -> None:
    case = announced(test)
    test.advance_to("2026-10-08T10:00+09:00")
    assert message(test, case, "MSG_RESCHEDULE") == 1
    later = {"new_start": "2026-10-24T22:00:00+09:00", "new_end": "2026-10-25T02:00:00+09:00", **WHY}
    submit(test, case, "Task_Reschedule", later, by="o")
    assert tally(test, case) == (0, 3)
    submit(test, case, "Task_Approve", YES, by="p")
    assert mails_to(test, A, case) == ["M40", "M46"]
    assert "변경 전: 2026년 10월 17일(토) 22:00 ~ 2026년 10월 18일(일) 02:00" in last_mail(test, "M46", case)
    attached = sent(test, "M46", A)[0].attachments[0].text
    assert "SEQUENCE:1" in attached
    assert "DTSTART;TZID=Asia/Seoul:20261024T220000" in attached
    test.advance_to("2026-10-19T09:00+09:00")
    rows = [p for p in promises_of(test, case) if p.clause == "C6"]
    assert [(p.state, p.reason) for p in rows] == [("VOID", "rescheduled"), ("KEPT", None)]


def promises_of(test: ProcessTest, case: Case) -> list[Promise]:
    with test.engine.reading() as tx:
        return promises.of_case(tx, number(case))


def test_work_that_will_not_take_place_is_called_off_to_everybody(test: ProcessTest) -> None:
    case = announced(test)
    message(test, case, "MSG_INTERRUPTION_CANCEL", cancel_reason="장비 공급이 미루어졌습니다.")
    assert mails_to(test, A, case) == ["M40", "M45"]
    assert "장비 공급이 미루어졌습니다." in last_mail(test, "M45", case)
    assert "METHOD:CANCEL" in sent(test, "M45", A)[0].attachments[0].text
    assert (end_state(test, case), board(test)) == ("CANCELLED", [])


def test_a_plan_nobody_was_told_of_is_dropped_silently(test: ProcessTest) -> None:
    case = planned(test)
    with test.engine.transaction("customer") as tx:
        cases.cancel(tx, number(case))
    test.settle()
    assert (end_state(test, case), sent(test, "M45")) == ("CANCELLED", [])


def test_two_windows_of_a_service_are_seen_and_may_be_merged(test: ProcessTest) -> None:
    first = announced(test)
    second = announced(test, start="2026-10-17T23:00:00+09:00", end="2026-10-18T03:00:00+09:00")
    assert second.variables["overlapping"] == [number(first)]
    with test.engine.transaction("o") as tx:
        cases.merge(tx, number(second), number(first))
    test.settle()
    assert (end_state(test, second), mails_to(test, A, second)) == ("MERGED_DUPLICATE", ["M40", "M45"])


# ---------------------------------------------------------------- the work


def test_reminders_go_out_at_ten_the_business_day_before_and_an_hour_before(test: ProcessTest) -> None:
    case = announced(test)
    for instant, count in (
        ("2026-10-16T09:59:59", 0), ("2026-10-16T10:00:00", 1), ("2026-10-17T20:59:59", 1), ("2026-10-17T21:00:00", 2),
    ):  # fmt: skip
        test.advance_to(f"{instant}+09:00")
        assert len(sent(test, "M41", A)) == count
    assert [m.subject.split("] ")[2] for m in sent(test, "M41", A)] == [
        f"내일 시세전송 서비스 중단 ({number(case)})", f"1시간 뒤 시세전송 서비스 중단 ({number(case)})",
    ]  # fmt: skip


def test_a_start_that_nobody_recorded_is_asked_for_after_a_quarter_of_an_hour(test: ProcessTest) -> None:
    case = announced(test)
    test.advance_to("2026-10-17T22:14:59+09:00")
    assert sent(test, "M42N") == []
    test.advance_to("2026-10-17T22:15:00+09:00")
    assert "M42N" in mails_to_user(test, "o", case)


def test_the_extension_is_asked_a_quarter_before_the_end_and_must_lie_after_it(test: ProcessTest) -> None:
    case = at_work(test)
    assert "Task_DecideExtension" not in open_tasks(case)
    test.advance_to("2026-10-18T01:44:59+09:00")
    assert "Task_DecideExtension" not in open_tasks(case)
    test.advance_to("2026-10-18T01:45:00+09:00")
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_DecideExtension", {"extend_to": "2026-10-18T02:00:00+09:00", **WHY}, by="o")
    assert set(refused.value.errors) == {"extend_to"}
    submit(test, case, "Task_DecideExtension", {"extend_to": "2026-10-18T03:30:00+09:00", **WHY}, by="o")
    assert "2026년 10월 18일(일) 03:30" in last_mail(test, "M44", case)
    test.advance_to("2026-10-18T03:15:00+09:00")
    assert "Task_DecideExtension" in open_tasks(case)
    assert sent(test, "M44L") == []


def test_whoever_did_the_work_does_not_verify_it(test: ProcessTest) -> None:
    case = at_work(test)
    test.advance_to("2026-10-18T01:50+09:00")
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_FinishWork", {**DONE, "verified_by": "o"}, by="o")
    assert "verified_by" in refused.value.errors
    with pytest.raises(InvalidForm):
        submit(test, case, "Task_FinishWork", {**DONE, "verified_by": "nobody"}, by="o")
    submit(test, case, "Task_FinishWork", DONE, by="o")
    assert (end_state(test, case), mails_to(test, A, case)) == ("DONE", ["M40", "M41", "M41", "M42", "M43"])
    found = month(test)
    assert (found.planned_min, found.unplanned_min, str(found.percent)) == (230, 0, "100.00")


def test_what_lasts_beyond_the_announced_end_is_told_by_itself_and_counts_as_an_incident(test: ProcessTest) -> None:
    case = at_work(test)
    test.advance_to("2026-10-18T01:59:59+09:00")
    assert sent(test, "M44L") == []
    test.advance_to("2026-10-18T02:00:00+09:00")
    assert len(sent(test, "M44L")) == 3
    assert (board(test)[0].state, case.variables["overrun_case"]) != ("late", None)
    # when a new end is told only now, and the work ends before it
    test.advance_to("2026-10-18T02:20+09:00")
    submit(test, case, "Task_DecideExtension", {"extend_to": "2026-10-18T03:30:00+09:00", **WHY}, by="o")
    test.advance_to("2026-10-18T03:00+09:00")
    assert board(test)[0].state == "started"
    submit(test, case, "Task_FinishWork", {**DONE, "actual_end": "2026-10-18T03:00:00+09:00"}, by="o")
    # then all the time past the end that was missed is unplanned
    found = month(test)
    assert (found.planned_min, found.unplanned_min, found.count) == (240, 60, 1), CORE_1
    assert str(found.percent) == "99.86"
    with test.engine.reading() as tx:
        (other,) = cases.links_of(tx, number(case))
    assert (other.process, other.kind) == ("incident", "overrun")


def test_a_second_overrun_is_told_too_and_opens_no_second_incident(test: ProcessTest) -> None:
    case = at_work(test)
    test.advance_to("2026-10-18T02:20+09:00")
    submit(test, case, "Task_DecideExtension", {"extend_to": "2026-10-18T03:30:00+09:00", **WHY}, by="o")
    test.advance_to("2026-10-18T03:30+09:00")
    assert (len(sent(test, "M44L", A)), kst(case.variables["overrun_at"])) == (2, "10-18 02:00")  # type: ignore[arg-type]
    assert len([one for one in test.cases if one.process == "incident"]) == 1


def test_who_subscribes_during_the_work_learns_that_it_goes_on(test: ProcessTest) -> None:
    case = at_work(test)
    test.advance_to("2026-10-17T23:00+09:00")
    subscribe(test, D)
    assert mails_to(test, D, case) == ["M40"]
    assert "작업은 2026년 10월 17일(토) 22:00에 시작했습니다" in last_mail(test, "M40", case)


def test_every_element_and_flow_is_taken() -> None:
    with house() as test:
        plays(test)
        assert never_taken(test, "planned_interruption") == set()


def plays(test: ProcessTest) -> None:
    """Everything at once in one house, so that the coverage is counted over all of it."""
    market = {
        "start": "2026-10-20T10:00:00+09:00", "end": "2026-10-20T11:00:00+09:00", "market_hours_reason": REASON,
    }  # fmt: skip
    withdrawn = planned(test, **market)
    submit(test, withdrawn, "Task_Approve", YES, by="p")
    submit(test, withdrawn, "Task_ApproveSecond", NO, by="m")
    submit(test, withdrawn, "Task_RevisePlan", {"decision": "withdraw"}, by="o")
    again = planned(test)
    submit(test, again, "Task_Approve", NO, by="p")
    later = {"new_start": "2026-10-24T22:00:00+09:00", "new_end": "2026-10-25T02:00:00+09:00", **WHY}
    submit(test, again, "Task_RevisePlan", {"decision": "revise", **later}, by="o")
    with test.engine.transaction("customer") as tx:
        cases.cancel(tx, number(again))
    test.settle()
    test_an_emergency_within_the_hour_has_no_reminder(test)
    moved = announced(test, services=[FEED, "인증"], start="2026-11-14T22:00:00+09:00", end="2026-11-15T02:00:00+09:00")
    message(test, moved, "MSG_RESCHEDULE")
    submit(test, moved, "Task_Reschedule", {**later}, by="o")
    submit(test, moved, "Task_Approve", YES, by="p")
    subscribe(test, D)
    message(test, moved, "MSG_INTERRUPTION_CANCEL")
    never = planned(test, start="2026-11-21T22:00:00+09:00", end="2026-11-22T02:00:00+09:00")
    other = announced(test, **{**PLAN, "start": "2026-10-31T22:00:00+09:00", "end": "2026-11-01T02:00:00+09:00"})
    with test.engine.transaction("o") as tx:
        cases.merge(tx, number(other), number(never))
    test.settle()
    case = announced(test)
    test.advance_to("2026-10-17T22:15+09:00")
    submit(test, case, "Task_StartWork", {"actual_start": "2026-10-17T22:00:00+09:00"}, by="o")
    subscribe(test, "e@example.net")
    test.advance_to("2026-10-18T02:00+09:00")
    submit(test, case, "Task_DecideExtension", {"extend_to": "2026-10-18T03:30:00+09:00", **WHY}, by="o")
    submit(test, case, "Task_FinishWork", {**DONE, "actual_end": "2026-10-18T02:00:00+09:00"}, by="o")
    test.advance_to("2026-11-14T09:00+09:00")


def test_every_recipient_gets_every_mail_but_one_whose_address_is_dead(test: ProcessTest) -> None:
    case = announced(test)
    bounce(test, "M40", C)
    test.advance_to("2026-10-16T10:00+09:00")
    assert (mails_to(test, B, case), mails_to(test, C, case)) == (["M40", "M41"], ["M40"])
    assert [one.variables["mail"] for one in desk_tasks(test)] == ["M40", "M41"]
