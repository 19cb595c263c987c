"""Reads one symbol of the tree into a Node: everything that changes what happens, also what stock specs lose."""

from __future__ import annotations

import re
from typing import Any

from engine.expressions import Expression
from engine.spiff.data import data_mappings, item_collection
from engine.spiff.diagram import Diagram
from engine.spiff.extensions import read_extensions
from engine.spiff.timers import read_timer
from engine.spiff.vocabulary import (
    CAMUNDA,
    CHARTER,
    EVENT_DEFINITIONS,
    EVENTS,
    Element,
    child,
    children,
    local,
    tag,
    text,
    truth,
)
from engine.tokens.definition import (
    MultiInstance,
    Node,
    StandardLoop,
    Symbol,
    Timer,
    TimerKind,
    Trigger,
    TriggerKind,
    UserTaskForm,
    VariableMapping,
)

KINDS = {
    "messageEventDefinition": TriggerKind.MESSAGE,
    "timerEventDefinition": TriggerKind.TIMER,
    "signalEventDefinition": TriggerKind.SIGNAL,
    "errorEventDefinition": TriggerKind.ERROR,
    "escalationEventDefinition": TriggerKind.ESCALATION,
    "conditionalEventDefinition": TriggerKind.CONDITIONAL,
    "compensateEventDefinition": TriggerKind.COMPENSATE,
    "cancelEventDefinition": TriggerKind.CANCEL,
    "terminateEventDefinition": TriggerKind.TERMINATE,
    "linkEventDefinition": TriggerKind.LINK,
}
COMMA = re.compile(r",(?![^$]*\})")  # not one inside ${…}


def camunda(element: Element, name: str) -> str | None:
    """Return a camunda: attribute without its edges; None when it is not there or empty."""
    value = element.get(f"{{{CAMUNDA}}}{name}")
    return (value.strip() or None) if value is not None else None


def camunda_elements(element: Element, name: str) -> list[Element]:
    holder = child(element, "extensionElements")
    return [] if holder is None else list(holder.iterchildren(f"{{{CAMUNDA}}}{name}"))


