"""The support table: it knows every element of the schema, and its page is the one that is committed."""

from __future__ import annotations

from pathlib import Path

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import XSD_PATH

from engine.spiff.support import ELEMENTS
from engine.spiff.support_page import page

SCHEMA = "{http://www.w3.org/2001/XMLSchema}"
ROOT = Path(__file__).parents[3]
ABSTRACT = {
    "activity", "artifact", "baseElement", "baseElementWithMixedContent", "callableElement", "catchEvent",
    "choreographyActivity", "conversationNode", "dataAssociation", "event", "eventDefinition", "expression",
    "flowElement", "flowNode", "gateway", "implicitThrowEvent", "loopCharacteristics", "rootElement", "throwEvent",
}  # fmt: skip


def drawn_in_the_schema() -> tuple[set[str], set[str]]:
    """Return the names of elements and attributes that the schema has."""
    elements, attributes = set(), set()
    for file in (Path(XSD_PATH), Path(XSD_PATH).with_name("Semantic.xsd")):
        root = etree.parse(str(file)).getroot()
        elements |= {e.get("name") or (e.get("ref") or "").rpartition(":")[2] for e in root.iter(f"{SCHEMA}element")}
        attributes |= {str(a.get("name")) for a in root.iter(f"{SCHEMA}attribute")}
    return elements, attributes


def test_every_element_of_the_schema_is_judged() -> None:
    elements, _ = drawn_in_the_schema()
    assert elements - set(ELEMENTS) - ABSTRACT - {"BPMNDiagram"} == set()


def test_no_element_or_attribute_is_allowed_that_the_schema_does_not_have() -> None:
    elements, attributes = drawn_in_the_schema()
    assert set(ELEMENTS) - elements == set()
    assert {name for row in ELEMENTS.values() for name in row.attributes} - attributes == set()


def test_the_committed_page_is_the_one_that_the_table_prints() -> None:
    assert (ROOT / "docs" / "bpmn-support.md").read_text() == page(), "run python -m engine.spiff.support_page"
