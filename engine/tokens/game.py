"""Game: the rows of one instance while a step plays; every change goes through here and can be undone."""

from __future__ import annotations

from collections import ChainMap, deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, cast

from engine.errors import EngineError, Sentence
from engine.tokens.chart import Chart, Spot, chart_of
from engine.tokens.definition import Flow, ProcessDefinition
from engine.tokens.effects import (
    Effect,
    HistoryEntry,
    JobWithdrawn,
    TimerCleared,
    TimerSet,
    Unsubscribed,
    UserTaskWithdrawn,
)
from engine.tokens.rows import (
    MARKER_NAMES,
    NOTHING,
    Done,
    Rows,
    Scope,
    ScopeKind,
    State,
    Token,
    Wait,
    definition_key,
    variables_outward,
)
from engine.variables import check_variable

if TYPE_CHECKING:
    from engine.expressions import Expression
    from engine.tokens.environment import Environment

NO_NAMES: frozenset[str] = frozenset()
APPLICATION_ERRORS = (EngineError, ValueError, LookupError, ArithmeticError, TypeError)
"""What an expression, a decision or an application's function may raise: the author's to mend, never the engine's."""


class Stuck(EngineError):
    """A move cannot be made without a person: it is undone and its token is held by an incident."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(Sentence(message, message))
        self.cause, self.message = cause, message


class Delivery:
    """A signal on its way to every wait for its name. `spared`: an activity that it must not interrupt."""

    __slots__ = ("name", "spared", "variables")

    def __init__(self, name: str, variables: Mapping[str, object], spared: int | None = None) -> None:
        self.name, self.variables, self.spared = name, variables, spared


class Game:
    """A mutable copy of the rows, the agenda, and what has come of the step so far."""

    def __init__(self, definition: ProcessDefinition, rows: Rows, now: datetime, environment: Environment) -> None:
        self.chart, self.now, self.environment = chart_of(definition), now, environment
        self.state, self.next_id, self.first_new_id = rows.state, rows.next_id, rows.next_id
        self.tokens, self.scopes, self.waits = dict(rows.tokens), dict(rows.scopes), dict(rows.waits)
        self.done = dict(rows.done)
        self.agenda: deque[tuple[str, int] | Delivery] = deque()
        self.ending: dict[int, None] = {}  # scopes that may have ended
        self.joins: dict[tuple[int, str], None] = {}  # (scope, gateway) to look at when nothing else can run
        self.effects: list[Effect] = []
        self.history: list[HistoryEntry] = []
        self.moves, self.most_moves = 0, environment.budget.moves
        self.most_tokens = environment.budget.live_tokens
        self.conditions_are_stale = False
        self.last_end: str | None = None
        self.functions: Mapping[str, Callable[..., object]] = {**environment.functions, "now": lambda: now}
        self._journal: list[tuple[int, int, Token | Scope | Wait | Done | None]] = []
        self._charts: dict[int, Chart] = {}
        self._places: dict[int, tuple[str, tuple[str, ...]]] = {}
        self._index()

    def _index(self) -> None:
        self.members: dict[int, dict[int, None]] = {scope: {} for scope in self.scopes}
        self.inside: dict[int, int] = {}  # token -> the scope it hosts
        self.token_waits: dict[int, dict[int, None]] = {}
        self.scope_waits: dict[int, dict[int, None]] = {}
        self.timers: dict[int, datetime] = {}
        self.conditions: dict[int, None] = {}
        for scope in self.scopes.values():
            if scope.host is not None:
                self.inside[scope.host] = scope.id
        for token in self.tokens.values():
            self.members[token.scope][token.id] = None
            if token.state == State.JOINING or token.state == State.RESETTING:
                self.look_at_join(token)
        for wait in self.waits.values():
            self._index_wait(wait)

    # ------------------------------------------------------------------ rows, with a journal to undo
    def new_id(self) -> int:
        """Return the next id; ids also order what happens in the instance."""
        self.next_id += 1
        return self.next_id - 1

    def put(self, token: Token) -> Token:
        """Add a token, or put it in the place of the one with its id (which rests in the same scope)."""
        old = self.tokens.get(token.id)
        self._journal.append((0, token.id, old))
        self.tokens[token.id] = token
        if old is None:
            self.members[token.scope][token.id] = None
        return token

    def put_scope(self, scope: Scope) -> Scope:
        """Add a scope, or put it in the place of the one with its id."""
        old = self.scopes.get(scope.id)
        self._journal.append((1, scope.id, old))
        self.scopes[scope.id] = scope
        if old is None:
            self._index_scope(scope)
        return scope

    def put_wait(self, wait: Wait) -> Wait:
        """Add a wait, or put it in the place of the one with its id."""
        self._journal.append((2, wait.id, self.waits.get(wait.id)))
        self.waits[wait.id] = wait
        self._index_wait(wait)
        return wait

    def put_done(self, done: Done) -> None:
        """Remember an activity that can be compensated."""
        self._journal.append((3, done.id, None))
        self.done[done.id] = done

    def remove(self, token: Token) -> None:
        """Remove a token that has no waits and hosts nothing; its scope may end by it."""
        self._journal.append((0, token.id, self.tokens.pop(token.id)))
        del self.members[token.scope][token.id]
        self.ending[token.scope] = None
        if token.parent is not None and token.parent in self.tokens:
            self.agenda.append(("compensate", token.parent))

    def remove_scope(self, scope_id: int) -> None:
        """Remove a scope that has no tokens left, with its waits and its Done rows."""
        for wait_id in list(self.scope_waits.get(scope_id, ())):
            self.remove_wait(self.waits[wait_id])
        for done in [done for done in self.done.values() if done.scope == scope_id]:
            self.remove_done(done)
        scope = self.scopes.pop(scope_id)
        self._journal.append((1, scope_id, scope))
        self._forget_scope(scope)

    def remove_done(self, done: Done) -> None:
        """Forget an activity that could have been compensated."""
        self._journal.append((3, done.id, self.done.pop(done.id)))

    def remove_wait(self, wait: Wait, *, answered: bool = False) -> None:
        """Remove a wait and tell the outside; `answered` user tasks and jobs are not told: the outside knows."""
        self._journal.append((2, wait.id, self.waits.pop(wait.id)))
        self._forget_wait(wait)
        kind = wait.kind
        if kind == "timer":
            self.effects.append(TimerCleared(wait.id))
        elif kind == "message" or kind == "signal":
            self.effects.append(Unsubscribed(wait.id))
        elif answered or kind == "condition":
            return
        else:
            self.effects.append(UserTaskWithdrawn(wait.id) if kind == "userTask" else JobWithdrawn(wait.id))

    def _index_scope(self, scope: Scope) -> None:
        self.members[scope.id] = {}
        if scope.host is not None:
            self.inside[scope.host] = scope.id

    def _forget_scope(self, scope: Scope) -> None:
        del self.members[scope.id]
        if scope.host is not None:
            del self.inside[scope.host]

    def _index_wait(self, wait: Wait) -> None:
        if wait.token is not None:
            self.token_waits.setdefault(wait.token, {})[wait.id] = None
        elif wait.scope is not None:
            self.scope_waits.setdefault(wait.scope, {})[wait.id] = None
        if wait.due_at is not None:
            self.timers[wait.id] = wait.due_at
        elif wait.kind == "condition":
            self.conditions[wait.id] = None

    def _forget_wait(self, wait: Wait) -> None:
        if wait.token is not None:
            del self.token_waits[wait.token][wait.id]
        elif wait.scope is not None:
            del self.scope_waits[wait.scope][wait.id]
        self.timers.pop(wait.id, None)
        self.conditions.pop(wait.id, None)

    def mark(self) -> tuple[int, int, int]:
        """Begin a move: what happens from here on can be undone."""
        self._journal.clear()
        return len(self.effects), len(self.history), len(self.agenda)

    def undo(self, mark: tuple[int, int, int]) -> None:
        """Put everything back as it was at the mark."""
        for table, id_, old in reversed(self._journal):
            if table == 0:
                self._restore_token(id_, old)
            elif table == 1:
                self._restore_scope(id_, old)
            elif table == 2:
                self._restore_wait(id_, old)
            elif isinstance(old, Done):
                self.done[id_] = old
            else:
                del self.done[id_]
        self._journal.clear()
        del self.effects[mark[0] :]
        del self.history[mark[1] :]
        while len(self.agenda) > mark[2]:
            self.agenda.pop()

    def _restore_token(self, id_: int, old: object) -> None:
        if isinstance(old, Token):
            self.tokens[id_] = old
            self.members[old.scope][id_] = None
        else:
            token = self.tokens.pop(id_)
            del self.members[token.scope][id_]

    def _restore_scope(self, id_: int, old: object) -> None:
        if isinstance(old, Scope):
            if id_ not in self.scopes:
                self._index_scope(old)
            self.scopes[id_] = old
        else:
            self._forget_scope(self.scopes.pop(id_))

    def _restore_wait(self, id_: int, old: object) -> None:
        if id_ in self.waits:
            self._forget_wait(self.waits.pop(id_))
        if isinstance(old, Wait):
            self.waits[id_] = old
            self._index_wait(old)

    # ------------------------------------------------------------------ the diagram
    def chart_at(self, scope_id: int) -> Chart:
        """Return the chart of the (called) process around a scope; raises Stuck when it cannot be found again."""
        process_id = self.scopes[scope_id].process
        chart = self._charts.get(process_id)
        if chart is None:
            process = self.scopes[process_id]
            chart = self._charts[process_id] = (
                self.chart if process.key is None else self.callee(process.key, process.version)
            )
        return chart

    def callee(self, key: str, version: int | None) -> Chart:
        """Return the chart of another process; raises Stuck when there is none of that key and version."""
        try:
            return chart_of(self.environment.callee(key, version))
        except APPLICATION_ERRORS:
            raise Stuck("call", f"there is no process '{definition_key(key, version)}' to call") from None

    def spot(self, token: Token) -> Spot:
        """Return the symbol that a token is at."""
        return self.chart_at(token.scope).spots[token.element]

    def place(self, scope_id: int) -> tuple[str, tuple[str, ...]]:
        """Return the definition key around a scope, and the activities around it, innermost first."""
        found = self._places.get(scope_id)
        if found is None:
            scope = self.scopes[scope_id]
            process = self.scopes[scope.process]
            around: tuple[str, ...] = ()
            if scope.host is not None:
                host = self.tokens[scope.host]
                around = self.place(host.scope)[1]
                around = around if scope.kind == ScopeKind.BODY else (host.element, *around)
            key = self.chart.key if process.key is None else definition_key(process.key, process.version)
            found = self._places[scope_id] = (key, around)
        return found

    # ------------------------------------------------------------------ variables
    def visible(self, token: Token) -> Mapping[str, object]:
        """Return what a token sees: its own variables, its scope's, its host's, and so on to the process around it."""
        scope = self.scopes[token.scope]
        if scope.kind == ScopeKind.PROCESS and not token.variables:
            return scope.variables
        return self._chained([token.variables, *variables_outward(self.scopes, self.tokens, token.scope)])

    def visible_in(self, scope_id: int) -> Mapping[str, object]:
        """Return what is seen from a scope."""
        return self._chained(list(variables_outward(self.scopes, self.tokens, scope_id)))

    @staticmethod
    def _chained(maps: list[Mapping[str, object]]) -> Mapping[str, object]:
        filled = [variables for variables in maps if variables]
        if len(filled) < 2:
            return filled[0] if filled else NOTHING
        return ChainMap(*cast("list[dict[str, object]]", filled))

    def evaluate(self, expression: Expression, variables: Mapping[str, object], cause: str) -> object:
        """Return an expression's value; raises Stuck with the cause."""
        try:
            return expression.evaluate(variables, self.functions)
        except APPLICATION_ERRORS as error:
            raise Stuck(cause, str(error)) from error

    def write(self, token: Token, values: Mapping[str, object], cause: str = "script") -> None:
        """Set variables as a script at a token does: where the name exists, else in the process around it."""
        if token.variables and not token.variables.keys().isdisjoint(values):
            own = {name: value for name, value in values.items() if self._owns(token, name)}
            self.check_values(own, cause)
            self.conditions_are_stale = True
            if own:
                self.put(token._replace(variables={**token.variables, **own}))
            values = {name: value for name, value in values.items() if name not in own}
        self.write_in(token.scope, values, cause)

    def write_in(self, scope_id: int, values: Mapping[str, object], cause: str = "script") -> None:
        """Set variables where the name exists, from a scope outward, else in the process around it."""
        if not values:
            return
        self.check_values(values, cause)
        self.conditions_are_stale = True
        left = dict(values)
        while left:
            scope = self.scopes[scope_id]
            if scope.kind == ScopeKind.PROCESS:
                here = left
            else:
                fixed = MARKER_NAMES if scope.kind == ScopeKind.BODY else NO_NAMES
                here = {name: left[name] for name in left if name in scope.variables and name not in fixed}
            if here:
                self.put_scope(scope._replace(variables={**scope.variables, **here}))
            if here is left or scope.host is None:
                return
            left = {name: value for name, value in left.items() if name not in here}
            host = self.tokens[scope.host]
            own = {name: value for name, value in left.items() if self._owns(host, name)}
            if own:
                self.put(host._replace(variables={**host.variables, **own}))
                left = {name: value for name, value in left.items() if name not in own}
            scope_id = host.scope

    def _owns(self, token: Token, name: str) -> bool:
        """Whether a variable may be written at a token: it has that name, and no marker counts by it."""
        if name not in token.variables:
            return False
        return name not in MARKER_NAMES or self.scopes[token.scope].kind != ScopeKind.BODY

    def check_values(self, values: Mapping[str, object], cause: str) -> None:
        """Raise Stuck when one of the values cannot be a variable."""
        try:
            for name, value in values.items():
                check_variable(name, value)
        except EngineError as error:
            raise Stuck(cause, str(error)) from error

    # ------------------------------------------------------------------ what is told
    def note(self, kind: str, token: Token, spot: Spot, what: str = "", *, body: bool = False) -> None:
        """Write one line of history about the element a token is at."""
        key, around = self.place(token.scope)
        seen = dict(self.visible(token)) if spot.has_extensions else None
        by = cast("str | None", token.memo.get("by")) if token.memo and kind == "left" else None
        self.history.append(HistoryEntry(kind, spot.id, key, token.id, token.scope, what, body, seen, around, by))

    def note_incident(self, token: Token, what: str, kind: str = "incident") -> None:
        """Write in history that a token is held, or is no longer."""
        key, around = self.place(token.scope)
        self.history.append(HistoryEntry(kind, token.element, key, token.id, token.scope, what, host_elements=around))

    def note_process(self, kind: str, scope_id: int, what: str = "") -> None:
        """Write one line of history about the instance itself."""
        self.history.append(HistoryEntry(kind, self.chart.key, self.chart.key, None, scope_id, what))

    def set_timer(self, wait: Wait) -> None:
        """Put a timer's wait and tell the outside when it is due."""
        self.put_wait(wait)
        assert wait.due_at is not None
        self.effects.append(TimerSet(wait.id, wait.element, wait.due_at))

    # ------------------------------------------------------------------ moving
    def schedule(self, phase: str, token_id: int) -> None:
        """Put a move at the end of the agenda."""
        self.agenda.append((phase, token_id))

    def send_along(self, token: Token, flow: Flow) -> None:
        """Move a token over a sequence flow; it arrives when its turn on the agenda comes."""
        self.put(Token(token.id, token.scope, flow.target, State.ENTERING, flow.id))
        self.agenda.append(("enter", token.id))

    def new_token(self, scope_id: int, element: str, state: str = State.ENTERING, **more: object) -> Token:
        """Add a token."""
        return self.put(Token(self.new_id(), scope_id, element, state, **more))  # type: ignore[arg-type]

    def release(self, token: Token, *, answered: bool = False) -> None:
        """Remove every wait of a token, its boundary events' too."""
        for wait_id in list(self.token_waits.get(token.id, ())):
            self.remove_wait(self.waits[wait_id], answered=answered)

    def look_at_join(self, token: Token) -> None:
        """Look at the join that a token waits at, when nothing else can run."""
        self.joins[(token.scope, token.element)] = None

    def gathered(self, token: Token) -> list[Token]:
        """Return the tokens that wait at the same element of the same scope, in order of arrival."""
        waiting = [
            other
            for other in map(self.tokens.__getitem__, self.members[token.scope])
            if other.element == token.element and other.state == State.JOINING
        ]
        return sorted(waiting, key=lambda other: other.since)
