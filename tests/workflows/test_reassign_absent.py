"""Covering an absence: the task of somebody away goes to a substitute, else back to the group (SB05)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from charterflow.testing import Case, ProcessTest
from engine import commands
from tests.workflows.request_cases import mails_to_user, never_taken, office, request
from workflows import organisation
from workflows.reassign_absent.jobs import cover_absence


@pytest.fixture
def test() -> Iterator[ProcessTest]:
    with office() as one:
        yield one


def taken_by_a(test: ProcessTest) -> Case:
    case = request(test)
    with test.engine.transaction("a") as tx:
        task = case.task("Task_Review")
        commands.claim_user_task(tx, task.id, by="a", groups=organisation.groups_of(tx, "a"))
    return case


def away(test: ProcessTest, substitute: str | None) -> None:
    """The manager enters that A is away from now on."""
    with test.engine.transaction("m") as tx:
        organisation.add_absence(tx, "a", tx.now, tx.now + timedelta(days=3), substitute)
    test.settle()


def test_the_substitute_has_the_task_and_reads_why(test: ProcessTest) -> None:
    # given
    case = taken_by_a(test)
    # when
    away(test, "b")
    # then
    assert case.task("Task_Review").assignee == "b"
    assert mails_to_user(test, "b", case) == ["M92"]


def test_without_a_substitute_the_group_has_it(test: ProcessTest) -> None:
    # given
    case = taken_by_a(test)
    with test.engine.transaction("admin") as tx:
        alone = organisation.user(tx, "a")
        organisation.save_user(tx, replace(alone, substitutes=()))
    # when
    away(test, None)
    # then
    assert case.task("Task_Review").assignee is None


def test_a_task_done_meanwhile_is_left_alone(test: ProcessTest) -> None:
    # given
    case = taken_by_a(test)
    with test.engine.transaction("m") as tx:
        organisation.add_absence(tx, "a", tx.now, tx.now + timedelta(days=3), "b")
        cover_absence(tx, {"user": "a"})
        task = case.task("Task_Review")
        commands.complete_user_task(
            tx, task.id, {"decision": "need_info", "questions": "?"}, by="a", version=task.version
        )
    # when
    test.settle()
    # then
    assert mails_to_user(test, "b", case) == []


def test_somebody_who_is_here_keeps_his_tasks(test: ProcessTest) -> None:
    case = taken_by_a(test)
    with test.engine.transaction("system") as tx:
        cover_absence(tx, {"user": "a"})
    test.settle()
    assert case.task("Task_Review").assignee == "a"


def test_every_element_and_every_flow_is_taken() -> None:
    missing: set[str] | None = None
    for way in (test_the_substitute_has_the_task_and_reads_why, test_without_a_substitute_the_group_has_it):
        with office() as one:
            way(one)
            untaken = never_taken(one, "reassign_absent")
            missing = untaken if missing is None else missing & untaken
    assert missing == set()
