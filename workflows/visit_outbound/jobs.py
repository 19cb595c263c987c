"""Jobs of visit_outbound: what is left to do after a visit becomes requests of their own."""

from __future__ import annotations

from engine.process_application import Outcome, Topic, Work
from engine.transaction import Transaction
from workflows import cases


def open_follow_ups(tx: Transaction, work: Work) -> Outcome:
    """Open a request for each open point, linked with the visit; `follow_up_cases` tells the customer their numbers."""
    case = cases.get(tx, str(work.business_key))
    rows = work.variables.get("follow_ups")
    told: list[object] = []
    for row in rows if isinstance(rows, list) else []:
        form = {
            "org": case.contact.org, "name": case.contact.name, "email": case.contact.email,
            "phone": case.contact.phone, "lang": case.lang, "category": "other", "service": row.get("service"),
            "title": row["title"], "body": row.get("body") or row["title"], "urgency": "normal",
            "privacy_consent": True,
        }  # fmt: skip
        new = cases.open_case(
            tx, "request_handling", channel="visit", lang=case.lang, form=form, by=str(work.variables["visitor"])
        )
        cases.link(tx, case.no, new.case.no, "follow_up")
        told.append({"no": new.case.no, "title": row["title"]})
    return Outcome({"follow_up_cases": told})


TOPICS = (
    Topic(
        "open_follow_ups",
        "남은 일을 요청으로 열기",
        "Open requests for what is left",
        open_follow_ups,
        inputs=("follow_ups", "visitor"),
        outputs=("follow_up_cases",),
    ),
)
