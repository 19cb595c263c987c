"""The ledger of gifts: amounts that stay small, a person without a name, an address that goes away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from charterflow.testing import ProcessTest
from engine.errors import NotFound
from engine.transaction import Transaction
from tests.workflows.complaint_cases import FILES
from workflows import cases, facts, links, rewards, settings
from workflows.cases import Case
from workflows.rewards import HARD_CAP_KRW, RewardState

REWARD_2 = "정보를 제공하신 분에게 소정의 사례품을 지급하겠습니다"
ADDRESS = {"recipient_name": "김제보", "postal_code": "04410", "address1": "마포대로 1", "address2": None}


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with ProcessTest("2026-12-30T10:00+09:00") as one:
        one.deploy(*FILES)
        yield one


@pytest.fixture
def tx(test: ProcessTest) -> Iterator[Transaction]:
    with test.engine.transaction("system") as one:
        yield one


def report(tx: Transaction, email: str | None = "ga@example.com", phone: str | None = None) -> Case:
    form = {
        "what": "unkind",
        "description": "전화에서 말을 끊었습니다.",
        "name": "김제보",
        "email": email,
        "phone": phone,
    }
    return cases.open_case(tx, "complaint_reward", channel="web", lang="ko", form=form).case


@pytest.mark.parametrize(("told", "kept"), [(30_000, 30_000), (50_000, 50_000), (50_001, 50_000), (-1, 0)])
def test_no_table_can_give_more_than_fifty_thousand_won(tx: Transaction, told: int, kept: int) -> None:
    assert rewards.decide(tx, report(tx), told, "").amount_krw == kept, REWARD_2
    assert HARD_CAP_KRW == 50_000


def test_a_setting_may_lower_the_cap(tx: Transaction) -> None:
    settings.change(tx, "F2.max", 20_000, effective_from=tx.now, reason="예산")
    assert rewards.decide(tx, report(tx), 30_000, "").amount_krw == 20_000


def test_a_decision_stands_once_made(tx: Transaction) -> None:
    case = report(tx)
    first = rewards.decide(tx, case, 30_000, "")
    assert rewards.decide(tx, case, 50_000, "") == first


def test_the_year_caps_hold_whatever_the_table_saw(tx: Transaction) -> None:
    # given: 50,000 + 50,000 of 150,000
    for _ in range(2):
        rewards.decide(tx, report(tx), 50_000, "")
    # when
    third = rewards.decide(tx, report(tx), 50_000, "")
    fourth = rewards.decide(tx, report(tx), 10_000, "")
    # then
    assert third.amount_krw == 50_000
    assert (fourth.amount_krw, fourth.reason_code, fourth.state) == (0, "yearly_cap", RewardState.NONE)


def test_the_sum_of_a_year_is_capped_too(tx: Transaction) -> None:
    settings.change(tx, "F2.yearly_count", 12, effective_from=tx.now, reason="횟수를 늘림")
    amounts = [rewards.decide(tx, report(tx), 40_000, "").amount_krw for _ in range(4)]
    assert amounts == [40_000, 40_000, 40_000, 0]


@pytest.mark.parametrize("state", [RewardState.DECLINED, RewardState.EXPIRED, RewardState.NOT_ALLOWED])
def test_a_gift_that_was_not_taken_does_not_use_up_the_year(tx: Transaction, state: RewardState) -> None:
    case = report(tx)
    rewards.decide(tx, case, 50_000, "")
    rewards.change(tx, case.no, state)
    assert rewards.year_of(tx, rewards.informant_of(tx, case), tx.now) == rewards.Year(0, 0)


def test_a_year_is_a_calendar_year_in_seoul(test: ProcessTest) -> None:
    # given
    with test.engine.transaction("system") as tx:
        case = report(tx)
        rewards.decide(tx, case, 50_000, "")
        informant = rewards.informant_of(tx, case)
    # then
    for at, count in (("2026-12-31T23:59:59+09:00", 1), ("2027-01-01T00:00:00+09:00", 0)):
        test.advance_to(at)
        with test.engine.reading() as tx:
            assert rewards.year_of(tx, informant, tx.now).count == count


def test_a_pseudonym_tells_the_same_person_and_nobody(tx: Transaction) -> None:
    one, same, other = report(tx, "Ga@example.com"), report(tx, "ga@example.com "), report(tx, "na@example.com")
    names = [rewards.decide(tx, case, 10_000, "").pseudonym for case in (one, same, other)]
    assert names[0] == names[1] != names[2]
    assert all(name.startswith("제보자-") and "ga" not in name for name in names)


def test_without_an_address_the_phone_then_the_case_tell_the_person(tx: Transaction) -> None:
    phones = [rewards.informant_of(tx, report(tx, None, "+821055556666")) for _ in range(2)]
    nobody = [rewards.informant_of(tx, report(tx, None)) for _ in range(2)]
    assert phones[0] == phones[1]
    assert nobody[0] != nobody[1]


def test_an_address_is_erased_thirty_days_after_and_the_row_stays(test: ProcessTest) -> None:
    # given
    with test.engine.transaction("system") as tx:
        case = report(tx)
        rewards.decide(tx, case, 30_000, "")
        rewards.keep_delivery(tx, case.no, ADDRESS)
        key = links.make(tx, case.no, "reward", tx.now + timedelta(days=1), message="MSG_NOBODY_WAITS_FOR")
        link = links.get(tx, key)
        tx.connection.execute(
            links.links.update().where(links.links.c.id == link.id).values(answer={"address1": "마포대로 1"})
        )
        rewards.schedule_erasure(tx, case.no)
    # then
    for days, kept in ((29, True), (30, False)):
        test.advance_to(f"2027-01-{days - 1:02}T10:00+09:00")
        with test.engine.reading() as tx:
            row = rewards.get(tx, case.no)
            [answer] = [one.answer for one in links.of_case(tx, case.no) if one.purpose == "reward"]
        assert (row.delivery is not None) is kept
        assert (answer is not None) is kept
        assert row.amount_krw == 30_000


def test_a_new_address_puts_the_erasure_of_the_old_one_off(test: ProcessTest) -> None:
    with test.engine.transaction("system") as tx:
        case = report(tx)
        rewards.decide(tx, case, 30_000, "")
        rewards.schedule_erasure(tx, case.no)
        rewards.keep_delivery(tx, case.no, ADDRESS)
    test.advance(days=40)
    with test.engine.reading() as tx:
        assert rewards.get(tx, case.no).delivery == {k: v for k, v in ADDRESS.items() if v}


def test_the_row_is_deleted_after_five_years(test: ProcessTest) -> None:
    with test.engine.transaction("system") as tx:
        case = report(tx)
        rewards.decide(tx, case, 0, "duplicate")
    test.advance(days=5 * 365)
    with test.engine.reading() as tx:
        assert rewards.of_case(tx, case.no) is None
        with pytest.raises(NotFound):
            rewards.get(tx, case.no)


def test_rows_are_found_by_case_year_and_place(tx: Transaction) -> None:
    made = [rewards.decide(tx, report(tx, f"{n}@example.com"), 10_000, "") for n in range(3)]
    assert rewards.find(tx, case_no=made[1].case_no) == [made[1]]
    assert rewards.find(tx, year=2026, after=made[0].id, limit=1) == [made[1]]
    assert rewards.find(tx, year=2027) == []


def test_reports_of_one_fact_know_each_other_whoever_they_were_joined_to(tx: Transaction) -> None:
    # given
    first, second, third, alone = (report(tx).no for _ in range(4))
    # when: the third is joined to the second
    assert facts.join(tx, second, first) == first
    assert facts.join(tx, third, second) == first
    # then
    assert [facts.fact_of(tx, no) for no in (first, second, third, alone)] == [first, first, first, alone]
    assert facts.others(tx, second) == [first, third]
    assert facts.others(tx, first) == [second, third]
    assert facts.others(tx, alone) == []
