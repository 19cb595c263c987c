"""End event: a token ends, and what its triggers say. BPMN 2.0.2, 10.5.3, 13.5.6."""

from __future__ import annotations

from engine.tokens import compensation, flows, mappings, scopes, throwing
from engine.tokens.chart import Spot
from engine.tokens.definition import Trigger, TriggerKind
from engine.tokens.game import Game, Stuck
from engine.tokens.nodes.symbol import Behaviour
from engine.tokens.rows import ScopeKind, Token


class EndEvent(Behaviour):
    """None, message, signal, escalation, error, cancel, compensation, terminate; several in the order drawn."""

    def enter(self, game: Game, spot: Spot, token: Token) -> None:
        game.note("entered", token, spot)
        if not spot.node.triggers:
            self.leave(game, spot, token)
            return
        if not throwing.throw_all(game, spot, token, mappings.payload(game, spot, token)):
            return
        for trigger in spot.node.triggers:
            if self._ends_otherwise(game, spot, token, trigger):
                return
        self.leave(game, spot, token)

    def _ends_otherwise(self, game: Game, spot: Spot, token: Token, trigger: Trigger) -> bool:
        """Do what concerns more than this token; return whether its end is told by that."""
        if trigger.kind is TriggerKind.COMPENSATE:
            return compensation.throw(game, spot, token, trigger)
        if trigger.kind is TriggerKind.ERROR:
            self._throw_error(game, spot, token, trigger)
        elif trigger.kind is TriggerKind.TERMINATE:
            self._terminate(game, spot, token)
        elif trigger.kind is TriggerKind.CANCEL:
            self._cancel(game, spot, token)
        else:
            return False
        return True

    def leave(self, game: Game, spot: Spot, token: Token) -> None:
        game.note("left", token, spot)
        if game.scopes[token.scope].host is None:
            game.last_end = spot.id
        flows.send(game, token, ())

    @staticmethod
    def _throw_error(game: Game, spot: Spot, token: Token, trigger: Trigger) -> None:
        game.note("thrown", token, spot, f"error:{trigger.code}" if trigger.code else "error")
        game.note("left", token, spot)
        if throwing.throw_error(game, token, trigger.code, by_activity=False):
            return
        root = game.scopes[token.scope]
        while root.host is not None:
            root = game.scopes[game.tokens[root.host].scope]
        scopes.end_instance(game, root, "failed", spot.id, trigger.code)

    @staticmethod
    def _terminate(game: Game, spot: Spot, token: Token) -> None:
        """Drop all else in the scope; what the scope is the inside of goes on as completed."""
        game.note("left", token, spot)
        scope = game.scopes[token.scope]
        if scope.host is None:
            game.last_end = spot.id
        game.remove(token)
        scopes.clear(game, scope.id)
        if scope.kind != ScopeKind.PROCESS:
            game.put_scope(game.scopes[scope.id]._replace(memo={}))

    @staticmethod
    def _cancel(game: Game, spot: Spot, token: Token) -> None:
        transaction = throwing.transaction_around(game, token.scope)
        if transaction is None:
            raise Stuck("cancel", f"'{spot.id}' cancels a transaction, but there is none around it")
        game.note("thrown", token, spot, "cancel")
        game.note("left", token, spot)
        compensation.cancel(game, token, transaction)

    def cancel(self, game: Game, spot: Spot, token: Token) -> None:
        """The transaction is undone: leave it by its cancel boundary event."""
        host = game.tokens[game.scopes[token.scope].host or 0]
        around = game.scopes[host.scope]
        if around.kind == ScopeKind.BODY and around.host is not None:
            host = game.tokens[around.host]
        for boundary in game.spot(host).catchers:
            for trigger in boundary.triggers:
                if trigger.kind is TriggerKind.CANCEL:
                    throwing.start_boundary(game, boundary, trigger, host, is_interrupting=True)
                    return
        scopes.drop(game, host)
