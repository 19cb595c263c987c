"""Script task: its lines are run, all or nothing. BPMN 2.0.2, 13.3.3."""

from __future__ import annotations

from engine.expressions import BpmnError
from engine.tokens import throwing
from engine.tokens.chart import Spot
from engine.tokens.game import APPLICATION_ERRORS, Game, Stuck
from engine.tokens.nodes.activity import Activity
from engine.tokens.rows import Token


class ScriptTask(Activity):
    """Writes what its script assigns; `bpmn_error` throws an error of the diagram."""

    def work(self, game: Game, spot: Spot, token: Token) -> None:
        if spot.node.script is not None:
            try:
                values = spot.node.script.run(game.visible(token), game.functions)
            except BpmnError as error:
                if not throwing.throw_error(game, token, error.code, by_activity=True):
                    raise Stuck("error", f"nobody catches the error '{error.code}'") from error
                return
            except APPLICATION_ERRORS as error:
                raise Stuck("script", str(error)) from error
            game.write(token, values)
            token = game.tokens[token.id]
        self.finish(game, spot, token)
