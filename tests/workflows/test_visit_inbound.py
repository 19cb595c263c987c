"""Visits to us: visit 1 to 4 of the charter, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from charterflow.testing import Case, ProcessTest
from engine.errors import Conflict, InvalidForm, UnknownFields
from engine.mails import Mail
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
from tests.workflows.visit_cases import ACCEPT, BACK, GUEST, SEEN_OFF, arrival, booked, office, opened
from workflows import cases, links, notes, organisation, passes, permissions, visits
from workflows.korean import SEOUL
from workflows.promises import Promise

VISIT_1 = "안내데스크에서는 안내직원이 밝은 미소로 “안녕하십니까?” 라는 인사로 친절하게 고객을 맞이하겠습니다"
VISIT_2 = "안내직원이 신분증과 출입증을 교환해드리며, 고객 접견실로 친절하게 안내해 드리겠습니다"
VISIT_3 = (
    "방문 전에 방문목적, 날짜, 시간을 업무 담당자에게 미리 알려주시면, 업무 담당자가 약속된 시간에 "
    "고객 접견실에서 맞이하겠습니다"
)
VISIT_4 = "고객을 엘리베이터 앞까지 배웅하고 “좋은 하루 되십시오” 라고 정중하게 인사하겠습니다"
PROPOSE = {
    "decision": "propose", "substitute_host": "c",
    "proposed_slots": [{"start": "2026-10-06T16:00:00+09:00"}, {"start": "2026-10-07T10:00:00+09:00"}],
}  # fmt: skip
WALK_IN = {
    "visitor_name": "문서연", "org": "가온자산운용", "phone": "010-4444-5555", "purpose": "자료 전달", "host": "a",
    "privacy_consent": True,
}  # fmt: skip
DAY = "2026-10-06T"


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with office() as one:
        yield one


def kst(promise: Promise, name: str) -> str:
    moment: datetime = getattr(promise, name)
    return moment.astimezone(SEOUL).strftime("%m-%d %H:%M:%S")


def to(test: ProcessTest, clock: str) -> None:
    """Move to a time of the day of the visit."""
    test.advance_to(f"{DAY}{clock}+09:00")


def confirmed(test: ProcessTest, **changed: object) -> Case:
    """A visit that the host has accepted on the Friday before."""
    case = booked(test, **changed)
    submit(test, case, "Task_HostConfirm", ACCEPT)
    return case


def arrived(test: ProcessTest, clock: str = "13:50:00", **changed: Any) -> Case:
    """A visitor who has just been checked in."""
    case = confirmed(test)
    to(test, clock)
    submit(test, case, "Task_CheckIn", arrival(f"{DAY}{clock}", **changed), by="r")
    return case


def met(test: ProcessTest, case: Case, clock: str, by: str = "a") -> None:
    submit(test, case, "Task_Meet", {"met_at": f"{DAY}{clock}+09:00"}, by=by)


def v(test: ProcessTest, case: Case, clause: str) -> Promise:
    return promised(test, case, clause)[""]


def mail(test: ProcessTest, mail_id: str, case: Case) -> Mail:
    return [m for m in test.mails if m.reference["mail"] == mail_id and m.business_key == case.business_key][-1]


def token_in(mail: Mail, number: int = 0) -> str:
    found: list[str] = re.findall(r"/l/([\w-]+)", mail.text)
    return found[number]


def tell(test: ProcessTest, case: Case, message: str, **variables: object) -> None:
    assert test.message(message, business_key=case.business_key, variables=variables) == 1


# ---------------------------------------------------------------- the reservation


def test_a_reservation_asks_the_host_within_four_business_hours(test: ProcessTest) -> None:
    # when
    case = booked(test)
    # then
    task = case.task("Task_HostConfirm")
    assert task.assignee == "a"
    assert task.due_at is not None
    assert task.due_at.astimezone(SEOUL).strftime("%m-%d %H:%M") == "10-02 14:00"
    assert mails_to(test, GUEST, case) == ["M01"]
    assert milestone(test, case, "REQUESTED")


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"date": "2026-10-05"}, "date", "휴일"),
        ({"date": "2026-10-03"}, "date", "휴일"),
        ({"date": "2026-10-01"}, "date", ""),
        ({"time": "08:45"}, "time", "업무시간"),
        ({"time": "18:00"}, "time", "업무시간"),
        ({"time": "14:10"}, "time", "15분"),
        ({"date": "2026-10-02", "time": "09:00"}, "time", "지난"),
        ({"host": "nobody"}, "host", "목록"),
        ({"email": None}, "email", ""),
        ({"privacy_consent": False}, "privacy_consent", "동의"),
    ],
)
def test_a_reservation_outside_of_what_we_offer_is_refused(
    test: ProcessTest, changed: dict[str, object], field: str, words: str
) -> None:
    with pytest.raises(InvalidForm) as refused:
        booked(test, **changed)
    assert list(refused.value.errors) == [field]
    assert words in refused.value.errors[field][0].ko


def test_a_confirmed_visit_is_told_with_a_calendar_entry(test: ProcessTest) -> None:
    # when
    case = confirmed(test)
    # then
    letter = mail(test, "M70", case)
    assert "2026년 10월 6일(화) 14:00" in letter.text
    assert "운영팀 김하늘" in letter.text
    assert "신분증 번호는 기록하지 않습니다" in " ".join(letter.text.split())
    assert "DTSTART;TZID=Asia/Seoul:20261006T140000" in letter.attachments[0].text
    assert (v(test, case, "V3").state, kst(v(test, case, "V3"), "due_at")) == ("RUNNING", "10-06 14:00:00"), VISIT_3


def test_without_a_word_from_the_host_the_manager_decides(test: ProcessTest) -> None:
    # given
    case = booked(test)
    test.advance_to("2026-10-02T13:59:59+09:00")
    assert open_tasks(case) == ["Task_HostConfirm"]
    # when
    test.advance_to("2026-10-02T14:00:00+09:00")
    # then
    task = case.task("Task_ConfirmForHost")
    assert (task.candidate_groups, task.candidate_users) == (("관리자",), ("a",))
    submit(test, case, "Task_ConfirmForHost", ACCEPT, by="m")
    assert milestone(test, case, "CONFIRMED")


def test_who_does_not_know_the_host_is_led_by_the_reception(test: ProcessTest) -> None:
    # given
    case = booked(test, host="모름")
    # when
    submit(test, case, "Task_FindHost", {"host": "b"}, by="r")
    # then
    assert case.task("Task_HostConfirm").assignee == "b"


def test_a_host_declines_with_a_reason(test: ProcessTest) -> None:
    # given
    case = booked(test)
    # when
    submit(test, case, "Task_HostConfirm", {"decision": "decline", "reason": "그 주에는 모두 출장입니다."})
    # then
    assert "그 주에는 모두 출장입니다." in last_mail(test, "M70D", case)
    assert end_state(test, case) == "REJECTED"


def test_the_visitor_takes_one_of_the_times_offered(test: ProcessTest) -> None:
    # given
    case = booked(test)
    submit(test, case, "Task_HostConfirm", PROPOSE)
    offer = mail(test, "M70P", case)
    assert "2026년 10월 7일(수) 10:00" in offer.text
    # when
    with test.engine.transaction("customer") as tx:
        links.answer(tx, token_in(offer, 1), {})
    test.settle()
    # then
    assert kst(v(test, case, "V3"), "due_at") == "10-07 10:00:00"
    assert milestone(test, case, "PROPOSED")
    with test.engine.transaction("customer") as tx, pytest.raises(Conflict):
        links.answer(tx, token_in(offer, 0), {})


def test_nobody_chooses_a_time(test: ProcessTest) -> None:
    # given
    case = booked(test)
    submit(test, case, "Task_HostConfirm", PROPOSE)
    # when
    test.advance_to("2026-10-07T10:00+09:00")
    # then
    assert mails_to(test, GUEST, case)[-1] == "M06C"
    assert end_state(test, case) == "NO_ANSWER"


# ---------------------------------------------------------------- reminders and changes


def test_visitor_and_host_are_reminded_on_the_business_day_before(test: ProcessTest) -> None:
    # given
    case = confirmed(test)
    # when: the fifth is a substitute holiday
    test.advance_to("2026-10-02T14:59:59+09:00")
    assert "M71" not in mails_to(test, GUEST, case)
    test.advance_to("2026-10-02T15:00:00+09:00")
    # then
    assert mails_to(test, GUEST, case)[-1] == "M71"
    assert mails_to_user(test, "a", case) == ["M71"]
    assert "시간 바꾸기나 취소" not in mail(test, "M71", case).text  # the host's


def test_a_reservation_of_the_same_day_needs_no_reminder(test: ProcessTest) -> None:
    # given
    case = confirmed(test, date="2026-10-02", time="14:00")
    # when
    test.advance_to("2026-10-02T13:45:00+09:00")
    # then
    assert mails_to_user(test, "a", case) == ["M72"]


def test_a_host_on_leave_is_replaced_and_the_visitor_told(test: ProcessTest) -> None:
    # given
    case = confirmed(test)
    with test.engine.transaction("m") as tx:
        start = datetime.fromisoformat("2026-10-06T09:00+09:00")
        organisation.add_absence(tx, "a", start, start + timedelta(days=1), "c")
    # when
    to(test, "13:45:00")
    # then
    assert "이도현" in last_mail(test, "M75", case)
    assert mails_to_user(test, "c", case)[-1] == "M72"


def test_a_host_who_falls_ill_is_replaced_beforehand(test: ProcessTest) -> None:
    # given
    case = confirmed(test)
    # when
    tell(test, case, "MSG_HOST_ABSENT")
    # then
    assert "이도현" in mail(test, "M75", case).subject
    assert case.variables["host"] == "c"


def test_a_visitor_moves_the_visit(test: ProcessTest) -> None:
    # given
    case = confirmed(test)
    # when
    with test.engine.transaction("customer") as tx:
        values = {
            "change": "move",
            "new_date": date(2026, 10, 7),
            "new_time": time(11, 0),
        }
        links.answer(tx, token_in(mail(test, "M70", case)), values)
    test.settle()
    # then
    submit(test, case, "Task_HostConfirm", ACCEPT)
    assert kst(v(test, case, "V3"), "due_at") == "10-07 11:00:00"
    assert "SEQUENCE:1" in mail(test, "M70", case).attachments[0].text


def test_a_visitor_takes_the_visit_back_by_the_link(test: ProcessTest) -> None:
    # given
    case = confirmed(test)
    # when
    with test.engine.transaction("customer") as tx:
        links.answer(tx, token_in(mail(test, "M70", case)), {"change": "cancel", "new_date": None, "new_time": None})
    test.settle()
    # then
    assert end_state(test, case) == "CANCELLED_BY_CUSTOMER"
    assert "METHOD:CANCEL" in mail(test, "M70S", case).attachments[0].text
    assert v(test, case, "V3").state == "VOID"


def test_a_visitor_takes_the_visit_back_on_the_tracking_page(test: ProcessTest) -> None:
    # given
    case = confirmed(test)
    # when
    with test.engine.transaction("customer") as tx:
        cases.cancel(tx, number(case))
    test.settle()
    # then
    assert mails_to(test, GUEST, case)[-1] == "M02C"
    assert mails_to_user(test, "a", case) == ["M70S"]


def test_we_take_the_visit_back_and_say_sorry(test: ProcessTest) -> None:
    # given
    case = confirmed(test)
    # when
    tell(test, case, "MSG_VISIT_CANCELLED", reason="건물 전기 공사가 있습니다.")
    # then
    assert "죄송합니다" in last_mail(test, "M70D", case)
    assert end_state(test, case) == "CANCELLED"


def test_two_reservations_of_one_visit_are_merged(test: ProcessTest) -> None:
    # given
    first, second = confirmed(test), booked(test)
    # when
    with test.engine.transaction("r") as tx:
        cases.merge(tx, number(second), number(first))
    test.settle()
    # then
    assert end_state(test, second) == "MERGED_DUPLICATE"


# ---------------------------------------------------------------- visit 3: the agreed time


def test_who_comes_early_is_met_at_the_agreed_time(test: ProcessTest) -> None:
    # given
    case = arrived(test, "13:40:00")
    assert "14:00까지" in mail(test, "M72A", case).subject
    # when
    to(test, "13:45:00")
    assert mails_to_user(test, "a", case)[-2:] == ["M72A", "M72"]
    to(test, "13:58:00")
    met(test, case, "13:58:00")
    # then
    assert (v(test, case, "V3").state, kst(v(test, case, "V3"), "due_at")) == ("KEPT", "10-06 14:00:00"), VISIT_3
    assert milestone(test, case, "MET")


@pytest.mark.parametrize(("clock", "state"), [("15:24:59", "KEPT"), ("15:25:00", "KEPT"), ("15:25:01", "BREACHED")])
def test_who_comes_late_is_met_within_five_minutes(test: ProcessTest, clock: str, state: str) -> None:
    # given
    case = confirmed(test, time="15:00")
    to(test, "15:20:00")
    assert v(test, case, "V3").state == "RUNNING"
    submit(test, case, "Task_CheckIn", arrival(f"{DAY}15:20:00"), by="r")
    # when
    to(test, clock)
    met(test, case, clock)
    # then
    row = v(test, case, "V3")
    assert (row.state, kst(row, "due_at"), kst(row, "met_at")) == (state, "10-06 15:25:00", f"10-06 {clock}"), VISIT_3


def test_the_substitute_is_called_at_the_agreed_instant(test: ProcessTest) -> None:
    # given
    case = arrived(test)
    to(test, "13:59:59")
    assert case.task("Task_Meet").candidate_users == ()
    # when
    to(test, "14:00:00")
    # then
    assert v(test, case, "V3").state == "RUNNING"
    assert case.task("Task_Meet").candidate_users == ("a", "c")
    assert mails_to_user(test, "c", case) == ["M72A"]
    to(test, "14:00:01")
    assert v(test, case, "V3").state == "BREACHED"
    assert [mails_to_user(test, who, case)[-1] for who in ("a", "m", "q")] == ["M91"] * 3
    met(test, case, "14:00:01", by="c")
    assert case.task("Task_SeeOff").assignee == "c"


def test_a_host_who_has_the_form_open_may_still_come_when_the_substitute_is_called(test: ProcessTest) -> None:
    # given
    case = arrived(test)
    task = case.task("Task_Meet")
    # when
    to(test, "14:00:00")
    # then
    assert case.task("Task_Meet").version == task.version
    met(test, case, "14:00:00")
    assert v(test, case, "V3").state == "KEPT", VISIT_3


def test_a_host_calls_the_substitute_early(test: ProcessTest) -> None:
    # given
    case = arrived(test)
    # when
    with test.engine.transaction("a") as tx:
        links.answer(tx, token_in(mail(test, "M72A", case)), {})
    test.settle()
    to(test, "14:00:00")
    # then
    assert mails_to_user(test, "c", case) == ["M72A"]


def test_being_met_before_arriving_is_refused(test: ProcessTest) -> None:
    case = arrived(test)
    with pytest.raises(InvalidForm):
        met(test, case, "13:49:59")


@pytest.mark.parametrize(("clock", "state"), [("14:59:59", None), ("15:00:00", "NO_SHOW")])
def test_who_does_not_come_within_the_hour(test: ProcessTest, clock: str, state: str | None) -> None:
    # given
    case = confirmed(test)
    # when
    to(test, clock)
    # then
    assert end_state(test, case) == state
    if state:
        row = v(test, case, "V3")
        assert (row.state, kst(row, "due_at")) == ("VOID", "10-06 14:00:00")
        assert mails_to(test, GUEST, case)[-1] == "M74"
        assert milestone(test, case, "NO_SHOW")


# ---------------------------------------------------------------- visit 1 and 2: the reception


def test_the_greeting_is_recorded(test: ProcessTest) -> None:
    assert v(test, arrived(test), "V1").state == "KEPT", VISIT_1


def test_a_forgotten_greeting_is_recorded_too(test: ProcessTest) -> None:
    assert v(test, arrived(test, greeted=False), "V1").state == "BREACHED", VISIT_1


def test_no_number_of_an_id_can_be_written(test: ProcessTest) -> None:
    # given
    case = confirmed(test)
    to(test, "13:40:00")
    # when
    with pytest.raises(UnknownFields):
        submit(test, case, "Task_CheckIn", arrival(f"{DAY}13:40:00", id_number="900101-1234567"), by="r")
    # then
    assert open_tasks(case) == ["Task_CheckIn"]
    assert "900101" not in str(case.variables)


def test_a_pass_is_out_once(test: ProcessTest) -> None:
    # given
    first = arrived(test)
    second = confirmed(test, date="2026-10-06", time="15:00")
    # when
    with pytest.raises(InvalidForm) as refused:
        submit(test, second, "Task_CheckIn", arrival(f"{DAY}13:50:00", "101"), by="r")
    # then
    assert "사용 중인 출입증입니다" in refused.value.errors["pass_no"][0].ko
    to(test, "13:55:00")
    submit(test, first, "Task_CheckOut", BACK, by="r")
    submit(test, second, "Task_CheckIn", arrival(f"{DAY}13:55:00", "101"), by="r")
    assert second.variables["pass_no"] == "101"


def test_each_of_a_group_has_a_pass(test: ProcessTest) -> None:
    # given
    case = confirmed(test, companions=[{"name": "오지훈"}])
    to(test, "13:50:00")
    group = arrival(f"{DAY}13:50:00", "101", companion_passes=[{"number": "101"}])
    with pytest.raises(InvalidForm):
        submit(test, case, "Task_CheckIn", group, by="r")
    # when
    submit(test, case, "Task_CheckIn", arrival(f"{DAY}13:50:00", "101", companion_passes=["102"]), by="r")
    # then
    with test.engine.reading() as tx:
        assert [one.pass_no for one in passes.out_now(tx)] == ["101", "102"]
        assert not passes.is_free(tx, "102")


def test_two_desks_with_one_pass_the_later_chooses_again(test: ProcessTest) -> None:
    # given: both forms were judged before either pass was noted
    arrived(test)
    case = confirmed(test, date="2026-10-06", time="15:00")
    # when
    case.complete("Task_CheckIn", arrived_values(test), by="r")
    # then
    assert open_tasks(case) == ["Task_CheckIn"]


def arrived_values(test: ProcessTest) -> dict[str, object]:
    values = arrival(f"{DAY}13:50:00", "101")
    return {**values, "arrived_at": test.clock.now(), "companion_passes": [], "note_internal": None, "attachments": []}


@pytest.mark.parametrize(("clock", "state"), [("17:59:59", "KEPT"), ("18:00:00", "KEPT"), ("18:00:01", "BREACHED")])
def test_passes_are_back_by_closing(test: ProcessTest, clock: str, state: str) -> None:
    # given
    case = arrived(test)
    row = v(test, case, "V2")
    assert (kst(row, "started_at"), kst(row, "due_at")) == ("10-06 13:50:00", "10-06 18:00:00"), VISIT_2
    to(test, "13:58:00")
    met(test, case, "13:58:00")
    submit(test, case, "Task_SeeOff", SEEN_OFF)
    # when
    to(test, clock)
    submit(test, case, "Task_CheckOut", BACK, by="r")
    # then
    row = v(test, case, "V2")
    assert (row.state, kst(row, "met_at")) == (state, f"10-06 {clock}"), VISIT_2
    assert open_tasks(case) == []
    assert mails_to(test, GUEST, case)[-1] == "M73"


def test_a_pass_still_out_is_listed_and_security_asked(test: ProcessTest) -> None:
    # given
    case = arrived(test)
    # when
    to(test, "17:30:00")
    # then
    with test.engine.reading() as tx:
        assert any("101" in note.ko for note in notes.of_case(tx, number(case)))
    to(test, "18:00:00")
    assert case.task("Task_FindPass").candidate_groups == ("보안",)
    submit(
        test, case, "Task_FindPass", {"pass_found": "found", "found_note": "주차장에서 만나 돌려받았습니다."}, by="r"
    )
    assert v(test, case, "V2").met_at is not None
    with test.engine.reading() as tx:
        assert passes.out_now(tx) == []


def test_a_lost_pass_is_taken_out_of_use(test: ProcessTest) -> None:
    # given
    case = arrived(test)
    to(test, "18:00:01")
    # when
    submit(test, case, "Task_FindPass", {"pass_found": "lost", "found_note": "전화해도 찾지 못했습니다."}, by="r")
    # then
    assert (v(test, case, "V2").state, v(test, case, "V2").met_at) == ("BREACHED", None)
    with test.engine.reading() as tx:
        assert (passes.out_now(tx), passes.lost(tx), passes.is_free(tx, "101")) == ([], ["101"], False)


def test_a_check_out_without_the_pass_is_refused(test: ProcessTest) -> None:
    case = arrived(test)
    with pytest.raises(InvalidForm) as refused:
        submit(test, case, "Task_CheckOut", {"pass_returned": False, "id_returned": True}, by="r")
    assert list(refused.value.errors) == ["pass_returned"]


# ---------------------------------------------------------------- visit 4, and the end


def test_seen_off_with_the_greeting(test: ProcessTest) -> None:
    # given
    case = arrived(test)
    met(test, case, "13:50:00")
    # when
    submit(test, case, "Task_SeeOff", {**SEEN_OFF, "greeting_said": False})
    # then
    assert v(test, case, "V4").state == "BREACHED", VISIT_4


def test_a_see_off_that_nobody_records_counts_as_missed(test: ProcessTest) -> None:
    # given
    case = arrived(test)
    met(test, case, "13:50:00")
    submit(test, case, "Task_CheckOut", BACK, by="r")
    # when
    test.advance_to("2026-10-07T18:00+09:00")
    # then
    assert v(test, case, "V4").state == "BREACHED", VISIT_4
    assert end_state(test, case) == "DONE"


def test_a_visitor_who_leaves_unmet(test: ProcessTest) -> None:
    # given
    case = arrived(test)
    to(test, "14:10:00")
    # when
    submit(test, case, "Task_CheckOut", BACK, by="r")
    # then
    assert open_tasks(case) == []
    assert (v(test, case, "V3").state, v(test, case, "V3").met_at) == ("BREACHED", None), VISIT_3


def test_a_walk_in_is_received_without_a_promise_of_the_hour(test: ProcessTest) -> None:
    # given
    to(test, "15:30:00")
    case = opened(test, "visit_inbound", WALK_IN, channel="walk_in", by="r")
    # when
    submit(test, case, "Task_CheckIn", arrival(f"{DAY}15:30:00", "102"), by="r")
    # then
    assert promised(test, case, "V3") == {}
    assert v(test, case, "V2").state == "RUNNING"
    assert mails_to_user(test, "a", case) == ["M72A"]
    due = case.task("Task_Meet").due_at
    assert due is not None
    assert due - test.clock.now() == timedelta(minutes=10)


def test_a_walk_in_to_somebody_without_a_substitute_calls_nobody(test: ProcessTest) -> None:
    # given
    to(test, "15:30:00")
    case = opened(test, "visit_inbound", {**WALK_IN, "host": "j"}, channel="walk_in", by="r")
    submit(test, case, "Task_CheckIn", arrival(f"{DAY}15:30:00", "102"), by="r")
    # when
    to(test, "15:40:00")
    # then
    assert case.task("Task_Meet").assignee == "j"


def test_the_reception_sees_its_day(test: ProcessTest) -> None:
    # given
    here = confirmed(test)
    confirmed(test, visitor_name="오지훈", time="16:30")
    confirmed(test, visitor_name="내일손님", date="2026-10-07")
    to(test, "13:50:00")
    submit(test, here, "Task_CheckIn", arrival(f"{DAY}13:50:00"), by="r")
    # when
    with test.engine.reading() as tx:
        desk = visits.reception(tx)
        reader = organisation.user(tx, "r")
        other = organisation.user(tx, "a")
        may = [permissions.may(tx, who, "reception") for who in (reader, other)]
    # then
    assert [one.visitor for one in desk.expected] == ["오지훈"]
    assert [(one.visitor, one.waits) for one in desk.present] == [("나은별", True)]
    assert [(one.pass_no, name) for one, name in desk.passes_out] == [("101", "나은별")]
    assert may == [True, False]
    to(test, "14:00:00")
    submit(test, here, "Task_CheckOut", BACK, by="r")
    with test.engine.reading() as tx:
        desk = visits.reception(tx)
    assert ([one.visitor for one in desk.gone], desk.present, desk.passes_out) == (["나은별"], [], [])


WAYS: tuple[Callable[[ProcessTest], None], ...] = (
    test_without_a_word_from_the_host_the_manager_decides,
    test_who_does_not_know_the_host_is_led_by_the_reception,
    test_a_host_declines_with_a_reason,
    test_the_visitor_takes_one_of_the_times_offered,
    test_nobody_chooses_a_time,
    test_a_reservation_of_the_same_day_needs_no_reminder,
    test_a_host_on_leave_is_replaced_and_the_visitor_told,
    test_a_host_who_falls_ill_is_replaced_beforehand,
    test_a_visitor_moves_the_visit,
    test_a_visitor_takes_the_visit_back_by_the_link,
    test_a_visitor_takes_the_visit_back_on_the_tracking_page,
    test_we_take_the_visit_back_and_say_sorry,
    test_two_reservations_of_one_visit_are_merged,
    test_who_comes_early_is_met_at_the_agreed_time,
    test_the_substitute_is_called_at_the_agreed_instant,
    test_a_host_calls_the_substitute_early,
    lambda test: test_who_does_not_come_within_the_hour(test, "15:00:00", "NO_SHOW"),
    test_two_desks_with_one_pass_the_later_chooses_again,
    lambda test: test_passes_are_back_by_closing(test, "18:00:00", "KEPT"),
    test_a_pass_still_out_is_listed_and_security_asked,
    test_a_lost_pass_is_taken_out_of_use,
    test_a_see_off_that_nobody_records_counts_as_missed,
    test_a_visitor_who_leaves_unmet,
    test_a_walk_in_is_received_without_a_promise_of_the_hour,
    test_a_walk_in_to_somebody_without_a_substitute_calls_nobody,
)


def test_every_element_and_flow_is_taken_at_least_once() -> None:
    missing: set[str] | None = None
    for way in WAYS:
        with office() as one:
            way(one)
            untaken = never_taken(one, "visit_inbound")
            missing = untaken if missing is None else missing & untaken
    assert missing == set()
