"""Receive task: waits for a message. BPMN 2.0.2, 13.3.3."""

from __future__ import annotations

from engine.tokens import waiting
from engine.tokens.chart import Spot
from engine.tokens.game import Game, Stuck
from engine.tokens.nodes.activity import Activity
from engine.tokens.rows import State, Token, Wait


class ReceiveTask(Activity):
    """Waits for its message; an instantiating one has it already when an instance begins there."""

    def work(self, game: Game, spot: Spot, token: Token) -> None:
        if spot.node.message is None:
            raise Stuck("message", f"'{spot.id}' names no message to wait for")
        game.put(token._replace(state=State.WAITING, phase=""))
        waiting.subscribe(game, spot.node, spot.node.message, 0, game.visible(token), token.id)

    def be_started(self, game: Game, spot: Spot, token: Token) -> None:
        game.note("entered", token, spot)
        self._caught(game, spot, token)
        self.finish(game, spot, token)

    def resume(self, game: Game, spot: Spot, token: Token, wait: Wait) -> None:
        self._caught(game, spot, token)
        super().resume(game, spot, token, wait)

    @staticmethod
    def _caught(game: Game, spot: Spot, token: Token) -> None:
        if spot.node.message is not None:
            game.note("caught", token, spot, waiting.described(spot.node.message))
