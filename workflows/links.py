"""Links: the one-purpose addresses in mails; only a digest of the token is kept, each ends at its time (api.md §4)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, String, Table, insert, select, update

from engine import commands, variables
from engine.errors import Conflict, NotFound, Sentence
from engine.store.schema import Id, Instant, Json, metadata
from engine.transaction import Transaction
from workflows import cases
from workflows.charter_config import config_of

links = Table(
    "charter_links",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("case_no", String(20), index=True),
    Column("purpose", String(20), nullable=False),
    Column("until", Instant, nullable=False),
    Column("process", String(200)),
    Column("form", String(120)),
    Column("message", String(120)),
    Column("payload", Json, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("answer", Json),
)
# Purpose -> message that its answer becomes; None: it is only kept (or, for verify, acted on here).
PURPOSES: Mapping[str, str | None] = {
    "verify": None,
    "confirm": "MSG_CUSTOMER_CONFIRM",
    "object": "MSG_CUSTOMER_OBJECT",
    "appeal": "MSG_APPEAL",
    "reward": "MSG_REWARD_FORM",
    "decline": "MSG_REWARD_DECLINED",
    "slot": "MSG_SLOT_CHOSEN",
    "rating": None,
    "survey": "MSG_SURVEY_ANSWER",
    "optout": None,
    "reopen": None,
    "reply": "MSG_CUSTOMER_REPLY",
    "change": "MSG_CUSTOMER_CHANGE",
    "consent": "MSG_CONSENT",
    "substitute": "MSG_CALL_SUBSTITUTE",
}
REPEATABLE = frozenset(("verify", "optout", "rating"))


class LinkExpired(NotFound):
    """The time of a link is over (410): the sentence says since when and what to do instead."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link. `process` and `form` name the form it asks for; `payload` goes with its answer into the message."""

    id: int
    case_no: str | None
    purpose: str
    until: datetime
    process: str | None
    form: str | None
    message: str | None
    payload: Mapping[str, object]
    made_at: datetime
    answered_at: datetime | None
    answer: Mapping[str, object] | None


def make(
    tx: Transaction,
    case_no: str | None,
    purpose: str,
    until: datetime,
    payload: Mapping[str, object] | None = None,
    *,
    process: str | None = None,
    form: str | None = None,
    message: str | None = None,
) -> str:
    """Make a link and return its token (192 bits), which is said this once."""
    token = secrets.token_urlsafe(24)
    row = {
        "digest": _digest(token), "case_no": case_no, "purpose": purpose, "until": until, "process": process,
        "form": form, "message": message or PURPOSES.get(purpose), "payload": variables.to_json(dict(payload or {})),
        "made_at": tx.now,
    }  # fmt: skip
    tx.connection.execute(insert(links).values(**row))
    return token


def url(tx: Transaction, token: str) -> str:
    """Return the address of a link; its last part is the token."""
    return config_of(tx).url(f"/l/{token}")


def get(tx: Transaction, token: str) -> Link:
    """Return a link; raises NotFound for an unknown token, LinkExpired once its time is over."""
    row = tx.connection.execute(select(links).where(links.c.digest == _digest(token))).mappings().first()
    if row is None:
        raise NotFound(Sentence("이 주소로는 찾을 수 없습니다.", "Nothing can be found under this address."))
    link = _link(row)
    if tx.now > link.until:
        raise LinkExpired(
            Sentence(
                "이 링크의 기간이 지났습니다. 진행상황 화면에서 다시 알려 주십시오.",
                "The time of this link is over. Please use the page of your case instead.",
            )
        )
    return link


def answer(tx: Transaction, token: str, values: Mapping[str, object]) -> Link:
    """Take the answer to a link (`values` already typed by its form) and act on it; returns the link as answered.

    Raises Conflict where it was answered already, or where the case has gone on without it.
    """
    link = get(tx, token)
    if link.answered_at is not None and link.purpose not in REPEATABLE:
        at = link.answered_at.isoformat()
        raise Conflict(Sentence("이미 답해 주셨습니다. 감사합니다.", "You have answered already. Thank you."), at=at)
    if link.answered_at is None or link.purpose in ("rating", "optout"):
        kept = {"answered_at": tx.now, "answer": variables.to_json(dict(values))}
        tx.connection.execute(update(links).where(links.c.id == link.id).values(**kept))
    _act(tx, link, values)
    return get(tx, token)


def _act(tx: Transaction, link: Link, values: Mapping[str, object]) -> None:
    if link.purpose == "verify":
        if link.case_no is not None:
            cases.verify_contact(tx, link.case_no)
        _verify_subscription(tx, link)
    elif link.purpose == "reopen" and link.message is None and link.case_no is not None:
        cases.reopen(tx, link.case_no, str(values.get("reason") or ""))
    elif link.message is not None:
        _send(tx, link, values)


def _verify_subscription(tx: Transaction, link: Link) -> None:
    from workflows import subscriptions  # whose mails have links

    subscriptions.verify(tx, link.payload)


def _send(tx: Transaction, link: Link, values: Mapping[str, object]) -> None:
    """Tell the case by message; a purpose with two answers has two messages."""
    name = link.message or ""
    if name == "MSG_CUSTOMER_CONFIRM" and (values.get("satisfied") is False or values.get("accepted") is False):
        name = "MSG_CUSTOMER_REJECT_RESULT"
    told = {**link.payload, **values, "link_purpose": link.purpose, "answered_at": tx.now}
    if not commands.publish_message(tx, name, told, business_key=link.case_no):
        raise Conflict(
            Sentence(
                "이미 다음 단계로 넘어가 더 고를 것이 없습니다.",
                "The case has gone on; there is nothing to answer any more.",
            )
        )


def answers(tx: Transaction, purpose: str, case_no: str | None = None) -> list[Link]:
    """Return the answered links of a purpose, oldest first: ratings, surveys, opt-outs."""
    asked = select(links).where(links.c.purpose == purpose, links.c.answered_at.is_not(None)).order_by(links.c.id)
    if case_no is not None:
        asked = asked.where(links.c.case_no == case_no)
    return [_link(row) for row in tx.connection.execute(asked).mappings()]


def forget_answers(tx: Transaction, case_no: str, purpose: str) -> None:
    """Erase what was answered to a case's links of that purpose; that they were answered stays."""
    asked = update(links).where(links.c.case_no == case_no, links.c.purpose == purpose)
    tx.connection.execute(asked.values(answer=None))


def of_case(tx: Transaction, case_no: str) -> list[Link]:
    """Return the links made for a case, oldest first; their tokens are not known any more."""
    asked = select(links).where(links.c.case_no == case_no).order_by(links.c.id)
    return [_link(row) for row in tx.connection.execute(asked).mappings()]


def _link(row: Mapping[Any, Any]) -> Link:
    facts = {name: row[name] for name in Link.__slots__ if name not in ("payload", "answer")}
    return Link(**facts, payload=_record(row["payload"]) or {}, answer=_record(row["answer"]))


def _record(kept: object) -> Mapping[str, object] | None:
    found = None if kept is None else variables.from_json(kept)
    return found if isinstance(found, dict) else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
