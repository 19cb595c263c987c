"""Event subprocess: started by its start event while the scope around it runs. BPMN 2.0.2, 10.5.6, 13.5.3."""

from __future__ import annotations

from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.nodes.subprocess import Subprocess
from engine.tokens.rows import ScopeKind, Token


class EventSubprocess(Subprocess):
    """A level whose token has neither flows nor boundary events; the scope around ends only after it."""

    kind = ScopeKind.EVENT_SUBPROCESS

    def enter(self, game: Game, spot: Spot, token: Token) -> None:
        self.begin(game, spot, token)
