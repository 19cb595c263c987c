"""The charter's extension elements, parsed from a diagram's element into typed values.

What they mean is told where they act (observer.py); what is wrong with them is found at deployment (charter_check.py).
Every attribute is a template: `${expression}`, plain text, or text with `${…}` inside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from engine.errors import InvalidExpression, Sentence
from engine.expressions import Expression, compile_template
from engine.tokens.definition import Extension, Node, ProcessDefinition
from workflows.charter_functions import FUNCTION_NAMES

NAMESPACE = "urn:charterflow:bpmn:1"
# Elements and the attributes each may carry. `correlationKey` is the engine's own attribute of that namespace.
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "promise": frozenset(
        [
            "clause",
            "item",
            "start",
            "spec",
            "due",
            "stop",
            "pausable",
            "each",
            "when",
            "met",
            "kept",
            "informational",
            "owner",
            "warn",
            "warn_to",
            "breach_to",
        ]
    ),
    "void": frozenset(("clause", "item", "reason")),
    "redue": frozenset(("clause", "item", "due", "spec", "reason")),
    "milestone": frozenset(("code", "ko", "en", "when")),
    "plan": frozenset(("code", "ko", "en", "expected", "each", "reason", "reason_ko", "reason_en")),
    "mail": frozenset(("id", "to", "when", "urgent", "at", "list")),
    "waits": frozenset(("for", "code")),
    "separate": frozenset(("from",)),
    "end": frozenset(("state",)),
    "note": frozenset(("ko", "en", "when")),
    "told": frozenset(("at", "promises", "mail", "email")),
    "case": frozenset(("title", "handler", "contact_user", "priority", "merged_into")),
    "stops": frozenset(),
}
CHILDREN: Mapping[str, frozenset[str]] = {
    "value": frozenset(("name", "value")),
    "link": frozenset(("name", "purpose", "valid", "form", "message", "payload")),
    "ics": frozenset(("start", "end", "summary", "place", "uid", "sequence", "cancelled")),
}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "promise": ("clause",),
    "void": ("clause",),
    "redue": ("clause",),
    "milestone": ("code",),
    "plan": ("code", "expected"),
    "mail": ("id", "to"),
    "separate": ("from",),
    "end": ("state",),
    "note": ("ko",),
    "told": ("at",),
    "value": ("name", "value"),
    "link": ("name", "purpose"),
    "ics": ("start", "end", "summary"),
}
_EACH = re.compile(r"\s*([A-Za-z]\w*)\s+in\s+(\$\{.*\})\s*", re.DOTALL)
_STOP = re.compile(r"element:(?:([\w.-]+)/)?([\w.-]+)")


class BadExtension(Exception):
    """An extension element cannot be read; the sentence says what was expected."""

    def __init__(self, ko: str, en: str) -> None:
        super().__init__(en)
        self.sentence = Sentence(ko, en)


@dataclass(frozen=True, slots=True)
class Each:
    """`stage in ${stages}`: once for each item, under that name."""

    name: str
    items: Expression


@dataclass(frozen=True, slots=True)
class Stop:
    """An element that keeps a promise; `process` is None for one of the same diagram."""

    process: str | None
    element_id: str

    def __str__(self) -> str:
        return f"{self.process}/{self.element_id}" if self.process else self.element_id


@dataclass(frozen=True, slots=True)
class PromiseMark:
    """`charter:promise`: opened when its element is entered."""

    clause: str
    item: Expression
    item_text: str
    start: Expression | None  # None: received_at; a constant "entered": now
    spec: Expression | None
    setting: str | None
    due: Expression | None
    stops: tuple[Stop, ...]
    pausable: bool
    each: Each | None
    when: Expression | None
    met_text: str
    kept: Expression | None
    informational: str | None
    owner: Expression
    warn: str | None
    warn_to: Expression
    breach_to: Expression


@dataclass(frozen=True, slots=True)
class VoidMark:
    """`charter:void`: running promises of a clause become VOID when its element is entered."""

    clause: str
    item: Expression | None
    reason: Expression


@dataclass(frozen=True, slots=True)
class RedueMark:
    """`charter:redue`: a running promise gets another due instant when its element is entered."""

    clause: str
    item: Expression
    due: Expression | None
    spec: Expression | None
    reason: Expression


@dataclass(frozen=True, slots=True)
class MilestoneMark:
    """`charter:milestone`: reached when its element is left."""

    code: Expression
    ko: Expression | None
    en: Expression | None
    when: Expression | None


@dataclass(frozen=True, slots=True)
class PlanMark:
    """`charter:plan`: announces a milestone with its expected instant, or moves it, when its element is entered."""

    code: Expression
    ko: Expression | None
    en: Expression | None
    expected: Expression
    each: Each | None
    reason_ko: Expression | None
    reason_en: Expression | None


@dataclass(frozen=True, slots=True)
class LinkMark:
    """`charter:link` in a mail: an address that asks for one thing."""

    name: str
    purpose: str
    valid: Expression | None
    form: str | None
    message: str | None
    payload: Expression | None


@dataclass(frozen=True, slots=True)
class CalendarMark:
    """`charter:ics` in a mail: a calendar entry attached."""

    start: Expression
    end: Expression
    summary: Expression
    place: Expression | None
    uid: Expression | None
    sequence: Expression | None
    cancelled: Expression | None


@dataclass(frozen=True, slots=True)
class MailMark:
    """`charter:mail`: written into the outbox when its element is entered."""

    id: str
    to: Expression
    when: Expression | None
    urgent: bool
    at: Expression | None
    list: str | None
    values: Mapping[str, Expression]
    links: tuple[LinkMark, ...]
    calendar: CalendarMark | None


@dataclass(frozen=True, slots=True)
class WaitMark:
    """`charter:waits`: pausable promises stand still while a token rests here."""

    code: str


@dataclass(frozen=True, slots=True)
class SeparateMark:
    """`charter:separate`: who completed those elements (`Task_A`), or is one of those (`user:NAME`), may not do this.

    The text may come from an expression, and may be empty: then nobody is kept away.
    """

    keep_away: Expression


@dataclass(frozen=True, slots=True)
class EndMark:
    """`charter:end`: the end state of the case."""

    state: Expression


@dataclass(frozen=True, slots=True)
class NoteMark:
    """`charter:note`: a line on the case page when its element is left."""

    ko: Expression
    en: Expression | None
    when: Expression | None


@dataclass(frozen=True, slots=True)
class ToldMark:
    """`charter:told`: a person told the customer through another channel."""

    at: Expression
    promises: Expression | None
    mail: Expression | None
    email: Expression | None


@dataclass(frozen=True, slots=True)
class CaseMark:
    """`charter:case`: facts of the case row, set when its element is entered."""

    facts: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class StopsMark:
    """`charter:stops`: asks the engine for the variables of a stopping element; nothing else."""


Mark = (
    PromiseMark
    | VoidMark
    | RedueMark
    | MilestoneMark
    | PlanMark
    | MailMark
    | WaitMark
    | SeparateMark
    | EndMark
    | NoteMark
    | ToldMark
    | CaseMark
    | StopsMark
)


def marks_of(node: Node) -> list[Mark]:
    """Return the charter's extension elements of an element, in order; raises BadExtension (found at deployment)."""
    return [parse(extension) for extension in extensions_of(node)]


