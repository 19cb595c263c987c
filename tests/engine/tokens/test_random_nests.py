"""Random nests of everything that interrupts, under random stimuli: no crash, and no broken row after any step.

Nobody says what such a diagram ought to do; the row rules (`engine/tokens/invariants.py`) and the agreement of rows and
effects (in `play.py`) say what must never be. More: `python -m tests.engine.tokens.test_random_nests 2000`.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable

import pytest

from engine.tokens.definition import Symbol, Trigger
from engine.tokens.environment import Budget
from tests.engine.tokens.drawing import (
    CANCEL,
    TERMINATE,
    Drawing,
    after,
    compensate,
    error,
    escalation,
    every,
    loop,
    many,
    message,
    signal,
    when,
)
from tests.engine.tokens.play import Play

MODELS = 100


class Nest:
    """Draws a process out of random parts, and gives random stimuli to an instance of it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0
        self.d = Drawing()
        self.in_transaction = False

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def trigger(self) -> Trigger:
        return self.random.choice(
            [
                message("m"),
                signal("s"),
                after("PT1H"),
                every("R2/PT30M"),
                error("E"),
                error(),
                escalation("C"),
                when("n > 2"),
            ]
        )

    def draw_process(self) -> Drawing:
        self.d.start()
        self.draw_line("start", 3)
        self.draw_event_subprocesses(2)
        return self.d

    def draw_line(self, first: str, depth: int) -> None:
        at = first
        for _ in range(self.random.randint(1, 3)):
            if self.chance(0.2):
                at = self.draw_fork(at)
            following = self.draw_activity(depth)
            self.d.flow(at, following)
            at = following
        self.d.flow(at, self.draw_end())

    def draw_fork(self, at: str) -> str:
        fork = self.random.choice([self.d.parallel, self.d.inclusive])(self.name("fork"))
        join = self.random.choice([self.d.parallel, self.d.inclusive, self.d.xor])(self.name("join"))
        self.d.flow(at, fork)
        for _ in range(2):
            side = self.draw_activity(0)
            self.d.flow(fork, side, join)
        return join

    def draw_end(self) -> str:
        choices: list[tuple[Trigger, ...]] = [(), (), (), (TERMINATE,), (signal("s"),), (escalation("C"),)]
        choices += [(error("E"),), (compensate(),), (message("out"), signal("s"))]
        if self.in_transaction:
            choices += [(CANCEL,), (CANCEL,)]
        return self.d.end(self.name("end"), *self.random.choice(choices))

    def marker(self) -> dict[str, object]:
        if self.chance(0.75):
            return {}
        behavior = self.random.choice(["All", "All", "None", "One"])
        thrown = self.random.choice([signal("s"), escalation("C")])
        marker = many(count=self.random.choice(["0", "2", "3"]), sequential=self.chance(0.5), behavior=behavior)
        from dataclasses import replace

        marker = replace(marker, thrown_each=thrown, thrown_one=thrown)
        return self.random.choice([{"multi_instance": marker}, {"loop": loop("loopCounter < 2")}])

    def draw_activity(self, depth: int) -> str:
        leaves: list[Callable[[], str]] = [self.draw_task, self.draw_task, self.draw_event]
        levels: list[Callable[[int], str]] = [self.draw_subprocess, self.draw_subprocess, self.draw_transaction]
        if depth <= 0 or self.chance(0.4):
            return self.random.choice(leaves)()
        id_ = self.random.choice([*levels, self.draw_call])(depth)
        return self.with_boundaries(id_)

    def draw_task(self) -> str:
        more = self.marker()
        if self.chance(0.3):
            more["compensation_handler"] = self.random.choice([self.d.user, self.d.script])(
                self.name("undo"), for_compensation=True
            )
        kind = self.random.choice(["user", "user", "service", "script", "bad"])
        if kind == "script":
            id_ = self.d.script(self.name("t"), "n = n + 1", **more)
        elif kind == "bad":
            text = self.random.choice(["bpmn_error('E')", "x = boom()", "n = 0"])
            id_ = self.d.script(self.name("t"), text, **more)
        else:
            id_ = getattr(self.d, kind)(self.name("t"), **more)
        return self.with_boundaries(id_)

    def draw_event(self) -> str:
        if self.chance(0.5):
            thrown = self.random.choice([signal("s"), escalation("C"), compensate(), compensate(wait=False)])
            return self.d.throw(self.name("throw"), thrown)
        caught = self.random.choice([message("m"), signal("s"), after("PT10M"), every("R2/PT5M"), when("n > 1")])
        return self.d.catch(self.name("catch"), caught)

    def with_boundaries(self, id_: str) -> str:
        for _ in range(self.random.choice([0, 0, 1, 2])):
            triggers = [self.trigger()]
            if self.chance(0.15):
                triggers.append(self.trigger())
            interrupting = self.chance(0.5) or any(str(t.kind) == "error" for t in triggers)
            boundary = self.d.boundary(self.name("b"), id_, *triggers, interrupting=interrupting)
            self.d.flow(boundary, self.d.user(self.name("t")))
        return id_

    def draw_level(self, prefix: str, symbol: Symbol, depth: int) -> str:
        more = self.marker()
        if self.chance(0.15):
            more["compensation_handler"] = self.d.user(self.name("undo"), for_compensation=True)
        with self.d.inside(self.name(prefix), symbol, **more) as id_:
            self.draw_line(self.d.start(self.name("start")), depth - 1)
            self.draw_event_subprocesses(1)
        return id_

    def draw_subprocess(self, depth: int) -> str:
        outer, self.in_transaction = self.in_transaction, False
        id_ = self.draw_level("sub", Symbol.SUBPROCESS, depth)
        self.in_transaction = outer
        return id_

    def draw_transaction(self, depth: int) -> str:
        outer, self.in_transaction = self.in_transaction, True
        id_ = self.draw_level("tx", Symbol.TRANSACTION, depth)
        self.in_transaction = outer
        if self.chance(0.7):
            self.d.flow(self.d.boundary(self.name("b"), id_, CANCEL), self.d.user(self.name("t")))
        return id_

    def draw_call(self, depth: int) -> str:
        return self.d.call(self.name("call"), "called", 1, **self.marker())

    def draw_event_subprocesses(self, most: int) -> None:
        if self.chance(0.2):
            with self.d.event_subprocess(self.name("undoing"), compensate()) as begun:
                thrown = self.d.throw(self.name("throw"), compensate())
                self.d.flow(begun, thrown)
        for _ in range(self.random.randint(0, most)):
            trigger = self.trigger()
            interrupting = self.chance(0.5) or str(trigger.kind) == "error"
            outer, self.in_transaction = self.in_transaction, False
            with self.d.event_subprocess(self.name("esp"), trigger, interrupting=interrupting) as begun:
                self.draw_line(begun, self.random.choice([0, 1]))
            self.in_transaction = outer

    # ------------------------------------------------------------------ stimuli
    def push(self, play: Play) -> None:
        ways: list[Callable[[], object]] = [
            lambda: play.signal("s"),
            lambda: play.message("m"),
            lambda: play.wait(minutes=self.random.choice([5, 30, 61])),
            lambda: play.assign(n=self.random.randint(0, 4)),
        ]
        ways += [lambda: play.complete(self.random.choice(play.open))] * (4 if play.tasks else 0)
        if play.jobs:
            name = self.random.choice([job.element_id for job in play.jobs.values()])
            ways += [lambda: play.finish_job(name), lambda: play.job_error(name, "E"), lambda: play.fail_job(name)]
        if play.incidents:
            ways.append(play.retry)
        if self.chance(0.01):
            ways = [play.cancel]
        self.random.choice(ways)()


