"""The namespaces and element names of BPMN 2.0 XML, and small questions about an element."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

Element = Any  # an lxml element; lxml ships no types

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMN_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DRAWING = (BPMN_DI, "http://www.omg.org/spec/DD/20100524/DC", "http://www.omg.org/spec/DD/20100524/DI")
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"
IN_BPMN = f"{{{BPMN}}}"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
CHARTER = "urn:charterflow:bpmn:1"

EVENTS = ("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent")
TASKS = (
    "task",
    "manualTask",
    "userTask",
    "scriptTask",
    "serviceTask",
    "sendTask",
    "receiveTask",
    "businessRuleTask",
)
SUBPROCESSES = ("subProcess", "transaction", "adHocSubProcess")
ACTIVITIES = (*TASKS, *SUBPROCESSES, "callActivity")
GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway")
FLOW_NODES = (*EVENTS, *ACTIVITIES, *GATEWAYS)
EVENT_DEFINITIONS = (
    "messageEventDefinition",
    "timerEventDefinition",
    "signalEventDefinition",
    "errorEventDefinition",
    "escalationEventDefinition",
    "conditionalEventDefinition",
    "compensateEventDefinition",
    "cancelEventDefinition",
    "terminateEventDefinition",
    "linkEventDefinition",
)
ARTIFACTS = ("association", "group", "textAnnotation")


def tag(local: str) -> str:
    return f"{{{BPMN}}}{local}"


def namespace_of(name: str) -> str:
    """Return the namespace of a `{namespace}local` name, or an empty text."""
    return name[1:].partition("}")[0] if name.startswith("{") else ""


def local_of(name: str) -> str:
    return name.rpartition("}")[2]


def is_bpmn(element: Element) -> bool:
    return isinstance(element.tag, str) and element.tag.startswith(IN_BPMN)


@lru_cache(maxsize=1024)
def _local_of_tag(name: str) -> str:
    return local_of(name) if name.startswith(IN_BPMN) else ""


def local(element: Element) -> str:
    """Return the local name of a BPMN element, and an empty text for anything else."""
    return _local_of_tag(element.tag) if isinstance(element.tag, str) else ""


def children(element: Element, *names: str) -> list[Element]:
    """Return the BPMN children of these local names, in document order."""
    return [child for child in element if local(child) in names]


def child(element: Element, *names: str) -> Element | None:
    return next((part for part in element if local(part) in names), None)


def text(element: Element | None) -> str:
    """Return the whole text of an element without its edges; an empty text when there is no element."""
    return "" if element is None else "".join(element.itertext()).strip()


def truth(element: Element, attribute: str, default: bool) -> bool:
    """Return an xsd:boolean attribute."""
    written = element.get(attribute)
    return default if written is None else written.strip() in ("true", "1")


def elements(root: Element) -> Iterator[Element]:
    """Yield the BPMN elements outside of drawings and extension elements, in document order."""
    stack = [root]
    while stack:
        element = stack.pop()
        if not is_bpmn(element):
            continue
        yield element
        if element.tag != tag("extensionElements"):
            stack.extend(reversed(element))


def without_prefix(name: str) -> str:
    return name.strip().rpartition(":")[2]
