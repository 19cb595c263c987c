"""Commendations: who was chosen as an example, and what the public page may say of it (charter.md BP11, K3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Integer, String, Table, Text, insert, select

from engine.store.schema import Id, Instant, metadata
from engine.transaction import Transaction
from workflows import audit, organisation

commendations = Table(
    "charter_commendations",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("case_no", String(20), nullable=False, unique=True),
    Column("name", String(80), nullable=False),
    Column("name_en", String(80), nullable=False),
    Column("department", String(80), nullable=False),
    Column("level", String(10), nullable=False),
    Column("words", Text),
    Column("published_at", Instant, nullable=False),
    Column("year", Integer, nullable=False, index=True),
)


@dataclass(frozen=True, slots=True)
class Commendation:
    """One example: the name as it may be shown, the department, and the customer's words where they may be shown.

    `level` is letter or award.
    """

    case_no: str
    name: str
    name_en: str
    department: str
    level: str
    words: str | None
    published_at: datetime


def publish(
    tx: Transaction, case_no: str, *, employee: str, department: str, level: str, show_name: bool, words: str | None
) -> None:
    """Write a commendation for the public page; without consent only the masked name is kept at all. Twice is once."""
    known = select(commendations.c.id).where(commendations.c.case_no == case_no)
    if tx.connection.execute(known).first() is not None:
        return
    person = organisation.user(tx, employee)
    name, name_en = (person.ko_name, person.en_name) if show_name else (masked(person.ko_name), "—")
    row = {
        "case_no": case_no, "name": name, "name_en": name_en, "department": department, "level": level, "words": words,
        "published_at": tx.now, "year": tx.now.year,
    }  # fmt: skip
    tx.connection.execute(insert(commendations).values(**row))
    audit.record(tx, "commendation published", case_no, {"level": level, "name shown": show_name})


def masked(name: str) -> str:
    """Return a name of which only the first letter is told: 김○○."""
    return f"{name[:1]}○○"


def newest(tx: Transaction, limit: int = 50) -> Sequence[Commendation]:
    """Return the newest commendations, newest first."""
    columns = [commendations.c[name] for name in Commendation.__slots__]
    asked = select(*columns).order_by(commendations.c.id.desc()).limit(limit)
    return [Commendation(**row) for row in tx.connection.execute(asked).mappings()]
