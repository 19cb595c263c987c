"""The outbox: a mail of a case is rendered for each receiver and queued in the same transaction as the token's move.

What it proves is told when the next server accepts it (mail_fates.py). Charter.md §2.1 SB01 and §3.0.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from engine import jobs, mails, user_tasks
from engine.definitions import find_latest
from engine.mails import Attachment, Envelope
from engine.transaction import Transaction
from workflows import cases, clauses, links, mail_pages, mail_texts, organisation, promises, rulers, settings
from workflows.calendar import calendar_of
from workflows.calendar_kr import due_at
from workflows.cases import Case
from workflows.charter_config import config_of
from workflows.korean import SEOUL
from workflows.mail_pages import Frame
from workflows.promises import Promise
from workflows.receivers import Receiver

DEFAULT_VALIDITY = "30d"


@dataclass(frozen=True, slots=True)
class LinkWish:
    """A link that a mail asks for: `{name_url}`, `{name_until}` in its words. `until`: an instant or a duration."""

    name: str
    purpose: str
    until: datetime | str = DEFAULT_VALIDITY
    form: str | None = None
    message: str | None = None
    payload: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail about to be written: which words, whose values, what it proves.

    `process` and `version` say whose words; `values` win over `seen` (the token's variables). `promises` are met when
    the first receiver's server accepts it. `urgent` mails go at night too; `at` holds one back. `list_name`: a list.
    """

    mail_id: str
    process: str
    element_id: str
    values: Mapping[str, object] = field(default_factory=dict)
    seen: Mapping[str, object] = field(default_factory=dict)
    version: int | None = None
    links: tuple[LinkWish, ...] = ()
    promises: tuple[int, ...] = ()
    urgent: bool = True
    at: datetime | None = None
    list_name: str | None = None
    attachments: tuple[Attachment, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)  # kept in the mail's reference, JSON values


def send(tx: Transaction, case: Case | None, letter: Letter, receivers: Sequence[Receiver]) -> list[int]:
    """Write the letter to every receiver and return the mails' ids; who has no address is told by a person instead.

    The promises hang on the first receiver's mail: the contact's. An anonymous case has nobody to write to: its
    promises are met now, by what stands on the tracking page.
    """
    written: list[int] = []
    pending = letter.promises
    for receiver in receivers:
        mine, pending = pending, ()
        if receiver.email and not receiver.is_unreachable:
            written.append(_write(tx, case, letter, receiver, mine))
        elif case is not None and receiver.is_contact and case.is_anonymous:
            promises.stop(tx, mine, tx.now)
        else:
            _tell_by_hand(tx, case, letter, receiver, mine)
    return written


def _write(tx: Transaction, case: Case | None, letter: Letter, receiver: Receiver, promise_ids: Sequence[int]) -> int:
    lang = receiver.lang if receiver.lang in ("ko", "en") else "ko"
    shown = _promise_shown(tx, case, promise_ids)
    made = _made_links(tx, case, letter)
    page: mail_pages.Page
    if receiver.lang in ("ko", "en"):
        subject, body, frame = _rendered(tx, case, letter, receiver, lang, shown, made)
        page = mail_pages.mail_page(body, frame)
    else:
        subject, body, frame = _rendered(tx, case, letter, receiver, "ko", shown, made)
        _, english, english_frame = _rendered(tx, case, letter, receiver, "en", shown, made)
        page = mail_pages.bilingual_page(body, frame, english, english_frame)
    reference = {
        "mail": letter.mail_id, "case": case.no if case else None, "clauses": _clauses(tx, letter, promise_ids),
        "element_id": letter.element_id, "process": letter.process, "promises": list(promise_ids),
        "customer": receiver.is_contact, "user": receiver.user, "urgent": letter.urgent, **letter.extra,
        **_recipient(receiver),
    }  # fmt: skip
    envelope = Envelope(
        receiver.email or "", receiver.name, subject, page.text, page.html, lang, _headers(tx, case, letter, receiver),
        letter.attachments,
    )  # fmt: skip
    key = case.no if case else None
    mail_id = mails.enqueue(
        tx, envelope, reference=reference, business_key=key, urgent=letter.urgent, due_at=_held_until(tx, letter)
    )
    promises.await_mail(tx, promise_ids, mail_id)
    if case is not None and receiver.is_contact:
        cases.mailed(tx, case.no, tx.now)
    return mail_id


