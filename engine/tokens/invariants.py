"""What is true of rows after every step; tests and the cockpit's self-check ask it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from engine.tokens.compensation import pending
from engine.tokens.definition import ProcessDefinition
from engine.tokens.environment import Environment
from engine.tokens.game import Game, Stuck
from engine.tokens.rows import Rows, Scope, ScopeKind, State, Token, Wait

_AT_REST = {State.WAITING, State.HOSTING, State.JOINING, State.RESETTING, State.COMPENSATING, State.HELD}
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def broken_rules(definition: ProcessDefinition, rows: Rows, environment: Environment) -> list[str]:
    """Return a sentence for every rule the rows break; none, when all is well."""
    if rows.state != "active":
        left = len(rows.tokens) + len(rows.waits) + len(rows.done) + max(0, len(rows.scopes) - 1)
        return [f"the instance is {rows.state}, but {left} rows are left"] if left else []
    if not rows.scopes:
        return []
    unplaced = [f"token {t.id} rests in no scope" for t in rows.tokens.values() if t.scope not in rows.scopes]
    if unplaced:
        return unplaced
    game = Game(definition, rows, _ANY_TIME, environment)
    found = [rule for token in rows.tokens.values() for rule in _of_token(game, token)]
    found += [rule for scope in rows.scopes.values() for rule in _of_scope(game, scope)]
    found += [rule for wait in rows.waits.values() for rule in _of_wait(game, wait)]
    found += [f"done {d.id} lies in no scope" for d in rows.done.values() if d.scope not in rows.scopes]
    highest = max((*rows.tokens, *rows.scopes, *rows.waits, *rows.done), default=0)
    return found if highest < rows.next_id else [*found, f"id {highest} is not below the next id {rows.next_id}"]


def _of_token(game: Game, token: Token) -> Iterator[str]:
    name = f"token {token.id} at '{token.element}'"
    try:
        spot = game.chart_at(token.scope).spots.get(token.element)
    except Stuck:
        yield f"{name} is in a process that cannot be found"
        return
    if spot is None:
        yield f"{name} is at no element"
        return
    if token.state not in _AT_REST:
        yield f"{name} is still {token.state}"
    if token.state == State.WAITING and not game.token_waits.get(token.id):
        yield f"{name} waits for nothing"
    if (token.state == State.HOSTING) != (token.id in game.inside) and token.state != State.HELD:
        yield f"{name} is {token.state}, but " + ("hosts" if token.id in game.inside else "hosts nothing")
    if token.state == State.COMPENSATING and not pending(game, token):
        yield f"{name} waits for no handler"
    if token.parent is not None and token.parent not in game.tokens:
        yield f"{name} reports to a token that is gone"


def _of_scope(game: Game, scope: Scope) -> Iterator[str]:
    name = f"scope {scope.id} ({scope.kind} '{scope.level}')"
    host = game.tokens.get(scope.host) if scope.host is not None else None
    if scope.host is not None and host is None:
        yield f"{name} has lost its host"
    if not game.members[scope.id] and (host is None or host.state != State.HELD):
        yield f"{name} is empty"
    if scope.process not in game.scopes:
        yield f"{name} belongs to no process"
    if (scope.kind == ScopeKind.PROCESS) != (scope.process == scope.id):
        yield f"{name} belongs to the wrong process"


def _of_wait(game: Game, wait: Wait) -> Iterator[str]:
    name = f"wait {wait.id} of '{wait.element}'"
    if (wait.token is None) == (wait.scope is None):
        yield f"{name} has not exactly one owner"
    if wait.token is not None and wait.token not in game.tokens:
        yield f"{name} has lost its token"
    if wait.scope is not None and wait.scope not in game.scopes:
        yield f"{name} has lost its scope"
    if (wait.kind == "timer") != (wait.due_at is not None):
        yield f"{name} is a timer without an instant, or has one without being a timer"
