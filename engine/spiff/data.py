"""Data objects and data associations: which variable a drawn piece of data stands for, and which values are copied.

A data object is a variable of the level it is drawn in. An association copies only where it says something: a
transformation, an assignment, or a data input or output with another name; one that only shows "this task uses that
data" copies nothing, since the variable is seen anyhow. BPMN 2.0.2, 10.4.
"""

from __future__ import annotations

from engine.spiff.diagram import Diagram
from engine.spiff.vocabulary import Element, child, children, text
from engine.tokens.definition import VariableMapping

DRAWN_DATA = ("dataObject", "dataObjectReference", "dataInput", "dataOutput", "property", "dataStoreReference")
OBJECTS = ("dataObject", "dataObjectReference")


def is_name(written: str | None) -> bool:
    """Return whether a text can be the name of a variable in an expression."""
    return bool(written) and str(written).isidentifier() and not str(written).startswith("_")


def variable_of(element: Element | None, diagram: Diagram) -> str | None:
    """Return the variable that drawn data stands for: its name, or else its id; None when neither can be one."""
    if element is None:
        return None
    drawn = diagram.named(element.get("dataObjectRef"), "dataObject")
    candidates = [drawn.get("name"), element.get("name"), drawn.get("id")] if drawn is not None else []
    candidates += [element.get("name"), element.get("id")]
    return next((candidate for candidate in candidates if is_name(candidate)), None)


def data_objects(level: Element, diagram: Diagram) -> dict[str, str]:
    """Return variable names by the ids of the data objects and references drawn in a level."""
    named = {element.get("id"): variable_of(element, diagram) for element in children(level, *OBJECTS)}
    return {identifier: variable for identifier, variable in named.items() if identifier and variable}


def data_mappings(element: Element, diagram: Diagram) -> tuple[list[VariableMapping], list[VariableMapping]]:
    """Return the copies that the data associations of an activity or event make, in and out."""
    inputs: list[VariableMapping] = []
    outputs: list[VariableMapping] = []
    for name, mappings in (("dataInputAssociation", inputs), ("dataOutputAssociation", outputs)):
        for association in children(element, name):
            mappings.extend(_copies(association, diagram))
    return inputs, outputs


def _copies(association: Element, diagram: Diagram) -> list[VariableMapping]:
    target = _variable(child(association, "targetRef"), diagram)
    assignments = children(association, "assignment")
    if assignments:
        pairs = [(text(child(a, "from")), _assigned(text(child(a, "to")), diagram)) for a in assignments]
        return [VariableMapping(diagram.expression(source), to) for source, to in pairs if source and to]
    if not target:
        return []
    transformation = text(child(association, "transformation"))
    if transformation:
        return [VariableMapping(diagram.expression(transformation), target)]
    source = _variable(child(association, "sourceRef"), diagram)
    if not source or source == target or not _copies_by_name(association, diagram):
        return []
    return [VariableMapping(diagram.expression(source), target)]


def _copies_by_name(association: Element, diagram: Diagram) -> bool:
    """Whether the end inside the activity was given a name: only then the association speaks of another variable."""
    inner = "targetRef" if association.tag.endswith("}dataInputAssociation") else "sourceRef"
    drawn = diagram.named(text(child(association, inner)), "dataInput", "dataOutput")
    return drawn is not None and is_name(drawn.get("name"))


def _assigned(written: str, diagram: Diagram) -> str | None:
    named = variable_of(diagram.named(written, *DRAWN_DATA), diagram)
    return named or (written if is_name(written) else None)


def _variable(reference: Element | None, diagram: Diagram) -> str | None:
    return variable_of(diagram.named(text(reference), *DRAWN_DATA), diagram)


def item_collection(activity: Element, loop: Element, diagram: Diagram) -> str | None:
    """Return the variable that loopDataInputRef leads to: what feeds the data input, else the data input's own name."""
    reference = text(child(loop, "loopDataInputRef"))
    if not reference:
        return None
    for association in children(activity, "dataInputAssociation"):
        if text(child(association, "targetRef")) == reference:
            fed = _variable(child(association, "sourceRef"), diagram)
            if fed:
                return fed
    drawn = diagram.named(reference, *DRAWN_DATA)
    return variable_of(drawn, diagram) if drawn is not None else reference
