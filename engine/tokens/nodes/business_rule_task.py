"""Business rule task: a decision is asked. BPMN 2.0.2, 13.3.3; DMN 1.3, 6.3."""

from __future__ import annotations

from engine.tokens.chart import Spot
from engine.tokens.game import APPLICATION_ERRORS, Game, Stuck
from engine.tokens.nodes.activity import Activity
from engine.tokens.rows import Token


class BusinessRuleTask(Activity):
    """Writes the decision's value as its result variable; without one, several outputs by their names."""

    def work(self, game: Game, spot: Spot, token: Token) -> None:
        decision = spot.node.decision
        if decision is not None:
            try:
                value = game.environment.decide(decision, game.visible(token))
            except APPLICATION_ERRORS as error:
                raise Stuck("decision", f"decision '{decision}': {error}") from error
            if spot.node.result_variable is None and isinstance(value, dict):
                game.write(token, value, "decision")
            else:
                game.write(token, {spot.node.result_variable or decision: value}, "decision")
            token = game.tokens[token.id]
        self.finish(game, spot, token)
