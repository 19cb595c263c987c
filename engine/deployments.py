"""Deploying: every finding of every file at once, versions and pinned callees, start events that begin to listen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine import definitions, messages, timers
from engine.decisions import Decision, read_decisions
from engine.definitions import DECISION, PROCESS, Definition, Deployment, New
from engine.errors import DeploymentRefused, Finding, InvalidExpression, Sentence
from engine.expressions import Expression
from engine.messages import StartEvent
from engine.process_application import no_form
from engine.spiff import Known, process_keys, read_diagram
from engine.tokens.definition import Node, ProcessDefinition, Symbol, Timer, TriggerKind
from engine.tokens.rows import Cycle
from engine.tokens.timers import due, next_of
from engine.transaction import Transaction

DIAGRAM_FILES = (".bpmn", ".xml")  # other tools write .bpmn20.xml
DECISION_FILES = (".dmn",)


@dataclass(slots=True)
class _Reading:
    """What the files of one deployment hold."""

    processes: dict[str, tuple[str, ProcessDefinition]]  # key -> (file, definition)
    decisions: dict[str, tuple[str, Decision]]
    findings: list[Finding]


def deploy(tx: Transaction, files: Mapping[str, bytes], *, by: str, dry_run: bool, note: str) -> Deployment:
    """Check all files and, unless it is a dry run, make new versions of what changed; raises DeploymentRefused."""
    reading = _read(tx, files)
    if any(finding.severity == "refusal" for finding in reading.findings):
        raise DeploymentRefused(reading.findings)
    planned = _plan(tx, files, reading)
    changed = [(new, version) for new, version, live in planned if live is None]
    if dry_run:
        made = [live or _preview(tx, new, version, by) for new, version, live in planned]
        return Deployment(None, made, reading.findings)
    deployment_id = definitions.record_deployment(tx, by=by, note=note)
    made = []
    for new, version, live in planned:
        made.append(live or definitions.record(tx, new, version=version, deployment_id=deployment_id, by=by))
    for new, version in changed:
        if new.kind == PROCESS:
            parsed = replace(reading.processes[new.key][1], callees=dict(new.callees))
            definitions.remember(new.digest, parsed)
            _listen(tx, parsed, version)
    return Deployment(deployment_id, made, reading.findings)


# -- reading ----------------------------------------------------------------------------------------------------------
def _read(tx: Transaction, files: Mapping[str, bytes]) -> _Reading:
    reading = _Reading({}, {}, [])
    diagrams: dict[str, bytes] = {}
    for file, content in files.items():
        if file.lower().endswith(DECISION_FILES):
            _read_decisions(file, content, reading)
        elif file.lower().endswith(DIAGRAM_FILES):
            diagrams[file] = content
        else:
            reading.findings.append(_unknown_kind(file))
    known = _known(tx, diagrams, reading)
    for file, content in diagrams.items():
        _read_processes(tx, file, content, known, reading)
    return reading


def _known(tx: Transaction, diagrams: Mapping[str, bytes], reading: _Reading) -> Known:
    application = tx.application
    deployed = definitions.all_latest(tx, None)
    versions = {one.key: one.version for one in deployed if one.kind == PROCESS}

    def has_form(key: str, form_key: str) -> bool:
        return application.form(tx, key, versions.get(key, 0) + 1, form_key) is not None

    return Known(
        topics=frozenset(application.topics),
        functions=application.function_names,
        sends=application.sends,
        extension_namespaces=application.extension_namespaces,
        processes=frozenset(versions) | {key for content in diagrams.values() for key in process_keys(content)},
        decisions=frozenset(one.key for one in deployed if one.kind == DECISION) | reading.decisions.keys(),
        forms=None if application.form is no_form else has_form,
    )


def _read_decisions(file: str, content: bytes, reading: _Reading) -> None:
    try:
        found = read_decisions(content, file)
    except DeploymentRefused as refused:
        reading.findings.extend(refused.findings)
        return
    for decision in found:
        if decision.id in reading.decisions:
            reading.findings.append(_twice(file, decision.id, reading.decisions[decision.id][0]))
        reading.decisions[decision.id] = (file, decision)


def _read_processes(tx: Transaction, file: str, content: bytes, known: Known, reading: _Reading) -> None:
    found = read_diagram(file, content, known=known)
    reading.findings.extend(found.findings)
    for definition in found.definitions:
        if definition.key in reading.processes:
            reading.findings.append(_twice(file, definition.key, reading.processes[definition.key][0]))
        if definition.executable:
            reading.processes[definition.key] = (file, definition)
        reading.findings.extend(tx.application.check(tx, file, definition))
        reading.findings.extend(_bad_start_timers(tx, file, definition))


def _twice(file: str, key: str, other: str) -> Finding:
    ko = f"‘{key}’이(가) {other}에도 있습니다. 이름은 하나씩만 쓸 수 있습니다."
    return Finding(file, None, key, "id-twice", Sentence(ko, f"'{key}' is in {other} as well; an id is used once."))


def _unknown_kind(file: str) -> Finding:
    ko = "파일 이름은 .bpmn 또는 .dmn 으로 끝나야 합니다."
    return Finding(file, None, None, "file-kind", Sentence(ko, "Expected a file name that ends in .bpmn or .dmn."))


# -- versions ---------------------------------------------------------------------------------------------------------
def _plan(tx: Transaction, files: Mapping[str, bytes], reading: _Reading) -> list[tuple[New, int, Definition | None]]:
    """Return (what, its version, the live one when it stays) for all, decisions first: processes ask them."""
    planned: list[tuple[New, int, Definition | None]] = []
    for key, (file, decision) in reading.decisions.items():
        new = New(DECISION, key, decision.name, file, files[file], {})
        live = definitions.find_latest(tx, key, DECISION)
        same = live is not None and live.digest == new.digest
        planned.append((new, _next_version(live), live if same else None))
    return planned + _plan_processes(tx, files, reading)


def _plan_processes(
    tx: Transaction, files: Mapping[str, bytes], reading: _Reading
) -> list[tuple[New, int, Definition | None]]:
    """Pin the callees. A process changes with its file or with a version it calls: we go round until that stands."""
    live = {key: definitions.find_latest(tx, key) for key in reading.processes}
    outside: dict[str, int] = {}

    def version_of(key: str, changed: set[str]) -> int:
        if key in live:
            now = live[key]
            return now.version if now is not None and key not in changed else _next_version(now)
        if key not in outside:
            outside[key] = definitions.latest(tx, key).version
        return outside[key]

    def as_new(key: str, changed: set[str]) -> New:
        file, definition = reading.processes[key]
        callees = {element: version_of(called, changed) for element, called in _calls(definition)}
        return New(PROCESS, key, definition.name, file, files[file], callees)

    changed: set[str] = set()
    while True:
        found = {key for key, now in live.items() if now is None or now.digest != as_new(key, changed).digest}
        if found <= changed:
            break
        changed |= found
    return [
        (as_new(key, changed), version_of(key, changed), None if key in changed else now) for key, now in live.items()
    ]


def _calls(definition: ProcessDefinition) -> Iterator[tuple[str, str]]:
    for node in definition.nodes.values():
        if node.symbol is Symbol.CALL_ACTIVITY and node.called_element is not None:
            yield node.id, node.called_element


def _next_version(live: Definition | None) -> int:
    return live.version + 1 if live else 1


def _preview(tx: Transaction, new: New, version: int, by: str) -> Definition:
    return Definition(
        0, new.key, version, new.name, new.kind, new.file, new.digest, new.source_digest, new.callees, 0, tx.now, by
    )


# -- start events -----------------------------------------------------------------------------------------------------
def _listen(tx: Transaction, definition: ProcessDefinition, version: int) -> None:
    """Let the start events of a new version listen in the place of those of the version before."""
    messages.replace_start_events(tx, definition.key, version, list(_start_events(definition)))
    if version > 1:
        before = definitions.parsed(tx, definition.key, version - 1)
        for element_id, number, _ in start_timers(before):
            timers.clear_start(tx, timers.start_key_of(definition.key, element_id, number))
    for element_id, number, timer in start_timers(definition):
        due_at, cycle = _due(tx, timer)
        arm_start(tx, definition.key, version, element_id, number, due_at, cycle)


def _start_events(definition: ProcessDefinition) -> Iterator[StartEvent]:
    for node in _starting(definition):
        triggers = (*node.triggers, node.message) if node.symbol is Symbol.RECEIVE_TASK else node.triggers
        for trigger in triggers:
            if trigger is not None and trigger.kind in (TriggerKind.MESSAGE, TriggerKind.SIGNAL):
                yield StartEvent(trigger.kind.value, trigger.name or "", node.id)


def _starting(definition: ProcessDefinition) -> Iterator[Node]:
    """Yield start events of the process itself, and the elements that instantiate it."""
    for node_id in definition.root.node_ids:
        node = definition.nodes[node_id]
        if node.symbol is Symbol.START_EVENT or (node.symbol is Symbol.RECEIVE_TASK and node.instantiate):
            yield node
        elif node.symbol is Symbol.EVENT_BASED_GATEWAY and node.instantiate:
            yield from (definition.nodes[definition.flows[flow].target] for flow in node.outgoing)


def start_timers(definition: ProcessDefinition) -> list[tuple[str, int, Timer]]:
    """Return (start event id, which of its triggers, timer) of a definition."""
    return [
        (node.id, number, trigger.timer)
        for node in _starting(definition)
        if node.symbol is Symbol.START_EVENT
        for number, trigger in enumerate(node.triggers)
        if trigger.timer is not None
    ]


def _due(tx: Transaction, timer: Timer) -> tuple[datetime, Cycle | None]:
    value: object = timer.text
    if isinstance(timer.expression, Expression):
        value = timer.expression.evaluate({}, {"now": lambda: tx.now})
    return due(timer.kind, value, tx.now)


def _bad_start_timers(tx: Transaction, file: str, definition: ProcessDefinition) -> Iterator[Finding]:
    for element_id, _, timer in start_timers(definition):
        try:
            _due(tx, timer)
        except (ValueError, InvalidExpression, KeyError) as error:
            ko = f"시작 시각을 계산할 수 없습니다: {error}"
            en = f"The instant of this start event cannot be computed: {error}"
            line = definition.nodes[element_id].line
            yield Finding(file, line, element_id, "timer-start", Sentence(ko, en))


def arm_start(
    tx: Transaction, key: str, version: int, element_id: str, number: int, due_at: datetime, cycle: Cycle | None
) -> None:
    """Arm the timer of a start event; a cycle is carried along in its job."""
    stored: Sequence[Any] | None = None
    if cycle is not None:
        stored = [cycle.duration, cycle.base.isoformat(), cycle.fired, cycle.left]
    payload = {"key": key, "version": version, "element": element_id, "number": number, "cycle": stored}
    timers.schedule_start(tx, timers.start_key_of(key, element_id, number), due_at, payload)


def arm_next_start(tx: Transaction, payload: Mapping[str, Any]) -> None:
    """Arm a start event that just fired once more, when it repeats."""
    stored = payload["cycle"]
    if stored is None:
        return
    following = next_of(Cycle(stored[0], datetime.fromisoformat(stored[1]), stored[2], stored[3]))
    if following is not None:
        key, version, element_id, number = (payload[name] for name in ("key", "version", "element", "number"))
        arm_start(tx, key, version, element_id, number, *following)
