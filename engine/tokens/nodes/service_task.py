"""Service task: a handler of its topic works for it, as a job. BPMN 2.0.2, 13.3.3."""

from __future__ import annotations

from engine.tokens.chart import Spot
from engine.tokens.effects import JobOpened
from engine.tokens.game import Game
from engine.tokens.nodes.activity import Activity
from engine.tokens.rows import State, Token, Wait


class ServiceTask(Activity):
    """Opens a job and waits; its handler's variables are written like a script's."""

    def work(self, game: Game, spot: Spot, token: Token) -> None:
        if spot.node.topic is None:
            self.finish(game, spot, token)
            return
        variables = token.variables if spot.node.inputs else game.visible(token)
        game.put(token._replace(state=State.WAITING, phase=""))
        wait = game.put_wait(Wait(game.new_id(), "job", spot.id, 0, token.id, name=spot.node.topic))
        key = game.place(token.scope)[0]
        game.effects.append(JobOpened(wait.id, spot.id, key, spot.node.topic, dict(variables)))
