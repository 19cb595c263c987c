"""Subprocess and transaction: a level of its own inside an activity. BPMN 2.0.2, 13.3.4, 13.4.2 (transaction)."""

from __future__ import annotations

from engine.tokens import compensation, scopes
from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.nodes.activity import Activity
from engine.tokens.rows import ScopeKind, Token


class Subprocess(Activity):
    """Opens its level, and goes on when the last token in it is gone."""

    kind = ScopeKind.SUBPROCESS

    def work(self, game: Game, spot: Spot, token: Token) -> None:
        scope = scopes.open_scope(game, token, self.kind, spot.id)
        scopes.begin_level(game, scope)

    def scope_ended(self, game: Game, spot: Spot, token: Token, scope_id: int) -> None:
        inner = compensation.done_in(game, scope_id)
        inside = game.scopes[scope_id].variables
        game.remove_scope(scope_id)
        self.finish(game, spot, token, inner, inside)
