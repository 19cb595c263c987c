"""The public board: what does not work now, what is announced, and how each service did in the last ninety days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine import instances
from engine.transaction import Transaction
from workflows import cases, milestones, organisation, outages, promises
from workflows.cases import Case
from workflows.korean import SEOUL
from workflows.milestones import Milestone
from workflows.organisation import Service
from workflows.outages import PLANNED, UNPLANNED, Availability
from workflows.promises import Promise

DAYS = 90
MOST = 200
PAST = 5
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """An announced interruption. `state`: announced, started, late (its announced end is over)."""

    case_no: str
    services: tuple[str, ...]
    start: datetime
    end: datetime
    state: str
    announced_at: datetime | None
    actual_start: datetime | None
    facts: Mapping[str, object]  # type_ko, type_en, impact_ko, impact_en, workaround
    promise: Promise | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """An incident that was told, with what was said so far; `ended_at` once the service works again."""

    case_no: str
    services: tuple[str, ...]
    detected_at: datetime
    ended_at: datetime | None
    next_update_at: datetime | None
    facts: Mapping[str, object]  # symptom_*, public_summary_*, actions, updates
    milestones: tuple[Milestone, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a service in Seoul: unplanned minutes, and whether an announced interruption touched it."""

    day: date
    unplanned_min: int
    planned: bool


@dataclass(frozen=True, slots=True)
class Record:
    """A service's last ninety days. `state`: ok, planned, down."""

    service: Service
    state: str
    days: tuple[Day, ...]
    unplanned_min: int
    unplanned_count: int
    planned_count: int
    worst_month: Availability


def windows(tx: Transaction) -> list[Window]:
    """Return the interruptions that are announced and not over, the next one first."""
    found = []
    for case in cases.find(tx, process="planned_interruption", state="open", limit=MOST):
        seen = _seen(tx, case)
        start, end = seen.get("start"), seen.get("announced_end")
        if seen.get("announced") is not True or not isinstance(start, datetime) or not isinstance(end, datetime):
            continue
        if milestones.has_reached(tx, case.no, "RESTORED"):
            continue
        begun = _instant(seen, "actual_start")
        state = "announced" if begun is None else "started" if tx.now <= end else "late"
        kept = [p for p in promises.of_case(tx, case.no) if p.clause == "C6" and p.state not in ("VOID", "WAIVED")]
        names = ("type_ko", "type_en", "impact_ko", "impact_en", "workaround", "title")
        found.append(
            Window(
                case.no,
                _names(seen),
                start,
                end,
                state,
                _instant(seen, "announced_at"),
                begun,
                {name: seen.get(name) for name in names},
                kept[-1] if kept else None,
            )
        )
    return sorted(found, key=lambda w: (w.start, w.case_no))


def troubles(tx: Transaction) -> list[Trouble]:
    """Return the incidents that last, the newest first."""
    found = [_trouble(tx, case) for case in cases.find(tx, process="incident", state="open", limit=MOST)]
    return [t for t in found if t is not None and t.ended_at is None]


def past_troubles(tx: Transaction, limit: int = PAST) -> list[Trouble]:
    """Return the incidents that are over, the newest first."""
    found = [_trouble(tx, case) for case in cases.find(tx, process="incident", limit=MOST)]
    return [t for t in found if t is not None and t.ended_at is not None][:limit]


def _trouble(tx: Transaction, case: Case) -> Trouble | None:
    seen = _seen(tx, case)
    detected = _instant(seen, "detected_at")
    if seen.get("announced") is not True or detected is None:
        return None
    names = (
        "symptom_ko", "symptom_en", "public_summary_ko", "public_summary_en", "actions", "updates", "report_told",
    )  # fmt: skip
    return Trouble(
        case.no, _names(seen), detected, _instant(seen, "resolved_at"), _instant(seen, "next_update_at"),
        {name: seen.get(name) for name in names}, tuple(milestones.of_case(tx, case.no)),
        outages.case_minutes(tx, case.no),
    )  # fmt: skip


def records(tx: Transaction) -> list[Record]:
    """Return every service with its last ninety days, those that do not work first."""
    today = tx.now.astimezone(SEOUL).date()
    found = [_record(tx, service, today) for service in organisation.all_services(tx)]
    order = ("down", "planned", "ok")
    return sorted(found, key=lambda r: order.index(r.state))


def _record(tx: Transaction, service: Service, today: date) -> Record:
    first = today - (DAYS - 1) * ONE_DAY
    begins, ends = _midnight(first), _midnight(today + ONE_DAY)
    found = outages.of_service(tx, service.name, begins, ends)
    planned = outages.united(_span(o.from_at, o.until_at, tx.now) for o in found if o.kind == PLANNED)
    unplanned = outages.united(_span(o.from_at, o.until_at, tx.now) for o in found if o.kind == UNPLANNED)
    unplanned = outages.without(unplanned, planned)
    days = tuple(_day(first + n * ONE_DAY, planned, unplanned) for n in range(DAYS))
    going_on = {o.kind for o in found if o.until_at is None}
    state = "down" if UNPLANNED in going_on else "planned" if PLANNED in going_on else "ok"
    months = {f"{d.day:%Y-%m}" for d in days if d.unplanned_min} or {f"{today:%Y-%m}"}
    worst = min((outages.availability(tx, service.name, m) for m in sorted(months)), key=lambda a: a.percent)
    total = sum(d.unplanned_min for d in days)
    return Record(service, state, days, total, len(unplanned), len(planned), worst)


def _day(day: date, planned: Sequence[outages.Span], unplanned: Sequence[outages.Span]) -> Day:
    begins, ends = _midnight(day), _midnight(day + ONE_DAY)
    lost = outages.united((max(b, begins), min(e, ends)) for b, e in unplanned)
    minutes = sum(int((e - b).total_seconds() + 59) // 60 for b, e in lost)
    return Day(day, minutes, any(b < ends and e > begins for b, e in planned))


def _span(from_at: datetime, until_at: datetime | None, now: datetime) -> outages.Span:
    return from_at, until_at or max(now, from_at)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SEOUL)


def _seen(tx: Transaction, case: Case) -> Mapping[str, object]:
    return instances.variables(tx, case.instance_id) if case.instance_id is not None else {}


def _names(seen: Mapping[str, object]) -> tuple[str, ...]:
    told = seen.get("services")
    return tuple(str(one) for one in told) if isinstance(told, list) else ()


def _instant(seen: Mapping[str, object], name: str) -> datetime | None:
    found = seen.get(name)
    return found if isinstance(found, datetime) else None
