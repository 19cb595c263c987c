"""Bugs planted into the engine, one at a time: the oracle or the nests must find each within few diagrams.

A proof that finds nothing proves nothing. Each bug here is one that a hand could make in an ordinary change.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.tokens import compensation, flows, game, reach, rows, scopes, step, throwing, timers, waiting
from engine.tokens.chart import Spot
from engine.tokens.game import Game
from engine.tokens.nodes import activity, end_event, event_based_gateway, loop, multi_instance, parallel_gateway
from engine.tokens.rows import Token
from tests.engine.oracle.campaign import run

SEED = 20_260_928  # fixed: whether the bug is found must not depend on luck
MOST = 600
Plant = Callable[[pytest.MonkeyPatch], None]


def the_inclusive_join_waits_for_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reach, "may_still_come", lambda *_: False)


def the_inclusive_join_waits_for_everybody(patch: pytest.MonkeyPatch) -> None:
    """It forgets that a token elsewhere may have no way to it any more."""

    def may_still_come(game: Game, spot: Spot, scope_id: int, occupied: set[str | None]) -> bool:
        here = [game.tokens[member] for member in game.members[scope_id]]
        return any(token.element != spot.id for token in here) and set(spot.node.incoming) != occupied

    patch.setattr(reach, "may_still_come", may_still_come)


def the_parallel_join_counts_tokens_not_flows(patch: pytest.MonkeyPatch) -> None:
    def enter(self: object, game: Game, spot: Spot, token: Token) -> None:
        if len(spot.node.incoming) > 1:
            game.put(token._replace(state=rows.State.JOINING, since=game.new_id()))
            waiting_tokens = game.gathered(token)
            if len(waiting_tokens) < len(spot.node.incoming):
                return
            token, *others = waiting_tokens
            for other in others:
                game.remove(other)
        game.note("left", token, spot)
        flows.send(game, token, spot.outgoing)

    patch.setattr(parallel_gateway.ParallelGateway, "enter", enter)


def a_listener_is_not_removed_when_its_activity_ends(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(flows, "depart", flows.leave)


def the_other_listeners_stay_when_one_interrupts(patch: pytest.MonkeyPatch) -> None:
    """The host is dropped, the waits of its event subprocesses are forgotten."""
    drop_all = scopes.clear

    def clear(game: Game, scope_id: int, told: Any = scopes.NOBODY) -> None:
        kept, game.scope_waits[scope_id] = game.scope_waits.get(scope_id, {}), {}
        drop_all(game, scope_id, told)
        game.scope_waits[scope_id] = kept

    patch.setattr(scopes, "clear", clear)


def an_error_goes_to_the_wrong_scope(patch: pytest.MonkeyPatch) -> None:
    """Out of a subprocess it skips the border and goes on outward."""
    find = throwing.find_catcher

    def find_catcher(game: Game, token: Token, *rest: Any, **more: Any) -> Any:
        host = game.scopes[token.scope].host
        return find(game, token if host is None else game.tokens[host], *rest, **{**more, "by_activity": False})

    patch.setattr(throwing, "find_catcher", find_catcher)


def an_error_is_caught_by_the_first_that_is_drawn(patch: pytest.MonkeyPatch) -> None:
    """Whatever its code."""

    def best(events: Any, kind: Any, code: Any) -> Any:
        fitting = ((sub, event, trigger) for sub, event in events for trigger in event.triggers if trigger.kind is kind)
        return next(fitting, None)

    patch.setattr(throwing, "_best", best)


def a_token_is_lost_at_restore(patch: pytest.MonkeyPatch) -> None:
    load = rows.Rows.load.__func__  # type: ignore[attr-defined]

    def lose(cls: type[rows.Rows], stored: Any) -> rows.Rows:
        # one that waits at a join: nothing outside would miss it at once
        kept = [row for row in stored["tokens"] if row[3] != rows.State.JOINING or row[0] % 2]
        loaded: rows.Rows = load(cls, {**stored, "tokens": kept})
        return loaded

    patch.setattr(rows.Rows, "load", classmethod(lose))


def boundary_events_are_armed_after_the_activity_began(patch: pytest.MonkeyPatch) -> None:
    enter = activity.Activity._enter

    def enter_first(self: activity.Activity, game: Game, spot: Spot, token: Token) -> None:
        boundaries, spot.boundaries = spot.boundaries, ()
        try:
            enter(self, game, spot, token)
        finally:
            spot.boundaries = boundaries
        for boundary in boundaries:
            if token.id in game.tokens:
                waiting.arm(game, boundary, game.visible(token), token=token.id)

    patch.setattr(activity.Activity, "_enter", enter_first)


def executions_are_counted_twice(patch: pytest.MonkeyPatch) -> None:
    counted = multi_instance._counted

    def twice(game: Game, token: Token) -> rows.Scope:
        scope = counted(game, token)
        done = scope.variables[rows.COMPLETED]
        assert isinstance(done, int)
        total = scope.variables[rows.TOTAL]
        more = min(done + 1, total) if isinstance(total, int) else done
        return game.put_scope(scope._replace(variables={**scope.variables, rows.COMPLETED: more}))

    patch.setattr(multi_instance, "_counted", twice)


def results_come_in_the_order_of_completion(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(multi_instance, "sorted", lambda results, key: results, raising=False)


def a_loop_runs_once_too_often(patch: pytest.MonkeyPatch) -> None:
    over = loop.execution_over

    def execution_over(game: Game, spot: Spot, token: Token, marker: Any) -> None:
        maximum = None if marker.maximum is None else marker.maximum + 1
        object.__setattr__(marker, "maximum", maximum)
        try:
            over(game, spot, token, marker)
        finally:
            object.__setattr__(marker, "maximum", None if maximum is None else maximum - 1)

    patch.setattr(loop, "execution_over", execution_over)


def terminate_leaks_out_of_its_scope(patch: pytest.MonkeyPatch) -> None:
    def terminate(game: Game, spot: Spot, token: Token) -> None:
        game.note("left", token, spot)
        outermost = token.scope
        while game.scopes[outermost].host is not None:
            outermost = game.tokens[game.scopes[outermost].host or 0].scope
        scopes.clear(game, outermost)
        game.ending[outermost] = None

    patch.setattr(end_event.EndEvent, "_terminate", staticmethod(terminate))


def a_timer_that_is_due_now_waits(patch: pytest.MonkeyPatch) -> None:
    fire = step.fire_timer

    def fire_timer(game: Game) -> bool:
        game.now -= timedelta(microseconds=1)
        try:
            return fire(game)
        finally:
            game.now += timedelta(microseconds=1)

    patch.setattr(step, "fire_timer", fire_timer)


def a_cycle_fires_once_too_often(patch: pytest.MonkeyPatch) -> None:
    def next_of(cycle: rows.Cycle) -> tuple[datetime, rows.Cycle] | None:
        if cycle.left is not None and cycle.left < 1:
            return None
        following = cycle._replace(fired=cycle.fired + 1, left=None if cycle.left is None else cycle.left - 1)
        return timers.later(cycle.base, timers.read_duration(cycle.duration), following.fired), following

    patch.setattr(timers, "next_of", next_of)


def a_cycle_drifts_with_a_late_engine(patch: pytest.MonkeyPatch) -> None:
    go_on = waiting.go_on_waiting

    def go_on_waiting(game: Game, wait: rows.Wait) -> bool:
        late = wait.cycle and wait.due_at and game.now - wait.due_at
        cycle = wait.cycle._replace(base=wait.cycle.base + late) if wait.cycle and late else wait.cycle
        return go_on(game, wait._replace(cycle=cycle))

    patch.setattr(waiting, "go_on_waiting", go_on_waiting)


def variables_are_written_to_the_process(patch: pytest.MonkeyPatch) -> None:
    """Whoever else has that name."""

    def write_in(self: Game, scope_id: int, values: Any, cause: str = "script") -> None:
        scope = self.scopes[self.scopes[scope_id].process]
        self.put_scope(scope._replace(variables={**scope.variables, **values}))

    patch.setattr(game.Game, "write_in", write_in)


def an_event_subprocess_does_not_interrupt(patch: pytest.MonkeyPatch) -> None:
    start = throwing.start_event_subprocess

    def start_event_subprocess(game: Game, catcher: Any, told: Any = scopes.NOBODY, *, is_interrupting: bool) -> None:
        start(game, catcher, told, is_interrupting=False)

    patch.setattr(throwing, "start_event_subprocess", start_event_subprocess)


def a_non_interrupting_boundary_interrupts(patch: pytest.MonkeyPatch) -> None:
    start = throwing.start_boundary

    def start_boundary(
        game: Game, event: Any, trigger: Any, host: Token, told: Any = scopes.NOBODY, *, is_interrupting: bool
    ) -> None:
        start(game, event, trigger, host, told, is_interrupting=True)

    patch.setattr(throwing, "start_boundary", start_boundary)


def the_events_that_lost_go_on_waiting(patch: pytest.MonkeyPatch) -> None:
    """Behind an event-based gateway."""

    def resume(self: object, game: Game, spot: Spot, token: Token, wait: rows.Wait) -> None:
        game.remove_wait(wait)
        began = game.new_token(token.scope, wait.element)
        game.schedule("be_started", began.id)

    patch.setattr(event_based_gateway.EventBasedGateway, "resume", resume)


def the_default_flow_is_always_taken(patch: pytest.MonkeyPatch) -> None:
    true = flows.every_true

    def every_true(game: Game, spot: Spot, seen: Any) -> Any:
        taken = list(true(game, spot, seen))
        return taken if spot.default is None or spot.default in taken else [*taken, spot.default]

    patch.setattr(flows, "every_true", every_true)


def a_scope_ends_with_its_first_token(patch: pytest.MonkeyPatch) -> None:
    def end_scopes(game: Game) -> bool:
        for scope_id in list(game.ending):
            scope = game.scopes.get(scope_id)
            if scope is not None and scope.kind == rows.ScopeKind.SUBPROCESS and game.members[scope_id]:
                scopes.clear(game, scope_id)
        return end(game)

    end = step.end_scopes
    patch.setattr(step, "end_scopes", end_scopes)


def compensation_does_not_wait_for_its_handlers(patch: pytest.MonkeyPatch) -> None:
    undo = compensation._undo

    def forgetful(game: Game, token: Token, done: rows.Done) -> int:
        undo(game, token, done)
        return -1

    patch.setattr(compensation, "_undo", forgetful)


def a_condition_is_looked_at_only_when_it_is_armed(patch: pytest.MonkeyPatch) -> None:
    look = waiting.check_conditions

    def check_conditions(game: Game) -> None:
        game.conditions = {id_: None for id_ in game.conditions if id_ >= game.first_new_id}
        look(game)

    patch.setattr(waiting, "check_conditions", check_conditions)


PLANTS: list[tuple[Plant, str]] = [
    (the_inclusive_join_waits_for_nobody, "A"),
    (the_inclusive_join_waits_for_everybody, "A"),
    (the_parallel_join_counts_tokens_not_flows, "B"),
    (a_listener_is_not_removed_when_its_activity_ends, "B"),
    (the_other_listeners_stay_when_one_interrupts, "B"),
    (an_error_goes_to_the_wrong_scope, "B"),
    (an_error_is_caught_by_the_first_that_is_drawn, "B"),
    (a_token_is_lost_at_restore, "A"),
    (boundary_events_are_armed_after_the_activity_began, "B"),
    (executions_are_counted_twice, "B"),
    (results_come_in_the_order_of_completion, "B"),
    (a_loop_runs_once_too_often, "B"),
    (terminate_leaks_out_of_its_scope, "B"),
    (a_timer_that_is_due_now_waits, "B"),
    (a_cycle_fires_once_too_often, "B"),
    (a_cycle_drifts_with_a_late_engine, "B"),
    (variables_are_written_to_the_process, "A"),
    (an_event_subprocess_does_not_interrupt, "B"),
    (a_non_interrupting_boundary_interrupts, "B"),
    (the_events_that_lost_go_on_waiting, "B"),
    (the_default_flow_is_always_taken, "A"),
    (a_scope_ends_with_its_first_token, "A"),
    (a_condition_is_looked_at_only_when_it_is_armed, "B"),
    (a_token_is_lost_at_restore, "nest"),
    (a_listener_is_not_removed_when_its_activity_ends, "nest"),
    (the_other_listeners_stay_when_one_interrupts, "nest"),
    (compensation_does_not_wait_for_its_handlers, "nest"),
]


@pytest.mark.parametrize(("plant", "kind"), PLANTS, ids=[f"{plant.__name__}-{kind}" for plant, kind in PLANTS])
def test_a_planted_bug_is_found(plant: Plant, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # given an engine with one bug
    plant(monkeypatch)
    # when
    report = run(kind, range(SEED, SEED + MOST), enough=1)
    # then
    print(f"{kind}: found with diagram {report.runs}: {report.failures[:1]}")  # noqa: T201
    assert report.failures, f"{plant.__name__} was not found in {report.runs} diagrams"


@pytest.mark.parametrize("kind", ["A", "B", "nest"])
def test_without_a_bug_nothing_is_found_in_the_same_diagrams(kind: str) -> None:
    assert run(kind, range(SEED, SEED + 60)).failures == []
