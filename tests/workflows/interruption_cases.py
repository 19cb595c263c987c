"""Interruptions and incidents in tests: what staff type goes through the shipped forms, on the virtual clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from charterflow.testing import Case, ProcessTest
from engine import commands, mails
from engine.mails import Mail
from tests.workflows.request_cases import number
from tests.workflows.visit_cases import opened
from workflows import organisation, outages, recipients, status_board, subscriptions
from workflows.outages import Availability
from workflows.recipients import Recipient

FEED = "시세전송"
A, B, C, D = (f"gaeip-{x}@example.net" for x in "abcd")
FILES = (
    "planned_interruption.bpmn", "incident.bpmn", "correction.bpmn", "notice_lead.dmn", "incident_severity.dmn",
    "notify.bpmn", "escalate.bpmn", "intake_check.bpmn", "reassign_absent.bpmn", "duplicate_score.dmn",
)  # fmt: skip
PLAN: Mapping[str, object] = {
    "type": "regular", "services": [FEED],
    "start": "2026-10-17T22:00:00+09:00", "end": "2026-10-18T02:00:00+09:00",
    "impact_ko": "작업 시간 동안 시세전송 서비스를 이용하실 수 없으며 저장된 시세는 조회하실 수 있습니다.",
    "impact_en": "Market data transmission is unavailable during the work; stored quotes can be read.",
    "workaround": "없음", "rollback_plan": "작업 전 상태의 저장본으로 30분 안에 되돌립니다.",
    "contact": "운영팀 02-767-0000",
}  # fmt: skip
YES: Mapping[str, object] = {"approve": True, "comment": "확인했습니다."}
NO: Mapping[str, object] = {"approve": False, "comment": "시간을 다시 살펴봐 주십시오."}
WHY: Mapping[str, object] = {
    "reason_ko": "자료 옮기기가 예상보다 오래 걸려 시간이 더 필요합니다.",
    "reason_en": "Moving the data takes longer than expected.",
}


def house(now: str = "2026-10-07T14:00+09:00", subscribers: Sequence[str] = (A, B, C)) -> ProcessTest:
    """Return the sample organisation; the feed has exactly these subscribers."""
    test = ProcessTest(now)
    test.deploy(*FILES)
    with test.engine.transaction("o") as tx:
        for one in organisation.subscribers_of(tx, FEED):
            organisation.unsubscribe(tx, one.id)
        for address in subscribers:
            subscriptions.add(tx, FEED, address)
    return test


def planned(test: ProcessTest, **changed: object) -> Case:
    """Submit a plan as the operator."""
    return opened(test, "planned_interruption", {**PLAN, **changed}, channel="staff", by="o")


def subscribe(test: ProcessTest, address: str, service: str = FEED) -> None:
    """Enter a subscriber as staff."""
    with test.engine.transaction("o") as tx:
        subscriptions.add(tx, service, address)
    test.settle()


def message(test: ProcessTest, case: Case, name: str, **variables: object) -> int:
    """Give a message to a case; returns how many tokens took it."""
    with test.engine.transaction("o") as tx:
        taken = commands.publish_message(tx, name, variables, business_key=number(case))
    test.settle()
    return taken


def bounce(test: ProcessTest, mail_id: str, address: str) -> None:
    """Let the newest mail of that id to an address come back."""
    found = [m for m in test.mails if m.reference.get("mail") == mail_id and m.to_address == address]
    with test.engine.transaction("system") as tx:
        mails.bounce(tx, found[-1].id, "hard")
    test.settle()


def desk_tasks(test: ProcessTest) -> list[Case]:
    """Return the instances that ask the desk to tell somebody another way, oldest first."""
    return [c for c in test.cases if any(task.element_id == "Task_TellOtherwise" for task in c.tasks)]


def log(test: ProcessTest, case: Case) -> dict[str, Recipient]:
    """Return the proof by address."""
    with test.engine.reading() as tx:
        return {r.email: r for r in recipients.active(tx, number(case))}


def tally(test: ProcessTest, case: Case) -> tuple[int, int]:
    """Return (told, impacted)."""
    with test.engine.reading() as tx:
        found = recipients.tally(tx, number(case))
    return found.told, found.impacted


def month(test: ProcessTest, text: str = "2026-10", service: str = FEED) -> Availability:
    """Return a service's availability."""
    with test.engine.reading() as tx:
        return outages.availability(tx, service, text)


def sent(test: ProcessTest, mail_id: str, address: str | None = None) -> list[Mail]:
    """Return the mails of that id, to that address if one is given."""
    found = [m for m in test.mails if m.reference.get("mail") == mail_id]
    return [m for m in found if address is None or m.to_address == address]


def board(test: ProcessTest) -> list[status_board.Window]:
    """Return what the public board announces."""
    with test.engine.reading() as tx:
        return status_board.windows(tx)
