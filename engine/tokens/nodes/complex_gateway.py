"""Complex gateway: fires by a condition on what has come, then waits for the rest and resets. BPMN 2.0.2, 13.4.5.

`activationCount` (tokens that wait) and `waitingForStart` are names in its conditions.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import cast

from engine.tokens import flows, reach
from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.nodes.inclusive_gateway import InclusiveGateway
from engine.tokens.rows import State, Token


class ComplexGateway(InclusiveGateway):
    """Without an activation condition it splits and joins like an inclusive gateway."""

    def enter(self, game: Game, spot: Spot, token: Token) -> None:
        if spot.node.activation_condition is None:
            super().enter(game, spot, token)
            return
        token = game.put(token._replace(state=State.JOINING, since=game.new_id()))
        game.look_at_join(token)
        if _marker(game, token.scope, spot.id) is None:
            self._fire_if_activated(game, spot, token)

    def _fire_if_activated(self, game: Game, spot: Spot, token: Token) -> None:
        waiting = reach.tokens_at_join(game, token.scope, spot.id)
        condition = spot.node.activation_condition
        assert condition is not None
        seen = _names(game, waiting[0], len(waiting), is_start=True)
        if not game.evaluate(condition, seen, "condition"):
            return
        oldest = _oldest_of_each_flow(waiting)
        taken = flows.every_true(game, spot, seen)
        marker = game.new_token(token.scope, spot.id, State.RESETTING, memo={"seen": sorted(map(str, oldest))})
        game.look_at_join(marker)
        _consume(game, oldest)
        game.note("left", marker, spot)
        _send_new(game, spot, token.scope, [flow.id for flow in taken])

    def settle(self, game: Game, spot: Spot, scope_id: int) -> None:
        if spot.node.activation_condition is None:
            super().settle(game, spot, scope_id)
            return
        marker = _marker(game, scope_id, spot.id)
        if marker is None or marker.state != State.RESETTING:
            return
        seen = set(cast("list[str]", marker.memo["seen"]))
        occupied = seen | {str(token.flow) for token in reach.tokens_at_join(game, scope_id, spot.id)}
        if not reach.may_still_come(game, spot, scope_id, cast("set[str | None]", occupied)):
            game.schedule("reset", marker.id)

    def reset(self, game: Game, spot: Spot, token: Token) -> None:
        """Take what came late; only flows that ask for `waitingForStart` are taken once more."""
        seen = cast("list[str]", token.memo["seen"])
        waiting = reach.tokens_at_join(game, token.scope, spot.id)
        late = _oldest_of_each_flow([other for other in waiting if str(other.flow) not in seen])
        names = _names(game, token, len(waiting), is_start=False)
        again = [flow for flow in spot.outgoing if flow.condition and "waitingForStart" in flow.condition.names]
        taken = [flow.id for flow in again if flows.holds(game, flow, names)]
        _consume(game, late)
        _send_new(game, spot, token.scope, taken)
        game.remove(token)
        left = reach.tokens_at_join(game, token.scope, spot.id)
        if left:
            self._fire_if_activated(game, spot, left[0])


def _marker(game: Game, scope_id: int, element: str) -> Token | None:
    """Return the token that says the gateway has fired and not been reset yet."""
    for member in game.members[scope_id]:
        token = game.tokens[member]
        if token.element == element and (token.state == State.RESETTING or token.phase == "reset"):
            return token
    return None


def _names(game: Game, token: Token, count: int, *, is_start: bool) -> Mapping[str, object]:
    own: dict[str, object] = {"activationCount": count, "waitingForStart": is_start}
    return ChainMap(own, cast("dict[str, object]", game.visible(token)))


def _oldest_of_each_flow(waiting: list[Token]) -> dict[str | None, Token]:
    oldest: dict[str | None, Token] = {}
    for token in waiting:
        oldest.setdefault(token.flow, token)
    return oldest


def _consume(game: Game, tokens: Mapping[str | None, Token]) -> None:
    for token in tokens.values():
        game.remove(token)


def _send_new(game: Game, spot: Spot, scope_id: int, taken: list[str]) -> None:
    for flow in spot.outgoing:
        if flow.id in taken:
            game.schedule("enter", game.new_token(scope_id, flow.target, flow=flow.id).id)
