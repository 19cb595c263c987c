"""Call activity: another process runs inside, seeing only what is mapped in. BPMN 2.0.2, 10.3.6, 13.3.4."""

from __future__ import annotations

from engine.tokens import mappings, scopes
from engine.tokens.chart import Spot
from engine.tokens.game import Game, Stuck
from engine.tokens.nodes.activity import Activity
from engine.tokens.rows import MARKER_NAMES, ScopeKind, Token


class CallActivity(Activity):
    """Calls the version pinned at deployment; without mappings nothing passes in or out."""

    def work(self, game: Game, spot: Spot, token: Token) -> None:
        self._check_depth(game, token)
        chart = game.chart_at(token.scope)
        variables = mappings.mapped(game, spot.node.call_in, game.visible(token))
        called = spot.node.called_element or ""
        scope = scopes.open_called(game, token, called, chart.definition.callees.get(spot.id), variables)
        scopes.begin_level(game, scope)

    @staticmethod
    def _check_depth(game: Game, token: Token) -> None:
        depth, scope = 1, game.scopes[token.scope]
        while scope.host is not None:
            depth += scope.kind == ScopeKind.PROCESS
            scope = game.scopes[game.tokens[scope.host].scope]
        if depth > game.environment.budget.call_depth:
            raise Stuck("budget", f"processes call each other more than {game.environment.budget.call_depth} deep")

    def scope_ended(self, game: Game, spot: Spot, token: Token, scope_id: int) -> None:
        # what a marker counted when the call began, and "*" copied in, is stale by now
        given = mappings.mapped(game, spot.node.call_out, game.visible_in(scope_id), without=MARKER_NAMES)
        game.remove_scope(scope_id)
        game.write(token, given, "mapping")
        self.finish(game, spot, game.tokens[token.id])
