"""Figures: how a clause was kept in a period, from promise rows alone (charter.md §0.3)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from engine.errors import InvalidForm, Sentence
from engine.transaction import Transaction
from workflows import clauses, promises, settings
from workflows.clauses import Clause, ClauseKind
from workflows.korean import SEOUL
from workflows.promises import Promise, PromiseState

_PERIOD = re.compile(r"(\d{4})(?:Q([1-4])|-(0[1-9]|1[0-2]))?")
FEW = Sentence("표본 적음", "small sample")
NONE = Sentence("해당 없음", "n/a")
# A clause without a clock of its own that is kept by keeping others (charter.md §1.1).
ROLLED_UP = {"P3": ("C2", "C3", "C5", "W1")}
OBSERVED = Sentence("관찰", "observed")


@dataclass(frozen=True, slots=True)
class Period:
    """A quarter (2026Q3), month (2026-09) or year (2026) in Seoul; `until` is not included."""

    name: str
    from_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Informational:
    """The second, merely informational figure (W1 by calendar days)."""

    spec: str
    kept: int
    missed: int


@dataclass(frozen=True, slots=True)
class ClauseFigure:
    """One clause in a period. `percent` is internal (None with nothing decided); `public_text` is what is published."""

    clause: Clause
    kept: int
    breached: int
    waived: int
    void: int
    running: int
    percent: Decimal | None
    public_text: Sentence
    target: float
    source: Sentence | None
    informational: Informational | None

    @property
    def kind(self) -> ClauseKind:
        return self.clause.kind

    @property
    def decided(self) -> int:
        return self.kept + self.breached

    @property
    def meets_target(self) -> bool | None:
        """Whether the target is met; None with nothing decided."""
        return None if self.percent is None else self.percent >= Decimal(str(self.target))


def period(name: str) -> Period:
    """Return the period of that name; raises InvalidForm for `period`."""
    found = _PERIOD.fullmatch(name.strip())
    if found is None:
        wrong = Sentence(
            "기간은 2026Q3, 2026-09, 2026처럼 적습니다.", "A period is written like 2026Q3, 2026-09 or 2026."
        )
        raise InvalidForm({"period": [wrong]})
    year, quarter, month = int(found[1]), found[2], found[3]
    first, months = (1, 12)
    if quarter:
        first, months = int(quarter) * 3 - 2, 3
    elif month:
        first, months = int(month), 1
    after = year * 12 + first - 1 + months
    from_at = datetime(year, first, 1, tzinfo=SEOUL)
    return Period(found[0], from_at, datetime(after // 12, after % 12 + 1, 1, tzinfo=SEOUL))


def quarter_of(instant: datetime) -> str:
    """Return the quarter that an instant lies in, in Seoul: 2026Q3."""
    local = instant.astimezone(SEOUL)
    return f"{local.year}Q{(local.month + 2) // 3}"


def compliance(tx: Transaction, period_name: str) -> list[ClauseFigure]:
    """Return the figure of every clause in a period, in the charter's order.

    A promise belongs to the period in which it was due. KEPT / (KEPT + BREACHED), half up to one decimal; WAIVED, VOID
    and RUNNING stand beside it. Raises InvalidForm for an unknown period.
    """
    span = period(period_name)
    rows: dict[str, list[Promise]] = {}
    for promise in promises.find(tx, due_from=span.from_at, due_before=span.until, limit=1_000_000):
        rows.setdefault(promise.clause, []).append(promise)
    minimum = int(settings.number_of(tx, "publish.min_n"))
    for whole, parts in ROLLED_UP.items():
        rows.setdefault(whole, [row for part in parts for row in rows.get(part, ())])
    return [figure(tx, clause, rows.get(clause.id, ()), minimum) for clause in clauses.ALL]


def figure(tx: Transaction, clause: Clause, rows: Sequence[Promise], minimum: int) -> ClauseFigure:
    """Return the figure of one clause over given promises; `minimum` decided ones make a public percentage."""
    states = Counter(p.state for p in rows)
    kept, breached = states[PromiseState.KEPT], states[PromiseState.BREACHED]
    percent = percent_of(kept, kept + breached)
    return ClauseFigure(
        clause=clause,
        kept=kept,
        breached=breached,
        waived=states[PromiseState.WAIVED],
        void=states[PromiseState.VOID],
        running=states[PromiseState.RUNNING],
        percent=percent,
        public_text=public_text(kept, kept + breached, minimum, clause),
        target=target_of(tx, clause.id),
        source=clause.source,
        informational=_informational(tx, rows),
    )


def percent_of(kept: int, decided: int) -> Decimal | None:
    """Return the percentage, half up to one decimal; None with nothing decided: that is never 100 %."""
    if decided == 0:
        return None
    return (Decimal(kept) * 100 / Decimal(decided)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def public_text(kept: int, decided: int, minimum: int, clause: Clause) -> Sentence:
    """Return what is published: a percentage, counts where the sample is small, or 해당 없음."""
    if decided == 0:
        is_observed = clause.kind in (ClauseKind.OBSERVED, ClauseKind.ACTIVITY, ClauseKind.REQUEST)
        return Sentence(f"{NONE.ko} ({OBSERVED.ko})", f"{NONE.en} ({OBSERVED.en})") if is_observed else NONE
    if decided < minimum:
        return Sentence(f"{kept}/{decided}건 ({FEW.ko})", f"{kept} of {decided} ({FEW.en})")
    percent = percent_of(kept, decided)
    return Sentence(f"{percent}% ({kept}/{decided}건)", f"{percent}% ({kept} of {decided})")


def target_of(tx: Transaction, clause_id: str) -> float:
    """Return the published target of a clause in percent."""
    key = f"target.{clause_id}"
    return settings.number_of(tx, key if key in settings.SETTINGS else "target")


def _informational(tx: Transaction, rows: Iterable[Promise]) -> Informational | None:
    """The second figure counts the same promises as the first: those that were decided."""
    seconds = [
        (p.informational.spec, promises.informational_state(p, tx.now))
        for p in rows
        if p.informational is not None and p.state in (PromiseState.KEPT, PromiseState.BREACHED)
    ]
    if not seconds:
        return None
    states = Counter(state for _, state in seconds)
    return Informational(seconds[0][0], states["kept"], states["missed"])
