"""Milestones: the ordered list a customer follows; reached once for each code, expected when it was planned."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
    update,
)

from engine.store.schema import Id, Instant, metadata
from engine.transaction import Transaction
from workflows import cases, catalogue
from workflows.charter_process import CharterProcess, MilestoneText

milestones = Table(
    "charter_milestones",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("case_no", String(20), ForeignKey("charter_cases.no"), nullable=False),
    Column("code", String(60), nullable=False),
    Column("ko", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("reached_at", Instant),
    Column("expected_at", Instant),
    Column("first_expected_at", Instant),
    Column("reason_ko", Text),
    Column("reason_en", Text),
    Column("delayed", Boolean, nullable=False),
    Column("present", Boolean, nullable=False),
    Column("position", Integer, nullable=False),
    UniqueConstraint("case_no", "code"),
)


class MilestoneState(StrEnum):
    """Where a milestone stands, for the customer's eye."""

    REACHED = "reached"
    PRESENT = "present"  # where the case stands now: the last one reached, or a wait for the customer
    PLANNED = "planned"
    DELAYED = "delayed"  # 지연: planned anew, later than first told
    FUTURE = "future"


@dataclass(frozen=True, slots=True)
class Milestone:
    """One line of the customer's list. `expected_at` is the latest word, `first_expected_at` what was said first."""

    code: str
    ko: str
    en: str
    reached_at: datetime | None
    expected_at: datetime | None
    first_expected_at: datetime | None
    reason_ko: str | None
    reason_en: str | None
    state: MilestoneState


def reach(
    tx: Transaction, case_no: str, process: str, code: str, *, ko: str | None = None, en: str | None = None,
    at: datetime | None = None,
) -> bool:  # fmt: skip
    """Write that a milestone was reached (default now); a second time changes nothing and returns False."""
    known = _row(tx, case_no, code)
    moment = at or tx.now
    if known is None:
        text = _wording(process, code, ko, en)
        _insert(tx, case_no, code, text, reached_at=moment)
        return True
    if known["reached_at"] is not None:
        return False
    changed: dict[str, Any] = {"reached_at": moment}
    if ko:
        changed |= {"ko": ko, "en": en or ko}
    tx.connection.execute(update(milestones).where(milestones.c.id == known["id"]).values(**changed))
    return True


def plan(
    tx: Transaction, case_no: str, process: str, code: str, expected_at: datetime, *, ko: str | None = None,
    en: str | None = None, reason_ko: str | None = None, reason_en: str | None = None, position: int = 0,
) -> None:  # fmt: skip
    """Announce a milestone with its expected instant, or move it: the first word stays, the reason is shown."""
    known = _row(tx, case_no, code)
    if known is None:
        text = _wording(process, code, ko, en)
        _insert(tx, case_no, code, text, expected_at=expected_at, first_expected_at=expected_at, position=position)
        return
    first = known["first_expected_at"] or expected_at
    before = known["expected_at"]
    changed: dict[str, Any] = {"expected_at": expected_at, "first_expected_at": first}
    if before is not None and expected_at != before:
        changed |= {"delayed": expected_at > first, "reason_ko": reason_ko, "reason_en": reason_en or reason_ko}
    if ko:
        changed |= {"ko": ko, "en": en or ko}
    tx.connection.execute(update(milestones).where(milestones.c.id == known["id"]).values(**changed))


def show_present(tx: Transaction, case_no: str, process: str, code: str, *, present: bool) -> None:
    """Show or hide a side state (a wait for the customer) as where the case stands now."""
    reach(tx, case_no, process, code)
    same = (milestones.c.case_no == case_no) & (milestones.c.code == code)
    tx.connection.execute(update(milestones).where(same).values(present=present))


def has_reached(tx: Transaction, case_no: str, code: str) -> bool:
    """Whether the milestone was reached."""
    known = _row(tx, case_no, code)
    return known is not None and known["reached_at"] is not None


