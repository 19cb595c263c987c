"""What can still reach a join: the inclusive gateway's question, answered backward once per join and definition.

BPMN 2.0.2, table 13.3: a join fires when no token can reach one of its empty incoming flows without passing the join,
unless that token can also reach an occupied one.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.tokens.chart import Chart, Spot
from engine.tokens.definition import ProcessDefinition
from engine.tokens.game import Game
from engine.tokens.rows import State, Token


def tokens_at_join(game: Game, scope_id: int, element: str) -> list[Token]:
    """Return the tokens that wait at a join, in order of arrival; those an incident holds there are among them."""
    waiting = [
        token
        for token in map(game.tokens.__getitem__, game.members[scope_id])
        if token.element == element and (token.state == State.JOINING or token.phase == "join")
    ]
    return sorted(waiting, key=lambda token: token.since)


def may_still_come(game: Game, spot: Spot, scope_id: int, occupied: set[str | None]) -> bool:
    """Whether the join has to wait: a live token reaches an empty incoming flow, and no occupied one."""
    empty = {flow for flow in spot.node.incoming if flow not in occupied}
    if not empty:
        return False
    reaching = reaches(game.chart_at(scope_id), spot)
    for member in game.members[scope_id]:
        token = game.tokens[member]
        if token.element == spot.id or token.state == State.RESETTING:
            continue
        reached = reaching.get(token.element)
        if reached and not reached.isdisjoint(empty) and reached.isdisjoint(occupied):
            return True
    return False


def reaches(chart: Chart, join: Spot) -> dict[str, frozenset[str]]:
    """Return, for every element of the level, the incoming flows of the join that a token there can come to."""
    found = chart.reaches.get(join.id)
    if found is None:
        found = chart.reaches[join.id] = _reaches(chart.definition, join)
    return found


def _reaches(definition: ProcessDefinition, join: Spot) -> dict[str, frozenset[str]]:
    result: dict[str, set[str]] = {}
    for flow_id in join.node.incoming:
        for element in _before(definition, definition.flows[flow_id].source, join.id):
            result.setdefault(element, set()).add(flow_id)
    return {element: frozenset(reached) for element, reached in result.items()}


def _before(definition: ProcessDefinition, element: str, join: str) -> Iterable[str]:
    """Return every element from which one comes to that element without passing the join, and itself."""
    seen: set[str] = set()
    open_ends = [element]
    while open_ends:
        current = open_ends.pop()
        if current in seen or current == join:
            continue
        seen.add(current)
        open_ends.extend(_steps_back(definition, current))
    return seen


def _steps_back(definition: ProcessDefinition, element: str) -> Iterable[str]:
    node = definition.nodes[element]
    yield from (definition.flows[flow].source for flow in node.incoming)
    if node.attached_to is not None:
        yield node.attached_to
    yield from (thrower for thrower, catcher in definition.links.items() if catcher == element)
