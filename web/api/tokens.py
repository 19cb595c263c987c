"""API tokens: a user makes one for a program, sees its text this once, and ends it."""

from __future__ import annotations

from datetime import timedelta

from flask import Response

from engine.errors import InvalidForm, NotFound, Sentence
from engine.transaction import Transaction
from web import api_tokens
from web.api import answers, requests
from web.api.operations import INSTANT, TEXT, WHOLE, Field, api, listed, operation, record
from web.idempotency import Answer
from web.sign_in import need_user
from workflows import audit

LONGEST = timedelta(days=366)


@api.post("/tokens")
@operation(
    "Make a token for a program",
    scope="users",
    body={
        "name": Field(TEXT, required=True),
        "scopes": Field(listed({"type": "string", "enum": list(api_tokens.SCOPES)}), required=True),
        "expires_at": Field(INSTANT, required=True),
    },
    answers={201: record(id=WHOLE, token=TEXT)},
)
def make() -> Response:
    """Make a token with the user's own rights, narrowed by its scopes; its text is answered this once."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        sent = requests.body()
        name, scopes = str(sent["name"]).strip(), _scopes(sent["scopes"])
        ends = requests.instant("expires_at", sent["expires_at"])
        if not 0 < len(name) <= 100:
            raise InvalidForm({"name": [Sentence("1자에서 100자까지 적어 주십시오.", "Expected 1 to 100 characters.")]})
        if not tx.now < ends <= tx.now + LONGEST:
            wrong = Sentence("지금부터 1년 안이어야 합니다.", "Expected an instant within a year from now.")
            raise InvalidForm({"expires_at": [wrong]})
        token_id, text = api_tokens.make(tx, user.name, name, scopes, ends)
        audit.record(tx, "token made", str(token_id), {"scopes": list(scopes)})
        return Answer({"id": token_id, "token": text}, 201)

    return answers.done(act)


def _scopes(value: object) -> tuple[str, ...]:
    given = tuple(dict.fromkeys(str(one) for one in value)) if isinstance(value, list) else ()
    if not given or any(one not in api_tokens.SCOPES for one in given):
        known = ", ".join(api_tokens.SCOPES)
        raise InvalidForm({"scopes": [Sentence(f"{known} 중에서 고릅니다.", f"Expected some of {known}.")]})
    return given


@api.delete("/tokens/<int:token_id>")
@operation("End a token", scope="users", answers={200: record(id=WHOLE)})
def end(token_id: int) -> Response:
    """End a token of one's own; an admin ends anybody's."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        if not api_tokens.revoke(tx, token_id, None if user.has_role("admin") else user.name):
            raise NotFound(Sentence("그런 토큰은 없습니다.", "There is no such token."))
        audit.record(tx, "token ended", str(token_id))
        return Answer({"id": token_id})

    return answers.done(act)