def _tell_by_hand(
    tx: Transaction, case: Case | None, letter: Letter, receiver: Receiver, promise_ids: Sequence[int]
) -> None:
    """Nobody can be written to: a person takes over, as if the mail had come back (charter.md §2.1, BP01)."""
    subject, body, _ = _rendered(tx, case, letter, receiver, "ko", _promise_shown(tx, case, promise_ids), {})
    facts = {
        "kind": "hard" if receiver.is_unreachable else "no_address", "mail": letter.mail_id, "mail_id": None,
        "case": case.no if case else None,
        "address": receiver.email or "", "to_name": receiver.name, "phone": receiver.phone, "subject": subject,
        "text": mail_texts.unguarded(body.replace(mail_texts.STRONG_FROM, "").replace(mail_texts.STRONG_TO, "")),
        "promises": list(promise_ids), "clauses": _clauses(tx, letter, promise_ids), "element_id": letter.element_id,
        "process": letter.process, "urgent": letter.urgent, **letter.extra, **_recipient(receiver),
    }  # fmt: skip
    promises.await_mail(tx, promise_ids, promises.BY_HAND)
    jobs.enqueue(tx, "mail.by_hand", facts)


def _recipient(receiver: Receiver) -> dict[str, object]:
    return {} if receiver.recipient is None else {"recipient": receiver.recipient}


# ---------------------------------------------------------------- the words


def _rendered(
    tx: Transaction, case: Case | None, letter: Letter, receiver: Receiver, lang: str, shown: Promise | None,
    made: Mapping[str, object],
) -> tuple[str, str, Frame]:  # fmt: skip
    version = letter.version
    if version is None:
        newest = find_latest(tx, letter.process)
        version = newest.version if newest else None
    text = mail_texts.find(tx, letter.process, letter.mail_id, lang, version)
    values = {
        **_promise_values(shown, lang), **letter.seen, **_common(tx, case, letter, receiver, lang),
        **letter.values, **made,
    }  # fmt: skip
    subject, body = text.render(values)
    organisation_name = str(values["org"])
    if not receiver.is_staff and not subject.startswith(f"[{organisation_name}]"):
        subject = f"[{organisation_name}] {subject}"
    return subject, body, _frame(tx, case, receiver, lang, values, subject, _clause_shown(letter, shown), shown)


def _common(tx: Transaction, case: Case | None, letter: Letter, receiver: Receiver, lang: str) -> dict[str, object]:
    """The variables every mail has (charter.md §3.0)."""
    config = config_of(tx)
    ko = lang == "ko"
    department, person, phone = contact_person(tx, case, letter.seen, lang)
    name = receiver.name or ("고객" if ko else "customer")
    facts: dict[str, object] = {
        "org": config.organisation if ko else config.organisation_en, "name": name, "now": tx.now,
        "contact_dept": department, "contact_name": person, "contact_phone": phone,
        "complaint_url": config.url("/complaints/new"), "charter_url": config.url("/"),
        "status_url": config.url("/status"),
    }  # fmt: skip
    if case is not None:
        facts |= {
            "case_no": case.no, "title": case.title, "received": case.received_at,
            "case_url": config.url(f"/cases/{case.no}"), "task_url": config.url(f"/tasks?case={case.no}"),
        }  # fmt: skip
        # A follower must not get the key to another customer's case.
        facts["track_url"] = cases.tracking_url(tx, case) if receiver.is_contact else config.url("/track")
    return facts


def _promise_values(shown: Promise | None, lang: str) -> dict[str, object]:
    if shown is None:
        return {}
    clause = clauses.clause(shown.clause)
    ko = lang == "ko"
    return {
        "due": shown.due_at, "clause": clause.id, "clause_name": clause.name.ko if ko else clause.name.en,
        "clause_text": clause.ko if ko else clause.en, "clause_ko": clause.ko, "clause_en": clause.en,
    }  # fmt: skip


def _promise_shown(tx: Transaction, case: Case | None, promise_ids: Sequence[int]) -> Promise | None:
    """The promise a mail is about: one that it keeps, else the most urgent one of the case."""
    kept = promises.by_ids(tx, promise_ids[:1])
    if kept:
        return kept[0]
    running = promises.running_for_case(tx, case.no) if case else []
    return running[0] if running else None


