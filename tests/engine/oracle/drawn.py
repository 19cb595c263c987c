"""How blocks look: a block tree as a BPMN file, so that the reader and the deployment check are on the path too."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.etree import ElementTree as Tree

from tests.engine.oracle.blocks import (
    COUNTERS,
    ITEMS,
    Activity,
    Again,
    Apart,
    Block,
    Both,
    Catch,
    Choice,
    Count,
    Escalate,
    First,
    Handler,
    Level,
    Line,
    Loop,
    Many,
    Some,
    Trigger,
)

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
for prefix, uri in (("bpmn", BPMN), ("xsi", XSI), ("camunda", CAMUNDA)):
    Tree.register_namespace(prefix, uri)
PROCESS = "walked"
EVENTS = ("message", "signal", "error", "escalation")


class Loose(NamedTuple):
    """A flow that has left a symbol and has not come to one yet."""

    source: Tree.Element
    condition: str | None = None
    is_default: bool = False


def draw(level: Level, seed: int) -> bytes:
    """Return the file of a block tree. `seed` decides what may be drawn in several ways (merges, ends, starts)."""
    return Pen(seed).file(level)


class Pen:
    """Draws blocks; every method takes the loose flows that come in and returns those that go out."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.root = Tree.Element(f"{{{BPMN}}}definitions", {"id": "file", "targetNamespace": "urn:oracle"})
        self.named: dict[tuple[str, str], str] = {}
        self.number = 0
        self.level = self.root

    def file(self, level: Level) -> bytes:
        self.process(PROCESS, level)
        for (kind, name), id_ in self.named.items():
            code = {f"{kind}Code": name} if kind in ("error", "escalation") else {}
            self.root.append(Tree.Element(f"{{{BPMN}}}{kind}", {"id": id_, "name": name, **code}))
        # a called process is drawn where its call is; in the file all of them stand side by side
        return bytes(Tree.tostring(self.root, "utf-8"))

    def process(self, key: str, level: Level) -> None:
        outer, self.level = self.level, Tree.Element(f"{{{BPMN}}}process", {"id": key, "isExecutable": "true"})
        self.root.append(self.level)
        self.inside(level, key)
        self.level = outer

    # ------------------------------------------------------------------ pieces
    def new_id(self, what: str) -> str:
        self.number += 1
        return f"{what}_{self.number}"

    def node(self, tag: str, id_: str, loose: Iterable[Loose] = (), **attributes: str) -> Tree.Element:
        element = Tree.SubElement(self.level, f"{{{BPMN}}}{tag}", {"id": id_, **attributes})
        for end in loose:
            self.flow(end, element)
        return element

    def flow(self, end: Loose, target: Tree.Element) -> None:
        id_ = self.new_id("f")
        ends = {"id": id_, "sourceRef": end.source.get("id", ""), "targetRef": target.get("id", "")}
        flow = Tree.SubElement(self.level, f"{{{BPMN}}}sequenceFlow", ends)
        if end.condition is not None:
            formal(flow, "conditionExpression", end.condition)
        if end.is_default:
            end.source.set("default", id_)

    def merged(self, loose: Sequence[Loose]) -> list[Loose]:
        """Bring exclusive flows together, where what follows needs one flow."""
        return list(loose) if len(loose) < 2 else [Loose(self.node("exclusiveGateway", self.new_id("merge"), loose))]

    def perhaps_merged(self, loose: Sequence[Loose]) -> list[Loose]:
        return self.merged(loose) if self.random.random() < 0.5 else list(loose)

    def definition(self, event: Tree.Element, trigger: Trigger) -> None:
        if trigger.kind == "timer":
            timer = Tree.SubElement(event, f"{{{BPMN}}}timerEventDefinition")
            if trigger.times:
                formal(timer, "timeCycle", f"R{trigger.times}/PT{trigger.seconds}S")
            else:
                formal(timer, "timeDuration", f"PT{trigger.seconds}S")
            return
        drawn = Tree.SubElement(event, f"{{{BPMN}}}{trigger.kind}EventDefinition")
        if trigger.kind == "conditional":
            formal(drawn, "condition", trigger.name)
        elif trigger.name:
            id_ = self.named.setdefault((trigger.kind, trigger.name), f"{trigger.kind}_{trigger.name}")
            drawn.set(f"{trigger.kind}Ref", id_)

    def end(self, loose: Iterable[Loose], how: str = "end") -> None:
        loose = list(loose)
        if not loose:
            return
        if how == "end" and self.random.random() < 0.2 and all(_may_end(end) for end in loose):
            return  # a token may end where no flow goes on
        event = self.node("endEvent", self.new_id("end"), loose)
        if how == "terminate":
            Tree.SubElement(event, f"{{{BPMN}}}terminateEventDefinition")
        elif how.startswith("error:"):
            self.definition(event, Trigger("error", how.partition(":")[2]))

    # ------------------------------------------------------------------ levels
    def inside(self, level: Level, name: str, trigger: Trigger | None = None, *, interrupting: bool = True) -> None:
        parts = level.line.parts
        if trigger is None and parts and isinstance(parts[0], Apart) and parts[0].by_starts:
            for number, line in enumerate(parts[0].ways):
                start = self.node("startEvent", f"{name}_start{number}")
                self.end(self.line(line, [Loose(start)]))
        else:
            start = self.node("startEvent", f"{name}_start")
            if trigger is not None:
                self.definition(start, trigger)
                if not interrupting:
                    start.set("isInterrupting", "false")
            self.end(self.line(level.line, [Loose(start)]))
        for handler in level.handlers:
            self.handler(handler)

    def handler(self, handler: Handler) -> None:
        element = self.node("subProcess", handler.id, triggeredByEvent="true")
        outer, self.level = self.level, element
        self.inside(handler.level, handler.id, handler.trigger, interrupting=handler.interrupting)
        self.level = outer

    def line(self, line: Line, loose: list[Loose]) -> list[Loose]:
        for part in line.parts:
            loose = self.block(part, loose)
        return loose

    def block(self, block: Block, loose: list[Loose]) -> list[Loose]:
        match block:
            case Line():
                return self.line(block, loose)
            case Count(id_, name):
                task = self.node("scriptTask", id_, self.perhaps_merged(loose), scriptFormat="charterflow")
                Tree.SubElement(task, f"{{{BPMN}}}script").text = f"{name} = {name} + 1"
                return [Loose(task)]
            case Activity():
                return self.activity(block, loose)
            case Choice():
                return self.choice(block, loose)
            case Both():
                return self.both(block, loose)
            case Some():
                return self.some(block, loose)
            case Apart():
                return self.apart(block, loose)
            case Again():
                return self.again(block, loose)
            case Catch(id_, trigger):
                event = self.node("intermediateCatchEvent", id_, self.perhaps_merged(loose))
                self.definition(event, trigger)
                return [Loose(event)]
            case First():
                return self.first(block, loose)
            case Escalate(id_, code):
                event = self.node("intermediateThrowEvent", id_, self.perhaps_merged(loose))
                self.definition(event, Trigger("escalation", code))
                return [Loose(event)]

    # ------------------------------------------------------------------ splits
    def choice(self, block: Choice, loose: list[Loose]) -> list[Loose]:
        split = self.node("exclusiveGateway", block.id, self.perhaps_merged(loose))
        out: list[Loose] = []
        for way in block.ways:
            condition = None if way.value is None else f"{block.name} == {way.value}"
            came = self.line(way.line, [Loose(split, condition, way.value is None)])
            if way.ends:
                self.end(came, way.ends)
            else:
                out += came
        return out

    def split(self, block: Both | Some | Apart, tag: str, loose: list[Loose]) -> Tree.Element:
        """Draw where ways part: at a gateway, or at the task that leads to it."""
        if block.lead is not None:
            return self.activity(block.lead, loose)[0].source
        return self.node(tag, block.id, self.merged(loose))  # with several flows in it would be a join

    def both(self, block: Both, loose: list[Loose]) -> list[Loose]:
        split = self.split(block, "parallelGateway", loose)
        ways = [self.merged(self.line(line, [Loose(split)])) for line in block.ways]
        return [Loose(self.node("parallelGateway", f"{block.id}_join", [end for way in ways for end in way]))]

    def some(self, block: Some, loose: list[Loose]) -> list[Loose]:
        split = self.split(block, "inclusiveGateway", loose)
        came: list[Loose] = []
        for way in block.ways:
            came += self.perhaps_merged(self.line(way.line, [Loose(split, way.flag, way.flag is None)]))
        return [Loose(self.node("inclusiveGateway", f"{block.id}_join", came))]

    def apart(self, block: Apart, loose: list[Loose]) -> list[Loose]:
        split = self.split(block, "parallelGateway", loose)
        for line in block.ways:
            self.end(self.line(line, [Loose(split)]))
        return []

    def again(self, block: Again, loose: list[Loose]) -> list[Loose]:
        merge = self.node("exclusiveGateway", f"{block.id}_merge", loose)
        goes_on = f"{block.name} == 1"
        if block.test_before:
            split = self.node("exclusiveGateway", block.id, [Loose(merge)])
            for end in self.line(block.body, [Loose(split, goes_on)]):
                self.flow(end, merge)
        else:
            split = self.node("exclusiveGateway", block.id, self.line(block.body, [Loose(merge)]))
            self.flow(Loose(split, goes_on), merge)
        return [Loose(split, None, True)]

    def first(self, block: First, loose: list[Loose]) -> list[Loose]:
        gateway = self.node("eventBasedGateway", block.id, self.perhaps_merged(loose))
        out: list[Loose] = []
        for way in block.ways:
            event = self.node("intermediateCatchEvent", way.id, [Loose(gateway)])
            self.definition(event, way.trigger)
            out += self.line(way.line, [Loose(event)])
        return out

    # ------------------------------------------------------------------ activities
    def activity(self, block: Activity, loose: list[Loose]) -> list[Loose]:
        tag = "userTask" if block.level is None else "callActivity" if block.is_called else "subProcess"
        element = self.node(tag, block.id, self.perhaps_merged(loose), name=block.id)
        self.extensions(block, element)
        if isinstance(block.marker, Many):
            many(element, block.marker)
        elif isinstance(block.marker, Loop):
            loop(element, block.marker)
        if block.level is not None and block.is_called:
            element.set("calledElement", f"called_{block.id}")
            self.process(f"called_{block.id}", block.level)
        elif block.level is not None:
            outer, self.level = self.level, element
            self.inside(block.level, block.id)
            self.level = outer
        out = [Loose(element)]
        for boundary in block.boundaries:
            event = self.node("boundaryEvent", boundary.id, attachedToRef=block.id)
            if not boundary.interrupting:
                event.set("cancelActivity", "false")
            self.definition(event, boundary.trigger)
            came = self.line(boundary.line, [Loose(event)])
            if boundary.rejoins:
                out += came
            else:
                self.end(came)
        return out

    @staticmethod
    def extensions(block: Activity, element: Tree.Element) -> None:
        if not (block.locals or block.result or block.is_called):
            return
        around = Tree.SubElement(element, f"{{{BPMN}}}extensionElements")
        if block.is_called:
            Tree.SubElement(around, f"{{{CAMUNDA}}}in", {"variables": "all"})
            for name in COUNTERS:  # what others count at the same time is not copied
                Tree.SubElement(around, f"{{{CAMUNDA}}}in", {"sourceExpression": "${0}", "target": name})
            if block.result:
                given = {"sourceExpression": f"${{{block.result}}}", "target": f"r{block.id}"}
                Tree.SubElement(around, f"{{{CAMUNDA}}}out", given)
            return
        mappings = Tree.SubElement(around, f"{{{CAMUNDA}}}inputOutput")
        for local in block.locals:
            Tree.SubElement(mappings, f"{{{CAMUNDA}}}inputParameter", {"name": local.name}).text = f"${{{local.text}}}"
        if block.result:
            target = {"name": f"r{block.id}"}
            Tree.SubElement(mappings, f"{{{CAMUNDA}}}outputParameter", target).text = f"${{{block.result}}}"


