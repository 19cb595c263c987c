"""Small diagrams as text: what a drawing tool would save, without the lists of flows that the schema can do without."""

from __future__ import annotations

from xml.sax.saxutils import escape

from engine.spiff import Known, Reading, read_diagram
from engine.tokens.definition import ProcessDefinition

CHARTER = "urn:charterflow:bpmn:1"
SPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" xmlns:activiti="http://activiti.org/bpmn" '
    f'xmlns:charter="{CHARTER}" xmlns:tns="t"'
)
KNOWN = Known(
    topics=frozenset({"hand_over"}),
    functions=frozenset({"due"}),
    sends=lambda node: any(part.name == "mail" for part in node.extensions),
    extension_namespaces={CHARTER: frozenset({"promise", "mail", "value"})},
    processes=frozenset({"notify"}),
    decisions=frozenset({"reward_amount"}),
    forms=lambda key, form: form == "request",
)


def file(*parts: str, top: str = "", attributes: str = 'id="p" isExecutable="true"') -> bytes:
    """Return a file with one process made of the parts, and `top` beside it."""
    return raw(f"{top}<bpmn:process {attributes}>{''.join(parts)}</bpmn:process>")


def raw(content: str) -> bytes:
    return f'<bpmn:definitions {SPACES} id="d" targetNamespace="t">{content}</bpmn:definitions>'.encode()


def flow(source: str, target: str, condition: str | None = None, name: str | None = None) -> str:
    """Return a sequence flow; its id is `source_target` unless it is named."""
    inner = "" if condition is None else formal("conditionExpression", condition)
    ends = f'id="{name or f"{source}_{target}"}" sourceRef="{source}" targetRef="{target}"'
    return f"<bpmn:sequenceFlow {ends}>{inner}</bpmn:sequenceFlow>"


def formal(element: str, text: str) -> str:
    return f'<bpmn:{element} xsi:type="bpmn:tFormalExpression">{escape(text)}</bpmn:{element}>'


def symbol(kind: str, identifier: str, inner: str = "", **attributes: str) -> str:
    written = "".join(f' {name.replace("__", ":")}="{escape(value)}"' for name, value in attributes.items())
    return f'<bpmn:{kind} id="{identifier}"{written}>{inner}</bpmn:{kind}>'


def around(*middle: str, first: str = "k", last: str = "k") -> tuple[str, ...]:
    """Return a start event, the middle, an end event, and the flows that lead through `first` and `last`."""
    return (symbol("startEvent", "s"), flow("s", first), *middle, flow(last, "e"), symbol("endEvent", "e"))


def timer(text: str, kind: str = "timeDuration") -> str:
    return f"<bpmn:timerEventDefinition>{formal(kind, text)}</bpmn:timerEventDefinition>"


def read(xml: bytes, known: Known = KNOWN) -> Reading:
    return read_diagram("x.bpmn", xml, known=known)


def definition(xml: bytes, known: Known = KNOWN) -> ProcessDefinition:
    """Return the one definition of a file that is not refused."""
    reading = read(xml, known)
    assert not reading.is_refused, [str(finding) for finding in reading.findings]
    return reading.definitions[0]


def refusals(xml: bytes, known: Known = KNOWN) -> list[tuple[str, str | None]]:
    """Return (rule, element id) of every refusal."""
    return [(f.rule, f.element_id) for f in read(xml, known).findings if f.severity == "refusal"]


def warnings(xml: bytes, known: Known = KNOWN) -> list[tuple[str, str | None]]:
    return [(f.rule, f.element_id) for f in read(xml, known).findings if f.severity == "warning"]
