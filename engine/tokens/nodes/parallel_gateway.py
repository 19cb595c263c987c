"""Parallel gateway: all ways at once; joining it waits for a token on each incoming flow. BPMN 2.0.2, 13.4.1."""

from __future__ import annotations

from engine.tokens import flows
from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.nodes.symbol import Behaviour
from engine.tokens.rows import State, Token


class ParallelGateway(Behaviour):
    """Takes the oldest token of each incoming flow; conditions on outgoing flows do not count."""

    def enter(self, game: Game, spot: Spot, token: Token) -> None:
        incoming = spot.node.incoming
        if len(incoming) > 1:
            game.put(token._replace(state=State.JOINING, since=game.new_id()))
            oldest: dict[str | None, Token] = {}
            for waiting in game.gathered(token):
                oldest.setdefault(waiting.flow, waiting)
            if not oldest.keys() >= set(incoming):
                return
            token, *others = oldest.values()
            for other in others:
                game.remove(other)
        game.note("left", token, spot)
        flows.send(game, token, spot.outgoing)
