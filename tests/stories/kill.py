"""Between two lines of a story: `kill.py PIDFILE` kills -9 what `keep_alive.py` runs, and waits for its successor."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path


def main() -> int:
    pid_file = Path(sys.argv[1])
    before = pid_file.read_text()
    os.kill(int(before), signal.SIGKILL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if pid_file.read_text() not in ("", before):
            return 0
        time.sleep(0.02)
    sys.stderr.write("nothing came after the killed process\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
