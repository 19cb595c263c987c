"""A user task in a loop of 1,000 turns: the cost of a turn, the live rows, the open task."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.figure import Figure, median
from benchmarks.product import engine_on
from engine import commands, instances, user_tasks
from engine.process_engine import ProcessEngine

DIAGRAM = Path(__file__).parent / "loop.bpmn"
TURNS, WINDOW = 1_000, 60


def begin(engine: ProcessEngine) -> int:
    with engine.transaction("bench") as tx:
        return commands.start_instance(tx, "loop", {"again": True, "turn": 0})


def turn(engine: ProcessEngine, instance: int) -> float:
    """Complete the open task once; returns the seconds it took."""
    begun = time.perf_counter()
    with engine.transaction("bench") as tx:
        (task,) = user_tasks.find_open(tx, instance_id=instance)
        commands.complete_user_task(tx, task.id, {"again": True}, by="bench", version=task.version)
    return time.perf_counter() - begun


def of_user_tasks(folder: Path) -> list[Figure]:
    """An instance about its turn 1,000 against another about its turn 10, turn by turn, so that a drift hits both."""
    engine = engine_on(f"sqlite:///{folder / 'loop.db'}", DIAGRAM)
    old = begin(engine)
    for _ in range(TURNS - WINDOW // 2):
        turn(engine, old)
    early, late = [], []
    for n in range(WINDOW):
        if n % 20 == 0:
            young = begin(engine)
        early.append(turn(engine, young))
        late.append(turn(engine, old))
    with engine.reading() as tx:
        live, still_open = instances.live_rows(tx, old), len(user_tasks.find_open(tx, instance_id=old))
        turns = instances.variables(tx, old)["turn"]
    ratio = median(late) / median(early)
    context = f"{median(early) * 1000:.2f} ms, {median(late) * 1000:.2f} ms; after {turns} turns {still_open} open task"
    return [
        Figure("a user task loop: turn 1,000 against turn 10", "turn 10", ratio, 1.1, "lower", context),
        Figure("live rows after 1,000 turns", "1 row", live, 9, "lower", "under 10"),
    ]
