"""Task and manual task: nothing for an engine to do. BPMN 2.0.2, 13.3.3."""

from __future__ import annotations

from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.nodes.activity import Activity
from engine.tokens.rows import Token


class Task(Activity):
    """Ends as soon as it begins."""

    def work(self, game: Game, spot: Spot, token: Token) -> None:
        self.finish(game, spot, token)
