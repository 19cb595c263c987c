"""Notes: what was said about a case beside its diagram: staff notes, customer replies, lines of the diagram, files."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Integer, String, Table, Text, delete, insert, select

from engine.errors import NotFound, Sentence
from engine.store.schema import Id, Instant, Json, metadata
from engine.transaction import Transaction

notes = Table(
    "charter_notes",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("case_no", String(20), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("ko", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(200), nullable=False),
    Column("files", Json, nullable=False),
)
files = Table(
    "charter_files",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_no", String(20), nullable=False, index=True),
    Column("filename", Text, nullable=False),
    Column("content_type", String(100), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(200), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Note:
    """One note. `kind`: note (staff, inside), reply (customer), line (the diagram says what happened)."""

    id: int
    case_no: str
    kind: str
    ko: str
    en: str
    at: datetime
    by: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A file of a case; its bytes lie in the files folder under `id`, a random name."""

    id: str
    case_no: str
    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    at: datetime
    by: str


def add(tx: Transaction, case_no: str, kind: str, ko: str, en: str | None = None, *, files: Sequence[str] = ()) -> None:
    """Add a note of `tx.actor`; a text of one language stands for both."""
    row = {
        "case_no": case_no,
        "kind": kind,
        "ko": ko,
        "en": en or ko,
        "at": tx.now,
        "by": tx.actor,
        "files": list(files),
    }
    tx.connection.execute(insert(notes).values(**row))


def of_case(tx: Transaction, case_no: str, *kinds: str) -> list[Note]:
    """Return the notes of a case in order; without kinds, all."""
    asked = select(notes).where(notes.c.case_no == case_no).order_by(notes.c.id)
    if kinds:
        asked = asked.where(notes.c.kind.in_(kinds))
    return [Note(**{**row, "files": tuple(row["files"])}) for row in tx.connection.execute(asked).mappings()]


def add_file(
    tx: Transaction, case_no: str, *, filename: str, content_type: str, size_bytes: int, sha256: str
) -> CaseFile:
    """Write down a file and return it with its random id, under which the caller keeps its bytes."""
    row = {
        "id": secrets.token_urlsafe(24), "case_no": case_no, "filename": filename, "content_type": content_type,
        "size_bytes": size_bytes, "sha256": sha256, "at": tx.now, "by": tx.actor,
    }  # fmt: skip
    tx.connection.execute(insert(files).values(**row))
    return CaseFile(**row)  # type: ignore[arg-type]


def file(tx: Transaction, file_id: str) -> CaseFile:
    """Return a file's facts; raises NotFound."""
    row = tx.connection.execute(select(files).where(files.c.id == file_id)).mappings().first()
    if row is None:
        raise NotFound(Sentence("그런 파일은 없습니다.", "There is no such file."))
    return CaseFile(**row)


def files_of(tx: Transaction, case_no: str) -> list[CaseFile]:
    """Return the files of a case in order."""
    asked = select(files).where(files.c.case_no == case_no).order_by(files.c.at, files.c.id)
    return [CaseFile(**row) for row in tx.connection.execute(asked).mappings()]


def erase(tx: Transaction, case_no: str) -> list[str]:
    """Delete the notes and file rows of a case; returns the ids whose bytes are to be deleted."""
    gone = [f.id for f in files_of(tx, case_no)]
    tx.connection.execute(delete(notes).where(notes.c.case_no == case_no))
    tx.connection.execute(delete(files).where(files.c.case_no == case_no))
    return gone
