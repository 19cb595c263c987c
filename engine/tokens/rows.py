"""Token, Scope, Wait, Done: what an instance is between two steps, and its way through JSON.

Rows are tuples, never changed: a step puts a new row in the place of the old one, so that a step (and each move in it)
can be undone, and the rows given to it stay as they were. Flat: only what is live has a row; what is over is history.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from engine.errors import EngineError, Sentence
from engine.variables import from_json, to_json

FORMAT = 1
NOTHING: Mapping[str, object] = {}

# names inside an activity with a marker: the marker counts by them, nobody else writes them
TOTAL, ACTIVE, COMPLETED, COUNTER = (
    "numberOfInstances",
    "numberOfActiveInstances",
    "numberOfCompletedInstances",
    "loopCounter",
)
MARKER_NAMES = frozenset({TOTAL, ACTIVE, COMPLETED, COUNTER})


class State(StrEnum):
    """How a token stands. The first two exist inside a step only."""

    ENTERING = "entering"
    LEAVING = "leaving"
    WAITING = "waiting"  # for its waits
    HOSTING = "hosting"  # a scope that runs inside its activity
    JOINING = "joining"  # at a join, or for its start quantity
    RESETTING = "resetting"  # a complex gateway that fired and waits for the rest
    COMPENSATING = "compensating"  # for the handlers it started
    HELD = "held"  # by an incident; `phase` is the move to try again


class ScopeKind(StrEnum):
    """What a scope is the inside of."""

    PROCESS = "process"  # the instance itself, or a called process
    SUBPROCESS = "subprocess"
    EVENT_SUBPROCESS = "eventSubProcess"
    BODY = "body"  # of a multi-instance or loop marker: its tokens are the executions
    UNDO = "undo"  # a finished subprocess, opened again to be compensated


class Token(NamedTuple):
    """A place where an instance stands."""

    id: int
    scope: int
    element: str
    state: str
    flow: str | None = None  # by which it came
    phase: str = ""
    since: int = 0  # when its activity began or it came to its join, in the order of the instance's ids
    parent: int | None = None  # a compensation handler: the token that waits for it
    variables: Mapping[str, object] = NOTHING  # seen from here and inside only
    memo: Mapping[str, object] = NOTHING  # what its symbol remembers


class Scope(NamedTuple):
    """The inside of a process, a subprocess or a marker; its variables are seen from all that runs in it."""

    id: int
    kind: str
    level: str  # process id, or element id
    process: int  # id of the process scope around it (its own, when it is one)
    host: int | None = None  # the token whose activity this is the inside of
    variables: Mapping[str, object] = NOTHING
    key: str | None = None  # of a process scope: process id and version, to find the definition again
    version: int | None = None
    memo: Mapping[str, object] = NOTHING


class Cycle(NamedTuple):
    """A repeating timer: the n-th instant is `base` plus n times `duration` (ISO text)."""

    duration: str
    base: datetime
    fired: int
    left: int | None  # how often it still fires, the pending one included; None: for ever


class Wait(NamedTuple):
    """What is waited for, by a token (itself, or its boundary events) or by a scope (its event subprocesses)."""

    id: int
    kind: str
    element: str  # the event or activity that waits
    trigger: int  # which of the element's triggers
    token: int | None = None
    scope: int | None = None
    name: str | None = None
    key: str | None = None
    due_at: datetime | None = None
    cycle: Cycle | None = None
    is_met: bool = False  # a condition: what it gave last, as it fires when it turns true


class Done(NamedTuple):
    """An activity that ended and can be compensated. `begin` and `end` order it against others."""

    id: int
    scope: int
    element: str
    begin: int
    end: int
    group: int = 0  # executions of one multi-instance activity share it: they are undone side by side
    variables: Mapping[str, object] = NOTHING
    inner: tuple[Done, ...] = ()  # of a finished subprocess


def definition_key(key: str, version: int | None) -> str:
    """Return `key@version`, or the key alone where no version is pinned."""
    return key if version is None else f"{key}@{version}"


class Rows:
    """All rows of one instance. Read with the methods; only a step makes new ones."""

    __slots__ = ("done", "next_id", "scopes", "state", "tokens", "waits")

    def __init__(
        self,
        state: str,
        next_id: int,
        tokens: dict[int, Token],
        scopes: dict[int, Scope],
        waits: dict[int, Wait],
        done: dict[int, Done],
    ) -> None:
        self.state, self.next_id = state, next_id
        self.tokens, self.scopes, self.waits, self.done = tokens, scopes, waits, done

    @classmethod
    def new(cls) -> Rows:
        """Return the rows of an instance that has not started."""
        return cls("active", 1, {}, {}, {}, {})

    def dump(self) -> dict[str, Any]:
        """Return the rows as JSON-able values; `load` makes the same rows of them."""
        return {
            "format": FORMAT,
            "state": self.state,
            "next": self.next_id,
            "tokens": [_short([*t[:8], _mapping(t.variables), _mapping(t.memo)], 4) for t in self.tokens.values()],
            "scopes": [
                _short([*s[:5], _mapping(s.variables), s.key, s.version, _mapping(s.memo)], 4)
                for s in self.scopes.values()
            ],
            "waits": [_dump_wait(wait) for wait in self.waits.values()],
            "done": [_dump_done(done) for done in self.done.values()],
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Rows:
        """Return the rows that `dump` wrote; raises EngineError for a format that this version does not know."""
        if stored.get("format") != FORMAT:
            raise EngineError(
                Sentence(
                    f"모르는 형식의 인스턴스입니다: {stored.get('format')}",
                    f"the instance is stored in an unknown format: {stored.get('format')}",
                )
            )
        return cls(
            stored["state"],
            stored["next"],
            {row[0]: _load_token(row) for row in stored["tokens"]},
            {row[0]: _load_scope(row) for row in stored["scopes"]},
            {row[0]: _load_wait(row) for row in stored["waits"]},
            {row[0]: _load_done(row) for row in stored["done"]},
        )

    @property
    def live_count(self) -> int:
        """How many rows the instance has now."""
        return len(self.tokens) + len(self.scopes) + len(self.waits) + len(self.done)

    def tokens_at(self) -> list[tuple[int, str, str]]:
        """Return (token id, element id, `key` or `key@version` of the process it is drawn in), oldest first."""
        return [(t.id, t.element, self.definition_key(t.scope)) for t in self.tokens.values()]

    def definition_key(self, scope_id: int) -> str:
        """Return `key@version` of the process around a scope; the key alone for the instance's own definition."""
        process = self.scopes[self.scopes[scope_id].process]
        return definition_key(process.key or process.level, process.version)

    def list_waits(self) -> list[Wait]:
        """Return every wait, oldest first."""
        return list(self.waits.values())

    def root_variables(self) -> dict[str, object]:
        """Return the variables of the process itself; they stay when the instance has ended."""
        return next((dict(scope.variables) for scope in self.scopes.values()), {})

    def visible(self, wait_id: int) -> dict[str, object]:
        """Return every variable seen from where a wait is; nothing when there is no such wait."""
        wait = self.waits.get(wait_id)
        if wait is None:
            return {}
        scope_id = wait.scope
        maps: list[Mapping[str, object]] = []
        if wait.token is not None:
            token = self.tokens[wait.token]
            maps.append(token.variables)
            scope_id = token.scope
        maps.extend(variables_outward(self.scopes, self.tokens, scope_id))
        return {name: value for variables in reversed(maps) for name, value in variables.items()}

    def incident_tokens(self) -> list[int]:
        """Return the ids of tokens that an incident holds."""
        return [token.id for token in self.tokens.values() if token.state == State.HELD]


