"""What deployment says about the charter's part of a diagram: every finding with its element and a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine import definitions
from engine.errors import Finding, InvalidForm, NotFound, Sentence
from engine.tokens.definition import Extension, Node, ProcessDefinition
from engine.transaction import Transaction
from workflows import calendar_kr, catalogue, clauses, forms, links, mail_texts, settings
from workflows.charter_extensions import (
    BadExtension,
    EndMark,
    MailMark,
    Mark,
    MilestoneMark,
    PromiseMark,
    RedueMark,
    VoidMark,
    WaitMark,
    extensions_of,
    marked_nodes,
    parse,
)
from workflows.mail_texts import BadMailText

COMMON_FIELDS = frozenset(
    [
        "org",
        "name",
        "case_no",
        "title",
        "track_url",
        "contact_dept",
        "contact_name",
        "contact_phone",
        "complaint_url",
        "charter_url",
        "status_url",
        "now",
        "received",
        "case_url",
        "task_url",
        "due",
        "clause",
        "clause_name",
        "clause_text",
        "clause_ko",
        "clause_en",
        "contact_email",
        "email",
        "phone",
        "process",
        "channel",
        "lang",
        "received_at",
        "received_on",
        "entered_by",
        "on_behalf_of",
        "anonymous",
        "reopen_of",
        "service",
        "number",
    ]
)


# What the charter itself gives to the diagrams that it starts (escalations.py, mail_fates.py).
GIVEN = {
    "escalate": frozenset(
        [
            "kind",
            "promise_id",
            "clause_name_en",
            "item",
            "element_id",
            "started_at",
            "due_at",
            "warn_at",
            "spec",
            "left_ko",
            "left_en",
            "receivers",
            "owners",
            "hold_until",
            "reason_due",
            "managers_group",
        ]
    ),
    "notify": frozenset(
        [
            "mail_id",
            "mail",
            "address",
            "to_name",
            "subject",
            "text",
            "reason_ko",
            "reason_en",
            "kind",
            "promise_ids",
            "clauses",
            "desk_group",
            "urgent",
            "element_id",
            "process_of_mail",
            "recipient",
            "unreached",
        ]
    ),
}


def check(tx: Transaction, file: str, definition: ProcessDefinition) -> Sequence[Finding]:
    """Return what is wrong with the charter's elements of a definition, and the clauses that it no longer keeps."""
    found: list[Finding] = []
    marks: list[tuple[Node, Mark]] = []
    for node, extension in marked_nodes(definition):
        try:
            marks.append((node, parse(extension)))
        except BadExtension as error:
            found.append(_finding(file, node, extension, "charter.extension", error.sentence))
    look = _Look(tx, file, definition)
    for node, mark in marks:
        found += look.mark(node, mark)
    return [*found, *look.dropped_clauses(marks)]


