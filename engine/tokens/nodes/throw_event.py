"""Intermediate throw event: throws its triggers and goes on. BPMN 2.0.2, 10.5.4, 13.5.1."""

from __future__ import annotations

from engine.tokens import compensation, mappings, throwing
from engine.tokens.chart import Spot
from engine.tokens.definition import TriggerKind
from engine.tokens.game import Game, Stuck
from engine.tokens.nodes.intermediate_event import IntermediateEvent
from engine.tokens.rows import Token


class ThrowEvent(IntermediateEvent):
    """Signals, messages, escalations; a compensation it waits for; a link to jump over."""

    def enter(self, game: Game, spot: Spot, token: Token) -> None:
        game.note("entered", token, spot)
        if not throwing.throw_all(game, spot, token, mappings.payload(game, spot, token)):
            return
        for trigger in spot.node.triggers:
            if trigger.kind is TriggerKind.LINK:
                self._jump(game, spot, token)
                return
            if trigger.kind is TriggerKind.COMPENSATE and compensation.throw(game, spot, token, trigger):
                return
        self.leave(game, spot, token)

    @staticmethod
    def _jump(game: Game, spot: Spot, token: Token) -> None:
        target = game.chart_at(token.scope).definition.links.get(spot.id)
        if target is None:
            raise Stuck("link", f"no link event catches '{spot.id}'")
        game.note("left", token, spot)
        game.put(Token(token.id, token.scope, target, token.state))
        game.schedule("enter", token.id)
