"""Customer: the page behind a mail's link. Opening it changes nothing (scanners follow links); its button does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, Response, make_response, render_template, request, url_for

from engine.errors import Conflict, InvalidForm, Sentence
from engine.forms import Form
from engine.transaction import Transaction
from web import form_rendering
from web.api.links import form_of, typed
from web.form_rendering import Look, Typed
from web.idempotency import Answer, new_key, once, request_key
from web.language import COOKIE, LANGUAGES, say, speak
from web.page_frame import Way
from web.portal import services_of
from web.product import product
from web.words import moment, t
from workflows import cases, links
from workflows.cases import Case
from workflows.links import Link, LinkExpired

blueprint = Blueprint("links", __name__)

# purpose, or the message of one that several processes use differently -> (title, sentence, button)
ASKS: Mapping[str, tuple[Sentence, Sentence, Sentence]] = {
    "verify": (
        Sentence("이메일 주소 확인", "Confirm your e-mail address"),
        Sentence("이 주소로 결과를 보내 드려도 되는지 확인합니다.", "We make sure that results reach you here."),
        Sentence("이메일 주소 확인하기", "Confirm the address"),
    ),
    "confirm": (
        Sentence("결과 확인", "Confirm the result"),
        Sentence(
            "처리한 결과가 요청하신 것과 맞는지 알려 주십시오.", "Tell us whether the result is what you asked for."
        ),
        Sentence("보내기", "Send"),
    ),
    "object": (
        Sentence("다른 의견 보내기", "Object"),
        Sentence("검토결과를 관리자가 다시 살펴봅니다.", "A manager looks at the review result again."),
        Sentence("다른 의견 보내기", "Send the objection"),
    ),
    "appeal": (
        Sentence("다시 확인 요청", "Appeal"),
        Sentence("확인 결과를 다른 사람이 다시 살펴봅니다.", "Another person checks the finding again."),
        Sentence("다시 확인 요청하기", "Send the appeal"),
    ),
    "rating": (
        Sentence("평가 남기기", "Rate us"),
        Sentence(
            "짧은 물음 몇 가지입니다. 이름과 함께 공개하지 않습니다.",
            "A few short questions, never published with your name.",
        ),
        Sentence("평가 보내기", "Send"),
    ),
    "reopen": (
        Sentence("다시 열기", "Reopen"),
        Sentence("새 접수번호로 이어서 처리합니다.", "It goes on under a new number."),
        Sentence("다시 열기", "Reopen"),
    ),
    "reply": (
        Sentence("답장 보내기", "Reply"),
        Sentence("여쭌 것에 답해 주시면 이어서 처리합니다.", "We go on once you have answered our question."),
        Sentence("보내기", "Send"),
    ),
    "optout": (
        Sentence("안내 그만 받기", "Stop these notices"),
        Sentence("이 주소로는 더 보내지 않습니다.", "We send no more of them to this address."),
        Sentence("그만 받기", "Stop"),
    ),
    "decline": (
        Sentence("사례품 사양", "Decline the gift"),
        Sentence("사례품을 보내지 않습니다. 처리에는 영향이 없습니다.", "We send no gift; nothing else changes."),
        Sentence("사양하기", "Decline"),
    ),
    "reward": (
        Sentence("사례품 고르기", "Choose your gift"),
        Sentence("받으실 것과 받으실 곳을 알려 주십시오.", "Tell us what to send, and where."),
        Sentence("보내기", "Send"),
    ),
    "slot": (
        Sentence("시간 고르기", "Choose a time"),
        Sentence("맞으면 아래를 눌러 주십시오.", "If it suits you, press the button below."),
        Sentence("이 시간으로 하기", "Take this time"),
    ),
    "change": (
        Sentence("일정 바꾸기", "Change it"),
        Sentence("바꾸실 것을 적어 주십시오.", "Tell us what to change."),
        Sentence("보내기", "Send"),
    ),
    "substitute": (
        Sentence("대신할 사람 부르기", "Call your substitute"),
        Sentence("방문객을 대신 맞이할 사람에게 바로 알립니다.", "Whoever stands in for you is told at once."),
        Sentence("지금 부르기", "Call now"),
    ),
    "MSG_OTHER_TIME": (
        Sentence("다른 시간 알려 주기", "Suggest another time"),
        Sentence("편하신 시간을 적어 주시면 그때 찾아뵙겠습니다.", "Tell us when it suits you; we come then."),
        Sentence("보내기", "Send"),
    ),
    "MSG_VISIT_DECLINED": (
        Sentence("방문 사양", "Decline the visit"),
        Sentence("찾아뵙지 않겠습니다. 다른 일에는 영향이 없습니다.", "We do not come; nothing else changes."),
        Sentence("방문을 원하지 않습니다", "I do not want the visit"),
    ),
    "MSG_HEARD": (
        Sentence("설명을 들었는지", "Was it explained?"),
        Sentence("방문 결과를 설명해 드렸는지 알려 주십시오.", "Tell us whether the result was explained to you."),
        Sentence("보내기", "Send"),
    ),
    "consent": (
        Sentence("동의 여부", "Your consent"),
        Sentence("동의하시는지 알려 주십시오.", "Tell us whether you agree."),
        Sentence("보내기", "Send"),
    ),
    "survey": (
        Sentence("조사", "Survey"),
        Sentence("서비스를 어떻게 느끼셨는지 알려 주십시오.", "Tell us how our service was."),
        Sentence("보내기", "Send"),
    ),
}
OTHER = (
    Sentence("답하기", "Answer"),
    Sentence("아래에 답해 주십시오.", "Please answer below."),
    Sentence("보내기", "Send"),
)
THANKS = Sentence("알려 주셔서 감사합니다.", "Thank you for telling us.")


@blueprint.get("/l/<token>")
def link(token: str) -> Response:
    """Show what the link asks for, with its button; a link whose time is over says so and where to go on."""
    try:
        with product().engine.reading() as tx:
            found = links.get(tx, token)
            case = _case_of(tx, found)
            _speak_as(case)
            if found.answered_at is not None and found.purpose not in links.REPEATABLE:
                return _answered(tx, found, case, 200)
            return _page(tx, found, case, {})
    except LinkExpired as error:
        return _over(error)


@blueprint.post("/l/<token>")
def answer(token: str) -> Response:
    """Take the answer, once; what does not fit is shown beside its field."""
    boxes = form_rendering.typed_of(request.form)
    add, drop = request.form.get("_add"), request.form.get("_drop")
    try:
        with product().engine.reading() as tx:
            found = links.get(tx, token)
            case = _case_of(tx, found)
            _speak_as(case)
            form = form_of(tx, found)
            if form and (add or drop):
                return _page(tx, found, case, form_rendering.edited_rows(form, boxes, add=add, drop=drop))
        with product().engine.transaction("customer") as tx:
            once(tx, request_key(), lambda: _take(tx, token, form, boxes))
        with product().engine.reading() as tx:
            return _answered(tx, links.get(tx, token), _case_of(tx, found), 200)
    except LinkExpired as error:
        return _over(error)
    except InvalidForm as error:
        with product().engine.reading() as tx:
            return _page(tx, found, case, boxes, error)
    except Conflict as error:
        return _said(say(_asks(found)[0]), say(error.sentence), case, 409)


def _asks(found: Link) -> tuple[Sentence, Sentence, Sentence]:
    return ASKS.get(found.message or "") or ASKS.get(found.purpose, OTHER)


def _chosen(found: Link) -> str:
    """The time that a link to one of several stands for."""
    time = found.payload.get("value")
    if found.purpose != "slot" or not isinstance(time, datetime):
        return ""
    return str(t("고르신 시간은 {at}입니다.", "You chose {at}.", at=moment(time)))


def _take(tx: Transaction, token: str, form: Form | None, boxes: Typed) -> Answer:
    found = links.get(tx, token)
    raw = form_rendering.raw_of(form, boxes) if form else {}
    links.answer(tx, token, typed(tx, found, raw))
    return Answer({"purpose": found.purpose})


def _case_of(tx: Transaction, found: Link) -> Case | None:
    return cases.find_case(tx, found.case_no)


def _speak_as(case: Case | None) -> None:
    if case and request.args.get("lang") not in LANGUAGES and request.cookies.get(COOKIE) not in LANGUAGES:
        speak(case.lang)


def _page(tx: Transaction, found: Link, case: Case | None, boxes: Typed, error: InvalidForm | None = None) -> Response:
    form = form_of(tx, found)
    look = Look(services=services_of(tx))
    views = form_rendering.field_views(form, boxes, error, look) if form else []
    title, sentence, button = _asks(found)
    page = render_template(
        "portal/act.html",
        title=say(title),
        lead=t(
            "{what} {until}까지 열려 있습니다.",
            "{what} Open until {until}.",
            what=f"{_chosen(found)} {say(sentence)}".strip(),
            until=moment(found.until),
        ),
        trail=[(case.no, _case_page(tx, case))] if case else [],
        fields=views,
        problems=form_rendering.problems(form, error, views) if form else [],
        ask="",
        submit=say(form.submit) if form and form.submit else say(button),
        back="",
        key=request.form.get("idempotency_key") or new_key(),
    )
    return make_response(page, 422 if error else 200)


def _case_page(tx: Transaction, case: Case) -> str:
    return url_for("tracking.case", token=cases.tracking_token(tx, case))


def _answered(tx: Transaction, found: Link, case: Case | None, status: int) -> Response:
    title = _asks(found)[0]
    page = render_template(
        "portal/said.html",
        eyebrow=say(title),
        title=say(THANKS),
        sentence=t("{at}에 받았습니다.", "Received on {at}.", at=moment(found.answered_at)),
        actions=[Way(str(t("진행상황 보기", "See your request")), _case_page(tx, case))] if case else [],
    )
    return make_response(page, status)


def _over(error: LinkExpired) -> Response:
    return _said(
        str(t("이 주소의 기간이 끝났습니다.", "The time of this address is over.")), say(error.sentence), None, 410
    )


def _said(title: str, sentence: str, case: Case | None, status: int) -> Response:
    ways = [Way(str(t("접수번호로 찾기", "Find by number")), url_for("tracking.find"))]
    if case is not None:
        with product().engine.reading() as tx:
            ways = [Way(str(t("진행상황 보기", "See your request")), _case_page(tx, case))]
    page = render_template("portal/said.html", title=title, sentence=sentence, actions=ways)
    return make_response(page, status)
