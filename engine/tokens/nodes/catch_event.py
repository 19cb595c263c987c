"""Intermediate catch event: waits for one of its triggers, or with parallelMultiple for all. BPMN 2.0.2, 10.5.4."""

from __future__ import annotations

from engine.tokens import waiting
from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.nodes.intermediate_event import IntermediateEvent
from engine.tokens.rows import State, Token, Wait


class CatchEvent(IntermediateEvent):
    """A link's target, or a place to wait; a cycle lets a token go on each time."""

    def enter(self, game: Game, spot: Spot, token: Token) -> None:
        game.note("entered", token, spot)
        if waiting.arm(game, spot.node, game.visible(token), token=token.id):
            game.put(token._replace(state=State.WAITING))
        else:
            self.leave(game, spot, token)

    def be_started(self, game: Game, spot: Spot, token: Token) -> None:
        game.note("entered", token, spot)
        self.leave(game, spot, token)

    def resume(self, game: Game, spot: Spot, token: Token, wait: Wait) -> None:
        if not waiting.is_complete(game, spot.node, wait, game.token_waits[token.id]):
            return
        game.note("caught", token, spot, waiting.described(spot.node.triggers[wait.trigger]))
        goes_on = token
        if wait.cycle is not None and wait.id in game.waits and waiting.go_on_waiting(game, wait):
            goes_on = game.new_token(token.scope, spot.id, variables=token.variables)
        else:
            game.release(token)
        game.put(goes_on._replace(state=State.LEAVING))
        game.schedule("leave", goes_on.id)
