"""Log lines: one event a line, whatever a text holds, and no personal data."""

from __future__ import annotations

import json
import logging
import sys

from charterflow.logs import JsonLine


def line_of(message: str, **more: object) -> str:
    record = logging.LogRecord("web", logging.INFO, __file__, 1, message, None, None)
    record.__dict__.update(more)
    return JsonLine().format(record)


def test_a_text_with_line_breaks_and_escapes_stays_one_line() -> None:
    # given
    text = "\r\n2026-01-01 INFO user=admin login ok\x1b[2J"

    # when
    line = line_of("Case opened", facts={"kind": text})

    # then
    assert "\n" not in line
    assert "\r" not in line
    assert "\x1b" not in line
    assert json.loads(line)["kind"] == text


def test_a_fact_does_not_take_the_place_of_what_the_line_says() -> None:
    # when
    line = json.loads(line_of("Job failed", facts={"message": "forged", "job": 7}))

    # then
    assert line["message"] == "Job failed"
    assert line["job"] == 7


def test_an_error_is_told_by_kind_and_place_and_not_by_its_text() -> None:
    # given
    try:
        int("ga@example.com")
    except ValueError:
        about = sys.exc_info()

    # when
    line = line_of("Request failed", exc_info=about)

    # then
    assert "ga@example.com" not in line
    assert json.loads(line)["error"] == "builtins.ValueError"
    assert "test_logs.py" in json.loads(line)["where"][-1]
