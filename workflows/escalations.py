"""Escalations: at its warning time and at its breach a promise starts the diagram `escalate` (charter.md §2.1 SB02)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from engine import commands, definitions
from engine.transaction import Transaction
from workflows import calendar_kr, cases, clauses, promises, settings
from workflows.calendar import calendar_of
from workflows.charter_config import config_of
from workflows.promises import Promise
from workflows.receivers import MANAGERS, users_of

ESCALATE = "escalate"
# Told at once whatever the hour: whoever is on call, and the five-minute call back (SB02).
NEVER_HELD = frozenset(("T5", "C1", "C6"))


def warn(tx: Transaction, payload: Mapping[str, object]) -> None:
    """Job `promise.warn`: tell the people in charge, once for each due instant."""
    due_at = datetime.fromisoformat(str(payload["due_at"]))
    promise = promises.warned(tx, int(str(payload["promise"])), due_at)
    if promise is not None:
        _start(tx, promise, "warn")


def breach(tx: Transaction, payload: Mapping[str, object]) -> None:
    """Job `promise.breach`, a second after the due instant: the promise is BREACHED, those who must know are told."""
    promise = promises.breach(tx, int(str(payload["promise"])))
    if promise is not None:
        _start(tx, promise, "breach")


def _start(tx: Transaction, promise: Promise, kind: str) -> None:
    if definitions.find_latest(tx, ESCALATE) is None:
        return
    commands.start_instance(tx, ESCALATE, _variables(tx, promise, kind), business_key=promise.case_no)


def _variables(tx: Transaction, promise: Promise, kind: str) -> dict[str, object]:
    case = cases.find_case(tx, promise.case_no)
    clause = clauses.clause(promise.clause)
    calendar = calendar_of(tx)
    left = calendar_kr.left_in_words(tx.now, promise.due_at, calendar)
    reason_due = calendar_kr.due_at(tx.now, settings.text_of(tx, "breach.reason_due"), calendar).at
    to = promise.warn_to if kind == "warn" else promise.breach_to
    return {
        "kind": kind, "promise_id": promise.id, "clause": clause.id, "clause_name": clause.name.ko,
        "clause_name_en": clause.name.en, "clause_ko": clause.ko, "clause_en": clause.en, "item": promise.item,
        "case_no": promise.case_no, "title": case.title if case else "", "process": promise.process,
        "element_id": promise.element_id, "started_at": promise.started_at, "due_at": promise.due_at,
        "warn_at": promise.warn_at, "spec": promise.spec, "left_ko": left.ko, "left_en": left.en,
        "receivers": users_of(tx, case, to, promise.owner), "owners": users_of(tx, case, promise.owner),
        "hold_until": hold_until(tx, promise.clause), "reason_due": reason_due, "managers_group": MANAGERS,
        "task_url": config_of(tx).url(f"/tasks?case={promise.case_no}"),
    }  # fmt: skip


def hold_until(tx: Transaction, clause: str) -> datetime | None:
    """Return until when a notice to staff waits (the next opening, once the grace after closing is over), or None."""
    calendar = calendar_of(tx)
    if clause in NEVER_HELD or calendar.is_open(tx.now):
        return None
    _, closing = calendar.hours(calendar.local_date(tx.now))
    is_working_day = calendar.is_holiday(calendar.local_date(tx.now)) is None
    told_until = calendar_kr.due_at(closing, settings.text_of(tx, "escalate.hold_grace"), calendar).at
    return None if is_working_day and closing <= tx.now <= told_until else calendar.next_opening(tx.now)
