"""Cases: open one, find them, see one as far as the reader may, send it a message."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from flask import Response, make_response, request

from engine import commands, instances, mails, user_tasks
from engine.errors import Conflict, Forbidden, Sentence
from engine.transaction import Transaction
from web.api import answers, requests, shapes
from web.api.operations import INSTANT, RECORD, TEXT, WHOLE, Field, api, listed, maybe, operation, page_of, record
from web.api.tasks import ranked
from web.denials import denied
from web.idempotency import Answer
from web.intake import Intake, open_case
from web.language import speak
from web.moments import instant_text, plain, read_instant
from web.product import product
from web.sign_in import current_user, need_user
from workflows import audit, cases, milestones, permissions, promises
from workflows.cases import Case
from workflows.organisation import User

ASKED = {"q": "number, customer or words", "process": "its name", "state": "open, closed, or an end state"}
NEW = record(case=TEXT, tracking_url=TEXT, pin=maybe(TEXT), instance=WHOLE)


@api.post("/cases")
@operation(
    "Open a case",
    scope="cases:write",
    body={
        "process": Field(TEXT, required=True),
        "channel": Field(TEXT),
        "lang": Field({"type": "string", "enum": ["ko", "en"]}),
        "form": Field(RECORD, required=True),
        "received_at": Field(INSTANT),
        "on_behalf_of": Field(TEXT),
    },
    answers={201: NEW},
)
def create() -> Response:
    """Open a case: anonymously for customer processes; staff may say when it came in and for whom."""
    user = current_user()
    sent = requests.body()
    speak(sent.get("lang") if user is None else request.args.get("lang"))
    intake = Intake(
        process=str(sent["process"]),
        form=sent["form"] if isinstance(sent["form"], dict) else {},
        channel=str(sent.get("channel") or "web"),
        lang="en" if sent.get("lang") == "en" else "ko",
        received_at=requests.optional_instant("received_at", sent.get("received_at")),
        on_behalf_of=str(sent["on_behalf_of"]) if sent.get("on_behalf_of") else None,
    )

    def act(tx: Transaction) -> Answer:
        new = open_case(tx, user, intake)
        opened: dict[str, object] = {"case": new.case.no, "tracking_url": cases.tracking_url(tx, new.case)}
        if new.pin:
            opened["pin"] = new.pin
        return Answer({**opened, "instance": new.case.instance_id}, 201)

    return answers.done(act)


@api.get("/cases")
@operation(
    "Cases that the caller may see, newest first",
    scope="cases:read",
    query={**ASKED, "after": "cursor"},
    answers={200: page_of(shapes.CASE_ROW)},
)
def search() -> Response:
    """Answer one page of cases."""
    user = need_user()

    def read(tx: Transaction) -> object:
        found = _found(tx, user, requests.query("after"), answers.PAGE + 1)
        rows = [shapes.case_row(c, contact=permissions.may_see_contact(tx, user, c)) for c in found[: answers.PAGE]]
        return answers.paged(rows, found[answers.PAGE - 1].no if len(found) > answers.PAGE else None)

    return answers.looked(read)


def _found(tx: Transaction, user: User, after: str | None, limit: int) -> list[Case]:
    visible = permissions.visible_cases(tx, user)
    asked = {name: requests.query(name) for name in ("q", "process", "state")}
    return cases.find(
        tx, **asked, visible=visible, searchable=permissions.searchable_contacts(user), after=after, limit=limit
    )


@api.get("/cases.csv")
@operation("The same list as a table", scope="cases:read", query=ASKED, answers={200: TEXT}, media="text/csv")
def table() -> Response:
    """Answer the cases as CSV, with a mark at its head that makes spreadsheets read Korean."""
    user = need_user()
    with product().engine.reading(user.name) as tx:
        rows = []
        for case in _found(tx, user, None, 10_000):
            who = case.contact if permissions.may_see_contact(tx, user, case) else None
            name, org = (who.name, who.org) if who else (None, None)
            received = instant_text(case.received_at)
            rows.append(
                (case.no, case.process, case.title, case.state, case.end_state, received, name, org, case.handler)
            )
    response = make_response("\ufeff" + csv_text(HEAD, rows))
    response.content_type = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = "attachment; filename=cases.csv"
    return response


HEAD = ("case", "process", "title", "state", "end_state", "received_at", "name", "org", "handler")


def csv_text(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table as CSV; a cell that a spreadsheet would take for a formula is led by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([[harmless(cell) for cell in row] for row in rows])
    return out.getvalue()


def harmless(cell: object) -> str:
    """Return a cell's text that no spreadsheet runs."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


