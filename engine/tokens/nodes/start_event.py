"""Start event: where a token begins; in an event subprocess, what starts it. BPMN 2.0.2, 10.5.2, 13.5.1."""

from __future__ import annotations

from engine.tokens import flows, mappings, throwing, waiting
from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.nodes.symbol import Behaviour
from engine.tokens.rows import Token, Wait


class StartEvent(Behaviour):
    """Lets its token go on at once."""

    def enter(self, game: Game, spot: Spot, token: Token) -> None:
        game.note("entered", token, spot)
        mappings.give_outputs(game, spot, token)
        game.note("left", token, spot)
        flows.leave(game, spot, token)

    def start(self, game: Game, spot: Spot, scope_id: int, wait: Wait) -> None:
        node = spot.node
        if not waiting.is_complete(game, node, wait, game.scope_waits[scope_id]):
            return
        if not node.interrupting:
            if node.parallel_multiple:
                waiting.arm_again(game, node, game.visible_in(scope_id), scope=scope_id)
            else:
                waiting.go_on_waiting(game, wait)
        catcher = throwing.Catcher(node, node.triggers[wait.trigger], None, scope_id, node.level)
        throwing.start_event_subprocess(game, catcher, is_interrupting=node.interrupting)
