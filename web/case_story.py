"""A case told as a person would: what happened by day, the customer's own words, the diagram with its tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from markupsafe import Markup

from engine import definitions, history, incidents, instances, mails, user_tasks
from engine.errors import EngineError
from engine.forms import Form
from engine.tokens.definition import ProcessDefinition, Symbol
from engine.transaction import Transaction
from engine.user_tasks import UserTask
from web import form_rendering
from web.form_rendering import Look
from web.page_frame import user_name
from web.words import day_text, particle, promise_task, seoul, short_subject, t, weekday_text
from workflows import catalogue, notes, organisation, permissions, promises
from workflows.cases import Case
from workflows.notes import Note
from workflows.organisation import User

CHANNELS = {
    "web": ("홈페이지", "on the web site"),
    "phone": ("전화", "by telephone"),
    "email": ("이메일", "by e-mail"),
    "visit": ("방문", "in person"),
    "walk_in": ("방문", "in person"),
    "staff": ("직원", "through staff"),
}
SHOWN_SYMBOLS = frozenset(
    {
        Symbol.START_EVENT,
        Symbol.END_EVENT,
        Symbol.TASK,
        Symbol.MANUAL_TASK,
        Symbol.USER_TASK,
        Symbol.SERVICE_TASK,
        Symbol.SEND_TASK,
        Symbol.RECEIVE_TASK,
        Symbol.BUSINESS_RULE_TASK,
        Symbol.SUBPROCESS,
        Symbol.CALL_ACTIVITY,
        Symbol.CATCH_EVENT,
        Symbol.TRANSACTION,
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, as a sentence; `strong` where the customer was told or something went wrong."""

    at: datetime
    words: Markup | str
    strong: bool = False
    href: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """The lines of one day, in the order in which they happened."""

    day: str
    weekday: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class TextStep:
    """One element of a diagram as a line of text."""

    name: str
    said: str


@dataclass(frozen=True, slots=True)
class DiagramView:
    """What the viewer needs, and the same as a list."""

    href: str
    marks: Mapping[str, object]
    steps: Sequence[TextStep]
    legend: bool = True


@dataclass(frozen=True, slots=True)
class Words:
    """What the customer wrote: the longest text as a quotation, the rest as lines."""

    quote: str = ""
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)


# ---------------------------------------------------------------- what happened


def lines(tx: Transaction, case: Case, user: User) -> list[Line]:
    """Return what happened in a case, oldest first."""
    told = [_opened(case, permissions.may_see_contact(tx, user, case))]
    told += _tasks(tx, case)
    told += _mails(tx, case)
    told += _notes(tx, case, knows_words=permissions.may_read_report(tx, user, case))
    told += _promises(tx, case)
    told += _incidents(tx, case)
    if case.ended_at is not None:
        process = catalogue.process(case.process)
        end = process.end_words(case.end_state or "DONE") if process else None
        words = t("끝났습니다: {end}", "Ended: {end}", end=t(end.ko, end.en) if end else case.end_state)
        told.append(Line(case.ended_at, words, strong=True))
    return sorted(told, key=lambda line: line.at)


def days(told: Sequence[Line]) -> list[Day]:
    """Return the lines by day, the newest day first."""
    by_day: dict[date, list[Line]] = {}
    for line in told:
        by_day.setdefault(seoul(line.at).date(), []).append(line)
    return [
        Day(day_text(day, weekday=False), weekday_text(day, long=True), found)
        for day, found in sorted(by_day.items(), reverse=True)
    ]


def brief(told: Sequence[Line], limit: int = 6) -> list[dict[str, object]]:
    """Return the last lines for a side: "8.10 11:00", the day left out where it is the same as above."""
    shown: list[dict[str, object]] = []
    before = None
    for line in told[-limit:]:
        local = seoul(line.at)
        at = f"{local:%H:%M}" if local.date() == before else f"{local.month}.{local.day} {local:%H:%M}"
        shown.append({"at": at, "words": line.words})
        before = local.date()
    return shown


def _opened(case: Case, knows: bool) -> Line:
    ko, en = CHANNELS.get(case.channel, CHANNELS["staff"])
    who = (case.contact.name or case.contact.org) if knows else None
    if who:
        words = t("{who} 님이 {how}로 접수했습니다.", "{who} sent it {how}.", who=who, how=t(ko, en))
    else:
        words = t("{how}로 접수되었습니다.", "Received {how}.", how=t(ko, en))
    return Line(case.received_at, words)


