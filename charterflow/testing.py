"""ProcessTest: a diagram played on a virtual clock through the real engine, database and job worker.

test = ProcessTest(now="2026-09-23T15:00:00+09:00")
test.deploy("request_handling.bpmn")
case = test.start("request_handling", {"title": "…"})
case.complete("Task_Review", {"size": "M"})
test.advance(days=3)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

from bpmn import diagrams
from engine import commands, definitions, history, incidents, instances, mails, user_tasks
from engine.clock import VirtualClock
from engine.definitions import Deployment
from engine.errors import NotFound, Sentence
from engine.history import Entry
from engine.incidents import Incident
from engine.mails import CapturingTransport, Mail
from engine.process_application import ProcessApplication
from engine.process_engine import ProcessEngine
from engine.spiff import process_keys
from engine.store.database import open_database
from engine.store.migrate import migrate
from engine.tokens.definition import ProcessDefinition, Symbol
from engine.transaction import Transaction
from engine.user_tasks import UserTask
from workflows import cases, catalogue, organisation
from workflows.charter_application import charter_application
from workflows.charter_config import CharterConfig

SEOUL = ZoneInfo("Asia/Seoul")
START = "2026-09-23T15:00:00+09:00"
CHARTER = b"urn:charterflow:bpmn:1"
MANY = 100_000


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a diagram was never taken, by id."""

    elements: tuple[str, ...]
    flows: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every element and every flow was taken."""
        return not self.elements and not self.flows


class ProcessTest:
    """One database, one virtual clock, whatever diagrams are deployed.

    In memory unless `database_url` names an empty PostgreSQL or SQLite database. The charter's application, with the
    sample organisation, comes as soon as a diagram of the charter is deployed; else the engine runs without one.
    """

    def __init__(
        self,
        now: str | datetime = START,
        *,
        database_url: str | None = None,
        application: ProcessApplication | None = None,
    ) -> None:
        self.clock = VirtualClock(_instant(now))
        self.database = open_database(database_url or "sqlite://")
        migrate(self.database)
        self._is_given = application is not None
        self.engine = self._engine_with(application or ProcessApplication())

    def __enter__(self) -> ProcessTest:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the database back."""
        self.database.close()

    # ------------------------------------------------------------ deployment

    def deploy(self, *files: str | Path | Mapping[str, bytes]) -> Deployment:
        """Deploy files together, by path, by the name of one of the product's own, or as {name: bytes}.

        Raises DeploymentRefused with `findings`.
        """
        read: dict[str, bytes] = {}
        for one in files:
            read.update(one if isinstance(one, Mapping) else {Path(one).name: _read(one)})
        self._take_the_charter_for(read)
        with self.engine.transaction("tester") as tx:
            deployment = commands.deploy(tx, read, by="tester")
        self.settle()
        return deployment

    def _take_the_charter_for(self, files: Mapping[str, bytes]) -> None:
        """Change to the charter's application when one of its diagrams comes for the first time."""
        if self._is_given or not any(CHARTER in xml or _is_of_the_charter(xml) for xml in files.values()):
            return
        self._is_given = True
        self.engine = self._engine_with(charter_application(CharterConfig()))
        with self.engine.transaction("system") as tx:
            organisation.seed(tx, "rehearsal")

    def _engine_with(self, application: ProcessApplication) -> ProcessEngine:
        return ProcessEngine(self.database, self.clock, application, transport=CapturingTransport())

    # ------------------------------------------------------------ what happens from outside

    def start(
        self, key: str, variables: Mapping[str, object] | None = None, *, business_key: str | None = None, **how: object
    ) -> Case:
        """Start an instance and run it to its first wait state; a process of the charter becomes a case with a number.

        `how` goes to the case: channel, lang, received_at, on_behalf_of, by.
        """
        with self.engine.transaction(str(how.get("by") or "tester")) as tx:
            if business_key is None and self._is_a_case(key):
                instance_id = _open_case(
                    tx, key, {"channel": "web", "lang": "ko", **how, "form": dict(variables or {})}
                )
            else:
                instance_id = commands.start_instance(tx, key, variables or {}, business_key=business_key)
        self.settle()
        return Case(self, instance_id)

    def _is_a_case(self, key: str) -> bool:
        return self.engine.application.name != "plain" and catalogue.process(key) is not None

    def start_by_message(self, name: str, variables: Mapping[str, object] | None = None) -> Case | None:
        """Deliver a message that starts an instance; returns the first one, None when it started nothing."""
        with self.engine.transaction("tester") as tx:
            started = commands.start_by_message(tx, name, variables or {})
        self.settle()
        return Case(self, started[0]) if started else None

    def message(
        self,
        name: str,
        *,
        correlation_key: str | None = None,
        business_key: str | None = None,
        variables: Mapping[str, object] | None = None,
    ) -> int:
        """Deliver a message to the one token that waits for it, or start an instance; returns how many took it."""
        with self.engine.transaction("tester") as tx:
            taken = commands.publish_message(
                tx, name, variables or {}, correlation_key=correlation_key, business_key=business_key
            )
        self.settle()
        return taken

    def signal(self, name: str, *, variables: Mapping[str, object] | None = None) -> int:
        """Broadcast a signal; returns how many took it."""
        with self.engine.transaction("tester") as tx:
            taken = commands.broadcast_signal(tx, name, variables or {})
        self.settle()
        return taken

    # ------------------------------------------------------------ time

    @property
    def now(self) -> datetime:
        """The instant the clock stands at, in Seoul."""
        return self.clock.now().astimezone(SEOUL)

    def advance(self, **by: float) -> int:
        """Move the clock on (days=3, hours=1 …); what falls due runs at its own instant; returns how many jobs ran."""
        return self.advance_to(self.clock.now() + timedelta(**by))

    def advance_to(self, moment: str | datetime) -> int:
        """Move the clock to an instant, running what falls due on the way, in order; returns how many jobs ran."""
        return self.engine.advance_clock(_instant(moment))

    def settle(self) -> None:
        """Run what is due at the instant the clock stands at."""
        self.engine.settle()

    # ------------------------------------------------------------ looking

    @property
    def mails(self) -> list[Mail]:
        """Every mail handed over so far, in order."""
        with self.engine.reading() as tx:
            return mails.list_after(tx, 0, MANY)

    @property
    def cases(self) -> list[Case]:
        """Every instance there is, oldest first."""
        with self.engine.reading() as tx:
            found = instances.find(tx, limit=MANY)
        return [Case(self, one.id) for one in sorted(found, key=lambda one: one.id)]

    def decide(self, decision: str, inputs: Mapping[str, object]) -> object:
        """Return the value of a deployed decision, named by its id or its name."""
        with self.engine.reading() as tx:
            return definitions.decide(tx, decision, inputs)

    def coverage(self, key: str) -> Coverage:
        """Return the elements and flows of a process which no instance has ever taken."""
        with self.engine.reading() as tx:
            latest = definitions.latest(tx, key)
            drawn = definitions.parsed(tx, key, latest.version)
            entries = [e for one in instances.find(tx, limit=MANY) for e in history.of_instance(tx, one.id)]
        own = [entry for entry in entries if entry.definition_key == key]
        reached = {entry.element_id for entry in own}
        taken = _flows_taken(own, drawn)
        return Coverage(
            tuple(sorted(drawn.nodes.keys() - reached)),
            tuple(sorted(drawn.flows.keys() - taken)),
        )


