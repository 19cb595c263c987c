"""Small diagrams for tests, drawn in a line: `in_a_line("key", start(), user("Task_A"), end())`."""

from __future__ import annotations

from itertools import pairwise

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' xmlns:charter="urn:charterflow:bpmn:1" id="Definitions_1" targetNamespace="urn:test">'
)

Element = tuple[str, str, str, str]  # tag, id, attributes, content


def start(id_: str = "Start", content: str = "") -> Element:
    return ("startEvent", id_, "", content)


def end(id_: str = "End", content: str = "") -> Element:
    return ("endEvent", id_, "", content)


def user(id_: str, attributes: str = "") -> Element:
    return ("userTask", id_, f'name="{id_}" {attributes}', "")


def service(id_: str, topic: str) -> Element:
    return ("serviceTask", id_, f'camunda:type="external" camunda:topic="{topic}"', "")


def script(id_: str, text: str) -> Element:
    return ("scriptTask", id_, 'scriptFormat="charterflow"', f"<bpmn:script>{text}</bpmn:script>")


def call(id_: str, key: str) -> Element:
    return ("callActivity", id_, f'calledElement="{key}"', "")


def catch(id_: str, content: str) -> Element:
    return ("intermediateCatchEvent", id_, "", content)


def throw(id_: str, content: str) -> Element:
    return ("intermediateThrowEvent", id_, "", content)


def timer(text: str, kind: str = "timeDuration") -> str:
    return (
        f'<bpmn:timerEventDefinition><bpmn:{kind} xsi:type="bpmn:tFormalExpression">{text}</bpmn:{kind}>'
        "</bpmn:timerEventDefinition>"
    )


def message(name: str, key: str | None = None) -> str:
    correlation = f'charter:correlationKey="{key}"' if key else ""
    return f'<bpmn:messageEventDefinition messageRef="Message_{name}" {correlation} />'


def signal(name: str) -> str:
    return f'<bpmn:signalEventDefinition signalRef="Signal_{name}" />'


def in_a_line(key: str, *elements: Element, beside: str = "", messages: str = "", signals: str = "") -> bytes:
    """One process whose elements follow each other; `beside` is drawn next to them, as XML.

    `messages` and `signals` are names with spaces between.
    """
    drawn = [
        f'<bpmn:{tag} id="{id_}" {attributes}>{content}</bpmn:{tag}>' for tag, id_, attributes, content in elements
    ]
    drawn += [
        f'<bpmn:sequenceFlow id="Flow_{number}" sourceRef="{one[1]}" targetRef="{other[1]}" />'
        for number, (one, other) in enumerate(pairwise(elements))
    ]
    roots = "".join(f'<bpmn:message id="Message_{name}" name="{name}" />' for name in messages.split())
    roots += "".join(f'<bpmn:signal id="Signal_{name}" name="{name}" />' for name in signals.split())
    body = "".join(drawn) + beside
    return (
        f'{HEAD}{roots}<bpmn:process id="{key}" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'.encode()
    )
