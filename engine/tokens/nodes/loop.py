"""Standard loop marker: the activity again and again while a condition holds. BPMN 2.0.2, 13.3.6.

`loopCounter` is a name inside: the number of the execution, from 1.
"""

from __future__ import annotations

from typing import cast

from engine.tokens import flows, scopes
from engine.tokens.chart import Spot
from engine.tokens.definition import StandardLoop
from engine.tokens.game import Game, Stuck
from engine.tokens.rows import COUNTER, Scope, ScopeKind, Token


def open_body(game: Game, spot: Spot, token: Token, marker: StandardLoop) -> None:
    """Begin the activity: its first execution, unless the condition is tested before and does not hold."""
    if marker.maximum is not None and marker.maximum < 1:
        raise Stuck("loop", f"a loop cannot run at most {marker.maximum} times")
    game.note("entered", token, spot, body=True)
    scope = scopes.open_scope(game, token, ScopeKind.BODY, spot.id, {COUNTER: 1})
    if marker.test_before and not _goes_on(game, scope, marker):
        _close(game, spot, scope)
    else:
        _begin_execution(game, spot, scope)


def _begin_execution(game: Game, spot: Spot, scope: Scope) -> None:
    execution = game.new_token(scope.id, spot.id)
    game.schedule("begin", execution.id)


def _goes_on(game: Game, scope: Scope, marker: StandardLoop) -> bool:
    if marker.condition is None:
        return marker.maximum is not None
    return bool(game.evaluate(marker.condition, game.visible_in(scope.id), "condition"))


def execution_over(game: Game, spot: Spot, token: Token, marker: StandardLoop) -> None:
    """Run the activity once more while its condition holds and its maximum is not reached."""
    scope = game.scopes[token.scope]
    counter = cast(int, scope.variables[COUNTER])
    is_over = marker.maximum is not None and counter >= marker.maximum
    if is_over or not _goes_on(game, scope, marker):
        game.remove(token)
        _close(game, spot, scope)
        return
    game.remove(token)
    scope = game.put_scope(scope._replace(variables={**scope.variables, COUNTER: counter + 1}))
    _begin_execution(game, spot, scope)


def _close(game: Game, spot: Spot, scope: Scope) -> None:
    body = game.tokens[cast(int, scope.host)]
    game.remove_scope(scope.id)
    game.note("left", body, spot, body=True)
    flows.depart(game, spot, body)
