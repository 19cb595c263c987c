"""The promise ruler: business time is a solid line, days that do not count are dots, the due instant a blue tick."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from markupsafe import Markup

from engine.business_calendar import WEEKEND, BusinessCalendar
from engine.errors import Sentence
from web.language import language
from web.words import day_text, moment, seoul, short_day, t, weekday_text
from workflows.korean import with_particle

HEIGHT = 72
TOP, BAR = 35, 10  # where the line lies, and how high it is
MOST_DAYS = 12  # beyond it, business days only round start, now and due


@dataclass(frozen=True, slots=True)
class Workday:
    """What one civil day is to a clock: the hours that count, or the reason why none does."""

    day: date
    opens: time | None
    closes: time | None
    reason: Sentence | None = None  # None: a plain weekend day

    @property
    def counts(self) -> bool:
        return self.opens is not None


@dataclass(frozen=True, slots=True)
class Cell:
    """A stretch of the line: one day, or several that do not count, or business days left out (`skipped`)."""

    days: tuple[Workday, ...]
    weight: float
    skipped: int = 0

    @property
    def counts(self) -> bool:
        return self.skipped == 0 and self.days[0].counts


@dataclass(frozen=True, slots=True)
class Span:
    """A promise's time, as the ruler draws it: `met_at` ends it, `paused_at` holds it, the triangle stands at `now`."""

    start: datetime
    due: datetime
    now: datetime
    met_at: datetime | None = None
    paused_at: datetime | None = None
    planned: bool = False  # not yet running: no triangle, nothing used

    @property
    def reached(self) -> datetime:
        """The instant up to which time is used."""
        if self.planned:
            return self.start
        return self.met_at or self.paused_at or self.now

    @property
    def late(self) -> bool:
        return self.reached > self.due


def draw(
    span: Span, workday: Callable[[date], Workday], *, narrow: bool = False, start_word: str | None = None
) -> Markup:
    """Return the SVG of a span with its sentence as `aria-label`. `narrow` joins days that do not count to one gap."""
    cells = _cells(span, workday, narrow=narrow)
    line = _Line(cells)
    parts = [*_bars(line, span), *_names(cells, line, narrow=narrow), *_marks(line, span, start_word, narrow=narrow)]
    return Markup('<svg class="ruler" width="100%" height="{}" role="img" aria-label="{}">{}</svg>').format(
        HEIGHT, sentence(span, workday), Markup("").join(parts)
    )


def sentence(span: Span, workday: Callable[[date], Workday]) -> str:
    """Return what the ruler shows, in one sentence: start, due, which days do not count."""
    skipped = [
        d for d in _days(span, workday) if not d.counts and seoul(span.start).date() <= d.day <= seoul(span.due).date()
    ]
    start, due = moment(span.start).striptags(), moment(span.due).striptags()
    what = t("{start}부터 {due}까지입니다.", "From {start} to {due}.", start=start, due=due)
    return f"{what} {uncounted(skipped)}".strip()


def uncounted(days: Sequence[Workday]) -> str:
    """Return "토·일요일과 10월 5일(개천절 대체휴일)은 세지 않습니다." for the days that do not count; "" for none."""
    weekends = sorted({d.day.weekday() for d in days if d.day.weekday() >= 5 and d.reason is None})
    ko_names = [{(5, 6): "토·일요일", (5,): "토요일", (6,): "일요일"}[tuple(weekends)]] if weekends else []
    en_names = [{(5, 6): "the weekend", (5,): "Saturday", (6,): "Sunday"}[tuple(weekends)]] if weekends else []
    for d in days:
        if d.reason is not None:
            ko_names.append(f"{day_text(d.day, weekday=False)}({d.reason.ko})")
            en_names.append(f"{day_text(d.day)} ({d.reason.en})")
    names = ko_names if language() == "ko" else en_names
    if not names:
        return ""
    if language() == "ko":
        return f"{_and_ko(names)} 세지 않습니다."
    listed = ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
    plural = len(names) > 1
    return f"{listed[0].upper()}{listed[1:]} {'do' if plural else 'does'} not count."


def _and_ko(names: list[str]) -> str:
    joined = "·".join(names) if len(names) > 2 else ("과 ".join(names))
    return with_particle(joined, "은/는")


def _days(span: Span, workday: Callable[[date], Workday]) -> list[Workday]:
    instants = [span.start, span.due] if span.planned else [span.start, span.due, span.reached]
    first, last = seoul(min(instants)).date(), seoul(max(instants)).date()
    return [workday(first + timedelta(days=n)) for n in range((last - first).days + 1)]


