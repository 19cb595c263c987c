"""Settings with their dates, and days that differ from the holidays; by the charter office."""

from __future__ import annotations

from datetime import date, datetime, time

from flask import Response

from engine.errors import InvalidForm, Sentence
from engine.transaction import Transaction
from web.api import answers, requests
from web.api.operations import ANYTHING, DATE, FLAG, INSTANT, TEXT, Field, api, operation, page_of, record
from web.idempotency import Answer
from web.moments import SEOUL
from web.sign_in import need_user
from workflows import calendar, permissions, settings
from workflows.settings import SETTINGS, SettingChange

SETTING = record(key=TEXT, value=ANYTHING, default=ANYTHING, kind=TEXT, ko=TEXT, en=TEXT)


@api.get("/settings")
@operation("Settings and what they are set to", scope="users", answers={200: page_of(SETTING)})
def list_settings() -> Response:
    """Answer every setting with its history."""
    user = need_user()

    def read(tx: Transaction) -> object:
        permissions.require(tx, user, "see_figures")
        return answers.paged([_setting(tx, key) for key in SETTINGS])

    return answers.looked(read)


def _setting(tx: Transaction, key: str) -> dict[str, object]:
    known = SETTINGS[key]
    return {
        "key": key,
        "value": settings.value(tx, key),
        "default": known.default,
        "kind": known.kind,
        "ko": known.word.ko,
        "en": known.word.en,
        "changes": [_change(one) for one in settings.history(tx, key)],
    }


def _change(one: SettingChange) -> dict[str, object]:
    return {
        "value": one.value,
        "effective_from": one.effective_from,
        "changed_at": one.changed_at,
        "by": one.changed_by,
        "reason": one.reason,
    }


@api.put("/settings/<key>")
@operation(
    "Change a setting from an instant on",
    scope="users",
    body={"value": Field(ANYTHING, required=True), "effective_from": Field(TEXT), "reason": Field(TEXT, required=True)},
    answers={200: record(key=TEXT, value=ANYTHING, effective_from=INSTANT)},
)
def change(key: str) -> Response:
    """Set a value that counts from `effective_from` (an instant, or a date from its first minute; default now)."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        permissions.require(tx, user, "change_setting")
        sent = requests.body()
        since = _since(sent.get("effective_from"))
        done = settings.change(tx, key, sent["value"], effective_from=since, reason=str(sent["reason"]))
        return Answer({"key": key, **_change(done)})

    return answers.done(act)


def _since(text: object) -> datetime | None:
    if text is None:
        return None
    if isinstance(text, str) and len(text) == 10:
        return datetime.combine(_date("effective_from", text), time(), SEOUL)
    return requests.instant("effective_from", text)


def _date(name: str, text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        wrong = Sentence("날짜는 2026-09-28처럼 적어 주십시오.", "Expected a date as 2026-09-28.")
        raise InvalidForm({name: [wrong]}) from error


@api.post("/calendar/exceptions")
@operation(
    "A day that differs from the holidays",
    scope="users",
    body={"date": Field(DATE, required=True), "open": Field(FLAG, required=True), "name": Field(TEXT, required=True)},
    answers={201: record(date=DATE, open=FLAG, name=TEXT)},
)
def calendar_exception() -> Response:
    """Close or open a day; open deadlines move only when they are counted anew."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        permissions.require(tx, user, "change_setting")
        sent = requests.body()
        day = _date("date", sent["date"])
        added = calendar.add_exception(tx, day, is_open=bool(sent["open"]), name=str(sent["name"]))
        return Answer({"date": added.day, "open": added.open, "name": added.name}, 201)

    return answers.done(act)
