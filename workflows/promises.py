"""Promises: one row for each clause of a case, with its due instant, what became of it, and why that instant.

Charter.md §0.3. Met at exactly the due instant is KEPT; a second later it is BREACHED, and stays so when met late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
    update,
)

from engine import jobs
from engine.business_calendar import Stretch
from engine.errors import Conflict, Forbidden, InvalidForm, NotFound, Sentence
from engine.store.schema import Id, Instant, Json, metadata
from engine.transaction import Transaction
from workflows import audit, calendar_kr, clauses, settings
from workflows.calendar import calendar_of

promises = Table(
    "charter_promises",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("clause", String(4), nullable=False),
    Column("item", String(80), nullable=False),
    Column("case_no", String(200), nullable=False),
    Column("instance_id", BigInteger, nullable=False),
    Column("process", String(200), nullable=False),
    Column("element_id", String(200), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("spec", Text, nullable=False),
    Column("calendar", String(40), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("warn_at", Instant),
    Column("state", String(10), nullable=False),
    Column("met_at", Instant),
    Column("breached_at", Instant),
    Column("paused_at", Instant),
    Column("paused_seconds", Integer, nullable=False),
    Column("pausable", Boolean, nullable=False),
    Column("due_history", Json, nullable=False),
    Column("reason", Text),
    Column("cause", Text),
    Column("why", Json, nullable=False),
    Column("informational_spec", String(40)),
    Column("informational_due_at", Instant),
    Column("warn", String(80), nullable=False),
    Column("warned_at", Instant),
    Column("owner", Text, nullable=False),
    Column("warn_to", Text, nullable=False),
    Column("breach_to", Text, nullable=False),
    Column("stops", Json, nullable=False),
    Column("item_template", Text, nullable=False),
    Column("met_template", Text, nullable=False),
    Column("pending_mail", BigInteger),
    Column("evidence_mail", BigInteger, index=True),
    Column("opened_at", Instant, nullable=False),
    UniqueConstraint("instance_id", "clause", "item", "started_at"),
    CheckConstraint("state in ('RUNNING', 'KEPT', 'BREACHED', 'WAIVED', 'VOID')", name="state"),
    Index("ix_charter_promises_case_no_state", "case_no", "state"),
    Index("ix_charter_promises_clause_due_at", "clause", "due_at"),
    Index("ix_charter_promises_state_due_at", "state", "due_at"),
)
signatures = Table(
    "charter_promise_signatures",
    metadata,
    Column("promise_id", BigInteger, primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("met_at", Instant),
    Column("words", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(80), nullable=False),
)
ONE_SECOND = timedelta(seconds=1)
LATE_EVIDENCE = timedelta(hours=24)


class PromiseState(StrEnum):
    """What became of a promise."""

    RUNNING = "RUNNING"
    KEPT = "KEPT"
    BREACHED = "BREACHED"
    WAIVED = "WAIVED"
    VOID = "VOID"


@dataclass(frozen=True, slots=True)
class DueChange:
    """A due instant that was, and why it moved: `pause`, `recalculated`, or the words given."""

    due_at: datetime
    changed_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Informational:
    """A second deadline that is only shown. `state`: running, kept, missed."""

    spec: str
    due_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise. `why` is the calendar's working; `reason`: why it is WAIVED or VOID; `cause`: why it was breached.

    `owner`, `warn_to`, `breach_to` are receivers in the diagram's words, evaluated; `stops` the elements that keep it;
    `pending_mail` a mail in the outbox whose acceptance will keep it, or BY_HAND.
    """

    id: int
    clause: str
    item: str
    case_no: str
    instance_id: int
    process: str
    element_id: str
    started_at: datetime
    spec: str
    due_at: datetime
    warn_at: datetime | None
    state: PromiseState
    met_at: datetime | None
    breached_at: datetime | None
    paused_at: datetime | None
    paused_seconds: int
    pausable: bool
    due_history: tuple[DueChange, ...]
    reason: str | None
    cause: str | None
    why: tuple[Stretch, ...]
    informational: Informational | None
    warn: str
    warned_at: datetime | None
    owner: str
    warn_to: str
    breach_to: str
    stops: tuple[str, ...]
    item_template: str
    met_template: str
    pending_mail: int | None
    evidence_mail: int | None
    opened_at: datetime

    @property
    def is_running(self) -> bool:
        return self.state is PromiseState.RUNNING

    @property
    def is_unmet(self) -> bool:
        """Whether it can still be fulfilled, be it late."""
        return self.met_at is None and self.state in (PromiseState.RUNNING, PromiseState.BREACHED)

    @property
    def was_late(self) -> timedelta | None:
        """How late it was met, by the clock; None when it was not, or not late."""
        return self.met_at - self.due_at if self.met_at and self.met_at > self.due_at else None

    def is_at_risk(self, now: datetime) -> bool:
        """Whether it runs and its warning time has come (임박)."""
        return self.is_running and self.paused_at is None and self.warn_at is not None and self.warn_at <= now


