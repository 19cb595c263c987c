"""The long form: `python -m tests.engine.oracle --diagrams 20000 --nests 5000 --seed 1 --jobs 2`.

Diagrams are half of family A, half of family B. Seeds count up from `--seed` (default: one of its own, printed), so
that a failure is run again by `--only B 4711`. Ends with 1 when anything differs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time

from tests.engine.oracle.campaign import Report, run_chunk
from tests.engine.oracle.drawn import draw
from tests.engine.oracle.nests import Stirring
from tests.engine.oracle.shrinking import shown, shrink

CHUNK = 100


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.engine.oracle")
    parser.add_argument("--diagrams", type=int, default=20_000)
    parser.add_argument("--nests", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", nargs=2, metavar=("KIND", "SEED"), help="A, B or nest: show what one seed does")
    given = parser.parse_args()
    if given.only:
        explain(given.only[0], int(given.only[1]))
        return 0
    say(f"seed {given.seed}: {given.diagrams} diagrams, {given.nests} nests")
    half = given.diagrams // 2
    failures = 0
    for kind, count in (("A", half), ("B", given.diagrams - half), ("nest", given.nests)):
        failures += campaign(kind, given.seed, count, given.jobs)
    return 1 if failures else 0


def campaign(kind: str, first: int, count: int, jobs: int) -> int:
    """Run `count` seeds of a kind and tell what came; return the number of failures."""
    began, total = time.monotonic(), Report()
    tasks = [(kind, first + at, min(first + at + CHUNK, first + count)) for at in range(0, count, CHUNK)]
    with multiprocessing.Pool(jobs) as pool:
        for report in pool.imap_unordered(run_chunk, tasks):
            total.add(report)
    failed, seconds = len(total.failures), time.monotonic() - began
    say(f"{kind}: {total.runs} run, {total.steps} steps, {failed} failed, {seconds:.0f} s")
    for _, seed, message in total.failures[:30]:
        say(f"  {kind} {seed}: {message[:400]}")
    if total.failures:
        explain(kind, min(seed for _, seed, _ in total.failures))
    return len(total.failures)


def explain(kind: str, seed: int) -> None:
    """Show the smallest tree of a seed that still fails, and the way through it."""
    if kind == "nest":
        stirring = Stirring(seed)
        try:
            stirring.run()
        except Exception as error:  # it is what shall be shown
            say(f"{type(error).__name__}: {error}")
        say("\n".join([*stirring.log, stirring.xml.decode()]))
        return
    drive = shrink(seed, "A" if kind == "A" else "B")
    if drive is not None:
        say("\n".join([shown(drive.level), *(drive.log or []), draw(drive.level, drive.drawing).decode()]))


if __name__ == "__main__":
    sys.exit(main())
