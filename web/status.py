"""Everyone: what does not work now, what is announced, how each service did in ninety days; and who asks to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from markupsafe import Markup

from engine.errors import InvalidForm, Sentence
from engine.transaction import Transaction
from web.idempotency import Answer, new_key, once, request_key
from web.input_guard import one_address
from web.language import language, say
from web.product import product
from web.throttle import TooMany, allow_mail_to, allow_public_form, forgive_public_form
from web.words import clock, day, day_text, moment, now, particle, seoul, t
from workflows import organisation, settings, status_board, subscriptions
from workflows.calendar_files import CalendarEntry, calendar_file
from workflows.milestones import Milestone
from workflows.status_board import DAYS, Record, Trouble, Window

blueprint = Blueprint("status", __name__)

REFRESH_SECONDS = 60
NONE = "없음"  # what a planner writes where there is no other way


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was told about an incident. `css` and `shape` are those of the rail."""

    name: str
    words: str
    when: Markup | str
    css: str
    shape: str


@dataclass(frozen=True, slots=True)
class TroubleView:
    sentence: Markup | str
    second: Markup | str
    said: Sequence[Said]


@dataclass(frozen=True, slots=True)
class WindowView:
    case_no: str
    when: Markup
    hours: str
    title: str
    impact: str
    otherwise: str
    told: Markup | str
    state: str  # a name of parts/shapes.html, empty where nothing is decided yet
    state_ko: str
    state_en: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One day that stands out in the strip: at which per cent, as what, with which words."""

    x: str
    css: str
    words: str


@dataclass(frozen=True, slots=True)
class ServiceView:
    name: str
    state: str
    words: str
    marks: Sequence[Mark]
    months: Sequence[tuple[str, str]]  # (per cent, name)
    total: str
    count: str
    missed: str
    described: str


@dataclass(frozen=True, slots=True)
class PastView:
    day: Markup
    hours: str
    services: str
    minutes: str
    what: str
    changed: str


@blueprint.get("/status")
def index() -> Response:
    """Show the board; a browser without a script asks again every minute."""
    return _page()


@blueprint.post("/status/subscribe")
def subscribe() -> Response:
    """Write the verify link to an address; says the same whether it subscribed before or not."""
    if request.form.get("website"):  # only programs see that field
        return redirect(url_for("status.index"), code=303)  # type: ignore[return-value]
    email, wanted = request.form.get("email", "").strip(), request.form.getlist("services")
    try:
        _check(email, wanted)
        allow_public_form()
    except InvalidForm as error:
        return _page(error=error, status=422)
    except TooMany as error:
        return _page(notice=say(error.sentence), status=429)
    try:
        allow_mail_to(email)
        with product().engine.transaction("customer") as tx:
            once(tx, request_key(), lambda: _ask(tx, wanted, email))
    except TooMany as error:
        forgive_public_form()
        return _page(notice=say(error.sentence), status=429)
    return redirect(url_for("status.index", asked="1", _anchor="subscribe"), code=303)  # type: ignore[return-value]


@blueprint.get("/status/calendar.ics")
def calendar() -> Response:
    """Answer every announced interruption as one calendar file."""
    with product().engine.reading() as tx:
        files = [_entry(w, tx.now) for w in status_board.windows(tx)]
    head, _, _ = calendar_file(CalendarEntry("none", now(), now(), ""), now()).text.partition("BEGIN:VEVENT")
    response = make_response(head + "".join(files) + "END:VCALENDAR\r\n")
    response.content_type = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = "attachment; filename=interruptions.ics"
    return response


def _entry(window: Window, made_at: datetime) -> str:
    title = f"{', '.join(window.services)} {_told(window.facts, 'type')}"
    entry = CalendarEntry(f"{window.case_no}@charterflow", window.start, window.end, title)
    whole = calendar_file(entry, made_at).text
    return "BEGIN:VEVENT" + whole.partition("BEGIN:VEVENT")[2].partition("END:VEVENT")[0] + "END:VEVENT\r\n"


def _check(email: str, wanted: Sequence[str]) -> None:
    errors: dict[str, Sequence[Sentence]] = {}
    with product().engine.reading() as tx:
        known = {s.name for s in organisation.all_services(tx)}
    if not wanted or not set(wanted) <= known:
        errors["services"] = [Sentence("서비스를 하나 이상 골라 주십시오.", "Choose at least one service.")]
    if not one_address(email):
        errors["email"] = [
            Sentence(
                "이메일 주소가 끝까지 적히지 않았습니다. 예: na@example.com",
                "The e-mail address is not complete. For example: na@example.com",
            )
        ]
    if errors:
        raise InvalidForm(errors)


def _ask(tx: Transaction, wanted: Sequence[str], email: str) -> Answer:
    subscriptions.ask(tx, wanted, email, language())
    return Answer({"state": "verify"}, 202)


def _page(error: InvalidForm | None = None, notice: str = "", status: int = 200) -> Response:
    with product().engine.reading() as tx:
        target = Decimal(str(settings.value(tx, "C1.availability_target")))
        last_day = seoul(tx.now).date()
        windows, troubles = status_board.windows(tx), status_board.troubles(tx)
        records = status_board.records(tx)
        page = render_template(
            "status/index.html",
            now_text=moment(tx.now, True),
            refresh=REFRESH_SECONDS if not error else None,
            troubles=[_trouble(one, records) for one in troubles],
            working=_working(windows),
            windows=[_window(one) for one in windows],
            services=[_service(one, target) for one in records],
            period=f"{day_text(records[0].days[0].day)} – {day_text(last_day)}" if records else "",
            past=[_past(one) for one in status_board.past_troubles(tx)],
            target=target,
            days=DAYS,
            choices=[(s.name, _service_name(s.name, s.name_en)) for s in organisation.all_services(tx)],
            chosen=request.form.getlist("services"),
            email=request.form.get("email", ""),
            errors={name: [say(s) for s in said] for name, said in error.errors.items()} if error else {},
            asked=request.args.get("asked") == "1",
            notice=notice,
            key=new_key(),
        )
    return make_response(page, status)


# ---------------------------------------------------------------- what lasts


def _trouble(one: Trouble, records: Sequence[Record]) -> TroubleView:
    names = _names(one.services)
    symptom = _told(one.facts, "symptom").rstrip(".。 ")
    following = one.next_update_at
    told = t(
        "{what}. {at}까지 다시 알려 드립니다.",
        "{what}. We write again by {at}.",
        what=symptom,
        at=clock(following) if following else "",
    )
    sentence = Markup("<b>{}</b> · {}").format(names, told if following and following > now() else f"{symptom}.")
    working = [r.service for r in records if r.state == "ok" and r.service.name not in one.services]
    others = "·".join(_service_name(s.name, s.name_en) for s in working)
    fine = t("{names} 이용하실 수 있습니다.", "{names} can be used.", names=particle(others, "은/는")) if others else ""
    second = t(
        "{at}부터입니다. {fine} 불편을 드려 죄송합니다.",
        "Since {at}. {fine} We apologise.",
        at=moment(one.detected_at),
        fine=fine,
    )
    return TroubleView(sentence, second, _said(one))


def _said(one: Trouble) -> list[Said]:
    reached = [m for m in one.milestones if m.reached_at is not None and m.code != "RECEIVED"]
    said = [Said(_step(m), "", clock(m.reached_at), "past", "kept") for m in reached if m.reached_at]
    updates = one.facts.get("updates")
    for update in updates if isinstance(updates, list) else []:
        at = update.get("at")
        if isinstance(at, datetime):
            name = str(t("안내 {n}보", "Update {n}", n=update.get("n", "")))
            said.append(Said(name, _told(update, "status"), clock(at), "now", "running"))
    if one.next_update_at is not None and one.ended_at is None:
        by = t("{at}까지", "by {at}", at=clock(one.next_update_at))
        said.append(Said(str(t("다음 안내", "Next notice")), "", by, "ahead", "ahead"))
    return said


def _step(milestone: Milestone) -> str:
    return milestone.ko if language() == "ko" else milestone.en


def _working(windows: Sequence[Window]) -> Markup | str:
    """What is being worked on as announced; nothing where nothing is."""
    going = [w for w in windows if w.state != "announced"]
    if not going:
        return ""
    one = going[0]
    if one.state == "late":
        return t(
            "{names} 작업이 {end}에 끝날 예정이었으나 늦어지고 있습니다.",
            "Work on {names} should have ended at {end} and is late.",
            names=_names(one.services),
            end=clock(one.end),
        )
    return t(
        "{names} 작업을 하고 있습니다. {end}에 마칠 예정입니다.",
        "Work on {names} is under way, to end at {end}.",
        names=_names(one.services),
        end=moment(one.end),
    )


# ---------------------------------------------------------------- what is announced


def _window(one: Window) -> WindowView:
    otherwise = str(one.facts.get("workaround") or "")
    none = t("대신 이용하실 방법이 없습니다.", "There is no workaround.")
    told = t("{day} 알려 드림", "told {day}", day=day(one.announced_at)) if one.announced_at else ""
    state, ko, en = "", "", ""
    if one.state == "started":
        state, ko, en = "running", "작업 중", "Under way"
    elif one.state == "late":
        state, ko, en = "missed", "늦어지고 있음", "Late"
    elif one.promise is not None:
        state, ko, en = {
            "KEPT": ("kept", "지킴", "Kept"),
            "BREACHED": ("missed", "못 지킴", "Missed"),
        }.get(one.promise.state, ("running", "알리는 중", "Being told"))
    return WindowView(
        one.case_no, day(one.start), f"{seoul(one.start):%H:%M}–{seoul(one.end):%H:%M}",
        f"{_names(one.services)} {_told(one.facts, 'type')}", _told(one.facts, "impact"),
        str(none) if otherwise in ("", NONE) else otherwise, told, state, ko, en,
    )  # fmt: skip


# ---------------------------------------------------------------- ninety days


def _service(one: Record, target: Decimal) -> ServiceView:
    states = {
        "ok": ("kept", t("이용하실 수 있음", "Can be used")),
        "planned": ("running", t("작업 중", "Work under way")),
        "down": ("missed", t("문제 있음", "Not working")),
    }
    state, words = states[one.state]
    name = _service_name(one.service.name, one.service.name_en)
    total = _minutes(one.unplanned_min) if one.unplanned_min else str(t("없음", "None"))
    worst = one.worst_month
    missed = worst.percent < target and worst.unplanned_min > 0
    count = str(t("미리 알린 중단 {n}번", "{n} announced", n=one.planned_count))
    if one.unplanned_count:
        times = t("{n}번", "{n} time{s}", n=one.unplanned_count, s="" if one.unplanned_count == 1 else "s")
        month = t("{m}월 {p} %", "{p} % in {m}", m=int(worst.month[-2:]), p=worst.percent)
        count = f"{times} · {month}"
    return ServiceView(
        name, state, str(words), _marks(one), _months(one), total, count,
        str(t("목표 {p} %에 못 미침", "below the target of {p} %", p=target)) if missed else "",
        str(
            t(
                "{name}, 지난 {n}일: 이용하실 수 없던 시간 {total}, 미리 알린 중단 {planned}번",
                "{name}, last {n} days: not usable {total}, announced interruptions {planned}",
                name=name, n=DAYS, total=total, planned=one.planned_count,
            )
        ),
    )  # fmt: skip


def _marks(one: Record) -> list[Mark]:
    marks = []
    for number, cell in enumerate(one.days):
        if cell.unplanned_min:
            marks.append(Mark(_place(number), "down", _minutes(cell.unplanned_min)))
        elif cell.planned:
            marks.append(Mark(_place(number), "planned", ""))
    return marks


def _months(one: Record) -> list[tuple[str, str]]:
    firsts = [(n, cell.day) for n, cell in enumerate(one.days) if cell.day.day == 1]
    return [(_place(n), _month_name(first)) for n, first in firsts]


def _place(number: int) -> str:
    return f"{(number + 0.5) * 100 / DAYS:.2f}%"


def _month_name(first: date) -> str:
    return str(t("{m}월", "{name}", m=first.month, name=f"{first:%b}"))


def _past(one: Trouble) -> PastView:
    ended = one.ended_at or now()
    is_told = one.facts.get("report_told") is True
    what = _told(one.facts, "public_summary") if is_told else _told(one.facts, "symptom")
    return PastView(
        day(one.detected_at), f"{seoul(one.detected_at):%H:%M}–{seoul(ended):%H:%M}", _names(one.services),
        _minutes(one.minutes), what, _changed(one) if is_told else "",
    )  # fmt: skip


def _changed(one: Trouble) -> str:
    actions = one.facts.get("actions")
    rows = actions if isinstance(actions, list) else []
    return " ".join(
        f"{row.get('what', '')} ({day_text(row['due'])})" for row in rows if isinstance(row.get("due"), date)
    )


# ---------------------------------------------------------------- words


def _told(facts: Mapping[str, object], name: str) -> str:
    """A text in the reader's language; Korean where nothing was written in English."""
    return str(facts.get(f"{name}_{language()}") or facts.get(f"{name}_ko") or "")


def _names(services: Sequence[str]) -> str:
    with product().engine.reading() as tx:
        known = {s.name: s.name_en for s in organisation.all_services(tx)}
    return ", ".join(_service_name(name, known.get(name, name)) for name in services)


def _service_name(ko: str, en: str) -> str:
    return str(t(ko, en))


def _minutes(minutes: int) -> str:
    return str(t("{n}분", "{n} min", n=f"{minutes:,}"))