@dataclass(frozen=True, slots=True)
class Opening:
    """A promise about to be opened: what its diagram says, evaluated. `due` (the instant) or `spec` is given.

    `once`: with a start that is the instant of entering, one row for ever (an element entered again changes nothing).
    `decided`: kept or not, at once (T1, T2, T6); None for a promise with a clock.
    """

    clause: str
    item: str
    case_no: str
    instance_id: int
    process: str
    element_id: str
    started_at: datetime
    spec: str
    due: datetime | None = None
    pausable: bool = False
    informational: str | None = None
    warn: str = "80%"
    owner: str = "assignee"
    warn_to: str = "owner, manager"
    breach_to: str = "owner, manager, charter_office"
    stops: tuple[str, ...] = ()
    item_template: str = ""
    met_template: str = ""
    once: bool = False
    decided: bool | None = None


# ---------------------------------------------------------------- opening and stopping


def open_promise(tx: Transaction, opening: Opening) -> Promise | None:
    """Open a promise and return it, or None where the same one is there already (one a clause and item)."""
    if _is_open_already(tx, opening):
        return None
    started = opening.started_at.astimezone(UTC)
    calendar = calendar_of(tx)
    why: tuple[Stretch, ...] = ()
    if opening.decided is not None:
        due = started
    elif opening.due is not None:
        due, why = opening.due.astimezone(UTC), calendar.working(started, opening.due)
    else:
        found = calendar_kr.due_at(started, opening.spec, calendar)
        due, why = found.at, found.why
    informational = calendar_kr.due_at(started, opening.informational, calendar).at if opening.informational else None
    state = PromiseState.RUNNING
    if opening.decided is not None:
        state = PromiseState.KEPT if opening.decided else PromiseState.BREACHED
    warns = _warnings(tx, opening.warn, started, due, opening.spec) if state is PromiseState.RUNNING else []
    row = {
        "clause": opening.clause, "item": opening.item, "case_no": opening.case_no, "instance_id": opening.instance_id,
        "process": opening.process, "element_id": opening.element_id, "started_at": started, "spec": opening.spec,
        "calendar": "KR-default", "due_at": due, "warn_at": _shown(warns), "state": state.value,
        "met_at": started if opening.decided else None, "breached_at": started if opening.decided is False else None,
        "paused_seconds": 0, "pausable": opening.pausable, "due_history": [], "why": [_stretch_out(s) for s in why],
        "informational_spec": opening.informational, "informational_due_at": informational, "warn": opening.warn,
        "owner": opening.owner, "warn_to": opening.warn_to, "breach_to": opening.breach_to,
        "stops": list(opening.stops),
        "item_template": opening.item_template, "met_template": opening.met_template, "opened_at": tx.now,
    }  # fmt: skip
    number = tx.connection.execute(insert(promises).values(**row).returning(promises.c.id)).scalar_one()
    promise = get(tx, number)
    if promise.is_running:
        _arm(tx, promise)
    return promise


