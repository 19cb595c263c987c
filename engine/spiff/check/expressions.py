"""Expressions, scripts, timers and mappings compile, and constants among them make sense."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import log10

from engine.errors import InvalidExpression, Sentence
from engine.spiff.diagram import Diagram, label
from engine.spiff.node_reader import camunda, camunda_elements, comma_separated, script_text
from engine.spiff.timers import instant, read_timer
from engine.spiff.vocabulary import CAMUNDA, CHARTER, Element, local, text
from engine.tokens.definition import TimerKind

MOST_INSTANCES = 1000
POWER = re.compile(r"(\d{1,9})\s*\*\*\s*(\d{1,9})")
# formal expressions: element -> whether an empty one is refused here (others have a rule of their own)
FORMAL = {
    "conditionExpression": True,
    "condition": False,
    "activationCondition": False,
    "loopCondition": False,
    "loopCardinality": True,
    "completionCondition": True,
    "transformation": True,
    "from": True,
    "to": True,
}
CONDITIONS = ("conditionExpression", "condition", "loopCondition", "completionCondition")
TIMES = {kind.value: kind for kind in TimerKind}
TEMPLATES = ("assignee", "dueDate", "followUpDate")
OUR_SCRIPTS = (None, "charterflow")
LISTS = ("candidateUsers", "candidateGroups")


def check_expressions(diagram: Diagram) -> None:
    for element in diagram.all:
        name = local(element)
        if name in FORMAL:
            _check_formal(diagram, element, refuse_empty=FORMAL[name])
        elif name in TIMES:
            _check_timer(diagram, element)
        elif name == "scriptTask" and script_text(element) and element.get("scriptFormat") in OUR_SCRIPTS:
            _compiles(diagram, element, "script", script_text(element), diagram.script)
        elif name == "userTask":
            _check_user_task(diagram, element)
        elif name == "multiInstanceLoopCharacteristics" and camunda(element, "collection"):
            _compiles(diagram, element, "collection", camunda(element, "collection"), diagram.expression)
        _check_mappings(diagram, element)
        _check_correlation(diagram, element)


def _compiles(
    diagram: Diagram, element: Element, rule: str, written: str | None, compiled: Callable[[str], object]
) -> bool:
    """Note a finding and return False when the text does not compile."""
    try:
        compiled(written or "")
    except InvalidExpression as error:
        owner = _owner(element)
        diagram.refuse(element, rule, f"{label(owner)}: {error.sentence.ko}", f"{label(owner)}: {error.sentence.en}")
        return False
    return True


def _owner(element: Element) -> Element:
    """The symbol or flow that a person would click on."""
    owner = element
    while (
        not owner.get("id") or local(owner) in FORMAL or local(owner).endswith(("EventDefinition", "Characteristics"))
    ):
        if owner.getparent() is None:
            return element
        owner = owner.getparent()
    return owner


def _check_formal(diagram: Diagram, element: Element, *, refuse_empty: bool) -> None:
    written, owner = text(element), _owner(element)
    if local(element) == "to" or (not written and not refuse_empty):
        return
    if not written:
        diagram.refuse(
            element,
            "expression-empty",
            f"{label(owner)}: ‘{local(element)}’ 안이 비어 있습니다. 식을 적거나 지워 주십시오.",
            f"{label(owner)}: the '{local(element)}' is empty: write an expression, or remove it",
        )
    elif local(element) == "loopCardinality" and _is_huge_power(written):
        _refuse_huge(diagram, element, owner)
    elif _compiles(diagram, element, "expression", written, _with_example(diagram, element)) and (
        local(element) == "loopCardinality"
    ):
        _check_cardinality(diagram, element, owner, written)


def _with_example(diagram: Diagram, element: Element) -> Callable[[str], object]:
    """Return a compiler of conditions whose refusals end with an example."""

    def compiled(written: str) -> object:
        try:
            return diagram.expression(written)
        except InvalidExpression as error:
            cause = error.sentence
            raise InvalidExpression(
                Sentence(
                    f"{cause.ko.rstrip('.')}. 예: amount > 50000 and urgent", f"{cause.en}. For example: amount > 50000"
                )
            ) from None

    return compiled if local(element) in CONDITIONS else diagram.expression


def _check_cardinality(diagram: Diagram, element: Element, owner: Element, written: str) -> None:
    expression = diagram.expression(written)
    if not expression.is_constant:
        return
    try:
        count = expression.evaluate({})
    except InvalidExpression as error:
        diagram.refuse(
            element, "expression", f"{label(owner)}: {error.sentence.ko}", f"{label(owner)}: {error.sentence.en}"
        )
        return
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        diagram.refuse(
            element,
            "cardinality",
            f"{label(owner)}: loopCardinality ‘{written}’ — 0 이상의 수여야 합니다.",
            f"{label(owner)}: the loopCardinality '{written}' is no number of instances: write a whole number",
        )
    elif count > MOST_INSTANCES:
        _refuse_huge(diagram, element, owner)


def _is_huge_power(written: str) -> bool:
    """Whether it is a power such as 10**7; the language has no powers, but its author learns more from the limit."""
    found = POWER.fullmatch(written)
    return found is not None and int(found[1]) > 1 and int(found[2]) * log10(int(found[1])) > log10(MOST_INSTANCES)


def _refuse_huge(diagram: Diagram, element: Element, owner: Element) -> None:
    diagram.refuse(
        element,
        "cardinality",
        f"{label(owner)}: 인스턴스가 {MOST_INSTANCES}개를 넘습니다(한도 {MOST_INSTANCES}개). 줄여 주십시오.",
        f"{label(owner)}: more than {MOST_INSTANCES} instances (limit {MOST_INSTANCES}): write a smaller number",
    )


def _check_timer(diagram: Diagram, element: Element) -> None:
    definition = element.getparent()
    owner = _owner(definition)
    named = f"{label(owner)} ({definition.get('id')})" if definition.get("id") else label(owner)
    try:
        read_timer(TIMES[local(element)], text(element), diagram.known.zone, diagram.template_or_expression)
    except InvalidExpression as error:
        diagram.refuse(
            element, "timer", f"타이머 {named}: {error.sentence.ko}", f"timer of {named}: {error.sentence.en}"
        )


def _check_user_task(diagram: Diagram, task: Element) -> None:
    for name in TEMPLATES:
        if written := camunda(task, name):
            _compiles(diagram, task, "user-task", written, diagram.template)
    for name in LISTS:
        for part in comma_separated(camunda(task, name)):
            _compiles(diagram, task, "user-task", part, diagram.template)
    for name in ("dueDate", "followUpDate"):
        written = camunda(task, name)
        if written and "${" not in written and instant(written, diagram.known.zone) is None:
            diagram.refuse(
                task,
                "user-task-date",
                f"{label(task)}: camunda:{name}=\"{written}\" — 시각이 아닙니다. ${{due('1bd')}} 같은 식이나 ISO "
                "시각을 적어 주십시오.",
                f'{label(task)} says camunda:{name}="{written}", which is no instant: write an expression such '
                "as ${due_at}, or an ISO instant",
            )
    if priority := camunda(task, "priority"):
        _check_priority(diagram, task, priority)


def _check_priority(diagram: Diagram, task: Element, priority: str) -> None:
    if not priority.lstrip("-").isdecimal() and "${" not in priority:
        diagram.refuse(
            task,
            "user-task-priority",
            f'{label(task)}: camunda:priority="{priority}" — 수나 ${{식}}이어야 합니다.',
            f'{label(task)} says camunda:priority="{priority}": write a number or ${{expression}}',
        )
    else:
        _compiles(diagram, task, "user-task", priority, diagram.expression)


def _check_mappings(diagram: Diagram, element: Element) -> None:
    for kind in ("in", "out"):
        for mapping in camunda_elements(element, kind):
            if key := mapping.get("businessKey"):
                _compiles(diagram, element, "mapping", key, diagram.template)
            elif source := mapping.get("sourceExpression") or mapping.get("source"):
                _compiles(diagram, element, "mapping", source, diagram.expression)
    for holder in camunda_elements(element, "inputOutput"):
        for parameter in holder.iter(f"{{{CAMUNDA}}}inputParameter", f"{{{CAMUNDA}}}outputParameter"):
            if not len(parameter):
                _compiles(diagram, element, "mapping", text(parameter), diagram.template)


def _check_correlation(diagram: Diagram, element: Element) -> None:
    key = element.get(f"{{{CHARTER}}}correlationKey")
    if key is not None and _compiles(diagram, element, "correlation-key", key, diagram.template) and not key.strip():
        diagram.refuse(
            element,
            "correlation-key",
            f"{label(_owner(element))}: charter:correlationKey가 비어 있습니다. ${{식}}을 적어 주십시오.",
            f"{label(_owner(element))}: charter:correlationKey is empty: write ${{expression}}",
        )
