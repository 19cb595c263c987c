"""Taking a stimulus: what each of them changes first, before anything moves."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import Conflict, Sentence
from engine.tokens import scopes, throwing, waiting
from engine.tokens.definition import Symbol
from engine.tokens.effects import IncidentRaised, IncidentResolved
from engine.tokens.game import Delivery, Game
from engine.tokens.nodes.symbol import first_move
from engine.tokens.rows import Scope, ScopeKind, State, Token, Wait
from engine.tokens.stimuli import (
    BpmnErrorThrown,
    Cancelled,
    IncidentRetried,
    JobCompleted,
    JobFailed,
    MessageReceived,
    SignalReceived,
    Started,
    Stimulus,
    TimerFired,
    UserTaskCompleted,
    VariablesSet,
)
from engine.variables import check_variable


def take(game: Game, stimulus: Stimulus) -> None:
    """Apply a stimulus; raises Conflict when it does not fit the instance any more, InvalidVariable."""
    for name, value in getattr(stimulus, "variables", {}).items():
        check_variable(name, value)
    if isinstance(stimulus, Started):
        start(game, stimulus)
        return
    if not game.scopes:
        raise _conflict("아직 시작하지 않은 건입니다.", "The instance has not started.")
    match stimulus:
        case UserTaskCompleted(wait_id, variables, by):
            complete(game, _wait(game, wait_id, "userTask"), variables, by)
        case JobCompleted(wait_id, variables):
            complete(game, _wait(game, wait_id, "job"), variables, None)
        case BpmnErrorThrown():
            throw_error(game, stimulus)
        case JobFailed(wait_id, message):
            fail_job(game, _wait(game, wait_id, "job"), "job", message)
        case MessageReceived(wait_id, _, variables):
            wait = _wait(game, wait_id, "message")
            throwing.take_variables(game, wait.id, variables)
            waiting.fire(game, wait)
        case SignalReceived(name, variables):
            game.agenda.append(Delivery(name, variables))
        case TimerFired():
            pass  # timers that are due fire in every step
        case VariablesSet(variables, scope_id):
            set_variables(game, variables, scope_id)
        case IncidentRetried(token_id):
            retry(game, token_id)
        case Cancelled(reason):
            root = _root(game)
            game.note_process("cancelled", root.id, reason)
            scopes.end_instance(game, root, "terminated")


def _conflict(ko: str, en: str) -> Conflict:
    return Conflict(Sentence(ko, en))


def _root(game: Game) -> Scope:
    return next(iter(game.scopes.values()))


def _wait(game: Game, wait_id: int, kind: str) -> Wait:
    wait = game.waits.get(wait_id)
    if wait is None or wait.kind != kind:
        raise _conflict(
            "이미 처리되었거나 더는 기다리지 않습니다.", "This is done already, or nothing waits for it any more."
        )
    return wait


def start(game: Game, stimulus: Started) -> None:
    """Make the root scope, and a token where the instance begins."""
    if game.scopes:
        raise _conflict("이미 시작한 건입니다.", "The instance has started already.")
    id_ = game.new_id()
    root = game.put_scope(Scope(id_, ScopeKind.PROCESS, game.chart.key, id_, variables=dict(stimulus.variables)))
    game.note_process("started", root.id)
    if stimulus.element_id is None:
        first = [game.new_token(root.id, element) for element in _plain_starts(game)]
    else:
        first = [_begin_at(game, root.id, stimulus.element_id)]
    if game.chart.courts[game.chart.key].waiting:
        game.schedule("open", first[0].id)
        return
    for token in first:
        game.schedule(first_move(token), token.id)


def _plain_starts(game: Game) -> list[str]:
    """Return where an instance begins by itself: at none start events, or where no flow leads to."""
    starts = list(game.chart.courts[game.chart.key].plain_start_ids)
    if not starts:
        raise _conflict(
            "이 절차는 메시지나 타이머로만 시작합니다.",
            "This process is started only by its messages, signals or timers.",
        )
    return starts


def _begin_at(game: Game, scope_id: int, element: str) -> Token:
    """Make the token of an instance that begins at a start event, or by what an instantiating element waits for."""
    spot = game.chart.spots.get(element)
    if spot is None:
        raise _conflict("시작할 수 있는 곳이 아닙니다.", f"An instance cannot begin at '{element}'.")
    gateway = next((g for g in _gateways_before(game, element) if game.chart.spots[g].node.instantiate), None)
    if gateway is not None:
        return game.new_token(scope_id, gateway, memo={"began": element})
    if spot.node.symbol is Symbol.START_EVENT:
        return game.new_token(scope_id, element)
    return game.new_token(scope_id, element, memo={"began": element})


def _gateways_before(game: Game, element: str) -> list[str]:
    flows = game.chart.definition.flows
    sources = [flows[flow].source for flow in game.chart.spots[element].node.incoming]
    return [id_ for id_ in sources if game.chart.spots[id_].node.symbol is Symbol.EVENT_BASED_GATEWAY]


def complete(game: Game, wait: Wait, variables: Mapping[str, object], by: str | None) -> None:
    """Write what a person or a handler gave; the token leaves as a move of its own, so that this is kept."""
    token = game.tokens[wait.token or 0]
    spot = game.spot(token)
    game.write(token, variables)
    token = game.tokens[token.id]
    spot.behaviour.resume(game, spot, token._replace(memo={"by": by}) if by is not None else token, wait)


def throw_error(game: Game, stimulus: BpmnErrorThrown) -> None:
    """Throw a handler's error at its activity; when nobody catches it, hold the token."""
    wait = _wait(game, stimulus.wait_id, "job")
    token = game.tokens[wait.token or 0]
    game.write(token, stimulus.variables)
    if throwing.find_error_catcher(game, token, stimulus.code) is None:
        message = f"nobody catches the error '{stimulus.code}'"
        fail_job(game, wait, "error", f"{message}: {stimulus.message}" if stimulus.message else message)
        return
    game.remove_wait(wait, answered=True)
    throwing.throw_error(game, game.tokens[token.id], stimulus.code, by_activity=True)


