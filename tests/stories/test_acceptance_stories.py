"""The acceptance stories, through HTTP alone: on SQLite, on PostgreSQL with Redis and a worker, under kill -9."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import PostgresServer, RedisServer

ROOT = Path(__file__).parents[2]
RUNNER = ROOT.parent / "shared" / "scenarios" / "run.py"
HERE = Path(__file__).parent
STORIES = ["S01", "S02", "S05", "S06"]
CHARTERFLOW = [sys.executable, "-m", "charterflow"]

pytestmark = pytest.mark.skipif(not RUNNER.exists(), reason="the stories lie beside the repository, not in it")


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHARTERFLOW_")}
    return {**kept, "PYTHONPATH": str(ROOT), "CHARTERFLOW_LEASE_SECONDS": "2", **more}


def play(
    story: str, env: dict[str, str], *, server: list[str], database_url: str | None = None, chaos: str | None = None
) -> None:
    command = [sys.executable, str(RUNNER), "--scenario", story, "--server", shlex.join(server)]
    command += ["--database-url", database_url] if database_url else []
    command += ["--chaos", chaos] if chaos else []
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr


def killed(pid_file: Path) -> str:
    return shlex.join([sys.executable, str(HERE / "kill.py"), str(pid_file)])


def kept_alive(pid_file: Path, *command: str) -> list[str]:
    return [sys.executable, str(HERE / "keep_alive.py"), str(pid_file), *command]


@contextmanager
def worker(env: dict[str, str], pid_file: Path, log: Path) -> Iterator[None]:
    """`charterflow work` in a process of its own, started again whenever it is killed."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            kept_alive(pid_file, *CHARTERFLOW, "work"), env=env, cwd=ROOT, stdout=out, stderr=out
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


@pytest.mark.parametrize("story", STORIES)
def test_a_story_holds_on_one_laptop(story: str) -> None:
    play(story, environment(), server=[*CHARTERFLOW, "serve"])


@pytest.mark.parametrize("story", STORIES)
def test_a_story_holds_when_the_server_is_killed_between_every_two_lines(story: str, tmp_path: Path) -> None:
    pid_file = tmp_path / "server.pid"
    server = kept_alive(pid_file, *CHARTERFLOW, "serve", "--rehearsal", "--now", "{now}", "--port", "{port}")
    play(
        story, environment(), server=server, database_url=f"sqlite:///{tmp_path / '{story}.db'}", chaos=killed(pid_file)
    )


@pytest.mark.parametrize("disturbed", [False, True], ids=["calm", "worker killed between every two lines"])
@pytest.mark.parametrize("story", STORIES)
def test_a_story_holds_on_postgresql_and_redis_with_a_worker_of_its_own(
    story: str, disturbed: bool, tmp_path: Path, postgres: PostgresServer, redis: RedisServer
) -> None:
    url = postgres.new_database(f"story_{story.lower()}_{disturbed}".lower())
    env = environment(CHARTERFLOW_REDIS_URL=redis.url, CHARTERFLOW_DATABASE_URL=url)
    pid_file = tmp_path / "worker.pid"
    subprocess.run([*CHARTERFLOW, "migrate"], env=env, cwd=ROOT, check=True, timeout=120)
    with worker(env, pid_file, tmp_path / "worker.log"):
        play(
            story, env, server=[*CHARTERFLOW, "serve"], database_url=url, chaos=killed(pid_file) if disturbed else None
        )
