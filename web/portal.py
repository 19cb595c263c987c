"""Customer: the forms that open a case, the promise computed before sending, and the pages around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from markupsafe import Markup
from werkzeug.datastructures import FileStorage, MultiDict

from engine import definitions
from engine.business_calendar import BusinessCalendar
from engine.errors import InvalidForm, NotFound
from engine.forms import Form
from engine.transaction import Transaction
from web import file_store, form_rendering, intake
from web.denials import NOTHING
from web.form_rendering import Choice, FieldView, Look, Typed
from web.idempotency import Answer, new_key, once, request_key
from web.language import language, say
from web.page_frame import Place, complaint_href, public_places, request_forms
from web.product import product
from web.sign_in import actor
from web.throttle import TooMany
from web.words import clause_name, promise_sentence, seoul, short_day, spec_text, t, until
from workflows import catalogue, organisation, settings
from workflows.calendar import calendar_of
from workflows.calendar_kr import Due, due_at
from workflows.charter_process import CharterProcess

blueprint = Blueprint("portal", __name__)

CONTACT_FIELDS = frozenset({"org", "name", "visitor_name", "email", "phone", "contact", "lang"})
UNKNOWN_PERSON = "모름"  # what a visitor chooses who does not know whom to meet


@dataclass(frozen=True, slots=True)
class Promised:
    """Which clause a form's case will open, and what gives its duration: a decision over one field, or a setting."""

    clause: str
    setting: str = ""
    decision: str = ""
    field: str = ""


PROMISED: Mapping[str, Promised] = {
    "request_handling": Promised("C2", decision="c2_review_target", field="category"),
    "voc_review": Promised("W1", setting="W1.limit"),
    "complaint_reward": Promised("F2", setting="F2.verify"),
    "compliment": Promised("K3", setting="K3.ack"),
    "product_idea": Promised("P2", setting="P2.screen"),
    "support_inquiry": Promised("C5", setting="C5.immediate"),
}


@dataclass(frozen=True, slots=True)
class DayLine:
    """One line of the promise's working: a day, and what it counts as."""

    day: str
    words: str
    css: str = ""


@dataclass(frozen=True, slots=True)
class PromiseFirst:
    """The promise as it will be if the form is sent now."""

    sentence: Markup
    days: Sequence[DayLine]
    note: str


@dataclass(frozen=True, slots=True)
class Part:
    """A group of a form's fields under one heading."""

    title: str
    fields: Sequence[FieldView]


# ---------------------------------------------------------------- the form


def show_form(process: CharterProcess) -> Response:
    """Show the empty form, or what its fields' buttons and the promise's side ask for."""
    with product().engine.reading() as tx:
        form = intake.start_form(tx, intake.startable(tx, None, process.name))
        typed = {"lang": [language()], "urgency": ["normal"], **form_rendering.typed_of(_asked())}
        names = {f.name for f in form.fields}
        return _page(tx, process, form, {k: v for k, v in typed.items() if k in names})


def _asked() -> MultiDict[str, str]:
    """A form may be opened with fields filled in by its address, e.g. from a mail."""
    return MultiDict((k, v) for k, v in request.args.items(multi=True) if k != "lang")


def send_form(process: CharterProcess) -> Response:
    """Open the case and lead to its tracking page; an error shows the form again with everything that was typed."""
    typed = form_rendering.typed_of(request.form)
    if request.form.get("website"):  # only programs see that field
        return redirect(url_for("portal.requests"), code=303)  # type: ignore[return-value]
    add, drop = request.form.get("_add"), request.form.get("_drop")
    with product().engine.reading() as tx:
        form = intake.start_form(tx, intake.startable(tx, None, process.name))
        if add or drop:
            return _page(tx, process, form, form_rendering.edited_rows(form, typed, add=add, drop=drop))
    try:
        with product().engine.transaction(actor()) as tx:
            answer = once(tx, request_key(), lambda: _open(tx, process, form, typed))
    except InvalidForm as error:
        with product().engine.reading() as tx:
            return _page(tx, process, form, typed, error, status=422)
    except TooMany as error:
        with product().engine.reading() as tx:
            page = _page(tx, process, form, typed, notice=say(error.sentence), status=429)
        page.headers["Retry-After"] = str(error.retry_after_seconds)
        return page
    opened = answer.body if isinstance(answer.body, Mapping) else {}
    if opened.get("pin"):
        session["pin"] = [opened["case"], opened["pin"]]  # shown once, on the next page
    return redirect(f"{opened['page']}?said=new", code=303)  # type: ignore[return-value]


