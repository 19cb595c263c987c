"""How the charter's nouns look in JSON; one function a noun, each with its schema beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.business_calendar import Stretch
from engine.mails import Mail
from engine.user_tasks import UserTask
from web.api.operations import FLAG, INSTANT, RECORD, TEXT, WHOLE, listed, maybe, record
from workflows.cases import Case, CaseLink
from workflows.milestones import Milestone
from workflows.promises import Promise

MILESTONE = record(
    code=TEXT, ko=TEXT, en=TEXT, reached_at=maybe(INSTANT), expected_at=maybe(INSTANT), state=TEXT, note=maybe(TEXT)
)


def milestone(one: Milestone) -> dict[str, object]:
    """Return a milestone; `note` says 지연 where it was planned anew for later."""
    delayed = one.state.value == "delayed"
    return {
        "code": one.code,
        "ko": one.ko,
        "en": one.en,
        "reached_at": one.reached_at,
        "expected_at": one.expected_at,
        "first_expected_at": one.first_expected_at,
        "state": one.state.value,
        "note": "지연" if delayed else None,
        "note_en": "Delayed" if delayed else None,
        "reason_ko": one.reason_ko,
        "reason_en": one.reason_en,
    }


INFORMATIONAL = record(spec=TEXT, due_at=INSTANT, state=TEXT)
STRETCH = record(**{"from": INSTANT, "to": INSTANT, "counted": FLAG, "note": TEXT, "note_en": TEXT})
PROMISE = record(
    id=WHOLE,
    clause=TEXT,
    item=TEXT,
    case=TEXT,
    process=TEXT,
    element_id=TEXT,
    started_at=INSTANT,
    spec=TEXT,
    due_at=INSTANT,
    warn_at=maybe(INSTANT),
    state={"type": "string", "enum": ["RUNNING", "KEPT", "BREACHED", "WAIVED", "VOID"]},
    met_at=maybe(INSTANT),
    breached_at=maybe(INSTANT),
    paused_at=maybe(INSTANT),
    due_history=listed(record(due_at=INSTANT, changed_at=INSTANT, reason=TEXT)),
    reason=maybe(TEXT),
    why=listed(STRETCH),
    informational=maybe(INFORMATIONAL),
)


def promise(one: Promise) -> dict[str, object]:
    """Return a promise with the calendar's working."""
    second = one.informational
    return {
        "id": one.id,
        "clause": one.clause,
        "item": one.item,
        "case": one.case_no,
        "process": one.process,
        "element_id": one.element_id,
        "started_at": one.started_at,
        "spec": one.spec,
        "due_at": one.due_at,
        "warn_at": one.warn_at,
        "state": one.state.value,
        "met_at": one.met_at,
        "breached_at": one.breached_at,
        "paused_at": one.paused_at,
        "due_history": [{"due_at": c.due_at, "changed_at": c.changed_at, "reason": c.reason} for c in one.due_history],
        "reason": one.reason,
        "cause": one.cause,
        "why": [stretch(s) for s in one.why],
        "informational": {"spec": second.spec, "due_at": second.due_at, "state": second.state} if second else None,
    }


def stretch(one: Stretch) -> dict[str, object]:
    """Return one stretch of the calendar's working."""
    return {
        "from": one.from_at,
        "to": one.to_at,
        "counted": one.counted,
        "note": one.note_ko,
        "note_en": one.note_en,
    }


URGENT = record(id=WHOLE, clause=TEXT, item=TEXT, due_at=INSTANT, warn_at=maybe(INSTANT), state=TEXT)
TASK = record(
    id=WHOLE,
    element_id=TEXT,
    name=TEXT,
    name_en=TEXT,
    case=maybe(TEXT),
    process=TEXT,
    instance=WHOLE,
    priority=maybe(TEXT),
    due_at=maybe(INSTANT),
    promise=maybe(URGENT),
    assignee=maybe(TEXT),
    candidate_groups=listed(TEXT),
    version=WHOLE,
    opened_at=INSTANT,
    form=maybe(TEXT),
    title=maybe(TEXT),
)


def task(one: UserTask, name_en: str, case: Case | None, urgent: Promise | None) -> dict[str, object]:
    """Return a user task as a list has it; `promise` is the most urgent one of its case."""
    return {
        "id": one.id,
        "element_id": one.element_id,
        "name": one.name,
        "name_en": name_en,
        "case": one.business_key,
        "process": case.process if case else one.definition_key,
        "instance": one.instance_id,
        "priority": one.priority if one.priority is not None else (case.priority if case else None),
        "due_at": one.due_at,
        "promise": _urgent(urgent),
        "assignee": one.assignee,
        "candidate_groups": one.candidate_groups,
        "candidate_users": one.candidate_users,
        "version": one.version,
        "state": one.state,
        "opened_at": one.opened_at,
        "form": one.form_key,
        "title": case.title if case else None,
    }


def _urgent(one: Promise | None) -> dict[str, object] | None:
    if one is None:
        return None
    return {
        "id": one.id,
        "clause": one.clause,
        "item": one.item,
        "due_at": one.due_at,
        "warn_at": one.warn_at,
        "state": one.state.value,
    }


CASE_MAIL = record(id=WHOLE, mail=maybe(TEXT), at=INSTANT, to=TEXT, subject=TEXT, state=TEXT, clauses=listed(TEXT))


def case_mail(one: Mail) -> dict[str, object]:
    """Return a mail as the case's page lists it."""
    return {
        "id": one.id,
        "message_id": one.message_id,
        "mail": one.reference.get("mail"),
        "at": one.accepted_at or one.created_at,
        "to": one.to_address,
        "subject": one.subject,
        "state": one.state,
        "clauses": one.reference.get("clauses") or [],
    }


CASE_ROW = record(
    case=TEXT,
    process=TEXT,
    title=TEXT,
    state=TEXT,
    end_state=maybe(TEXT),
    received_at=INSTANT,
    channel=TEXT,
    handler=maybe(TEXT),
    contact=maybe(RECORD),
)


def case_row(one: Case, *, contact: bool) -> dict[str, object]:
    """Return a case as a list has it; `contact` says whether the reader may know who the customer is."""
    return {
        "case": one.no,
        "process": one.process,
        "version": one.version,
        "title": one.title,
        "state": one.state,
        "end_state": one.end_state,
        "received_at": one.received_at,
        "ended_at": one.ended_at,
        "channel": one.channel,
        "handler": one.handler,
        "contact": customer(one) if contact else None,
    }


def customer(one: Case) -> dict[str, object]:
    """Return who the customer is, for those who may know."""
    who = one.contact
    return {
        "name": who.name,
        "org": who.org,
        "email": who.email,
        "phone": who.phone,
        "lang": who.lang,
        "verified_at": who.verified_at,
    }


CASE_LINK = record(case=TEXT, kind=TEXT, process=TEXT)


def case_links(found: Sequence[CaseLink]) -> list[Mapping[str, object]]:
    """Return the cases that belong to one."""
    return [{"case": one.no, "kind": one.kind, "process": one.process, "at": one.at} for one in found]
