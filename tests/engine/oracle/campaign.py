"""Campaign: many seeds of one kind, and every failure among them by its seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tests.engine.oracle.driving import drive
from tests.engine.oracle.nests import stir

KINDS: Mapping[str, Callable[[int], int]] = {
    "A": lambda seed: drive(seed, "A"),
    "B": lambda seed: drive(seed, "B"),
    "nest": stir,
}


@dataclass
class Report:
    """How many were run, how many steps they made, and what went wrong with which seed."""

    runs: int = 0
    steps: int = 0
    failures: list[tuple[str, int, str]] = field(default_factory=list)

    def add(self, other: Report) -> None:
        self.runs += other.runs
        self.steps += other.steps
        self.failures += other.failures


def run(kind: str, seeds: Iterable[int], enough: int | None = None) -> Report:
    """Run the seeds of a kind ("A", "B", "nest"); stop after `enough` failures."""
    report = Report()
    for seed in seeds:
        report.runs += 1
        try:
            report.steps += KINDS[kind](seed)
        except Exception as error:  # any exception is what we are looking for
            report.failures.append((kind, seed, f"{type(error).__name__}: {error}"))
            if enough is not None and len(report.failures) >= enough:
                break
    return report


def run_chunk(task: tuple[str, int, int]) -> Report:
    """Run the seeds from a first one up to, without, a last one."""
    kind, first, last = task
    return run(kind, range(first, last))
