"""Customer: the page on which a case is followed, by link or by number and PIN, and the moves from there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from markupsafe import Markup

from engine import mails
from engine.errors import Conflict, InvalidForm, NotFound, Sentence
from engine.transaction import Transaction
from web import file_store, promise_views
from web.api.tracking import by_pin, by_token
from web.form_rendering import FieldView
from web.idempotency import Answer, new_key, once, request_key
from web.language import COOKIE, LANGUAGES, language, say, speak
from web.page_frame import Place, Way
from web.product import product
from web.throttle import TooMany
from web.words import day, moment, now, phone_text, promise_sentence, seoul, short_subject, t, until
from workflows import cases, catalogue, links, milestones, notes, organisation, promises, settings
from workflows.calendar import calendar_of
from workflows.cases import Case
from workflows.links import Link
from workflows.milestones import Milestone, MilestoneState
from workflows.promises import Promise

blueprint = Blueprint("tracking", __name__)

# Purposes of links in mails that may be taken up here as well, and what they are called. Never `verify`: it proves
# that the mail was read.
TAKEN_UP: Mapping[str, Sentence] = {
    "confirm": Sentence("결과 확인하기", "Confirm the result"),
    "object": Sentence("다른 의견 보내기", "Object"),
    "appeal": Sentence("다시 확인 요청하기", "Appeal"),
    "slot": Sentence("시간 고르기", "Choose a time"),
    "change": Sentence("일정 바꾸기", "Change it"),
    "consent": Sentence("동의 여부 알리기", "Answer the question"),
    "reward": Sentence("사례품 고르기", "Choose your gift"),
    "rating": Sentence("평가 남기기", "Rate us"),
}
SAID: Mapping[str, Sentence] = {
    "new": Sentence(
        "접수했습니다. 이 주소에서 진행상황을 보실 수 있습니다.", "Received. Follow it under this address."
    ),
    "reply": Sentence("보내신 말씀을 담당자에게 전했습니다.", "We passed your words on."),
    "cancel": Sentence("신청을 취소했습니다.", "The request is cancelled."),
    "reopen": Sentence("다시 열었습니다. 새 접수번호로 이어 갑니다.", "Reopened; it goes on under a new number."),
}
ONGOING_KO, ONGOING_EN = ("중", "대기"), ("Under ", "In ", "Being ", "Waiting ", "Checking")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the rail."""

    name: str
    css: str
    shape: str
    said: str
    when: Markup | str
    before: Markup | str = ""
    reason: str = ""
    delayed: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """What happens next: the one sentence, and what the customer has to do (mostly nothing)."""

    sentence: Markup | str
    todo: Markup | str


# ---------------------------------------------------------------- finding


@blueprint.get("/track")
def find() -> str:
    """Ask for number and PIN."""
    return render_template("portal/find.html", no=request.args.get("case", "")[:30], error="")


@blueprint.post("/track")
def found() -> Response:
    """Lead to the case of number and PIN; the same answer for a wrong number and a wrong PIN."""
    no, pin = request.form.get("case", "").strip().upper(), request.form.get("pin", "")
    try:
        with product().engine.reading() as tx:
            token = cases.tracking_token(tx, by_pin(tx, no, pin))
    except NotFound as error:
        return make_response(render_template("portal/find.html", no=no[:30], error=say(error.sentence)), 404)
    except TooMany as error:
        page = make_response(render_template("portal/find.html", no=no[:30], error=say(error.sentence)), 429)
        page.headers["Retry-After"] = str(error.retry_after_seconds)
        return page
    return redirect(url_for("tracking.case", token=token), code=303)  # type: ignore[return-value]


# ---------------------------------------------------------------- the page


@blueprint.get("/t/<token>")
def case(token: str) -> str:
    """Show the case of a tracking link, in its own language unless the reader chose another."""
    with product().engine.reading() as tx:
        return _page(tx, by_token(tx, token), token)