def fail_job(game: Game, wait: Wait, cause: str, message: str) -> None:
    """Hold the token of a job that failed for good; retrying opens a new job."""
    game.remove_wait(wait, answered=True)
    token = game.put(game.tokens[wait.token or 0]._replace(state=State.HELD, phase="work"))
    key = game.place(token.scope)[0]
    game.effects.append(IncidentRaised(token.id, token.element, cause, message, None if key == game.chart.key else key))
    game.note_incident(token, f"{cause}: {message}")


def set_variables(game: Game, variables: Mapping[str, object], scope_id: int | None) -> None:
    """Set variables of a scope from outside, of the process itself when none is named."""
    scope = _root(game) if scope_id is None else game.scopes.get(scope_id)
    if scope is None:
        raise _conflict("그 범위는 이미 끝났습니다.", "That scope is over.")
    game.put_scope(scope._replace(variables={**scope.variables, **variables}))
    game.conditions_are_stale = True


def retry(game: Game, token_id: int) -> None:
    """Make the move again that an incident held."""
    token = game.tokens.get(token_id)
    if token is None or token.state != State.HELD:
        raise _conflict("이미 해결된 문제입니다.", "The incident is resolved already.")
    phase = "next" if token.phase == "next" else ""
    game.put(token._replace(state=_state_before(game, token), phase=phase))
    game.effects.append(IncidentResolved(token.id))
    game.note_incident(token, "", "resolved")
    game.schedule(token.phase, token.id)


def _state_before(game: Game, token: Token) -> State:
    """Return how a held token stood: hosting what still runs inside, at its join, or on its way."""
    if token.id in game.inside:
        return State.HOSTING
    return {
        "join": State.JOINING,
        "reset": State.RESETTING,
        "compensate": State.COMPENSATING,
        "enter": State.ENTERING,
    }.get(token.phase, State.LEAVING)
