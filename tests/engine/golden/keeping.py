"""Golden instances: what a version saved, and how such an instance went on, so that every later version can be asked.

`python -m tests.engine.golden.keeping` writes those of this version into a folder of its name; files of a version that
has been released are never written again. Steps are told by element, not by row ids: a later version may number anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import charterflow
from engine.tokens import stimuli
from engine.tokens.rows import Rows, Wait
from engine.variables import from_json, to_json
from tests.engine.oracle.nests import BUDGET, KEY, Stirring, boom
from tests.engine.oracle.stand import Stand, Wrong, read

FOLDER = Path(__file__).parent
STEPS = 60


class Kept(Stirring):
    """A nest whose steps are written down while it is stirred."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, STEPS)
        self.seed = seed
        self.steps_made: list[dict[str, Any]] = []
        self.standing: list[dict[str, Any]] = []  # what was saved before each step

    def give(self, stimulus: stimuli.Stimulus) -> None:
        before = {"now": self.stand.now.isoformat(), "rows": json.loads(self.stand.stored)}
        told = tell(stimulus, self.stand)
        super().give(stimulus)
        self.standing.append(before)
        self.steps_made.append({**told, "now": self.stand.now.isoformat(), "after": look(self.stand)})

    def golden(self, at: int) -> dict[str, Any]:
        """Return the instance as it was saved before a step, with what came after."""
        return {
            "version": charterflow.__version__,
            "process": KEY,
            "diagram": self.xml.decode(),
            **self.standing[at],
            "then": self.steps_made[at:],
        }


def look(stand: Stand) -> dict[str, Any]:
    """Return what anybody can see of an instance: its state, what it waits for, its variables."""
    rows = stand.rows
    return {
        "state": rows.state,
        "waits": sorted([w.kind, w.element, w.due_at.isoformat() if w.due_at else None] for w in rows.list_waits()),
        "held": sorted(rows.tokens[id_].element for id_ in rows.incident_tokens()),
        "variables": {name: to_json(value) for name, value in sorted(rows.root_variables().items())},
    }


# ---------------------------------------------------------------------- steps, told without row ids
def tell(stimulus: stimuli.Stimulus, stand: Stand) -> dict[str, Any]:
    """Return a stimulus as JSON: its kind, where it goes to, and what it carries."""
    told: dict[str, Any] = {"step": type(stimulus).__name__}
    for name in ("variables", "code", "message", "name", "by", "reason"):
        value = getattr(stimulus, name, None)
        if value:
            told[name] = {key: to_json(one) for key, one in value.items()} if isinstance(value, Mapping) else value
    wait_id, token_id = getattr(stimulus, "wait_id", None), getattr(stimulus, "token_id", None)
    if wait_id is not None:
        wait = stand.rows.waits[wait_id]
        told["to"] = [wait.kind, wait.element, alike(stand.rows, wait.kind, wait.element).index(wait)]
    if token_id is not None:
        element = stand.rows.tokens[token_id].element
        told["held"] = [element, held(stand.rows, element).index(token_id)]
    return told


def meant(told: Mapping[str, Any], stand: Stand) -> stimuli.Stimulus:
    """Return the stimulus that was told, for the rows of this version."""
    given: dict[str, Any] = {name: told[name] for name in ("code", "message", "name", "by", "reason") if name in told}
    if "variables" in told:
        given["variables"] = {name: from_json(value) for name, value in told["variables"].items()}
    elif told["step"] == "VariablesSet":
        given["variables"] = {}
    if "to" in told:
        kind, element, number = told["to"]
        given["wait_id"] = alike(stand.rows, kind, element)[number].id
    if "held" in told:
        element, number = told["held"]
        given["token_id"] = held(stand.rows, element)[number]
    if told["step"] == "JobFailed":
        given.setdefault("message", "")
    made: stimuli.Stimulus = getattr(stimuli, told["step"])(**given)
    return made


def alike(rows: Rows, kind: str, element: str) -> list[Wait]:
    return sorted((w for w in rows.list_waits() if (w.kind, w.element) == (kind, element)), key=lambda wait: wait.id)


def held(rows: Rows, element: str) -> list[int]:
    return sorted(id_ for id_ in rows.incident_tokens() if rows.tokens[id_].element == element)


# ---------------------------------------------------------------------- driving a kept instance
def restore(golden: Mapping[str, Any]) -> Stand:
    """Return a stand with the saved rows, as an engine of this version finds them in its database."""
    keys = frozenset(part.split('"')[0] for part in golden["diagram"].split('process id="')[1:])
    known = {"processes": keys, "topics": frozenset({"work"}), "functions": frozenset({"boom"})}
    definition, others = read(golden["diagram"].encode(), golden["process"], **known)
    stand = Stand(definition, others, functions={"boom": boom}, budget=BUDGET)
    stand.take_over(json.dumps(golden["rows"]), datetime.fromisoformat(golden["now"]))
    return stand


