"""User task: a person is asked. BPMN 2.0.2, 13.3.3; who may do it: the `camunda:` attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from engine.expressions import Expression
from engine.tokens import waiting
from engine.tokens.chart import Spot
from engine.tokens.definition import Timer, TimerKind, UserTaskForm
from engine.tokens.effects import UserTaskOpened
from engine.tokens.game import Game, Stuck
from engine.tokens.nodes.activity import Activity
from engine.tokens.rows import State, Token, Wait

_NO_FORM = UserTaskForm()


class UserTask(Activity):
    """Opens a user task and waits until it is completed."""

    def work(self, game: Game, spot: Spot, token: Token) -> None:
        form = spot.node.user_task or _NO_FORM
        seen = game.visible(token)
        game.put(token._replace(state=State.WAITING, phase=""))
        wait = game.put_wait(Wait(game.new_id(), "userTask", spot.id, 0, token.id))
        game.effects.append(
            UserTaskOpened(
                wait.id,
                spot.id,
                spot.node.name,
                game.place(token.scope)[0],
                form.form_key,
                _assignee(game, form, seen),
                tuple(_names(game, form.candidate_users, seen)),
                tuple(_names(game, form.candidate_groups, seen)),
                _due_at(game, form, seen),
                _priority(game, form, seen),
            )
        )


def _assignee(game: Game, form: UserTaskForm, seen: Mapping[str, object]) -> str | None:
    if form.assignee is None:
        return None
    value = game.evaluate(form.assignee, seen, "task")
    if value is None or isinstance(value, str):
        return value or None
    raise Stuck("task", f"expected a name in '{form.assignee.text}', but got {value!r}")


def _names(game: Game, expressions: Sequence[Expression], seen: Mapping[str, object]) -> Iterable[str]:
    """Yield plain names: an expression may give a text with commas, or a list."""
    for expression in expressions:
        value = game.evaluate(expression, seen, "task")
        if isinstance(value, str):
            yield from (name.strip() for name in value.split(",") if name.strip())
        elif isinstance(value, list) and all(isinstance(name, str) for name in value):
            yield from value
        elif value is not None:
            raise Stuck("task", f"expected names in '{expression.text}', but got {value!r}")


def _due_at(game: Game, form: UserTaskForm, seen: Mapping[str, object]) -> datetime | None:
    if form.due_date is None:
        return None
    value = game.evaluate(form.due_date, seen, "task")
    return None if value is None else waiting.instant_of(game, Timer(TimerKind.DATE, form.due_date.text), value)[0]


def _priority(game: Game, form: UserTaskForm, seen: Mapping[str, object]) -> int | None:
    if form.priority is None:
        return None
    value = game.evaluate(form.priority, seen, "task")
    if isinstance(value, str) and value.strip().lstrip("-").isdigit():
        return int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise Stuck("task", f"expected a whole number in '{form.priority.text}', but got {value!r}")
