"""`make bench`: every row is a ratio to its anchor, both measured in this run; prints a table, writes var/bench.json.

python -m benchmarks [--seconds 4] [--rounds 3] [--only NAME]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import loop, round_trip, statements
from benchmarks.figure import Figure


@dataclass(frozen=True, slots=True)
class Course:
    """How long to measure, and where the databases are."""

    seconds: float
    rounds: int
    folder: Path
    postgres_url: str


def figures(course: Course) -> Iterator[Callable[[], list[Figure]]]:
    yield lambda: round_trip.on_postgresql(course.postgres_url, course.seconds, course.rounds)
    yield lambda: round_trip.on_sqlite(course.folder, course.seconds, course.rounds)
    yield lambda: statements.of_a_step(course.folder)
    yield lambda: loop.of_user_tasks(course.folder)


@contextmanager
def postgresql() -> Iterator[str]:
    """The server named by CHARTERFLOW_BENCH_PG_URL, else one started for this run with fsync on."""
    given = os.environ.get("CHARTERFLOW_BENCH_PG_URL")
    if given:
        yield given
        return
    from tests.servers import PostgresServer

    with PostgresServer(durable=True) as server:
        yield server.new_database("bench")


def table(rows: list[Figure]) -> str:
    lines = [f"{'what':58} {'ratio':>8} {'goal':>8}  holds  context"]
    lines += [
        f"{row.name:58} {row.ratio:8.3f} {'–' if row.goal is None else format(row.goal, '8.2f'):>8}  "
        f"{'–' if row.goal is None else 'yes' if row.holds else 'NO':5}  {row.context}"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4, help="length of one measurement")
    parser.add_argument(
        "--rounds", type=int, default=3, help="measurements of each side, alternating; the median counts"
    )
    options = parser.parse_args()
    rows: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, postgresql() as url:
        for measure in figures(Course(options.seconds, options.rounds, Path(folder), url)):
            for row in measure():
                rows.append(row)
                print(f"measured: {row.name} = {row.ratio:.3f} ({row.context})", flush=True)
    print(f"\nPython {platform.python_version()}, {os.cpu_count()} cores\n{table(rows)}")
    out = Path("var/bench.json")
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps([{**asdict(row), "holds": row.holds} for row in rows], ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
