"""Pattern: a field's regular expression, refused when matching it could run away.

Texts with a pattern are at most 200 characters; with three open repeats at most the worst match takes milliseconds.
"""

from __future__ import annotations

import re

LONGEST_PATTERN = 200
LONGEST_TEXT = 200
MOST_REPEATS = 6
MOST_OPEN_REPEATS = 3
_REPEAT = re.compile(r"[*+?]|\{(\d*)(,?)(\d*)\}")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_WIDE = 8  # a repeat with more choices than this counts as open


class _Group:
    """What was seen in a bracket so far."""

    __slots__ = ("is_plain",)

    def __init__(self) -> None:
        self.is_plain = True  # no repeat, no alternative, no bracket inside


def can_run_away(pattern: str) -> bool:
    """Whether the pattern is not plain enough to be matched in bounded time (or is no pattern at all)."""
    if len(pattern) > LONGEST_PATTERN:
        return True
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return True
    return _is_risky(pattern)


def _is_risky(pattern: str) -> bool:
    groups = [_Group()]
    closed: _Group | None = None
    repeats = open_repeats = at = 0
    while at < len(pattern):
        mark = pattern[at]
        repeat = _REPEAT.match(pattern, at)
        if repeat:
            optional = repeat[0] == "?"
            exact = repeat[0].startswith("{") and not repeat[2]
            if closed is not None and not closed.is_plain and not optional:
                return True
            if not exact:
                repeats += 1
                open_repeats += _is_open(repeat)
                groups[-1].is_plain = False
            closed, at = None, repeat.end()
            continue
        closed = None
        if mark == "\\":
            if pattern[at + 1 : at + 2].isdigit():
                return True
            at += 2
        elif mark == "[":
            found = _CLASS.match(pattern, at)
            at = found.end() if found else at + 1
        elif mark == "(":
            if pattern.startswith("(?", at) and not pattern.startswith("(?:", at):
                return True
            groups[-1].is_plain = False
            groups.append(_Group())
            at += 3 if pattern.startswith("(?:", at) else 1
        elif mark == ")":
            closed = groups.pop()
            at += 1
        else:
            if mark == "|":
                groups[-1].is_plain = False
            at += 1
    return repeats > MOST_REPEATS or open_repeats > MOST_OPEN_REPEATS


def _is_open(repeat: re.Match[str]) -> bool:
    if repeat[0] in ("*", "+"):
        return True
    if repeat[0] == "?":
        return False
    return not repeat[3] or int(repeat[3]) - int(repeat[1] or 0) > _WIDE
