"""The request round trip: start, two user tasks, a script, a choice, an end; three durable commits with history."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figure import Figure, median
from benchmarks.product import engine_on
from engine import commands, user_tasks
from engine.process_engine import ProcessEngine

ANCHORS = Path(__file__).parent / "anchors"
PAYLOAD = {"text": "word " * 40, "customer": {"name": "김하늘", "email": "h@example.org"}, "channel": "web"}


def request(engine: ProcessEngine) -> None:
    """One request, as three people's clicks would bring it."""
    with engine.transaction("bench") as tx:
        instance = commands.start_instance(tx, "request", PAYLOAD)
    for values in ({}, {"answer": "done"}):
        with engine.transaction("bench") as tx:
            task = user_tasks.find_open(tx, instance_id=instance)[0]
            commands.complete_user_task(tx, task.id, values, by="bench", version=task.version)


def requests_a_second(engine: ProcessEngine, seconds: float) -> float:
    for _ in range(20):
        request(engine)
    done, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        request(engine)
        done += 1
    return done / (time.perf_counter() - begun)


def anchor(program: str, *arguments: str, seconds: float) -> float:
    """One round of an anchor in a process of its own."""
    command = [sys.executable, str(ANCHORS / program), *arguments, "--seconds", str(seconds), "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout.splitlines()[-1])["requests_a_second"])


def on_postgresql(url: str, seconds: float, rounds: int) -> list[Figure]:
    engine = engine_on(url, ANCHORS / "request.bpmn")
    ours, floor = [], []
    for _ in range(rounds):
        floor.append(anchor("floor.py", url.replace("postgresql+psycopg://", "postgresql://"), seconds=seconds))
        ours.append(requests_a_second(engine, seconds))
    context = f"{median(ours):.0f}/s against {median(floor):.0f}/s"
    return [
        Figure(
            "request round trip, PostgreSQL, 1 client",
            "plain SQL by hand",
            median(ours) / median(floor),
            None,
            "higher",
            context,
        )
    ]


def on_sqlite(folder: Path, seconds: float, rounds: int) -> list[Figure]:
    engine = engine_on(f"sqlite:///{folder / 'round_trip.db'}", ANCHORS / "request.bpmn")
    ours, memory, floor = [], [], []
    for _ in range(rounds):
        memory.append(anchor("spiff_memory.py", seconds=seconds))
        floor.append(anchor("floor.py", str(folder / "floor.db"), seconds=seconds))
        ours.append(requests_a_second(engine, seconds))
    name = "request round trip, SQLite, durable"
    return [
        Figure(
            name,
            "SpiffWorkflow in memory, nothing saved",
            median(ours) / median(memory),
            None,
            "higher",
            f"{median(ours):.0f}/s against {median(memory):.0f}/s",
        ),
        Figure(
            f"{name} (context)",
            "plain SQL by hand on SQLite",
            median(ours) / median(floor),
            None,
            "higher",
            f"floor {median(floor):.0f}/s",
        ),
    ]
