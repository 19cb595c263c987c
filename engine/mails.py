"""Mail: written in the step's own transaction, delivered later by a job; the table is the mailbox.

At least once, and recognisably: the Message-ID is made when the row is written, so a repeat after a crash has the same.
"""

from __future__ import annotations

import secrets
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)

from engine import jobs
from engine.errors import Conflict, EngineError, NotFound, Sentence
from engine.faultpoints import faultpoint
from engine.process_application import QueuedMail
from engine.store.schema import Id, Instant, Json, metadata
from engine.transaction import Transaction

KIND = "mail"
RETRIES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))

mail = Table(
    "mail",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("message_id", String(200), nullable=False, unique=True),
    Column("sender", Text, nullable=False),
    Column("to_address", String(320), nullable=False),
    Column("to_name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text),
    Column("language", String(10), nullable=False),
    Column("headers", Json, nullable=False),
    Column("attachments", Json, nullable=False),
    Column("reference", Json, nullable=False),
    Column("business_key", String(200)),
    Column("urgent", Boolean, nullable=False),
    Column("state", String(10), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("accepted_at", Instant),
    Column("failed_at", Instant),
    Column("bounced_at", Instant),
    Column("bounce", String(10)),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    CheckConstraint("state in ('queued', 'accepted', 'failed', 'bounced')", name="state"),
)
Index("ix_mail_business_key", mail.c.business_key)


class TemporaryMailError(Exception):
    """The receiving side may take the mail later."""


class PermanentMailError(Exception):
    """The receiving side will never take the mail for this address."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text attached to a mail, e.g. a calendar entry (`text/calendar`)."""

    filename: str
    content_type: str
    text: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail as it is written: one receiver, both bodies; `headers` beside the usual ones."""

    to_address: str
    to_name: str
    subject: str
    text: str
    html: str | None = None
    language: str = "ko"
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `state`: queued, accepted (by the next server), failed, bounced (`bounce`: hard, soft)."""

    id: int
    message_id: str
    sender: str
    to_address: str
    to_name: str
    subject: str
    text: str
    html: str | None
    language: str
    headers: Mapping[str, str]
    attachments: tuple[Attachment, ...]
    reference: Mapping[str, Any]
    business_key: str | None
    urgent: bool
    state: str
    created_at: datetime
    accepted_at: datetime | None
    failed_at: datetime | None
    bounced_at: datetime | None
    bounce: str | None
    attempts: int
    error: str | None

    @property
    def queued(self) -> QueuedMail:
        """What the application is told of it."""
        return QueuedMail(self.id, self.message_id, self.to_address, self.business_key, self.reference)


_COLUMNS = tuple(mail.c[name] for name in Mail.__dataclass_fields__)


def _mail(row: Sequence[Any]) -> Mail:
    values = dict(zip(Mail.__dataclass_fields__, row, strict=True))
    values["attachments"] = tuple(Attachment(**one) for one in values["attachments"])
    return Mail(**values)


# -- writing ----------------------------------------------------------------------------------------------------------
def enqueue(
    tx: Transaction,
    envelope: Envelope,
    *,
    reference: Mapping[str, Any],
    business_key: str | None,
    urgent: bool = True,
    due_at: datetime | None = None,
) -> int:
    """Write a mail and the job that delivers it (at `due_at`; None: now); returns the mail's id.

    `reference` comes back to the application with the mail's fate: JSON values only.
    """
    _refuse_bad_address(envelope.to_address)
    sender = tx.application.mail_sender
    row = insert(mail).values(
        message_id=f"<{secrets.token_hex(16)}@{parseaddr(sender)[1].rpartition('@')[2]}>",
        sender=sender,
        to_address=envelope.to_address,
        to_name=envelope.to_name,
        subject=envelope.subject,
        text=envelope.text,
        html=envelope.html,
        language=envelope.language,
        headers=dict(envelope.headers),
        attachments=[
            {"filename": a.filename, "content_type": a.content_type, "text": a.text} for a in envelope.attachments
        ],
        reference=dict(reference),
        business_key=business_key,
        urgent=urgent,
        state="queued",
        created_at=tx.now,
        attempts=0,
    )
    mail_id = int(tx.connection.execute(row.returning(mail.c.id)).scalar_one())
    jobs.enqueue(tx, KIND, {"mail": mail_id}, due_at=due_at, key=f"{KIND}/{mail_id}")
    return mail_id


def _refuse_bad_address(address: str) -> None:
    """Refuse what is not exactly one address: a header of two would tell one customer of another."""
    name, at, domain = address.rpartition("@")
    bad = (
        not at
        or not name
        or not domain
        or any(c.isspace() or c in ',;<>()[]:\\"' or not c.isprintable() for c in address)
    )
    if bad or "@" in name or domain.startswith(".") or domain.endswith("."):
        raise EngineError(Sentence("메일 주소가 올바르지 않습니다.", "Expected one mail address."))


def accept(tx: Transaction, mail_id: int, attempts: int) -> None:
    """Note that the next server has taken a mail, and tell the application."""
    mark_accepted(tx, mail_id, attempts)
    tell_accepted(tx, mail_id)


def mark_accepted(tx: Transaction, mail_id: int, attempts: int) -> None:
    """Note that the next server has taken a mail."""
    _change(tx, mail_id, state="accepted", accepted_at=tx.now, attempts=attempts, error=None)


def tell_accepted(tx: Transaction, mail_id: int) -> None:
    """Tell the application that a mail was taken."""
    tx.application.mail_accepted(tx, get(tx, mail_id).queued)


def note_attempt(tx: Transaction, mail_id: int, attempts: int, error: str) -> None:
    """Note that an attempt did not succeed and another will follow."""
    _change(tx, mail_id, attempts=attempts, error=error)


def fail(tx: Transaction, mail_id: int, attempts: int, error: str) -> None:
    """Note that a mail will not be delivered, and tell the application."""
    _change(tx, mail_id, state="failed", failed_at=tx.now, attempts=attempts, error=error)
    tx.application.mail_failed(tx, get(tx, mail_id).queued)


def bounce(tx: Transaction, mail_id: int, kind: str) -> None:
    """Note that an accepted mail came back (`kind`: hard, soft), and tell the application, once a mail and kind."""
    if kind not in ("hard", "soft"):
        raise EngineError(
            Sentence(f"반송 종류는 hard 또는 soft 입니다. 받은 것: {kind}", f"Expected hard or soft, but got {kind}.")
        )
    known = get(tx, mail_id)
    if known.state == "queued":
        raise Conflict(Sentence("아직 보내지 않은 메일입니다.", "This mail has not been sent yet."))
    if known.bounce == kind:
        return
    _change(tx, mail_id, state="bounced", bounced_at=tx.now, bounce=kind)
    tx.application.mail_bounced(tx, get(tx, mail_id).queued)


def _change(tx: Transaction, mail_id: int, **values: Any) -> None:
    tx.connection.execute(update(mail).where(mail.c.id == mail_id).values(**values))


# -- reading ----------------------------------------------------------------------------------------------------------
def get(tx: Transaction, mail_id: int) -> Mail:
    """Return one mail; raises NotFound."""
    row = tx.connection.execute(select(*_COLUMNS).where(mail.c.id == mail_id)).one_or_none()
    if row is None:
        raise NotFound(Sentence(f"메일 {mail_id}번을 찾을 수 없습니다.", f"There is no mail {mail_id}."))
    return _mail(row)


def list_after(tx: Transaction, after_id: int = 0, limit: int = 200) -> list[Mail]:
    """Return mails in the order they were written, after an id."""
    found: Select[Any] = select(*_COLUMNS).where(mail.c.id > after_id).order_by(mail.c.id).limit(limit)
    return [_mail(row) for row in tx.connection.execute(found)]


def of_case(tx: Transaction, business_key: str) -> list[Mail]:
    """Return the mails of a case in the order they were written."""
    found = select(*_COLUMNS).where(mail.c.business_key == business_key).order_by(mail.c.id)
    return [_mail(row) for row in tx.connection.execute(found)]


def count_by_state(tx: Transaction) -> dict[str, int]:
    """Return numbers of mails by state."""
    found = select(mail.c.state, func.count()).group_by(mail.c.state)
    return {str(state): int(number) for state, number in tx.connection.execute(found)}


# -- sending ----------------------------------------------------------------------------------------------------------
class MailTransport(Protocol):
    """What carries a mail out of the house."""

    def send(self, mail: Mail) -> None:
        """Hand the mail over; raises TemporaryMailError or PermanentMailError."""


class CapturingTransport:
    """Accepts every mail and lets none out: the mail table is the mailbox (laptop, rehearsal, tests)."""

    def send(self, mail: Mail) -> None:
        """Do nothing: it is delivered by being in the table."""


def compose(mail: Mail) -> EmailMessage:
    """Return the message as it goes out; its date is when it was written, however often it is tried."""
    message = EmailMessage()
    user, _, domain = mail.to_address.rpartition("@")
    message["Message-ID"] = mail.message_id
    message["Date"] = format_datetime(mail.created_at)
    message["From"] = mail.sender
    message["To"] = Address(mail.to_name, user, domain)
    message["Subject"] = mail.subject
    message["Content-Language"] = mail.language
    for name, value in mail.headers.items():
        if name not in message:
            message[name] = value
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    for attachment in mail.attachments:
        kind, _, subtype = attachment.content_type.partition(";")[0].partition("/")
        if kind != "text":
            message.add_attachment(attachment.text.encode(), kind, subtype, filename=attachment.filename)
        else:
            message.add_attachment(attachment.text, subtype=subtype, filename=attachment.filename)
    return message


class SmtpTransport:
    """Sends by `smtp://[user:password@]host[:port]` (STARTTLS when offered) or `smtps://…`.

    `?starttls=require` refuses to go on without it. One connection a mail: a worker may die between any two.
    """

    def __init__(self, url: str, *, timeout_seconds: float = 20) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise EngineError(
                Sentence(
                    "메일 서버 주소는 smtp://서버:포트 또는 smtps://서버:포트 형식이어야 합니다.",
                    "Expected a mail server URL like smtp://host:port or smtps://host:port.",
                )
            )
        self._host, self._tls = parts.hostname, parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 25)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._requires_starttls = parse_qs(parts.query).get("starttls") == ["require"]
        self._timeout_seconds = timeout_seconds

    def send(self, mail: Mail) -> None:
        """Hand the mail to the server; raises TemporaryMailError or PermanentMailError."""
        message = compose(mail)
        try:
            with self._connect() as server:
                faultpoint("mail.before_data")
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            raise _mail_error(code, reason, on_receiver=True) from error
        except smtplib.SMTPResponseException as error:
            raise _mail_error(error.smtp_code, error.smtp_error, on_receiver=False) from error
        except (OSError, smtplib.SMTPException) as error:
            raise TemporaryMailError(f"{type(error).__name__}: {error}") from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._timeout_seconds, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout_seconds)
        try:
            server.ehlo()
            if not self._tls and (self._requires_starttls or server.has_extn("starttls")):
                server.starttls(context=context)
                server.ehlo()
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server


def _mail_error(code: int, reason: bytes | str, *, on_receiver: bool) -> Exception:
    """Return the error for an answer. Only a 5xx on the receiver is about the address: all else may be our fault."""
    text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    kind = PermanentMailError if on_receiver and 500 <= code < 600 else TemporaryMailError
    return kind(f"{code} {text}")