WHOLE_CASE = record(
    case=TEXT,
    process=TEXT,
    version=maybe(WHOLE),
    state=TEXT,
    end_state=maybe(TEXT),
    received_at=INSTANT,
    milestones=listed(shapes.MILESTONE),
    promises=listed(shapes.PROMISE),
    tasks=listed(shapes.TASK),
    mails=listed(shapes.CASE_MAIL),
    links=listed(shapes.CASE_LINK),
    variables=RECORD,
)


@api.get("/cases/<no>")
@operation("One case, as far as the caller may see", scope="cases:read", answers={200: WHOLE_CASE})
def one_case(no: str) -> Response:
    """Answer a case; reading the personal data of a case that one has no part in is written into the audit."""
    user = need_user()

    with product().engine.reading(user.name) as tx:
        case = visible_case(tx, user, no)
        body, is_concerned = plain(whole(tx, user, case)), permissions.is_related(tx, user, case)
    if not is_concerned:
        with product().engine.transaction(user.name) as tx:
            audit.record(tx, "case read", case.no)
    return answers.respond(body)


def visible_case(tx: Transaction, user: User, no: str) -> Case:
    """Return the case when this user may know of it; raises NotFound, and the audit keeps the attempt."""
    case = cases.find_case(tx, no)
    if case is None or not permissions.may(tx, user, "see_case", case):
        raise denied(f"case {no[:20]}")
    return case


def whole(tx: Transaction, user: User, case: Case) -> dict[str, object]:
    """Return everything of a case that this user may see."""
    knows = permissions.may_see_contact(tx, user, case)
    open_tasks = [t for t in user_tasks.find_open(tx, business_key=case.no) if permissions.may_see_task(tx, user, t)]
    sent = mails.of_case(tx, case.no)
    values = instances.variables(tx, case.instance_id) if case.instance_id is not None else {}
    return {
        **shapes.case_row(case, contact=knows),
        "milestones": [shapes.milestone(m) for m in milestones.of_case(tx, case.no)],
        "promises": [shapes.promise(p) for p in promises.of_case(tx, case.no)],
        "tasks": ranked(tx, open_tasks),
        "mails": [shapes.case_mail(m) for m in sent if knows or m.to_address == user.email],
        "links": shapes.case_links(cases.links_of(tx, case.no)),
        "variables": permissions.visible_variables(tx, user, case, values),
    }


@api.post("/cases/<no>/messages")
@operation(
    "Send a BPMN message to a case",
    scope="cases:write",
    body={"name": Field(TEXT, required=True), "variables": Field(RECORD)},
    answers={200: record(delivered=WHOLE)},
)
def message(no: str) -> Response:
    """Give a message to the case; 409 when nothing in it waits for one of that name."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        case = visible_case(tx, user, no)
        if not permissions.may(tx, user, "work", case):
            raise Forbidden(Sentence("이 건에 알림을 보낼 권한이 없습니다.", "You may not send messages to this case."))
        sent = requests.body()
        given = sent.get("variables")
        values = {k: _typed(v) for k, v in given.items()} if isinstance(given, dict) else {}
        taken = commands.publish_message(tx, str(sent["name"]), values, business_key=case.no)
        if not taken:
            raise Conflict(
                Sentence(
                    "지금 이 건에서는 그 알림을 기다리지 않습니다.", "Nothing in this case waits for that message now."
                )
            )
        return Answer({"delivered": taken})

    return answers.done(act)


def _typed(value: object) -> object:
    """JSON has no instants: a text that is one, with its offset, becomes one."""
    if isinstance(value, str) and len(value) >= 20 and value[:4].isdigit():
        try:
            return read_instant(value)
        except ValueError:
            return value
    return value
