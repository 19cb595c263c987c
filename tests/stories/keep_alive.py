"""Runs a command, and again whenever it was killed: `keep_alive.py PIDFILE COMMAND…`; PIDFILE holds the child's pid."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType


def main() -> int:
    pid_file, command = Path(sys.argv[1]), sys.argv[2:]
    child: subprocess.Popen[bytes] | None = None

    def leave(_signal: int, _frame: FrameType | None) -> None:
        if child is not None:
            child.terminate()
            child.wait(15)
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    while True:
        child = subprocess.Popen(command)
        pid_file.write_text(str(child.pid))
        if child.wait() != -signal.SIGKILL:  # it ended by itself: that is not what is rehearsed here
            return child.returncode


if __name__ == "__main__":
    raise SystemExit(main())
