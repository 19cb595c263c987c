"""Cases: numbers, tracking, contacts, customer's moves; milestones and notes that a customer follows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import user_tasks
from engine.errors import Conflict, Forbidden, NotFound
from tests.workflows.nouns.conftest import RESULT_MAIL, REVIEW, House, diagram, flow, kst, marked
from workflows import audit, cases, figures, milestones, notes, organisation, outbox, permissions
from workflows.milestones import MilestoneState


@pytest.fixture
def review(house: House) -> House:
    house.write_mail("M10", RESULT_MAIL)
    house.deploy(REVIEW)
    return house


def test_numbers_count_by_the_day_of_receipt_in_seoul(review: House) -> None:
    # given two cases on one day
    numbers = [review.open_case().case.no for _ in range(2)]
    # when the next one is received after midnight in Seoul, which is the same day in UTC
    review.at("2026-08-11 00:30")
    numbers.append(review.open_case().case.no)
    # then
    assert numbers == ["CF-20260810-0001", "CF-20260810-0002", "CF-20260811-0001"]


def test_a_call_from_yesterday_evening_gets_yesterdays_number_and_clock(review: House) -> None:
    # given a call that staff write down the next morning
    review.at("2026-08-11 09:10")
    # when
    new = review.open_case(received_at=kst("2026-08-10 17:50"), by="r", on_behalf_of="na@example.com")
    # then
    assert new.case.no == "CF-20260810-0001"
    assert review.promise(new.case.no).started_at == kst("2026-08-10 17:50")
    with pytest.raises(Forbidden):
        review.open_case(received_at=kst("2026-08-10 09:00"), by="r")
    with pytest.raises(Forbidden):
        review.open_case(received_at=kst("2026-08-11 09:11"), by="r")


def test_the_tracking_link_leads_to_the_case_and_only_its_digest_is_kept(review: House) -> None:
    # given
    new = review.open_case()
    # then
    with review.engine.reading() as tx:
        assert cases.by_token(tx, new.track_token).no == new.case.no
        assert cases.tracking_url(tx, new.case) == f"https://charter.example.com/t/{new.track_token}"
        row = tx.connection.execute(cases.cases.select()).mappings().one()
        assert new.track_token not in [str(value) for value in row.values()]
        with pytest.raises(NotFound):
            cases.by_token(tx, new.track_token[:-1] + "x")
    assert len(new.track_token) >= 32
    assert new.pin is None


def test_a_new_tracking_link_makes_the_old_one_void(review: House) -> None:
    # given
    new = review.open_case()
    # when
    with review.engine.transaction("q") as tx:
        token = cases.renew_tracking(tx, new.case.no)
    # then
    with review.engine.reading() as tx:
        assert cases.by_token(tx, token).no == new.case.no
        with pytest.raises(NotFound):
            cases.by_token(tx, new.track_token)


def test_who_leaves_no_address_gets_a_pin(review: House) -> None:
    # given
    new = review.open_case({"title": "의견"})
    assert new.pin is not None
    # then
    with review.engine.reading() as tx:
        assert cases.by_pin(tx, new.case.no, new.pin).is_anonymous
        for no, pin in ((new.case.no, "x" + new.pin[1:]), ("CF-20260810-0099", new.pin)):
            with pytest.raises(NotFound, match="Nothing was found"):
                cases.by_pin(tx, no, pin)


def test_the_service_of_a_form_becomes_a_record_that_decisions_can_read(review: House) -> None:
    # given
    known = review.open_case({"title": "가", "email": "na@example.com", "service": "주문"})
    unknown = review.open_case({"title": "나", "email": "na@example.com", "service": "날씨"})
    # then
    with review.engine.reading() as tx:
        tasks = [user_tasks.of_case(tx, new.case.no)[0] for new in (known, unknown)]
        records: list[Any] = [user_tasks.visible_variables(tx, task)["service"] for task in tasks]
    assert [(r["name"], r["owner_group"], r["critical"], r["known"]) for r in records] == [
        ("주문", "운영팀", True, True), ("날씨", "접수", False, False)
    ]  # fmt: skip


def test_cases_are_found_by_number_customer_and_words_and_by_nobody_with_a_percent_sign(review: House) -> None:
    # given
    no = review.open_case().case.no
    # then
    with review.engine.reading() as tx:
        for words in (no.lower(), "나은", "화면", "NA@EXAMPLE"):
            assert [c.no for c in cases.find(tx, q=words)] == [no]
        assert cases.find(tx, q="%") == []
        assert cases.find(tx, state="closed") == []


def test_a_closed_case_opens_again_as_a_new_linked_one(review: House) -> None:
    # given
    first = review.open_case().case.no
    with review.engine.transaction("customer") as tx, pytest.raises(Conflict):
        cases.reopen(tx, first)
    review.complete("Task_Review", {"size": "M"})
    review.at("2026-08-20 10:00")
    # when
    with review.engine.transaction("customer") as tx:
        second = cases.reopen(tx, first, "아직 되지 않습니다.").case
    # then it has a clock of its own, the old one stays as it was
    assert second.reopen_of == first
    assert review.promise(second.no).started_at == kst("2026-08-20 10:00")
    with review.engine.reading() as tx:
        assert [(link.no, link.kind) for link in cases.links_of(tx, first)] == [(second.no, "reopened_by")]


def test_a_reply_is_kept_and_cancelling_what_cannot_be_stopped_is_said(review: House) -> None:
    # given a process that waits for neither
    no = review.open_case().case.no
    # when
    with review.engine.transaction("customer") as tx:
        assert cases.reply(tx, no, "한 가지 더 말씀드립니다.") == 0
    with review.engine.transaction("customer") as tx, pytest.raises(Conflict):
        cases.cancel(tx, no)
    # then
    with review.engine.reading() as tx:
        assert [(n.kind, n.ko, n.by) for n in notes.of_case(tx, no)] == [
            ("reply", "한 가지 더 말씀드립니다.", "customer")
        ]


def test_three_years_after_its_end_nobody_knows_who_it_was(review: House) -> None:
    # given
    no = review.open_case().case.no
    review.complete("Task_Review", {"size": "M"})
    # when
    review.engine.advance_clock(review.clock.now() + timedelta(days=3 * 365))
    # then
    with review.engine.reading() as tx:
        case = cases.get(tx, no)
        assert (case.contact.name, case.contact.email, case.form) == (None, None, {})
        assert [act.what for act in audit.find(tx, subject=no)] == ["case anonymised"]


def test_a_reply_address_belongs_to_one_case_and_cannot_be_guessed(review: House) -> None:
    # given
    no = review.open_case().case.no
    # then
    with review.engine.reading() as tx:
        address = outbox.reply_address(tx, no)
        assert outbox.case_of_reply(tx, address.upper()) == no
        assert outbox.case_of_reply(tx, address.replace("0001", "0002")) is None
        assert outbox.case_of_reply(tx, "na@example.com") is None


PLANNED = diagram(
    marked(
        'startEvent id="Start"',
        '<charter:plan each="stage in ${stages}" code="STAGE_${number}" ko="${stage.name_ko}" en="${stage.name_en}" '
        'expected="${at(stage.planned_on, \'18:00\')}"/>',
    )
    + '<bpmn:userTask id="Task_A" camunda:candidateGroups="운영팀"/>'
    + marked(
        'userTask id="Task_B" camunda:candidateGroups="운영팀"',
        '<charter:plan code="STAGE_2" expected="${new_date}" reason="시험 장비가 늦게 들어왔습니다."/>'
        '<charter:milestone code="STAGE_2"/><charter:note ko="장비가 왔습니다."/>',
    )
    + '<bpmn:endEvent id="End"/>' + flow("Start", "Task_A") + flow("Task_A", "Task_B") + flow("Task_B", "End")
)  # fmt: skip


def test_a_planned_milestone_that_moves_keeps_its_first_word_and_says_why(house: House) -> None:
    # given two stages
    house.deploy(PLANNED)
    stages = [
        {"name_ko": "설계", "name_en": "Design", "planned_on": kst("2026-09-04 00:00").date()},
        {"name_ko": "개발", "name_en": "Build", "planned_on": kst("2026-09-23 00:00").date()},
    ]
    no = house.open_case({"title": "가", "email": "na@example.com", "stages": stages}).case.no
    with house.engine.reading() as tx:
        before = milestones.of_case(tx, no)
    # when the second one is told to come later
    house.complete("Task_A", {"new_date": kst("2026-10-02 00:00").date()})
    # then
    with house.engine.reading() as tx:
        after = {m.code: m for m in milestones.of_case(tx, no)}
    assert [(m.code, m.ko, m.state) for m in before] == [
        ("RECEIVED", "접수", MilestoneState.PRESENT),
        ("STAGE_1", "설계", MilestoneState.PLANNED),
        ("STAGE_2", "개발", MilestoneState.PLANNED),
    ]
    moved = after["STAGE_2"]
    assert (moved.expected_at, moved.first_expected_at) == (kst("2026-10-02 18:00"), kst("2026-09-23 18:00"))
    assert (moved.state, moved.reason_ko) == (MilestoneState.DELAYED, "시험 장비가 늦게 들어왔습니다.")
    house.complete("Task_B")
    with house.engine.reading() as tx:
        reached = {m.code: m.reached_at for m in milestones.of_case(tx, no)}
        assert [n.ko for n in notes.of_case(tx, no, "line")] == ["장비가 왔습니다."]
    assert reached["STAGE_2"] == kst("2026-08-10 11:00")
    assert "STAGE_1" not in reached  # the case is closed: what was never reached is not promised any more


def test_a_second_customer_who_reports_the_same_follows_the_first_case(house: House) -> None:
    # given a mail to the customer
    house.write_mail("M10", RESULT_MAIL)
    house.deploy(REVIEW)
    first = house.open_case().case.no
    second = house.open_case({"name": "다른 분", "email": "other@example.com", "title": "같은 문의"}).case.no
    # when
    with house.engine.transaction("r") as tx:
        cases.note_merge(tx, second, first)
    house.complete("Task_Review", {"size": "M"})
    # then both are told, and only the first has the key to its case
    told = {m.to_address: m.text for m in house.mails()}
    assert set(told) == {"na@example.com", "other@example.com"}
    assert "/t/" in told["na@example.com"]
    assert "/t/" not in told["other@example.com"]


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
def test_the_nouns_say_the_same_on_postgresql(house: House) -> None:
    # given a case that is kept and one that is breached
    house.write_mail("M10", RESULT_MAIL)
    house.deploy(REVIEW)
    kept = house.open_case()
    house.complete("Task_Review", {"size": "M"})
    breached = house.open_case({"title": "의견"})
    house.at("2026-08-18 11:00:01")
    # then
    with house.engine.reading() as tx:
        assert [c.no for c in cases.find(tx, q="화면")] == [kept.case.no]
        assert cases.by_token(tx, breached.track_token).no == breached.case.no
        c2 = next(f for f in figures.compliance(tx, "2026Q3") if f.clause.id == "C2")
        assert (c2.kept, c2.breached, c2.public_text.ko) == (1, 1, "1/2건 (표본 적음)")
        visible = permissions.visible_cases(tx, organisation.user(tx, "a"))
        assert len(cases.find(tx, visible=visible)) == 2
        assert audit.verify(tx).broken_at is None
