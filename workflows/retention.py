"""Retention: when a case is over for long enough, who its customer was is erased (charter.md §2.0)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from engine import jobs
from engine.transaction import Transaction
from workflows import cases, catalogue, recipients

DEFAULT = "3y"


def schedule(tx: Transaction, case_no: str, process: str) -> None:
    """Set the day on which a closed case loses its personal fields."""
    jobs.enqueue(
        tx, "case.retention", {"case": case_no}, due_at=due_on(tx.now, process), key=f"case.retention:{case_no}"
    )


def run(tx: Transaction, payload: Mapping[str, object]) -> None:
    """Job `case.retention`: erase the personal fields of a case that is still closed."""
    case = cases.find_case(tx, str(payload["case"]))
    if case is not None and not case.is_open and case.anonymised_at is None:
        cases.anonymise(tx, case.no)
        recipients.forget(tx, [case.no])


def _length(text: str) -> timedelta:
    """`3y` or `30d`."""
    number, unit = int(text[:-1]), text[-1]
    return timedelta(days=number * (365 if unit == "y" else 1))


def due_on(ended_at: datetime, process: str) -> datetime:
    """Return when a case that ended then loses its personal fields."""
    known = catalogue.process(process)
    return ended_at + _length(known.retention if known else DEFAULT)