class NodeReader:
    """Reads the symbols of one diagram. `messages`, `signals`, `errors`, `escalations` are the library's, by id."""

    def __init__(
        self,
        diagram: Diagram,
        *,
        messages: dict[str, str | None],
        signals: dict[str, str | None],
        errors: dict[str, dict[str, str | None]],
        escalations: dict[str, dict[str, str | None]],
    ) -> None:
        self.diagram = diagram
        self.messages, self.signals, self.errors, self.escalations = messages, signals, errors, escalations

    def read(self, element: Element, *, lane: str | None = None) -> Node:
        """Return the symbol of a tree that passed the check. Raises InvalidExpression where a text does not compile."""
        symbol = symbol_of(element)
        diagram = self.diagram
        fields: dict[str, Any] = {
            "id": element.get("id"),
            "symbol": symbol,
            "name": " ".join((element.get("name") or "").split()),
            "line": element.sourceline,
            "level": element.getparent().get("id"),
            "lane": lane,
            "documentation": "\n".join(text(part) for part in children(element, "documentation")),
            "incoming": tuple(flow.get("id") for flow in diagram.flows_in(element)),
            "outgoing": tuple(flow.get("id") for flow in diagram.flows_out(element)),
            "default": element.get("default") or None,
            "extensions": read_extensions(element, diagram.known),
        }
        if local(element) in EVENTS:
            fields |= self._event(element)
        elif symbol.value.endswith("Gateway"):
            fields |= self._gateway(element)
        else:
            fields |= self._activity(element) | self._own(symbol, element)
        inputs, outputs = self._mappings(element)
        return Node(**fields, inputs=inputs, outputs=outputs)

    # events

    def _event(self, element: Element) -> dict[str, Any]:
        name = local(element)
        interrupting = {"boundaryEvent": "cancelActivity", "startEvent": "isInterrupting"}.get(name)
        return {
            "triggers": self.triggers(element),
            "parallel_multiple": truth(element, "parallelMultiple", False),
            "interrupting": truth(element, interrupting, True) if interrupting else True,
            "attached_to": element.get("attachedToRef") if name == "boundaryEvent" else None,
            "compensation_handler": self.compensation_handler(element) if name == "boundaryEvent" else None,
            "user_task": UserTaskForm(form_key=camunda(element, "formKey")) if camunda(element, "formKey") else None,
        }

    def triggers(self, element: Element) -> tuple[Trigger, ...]:
        """Return the event definitions of an event, in order."""
        return tuple(self.trigger(definition, element) for definition in children(element, *EVENT_DEFINITIONS))

    def trigger(self, definition: Element, event: Element | None = None) -> Trigger:
        """Return one event definition; `event` is what it stands in."""
        kind = KINDS[local(definition)]
        named: dict[str, Any] = {}
        match kind:
            case TriggerKind.MESSAGE:
                reference = definition.get("messageRef")
                named = {"name": self.messages.get(reference), "correlation": self._correlation(definition, event)}
            case TriggerKind.SIGNAL:
                named = {"name": self.signals.get(definition.get("signalRef"))}
            case TriggerKind.ERROR:
                error = self.errors.get(definition.get("errorRef"), {})
                named = {"code": error.get("error_code"), "code_variable": camunda(definition, "errorCodeVariable")}
            case TriggerKind.ESCALATION:
                escalation = self.escalations.get(definition.get("escalationRef"), {})
                named = {
                    "code": escalation.get("escalation_code"),
                    "code_variable": camunda(definition, "escalationCodeVariable"),
                }
            case TriggerKind.TIMER:
                named = {"timer": self.timer(definition)}
            case TriggerKind.CONDITIONAL:
                named = {"condition": self._expression(child(definition, "condition"))}
            case TriggerKind.COMPENSATE:
                waits = truth(definition, "waitForCompletion", True)
                named = {"activity_ref": definition.get("activityRef") or None, "wait_for_completion": waits}
            case TriggerKind.LINK:
                named = {"name": definition.get("name")}
        return Trigger(kind, id=definition.get("id"), **named)

    def timer(self, definition: Element) -> Timer | None:
        """Return the timer of a timerEventDefinition; raises InvalidExpression naming the allowed forms."""
        drawn = child(definition, *(kind.value for kind in TimerKind))
        if drawn is None:
            return None
        return read_timer(
            TimerKind(local(drawn)), text(drawn), self.diagram.known.zone, self.diagram.template_or_expression
        )

    def _correlation(self, definition: Element, event: Element | None) -> Expression | None:
        message = self.diagram.named(definition.get("messageRef"), "message")
        for place in (definition, event, message):
            written = None if place is None else place.get(f"{{{CHARTER}}}correlationKey")
            if written:
                return self.diagram.template(written)
        return None

    def compensation_handler(self, boundary: Element) -> str | None:
        """Return the id of the activity that the compensation boundary event is associated with."""
        if child(boundary, "compensateEventDefinition") is None:
            return None
        handlers = handlers_of(self.diagram, boundary)
        return str(handlers[0].get("id")) if handlers else None

    # gateways

    def _gateway(self, element: Element) -> dict[str, Any]:
        return {
            "instantiate": truth(element, "instantiate", False),
            "parallel_event_gateway": element.get("eventGatewayType") == "Parallel",
            "activation_condition": self._expression(child(element, "activationCondition")),
        }

    # activities

    def _activity(self, element: Element) -> dict[str, Any]:
        handlers = [self.compensation_handler(event) for event in self.diagram.boundaries.get(element.get("id"), [])]
        return {
            "start_quantity": int(element.get("startQuantity", "1")),
            "completion_quantity": int(element.get("completionQuantity", "1")),
            "for_compensation": truth(element, "isForCompensation", False),
            "compensation_handler": next((handler for handler in handlers if handler), None),
            "multi_instance": self._multi_instance(element),
            "loop": self._loop(element),
        }

    def _own(self, symbol: Symbol, element: Element) -> dict[str, Any]:
        """Return what only this kind of activity has."""
        match symbol:
            case Symbol.USER_TASK:
                return {"user_task": self._user_task(element)}
            case Symbol.SCRIPT_TASK:
                return {"script": self.diagram.script(script_text(element))}
            case Symbol.SERVICE_TASK:
                return {"topic": camunda(element, "topic")}
            case Symbol.BUSINESS_RULE_TASK:
                return {
                    "decision": camunda(element, "decisionRef"),
                    "result_variable": camunda(element, "resultVariable"),
                }
            case Symbol.SEND_TASK | Symbol.RECEIVE_TASK:
                return {"message": self._message(element), "instantiate": truth(element, "instantiate", False)}
            case Symbol.CALL_ACTIVITY:
                return self._call(element)
            case Symbol.AD_HOC_SUBPROCESS:
                return {
                    "ad_hoc_condition": self._expression(child(element, "completionCondition")),
                    "ad_hoc_sequential": element.get("ordering") == "Sequential",
                    "ad_hoc_cancel_remaining": truth(element, "cancelRemainingInstances", True),
                }
        return {}

    def _user_task(self, element: Element) -> UserTaskForm:
        priority = camunda(element, "priority")
        return UserTaskForm(
            form_key=camunda(element, "formKey"),
            assignee=self._template(camunda(element, "assignee")),
            candidate_users=self._templates(camunda(element, "candidateUsers")),
            candidate_groups=self._templates(camunda(element, "candidateGroups")),
            due_date=self._template(camunda(element, "dueDate")),
            follow_up_date=self._template(camunda(element, "followUpDate")),
            priority=self.diagram.expression(priority) if priority else None,
        )

    def _message(self, element: Element) -> Trigger | None:
        if not element.get("messageRef"):
            return None
        return Trigger(
            TriggerKind.MESSAGE,
            name=self.messages.get(element.get("messageRef")),
            correlation=self._correlation(element, None),
        )

    def _call(self, element: Element) -> dict[str, Any]:
        mappings = camunda_elements(element, "in")
        keys = [mapping.get("businessKey") for mapping in mappings if mapping.get("businessKey")]
        return {
            "called_element": element.get("calledElement"),
            "call_in": tuple(self._call_mapping(m) for m in mappings if not m.get("businessKey")),
            "call_out": tuple(self._call_mapping(m) for m in camunda_elements(element, "out")),
            "call_business_key": self.diagram.template(keys[0]) if keys else None,
        }

    def _call_mapping(self, mapping: Element) -> VariableMapping:
        if mapping.get("variables") == "all":
            return VariableMapping(None, "*")
        source = mapping.get("sourceExpression") or mapping.get("source") or ""
        return VariableMapping(self.diagram.expression(source), mapping.get("target"))

    # loops

    def _multi_instance(self, element: Element) -> MultiInstance | None:
        drawn = child(element, "multiInstanceLoopCharacteristics")
        if drawn is None:
            return None
        collection = camunda(drawn, "collection") or item_collection(element, drawn, self.diagram)
        item = child(drawn, "inputDataItem")
        behavior = drawn.get("behavior", "All")
        return MultiInstance(
            sequential=truth(drawn, "isSequential", False),
            cardinality=self._expression(child(drawn, "loopCardinality")),
            collection=self.diagram.expression(collection) if collection else None,
            item_variable=camunda(drawn, "elementVariable") or _item_name(item),
            output_collection=self._data_name(text(child(drawn, "loopDataOutputRef"))),
            output_item=_item_name(child(drawn, "outputDataItem")),
            completion_condition=self._expression(child(drawn, "completionCondition")),
            behavior=behavior,
            thrown_each=self._shared_trigger(drawn.get("noneBehaviorEventRef")) if behavior == "None" else None,
            thrown_one=self._shared_trigger(drawn.get("oneBehaviorEventRef")) if behavior == "One" else None,
        )

    def _data_name(self, reference: str) -> str | None:
        if not reference:
            return None
        drawn = self.diagram.named(reference, "dataOutput", "dataInput", "dataObject", "dataObjectReference")
        return (drawn.get("name") or reference) if drawn is not None else reference

    def _shared_trigger(self, reference: str | None) -> Trigger | None:
        named = self.diagram.named(reference, *EVENT_DEFINITIONS)
        return None if named is None else self.trigger(named)

    def _loop(self, element: Element) -> StandardLoop | None:
        drawn = child(element, "standardLoopCharacteristics")
        if drawn is None:
            return None
        maximum = drawn.get("loopMaximum")
        return StandardLoop(
            condition=self._expression(child(drawn, "loopCondition")),
            test_before=truth(drawn, "testBefore", False),
            maximum=int(maximum) if maximum else None,
        )

    # mappings and texts

    def _mappings(self, element: Element) -> tuple[tuple[VariableMapping, ...], tuple[VariableMapping, ...]]:
        """Return what goes in and what comes out: data associations first, then camunda:inputOutput."""
        inputs, outputs = data_mappings(element, self.diagram)
        for holder in camunda_elements(element, "inputOutput"):
            for parameter in holder.iterchildren(f"{{{CAMUNDA}}}inputParameter"):
                inputs.append(self._parameter(parameter))
            for parameter in holder.iterchildren(f"{{{CAMUNDA}}}outputParameter"):
                outputs.append(self._parameter(parameter))
        return tuple(inputs), tuple(outputs)

    def _parameter(self, parameter: Element) -> VariableMapping:
        return VariableMapping(self.diagram.template(text(parameter)), parameter.get("name"))

    def _expression(self, element: Element | None) -> Expression | None:
        written = text(element)
        return self.diagram.expression(written) if written else None

    def _template(self, written: str | None) -> Expression | None:
        return self.diagram.template(written) if written else None

    def _templates(self, written: str | None) -> tuple[Expression, ...]:
        return tuple(self.diagram.template(part) for part in comma_separated(written))


def comma_separated(written: str | None) -> list[str]:
    """Return the parts of a list; a comma inside `${…}` separates nothing."""
    return [part.strip() for part in COMMA.split(written or "") if part.strip()]


def symbol_of(element: Element) -> Symbol:
    if element.tag == tag("subProcess") and truth(element, "triggeredByEvent", False):
        return Symbol.EVENT_SUBPROCESS
    return Symbol(local(element))


def script_text(element: Element) -> str:
    return text(child(element, "script"))


def handlers_of(diagram: Diagram, boundary: Element) -> list[Element]:
    """Return the activities that associations tie to a boundary event, whichever end they were drawn from."""
    found = []
    for association in children(boundary.getparent(), "association"):
        ends = [association.get("sourceRef"), association.get("targetRef")]
        if boundary.get("id") in ends:
            other = diagram.by_id.get(ends[1 - ends.index(boundary.get("id"))])
            if _is_handler(other):
                found.append(other)
    return found


def _is_handler(element: Element | None) -> bool:
    return element is not None and truth(element, "isForCompensation", False)


def _item_name(item: Element | None) -> str | None:
    return None if item is None else (item.get("name") or item.get("id"))
