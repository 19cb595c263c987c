"""Mailbox: every mail the product wrote, to read in a rehearsal; elsewhere for those who watch the outbox."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from markupsafe import Markup, escape

from engine import mails
from engine.errors import NotFound
from engine.mails import Attachment, Mail
from engine.transaction import Transaction
from web.casefile import mail_state
from web.denials import NOTHING, denied
from web.product import product
from web.sign_in import current_user, need_user
from web.words import t
from workflows import cases, catalogue, permissions
from workflows.organisation import User

blueprint = Blueprint("mailbox", __name__)

PAGE = 100
LINK = re.compile(r"https?://[^\s<>\"')\]]+")
# A mail's HTML is shown alone in a frame: its own inline styles, no script, no request to anywhere.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"


@dataclass(frozen=True, slots=True)
class MailView:
    """One mail as a row or a page."""

    id: int
    subject: str
    code: str
    to: str
    at: datetime
    case_no: str
    state: str
    html: bool = False
    linked_text: Markup | str = ""
    attachments: tuple[Attachment, ...] = ()
    error: str = ""


def may_read(user: User | None) -> bool:
    """Whether a user reads every mail: anybody in a rehearsal; else who watches the outbox, and knows customers."""
    if user is None:
        return False
    return product().rehearsal or permissions.reach(user, "see_outbox") is permissions.Reach.ALL


@blueprint.before_request
def ask_who() -> Response | None:
    """Outside of a rehearsal mails are for those who are signed in."""
    if product().rehearsal or current_user() is not None:
        return None
    return redirect(url_for("sign_in.ask", next=request.path), code=303)  # type: ignore[return-value]


def _reader(tx: Transaction, mail: Mail | None = None) -> None:
    """Raise NotFound for who may not read this mail (or the list)."""
    if product().rehearsal:  # nothing real lies here, and a tester has no account
        return
    user = need_user()
    if may_read(user) and not (mail and _is_hidden(tx, user, mail)):
        return
    case = cases.find_case(tx, mail.business_key) if mail else None
    if case is None or not permissions.may_see_contact(tx, user, case):
        raise denied("mailbox")


def _is_hidden(tx: Transaction, user: User, mail: Mail) -> bool:
    """Whether a mail is to an informant whom this user may not know: watching the outbox is no way round."""
    case = cases.find_case(tx, mail.business_key) if mail.reference.get("user") is None else None
    known = catalogue.process(case.process) if case else None
    if case is None or known is None or not known.hides_informant:
        return False
    return not permissions.may_see_contact(tx, user, case)


@blueprint.get("/mailbox")
def index() -> str:
    """List the mails, newest first."""
    before = request.args.get("before", "")
    with product().engine.reading() as tx:
        _reader(tx)
        every = mails.list_after(tx, 0, limit=100_000)
        last = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
        found = [m for m in every if last is None or m.id < last][-PAGE:]
        user = None if product().rehearsal else need_user()
        shown = [view(m) for m in reversed(found) if user is None or not _is_hidden(tx, user, m)]
    queued = sum(m.state == "queued" for m in every)
    failed = sum(m.state in ("failed", "bounced") for m in every)
    return render_template(
        "mailbox/list.html",
        mails=shown,
        older=url_for(".index", before=found[0].id) if found and found[0].id > every[0].id else "",
        sentence=t(
            "{n}통. 보내는 중 {queued}통, 닿지 않은 것 {failed}통.",
            "{n} mails; {queued} being sent, {failed} not delivered.",
            n=len(every),
            queued=queued,
            failed=failed,
        ),
    )


@blueprint.get("/mailbox/<int:mail_id>")
def mail(mail_id: int) -> str:
    """Show one mail."""
    with product().engine.reading() as tx:
        found = _readable(tx, mail_id)
    return render_template("mailbox/mail.html", mail=view(found, whole=True))


@blueprint.get("/mailbox/<int:mail_id>/html")
def html(mail_id: int) -> Response:
    """Answer a mail's HTML as it was sent, for the frame of its page: it can run and load nothing."""
    with product().engine.reading() as tx:
        found = _readable(tx, mail_id)
    if found.html is None:
        raise NotFound(NOTHING)
    response = make_response(found.html)
    response.content_type = "text/html; charset=utf-8"
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


def _readable(tx: Transaction, mail_id: int) -> Mail:
    found = mails.get(tx, mail_id)
    _reader(tx, found)
    return found


def view(mail: Mail, *, whole: bool = False) -> MailView:
    """Return a mail as its row, or as its page."""
    return MailView(
        id=mail.id,
        subject=mail.subject,
        code=str(mail.reference.get("mail") or ""),
        to=f"{mail.to_name} <{mail.to_address}>" if mail.to_name else mail.to_address,
        at=mail.accepted_at or mail.created_at,
        case_no=mail.business_key or "",
        state=mail_state(mail.state),
        html=mail.html is not None,
        linked_text=linked(mail.text) if whole else "",
        attachments=mail.attachments,
        error=mail.error or "" if mail.state != "accepted" else "",
    )


def linked(text: str) -> Markup:
    """Return a text with its addresses as links; only this product's own addresses become one."""
    parts, end = [], 0
    for found in LINK.finditer(text):
        address = found.group()
        parts.append(escape(text[end : found.start()]))
        own = address.startswith(product().public_url.rstrip("/") + "/")
        parts.append(Markup('<a href="{0}">{0}</a>').format(address) if own else escape(address))
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])
