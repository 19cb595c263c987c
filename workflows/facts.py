"""Facts: several reports of one fact stay cases of their own, linked to the case that reported it first (BP10, F2)."""

from __future__ import annotations

from sqlalchemy import select

from engine.transaction import Transaction
from workflows import cases
from workflows.cases import case_links

SAME_FACT = "same_fact"


def fact_of(tx: Transaction, case_no: str) -> str:
    """Return the fact a case reports: the number of the case that reported it first, its own where it was the first."""
    asked = select(case_links.c.other).where(case_links.c.no == case_no, case_links.c.kind == SAME_FACT)
    return tx.connection.execute(asked.order_by(case_links.c.id)).scalars().first() or case_no


def join(tx: Transaction, case_no: str, other: str) -> str:
    """Note that a case reports what another one reported before; returns the fact both belong to."""
    fact = fact_of(tx, other)
    cases.link(tx, case_no, fact, SAME_FACT)
    return fact


def others(tx: Transaction, case_no: str) -> list[str]:
    """Return the other cases that report the same fact, the first report first, then in the order they were joined."""
    fact = fact_of(tx, case_no)
    asked = select(case_links.c.no).where(case_links.c.other == fact, case_links.c.kind == SAME_FACT)
    joined = tx.connection.execute(asked.order_by(case_links.c.id)).scalars()
    return [no for no in (fact, *joined) if no != case_no]
