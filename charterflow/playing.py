"""Playing a diagram: in memory, on a virtual clock, step by step as a script says; what happened is told as a story."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from charterflow.testing import SEOUL, START, Case, ProcessTest
from engine.errors import EngineError, Sentence
from engine.spiff import process_keys
from web.moments import instant_text, plain

Step = Mapping[str, object]


class BadStep(EngineError):
    """A step of the script cannot be read."""


@dataclass(slots=True)
class Story:
    """What happened, in order, and how it stands at the end."""

    lines: list[dict[str, object]] = field(default_factory=list)
    states: list[dict[str, object]] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing got stuck."""
        return not any(state["incidents"] for state in self.states)

    def as_json(self) -> dict[str, object]:
        """Return the story for programs."""
        return {"story": self.lines, "instances": self.states}

    def as_text(self) -> str:
        """Return the story for people, a line for each thing that happened."""
        told = [f"{line['at']}  {line['kind']:10} {line['what']}" for line in self.lines]
        for state in self.states:
            open_tasks = ", ".join(str(task) for task in _listed(state["tasks"])) or "-"
            told.append(f"{state['process']} #{state['instance']}: {state['state']}; open tasks: {open_tasks}")
            told += [f"  stuck: {one}" for one in _listed(state["incidents"])]
        return "\n".join(told)


def play(file: Path, steps: Sequence[Step] = ()) -> Story:
    """Deploy a diagram, start its first process and do the steps in order; returns the story.

    A step is one of `{"now": INSTANT}` (first only), `{"start": {…variables}, "process"?: KEY}`, `{"complete": ELEMENT,
    "values": {…}}`, `{"advance": {"days": 3}}`, `{"advance_to": INSTANT}`, `{"message": NAME, "variables": {…}}`,
    `{"signal": NAME, "variables": {…}}`, `{"set": {…}}`. Without a start among them it begins with an empty one.
    Raises DeploymentRefused, BadStep.
    """
    xml = file.read_bytes()
    first = steps[0] if steps else {}
    now = str(first["now"]) if "now" in first else START
    numbered = [(number, step) for number, step in enumerate(steps, 1) if "now" not in step]
    if not any("start" in step for step in steps):
        numbered.insert(0, (0, {"start": {}}))
    with ProcessTest(now=now) as test:
        test.deploy({file.name: xml})
        player = _Player(test, process_keys(xml))
        for number, step in numbered:
            player.take(number, step)
        return _told(test)


class _Player:
    def __init__(self, test: ProcessTest, keys: Sequence[str]) -> None:
        self.test, self.keys = test, keys
        self.case: Case | None = None
        self.acts: Mapping[str, Callable[[Step], object]] = {
            "start": self._start,
            "complete": self._complete,
            "advance": lambda s: test.advance(**{k: float(str(v)) for k, v in _record(s["advance"]).items()}),
            "advance_to": lambda s: test.advance_to(str(s["advance_to"])),
            "message": lambda s: test.message(str(s["message"]), variables=_record(s.get("variables"))),
            "signal": lambda s: test.signal(str(s["signal"]), variables=_record(s.get("variables"))),
            "set": lambda s: self._own().set_variables(_record(s["set"])),
        }

    def take(self, number: int, step: Step) -> None:
        """Do one step; raises BadStep naming its number."""
        name = next((name for name in self.acts if name in step), None)
        if name is None:
            known = ", ".join(self.acts)
            raise BadStep(
                Sentence(f"{number}번째 단계를 읽을 수 없습니다.", f"Step {number}: expected one of {known}.")
            )
        try:
            self.acts[name](step)
        except (TypeError, ValueError, KeyError) as error:
            raise BadStep(Sentence(f"{number}번째 단계를 읽을 수 없습니다.", f"Step {number}: {error}.")) from error

    def _start(self, step: Step) -> None:
        key = str(step.get("process") or self.keys[0])
        self.case = self.test.start(key, _record(step["start"]))

    def _complete(self, step: Step) -> None:
        element = str(step["complete"])
        owner = next((c for c in self.test.cases if any(t.element_id == element for t in c.tasks)), self._own())
        owner.complete(element, _record(step.get("values")))

    def _own(self) -> Case:
        cases = self.test.cases
        if self.case is None and not cases:
            raise BadStep(Sentence("아직 시작한 것이 없습니다.", "Nothing has been started yet."))
        return self.case or cases[0]


def _told(test: ProcessTest) -> Story:
    """Everything the engine wrote down, by instant; within one instant as it came about."""
    story, lines = Story(), list[tuple[datetime, int, dict[str, object]]]()
    for case in test.cases:
        for entry in case.history:
            what = f"{entry.element_id} {entry.what}".strip()
            lines.append((entry.at, entry.id, {"kind": entry.kind, "what": what, "instance": case.id}))
        story.states.append(_state(case))
    for mail in test.mails:
        at = mail.accepted_at or mail.created_at
        lines.append((at, 10**9 + mail.id, {"kind": "mail", "what": f"to {mail.to_address}: {mail.subject}"}))
    story.lines = [
        {"at": instant_text(at.astimezone(SEOUL)), **line} for at, _, line in sorted(lines, key=lambda x: x[:2])
    ]
    return story


def _state(case: Case) -> dict[str, object]:
    return {
        "instance": case.id,
        "process": case.process,
        "state": case.state,
        "end_element": case.end_element,
        "tasks": [task.element_id for task in case.tasks],
        "incidents": [f"{one.element_id} {one.cause}: {one.message}" for one in case.incidents],
        "variables": plain(dict(case.variables)),
    }


def _record(value: object) -> dict[str, object]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError(f"expected an object, but got {value!r}")
    return {str(k): v for k, v in value.items()}


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
