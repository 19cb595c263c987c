"""Cases: one customer matter, its number, its contact and links, from receipt to its end state (charter.md §0.4)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from engine import commands, definitions, instances, variables
from engine.errors import Conflict, Forbidden, NotFound, Sentence
from engine.expressions import compile_template
from engine.forms.field import MANY
from engine.store.schema import Id, Instant, Json, metadata
from engine.tokens.definition import ProcessDefinition, TriggerKind
from engine.transaction import Transaction
from workflows import audit, catalogue, forms, notes, organisation, settings
from workflows.calendar import calendar_of
from workflows.calendar_kr import due_at
from workflows.charter_config import config_of
from workflows.korean import SEOUL

cases = Table(
    "charter_cases",
    metadata,
    Column("no", String(20), primary_key=True),
    Column("process", String(80), nullable=False),
    Column("instance_id", Id(), unique=True),
    Column("version", Integer),
    Column("channel", String(20), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("state", String(10), nullable=False),
    Column("end_state", String(40)),
    Column("pending_end", String(40)),
    Column("title", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("contact_name", Text),
    Column("contact_org", Text),
    Column("contact_email", String(254), index=True),
    Column("contact_phone", String(40)),
    Column("verified_at", Instant),
    Column("followers", Json, nullable=False),
    Column("on_behalf_of", String(254)),
    Column("created_by", String(80), nullable=False),
    Column("handler", String(80)),
    Column("service", String(80)),
    Column("priority", String(20)),
    Column("track_version", Integer, nullable=False),
    Column("token_digest", String(64), nullable=False, unique=True),
    Column("pin_digest", String(64)),
    Column("reopen_of", String(20)),
    Column("merged_into", String(20)),
    Column("form", Json, nullable=False),
    Column("last_mail_at", Instant),
    Column("anonymised_at", Instant),
    Index("ix_charter_cases_process_state", "process", "state"),
)
case_numbers = Table(
    "charter_case_numbers",
    metadata,
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
)
case_links = Table(
    "charter_case_links",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("no", String(20), nullable=False, index=True),
    Column("other", String(20), nullable=False, index=True),
    Column("kind", String(30), nullable=False),
    Column("at", Instant, nullable=False),
)
# One sentence for every wrong key: nothing tells a case that there is from one that there is not.
NOT_FOUND = Sentence(
    "찾을 수 없습니다. 주소나 접수번호와 비밀번호를 다시 확인해 주십시오.",
    "Nothing was found. Please check the address, or the number and its PIN.",
)
_NEXT_NUMBER = text(
    "insert into charter_case_numbers (day, last) values (:day, 1) "
    "on conflict (day) do update set last = charter_case_numbers.last + 1 returning last"
).bindparams()
LATE_ENTRY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Contact:
    """The customer: as little as was told. `verified_at`: when the address was confirmed."""

    name: str | None = None
    org: str | None = None
    email: str | None = None
    phone: str | None = None
    lang: str = "ko"
    verified_at: datetime | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is a way to reach the customer."""
        return bool(self.email or self.phone)


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `state` is open or closed; `end_state` is the charter's word (DONE, REJECTED …) once closed."""

    no: str
    process: str
    instance_id: int | None
    version: int | None
    channel: str
    lang: str
    state: str
    end_state: str | None
    title: str
    received_at: datetime
    opened_at: datetime
    ended_at: datetime | None
    contact: Contact
    followers: tuple[Mapping[str, str], ...]
    on_behalf_of: str | None
    created_by: str
    handler: str | None
    service: str | None
    priority: str | None
    track_version: int
    has_pin: bool
    reopen_of: str | None
    merged_into: str | None
    form: Mapping[str, object]
    last_mail_at: datetime | None
    anonymised_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody can be written to: answers stand on the tracking page."""
        return not self.contact.is_known


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case just opened, with what is said only now: its tracking token, and a PIN where no e-mail is known."""

    case: Case
    track_token: str
    pin: str | None

    @property
    def instance_id(self) -> int | None:
        return self.case.instance_id


@dataclass(frozen=True, slots=True)
class CaseLink:
    """Another case that belongs to this one. `kind`: reopens, reopened_by, duplicate_of, duplicate, correction,
    handed_over, same_fact, …"""

    no: str
    kind: str
    process: str
    at: datetime


