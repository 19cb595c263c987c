"""Activity: what tasks, subprocesses and call activities share, from the first token in to the last one out.

Start quantity, boundary events, markers, mappings, compensation. BPMN 2.0.2, 13.3.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from engine.tokens import compensation, flows, mappings, waiting
from engine.tokens.chart import Spot
from engine.tokens.definition import MultiInstance, StandardLoop
from engine.tokens.game import Game
from engine.tokens.nodes import loop, multi_instance
from engine.tokens.nodes.symbol import Behaviour
from engine.tokens.rows import NOTHING, Done, ScopeKind, State, Token, Wait


class Activity(Behaviour):
    """A subclass says what its work is, and calls `finish` when it is done."""

    def enter(self, game: Game, spot: Spot, token: Token) -> None:
        if spot.is_plain:
            game.note("entered", token, spot)
            self.work(game, spot, token)
            return
        gathered = self._gather(game, spot, token) if spot.node.start_quantity > 1 else token
        if gathered is not None:
            self._enter(game, spot, gathered)

    def _enter(self, game: Game, spot: Spot, token: Token) -> None:
        if spot.can_be_undone:
            token = game.put(token._replace(since=game.new_id()))
        for boundary in spot.boundaries:
            waiting.arm(game, boundary, game.visible(token), token=token.id)
        if isinstance(spot.marker, MultiInstance):
            multi_instance.open_body(game, spot, token, spot.marker)
        elif isinstance(spot.marker, StandardLoop):
            loop.open_body(game, spot, token, spot.marker)
        elif spot.boundaries:
            game.schedule("begin", token.id)
        else:
            self.begin(game, spot, token)

    @staticmethod
    def _gather(game: Game, spot: Spot, token: Token) -> Token | None:
        """Return the token to go on with when as many wait as the start quantity asks for."""
        game.put(token._replace(state=State.JOINING, since=game.new_id()))
        waiting_tokens = game.gathered(token)
        if len(waiting_tokens) < spot.node.start_quantity:
            return None
        first, *others = waiting_tokens[: spot.node.start_quantity]
        for other in others:
            game.remove(other)
        return game.put(first._replace(state=State.ENTERING))

    def begin(self, game: Game, spot: Spot, token: Token) -> None:
        if spot.can_be_undone and not token.since:
            token = game.put(token._replace(since=game.new_id()))
        token = mappings.take_inputs(game, spot, token)
        game.note("entered", token, spot)
        self.work(game, spot, token)

    def resume(self, game: Game, spot: Spot, token: Token, wait: Wait) -> None:
        game.remove_wait(wait, answered=True)
        game.put(token._replace(state=State.LEAVING))
        game.schedule("leave", token.id)

    def leave(self, game: Game, spot: Spot, token: Token) -> None:
        self.finish(game, spot, token)

    def finish(
        self,
        game: Game,
        spot: Spot,
        token: Token,
        inner: tuple[Done, ...] = (),
        inside: Mapping[str, object] = NOTHING,
    ) -> None:
        """One execution is over. `inner` and `inside`: what a subprocess did, and its variables then."""
        if spot.is_plain:
            game.note("left", token, spot)
            flows.leave(game, spot, token)
        else:
            mappings.give_outputs(game, spot, token)
            game.note("left", token, spot)
            if spot.can_be_undone:
                compensation.remember(game, spot, token, inner, inside)
            if game.scopes[token.scope].kind == ScopeKind.BODY:
                self._execution_over(game, spot, token)
            else:
                flows.depart(game, spot, token)
        if spot.is_in_ad_hoc:
            look_at_ad_hoc(game, spot, token)

    @staticmethod
    def _execution_over(game: Game, spot: Spot, token: Token) -> None:
        if isinstance(spot.marker, MultiInstance):
            multi_instance.execution_over(game, spot, token, spot.marker)
        else:
            loop.execution_over(game, spot, token, cast(StandardLoop, spot.marker))

    def next(self, game: Game, spot: Spot, token: Token) -> None:
        multi_instance.count(game, spot, token, cast(MultiInstance, spot.marker))


def look_at_ad_hoc(game: Game, spot: Spot, token: Token) -> None:
    """Let the ad-hoc subprocess around an activity look whether it is complete."""
    scope = game.scopes.get(token.scope)
    if scope is None or scope.host is None:
        return
    if scope.kind == ScopeKind.BODY:
        scope = game.scopes[game.tokens[scope.host].scope]
    host = game.tokens[cast(int, scope.host)]
    surrounding = game.spot(host)
    surrounding.behaviour.look(game, surrounding, host, scope.id)
