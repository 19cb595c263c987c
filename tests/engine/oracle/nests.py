"""Nests: diagrams full of events in each other, under random stimuli. No oracle: what must hold is what always holds.

Nobody can say beforehand what such a nest does; but its rows must never break, the outside must know of exactly what
waits, history must tell each execution once, and nothing may be raised but Conflict.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Literal
from xml.etree import ElementTree as Tree

from engine.errors import Conflict
from engine.tokens.effects import JobOpened, Subscribed, TimerSet, UserTaskOpened
from engine.tokens.environment import Budget
from engine.tokens.stimuli import (
    BpmnErrorThrown,
    Cancelled,
    IncidentRetried,
    JobCompleted,
    JobFailed,
    MessageReceived,
    SignalReceived,
    Started,
    Stimulus,
    TimerFired,
    UserTaskCompleted,
    VariablesSet,
)
from tests.engine.oracle.drawn import BPMN, CAMUNDA, formal
from tests.engine.oracle.stand import Stand, Wrong, read

KEY = "nest"
NAMES = ("A", "B")  # of messages, signals, errors and escalations alike: they shall meet
VARIABLES = ("v0", "v1", "v2")
WAITING = ("timer", "message", "signal", "conditional")
BUDGET = Budget(moves=1_500, live_tokens=150, multi_instance_items=20)


def boom() -> object:
    raise ValueError("boom")


class Nest:
    """Draws one nest."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.number = 0
        self.left = self.random.choice((4, 8, 14, 24))
        self.root = Tree.Element(f"{{{BPMN}}}definitions", {"id": "file", "targetNamespace": "urn:nest"})
        self.called: list[str] = []
        self.shared: list[Tree.Element] = []
        self.artifacts: list[tuple[Tree.Element, dict[str, str]]] = []
        self.level = self.root

    def file(self) -> bytes:
        self.process(KEY, 0)
        for level, attributes in self.artifacts:  # in a level they stand after all symbols
            Tree.SubElement(level, f"{{{BPMN}}}association", attributes)
        for name in NAMES:
            for kind in ("message", "signal"):
                self.root.append(Tree.Element(f"{{{BPMN}}}{kind}", {"id": f"{kind}_{name}", "name": name}))
            for kind in ("error", "escalation"):
                self.root.append(
                    Tree.Element(f"{{{BPMN}}}{kind}", {"id": f"{kind}_{name}", "name": name, f"{kind}Code": name})
                )
        self.root.extend(self.shared)
        return bytes(Tree.tostring(self.root, "utf-8"))

    def process(self, key: str, depth: int) -> None:
        outer, self.level = self.level, Tree.Element(f"{{{BPMN}}}process", {"id": key, "isExecutable": "true"})
        self.root.append(self.level)
        self.inside(depth)
        self.level = outer

    # ------------------------------------------------------------------ pieces
    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def node(self, tag: str, **attributes: str) -> Tree.Element:
        self.number += 1
        id_ = f"{tag[:4]}{self.number}"
        return Tree.SubElement(self.level, f"{{{BPMN}}}{tag}", {"id": id_, **attributes})

    def flow(self, source: Tree.Element, target: Tree.Element, condition: str | None = None) -> str:
        self.number += 1
        ends = {"id": f"f{self.number}", "sourceRef": source.get("id", ""), "targetRef": target.get("id", "")}
        flow = Tree.SubElement(self.level, f"{{{BPMN}}}sequenceFlow", ends)
        if condition:
            formal(flow, "conditionExpression", condition)
        return ends["id"]

    def trigger(self, event: Tree.Element, kind: str, *, code: bool = True, repeats: bool = False) -> None:
        drawn = Tree.SubElement(event, f"{{{BPMN}}}{kind}EventDefinition")
        if kind == "timer":
            minutes = self.random.randrange(1, 200)
            if repeats and self.chance(0.5):
                formal(drawn, "timeCycle", f"R{self.random.choice(('', '2', '3'))}/PT{minutes}M")
            else:
                formal(drawn, "timeDuration", f"PT{minutes}M")
        elif kind == "conditional":
            formal(drawn, "condition", self.condition())
        elif kind in ("message", "signal") or (kind in ("error", "escalation") and code):
            drawn.set(f"{kind}Ref", f"{kind}_{self.random.choice(NAMES)}")

    def several(self, event: Tree.Element, *, repeats: bool = False) -> None:
        """Draw one trigger that waits, or several: any of them, or with parallelMultiple all."""
        kinds = self.random.sample(WAITING, 2) if self.chance(0.15) else [self.random.choice(WAITING)]
        for kind in kinds:
            self.trigger(event, kind, repeats=repeats)
        if len(kinds) > 1 and self.chance(0.5):
            event.set("parallelMultiple", "true")

    def condition(self) -> str:
        return f"{self.random.choice(VARIABLES)} == {self.random.randrange(3)}"

    # ------------------------------------------------------------------ levels
    def inside(self, depth: int, *, transaction: bool = False, trigger: str = "", interrupting: bool = True) -> None:
        start = self.node("startEvent")
        if trigger:
            self.trigger(start, trigger, code=self.chance(0.7), repeats=not interrupting)
            if not interrupting:
                start.set("isInterrupting", "false")
        self.chain(start, depth, transaction=transaction)
        handlers = self.random.choice((0, 0, 1, 1, 2, 3)) if depth else self.random.choice((0, 1, 2))
        caught: set[str] = set()
        for _ in range(handlers if self.left > 0 and depth < 4 else 0):
            kind = self.random.choice((*WAITING, "error", "escalation", "compensate"))
            if kind in caught or (kind == "compensate" and (self.level.tag.endswith("process") or trigger)):
                continue
            if kind not in WAITING:
                caught.add(kind)
            self.left -= 1
            always = kind in ("error", "compensate")
            outer, self.level = self.level, self.node("subProcess", triggeredByEvent="true")
            self.inside(depth + 1, trigger=kind, interrupting=always or self.chance(0.5))
            self.level = outer

    def chain(self, last: Tree.Element, depth: int, *, transaction: bool) -> None:
        """Draw activities, events and splits one after another, and an end."""
        for _ in range(self.random.choice((1, 1, 2, 3))):
            if self.left <= 0:
                break
            self.left -= 1
            kind = self.random.choice(("activity", "activity", "activity", "throw", "catch", "split", "events"))
            if kind == "activity":
                following = self.activity(depth, transaction=transaction)
                self.flow(last, following)
            elif kind == "throw":
                following = self.node("intermediateThrowEvent")
                self.trigger(following, self.random.choice(("signal", "message", "escalation", "compensate")))
                self.flow(last, following)
            elif kind == "catch":
                following = self.node("intermediateCatchEvent")
                self.several(following)
                self.flow(last, following)
            elif kind == "events":
                following = self.events(last)
            else:
                following = self.split(last, depth, transaction=transaction)
            last = following
        self.flow(last, self.end(transaction=transaction))

    def end(self, *, transaction: bool) -> Tree.Element:
        end = self.node("endEvent")
        kinds = ["error", "escalation", "signal", "message", "terminate", "compensate"]
        if transaction:
            kinds += ["cancel", "cancel", "cancel"]
        if self.chance(0.4):
            self.trigger(end, self.random.choice(kinds))
        return end

    def split(self, last: Tree.Element, depth: int, *, transaction: bool) -> Tree.Element:
        tag = self.random.choice(("parallelGateway", "inclusiveGateway", "exclusiveGateway", "complexGateway"))
        split, join = self.node(tag), self.node(tag)
        self.flow(last, split)
        for number in range(self.random.choice((2, 2, 3))):
            task = self.activity(depth + 1, transaction=transaction)
            if tag == "parallelGateway":
                self.flow(split, task)
            elif number:
                self.flow(split, task, self.condition())
            else:
                split.set("default", self.flow(split, task))
            self.flow(task, join)
        if tag == "complexGateway":
            formal(join, "activationCondition", f"activationCount >= {self.random.choice((1, 2))}")
        if tag != "parallelGateway" and self.chance(0.2):  # back, once more
            again = self.activity(4, transaction=transaction)
            more = self.node("exclusiveGateway")
            self.flow(join, more)
            self.flow(more, again, self.condition())
            self.flow(again, split)
            after = self.node("task")
            more.set("default", self.flow(more, after))
            return after
        return join

    def events(self, last: Tree.Element) -> Tree.Element:
        gateway, join = self.node("eventBasedGateway"), self.node("task")
        self.flow(last, gateway)
        for kind in self.random.sample(WAITING, 2):
            event = self.node("intermediateCatchEvent")
            self.trigger(event, kind)
            self.flow(gateway, event)
            self.flow(event, join)
        return join

    # ------------------------------------------------------------------ activities
    def activity(self, depth: int, *, transaction: bool) -> Tree.Element:
        tags = ["userTask", "userTask", "serviceTask", "scriptTask", "receiveTask", "sendTask"]
        if depth < 4 and self.left > 0:
            tags += ["subProcess", "subProcess", "subProcess", "transaction", "transaction", "callActivity"]
            tags += ["adHocSubProcess"]
        tag = self.random.choice(tags)
        element = self.node(tag)
        if self.chance(0.1):
            around = Tree.SubElement(element, f"{{{BPMN}}}extensionElements")
            mappings = Tree.SubElement(around, f"{{{CAMUNDA}}}inputOutput")
            for kind in ("inputParameter", "outputParameter"):  # either may fail, with the token half-way
                text = self.random.choice(("${v0}", "${1}", "${boom() if v1 == 1 else 2}"))
                name = {"name": self.random.choice(VARIABLES)}
                Tree.SubElement(mappings, f"{{{CAMUNDA}}}{kind}", name).text = text
        if self.chance(0.05):
            element.set("completionQuantity", "2")
        self.marker(element, tag)
        if tag == "serviceTask":
            element.set(f"{{{CAMUNDA}}}type", "external")
            element.set(f"{{{CAMUNDA}}}topic", "work")
        elif tag == "scriptTask":
            element.set("scriptFormat", "charterflow")
            Tree.SubElement(element, f"{{{BPMN}}}script").text = self.script()
        elif tag in ("receiveTask", "sendTask"):
            element.set("messageRef", f"message_{self.random.choice(NAMES)}")
        elif tag == "callActivity":
            self.call(element, depth)
        elif tag == "adHocSubProcess":
            self.ad_hoc(element)
        elif tag in ("subProcess", "transaction"):
            outer, self.level = self.level, element
            self.inside(depth + 1, transaction=tag == "transaction")
            self.level = outer
        self.boundaries(element, tag, depth, transaction=transaction)
        return element

    def ad_hoc(self, element: Tree.Element) -> None:
        """Draw a few tasks that nothing leads to."""
        element.set("ordering", self.random.choice(("Parallel", "Sequential")))
        element.set("cancelRemainingInstances", self.random.choice(("true", "false")))
        outer, self.level = self.level, element
        for _ in range(self.random.choice((1, 2, 3))):
            task = self.node(self.random.choice(("userTask", "userTask", "scriptTask")))
            if task.tag.endswith("scriptTask"):
                task.set("scriptFormat", "charterflow")
                Tree.SubElement(task, f"{{{BPMN}}}script").text = self.script()
        self.level = outer
        formal(element, "completionCondition", self.condition())

    def script(self) -> str:
        name, other = self.random.choice(VARIABLES), self.random.choice(VARIABLES)
        if self.chance(0.15):
            return f"{name} = boom() if {other} == 1 else {self.random.randrange(3)}"
        if self.chance(0.2):
            return f"bpmn_error('{self.random.choice(NAMES)}')"
        return f"{name} = {self.random.randrange(3)}"

    def call(self, element: Tree.Element, depth: int) -> None:
        key = self.random.choice(self.called) if self.called and self.chance(0.3) and depth < 2 else ""
        if not key:
            self.number += 1
            key = f"called{self.number}"
            self.process(key, depth + 1)
            self.called.append(key)
        element.set("calledElement", key)
        around = element.find(f"{{{BPMN}}}extensionElements")
        if around is None:
            around = Tree.Element(f"{{{BPMN}}}extensionElements")
            element.insert(0, around)
        Tree.SubElement(around, f"{{{CAMUNDA}}}in", {"variables": "all"})
        Tree.SubElement(around, f"{{{CAMUNDA}}}out", {"variables": "all"})

    def marker(self, element: Tree.Element, tag: str) -> None:
        if not self.chance(0.3):
            return
        if self.chance(0.25):
            drawn = Tree.SubElement(element, f"{{{BPMN}}}standardLoopCharacteristics")
            drawn.set("loopMaximum", str(self.random.choice((1, 2, 3))))
            drawn.set("testBefore", self.random.choice(("true", "false")))
            formal(drawn, "loopCondition", self.condition())
            return
        drawn = Tree.SubElement(element, f"{{{BPMN}}}multiInstanceLoopCharacteristics")
        drawn.set("isSequential", self.random.choice(("true", "false")))
        formal(drawn, "loopCardinality", str(self.random.choice((0, 1, 2, 3))))
        if self.chance(0.3):
            formal(drawn, "completionCondition", f"numberOfCompletedInstances >= {self.random.choice((1, 2))}")
        if tag != "scriptTask" and self.chance(0.2):
            behavior: Literal["None", "One"] = self.random.choice(("None", "One"))
            self.number += 1
            id_ = f"thrown{self.number}"
            kind = self.random.choice(("signal", "escalation"))
            shared = Tree.Element(f"{{{BPMN}}}{kind}EventDefinition", {"id": id_})
            shared.set(f"{kind}Ref", f"{kind}_{self.random.choice(NAMES)}")
            self.shared.append(shared)
            drawn.set("behavior", behavior)
            drawn.set(f"{behavior.lower()}BehaviorEventRef", id_)

    def boundaries(self, element: Tree.Element, tag: str, depth: int, *, transaction: bool) -> None:
        kinds = [*WAITING]
        if tag != "receiveTask":
            kinds += ["error", "escalation", "compensate"]
        if tag == "transaction":
            kinds += ["cancel", "cancel", "cancel"]
        used: set[str] = set()
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 3))):
            kind = self.random.choice(kinds)
            if kind in used:
                continue
            if kind not in WAITING:
                used.add(kind)
            event = self.node("boundaryEvent", attachedToRef=element.get("id", ""))
            if kind == "compensate":
                Tree.SubElement(event, f"{{{BPMN}}}compensateEventDefinition")
                self.compensation(event, depth)
                continue
            is_interrupting = kind in ("error", "cancel") or self.chance(0.5)
            if not is_interrupting:
                event.set("cancelActivity", "false")
            if kind in WAITING:
                self.several(event, repeats=not is_interrupting)
            else:
                self.trigger(event, kind, code=self.chance(0.7))
            self.left -= 1
            self.chain(event, depth + 1, transaction=transaction)

    def compensation(self, event: Tree.Element, depth: int) -> None:
        tag = self.random.choice(("userTask", "userTask", "scriptTask", "subProcess" if depth < 3 else "userTask"))
        handler = self.node(tag, isForCompensation="true")
        if tag == "scriptTask":
            handler.set("scriptFormat", "charterflow")
            Tree.SubElement(handler, f"{{{BPMN}}}script").text = self.script()
        elif tag == "subProcess":
            outer, self.level = self.level, handler
            self.inside(depth + 2)
            self.level = outer
        self.number += 1
        ends = {"id": f"assoc{self.number}", "sourceRef": event.get("id", ""), "targetRef": handler.get("id", "")}
        self.artifacts.append((self.level, {**ends, "associationDirection": "One"}))


