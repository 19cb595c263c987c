"""What was done and how it is undone: in reverse partial order, one token that waits for the handlers it started.

An activity is undone before another that had ended when it began. BPMN 2.0.2, 13.5.5 (compensation), 13.4.2 (cancel).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

from engine.tokens import scopes
from engine.tokens.chart import Spot
from engine.tokens.definition import Trigger
from engine.tokens.game import Game, Stuck
from engine.tokens.rows import NOTHING, Done, ScopeKind, State, Token


class _Running(NamedTuple):
    token: int
    begin: int
    end: int
    group: int


def remember(game: Game, spot: Spot, token: Token, inner: tuple[Done, ...], inside: object) -> None:
    """Remember an activity that ended, if it can be compensated: by its handler, or through what it did inside."""
    handler = spot.node.compensation_handler
    scope = game.scopes[token.scope]
    if handler is None and not inner and not _compensates_itself(game, spot, token):
        return
    if len(game.done) >= game.environment.budget.live_tokens:
        raise Stuck("budget", f"more than {game.environment.budget.live_tokens} activities wait to be compensated")
    group, home, begin_ = 0, token.scope, token.since
    if scope.kind == ScopeKind.BODY and scope.host is not None:
        body = game.tokens[scope.host]
        group, home, begin_ = body.id, body.scope, body.since
    variables = token.variables if handler is not None else {**token.variables, **cast("dict[str, object]", inside)}
    id_ = game.new_id()
    kept = () if handler is not None else inner
    game.put_done(Done(id_, home, spot.id, begin_, id_, group, variables or NOTHING, kept))


def _compensates_itself(game: Game, spot: Spot, token: Token) -> bool:
    court = game.chart_at(token.scope).courts.get(spot.id)
    return court is not None and court.compensating is not None


def done_in(game: Game, scope_id: int) -> tuple[Done, ...]:
    """Return what was done in a scope, oldest first."""
    return tuple(done for done in game.done.values() if done.scope == scope_id) if game.done else ()


def throw(game: Game, spot: Spot, token: Token, trigger: Trigger) -> bool:
    """Begin to compensate for a throw event; return whether its token waits until all is undone."""
    targets = [
        done
        for scope_id in _reached(game, token.scope)
        for done in done_in(game, scope_id)
        if trigger.activity_ref is None or done.element == trigger.activity_ref
    ]
    game.note("thrown", token, spot, "compensate")
    if not targets:
        return False
    if trigger.wait_for_completion:
        begin(game, token, targets, "leave")
        return True
    begin(game, game.new_token(token.scope, spot.id), targets, "remove")
    return False


def _reached(game: Game, scope_id: int) -> list[int]:
    """Return the scopes a throw event speaks of: its own, and from inside an event subprocess the one around it."""
    reached = [scope_id]
    scope = game.scopes[scope_id]
    while scope.kind == ScopeKind.EVENT_SUBPROCESS and scope.host is not None:
        scope = game.scopes[game.tokens[scope.host].scope]
        reached.append(scope.id)
    return reached


def begin(game: Game, token: Token, targets: Sequence[Done], then: str) -> None:
    """Make a token wait until the targets are undone; `then` it leaves, is removed, or cancels its transaction."""
    memo = {"queue": [done.id for done in targets], "running": [], "then": then}
    game.put(token._replace(state=State.COMPENSATING, memo=memo))
    game.schedule("compensate", token.id)


def advance(game: Game, token: Token) -> None:
    """Start every handler whose turn has come; go on when all are through."""
    if not token.memo:
        return
    queue = [game.done[id_] for id_ in cast("list[int]", token.memo["queue"]) if id_ in game.done]
    running = [_Running(*row) for row in cast("list[list[int]]", token.memo["running"]) if row[0] in game.tokens]
    if not queue and not running:
        _go_on(game, token, str(token.memo["then"]))
        return
    others: list[Done | _Running] = [*queue, *running]
    ends = _ends(others)
    ready = [done for done in queue if all(other.begin <= ends[done.group or -done.id] for other in others)]
    for done in ready:
        running.append(_Running(_undo(game, token, done), done.begin, done.end, done.group))
    left = [done.id for done in queue if done not in ready]
    memo = {**token.memo, "queue": left, "running": [list(row) for row in running]}
    game.put(game.tokens[token.id]._replace(state=State.COMPENSATING, phase="", memo=memo))


def pending(game: Game, token: Token) -> bool:
    """Whether a token that compensates still has something to wait for."""
    queue, running = cast("list[int]", token.memo["queue"]), cast("list[list[int]]", token.memo["running"])
    return any(id_ in game.done for id_ in queue) or any(row[0] in game.tokens for row in running)


def _ends(rows: Sequence[Done | _Running]) -> dict[int, int]:
    """Return when each activity ended: of executions of one multi-instance activity the last."""
    ends: dict[int, int] = {}
    for row in rows:
        unit = row.group or (-row.id if isinstance(row, Done) else -row.token)
        ends[unit] = max(row.end, ends.get(unit, 0))
    return ends


def _go_on(game: Game, token: Token, then: str) -> None:
    if then == "remove":
        game.remove(token)
        return
    game.put(token._replace(state=State.LEAVING, phase="", memo=NOTHING))
    game.schedule(then, token.id)


def _undo(game: Game, token: Token, done: Done) -> int:
    """Start what undoes one activity; return the token to wait for."""
    game.remove_done(done)
    spot = game.chart_at(done.scope).spots[done.element]
    handler = spot.node.compensation_handler
    if handler is not None:
        started = game.new_token(done.scope, handler, parent=token.id, variables=done.variables)
        game.schedule("enter", started.id)
        return started.id
    host = game.new_token(done.scope, done.element, State.HOSTING, parent=token.id)
    _reopen(game, host, done)
    return host.id


def _reopen(game: Game, host: Token, done: Done) -> None:
    """Open a finished subprocess again, with its variables then, and compensate what was done in it."""
    scope = scopes.open_scope(game, host, ScopeKind.UNDO, done.element, done.variables)
    inner = []
    for row in done.inner:
        row = row._replace(id=game.new_id(), scope=scope.id)
        game.put_done(row)
        inner.append(row)
    handler = game.chart_at(scope.id).courts[done.element].compensating
    if handler is not None:
        started = game.new_token(scope.id, handler)
        game.schedule("enter", started.id)
    else:
        begin(game, game.new_token(scope.id, done.element), inner, "remove")


def cancel(game: Game, token: Token, transaction: int) -> None:
    """Cancel a transaction: drop what runs in it, compensate what it did, then leave by its cancel boundary."""
    element = token.element
    scopes.clear(game, transaction)
    undoing = game.new_token(transaction, element)
    begin(game, undoing, done_in(game, transaction), "cancel")
