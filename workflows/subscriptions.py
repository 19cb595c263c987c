"""Subscriptions: who is told about a service. Entered by staff one counts at once, by the public after its verify link.

Who subscribes while an interruption or incident of the service has been announced gets its notice at once, as a late
subscriber: outside the promise that everybody was told beforehand (charter.md §2 BP04, Exceptions).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine import commands, instances
from engine.transaction import Transaction
from workflows import cases, organisation, outbox, recipients, settings
from workflows.cases import Case
from workflows.organisation import Subscriber
from workflows.outbox import Letter, LinkWish
from workflows.receivers import Receiver

ADDED = "MSG_SUBSCRIBER_ADDED"
ANNOUNCING = ("planned_interruption", "incident")  # processes that tell subscribers; `announced` says since when
VERIFY_MAIL, VERIFY_WORDS = "M40S", "planned_interruption"
MOST = 1_000


def add(
    tx: Transaction, service: str, email: str, *, lang: str = "ko", name: str | None = None, phone: str | None = None
) -> Subscriber:
    """Tell an address about a service from now on, and at once about what is announced; raises NotFound."""
    before = {s.email.lower() for s in organisation.subscribers_of(tx, service)}
    added = organisation.subscribe(tx, service, email, lang=lang, name=name, phone=phone, verified=True)
    if added.email.lower() not in before:
        _tell_late(tx, added)
    return added


def ask(tx: Transaction, services: Sequence[str], email: str, lang: str = "ko") -> None:
    """Write to an address that somebody of the public entered: it counts once its verify link is pressed.

    The same mail goes to one that subscribed before, so that nobody learns here who is on the list.
    """
    for service in services:
        organisation.subscribe(tx, service, email, lang=lang, verified=False)
    payload: dict[str, object] = {"subscribe": list(services), "email": email, "lang": lang}
    wish = LinkWish("verify", "verify", settings.text_of(tx, "verify.valid"), payload=payload)
    values = {"services": list(services)}
    letter = Letter(VERIFY_MAIL, VERIFY_WORDS, "subscribe", values, links=(wish,), list_name="status")
    outbox.send(tx, None, letter, [Receiver("", email, lang)])


def verify(tx: Transaction, payload: Mapping[str, object]) -> None:
    """Take the answer to a verify link that was about subscriptions; other ones are no business of this file."""
    told, email = payload.get("subscribe"), payload.get("email")
    services = [told] if isinstance(told, str) else told if isinstance(told, list) else []
    for service in services:
        if isinstance(email, str) and organisation.service(tx, str(service)) is not None:
            add(tx, str(service), email, lang=str(payload.get("lang") or "ko"))


def remove(tx: Transaction, subscriber: Subscriber) -> None:
    """Take an address off a service; what runs is no longer told to it, unless another service of it is concerned."""
    organisation.unsubscribe(tx, subscriber.id)
    for case, services in _announced(tx):
        left = {s.email.lower() for s in organisation.subscribers_of(tx, services)}
        if subscriber.service in services and subscriber.email.lower() not in left:
            recipients.remove(tx, case.no, subscriber.email)


def _tell_late(tx: Transaction, subscriber: Subscriber) -> None:
    for case, services in _announced(tx):
        known = {r.email.lower() for r in recipients.active(tx, case.no)}
        if subscriber.service not in services or subscriber.email.lower() in known:
            continue
        late = recipients.add(
            tx, case.no, subscriber.email, name=subscriber.name, phone=subscriber.phone, lang=subscriber.lang, late=True
        )
        commands.publish_message(tx, ADDED, {"late_recipient": late.id}, business_key=case.no)


def _announced(tx: Transaction) -> list[tuple[Case, list[str]]]:
    """The open cases that were announced, with the services concerned."""
    found = []
    for process in ANNOUNCING:
        for case in cases.find(tx, process=process, state="open", limit=MOST):
            seen = instances.variables(tx, case.instance_id) if case.instance_id is not None else {}
            services = seen.get("services")
            if seen.get("announced") is True and isinstance(services, list):
                found.append((case, [str(service) for service in services]))
    return found