def _tasks(tx: Transaction, case: Case) -> list[Line]:
    told = []
    for task in user_tasks.of_case(tx, case.no):
        name = task_name(tx, task)
        told.append(Line(task.opened_at, t("‘{name}’ 업무가 생겼습니다.", "“{name}” became due to do.", name=name)))
        if task.state == "completed" and task.completed_at is not None:
            by = person_name(tx, task.completed_by)
            words = t(
                "{by} ‘{name}’ 업무를 마쳤습니다.", "{by} completed “{name}”.", by=particle(by, "이/가"), name=name
            )
            told.append(Line(task.completed_at, words))
    return told


def _mails(tx: Transaction, case: Case) -> list[Line]:
    told = []
    for mail in mails.of_case(tx, case.no):
        to_customer = bool(mail.reference.get("customer")) or mail.to_address == case.contact.email
        who = t("고객", "the customer") if to_customer else mail.to_name or mail.to_address
        if mail.state in ("failed", "bounced"):
            words = t(
                "{who}께 보낸 ‘{subject}’ 메일이 닿지 않았습니다.",
                "“{subject}” did not reach {who}.",
                who=who,
                subject=short_subject(mail.subject),
            )
        else:
            words = t(
                "{who}께 ‘{subject}’ 메일을 보냈습니다.",
                "“{subject}” was sent to {who}.",
                who=who,
                subject=short_subject(mail.subject),
            )
        told.append(Line(mail.accepted_at or mail.created_at, words, strong=to_customer))
    return told


def replies(tx: Transaction, case: Case, user: User) -> list[Note]:
    """Return what the customer wrote afterwards, as far as this user may read it."""
    return notes.of_case(tx, case.no, "reply") if permissions.may_read_report(tx, user, case) else []


def _notes(tx: Transaction, case: Case, *, knows_words: bool) -> list[Line]:
    told = []
    for note in notes.of_case(tx, case.no):
        if note.kind == "reply" and not knows_words:
            continue
        words: Markup | str = t(note.ko, note.en)
        if note.kind == "reply":
            words = t("고객께서 쓰셨습니다: {words}", "The customer wrote: {words}", words=note.ko)
        told.append(Line(note.at, words, strong=note.kind == "reply"))
    return told


def _promises(tx: Transaction, case: Case) -> list[Line]:
    told = []
    for promise in promises.of_case(tx, case.no):
        if promise.breached_at is not None:
            words = t(
                "약속을 넘겼습니다: {what}",
                "A promise was missed: {what}",
                what=promise_task(promise.clause, promise.item),
            )
            told.append(Line(promise.breached_at, words, strong=True))
    return told


def _incidents(tx: Transaction, case: Case) -> list[Line]:
    found = incidents.open_incidents(tx, business_key=case.no)
    return [Line(one.raised_at, t("막혔습니다: {why}", "Stuck: {why}", why=one.message), strong=True) for one in found]


# ---------------------------------------------------------------- names


def task_name(tx: Transaction, task: UserTask) -> str:
    """Return a task's name in the reader's language: drawn, or the English title of its form."""
    form = task_form(tx, task)
    return str(t(task.name, form.title.en if form else task.name))


def task_form(tx: Transaction, task: UserTask) -> Form | None:
    """Return the form of a task as it was deployed; None for a task without one."""
    if task.form_key is None:
        return None
    return tx.application.form(tx, task.definition_key, task.definition_version, task.form_key)


def person_name(tx: Transaction, name: str | None) -> str:
    """Return the name of a member of staff; what is no sign-in name stays as it is."""
    known = organisation.find_user(tx, name) if name else None
    return user_name(known) or (name or str(t("시스템", "the system")))


def customer_name(tx: Transaction, case: Case, user: User) -> str:
    """Return "나래증권 나은별 님" as far as this user may know it."""
    if not permissions.may_see_contact(tx, user, case):
        return str(t("고객 정보는 볼 수 없음", "customer hidden"))
    parts = [case.contact.org or "", t("{name} 님", "{name}", name=case.contact.name) if case.contact.name else ""]
    return " ".join(str(p) for p in parts if p) or str(t("이름 없음", "no name"))


