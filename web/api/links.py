"""Links: what the one-purpose addresses in mails ask for, and the answers to them."""

from __future__ import annotations

from flask import Response

from engine import definitions
from engine.errors import UnknownFields
from engine.forms import Form
from engine.process_application import InstanceView
from engine.transaction import Transaction
from web.api import answers, requests
from web.api.forms import FORM, form_json
from web.api.operations import INSTANT, RECORD, TEXT, Field, api, maybe, operation, record
from web.idempotency import Answer
from web.moments import SEOUL
from workflows import cases, links
from workflows.links import Link


@api.get("/links/<token>")
@operation(
    "What a link of a mail asks for",
    scope="open",
    answers={200: record(purpose=TEXT, case=maybe(TEXT), until=INSTANT, form=maybe(FORM))},
)
def ask_link(token: str) -> Response:
    """Answer purpose, end and form of a link; 410 after its time."""

    def read(tx: Transaction) -> object:
        link = links.get(tx, token)
        form = form_of(tx, link)
        return {
            "purpose": link.purpose,
            "case": link.case_no,
            "until": link.until,
            "answered_at": link.answered_at,
            "form": form_json(form) if form else None,
        }

    return answers.looked(read)


@api.post("/links/<token>")
@operation(
    "Answer a link", scope="open", body={"values": Field(RECORD)}, answers={200: record(purpose=TEXT, case=maybe(TEXT))}
)
def answer_link(token: str) -> Response:
    """Take the answer: 422 with the sentence beside the field, 409 when it was answered already, 410 after its time."""

    def act(tx: Transaction) -> Answer:
        link = links.get(tx, token)
        given = requests.body().get("values")
        answered = links.answer(tx, token, typed(tx, link, dict(given) if isinstance(given, dict) else {}))
        return Answer({"purpose": answered.purpose, "case": answered.case_no})

    return answers.done(act)


def form_of(tx: Transaction, link: Link) -> Form | None:
    """Return the form that a link asks for, as the case's version of its process has it."""
    if link.form is None or link.process is None:
        return None
    case = cases.find_case(tx, link.case_no)
    version = case.version if case and case.process == link.process else None
    if version is None:
        live = definitions.find_latest(tx, link.process)
        version = live.version if live else 0
    return tx.application.form(tx, link.process, version, link.form)


def typed(tx: Transaction, link: Link, raw: dict[str, object]) -> dict[str, object]:
    """Return the answer's values, typed by the link's form; raises InvalidForm and UnknownFields."""
    form = form_of(tx, link)
    if form is None:
        if raw:
            raise UnknownFields([str(name)[:60] for name in raw])
        return {}
    case = cases.find_case(tx, link.case_no)
    view = InstanceView(
        (case.instance_id if case else None) or 0,
        link.process or "",
        (case.version if case else None) or 0,
        link.case_no,
        case.opened_at if case else tx.now,
    )
    today = tx.now.astimezone(SEOUL).date()
    functions = tx.application.functions(tx, view)
    return form.validate(raw, today=today, now=tx.now, context=dict(link.payload), functions=functions)
