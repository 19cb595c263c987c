"""Boundary event: listens while its activity runs, and interrupts it or not. BPMN 2.0.2, 10.5.4, 13.5.2.

Errors, escalations and cancel find it when they are thrown (`engine/tokens/throwing.py`); the others wait.
"""

from __future__ import annotations

from engine.tokens import throwing, waiting
from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.nodes.intermediate_event import IntermediateEvent
from engine.tokens.rows import Token, Wait


class BoundaryEvent(IntermediateEvent):
    """Its waits belong to the token of the activity it is attached to, so that they go with it."""

    def interrupt(self, game: Game, spot: Spot, host: Token, wait: Wait, *, is_spared: bool) -> None:
        node = spot.node
        if not waiting.is_complete(game, node, wait, game.token_waits[host.id]):
            return
        is_interrupting = node.interrupting and not is_spared
        if not is_interrupting:
            if node.parallel_multiple:
                waiting.arm_again(game, node, game.visible(host), token=host.id)
            else:
                waiting.go_on_waiting(game, wait)
        throwing.start_boundary(game, node, node.triggers[wait.trigger], host, is_interrupting=is_interrupting)
