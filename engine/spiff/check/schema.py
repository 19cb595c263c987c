"""The BPMN 2.0 schema's own rules, as the library's validator finds them; said only where our rules were silent."""

from __future__ import annotations

import re

from lxml import etree

from engine.errors import Sentence
from engine.spiff.diagram import Diagram, id_of
from engine.spiff.library import SchemaError, schema_errors
from engine.spiff.vocabulary import Element

NAMESPACE = re.compile(r"\{[^}]*\}")
ELEMENT = re.compile(r"^Element '([^']+)'(?:, attribute '([^']+)')?: (.*)$", re.DOTALL)


def check_schema(diagram: Diagram) -> None:
    """Note what the schema finds where no rule of ours has refused the same element on the same line."""
    said = {(finding.line, finding.element_id) for finding in diagram.findings if finding.severity == "refusal"}
    for error in schema_errors(diagram.root):
        element = _at(diagram, error)
        place = (error.line, id_of(element))
        if place not in said:
            said.add(place)
            sentence = _sentence(NAMESPACE.sub("", error.message))
            diagram.refuse(element, "schema", sentence.ko, sentence.en)


def _at(diagram: Diagram, error: SchemaError) -> Element | None:
    """Return the element that the error is about; where its path leads nowhere, the last that begins on its line."""
    spaces = {prefix: space for prefix, space in diagram.root.nsmap.items() if prefix}
    try:
        found = diagram.root.getroottree().xpath(error.path, namespaces=spaces) if error.path else []
    except etree.XPathError:
        found = []
    before = [e for e in diagram.all if e.sourceline is not None and e.sourceline <= error.line]
    return next(iter(found), before[-1] if before else None)


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
