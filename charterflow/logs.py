"""Logs as JSON lines, one event a line, to standard error; facts are fields, and no fact is personal."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

QUIET = ("waitress.queue", "alembic", "SpiffWorkflow", "spiff")


class JsonLine(logging.Formatter):
    """One record as one line of JSON; control characters come out escaped, so that no text begins a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        facts = getattr(record, "facts", None)
        if isinstance(facts, dict):
            line.update({str(k): v for k, v in facts.items() if k not in line})
        if record.exc_info and record.exc_info[0]:
            line.update(_error(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False, default=str)


def _error(error: BaseException | None) -> dict[str, object]:
    """Kind and place of an error. Its text is left out: database errors quote the values of a row."""
    if error is None:
        return {}
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return {
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "where": [f"{'/'.join(f.filename.split('/')[-3:])}:{f.lineno} {f.name}" for f in frames],
        **({"cause": type(error.__cause__).__qualname__} if error.__cause__ else {}),
    }


def write_logs(level: str) -> None:
    """Send every log of this process to standard error as JSON lines, from `level` up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
