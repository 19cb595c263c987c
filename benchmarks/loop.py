"""A user task in a loop of 1,000 turns: the cost of a turn, the live rows, the open task."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.figure import Figure, median
from benchmarks.product import engine_on
from engine import commands, instances, user_tasks

DIAGRAM = Path(__file__).parent / "loop.bpmn"
TURNS, WINDOW = 1_000, 40


def of_user_tasks(folder: Path) -> list[Figure]:
    """Turn 1,000 against turn 10 (medians of 40 turns about each), and the rows that live at the end."""
    engine = engine_on(f"sqlite:///{folder / 'loop.db'}", DIAGRAM)
    with engine.transaction("bench") as tx:
        instance = commands.start_instance(tx, "loop", {"again": True, "turn": 0})
    times: list[float] = []
    for _ in range(TURNS + WINDOW):
        begun = time.perf_counter()
        with engine.transaction("bench") as tx:
            (task,) = user_tasks.find_open(tx, instance_id=instance)
            commands.complete_user_task(tx, task.id, {"again": True}, by="bench", version=task.version)
        times.append(time.perf_counter() - begun)
    with engine.reading() as tx:
        live, still_open = instances.live_rows(tx, instance), len(user_tasks.find_open(tx, instance_id=instance))
        turns = instances.variables(tx, instance)["turn"]
    early, late = median(times[10 : 10 + WINDOW]), median(times[-WINDOW:])
    context = f"{early * 1000:.2f} ms, {late * 1000:.2f} ms; after {turns} turns {still_open} open task"
    return [
        Figure("a user task loop: turn 1,000 against turn 10", "turn 10", late / early, 1.1, "lower", context),
        Figure("live rows after 1,000 turns", "1 row", live, 9, "lower", "under 10"),
    ]