class _Look:
    """One definition being looked at."""

    def __init__(self, tx: Transaction, file: str, definition: ProcessDefinition) -> None:
        self.tx, self.file, self.definition = tx, file, definition
        self.known = known_fields(definition)

    def mark(self, node: Node, mark: Mark) -> Iterator[Finding]:
        match mark:
            case PromiseMark():
                yield from self._promise(node, mark)
            case VoidMark(clause) | RedueMark(clause):
                yield from self._clause(node, clause)
            case MailMark():
                yield from self._mail(node, mark)
            case MilestoneMark(code) if "${" not in code.text:
                yield from self._milestone(node, code.text)
            case WaitMark(code):
                yield from self._milestone(node, code)
            case EndMark() if node.symbol.value != "endEvent":
                yield self._refuse(
                    node, "charter.end", "charter:end는 끝 이벤트에 답니다.", "charter:end belongs on an end event"
                )

    def _clause(self, node: Node, clause: str) -> Iterator[Finding]:
        if clause not in clauses.CLAUSES:
            yield self._refuse(node, "charter.clause", f"{clause} 조항은 없습니다.", f"There is no clause {clause}")

    def _promise(self, node: Node, mark: PromiseMark) -> Iterator[Finding]:
        yield from self._clause(node, mark.clause)
        if mark.clause not in clauses.CLAUSES:
            return
        yield from self._durations(node, mark)
        if mark.pausable and not clauses.clause(mark.clause).pausable:
            yield self._refuse(
                node, "charter.pausable", f"{mark.clause}의 기한은 멈출 수 없습니다.",
                f"A promise of {mark.clause} may not stand still",
            )  # fmt: skip
        if not mark.stops and mark.kept is None:
            yield self._warn(
                node, "charter.stop", "이 약속을 지키는 요소(stop)가 없습니다.", "No element keeps this promise (stop)"
            )
        for stop in mark.stops:
            if stop.process in (None, self.definition.key):
                yield from self._stop(node, mark, stop.element_id)

    def _durations(self, node: Node, mark: PromiseMark) -> Iterator[Finding]:
        if mark.setting is not None and mark.setting not in settings.SETTINGS:
            yield self._refuse(
                node, "charter.setting", f"{mark.setting} 설정은 없습니다.", f"There is no setting {mark.setting}"
            )
        constant = mark.spec.text if mark.spec is not None and mark.spec.is_constant else None
        for text in (constant, mark.informational):
            if text and text not in settings.SETTINGS and not _is_spec(text):
                yield self._refuse(
                    node, "charter.spec", f"기간을 읽을 수 없습니다: {text}", f"Cannot read the duration {text}"
                )

    def _stop(self, node: Node, mark: PromiseMark, element_id: str) -> Iterator[Finding]:
        target = self.definition.nodes.get(element_id)
        if target is None:
            yield self._refuse(
                node,
                "charter.stop",
                f"stop이 가리키는 {element_id} 요소가 없습니다.",
                f"stop names {element_id}, which is not there",
            )
            return
        asks = "${" in mark.item_text or bool(mark.met_text)
        if asks and not any(True for _ in extensions_of(target)):
            yield self._refuse(
                target, "charter.stops", f"약속 {mark.clause}의 항목을 알 수 있도록 <charter:stops/>를 달아 주십시오.",
                f"Give it <charter:stops/>: the promise {mark.clause} asks for its variables",
            )  # fmt: skip

    def _milestone(self, node: Node, code: str) -> Iterator[Finding]:
        known = catalogue.process(self.definition.key)
        if known is not None and known.milestones and known.milestone(code) is None and code != "WAITING_CUSTOMER":
            yield self._warn(
                node,
                "charter.milestone",
                f"{code}의 고객용 말이 없습니다.",
                f"There are no customer's words for {code}",
            )

    def _mail(self, node: Node, mark: MailMark) -> Iterator[Finding]:
        own = COMMON_FIELDS | self.known | set(mark.values)
        for link in mark.links:
            own |= {f"{link.name}_url", f"{link.name}_until"}
            if link.purpose not in links.PURPOSES:
                names = ", ".join(links.PURPOSES)
                yield self._refuse(
                    node, "charter.link", f"{link.purpose} 용도는 없습니다. 있는 것: {names}",
                    f"There is no purpose {link.purpose}; there are {names}",
                )  # fmt: skip
            yield from self._link_form(node, link.form)
        for lang in mail_texts.LANGUAGES:
            yield from self._words(node, mark.id, lang, frozenset(own))

    def _link_form(self, node: Node, form: str | None) -> Iterator[Finding]:
        if form is not None and catalogue.process(self.definition.key) is not None:
            try:
                missing = forms.shipped(self.definition.key, form) is None
            except InvalidForm:
                missing = True
            if missing:
                yield self._refuse(node, "charter.form", f"양식 {form}이(가) 없습니다.", f"There is no form {form}")

    def _words(self, node: Node, mail_id: str, lang: str, known: frozenset[str]) -> Iterator[Finding]:
        try:
            source = mail_texts.source_of(self.tx, self.definition.key, mail_id, lang)
        except NotFound:
            yield self._refuse(
                node,
                "charter.mail",
                f"메일 글 {mail_id}.{lang}.txt가 없습니다.",
                f"There is no mail text {mail_id}.{lang}.txt",
            )
            return
        try:
            text = mail_texts.compile_mail(source, lang)
        except BadMailText as error:
            ko, en = error.sentence.ko, error.sentence.en
            place = f"{mail_id}.{lang}.txt:{error.line}"
            yield self._refuse(node, "charter.mail", f"{place} {ko}", f"{place} {en}")
            return
        for name in sorted(mail_texts.unknown_fields(text, known)):
            yield self._refuse(
                node, "charter.field", f"메일 {mail_id}({lang})의 {{{name}}}을(를) 아무도 정하지 않습니다.",
                f"Nobody sets {{{name}}} of mail {mail_id} ({lang})",
            )  # fmt: skip

    def dropped_clauses(self, marks: Sequence[tuple[Node, Mark]]) -> Iterator[Finding]:
        """The clauses that the version in force keeps and this one would not (coverage.block_deploy)."""
        newest = definitions.find_latest(self.tx, self.definition.key)
        if newest is None:
            return
        kept = {mark.clause for _, mark in marks if isinstance(mark, PromiseMark)}
        before = kept_by(definitions.parsed(self.tx, newest.key, newest.version))
        for clause in sorted(before - kept):
            if settings.is_on(self.tx, "coverage.block_deploy"):
                yield self._refuse(
                    None,
                    "charter.coverage",
                    f"지금 판이 지키는 {clause} 조항이 빠집니다.",
                    f"It drops clause {clause}, which is kept now",
                )

    def _refuse(self, node: Node | None, rule: str, ko: str, en: str) -> Finding:
        return Finding(self.file, node.line if node else None, node.id if node else None, rule, Sentence(ko, en))

    def _warn(self, node: Node, rule: str, ko: str, en: str) -> Finding:
        return Finding(self.file, node.line, node.id, rule, Sentence(ko, en), "warning")


