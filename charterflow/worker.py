"""Working: what `charterflow work` does; any number of processes and machines share one database's jobs."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from types import FrameType

from charterflow.assembly import is_filled, open_engine
from charterflow.config import BadSetting, Config
from engine.dispatch import run_worker

PATIENCE_SECONDS = 0.5


def work(config: Config, *, processes: int = 1, threads: int = 4, until_eof: bool = False) -> int:
    """Work until SIGTERM or SIGINT; returns 0. `until_eof`: also when standard input ends: the parent died."""
    if config.database_url is None:
        raise BadSetting("CHARTERFLOW_DATABASE_URL", "the database to work on: the embedded one is its server's alone")
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    if until_eof:
        threading.Thread(target=_end_with_input, args=(stop,), daemon=True).start()
    if processes > 1:
        return _keep(processes, threads, stop)
    return _work_here(config, threads, stop)


def _end_with_input(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


def _work_here(config: Config, threads: int, stop: threading.Event) -> int:
    engine = open_engine(config)
    # Before the first start nobody knows whether time here is the machine's or a rehearsal's, and nothing is due.
    while not is_filled(engine) and not stop.wait(PATIENCE_SECONDS):
        pass
    engine.database.close()
    if stop.is_set():
        return 0
    engine = open_engine(config)
    run_worker(engine, threads, redis_url=config.redis_url, stop=stop)
    engine.database.close()
    return 0


def _keep(processes: int, threads: int, stop: threading.Event) -> int:
    """Keep that many worker processes alive; each ends when its pipe from here does, however this process ends."""
    command = [sys.executable, "-m", "charterflow", "work", "--threads", str(threads), "--until-eof"]
    with contextlib.ExitStack() as kept:
        children = [_child(command, kept) for _ in range(processes)]
        while not stop.wait(PATIENCE_SECONDS):
            children = [_child(command, kept) if one.poll() is not None else one for one in children]
        for one in children:
            one.terminate()
        for one in children:
            one.wait(30)
    return 0


def _child(command: list[str], kept: contextlib.ExitStack) -> subprocess.Popen[bytes]:
    return kept.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE))
