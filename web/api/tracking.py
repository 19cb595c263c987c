"""Tracking: what the customer sees of a case, and the moves that are his: reply, cancel, reopen."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from flask import Response

from engine.errors import NotFound, Sentence
from engine.transaction import Transaction
from web.api import answers, requests, shapes
from web.api.operations import INSTANT, TEXT, WHOLE, Field, api, listed, maybe, operation, record
from web.idempotency import Answer
from web.product import product
from web.throttle import MINUTE, throttle
from workflows import cases, catalogue, milestones, notes, organisation, promises, settings
from workflows.cases import Case

# One sentence for everything that is wrong: nothing tells a number that exists from one that does not.
UNKNOWN = NotFound(
    Sentence("찾을 수 없습니다. 주소나 번호를 확인해 주십시오.", "Not found. Please check the address or the number.")
)
GUESSES_PER_MINUTE = 60
SEEN = record(
    case=TEXT,
    process=TEXT,
    title=TEXT,
    state=TEXT,
    end_state=maybe(TEXT),
    received_at=INSTANT,
    milestones=listed(shapes.MILESTONE),
    promises=listed(record(clause=TEXT, item=TEXT, due_at=INSTANT, state=TEXT)),
    contact=maybe(record(department=TEXT, name=TEXT, phone=TEXT)),
)
KEYS = {"token": Field(TEXT), "pin": Field(TEXT)}


def by_token(tx: Transaction, token: str) -> Case:
    """Return the case of a tracking token; raises the one NotFound that every wrong token gets."""
    try:
        return cases.by_token(tx, token)
    except NotFound:
        raise NotFound(UNKNOWN.sentence) from None


def by_pin(tx: Transaction, no: str, pin: str) -> Case:
    """Return the case of number and PIN; raises NotFound, and TooMany to who guesses."""
    key, now = f"pin:{no[:30]}", product().engine.clock.machine()
    throttle().check(key, GUESSES_PER_MINUTE, MINUTE, now)
    try:
        return cases.by_pin(tx, no, pin)
    except NotFound:
        throttle().count(key, MINUTE, now)
        raise NotFound(UNKNOWN.sentence) from None


def seen(tx: Transaction, case: Case) -> dict[str, object]:
    """Return what the customer sees: no staff names but the contact's, nothing of what is said inside."""
    process = catalogue.process(case.process)
    words = process.end_words(case.end_state) if process and case.end_state else None
    said = notes.of_case(tx, case.no, "line", "reply")
    return {
        "case": case.no,
        "process": case.process,
        "name": process.ko if process else case.process,
        "name_en": process.en if process else case.process,
        "title": case.title,
        "state": case.state,
        "end_state": case.end_state,
        "end": words.ko if words else None,
        "end_en": words.en if words else None,
        "received_at": case.received_at,
        "milestones": [shapes.milestone(m) for m in milestones.of_case(tx, case.no)],
        "promises": [
            {"clause": p.clause, "item": p.item, "due_at": p.due_at, "state": p.state.value, "met_at": p.met_at}
            for p in promises.of_case(tx, case.no)
        ],
        "notes": [{"ko": n.ko, "en": n.en, "at": n.at, "kind": n.kind} for n in said],
        "contact": _contact(tx, case),
    }


def _contact(tx: Transaction, case: Case) -> dict[str, object] | None:
    person = organisation.find_user(tx, case.handler) if case.handler else None
    if person is None or not settings.is_on(tx, "tracking.show_contact"):
        return None
    return {"department": person.department, "name": person.ko_name, "name_en": person.en_name, "phone": person.phone}


@api.get("/track/<token>")
@operation("What the customer sees", scope="open", answers={200: SEEN})
def by_link(token: str) -> Response:
    """Answer the case of a tracking link."""
    return answers.looked(lambda tx: seen(tx, by_token(tx, token)))


@api.post("/track")
@operation(
    "The same by number and PIN",
    scope="open",
    body={"case": Field(TEXT, required=True), "pin": Field(TEXT, required=True)},
    answers={200: SEEN},
)
def by_number() -> Response:
    """Answer the case of number and PIN."""
    sent = requests.body()
    return answers.looked(lambda tx: seen(tx, by_pin(tx, str(sent["case"]), str(sent["pin"]))))


def own_case(tx: Transaction, no: str, sent: Mapping[str, object]) -> Case:
    """Return the case when the body's token or PIN belongs to it; raises the one NotFound otherwise."""
    if sent.get("pin"):
        return by_pin(tx, no, str(sent["pin"]))
    case = by_token(tx, str(sent.get("token") or ""))
    if not hmac.compare_digest(case.no.encode(), no.encode()):
        raise NotFound(UNKNOWN.sentence)
    return case


@api.post("/cases/<no>/reply")
@operation(
    "The customer replies",
    scope="open",
    body={**KEYS, "text": Field(TEXT), "files": Field({"type": "array", "items": {"type": "string"}})},
    answers={200: record(case=TEXT, delivered=WHOLE)},
)
def reply(no: str) -> Response:
    """Add the customer's words to the case, and go on where it waits for them."""

    def act(tx: Transaction) -> Answer:
        sent = requests.body()
        case = own_case(tx, no, sent)
        words = str(sent.get("text") or "").strip()[:4000]
        listed_files = sent.get("files")
        files = [str(one) for one in listed_files] if isinstance(listed_files, list) else []
        own = {one.id for one in notes.files_of(tx, case.no)}
        taken = cases.reply(tx, case.no, words, [one for one in files if one in own])
        return Answer({"case": case.no, "delivered": taken})

    return answers.done(act)


@api.post("/cases/<no>/cancel")
@operation(
    "The customer takes the case back",
    scope="open",
    body={**KEYS, "reason": Field(TEXT)},
    answers={200: record(case=TEXT)},
)
def cancel(no: str) -> Response:
    """Cancel the case; 409 when it has ended or can no longer be stopped."""

    def act(tx: Transaction) -> Answer:
        sent = requests.body()
        case = own_case(tx, no, sent)
        cases.cancel(tx, case.no, str(sent.get("reason") or "")[:2000])
        return Answer({"case": case.no})

    return answers.done(act)


@api.post("/cases/<no>/reopen")
@operation(
    "The customer opens a closed case again",
    scope="open",
    body={**KEYS, "reason": Field(TEXT)},
    answers={201: record(case=TEXT, tracking_url=TEXT)},
)
def reopen(no: str) -> Response:
    """Open a new case that goes on with a closed one."""

    def act(tx: Transaction) -> Answer:
        sent = requests.body()
        case = own_case(tx, no, sent)
        new = cases.reopen(tx, case.no, str(sent.get("reason") or "")[:2000])
        opened: dict[str, object] = {"case": new.case.no, "tracking_url": cases.tracking_url(tx, new.case)}
        if new.pin:
            opened["pin"] = new.pin
        return Answer(opened, 201)

    return answers.done(act)
