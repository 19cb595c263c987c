"""Rewrites what is legal but awkward, in place: flow ids, prefixed references, eventDefinitionRef, drawings.

After it every sequence flow has an id, a reference is the bare id of what it names, and an event holds its definitions
itself. References to nothing stay as they are: the check names them.
"""

from __future__ import annotations

from copy import deepcopy

from engine.spiff.vocabulary import EVENT_DEFINITIONS, Element, children, elements, is_bpmn, local, tag, without_prefix

REFERENCES = frozenset(
    {
        "sourceRef",
        "targetRef",
        "attachedToRef",
        "default",
        "messageRef",
        "signalRef",
        "errorRef",
        "escalationRef",
        "activityRef",
        "dataObjectRef",
        "dataStoreRef",
        "itemSubjectRef",
        "itemRef",
        "operationRef",
        "processRef",
        "calledElement",
        "categoryValueRef",
        "noneBehaviorEventRef",
        "oneBehaviorEventRef",
    }
)
REFERENCE_ELEMENTS = frozenset(
    {
        "incoming",
        "outgoing",
        "flowNodeRef",
        "sourceRef",
        "targetRef",
        "dataInputRefs",
        "dataOutputRefs",
        "optionalInputRefs",
        "optionalOutputRefs",
        "whileExecutingInputRefs",
        "whileExecutingOutputRefs",
        "inputSetRefs",
        "outputSetRefs",
        "eventDefinitionRef",
        "loopDataInputRef",
        "loopDataOutputRef",
        "inMessageRef",
        "outMessageRef",
        "errorRef",
        "operationRef",
        "interfaceRef",
        "resourceRef",
        "source",
        "target",
    }
)


def normalise(root: Element) -> None:
    """Bring a diagram into the form that the check and the reader expect; changes the tree."""
    _drop_drawings(root)
    for element in list(elements(root)):
        _drop_prefixes(element)
    _replace_definition_references(root)
    _name_flows(root)


def _drop_drawings(root: Element) -> None:
    """A drawing changes nothing that happens; where it is broken the tool that draws says so."""
    for element in [e for e in root if not is_bpmn(e)]:
        root.remove(element)


def _drop_prefixes(element: Element) -> None:
    for name, value in element.attrib.items():
        if name in REFERENCES and ":" in value:
            element.set(name, _bare(element, value))
    if local(element) in REFERENCE_ELEMENTS and element.text:
        element.text = _bare(element, element.text)


def _bare(element: Element, name: str) -> str:
    """An id holds no colon, so a prefix that is declared here can only be one."""
    prefix = name.strip().partition(":")[0]
    return without_prefix(name) if ":" in name and prefix in element.nsmap else name.strip()


def _replace_definition_references(root: Element) -> None:
    """Put a copy of what eventDefinitionRef names in its place, when it names a definition at top level."""
    shared = {e.get("id"): e for e in children(root, *EVENT_DEFINITIONS) if e.get("id")}
    for reference in list(root.iter(tag("eventDefinitionRef"))):
        named = shared.get((reference.text or "").strip())
        if named is not None:
            copied = deepcopy(named)
            copied.attrib.pop("id", None)
            copied.tail = None
            reference.getparent().replace(reference, copied)


def _name_flows(root: Element) -> None:
    taken = {e.get("id") for e in elements(root)}
    for flow in root.iter(tag("sequenceFlow")):
        if not flow.get("id"):
            stem = f"Flow_{flow.get('sourceRef', '')}_{flow.get('targetRef', '')}"
            name, number = stem, 1
            while name in taken:
                number += 1
                name = f"{stem}_{number}"
            taken.add(name)
            flow.set("id", name)
