"""The one road by which an instance changes: load, apply a stimulus, run until every token waits, write the difference.

What a step throws (messages, signals) is delivered after it, in the same transaction, in the order it was thrown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from engine import definitions, difference, incidents, instances, jobs, messages
from engine.definitions import Definition
from engine.difference import Difference, Owner
from engine.errors import NotFound
from engine.expressions import Expression, compile_expression, compile_template
from engine.faultpoints import faultpoint
from engine.instances import Held
from engine.messages import Message, Subscription
from engine.process_application import InstanceView, Moved, ignore_move
from engine.tokens.definition import Node, ProcessDefinition
from engine.tokens.effects import MessageThrown, SignalThrown
from engine.tokens.environment import Environment
from engine.tokens.rows import Rows
from engine.tokens.step import Step, step
from engine.tokens.stimuli import Cancelled, MessageReceived, SignalReceived, Started, Stimulus
from engine.transaction import Transaction
from engine.variables import to_json

DELIVER = "deliver"  # the kind of a job that delivers what one transaction could not
MOST_DELIVERIES = 100  # of one transaction: processes that throw at each other for ever go on in jobs, not in a request
Function = Callable[..., object]


def functions_for(tx: Transaction, view: Callable[[], InstanceView]) -> dict[str, Function]:
    """Return what expressions of an instance may call: the application's functions, and `now` of this transaction.

    The application is asked for them when the first is called: most steps call none.
    """
    made: dict[str, Function] = {}

    def later(name: str) -> Function:
        def call(*arguments: object) -> object:
            if not made:
                made.update(tx.application.functions(tx, view()))
            return made[name](*arguments)

        return call

    functions = {name: later(name) for name in tx.application.function_names}
    functions["now"] = lambda: tx.now
    return functions


@dataclass(slots=True)
class _Newborn:
    """An instance that is being started. Its row is written after its first step, or as soon as its id is asked for."""

    definition: Definition
    business_key: str | None
    held: Held | None = None

    def born(self, tx: Transaction) -> Held:
        if self.held is None:
            d, rows = self.definition, Rows.new()
            id_ = instances.create(
                tx,
                key=d.key,
                version=d.version,
                digest=d.digest,
                business_key=self.business_key,
                rows=rows,
                ending=None,
                conditions=0,
            )
            self.held = Held(id_, d.key, d.version, d.digest, self.business_key, "active", rows, 0, tx.now)
        return self.held


@dataclass(slots=True)
class _Queue:
    """What was thrown in this transaction and has not reached anybody yet."""

    waiting: deque[tuple[int, str | None, MessageThrown | SignalThrown]] = field(default_factory=deque)
    delivered: int = 0
    is_running: bool = False


# -- the road ---------------------------------------------------------------------------------------------------------
def start(tx: Transaction, definition: Definition, stimulus: Started, business_key: str | None) -> int:
    """Start an instance, run it to its first waits, and return its id."""
    parsed = definitions.of_digest(tx, definition.key, definition.version, definition.digest)
    newborn = _Newborn(definition, business_key)
    environment, functions = _environment(tx, lambda: _view(newborn.born(tx)), business_key)
    result = step(parsed, Rows.new(), stimulus, tx.now, environment)
    faultpoint("advance.stepped")
    d = difference.net(result.effects)
    conditions = _conditions(result.rows)
    if newborn.held is not None:
        instances.save(tx, newborn.held, result.rows, d.ending, conditions)
        instance_id = newborn.held.id
    else:
        instance_id = instances.create(
            tx,
            key=definition.key,
            version=definition.version,
            digest=definition.digest,
            business_key=business_key,
            rows=result.rows,
            ending=d.ending,
            conditions=conditions,
        )
    owner = Owner(instance_id, definition.key, definition.version, business_key)
    view = InstanceView(instance_id, definition.key, definition.version, business_key, tx.now)
    _finish(tx, owner, view, parsed, d, result, Rows.new(), functions)
    return instance_id


def advance(tx: Transaction, held: Held, stimulus: Stimulus) -> None:
    """Push an instance until every token waits, and write what changed; raises Conflict when that no longer fits."""
    parsed = definitions.of_digest(tx, held.key, held.version, held.digest)
    environment, functions = _environment(tx, lambda: _view(held), held.business_key)
    result = step(parsed, held.rows, stimulus, tx.now, environment)
    faultpoint("advance.stepped")
    d = difference.net(result.effects)
    instances.save(tx, held, result.rows, d.ending, _conditions(result.rows))
    owner = Owner(held.id, held.key, held.version, held.business_key)
    if d.ended is not None:
        _clear_after(tx, held, stimulus)
    _finish(tx, owner, _view(held), parsed, d, result, held.rows, functions)


def _clear_after(tx: Transaction, held: Held, stimulus: Stimulus) -> None:
    """Take away what hung on an instance beside its tokens: failed jobs and the incidents about them."""
    if isinstance(stimulus, Cancelled):
        jobs.cancel_of_instance(tx, held.id)
    if isinstance(stimulus, Cancelled) or held.rows.incident_tokens():
        incidents.resolve_all(tx, held.id, tx.actor)


def _finish(
    tx: Transaction,
    owner: Owner,
    view: InstanceView,
    parsed: ProcessDefinition,
    d: Difference,
    result: Step,
    before: Rows,
    functions: Mapping[str, Function],
) -> None:
    difference.write(tx, owner, d, result.history)
    faultpoint("advance.written")
    if tx.application.observe is not ignore_move:
        moved = Moved(
            view,
            parsed,
            result.history,
            d.ended,
            _NodeFinder(tx, owner, parsed, (result.rows, before)),
            _evaluator(tx, functions),
        )
        tx.application.observe(tx, moved)
    _take_buffered(tx, owner, d)
    queue = _queue(tx)
    queue.waiting.extend((owner.id, owner.business_key, thrown) for thrown in d.thrown)
    _deliver(tx, queue)


def _view(held: Held) -> InstanceView:
    return InstanceView(held.id, held.key, held.version, held.business_key, held.started_at)


def _conditions(rows: Rows) -> int:
    return sum(wait.kind == "condition" for wait in rows.waits.values())


# -- what a step may ask ----------------------------------------------------------------------------------------------
def _environment(
    tx: Transaction, view: Callable[[], InstanceView], business_key: str | None
) -> tuple[Environment, Mapping[str, Function]]:
    functions = functions_for(tx, view)
    return (
        Environment(
            functions=functions,
            decide=lambda decision, variables: _decide(tx, decision, variables),
            callee=lambda key, version: _callee(tx, key, version),
            business_key=business_key,
        ),
        functions,
    )


def _decide(tx: Transaction, decision: str, variables: Mapping[str, object]) -> object:
    try:
        return definitions.decide(tx, decision, variables)
    except NotFound as error:
        raise LookupError(decision) from error


def _callee(tx: Transaction, key: str, version: int | None) -> ProcessDefinition:
    try:
        row = definitions.latest(tx, key) if version is None else definitions.find(tx, key, version)
    except NotFound as error:
        raise LookupError(key) from error
    return definitions.of_digest(tx, key, row.version, row.digest)


@lru_cache(maxsize=4096)
def _compiled(text: str, names: frozenset[str]) -> Expression:
    return compile_template(text, names) if "${" in text else compile_expression(text, names)


def _evaluator(tx: Transaction, functions: Mapping[str, Function]) -> Callable[[str, Mapping[str, object]], object]:
    names = tx.application.function_names
    return lambda text, variables: _compiled(text, names).evaluate(variables, functions)


@dataclass(slots=True)
class _NodeFinder:
    """Finds the node an entry is about, in the instance's own definition or in one that it calls."""

    tx: Transaction
    owner: Owner
    parsed: ProcessDefinition
    rows: tuple[Rows, ...]
    found: dict[str, ProcessDefinition] = field(default_factory=dict)

    def __call__(self, definition_key: str, element_id: str) -> Node | None:
        return self._definition(definition_key).nodes.get(element_id)

    def _definition(self, definition_key: str) -> ProcessDefinition:
        if definition_key in self.found:
            return self.found[definition_key]
        key, _, version = definition_key.partition("@")
        if key == self.owner.key and not version:
            return self.parsed
        if not version:
            version = next((str(s.version) for rows in self.rows for s in rows.scopes.values() if s.key == key), "")
        found = self.found[definition_key] = _callee(self.tx, key, int(version) if version else None)
        return found


