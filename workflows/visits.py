"""Visits as the reception desk sees them: who is expected today, who is in the house, who has left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from engine import instances
from engine.transaction import Transaction
from workflows import cases, passes, promises
from workflows.cases import Case
from workflows.korean import SEOUL
from workflows.passes import Pass
from workflows.promises import Promise

PROCESS = "visit_inbound"


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit. `host` and `substitute` are sign-in names; `others` people come along; `meet_until` once arrived.

    `promise` is its row of V3; a visitor without a reservation has none.
    """

    case_no: str
    visitor: str
    org: str
    others: int
    purpose: str
    needs: str
    parking: bool
    booked: bool
    appointment: datetime
    room: str
    host: str | None
    substitute: str | None
    substitute_called: bool
    is_confirmed: bool
    arrived_at: datetime | None
    meet_until: datetime | None
    met_at: datetime | None
    left_at: datetime | None
    end_state: str | None
    promise: Promise | None
    passes: Sequence[Pass]

    @property
    def has_left(self) -> bool:
        """Whether the visitor came and has given the passes back."""
        return bool(self.passes) and all(p.back_at or p.lost_at for p in self.passes)

    @property
    def is_expected(self) -> bool:
        """Whether the visitor is still to come."""
        return self.is_confirmed and self.arrived_at is None and self.end_state is None

    @property
    def is_present(self) -> bool:
        """Whether the visitor is in the house."""
        return self.arrived_at is not None and not self.has_left and self.end_state is None

    @property
    def waits(self) -> bool:
        """Whether the visitor sits in the room and nobody has come."""
        return self.is_present and self.met_at is None


@dataclass(frozen=True, slots=True)
class Reception:
    """The desk's day: expected by their time, present by their arrival, who was here, and the passes out."""

    expected: Sequence[Visit]
    present: Sequence[Visit]
    gone: Sequence[Visit]
    passes_out: Sequence[tuple[Pass, str]]  # with the visitor's name


def reception(tx: Transaction) -> Reception:
    """Return who is expected today (KST), who is here, who has been here today, and which passes are out."""
    day = tx.now.astimezone(SEOUL).date()
    found = [_visit(tx, case) for case in _of_day(tx, day)]
    todays = [v for v in found if v.appointment.astimezone(SEOUL).date() == day]
    out = passes.out_now(tx)
    names = cases.titles(tx, [one.case_no for one in out])
    return Reception(
        expected=sorted((v for v in todays if v.is_expected), key=lambda v: (v.appointment, v.case_no)),
        present=sorted((v for v in found if v.is_present), key=lambda v: (v.arrived_at or v.appointment, v.case_no)),
        gone=sorted(
            (v for v in todays if v.has_left or v.end_state == "NO_SHOW"),
            key=lambda v: (v.arrived_at or v.appointment, v.case_no),
            reverse=True,
        ),
        passes_out=[(one, names[one.case_no].contact.name or "" if one.case_no in names else "") for one in out],
    )


def _of_day(tx: Transaction, day: date) -> list[Case]:
    """Every visit that is open, and those that ended on the day."""
    begins = datetime.combine(day, time(), SEOUL)
    table = cases.cases
    is_open = table.c.state == "open"
    ended_today = (table.c.ended_at >= begins) & (table.c.ended_at < begins + timedelta(days=1))
    asked = select(table.c.no).where(table.c.process == PROCESS, is_open | ended_today)
    numbers = [row.no for row in tx.connection.execute(asked)]
    return list(cases.titles(tx, numbers).values())


def _visit(tx: Transaction, case: Case) -> Visit:
    seen: Mapping[str, object] = instances.variables(tx, case.instance_id) if case.instance_id is not None else {}
    companions = seen.get("companions")
    held = passes.of_case(tx, case.no)
    return Visit(
        case_no=case.no,
        visitor=case.contact.name or "",
        org=case.contact.org or "",
        others=len(companions) if isinstance(companions, list) else 0,
        purpose=_text(seen.get("purpose")),
        needs=_text(seen.get("accessibility_needs")),
        parking=seen.get("parking") is True,
        booked=seen.get("booked") is True,
        appointment=_instant(seen.get("appointment")) or case.received_at,
        room=_text(seen.get("room")),
        host=_text(seen.get("host")) or None,
        substitute=_text(seen.get("substitute_host")) or None,
        substitute_called=seen.get("substitute_called") is True,
        is_confirmed=_instant(seen.get("confirmed_at")) is not None or seen.get("booked") is False,
        arrived_at=_instant(seen.get("arrived_at")),
        meet_until=_instant(seen.get("meet_until")),
        met_at=_instant(seen.get("met_at")),
        left_at=_instant(seen.get("left_at")) or max((p.back_at for p in held if p.back_at), default=None),
        end_state=case.end_state,
        promise=promises.latest(tx, case.no, "V3", ""),
        passes=held,
    )


def _text(value: object) -> str:
    return str(value) if value else ""


def _instant(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None
