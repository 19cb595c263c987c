"""Rewards: the ledger of gifts, for those who answer for it; informants stand in it under a pseudonym."""

from __future__ import annotations

from flask import Response

from engine.errors import InvalidForm, Sentence
from engine.transaction import Transaction
from web.api import answers, requests
from web.api.operations import INSTANT, TEXT, WHOLE, api, maybe, operation, page_of, record
from web.sign_in import need_user
from workflows import cases, permissions, rewards
from workflows.organisation import User
from workflows.permissions import Reach
from workflows.rewards import Reward

ROW = record(
    id=WHOLE,
    case=TEXT,
    at=INSTANT,
    amount_krw=WHOLE,
    reason_code=TEXT,
    state=TEXT,
    pseudonym=TEXT,
    gift=maybe(TEXT),
    value_krw=maybe(WHOLE),
    sent_at=maybe(INSTANT),
    delivered_at=maybe(INSTANT),
    erased_at=maybe(INSTANT),
)
LONGEST_YEAR = 4


@api.get("/rewards")
@operation(
    "The ledger of gifts, oldest first; a decision of 0 won too",
    scope="figures:read",
    query={"case": "case number", "year": "calendar year, e.g. 2026", "after": "cursor"},
    answers={200: page_of(ROW)},
)
def list_rewards() -> Response:
    """Answer one page of the ledger; where a gift went stands in no row."""
    user = need_user()
    year = _year(requests.query("year"))

    def read(tx: Transaction) -> object:
        permissions.require(tx, user, "rewards")
        found = rewards.find(
            tx, case_no=requests.query("case"), year=year, after=requests.cursor(), limit=answers.PAGE + 1
        )
        page = found[: answers.PAGE]
        rows = [row(one) for one in page if _is_visible(tx, user, one)]
        return answers.paged(rows, page[-1].id if len(found) > answers.PAGE else None)

    return answers.looked(read)


def row(one: Reward) -> dict[str, object]:
    """Return a row of the ledger as JSON."""
    return {
        "id": one.id,
        "case": one.case_no,
        "at": one.at,
        "amount_krw": one.amount_krw,
        "reason_code": one.reason_code,
        "state": one.state.value,
        "pseudonym": one.pseudonym,
        "gift": one.gift,
        "value_krw": one.value_krw,
        "sent_at": one.sent_at,
        "delivered_at": one.delivered_at,
        "erased_at": one.erased_at,
    }


def _is_visible(tx: Transaction, user: User, one: Reward) -> bool:
    """Fulfilment sees the gifts that it had to send."""
    if permissions.reach(user, "rewards") is not Reach.OWN:
        return True
    case = cases.find_case(tx, one.case_no)
    return case is not None and permissions.is_related(tx, user, case)


def _year(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) == LONGEST_YEAR):
        raise InvalidForm({"year": [Sentence("연도를 2026처럼 적어 주십시오.", "Write a year like 2026.")]})
    return int(text)
