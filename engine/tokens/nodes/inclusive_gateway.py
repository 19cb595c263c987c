"""Inclusive gateway: every way whose condition holds; joining it waits for what may still come. BPMN 2.0.2, 13.4.3."""

from __future__ import annotations

from engine.tokens import flows, reach
from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.nodes.symbol import Behaviour
from engine.tokens.rows import State, Token


class InclusiveGateway(Behaviour):
    """As a join it fires when nothing else can run and no token can reach an empty incoming flow any more."""

    def enter(self, game: Game, spot: Spot, token: Token) -> None:
        if len(spot.node.incoming) < 2:
            self._split(game, spot, token)
            return
        token = game.put(token._replace(state=State.JOINING, since=game.new_id()))
        game.look_at_join(token)

    @staticmethod
    def _split(game: Game, spot: Spot, token: Token) -> None:
        taken = flows.every_true(game, spot, game.visible(token))
        game.note("left", token, spot)
        flows.send(game, token, taken)

    def settle(self, game: Game, spot: Spot, scope_id: int) -> None:
        waiting = reach.tokens_at_join(game, scope_id, spot.id)
        if (
            waiting
            and all(token.state == State.JOINING for token in waiting)
            and not reach.may_still_come(game, spot, scope_id, {token.flow for token in waiting})
        ):
            game.schedule("join", waiting[0].id)

    def join(self, game: Game, spot: Spot, token: Token) -> None:
        """Take the oldest token of each occupied flow, and go on with one."""
        oldest: dict[str | None, Token] = {}
        for waiting in reach.tokens_at_join(game, token.scope, spot.id):
            oldest.setdefault(waiting.flow, waiting)
        first, *others = oldest.values()
        for other in others:
            game.remove(other)
        self._split(game, spot, first)
        left = reach.tokens_at_join(game, token.scope, spot.id)
        if left:
            game.look_at_join(left[0])
