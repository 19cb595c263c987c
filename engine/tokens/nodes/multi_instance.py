"""Multi-instance marker: one body token owns the boundary events and the counters, each execution has its own token.

The counters are names inside: numberOfInstances, numberOfActiveInstances, numberOfCompletedInstances, and loopCounter,
which counts from 1. BPMN 2.0.2, 13.3.7 and table 10.30.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from engine.tokens import flows, scopes, throwing
from engine.tokens.chart import Spot
from engine.tokens.definition import MultiInstance, Trigger, TriggerKind
from engine.tokens.game import Game, Stuck
from engine.tokens.rows import ACTIVE, COMPLETED, COUNTER, TOTAL, Scope, ScopeKind, State, Token


def open_body(game: Game, spot: Spot, token: Token, marker: MultiInstance) -> None:
    """Begin the activity: all executions side by side, or the first of them."""
    items = _items(game, token, marker)
    count = len(items) if items is not None else _cardinality(game, token, marker)
    limit = game.environment.budget.multi_instance_items
    if count > limit:
        raise Stuck("budget", f"{count} executions are more than {limit}")
    game.note("entered", token, spot, body=True)
    started = min(count, 1) if marker.sequential else count
    counters: Mapping[str, object] = {TOTAL: count, ACTIVE: started, COMPLETED: 0}
    scope = scopes.open_scope(game, token, ScopeKind.BODY, spot.id, counters)
    if items is not None and marker.sequential:
        game.put(game.tokens[token.id]._replace(memo={"items": items[1:]}))
    if count == 0:
        _close(game, spot, scope, marker)
    for index in range(started):
        _begin_execution(game, spot, scope.id, marker, index, items[index] if items is not None else None)


def _items(game: Game, token: Token, marker: MultiInstance) -> list[object] | None:
    if marker.collection is None:
        return None
    items = game.evaluate(marker.collection, game.visible(token), "collection")
    if not isinstance(items, list | tuple):
        raise Stuck("collection", f"expected a list in '{marker.collection.text}', but got {type(items).__name__}")
    return list(items)


def _cardinality(game: Game, token: Token, marker: MultiInstance) -> int:
    if marker.cardinality is None:
        raise Stuck("collection", "neither a number of executions nor a collection")
    count = game.evaluate(marker.cardinality, game.visible(token), "collection")
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise Stuck("collection", f"expected a whole number in '{marker.cardinality.text}', but got {count!r}")
    return count


def _begin_execution(game: Game, spot: Spot, scope_id: int, marker: MultiInstance, index: int, item: object) -> None:
    variables: dict[str, object] = {COUNTER: index + 1}
    if marker.collection is not None and marker.item_variable:
        variables[marker.item_variable] = item
    execution = game.new_token(scope_id, spot.id, variables=variables)
    game.schedule("begin", execution.id)


def execution_over(game: Game, spot: Spot, token: Token, marker: MultiInstance) -> None:
    """Count an execution that is over; what its behavior throws is told first."""
    trigger = _thrown(game, token, marker)
    if trigger is None:
        count(game, spot, token, marker)
        return
    token = game.put(token._replace(state=State.LEAVING, phase="next"))
    _throw(game, spot, token, trigger)
    if token.id in game.tokens:
        game.schedule("next", token.id)


def _thrown(game: Game, token: Token, marker: MultiInstance) -> Trigger | None:
    """Return what is thrown now: for each execution with behavior None, for the first with behavior One."""
    if marker.behavior == "None":
        return marker.thrown_each
    body = game.tokens[cast(int, game.scopes[token.scope].host)]
    if marker.behavior != "One" or body.memo.get("has_thrown"):
        return None
    game.put(body._replace(memo={**body.memo, "has_thrown": True}))
    return marker.thrown_one


def _throw(game: Game, spot: Spot, token: Token, trigger: Trigger) -> None:
    """Throw for an execution; the boundary events of its own activity catch it without interrupting."""
    body = cast(int, game.scopes[token.scope].host)
    if trigger.kind is TriggerKind.SIGNAL:
        throwing.throw_signal(game, spot, token, trigger, {}, spared=body)
    elif trigger.kind is TriggerKind.MESSAGE:
        throwing.throw_message(game, spot, token, trigger, {})
    elif trigger.kind is TriggerKind.ESCALATION:
        throwing.throw_escalation(game, token, trigger.code, by_activity=True, spared=body)
    elif not throwing.throw_error(game, token, trigger.code, by_activity=True):
        raise Stuck("error", f"nobody catches the error '{trigger.code}'")


def count(game: Game, spot: Spot, token: Token, marker: MultiInstance) -> None:
    """Count an execution that is over, then begin the next one, or close the activity."""
    scope = _counted(game, token)
    _collect(game, scope, token, marker)
    is_complete = marker.completion_condition is not None and bool(
        game.evaluate(marker.completion_condition, game.visible(token), "condition")
    )
    game.remove(token)
    completed, total = cast(int, scope.variables[COMPLETED]), cast(int, scope.variables[TOTAL])
    if is_complete or completed == total:
        _close(game, spot, scope, marker)
    elif marker.sequential:
        _begin_execution(game, spot, scope.id, marker, completed, _next_item(game, scope))


def _next_item(game: Game, scope: Scope) -> object:
    """Take the next item of a sequential activity from its body, which keeps what is left of the collection."""
    body = game.tokens[cast(int, scope.host)]
    if "items" not in body.memo:
        return None
    item, *left = cast("list[object]", body.memo["items"])
    game.put(body._replace(memo={**body.memo, "items": left}))
    return item


def _counted(game: Game, token: Token) -> Scope:
    scope = game.scopes[token.scope]
    completed, total = cast(int, scope.variables[COMPLETED]) + 1, cast(int, scope.variables[TOTAL])
    one_by_one = ACTIVE in scope.variables and scope.variables[ACTIVE] == 1 and completed < total
    active = 1 if one_by_one and len(game.members[scope.id]) == 1 else len(game.members[scope.id]) - 1
    return game.put_scope(scope._replace(variables={**scope.variables, ACTIVE: active, COMPLETED: completed}))


def _collect(game: Game, scope: Scope, token: Token, marker: MultiInstance) -> None:
    """Keep the result of an execution with the body, until all can be written in the order of their items."""
    if not marker.output_collection or not marker.output_item:
        return
    body = game.tokens[cast(int, scope.host)]
    result = game.visible(token).get(marker.output_item)
    results = [*cast("list[list[object]]", body.memo.get("results", [])), [token.variables[COUNTER], result]]
    game.put(body._replace(memo={**body.memo, "results": results}))


def _close(game: Game, spot: Spot, scope: Scope, marker: MultiInstance) -> None:
    """The activity is complete: drop executions left over, write the results, go on."""
    body = game.tokens[cast(int, scope.host)]
    scopes.clear(game, scope.id)
    game.remove_scope(scope.id)
    if marker.output_collection:
        results = sorted(cast("list[list[object]]", body.memo.get("results", [])), key=lambda row: cast(int, row[0]))
        game.write_in(body.scope, {marker.output_collection: [result for _, result in results]}, "collection")
    game.note("left", body, spot, body=True)
    flows.depart(game, spot, body)