def _page(tx: Transaction, case: Case, token: str) -> str:
    _speak_as(case)
    calendar, listed = calendar_of(tx), milestones.of_case(tx, case.no)
    shown = [p for p in promises.of_case(tx, case.no) if p.state is not promises.PromiseState.VOID or p.reason]
    names = stage_names(listed)
    rows = promise_views.views(shown, now(), calendar, names=names)
    own_mails = [m for m in mails.of_case(tx, case.no) if m.to_address == case.contact.email]
    said = SAID.get(request.args.get("said", ""))
    return render_template(
        "portal/track.html",
        case={
            "no": case.no,
            "title": case.title,
            "who": case.contact.org or case.contact.name,
            "received_at": case.received_at,
            "closed": not case.is_open,
            "has_pin": False,
        },
        done=say(said) if said else "",
        pin=_new_pin(case),
        next=_next(tx, case, shown, listed, own_mails, names),
        milestones=steps(listed),
        promises=rows,
        contact=_contact(tx, case),
        actions=_actions(tx, case, token),
        words=_words(tx, case),
        mails=[
            {"subject": short_subject(m.subject), "at": m.accepted_at or m.created_at, "state": ""}
            for m in reversed(own_mails)
        ],
    )


def _speak_as(case: Case) -> None:
    if request.args.get("lang") not in LANGUAGES and request.cookies.get(COOKIE) not in LANGUAGES:
        speak(case.lang)


def _new_pin(case: Case) -> str:
    """The PIN of a case opened a moment ago, shown this once."""
    kept = session.get("pin")
    if isinstance(kept, list) and len(kept) == 2 and kept[0] == case.no:
        session.pop("pin")
        return str(kept[1])
    return ""


def stage_names(listed: Sequence[Milestone]) -> dict[str, str]:
    """Return the words that stand for a promise's item: "stage2" is the name of its second stage."""
    return {m.code.lower().replace("_", ""): str(t(m.ko, m.en)) for m in listed if m.code.startswith("STAGE_")}


def steps(listed: Sequence[Milestone]) -> list[Step]:
    """Return the rail: what was reached is ticked, where the case stands has a clock (half a disc when it is late)."""
    ahead = [m for m in listed if m.reached_at is None]
    present = next((m for m in listed if m.state is MilestoneState.PRESENT and _is_ongoing(m)), None)
    expected = next((m for m in ahead if m.expected_at), None)
    stands_at = present or expected or (ahead[0] if ahead else None)
    return [_step(m, m is stands_at) for m in listed]


def _is_ongoing(m: Milestone) -> bool:
    return m.ko.endswith(ONGOING_KO) or m.en.startswith(ONGOING_EN)


def _step(m: Milestone, is_now: bool) -> Step:
    name, reason = str(t(m.ko, m.en)), t(m.reason_ko or "", m.reason_en or m.reason_ko or "")
    if m.reached_at is not None:
        early = m.first_expected_at and seoul(m.first_expected_at).date() != seoul(m.reached_at).date()
        planned = (
            t(
                Markup('<span class="planned">예정 {at}</span>'),
                Markup('<span class="planned">planned {at}</span>'),
                at=day(m.first_expected_at),
            )
            if early
            else ""
        )
        shape = "running" if is_now else "kept"
        said = t("지금", "now") if is_now else t("마침", "done")
        return Step(
            name, "past now" if is_now else "past", shape, f" ({said})", moment(m.reached_at), planned, str(reason)
        )
    late = m.state is MilestoneState.DELAYED
    when: Markup | str = ""
    if m.expected_at is not None:
        when = t(Markup("{at} 예정"), Markup("expected {at}"), at=day(m.expected_at))
    before = Markup("<s>{}</s>").format(day(m.first_expected_at)) if late and m.first_expected_at else ""
    if late and reason:
        reason = t(
            "{why} 기다리시게 하여 죄송합니다.", "{why} We are sorry for the wait.", why=str(reason).rstrip(".") + "."
        )
    shape = "soon" if late and is_now else "running" if is_now else "ahead"
    css = ("now" if is_now else "ahead") + (" delayed" if late else "")
    return Step(name, css, shape, f" ({t('예정', 'to come')})", when, before, str(reason), late)