def _open(tx: Transaction, process: CharterProcess, form: Form, typed: Typed) -> Answer:
    raw = form_rendering.raw_of(form, typed)
    names = [field.name for field in form.fields if field.type == "files"]
    new = intake.open_case(tx, None, intake.Intake(process.name, _without(raw, names), lang=language()))
    for name in names:
        parts = [part for part in request.files.getlist(name) if part.filename]
        if parts:
            _keep(tx, new.case.no, name, parts)
    page = url_for("tracking.case", token=new.track_token)
    return Answer({"case": new.case.no, "pin": new.pin, "page": page}, 201)


def _without(raw: Mapping[str, object], names: Sequence[str]) -> dict[str, object]:
    return {name: value for name, value in raw.items() if name not in names}


def _keep(tx: Transaction, case_no: str, name: str, parts: list[FileStorage]) -> None:
    """Keep the files of a case that is being opened; raises InvalidForm beside their field, and nothing is opened."""
    try:
        file_store.keep(tx, case_no, parts)
    except InvalidForm as error:
        raise InvalidForm({name: next(iter(error.errors.values()))}) from error


def _page(
    tx: Transaction,
    process: CharterProcess,
    form: Form,
    typed: Typed,
    error: InvalidForm | None = None,
    *,
    notice: str = "",
    status: int = 200,
) -> Response:
    views = form_rendering.field_views(form, typed, error, _look(tx, process, form))
    page = render_template(
        "portal/request.html",
        title=say(form.title),
        lead=t(
            "회원 가입은 필요 없습니다. 보내시기 전에 언제까지 알려 드리는지 보실 수 있습니다.",
            "No account is needed. You see by when we will answer before you send.",
        ),
        notice=notice,
        problems=form_rendering.problems(form, error, views),
        key=request.form.get("idempotency_key") or new_key(),
        parts=_parts(views),
        submit=say(form.submit) if form.submit else t("보내기", "Send"),
        after=say(form.after) if form.after else "",
        promise=promise_first(tx, process, typed),
        promise_href=url_for("portal.promise", name=process.name),
    )
    return make_response(page, status)


def _parts(views: Sequence[FieldView]) -> list[Part]:
    who = [v for v in views if v.name in CONTACT_FIELDS]
    what = [v for v in views if v.name not in CONTACT_FIELDS]
    parts = [
        Part(str(t("알려 드릴 곳", "Where we answer")), who),
        Part(str(t("내용", "What it is about")), what),
    ]
    return [part for part in parts if part.fields]


def services_of(tx: Transaction) -> list[Choice]:
    """Return the services to choose from, by their names in the reader's language."""
    return [Choice(s.name, str(t(s.name, s.name_en))) for s in organisation.all_services(tx)]


def hosts_of(tx: Transaction) -> list[Choice]:
    """Return whom a customer may ask to meet, by department, after "I do not know"."""
    english = {d.name: d.name_en for d in organisation.all_departments(tx)}
    meet = [u for u in organisation.all_users(tx) if u.active and u.has_role("handler", "manager", "support_agent")]
    named = [
        Choice(u.name, str(t("{team} {name}", "{team_en} · {name_en}", team=u.department, name=u.ko_name,
                             team_en=english.get(u.department, u.department), name_en=u.en_name)))
        for u in sorted(meet, key=lambda u: (u.department, u.ko_name))
    ]  # fmt: skip
    return [Choice(UNKNOWN_PERSON, str(t("모름", "I do not know"))), *named]