def _cells(span: Span, workday: Callable[[date], Workday], *, narrow: bool) -> list[Cell]:
    days = _days(span, workday)
    near = {seoul(i).date() for i in (span.start, span.due, span.reached)}
    business = [d for d in days if d.counts]
    keep = {d.day for d in business} if len(business) <= MOST_DAYS else _neighbours(business, near)
    gap = 0.22 if len(keep) <= 3 and not narrow else 0.42
    cells: list[Cell] = []
    for kind, group in _runs(days, keep):
        if kind == "skipped":
            cells.append(Cell(tuple(group), 1.1, skipped=sum(d.counts for d in group)))
        elif kind == "gap" and narrow and len(group) > 1:
            cells.append(Cell(tuple(group), 0.42 + 0.2 * len(group)))
        else:
            cells.extend(Cell((d,), 1 if kind == "day" else gap) for d in group)
    return cells


def _neighbours(business: Sequence[Workday], near: set[date]) -> set[date]:
    """The business days on, before and after each of the instants' days."""
    kept: set[date] = set()
    for day in near:
        at = next((n for n, d in enumerate(business) if d.day >= day), len(business) - 1)
        kept.update(d.day for d in business[max(0, at - 1) : at + 2])
    return kept


def _runs(days: Sequence[Workday], keep: set[date]) -> Iterator[tuple[str, list[Workday]]]:
    """Group the days: "day" for one drawn, "gap" for those that do not count, "skipped" for business days left out."""
    kinds = ["day" if d.day in keep else ("skipped" if d.counts else "gap") for d in days]
    for n, kind in enumerate(kinds):  # days that do not count between two left-out ones are left out with them
        if kind == "gap" and _beside(kinds, n, -1) == "skipped" and _beside(kinds, n, 1) == "skipped":
            kinds[n] = "skipped"
    group: list[Workday] = []
    for n, (kind, d) in enumerate(zip(kinds, days, strict=True)):
        group.append(d)
        if n + 1 == len(kinds) or kinds[n + 1] != kind:
            yield kind, group
            group = []


def _beside(kinds: Sequence[str], at: int, step: int) -> str | None:
    at += step
    while 0 <= at < len(kinds) and kinds[at] == "gap":
        at += step
    return kinds[at] if 0 <= at < len(kinds) else None


