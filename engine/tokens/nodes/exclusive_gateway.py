"""Exclusive gateway: one way, by the first condition that holds; merging lets all through. BPMN 2.0.2, 13.4.2."""

from __future__ import annotations

from engine.tokens import flows
from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.nodes.symbol import Behaviour
from engine.tokens.rows import Token


class ExclusiveGateway(Behaviour):
    """Conditions are asked in the order of the flows; none that holds and no default is an incident."""

    def enter(self, game: Game, spot: Spot, token: Token) -> None:
        taken = flows.first_true(game, spot, game.visible(token)) if spot.has_conditions else spot.outgoing[:1]
        game.note("left", token, spot)
        flows.send(game, token, taken)
