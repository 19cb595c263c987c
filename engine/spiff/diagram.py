"""Diagram: a normalised tree with its index, its compiled texts, and the findings made about it so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.errors import Finding, InvalidExpression, Sentence
from engine.expressions import Expression, Script, compile_expression, compile_script, compile_template
from engine.spiff.known import Known
from engine.spiff.vocabulary import FLOW_NODES, SUBPROCESSES, Element, elements, local, tag, truth

MOST_FINDINGS = 300


@dataclass(eq=False, slots=True)
class Canvas:
    """A process or a subprocess as drawn: what stands directly in it."""

    element: Element
    process: Element
    nodes: list[Element] = field(default_factory=list)
    flows: list[Element] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.element.get("id", ""))

    @property
    def is_process(self) -> bool:
        return local(self.element) == "process"

    @property
    def is_event_subprocess(self) -> bool:
        return local(self.element) == "subProcess" and truth(self.element, "triggeredByEvent", False)

    def of(self, *names: str) -> list[Element]:
        wanted = {tag(name) for name in names}
        return [node for node in self.nodes if node.tag in wanted]


class Diagram:
    """One file while it is checked and read; not shared between threads."""

    def __init__(self, file: str, root: Element, known: Known) -> None:
        self.file, self.root, self.known = file, root, known
        self.findings: list[Finding] = []
        self.by_id: dict[str, Element] = {}
        self.all: list[Element] = list(elements(root))
        self.processes: list[Element] = []
        self.canvases: list[Canvas] = []
        self.canvas_of: dict[str, Canvas] = {}  # node id -> the canvas it is drawn on
        self.incoming: dict[str, list[Element]] = {}
        self.outgoing: dict[str, list[Element]] = {}
        self.boundaries: dict[str, list[Element]] = {}
        self._faulty_sketches: list[Element] = []
        self._expressions: dict[tuple[str, str], Expression | InvalidExpression] = {}
        self._scripts: dict[str, Script | InvalidExpression] = {}
        self._index()

    def _index(self) -> None:
        for element in self.all:
            if element.get("id"):
                self.by_id.setdefault(element.get("id"), element)
        for process in self.root.iterchildren(tag("process")):
            self.processes.append(process)
            self._index_canvas(Canvas(process, process))

    def _index_canvas(self, canvas: Canvas) -> None:
        self.canvases.append(canvas)
        for element in canvas.element:
            name = local(element)
            if name in FLOW_NODES:
                canvas.nodes.append(element)
                self.canvas_of[element.get("id", "")] = canvas
                if name == "boundaryEvent":
                    self.boundaries.setdefault(element.get("attachedToRef", ""), []).append(element)
            elif name == "sequenceFlow":
                canvas.flows.append(element)
                self.outgoing.setdefault(element.get("sourceRef", ""), []).append(element)
                self.incoming.setdefault(element.get("targetRef", ""), []).append(element)
            if name in SUBPROCESSES:
                self._index_canvas(Canvas(element, canvas.process))

    # what stands around an element

    def flows_in(self, node: Element) -> list[Element]:
        return self.incoming.get(node.get("id", ""), [])

    def flows_out(self, node: Element) -> list[Element]:
        return self.outgoing.get(node.get("id", ""), [])

    def named(self, identifier: str | None, *names: str) -> Element | None:
        """Return the element of that id, when it is one of these; None otherwise."""
        found = self.by_id.get((identifier or "").strip())
        return found if found is not None and local(found) in names else None

    # compiled texts: each is compiled once, whether the check asks or the reader

    def expression(self, text: str) -> Expression:
        """Return the text as an expression; raises InvalidExpression."""
        return self._compiled("expression", text, compile_expression)

    def template(self, text: str) -> Expression:
        """Return the text as a template (`${…}` inside a text); raises InvalidExpression."""
        return self._compiled("template", text, compile_template)

    def template_or_expression(self, text: str) -> Expression:
        """Return a template where `${` stands inside a text, an expression otherwise; raises InvalidExpression."""
        return self.template(text) if "${" in text else self.expression(text)

    def _compiled(self, kind: str, text: str, compile_text: Callable[..., Expression]) -> Expression:
        key = (kind, text)
        if key not in self._expressions:
            try:
                self._expressions[key] = compile_text(text, self.known.functions)
            except InvalidExpression as error:
                self._expressions[key] = error
        found = self._expressions[key]
        if isinstance(found, InvalidExpression):
            raise found
        return found

    def script(self, text: str) -> Script:
        """Return the compiled script; raises InvalidExpression."""
        if text not in self._scripts:
            try:
                self._scripts[text] = compile_script(text, self.known.functions)
            except InvalidExpression as error:
                self._scripts[text] = error
        found = self._scripts[text]
        if isinstance(found, InvalidExpression):
            raise found
        return found

    # findings

    def refuse(self, element: Element | None, rule: str, ko: str, en: str) -> None:
        """Note a refusal; inside a process that is not executable it is a warning, since nothing runs there."""
        sketch = self._sketch_around(element)
        if sketch is not None:
            self._faulty_sketches.append(sketch)
        self._note(element, rule, ko, en, "refusal" if sketch is None else "warning")

    def warn(self, element: Element | None, rule: str, ko: str, en: str) -> None:
        self._note(element, rule, ko, en, "warning")

    def _note(self, element: Element | None, rule: str, ko: str, en: str, severity: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            line = None if element is None else element.sourceline
            self.findings.append(Finding(self.file, line, id_of(element), rule, Sentence(ko, en), severity))

    def _sketch_around(self, element: Element | None) -> Element | None:
        while element is not None:
            if local(element) == "process":
                return None if truth(element, "isExecutable", True) else element
            element = element.getparent()
        return None

    @property
    def is_refused(self) -> bool:
        return any(finding.severity == "refusal" for finding in self.findings)

    def would_refuse(self, process: Element) -> bool:
        """Return whether a sketch (a process that is not executable) would be refused if it were to run."""
        return process in self._faulty_sketches


def id_of(element: Element | None) -> str | None:
    """Return the id of the element, or of the nearest thing around it that has one (an event, for its definition)."""
    while element is not None:
        if element.get("id") and (local(element) in FLOW_NODES or local(element) in WITH_OWN_ID):
            return str(element.get("id"))
        element = element.getparent()
    return None


WITH_OWN_ID = frozenset(
    {
        "process",
        "sequenceFlow",
        "lane",
        "laneSet",
        "participant",
        "messageFlow",
        "association",
        "group",
        "textAnnotation",
        "message",
        "signal",
        "error",
        "escalation",
        "dataObject",
        "dataObjectReference",
        "dataStore",
        "dataStoreReference",
        "collaboration",
        "itemDefinition",
        "interface",
        "operation",
        "property",
        "category",
        "choreography",
        "choreographyTask",
        "callChoreography",
        "subChoreography",
        "globalConversation",
        "globalTask",
        "globalUserTask",
        "globalScriptTask",
        "globalManualTask",
        "globalBusinessRuleTask",
        "resource",
        "definitions",
    }
)


WORDS = {
    "startEvent": ("시작 이벤트", "a start event"),
    "endEvent": ("종료 이벤트", "an end event"),
    "intermediateCatchEvent": ("받는 중간 이벤트", "an intermediate catch event"),
    "intermediateThrowEvent": ("던지는 중간 이벤트", "an intermediate throw event"),
    "boundaryEvent": ("경계 이벤트", "a boundary event"),
    "transaction": ("트랜잭션", "a transaction"),
    "adHocSubProcess": ("애드혹 서브프로세스", "an ad-hoc subprocess"),
    "textAnnotation": ("메모", "a text annotation"),
    "group": ("묶음", "a group"),
    "association": ("연결선", "an association"),
}


def words(element: Element) -> tuple[str, str]:
    """Return what kind of symbol it is in Korean and, with its article, in English; else its tag in quotes."""
    return WORDS.get(local(element), (f"‘{local(element)}’", f"a '{local(element)}'"))


def label(element: Element) -> str:
    """Return how a person knows the element: its name with its id, a flow by what it connects, else its id or kind."""
    name = " ".join((element.get("name") or "").split())
    identifier = element.get("id")
    if not name and local(element) == "sequenceFlow":
        name = _what_it_connects(element)
        return f"{name} ({identifier})" if name else str(identifier)
    if name and identifier and name != identifier:
        return f"“{name}” ({identifier})"
    return identifier or (f"“{name}”" if name else local(element))


def _what_it_connects(flow: Element) -> str:
    """Return the names at both ends of a flow, when both have one: nobody sees the id of a flow on the canvas."""
    ends = [flow.get("sourceRef"), flow.get("targetRef")]
    names = {node.get("id"): " ".join((node.get("name") or "").split()) for node in flow.getparent()}
    found = [names.get(end, "") for end in ends]
    return f"“{found[0]}” → “{found[1]}”" if all(found) else ""
