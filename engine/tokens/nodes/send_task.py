"""Send task: a message is sent. BPMN 2.0.2, 13.3.3."""

from __future__ import annotations

from engine.tokens import throwing
from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.nodes.activity import Activity
from engine.tokens.rows import Token


class SendTask(Activity):
    """Sends its message; one without a message is carried by the application, which reads its extension elements."""

    def work(self, game: Game, spot: Spot, token: Token) -> None:
        if spot.node.message is not None:
            carried = token.variables if spot.node.inputs else {}
            throwing.throw_message(game, spot, token, spot.node.message, dict(carried))
        self.finish(game, spot, token)