# ---------------------------------------------------------------- opening


def open_case(
    tx: Transaction,
    process: str,
    *,
    channel: str,
    lang: str,
    form: Mapping[str, object],
    received_at: datetime | None = None,
    on_behalf_of: str | None = None,
    by: str | None = None,
    reopen_of: str | None = None,
    came_from: str | None = None,
    owes: Sequence[str] = (),
) -> NewCase:
    """Write a case and start its instance, all in `tx`; `form` holds typed values, `by` the member of staff (or None).

    `came_from`: the case that another process hands over; its receipt stays, and `owes` names the clauses whose promise
    comes along (a diagram asks `'W1' in owes`).
    Raises NotFound for a process that is not deployed, Forbidden for a receipt that is in the future or over 24 h ago.
    """
    definition = definitions.latest(tx, process)
    if definition is None:
        raise NotFound(Sentence(f"그런 절차는 없습니다: {process}", f"There is no process {process!r}"))
    received = _received(tx, received_at, is_new=came_from is None)
    contact = _contact(form, on_behalf_of, lang, tx.now if form.get("contact_verified") is True else None)
    no = _next_number(tx, received)
    facts = _facts(tx, process, form, contact)
    facts |= {
        "case_no": no, "process": process, "channel": channel, "lang": contact.lang, "received_at": received,
        "received_on": received.astimezone(SEOUL).date(), "entered_by": by, "on_behalf_of": on_behalf_of,
        "anonymous": not contact.is_known, "reopen_of": reopen_of, "came_from": came_from, "owes": list(owes),
    }  # fmt: skip
    facts["title"] = _title(process, facts)
    token = _track_token(tx, no, 1)
    pin = None if contact.email else f"{secrets.randbelow(10**6):06}"
    service = facts.get("service")
    row = {
        "no": no, "process": process, "channel": channel, "lang": contact.lang, "state": "open",
        "title": facts["title"], "received_at": received,
        "opened_at": tx.now, "contact_name": contact.name, "contact_org": contact.org,
        "contact_email": contact.email, "contact_phone": contact.phone, "verified_at": contact.verified_at,
        "followers": [], "on_behalf_of": on_behalf_of, "created_by": by or "customer", "track_version": 1,
        "token_digest": _digest(token), "pin_digest": _pin_digest(tx, no, pin) if pin else None,
        "reopen_of": reopen_of, "form": variables.to_json(dict(form)),
        "service": service["name"] if isinstance(service, dict) else None,
    }  # fmt: skip
    tx.connection.execute(insert(cases).values(**row))
    if reopen_of is not None:
        link(tx, no, reopen_of, "reopens")
    start = _start_element(definitions.parsed(tx, process, definition.version))
    instance = commands.start_instance(tx, process, facts, business_key=no, element_id=start)
    started = {"instance_id": instance, "version": definition.version}
    tx.connection.execute(update(cases).where(cases.c.no == no).values(**started))
    return NewCase(get(tx, no), token, pin)


def _received(tx: Transaction, given: datetime | None, *, is_new: bool) -> datetime:
    received = (given or tx.now).astimezone(UTC)
    if received > tx.now:
        raise Forbidden(Sentence("접수 시각이 아직 오지 않았습니다.", "The instant of receipt is in the future."))
    if is_new and received < tx.now - LATE_ENTRY:
        raise Forbidden(
            Sentence("접수 시각은 24시간 전까지만 적을 수 있습니다.", "Receipt may be entered up to 24 hours later.")
        )
    return received


def _contact(form: Mapping[str, object], on_behalf_of: str | None, lang: str, verified_at: datetime | None) -> Contact:
    """The customer as the form tells it (`contact`, `customer`, or flat fields); `on_behalf_of` may be the address."""
    record = form.get("contact") or form.get("customer")
    told: Mapping[str, object] = {**form, **(record if isinstance(record, Mapping) else {})}

    def said(*names: str) -> str | None:
        return next((str(told[name]).strip() for name in names if told.get(name) not in (None, "")), None)

    email = said("email", "contact_email")
    if email is None and on_behalf_of and "@" in on_behalf_of:
        email = on_behalf_of.strip()
    phone = said("phone", "contact_phone", "caller_phone", "caller_number", "callback_phone")
    if phone is None and on_behalf_of and "@" not in on_behalf_of:
        phone = on_behalf_of.strip()
    return Contact(
        name=said("name", "contact_name", "caller_name", "visitor_name"),
        org=said("org", "contact_org", "caller_org", "visitor_org"),
        email=email,
        phone=phone,
        lang=said("lang") or lang or "ko",
        verified_at=verified_at,
    )


