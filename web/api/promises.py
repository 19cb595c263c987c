"""Promises: what runs until when and why; waiving and late proof by two people; counting open deadlines anew."""

from __future__ import annotations

from flask import Response

from engine.errors import Forbidden, Sentence
from engine.transaction import Transaction
from web.api import answers, requests, shapes
from web.api.operations import INSTANT, TEXT, WHOLE, Field, api, listed, operation, page_of, record
from web.idempotency import Answer
from web.periods import period
from web.problems import NotUnderstood
from web.sign_in import need_user
from workflows import cases, permissions, promises
from workflows.promises import PromiseState


@api.get("/promises")
@operation(
    "Promises, with the calendar's working",
    scope="cases:read",
    query={"clause": "C2", "case": "case number", "state": "RUNNING, KEPT …", "period": "2026Q3", "after": "cursor"},
    answers={200: page_of(shapes.PROMISE)},
)
def list_promises() -> Response:
    """Answer one page of promises of the cases that the caller may see."""
    user = need_user()

    def read(tx: Transaction) -> object:
        asked = requests.query("period")
        span = period(asked) if asked else None
        found = promises.find(
            tx,
            clause=requests.query("clause"),
            case_no=requests.query("case"),
            states=_states(),
            due_from=span.begins_at if span else None,
            due_before=span.ends_at if span else None,
            visible=permissions.visible_promises(tx, user),
            after=requests.cursor(),
            limit=answers.PAGE + 1,
        )
        more = len(found) > answers.PAGE
        page = found[: answers.PAGE]
        return answers.paged([shapes.promise(p) for p in page], page[-1].id if more else None)

    return answers.looked(read)


def _states() -> tuple[PromiseState, ...] | None:
    said = requests.query("state")
    if said is None:
        return None
    try:
        return tuple(PromiseState(one.strip().upper()) for one in said.split(","))
    except ValueError as error:
        known = ", ".join(state.value for state in PromiseState)
        raise NotUnderstood(
            Sentence(f"'state'는 {known} 중에서 고릅니다.", f"Expected 'state' among {known}.")
        ) from error


@api.post("/promises/<int:promise_id>/waive")
@operation(
    "Waive a promise; needs a second person",
    scope="users",
    body={"reason": Field(TEXT, required=True)},
    answers={200: record(id=WHOLE, state=TEXT)},
)
def waive(promise_id: int) -> Response:
    """Propose, or as the second person confirm, that a promise is waived."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        promise = promises.get(tx, promise_id)
        if not permissions.may(tx, user, "waive", cases.get(tx, promise.case_no)):
            raise Forbidden(Sentence("이 약속을 면제할 권한이 없습니다.", "You may not waive this promise."))
        second = permissions.may(tx, user, "sign_second")
        done = promises.waive(tx, promise_id, str(requests.body()["reason"]), may_sign_second=second)
        return Answer({"id": done.id, "state": done.state.value, "waits_for_second": done.state != PromiseState.WAIVED})

    return answers.done(act)


@api.post("/promises/<int:promise_id>/evidence")
@operation(
    "Late proof; effective when a second person says the same",
    scope="users",
    body={"met_at": Field(INSTANT, required=True), "what": Field(TEXT, required=True)},
    answers={200: shapes.PROMISE},
)
def bring_evidence(promise_id: int) -> Response:
    """Bring proof of when a promise was met."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        promise = promises.get(tx, promise_id)
        if not permissions.may(tx, user, "waive", cases.get(tx, promise.case_no)):
            raise Forbidden(
                Sentence("이 약속의 증빙을 적을 권한이 없습니다.", "You may not bring proof for this promise.")
            )
        sent = requests.body()
        met_at = requests.instant("met_at", sent["met_at"])
        second = permissions.may(tx, user, "sign_second")
        return Answer(
            shapes.promise(promises.evidence(tx, promise_id, met_at, str(sent["what"]), may_sign_second=second))
        )

    return answers.done(act)


@api.post("/promises/recalculate")
@operation(
    "Count open deadlines anew after the calendar changed",
    scope="users",
    body={"reason": Field(TEXT, required=True)},
    answers={200: record(changed=listed(record(**{"id": WHOLE, "from": INSTANT, "to": INSTANT})))},
)
def recalculate() -> Response:
    """Move open deadlines to where the calendar of today puts them; the old instants are kept."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        permissions.require(tx, user, "change_setting")
        moved = promises.recalculate(tx, str(requests.body()["reason"]))
        return Answer({"changed": [{"id": p.id, "from": before, "to": p.due_at} for p, before in moved]})

    return answers.done(act)
