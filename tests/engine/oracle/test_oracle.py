"""The short form: random diagrams beside the oracle, and random nests of events, with a new seed in every run.

`pytest -s` prints the seed; a failure says how to run its diagram again, and shows the smallest one that still fails.
The long form: `python -m tests.engine.oracle`.
"""

from __future__ import annotations

import os
import random

import pytest

from tests.engine.oracle.campaign import run
from tests.engine.oracle.drawn import draw
from tests.engine.oracle.growing import grow
from tests.engine.oracle.shrinking import shown, shrink

SEED = int(os.environ.get("ORACLE_SEED", random.SystemRandom().randrange(10**9)))


def told(kind: str, seed: int, message: str) -> str:
    """Return what somebody needs who sees the failure: how to see it again, and the smallest tree that shows it."""
    lines = [f"{message}\nagain: python -m tests.engine.oracle --only {kind} {seed}"]
    if kind in ("A", "B"):
        drive = shrink(seed, "A" if kind == "A" else "B")
        if drive is not None:
            lines += [shown(drive.level), *(drive.log or [])]
    return "\n".join(lines)


@pytest.mark.parametrize(("kind", "count"), [("A", 75), ("B", 75), ("nest", 60)])
def test_random_diagrams_do_what_the_oracle_says(kind: str, count: int) -> None:
    # given
    print(f"seed {SEED}")  # noqa: T201 — asked for by -s
    # when
    report = run(kind, range(SEED, SEED + count), enough=1)
    # then
    assert not report.failures, told(*report.failures[0])
    assert report.steps > count


def test_a_tree_is_grown_and_drawn_alike_for_the_same_seed() -> None:
    assert draw(grow(7, "B"), 7) == draw(grow(7, "B"), 7)


def test_the_families_hold_what_they_promise() -> None:
    # given what a hundred trees of family B are made of
    text = "".join(shown(grow(seed, "B")) for seed in range(300))
    # then
    for name in ("Choice", "Both", "Some", "Apart", "Again", "Catch", "First", "Escalate", "Handler", "Boundary"):
        assert name in text, name
    for words in ("interrupting=True", "sequential=True", "enough=1", "rejoins=True", "'error'", "by_starts"):
        assert words in text, words
    assert "Boundary" not in "".join(shown(grow(seed, "A")) for seed in range(300))