def _clause_shown(letter: Letter, shown: Promise | None) -> str | None:
    told = letter.seen.get("clause")
    if isinstance(told, str) and told in clauses.CLAUSES:
        return told
    return shown.clause if shown else None


def _clauses(tx: Transaction, letter: Letter, promise_ids: Sequence[int]) -> list[str]:
    kept = [p.clause for p in promises.by_ids(tx, promise_ids)]
    told = letter.values.get("clause") or letter.seen.get("clause")
    return list(dict.fromkeys([*kept, *([str(told)] if told in clauses.CLAUSES else [])]))


def _frame(
    tx: Transaction, case: Case | None, receiver: Receiver, lang: str, values: Mapping[str, object], subject: str,
    clause_id: str | None, shown: Promise | None,
) -> Frame:  # fmt: skip
    config = config_of(tx)
    ko = lang == "ko"
    org = str(values["org"])
    sender = f"{org} {'고객서비스헌장' if ko else 'Customer Service Charter'}"
    ruler = rulers.ruler_of(shown, lang) if shown else None
    named = clauses.clause(clause_id).name if clause_id else None
    number = f"{'접수번호' if ko else 'Case'} {case.no}" if case else sender
    first = f"{number} · {named.ko if ko else named.en}" if named else number
    if receiver.is_staff:
        button = (
            (("업무 열기", str(values["task_url"])) if ko else ("Open the task", str(values["task_url"])))
            if case
            else None
        )
        return Frame(lang, sender, subject, "", "", (first,), button, ruler=ruler)
    name = mail_texts.guarded(str(values["name"]))
    greeting = f"{name} 님, 안녕하십니까? {org}입니다." if ko else f"Dear {name},"
    desk = f"{org} {config.desk_name} {config.desk_phone} · 평일 09:00–18:00"
    if not ko:
        desk = f"{org} {config.desk_name_en} {config.desk_phone} · Mon–Fri 09:00–18:00 KST"
    automatic = (
        "이 메일은 자동으로 보냅니다. 답장하시면 이 신청에 붙고 담당자가 읽습니다."
        if ko
        else "This mail is sent automatically. Your reply is added to this case and read by the person in charge."
    )
    words = "진행상황 보기" if ko else "See the progress"
    follows = case is not None and receiver.is_contact
    return Frame(
        lang,
        sender,
        subject,
        greeting,
        _closing(values, ko=ko),
        (first, automatic, desk),
        button=(words, str(values["track_url"])) if follows else None,
        follow=_follow(values, ko=ko) if follows else "",
        ruler=ruler,
    )


def _closing(values: Mapping[str, object], *, ko: bool) -> str:
    contact = f"{values['contact_dept']} {values['contact_name']} ({values['contact_phone']})".replace("  ", " ")
    complaint = values["complaint_url"]
    if ko:
        lines = [
            f"문의: {contact}",
            f"불편하신 점이 있으면 [불편 알리기|{complaint}]로 바로 알려 주십시오. 감사합니다.",
        ]
    else:
        lines = [
            f"Contact: {contact}",
            f"Tell us at once if anything was unsatisfactory: [tell us|{complaint}]. Thank you.",
        ]
    return "\n".join(lines)


def _follow(values: Mapping[str, object], *, ko: bool) -> str:
    track = values["track_url"]
    if ko:
        return f"진행상황은 언제든지 [내 신청 확인|{track}]에서 확인하실 수 있습니다."
    return f"You can follow progress at any time: [your case|{track}]"


def contact_person(
    tx: Transaction, case: Case | None, seen: Mapping[str, object], lang: str = "ko"
) -> tuple[str, str, str]:
    """Return department, name and phone of the person a customer may ask: 소속과 성명, as the charter promises.

    The handler of the case, else the person its route named, else the customer desk; only the desk when the setting
    tracking.show_contact is off.
    """
    config = config_of(tx)
    ko = lang == "ko"
    desk = (config.desk_name if ko else config.desk_name_en, "", config.desk_phone)
    if not settings.is_on(tx, "tracking.show_contact"):
        return desk
    name = _contact_user(tx, case, seen)
    user = organisation.find_user(tx, name) if name else None
    if user is None:
        return desk
    department = organisation.department(tx, user.department)
    shown = user.department if ko or department is None else department.name_en
    return (shown, user.ko_name if ko else user.en_name, user.phone)