def extensions_of(node: Node) -> Iterator[Extension]:
    """Give the extension elements of the charter's namespace, unread."""
    return (e for e in node.extensions if e.namespace == NAMESPACE)


def mail_of(node: Node) -> MailMark | None:
    """Return the mail an element sends, or None."""
    return next((mark for mark in marks_of(node) if isinstance(mark, MailMark)), None)


def sends_mail(node: object) -> bool:
    """Whether a send task without a message is carried by a mail of the charter."""
    return isinstance(node, Node) and any(e.name == "mail" for e in extensions_of(node))


def marked_nodes(definition: ProcessDefinition) -> Iterator[tuple[Node, Extension]]:
    """Give every extension element of the charter in a diagram, with the element that carries it."""
    for node in definition.nodes.values():
        for extension in extensions_of(node):
            yield node, extension


def parse(extension: Extension) -> Mark:
    """Return the typed value of an extension element; raises BadExtension with what was expected."""
    known = ATTRIBUTES.get(extension.name)
    if known is None:
        names = ", ".join(sorted(ATTRIBUTES))
        raise BadExtension(
            f"charter:{extension.name}은(는) 없습니다. 있는 것: {names}",
            f"There is no charter:{extension.name}; there are {names}",
        )
    _check_attributes(extension, known)
    return _PARSERS[extension.name](_Attributes(extension))