def of_case(tx: Transaction, case_no: str) -> list[Milestone]:
    """Return the customer's list: what was reached by its instant, then what is expected, then the rest of the table.

    The rest is left out once the case is closed. Raises NotFound.
    """
    case = cases.get(tx, case_no)
    process, closed = case.process, not case.is_open
    asked = select(milestones).where(milestones.c.case_no == case_no).order_by(milestones.c.id)
    rows = tx.connection.execute(asked).mappings().all()
    known = catalogue.process(process)
    reached = sorted((r for r in rows if r["reached_at"]), key=lambda r: (r["reached_at"], r["id"]))
    listed = [_milestone(row) for row in reached]
    if not closed:
        listed += _ahead(known, rows)
    return _with_present(listed, rows, closed)


def _ahead(known: CharterProcess | None, rows: Sequence[Mapping[Any, Any]]) -> list[Milestone]:
    """What is still to come, in the table's order; planned codes at their place in it."""
    planned = [r for r in rows if r["reached_at"] is None]
    table = known.milestones if known else ()
    last = max(
        (_place(table, r["code"]) for r in rows if r["reached_at"] and not _is_side(known, r["code"])), default=-1
    )
    written = {r["code"] for r in rows}
    replaced = {m.instead_of for m in table if m.instead_of and any(_is_of(m, r["code"]) for r in rows)}
    ahead: list[tuple[tuple[int, int, int], Milestone]] = [
        ((_place(table, r["code"]), r["position"], r["id"]), _milestone(r)) for r in planned
    ]
    for place, text in enumerate(table):
        skipped = text.side or text.code.endswith("_n") or text.code in written or text.code in replaced
        if not skipped and place > last:
            line = Milestone(text.code, text.ko, text.en, None, None, None, None, None, MilestoneState.FUTURE)
            ahead.append(((place, 0, 0), line))
    return [milestone for _, milestone in sorted(ahead, key=lambda pair: pair[0])]


def _with_present(listed: list[Milestone], rows: Sequence[Mapping[Any, Any]], closed: bool) -> list[Milestone]:
    """Mark where the case stands: a wait that is on, else the last one reached."""
    if closed:
        return listed
    waiting = {row["code"] for row in rows if row["present"]}
    reached = [m.code for m in listed if m.reached_at]
    now = waiting or set(reached[-1:])
    return [replace(m, state=MilestoneState.PRESENT) if m.code in now and m.reached_at else m for m in listed]


def _milestone(row: Mapping[Any, Any]) -> Milestone:
    names = ("code", "ko", "en", "reached_at", "expected_at", "first_expected_at", "reason_ko", "reason_en")
    if row["reached_at"]:
        state = MilestoneState.REACHED
    else:
        state = MilestoneState.DELAYED if row["delayed"] else MilestoneState.PLANNED
    return Milestone(**{name: row[name] for name in names}, state=state)


def _place(table: Sequence[MilestoneText], code: str) -> int:
    return next((i for i, text in enumerate(table) if text.code == code or _is_of(text, code)), len(table))


def _is_of(text: MilestoneText, code: str) -> bool:
    """Whether STAGE_3 is one of STAGE_n."""
    stem = text.code.removesuffix("n")
    return text.code.endswith("_n") and re.fullmatch(rf"{re.escape(stem)}\d+", code) is not None


def _is_side(known: CharterProcess | None, code: str) -> bool:
    text = known.milestone(code) if known else None
    return text is not None and text.side


COMMON = {
    "RECEIVED": ("접수", "Received"),
    "CLOSED": ("종료", "Closed"),
    "WAITING_CUSTOMER": ("고객 회신 대기", "Waiting for you"),
}


def _wording(process: str, code: str, ko: str | None, en: str | None) -> tuple[str, str]:
    known = catalogue.process(process)
    text = known.milestone(code) if known else None
    words = (text.ko, text.en) if text else COMMON.get(code, (code, code))
    return (ko or words[0], en or (ko if ko and not text else words[1]) or words[1])


def _row(tx: Transaction, case_no: str, code: str) -> Mapping[Any, Any] | None:
    asked = select(milestones).where(milestones.c.case_no == case_no, milestones.c.code == code)
    return tx.connection.execute(asked).mappings().first()


def _insert(tx: Transaction, case_no: str, code: str, text: tuple[str, str], **facts: Any) -> None:
    row = {
        "case_no": case_no,
        "code": code,
        "ko": text[0],
        "en": text[1],
        "delayed": False,
        "present": False,
        "position": 0,
    }
    tx.connection.execute(insert(milestones).values(**{**row, **facts}))
