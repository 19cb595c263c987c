"""Spans of time in words, rounded down: 3시간 10분, 2 days 6 hours."""

from __future__ import annotations

from datetime import timedelta

from engine.errors import Sentence

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SHORTEST = Sentence("1분 미만", "less than a minute")


def words_of(span: timedelta) -> Sentence:
    """Return hours and minutes of a span that is not negative: '3시간 10분', '3 hours 10 minutes'."""
    hours, rest = divmod(span, HOUR)
    return _joined((hours, "시간", "hour"), (rest // MINUTE, "분", "minute"))


def day_words_of(span: timedelta, day: timedelta, *, business: bool = False) -> Sentence:
    """Return days of this length and hours ('영업일 2일 6시간'); below one day hours and minutes."""
    days, rest = divmod(span, day)
    if not days:
        return words_of(span)
    words = _joined((days, "일", "business day" if business else "day"), (rest // HOUR, "시간", "hour"))
    return Sentence(f"영업일 {words.ko}", words.en) if business else words


def _joined(*parts: tuple[int, str, str]) -> Sentence:
    shown = [(count, ko, en) for count, ko, en in parts if count]
    if not shown:
        return SHORTEST
    return Sentence(
        " ".join(f"{count}{ko}" for count, ko, _ in shown),
        " ".join(f"{count} {en}{'' if count == 1 else 's'}" for count, _, en in shown),
    )
