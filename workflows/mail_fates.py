"""What became of a mail: accepted, it keeps its promises; failed or bounced, a person tells the customer instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import commands, mails
from engine.errors import Sentence
from engine.mails import Mail
from engine.process_application import QueuedMail
from engine.transaction import Transaction
from workflows import cases, catalogue, promises, recipients

UNDELIVERED = "MSG_MAIL_UNDELIVERED"
DESK = "접수"
WORDS = {
    "failed": Sentence("메일 서버가 여러 번 받지 않았습니다.", "The mail server did not take it, several times."),
    "hard": Sentence("받는 주소가 없어 메일이 되돌아왔습니다.", "The mail came back: there is no such address."),
    "no_address": Sentence("고객의 이메일 주소가 없습니다.", "No e-mail address of the customer is known."),
}


def accepted(tx: Transaction, mail: QueuedMail) -> None:
    """The next server has the mail: the promises that it keeps are met at this instant."""
    promises.stop(tx, _numbers(mail.reference.get("promises")), tx.now, mail_id=mail.id)
    recipients.accepted(tx, mail)
    case_no = mail.reference.get("case")
    if mail.reference.get("customer") and isinstance(case_no, str):
        cases.mailed(tx, case_no, tx.now)


def failed(tx: Transaction, mail: QueuedMail) -> None:
    """The mail cannot be delivered: what hung on it runs on, and a person tells the customer."""
    kept = mails.get(tx, mail.id)
    _undo(tx, kept)
    recipients.undelivered(tx, kept, "failed")
    _by_hand(tx, kept, "failed")


def bounced(tx: Transaction, mail: QueuedMail) -> None:
    """The mail came back; a soft bounce is only noted."""
    kept = mails.get(tx, mail.id)
    if kept.bounce == "hard":
        _undo(tx, kept)
        recipients.undelivered(tx, kept, "bounced")
        _by_hand(tx, kept, "hard")


def _undo(tx: Transaction, mail: Mail) -> None:
    """Take back what the mail proved, unless its words stand on the tracking page as well."""
    case = cases.find_case(tx, mail.reference.get("case"))
    known = catalogue.process(case.process) if case else None
    if known is not None and known.posts_answers and mail.reference.get("customer"):
        promises.keep_by_page(tx, mail.id, mail.created_at)
    else:
        promises.withdraw_proof(tx, mail.id)


def by_hand(tx: Transaction, payload: Mapping[str, object]) -> None:
    """Job `mail.by_hand`: start the diagram that lets a person tell a customer without an address."""
    _start(tx, payload, str(payload.get("kind") or "no_address"))


def _by_hand(tx: Transaction, mail: Mail, kind: str) -> None:
    reference: Mapping[str, Any] = mail.reference
    if reference.get("user") is not None:
        return  # staff see it in their inbox anyway
    case = cases.find_case(tx, reference.get("case"))
    facts = {
        **reference, "mail_id": mail.id, "address": mail.to_address, "to_name": mail.to_name, "subject": mail.subject,
        "text": mail.text, "phone": case.contact.phone if case else None,
    }  # fmt: skip
    _start(tx, facts, kind)


def _start(tx: Transaction, facts: Mapping[str, object], kind: str) -> None:
    words = WORDS[kind]
    case_no = facts.get("case")
    case = cases.find_case(tx, case_no if isinstance(case_no, str) else None)
    variables: dict[str, object] = {
        "case_no": case_no, "mail_id": facts.get("mail_id"), "mail": facts.get("mail"), "address": facts.get("address"),
        "to_name": facts.get("to_name"), "subject": facts.get("subject"), "text": str(facts.get("text") or "")[:8000],
        "reason_ko": words.ko, "reason_en": words.en, "kind": kind, "promise_ids": _numbers(facts.get("promises")),
        "clauses": facts.get("clauses") or [], "desk_group": DESK, "urgent": bool(facts.get("urgent", True)),
        "element_id": facts.get("element_id"), "process_of_mail": facts.get("process"), "phone": facts.get("phone"),
        "title": case.title if case else "", "recipient": facts.get("recipient"),
        "unreached": facts.get("address") or facts.get("to_name") or "",
    }  # fmt: skip
    commands.start_by_message(tx, UNDELIVERED, variables, business_key=case_no if isinstance(case_no, str) else None)


def _numbers(value: object) -> Sequence[int]:
    return [int(n) for n in value] if isinstance(value, list) else []