# -- messages and signals ---------------------------------------------------------------------------------------------
def _queue(tx: Transaction) -> _Queue:
    queue = tx.cache.setdefault("advance.thrown", _Queue())
    assert isinstance(queue, _Queue)
    return queue


def _deliver(tx: Transaction, queue: _Queue) -> None:
    """Deliver what was thrown, oldest first; a step made on the way only adds to the queue."""
    if queue.is_running:
        return
    queue.is_running = True
    try:
        while queue.waiting:
            source, business_key, thrown = queue.waiting.popleft()
            queue.delivered += 1
            if queue.delivered > MOST_DELIVERIES or not _try_to_deliver(tx, source, business_key, thrown):
                _deliver_later(tx, source, business_key, thrown)
    finally:
        queue.is_running = False


def _try_to_deliver(
    tx: Transaction, source: int, business_key: str | None, thrown: MessageThrown | SignalThrown
) -> bool:
    """Deliver inside a savepoint: a receiver that breaks must not undo the step of the thrower."""
    queue = _queue(tx)
    before = list(queue.waiting)
    try:
        with tx.connection.begin_nested():
            deliver(tx, source, business_key, thrown)
    except Exception:
        queue.waiting = deque(before)
        return False
    return True


def _deliver_later(
    tx: Transaction, source: int, business_key: str | None, thrown: MessageThrown | SignalThrown
) -> None:
    payload = {
        "source": source,
        "business_key": business_key,
        "element": thrown.element_id,
        "kind": "message" if isinstance(thrown, MessageThrown) else "signal",
        "name": thrown.name,
        "key": thrown.key if isinstance(thrown, MessageThrown) else None,
        "variables": to_json(dict(thrown.variables)),
    }
    jobs.enqueue(tx, DELIVER, payload)


