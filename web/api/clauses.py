"""Clauses, figures and topics: what is promised, how it was kept, what service tasks may name."""

from __future__ import annotations

from flask import Response

from engine.errors import NotFound, Sentence
from engine.transaction import Transaction
from web.api import answers, requests
from web.api.operations import NUMBER, TEXT, WHOLE, api, listed, maybe, operation, page_of, record
from web.periods import period
from web.problems import NotUnderstood
from web.product import product
from web.sign_in import need_user
from workflows import availability, clauses, coverage, figures, organisation, permissions

FIGURE = record(
    clause=TEXT,
    ko=TEXT,
    en=TEXT,
    kind=TEXT,
    kept=WHOLE,
    breached=WHOLE,
    waived=WHOLE,
    void=WHOLE,
    running=WHOLE,
    percent=maybe(NUMBER),
    public_text=TEXT,
    target=maybe(NUMBER),
)


@api.get("/compliance")
@operation("How each clause was kept", scope="figures:read", query={"period": "2026Q3"}, answers={200: page_of(FIGURE)})
def compliance() -> Response:
    """Answer a row a clause for the promises that fell due in the period."""
    user = need_user()

    def read(tx: Transaction) -> object:
        permissions.require(tx, user, "figures")
        asked = requests.query("period")
        if asked is None:
            raise NotUnderstood(Sentence("'period'가 필요합니다.", "Expected 'period'."))
        span = period(asked)
        return answers.paged([_figure(one) for one in figures.compliance(tx, span.name)])

    return answers.looked(read)
