"""Sequence flows: which of them a token takes when it leaves a symbol. BPMN 2.0.2, 13.3.1 and 8.4.13."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.tokens.chart import Spot, is_followed
from engine.tokens.definition import Flow
from engine.tokens.game import Game, Stuck
from engine.tokens.rows import State, Token


def holds(game: Game, flow: Flow, seen: Mapping[str, object]) -> bool:
    """Whether the condition of a flow holds; a flow without one always does."""
    return flow.condition is None or bool(game.evaluate(flow.condition, seen, "condition"))


def every_true(game: Game, spot: Spot, seen: Mapping[str, object]) -> Sequence[Flow]:
    """Return all flows whose condition holds, else the default; raises Stuck when there is neither."""
    if not spot.has_conditions:
        return spot.outgoing
    taken = [flow for flow in spot.outgoing if is_followed(flow, spot) and holds(game, flow, seen)]
    if taken:
        return taken
    if spot.default is None:
        raise Stuck("condition", f"no flow out of '{spot.id}' has a condition that holds, and there is no default")
    return (spot.default,)


def first_true(game: Game, spot: Spot, seen: Mapping[str, object]) -> Sequence[Flow]:
    """Return the first flow whose condition holds, else the default; raises Stuck when there is neither."""
    for flow in spot.outgoing:
        if is_followed(flow, spot) and holds(game, flow, seen):
            return (flow,)
    if spot.default is not None:
        return (spot.default,)
    if not spot.outgoing:
        return ()
    raise Stuck("condition", f"no flow out of '{spot.id}' has a condition that holds, and there is no default")


def send(game: Game, token: Token, flows: Sequence[Flow], times: int = 1) -> None:
    """Send a token over the first flow and new ones over the others, `times` over each; without a flow it ends."""
    if not flows:
        game.remove(token)
        return
    is_first = True
    for _ in range(times):
        for flow in flows:
            if is_first:
                game.send_along(token, flow)
                is_first = False
            else:
                other = game.new_token(token.scope, flow.target, State.ENTERING, flow=flow.id)
                game.schedule("enter", other.id)


def leave(game: Game, spot: Spot, token: Token) -> None:
    """Send a token on from an activity or event: over every flow whose condition holds (an implicit split)."""
    flows = every_true(game, spot, game.visible(token)) if spot.has_conditions else spot.outgoing
    send(game, token, flows, spot.node.completion_quantity)


def depart(game: Game, spot: Spot, token: Token) -> None:
    """Send a token on from an activity that is over; its boundary events no longer wait."""
    game.release(token)
    leave(game, spot, token)