class _Line:
    """Where an instant lies on the line, in per cent."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        total = sum(c.weight for c in cells)
        self.spans: list[tuple[Cell, float, float]] = []
        at = 0.0
        for cell in cells:
            wide = cell.weight / total * 100
            self.spans.append((cell, at, at + wide))
            at += wide

    def at(self, instant: datetime) -> float:
        local = seoul(instant)
        for cell, left, right in self.spans:
            if cell.days[0].day <= local.date() <= cell.days[-1].day:
                return left + (right - left) * _share(cell, local)
        return 0.0 if local.date() < self.spans[0][0].days[0].day else 100.0


def _share(cell: Cell, local: datetime) -> float:
    """How much of the cell has passed at this local time; before opening none, after closing all of it."""
    first = cell.days[0]
    if cell.counts and first.opens and first.closes:
        opens, closes = _seconds(first.opens), _seconds(first.closes, end=True)
        passed = _seconds(local.time()) - opens
        return min(1.0, max(0.0, passed / (closes - opens)))
    whole = timedelta(days=(cell.days[-1].day - first.day).days + 1)
    return (local - datetime.combine(first.day, time(0), local.tzinfo)) / whole


def _seconds(at: time, *, end: bool = False) -> int:
    seconds = at.hour * 3600 + at.minute * 60 + at.second
    return 86_400 if end and seconds == 0 else seconds


def _rect(css: str, left: float, right: float, inset: float = 0) -> Markup:
    return Markup('<rect class="{}" x="{:.2f}%" y="{}" width="{:.2f}%" height="{}"/>').format(
        css, left, TOP + inset, max(0.0, right - left), BAR - 2 * inset
    )


def _bars(line: _Line, span: Span) -> Iterator[Markup]:
    start, due, reached = line.at(span.start), line.at(span.due), line.at(span.reached)
    for n, (cell, left, right) in enumerate(line.spans):
        if not cell.counts:
            yield Markup('<line class="gap" x1="{:.2f}%" x2="{:.2f}%" y1="{y}" y2="{y}"/>').format(
                left + 0.8, right - 0.8, y=TOP + BAR / 2
            )
            continue
        yield _rect("base", left, right)
        for css, begin, end in (
            ("left", max(start, reached), due),
            ("used", start, min(reached, due)),
            ("over", due, reached),
        ):
            low, high = max(left, begin), min(right, end)
            if high - low > 0.01:
                yield _rect(css, low, high, 0.75 if css == "left" else 0)
        if n and line.spans[n - 1][0].counts:
            yield Markup('<line class="cut" x1="{x:.2f}%" x2="{x:.2f}%" y1="{}" y2="{}"/>').format(
                TOP - 1, TOP + BAR + 1, x=left
            )


def _names(cells: Sequence[Cell], line: _Line, *, narrow: bool) -> Iterator[Markup]:
    business = [c for c in cells if c.counts]
    every = 1 if len(business) <= 7 else 2
    roomy = len(cells) <= 6 and not narrow
    count = 0
    for cell, left, right in line.spans:
        middle = (left + right) / 2
        if not cell.counts:
            yield from _gap_names(cell, middle, roomy=roomy)
            continue
        count += 1
        if (count - 1) % every == 0:
            yield _below("", middle, short_day(cell.days[0].day))


def _below(css: str, at: float, words: str) -> Markup:
    return Markup('<text class="{}" x="{:.2f}%" y="{}" text-anchor="middle">{}</text>').format(
        css, at, TOP + BAR + 18, words
    )


def _gap_names(cell: Cell, at: float, *, roomy: bool) -> Iterator[Markup]:
    """The name under a gap; a phone has room for a short one only, so both are there and the sheet chooses."""
    brief = _gap_name(cell, roomy=False)
    long = _gap_name(cell, roomy=roomy)
    if long == brief:
        yield _below("gap-name", at, brief)
    else:
        yield _below("gap-name long", at, long)
        yield _below("gap-name brief", at, brief)


def _gap_name(cell: Cell, *, roomy: bool) -> str:
    if cell.skipped:
        return str(t("…영업일 {n}일", "…{n} business days", n=cell.skipped))
    if len(cell.days) > 1:
        first, last = cell.days[0].day, cell.days[-1].day
        return f"{weekday_text(first)}–{weekday_text(last)}"
    only = cell.days[0]
    if only.reason is None:
        return weekday_text(only.day)
    if language() != "ko":
        return "Holiday" if roomy else "Hol."
    if "대체" in only.reason.ko:
        return "대체휴일" if roomy else "휴일"
    name = next((n for n in ("설날", "추석") if n in only.reason.ko), only.reason.ko)
    return name if len(name) <= (4 if roomy else 2) else "휴일"


def _label(css: str, at: float, words: str, y: int = 20) -> Markup:
    anchor = "start" if at < 18 else "end" if at > 70 else "middle"
    shift = 0.0 if anchor != "end" else min(100.0, at + 1)
    return Markup('<text class="{}" x="{:.2f}%" y="{}" text-anchor="{}">{}</text>').format(
        css, shift or at, y, anchor, words
    )


def _marks(line: _Line, span: Span, start_word: str | None, *, narrow: bool) -> Iterator[Markup]:
    start, due, reached = line.at(span.start), line.at(span.due), line.at(span.reached)
    yield Markup('<line class="due" x1="{x:.2f}%" x2="{x:.2f}%" y1="{}" y2="{}"/>').format(
        TOP - 5, TOP + BAR + 5, x=due
    )
    yield _label("due-name", due, _due_words(span, narrow=narrow))
    if span.met_at:
        css = "late-name" if span.late else "met-name"
        word = (
            t("{at}에 지킴", "kept {at}", at=_brief(span.met_at))
            if not span.late
            else t("{at}", "{at}", at=_brief(span.met_at))
        )
        if abs(due - reached) > 32:
            yield _label(css, reached, str(word))
        yield Markup('<svg x="{:.2f}%" y="{}">{}</svg>').format(reached, TOP + BAR / 2, _LATE if span.late else _KEPT)
        return
    if not span.planned:
        yield Markup('<svg x="{:.2f}%" y="{}"><path class="now" d="M-4.5-8h9L0-1z"/></svg>').format(reached, TOP)
    if start_word and abs(due - start) > 36:
        words = t("{at} {what}", "{what} {at}", at=_brief(span.start), what=start_word)
        yield _label("start-name", start, str(words))


_KEPT = Markup('<circle class="shape-kept" r="8"/><path class="stroke" d="M-3.6.3l2.5 2.5 4.7-5.2"/>')
_LATE = Markup(
    '<rect class="shape-late" x="-7" y="-7" width="14" height="14" rx="1.5"/>'
    '<path class="stroke" d="M-3-3l6 6M3-3l-6 6"/>'
)


def _brief(instant: datetime) -> str:
    local = seoul(instant)
    if language() == "ko":
        return f"{local.day}일({weekday_text(local.date())}) {local:%H:%M}"
    return f"{weekday_text(local.date())} {local.day}, {local:%H:%M}"


def _due_words(span: Span, *, narrow: bool) -> str:
    if narrow:
        return _brief(span.due)
    if span.late and not span.met_at:
        return str(t("{at}까지였음", "was due {at}", at=_brief(span.due)))
    return str(t("{at}까지", "by {at}", at=_brief(span.due)))


def workdays(calendar: BusinessCalendar, *, always: bool = False) -> Callable[[date], Workday]:
    """Return the function that tells what a civil day is; `always` for clocks that count every hour of every day."""

    def workday(day: date) -> Workday:
        if always:
            return Workday(day, time(0), time(0))
        off = calendar.day_off(day)
        if off is None:
            return Workday(day, calendar.opens, calendar.closes)
        return Workday(day, None, None, None if day.weekday() in WEEKEND else off)

    return workday
