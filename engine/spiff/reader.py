"""The pipeline from the bytes of a file to its process definitions, or to everything that is wrong with it."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from engine.errors import Finding, Sentence
from engine.spiff.check import check
from engine.spiff.check.schema import check_schema
from engine.spiff.check.soundness import check_soundness
from engine.spiff.data import data_objects
from engine.spiff.diagram import Canvas, Diagram
from engine.spiff.extensions import read_extensions
from engine.spiff.known import Known, Reading
from engine.spiff.library import LevelSpec, Unreadable, read_levels
from engine.spiff.links import link_pairs
from engine.spiff.normal_form import normalise
from engine.spiff.safe_xml import UnsafeXml, parse
from engine.spiff.vocabulary import Element, child, children, tag, text, truth
from engine.tokens.definition import Flow, Level, Node, ProcessDefinition, Symbol

LOG = logging.getLogger(__name__)


def read_diagram(file: str, xml: bytes, *, known: Known) -> Reading:
    """Return the definitions of all processes in the file, or the findings that refuse it; a bad file never raises."""
    try:
        root = parse(xml)
    except UnsafeXml as error:
        return Reading((), (Finding(file, error.line, None, "xml", error.sentence),))
    if root.tag != tag("definitions"):
        return Reading((), (_not_bpmn(file, root),))
    normalise(root)
    diagram = Diagram(file, root, known)
    try:
        return _read(diagram)
    except Unreadable as error:
        LOG.warning("Diagram was not readable", extra={"diagram": file}, exc_info=error)
        return Reading((), (*_in_order(diagram.findings), _unreadable(file, error)))


def process_keys(xml: bytes) -> list[str]:
    """Return the ids of the processes in a file, in order; nothing for a file that cannot be read."""
    try:
        root = parse(xml)
    except UnsafeXml:
        return []
    return [process.get("id") for process in root.iterchildren(tag("process")) if process.get("id")]


def _read(diagram: Diagram) -> Reading:
    check(diagram)
    check_schema(diagram)
    if diagram.is_refused:
        return Reading((), _in_order(diagram.findings))
    # A sketch that could not run is left out: it is drawn beside what runs, and its findings are warnings.
    for process in [process for process in diagram.processes if not _is_readable(process, diagram)]:
        diagram.processes.remove(process)
        diagram.root.remove(process)
    levels = read_levels(diagram)
    definitions = tuple(_definition(process, levels, diagram) for process in diagram.processes)
    for definition in definitions:
        check_soundness(diagram, definition)
    return Reading(definitions, _in_order(diagram.findings))


def _is_readable(process: Element, diagram: Diagram) -> bool:
    return truth(process, "isExecutable", True) or not diagram.would_refuse(process)


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Refusals first, each in the order of the file; what two rules say in the same words is said once."""
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=lambda finding: (finding.severity != "refusal", finding.line or 0)))


def _not_bpmn(file: str, root: Element) -> Finding:
    return Finding(
        file,
        root.sourceline,
        None,
        "xml",
        Sentence(
            "BPMN 2.0 다이어그램이 아닙니다. 맨 바깥 요소가 BPMN 2.0의 ‘definitions’여야 합니다.",
            "This is not a BPMN 2.0 diagram: the outermost element must be BPMN 2.0's 'definitions'.",
        ),
    )


def _unreadable(file: str, error: Unreadable) -> Finding:
    reason = error.sentence
    sentence = Sentence(f"이 다이어그램은 읽을 수 없습니다: {reason.ko}", f"This diagram cannot be read: {reason.en}")
    return Finding(file, error.line, error.element_id, "unreadable", sentence)


def _definition(process: Element, levels: dict[str, LevelSpec], diagram: Diagram) -> ProcessDefinition:
    """Put the levels of one process together; ids are unique over the file."""
    canvases = [canvas for canvas in diagram.canvases if canvas.process is process]
    nodes = {node.id: node for canvas in canvases for node in levels[canvas.id].nodes}
    flows = {flow.get("id"): _flow(flow, diagram) for canvas in canvases for flow in canvas.flows}
    boundaries: dict[str, tuple[str, ...]] = {}
    for node in nodes.values():
        if node.attached_to:
            boundaries[node.attached_to] = (*boundaries.get(node.attached_to, ()), node.id)
    return ProcessDefinition(
        key=process.get("id"),
        name=" ".join((process.get("name") or "").split()),
        nodes=nodes,
        flows=flows,
        levels={canvas.id: _level(canvas, levels[canvas.id].nodes, diagram) for canvas in canvases},
        boundaries=boundaries,
        executable=truth(process, "isExecutable", True),
        extensions=read_extensions(process, diagram.known),
        links={throw: catch for canvas in canvases for throw, catch in link_pairs(canvas).items()},
        documentation="\n".join(text(part) for part in children(process, "documentation")),
    )


def _flow(flow: Element, diagram: Diagram) -> Flow:
    condition = text(child(flow, "conditionExpression"))
    return Flow(
        id=flow.get("id"),
        source=flow.get("sourceRef"),
        target=flow.get("targetRef"),
        condition=diagram.expression(condition) if condition else None,
        name=" ".join((flow.get("name") or "").split()),
    )


def _level(canvas: Canvas, nodes: tuple[Node, ...], diagram: Diagram) -> Level:
    starts = [node.id for node in nodes if node.symbol is Symbol.START_EVENT]
    return Level(
        id=canvas.id,
        node_ids=tuple(node.id for node in nodes),
        flow_ids=tuple(flow.get("id") for flow in canvas.flows),
        start_ids=tuple(starts or (node.id for node in nodes if _begins(node))),
        event_subprocess_ids=tuple(node.id for node in nodes if node.symbol is Symbol.EVENT_SUBPROCESS),
        data_objects=data_objects(canvas.element, diagram),
    )


def _begins(node: Node) -> bool:
    """Whether a token begins at this node in a level without start events."""
    return not (
        node.incoming
        or node.for_compensation
        or node.symbol in (Symbol.BOUNDARY_EVENT, Symbol.EVENT_SUBPROCESS)
        or (node.symbol is Symbol.CATCH_EVENT and any(trigger.kind == "link" for trigger in node.triggers))
    )
