"""Recipients: who is told about an interruption or incident, and the proof for each of them: channel, state, instant.

Charter.md §2 BP04, §2.1 SB01. Somebody is told once the next server accepted the notice, or at the instant at which a
person told him by another channel. A hard bounce within 24 hours takes the proof back. Late subscribers do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
    update,
)

from engine.errors import NotFound, Sentence
from engine.mails import Mail
from engine.process_application import QueuedMail
from engine.store.schema import Id, Instant, metadata
from engine.transaction import Transaction
from workflows import organisation, promises

recipients = Table(
    "charter_recipients",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("case_no", String(20), nullable=False),
    Column("email", String(254), nullable=False),
    Column("name", String(80)),
    Column("phone", String(30)),
    Column("lang", String(2), nullable=False),
    Column("round", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("told_at", Instant),
    Column("told_to", Text),
    Column("notice_mail", Integer),
    Column("unreachable_at", Instant),
    Column("late_subscriber", Boolean, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("removed_at", Instant),
    Column("reason", Text),
    UniqueConstraint("case_no", "email"),
    CheckConstraint("state in ('waiting', 'sent', 'told', 'bounced', 'failed')", name="state"),
)
# The mails that tell of an interruption: what they prove counts; reminders and the rest do not.
NOTICES = frozenset(("M40", "M46", "M50"))
BOUNCE_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address told about one case. `state`: waiting, sent, told, bounced, failed; `round` grows when the window
    moves, and everybody has to be told again. `unreachable_at`: since when mails to this address come back."""

    id: int
    case_no: str
    email: str
    name: str | None
    phone: str | None
    lang: str
    round: int
    state: str
    channel: str
    told_at: datetime | None
    told_to: str | None
    notice_mail: int | None
    unreachable_at: datetime | None
    late_subscriber: bool
    added_at: datetime
    removed_at: datetime | None
    reason: str | None

    @property
    def is_active(self) -> bool:
        return self.removed_at is None

    @property
    def counts(self) -> bool:
        """Whether the promise to tell everybody beforehand is about this one."""
        return self.is_active and not self.late_subscriber


@dataclass(frozen=True, slots=True)
class Tally:
    """How many there are to be told, and how many have been; late subscribers are left out."""

    impacted: int
    told: int


# ---------------------------------------------------------------- who


def gather(tx: Transaction, case_no: str, services: Iterable[str], round_no: int = 0) -> Tally:
    """Make the subscribers of the services the recipients of a case, those who left its former ones; returns the tally.

    A new round (the window has moved) forgets what was told before and counts late subscribers like the others.
    """
    wanted = {s.email.lower(): s for s in organisation.subscribers_of(tx, services)}
    known = {r.email.lower(): r for r in of_case(tx, case_no)}
    for key, one in known.items():
        if round_no > one.round:
            fresh = {"round": round_no, "state": "waiting", "channel": "mail", "told_at": None, "told_to": None}
            _change(tx, one.id, **fresh, late_subscriber=False, notice_mail=None)
        if one.is_active and key not in wanted and one.reason is None:
            _change(tx, one.id, removed_at=tx.now)
    for key, subscriber in wanted.items():
        if key not in known:
            _insert(tx, case_no, subscriber.email, subscriber.name, subscriber.phone, subscriber.lang, round_no)
        elif not known[key].is_active and known[key].reason is None:
            _change(tx, known[key].id, removed_at=None)
    return tally(tx, case_no)


def add(
    tx: Transaction, case_no: str, email: str, *, name: str | None = None, phone: str | None = None, lang: str = "ko",
    reason: str | None = None, late: bool = False, round_no: int = 0,
) -> Recipient:  # fmt: skip
    """Add one address, by hand (`reason` says why) or because it subscribed after the notice (`late`).

    One that is there stays as it is.
    """
    known = _by_email(tx, case_no, email)
    if known is None:
        _insert(tx, case_no, email, name, phone, lang, round_no, reason=reason, late=late)
    elif not known.is_active:
        _change(tx, known.id, removed_at=None, reason=reason, late_subscriber=known.late_subscriber or late)
    found = _by_email(tx, case_no, email)
    assert found is not None
    return found


def remove(tx: Transaction, case_no: str, email: str, reason: str | None = None) -> bool:
    """Take an address off a case, with the reason (None: it unsubscribed); False when it was not there."""
    known = _by_email(tx, case_no, email)
    if known is None or not known.is_active:
        return False
    _change(tx, known.id, removed_at=tx.now, reason=reason)
    return True


def _insert(
    tx: Transaction, case_no: str, email: str, name: str | None, phone: str | None, lang: str, round_no: int, *,
    reason: str | None = None, late: bool = False,
) -> None:  # fmt: skip
    row = {
        "case_no": case_no, "email": email.strip(), "name": name, "phone": phone, "lang": lang, "round": round_no,
        "state": "waiting", "channel": "mail", "late_subscriber": late, "added_at": tx.now, "reason": reason,
    }  # fmt: skip
    tx.connection.execute(insert(recipients).values(**row))


# ---------------------------------------------------------------- proof


