"""Attributes and extension elements of other namespaces: `camunda:`, the application's own, other engines', labels."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import Sentence
from engine.spiff.diagram import Diagram, label
from engine.spiff.vendors import (
    CAMUNDA_ATTRIBUTES,
    CAMUNDA_ELEMENTS,
    ENGINES,
    IN_INPUT_OUTPUT,
    REMOVE,
    Effect,
    VendorWord,
)
from engine.spiff.vocabulary import (
    ACTIVITIES,
    BPMN,
    CAMUNDA,
    CHARTER,
    EVENTS,
    XML,
    XSI,
    Element,
    children,
    local,
    local_of,
    namespace_of,
)

CARRIERS = (*ACTIVITIES, *EVENTS)
TAKE_IN = (*ACTIVITIES, "intermediateThrowEvent", "endEvent")
GIVE_OUT = (*ACTIVITIES, "startEvent", "intermediateCatchEvent", "boundaryEvent")
MAPPING_ATTRIBUTES = frozenset({"source", "sourceExpression", "target", "variables", "businessKey"})


def check_extensions(diagram: Diagram) -> None:
    for element in diagram.all:
        for name in element.attrib:
            space = namespace_of(name)
            if space and space not in (XSI, XML, BPMN):
                _check_attribute(diagram, element, space, local_of(name))
        for holder in children(element, "extensionElements"):
            for part in holder:
                if isinstance(part.tag, str):
                    _check_part(diagram, element, part)


def _check_attribute(diagram: Diagram, element: Element, space: str, name: str) -> None:
    if space == CAMUNDA:
        _judge(diagram, element, f"camunda:{name}", CAMUNDA_ATTRIBUTES.get(name), "camunda-attribute")
    elif space in diagram.known.extension_namespaces or space == CHARTER:
        known = diagram.known.extension_namespaces.get(space, frozenset())
        if name not in known and not (space == CHARTER and name == "correlationKey"):
            _refuse_unknown(diagram, element, element, name, known)
    elif space in ENGINES:
        _check_engine(diagram, element, space, name)


def _check_part(diagram: Diagram, element: Element, part: Element) -> None:
    space, name = namespace_of(part.tag), local_of(part.tag)
    if space == CAMUNDA:
        _judge(diagram, element, f"camunda:{name}", CAMUNDA_ELEMENTS.get(name), "camunda-element")
        _check_content(diagram, element, part, name)
    elif space in diagram.known.extension_namespaces:
        _check_known(diagram, element, part, diagram.known.extension_namespaces[space])
    elif space in ENGINES:
        _check_engine(diagram, element, space, name)
        for inner in part.iterdescendants():
            if isinstance(inner.tag, str) and namespace_of(inner.tag) == space:
                _check_engine(diagram, element, space, local_of(inner.tag))
    elif space == CHARTER:
        _refuse_unknown(diagram, element, part, name, frozenset())


def _judge(diagram: Diagram, element: Element, written: str, words: tuple[VendorWord, ...] | None, rule: str) -> None:
    """Say what becomes of a `camunda:` word in this place; one that nobody knows is refused where things happen."""
    place = local(element)
    found = next((word for word in words or () if word.fits(place)), None)
    if found is None and words:
        places = ", ".join(sorted({place for word in words for place in word.places.split()}))
        diagram.refuse(
            element,
            rule,
            f"{label(element)}: {written} 속성은 여기서 뜻이 없습니다. {places}에만 쓸 수 있습니다.",
            f"{label(element)} carries {written}, which means nothing here: it belongs to {places}",
        )
    elif found is None and place in CARRIERS:
        diagram.refuse(
            element,
            rule,
            f"{label(element)}: {written} — 모르는 말입니다. {REMOVE.ko}",
            f"{label(element)} carries {written}, which is not known: {REMOVE.en}",
        )
    elif found is None or found.effect is Effect.IGNORED:
        remark = found.remark if found else Sentence("모르는 말이며 쓰이지 않습니다.", "not known, and not used")
        diagram.warn(
            element, rule, f"{label(element)}: {written} — {remark.ko}", f"{label(element)}: {written} — {remark.en}"
        )
    elif found.effect is Effect.REFUSED:
        diagram.refuse(
            element,
            rule,
            f"{label(element)}: {written} — 쓸 수 없습니다. {found.remark.ko}",
            f"{label(element)} carries {written}, which is not supported: {found.remark.en}",
        )


def _check_content(diagram: Diagram, element: Element, part: Element, name: str) -> None:
    """What stands inside a camunda: element that runs."""
    if name in ("in", "out") and local(element) == "callActivity":
        _check_mapping(diagram, element, part)
    if name == "inputOutput":
        for parameter in part:
            if isinstance(parameter.tag, str):
                _check_parameter(diagram, element, parameter)
                _check_direction(diagram, element, local_of(parameter.tag))


def _check_mapping(diagram: Diagram, element: Element, part: Element) -> None:
    written = f"camunda:{local_of(part.tag)}"
    for extra in sorted(set(part.attrib) - MAPPING_ATTRIBUTES):
        diagram.refuse(
            element,
            "mapping",
            f"{label(element)}: {written} 안의 ‘{extra}’ 속성은 쓸 수 없습니다. 지워 주십시오.",
            f"{label(element)}: {written} has the attribute '{extra}', which is not supported: remove it",
        )
    if part.get("businessKey") and local_of(part.tag) == "in":
        return
    if part.get("variables") == "all":
        return
    if not part.get("target") or not (part.get("source") or part.get("sourceExpression")):
        diagram.refuse(
            element,
            "mapping",
            f'{label(element)}: {written} 안에 source와 target을 적어 주십시오. 모두 넘기려면 variables="all"입니다.',
            f'{label(element)}: {written} needs source and target, or variables="all"',
        )


def _check_parameter(diagram: Diagram, element: Element, parameter: Element) -> None:
    name = local_of(parameter.tag)
    if name not in IN_INPUT_OUTPUT or namespace_of(parameter.tag) != CAMUNDA:
        diagram.refuse(
            element,
            "mapping",
            f"{label(element)}: ‘{name}’ — camunda:inputOutput 안에 올 수 없는 요소입니다.",
            f"{label(element)}: '{name}' may not stand in camunda:inputOutput: "
            "write camunda:inputParameter or camunda:outputParameter",
        )
        return
    if not parameter.get("name"):
        diagram.refuse(
            element,
            "mapping",
            f"{label(element)}: camunda:{name}에 name을 적어 주십시오.",
            f"{label(element)}: camunda:{name} has no name: write one",
        )
    if len(parameter):
        inner = local_of(parameter[0].tag)
        diagram.refuse(
            element,
            "mapping",
            f"{label(element)}: camunda:{name} 안의 ‘{inner}’ — 쓸 수 없습니다. 값을 ${{식}}으로 적어 주십시오.",
            f"{label(element)}: '{inner}' inside camunda:{name} is not supported: write the value as ${{expression}}",
        )


def _check_direction(diagram: Diagram, element: Element, name: str) -> None:
    """Only activities have both sides: what throws takes in, what catches gives out."""
    places = {"inputParameter": TAKE_IN, "outputParameter": GIVE_OUT}.get(name, CARRIERS)
    if local(element) not in places:
        diagram.refuse(
            element,
            "mapping",
            f"{label(element)}: camunda:{name} — 이 요소에서는 뜻이 없습니다. 지우거나 액티비티로 옮겨 주십시오.",
            f"{label(element)}: camunda:{name} means nothing on a '{local(element)}': move it to an activity",
        )


def _check_known(diagram: Diagram, element: Element, part: Element, known: frozenset[str]) -> None:
    if local_of(part.tag) not in known:
        _refuse_unknown(diagram, element, part, local_of(part.tag), known)
    for inner in part:
        if isinstance(inner.tag, str) and namespace_of(inner.tag) == namespace_of(part.tag):
            _check_known(diagram, element, inner, known)


def _refuse_unknown(diagram: Diagram, element: Element, part: Element, name: str, known: frozenset[str]) -> None:
    prefix = part.prefix if part is not element and part.prefix else "charter"
    names = ", ".join(sorted(known)) or "—"
    diagram.refuse(
        element,
        "extension-unknown",
        f"{label(element)}: {prefix}:{name} — 모르는 말입니다. 아는 말: {names}.",
        f"{label(element)} carries {prefix}:{name}, which is not known. Known: {names}",
    )


def _check_engine(diagram: Diagram, element: Element, space: str, name: str) -> None:
    engine = ENGINES[space]
    written = f"{engine.prefix}:{name}"
    if name in engine.harmless:
        diagram.warn(
            element,
            "other-engine",
            f"{label(element)}: {written} — {engine.name}의 말이며 쓰이지 않습니다.",
            f"{label(element)}: {written} is a word of {engine.name}, and is not used",
        )
        return
    instead = _instead(engine.instead, name)
    diagram.refuse(
        element,
        "other-engine",
        f"{label(element)}: {written} — {engine.name}의 말입니다. {instead.ko}",
        f"{label(element)} carries {written}, a word of {engine.name}: {instead.en}",
    )


def _instead(words: Mapping[str, Sentence], name: str) -> Sentence:
    return words.get(name, REMOVE)
