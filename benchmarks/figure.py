"""Figure: one row of the benchmark's table."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio` is ours to the anchor; `goal` None means that the figure is a start, not yet a bar."""

    name: str
    anchor: str
    ratio: float
    goal: float | None
    better: str  # "higher" | "lower"
    context: str = ""

    @property
    def holds(self) -> bool:
        if self.goal is None:
            return True
        return self.ratio >= self.goal if self.better == "higher" else self.ratio <= self.goal


def median(values: list[float]) -> float:
    return statistics.median(values)