def _next(
    tx: Transaction,
    case: Case,
    shown: Sequence[Promise],
    listed: Sequence[Milestone],
    own_mails: Sequence[mails.Mail],
    names: Mapping[str, str],
) -> Next:
    told = _last_word(own_mails)
    if not case.is_open:
        process = catalogue.process(case.process)
        words = say(process.end_words(case.end_state or "DONE")) if process else (case.end_state or "")
        ended = t(Markup("<b>{what}</b> · {at}"), Markup("<b>{what}</b> · {at}"), what=words, at=moment(case.ended_at))
        return Next(ended, told)
    waiting = next((m for m in listed if m.code == "WAITING_CUSTOMER" and m.state is MilestoneState.PRESENT), None)
    if waiting:
        return Next(
            t("고객님의 답장을 기다리고 있습니다.", "We are waiting for your answer."),
            t(
                "아래 ‘답장·파일 보내기’로 보내 주시면 이어서 처리합니다.",
                "Send it with “Reply or send a file” below and we go on.",
            ),
        )
    unmet = sorted((p for p in shown if p.is_unmet), key=lambda p: p.due_at)
    if unmet:
        return Next(
            _promised(unmet[0], names), told or t("지금 하실 일은 없습니다.", "There is nothing you need to do.")
        )
    planned = next((m for m in listed if m.reached_at is None and m.expected_at), None)
    if planned:
        sentence = t(
            Markup("{at}에 <b>{what}</b> 단계를 마칠 예정입니다."),
            Markup("We expect <b>{what}</b> on {at}."),
            at=day(planned.expected_at),
            what=t(planned.ko, planned.en),
        )
        return Next(sentence, told or t("지금 하실 일은 없습니다.", "There is nothing you need to do."))
    stands = next((m for m in reversed(listed) if m.reached_at is not None), None)
    sentence = (
        t(Markup("<b>{what}</b> 단계에 있습니다."), Markup("It stands at <b>{what}</b>."), what=t(stands.ko, stands.en))
        if stands
        else ""
    )
    return Next(sentence, told or t("새 소식이 있으면 알려 드립니다.", "We will tell you when there is news."))


def _promised(promise: Promise, names: Mapping[str, str]) -> Markup | str:
    words = promise_sentence(promise.clause, promise_views.item_name(promise, names))
    if promise.due_at < now():
        return t(
            Markup("{at}까지 드린 약속이 늦어지고 있습니다. <b>죄송합니다.</b> {words}"),
            Markup("What we promised for {at} is late. <b>We are sorry.</b> {words}"),
            at=moment(promise.due_at),
            words=words,
        )
    if language() == "ko":
        return Markup("<b>{}</b> {}").format(until(promise.due_at), words)
    return Markup("{} <b>{}</b>.").format(words.rstrip("."), until(promise.due_at))


def _last_word(own_mails: Sequence[mails.Mail]) -> Markup | str:
    sent = [m for m in own_mails if m.accepted_at is not None]
    if not sent:
        return ""
    return t(
        Markup("지금 하실 일은 없습니다. {at}에 ‘{subject}’ 메일을 보내 드렸습니다."),
        Markup("There is nothing you need to do. On {at} we sent you “{subject}”."),
        at=moment(sent[-1].accepted_at),
        subject=short_subject(sent[-1].subject),
    )


def _contact(tx: Transaction, case: Case) -> dict[str, str] | None:
    person = organisation.find_user(tx, case.handler) if case.handler else None
    if person is None or not settings.is_on(tx, "tracking.show_contact"):
        return None
    team = organisation.department(tx, person.department)
    name = t(
        "{team} {name}",
        "{name}, {team}",
        team=t(person.department, team.name_en if team else person.department),
        name=t(person.ko_name, person.en_name),
    )
    return {"name": str(name), "phone": phone_text(person.phone)}


def _words(tx: Transaction, case: Case) -> list[dict[str, object]]:
    """What was said on the case for the customer's eyes: replies, and lines that the process wrote."""
    return [
        {"at": n.at, "text": t(n.ko, n.en), "mine": n.kind == "reply"}
        for n in reversed(notes.of_case(tx, case.no, "reply", "line"))
    ]