def customers_words(tx: Transaction, case: Case, user: User) -> Words:
    """Return what the customer wrote in the start form, as far as this user may see it."""
    process = catalogue.process(case.process)
    if process is None or process.start_form is None or case.version is None:
        return Words()
    form = tx.application.form(tx, case.process, case.version, process.start_form)
    if form is None:
        return Words()
    seen = permissions.visible_variables(tx, user, case, case.form)
    boxes = form_rendering.boxes_of(form, {k: v for k, v in seen.items() if k not in ("privacy_consent", "title")})
    texts = [f.name for f in form.fields if f.type == "longtext" and boxes.get(f.name)]
    longest = max(texts, key=lambda name: len(boxes[name][0]), default=None)
    quote = boxes.pop(longest)[0] if longest else ""
    return Words(quote, form_rendering.shown_values(form, boxes, Look()))


# ---------------------------------------------------------------- the diagram


def diagram(tx: Transaction, key: str, version: int, instance_id: int | None) -> DiagramView:
    """Return a diagram's view; with an instance its tokens, the way it went, and where it is stuck."""
    parsed = definitions.parsed(tx, key, version)
    href = f"/api/processes/{key}/versions/{version}.bpmn"
    if instance_id is None:
        return DiagramView(href, {}, _steps(parsed, {}, {}), legend=False)
    entries = [e for e in history.of_instance(tx, instance_id) if e.definition_key == key]
    entered = {e.element_id for e in entries if e.kind in ("entered", "started", "caught")}
    past = {e.element_id for e in entries if e.kind in ("left", "ended", "thrown", "caught")}
    tokens = [tk.element_id for tk in instances.tokens(tx, instance_id) if tk.definition_key == key]
    # A subprocess whose inside has the token is drawn round it: the mark belongs to the symbol inside.
    here = Counter(e for e in tokens if e in parsed.nodes and not parsed.nodes[e].holds_a_level)
    stuck = Counter(i.element_id for i in incidents.of_instance(tx, instance_id, open_only=True) if i.element_id)
    flows = [f.id for f in parsed.flows.values() if f.source in past and f.target in entered | past]
    marks = {"past": sorted(past), "flows": flows, "here": dict(here), "stuck": dict(stuck)}
    said = {name: str(t("지나감", "passed")) for name in past}
    said |= {name: str(t("지금 여기 {n}", "here now: {n}", n=n)) for name, n in here.items()}
    said |= {name: str(t("막힘 {n}", "stuck: {n}", n=n)) for name, n in stuck.items() if name}
    return DiagramView(href, marks, _steps(parsed, said, here))


def _steps(parsed: ProcessDefinition, said: Mapping[str, str], here: Mapping[str, int]) -> list[TextStep]:
    """The named elements in the order in which tokens can meet them."""
    return [
        TextStep(node.name, said.get(node.id, ""))
        for node in (parsed.nodes[node_id] for node_id in _in_order(parsed))
        if node.name and (node.symbol in SHOWN_SYMBOLS or node.id in here)
    ]


def _in_order(parsed: ProcessDefinition) -> list[str]:
    found: list[str] = []

    def walk(level_id: str) -> None:
        level = parsed.levels[level_id]
        queue = list(level.start_ids)
        while queue:
            node_id = queue.pop(0)
            if node_id in found:
                continue
            found.append(node_id)
            node = parsed.nodes[node_id]
            if node.holds_a_level and node_id in parsed.levels:
                walk(node_id)
            queue += [parsed.flows[f].target for f in node.outgoing]
            queue += parsed.boundaries.get(node_id, ())
        for other in level.node_ids:
            if other not in found:
                found.append(other)

    walk(parsed.key)
    return found


def safe_diagram(tx: Transaction, case: Case) -> DiagramView | None:
    """Return the diagram of a case, None where its version can no longer be read."""
    if case.instance_id is None or case.version is None:
        return None
    try:
        return diagram(tx, case.process, case.version, case.instance_id)
    except EngineError:
        return None


def element_name(tx: Transaction, key: str | None, element_id: str | None) -> str:
    """Return the drawn name of an element in its process' live version, else its id."""
    if not key or not element_id:
        return element_id or ""
    live = definitions.find_latest(tx, key)
    node = definitions.parsed(tx, key, live.version).nodes.get(element_id) if live else None
    return node.name if node and node.name else element_id
