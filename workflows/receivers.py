"""Receivers of mails and warnings: the words of a diagram (`customer`, `assignee`, `group:NAME` …) become people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine import user_tasks
from engine.transaction import Transaction
from workflows import organisation, recipients
from workflows.cases import Case

MANAGERS, CHARTER_OFFICE = "관리자", "헌장담당"
# Tasks of these diagrams are about a promise or a mail; who has them is not who keeps the promise.
HOUSEKEEPING = frozenset(("escalate", "notify"))


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom a mail goes to. `user` is a sign-in name for staff; `email` may be missing (then somebody telephones).

    `recipient`: the row of recipients that keeps the proof; `is_unreachable`: mails to this address came back before.
    """

    name: str
    email: str | None
    lang: str = "ko"
    user: str | None = None
    is_contact: bool = False
    phone: str | None = None
    recipient: int | None = None
    is_unreachable: bool = False

    @property
    def is_staff(self) -> bool:
        return self.user is not None


def receivers_of(tx: Transaction, case: Case | None, to: object, owner: object = "assignee") -> list[Receiver]:
    """Return the receivers of an evaluated `to`, each address once, in order; absent staff are left out of groups.

    `to`: text with commas, or a list of texts and records {email, name?, lang?}. `owner` is what the word owner means.
    """
    found: dict[str, Receiver] = {}
    for receiver in _each(tx, case, to, owner):
        key = receiver.user or (receiver.email or "").lower() or ("contact" if receiver.is_contact else receiver.name)
        found.setdefault(key, receiver)
    return list(found.values())


def users_of(tx: Transaction, case: Case | None, to: object, owner: object = "assignee") -> list[str]:
    """Return the sign-in names among the receivers."""
    return [r.user for r in receivers_of(tx, case, to, owner) if r.user is not None]


def _each(tx: Transaction, case: Case | None, to: object, owner: object) -> Iterator[Receiver]:
    if isinstance(to, list | tuple):
        for one in to:
            yield from _each(tx, case, one, owner)
    elif isinstance(to, Mapping):
        email = to.get("email")
        if email:
            yield Receiver(
                str(to.get("name") or ""), str(email), str(to.get("lang") or "ko"), phone=_text(to.get("phone"))
            )
    elif to is not None:
        for word in str(to).split(","):
            yield from _named(tx, case, word.strip(), owner)


def _named(tx: Transaction, case: Case | None, word: str, owner: object) -> Iterator[Receiver]:
    kind, _, name = word.partition(":")
    match kind:
        case "customer":
            yield from _customers(case)
        case "assignee":
            yield from _staff(tx, assignees(tx, case.no) if case else [])
        case "owner":
            yield from _each(tx, case, "assignee" if owner == "owner" else owner, "assignee")
        case "manager":
            yield from _staff(tx, organisation.members(tx, MANAGERS))
        case "charter_office":
            yield from _staff(tx, organisation.members(tx, CHARTER_OFFICE))
        case "recipients":
            yield from _recipients(tx, case, name.strip())
        case "group":
            yield from _staff(tx, organisation.present(tx, organisation.members(tx, name.strip())))
        case "user":
            yield from _staff(tx, [name.strip()])
        case "":
            return
        case _ if "@" in word:
            yield Receiver("", word)
        case _:
            yield from _staff(tx, [word])


def _customers(case: Case | None) -> Iterator[Receiver]:
    if case is None:
        return
    contact = case.contact
    yield Receiver(contact.name or "", contact.email, contact.lang, is_contact=True, phone=contact.phone)
    for follower in case.followers:
        yield Receiver(str(follower.get("name", "")), follower.get("email"), str(follower.get("lang", "ko")))


def _recipients(tx: Transaction, case: Case | None, only: str) -> Iterator[Receiver]:
    """Who is told about an interruption or incident: all of them, or the one of that id (`recipients:17`)."""
    for one in recipients.active(tx, case.no) if case else []:
        if not only or only == str(one.id):
            yield Receiver(
                one.name or "", one.email, one.lang, phone=one.phone, recipient=one.id,
                is_unreachable=one.unreachable_at is not None,
            )  # fmt: skip


def _staff(tx: Transaction, names: list[str]) -> Iterator[Receiver]:
    for name in names:
        user = organisation.find_user(tx, name)
        if user is not None and user.active:
            yield Receiver(user.ko_name if user.lang == "ko" else user.en_name, user.email, user.lang, user=name)


def assignees(tx: Transaction, case_no: str) -> list[str]:
    """Return who has a case's open tasks: assignees, else everybody who may take them and is there."""
    names: list[str] = []
    for task in user_tasks.of_case(tx, case_no):
        if task.state != "open" or task.definition_key in HOUSEKEEPING:
            continue
        if task.assignee is not None:
            names.append(task.assignee)
            continue
        candidates = [*task.candidate_users]
        for group in task.candidate_groups:
            candidates += organisation.members(tx, group)
        names += organisation.present(tx, candidates)
    return list(dict.fromkeys(names))


def _text(value: object) -> str | None:
    return str(value) if value else None
