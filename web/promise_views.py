"""Promises as pages show them: the clock of a list, the row with its ruler, the sentence that says why this time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from markupsafe import Markup

from engine.business_calendar import BusinessCalendar
from web import promise_ruler
from web.language import say
from web.promise_ruler import Span, workdays
from web.words import moment, near_until, particle, promise_sentence, promise_task, span_text, spec_text, t, until
from workflows.calendar_kr import left_in_words, read_spec
from workflows.promises import Promise, PromiseState

NO_NAMES: Mapping[str, str] = {}
STAGE = re.compile(r"stage\d+")


@dataclass(frozen=True, slots=True)
class ClockView:
    """Time left, in words, until when, and how much of the time is used (0 to 1; None: no bar)."""

    shape: str
    css: str
    left: str
    until: Markup | str
    share: float | None


@dataclass(frozen=True, slots=True)
class PromiseView:
    """One promise as a row: its state, its words to the customer and to staff, its due instant, what became of it."""

    id: int
    state: str
    clause: str
    item: str
    case_no: str
    sentence: str
    task: str
    due: Markup | str
    then: Markup | str
    why: Markup | str
    ruler: Markup
    open: bool = False
    met_at: datetime | None = None
    title: str = ""


def state_of(promise: Promise, now: datetime) -> str:
    """Return the name of the state's shape: kept, running, soon, missed, ahead, paused, waived, void."""
    match promise.state:
        case PromiseState.KEPT:
            return "kept"
        case PromiseState.BREACHED:
            return "missed"
        case PromiseState.WAIVED:
            return "waived"
        case PromiseState.VOID:
            return "void"
    if promise.paused_at is not None:
        return "paused"
    if now > promise.due_at:  # the breach job is about to say so, too
        return "missed"
    if promise.is_at_risk(now):
        return "soon"
    return "ahead" if promise.started_at > now else "running"


def clock_of(promise: Promise, now: datetime, calendar: BusinessCalendar) -> ClockView:
    """Return the clock of a promise that is still to be fulfilled."""
    if promise.paused_at is not None:
        since = t(Markup("{at}부터 멈춤"), Markup("paused since {at}"), at=moment(promise.paused_at))
        left = str(t("고객 회신을 기다림", "Waiting for the customer"))
        return ClockView("paused", "paused", left, since, _share(promise, promise.paused_at, calendar))
    words = say(left_in_words(now, promise.due_at, calendar))
    if now > promise.due_at:
        return ClockView(
            "missed", "late", str(t("{left} 늦음", "{left} late", left=words)), near_until(promise.due_at), 1.0
        )
    css = "soon" if promise.is_at_risk(now) else "running"
    left = str(t("{left} 남음", "{left} left", left=words))
    return ClockView(css, css, left, near_until(promise.due_at), _share(promise, now, calendar))


def due_clock(due: datetime, now: datetime, calendar: BusinessCalendar) -> ClockView:
    """Return the clock of a task's own due instant, where no promise of its case runs."""
    words = say(left_in_words(now, due, calendar))
    if now > due:
        return ClockView("missed", "late", str(t("{left} 늦음", "{left} late", left=words)), near_until(due), None)
    return ClockView("running", "running", str(t("{left} 남음", "{left} left", left=words)), near_until(due), None)


def no_clock() -> ClockView:
    return ClockView("ahead", "running", str(t("기한 없음", "No due time")), "", None)


def _share(promise: Promise, reached: datetime, calendar: BusinessCalendar) -> float:
    whole = calendar.between(promise.started_at, promise.due_at)
    used = calendar.between(promise.started_at, min(reached, promise.due_at))
    if whole <= timedelta(0):
        whole, used = promise.due_at - promise.started_at, reached - promise.started_at
    if whole <= timedelta(0):
        return 1.0
    return min(1.0, max(0.0, used / whole))


def views(
    promises: Sequence[Promise],
    now: datetime,
    calendar: BusinessCalendar,
    *,
    staff: bool = False,
    names: Mapping[str, str] = NO_NAMES,
) -> list[PromiseView]:
    """Return rows: what is wrong, then what is due next, then what was; the first running one with its ruler open."""
    ranked = sorted(promises, key=lambda p: _rank(p, now))
    first = next((p.id for p in ranked if p.is_running), None)
    moved = _moved(promises)
    return [
        replace(shown, sentence=_late_sentence(shown.item), task=_late_task(shown.item)) if shown.id in moved else shown
        for shown in (view(p, now, calendar, is_next=p.id == first, staff=staff, names=names) for p in ranked)
    ]


def _moved(promises: Sequence[Promise]) -> set[int]:
    """Stage promises that were met by saying that it gets late: the same stage has a later row."""
    last: dict[str, Promise] = {}
    for promise in promises:
        stage = STAGE.match(promise.item or "")
        if stage and promise.due_at >= last.get(stage.group(), promise).due_at:
            last[stage.group()] = promise
    kept = {p.id for p in last.values()}
    return {p.id for p in promises if STAGE.match(p.item or "") and p.id not in kept and p.met_at is not None}


def _late_sentence(item: str) -> str:
    late = particle(item, "이/가")
    words = t(
        "{late} 늦어지면 늦어진다고 알려 드리겠습니다.", "If {item} is late we will tell you so.", late=late, item=item
    )
    return str(words)


def _late_task(item: str) -> str:
    return str(t("{late} 늦어짐을 알린다", "Tell that {item} is late", late=particle(item, "이/가"), item=item))


