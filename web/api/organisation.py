"""The organisation: absences, services and who is told about them, the reception's board."""

from __future__ import annotations

from flask import Response

from engine.errors import EngineError, Forbidden, InvalidForm, NotFound, Sentence
from engine.transaction import Transaction
from web.api import answers, requests
from web.api.operations import INSTANT, TEXT, WHOLE, Field, api, maybe, operation, page_of, record
from web.idempotency import Answer
from web.input_guard import one_address
from web.sign_in import current_user, need_user
from web.throttle import allow_mail_to, allow_public_form, forgive_public_form
from workflows import organisation, permissions, subscriptions
from workflows.organisation import Subscriber

SUBSCRIBER = record(id=WHOLE, email=TEXT, lang=TEXT, name=maybe(TEXT), added_at=INSTANT, verified_at=maybe(INSTANT))
ADDRESS = Sentence("이메일 주소 하나를 적어 주십시오.", "Expected one e-mail address.")


@api.post("/users/<name>/absences")
@operation(
    "Enter an absence, by oneself or a manager",
    scope="users",
    body={"from": Field(INSTANT, required=True), "to": Field(INSTANT, required=True), "substitute": Field(TEXT)},
    answers={201: record(id=WHOLE, user=TEXT)},
)
def absence(name: str) -> Response:
    """Enter when a user is away, and who stands in."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        away = organisation.find_user(tx, name)
        if away is None:
            raise NotFound(Sentence("그런 사용자는 없습니다.", "There is no such user."))
        if user.name != away.name and not organisation.manages(tx, user.name, away.name):
            raise Forbidden(
                Sentence(
                    "본인이나 관리자만 부재를 적을 수 있습니다.", "Only oneself or a manager may enter an absence."
                )
            )
        sent = requests.body()
        begins, ends = requests.instant("from", sent["from"]), requests.instant("to", sent["to"])
        substitute = str(sent["substitute"]) if sent.get("substitute") else None
        added = organisation.add_absence(tx, name, begins, ends, substitute)
        body = {
            "id": added.id,
            "user": name,
            "from": added.from_at,
            "to": added.until_at,
            "substitute": added.substitute,
        }
        return Answer(body, 201)

    return answers.done(act)


@api.get("/services")
@operation(
    "Services for customers", scope="open", answers={200: page_of(record(name=TEXT, name_en=TEXT, department=TEXT))}
)
def list_services() -> Response:
    """Answer the services a request may be about."""

    def read(tx: Transaction) -> object:
        found = organisation.all_services(tx)
        return answers.paged([{"name": s.name, "name_en": s.name_en, "department": s.department} for s in found])

    return answers.looked(read)


@api.get("/services/<name>/subscribers")
@operation("Who is told about a service", scope="users", answers={200: page_of(SUBSCRIBER)})
def list_subscribers(name: str) -> Response:
    """Answer the subscribers of a service, those that wait for verification too."""
    user = need_user()

    def read(tx: Transaction) -> object:
        permissions.require(tx, user, "subscribers")
        _service(tx, name)
        found = organisation.subscribers_of(tx, name, verified=False)
        return answers.paged([_subscriber(one) for one in found])

    return answers.looked(read)


@api.post("/services/<name>/subscribers")
@operation(
    "Tell an address about a service",
    scope="users",
    body={
        "email": Field(TEXT, required=True),
        "lang": Field({"type": "string", "enum": ["ko", "en"]}),
        "name": Field(TEXT),
        "phone": Field(TEXT),
    },
    answers={201: SUBSCRIBER, 202: record(state=TEXT)},
)
def subscribe(name: str) -> Response:
    """Entered by staff it counts at once (201); by the public after the verify link in a mail (202)."""
    user = current_user()
    if user is None:
        return _subscribe_the_public(name)

    def act(tx: Transaction) -> Answer:
        permissions.require(tx, user, "subscribers")
        _service(tx, name)
        sent = requests.body()
        email, lang = _email(sent["email"]), "en" if sent.get("lang") == "en" else "ko"
        more = {key: str(sent[key])[:80] for key in ("name", "phone") if sent.get(key)}
        return Answer(_subscriber(subscriptions.add(tx, name, email, lang=lang, **more)), 201)

    return answers.done(act)


def _subscribe_the_public(name: str) -> Response:
    sent = requests.body()
    email, lang = _email(sent["email"]), "en" if sent.get("lang") == "en" else "ko"
    allow_public_form()

    def act(tx: Transaction) -> Answer:
        _service(tx, name)
        allow_mail_to(email)
        subscriptions.ask(tx, [name], email, lang)
        return Answer({"state": "verify"}, 202)

    try:
        return answers.done(act)
    except EngineError:
        forgive_public_form()
        raise


@api.delete("/services/<name>/subscribers/<int:subscriber_id>")
@operation("Take an address off", scope="users", answers={200: record(id=WHOLE)})
def unsubscribe(name: str, subscriber_id: int) -> Response:
    """Take a subscriber off a service."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        permissions.require(tx, user, "subscribers")
        own = {one.id: one for one in organisation.subscribers_of(tx, name, verified=False)}
        if subscriber_id not in own:
            raise NotFound(Sentence("그런 구독은 없습니다.", "There is no such subscription."))
        subscriptions.remove(tx, own[subscriber_id])
        return Answer({"id": subscriber_id})

    return answers.done(act)


def _service(tx: Transaction, name: str) -> organisation.Service:
    found = organisation.service(tx, name)
    if found is None:
        raise NotFound(Sentence("그런 서비스는 없습니다.", "There is no such service."))
    return found


def _email(value: object) -> str:
    """One plain address. Raises InvalidForm beside the field."""
    text = str(value).strip()
    if not one_address(text):
        raise InvalidForm({"email": [ADDRESS]})
    return text


def _subscriber(one: Subscriber) -> dict[str, object]:
    return {
        "id": one.id,
        "email": one.email,
        "lang": one.lang,
        "name": one.name,
        "added_at": one.added_at,
        "verified_at": one.verified_at,
    }
