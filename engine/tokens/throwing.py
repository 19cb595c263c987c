"""Who catches what is thrown: errors and escalations go outward scope by scope, signals to every wait for their name.

BPMN 2.0.2, 10.5.1 (event handling), 13.5.4 (error, escalation).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from engine.tokens import scopes, waiting
from engine.tokens.chart import Spot
from engine.tokens.definition import Node, Symbol, Trigger, TriggerKind
from engine.tokens.effects import MessageThrown, SignalThrown
from engine.tokens.game import Delivery, Game
from engine.tokens.rows import ScopeKind, State, Token
from engine.tokens.scopes import NOBODY


class Catcher(NamedTuple):
    """Where something thrown is caught: a boundary event of `host`, or the event subprocess that `event` starts."""

    event: Node
    trigger: Trigger
    host: Token | None
    scope: int
    subprocess: str | None = None


def find_catcher(game: Game, token: Token, kind: TriggerKind, code: str | None, *, by_activity: bool) -> Catcher | None:
    """Return who catches an error or escalation thrown at a token: its own boundary (`by_activity`), then outward.

    On each level an exact code goes before one that catches all. What comes out of an event subprocess is not caught
    by its siblings.
    """
    candidate = token if by_activity else None
    scope_id, skips_siblings = token.scope, False
    while True:
        scope = game.scopes[scope_id]
        if candidate is not None and scope.kind != ScopeKind.BODY:
            found = _best(((None, event) for event in game.spot(candidate).catchers), kind, code)
            if found is not None:
                return Catcher(found[1], found[2], candidate, scope_id)
        if not skips_siblings and scope.kind not in (ScopeKind.BODY, ScopeKind.UNDO):
            found = _best(game.chart_at(scope_id).courts[scope.level].catchers, kind, code)
            if found is not None:
                return Catcher(found[1], found[2], None, scope_id, found[0])
        if scope.host is None:
            return None
        host = game.tokens[scope.host]
        skips_siblings = scope.kind == ScopeKind.EVENT_SUBPROCESS
        candidate = None if scope.kind in (ScopeKind.EVENT_SUBPROCESS, ScopeKind.UNDO) else host
        scope_id = host.scope


def _best(
    events: Iterable[tuple[str | None, Node]], kind: TriggerKind, code: str | None
) -> tuple[str | None, Node, Trigger] | None:
    catching_all = None
    for subprocess, event in events:
        for trigger in event.triggers:
            if trigger.kind is not kind:
                continue
            if trigger.code is None:
                catching_all = catching_all or (subprocess, event, trigger)
            elif trigger.code == code:
                return subprocess, event, trigger
    return catching_all


def find_error_catcher(game: Game, token: Token, code: str | None) -> Catcher | None:
    """Return who would catch an error of an activity."""
    return find_catcher(game, token, TriggerKind.ERROR, code, by_activity=True)


def throw_error(game: Game, token: Token, code: str | None, *, by_activity: bool) -> bool:
    """Throw an error at a token; return False, with nothing changed, when nobody catches it."""
    catcher = find_catcher(game, token, TriggerKind.ERROR, code, by_activity=by_activity)
    if catcher is None:
        return False
    told = {token.id: "failed"} if by_activity else {}
    if catcher.host is not None:
        told[catcher.host.id] = "failed"
    _catch(game, catcher, code, told, is_interrupting=True)
    return True


def throw_escalation(
    game: Game, token: Token, code: str | None, *, by_activity: bool = False, spared: int | None = None
) -> None:
    """Throw an escalation at a token; it passes when nobody catches it. The token may be gone afterwards."""
    catcher = find_catcher(game, token, TriggerKind.ESCALATION, code, by_activity=by_activity)
    if catcher is not None:
        is_spared = catcher.host is not None and catcher.host.id == spared
        _catch(game, catcher, code, {}, is_interrupting=catcher.event.interrupting and not is_spared)


def _catch(game: Game, catcher: Catcher, code: str | None, told: Mapping[int, str], *, is_interrupting: bool) -> None:
    if catcher.trigger.code_variable:
        game.write_in(catcher.scope, {catcher.trigger.code_variable: code})
    if catcher.subprocess is not None:
        start_event_subprocess(game, catcher, told, is_interrupting=is_interrupting)
        return
    assert catcher.host is not None
    start_boundary(game, catcher.event, catcher.trigger, catcher.host, told, is_interrupting=is_interrupting)


def start_boundary(
    game: Game, event: Node, trigger: Trigger, host: Token, told: Mapping[int, str] = NOBODY, *, is_interrupting: bool
) -> None:
    """Let a boundary event go off: a token leaves it; an interrupting one drops its activity."""
    token = game.new_token(host.scope, event.id, State.LEAVING)
    if is_interrupting:
        scopes.drop(game, host, told)
    _note_caught(game, token, trigger)
    game.schedule("leave", token.id)


def start_event_subprocess(
    game: Game, catcher: Catcher, told: Mapping[int, str] = NOBODY, *, is_interrupting: bool
) -> None:
    """Start an event subprocess in its scope; an interrupting one drops everything else there first."""
    assert catcher.subprocess is not None
    if is_interrupting:
        scopes.clear(game, catcher.scope, told)
    token = game.new_token(catcher.scope, catcher.subprocess)
    spot = game.chart_at(catcher.scope).spots[catcher.event.id]
    game.note("caught", token, spot, waiting.described(catcher.trigger))
    game.schedule("enter", token.id)


def _note_caught(game: Game, token: Token, trigger: Trigger) -> None:
    game.note("caught", token, game.spot(token), waiting.described(trigger))


def throw_signal(
    game: Game, spot: Spot, token: Token, trigger: Trigger, variables: Mapping[str, object], spared: int | None = None
) -> None:
    """Broadcast a signal: to this instance when what is ready to run has come to rest, to all others after the step."""
    name = trigger.name or ""
    game.note("thrown", token, spot, waiting.described(trigger))
    game.effects.append(SignalThrown(spot.id, name, variables))
    game.agenda.append(Delivery(name, variables, spared))


def throw_message(game: Game, spot: Spot, token: Token, trigger: Trigger, variables: Mapping[str, object]) -> None:
    """Send a message; it is delivered after the step."""
    key = waiting.correlation_key(game, trigger, game.visible(token))
    game.note("thrown", token, spot, waiting.described(trigger))
    game.effects.append(MessageThrown(spot.id, trigger.name or "", key, variables))


def deliver(game: Game, delivery: Delivery) -> None:
    """Give a signal to every wait for its name that stands at this moment."""
    found = [wait for wait in game.waits.values() if wait.kind == "signal" and wait.name == delivery.name]
    for wait in found:
        if wait.id in game.waits:
            take_variables(game, wait.id, delivery.variables)
            waiting.fire(game, game.waits[wait.id], delivery.spared)


def take_variables(game: Game, wait_id: int, variables: Mapping[str, object]) -> None:
    """Write what a message or signal carries, as a script at the waiting element would."""
    wait = game.waits[wait_id]
    if not variables:
        return
    if wait.token is None:
        assert wait.scope is not None
        game.write_in(wait.scope, variables, "variables")
        return
    token = game.tokens[wait.token]
    if token.element == wait.element:
        game.write(token, variables, "variables")
    else:
        game.write_in(token.scope, variables, "variables")


def throw_all(game: Game, spot: Spot, token: Token, variables: Mapping[str, object]) -> bool:
    """Throw the triggers of an event that concern others, in order; return whether the token is still there."""
    for trigger in spot.node.triggers:
        if trigger.kind is TriggerKind.SIGNAL:
            throw_signal(game, spot, token, trigger, variables)
        elif trigger.kind is TriggerKind.MESSAGE:
            throw_message(game, spot, token, trigger, variables)
        elif trigger.kind is TriggerKind.ESCALATION:
            game.note("thrown", token, spot, waiting.described(trigger))
            throw_escalation(game, token, trigger.code)
            if token.id not in game.tokens:
                return False
    return True


def transaction_around(game: Game, scope_id: int) -> int | None:
    """Return the scope of the innermost transaction around, or None."""
    current: int | None = scope_id
    while current is not None:
        scope = game.scopes[current]
        if scope.host is None:
            return None
        host = game.tokens[scope.host]
        if scope.kind == ScopeKind.SUBPROCESS and game.spot(host).node.symbol is Symbol.TRANSACTION:
            return current
        current = host.scope
    return None
