"""Availability: how long a service could be used in a month; everybody may read it, the charter publishes it."""

from __future__ import annotations

from flask import Response

from engine.transaction import Transaction
from web.api import answers, requests
from web.api.operations import TEXT, WHOLE, api, operation, record
from web.words import seoul
from workflows import outages


@api.get("/services/<name>/availability")
@operation(
    "Availability of a service in a month, announced interruptions left out",
    scope="open",
    query={"month": "a month of Seoul, 2026-10; this one when it is left out"},
    answers={200: record(minutes=WHOLE, planned_min=WHOLE, unplanned_min=WHOLE, percent=TEXT)},
)
def availability(name: str) -> Response:
    """Answer the minutes of the month, planned and unplanned ones, and the percentage with two digits."""

    def read(tx: Transaction) -> object:
        month = requests.query("month") or f"{seoul(tx.now):%Y-%m}"
        found = outages.availability(tx, name, month)
        return {
            "minutes": found.minutes, "planned_min": found.planned_min, "unplanned_min": found.unplanned_min,
            "percent": str(found.percent),
        }  # fmt: skip

    return answers.looked(read)
