"""Notices: a mail that does not arrive is told another way, and that instant counts for the promise (SB01)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from charterflow.testing import Case, ProcessTest
from engine import mails
from engine.errors import InvalidForm
from tests.workflows.request_cases import SMALL, mails_to, never_taken, office, promised, request, submit
from workflows import cases

CORE_2 = "변경 규모, 기간 등을 검토하여 최대한 신속하게 결과를 알려 드리겠습니다"


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with office() as one:
        yield one


def bounce(test: ProcessTest, mail_id: str, kind: str = "hard") -> None:
    found = [m for m in test.mails if m.reference["mail"] == mail_id]
    with test.engine.transaction("system") as tx:
        mails.bounce(tx, found[-1].id, kind)
    test.settle()


def desk(test: ProcessTest) -> Case:
    """The instance of notify that asks the desk."""
    return next(one for one in test.cases if any(task.element_id == "Task_TellOtherwise" for task in one.tasks))


def result_told(test: ProcessTest) -> Case:
    case = request(test)
    test.advance_to("2026-08-12T10:00+09:00")
    submit(test, case, "Task_Review", SMALL)
    return case


def test_a_result_that_bounced_is_not_told_until_a_person_tells_it(test: ProcessTest) -> None:
    # given
    case = result_told(test)
    assert promised(test, case, "C2")[""].state == "KEPT"
    # when
    test.advance_to("2026-08-12T10:05+09:00")
    bounce(test, "M10")
    # then
    assert promised(test, case, "C2")[""].state == "RUNNING", CORE_2
    task = desk(test).task("Task_TellOtherwise")
    assert (task.name, task.candidate_groups) == ("연락처 확인 및 다른 방법으로 알림", ("접수",))
    # when
    test.advance_to("2026-08-12T15:00+09:00")
    told = {
        "channel": "phone",
        "told_at": "2026-08-12T14:50:00+09:00",
        "told_to": "나고객",
        "new_email": "na2@example.com",
    }
    submit(test, desk(test), "Task_TellOtherwise", told, by="r")
    # then
    row = promised(test, case, "C2")[""]
    assert row.state == "KEPT"
    assert row.met_at is not None
    assert row.met_at.isoformat() == "2026-08-12T05:50:00+00:00"
    with test.engine.reading() as tx:
        assert cases.get(tx, str(case.business_key)).contact.email == "na2@example.com"
    assert case.state == "active"


def test_nobody_is_told_in_the_future(test: ProcessTest) -> None:
    result_told(test)
    bounce(test, "M10")
    told = {"channel": "phone", "told_at": "2026-08-12T10:00:01+09:00", "told_to": "나고객"}
    with pytest.raises(InvalidForm) as refused:
        submit(test, desk(test), "Task_TellOtherwise", told, by="r")
    assert list(refused.value.errors) == ["told_at"]
    submit(test, desk(test), "Task_TellOtherwise", {**told, "told_at": "2026-08-12T10:00:00+09:00"}, by="r")


def test_a_soft_bounce_is_only_noted(test: ProcessTest) -> None:
    case = result_told(test)
    bounce(test, "M10", "soft")
    assert [one.id for one in test.cases] == [case.id]


def test_a_customer_without_an_address_is_told_by_a_person(test: ProcessTest) -> None:
    # when
    case = request(test, email=None)
    # then
    assert mails_to(test, "", case) == []
    assert desk(test).variables["kind"] == "no_address"
    assert desk(test).variables["mail"] == "M01"


def test_every_element_and_every_flow_is_taken() -> None:
    with office() as one:
        test_nobody_is_told_in_the_future(one)
        assert never_taken(one, "notify") == set()
