"""The observer: what the charter does when tokens enter and leave elements; in the step's own transaction.

Entered: end state, facts of the case, void and moved promises, new promises, plans, told, mails, waits.
Left: promises stopped, milestones, notes. An instance that ends closes its case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from engine import user_tasks
from engine.errors import InvalidExpression, Sentence
from engine.expressions import Expression
from engine.process_application import Moved
from engine.tokens.definition import Node, Symbol
from engine.tokens.effects import HistoryEntry
from engine.transaction import Transaction
from workflows import (
    cases,
    catalogue,
    clauses,
    mailings,
    milestones,
    notes,
    organisation,
    outbox,
    promises,
    recipients,
    retention,
    settings,
)
from workflows.calendar_files import CalendarEntry, calendar_file
from workflows.cases import Case
from workflows.charter_extensions import (
    CalendarMark,
    CaseMark,
    Each,
    EndMark,
    LinkMark,
    MailMark,
    Mark,
    MilestoneMark,
    NoteMark,
    PlanMark,
    PromiseMark,
    RedueMark,
    ToldMark,
    VoidMark,
    WaitMark,
    extensions_of,
    marked_nodes,
    marks_of,
    template,
)
from workflows.charter_functions import functions_for
from workflows.korean import SEOUL
from workflows.outbox import Letter, LinkWish
from workflows.promises import Opening, Promise
from workflows.receivers import receivers_of

ENDED_WORDS = {"MERGED_DUPLICATE": "duplicate", "CANCELLED_BY_CUSTOMER": "cancelled", "SPAM": "spam"}
SIDE_MILESTONES = {"CANCELLED_BY_CUSTOMER": "CANCELLED", "MERGED_DUPLICATE": "MERGED"}
FALLBACKS = {"completed": "DONE", "terminated": "CANCELLED", "failed": "FAILED"}
NOTHING: Mapping[str, object] = {}


def observe(tx: Transaction, moved: Moved) -> None:
    """Act on everything one step did to an instance."""
    step = _Step(tx, moved)
    if step.case is not None and any(entry.kind == "started" for entry in moved.entries) and step.is_own:
        milestones.reach(tx, step.case.no, step.case.process, "RECEIVED", at=step.case.received_at)
    for entry in moved.entries:
        if entry.kind in ("entered", "left", "cancelled", "failed"):
            step.took(entry)
    if moved.ended is not None and step.is_own:
        step.close(moved.ended.state)
    if step.opened_task and organisation.absences_now(tx):
        _cover_absent(tx, moved)


def _cover_absent(tx: Transaction, moved: Moved) -> None:
    """Staff on leave never get new tasks: what opened for somebody absent changes hands at once (SB05)."""
    for task in user_tasks.find_open(tx, instance_id=moved.instance.id):
        if task.assignee and organisation.is_absent(tx, task.assignee):
            organisation.cover_tasks(tx, task.assignee, tx.now, f"{organisation.ABSENCE_BEGINS}:task:{task.id}")


@dataclass(slots=True)
class _Step:
    """One step being observed: the case it belongs to, and its promises that can still be met, read once."""

    tx: Transaction
    moved: Moved
    _case: Case | None = None
    _looked: bool = False
    _unmet: list[Promise] | None = None
    _functions: Mapping[str, Any] | None = field(default=None)
    opened_task: bool = False

    @property
    def case(self) -> Case | None:
        if not self._looked:
            self._case = cases.find_case(self.tx, self.moved.instance.business_key)
            self._looked = True
        return self._case

    @property
    def is_own(self) -> bool:
        """Whether it is the case's own instance that moves, not one that was started about it (escalate, notify)."""
        if self.case is None:
            return False
        own = self.case.instance_id
        if own is None:  # the first step: the case learns the number of its instance after it
            return self.case.process == self.moved.instance.definition_key
        return own == self.moved.instance.id

    @property
    def key(self) -> str:
        """What promises are filed under: the case number, or the instance where there is no case."""
        return self.moved.instance.business_key or f"#{self.moved.instance.id}"

    def took(self, entry: HistoryEntry) -> None:
        node = self.moved.node(entry.definition_key, entry.element_id)
        if not isinstance(node, Node):
            return  # the process itself, cancelled as a whole
        is_marker = node.multi_instance is not None or node.loop is not None
        has_marks = any(True for _ in extensions_of(node))
        marks: Sequence[Mark] = marks_of(node) if has_marks else ()
        seen = entry.seen if entry.seen is not None else NOTHING
        if entry.kind == "entered" and not entry.body:
            self.opened_task = self.opened_task or node.symbol is Symbol.USER_TASK
            self._entered(node, entry, marks, seen)
        elif entry.kind == "left":
            self._left(node, entry, marks, seen, is_whole=entry.body == is_marker)
        elif entry.kind in ("cancelled", "failed"):
            self._resume(marks)

    # ------------------------------------------------------------ entered

    def _entered(self, node: Node, entry: HistoryEntry, marks: Sequence[Mark], seen: Mapping[str, object]) -> None:
        mail_marks = [mark for mark in marks if isinstance(mark, MailMark)]
        for mark in marks:
            match mark:
                case EndMark(state) if self.case is not None and self._is_of_case():
                    cases.announce_end(self.tx, self.case.no, self._text(state, seen))
                case CaseMark(facts):
                    self._describe(facts, seen)
                case VoidMark():
                    self._void(mark, seen)
                case RedueMark():
                    self._redue(mark, seen)
                case PromiseMark():
                    self._open(node, entry, mark, seen)
                case PlanMark():
                    self._plan(mark, seen)
                case ToldMark():
                    self._told(mark, seen)
        for mail in mail_marks:
            self._mail(node, entry, mail, seen)
        for mark in marks:
            if isinstance(mark, WaitMark) and self.case is not None:
                promises.pause(self.tx, self.case.no)
                self._unmet = None
                milestones.show_present(self.tx, self.case.no, self.case.process, mark.code, present=True)

    def _is_of_case(self) -> bool:
        """End states of what was started about a case (escalate, notify) are not the case's."""
        return self.is_own

    def _describe(self, facts: Mapping[str, Expression], seen: Mapping[str, object]) -> None:
        if self.case is None:
            return
        told = {name: self._text(value, seen) for name, value in facts.items()}
        handler = told.get("handler") or told.get("contact_user")
        cases.describe(
            self.tx, self.case.no, title=told.get("title") or None, handler=handler or None,
            priority=told.get("priority") or None,
        )  # fmt: skip
        if told.get("merged_into"):
            cases.note_merge(self.tx, self.case.no, told["merged_into"])
        self._looked = False

    def _void(self, mark: VoidMark, seen: Mapping[str, object]) -> None:
        item = None if mark.item is None else self._text(mark.item, seen)
        found = [p for p in self.unmet() if p.clause == mark.clause and (item is None or p.item == item)]
        promises.void(self.tx, found, self._text(mark.reason, seen))
        self._unmet = None

    def _redue(self, mark: RedueMark, seen: Mapping[str, object]) -> None:
        item = self._text(mark.item, seen)
        for promise in self.unmet():
            if not (promise.is_running and promise.clause == mark.clause and promise.item == item):
                continue
            spec = self._text(mark.spec, seen) if mark.spec else None
            due = self._instant(mark.due, seen) if mark.due else None
            if due is None and spec:
                due = promises.due_of(self.tx, promise.started_at, self._spec(spec))
            if due is not None:
                promises.move_due(
                    self.tx, promise, due, self._text(mark.reason, seen), self._spec(spec) if spec else None
                )
        self._unmet = None

    def _open(self, node: Node, entry: HistoryEntry, mark: PromiseMark, seen: Mapping[str, object]) -> None:
        for values in self._each(mark.each, seen):
            if mark.when is not None and not self._value(mark.when, values):
                continue
            promises.open_promise(self.tx, self._opening(node, entry, mark, values))
        self._unmet = None

    def _opening(self, node: Node, entry: HistoryEntry, mark: PromiseMark, seen: Mapping[str, object]) -> Opening:
        item = self._text(mark.item, seen)
        decided = None if mark.kept is None else bool(self._value(mark.kept, seen))
        started, once = self._start(mark, seen, decided is not None)
        due = self._instant(mark.due, seen) if mark.due is not None else None
        spec = self._promise_spec(mark, seen, due)
        pausable = mark.pausable and clauses.clause(mark.clause).may_pause(item)
        return Opening(
            clause=mark.clause,
            item=item,
            case_no=self.key,
            instance_id=self.moved.instance.id,
            process=_key(entry),
            element_id=node.id,
            started_at=started,
            spec=spec,
            due=due,
            pausable=pausable,
            informational=mark.informational,
            warn=mark.warn or promises.default_warning(mark.clause, item),
            owner=self._words(mark.owner, seen),
            warn_to=self._words(mark.warn_to, seen),
            breach_to=self._words(mark.breach_to, seen),
            stops=tuple(str(stop) for stop in mark.stops),
            item_template=mark.item_text,
            met_template=mark.met_text,
            once=once,
            decided=decided,
        )

    def _start(self, mark: PromiseMark, seen: Mapping[str, object], is_decided: bool) -> tuple[datetime, bool]:
        """The start of the clock, and whether it is the instant of entering (then there is one row for ever)."""
        if mark.start is None and not is_decided:
            received = seen.get("received_at")
            usual = self.case.received_at if self.case else self.tx.now
            return received if isinstance(received, datetime) else usual, False
        if mark.start is None or mark.start.text == "entered":
            return self.tx.now, True
        found = self._instant(mark.start, seen)
        return (found, False) if found is not None else (self.tx.now, True)

    def _promise_spec(self, mark: PromiseMark, seen: Mapping[str, object], due: datetime | None) -> str:
        if mark.setting is not None:
            return settings.text_of(self.tx, mark.setting)
        if mark.spec is not None:
            return self._spec(self._text(mark.spec, seen))
        return "" if due is not None or mark.kept is not None else "1bd"

    def _spec(self, text: str) -> str:
        name = text.removeprefix("setting:")
        return settings.text_of(self.tx, name) if name in settings.SETTINGS else text

    def _plan(self, mark: PlanMark, seen: Mapping[str, object]) -> None:
        if self.case is None:
            return
        for position, values in enumerate(self._each(mark.each, seen)):
            expected = self._instant(mark.expected, values)
            if expected is None:
                continue
            milestones.plan(
                self.tx, self.case.no, self.case.process, self._text(mark.code, values), expected,
                ko=self._maybe(mark.ko, values), en=self._maybe(mark.en, values),
                reason_ko=self._maybe(mark.reason_ko, values), reason_en=self._maybe(mark.reason_en, values),
                position=position,
            )  # fmt: skip

    def _told(self, mark: ToldMark, seen: Mapping[str, object]) -> None:
        at = self._instant(mark.at, seen) or self.tx.now
        ids = self._value(mark.promises, seen) if mark.promises else []
        if isinstance(ids, list):
            promises.stop(self.tx, [int(n) for n in ids], at)
            self._unmet = None
        email = self._maybe(mark.email, seen)
        recipient = seen.get("recipient")
        if isinstance(recipient, int) and not isinstance(recipient, bool):
            recipients.told_by_hand(
                self.tx, recipient, at, channel=str(seen.get("channel") or "other"), email=email,
                told_to=_said(seen.get("told_to")), mail=_said(seen.get("mail")),
            )  # fmt: skip
        elif email and self.case is not None:
            cases.change_email(self.tx, self.case.no, email)
            self._looked = False

    # ------------------------------------------------------------ mails

    def _mail(self, node: Node, entry: HistoryEntry, mark: MailMark, seen: Mapping[str, object]) -> None:
        if mark.when is not None and not self._value(mark.when, seen):
            return
        kept = self._stopped(entry, seen)
        receivers = receivers_of(self.tx, self.case, self._value(mark.to, seen))
        values = {name: self._value(value, seen) for name, value in mark.values.items()}
        letter = Letter(
            mail_id=mark.id,
            process=_key(entry),
            element_id=node.id,
            values=values,
            seen=seen,
            version=self._version(entry),
            links=tuple(self._wish(link, seen) for link in mark.links),
            promises=tuple(p.id for p in kept),
            urgent=mark.urgent,
            at=self._instant(mark.at, seen) if mark.at else None,
            list_name=mark.list,
            attachments=(self._calendar(mark.calendar, seen),) if mark.calendar else (),
        )
        if node.topic == mailings.TOPIC:
            mailings.begin(self.tx, self.case, letter, receivers, instance_id=self.moved.instance.id)
        else:
            outbox.send(self.tx, self.case, letter, receivers)
        self._unmet = None
        self._looked = False

    def _wish(self, link: LinkMark, seen: Mapping[str, object]) -> LinkWish:
        until = self._value(link.valid, seen) if link.valid else outbox.DEFAULT_VALIDITY
        payload = self._value(link.payload, seen) if link.payload else {}
        return LinkWish(
            link.name, link.purpose, self._until(until), link.form, link.message,
            payload if isinstance(payload, dict) else {"value": payload},
        )  # fmt: skip

    def _until(self, until: object) -> datetime | str:
        if isinstance(until, date):
            return _as_instant(until)
        return self._spec(str(until))

    def _calendar(self, mark: CalendarMark, seen: Mapping[str, object]) -> Any:
        starts, ends = self._instant(mark.start, seen), self._instant(mark.end, seen)
        sequence = self._maybe(mark.sequence, seen)
        entry = CalendarEntry(
            uid=self._maybe(mark.uid, seen) or f"{self.key.lower()}@charterflow",
            starts_at=starts or self.tx.now,
            ends_at=ends or starts or self.tx.now,
            summary=self._text(mark.summary, seen),
            place=self._maybe(mark.place, seen) or "",
            sequence=int(sequence) if sequence and sequence.isdecimal() else 0,
            cancelled=(self._maybe(mark.cancelled, seen) or "false").lower() == "true",
        )
        return calendar_file(entry, self.tx.now)

    def _version(self, entry: HistoryEntry) -> int:
        """Entries of a called process name its version too: `notify@3`."""
        version = entry.definition_key.partition("@")[2]
        return int(version) if version else self.moved.instance.version

    # ------------------------------------------------------------ left

    def _left(
        self, node: Node, entry: HistoryEntry, marks: Sequence[Mark], seen: Mapping[str, object], *, is_whole: bool
    ) -> None:
        if not entry.body and not any(isinstance(mark, MailMark) for mark in marks):
            for promise in self._stopped(entry, seen):
                promises.stop(self.tx, [promise.id], self._met_at(promise, seen))
                self._unmet = None
        self._resume(marks)
        if not is_whole:
            return
        for mark in marks:
            if isinstance(mark, MilestoneMark) and self.case is not None and self._holds(mark.when, seen):
                code = self._text(mark.code, seen)
                words = (self._maybe(mark.ko, seen), self._maybe(mark.en, seen))
                milestones.reach(self.tx, self.case.no, self.case.process, code, ko=words[0], en=words[1])
            elif isinstance(mark, NoteMark) and self.case is not None and self._holds(mark.when, seen):
                notes.add(self.tx, self.case.no, "line", self._text(mark.ko, seen), self._maybe(mark.en, seen))

    def _met_at(self, promise: Promise, seen: Mapping[str, object]) -> datetime:
        if not promise.met_template:
            return self.tx.now
        found = self._instant(template(promise.met_template), seen)
        return min(found, self.tx.now) if found is not None else self.tx.now

    def _resume(self, marks: Sequence[Mark]) -> None:
        for mark in marks:
            if isinstance(mark, WaitMark) and self.case is not None:
                promises.resume(self.tx, self.case.no)
                self._unmet = None
                milestones.show_present(self.tx, self.case.no, self.case.process, mark.code, present=False)

    def _stopped(self, entry: HistoryEntry, seen: Mapping[str, object]) -> list[Promise]:
        """The promises that this element keeps: those that name it, and whose item is the one it speaks of."""
        key = _key(entry)
        return [p for p in self.unmet() if _names(p, key, entry.element_id) and self._is_its_item(p, seen)]

    def _is_its_item(self, promise: Promise, seen: Mapping[str, object]) -> bool:
        if "${" not in promise.item_template:
            return True
        return self._text(template(promise.item_template), seen) == promise.item

    def unmet(self) -> list[Promise]:
        if self._unmet is None and self.case is None and not self._may_promise():
            return []  # a process of no charter: not even a question to the database
        if self._unmet is None:
            self._unmet = promises.unmet_for_case(self.tx, self.key)
        return self._unmet

    def _may_promise(self) -> bool:
        return any(extension.name == "promise" for _, extension in marked_nodes(self.moved.definition))

    # ------------------------------------------------------------ the end

    def close(self, instance_state: str) -> None:
        assert self.case is not None
        case = self.case
        state = cases.close(self.tx, case.no, FALLBACKS.get(instance_state, "DONE"))
        reason = ENDED_WORDS.get(state, state.lower())
        self._unmet = None
        waiting = [p for p in self.unmet() if p.pending_mail is None]
        promises.void(self.tx, waiting, reason)
        retention.schedule(self.tx, case.no, case.process)
        known = catalogue.process(case.process)
        for code in (SIDE_MILESTONES.get(state, state), "CLOSED"):
            if known is not None and known.milestone(code) is not None:
                milestones.reach(self.tx, case.no, case.process, code)

    # ------------------------------------------------------------ values

    def _each(self, each: Each | None, seen: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        if each is None:
            yield seen
            return
        items = self._value(each.items, seen)
        for index, item in enumerate(items if isinstance(items, list) else []):
            yield {**seen, each.name: item, "number": index + 1, "loopCounter": index}

    def _value(self, expression: Expression, seen: Mapping[str, object]) -> object:
        if self._functions is None:
            self._functions = {"now": lambda: self.tx.now, **functions_for(self.tx, self.moved.instance.business_key)}
        return expression.evaluate(seen, self._functions)

    def _text(self, expression: Expression, seen: Mapping[str, object]) -> str:
        found = self._value(expression, seen)
        return "" if found is None else str(found)

    def _maybe(self, expression: Expression | None, seen: Mapping[str, object]) -> str | None:
        return (self._text(expression, seen) or None) if expression is not None else None

    def _words(self, expression: Expression, seen: Mapping[str, object]) -> str:
        """Receivers as text: a list that an expression gave is joined."""
        found = self._value(expression, seen)
        return ", ".join(str(one) for one in found) if isinstance(found, list) else str(found)

    def _holds(self, when: Expression | None, seen: Mapping[str, object]) -> bool:
        return when is None or bool(self._value(when, seen))

    def _instant(self, expression: Expression | None, seen: Mapping[str, object]) -> datetime | None:
        """An instant; of a date the end of its business day; None where there is none."""
        if expression is None:
            return None
        found = self._value(expression, seen)
        if found is None or found == "":
            return None
        if isinstance(found, str):
            try:
                found = datetime.fromisoformat(found)
            except ValueError:
                found = None
        if isinstance(found, date):
            return _as_instant(found)
        raise InvalidExpression(
            Sentence(f"{expression.text}은(는) 시각이어야 합니다.", f"Expected an instant from {expression.text}")
        )


def _key(entry: HistoryEntry) -> str:
    return entry.definition_key.partition("@")[0]


def _said(value: object) -> str | None:
    return str(value) if value else None


def _names(promise: Promise, key: str, element_id: str) -> bool:
    """Whether a promise is kept by that element: of its own diagram by id alone, of another one by `KEY/ID`."""
    return f"{key}/{element_id}" in promise.stops or (promise.process == key and element_id in promise.stops)


def _as_instant(value: date) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=SEOUL).astimezone(UTC)
    return datetime.combine(value, time(18), SEOUL).astimezone(UTC)