class Stirring:
    """Drives a nest by whatever could come."""

    def __init__(self, seed: int, steps: int = 30) -> None:
        nest = Nest(seed)
        self.xml = nest.file()
        self.random, self.steps = random.Random(seed), steps
        known = {"processes": frozenset(nest.called), "topics": frozenset({"work"}), "functions": frozenset({"boom"})}
        definition, others = read(self.xml, KEY, **known)
        self.stand = Stand(definition, others, functions={"boom": boom}, budget=BUDGET)
        self.log: list[str] = []

    def run(self) -> int:
        """Return how many steps were made; raises Wrong, or whatever the engine raised beside Conflict."""
        self.give(Started({name: self.random.randrange(3) for name in VARIABLES}))
        made = 1
        while self.stand.ended is None and made < self.steps:
            self.stir()
            made += 1
        return made

    def give(self, stimulus: Stimulus) -> None:
        self.log.append(repr(stimulus))
        before = self.stand.stored
        try:
            self.stand.give(stimulus)
        except Conflict:
            if self.stand.stored != before:
                raise Wrong("a Conflict changed something") from None

    def stir(self) -> None:
        waits, dice = self.stand.waits, self.random.random()
        timers = [effect.due_at for effect in waits.values() if isinstance(effect, TimerSet)]
        if dice < 0.04 and self.stand.answered:
            if not self.stand.is_refused(self.random.choice(self.stand.answered)):
                raise Wrong("a stimulus was taken twice")
        elif dice < 0.10:
            self.give(VariablesSet(self.values()))
        elif dice < 0.105:
            self.give(Cancelled())
        elif dice < 0.20:
            self.give(SignalReceived(self.random.choice(NAMES), self.values()))
        elif self.stand.incidents and dice < 0.30:
            self.give(IncidentRetried(self.random.choice(list(self.stand.incidents))))
        elif timers and dice < 0.5:
            late = timedelta(minutes=self.random.choice((0, 0, 0, 45)))
            self.stand.now = max(self.stand.now, self.random.choice((min(timers), max(timers)))) + late
            self.give(TimerFired())
        elif waits:
            wait_id = self.random.choice(list(waits))
            self.answer(wait_id)

    def answer(self, wait_id: int) -> None:
        effect = self.stand.waits[wait_id]
        if isinstance(effect, UserTaskOpened):
            self.give(UserTaskCompleted(wait_id, self.values(), "somebody"))
        elif isinstance(effect, JobOpened):
            self.give(
                self.random.choice(
                    (
                        JobCompleted(wait_id, self.values()),
                        JobCompleted(wait_id),
                        BpmnErrorThrown(wait_id, self.random.choice((*NAMES, "C")), "said so", self.values()),
                        JobFailed(wait_id, "no"),
                    )
                )
            )
        elif isinstance(effect, Subscribed) and effect.kind == "message":
            self.give(MessageReceived(wait_id, effect.name, self.values()))

    def values(self) -> dict[str, object]:
        return {name: self.random.randrange(3) for name in VARIABLES if self.chance()}

    def chance(self) -> bool:
        return self.random.random() < 0.4


def stir(seed: int) -> int:
    """Draw and drive the nest of a seed; return how many steps were made."""
    return Stirring(seed).run()
