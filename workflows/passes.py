"""Visitor passes: which one is out with which visit; a pass is out once. No number of an ID is ever written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Index, String, Table, insert, select, update

from engine.errors import Conflict, Sentence
from engine.store.schema import Id, Instant, condition, metadata
from engine.transaction import Transaction

ON_THE_SHELF = tuple(str(number) for number in range(101, 111))  # the passes the reception desk has
_IS_OUT = condition("charter_passes.back_at is null")

passes = Table(
    "charter_passes",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("pass_no", String(20), nullable=False),
    Column("case_no", String(20), nullable=False, index=True),
    Column("id_kind", String(20)),
    Column("out_at", Instant, nullable=False),
    Column("back_at", Instant),
    Column("lost_at", Instant),
)
Index("ix_charter_passes_out", passes.c.pass_no, unique=True, sqlite_where=_IS_OUT, postgresql_where=_IS_OUT)


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass with a visitor. `id_kind` is what the desk keeps for it; `lost_at`: given up, out of use."""

    id: int
    pass_no: str
    case_no: str
    id_kind: str | None
    out_at: datetime
    back_at: datetime | None
    lost_at: datetime | None


def is_free(tx: Transaction, pass_no: str) -> bool:
    """Whether nobody has that pass, and it is not lost."""
    asked = select(passes.c.id).where(passes.c.pass_no == pass_no.strip(), passes.c.back_at.is_(None))
    return tx.connection.execute(asked).first() is None


def hand_out(tx: Transaction, case_no: str, numbers: Sequence[str], id_kind: str | None, at: datetime) -> None:
    """Note that passes go out with a visit; raises Conflict when one of them is out already, and notes none."""
    wanted = [number.strip() for number in numbers]
    if len(set(wanted)) < len(wanted) or not all(is_free(tx, number) for number in wanted):
        raise Conflict(Sentence("사용 중인 출입증입니다.", "That pass is out already."))
    rows = [{"pass_no": number, "case_no": case_no, "id_kind": id_kind, "out_at": at} for number in wanted]
    tx.connection.execute(insert(passes), rows)


def take_back(tx: Transaction, case_no: str, at: datetime) -> None:
    """Note that every pass of a visit is back; once is enough."""
    of_visit = (passes.c.case_no == case_no) & passes.c.back_at.is_(None)
    tx.connection.execute(update(passes).where(of_visit).values(back_at=at))


def give_up(tx: Transaction, case_no: str) -> None:
    """Note that the passes of a visit are lost: they stay out of use."""
    of_visit = (passes.c.case_no == case_no) & passes.c.back_at.is_(None)
    tx.connection.execute(update(passes).where(of_visit).values(lost_at=tx.now))


def out_now(tx: Transaction) -> list[Pass]:
    """Return the passes that are with visitors, the longest out first; lost ones are not among them."""
    asked = select(passes).where(passes.c.back_at.is_(None), passes.c.lost_at.is_(None))
    rows = tx.connection.execute(asked.order_by(passes.c.out_at, passes.c.id)).mappings()
    return [Pass(**row) for row in rows]


def lost(tx: Transaction) -> list[str]:
    """Return the numbers of passes that were given up."""
    asked = select(passes.c.pass_no).where(passes.c.back_at.is_(None), passes.c.lost_at.is_not(None))
    return [row.pass_no for row in tx.connection.execute(asked.order_by(passes.c.pass_no))]


def of_case(tx: Transaction, case_no: str) -> list[Pass]:
    """Return every pass that a visit had, in the order they went out."""
    rows = tx.connection.execute(select(passes).where(passes.c.case_no == case_no).order_by(passes.c.id)).mappings()
    return [Pass(**row) for row in rows]
