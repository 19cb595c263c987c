"""Input and output mappings of activities and events: what is copied in for the inside only, and what comes out.

BPMN 2.0.2, 10.4.2 (data associations); in diagrams `camunda:inputParameter`, `camunda:outputParameter`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.tokens.chart import Spot
from engine.tokens.definition import VariableMapping
from engine.tokens.game import NO_NAMES, Game
from engine.tokens.rows import Token

ALL = "*"


def mapped(
    game: Game,
    mappings: Sequence[VariableMapping],
    seen: Mapping[str, object],
    cause: str = "mapping",
    without: frozenset[str] = NO_NAMES,
) -> dict[str, object]:
    """Return what the mappings make of the variables seen; the target "*" takes all of them but `without`."""
    values: dict[str, object] = {}
    for mapping in mappings:
        if mapping.source is not None:
            values[mapping.target] = game.evaluate(mapping.source, seen, cause)
        elif mapping.target == ALL:
            values.update({name: value for name, value in seen.items() if name not in without})
    return values


def take_inputs(game: Game, spot: Spot, token: Token) -> Token:
    """Give a token the variables that its symbol's input mappings make: seen from there and inside only."""
    if not spot.node.inputs:
        return token
    values = mapped(game, spot.node.inputs, game.visible(token))
    game.conditions_are_stale = True
    return game.put(token._replace(variables={**token.variables, **values}))


def give_outputs(game: Game, spot: Spot, token: Token) -> None:
    """Write what the output mappings make of the inside outward."""
    if spot.node.outputs:
        game.write_in(token.scope, mapped(game, spot.node.outputs, game.visible(token)), "mapping")


def payload(game: Game, spot: Spot, token: Token) -> dict[str, object]:
    """Return what a thrown message or signal carries: what its input mappings make, else nothing."""
    if not spot.node.inputs:
        return {}
    values = mapped(game, spot.node.inputs, game.visible(token))
    game.check_values(values, "mapping")
    return values
