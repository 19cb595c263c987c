"""Recipients: an interruption's or incident's proof, one row for each address that was told."""

from __future__ import annotations

from flask import Response

from engine.transaction import Transaction
from web.api import answers
from web.api.cases import visible_case
from web.api.operations import FLAG, INSTANT, TEXT, WHOLE, api, listed, maybe, operation, record
from web.sign_in import need_user
from workflows import permissions, recipients
from workflows.recipients import Recipient

ROW = record(to=TEXT, channel=TEXT, state=TEXT, told_at=maybe(INSTANT), late_subscriber=FLAG)


@api.get("/cases/<no>/recipients")
@operation(
    "Who is told about an interruption or incident, and the proof",
    scope="cases:read",
    answers={200: record(impacted=WHOLE, told=WHOLE, items=listed(ROW))},
)
def list_recipients(no: str) -> Response:
    """Answer every active recipient; `told` and `impacted` leave late subscribers out."""
    user = need_user()

    def read(tx: Transaction) -> object:
        case = visible_case(tx, user, no)
        knows = permissions.may_see_contact(tx, user, case)
        tally = recipients.tally(tx, no)
        rows = [_row(one, knows=knows) for one in recipients.active(tx, no)]
        return {"impacted": tally.impacted, "told": tally.told, "items": rows}

    return answers.looked(read)


def _row(one: Recipient, *, knows: bool) -> dict[str, object]:
    return {
        "to": one.email if knows else permissions.masked_email(one.email), "channel": one.channel, "state": one.state,
        "told_at": one.told_at, "late_subscriber": one.late_subscriber,
    }  # fmt: skip
