"""A house with the charter in it: a real engine and database, a virtual clock, the sample organisation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from engine import commands, mails, user_tasks
from engine.clock import VirtualClock
from engine.mails import Mail, PermanentMailError
from engine.process_engine import ProcessEngine
from engine.store.database import open_database
from engine.store.migrate import migrate
from workflows import cases, organisation, promises
from workflows.cases import NewCase
from workflows.charter_application import charter_application
from workflows.charter_config import CharterConfig
from workflows.mail_texts import MailWords
from workflows.promises import Promise

SEOUL = ZoneInfo("Asia/Seoul")
SECRET = "a secret of the tests, long enough"


def kst(text: str) -> datetime:
    """An instant written as in '2026-09-23 15:00'."""
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


@dataclass
class PickyTransport:
    """Takes every mail but those to addresses that do not exist."""

    unknown: set[str] = field(default_factory=set)

    def send(self, mail: Mail) -> None:
        if mail.to_address in self.unknown:
            raise PermanentMailError("550 no such user")


@dataclass
class House:
    """What tests do with the charter, in short words."""

    engine: ProcessEngine
    clock: VirtualClock
    transport: PickyTransport

    def deploy(self, xml: str, name: str = "small") -> None:
        with self.engine.transaction("admin") as tx:
            commands.deploy(tx, {f"{name}.bpmn": xml.encode()}, by="admin")

    def write_mail(self, mail_id: str, ko: str, en: str = "Subject\n\nBody.", process: str = "small") -> None:
        from workflows import mail_texts

        subject_ko, _, text_ko = ko.partition("\n\n")
        subject_en, _, text_en = en.partition("\n\n")
        with self.engine.transaction("admin") as tx:
            words = MailWords(process, mail_id, subject_ko, text_ko, subject_en, text_en)
            known = mail_texts.compile_mail(ko, "ko").fields | mail_texts.compile_mail(en, "en").fields
            mail_texts.edit(tx, words, known)

    def open_case(self, form: Mapping[str, object] | None = None, process: str = "small", **facts: object) -> NewCase:
        given = form or {"name": "나은별", "email": "na@example.com", "title": "주문 화면 연동"}
        with self.engine.transaction("customer") as tx:
            new = cases.open_case(tx, process, channel="web", lang="ko", form=given, **facts)  # type: ignore[arg-type]
        self.engine.settle()
        return new

    def complete(self, element_id: str, values: Mapping[str, object] | None = None, by: str = "a") -> None:
        with self.engine.reading() as tx:
            task = next(t for t in user_tasks.find_open(tx) if t.element_id == element_id)
        with self.engine.transaction(by) as tx:
            commands.complete_user_task(tx, task.id, values or {}, by=by, version=task.version)
        self.engine.settle()

    def publish(self, name: str, case_no: str, variables: Mapping[str, object] | None = None) -> int:
        with self.engine.transaction("customer") as tx:
            delivered = commands.publish_message(tx, name, variables or {}, business_key=case_no)
        self.engine.settle()
        return delivered

    def at(self, text: str) -> None:
        self.engine.advance_clock(kst(text))

    def promises(self, case_no: str) -> list[Promise]:
        with self.engine.reading() as tx:
            return promises.of_case(tx, case_no)

    def promise(self, case_no: str, item: str = "") -> Promise:
        return next(p for p in self.promises(case_no) if p.item == item)

    def mails(self) -> list[Mail]:
        with self.engine.reading() as tx:
            return mails.list_after(tx)


@pytest.fixture
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    """On SQLite in memory; `@pytest.mark.parametrize("house", ["postgresql"], indirect=True)` for the other one."""
    is_postgresql = getattr(request, "param", "memory") == "postgresql"
    database = open_database(request.getfixturevalue("postgresql_url") if is_postgresql else "sqlite://")
    migrate(database)
    clock = VirtualClock(kst("2026-08-10 11:00"))
    application = charter_application(CharterConfig(public_url="https://charter.example.com", secret_key=SECRET))
    transport = PickyTransport()
    engine = ProcessEngine(database, clock, application, transport=transport)
    with engine.transaction("system") as tx:
        organisation.seed(tx, "rehearsal")
    yield House(engine, clock, transport)
    database.close()


def diagram(body: str, key: str = "small") -> str:
    """A process with that inside; the flows are drawn by hand."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:charter="urn:charterflow:bpmn:1" '
        f'targetNamespace="urn:test">\n<bpmn:process id="{key}" isExecutable="true">\n{body}\n</bpmn:process>\n'
        "</bpmn:definitions>\n"
    )


def marked(element: str, marks: str, inner: str = "") -> str:
    """An element (its opening without the bracket) with extension elements and what else is in it."""
    tag = element.split()[0]
    return f"<bpmn:{element}><bpmn:extensionElements>{marks}</bpmn:extensionElements>{inner}</bpmn:{tag}>"


def flow(source: str, target: str, condition: str = "") -> str:
    """A sequence flow."""
    inner = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}</bpmn:conditionExpression>'
    return (
        f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">'
        f"{inner if condition else ''}</bpmn:sequenceFlow>"
    )


REVIEW = diagram(
    marked(
        'startEvent id="Start"',
        '<charter:promise clause="C2" spec="5bd" stop="element:Send_Result" pausable="true"/>',
    )
    + '<bpmn:userTask id="Task_Review" name="검토" camunda:candidateGroups="운영팀"/>'
    + marked(
        'sendTask id="Send_Result"',
        '<charter:mail id="M10" to="customer"><charter:value name="size" value="${size}"/></charter:mail>'
        '<charter:milestone code="REVIEW_RESULT"/>',
    )
    + '<bpmn:endEvent id="End"/>'
    + flow("Start", "Task_Review")
    + flow("Task_Review", "Send_Result")
    + flow("Send_Result", "End")
)
RESULT_MAIL = "검토결과를 알려 드립니다 ({case_no})\n\n“{title}” 건을 검토했습니다. 규모 {size}."