def _check_attributes(extension: Extension, known: frozenset[str]) -> None:
    for name in extension.attributes:
        if name not in known:
            listed = ", ".join(sorted(known)) or "—"
            raise BadExtension(
                f"charter:{extension.name}에 {name} 속성은 없습니다. 있는 것: {listed}",
                f"charter:{extension.name} has no attribute {name}; it has {listed}",
            )
    for name in REQUIRED.get(extension.name, ()):
        if not extension.attributes.get(name, "").strip():
            raise BadExtension(
                f"charter:{extension.name}에 {name} 속성이 있어야 합니다.",
                f"charter:{extension.name} needs the attribute {name}",
            )
    for child in extension.children:
        if extension.name != "mail" or child.name not in CHILDREN:
            raise BadExtension(
                f"charter:{extension.name} 안에 charter:{child.name}은(는) 올 수 없습니다.",
                f"charter:{child.name} cannot stand in charter:{extension.name}",
            )
        _check_attributes(Extension(child.namespace, child.name, child.attributes), CHILDREN[child.name])


@lru_cache(maxsize=8192)
def template(text: str) -> Expression:
    """Return a compiled template with the charter's functions; raises BadExtension."""
    try:
        return compile_template(text, FUNCTION_NAMES)
    except InvalidExpression as error:
        raise BadExtension(
            f"‘{text}’을(를) 읽을 수 없습니다. {error.sentence.ko}", f"Cannot read '{text}': {error.sentence.en}"
        ) from error


@dataclass(frozen=True, slots=True)
class _Attributes:
    """The attributes of one extension element, read by what they should be."""

    extension: Extension

    def text(self, name: str, default: str = "") -> str:
        return self.extension.attributes.get(name, default).strip()

    def maybe(self, name: str) -> Expression | None:
        text = self.text(name)
        return template(text) if text else None

    def must(self, name: str, default: str = "") -> Expression:
        return template(self.text(name) or default)

    def flag(self, name: str, *, default: bool) -> bool:
        text = self.text(name)
        if text not in ("", "true", "false"):
            raise BadExtension(f"{name}은(는) true 또는 false입니다.", f"{name} is true or false")
        return text == "true" if text else default

    def each(self) -> Each | None:
        text = self.text("each")
        if not text:
            return None
        found = _EACH.fullmatch(text)
        if found is None:
            raise BadExtension(
                f"each는 ‘stage in ${{stages}}’처럼 적습니다: {text}",
                f"each is written like 'stage in ${{stages}}': {text}",
            )
        return Each(found[1], template(found[2]))


def _promise(a: _Attributes) -> PromiseMark:
    spec_text, start_text = a.text("spec"), a.text("start")
    setting = spec_text.removeprefix("setting:").strip() if spec_text.startswith("setting:") else None
    if not spec_text and not a.text("due") and not a.text("kept"):
        raise BadExtension("spec, due, kept 가운데 하나가 있어야 합니다.", "A promise needs spec, due or kept")
    return PromiseMark(
        clause=a.text("clause"),
        item=a.must("item"),
        item_text=a.text("item"),
        start=None if start_text in ("", "received_at") else template(start_text),
        spec=None if setting is not None or not spec_text else template(spec_text),
        setting=setting,
        due=a.maybe("due"),
        stops=_stops(a.text("stop")),
        pausable=a.flag("pausable", default=False),
        each=a.each(),
        when=a.maybe("when"),
        met_text=a.text("met"),
        kept=a.maybe("kept"),
        informational=a.text("informational") or None,
        owner=a.must("owner", "assignee"),
        warn=a.text("warn") or None,
        warn_to=a.must("warn_to", "owner, manager"),
        breach_to=a.must("breach_to", "owner, manager, charter_office"),
    )


