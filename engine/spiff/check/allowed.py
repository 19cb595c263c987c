"""Only elements and attributes of the support table; everything else is refused by name."""

from __future__ import annotations

from engine.spiff.diagram import Diagram, label
from engine.spiff.support import ELEMENTS, Status
from engine.spiff.vocabulary import Element, local, namespace_of

ON_ANYTHING = frozenset({"id", "name"})
MIME_TYPED = ("documentation", "textAnnotation")


def check_allowed(diagram: Diagram) -> None:
    inside_refused: set[Element] = set()
    for element in diagram.all:
        if element.getparent() in inside_refused:
            inside_refused.add(element)
            continue
        known = ELEMENTS.get(local(element))
        if known is None:
            inside_refused.add(element)
            diagram.refuse(
                element,
                "element-unknown",
                f"‘{local(element)}’: 모르는 BPMN 요소입니다. 지우거나 아는 요소로 바꿔 주십시오.",
                f"'{local(element)}' is no BPMN element that is known here: remove it or draw another",
            )
            continue
        if known.status is Status.REFUSED:
            diagram.refuse(
                element,
                "element-unsupported",
                f"‘{local(element)}’: {known.remark.ko}",
                f"'{local(element)}' is not supported: {known.remark.en}",
            )
            inside_refused.add(element)
            continue
        _check_attributes(diagram, element, known.attributes)
        _check_values(diagram, element)


def _check_attributes(diagram: Diagram, element: Element, allowed: frozenset[str]) -> None:
    for name in element.attrib:
        if not namespace_of(name) and name not in allowed and name not in ON_ANYTHING:
            diagram.refuse(
                element,
                "attribute-unknown",
                f"{label(element)}: ‘{local(element)}’ 요소에는 ‘{name}’ 속성이 없습니다. 지워 주십시오.",
                f"{label(element)} has the attribute '{name}', which '{local(element)}' does not have: remove it",
            )


def _check_values(diagram: Diagram, element: Element) -> None:
    """Values that are legal XML, and would change what happens if they were passed over."""
    format_of_text = element.get("textFormat")
    if local(element) in MIME_TYPED and format_of_text and "/" not in format_of_text:
        diagram.refuse(
            element,
            "text-format",
            f'textFormat="{format_of_text}": MIME 형식이 아닙니다. text/plain이라고 적어 주십시오.',
            f'textFormat="{format_of_text}" is no MIME type: write text/plain',
        )
    language = element.get("language")
    if language and language != "charterflow":
        diagram.refuse(
            element,
            "expression-language",
            f"식의 언어 ‘{language}’: 쓸 수 없습니다. language 속성을 지우고 charterflow 식으로 적어 주십시오.",
            f"the expression language '{language}' is not known: remove the attribute language and write a "
            "charterflow expression",
        )
    if element.get("isImmediate") in ("false", "0"):
        diagram.refuse(
            element,
            "flow-immediate",
            f'{label(element)}: 흐름은 곧바로 지나갑니다. isImmediate="false"를 지워 주십시오.',
            f'{label(element)} says isImmediate="false", but a flow is passed at once: remove it',
        )
