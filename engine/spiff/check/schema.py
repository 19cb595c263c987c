"""The BPMN 2.0 schema's own rules, as the library's validator finds them; said only where our rules were silent."""

from __future__ import annotations

import re

from engine.errors import Sentence
from engine.spiff.diagram import Diagram
from engine.spiff.library import schema_errors
from engine.spiff.vocabulary import Element

NAMESPACE = re.compile(r"\{[^}]*\}")
ELEMENT = re.compile(r"^Element '([^']+)'(?:, attribute '([^']+)')?: (.*)$", re.DOTALL)


def check_schema(diagram: Diagram) -> None:
    said = {finding.line for finding in diagram.findings if finding.severity == "refusal"}
    for line, message in schema_errors(diagram.root):
        if line not in said:
            said.add(line)
            sentence = _sentence(NAMESPACE.sub("", message))
            diagram.refuse(_at(diagram, line), "schema", sentence.ko, sentence.en)


def _at(diagram: Diagram, line: int) -> Element | None:
    """The last element that begins on that line or before it."""
    found = None
    for element in diagram.all:
        if element.sourceline is not None and element.sourceline <= line:
            found = element
    return found


def _sentence(message: str) -> Sentence:
    """Say in plain words what the schema says about its own terms."""
    found = ELEMENT.match(message)
    if found is None:
        return _plain(message)
    name, attribute, reason = found[1], found[2], found[3].strip()
    if "This element is not expected" in reason:
        return Sentence(
            f"‘{name}’ 요소는 이 자리에 올 수 없습니다. 순서를 바꾸거나 다른 곳으로 옮겨 주십시오.",
            f"'{name}' may not stand here: move it, or change the order",
        )
    if "Missing child element" in reason:
        missing = reason.partition("Expected is")[2].strip(" .()") or "…"
        return Sentence(f"‘{name}’ 요소 안에 있어야 할 것이 없습니다: {missing}", f"'{name}' lacks a part: {missing}")
    if attribute and "not allowed" in reason:
        return Sentence(
            f"‘{name}’ 요소에는 ‘{attribute}’ 속성이 없습니다. 지워 주십시오.",
            f"'{name}' has no attribute '{attribute}': remove it",
        )
    if "is required but missing" in reason:
        missing = reason.partition("'")[2].partition("'")[0]
        return Sentence(
            f"‘{name}’ 요소에 ‘{missing}’ 속성이 없습니다. 적어 주십시오.",
            f"'{name}' lacks the attribute '{missing}': write it",
        )
    if attribute:
        return Sentence(
            f"‘{name}’ 요소의 ‘{attribute}’ 값을 쓸 수 없습니다: {reason}",
            f"the attribute '{attribute}' of '{name}' is not valid: {reason}",
        )
    return Sentence(
        f"‘{name}’ 요소가 BPMN 2.0 형식에 맞지 않습니다: {reason}", f"'{name}' does not follow BPMN 2.0: {reason}"
    )


def _plain(message: str) -> Sentence:
    return Sentence(f"BPMN 2.0 형식에 맞지 않습니다: {message}", f"this does not follow BPMN 2.0: {message}")
