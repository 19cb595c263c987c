"""Jobs of voc_review: finds the service that is spoken of, and hands a case over to the process whose matter it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine import definitions
from engine.process_application import Outcome, Topic, Work
from engine.transaction import Transaction
from workflows import cases, catalogue, notes, organisation
from workflows.cases import Case

Form = dict[str, object]
CHANNELS = {"web": "web", "phone": "phone", "email": "email", "visit": "visit", "walk_in": "visit"}  # of complaints


def recognise_service(tx: Transaction, work: Work) -> Outcome:
    """Return the service that title or text name; of several the one with the longest name, named in the title first.

    Spaces do not count, so that 시세 전송 is found as 시세전송. Without one: a record whose `known` is False.
    """
    title, body = (_tight(work.variables.get(name)) for name in ("title", "body"))
    longest_first = sorted(organisation.all_services(tx), key=lambda service: -len(service.name))
    for text in (title, title + body):
        for service in longest_first:
            if any(_tight(name) in text for name in (service.name, service.name_en)):
                return Outcome({"service": service.record()})
    return Outcome({"service": organisation.service_record(tx, "")})


def _tight(text: object) -> str:
    return "".join(str(text or "").lower().split())


def hand_over(tx: Transaction, work: Work) -> Outcome:
    """Open a case of the process named by `where` with what the customer said, received when this one was.

    What is owed still (`owed`: clauses) goes with it. Where that process does not run yet, nothing is opened:
    `moved_to` is None, staff read why, and the diagram asks a person.
    """
    case, target = cases.get(tx, str(work.business_key)), str(work.variables["where"])
    known = catalogue.process(target)
    if definitions.find_latest(tx, target) is None:
        ko, en = (known.ko, known.en) if known else (target, target)
        notes.add(tx, case.no, "note", f"넘길 절차가 아직 없습니다: {ko}", f"That process does not run yet: {en}")
        return Outcome({"moved_to": None})
    owed = work.variables.get("owed")
    opened = cases.open_case(
        tx,
        target,
        channel=case.channel,
        lang=case.lang,
        form=_form(target, case, work.variables),
        received_at=case.received_at,
        on_behalf_of=case.on_behalf_of,
        by=None if case.created_by == "customer" else case.created_by,
        came_from=case.no,
        owes=[str(clause) for clause in owed] if isinstance(owed, list) else [],
    )
    cases.link(tx, case.no, opened.case.no, "handed_over")
    return Outcome({"moved_to": opened.case.no})


def _form(target: str, case: Case, seen: Mapping[str, object]) -> Form:
    """What the other process would have asked, as far as it was said; its own people ask for the rest."""
    contact = case.contact
    who: Form = {
        "name": contact.name, "org": contact.org, "email": contact.email, "phone": contact.phone, "lang": contact.lang,
        "contact_verified": contact.verified_at is not None, "privacy_consent": case.form.get("privacy_consent"),
        "title": case.title,
    }  # fmt: skip
    return {**who, **FORMS.get(target, _plain)(case, seen)}


def _plain(case: Case, seen: Mapping[str, object]) -> Form:
    return {"body": seen.get("body")}


def _complaint(case: Case, seen: Mapping[str, object]) -> Form:
    return {
        "what": "other", "when": case.received_at, "where_channel": CHANNELS.get(case.channel, "other"),
        "description": _said(case, seen),
        "anonymity": "anonymous" if case.is_anonymous else "hide_from_department",
    }  # fmt: skip


def _compliment(case: Case, seen: Mapping[str, object]) -> Form:
    return {
        "employee_or_department": None, "what_happened": _said(case, seen), "may_publish": case.form.get("public"),
    }  # fmt: skip


def _idea(case: Case, seen: Mapping[str, object]) -> Form:
    return {"problem": case.title, "idea": seen.get("body"), "who_benefits": None, "ip_terms": None}


def _request(case: Case, seen: Mapping[str, object]) -> Form:
    service = seen.get("service")
    named = service["name"] if isinstance(service, Mapping) and service.get("known") else None
    return {"category": "other", "service": named, "urgency": "normal", "body": seen.get("body")}


def _said(case: Case, seen: Mapping[str, object]) -> str:
    return f"{case.title}\n\n{seen.get('body') or ''}"


FORMS: Mapping[str, Callable[[Case, Mapping[str, object]], Form]] = {
    "complaint_reward": _complaint,
    "compliment": _compliment,
    "product_idea": _idea,
    "request_handling": _request,
}
TOPICS = (
    Topic(
        "recognise_service",
        "어느 서비스인지 찾기",
        "Find the service spoken of",
        recognise_service,
        inputs=("title", "body"),
        outputs=("service",),
    ),
    Topic(
        "hand_over",
        "다른 절차로 넘기기",
        "Hand over to another process",
        hand_over,
        inputs=("where", "owed", "body", "service"),
        outputs=("moved_to",),
    ),
)
