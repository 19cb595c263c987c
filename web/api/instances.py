"""Process instances: start one, see where its tokens stand; stuck work and trying it again."""

from __future__ import annotations

from flask import Response

from engine import commands, history, incidents, instances
from engine.history import Entry
from engine.incidents import Incident
from engine.instances import Instance
from engine.transaction import Transaction
from web.api import answers, requests
from web.api.operations import INSTANT, RECORD, TEXT, WHOLE, Field, api, listed, maybe, operation, page_of, record
from web.denials import denied, unknown_alike
from web.idempotency import Answer
from web.sign_in import need_user
from workflows import cases, permissions
from workflows.organisation import User

ROW = record(
    id=WHOLE,
    process=TEXT,
    version=WHOLE,
    case=maybe(TEXT),
    state=TEXT,
    started_at=INSTANT,
    ended_at=maybe(INSTANT),
    end_element=maybe(TEXT),
)
TOKEN = record(token=WHOLE, element_id=TEXT, process=TEXT, version=WHOLE)
INCIDENT = record(
    id=WHOLE,
    instance=maybe(WHOLE),
    case=maybe(TEXT),
    element_id=maybe(TEXT),
    process=maybe(TEXT),
    cause=TEXT,
    message=TEXT,
    raised_at=INSTANT,
)


@api.post("/instances")
@operation(
    "Start a process that has no public form",
    scope="cases:write",
    body={"process": Field(TEXT, required=True), "variables": Field(RECORD)},
    answers={201: record(instance=WHOLE)},
)
def start() -> Response:
    """Start a deployed process as staff."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        permissions.require(tx, user, "start_process")
        sent = requests.body()
        key, given = str(sent["process"]), sent.get("variables")
        variables = dict(given) if isinstance(given, dict) else {}
        return Answer({"instance": commands.start_instance(tx, key, variables)}, 201)

    return answers.done(act)


@api.get("/instances")
@operation(
    "Process instances, newest first",
    scope="cases:read",
    query={
        "process": "key",
        "state": "active, completed, terminated or failed",
        "case": "case number",
        "after": "cursor",
    },
    answers={200: page_of(ROW)},
)
def list_instances() -> Response:
    """Answer one page of instances that the caller may see."""
    user = need_user()

    def read(tx: Transaction) -> object:
        found = instances.find(
            tx,
            process=requests.query("process"),
            state=requests.query("state"),
            business_key=requests.query("case"),
            after=requests.cursor(),
            limit=answers.PAGE + 1,
        )
        page = found[: answers.PAGE]
        rows = [row(one) for one in page if _is_visible(tx, user, one)]
        return answers.paged(rows, page[-1].id if len(found) > answers.PAGE else None)

    return answers.looked(read)


def row(one: Instance) -> dict[str, object]:
    """Return an instance as a list has it."""
    return {
        "id": one.id,
        "process": one.key,
        "version": one.version,
        "case": one.business_key,
        "state": one.state,
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "end_element": one.end_element,
        "error_code": one.error_code,
    }


def _is_visible(tx: Transaction, user: User, one: Instance) -> bool:
    case = cases.find_case(tx, one.business_key)
    mine = one.started_by == user.name
    return (
        mine
        or permissions.may(tx, user, "see_cockpit")
        or (case is not None and permissions.may(tx, user, "see_case", case))
    )


@api.get("/instances/<int:instance_id>")
@operation(
    "One instance: its tokens, variables, incidents and history",
    scope="cases:read",
    answers={
        200: record(
            id=WHOLE,
            process=TEXT,
            version=WHOLE,
            case=maybe(TEXT),
            state=TEXT,
            tokens=listed(TOKEN),
            variables=RECORD,
            incidents=listed(INCIDENT),
            history=listed(record(at=INSTANT, kind=TEXT, element_id=TEXT, what=TEXT)),
        )
    },
)
def one_instance(instance_id: int) -> Response:
    """Answer an instance as it stands."""
    user = need_user()

    def read(tx: Transaction) -> object:
        with unknown_alike(f"instance {instance_id}"):
            one = instances.get(tx, instance_id)
        if not _is_visible(tx, user, one):
            raise denied(f"instance {instance_id}")
        case = cases.find_case(tx, one.business_key)
        values = instances.variables(tx, one.id)
        stuck = [i for i in incidents.of_instance(tx, one.id) if i.resolved_at is None]
        return {
            **row(one),
            "tokens": [
                {
                    "token": t.token_id,
                    "element_id": t.element_id,
                    "process": t.definition_key,
                    "version": t.definition_version,
                }
                for t in instances.tokens(tx, one.id)
            ],
            "variables": permissions.visible_variables(tx, user, case, values) if case else values,
            "incidents": [incident(i) for i in stuck],
            "history": [entry(e) for e in history.of_instance(tx, one.id)],
        }

    return answers.looked(read)


def entry(one: Entry) -> dict[str, object]:
    """Return a history entry as JSON."""
    return {
        "at": one.at,
        "kind": one.kind,
        "element_id": one.element_id,
        "process": one.definition_key,
        "what": one.what,
        "by": one.by,
    }


def incident(one: Incident) -> dict[str, object]:
    """Return an incident as JSON."""
    return {
        "id": one.id,
        "instance": one.instance_id,
        "case": one.business_key,
        "element_id": one.element_id,
        "process": one.definition_key,
        "cause": one.cause,
        "message": one.message,
        "raised_at": one.raised_at,
    }


@api.get("/incidents")
@operation("Stuck work, oldest first", scope="cases:read", query={"after": "cursor"}, answers={200: page_of(INCIDENT)})
def list_incidents() -> Response:
    """Answer one page of open incidents."""
    user = need_user()

    def read(tx: Transaction) -> object:
        permissions.require(tx, user, "see_cockpit")
        found = incidents.open_incidents(tx, after=requests.cursor(), limit=answers.PAGE + 1)
        page = found[: answers.PAGE]
        more = len(found) > answers.PAGE
        return answers.paged([incident(i) for i in page], page[-1].id if more else None)

    return answers.looked(read)


@api.post("/incidents/<int:incident_id>/retry")
@operation("Try again where it got stuck", scope="users", body={}, answers={200: record(id=WHOLE)})
def retry(incident_id: int) -> Response:
    """Run the job or the element again."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        permissions.require(tx, user, "retry_jobs")
        requests.body()
        commands.retry_incident(tx, incident_id, by=user.name)
        return Answer({"id": incident_id})

    return answers.done(act)