def variables_outward(
    scopes: Mapping[int, Scope], tokens: Mapping[int, Token], scope_id: int | None
) -> Iterator[Mapping[str, object]]:
    """Yield the variables seen from a scope: its own, its host's, the outer scope's, up to the process around it."""
    while scope_id is not None:
        scope = scopes[scope_id]
        yield scope.variables
        if scope.kind == ScopeKind.PROCESS or scope.host is None:
            return
        host = tokens[scope.host]
        yield host.variables
        scope_id = host.scope


def _mapping(values: Mapping[str, object]) -> dict[str, Any] | None:
    return {name: to_json(value) for name, value in values.items()} if values else None


def _values(stored: dict[str, Any] | None) -> Mapping[str, object]:
    return {name: from_json(value) for name, value in stored.items()} if stored else NOTHING


def _short(row: list[Any], least: int) -> list[Any]:
    """Leave out what is empty at the end of a row: most rows are a few values."""
    while len(row) > least and not row[-1] and row[-1] is not False:
        row.pop()
    return row


def _load_token(row: list[Any]) -> Token:
    if len(row) > 8:
        return Token._make([*row[:8], _values(row[8]), _values(row[9]) if len(row) > 9 else NOTHING])
    return Token(*row)


def _load_scope(row: list[Any]) -> Scope:
    row = row + [None] * (9 - len(row))
    return Scope._make([*row[:5], _values(row[5]), row[6], row[7], _values(row[8])])


def _dump_wait(wait: Wait) -> list[Any]:
    cycle = wait.cycle
    stored = [cycle.duration, cycle.base.isoformat(), cycle.fired, cycle.left] if cycle else None
    return _short([*wait[:8], wait.due_at and wait.due_at.isoformat(), stored, int(wait.is_met)], 5)


def _load_wait(row: list[Any]) -> Wait:
    row = row + [None] * (11 - len(row))
    due_at = datetime.fromisoformat(row[8]) if row[8] else None
    cycle = Cycle(row[9][0], datetime.fromisoformat(row[9][1]), row[9][2], row[9][3]) if row[9] else None
    return Wait._make([*row[:8], due_at, cycle, bool(row[10])])


def _dump_done(done: Done) -> list[Any]:
    return [*done[:6], _mapping(done.variables), [_dump_done(inner) for inner in done.inner]]


def _load_done(row: list[Any]) -> Done:
    return Done._make([*row[:6], _values(row[6]), tuple(_load_done(inner) for inner in row[7])])
