"""kill -9 at every fault point of a story: played on it ends as it does undisturbed, nothing lost, nothing twice."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from engine import history, instances, mails, user_tasks
from engine.process_application import ProcessApplication
from engine.process_engine import ProcessEngine
from engine.store.database import open_database
from engine.virtual_time import SharedClock
from tests.crash.player import BEGUN
from tests.servers import PostgresServer

PLAYER = Path(__file__).with_name("player.py")
ROOT = Path(__file__).parents[2]


def play(url: str, folder: Path, die_at: int = 0) -> int:
    """Play the story in a process of its own; returns its exit status."""
    command = [sys.executable, str(PLAYER), url, str(folder), *([str(die_at)] if die_at else [])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def ending(url: str) -> dict[str, object]:
    """How the story stands: everything that must be the same whatever happened on the way."""
    database = open_database(url)
    engine = ProcessEngine(database, SharedClock(database, BEGUN), ProcessApplication())
    with engine.reading() as tx:
        found = sorted(instances.find(tx, limit=1000), key=lambda one: one.id)
        result: dict[str, object] = {
            "instances": Counter((one.key, one.state) for one in found),
            "story": [
                Counter((entry.kind, entry.element_id, entry.at) for entry in history.of_instance(tx, one.id))
                for one in found
                if one.key != "effect"
            ],
            "tasks": Counter((task.element_id, task.state) for task in user_tasks.of_case(tx, "CF-1")),
            "mails": Counter((mail.reference["element"], mail.state) for mail in mails.list_after(tx)),
            "stuck": instances.stuck(tx),
            "due": engine.next_due(),
        }
    database.close()
    return result


def ids(folder: Path) -> dict[str, set[str]]:
    """The Message-IDs that went out, by what the mail is about."""
    found: dict[str, set[str]] = {}
    for line in (folder / "mails").read_text().splitlines():
        element, message_id = line.split()
        found.setdefault(element, set()).add(message_id)
    return found


def declared() -> set[str]:
    """Every fault point there is in the engine, but those of transports which this story does not use."""
    texts = [path.read_text("utf-8") for path in (ROOT / "engine").rglob("*.py")]
    return {name for text in texts for name in re.findall(r'faultpoint\("([^"]+)"\)', text)}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], dict[str, object]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    url = f"sqlite:///{folder / 'story.sqlite3'}"
    assert play(url, folder) == 0
    return (folder / "points").read_text().split(), ending(url)


def test_the_story_passes_every_fault_point_there_is(undisturbed: tuple[list[str], dict[str, object]]) -> None:
    points, end = undisturbed
    assert set(points) == declared()
    assert end["instances"] == {("story", "completed"): 1, ("hears", "completed"): 1, ("effect", "completed"): 2}
    assert end["mails"] == {("Task_A", "accepted"): 1, ("Task_B", "accepted"): 1}


@pytest.mark.parametrize("name", sorted(declared()))
def test_a_death_at_any_moment_loses_nothing_and_does_nothing_twice(
    name: str, undisturbed: tuple[list[str], dict[str, object]], tmp_path: Path
) -> None:
    # given
    points, end = undisturbed
    moments = [number for number, point in enumerate(points, start=1) if point == name]
    # when
    for number in {moments[0], moments[-1]}:
        folder = tmp_path / str(number)
        folder.mkdir()
        url = f"sqlite:///{folder / 'story.sqlite3'}"
        assert play(url, folder, die_at=number) == -signal.SIGKILL
        assert play(url, folder) == 0
        # then
        assert ending(url) == end, f"died at {number}: {name}"
        assert all(len(one) == 1 for one in ids(folder).values())


def test_deaths_at_every_kind_of_moment_on_postgresql(
    undisturbed: tuple[list[str], dict[str, object]], postgres: PostgresServer, tmp_path: Path
) -> None:
    # given
    _, end = undisturbed
    url = postgres.new_database()
    # when: it dies seven times on its way
    deaths = 0
    for number in (3, 5, 7, 11, 13, 17, 19):
        deaths += play(url, tmp_path, die_at=number) == -signal.SIGKILL
    assert play(url, tmp_path) == 0
    # then
    assert deaths >= 3
    assert ending(url) == end
    assert all(len(one) == 1 for one in ids(tmp_path).values())
    postgres.drop_database(url)