def _look(tx: Transaction, process: CharterProcess, form: Form) -> Look:
    rule = PROMISED.get(process.name)
    notes: dict[tuple[str, str], str] = {}
    if rule and rule.field:
        for field in form.fields:
            if field.name == rule.field:
                notes = {(field.name, str(o.value)): spec_text(_spec(tx, rule, o.value)) for o in field.options}
    asks = Markup('hx-get="{}" hx-trigger="change" hx-target="#promise" hx-swap="innerHTML" hx-include="this"')
    refresh = {rule.field: asks.format(url_for("portal.promise", name=process.name))} if rule and rule.field else {}
    people = hosts_of(tx) if any(f.type == "person" for f in form.fields) else []
    return Look(services=services_of(tx), people=people, notes=notes, refresh=refresh)


# ---------------------------------------------------------------- the promise before sending


def promise_first(tx: Transaction, process: CharterProcess, typed: Typed) -> PromiseFirst | None:
    """Return the promise that sending now would open; None for a process whose promise has no fixed length."""
    rule = PROMISED.get(process.name)
    if rule is None:
        return None
    said = typed.get(rule.field, [""]) if rule.field else [""]
    spec = _spec(tx, rule, said[0] if said else "")
    if not spec:
        return None
    calendar = calendar_of(tx)
    due = due_at(tx.now, spec, calendar)
    if language() == "ko":
        words = Markup("<b>{}</b> {}").format(until(due.at), promise_sentence(rule.clause))
    else:
        words = Markup("{} <b>{}</b>.").format(promise_sentence(rule.clause).rstrip("."), until(due.at))
    note = t(
        "고객서비스헌장 {clause}의 약속입니다. {length}을 셉니다.",
        "A promise of the charter, {clause}: {length}.",
        clause=clause_name(rule.clause),
        length=spec_text(spec),
    )
    return PromiseFirst(words, day_lines(tx.now, due, spec, calendar), str(note))


def _spec(tx: Transaction, rule: Promised, value: object) -> str:
    if rule.setting:
        return settings.text_of(tx, rule.setting)
    if definitions.find_latest(tx, rule.decision, definitions.DECISION) is None:
        return ""
    given = definitions.decision(tx, rule.decision).evaluate({rule.field: value or "other"}, lambda name: None)
    return str(given) if given else ""


def day_lines(start: datetime, due: Due, spec: str, calendar: BusinessCalendar) -> list[DayLine]:
    """Return the working day by day: receipt, days counted, days that are not; for durations of business days."""
    if not spec.endswith("bd"):
        return []
    first, last = calendar.local_date(start), calendar.local_date(due.at)
    received = t("{at} 접수", "received {at}", at=f"{seoul(start):%H:%M}")
    lines = [DayLine(short_day(first), str(received))]
    counted = 0
    skipped: list[date] = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if calendar.day_off(day) is not None:
            skipped += [day] if n else []
            continue
        if n == 0 and start > calendar.hours(day)[0]:
            continue
        if skipped:
            lines.append(_not_counted(skipped))
            skipped = []
        counted += 1
        if day == last:
            at = f"{seoul(due.at):%H:%M}"
            lines.append(DayLine(short_day(day), str(t("{n}일 · {at}", "day {n} · {at}", n=counted, at=at)), "last"))
        else:
            lines.append(DayLine(short_day(day), str(t("영업일 {n}일", "day {n}", n=counted))))
    return lines if len(lines) <= 9 else [*lines[:3], DayLine("…", ""), *lines[-3:]]


def _not_counted(days: Sequence[date]) -> DayLine:
    first, last = days[0], days[-1]
    name = short_day(first) if first == last else f"{short_day(first)} – {short_day(last)}"
    return DayLine(name, str(t("세지 않음", "not counted")), "faint")


@blueprint.get("/requests/promise/<name>")
def promise(name: str) -> str:
    """Answer the side with the promise for what is chosen so far."""
    process = catalogue.process(name)
    if process is None or not process.public:
        raise NotFound(NOTHING)
    with product().engine.reading() as tx:
        typed = {key: request.args.getlist(key) for key in request.args}
        return render_template("portal/promise_first.html", promise=promise_first(tx, process, typed))


# ---------------------------------------------------------------- around them


@blueprint.get("/requests")
def requests() -> str:
    """Show which forms there are."""
    return render_template("portal/requests.html", forms=[_with_promise(form) for form in request_forms()])