def open_links(tx: Transaction, case: Case) -> dict[str, Link]:
    """Return the links of a case which still wait for an answer, the latest of each purpose."""
    waiting = [n for n in links.of_case(tx, case.no) if n.purpose in TAKEN_UP and n.answered_at is None]
    return {link.purpose: link for link in waiting if link.until >= tx.now}


def _actions(tx: Transaction, case: Case, token: str) -> list[Way]:
    ways = [*_goes_on(tx, case)]
    ways += [Way(say(TAKEN_UP[p]), url_for("tracking.take_up", token=token, purpose=p)) for p in open_links(tx, case)]
    if case.is_open:
        ways.append(Way(str(t("답장·파일 보내기", "Reply or send a file")), url_for("tracking.reply", token=token)))
        ways.append(Way(str(t("신청 취소", "Cancel the request")), url_for("tracking.cancel", token=token)))
    elif case.anonymised_at is None:
        ways.append(Way(str(t("다시 열기", "Reopen")), url_for("tracking.reopen", token=token)))
    return ways


def _goes_on(tx: Transaction, case: Case) -> list[Way]:
    """Where a case goes on that another process took over: who has this page's key is that one's customer, too."""
    others = [one for one in cases.links_of(tx, case.no) if one.kind == "handed_over"]
    return [
        Way(
            str(t("이어지는 건 보기 {no}", "Go on to {no}", no=one.no)),
            url_for("tracking.case", token=cases.tracking_token(tx, cases.get(tx, one.no))),
        )
        for one in others
    ]


# ---------------------------------------------------------------- the customer's moves


def _field(name: str, label: str, *, need: str = "required", hint: str = "", error: str = "") -> FieldView:
    typed = request.form.get(name, "")
    return FieldView(name, label, "textarea", need, hint, (error,) if error else (), typed, max_length=None)


def _act_page(
    case: Case,
    token: str,
    title: str,
    submit: str,
    fields: Sequence[FieldView],
    *,
    ask: Markup | str = "",
    lead: str = "",
    status: int = 200,
) -> Response:
    problems = [{"id": f.id, "sentence": e} for f in fields for e in f.errors]
    page = render_template(
        "portal/act.html",
        title=title,
        lead=lead,
        trail=[
            (t("내 신청 확인", "Follow a request"), url_for("tracking.find")),
            (case.no, url_for("tracking.case", token=token)),
        ],
        fields=fields,
        problems=problems,
        ask=ask,
        submit=submit,
        back=url_for("tracking.case", token=token),
        key=request.form.get("idempotency_key") or new_key(),
    )
    return make_response(page, status)


def _own(token: str) -> Case:
    with product().engine.reading() as tx:
        case = by_token(tx, token)
    _speak_as(case)
    return case


def _done(token: str, said: str, do: Callable[[Transaction], str | None]) -> Response:
    """Do one move in one transaction, once for each shown form, and go back to the case's page (or a new one's)."""
    with product().engine.transaction("customer") as tx:
        answer = once(tx, request_key(), lambda: Answer({"token": do(tx) or token}))
    after = answer.body["token"] if isinstance(answer.body, Mapping) else token
    return redirect(url_for("tracking.case", token=after, said=said), code=303)  # type: ignore[return-value]


@blueprint.route("/t/<token>/reply", methods=["GET", "POST"])
def reply(token: str) -> Response:
    """Send words and files to whoever handles the case."""
    case = _own(token)
    words = request.form.get("text", "").strip()
    error = file_error = ""
    if request.method == "POST":
        try:
            return _done(token, "reply", lambda tx: _reply(tx, case, words))
        except InvalidForm as refused:
            said = say(next(iter(refused.errors.values()))[0])
            error, file_error = (said, "") if "text" in refused.errors else ("", said)
    label, title = str(t("전하실 말씀", "Your words")), str(t("답장 보내기", "Reply"))
    files = FieldView(
        "files",
        str(t("파일", "Files")),
        "files",
        "optional",
        str(t("10개까지, 하나에 20 MB까지", "Up to 10, 20 MB each")),
    )
    fields = [_field("text", label, error=error), replace(files, errors=(file_error,) if file_error else ())]
    return _act_page(case, token, title, str(t("보내기", "Send")), fields, status=422 if error or file_error else 200)