def _is_open_already(tx: Transaction, opening: Opening) -> bool:
    same = (
        (promises.c.instance_id == opening.instance_id)
        & (promises.c.clause == opening.clause)
        & (promises.c.item == opening.item)
    )
    asked = select(promises.c.state, promises.c.started_at).where(same)
    rows = tx.connection.execute(asked).all()
    running = any(row.state == PromiseState.RUNNING for row in rows)
    again = any(row.started_at == opening.started_at for row in rows)
    return running or again or (opening.once and bool(rows))


def stop(tx: Transaction, promise_ids: Iterable[int], met_at: datetime, *, mail_id: int | None = None) -> list[Promise]:
    """Meet promises at an instant: KEPT up to and including due, else BREACHED with `met_at`; returns the changed ones.

    Proof that came in late (up to 24 h) but says that it was in time turns BREACHED into KEPT, audited (§2.8).
    """
    changed = []
    for promise in by_ids(tx, promise_ids):
        if not promise.is_unmet:
            continue
        in_time = met_at <= promise.due_at
        facts: dict[str, Any] = {"met_at": met_at, "pending_mail": None, "paused_at": None}
        if mail_id is not None:
            facts["evidence_mail"] = mail_id
        if promise.state is PromiseState.BREACHED and in_time and tx.now - met_at <= LATE_EVIDENCE:
            facts |= {"state": PromiseState.KEPT.value, "breached_at": None}
            audit.record(tx, "promise kept by late proof", str(promise.id), {"met_at": met_at.isoformat()})
        elif promise.is_running:
            facts |= _decided(promise, met_at)
        changed.append(_change(tx, promise, facts))
        _disarm(tx, promise.id)
    return changed


def _decided(promise: Promise, met_at: datetime) -> dict[str, Any]:
    if met_at <= promise.due_at:
        return {"state": PromiseState.KEPT.value}
    return {"state": PromiseState.BREACHED.value, "breached_at": promise.breached_at or promise.due_at + ONE_SECOND}


BY_HAND = 0  # instead of a mail's id: a person will tell the customer


def await_mail(tx: Transaction, promise_ids: Sequence[int], mail_id: int) -> None:
    """Note that the acceptance of a mail in the outbox (or a person, BY_HAND) will meet these promises.

    Such a promise outlives its case: it is not VOID when the instance ends before the mail is accepted.
    """
    waiting = update(promises).where(promises.c.id.in_(promise_ids))
    tx.connection.execute(waiting.values(pending_mail=mail_id))


def withdraw_proof(tx: Transaction, mail_id: int) -> list[Promise]:
    """Take back what a mail proved, after its hard bounce: RUNNING again before due, BREACHED past it (§2.1 SB01).

    A bounce more than 24 h after the acceptance changes nothing. Returns the promises that are open again or were
    waiting for this mail.
    """
    asked = select(promises).where((promises.c.evidence_mail == mail_id) | (promises.c.pending_mail == mail_id))
    return withdraw(tx, _all(tx, asked), mail_id)


def withdraw(tx: Transaction, found: Iterable[Promise], mail_id: int) -> list[Promise]:
    """Take the proof of promises back because a mail among it came back; the same rules as `withdraw_proof`."""
    changed = []
    for promise in found:
        facts: dict[str, Any] = {"pending_mail": BY_HAND}
        if promise.met_at is not None:
            if tx.now - promise.met_at > LATE_EVIDENCE or promise.state in (PromiseState.WAIVED, PromiseState.VOID):
                continue
            late = tx.now > promise.due_at
            facts |= {"met_at": None, "evidence_mail": None}
            state = PromiseState.BREACHED if late else PromiseState.RUNNING
            facts |= {"state": state.value, "breached_at": (promise.breached_at or tx.now) if late else None}
            audit.record(tx, "proof withdrawn by bounce", str(promise.id), {"mail": mail_id, "state": state.value})
        again = _change(tx, promise, facts)
        if again.is_running:
            _arm(tx, again)
        changed.append(again)
    return changed