def _with_promise(form: Place) -> Place:
    with product().engine.reading() as tx:
        process = next(p for p in catalogue.processes().values() if p.page == form.href)
        rule = PROMISED.get(process.name)
        length = _length(tx, process, rule) if rule else ""
    if not length or rule is None:
        return form
    words = t(
        "{length} 안에 알려 드립니다. {clause}",
        "Answered within {length}. {clause}",
        length=length,
        clause=clause_name(rule.clause),
    )
    return Place(form.name, form.href, said=str(words))


def _length(tx: Transaction, process: CharterProcess, rule: Promised) -> str:
    """The promise's length in words; where it depends on a choice, from the shortest to the longest."""
    if not rule.field:
        return spec_text(_spec(tx, rule, ""))
    form = intake.start_form(tx, process)
    options = next((f.options for f in form.fields if f.name == rule.field), ())
    lengths = sorted({_spec(tx, rule, option.value) for option in options})
    return " – ".join(dict.fromkeys((spec_text(lengths[0]), spec_text(lengths[-1])))) if lengths else ""


@blueprint.get("/menu")
def menu() -> str:
    """Show the public menu as a page: works without a script."""
    places = [p for p in public_places() if p.href != "/requests"]
    href = complaint_href()
    if href:
        places.append(Place(str(t("불편 알리기", "Complain")), href))
    return render_template("portal/menu.html", places=places, forms=request_forms())


@blueprint.get("/privacy")
def privacy() -> str:
    """Say what personal data is kept for, how long, and whom to ask."""
    return render_template(
        "portal/said.html",
        title=t("개인정보 처리방침", "Privacy"),
        sentence=t(
            "신청을 처리하는 데 필요한 것만 받고, 끝나고 3년이 지나면 지웁니다.",
            "We take only what handling your request needs, and erase it three years after its end.",
        ),
        paragraphs=[
            t(
                "받는 것: 이름, 회사, 이메일, 전화번호, 쓰신 내용과 파일. 주민등록번호는 받지 않습니다.",
                "What we take: name, company, e-mail, telephone, your words and files. Never a resident number.",
            ),
            t(
                "쓰는 곳: 접수한 건의 처리와 그 안내. 광고를 보내지 않습니다.",
                "What for: handling the case and telling you about it. We send no advertising.",
            ),
            t(
                "보기·고치기·지우기·멈추기를 요청하시면 10일 안에 답해 드립니다. 고객지원센터 02-767-0000",
                "Ask us to show, correct, erase or stop using your data: we answer within 10 days. +82 2 767 0000",
            ),
        ],
        actions=[Place(str(t("처음으로", "Home")), "/")],
    )


@blueprint.get("/accessibility")
def accessibility() -> str:
    """Say how the pages may be used, and whom to tell when one cannot."""
    return render_template(
        "portal/said.html",
        title=t("접근성", "Accessibility"),
        sentence=t(
            "모든 화면을 글자판과 화면 읽기 프로그램으로 쓰실 수 있습니다.",
            "Every page works with a keyboard and a screen reader.",
        ),
        paragraphs=[
            t(
                "웹 콘텐츠 접근성 지침(KWCAG 2.2)을 따릅니다. 상태는 낱말로도, 그림은 글로도 보여 드립니다.",
                "We follow KWCAG 2.2. States are shapes and words, not colours alone; diagrams are there as text, too.",
            ),
            t(
                "쓰기 어려운 곳이 있으면 고객지원센터 02-767-0000으로 알려 주십시오. 전화로도 접수해 드립니다.",
                "If something does not work for you, call +82 2 767 0000. We take requests by telephone, too.",
            ),
        ],
        actions=[Place(str(t("처음으로", "Home")), "/")],
    )


def _add_forms() -> None:
    """Every public process with a page of its own gets its form there."""
    for process in catalogue.processes().values():
        if not (process.public and process.page and process.start_form):
            continue
        kept = process

        def page(kept: CharterProcess = kept) -> Response:
            return send_form(kept) if request.method == "POST" else show_form(kept)

        blueprint.add_url_rule(process.page, f"form_{process.name}", page, methods=["GET", "POST"])


_add_forms()