def _reply(tx: Transaction, case: Case, words: str) -> None:
    if not words:
        raise InvalidForm(
            {"text": [Sentence("전하실 말씀을 적어 주십시오.", "Please write what you want to tell us.")]}
        )
    if len(words) > 4000:
        raise InvalidForm({"text": [Sentence("4,000자까지 적을 수 있습니다.", "At most 4,000 characters.")]})
    parts = [part for part in request.files.getlist("files") if part.filename]
    files = [one.id for one in file_store.keep(tx, case.no, parts)] if parts else []
    cases.reply(tx, case.no, words, files)


@blueprint.route("/t/<token>/cancel", methods=["GET", "POST"])
def cancel(token: str) -> Response:
    """Ask again, then take the case back."""
    case = _own(token)
    title = str(t("신청 취소", "Cancel the request"))
    if request.method == "POST":
        reason = request.form.get("reason", "").strip()[:2000]
        try:
            return _done(token, "cancel", lambda tx: cases.cancel(tx, case.no, reason))
        except Conflict as error:
            return _refused(case, token, title, error)
    ask = t(
        Markup("<b>이 신청을 취소하시겠습니까?</b> 처리를 멈추고 알려 드립니다."),
        Markup("<b>Cancel this request?</b> We stop working on it and tell you so."),
    )
    fields = [_field("reason", str(t("까닭", "Reason")), need="optional")]
    return _act_page(case, token, title, title, fields, ask=ask)


@blueprint.route("/t/<token>/reopen", methods=["GET", "POST"])
def reopen(token: str) -> Response:
    """Open a closed case again, as a new one that goes on with it."""
    case = _own(token)
    title = str(t("다시 열기", "Reopen"))
    if request.method == "POST":
        reason = request.form.get("reason", "").strip()[:2000]

        def again(tx: Transaction) -> str:
            new = cases.reopen(tx, case.no, reason)
            if new.pin:
                session["pin"] = [new.case.no, new.pin]
            return new.track_token

        try:
            return _done(token, "reopen", again)
        except Conflict as error:
            return _refused(case, token, title, error)
    lead = t(
        "같은 내용으로 새 접수번호를 드리고, 기한을 새로 셉니다.", "It goes on under a new number, with a new due time."
    )
    fields = [_field("reason", str(t("무엇이 남았습니까?", "What is left to do?")), need="optional")]
    return _act_page(case, token, title, title, fields, lead=str(lead))


def _refused(case: Case, token: str, title: str, error: Conflict) -> Response:
    back = Place(str(t("진행상황으로", "To your request")), url_for("tracking.case", token=token))
    page = render_template(
        "portal/said.html", title=title, sentence=say(error.sentence), actions=[back], eyebrow=case.no
    )
    return make_response(page, 409)


@blueprint.route("/t/<token>/answer/<purpose>", methods=["GET", "POST"])
def take_up(token: str, purpose: str) -> Response:
    """Take up what a mail's link asks for, from here: a press makes a fresh link of the same kind and leads to it."""
    case = _own(token)
    with product().engine.reading() as tx:
        link = open_links(tx, case).get(purpose)
    if link is None:
        raise NotFound(Sentence("지금은 답하실 것이 없습니다.", "There is nothing to answer just now."))
    if request.method == "GET":
        title = say(TAKEN_UP[purpose])
        return _act_page(case, token, title, str(t("계속하기", "Go on")), [])
    with product().engine.transaction("customer") as tx:
        fresh = links.make(
            tx, case.no, purpose, link.until, link.payload, process=link.process, form=link.form, message=link.message
        )
    return redirect(url_for("links.link", token=fresh), code=303)  # type: ignore[return-value]
