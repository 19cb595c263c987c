"""Rehearsal: a virtual clock to move, captured mails to read, bounces to send; these calls exist in no other mode."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from flask import Flask, Response, request

from engine import mails
from engine.errors import NotFound, Sentence
from engine.transaction import Transaction
from web.api import answers, requests
from web.api.operations import INSTANT, TEXT, WHOLE, Field, api, listed, maybe, operation, page_of, record
from web.idempotency import Answer
from web.moments import instant_text
from web.problems import NotUnderstood, Unreadable
from web.product import product
from web.sign_in import SAFE

PAGE = 200
LENGTH = re.compile(
    r"P(?!$)(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,9})S)?)?"
)
ATTACHMENT = record(filename=TEXT, content_type=TEXT, text=TEXT)
MAIL = record(
    id=WHOLE,
    message_id=TEXT,
    mail=maybe(TEXT),
    at=INSTANT,
    to=listed(TEXT),
    subject=TEXT,
    language=TEXT,
    case=maybe(TEXT),
    clauses=listed(TEXT),
    text=TEXT,
    html=TEXT,
    attachments=listed(ATTACHMENT),
)


def register(app: Flask) -> None:
    """Settle the engine after every act, so that what an act brings about is there when its answer comes."""
    app.after_request(settle_after_acts)


def settle_after_acts(response: Response) -> Response:
    """After whatever may have changed something: run what is due at this standing instant."""
    if request.method not in SAFE and response.status_code < 400:
        product().engine.settle()
    return response


@api.before_request
def only_in_rehearsal() -> None:
    """Outside of rehearsal these addresses do not exist."""
    if request.path.startswith("/api/rehearsal/") and not product().rehearsal:
        raise NotFound(Sentence("찾을 수 없습니다.", "Not found."))


@api.get("/rehearsal/clock")
@operation("The virtual clock", scope="open", answers={200: record(now=INSTANT)})
def clock() -> Response:
    """Answer where the virtual clock stands."""
    return answers.respond({"now": product().engine.clock.now()})


@api.post("/rehearsal/clock")
@operation(
    "Move the virtual clock",
    scope="open",
    body={"to": Field(INSTANT), "by": Field(TEXT)},
    answers={200: record(now=INSTANT, fired=WHOLE)},
)
def move_clock() -> Response:
    """Move forward: everything due on the way happens at its own instant, in order, until nothing is due."""
    engine = product().engine
    target = _target(requests.body(), engine.clock.now())
    if target < engine.clock.now():
        now = str(instant_text(engine.clock.now()))
        raise Unreadable(
            Sentence(f"시계는 앞으로만 갑니다. 지금은 {now}입니다.", f"The clock only moves forward; it is {now}."),
            "to",
        )
    fired = engine.advance_clock(target)
    return answers.respond({"now": engine.clock.now(), "fired": fired})


def _target(sent: dict[str, object], now: datetime) -> datetime:
    if (sent.get("to") is None) == (sent.get("by") is None):
        raise NotUnderstood(Sentence("'to' 또는 'by' 하나가 필요합니다.", "Expected either 'to' or 'by'."))
    if sent.get("to") is not None:
        return requests.instant("to", sent["to"])
    found = LENGTH.fullmatch(str(sent["by"]))
    if not found:
        raise Unreadable(Sentence("PT2H 또는 P3D처럼 적어 주십시오.", "Expected a duration as PT2H or P3D."), "by")
    try:
        return now + timedelta(**{unit: int(n) for unit, n in found.groupdict().items() if n})
    except OverflowError as error:
        raise Unreadable(Sentence("너무 긴 시간입니다.", "That is too long."), "by") from error


@api.get("/rehearsal/mails")
@operation(
    "Captured mails, in order",
    scope="open",
    query={"after": "id of the last mail that is known"},
    answers={200: page_of(MAIL)},
)
def captured() -> Response:
    """Answer the mails that were handed over, oldest first."""
    product().engine.settle()
    after = requests.cursor() or 0

    def read(tx: Transaction) -> object:
        found = mails.list_after(tx, after, PAGE + 1)
        more = len(found) > PAGE
        return answers.paged([_mail(m) for m in found[:PAGE]], found[PAGE - 1].id if more else None)

    return answers.looked(read)


def _mail(mail: mails.Mail) -> dict[str, object]:
    about = mail.reference
    return {
        "id": mail.id,
        "message_id": mail.message_id,
        "mail": about.get("mail"),
        "at": mail.accepted_at or mail.created_at,
        "to": [mail.to_address],
        "subject": mail.subject,
        "language": mail.language,
        "case": about.get("case") or mail.business_key,
        "clauses": about.get("clauses") or [],
        "text": mail.text,
        "html": mail.html,
        "attachments": [
            {"filename": a.filename, "content_type": a.content_type, "text": a.text} for a in mail.attachments
        ],
    }


@api.post("/rehearsal/mails/<int:mail_id>/bounce")
@operation(
    "A bounce arrives now",
    scope="open",
    body={"kind": Field({"type": "string", "enum": ["hard", "soft"]}, required=True)},
    answers={200: record(id=WHOLE, kind=TEXT)},
)
def bounce(mail_id: int) -> Response:
    """Let a bounce of that mail arrive."""
    kind = requests.body()["kind"]
    if kind not in ("hard", "soft"):
        raise Unreadable(Sentence("hard 또는 soft여야 합니다.", "Expected hard or soft."), "kind")

    def act(tx: Transaction) -> Answer:
        mails.bounce(tx, mail_id, str(kind))
        return Answer({"id": mail_id, "kind": kind})

    return answers.done(act)
