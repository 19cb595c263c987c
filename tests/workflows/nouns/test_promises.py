"""Promises: opened, kept at the very due instant, breached a second later, paused, withdrawn, void, waived."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import commands, mails, user_tasks
from engine.errors import Forbidden, InvalidForm
from tests.workflows.nouns.conftest import RESULT_MAIL, REVIEW, House, diagram, flow, kst, marked
from workflows import calendar, cases, figures, promises
from workflows.promises import PromiseState

ESCALATE = diagram(
    '<bpmn:startEvent id="Start"/><bpmn:userTask id="Task_Told" name="${kind}" '
    'camunda:candidateGroups="관리자"/>' + flow("Start", "Task_Told"),
    key="escalate",
)
NOTIFY = diagram(
    '<bpmn:startEvent id="Start"><bpmn:messageEventDefinition messageRef="M"/></bpmn:startEvent>'
    '<bpmn:userTask id="Task_Tell" name="연락처 확인 및 다른 방법으로 알림" camunda:candidateGroups="${desk_group}"/>'
    + marked('endEvent id="Told"', '<charter:told at="${told_at}" promises="${promise_ids}" email="${new_email}"/>')
    + flow("Start", "Task_Tell")
    + flow("Task_Tell", "Told"),
    key="notify",
).replace("<bpmn:process", '<bpmn:message id="M" name="MSG_MAIL_UNDELIVERED"/><bpmn:process', 1)


@pytest.fixture
def review(house: House) -> House:
    """A process with C2: five business days until the review result is mailed."""
    house.write_mail("M10", RESULT_MAIL)
    house.deploy(REVIEW)
    return house


def test_a_promise_runs_from_receipt_to_a_due_instant_that_says_why(review: House) -> None:
    # given a request on Monday before a substitute holiday
    no = review.open_case().case.no
    # then it is due five business days later, the holiday is named, and it warns at four fifths
    promise = review.promise(no)
    assert (promise.clause, promise.element_id, promise.state) == ("C2", "Start", PromiseState.RUNNING)
    assert promise.due_at == kst("2026-08-18 11:00")
    assert promise.warn_at == kst("2026-08-14 11:00")
    assert "광복절 대체휴일" in [s.note_ko for s in promise.why if not s.counted]


@pytest.mark.parametrize(("moment", "state"), [
    ("2026-08-18 10:59:59", PromiseState.KEPT),
    ("2026-08-18 11:00:00", PromiseState.KEPT),
    ("2026-08-18 11:00:01", PromiseState.BREACHED),
])  # fmt: skip
def test_within_is_inclusive(review: House, moment: str, state: PromiseState) -> None:
    # given
    no = review.open_case().case.no
    # when the result is mailed at that instant
    review.at(moment)
    review.complete("Task_Review", {"size": "M"})
    # then
    promise = review.promise(no)
    assert (promise.state, promise.met_at) == (state, kst(moment))


def test_it_runs_at_the_due_instant_and_is_breached_a_second_later_and_met_late(review: House) -> None:
    # given
    no = review.open_case().case.no
    review.at("2026-08-18 11:00")
    assert review.promise(no).state is PromiseState.RUNNING
    # when
    review.at("2026-08-18 11:00:01")
    breached = review.promise(no)
    review.at("2026-08-18 15:00")
    review.complete("Task_Review", {"size": "M"})
    # then it stays breached and gains when it was met
    assert (breached.state, breached.breached_at) == (PromiseState.BREACHED, kst("2026-08-18 11:00:01"))
    met = review.promise(no)
    assert (met.state, met.was_late) == (PromiseState.BREACHED, timedelta(hours=4))


def test_the_people_in_charge_are_told_once_at_the_warning_and_once_at_the_breach(review: House) -> None:
    # given
    review.deploy(ESCALATE, "escalate")
    no = review.open_case().case.no
    # when
    review.at("2026-08-20 12:00")
    # then the diagram was started twice, for the handler and his manager, at the breach for the charter office too
    with review.engine.reading() as tx:
        told = [t for t in user_tasks.of_case(tx, no) if t.element_id == "Task_Told"]
        seen = [user_tasks.visible_variables(tx, t) for t in told]
    assert [v["kind"] for v in seen] == ["warn", "breach"]
    assert [t.opened_at for t in told] == [kst("2026-08-14 11:00"), kst("2026-08-18 11:00:01")]
    assert [v["receivers"] for v in seen] == [["a", "m"], ["a", "m", "q"]]
    assert seen[1]["reason_due"] == kst("2026-08-20 11:00:01")
    assert seen[0]["left_ko"] == "영업일 1일"


def test_a_promise_met_before_its_warning_warns_nobody(review: House) -> None:
    # given
    review.deploy(ESCALATE, "escalate")
    no = review.open_case().case.no
    review.complete("Task_Review", {"size": "M"})
    # when
    review.at("2026-08-20 12:00")
    # then
    with review.engine.reading() as tx:
        assert [t.element_id for t in user_tasks.of_case(tx, no)] == ["Task_Review"]


def test_running_promises_of_a_case_that_ends_are_void(house: House) -> None:
    # given a process that can end without its result
    house.deploy(diagram(
        marked('startEvent id="Start"', '<charter:promise clause="C2" spec="5bd" stop="element:Task_A"/>')
        + '<bpmn:userTask id="Task_A" camunda:candidateGroups="운영팀"/>'
        + '<bpmn:boundaryEvent id="Stop" attachedToRef="Task_A"><bpmn:messageEventDefinition messageRef="M"/>'
        + "</bpmn:boundaryEvent>"
        + marked('endEvent id="Merged"', '<charter:end state="MERGED_DUPLICATE"/>') + '<bpmn:endEvent id="End"/>'
        + flow("Start", "Task_A") + flow("Task_A", "End") + flow("Stop", "Merged")
    ).replace("<bpmn:process", '<bpmn:message id="M" name="MSG_MERGE"/><bpmn:process'))  # fmt: skip
    original, twin = house.open_case().case.no, house.open_case().case.no
    # when
    with house.engine.transaction("r") as tx:
        cases.merge(tx, twin, original)
    # then
    promise = house.promise(twin)
    assert (promise.state, promise.reason) == (PromiseState.VOID, "duplicate")
    with house.engine.reading() as tx:
        merged = cases.get(tx, twin)
        assert (merged.state, merged.end_state, merged.merged_into) == ("closed", "MERGED_DUPLICATE", original)
        assert [(link.no, link.kind) for link in cases.links_of(tx, original)] == [(twin, "duplicate")]


STAGES = diagram(
    marked(
        'startEvent id="Start"',
        '<charter:promise clause="C4" item="stage${number}" start="${at(stage.planned_on, \'18:00\')}" '
        'spec="setting:C4.stage_notice" stop="element:Task_Stage" each="stage in ${stages}"/>',
    )
    + marked('userTask id="Task_Stage" camunda:candidateGroups="운영팀"', "<charter:stops/>")
    + '<bpmn:endEvent id="End"/>' + flow("Start", "Task_Stage") + flow("Task_Stage", "End")
)  # fmt: skip


def test_each_opens_a_row_an_item_and_an_element_keeps_only_its_own(house: House) -> None:
    # given three stages
    house.deploy(STAGES)
    days = (kst("2026-09-04 00:00"), kst("2026-09-23 00:00"), kst("2026-10-13 00:00"))
    stages = [{"planned_on": day.date()} for day in days]
    no = house.open_case({"name": "나은별", "email": "na@example.com", "stages": stages}).case.no
    # when the second one is done
    house.at("2026-09-24 10:00")
    house.complete("Task_Stage", {"number": 2})
    # then
    rows = {p.item: p for p in house.promises(no)}
    assert [rows[f"stage{n}"].due_at for n in (1, 2, 3)] == [
        kst("2026-09-07 18:00"), kst("2026-09-28 18:00"), kst("2026-10-14 18:00")
    ]  # fmt: skip
    assert rows["stage2"].state is PromiseState.KEPT
    assert rows["stage1"].state is PromiseState.BREACHED
    assert rows["stage3"].state is PromiseState.VOID  # the case has ended


def test_an_element_that_is_asked_for_its_variables_must_say_so(house: House) -> None:
    # given the stopping element without a mark
    with pytest.raises(Exception, match="charter:stops"):
        house.deploy(STAGES.replace("<charter:stops/>", ""))


def test_a_promise_stands_still_while_we_wait_for_the_customer(house: House) -> None:
    # given a question to the customer on Tuesday 10:00
    house.deploy(diagram(
        marked('startEvent id="Start"',
               '<charter:promise clause="C2" spec="3bd" stop="element:Task_A" pausable="true"/>')
        + '<bpmn:userTask id="Task_Ask" camunda:candidateGroups="운영팀"/>'
        + marked('receiveTask id="Wait" messageRef="M"', '<charter:waits for="customer" code="WAITING_CUSTOMER"/>')
        + '<bpmn:userTask id="Task_A" camunda:candidateGroups="운영팀"/><bpmn:endEvent id="End"/>'
        + flow("Start", "Task_Ask") + flow("Task_Ask", "Wait") + flow("Wait", "Task_A") + flow("Task_A", "End")
    ).replace("<bpmn:process", '<bpmn:message id="M" name="MSG_CUSTOMER_REPLY"/><bpmn:process'))  # fmt: skip
    no = house.open_case().case.no
    house.at("2026-08-11 10:00")
    house.complete("Task_Ask")
    paused = house.promise(no)
    # when the answer comes two business days later, after the old deadline
    house.at("2026-08-14 09:00")
    assert house.promise(no).state is PromiseState.RUNNING
    with house.engine.transaction("customer") as tx:
        cases.reply(tx, no, "단말은 3대입니다.")
    # then the deadline has moved by the counted time, and both are kept
    promise = house.promise(no)
    assert paused.paused_at == kst("2026-08-11 10:00")
    assert paused.due_at == kst("2026-08-13 11:00")
    assert promise.due_at == kst("2026-08-19 10:00")  # 26 business hours, and 17 August is no business day
    assert [(c.due_at, c.reason) for c in promise.due_history] == [(paused.due_at, "pause")]
    house.at("2026-08-19 10:00")
    house.complete("Task_A")
    assert house.promise(no).state is PromiseState.KEPT


def test_rings_are_judged_at_once(house: House) -> None:
    # given T1 for every call and T2 for late answers
    house.deploy(diagram(
        marked('startEvent id="Start"',
               '<charter:promise clause="T1" kept="${rings &lt;= 3}"/>'
               '<charter:promise clause="T2" when="${rings &gt;= 4}" kept="${apologised}"/>')
        + '<bpmn:endEvent id="End"/>' + flow("Start", "End")
    ))  # fmt: skip
    # when
    early = house.open_case({"rings": 3, "apologised": False}).case.no
    late = house.open_case({"rings": 5, "apologised": True}).case.no
    # then
    assert [(p.clause, p.state) for p in house.promises(early)] == [("T1", PromiseState.KEPT)]
    assert [(p.clause, p.state) for p in house.promises(late)] == [
        ("T1", PromiseState.BREACHED), ("T2", PromiseState.KEPT)
    ]  # fmt: skip
    with house.engine.reading() as tx:
        t1 = next(f for f in figures.compliance(tx, "2026Q3") if f.clause.id == "T1")
    assert (t1.kept, t1.breached, t1.public_text.ko) == (1, 1, "1/2건 (표본 적음)")
    assert t1.source is not None
    assert t1.source.ko == "자체 기록"


def test_a_call_back_counts_when_it_was_tried_even_if_written_down_later(house: House) -> None:
    # given five minutes from 11:00
    house.deploy(diagram(
        marked('startEvent id="Start"', '<charter:promise clause="T5" spec="5min" stop="element:Task_Callback" '
               'met="${attempt_at}"/>')
        + marked('userTask id="Task_Callback" camunda:candidateGroups="개발팀"', "<charter:stops/>")
        + '<bpmn:endEvent id="End"/>' + flow("Start", "Task_Callback") + flow("Task_Callback", "End")
    ))  # fmt: skip
    no = house.open_case().case.no
    assert house.promise(no).warn_at is None  # the five-minute promise has its own alarm
    # when the breach was declared before somebody wrote down that he had called at 11:04
    house.at("2026-08-10 11:06")
    assert house.promise(no).state is PromiseState.BREACHED
    house.complete("Task_Callback", {"attempt_at": kst("2026-08-10 11:04")}, by="c")
    # then
    promise = house.promise(no)
    assert (promise.state, promise.met_at) == (PromiseState.KEPT, kst("2026-08-10 11:04"))


def test_a_second_informational_deadline_is_missed_beside_a_promise_kept(house: House) -> None:
    # given W1 over Chuseok
    house.at("2026-09-23 15:00")
    house.deploy(diagram(
        marked('startEvent id="Start"', '<charter:promise clause="W1" spec="setting:W1.limit" informational="1d" '
               'stop="element:Task_A"/>')
        + '<bpmn:userTask id="Task_A" camunda:candidateGroups="운영팀"/><bpmn:endEvent id="End"/>'
        + flow("Start", "Task_A") + flow("Task_A", "End")
    ))  # fmt: skip
    no = house.open_case().case.no
    # when
    house.at("2026-09-28 14:30")
    house.complete("Task_A")
    # then
    promise = house.promise(no)
    assert (promise.state, promise.due_at) == (PromiseState.KEPT, kst("2026-09-28 15:00"))
    assert promise.warn_at == kst("2026-09-28 13:12")
    assert promise.informational is not None
    assert (promise.informational.due_at, promise.informational.state) == (kst("2026-09-24 15:00"), "missed")


def test_a_mail_that_cannot_be_delivered_keeps_nothing_until_a_person_tells(review: House) -> None:
    # given an address that does not exist
    review.transport.unknown.add("na@example.com")
    review.deploy(NOTIFY, "notify")
    no = review.open_case().case.no
    # when the result is written
    review.complete("Task_Review", {"size": "M"})
    before = review.promise(no)
    review.at("2026-08-10 15:00")
    review.complete("Task_Tell", {"told_at": kst("2026-08-10 14:50"), "new_email": "na2@example.com"}, by="r")
    # then the promise is met when the customer was told
    assert before.state is PromiseState.RUNNING
    promise = review.promise(no)
    assert (promise.state, promise.met_at) == (PromiseState.KEPT, kst("2026-08-10 14:50"))
    with review.engine.reading() as tx:
        assert cases.get(tx, no).contact.email == "na2@example.com"


@pytest.mark.parametrize(("bounce_at", "state"), [
    ("2026-08-18 10:00", PromiseState.RUNNING),   # before due: it can still be kept
    ("2026-08-18 12:00", PromiseState.BREACHED),  # past due
    ("2026-08-19 09:00", PromiseState.KEPT),      # more than a day after: it stays as it was
])  # fmt: skip
def test_a_hard_bounce_takes_back_what_the_mail_proved(review: House, bounce_at: str, state: PromiseState) -> None:
    # given a result mailed on Tuesday morning
    no = review.open_case().case.no
    review.at("2026-08-18 08:30")
    review.complete("Task_Review", {"size": "M"})
    assert review.promise(no).state is PromiseState.KEPT
    # when
    review.at(bounce_at)
    with review.engine.transaction("system") as tx:
        mails.bounce(tx, mails.list_after(tx)[-1].id, "hard")
    # then
    assert review.promise(no).state is state


def test_a_customer_without_an_address_is_told_by_a_person_and_an_anonymous_one_by_the_page(review: House) -> None:
    # given
    review.deploy(NOTIFY, "notify")
    by_phone = review.open_case({"name": "나은별", "phone": "02-123-4567", "title": "문의"})
    review.complete("Task_Review", {"size": "M"})
    anonymous = review.open_case({"title": "의견"})
    # when
    review.complete("Task_Review", {"size": "M"})
    # then
    assert by_phone.pin is not None
    assert review.promise(by_phone.case.no).state is PromiseState.RUNNING
    with review.engine.reading() as tx:
        task = next(t for t in user_tasks.of_case(tx, by_phone.case.no) if t.element_id == "Task_Tell")
        assert task.candidate_groups == ("접수",)
        assert "주문" not in str(user_tasks.visible_variables(tx, task)["text"])
    assert review.promise(anonymous.case.no).state is PromiseState.KEPT
    assert review.mails() == []


def test_waiving_needs_a_second_person_who_may(review: House) -> None:
    # given
    no = review.open_case().case.no
    number = review.promise(no).id
    with review.engine.transaction("m") as tx:
        promises.waive(tx, number, "고객과 다시 정했습니다.", may_sign_second=False)
    # when the same person signs again, or one who may not
    for name, allowed in (("m", True), ("a", False)):
        with review.engine.transaction(name) as tx, pytest.raises(Forbidden):
            promises.waive(tx, number, "고객과 다시 정했습니다.", may_sign_second=allowed)
    assert review.promise(no).state is PromiseState.RUNNING
    # then the charter office's signature makes it so
    with review.engine.transaction("q") as tx:
        waived = promises.waive(tx, number, "확인했습니다.", may_sign_second=True)
    assert (waived.state, waived.reason) == (PromiseState.WAIVED, "고객과 다시 정했습니다.")


def test_late_proof_counts_when_two_people_say_the_same_instant(review: House) -> None:
    # given a breached promise
    no = review.open_case().case.no
    review.at("2026-08-25 10:00")
    number, told_at = review.promise(no).id, kst("2026-08-17 10:00")
    # when
    with review.engine.transaction("a") as tx, pytest.raises(InvalidForm):
        promises.evidence(tx, number, kst("2026-09-01 10:00"), "전화로 알렸습니다.", may_sign_second=False)
    with review.engine.transaction("a") as tx:
        promises.evidence(tx, number, told_at, "전화로 알렸습니다.", may_sign_second=False)
    with review.engine.transaction("q") as tx:
        proven = promises.evidence(tx, number, told_at, "녹취를 들었습니다.", may_sign_second=True)
    # then
    assert (proven.state, proven.met_at) == (PromiseState.KEPT, told_at)


def test_a_new_holiday_moves_open_deadlines_only_when_somebody_asks_for_it(review: House) -> None:
    # given a temporary holiday on the way
    no = review.open_case().case.no
    with review.engine.transaction("q") as tx:
        calendar.add_exception(tx, kst("2026-08-12 00:00").date(), is_open=False, name="창립기념일")
    assert review.promise(no).due_at == kst("2026-08-18 11:00")
    # when
    with review.engine.transaction("q") as tx:
        moved = promises.recalculate(tx, "창립기념일")
    # then
    assert [(p.due_at, old) for p, old in moved] == [(kst("2026-08-19 11:00"), kst("2026-08-18 11:00"))]
    assert review.promise(no).due_history[0].due_at == kst("2026-08-18 11:00")


def test_a_deadline_agreed_anew_is_kept_beside_the_old_one_and_warns_again(house: House) -> None:
    # given
    house.deploy(ESCALATE, "escalate")
    house.deploy(diagram(
        marked('startEvent id="Start"', '<charter:promise clause="C3" due="${at(requested, \'18:00\')}" '
               'stop="element:Task_B"/>')
        + '<bpmn:userTask id="Task_A" camunda:candidateGroups="운영팀"/>'
        + marked('userTask id="Task_B" camunda:candidateGroups="운영팀"',
                 '<charter:redue clause="C3" due="${at(agreed, \'18:00\')}" reason="고객 동의"/>')
        + '<bpmn:endEvent id="End"/>' + flow("Start", "Task_A") + flow("Task_A", "Task_B") + flow("Task_B", "End")
    ))  # fmt: skip
    no = house.open_case(
        {"title": "제도", "email": "na@example.com", "requested": kst("2026-09-11 00:00").date()}
    ).case.no
    # when
    house.complete("Task_A", {"agreed": kst("2026-09-18 00:00").date()})
    # then
    promise = house.promise(no)
    assert promise.due_at == kst("2026-09-18 18:00")
    assert [(c.due_at, c.reason) for c in promise.due_history] == [(kst("2026-09-11 18:00"), "고객 동의")]
    house.at("2026-09-18 18:00:01")
    with house.engine.reading() as tx:
        kinds = [
            user_tasks.visible_variables(tx, t)["kind"]
            for t in user_tasks.of_case(tx, no)
            if t.element_id == "Task_Told"
        ]
    assert kinds == ["warn", "warn", "warn", "warn", "breach"]  # 50 %, 80 %, five days and one day before


def test_entering_an_element_again_opens_no_second_promise(house: House) -> None:
    # given a review that is sent back
    house.deploy(diagram(
        '<bpmn:startEvent id="Start"/>'
        + marked('userTask id="Task_A" camunda:candidateGroups="운영팀"',
                 '<charter:promise clause="C2" spec="5bd" stop="element:Task_B"/>')
        + '<bpmn:exclusiveGateway id="Back" default="Back_Task_B"/>'
        + '<bpmn:userTask id="Task_B" camunda:candidateGroups="운영팀"/><bpmn:endEvent id="End"/>'
        + flow("Start", "Task_A") + flow("Task_A", "Back") + flow("Back", "Task_A", "${again}")
        + flow("Back", "Task_B") + flow("Task_B", "End")
    ))  # fmt: skip
    no = house.open_case().case.no
    # when
    house.complete("Task_A", {"again": True})
    house.complete("Task_A", {"again": False})
    # then
    assert len(house.promises(no)) == 1


def test_a_cancelled_instance_closes_its_case(review: House) -> None:
    # given
    new = review.open_case()
    assert new.case.instance_id is not None
    # when
    with review.engine.transaction("m") as tx:
        commands.cancel_instance(tx, new.case.instance_id, "잘못 접수")
    # then
    with review.engine.reading() as tx:
        assert cases.get(tx, new.case.no).end_state == "CANCELLED"
    assert review.promise(new.case.no).state is PromiseState.VOID