ABOUT_THE_MAIL = "W2"  # who gave a contact hears by mail; with a wrong one there is nothing to promise


def keep_by_page(tx: Transaction, mail_id: int, posted_at: datetime) -> None:
    """A mail came back whose words stand on the tracking page: its promises are met since then (charter.md BP09).

    Only the promise about the mail itself is VOID (bad_contact).
    """
    asked = select(promises).where((promises.c.evidence_mail == mail_id) | (promises.c.pending_mail == mail_id))
    for promise in _all(tx, asked):
        if promise.clause == ABOUT_THE_MAIL:
            nothing: dict[str, Any] = {"met_at": None, "breached_at": None, "evidence_mail": None, "pending_mail": None}
            _change(tx, promise, {**nothing, "state": PromiseState.VOID.value, "reason": "bad_contact"})
            _disarm(tx, promise.id)
            audit.record(tx, "promise void by bounce", str(promise.id), {"mail": mail_id})
        else:
            stop(tx, [promise.id], posted_at)


def void(tx: Transaction, found: Iterable[Promise], reason: str) -> None:
    """Declare running promises VOID: the case ended before they were due, or they were planned anew."""
    for promise in found:
        if promise.is_running:
            _change(tx, promise, {"state": PromiseState.VOID.value, "reason": reason, "paused_at": None})
            _disarm(tx, promise.id)


# ---------------------------------------------------------------- pauses and moved deadlines


def pause(tx: Transaction, case_no: str) -> list[Promise]:
    """Let the pausable promises of a case stand still: we wait for the customer."""
    stopped = []
    for promise in running_for_case(tx, case_no):
        if promise.pausable and promise.paused_at is None and tx.now <= promise.due_at:
            stopped.append(_change(tx, promise, {"paused_at": tx.now}))
            _disarm(tx, promise.id)
    return stopped


def resume(tx: Transaction, case_no: str) -> list[Promise]:
    """Let them run on: their due instant moves by the counted time of the pause."""
    return [_resumed(tx, p) for p in running_for_case(tx, case_no) if p.paused_at is not None]


def _resumed(tx: Transaction, promise: Promise) -> Promise:
    assert promise.paused_at is not None
    calendar = calendar_of(tx)
    if _counts_business_time(promise.spec):
        stood = calendar.between(promise.paused_at, tx.now)
        due = calendar.add(promise.due_at, stood) if stood else promise.due_at
    else:
        stood = tx.now - promise.paused_at
        due = promise.due_at + stood
    seconds = promise.paused_seconds + int(stood.total_seconds())
    resumed = _change(tx, promise, {"paused_at": None, "paused_seconds": seconds})
    return _move(tx, resumed, due, "pause")


def move_due(tx: Transaction, promise: Promise, due_at: datetime, reason: str, spec: str | None = None) -> Promise:
    """Give a running promise another due instant, e.g. one agreed anew; the old one stays in its history."""
    if spec is not None:
        promise = _change(tx, promise, {"spec": spec})
    return _move(tx, promise, due_at.astimezone(UTC), reason)


def due_of(tx: Transaction, started_at: datetime, spec: str) -> datetime:
    """Return the due instant of a spec from a start, by the calendar as it is now."""
    return calendar_kr.due_at(started_at, spec, calendar_of(tx)).at


