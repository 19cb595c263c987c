"""Boards: what hangs on a wall and is read from afar; the reception's visitors and passes."""

from __future__ import annotations

from flask import Response

from engine.transaction import Transaction
from web.api import answers
from web.api.operations import INSTANT, TEXT, WHOLE, api, listed, maybe, operation, record
from web.sign_in import need_user
from workflows import permissions, visits
from workflows.visits import Visit

VISIT = record(
    case=TEXT,
    visitor_name=TEXT,
    org=TEXT,
    others=WHOLE,
    at=INSTANT,
    room=TEXT,
    host=maybe(TEXT),
    arrived_at=maybe(INSTANT),
    meet_until=maybe(INSTANT),
    met_at=maybe(INSTANT),
)
OUT = record(pass_no=TEXT, case=TEXT, visitor_name=TEXT, out_at=INSTANT)


@api.get("/boards/reception")
@operation(
    "The reception desk: who is expected today, who is here, and which passes are out",
    scope="tasks:read",
    answers={200: record(expected=listed(VISIT), present=listed(VISIT), passes_out=listed(OUT))},
)
def reception_board() -> Response:
    """Answer the reception's day; for the reception, security, managers and the charter office."""
    user = need_user()

    def read(tx: Transaction) -> object:
        permissions.require(tx, user, "reception")
        desk = visits.reception(tx)
        return {
            "expected": [visit_json(one) for one in desk.expected],
            "present": [visit_json(one) for one in desk.present],
            "passes_out": [
                {"pass_no": one.pass_no, "case": one.case_no, "visitor_name": name, "out_at": one.out_at}
                for one, name in desk.passes_out
            ],
        }

    return answers.looked(read)


def visit_json(visit: Visit) -> dict[str, object]:
    """Return one visit as JSON."""
    return {
        "case": visit.case_no,
        "visitor_name": visit.visitor,
        "org": visit.org,
        "others": visit.others,
        "at": visit.appointment,
        "room": visit.room,
        "host": visit.host,
        "arrived_at": visit.arrived_at,
        "meet_until": visit.meet_until,
        "met_at": visit.met_at,
    }