def _rank(promise: Promise, now: datetime) -> tuple[int, float, int]:
    state = state_of(promise, now)
    if promise.is_unmet and state == "missed":
        return (0, promise.due_at.timestamp(), promise.id)
    if promise.is_running:
        return (1, promise.due_at.timestamp(), promise.id)
    return (2, -promise.due_at.timestamp(), promise.id)


def view(
    promise: Promise,
    now: datetime,
    calendar: BusinessCalendar,
    *,
    is_next: bool = False,
    staff: bool = False,
    names: Mapping[str, str] = NO_NAMES,
) -> PromiseView:
    """Return one promise as a row; the next one to be kept is running even where its own start lies ahead."""
    state = state_of(promise, now)
    state = "running" if is_next and state == "ahead" else state
    explained = staff or state in ("running", "soon", "missed", "paused", "ahead")
    item = item_name(promise, names)
    return PromiseView(
        id=promise.id,
        state=state,
        clause=promise.clause,
        item=item,
        case_no=promise.case_no,
        sentence=promise_sentence(promise.clause, item),
        task=promise_task(promise.clause, item),
        due=until(promise.due_at),
        then=_then(promise, state, now, calendar),
        why=_why(promise, calendar) if explained else "",
        ruler=ruler(promise, now, calendar) if explained else Markup(""),
        open=is_next and not staff,
        met_at=promise.met_at,
    )


def item_name(promise: Promise, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return the part of a clause that a promise is about: a stage's name from `names`, else its code ("" for none)."""
    item = promise.item or ""
    stage = STAGE.match(item)
    return names.get(stage.group(), "") if stage else item


def _then(promise: Promise, state: str, now: datetime, calendar: BusinessCalendar) -> Markup | str:
    if promise.met_at is not None and promise.state in (PromiseState.KEPT, PromiseState.BREACHED):
        if promise.met_at > promise.due_at:
            late = say(left_in_words(promise.met_at, promise.due_at, calendar))
            return t(
                Markup("{at}, {late} 늦음"), Markup("told {at}, {late} late"), at=moment(promise.met_at), late=late
            )
        return t(Markup("{at}에 알려 드림"), Markup("told {at}"), at=moment(promise.met_at))
    if state in ("running", "soon"):
        return t("{left} 남음", "{left} left", left=say(left_in_words(now, promise.due_at, calendar)))
    if state == "missed":
        return t("{left} 늦음", "{left} late", left=say(left_in_words(now, promise.due_at, calendar)))
    if state == "paused":
        return t("회신을 기다리는 동안 멈춤", "paused while we wait for your answer")
    if state in ("waived", "void"):
        return VOID_WORDS.get(promise.reason or "", lambda: "")()
    return ""


VOID_WORDS = {
    "cancelled": lambda: t("취소하셔서 세지 않음", "not counted: cancelled"),
    "replanned": lambda: t("계획이 바뀌어 새로 셈", "counted anew: replanned"),
    "duplicate": lambda: t("함께 처리하여 세지 않음", "not counted: merged"),
}


def _why(promise: Promise, calendar: BusinessCalendar) -> Markup | str:
    """Return the working in a sentence or two: from when, how long, what does not count, and why it moved."""
    length = spec_text(promise.spec) or _counted(promise, calendar)
    words = t(
        Markup("{start}부터 {length}을 셉니다."),
        Markup("{length} counted from {start}."),
        start=moment(promise.started_at),
        length=length,
    )
    if not length:
        words = t(Markup("{start}부터 셉니다."), Markup("Counted from {start}."), start=moment(promise.started_at))
    days = [d for d in _civil_days(promise, calendar) if not d.counts]
    parts: list[Markup | str] = [words, promise_ruler.uncounted(days)]
    for change in promise.due_history[-1:]:
        parts.append(
            t(Markup("처음 기한은 {at}까지였습니다."), Markup("It was first due {at}."), at=moment(change.due_at))
        )
    return Markup(" ").join(part for part in parts if part)


def _counted(promise: Promise, calendar: BusinessCalendar) -> str:
    """The counted time of a promise whose due instant was given: whole business days, else the clock's words."""
    between = calendar.between(promise.started_at, promise.due_at)
    days, rest = divmod(between, calendar.day_length)
    if days and not rest:
        return spec_text(f"{days}bd")
    return str(t("업무시간 {span}", "{span} of business time", span=span_text(between))) if between else ""


def _civil_days(promise: Promise, calendar: BusinessCalendar) -> list[promise_ruler.Workday]:
    if _always(promise.spec):
        return []
    first, last = calendar.local_date(promise.started_at), calendar.local_date(promise.due_at)
    workday = workdays(calendar)
    return [workday(first + timedelta(days=n)) for n in range(min(400, (last - first).days + 1))]


def _always(spec: str) -> bool:
    """Whether the spec's clock counts every hour: civil days, months, plain hours and minutes."""
    if not spec_text(spec):
        return False
    return not read_spec(spec).is_business_time


def ruler(promise: Promise, now: datetime, calendar: BusinessCalendar, *, narrow: bool = False) -> Markup:
    """Return the promise's ruler; nothing for promises of minutes, whose clock is the call-back board's."""
    if promise.due_at - promise.started_at < timedelta(hours=1) or promise.due_at <= promise.started_at:
        return Markup("")
    settled = promise.state in (PromiseState.WAIVED, PromiseState.VOID)
    planned = promise.started_at > now or settled
    span = Span(promise.started_at, promise.due_at, now, promise.met_at, promise.paused_at, planned)
    word = str(t("부터", "from")) if promise.clause == "C4" else str(t("접수", "received"))
    return promise_ruler.draw(
        span, workdays(calendar, always=_always(promise.spec)), narrow=narrow, start_word=None if narrow else word
    )
