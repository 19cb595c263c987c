"""Event-based gateway: waits for the events behind it; the first that comes decides. BPMN 2.0.2, 13.4.4."""

from __future__ import annotations

from engine.tokens import waiting
from engine.tokens.chart import Spot
from engine.tokens.definition import Symbol
from engine.tokens.game import Game
from engine.tokens.nodes.symbol import Behaviour
from engine.tokens.rows import State, Token, Wait


class EventBasedGateway(Behaviour):
    """Holds the waits of its branches itself; a parallel one lets each branch go on in its time."""

    def enter(self, game: Game, spot: Spot, token: Token) -> None:
        self._arm(game, spot, token, [flow.target for flow in spot.outgoing])

    def _arm(self, game: Game, spot: Spot, token: Token, targets: list[str]) -> None:
        game.note("entered", token, spot)
        chart, seen = game.chart_at(token.scope), game.visible(token)
        game.put(token._replace(state=State.WAITING))
        for target in targets:
            node = chart.spots[target].node
            if node.symbol is Symbol.RECEIVE_TASK and node.message is not None:
                waiting.subscribe(game, node, node.message, 0, seen, token.id)
            else:
                waiting.arm(game, node, seen, token=token.id)

    def be_started(self, game: Game, spot: Spot, token: Token) -> None:
        """An instance begins by one of the events: that branch goes on, a parallel gateway waits for the others."""
        began = str(token.memo["began"])
        scope_id = token.scope
        self._go_on(game, scope_id, began)
        others = [flow.target for flow in spot.outgoing if flow.target != began]
        if spot.node.parallel_event_gateway and others:
            self._arm(game, spot, game.put(token._replace(memo={})), others)
        else:
            game.note("left", token, spot)
            game.remove(token)

    def resume(self, game: Game, spot: Spot, token: Token, wait: Wait) -> None:
        target = game.chart_at(token.scope).spots[wait.element]
        if not waiting.is_complete(game, target.node, wait, game.token_waits[token.id]):
            return
        is_parallel = spot.node.parallel_event_gateway
        for wait_id in list(game.token_waits[token.id]):
            if not is_parallel or game.waits[wait_id].element == wait.element:
                game.remove_wait(game.waits[wait_id])
        if target.node.triggers:
            game.note("caught", token, target, waiting.described(target.node.triggers[wait.trigger]))
        self._go_on(game, token.scope, wait.element)
        if not game.token_waits[token.id]:
            game.note("left", token, spot)
            game.remove(token)

    @staticmethod
    def _go_on(game: Game, scope_id: int, element: str) -> None:
        token = game.new_token(scope_id, element)
        game.schedule("be_started", token.id)