@dataclass(slots=True)
class Case:
    """One process instance, as a test sees it: always as it stands now."""

    test: ProcessTest
    id: int

    @property
    def state(self) -> str:
        """active, completed, terminated, or failed (an error end event that nobody caught)."""
        return self._instance().state

    @property
    def business_key(self) -> str | None:
        """The case number, where the instance has one."""
        return self._instance().business_key

    @property
    def process(self) -> str:
        """The key of the process it runs."""
        return self._instance().key

    @property
    def end_element(self) -> str | None:
        """The end event that ended it."""
        return self._instance().end_element

    @property
    def tasks(self) -> list[UserTask]:
        """Open user tasks, oldest first; those of called processes too."""
        with self.test.engine.reading() as tx:
            return user_tasks.find_open(tx, instance_id=self.id, limit=MANY)

    @property
    def incidents(self) -> list[Incident]:
        """Open incidents: tokens that cannot move without a person."""
        with self.test.engine.reading() as tx:
            return [one for one in incidents.open_incidents(tx) if one.instance_id == self.id]

    @property
    def history(self) -> list[Entry]:
        """What happened, in order."""
        with self.test.engine.reading() as tx:
            return history.of_instance(tx, self.id)

    @property
    def variables(self) -> dict[str, object]:
        """The variables of the process."""
        with self.test.engine.reading() as tx:
            return dict(instances.variables(tx, self.id))

    def task(self, element_id: str) -> UserTask:
        """Return the oldest open task of that element; raises NotFound naming what is open instead."""
        tasks = self.tasks
        found = [task for task in tasks if task.element_id == element_id]
        if not found:
            here = ", ".join(task.element_id for task in tasks) or "none"
            raise NotFound(
                Sentence(
                    f"열린 업무가 아닙니다: {element_id} (열린 업무: {here})",
                    f"No open task {element_id}; open: {here}.",
                )
            )
        return found[0]

    def complete(self, element_id: str, values: Mapping[str, object] | None = None, *, by: str = "tester") -> None:
        """Complete the oldest open task of that element with typed values, and run on."""
        task = self.task(element_id)
        with self.test.engine.transaction(by) as tx:
            commands.complete_user_task(tx, task.id, values or {}, by=by, version=task.version)
        self.test.settle()

    def set_variables(self, variables: Mapping[str, object]) -> None:
        """Set variables from outside; conditional events notice."""
        with self.test.engine.transaction("tester") as tx:
            commands.set_variables(tx, self.id, variables)
        self.test.settle()

    def cancel(self, reason: str = "") -> None:
        """End the instance."""
        with self.test.engine.transaction("tester") as tx:
            commands.cancel_instance(tx, self.id, reason)
        self.test.settle()

    def retry(self) -> None:
        """Try every open incident again."""
        for one in self.incidents:
            with self.test.engine.transaction("tester") as tx:
                commands.retry_incident(tx, one.id, by="tester")
        self.test.settle()

    def _instance(self) -> instances.Instance:
        with self.test.engine.reading() as tx:
            return instances.get(tx, self.id)


