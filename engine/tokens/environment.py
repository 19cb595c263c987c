"""What the token game may ask while it plays: functions for expressions, decisions, called definitions, its budgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.tokens.definition import ProcessDefinition


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one step and one instance; over any of them the token is held by an incident on its element."""

    moves: int = 20_000  # node visits in one step: ends a loop without a wait state
    live_tokens: int = 10_000
    multi_instance_items: int = 1_000
    call_depth: int = 60
    variable_bytes: int = 1_000_000


def no_decision(decision: str, variables: Mapping[str, object]) -> object:
    raise LookupError(decision)


def no_callee(key: str, version: int | None) -> ProcessDefinition:
    raise LookupError(key)


@dataclass(frozen=True, slots=True)
class Environment:
    """Given to every step. `functions` are the application's names for expressions, beside the language's own."""

    functions: Mapping[str, Callable[..., object]] = field(default_factory=dict)
    decide: Callable[[str, Mapping[str, object]], object] = no_decision
    callee: Callable[[str, int | None], ProcessDefinition] = no_callee
    business_key: str | None = None
    budget: Budget = Budget()