def _contact_user(tx: Transaction, case: Case | None, seen: Mapping[str, object]) -> str | None:
    told = seen.get("contact_user") or seen.get("handler")
    if isinstance(told, str) and organisation.find_user(tx, told):
        return told
    if case is not None:
        if case.handler is not None:
            return case.handler
        handled = [t for t in user_tasks.of_case(tx, case.no) if t.assignee or t.completed_by]
        names = [t.assignee or t.completed_by for t in reversed(handled)]
        handlers = [n for n in names if n and _is_handler(tx, n)]
        if handlers:
            return handlers[0]
    service = seen.get("service")
    groups = [seen.get("handler_group"), seen.get("group")]
    groups.append(service.get("owner_group") if isinstance(service, Mapping) else None)
    for group in groups:
        members = organisation.present(tx, organisation.members(tx, str(group))) if group else []
        if members:
            return members[0]
    return None


def _is_handler(tx: Transaction, name: str) -> bool:
    user = organisation.find_user(tx, name)
    return user is not None and user.has_role("handler", "support_agent", "investigator", "charter_office")


# ---------------------------------------------------------------- links, headers, the hour


def _made_links(tx: Transaction, case: Case | None, letter: Letter) -> dict[str, object]:
    made: dict[str, object] = {}
    for wish in letter.links:
        until = wish.until
        if isinstance(until, str):
            until = due_at(tx.now, until, calendar_of(tx)).at
        token = links.make(
            tx, case.no if case else None, wish.purpose, until, wish.payload,
            process=letter.process if case is None else case.process if wish.form is None else letter.process,
            form=wish.form, message=wish.message,
        )  # fmt: skip
        made[f"{wish.name}_url"], made[f"{wish.name}_until"] = links.url(tx, token), until
    return made


def _headers(tx: Transaction, case: Case | None, letter: Letter, receiver: Receiver) -> dict[str, str]:
    config = config_of(tx)
    name = letter.list_name or "charter"
    headers = {"Auto-Submitted": "auto-generated", "List-Id": f"<{name}.{config.mail_domain}>"}
    if case is not None and not receiver.is_staff:
        headers["Reply-To"] = reply_address(tx, case.no)
    return headers


def reply_address(tx: Transaction, case_no: str) -> str:
    """Return the address whose mails are replies to a case."""
    return f"reply+{case_no.lower()}.{_reply_mark(tx, case_no)}@{config_of(tx).mail_domain}"


def case_of_reply(tx: Transaction, address: str) -> str | None:
    """Return the case number that a reply address belongs to, or None for a forged or foreign one."""
    local = address.partition("@")[0].lower()
    number, _, mark = local.removeprefix("reply+").partition(".")
    case_no = number.upper()
    fits = local.startswith("reply+") and hmac.compare_digest(mark, _reply_mark(tx, case_no))
    return case_no if fits else None


def _reply_mark(tx: Transaction, case_no: str) -> str:
    """120 bits in letters that survive a mail server which lowers them."""
    raw = hmac.digest(config_of(tx).secret_key.encode(), f"reply {case_no.upper()}".encode(), "sha256")
    return base64.b32encode(raw[:15]).decode().lower()


def _held_until(tx: Transaction, letter: Letter) -> datetime | None:
    """When a mail may go: at its own instant, and what is not urgent never in the quiet hours (charter.md §3)."""
    wanted = letter.at if letter.at is not None and letter.at > tx.now else None
    if letter.urgent:
        return wanted
    moment = (wanted or tx.now).astimezone(SEOUL)
    begins = time.fromisoformat(settings.text_of(tx, "quiet_hours.from"))
    ends = time.fromisoformat(settings.text_of(tx, "quiet_hours.until"))
    clock = moment.time()
    if clock < ends:
        return datetime.combine(moment.date(), ends, SEOUL)
    if clock >= begins:
        return datetime.combine(moment.date() + timedelta(days=1), ends, SEOUL)
    return wanted