def _stops(text: str) -> tuple[Stop, ...]:
    stops = []
    for part in text.split():
        found = _STOP.fullmatch(part)
        if found is None:
            raise BadExtension(
                f"stop은 element:ID 또는 element:PROCESS/ID로 적습니다: {part}",
                f"stop is written element:ID or element:PROCESS/ID: {part}",
            )
        stops.append(Stop(found[1], found[2]))
    return tuple(stops)


def _void(a: _Attributes) -> VoidMark:
    return VoidMark(a.text("clause"), a.maybe("item"), a.must("reason", "replanned"))


def _redue(a: _Attributes) -> RedueMark:
    if not a.text("due") and not a.text("spec"):
        raise BadExtension("due 또는 spec이 있어야 합니다.", "charter:redue needs due or spec")
    return RedueMark(a.text("clause"), a.must("item"), a.maybe("due"), a.maybe("spec"), a.must("reason", "agreed anew"))


def _milestone(a: _Attributes) -> MilestoneMark:
    return MilestoneMark(a.must("code"), a.maybe("ko"), a.maybe("en"), a.maybe("when"))


def _plan(a: _Attributes) -> PlanMark:
    reason_ko = a.maybe("reason_ko") or a.maybe("reason")
    return PlanMark(
        a.must("code"), a.maybe("ko"), a.maybe("en"), a.must("expected"), a.each(), reason_ko,
        a.maybe("reason_en") or a.maybe("reason"),
    )  # fmt: skip


def _mail(a: _Attributes) -> MailMark:
    children = [_Attributes(child) for child in a.extension.children]
    calendars = [_calendar(c) for c in children if c.extension.name == "ics"]
    return MailMark(
        id=a.text("id"),
        to=a.must("to"),
        when=a.maybe("when"),
        urgent=a.flag("urgent", default=True),
        at=a.maybe("at"),
        list=a.text("list") or None,
        values={c.text("name"): c.must("value") for c in children if c.extension.name == "value"},
        links=tuple(_link(c) for c in children if c.extension.name == "link"),
        calendar=calendars[0] if calendars else None,
    )


def _link(a: _Attributes) -> LinkMark:
    return LinkMark(
        a.text("name").removesuffix("_url"), a.text("purpose"), a.maybe("valid"), a.text("form") or None,
        a.text("message") or None, a.maybe("payload"),
    )  # fmt: skip


def _calendar(a: _Attributes) -> CalendarMark:
    return CalendarMark(
        a.must("start"), a.must("end"), a.must("summary"), a.maybe("place"), a.maybe("uid"), a.maybe("sequence"),
        a.maybe("cancelled"),
    )  # fmt: skip


def _waits(a: _Attributes) -> WaitMark:
    if a.text("for", "customer") != "customer":
        raise BadExtension("for는 customer뿐입니다.", "charter:waits knows for='customer' only")
    return WaitMark(a.text("code") or "WAITING_CUSTOMER")


def _separate(a: _Attributes) -> SeparateMark:
    return SeparateMark(a.must("from"))


def _end(a: _Attributes) -> EndMark:
    return EndMark(a.must("state"))


def _note(a: _Attributes) -> NoteMark:
    return NoteMark(a.must("ko"), a.maybe("en"), a.maybe("when"))


def _told(a: _Attributes) -> ToldMark:
    return ToldMark(a.must("at"), a.maybe("promises"), a.maybe("mail"), a.maybe("email"))


def _case(a: _Attributes) -> CaseMark:
    return CaseMark({name: template(value) for name, value in a.extension.attributes.items() if value.strip()})


def _stops_mark(a: _Attributes) -> StopsMark:
    return StopsMark()


_PARSERS: Mapping[str, Callable[[_Attributes], Mark]] = {
    "promise": _promise, "void": _void, "redue": _redue, "milestone": _milestone, "plan": _plan, "mail": _mail,
    "waits": _waits, "separate": _separate, "end": _end, "note": _note, "told": _told, "case": _case,
    "stops": _stops_mark,
}  # fmt: skip
