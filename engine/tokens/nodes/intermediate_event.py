"""What events on the way share: they go on when their time has come. BPMN 2.0.2, 10.5.4."""

from __future__ import annotations

from engine.tokens import flows, mappings
from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.nodes.symbol import Behaviour
from engine.tokens.rows import Token


class IntermediateEvent(Behaviour):
    """Leaves by its outputs and its flows."""

    def leave(self, game: Game, spot: Spot, token: Token) -> None:
        mappings.give_outputs(game, spot, token)
        game.note("left", token, spot)
        flows.leave(game, spot, token)