def drive(golden: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield after each step what was seen then, and what is seen now."""
    stand = restore(golden)
    for told in golden["then"]:
        stand.now = datetime.fromisoformat(told["now"])
        stand.give(meant(told, stand))
        yield told["after"], look(stand)


# ---------------------------------------------------------------------- which instances are worth keeping
def features(saved: Mapping[str, Any]) -> set[str]:
    """Return which shapes of rows an instance holds."""
    rows = Rows.load(saved["rows"])
    found = {f"token {token.state}" for token in rows.tokens.values()}
    found |= {f"held at {token.phase}" for token in rows.tokens.values() if token.state == "held"}
    found |= {f"memo {name}" for token in rows.tokens.values() for name in token.memo}
    found |= {f"memo of a scope: {name}" for scope in rows.scopes.values() for name in scope.memo}
    found |= {f"scope {scope.kind}{' called' if scope.key else ''}" for scope in rows.scopes.values()}
    found |= {
        f"wait {w.kind} of a {'token' if w.token else 'scope'}{' again' if w.cycle else ''}"
        for w in rows.waits.values()
    }
    found |= {"a condition that holds" for wait in rows.waits.values() if wait.is_met}
    found |= {f"done{' group' if done.group else ''}{' inner' if done.inner else ''}" for done in rows.done.values()}
    return found


def keep(version: Path) -> None:
    """Choose nests until every shape seen among many is in one of the files."""
    missing: dict[str, tuple[int, int, int]] = {}
    for seed in range(3_000):
        kept = Kept(seed)
        try:
            kept.run()
        except Wrong:
            continue
        if kept.stand.ended is None:
            continue
        for at, saved in enumerate(kept.standing):
            size = len(kept.xml)
            for feature in features(saved):
                if feature not in missing or size < missing[feature][0]:
                    missing[feature] = (size, seed, at)
    left, number = set(missing), 0
    while left:
        feature = min(left)
        _, seed, at = missing[feature]
        kept = Kept(seed)
        kept.run()
        left -= features(kept.standing[at])
        number += 1
        write(version / f"nest_{number:02}.json", {"shape": feature, **kept.golden(at)})


RICH: dict[str, object] = {
    "amount": Decimal("12345.10"),
    "day": date(2026, 9, 28),
    "instant": datetime(2026, 9, 28, 1, 30, tzinfo=UTC),
    "length": timedelta(days=1, seconds=5),
    "nothing": None,
    "record": {"$": 1, "decimal": "1", "list": [Decimal("0.1"), {"day": date(2024, 2, 29)}], "한글": "값"},
    "items": [date(2026, 10, 1), Decimal("2.50"), "셋"],
}
EACH = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' id="file" targetNamespace="urn:golden"><bpmn:process id="each" isExecutable="true"><bpmn:startEvent id="start"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="ask"/><bpmn:userTask id="ask">'
    '<bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}" camunda:collection="${{items}}"'
    ' camunda:elementVariable="item"><bpmn:loopDataOutputRef>results</bpmn:loopDataOutputRef>'
    '<bpmn:outputDataItem id="out" name="item"/></bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>'
    '<bpmn:sequenceFlow id="f2" sourceRef="ask" targetRef="end"/><bpmn:endEvent id="end"/></bpmn:process>'
    "</bpmn:definitions>"
)


def keep_values(version: Path, sequential: str) -> None:
    """Keep an instance in the middle of a multi-instance task, with every type of variable."""
    diagram = EACH.format(sequential=sequential)
    definition, others = read(diagram.encode(), "each")
    stand = Stand(definition, others)
    stand.give(stimuli.Started(RICH))
    answers: list[dict[str, object]] = [{"item": Decimal("9.90")}, {"note": date(2026, 10, 2)}, {"item": "끝"}]
    golden: dict[str, Any] = {}
    steps = []
    for number, values in enumerate(answers):
        if number == 1:
            golden = {"now": stand.now.isoformat(), "rows": json.loads(stand.stored)}
        stimulus = stimuli.UserTaskCompleted(min(stand.waits), values)
        told = tell(stimulus, stand)
        stand.give(stimulus)
        steps.append({**told, "now": stand.now.isoformat(), "after": look(stand)})
    first = {"shape": "values of every type", "version": charterflow.__version__, "process": "each", "diagram": diagram}
    name = "values_one_by_one.json" if sequential == "true" else "values_side_by_side.json"
    write(version / name, {**first, **golden, "then": steps[1:]})


def write(path: Path, golden: Mapping[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    version = FOLDER / charterflow.__version__
    if version.exists() and "--again" not in sys.argv:
        sys.stderr.write(f"{version.name} is kept already; it is never written again once it is released\n")
        return 1
    for old in version.glob("*.json"):
        old.unlink()
    keep(version)
    keep_values(version, "true")
    keep_values(version, "false")
    return 0


if __name__ == "__main__":
    sys.exit(main())