def called() -> Drawing:
    d = Drawing("called")
    d.start()
    d.user("called_u")
    d.xor("x")
    d.end("called_bad", error("E"))
    d.end("called_up", escalation("C"))
    d.end("called_good")
    d.flow("start", "called_u", "x")
    d.flow("x", "called_bad", condition="False")
    d.flow("x", "called_up", condition="True")
    d.flow("x", "called_good", default=True)
    with d.event_subprocess("called_esp", signal("s")) as begun:
        d.user("called_v")
        d.end("called_error", error("E"))
        d.flow(begun, "called_v", "called_error")
    return d


def play_nest(seed: int) -> tuple[int, str]:
    """Play one nest to its end, or for 40 stimuli; return how many were given, and how it stands."""
    nest = Nest(seed)
    play = Play(nest.draw_process().definition(), called().definition(), budget=Budget(moves=600, live_tokens=200))
    play.start(None, n=0)
    for given in range(40):
        if play.ended is not None:
            return given, play.state
        nest.push(play)
    return 40, play.state


@pytest.mark.parametrize("seed", range(MODELS))
def test_no_row_is_ever_broken_in_a_random_nest_of_events(seed: int) -> None:
    play_nest(seed)


def main(models: int) -> None:
    outcomes: dict[str, int] = {}
    given = 0
    for seed in range(1_000_000, 1_000_000 + models):
        try:
            count, state = play_nest(seed)
        except BaseException:
            sys.stdout.write(f"seed {seed}\n")
            raise
        given += count
        outcomes[state] = outcomes.get(state, 0) + 1
    sys.stdout.write(f"{models} nests, {given} stimuli, {outcomes}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