def recalculate(tx: Transaction, reason: str) -> list[tuple[Promise, datetime]]:
    """Compute every open deadline again by the calendar as it is now; returns (promise, old due) of those that moved.

    Past deadlines are never touched; audited (charter.md §0.1).
    """
    if len(reason.strip()) < 2:
        raise InvalidForm({"reason": [Sentence("까닭을 적어 주십시오.", "Please say why.")]})
    moved = []
    for promise in find(tx, states=(PromiseState.RUNNING,), limit=100_000):
        if promise.due_at <= tx.now or promise.paused_at is not None or not _is_spec(promise.spec):
            continue
        calendar = calendar_of(tx)
        due = calendar_kr.due_at(promise.started_at, promise.spec, calendar).at
        stood = timedelta(seconds=promise.paused_seconds)
        if stood:
            due = calendar.add(due, stood) if _counts_business_time(promise.spec) else due + stood
        if due != promise.due_at:
            moved.append((_move(tx, promise, due, f"recalculated: {reason.strip()}"), promise.due_at))
    changes = [{"id": p.id, "from": old.isoformat(), "to": p.due_at.isoformat()} for p, old in moved]
    audit.record(tx, "deadlines recalculated", "promises", {"reason": reason.strip(), "changed": changes})
    return moved


def _move(tx: Transaction, promise: Promise, due: datetime, reason: str) -> Promise:
    calendar = calendar_of(tx)
    facts: dict[str, Any] = {}
    if due != promise.due_at:
        history = [
            *(_change_out(c) for c in promise.due_history),
            _change_out(DueChange(promise.due_at, tx.now, reason)),
        ]
        facts = {
            "due_at": due, "due_history": history, "warned_at": None,
            "why": [_stretch_out(s) for s in calendar.working(promise.started_at, due)],
            "warn_at": _shown(_warnings(tx, promise.warn, promise.started_at, due, promise.spec)),
        }  # fmt: skip
    moved = _change(tx, promise, facts) if facts else promise
    _disarm(tx, promise.id)
    _arm(tx, moved)
    return moved


# ---------------------------------------------------------------- warning and breach


def breach(tx: Transaction, promise_id: int) -> Promise | None:
    """Declare a promise BREACHED now that its due instant is over; None when it no longer runs, or not yet."""
    promise = get(tx, promise_id)
    if not promise.is_running or promise.paused_at is not None or tx.now <= promise.due_at:
        return None
    return _change(tx, promise, {"state": PromiseState.BREACHED.value, "breached_at": tx.now})


def warned(tx: Transaction, promise_id: int, due_at: datetime) -> Promise | None:
    """Note that a warning goes out for this due instant; None when it no longer runs or its due instant has moved."""
    promise = get(tx, promise_id)
    if not promise.is_running or promise.paused_at is not None or promise.due_at != due_at:
        return None
    return _change(tx, promise, {"warned_at": tx.now})


def explain(tx: Transaction, promise_id: int, cause: str) -> None:
    """Write why a promise was breached, in the manager's words."""
    _change(tx, get(tx, promise_id), {"cause": cause})


def _arm(tx: Transaction, promise: Promise) -> None:
    """Set the jobs of the breach and of the warnings still ahead; a warning already past is not sent (§0.3)."""
    jobs.enqueue(
        tx,
        "promise.breach",
        {"promise": promise.id},
        due_at=promise.due_at + ONE_SECOND,
        key=f"promise.breach:{promise.id}",
    )
    for number, at in enumerate(_warnings(tx, promise.warn, promise.started_at, promise.due_at, promise.spec)):
        if at > tx.now:
            payload = {"promise": promise.id, "due_at": promise.due_at.isoformat()}
            jobs.enqueue(tx, "promise.warn", payload, due_at=at, key=f"promise.warn:{promise.id}:{number}")


def _disarm(tx: Transaction, promise_id: int) -> None:
    jobs.cancel_all(tx, [f"promise.breach:{promise_id}", *(f"promise.warn:{promise_id}:{n}" for n in range(4))])


