"""Forms in JSON: what a program needs to fill one in; and a process' forms and mail texts as their owners edit them."""

from __future__ import annotations

from engine.forms import Form
from web.api.operations import RECORD, TEXT, listed, maybe, record

FORM = record(key=TEXT, title=TEXT, title_en=TEXT, submit=maybe(TEXT), submit_en=maybe(TEXT), fields=listed(RECORD))


def form_json(form: Form) -> dict[str, object]:
    """Return a form with its fields, labels in both languages."""
    return {
        "key": form.key,
        "title": form.title.ko,
        "title_en": form.title.en,
        "submit": form.submit.ko if form.submit else None,
        "submit_en": form.submit.en if form.submit else None,
        "fields": form.describe(),
    }