def formal(parent: Tree.Element, tag: str, text: str) -> None:
    element = Tree.SubElement(parent, f"{{{BPMN}}}{tag}", {f"{{{XSI}}}type": "bpmn:tFormalExpression"})
    element.text = text


def many(element: Tree.Element, marker: Many) -> None:
    drawn = Tree.SubElement(element, f"{{{BPMN}}}multiInstanceLoopCharacteristics")
    drawn.set("isSequential", str(marker.sequential).lower())
    if marker.count is None:
        drawn.set(f"{{{CAMUNDA}}}collection", f"${{{ITEMS}}}")
    else:
        formal(drawn, "loopCardinality", str(marker.count))
    if marker.item is not None:
        drawn.set(f"{{{CAMUNDA}}}elementVariable", marker.item)
    if marker.result is not None and marker.item is not None:
        Tree.SubElement(drawn, f"{{{BPMN}}}loopDataOutputRef").text = marker.result
        item = {"id": f"{element.get('id')}_item", "name": marker.item}
        Tree.SubElement(drawn, f"{{{BPMN}}}outputDataItem", item)
    if marker.enough is not None:
        formal(drawn, "completionCondition", f"numberOfCompletedInstances >= {marker.enough}")


def loop(element: Tree.Element, marker: Loop) -> None:
    drawn = Tree.SubElement(element, f"{{{BPMN}}}standardLoopCharacteristics")
    drawn.set("testBefore", str(marker.test_before).lower())
    if marker.maximum is not None:
        drawn.set("loopMaximum", str(marker.maximum))
    formal(drawn, "loopCondition", f"{marker.name} == 1")


def _may_end(end: Loose) -> bool:
    """Whether a symbol may stand without this flow: it is the only one out of a task or event."""
    tag = end.source.tag.rpartition("}")[2]
    return end.condition is None and not end.is_default and tag in ("userTask", "scriptTask", "intermediateCatchEvent")