def _instant(moment: str | datetime) -> datetime:
    """An aware instant; a text without offset is Seoul's."""
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return found if found.tzinfo else found.replace(tzinfo=SEOUL)


def _read(name: str | Path) -> bytes:
    path = Path(name)
    if path.exists():
        return path.read_bytes()
    for own in diagrams():
        if own.name == path.name:
            return own.read_bytes()
    raise FileNotFoundError(f"Expected a file, or the name of a diagram of the product, but got {name}.")


def _open_case(tx: Transaction, key: str, how: dict[str, Any]) -> int:
    opened = cases.open_case(tx, key, **how).case.instance_id
    assert opened is not None
    return opened


def _is_of_the_charter(xml: bytes) -> bool:
    return any(catalogue.process(key) is not None for key in process_keys(xml))


CHOOSING = (Symbol.EXCLUSIVE_GATEWAY, Symbol.EVENT_BASED_GATEWAY)


def _flows_taken(entries: Sequence[Entry], drawn: ProcessDefinition) -> set[str]:
    """The flows that tokens took, as the history tells it: a source was left, and a target of its was visited after.

    Each time a gateway that chooses is left, only the target visited first counts. Gateways are written down when left,
    all else when entered.
    """
    visits: dict[str, list[int]] = {}
    for number, entry in enumerate(entries):
        node = drawn.nodes.get(entry.element_id)
        if node is not None and entry.kind == ("left" if node.symbol.value.endswith("Gateway") else "entered"):
            visits.setdefault(entry.element_id, []).append(number)
    taken: set[str] = set()
    for number, entry in enumerate(entries):
        node = drawn.nodes.get(entry.element_id)
        if entry.kind != "left" or node is None:
            continue
        reached = [
            (next((v for v in visits.get(drawn.flows[flow].target, ()) if v > number), None), flow)
            for flow in node.outgoing
        ]
        first = sorted((at, flow) for at, flow in reached if at is not None)
        taken |= {flow for _, flow in (first[:1] if node.symbol in CHOOSING else first)}
    return taken