def _facts(tx: Transaction, process: str, form: Mapping[str, object], contact: Contact) -> dict[str, object]:
    """The variables of the start: every field (None: nothing was said), the contact's parts, the service record."""
    asked = forms.start_form(tx, process)
    blank: dict[str, object] = {f.name: [] if f.type in MANY else None for f in asked.fields} if asked else {}
    facts: dict[str, object] = {**blank, **form}
    for name in ("name", "org", "email", "phone"):
        if facts.get(name) is None:
            facts[name] = getattr(contact, name)
    facts["contact_name"], facts["contact_email"] = contact.name, contact.email
    service = facts.get("service")
    if isinstance(service, str) and service:
        facts["service"] = organisation.service_record(tx, service)
    return facts


def _title(process: str, facts: Mapping[str, object]) -> str:
    known = catalogue.process(process)
    pattern = compile_template(known.title if known else "${title}")
    if all(facts.get(name) is not None for name in pattern.names):
        return str(pattern.evaluate(facts))[:300]
    return str(facts.get("title") or (known.ko if known else process))


def _start_element(definition: ProcessDefinition) -> str | None:
    """The start event that a form starts: the plain one, else the first that waits for a message."""
    starts = [definition.nodes[node] for node in definition.root.start_ids]
    if any(not node.triggers for node in starts):
        return None
    named = (n.id for n in starts if any(t.kind is TriggerKind.MESSAGE for t in n.triggers))
    return next(named, None)


def _next_number(tx: Transaction, received_at: datetime) -> str:
    """The next number of the day of receipt in Seoul; the row's lock queues those who ask at once."""
    day = received_at.astimezone(SEOUL).date()
    bound = day.isoformat() if tx.connection.dialect.name == "sqlite" else day
    last = tx.connection.execute(_NEXT_NUMBER, {"day": bound}).scalar_one()
    return f"CF-{day:%Y%m%d}-{last:04}"


# ---------------------------------------------------------------- finding


def get(tx: Transaction, no: str) -> Case:
    """Return the case of that number; raises NotFound."""
    found = find_case(tx, no)
    if found is None:
        raise NotFound(Sentence(f"접수번호를 찾을 수 없습니다: {no}", f"There is no case {no}"))
    return found


def find_case(tx: Transaction, no: str | None) -> Case | None:
    """Return the case of that number (a business key), or None: not every instance belongs to a case."""
    if no is None:
        return None
    row = tx.connection.execute(select(cases).where(cases.c.no == no)).mappings().first()
    return _case(row) if row else None


def by_instance(tx: Transaction, instance_id: int) -> Case | None:
    """Return the case whose own instance that is, or None."""
    row = tx.connection.execute(select(cases).where(cases.c.instance_id == instance_id)).mappings().first()
    return _case(row) if row else None


def by_token(tx: Transaction, token: str) -> Case:
    """Return the case that a tracking link leads to; raises NotFound for any other token, without a hint."""
    row = tx.connection.execute(select(cases).where(cases.c.token_digest == _digest(token))).mappings().first()
    if row is None:
        raise NotFound(NOT_FOUND)
    return _case(row)


def by_pin(tx: Transaction, no: str, pin: str) -> Case:
    """Return the case of number and PIN; raises NotFound, the same for a wrong number and a wrong PIN."""
    row = tx.connection.execute(select(cases).where(cases.c.no == no.strip())).mappings().first()
    kept = row["pin_digest"] if row else None
    if row is None or not hmac.compare_digest(kept or "", _pin_digest(tx, no.strip(), pin.strip())):
        raise NotFound(NOT_FOUND)
    return _case(row)


