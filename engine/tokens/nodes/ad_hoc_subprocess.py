"""Ad-hoc subprocess: its activities side by side or one after another, until its condition holds. BPMN 2.0.2, 13.3.5.

Nobody is asked which activity to begin: all that no flow leads to begin by themselves.
"""

from __future__ import annotations

from typing import cast

from engine.tokens import scopes
from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.nodes.subprocess import Subprocess
from engine.tokens.rows import Token


class AdHocSubprocess(Subprocess):
    """Looks at its completion condition whenever an activity in it is over."""

    def work(self, game: Game, spot: Spot, token: Token) -> None:
        scope = scopes.open_scope(game, token, self.kind, spot.id)
        starts = list(game.chart_at(scope.id).courts[spot.id].start_ids)
        if not spot.node.ad_hoc_sequential or not starts:
            scopes.begin_level(game, scope)
            return
        scope = game.put_scope(scope._replace(memo={"queue": starts}))
        scopes.arm_event_subprocesses(game, scope.id, game.chart_at(scope.id).courts[spot.id])
        self._begin_next(game, scope.id)

    @staticmethod
    def _begin_next(game: Game, scope_id: int) -> None:
        scope = game.scopes[scope_id]
        first, *rest = cast("list[str]", scope.memo["queue"])
        game.put_scope(scope._replace(memo={"queue": rest}))
        game.schedule("enter", game.new_token(scope_id, first).id)

    def look(self, game: Game, spot: Spot, token: Token, scope_id: int) -> None:
        """An activity inside is over: end the subprocess when its condition holds."""
        condition = spot.node.ad_hoc_condition
        if condition is None or not game.evaluate(condition, game.visible_in(scope_id), "condition"):
            return
        scope = game.scopes[scope_id]
        game.put_scope(scope._replace(memo={}))
        if spot.node.ad_hoc_cancel_remaining:
            scopes.clear(game, scope_id)
        game.ending[scope_id] = None

    def scope_ended(self, game: Game, spot: Spot, token: Token, scope_id: int) -> None:
        if game.scopes[scope_id].memo.get("queue"):
            self._begin_next(game, scope_id)
        else:
            super().scope_ended(game, spot, token, scope_id)