def sent(tx: Transaction, recipient_id: int, mail_id: int, mail: str) -> None:
    """Note that a notice to a recipient lies in the outbox; other mails are no proof and change nothing."""
    if mail in NOTICES:
        _change(tx, recipient_id, notice_mail=mail_id, state="sent", channel="mail")


def accepted(tx: Transaction, mail: QueuedMail) -> None:
    """The next server has a mail: a notice proves that its recipient was told."""
    found = _of_mail(tx, mail.reference)
    if found is None or found.notice_mail != mail.id or found.told_at is not None:
        return
    _change(tx, found.id, state="told", channel="mail", told_at=tx.now)
    _meet_late(tx, found.case_no)


def undelivered(tx: Transaction, mail: Mail, state: str) -> None:
    """A mail failed or came back: the address is not written to again, and the proof of a notice is taken back.

    A bounce more than 24 hours after the acceptance only marks the address.
    """
    found = _of_mail(tx, mail.reference)
    if found is None:
        return
    facts: dict[str, Any] = {"unreachable_at": tx.now} if mail.to_address.lower() == found.email.lower() else {}
    in_time = mail.accepted_at is None or tx.now - mail.accepted_at <= BOUNCE_WINDOW
    if found.notice_mail == mail.id and found.channel == "mail" and in_time:
        facts |= {"state": state, "told_at": None}
    if not facts:
        return
    _change(tx, found.id, **facts)
    if "told_at" in facts and not found.late_subscriber:
        kept = [p for p in promises.of_case(tx, found.case_no) if p.clause == "C6" and p.met_at is not None]
        promises.withdraw(tx, kept[-1:], mail.id)


def told_by_hand(
    tx: Transaction, recipient_id: int, at: datetime, *, channel: str, told_to: str | None, email: str | None,
    mail: str | None,
) -> None:  # fmt: skip
    """A person told a recipient by another channel; a notice told so counts at that instant.

    A new address, when one was learnt, is written to from now on.
    """
    found = get(tx, recipient_id)
    facts: dict[str, Any] = {}
    if mail in NOTICES and found.told_at is None:
        facts = {"state": "told", "channel": channel, "told_at": at, "told_to": told_to}
    if email and _by_email(tx, found.case_no, email) is None:
        facts |= {"email": email, "unreachable_at": None}
    if facts:
        _change(tx, recipient_id, **facts)
    if "told_at" in facts:
        _meet_late(tx, found.case_no)


def told_at(tx: Transaction, case_no: str) -> datetime | None:
    """Return when the last of all who count was told, or None while somebody waits (or nobody is to be told)."""
    instants = [r.told_at for r in of_case(tx, case_no) if r.counts]
    known = [at for at in instants if at is not None]
    return max(known) if known and len(known) == len(instants) else None


def _meet_late(tx: Transaction, case_no: str) -> None:
    """After the due instant the clock has judged already; the last one who is told then meets the promise late."""
    unmet = [p for p in promises.unmet_for_case(tx, case_no) if p.clause == "C6" and p.due_at < tx.now]
    told = told_at(tx, case_no)
    if unmet and told is not None:
        promises.stop(tx, [p.id for p in unmet], told)


# ---------------------------------------------------------------- finding


def get(tx: Transaction, recipient_id: int) -> Recipient:
    """Return one recipient; raises NotFound."""
    found = _all(tx, recipients.c.id == recipient_id)
    if not found:
        raise NotFound(Sentence("그런 받는 분은 없습니다.", "There is no such recipient."))
    return found[0]


def of_case(tx: Transaction, case_no: str) -> list[Recipient]:
    """Return everybody who is or was to be told, in the order of adding."""
    return _all(tx, recipients.c.case_no == case_no)


def active(tx: Transaction, case_no: str) -> list[Recipient]:
    """Return who is written to, late subscribers too."""
    return [r for r in of_case(tx, case_no) if r.is_active]


def tally(tx: Transaction, case_no: str) -> Tally:
    """Return how many are to be told, and how many were."""
    counted = [r for r in of_case(tx, case_no) if r.counts]
    return Tally(len(counted), sum(r.told_at is not None for r in counted))


def _of_mail(tx: Transaction, reference: Mapping[str, Any]) -> Recipient | None:
    number = reference.get("recipient")
    found = _all(tx, recipients.c.id == number) if isinstance(number, int) else []
    return found[0] if found else None


def _by_email(tx: Transaction, case_no: str, email: str) -> Recipient | None:
    return next((r for r in of_case(tx, case_no) if r.email.lower() == email.strip().lower()), None)


def _all(tx: Transaction, condition: Any) -> list[Recipient]:
    asked = select(recipients).where(condition).order_by(recipients.c.id)
    return [Recipient(**row) for row in tx.connection.execute(asked).mappings()]


def _change(tx: Transaction, recipient_id: int, **facts: Any) -> None:
    tx.connection.execute(update(recipients).where(recipients.c.id == recipient_id).values(**facts))


def forget(tx: Transaction, case_nos: Sequence[str]) -> None:
    """Erase the addresses of cases whose time of retention is over; the tally stays."""
    gone = _all(tx, recipients.c.case_no.in_(case_nos))
    for one in gone:
        _change(tx, one.id, email=f"erased-{one.id}", name=None, phone=None, told_to=None)