def kept_by(definition: ProcessDefinition) -> set[str]:
    """Return the clauses that a definition opens promises for."""
    return {e.attributes.get("clause", "") for _, e in marked_nodes(definition) if e.name == "promise"} - {""}


def elements_keeping(definition: ProcessDefinition, clause: str) -> list[str]:
    """Return the elements of a definition that open a promise of a clause, or stop one (the clause-coverage report)."""
    found: dict[str, None] = {}
    for node, extension in marked_nodes(definition):
        if extension.name == "promise" and extension.attributes.get("clause") == clause:
            found[node.id] = None
            for part in extension.attributes.get("stop", "").split():
                found[part.removeprefix("element:")] = None
    return list(found)


def known_fields(definition: ProcessDefinition) -> frozenset[str]:
    """Return every variable that a process can set: what a mail may name beside its own values."""
    names: set[str] = set()
    for node in definition.nodes.values():
        if node.script is not None:
            names |= {a.name for a in node.script.assignments}
        names |= {m.target for m in (*node.inputs, *node.outputs, *node.call_out, *node.call_in)}
        for found in (node.result_variable, _item_variable(node), *_output_names(node)):
            if found:
                names.add(found)
    known = catalogue.process(definition.key)
    if known is not None:
        names |= {output for topic in known.topics for output in topic.outputs}
        names |= set(_form_fields(definition.key))
    names |= _of_callees(definition) | GIVEN.get(definition.key, frozenset())
    return frozenset(names)


def mail_fields(definition: ProcessDefinition, mail_id: str) -> frozenset[str]:
    """Return every field that a mail of this definition may name, wherever it is sent."""
    own: set[str] = set(COMMON_FIELDS) | known_fields(definition)
    for _, extension in marked_nodes(definition):
        if extension.name == "mail" and extension.attributes.get("id") == mail_id:
            own |= {c.attributes.get("name", "") for c in extension.children if c.name == "value"}
            for child in extension.children:
                if child.name == "link":
                    name = child.attributes.get("name", "").removesuffix("_url")
                    own |= {f"{name}_url", f"{name}_until"}
    return frozenset(own)


def _of_callees(definition: ProcessDefinition) -> set[str]:
    """A shared diagram that is called brings its forms' fields; one that is called from elsewhere has its caller's."""
    called = {node.called_element for node in definition.nodes.values() if node.called_element}
    return {name for key in called for name in _form_fields(key)}


def _form_fields(process: str) -> Iterator[str]:
    if catalogue.process(process) is None:
        return
    for key in forms.keys_of(process):
        try:
            form = forms.shipped(process, key)
        except InvalidForm:
            continue
        for field in form.fields if form else ():
            yield field.name


def _item_variable(node: Node) -> str | None:
    return node.multi_instance.item_variable if node.multi_instance else None


def _output_names(node: Node) -> list[str | None]:
    return [node.multi_instance.output_collection, node.multi_instance.output_item] if node.multi_instance else []


def _is_spec(text: str) -> bool:
    try:
        calendar_kr.read_spec(text)
    except calendar_kr.InvalidSpec:
        return False
    return True


def _finding(file: str, node: Node, extension: Extension, rule: str, sentence: Sentence) -> Finding:
    return Finding(file, extension.line or node.line, node.id, rule, sentence)
