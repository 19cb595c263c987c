"""The text of a timer: a plain ISO instant, duration or cycle, or an expression that gives one.

Allowed: `2026-10-01T09:00:00+09:00`, `PT1H`, `P3D`, `P1M`, `P2W`, `R3/PT10M`, `R/P1D`,
`R3/2026-10-01T09:00:00+09:00/P1D`; each also in quotes; `${…}` and names are expressions.
ISO 8601, without negative durations and ends of cycles.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from engine.errors import InvalidExpression, Sentence
from engine.expressions import Expression
from engine.tokens.definition import Timer, TimerKind

LONGEST_YEARS = 100
DURATION = re.compile(
    r"P(?:(?P<years>\d{1,9})Y)?(?:(?P<months>\d{1,9})M)?(?:(?P<weeks>\d{1,9})W)?(?:(?P<days>\d{1,9})D)?"
    r"(?P<time>T(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,6})?)S)?)?"
)
INSTANT = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?")
REPETITIONS = re.compile(r"R\d{0,6}")
# What somebody meant as a plain text: nobody names a variable `P3X`, `INVALID` or `5`.
MEANT_AS_TEXT = re.compile(r"[-+]?[PR][^a-z(\[]*|[-+]?[\dA-Z][\dA-Z.:+/-]*|\d.*")

FORMS = {
    TimerKind.DATE: Sentence("`2026-10-01T09:00:00+09:00` 또는 `${시각}`", "2026-10-01T09:00:00+09:00 or ${instant}"),
    TimerKind.DURATION: Sentence("`PT1H`, `P3D` 또는 `${기간}`", "PT1H, P3D or ${duration}"),
    TimerKind.CYCLE: Sentence("`R3/PT10M`, `R/P1D` 또는 `${주기}`", "R3/PT10M, R/P1D or ${cycle}"),
}
NAMES = {
    TimerKind.DATE: ("시각으로", "an instant"),
    TimerKind.DURATION: ("기간으로", "a duration"),
    TimerKind.CYCLE: ("주기로", "a cycle"),
}


def is_duration(text: str) -> bool:
    return _days(text) is not None


def _days(text: str) -> float | None:
    """Return how long an ISO duration is, about, in days; None when it is none or over the limit."""
    found = DURATION.fullmatch(text)
    if found is None or text.endswith(("P", "T")):
        return None
    years, months, weeks, days, hours, minutes, seconds = (
        float(found[part] or 0) for part in ("years", "months", "weeks", "days", "hours", "minutes", "seconds")
    )
    whole = years * 365 + months * 30 + weeks * 7 + days + hours / 24 + minutes / 1440 + seconds / 86400
    return whole if whole <= LONGEST_YEARS * 366 else None


def instant(text: str, zone: tzinfo) -> datetime | None:
    """Return the instant of an ISO text, in `zone` when it names none; None when it is no instant."""
    if not INSTANT.fullmatch(text):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=zone)


def _cycle(text: str, zone: tzinfo) -> str | None:
    parts = text.split("/")
    if len(parts) not in (2, 3) or not REPETITIONS.fullmatch(parts[0]) or parts[0].strip("R0") == "" != parts[0][1:]:
        return None
    if not _days(parts[-1]):  # none, or a length of nothing: it would fire for ever at once
        return None
    if len(parts) == 2:
        return text
    begin = instant(parts[1], zone)
    return f"{parts[0]}/{begin.isoformat()}/{parts[2]}" if begin else None


def plain_text(kind: TimerKind, text: str, zone: tzinfo) -> str | None:
    """Return an ISO text of this kind as the engine keeps it, instants with their zone; None when it is none."""
    if kind is TimerKind.DURATION:
        return text if is_duration(text) else None
    if kind is TimerKind.CYCLE:
        return _cycle(text, zone)
    read = instant(text, zone)
    return read.isoformat() if read else None


def read_timer(kind: TimerKind, text: str, zone: tzinfo, compiled: Callable[[str], Expression]) -> Timer:
    """Return the timer of a text. Raises InvalidExpression that names the allowed forms.

    `compiled` makes an expression or a template of a text.
    """
    text = text.strip()
    if (plain := plain_text(kind, _unquoted(text), zone)) is not None:
        return Timer(kind, plain)
    if not _unquoted(text) or _unquoted(text) != text or MEANT_AS_TEXT.fullmatch(text):
        raise InvalidExpression(_not_a(kind, text))
    try:
        expression = compiled(text)
    except InvalidExpression as error:
        raise InvalidExpression(_with_forms(kind, error.sentence)) from None
    if not expression.is_constant:
        return Timer(kind, text, expression)
    value = expression.evaluate({})
    if isinstance(value, str) and (plain := plain_text(kind, value, zone)) is not None:
        return Timer(kind, plain)
    if isinstance(value, datetime if kind is TimerKind.DATE else timedelta):
        return Timer(kind, text, expression)
    raise InvalidExpression(_not_a(kind, text))


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"" and text[0] not in text[1:-1]:
        return text[1:-1].strip()
    return text


def _not_a(kind: TimerKind, text: str) -> Sentence:
    if not text:
        return _with_forms(kind, Sentence("타이머가 비어 있습니다.", "the timer is empty"))
    shown = text if len(text) <= 60 else text[:59] + "…"
    ko, en = NAMES[kind]
    return _with_forms(kind, Sentence(f"‘{shown}’: {ko} 읽을 수 없습니다.", f"'{shown}' is not {en}"))


def _with_forms(kind: TimerKind, cause: Sentence) -> Sentence:
    forms = FORMS[kind]
    return Sentence(f"{cause.ko} {forms.ko}처럼 쓰십시오.", f"{cause.en}: write {forms.en}")
