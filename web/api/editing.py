"""A process' mail texts and forms as its owner edits them; they count from the next release of the process on."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response

from engine import definitions
from engine.errors import NotFound, Sentence
from engine.forms import read_form
from engine.transaction import Transaction
from web.api import answers, requests
from web.api.forms import FORM, form_json
from web.api.operations import RECORD, TEXT, Field, api, listed, operation, record
from web.idempotency import Answer
from web.sign_in import need_user
from workflows import catalogue, forms, mail_texts, permissions
from workflows.charter_check import mail_fields
from workflows.mail_texts import MailWords

WORDS = ("subject_ko", "text_ko", "subject_en", "text_en")
MAIL = record(
    process=TEXT, mail=TEXT, subject_ko=TEXT, text_ko=TEXT, subject_en=TEXT, text_en=TEXT, fields=listed(TEXT)
)


@api.get("/processes/<key>/mails/<mail_id>")
@operation("The words of a mail, with edits that wait for a release", scope="users", answers={200: MAIL})
def mail_words(key: str, mail_id: str) -> Response:
    """Answer a mail's words in both languages, and the fields it may name."""
    user = need_user()

    def read(tx: Transaction) -> object:
        permissions.require(tx, user, "read_process")
        _known(key)
        return _mail(mail_texts.words_of(tx, key, mail_id, draft=True), _fields(tx, key, mail_id))

    return answers.looked(read)


@api.put("/processes/<key>/mails/<mail_id>")
@operation(
    "Change the words of a mail",
    scope="users",
    body={name: Field(TEXT, required=True) for name in WORDS},
    answers={200: MAIL},
)
def change_mail(key: str, mail_id: str) -> Response:
    """Keep new words; 422 beside the text that names an unknown field."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        permissions.require(tx, user, "edit_process")
        _known(key)
        sent = requests.body()
        words, fields = MailWords(key, mail_id, *(str(sent[name]) for name in WORDS)), _fields(tx, key, mail_id)
        mail_texts.edit(tx, words, fields)
        return Answer(_mail(words, fields))

    return answers.done(act)


def _mail(words: MailWords, fields: frozenset[str]) -> dict[str, object]:
    texts = {name: getattr(words, name) for name in WORDS}
    return {"process": words.process, "mail": words.mail_id, **texts, "fields": sorted(fields)}


def _fields(tx: Transaction, key: str, mail_id: str) -> frozenset[str]:
    live = definitions.latest(tx, key)
    return mail_fields(definitions.parsed(tx, key, live.version), mail_id)


@api.get("/processes/<key>/forms/<name>")
@operation("A form, with edits that wait for a release", scope="users", answers={200: FORM})
def process_form(key: str, name: str) -> Response:
    """Answer a form of a process."""
    user = need_user()

    def read(tx: Transaction) -> object:
        permissions.require(tx, user, "read_process")
        _known(key)
        return form_json(read_form(forms.source(tx, key, name)))

    return answers.looked(read)


@api.put("/processes/<key>/forms/<name>")
@operation(
    "Change the fields of a form",
    scope="users",
    body={"fields": Field(listed(RECORD), required=True)},
    answers={200: FORM},
)
def change_form(key: str, name: str) -> Response:
    """Keep new fields; title and rules stay. 422 for a wrong definition, and for a pattern that can run away."""
    user = need_user()

    def act(tx: Transaction) -> Answer:
        permissions.require(tx, user, "edit_process")
        _known(key)
        before = forms.source(tx, key, name)
        sent = requests.body()["fields"]
        fields = [_written(one) for one in sent] if isinstance(sent, list) else []
        return Answer(form_json(forms.edit(tx, key, name, {**before, "fields": fields})))

    return answers.done(act)


def _written(field: object) -> object:
    """A field as the form's JSON has it: both languages of a text beside each other."""
    if not isinstance(field, Mapping):
        return field
    flat = {str(k): v for k, v in field.items() if k not in ("label", "label_en", "hint", "hint_en", "note", "note_en")}
    for name in ("label", "hint"):
        if name in field:
            flat[name] = {"ko": field[name], "en": field.get(f"{name}_en", field[name])}
    if isinstance(field.get("options"), list):
        flat["options"] = [_option(one) for one in field["options"]]
    if isinstance(field.get("fields"), list):
        flat["fields"] = [_written(one) for one in field["fields"]]
    return flat


def _option(one: object) -> object:
    if not isinstance(one, Mapping) or "label" not in one:
        return one if isinstance(one, Mapping) else {"value": one, "ko": str(one), "en": str(one)}
    said = {"value": one.get("value"), "ko": one["label"], "en": one.get("label_en", one["label"])}
    return {**said, "note_ko": one["note"], "note_en": one.get("note_en", one["note"])} if one.get("note") else said


def _known(key: str) -> None:
    if catalogue.process(key) is None:
        raise NotFound(Sentence(f"그런 절차는 없습니다: {key[:60]}", f"There is no such process: {key[:60]}"))
