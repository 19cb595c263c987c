"""Scopes: opened when a level begins, ended when its last token is gone, dropped when something interrupts."""

from __future__ import annotations

from collections.abc import Mapping

from engine.tokens import waiting
from engine.tokens.chart import Court
from engine.tokens.definition import Symbol
from engine.tokens.effects import IncidentResolved, InstanceEnded
from engine.tokens.game import Game, Stuck
from engine.tokens.rows import NOTHING, Scope, ScopeKind, State, Token

NOBODY: Mapping[int, str] = {}
_BEFORE_ENTRY = (State.ENTERING, State.JOINING, State.RESETTING)
_MOVES_BEFORE_ENTRY = ("enter", "begin", "join", "reset")


def open_scope(
    game: Game, host: Token, kind: ScopeKind, level: str, variables: Mapping[str, object] = NOTHING
) -> Scope:
    """Make the inside of a token's activity, of the same process; the token hosts it from now on."""
    game.put(host._replace(state=State.HOSTING))
    process = game.scopes[host.scope].process
    return game.put_scope(Scope(game.new_id(), kind, level, process, host.id, variables))


def open_called(game: Game, host: Token, key: str, version: int | None, variables: Mapping[str, object]) -> Scope:
    """Make the inside of a call activity: a scope that sees nothing around it, of another definition."""
    chart = game.callee(key, version)
    court = chart.courts[chart.key]
    if court.start_ids and not court.plain_start_ids:
        raise Stuck("call", f"process '{key}' is started only by its messages, signals or timers")
    game.put(host._replace(state=State.HOSTING))
    id_ = game.new_id()
    return game.put_scope(Scope(id_, ScopeKind.PROCESS, chart.key, id_, host.id, variables, key, version))


def begin_level(game: Game, scope: Scope) -> None:
    """Arm the event subprocesses of a level, then put a token at each of its starts."""
    court = game.chart_at(scope.id).courts[scope.level]
    prepare_data(game, scope, court)
    arm_event_subprocesses(game, scope.id, court)
    starts = court.plain_start_ids if scope.kind == ScopeKind.PROCESS else court.start_ids
    for start in starts:
        token = game.new_token(scope.id, start)
        game.schedule("enter", token.id)
    if not starts:
        game.ending[scope.id] = None


def prepare_data(game: Game, scope: Scope, court: Court) -> None:
    """Give a subprocess variables of its own for its data objects, unless the name is seen from outside already."""
    if not court.level.data_objects or scope.host is None:
        return
    seen = game.visible_in(scope.id)
    own = {name: None for name in court.level.data_objects.values() if name not in seen}
    if own:
        game.put_scope(scope._replace(variables={**scope.variables, **own}))


def arm_event_subprocesses(game: Game, scope_id: int, court: Court) -> None:
    """Begin to wait for what starts the event subprocesses of a scope."""
    for _, start in court.waiting:
        waiting.arm(game, start, game.visible_in(scope_id), scope=scope_id)


def clear(game: Game, scope_id: int, told: Mapping[int, str] = NOBODY) -> None:
    """Drop everything in a scope and what its event subprocesses wait for; its Done rows stay."""
    for token_id in list(game.members[scope_id]):
        if token_id in game.tokens:
            drop(game, game.tokens[token_id], told)
    for wait_id in list(game.scope_waits.get(scope_id, ())):
        game.remove_wait(game.waits[wait_id])


def drop(game: Game, token: Token, told: Mapping[int, str] = NOBODY) -> None:
    """Drop a token with all that runs inside its activity, innermost first; `told` names what history says of some."""
    doomed = [token]
    for outer in doomed:
        inside = game.inside.get(outer.id)
        if inside is not None:
            doomed.extend(game.tokens[member] for member in game.members[inside])
    for one in reversed(doomed):
        _note_end(game, one, told.get(one.id, "cancelled"))
        if one.state == State.HELD:
            game.effects.append(IncidentResolved(one.id))
        game.release(one)
        inside = game.inside.get(one.id)
        if inside is not None:
            game.remove_scope(inside)
        game.remove(one)


def _note_end(game: Game, token: Token, kind: str) -> None:
    has_left = token.phase == "next"
    if has_left or _only_undoes(game, token) or (kind == "cancelled" and _is_before_entry(token)):
        return
    try:
        spot = game.spot(token)
    except Stuck:  # a called process whose definition is gone: nothing to tell, it can be dropped all the same
        return
    is_body = spot.marker is not None and game.scopes[token.scope].kind != ScopeKind.BODY
    game.note(kind, token, spot, body=is_body)


def _only_undoes(game: Game, token: Token) -> bool:
    """Whether a token was made to undo what is over, so that history has never told of its coming."""
    inside = game.inside.get(token.id)
    if inside is not None and game.scopes[inside].kind == ScopeKind.UNDO:
        return True
    return token.state == State.COMPENSATING and token.memo.get("then") != "leave"


def _is_before_entry(token: Token) -> bool:
    """Whether history has not told that the token entered its element: it is on its way, or held where it came."""
    return token.state in _BEFORE_ENTRY or (token.state == State.HELD and token.phase in _MOVES_BEFORE_ENTRY)


def end_instance(game: Game, root: Scope, state: str, element: str | None = None, error: str | None = None) -> None:
    """End the instance: nothing but the variables of the process stays."""
    clear(game, root.id)
    for done in list(game.done.values()):
        game.remove_done(done)
    game.agenda.clear()
    game.ending.clear()
    game.joins.clear()
    game.state = state
    game.note_process("ended", root.id, state)
    game.effects.append(InstanceEnded(state, element, error))


def is_event_subprocess(game: Game, token: Token) -> bool:
    """Whether a token hosts an event subprocess."""
    return game.spot(token).node.symbol is Symbol.EVENT_SUBPROCESS
