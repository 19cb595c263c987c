"""The promise ruler of a mail: why a due instant is that one, as at most seven cells and one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from engine.business_calendar import Stretch
from engine.errors import Sentence
from workflows import calendar_kr, korean
from workflows.mail_pages import Ruler, RulerDay
from workflows.promises import Promise

CELLS = 7
WEEKEND = (Sentence("토요일", "Saturday"), Sentence("일요일", "Sunday"))
NOT_DAYS = frozenset(("토요일", "일요일", "업무시간이 지났습니다", "업무시간 밖", "첫날은 세지 않습니다"))
_UNITS = {
    "bd": ("영업일 {n}일", "{n} business days"), "bd_end": ("영업일 {n}일", "{n} business days"),
    "bh": ("업무시간 {n}시간", "{n} business hours"), "bmin": ("업무시간 {n}분", "{n} minutes of business time"),
    "d": ("{n}일", "{n} days"), "d_civil": ("{n}일", "{n} days"), "h": ("{n}시간", "{n} hours"),
    "min": ("{n}분", "{n} minutes"), "mo": ("{n}개월", "{n} months"),
}  # fmt: skip


def ruler_of(promise: Promise, lang: str) -> Ruler:
    """Return the ruler of a promise in a language."""
    ko = lang == "ko"
    start = korean.datetime_short_ko(promise.started_at) if ko else korean.datetime_short_en(promise.started_at)
    until = korean.datetime_short_ko(promise.due_at) if ko else korean.datetime_short_en(promise.due_at)
    said = sentence_of(promise)
    return Ruler(
        f"{start}부터" if ko else f"from {start}",
        f"{until}까지" if ko else f"by {until}",
        tuple(_cells(promise.why, ko=ko)),
        said.ko if ko else said.en,
    )


def sentence_of(promise: Promise) -> Sentence:
    """Return why the due instant is that one: what is counted, and which days are not."""
    counted = _counted(promise.spec)
    off = _days_off(promise.why)
    ko = f"{korean.with_particle(counted.ko, '을/를')} 셉니다." if counted.ko else ""
    en = f"We count {counted.en}." if counted.en else ""
    if off.ko:
        ko = f"{ko} {korean.with_particle(off.ko, '은/는')} 세지 않습니다.".strip()
        en = f"{en} {off.en} not counted.".strip()
    return Sentence(ko, en)


def _counted(spec: str) -> Sentence:
    try:
        read = calendar_kr.read_spec(spec)
    except calendar_kr.InvalidSpec:
        return Sentence("", "")
    ko, en = _UNITS[read.unit]
    number = abs(read.count)
    english = en.format(n=number)
    return Sentence(ko.format(n=number), english.removesuffix("s") if number == 1 else english)


def _days_off(why: Sequence[Stretch]) -> Sentence:
    """`토·일요일과 8월 17일(광복절 대체휴일)`: weekends once, holidays by their date and name."""
    off = [s for s in why if not s.counted]
    notes = {s.note_ko for s in off}
    free = [day for day in WEEKEND if day.ko in notes]
    weekend = Sentence("토·일요일", "the weekend") if len(free) == 2 else free[0] if free else None
    named = [s for s in off if s.note_ko not in NOT_DAYS]
    holidays_ko = ", ".join(f"{_day(s, ko=True)}({s.note_ko})" for s in named)
    parts = [*([weekend.en] if weekend else []), *(f"{_day(s, ko=False)} ({s.note_en})" for s in named)]
    if not parts:
        return Sentence("", "")
    joined = f"{korean.with_particle(weekend.ko, '과/와')} {holidays_ko}" if weekend and holidays_ko else None
    ko = joined or holidays_ko or (weekend.ko if weekend else "")
    en = ", ".join(parts)
    return Sentence(ko, f"{en[0].upper()}{en[1:]} {'are' if len(parts) > 1 else 'is'}")


def _day(stretch: Stretch, *, ko: bool) -> str:
    if ko:
        return korean.date_short_ko(stretch.from_at).partition("(")[0]
    return korean.date_short_en(stretch.from_at).partition(" ")[2]


def _cells(why: Sequence[Stretch], *, ko: bool) -> list[RulerDay]:
    """One cell a counted day, one for days that do not count in a row; more than seven are cut in the middle."""
    cells: list[RulerDay] = []
    spans: list[tuple[Stretch, Stretch]] = []
    for stretch in why:
        if spans and not stretch.counted and not spans[-1][1].counted:
            spans[-1] = (spans[-1][0], stretch)
        else:
            spans.append((stretch, stretch))
    for number, (first, last) in enumerate(spans):
        begin, end = first.from_at.astimezone(korean.SEOUL), last.from_at.astimezone(korean.SEOUL)
        label = f"{begin.month}.{begin.day}" if begin.date() == end.date() else f"{begin.month}.{begin.day}–{end.day}"
        names = korean.WEEKDAYS_KO if ko else korean.WEEKDAYS_EN
        off = "쉬는 날" if ko else "closed"
        day = names[begin.weekday()] if first.counted else off
        cells.append(RulerDay(label, day, first.counted, is_due=number == len(spans) - 1))
    if len(cells) > CELLS:
        cells = [*cells[:3], RulerDay("…", "", counted=True), *cells[-3:]]
    return cells