def _warnings(tx: Transaction, rule: str, started: datetime, due: datetime, spec: str) -> list[datetime]:
    """The instants at which a rule such as `80%`, `-1bd`, `50%, 80%` or `none` warns, at most four."""
    calendar = calendar_of(tx)
    found = []
    for part in (p.strip() for p in rule.split(",")):
        if part in ("", "none"):
            continue
        if part.endswith("%"):
            is_usual = part == "80%"
            ratio = settings.number_of(tx, "promise.warn_ratio") if is_usual else float(part[:-1]) / 100
            counted = spec if _is_spec(spec) else "1bd"
            found.append(calendar_kr.warn_at(started, due, counted, calendar, ratio))
        else:
            found.append(calendar_kr.due_at(due, part, calendar).at)
    return found[:4]


def _shown(warnings: Sequence[datetime]) -> datetime | None:
    return warnings[min(1, len(warnings) - 1)] if warnings else None


def _is_spec(spec: str) -> bool:
    try:
        calendar_kr.read_spec(spec)
    except calendar_kr.InvalidSpec:
        return False
    return True


def _counts_business_time(spec: str) -> bool:
    return not _is_spec(spec) or calendar_kr.read_spec(spec).is_business_time


# ---------------------------------------------------------------- two signatures


def waive(tx: Transaction, promise_id: int, reason: str, *, may_sign_second: bool) -> Promise:
    """Waive a promise: the first person proposes, a second (who may sign second) makes it so; returns it as it is then.

    Raises InvalidForm, Conflict where it is decided, Forbidden where the first would also be the second.
    """
    promise = get(tx, promise_id)
    if promise.state not in (PromiseState.RUNNING, PromiseState.BREACHED):
        raise Conflict(Sentence("이미 결정된 약속입니다.", "This promise is decided already."))
    first = _signed(tx, promise_id, "waive", None, reason, may_sign_second=may_sign_second)
    if first is None:
        return promise
    waived = _change(tx, promise, {"state": PromiseState.WAIVED.value, "reason": first["words"], "paused_at": None})
    _disarm(tx, promise_id)
    audit.record(tx, "promise waived", str(promise_id), {"first": first["by"], "reason": first["words"]})
    return waived


def evidence(tx: Transaction, promise_id: int, met_at: datetime, what: str, *, may_sign_second: bool) -> Promise:
    """Bring late proof of when a promise was met; effective when a second person says the same instant."""
    promise = get(tx, promise_id)
    if promise.state in (PromiseState.WAIVED, PromiseState.VOID):
        raise Conflict(Sentence("이미 결정된 약속입니다.", "This promise is decided already."))
    if met_at > tx.now or met_at < promise.started_at:
        wrong = Sentence(
            "시작한 뒤부터 지금까지의 시각이어야 합니다.", "Expected an instant between its start and now."
        )
        raise InvalidForm({"met_at": [wrong]})
    first = _signed(tx, promise_id, "evidence", met_at, what, may_sign_second=may_sign_second)
    if first is None:
        return promise
    in_time = met_at <= promise.due_at
    state = PromiseState.KEPT if in_time else PromiseState.BREACHED
    breached_at = None if in_time else promise.breached_at or promise.due_at + ONE_SECOND
    proven = _change(
        tx, promise, {"state": state.value, "met_at": met_at, "breached_at": breached_at, "paused_at": None}
    )
    _disarm(tx, promise_id)
    details = {"first": first["by"], "met_at": met_at.isoformat(), "what": first["words"], "was": promise.state.value}
    audit.record(tx, "promise proven", str(promise_id), details)
    return proven


def proposals(tx: Transaction, promise_ids: Sequence[int]) -> list[Mapping[str, Any]]:
    """Return what waits for a second signature: {promise_id, kind (waive, evidence), met_at, words, at, by}."""
    asked = select(signatures).where(signatures.c.promise_id.in_(promise_ids))
    return [dict(row) for row in tx.connection.execute(asked).mappings()]


