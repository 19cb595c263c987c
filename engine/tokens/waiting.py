"""What is waited for: messages, signals, timers and conditions of events, armed and fired. BPMN 2.0.2, 10.5."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from engine.expressions import Expression
from engine.tokens import timers
from engine.tokens.definition import Node, Timer, Trigger, TriggerKind
from engine.tokens.effects import Subscribed
from engine.tokens.game import Game, Stuck
from engine.tokens.rows import Cycle, Wait


def arm(
    game: Game, node: Node, seen: Mapping[str, object], *, token: int | None = None, scope: int | None = None
) -> bool:
    """Begin to wait for each trigger of an event; return whether there is anything to wait for."""
    is_waiting = False
    for index, trigger in enumerate(node.triggers):
        is_waiting |= _arm_trigger(game, node, index, trigger, seen, token, scope)
    return is_waiting


def _arm_trigger(
    game: Game,
    node: Node,
    index: int,
    trigger: Trigger,
    seen: Mapping[str, object],
    token: int | None,
    scope: int | None,
) -> bool:
    if trigger.kind is TriggerKind.TIMER and trigger.timer is not None:
        due_at, cycle = when_due(game, trigger.timer, seen)
        game.set_timer(Wait(game.new_id(), "timer", node.id, index, token, scope, due_at=due_at, cycle=cycle))
    elif trigger.kind is TriggerKind.CONDITIONAL:
        game.put_wait(Wait(game.new_id(), "condition", node.id, index, token, scope))
        game.conditions_are_stale = True
    elif trigger.kind is TriggerKind.MESSAGE or trigger.kind is TriggerKind.SIGNAL:
        subscribe(game, node, trigger, index, seen, token, scope)
    else:
        return False
    return True


def subscribe(
    game: Game,
    node: Node,
    trigger: Trigger,
    index: int,
    seen: Mapping[str, object],
    token: int | None,
    scope: int | None = None,
) -> None:
    """Begin to wait for a message or a signal."""
    key = correlation_key(game, trigger, seen)
    name = trigger.name or ""
    wait = game.put_wait(Wait(game.new_id(), str(trigger.kind), node.id, index, token, scope, name, key))
    game.effects.append(Subscribed(wait.id, node.id, wait.kind, name, key))


def correlation_key(game: Game, trigger: Trigger, seen: Mapping[str, object]) -> str | None:
    """Return the correlation key of a message as a text, or None where the diagram has none."""
    if trigger.correlation is None:
        return None
    value = game.evaluate(trigger.correlation, seen, "mapping")
    return None if value is None else str(value)


def when_due(game: Game, timer: Timer, seen: Mapping[str, object]) -> tuple[datetime, Cycle | None]:
    """Return when a timer armed now is due; raises Stuck when its text or value cannot be read."""
    value = timer.text if timer.expression is None else game.evaluate(timer.expression, seen, "timer")
    return instant_of(game, timer, value)


def instant_of(game: Game, timer: Timer, value: object) -> tuple[datetime, Cycle | None]:
    """Return when a timer with that value is due; raises Stuck."""
    try:
        return timers.due(timer.kind, value, game.now)
    except ValueError as error:
        raise Stuck("timer", str(error)) from error


def fire(game: Game, wait: Wait, spared: int | None = None) -> None:
    """Let what a wait waited for happen; `spared` is an activity that must not be interrupted by it."""
    if wait.token is None:
        assert wait.scope is not None
        start = game.chart_at(wait.scope).spots[wait.element]
        start.behaviour.start(game, start, wait.scope, wait)
        return
    owner = game.tokens[wait.token]
    spot = game.spot(owner)
    element = game.chart_at(owner.scope).spots[wait.element]
    if element.node.attached_to is not None:
        element.behaviour.interrupt(game, element, owner, wait, is_spared=spared == owner.id)
    else:
        spot.behaviour.resume(game, spot, owner, wait)


def go_on_waiting(game: Game, wait: Wait) -> bool:
    """Keep a wait for its next time, as non-interrupting events do; return whether there is a next time."""
    if wait.kind != "timer":
        return True
    following = timers.next_of(wait.cycle) if wait.cycle else None
    if following is None:
        game.remove_wait(wait)
        return False
    game.set_timer(wait._replace(due_at=following[0], cycle=following[1]))
    return True


def arm_again(
    game: Game, node: Node, seen: Mapping[str, object], *, token: int | None = None, scope: int | None = None
) -> None:
    """Wait anew for all triggers of a parallel multiple event that fired, unless one of them comes only once."""
    if all(trigger.kind is not TriggerKind.TIMER for trigger in node.triggers):
        arm(game, node, seen, token=token, scope=scope)


def is_complete(game: Game, node: Node, wait: Wait, siblings: Mapping[int, None]) -> bool:
    """Whether an event fires by this wait: at once, or with parallelMultiple when it was the last one missing."""
    if not node.parallel_multiple:
        return True
    game.remove_wait(wait)
    return not any(game.waits[other].element == node.id for other in siblings)


def check_conditions(game: Game) -> None:
    """Fire every conditional event whose condition has turned true since it was looked at last.

    A condition that cannot be evaluated yet, say for a name that does not exist, does not hold yet.
    """
    game.conditions_are_stale = False
    for wait_id in list(game.conditions):
        wait = game.waits.get(wait_id)
        if wait is not None:
            _check_condition(game, wait)


def _check_condition(game: Game, wait: Wait) -> None:
    is_met = _is_met(game, wait)
    if is_met != wait.is_met:
        wait = game.put_wait(wait._replace(is_met=is_met))
        if is_met:
            fire(game, wait)


def _is_met(game: Game, wait: Wait) -> bool:
    if wait.token is not None:
        token = game.tokens[wait.token]
        scope_id, seen = token.scope, game.visible(token)
    else:
        assert wait.scope is not None
        scope_id, seen = wait.scope, game.visible_in(wait.scope)
    try:
        condition = game.chart_at(scope_id).spots[wait.element].node.triggers[wait.trigger].condition
        return isinstance(condition, Expression) and bool(game.evaluate(condition, seen, "condition"))
    except Stuck:
        return False


def described(trigger: Trigger) -> str:
    """Return what history says of a trigger: its kind and name or code."""
    label = trigger.name or trigger.code
    return f"{trigger.kind}:{label}" if label else str(trigger.kind)
