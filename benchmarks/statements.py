"""Statements and commits of each step of the request round trip, counted at the driver."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import event

from benchmarks.figure import Figure
from benchmarks.product import engine_on
from benchmarks.round_trip import ANCHORS, PAYLOAD
from engine import commands, user_tasks
from engine.process_engine import ProcessEngine

LIMIT = 6


class Counter:
    """What went through the connections of an engine's database since the last reset."""

    def __init__(self, engine: ProcessEngine) -> None:
        self.statements = self.commits = 0
        event.listen(engine.database.engine, "before_cursor_execute", self._statement)
        event.listen(engine.database.engine, "commit", self._commit)

    def _statement(self, _c: object, _cursor: object, text: str, *_: object) -> None:
        self.statements += not text.upper().startswith(("BEGIN", "PRAGMA"))

    def _commit(self, _connection: object) -> None:
        self.commits += 1

    def reset(self) -> None:
        self.statements = self.commits = 0


def steps(engine: ProcessEngine) -> list[tuple[str, int, int]]:
    """(step, statements, commits) for each step of a request, definitions being warm."""
    counter, counted = Counter(engine), []
    for _ in range(2):  # the first fills the caches of definitions
        counted.clear()
        counter.reset()
        with engine.transaction("bench") as tx:
            instance = commands.start_instance(tx, "request", PAYLOAD)
        counted.append(("start", counter.statements, counter.commits))
        for step, values in (("first task", {}), ("second task", {"answer": "done"})):
            with engine.reading() as tx:
                task = user_tasks.find_open(tx, instance_id=instance)[0]
            counter.reset()
            with engine.transaction("bench") as tx:
                commands.complete_user_task(tx, task.id, values, by="bench", version=task.version)
            counted.append((step, counter.statements, counter.commits))
    return counted


def of_a_step(folder: Path) -> list[Figure]:
    engine = engine_on(f"sqlite:///{folder / 'statements.db'}", ANCHORS / "request.bpmn")
    counted = steps(engine)
    context = ", ".join(f"{step} {statements}" for step, statements, _ in counted)
    return [
        Figure("statements of a step, at most", "1 statement", max(s for _, s, _ in counted), LIMIT, "lower", context),
        Figure(
            "commits of a step",
            "1 commit",
            max(c for _, _, c in counted),
            1,
            "lower",
            ", ".join(str(c) for _, _, c in counted),
        ),
    ]
