"""The house rules a linter cannot see: one process in three places, one clock, one reader of the environment."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("charterflow", "engine", "workflows", "web", "bpmn")


def files() -> Iterator[Path]:
    for room in ROOMS:
        yield from (f for f in (ROOT / room).rglob("*.py") if "migrations" not in f.parts)


def test_each_process_has_a_diagram_a_folder_and_a_test() -> None:
    # when
    diagrams = {f.stem for f in (ROOT / "bpmn").glob("*.bpmn")}
    folders = {f.parent.name for f in (ROOT / "workflows").glob("*/__init__.py")}
    tests = {f.stem.removeprefix("test_") for f in (ROOT / "tests/workflows").glob("test_*.py")}

    # then
    assert diagrams == folders
    assert diagrams <= tests


def test_only_the_clock_asks_the_machine_for_the_time() -> None:
    # given
    asking = ("datetime.now", "time.time(", "date.today", "utcnow", "datetime.today")

    # when
    guilty = {f.relative_to(ROOT).as_posix() for f in files() if any(a in f.read_text("utf-8") for a in asking)}

    # then
    assert guilty <= {"engine/clock.py"}


def test_only_config_reads_the_environment() -> None:
    # when
    guilty = {
        f.relative_to(ROOT).as_posix()
        for f in files()
        if any(a in f.read_text("utf-8") for a in ("os.environ", "getenv"))
    }

    # then
    assert guilty <= {"charterflow/config.py", "engine/faultpoints.py"}  # crash tests set fault points from outside


def test_every_file_opens_with_a_sentence() -> None:
    # when
    silent = [f.relative_to(ROOT).as_posix() for f in files() if not ast.get_docstring(ast.parse(f.read_text("utf-8")))]

    # then
    assert silent == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    # given
    empty = {"util", "utils", "helper", "helpers", "manager", "misc", "common", "base", "service"}

    # then
    assert [f.name for f in files() if f.stem in empty] == []


def test_nothing_is_left_to_do_in_a_comment() -> None:
    # given
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X")

    # then
    assert [f.name for f in files() if any(mark in f.read_text("utf-8") for mark in marks)] == []


def test_no_other_package_owns_one_of_our_names() -> None:
    # when
    owners = {name: set(packages_distributions().get(name, ())) for name in ROOMS}

    # then
    assert all(found <= {"charterflow"} for found in owners.values()), owners


def test_no_test_sleeps() -> None:
    # given
    mark = "sleep" + "("

    # then
    assert [f.name for f in (ROOT / "tests").rglob("test_*.py") if mark in f.read_text("utf-8")] == []
