"""Mailings: one mail to many people by one token. The letter is written down when the service task `notify_many` is
entered; its job writes the first hundred mails and lets the token go on, further jobs write the rest.

Each hundred is one transaction with the note of how far it came: a crash repeats no mail and leaves none out. A mail
that cannot be written (a broken address) is listed, and does not hold up the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, insert, select, update

from engine import jobs, variables
from engine.errors import EngineError
from engine.mails import Attachment
from engine.process_application import Outcome, Topic, Work
from engine.store.schema import Id, Instant, Json, metadata
from engine.transaction import Transaction
from workflows import cases, outbox, promises, recipients
from workflows.cases import Case
from workflows.outbox import Letter, LinkWish
from workflows.receivers import Receiver

TOPIC = "notify_many"
CONTINUE = "mailing.continue"
AT_ONCE = 100
mailings = Table(
    "charter_mailings",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("instance_id", BigInteger, nullable=False),
    Column("element_id", String(200), nullable=False),
    Column("case_no", String(200)),
    Column("mail", String(20), nullable=False),
    Column("letter", Json, nullable=False),
    Column("receivers", Json, nullable=False),
    Column("written", Integer, nullable=False),
    Column("failures", Json, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_charter_mailings_instance_id_element_id", "instance_id", "element_id"),
)


@dataclass(frozen=True, slots=True)
class Mailing:
    """How far one mailing came. `failures`: what could not be written, each {to, reason}."""

    id: int
    case_no: str | None
    mail: str
    receivers: int
    written: int
    failures: tuple[Mapping[str, str], ...]
    began_at: datetime
    ended_at: datetime | None


def begin(
    tx: Transaction, case: Case | None, letter: Letter, receivers: Sequence[Receiver], *, instance_id: int
) -> int:
    """Write a mailing down and return its id; the job of the service task that was entered carries it out.

    Nobody to write to: what the mail would have proved is met by the public page, now.
    """
    if not receivers:
        promises.stop(tx, letter.promises, tx.now)
    row = {
        "instance_id": instance_id, "element_id": letter.element_id, "case_no": case.no if case else None,
        "mail": letter.mail_id, "letter": _letter_out(letter), "receivers": [_receiver_out(r) for r in receivers],
        "written": 0, "failures": [], "began_at": tx.now,
    }  # fmt: skip
    return int(tx.connection.execute(insert(mailings).values(**row).returning(mailings.c.id)).scalar_one())


def notify_many(tx: Transaction, work: Work) -> Outcome:
    """Write the mails of the mailing that its element began; answers how many people it is for."""
    waiting = (
        (mailings.c.instance_id == work.instance_id)
        & (mailings.c.element_id == work.element_id)
        & (mailings.c.written == 0)
        & mailings.c.ended_at.is_(None)
    )
    asked = select(mailings.c.id, mailings.c.receivers).where(waiting).order_by(mailings.c.id).limit(1)
    row = tx.connection.execute(asked).first()
    if row is None:
        return Outcome({"mailed_to": 0})  # the mail's `when` said no
    _write_some(tx, row.id)
    return Outcome({"mailed_to": len(row.receivers)})


def go_on(tx: Transaction, payload: Mapping[str, object]) -> None:
    """Job `mailing.continue`: write the next hundred."""
    _write_some(tx, int(str(payload["mailing"])))


def _write_some(tx: Transaction, mailing_id: int) -> None:
    row = tx.connection.execute(select(mailings).where(mailings.c.id == mailing_id)).mappings().one()
    case = cases.find_case(tx, row["case_no"])
    letter = _letter_in(row["letter"])
    until = min(row["written"] + AT_ONCE, len(row["receivers"]))
    failures = list(row["failures"])
    for number in range(row["written"], until):
        receiver = _receiver_in(row["receivers"][number])
        # What the mail proves hangs on the first one; further ones are told apart by the log of recipients.
        mine = letter if number == 0 else replace(letter, promises=())
        failures += _write(tx, case, mine, receiver)
    facts: dict[str, Any] = {"written": until, "failures": failures}
    if until == len(row["receivers"]):
        facts["ended_at"] = tx.now
    else:
        jobs.enqueue(tx, CONTINUE, {"mailing": mailing_id}, key=f"{CONTINUE}:{mailing_id}:{until}")
    tx.connection.execute(update(mailings).where(mailings.c.id == mailing_id).values(**facts))


def _write(tx: Transaction, case: Case | None, letter: Letter, receiver: Receiver) -> list[dict[str, str]]:
    try:
        written = outbox.send(tx, case, letter, [receiver])
    except EngineError as error:
        return [{"to": receiver.email or receiver.name, "reason": error.sentence.ko}]
    if written and receiver.recipient is not None:
        recipients.sent(tx, receiver.recipient, written[0], letter.mail_id)
    return []


def of_case(tx: Transaction, case_no: str) -> list[Mailing]:
    """Return the mailings of a case, oldest first."""
    asked = select(mailings).where(mailings.c.case_no == case_no).order_by(mailings.c.id)
    return [
        Mailing(
            row["id"], row["case_no"], row["mail"], len(row["receivers"]), row["written"], tuple(row["failures"]),
            row["began_at"], row["ended_at"],
        )
        for row in tx.connection.execute(asked).mappings()
    ]  # fmt: skip


# ---------------------------------------------------------------- kept between two jobs

_PLAIN = ("mail_id", "process", "element_id", "version", "urgent", "list_name")


def _letter_out(letter: Letter) -> object:
    kept: dict[str, object] = {name: getattr(letter, name) for name in _PLAIN}
    kept |= {"values": dict(letter.values), "seen": dict(letter.seen), "at": letter.at, "extra": dict(letter.extra)}
    kept["promises"] = list(letter.promises)
    kept["links"] = [
        {"name": w.name, "purpose": w.purpose, "until": w.until, "form": w.form, "message": w.message,
         "payload": dict(w.payload)}
        for w in letter.links
    ]  # fmt: skip
    kept["attachments"] = [
        {"filename": a.filename, "content_type": a.content_type, "text": a.text} for a in letter.attachments
    ]
    return variables.to_json(kept)


def _letter_in(kept: object) -> Letter:
    found: Any = variables.from_json(kept)
    links = tuple(LinkWish(**wish) for wish in found.pop("links"))
    attachments = tuple(Attachment(**one) for one in found.pop("attachments"))
    return Letter(**{**found, "promises": tuple(found["promises"]), "links": links, "attachments": attachments})


def _receiver_out(receiver: Receiver) -> dict[str, object]:
    return {name: getattr(receiver, name) for name in Receiver.__slots__}


def _receiver_in(kept: Mapping[str, Any]) -> Receiver:
    return Receiver(**kept)


NOTIFY_MANY = Topic(
    TOPIC, "여러 분께 메일 보내기", "Mail to many people", notify_many, outputs=("mailed_to",)
)  # fmt: skip
