"""step: one stimulus in, the rows after it out, with what the outside has to do and what history has to tell.

Pure: it asks no clock, no database. The order of work is on this page; what a symbol does, in `engine/tokens/nodes/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.errors import Conflict, Sentence
from engine.tokens import scopes, throwing, waiting
from engine.tokens.definition import ProcessDefinition
from engine.tokens.effects import Effect, HistoryEntry, IncidentRaised, TimerSet
from engine.tokens.environment import Environment
from engine.tokens.game import Delivery, Game, Stuck
from engine.tokens.rows import Rows, ScopeKind, State
from engine.tokens.stimuli import Stimulus
from engine.tokens.taking import take

__all__ = ["Step", "step"]


@dataclass(frozen=True, slots=True)
class Step:
    """What a step made: the rows now, and in the order they came about what to do outside and what happened."""

    rows: Rows
    effects: list[Effect]
    history: list[HistoryEntry]


def step(
    definition: ProcessDefinition, rows: Rows, stimulus: Stimulus, now: datetime, environment: Environment
) -> Step:
    """Return the instance after a stimulus, run until every token waits. The rows given stay as they are.

    `now` is aware and UTC. Raises Conflict when the stimulus no longer fits (its wait is gone, the instance is over).
    A completed user task or job has no effect of its own; other waits that end are withdrawn, cleared, unsubscribed.
    """
    if rows.state != "active":
        raise Conflict(Sentence("이미 끝난 건입니다.", "The instance is over."))
    game = Game(definition, rows, now, environment)
    take(game, stimulus)
    run(game)
    return Step(
        Rows(game.state, game.next_id, game.tokens, game.scopes, game.waits, game.done), game.effects, game.history
    )


def run(game: Game) -> None:
    """Let everything move that can: the agenda, scopes that ended, joins, timers that are due, in this order."""
    agenda = game.agenda
    while game.state == "active":
        if game.conditions_are_stale and game.conditions:
            waiting.check_conditions(game)
        elif agenda:
            item = agenda.popleft()
            if type(item) is tuple:
                move(game, *item)
            else:
                assert isinstance(item, Delivery)
                throwing.deliver(game, item)
        elif not (end_scopes(game) or settle_joins(game) or fire_timer(game)):
            return


def move(game: Game, phase: str, token_id: int) -> None:
    """Make one move of a token, whole; when it cannot be made, hold the token before it.

    Where an instance has too many tokens, those from before this step still go on.
    """
    token = game.tokens.get(token_id)
    if token is None or token.state == State.HELD:
        return
    mark = game.mark()
    before = len(game.tokens)
    game.moves += 1
    try:
        if game.moves > game.most_moves:
            raise Stuck("budget", f"more than {game.most_moves} moves in one step: a loop without a wait")  # noqa: TRY301
        spot = game.chart_at(token.scope).spots[token.element]
        getattr(spot.behaviour, phase)(game, spot, token)
        count = len(game.tokens)
        if count > game.most_tokens and (count > before or token_id >= game.first_new_id):
            raise Stuck("budget", f"more than {game.most_tokens} tokens at once")  # noqa: TRY301
    except Stuck as stuck:
        game.undo(mark)
        hold(game, token_id, phase, stuck)


def hold(game: Game, token_id: int, phase: str, stuck: Stuck) -> None:
    """Hold a token by an incident; retrying makes the same move again."""
    token = game.put(game.tokens[token_id]._replace(state=State.HELD, phase=phase))
    key = game.place(token.scope)[0]
    own = None if key == game.chart.key else key
    game.effects.append(IncidentRaised(token.id, token.element, stuck.cause, stuck.message, own))
    game.note_incident(token, f"{stuck.cause}: {stuck.message}")


def end_scopes(game: Game) -> bool:
    """End the scopes whose last token is gone; return whether there was one."""
    has_ended = False
    while game.ending and not game.agenda:
        scope_id = next(iter(game.ending))
        del game.ending[scope_id]
        scope = game.scopes.get(scope_id)
        if scope is None or scope.kind == ScopeKind.BODY or game.members[scope_id]:
            continue
        has_ended = True
        if scope.host is None:
            scopes.end_instance(game, scope, "completed", game.last_end)
            return True
        move(game, "end_scope", scope.host)
    return has_ended


def settle_joins(game: Game) -> bool:
    """Let the joins that ask what may still come look again; return whether one fires."""
    for scope_id, element in list(game.joins):
        if scope_id not in game.scopes or not game.members[scope_id]:
            del game.joins[scope_id, element]
            continue
        spot = game.chart_at(scope_id).spots[element]
        spot.behaviour.settle(game, spot, scope_id)
        if game.agenda:
            return True
    return False


def fire_timer(game: Game) -> bool:
    """Fire the earliest timer that is due; return whether there was one."""
    if not game.timers:
        return False
    wait_id = min(game.timers, key=lambda id_: (game.timers[id_], id_))
    due_at = game.timers[wait_id]
    if due_at > game.now:
        return False
    if wait_id < game.first_new_id and game.moves > game.most_moves // 2:
        game.effects.append(
            TimerSet(wait_id, game.waits[wait_id].element, due_at)
        )  # a long backlog: on in the next step
        return False
    game.moves += 1
    waiting.fire(game, game.waits[wait_id])
    return True