def _signed(
    tx: Transaction, promise_id: int, kind: str, met_at: datetime | None, words: str, *, may_sign_second: bool
) -> Mapping[str, Any] | None:
    """Write the first signature and return None, or return it when this is the second."""
    if len(words.strip()) < 2:
        field = "reason" if kind == "waive" else "what"
        raise InvalidForm({field: [Sentence("까닭을 적어 주십시오.", "Please say why.")]})
    same = (signatures.c.promise_id == promise_id) & (signatures.c.kind == kind)
    row = tx.connection.execute(select(signatures).where(same)).mappings().first()
    first = dict(row) if row else None
    if first is None or first["met_at"] != met_at:
        tx.connection.execute(signatures.delete().where(same))
        new = {
            "promise_id": promise_id,
            "kind": kind,
            "met_at": met_at,
            "words": words.strip(),
            "at": tx.now,
            "by": tx.actor,
        }
        tx.connection.execute(insert(signatures).values(**new))
        audit.record(tx, f"promise {kind} proposed", str(promise_id), {"words": words.strip()})
        return None
    if first["by"] == tx.actor:
        raise Forbidden(Sentence("다른 사람이 함께 확인해야 합니다.", "A second person has to confirm it."))
    if not may_sign_second:
        raise Forbidden(Sentence("헌장 담당이 확인해야 합니다.", "The charter office has to confirm it."))
    tx.connection.execute(signatures.delete().where(same))
    return first


# ---------------------------------------------------------------- finding


def get(tx: Transaction, promise_id: int) -> Promise:
    """Return one promise; raises NotFound."""
    row = tx.connection.execute(select(promises).where(promises.c.id == promise_id)).mappings().first()
    if row is None:
        raise NotFound(Sentence(f"그런 약속은 없습니다: {promise_id}", f"There is no promise {promise_id}"))
    return _promise(row)


def by_ids(tx: Transaction, promise_ids: Iterable[int]) -> list[Promise]:
    """Return the promises of those ids that there are."""
    wanted = list(promise_ids)
    return _all(tx, select(promises).where(promises.c.id.in_(wanted)).order_by(promises.c.id)) if wanted else []


