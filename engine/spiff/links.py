"""Link events: which catching end a throwing end jumps to, by its target or by its name. BPMN 2.0.2, 10.5.5."""

from __future__ import annotations

from engine.spiff.diagram import Canvas
from engine.spiff.vocabulary import Element, child, text


def link_definition(event: Element) -> Element | None:
    return child(event, "linkEventDefinition")


def throwing(canvas: Canvas) -> list[Element]:
    return [event for event in canvas.of("intermediateThrowEvent") if link_definition(event) is not None]


def catching(canvas: Canvas) -> list[Element]:
    return [event for event in canvas.of("intermediateCatchEvent") if link_definition(event) is not None]


def targets(event: Element, canvas: Canvas) -> list[Element]:
    """Return the catching ends that a throwing end may mean: the one it names as its target, else those of its name."""
    definition = link_definition(event)
    if definition is None:
        return []
    ends = [(end, link_definition(end)) for end in catching(canvas)]
    if wanted := text(child(definition, "target")):
        return [end for end, other in ends if other is not None and wanted in (other.get("id"), end.get("id"))]
    name = definition.get("name")
    return [end for end, other in ends if name and other is not None and other.get("name") == name]


def link_pairs(canvas: Canvas) -> dict[str, str]:
    """Return throwing event id -> catching event id of one level, which has passed the check."""
    return {event.get("id"): targets(event, canvas)[0].get("id") for event in throwing(canvas)}


def link_pairs_that_exist(canvas: Canvas) -> dict[str, str]:
    """Return the pairs of a level that may still have faults: a throwing end without exactly one target is left out."""
    found = {event.get("id"): targets(event, canvas) for event in throwing(canvas)}
    return {throw: ends[0].get("id") for throw, ends in found.items() if len(ends) == 1}