def find(
    tx: Transaction,
    *,
    q: str | None = None,
    process: str | None = None,
    state: str | None = None,
    contact_email: str | None = None,
    visible: ColumnElement[bool] | None = None,
    searchable: ColumnElement[bool] | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[Case]:
    """Return cases, newest number first. `q`: number, customer or words of the title; `after`: the last number seen.

    `visible` is the caller's permissions.visible_cases(tx, user); without it every case is found. `searchable` is
    permissions.searchable_contacts(user): of other cases `q` finds number and title alone.
    """
    asked = select(cases).order_by(cases.c.no.desc()).limit(limit)
    if q:
        words = f"%{_like(q.strip().lower())}%"
        by_contact = or_(*_contain(words, cases.c.contact_name, cases.c.contact_org, cases.c.contact_email))
        if searchable is not None:
            by_contact = and_(searchable, by_contact)
        asked = asked.where(or_(*_contain(words, cases.c.no, cases.c.title), by_contact))
    for column, wanted in ((cases.c.process, process), (cases.c.contact_email, contact_email)):
        if wanted is not None:
            asked = asked.where(column == wanted)
    if state is not None:
        asked = asked.where(cases.c.state == state if state in ("open", "closed") else cases.c.end_state == state)
    if after is not None:
        asked = asked.where(cases.c.no < after)
    if visible is not None:
        asked = asked.where(visible)
    return [_case(row) for row in tx.connection.execute(asked).mappings()]


def titles(tx: Transaction, numbers: Sequence[str]) -> dict[str, Case]:
    """Return the cases of those numbers, for lists that show what a task or promise is about."""
    if not numbers:
        return {}
    asked = select(cases).where(cases.c.no.in_(set(numbers)))
    return {row["no"]: _case(row) for row in tx.connection.execute(asked).mappings()}


def _case(row: Mapping[Any, Any]) -> Case:
    contact = Contact(
        row["contact_name"],
        row["contact_org"],
        row["contact_email"],
        row["contact_phone"],
        row["lang"],
        row["verified_at"],
    )
    names = (
        "no", "process", "instance_id", "version", "channel", "lang", "state", "end_state", "title", "received_at",
        "opened_at", "ended_at", "on_behalf_of", "created_by", "handler", "service", "priority", "track_version",
        "reopen_of", "merged_into", "last_mail_at", "anonymised_at",
    )  # fmt: skip
    form = variables.from_json(row["form"])
    return Case(
        **{name: row[name] for name in names},
        contact=contact,
        followers=tuple(row["followers"]),
        has_pin=row["pin_digest"] is not None,
        form=form if isinstance(form, dict) else {},
    )


def _contain(words: str, *columns: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    return [func.lower(column).like(words, escape="\\") for column in columns]


def _like(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# ---------------------------------------------------------------- tracking


def tracking_token(tx: Transaction, case: Case) -> str:
    """Return the secret of the tracking link: derived from the key, so that only its digest is kept."""
    return _track_token(tx, case.no, case.track_version)


def tracking_url(tx: Transaction, case: Case) -> str:
    """Return the address under which the customer follows the case."""
    return config_of(tx).url(f"/t/{tracking_token(tx, case)}")


def renew_tracking(tx: Transaction, no: str) -> str:
    """Make the old tracking link void and return the new token."""
    case = get(tx, no)
    token = _track_token(tx, no, case.track_version + 1)
    changed = {"track_version": case.track_version + 1, "token_digest": _digest(token)}
    tx.connection.execute(update(cases).where(cases.c.no == no).values(**changed))
    audit.record(tx, "tracking link renewed", no)
    return token


def _track_token(tx: Transaction, no: str, version: int) -> str:
    raw = hmac.digest(config_of(tx).secret_key.encode(), f"track {no} {version}".encode(), "sha256")
    return base64.urlsafe_b64encode(raw[:24]).decode()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _pin_digest(tx: Transaction, no: str, pin: str | None) -> str:
    return hmac.digest(config_of(tx).secret_key.encode(), f"pin {no} {pin}".encode(), "sha256").hex()


# ---------------------------------------------------------------- changing facts


def verify_contact(tx: Transaction, no: str) -> None:
    """Note that the address of a case was confirmed, and that of the same address' other open cases."""
    case = get(tx, no)
    same = cases.c.no == no
    if case.contact.email:
        same = same | ((cases.c.contact_email == case.contact.email) & (cases.c.state == "open"))
    unverified = update(cases).where(same, cases.c.verified_at.is_(None))
    tx.connection.execute(unverified.values(verified_at=tx.now))


def change_email(tx: Transaction, no: str, email: str) -> None:
    """Write a new address, told by the customer through another channel."""
    tx.connection.execute(update(cases).where(cases.c.no == no).values(contact_email=email, verified_at=None))
    audit.record(tx, "contact address changed", no)


def describe(
    tx: Transaction, no: str, *, title: str | None = None, handler: str | None = None, priority: str | None = None
) -> None:
    """Change what a case says about itself; None leaves a fact as it is."""
    given = {"title": title, "handler": handler, "priority": priority}
    told = {name: value for name, value in given.items() if value is not None}
    if told:
        tx.connection.execute(update(cases).where(cases.c.no == no).values(**told))


def mailed(tx: Transaction, no: str, at: datetime) -> None:
    """Remember when the customer last heard from us by mail."""
    tx.connection.execute(update(cases).where(cases.c.no == no).values(last_mail_at=at))


def follow(tx: Transaction, no: str, contact: Contact) -> None:
    """Let another customer follow a case: later mails of it go there too."""
    case = get(tx, no)
    if not contact.email or contact.email == case.contact.email:
        return
    if any(f.get("email") == contact.email for f in case.followers):
        return
    added = {"email": contact.email, "name": contact.name or "", "lang": contact.lang}
    tx.connection.execute(update(cases).where(cases.c.no == no).values(followers=[*case.followers, added]))


def link(tx: Transaction, no: str, other: str, kind: str) -> None:
    """Link two cases; the other one shows the same link from its side. Linking twice is harmless."""
    known = select(case_links.c.id).where(case_links.c.no == no, case_links.c.other == other, case_links.c.kind == kind)
    if tx.connection.execute(known).first() is None:
        tx.connection.execute(insert(case_links).values(no=no, other=other, kind=kind, at=tx.now))


_FROM_THE_OTHER = {"reopens": "reopened_by", "duplicate_of": "duplicate", "handed_over": "came_from"}


def links_of(tx: Transaction, no: str) -> list[CaseLink]:
    """Return the cases linked with one, oldest link first."""
    asked = select(case_links).where(or_(case_links.c.no == no, case_links.c.other == no)).order_by(case_links.c.id)
    rows = tx.connection.execute(asked).mappings().all()
    found = titles(tx, [row["other"] if row["no"] == no else row["no"] for row in rows])
    links = []
    for row in rows:
        mine = row["no"] == no
        other = found.get(row["other"] if mine else row["no"])
        if other is not None:
            kind = row["kind"] if mine else _FROM_THE_OTHER.get(row["kind"], row["kind"])
            links.append(CaseLink(other.no, kind, other.process, row["at"]))
    return links


def note_merge(tx: Transaction, no: str, into: str) -> None:
    """Write that a case is handled together with another: its contact follows that one from now on."""
    case, original = get(tx, no), get(tx, into)
    if original.no == no:
        raise Conflict(Sentence("같은 건으로는 합칠 수 없습니다.", "A case cannot be merged into itself."))
    tx.connection.execute(update(cases).where(cases.c.no == no).values(merged_into=original.no))
    follow(tx, original.no, case.contact)
    link(tx, no, original.no, "duplicate_of")
    audit.record(tx, "case merged", no, {"into": original.no})


# ---------------------------------------------------------------- the end


def announce_end(tx: Transaction, no: str, state: str) -> None:
    """Note the end state that an end event of the diagram gives; the last one before the instance ends counts."""
    tx.connection.execute(update(cases).where(cases.c.no == no).values(pending_end=state))


def close(tx: Transaction, no: str, fallback: str) -> str:
    """Close a case whose instance has ended and return its end state: what the diagram announced, else `fallback`."""
    row = tx.connection.execute(select(cases.c.pending_end).where(cases.c.no == no)).one()
    state = row.pending_end or fallback
    closed = {"state": "closed", "end_state": state, "ended_at": tx.now}
    tx.connection.execute(update(cases).where(cases.c.no == no).values(**closed))
    return state


def hold(tx: Transaction, no: str) -> None:
    """Hold a case until the end of the transaction: whoever else asks for it so waits."""
    tx.connection.execute(select(cases.c.no).where(cases.c.no == no).with_for_update())


def forget_contact(tx: Transaction, no: str) -> None:
    """Erase who the customer of a case is while it goes on: he takes his part in it back."""
    case = get(tx, no)
    nobody = dict.fromkeys(("contact_name", "contact_org", "contact_email", "contact_phone", "on_behalf_of"))
    personal = ("name", "org", "email", "phone", "contact")
    form = {name: value for name, value in case.form.items() if name not in personal}
    rest: dict[str, Any] = {"followers": [], "form": variables.to_json(form), "verified_at": None}
    tx.connection.execute(update(cases).where(cases.c.no == no).values(**nobody, **rest))
    audit.record(tx, "contact erased", no)


def anonymise(tx: Transaction, no: str) -> None:
    """Erase who the customer was, for good; what happened stays for the figures."""
    nobody = dict.fromkeys(("contact_name", "contact_org", "contact_email", "contact_phone", "on_behalf_of"))
    rest: dict[str, Any] = {"followers": [], "form": {}, "title": "—", "anonymised_at": tx.now}
    tx.connection.execute(update(cases).where(cases.c.no == no).values(**nobody, **rest))
    notes.erase(tx, no)
    audit.record(tx, "case anonymised", no)


# ---------------------------------------------------------------- the customer's moves


def reply(tx: Transaction, no: str, words: str, files: Sequence[str] = ()) -> int:
    """Keep a customer's reply on the case and tell whoever waits for it; returns how many tokens took it."""
    case = get(tx, no)
    notes.add(tx, no, "reply", words, files=files)
    told: dict[str, object] = {"reply": words, "reply_files": list(files), "replied_at": tx.now}
    if not case.is_open:
        return 0
    return commands.publish_message(tx, "MSG_CUSTOMER_REPLY", told, business_key=no)


def cancel(tx: Transaction, no: str, reason: str = "") -> None:
    """Take a case back as its customer; raises Conflict where it is closed or cannot be stopped any more."""
    case = get(tx, no)
    told: dict[str, object] = {"cancel_reason": reason, "cancelled_at": tx.now}
    if not case.is_open or not commands.publish_message(tx, "MSG_CUSTOMER_CANCEL", told, business_key=no):
        raise Conflict(
            Sentence("이미 끝났거나 멈출 수 없는 단계입니다.", "It has ended, or has come too far to be stopped.")
        )


def merge(tx: Transaction, no: str, into: str) -> None:
    """Handle a case together with another, as staff; its diagram ends it so. Raises Conflict, NotFound."""
    note_merge(tx, no, into)
    told: dict[str, object] = {"merged_into": into, "orig_no": into}
    if not commands.publish_message(tx, "MSG_MERGE", told, business_key=no):
        raise Conflict(Sentence("이 단계에서는 합칠 수 없습니다.", "It cannot be merged at this stage."))


def reopen(tx: Transaction, no: str, reason: str = "") -> NewCase:
    """Open a closed case again as a new, linked one with the same form; raises Conflict when open still or too late."""
    case = get(tx, no)
    if case.ended_at is None or case.is_open:
        raise Conflict(Sentence("아직 처리하고 있습니다.", "It is still being handled."))
    last_day = due_at(case.ended_at, settings.text_of(tx, "reopen.window"), calendar_of(tx)).at
    if tx.now > last_day or case.anonymised_at is not None:
        raise Conflict(Sentence("다시 열 수 있는 기간이 지났습니다.", "The time to reopen it is over."))
    form = {**case.form, "reopen_reason": reason}
    new = open_case(
        tx, case.process, channel="web", lang=case.lang, form=form, on_behalf_of=case.on_behalf_of, reopen_of=no
    )
    verified = case.contact.verified_at
    if verified is not None:
        tx.connection.execute(update(cases).where(cases.c.no == new.case.no).values(verified_at=verified))
        return replace(new, case=get(tx, new.case.no))
    return new


def instance_state(tx: Transaction, case: Case) -> str:
    """Return the state of the case's instance: active, completed, terminated or failed."""
    return instances.get(tx, case.instance_id).state if case.instance_id is not None else "active"
