"""The house: users and absences, settings with their dates, figures, permissions, the audit chain, the clauses."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import update

from engine import user_tasks
from engine.errors import Conflict, Forbidden, InvalidForm
from tests.workflows.nouns.conftest import RESULT_MAIL, REVIEW, House, diagram, flow, kst, marked
from workflows import audit, cases, clauses, figures, organisation, passwords, permissions, settings
from workflows.clauses import ClauseKind
from workflows.permissions import Reach


def test_the_charter_has_thirty_five_clauses_each_with_a_process_and_a_figure() -> None:
    assert len(clauses.CLAUSES) == 35
    assert all(c.processes and c.figure.ko and c.ko and c.en for c in clauses.ALL)
    assert clauses.clause("C2").name.ko == "핵심 2항"
    assert clauses.clause("K1").kind is ClauseKind.REQUEST


def test_the_sample_organisation_is_seeded_once_and_everybody_signs_in(house: House) -> None:
    # then
    with house.engine.reading() as tx:
        assert {u.name for u in organisation.all_users(tx)} == {
            "a", "b", "c", "d", "i", "m", "u", "q", "head", "r", "o", "p", "s", "f", "j", "owner", "admin", "auditor"
        }  # fmt: skip
        assert organisation.members(tx, "운영팀") == ["a"]
        assert organisation.members(tx, "개발팀") == ["b", "c", "d"]
        signed_in = organisation.check_password(tx, "a", "rehearsal")
        assert signed_in is not None
        assert signed_in.ko_name == "김하늘"
        assert organisation.check_password(tx, "a", "Rehearsal") is None
        assert organisation.check_password(tx, "nobody", "rehearsal") is None
    with house.engine.transaction("admin") as tx, pytest.raises(Conflict):
        organisation.seed(tx)


def test_a_password_is_kept_only_as_its_hash() -> None:
    kept = passwords.hashed("한글 비밀번호 12")
    assert "비밀번호" not in kept
    assert passwords.fits("한글 비밀번호 12", kept)
    assert not passwords.fits("한글 비밀번호 13", kept)


def test_who_is_away_is_no_member_for_now_and_a_substitute_who_is_there_stands_in(house: House) -> None:
    # given b is away this week, his first substitute c on Tuesday
    with house.engine.transaction("m") as tx:
        organisation.add_absence(tx, "b", kst("2026-08-10 00:00"), kst("2026-08-15 00:00"))
    with house.engine.transaction("c") as tx:
        organisation.add_absence(tx, "c", kst("2026-08-11 09:00"), kst("2026-08-11 18:00"))
    with house.engine.transaction("a") as tx, pytest.raises(Forbidden):
        organisation.add_absence(tx, "b", kst("2026-08-10 00:00"), kst("2026-08-11 00:00"))
    # then
    with house.engine.reading() as tx:
        assert organisation.present(tx, organisation.members(tx, "개발팀")) == ["c", "d"]
        assert organisation.substitute_for(tx, "b") == "c"
    house.at("2026-08-11 09:00")
    with house.engine.reading() as tx:
        assert organisation.substitute_for(tx, "b") == "d"
    house.at("2026-08-15 00:00")
    with house.engine.reading() as tx:
        assert not organisation.is_absent(tx, "b")


def test_a_setting_counts_from_its_date_on_and_never_for_the_past(house: House) -> None:
    # given
    with house.engine.transaction("q") as tx:
        settings.change(tx, "W1.limit", "1d", effective_from=kst("2026-09-01 00:00"), reason="개정")
    # then
    with house.engine.reading() as tx:
        assert settings.value(tx, "W1.limit") == "1bd"
        assert settings.value(tx, "W1.limit", kst("2026-09-01 00:00")) == "1d"
    for value, since, reason, field in (
        ("soon", None, "개정", "value"),
        ("2bd", kst("2026-08-01 00:00"), "개정", "effective_from"),
        ("2bd", None, " ", "reason"),
    ):
        with house.engine.transaction("q") as tx, pytest.raises(InvalidForm) as caught:
            settings.change(tx, "W1.limit", value, effective_from=since, reason=reason)
        assert list(caught.value.errors) == [field]


def test_the_cap_of_a_gift_cannot_be_raised_by_a_setting(house: House) -> None:
    with house.engine.transaction("q") as tx, pytest.raises(InvalidForm):
        settings.change(tx, "F2.max", 50001, reason="더 드리기")


@pytest.mark.parametrize(("kept", "decided", "percent", "public"), [
    (0, 0, None, "해당 없음"),
    (1, 2, "50.0", "1/2건 (표본 적음)"),
    (2, 3, "66.7", "2/3건 (표본 적음)"),
    (4, 4, "100.0", "4/4건 (표본 적음)"),
    (5, 6, "83.3", "83.3% (5/6건)"),
    (15, 16, "93.8", "93.8% (15/16건)"),  # 93.75: half up
])  # fmt: skip
def test_a_small_sample_is_shown_as_counts_and_nothing_is_never_everything(
    kept: int, decided: int, percent: str | None, public: str
) -> None:
    assert figures.percent_of(kept, decided) == (None if percent is None else Decimal(percent))
    assert figures.public_text(kept, decided, 5, clauses.clause("W1")).ko == public


def test_a_promise_belongs_to_the_period_in_which_it_was_due(house: House) -> None:
    # given a request of the last days of a quarter that is due in the next one
    house.write_mail("M10", RESULT_MAIL)
    house.deploy(REVIEW)
    house.at("2026-09-29 11:00")
    house.open_case()
    house.complete("Task_Review", {"size": "M"})
    # then
    with house.engine.reading() as tx:
        kept = {name: next(f for f in figures.compliance(tx, name) if f.clause.id == "C2").kept for name in (
            "2026Q3", "2026Q4", "2026-10", "2026"
        )}  # fmt: skip
        assert kept == {"2026Q3": 0, "2026Q4": 1, "2026-10": 1, "2026": 1}
        with pytest.raises(InvalidForm):
            figures.compliance(tx, "2026Q5")
    assert figures.quarter_of(kst("2026-10-01 00:00")) == "2026Q4"


def test_what_the_table_does_not_allow_is_refused(house: House) -> None:
    # given
    with house.engine.reading() as tx:
        people = {u.name: u for u in organisation.all_users(tx)}
        # then
        assert permissions.may(tx, people["q"], "change_setting")
        assert not permissions.may(tx, people["m"], "change_setting")
        assert not permissions.may(tx, people["admin"], "see_case")
        assert not permissions.may(tx, None, "see_figures")
        assert permissions.reach(people["auditor"], "see_case") is Reach.MASKED
        with pytest.raises(Forbidden):
            permissions.require(tx, people["a"], "deploy")


def test_a_handler_sees_the_cases_of_his_groups_and_the_manager_of_the_house_all(house: House) -> None:
    # given
    house.write_mail("M10", RESULT_MAIL)
    house.deploy(REVIEW)
    no = house.open_case().case.no
    # then
    seen = {}
    with house.engine.reading() as tx:
        for name in ("a", "b", "m", "u", "q", "r", "admin", "owner"):
            visible = permissions.visible_cases(tx, organisation.user(tx, name))
            seen[name] = [c.no for c in cases.find(tx, visible=visible)] == [no]
    assert seen == {
        "a": True, "b": False, "m": True, "u": True, "q": True, "r": True, "admin": False, "owner": False
    }  # fmt: skip


def test_who_fixed_it_may_not_verify_it(house: House) -> None:
    # given
    house.deploy(diagram(
        '<bpmn:startEvent id="Start"/><bpmn:userTask id="Task_Fix" camunda:candidateGroups="담당자"/>'
        + marked('userTask id="Task_Verify" camunda:candidateGroups="담당자"',
                 '<charter:separate from="Task_Fix user:${planner}"/>')
        + '<bpmn:endEvent id="End"/>' + flow("Start", "Task_Fix") + flow("Task_Fix", "Task_Verify")
        + flow("Task_Verify", "End")
    ))  # fmt: skip
    house.open_case({"title": "가", "email": "na@example.com", "planner": "c"})
    # when
    house.complete("Task_Fix", by="a")
    # then
    with house.engine.reading() as tx:
        task = user_tasks.find_open(tx)[0]
        may = {n: permissions.may_take(tx, organisation.user(tx, n), task) for n in ("a", "b", "c", "q")}
    assert may == {"a": False, "b": True, "c": False, "q": False}


@pytest.mark.parametrize(
    ("written", "masked"), [("홍길동", "홍*동"), ("김철", "김*"), ("제갈공명", "제**명"), (None, "")]
)
def test_names_are_masked(written: str | None, masked: str) -> None:
    assert permissions.masked_name(written) == masked


def test_addresses_and_phones_are_masked() -> None:
    assert permissions.masked_email("gildong@example.com") == "g***@example.com"
    assert permissions.masked_phone("+821012341234") == "010-****-1234"
    assert permissions.masked_phone("02-767-0000") == "02-****-0000"


def test_an_act_that_was_changed_breaks_the_chain_where_it_stands(house: House) -> None:
    # given three acts
    for number in range(3):
        with house.engine.transaction("q") as tx:
            audit.record(tx, "looked", f"case {number}", {"n": number})
    with house.engine.reading() as tx:
        sound = audit.verify(tx)
        assert audit.verify(tx, sound.head).broken_at is None
        assert audit.verify(tx, "f" * 64).broken_at is not None
    # when
    with house.engine.transaction("q") as tx:
        tx.connection.execute(update(audit.acts).where(audit.acts.c.id == 2).values(subject="nothing"))
    # then
    with house.engine.reading() as tx:
        assert (sound.broken_at, audit.verify(tx).broken_at) == (None, 2)
