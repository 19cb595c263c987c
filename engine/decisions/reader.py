"""Reader: a DMN drawing to decisions; what it cannot carry out exactly is refused cell by cell, all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lxml import etree

from engine.decisions.decision import Decision
from engine.decisions.expression import Closure, Part, compile_expression
from engine.decisions.table import AGGREGATIONS, HitPolicy, Input, Output, Rule, Table
from engine.decisions.unary import Cell, compile_cell
from engine.decisions.values import KOREAN, TYPES, Feel
from engine.decisions.words import KEYWORDS, Lexer
from engine.errors import DeploymentRefused, Finding, InvalidExpression, Sentence

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

NAMESPACES = frozenset(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",  # 1.1
        "http://www.omg.org/spec/DMN/20180521/MODEL/",  # 1.2
        "https://www.omg.org/spec/DMN/20191111/MODEL/",  # 1.3
        "https://www.omg.org/spec/DMN/20211108/MODEL/",  # 1.4
        "https://www.omg.org/spec/DMN/20230324/MODEL/",  # 1.5
    }
)
LOGIC = frozenset({"decisionTable", "literalExpression"})
BEYOND = frozenset(
    {
        "invocation", "context", "functionDefinition", "relation", "list", "conditional", "filter", "for", "every",
        "some", "knowledgeRequirement",
    }
)  # fmt: skip
IN_A_TABLE = frozenset({"input", "output", "rule", "annotation", "description", "extensionElements"})
MOST_RULES = 5_000
FEEL_LANGUAGES = ("/FEEL/", "/feel/", "FEEL.xsd", "/S-FEEL/")


def read_decisions(xml: bytes, file: str) -> list[Decision]:
    """Return the decisions of a drawing; raises DeploymentRefused with a finding for everything it cannot carry out."""
    reader = _Reader(file)
    decisions = reader.read(xml)
    if reader.findings:
        raise DeploymentRefused(reader.findings)
    return decisions


def _children(node: Element, name: str) -> list[Element]:
    """The children of that name in the drawing's own namespace."""
    space = etree.QName(node).namespace
    return [child for child in node if child.tag == f"{{{space}}}{name}"]


def _child(node: Element, name: str) -> Element | None:
    return next(iter(_children(node, name)), None)


def _text(node: Element | None) -> str:
    """The text of a cell or expression; vendor elements beside it are passed over."""
    if node is None:
        return ""
    text = _child(node, "text")
    return "".join(str(piece) for piece in text.itertext()).strip() if text is not None else ""


def _line(node: Element | None) -> int | None:
    line = node.sourceline if node is not None else 1
    return line if isinstance(line, int) else None


def _line_of(error: Exception) -> int:
    line = getattr(error, "lineno", None)
    return line if isinstance(line, int) and line > 0 else 1


def _is_own(child: Element, node: Element) -> bool:
    """Whether the child is of the drawing's own namespace, not a vendor's."""
    return isinstance(child.tag, str) and etree.QName(child).namespace == etree.QName(node).namespace


