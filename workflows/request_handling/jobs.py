"""Jobs of request_handling: what its diagram asks of the machine beside mails."""

from __future__ import annotations

from engine.process_application import Outcome, Topic, Work
from engine.transaction import Transaction
from workflows import cases


def hand_over_to_regulatory(tx: Transaction, work: Work) -> Outcome:
    """Open a case of regulatory_change with what the request says; its coordinator asks for the rest."""
    case = cases.get(tx, str(work.business_key))
    seen = work.variables
    service = seen.get("service")
    requester = {
        "name": case.contact.name, "org": case.contact.org, "email": case.contact.email,
        "phone": case.contact.phone, "lang": case.contact.lang,
    }  # fmt: skip
    form = {
        "regulation_title": case.title,
        "authority": "other",
        "doc_no": None,
        "effective_date": None,
        "requested_deadline": seen.get("desired_date"),
        "requester": requester,
        "affected_services": [service["name"]] if isinstance(service, dict) else [],
        "affected_customers": "list",
        "summary": seen.get("body"),
        "name": case.contact.name,
        "org": case.contact.org,
        "email": case.contact.email,
        "phone": case.contact.phone,
    }
    opened = cases.open_case(tx, "regulatory_change", channel=case.channel, lang=case.lang, form=form, by=tx.actor)
    cases.link(tx, case.no, opened.case.no, "handed_over")
    return Outcome({"moved_to": opened.case.no})


TOPICS = (
    Topic(
        "hand_over_to_regulatory",
        "제도 변경 절차로 넘기기",
        "Hand over to the regulatory process",
        hand_over_to_regulatory,
        inputs=("body", "service", "desired_date"),
        outputs=("moved_to",),
    ),
)