def deliver(tx: Transaction, source: int, business_key: str | None, thrown: MessageThrown | SignalThrown) -> None:
    """Deliver what an instance threw: a message to whom it fits best, a signal to every other instance."""
    if isinstance(thrown, SignalThrown):
        broadcast(tx, thrown.name, thrown.variables, besides=source)
        return
    if thrown.key is None and business_key is not None:
        own = Message(thrown.name, thrown.variables, None, business_key)
        if receive(tx, own):
            return
    message = Message(thrown.name, thrown.variables, thrown.key, None)
    if not receive(tx, message):
        start_by_message(tx, message, business_key)


def receive(tx: Transaction, message: Message) -> bool:
    """Give a message to exactly one wait it fits; returns False when nobody waits for it."""
    for wait in messages.waiting_for(tx, message):
        assert wait.instance_id is not None
        assert wait.wait_id is not None
        # It may be answered by another step while we wait for the lock: then the next one is asked.
        if receive_at(tx, instances.hold(tx, wait.instance_id), wait.wait_id, message):
            return True
    return False


def start_by_message(tx: Transaction, message: Message, business_key: str | None) -> list[int]:
    """Start an instance at every start event that listens to the message; returns their ids."""
    return [
        _start_at(tx, event, message.variables, business_key)
        for event in messages.start_events_for(tx, "message", message.name)
    ]


def broadcast(tx: Transaction, name: str, variables: Mapping[str, object], *, besides: int | None = None) -> int:
    """Give a signal to every instance and start event that waits for it; returns how many took it."""
    waiting = [one for one in messages.instances_waiting_for_signal(tx, name) if one != besides]
    starting = messages.start_events_for(tx, "signal", name)
    taken = 0
    for instance_id in waiting:
        held = instances.hold(tx, instance_id)
        if held.state == "active" and any(w.kind == "signal" and w.name == name for w in held.rows.waits.values()):
            advance(tx, held, SignalReceived(name, variables))
            taken += 1
    for event in starting:
        _start_at(tx, event, variables, None)
    return taken + len(starting)


def _start_at(tx: Transaction, event: Subscription, variables: Mapping[str, object], business_key: str | None) -> int:
    definition = definitions.find(tx, event.definition_key, event.definition_version)
    return start(tx, definition, Started(variables, event.element_id), business_key)


def _take_buffered(tx: Transaction, owner: Owner, d: Difference) -> None:
    """Give the new message waits what was kept for them."""
    for wait in [wait for wait in d.waits.values() if wait.kind == "message"]:
        message = messages.take_buffered(tx, wait, owner.business_key)
        if message is not None and not receive_at(tx, instances.hold(tx, owner.id), wait.wait_id, message):
            messages.buffer(tx, message, message.until or tx.now)  # an earlier one of these ended this wait


def receive_at(tx: Transaction, held: Held, wait_id: int, message: Message) -> bool:
    """Give a message to one wait; returns False when it is there no more."""
    if wait_id not in held.rows.waits:
        return False
    advance(tx, held, MessageReceived(wait_id, message.name, message.variables))
    return True