def _local(node: Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


class _Reader:
    """Reads one file; `findings` collects what is wrong."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.lexer = Lexer(())
        self.types: dict[str, Element] = {}
        self.decision_names: dict[str, str] = {}  # id -> name
        self.input_names: dict[str, str] = {}  # id -> name
        self.language: str | None = None

    def _refuse(self, node: Element | None, rule: str, ko: str, en: str) -> None:
        line = _line(node)
        self.findings.append(Finding(self.file, line, _id(node), rule, Sentence(ko, en)))

    # -- the file

    def read(self, xml: bytes) -> list[Decision]:
        root = self._root(xml)
        if root is None:
            return []
        self._declare(root)
        decisions = [decision for node in _children(root, "decision") if (decision := self._decision(node))]
        if not decisions and not self.findings:
            self._refuse(root, "dmn-empty", "결정이 하나도 없습니다.", "there is no decision in the file")
        if not self.findings:
            self._check_cycles(decisions, root)
        return decisions

    def _root(self, xml: bytes) -> Element | None:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root = etree.fromstring(xml, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            if b"<!DOCTYPE" in xml:
                self._refuse_doctype()
                return None
            said = Sentence("XML로 읽을 수 없는 파일입니다.", "the file cannot be read as XML")
            self.findings.append(Finding(self.file, _line_of(error), None, "dmn-xml", said))
            return None
        if getattr(root.getroottree().docinfo, "doctype", None):
            self._refuse_doctype()
            return None
        name = etree.QName(root)
        if name.localname != "definitions" or name.namespace not in NAMESPACES:
            self._refuse(
                root, "dmn-root", "DMN 1.1부터 1.5까지의 결정표가 아닙니다.", "this is no DMN drawing (1.1 to 1.5)"
            )
            return None
        return root

    def _refuse_doctype(self) -> None:
        self._refuse(
            None, "dmn-doctype", "문서 형식 선언(DOCTYPE)은 쓸 수 없습니다(1번째 줄).",
            "document type declarations are not allowed (line 1)",
        )  # fmt: skip

    def _declare(self, root: Element) -> None:
        self.types = {node.get("name", ""): node for node in _children(root, "itemDefinition")}
        self.language = root.get("expressionLanguage")
        for node in _children(root, "inputData"):
            self.input_names[node.get("id", "")] = _name(node)
        for node in _children(root, "decision"):
            self.decision_names[_id(node) or _name(node)] = _name(node)
        if (imported := _child(root, "import")) is not None:
            self._refuse(
                imported,
                "dmn-import",
                "다른 파일의 결정을 가져올 수 없습니다.",
                "decisions of other files cannot be imported",
            )
        for name, count in Counter(_name(node) for node in _children(root, "decision")).items():
            if count > 1:
                self._refuse(
                    root, "dmn-twice", f"결정 이름이 겹칩니다: {name}", f"two decisions have the name '{name}'"
                )
        ids = [_id(node) or _name(node) for node in _children(root, "decision")]
        for name, count in Counter(ids).items():
            if count > 1:
                self._refuse(root, "dmn-twice", f"결정 id가 겹칩니다: {name}", f"two decisions have the id '{name}'")
        parts = [node.get("name", "") for node in root.iter(f"{{{etree.QName(root).namespace}}}itemComponent")]
        self.lexer = Lexer({*self.input_names.values(), *self.decision_names.values(), *parts})

    def _check_cycles(self, decisions: list[Decision], root: Element) -> None:
        needs = {decision.id: decision.requires for decision in decisions}
        done: set[str] = set()

        def walk(key: str, path: tuple[str, ...]) -> bool:
            if key in path:
                self._refuse(
                    root, "dmn-cycle", f"결정이 서로를 필요로 합니다: {' → '.join((*path, key))}",
                    f"decisions require each other: {' → '.join((*path, key))}",
                )  # fmt: skip
                return False
            if key not in done and len(path) < 100:
                done.add(key)
                return all(walk(other, (*path, key)) for other in needs.get(key, ()))
            return True

        all(walk(key, ()) for key in needs)

    # -- a decision

    def _decision(self, node: Element) -> Decision | None:
        before = len(self.findings)
        required = dict(self._required(node, "requiredDecision", self.decision_names))
        inputs = dict(self._required(node, "requiredInput", self.input_names))
        for child in node:
            if _is_own(child, node) and _local(child) in BEYOND:
                self._refuse(
                    child, "dmn-logic", f"아직 다룰 수 없는 결정 방식입니다: {_local(child)}",
                    f"'{_local(child)}' is not supported; use a decision table or a literal expression",
                )  # fmt: skip
        table, literal = _child(node, "decisionTable"), _child(node, "literalExpression")
        texts: tuple[str, ...] = ()
        logic: Closure | None = None
        if table is not None:
            texts, logic = self._table(node, table)
        elif literal is not None:
            logic = self._literal(node, literal)
        elif len(self.findings) == before:
            self._refuse(
                node, "dmn-logic", "결정표나 식이 없는 결정입니다.", "the decision has no table and no expression"
            )
        if logic is None or len(self.findings) > before:
            return None
        return Decision(
            id=_id(node) or _name(node),
            name=_name(node),
            inputs=texts,
            requires=tuple(required),
            required_names={name: key for key, name in required.items()},
            declared=frozenset(inputs.values()) | frozenset(self.input_names.values()),
            logic=logic,
        )

    def _required(self, node: Element, kind: str, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for requirement in _children(node, "informationRequirement"):
            for target in _children(requirement, kind):
                key = target.get("href", "").removeprefix("#")
                if key in known:
                    yield key, known[key]
                else:
                    self._refuse(
                        requirement, "dmn-requirement", f"필요로 하는 것이 파일에 없습니다: {key}",
                        f"what it requires is not in the file: {key}",
                    )  # fmt: skip

    def _literal(self, decision: Element, node: Element) -> Closure | None:
        part = self._expression(node, _text(node))
        variable = _child(decision, "variable")
        kind = self._kind(variable.get("typeRef")) if variable is not None else None
        if part is not None:
            self._check_result(node, part, kind)
        return part.closure if part else None

    # -- types and languages

    def _kind(self, type_ref: str | None, depth: int = 0) -> Feel | None:
        """The kind that a typeRef names, by way of itemDefinitions; None when it is none of FEEL's, or a collection."""
        if not type_ref:
            return None
        if type_ref in self.types and depth < 10:
            item = self.types[type_ref]
            if item.get("isCollection") == "true":
                return Feel.LIST
            if _child(item, "itemComponent") is not None:
                return Feel.CONTEXT
            reference = _child(item, "typeRef")
            return self._kind((reference.text or "").strip(), depth + 1) if reference is not None else None
        return TYPES.get(type_ref) or TYPES.get(type_ref.rpartition(":")[2])

    def _allowed(self, type_ref: str | None) -> Element | None:
        """The allowedValues of an itemDefinition."""
        item = self.types.get(type_ref or "")
        return _child(item, "allowedValues") if item is not None else None

    def _speaks_feel(self, node: Element) -> bool:
        language = node.get("expressionLanguage") or self.language
        if not language or language.lower() in ("feel", "s-feel") or any(part in language for part in FEEL_LANGUAGES):
            return True
        self._refuse(
            node, "dmn-language", f"FEEL이 아닌 식은 다룰 수 없습니다: {language}",
            f"only FEEL can be read, not {language}",
        )  # fmt: skip
        return False

    # -- cells

    def _expression(self, node: Element, text: str) -> Part | None:
        if not self._speaks_feel(node):
            return None
        try:
            return compile_expression(self._lexer_for(text), text)
        except InvalidExpression as error:
            self._refuse_cell(node, text, error.sentence)
            return None

    def _cell(self, node: Element, text: str, kind: Feel | None) -> Cell | None:
        if not self._speaks_feel(node):
            return None
        try:
            return compile_cell(self.lexer, text, kind)
        except InvalidExpression as error:
            self._refuse_cell(node, text, error.sentence)
            return None

    def _lexer_for(self, text: str) -> Lexer:
        """A text of plain words is one name, though nothing declares it: `Approval Status`."""
        words = text.split()
        is_name = len(words) > 1 and all(word.isidentifier() for word in words) and not KEYWORDS & set(words)
        return Lexer({text}) if is_name else self.lexer

    def _refuse_cell(self, node: Element, text: str, cause: Sentence) -> None:
        shown = text if len(text) <= 60 else f"{text[:59]}…"
        row = node.getparent() if _local(node) in ("inputEntry", "outputEntry") else None
        where_ko, where_en = _row_words(row)
        self._refuse(node, "dmn-cell", f"{where_ko}‘{shown}’: {cause.ko}", f"{where_en}'{shown}': {cause.en}")

    # -- tables

    def _table(self, decision: Element, node: Element) -> tuple[tuple[str, ...], Closure | None]:
        before = len(self.findings)
        policy, aggregation = self._policy(node)
        for child in node:
            if _is_own(child, node) and _local(child) not in IN_A_TABLE:
                self._refuse(
                    child, "dmn-table", f"모르는 부분입니다: {_local(child)}", f"unknown part: {_local(child)}"
                )
        inputs = [self._input(child) for child in _children(node, "input")]
        outputs = self._outputs(decision, node)
        rows = _children(node, "rule")
        if len(rows) > MOST_RULES:
            self._refuse(
                node,
                "dmn-size",
                f"규칙은 {MOST_RULES:,}개까지 쓸 수 있습니다.",
                f"at most {MOST_RULES:,} rules are possible",
            )
            return (), None
        rules = [self._rule(n, row, inputs, outputs) for n, row in enumerate(rows, 1)]
        if policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER) and not any(output.order for output in outputs):
            self._refuse(
                node, "dmn-priority", f"{policy}에는 결과 열의 값 순서(outputValues)가 필요합니다.",
                f"{policy} needs the order of the output values (outputValues)",
            )  # fmt: skip
        if aggregation and len(outputs) > 1:
            self._refuse(
                node, "dmn-aggregation", "결과 열이 여럿이면 모아 셈할 수 없습니다.",
                "an aggregation is possible with one output only",
            )  # fmt: skip
        if policy is None or len(self.findings) > before:
            return (), None
        table = Table(policy, aggregation, tuple(i for i in inputs if i), tuple(outputs), tuple(r for r in rules if r))
        return tuple(column.text for column in table.inputs), table.evaluate

    def _policy(self, node: Element) -> tuple[HitPolicy | None, str | None]:
        written = node.get("hitPolicy", "UNIQUE")
        try:
            policy = HitPolicy(written)
        except ValueError:
            self._refuse(node, "dmn-policy", f"모르는 적용 방식입니다: {written}", f"unknown hit policy: {written}")
            return None, None
        aggregation = node.get("aggregation")
        if aggregation is not None and (policy is not HitPolicy.COLLECT or aggregation not in AGGREGATIONS):
            self._refuse(
                node, "dmn-aggregation", f"여기에서 쓸 수 없는 셈입니다: {aggregation}",
                f"the aggregation {aggregation} is not possible here",
            )  # fmt: skip
        return policy, aggregation

    def _input(self, node: Element) -> Input | None:
        asked = _child(node, "inputExpression")
        text = _text(asked)
        if asked is None or not text:
            self._refuse(node, "dmn-input", "입력 열에 식이 없습니다.", "the input column has no expression")
            return None
        part = self._expression(asked, text)
        kind = self._kind(asked.get("typeRef"))
        listed = _child(node, "inputValues")
        allowed = self._cell(listed, _text(listed), kind) if listed is not None and _text(listed) else None
        return Input(text, part.closure, kind, allowed.test if allowed else None) if part else None

    def _outputs(self, decision: Element, table: Element) -> list[Output]:
        nodes = _children(table, "output")
        if not nodes:
            self._refuse(table, "dmn-output", "결과 열이 없습니다.", "the table has no output")
        names = [node.get("name") for node in nodes]
        if len(nodes) > 1 and (None in names or len(set(names)) < len(names)):
            self._refuse(
                table, "dmn-output", "결과 열이 여럿이면 저마다 이름이 있어야 합니다.",
                "several outputs need a name each",
            )  # fmt: skip
        variable = _child(decision, "variable")
        of_decision = table.get("typeRef") or (variable.get("typeRef") if variable is not None else None)
        return [self._output(node, of_decision if len(nodes) == 1 else None) for node in nodes]

    def _output(self, node: Element, fallback: str | None) -> Output:
        type_ref = node.get("typeRef") or fallback
        kind = self._kind(type_ref)
        kind = None if kind in (Feel.LIST, Feel.CONTEXT) else kind
        listed = _child(node, "outputValues")
        if listed is None or not _text(listed):
            listed = self._allowed(type_ref)
        cell = self._cell(listed, _text(listed), kind) if listed is not None and _text(listed) else None
        default = _child(node, "defaultOutputEntry")
        entry = self._entry(default, kind) if default is not None and _text(default) else None
        return Output(node.get("name"), kind, cell.constants if cell else (), entry.closure if entry else None)

    def _entry(self, node: Element, kind: Feel | None) -> Part | None:
        text = _text(node)
        part = self._expression(node, text or "null")
        if part is not None:
            self._check_result(node, part, kind)
        return part

    def _check_result(self, node: Element, part: Part, kind: Feel | None) -> None:
        """A value written out must be of the kind that its column promises."""
        if kind in (None, Feel.LIST, Feel.CONTEXT) or part.kind in (None, Feel.NULL, kind) or kind is None:
            return
        if part.kind is not None:
            self._refuse_cell(
                node, _text(node),
                Sentence(
                    f"{KOREAN[kind]} 열에 {KOREAN[part.kind]} 값이 있습니다.",
                    f"the column holds {kind}, but the cell {part.kind}",
                ),
            )  # fmt: skip

    def _rule(self, number: int, node: Element, inputs: list[Input | None], outputs: list[Output]) -> Rule | None:
        tests, entries = _children(node, "inputEntry"), _children(node, "outputEntry")
        if len(tests) != len(inputs) or len(entries) != len(outputs):
            self._refuse(
                node, "dmn-rule", f"{number}번 규칙의 칸 수가 열 수와 다릅니다.",
                f"rule {number} has another number of cells than the table of columns",
            )  # fmt: skip
            return None
        cells = [
            self._cell(test, _text(test), column.kind if column else None)
            for test, column in zip(tests, inputs, strict=True)
        ]
        results = [self._entry(entry, output.kind) for entry, output in zip(entries, outputs, strict=True)]
        return Rule(
            _id(node) or str(number), number, tuple(c.test for c in cells if c), tuple(r.closure for r in results if r)
        )


def _id(node: Element | None) -> str | None:
    return node.get("id") if node is not None else None


def _name(node: Element) -> str:
    return " ".join((node.get("name") or node.get("id") or "").split())


def _row_words(row: Element | None) -> tuple[str, str]:
    """Which rule a cell stands in, in words."""
    table = row.getparent() if row is not None else None
    if row is None or table is None:
        return "", ""
    number = _children(table, "rule").index(row) + 1
    return f"{number}번 규칙 ", f"rule {number} ({_id(row) or '-'}) "
