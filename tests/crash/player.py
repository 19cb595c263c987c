"""A process that plays one story on a database and may be told to die at a fault point: `player.py URL FOLDER [N]`.

It dies, as by kill -9, when it reaches its N-th fault point. FOLDER/points gets the names of the points it passed,
FOLDER/mails one line a mail that "went out". Played again on the same database it goes on where the story stands.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from engine import commands, definitions, faultpoints, instances, jobs, mails, user_tasks
from engine.mails import Envelope, Mail
from engine.process_application import Moved, Outcome, ProcessApplication, Topic, Work
from engine.process_engine import ProcessEngine
from engine.store.database import open_database
from engine.store.migrate import migrate
from engine.transaction import Transaction
from engine.virtual_time import SharedClock
from tests.engine.drawn import catch, end, in_a_line, message, service, start, throw, timer, user

STORY = in_a_line(
    "story",
    start(),
    service("Work", "count"),
    user("Task_A"),
    catch("Wait", timer("PT3H")),
    throw("Send", message("done")),
    end(),
    messages="done",
)
HEARS = in_a_line("hears", start(content=message("done")), user("Task_B"), end(), messages="done")
BEGUN = datetime(2026, 9, 23, 6, tzinfo=UTC)


class FileTransport:
    """Writes the Message-ID of each mail to a file, and forces it to the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, mail: Mail) -> None:
        faultpoints.faultpoint("mail.before_data")
        with self._path.open("a") as file:
            file.write(f"{mail.reference['element']} {mail.message_id}\n")
            file.flush()
            os.fsync(file.fileno())


def count(tx: Transaction, work: Work) -> Outcome:
    return Outcome({"counted": work.attempt > 0})


def observe(tx: Transaction, moved: Moved) -> None:
    """One mail and one job of our own for every task that opens."""
    for entry in moved.entries:
        if entry.kind == "entered" and entry.element_id.startswith("Task_"):
            letter = Envelope("a@example.com", "", entry.element_id, "text")
            mails.enqueue(tx, letter, reference={"element": entry.element_id}, business_key=None)
            jobs.enqueue(tx, "note", {"element": entry.element_id}, key=f"note/{moved.instance.id}/{entry.element_id}")


def note(tx: Transaction, payload: Mapping[str, object]) -> None:
    """The effect that is counted: another instance."""
    commands.start_instance(tx, "effect", {"of": payload["element"]})


def make(url: str, folder: Path) -> ProcessEngine:
    database = open_database(url)
    migrate(database)
    application = ProcessApplication(
        topics={"count": Topic("count", "세기", "count", count)}, observe=observe, jobs={"note": note}
    )
    transport = FileTransport(folder / "mails")
    return ProcessEngine(database, SharedClock(database, BEGUN), application, transport=transport, lease_seconds=0.3)


def play(engine: ProcessEngine) -> None:
    """Do what is still to be done."""
    with engine.transaction("owner") as tx:
        if definitions.find_latest(tx, "story") is None:
            effect = in_a_line("effect", start(), end())
            files = {"story.bpmn": STORY, "hears.bpmn": HEARS, "effect.bpmn": effect}
            commands.deploy(tx, files, by="owner")
    with engine.transaction("a") as tx:
        if not instances.find(tx, process="story"):
            commands.start_instance(tx, "story", business_key="CF-1")
    engine.settle()
    _complete(engine, "Task_A")
    target = BEGUN + timedelta(hours=5)
    engine.advance_clock(target)
    _complete(engine, "Task_B")
    engine.settle()


def _complete(engine: ProcessEngine, element_id: str) -> None:
    with engine.transaction("a") as tx:
        for task in user_tasks.find_open(tx):
            if task.element_id == element_id:
                commands.complete_user_task(tx, task.id, {"by": "a"}, by="a", version=task.version)
    engine.settle()


def main() -> None:
    url, folder = sys.argv[1], Path(sys.argv[2])
    last = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    passed = 0

    def pass_by(name: str) -> None:
        nonlocal passed
        passed += 1
        with (folder / "points").open("a") as file:
            file.write(f"{name}\n")
        if passed == last:
            os.kill(os.getpid(), signal.SIGKILL)

    engine = make(url, folder)
    faultpoints.listen(pass_by)
    play(engine)


if __name__ == "__main__":
    main()