def find(
    tx: Transaction,
    *,
    clause: str | None = None,
    case_no: str | None = None,
    states: Sequence[PromiseState] | None = None,
    due_from: datetime | None = None,
    due_before: datetime | None = None,
    visible: ColumnElement[bool] | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[Promise]:
    """Return promises in the order of their opening; `due_before` is not included. `after`: the last id seen."""
    asked = select(promises).order_by(promises.c.id).limit(limit)
    if clause is not None:
        asked = asked.where(promises.c.clause == clause)
    if case_no is not None:
        asked = asked.where(promises.c.case_no == case_no)
    if states is not None:
        asked = asked.where(promises.c.state.in_([state.value for state in states]))
    if due_from is not None:
        asked = asked.where(promises.c.due_at >= due_from)
    if due_before is not None:
        asked = asked.where(promises.c.due_at < due_before)
    if after is not None:
        asked = asked.where(promises.c.id > after)
    if visible is not None:
        asked = asked.where(visible)
    return _all(tx, asked)


def of_case(tx: Transaction, case_no: str) -> list[Promise]:
    """Return every promise of a case in the order in which they were opened."""
    return find(tx, case_no=case_no, limit=10_000)


def running_for_case(tx: Transaction, case_no: str) -> list[Promise]:
    """Return the promises of a case that run, the most urgent first."""
    running = find(tx, case_no=case_no, states=(PromiseState.RUNNING,), limit=10_000)
    return sorted(running, key=lambda p: (p.due_at, p.id))


def unmet_for_case(tx: Transaction, case_no: str) -> list[Promise]:
    """Return the promises of a case that can still be fulfilled, be it late."""
    wanted = (PromiseState.RUNNING, PromiseState.BREACHED)
    return [p for p in find(tx, case_no=case_no, states=wanted, limit=10_000) if p.is_unmet]


def most_urgent(tx: Transaction, case_nos: Sequence[str]) -> dict[str, Promise]:
    """Return for each case the unmet promise that is due first; cases without one are left out."""
    if not case_nos:
        return {}
    wanted = (PromiseState.RUNNING.value, PromiseState.BREACHED.value)
    unmet = promises.c.state.in_(wanted) & promises.c.met_at.is_(None)
    asked = select(promises).where(promises.c.case_no.in_(set(case_nos)), unmet)
    found: dict[str, Promise] = {}
    for promise in sorted(_all(tx, asked), key=lambda p: (p.due_at, p.id)):
        found.setdefault(promise.case_no, promise)
    return found


def latest(tx: Transaction, case_no: str, clause: str, item: str) -> Promise | None:
    """Return the promise of that clause and item which was opened last, a running one before all others."""
    found = [p for p in find(tx, case_no=case_no, clause=clause, limit=10_000) if p.item == item]
    running = [p for p in found if p.is_running]
    ranked = running or found
    return ranked[-1] if ranked else None


def default_warning(clause: str, item: str) -> str:
    """Return how a clause and item warn when the diagram says nothing (charter.md §0.3, the exceptions to 80 %)."""
    if item.startswith("silence"):
        return "none"  # the task of the progress note is the warning
    return clauses.CLAUSES[clause].warn


def _all(tx: Transaction, asked: Any) -> list[Promise]:
    return [_promise(row) for row in tx.connection.execute(asked).mappings()]


def _change(tx: Transaction, promise: Promise, facts: Mapping[str, Any]) -> Promise:
    if not facts:
        return promise
    changed = update(promises).where(promises.c.id == promise.id).values(**facts).returning(promises)
    return _promise(tx.connection.execute(changed).mappings().one())


_SAME = tuple(
    name for name in Promise.__slots__ if name not in ("state", "due_history", "why", "informational", "stops")
)


def _promise(row: Mapping[Any, Any]) -> Promise:
    return Promise(
        **{name: row[name] for name in _SAME},
        state=PromiseState(row["state"]),
        due_history=tuple(_change_in(c) for c in row["due_history"]),
        why=tuple(_stretch_in(s) for s in row["why"]),
        informational=_informational(row),
        stops=tuple(row["stops"]),
    )


def _informational(row: Mapping[Any, Any]) -> Informational | None:
    due, met = row["informational_due_at"], row["met_at"]
    if due is None:
        return None
    # Before it is met nobody can tell here whether its time is over: figures and pages compare with their own now.
    state = "running" if met is None else "kept" if met <= due else "missed"
    return Informational(row["informational_spec"], due, state)


def informational_state(promise: Promise, now: datetime) -> str | None:
    """Return running, kept or missed for the second deadline as seen now; None where there is none."""
    second = promise.informational
    if second is None or second.state != "running":
        return second.state if second else None
    return "missed" if now > second.due_at else "running"


def _stretch_out(stretch: Stretch) -> list[object]:
    return [stretch.from_at.isoformat(), stretch.to_at.isoformat(), stretch.counted, stretch.note_ko, stretch.note_en]


def _stretch_in(kept: Sequence[Any]) -> Stretch:
    return Stretch(datetime.fromisoformat(kept[0]), datetime.fromisoformat(kept[1]), kept[2], kept[3], kept[4])


def _change_out(change: DueChange) -> dict[str, str]:
    return {"due_at": change.due_at.isoformat(), "changed_at": change.changed_at.isoformat(), "reason": change.reason}


def _change_in(kept: Mapping[str, str]) -> DueChange:
    at, changed = datetime.fromisoformat(kept["due_at"]), datetime.fromisoformat(kept["changed_at"])
    return DueChange(at, changed, kept["reason"])
