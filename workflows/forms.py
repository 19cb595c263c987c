"""The forms of the process folders, as edited since: looked up by process, version and key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Integer, String, Table, insert, select

from engine.definitions import find_latest
from engine.errors import NotFound, Sentence
from engine.forms import Form, read_form
from engine.store.schema import Id, Instant, Json, metadata
from engine.transaction import Transaction
from workflows import audit, catalogue

edits = Table(
    "charter_form_edits",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("process", String(200), nullable=False, index=True),
    Column("key", String(120), nullable=False),
    Column("form", Json, nullable=False),
    Column("after_version", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", String(80), nullable=False),
)
DRAFT = 1_000_000_000


def find(tx: Transaction, process: str, version: int, key: str) -> Form | None:
    """Return a form as it counts for a version of its process, or None: the task then has no form."""
    edited = _edited(tx, process, version, key)
    return _read(edited) if edited is not None else shipped(process, key)


def source(tx: Transaction, process: str, key: str, *, draft: bool = True) -> Mapping[str, Any]:
    """Return a form as it is written (JSON), with edits that wait for the next release; raises NotFound."""
    newest = find_latest(tx, process)
    version = DRAFT if draft or newest is None else newest.version
    found = _edited(tx, process, version, key) or shipped_source(process, key)
    if found is None:
        raise NotFound(Sentence(f"그런 양식은 없습니다: {key}", f"There is no form {key!r}"))
    return found


def edit(tx: Transaction, process: str, key: str, form: Mapping[str, Any]) -> Form:
    """Keep an edited form, or a new one; it counts from the next release on.

    Raises InvalidForm for a bad definition.
    """
    read = _read({**form, "key": key})
    newest = find_latest(tx, process)
    row = {
        "process": process, "key": key, "form": {**form, "key": key}, "after_version": newest.version if newest else 0,
        "changed_at": tx.now, "changed_by": tx.actor,
    }  # fmt: skip
    tx.connection.execute(insert(edits).values(**row))
    audit.record(tx, "form edited", f"{process}/{key}")
    return read


def start_form(tx: Transaction, process: str) -> Form | None:
    """Return the form that starts a case of a process, or None where nobody starts it by a form."""
    known = catalogue.process(process)
    if known is None or known.start_form is None:
        return None
    newest = find_latest(tx, process)
    return find(tx, process, newest.version if newest else DRAFT, known.start_form)


def keys_of(process: str) -> list[str]:
    """Return the keys of the forms in a process' folder."""
    folder = catalogue.folder(process).joinpath("forms")
    return (
        sorted(f.name.removesuffix(".json") for f in folder.iterdir() if f.name.endswith(".json"))
        if folder.is_dir()
        else []
    )


@lru_cache(maxsize=1024)
def shipped(process: str, key: str) -> Form | None:
    """Return the form in the process' folder, or None."""
    found = shipped_source(process, key)
    return _read(found) if found is not None else None


@lru_cache(maxsize=1024)
def shipped_source(process: str, key: str) -> Mapping[str, Any] | None:
    """Return the form in the process' folder as it is written, or None."""
    if "/" in key or key.startswith("."):
        return None
    file = catalogue.folder(process).joinpath("forms").joinpath(f"{key}.json")
    if not file.is_file():
        return None
    read = json.loads(file.read_text("utf-8"))
    return read if isinstance(read, dict) else None


def _read(form: Mapping[str, Any]) -> Form:
    """A form may ask what a diagram may ask: the calendar, the settings, the organisation."""
    from workflows.charter_functions import FUNCTION_NAMES  # they look into cases, which open by forms

    return read_form(form, FUNCTION_NAMES)


def _edited(tx: Transaction, process: str, version: int, key: str) -> Mapping[str, Any] | None:
    asked = (
        select(edits.c.form)
        .where(edits.c.process == process, edits.c.key == key, edits.c.after_version < version)
        .order_by(edits.c.id.desc())
        .limit(1)
    )
    row = tx.connection.execute(asked).first()
    return row.form if row else None
