"""Decision table: rules, their hit policy, default entries; names FEEL's results as process variables.

Hit policies: DMN 1.5, 8.2.10. Several rules under UNIQUE, or different results under ANY, are an error, not a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from engine.decisions.expression import Closure, Scope
from engine.decisions.unary import Test
from engine.decisions.values import EXACT, KOREAN, Feel, compare, kind_of
from engine.errors import InvalidExpression, Sentence


class HitPolicy(StrEnum):
    """How the rules that are hit become one result."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


@dataclass(frozen=True, slots=True)
class Input:
    """A column of tests. `allowed` judges a value by the column's inputValues."""

    text: str
    value: Closure
    kind: Feel | None = None
    allowed: Test | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """A column of results. `order` are its outputValues, most wanted first."""

    name: str | None
    kind: Feel | None = None
    order: tuple[object, ...] = ()
    default: Closure | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: a test for each input, an entry for each output."""

    id: str
    number: int
    tests: tuple[Test, ...]
    entries: tuple[Closure, ...]


Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table, ready to be asked."""

    policy: HitPolicy
    aggregation: str | None
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]

    def evaluate(self, scope: Scope) -> object:
        """Return the FEEL result: a value, a context for several outputs, a list for the policies that give one."""
        values = [_input(column, scope) for column in self.inputs]
        hits = [rule for rule in self.rules if _is_hit(rule, values, scope)]
        if not hits:
            return self._without_a_hit(scope)
        if self.policy is HitPolicy.UNIQUE and len(hits) > 1:
            raise _several(hits)
        rows = [tuple(entry(scope) for entry in rule.entries) for rule in hits]
        return self._result(hits, rows)

    def _without_a_hit(self, scope: Scope) -> object:
        if self.aggregation == "COUNT":
            return Decimal(0)
        if not any(output.default for output in self.outputs):
            return None
        row = tuple(output.default(scope) if output.default else None for output in self.outputs)
        gives_list = self.policy in LISTS and self.aggregation is None
        return [self._named(row)] if gives_list else self._named(row)

    def _result(self, hits: Sequence[Rule], rows: list[Row]) -> object:
        match self.policy:
            case HitPolicy.ANY:
                if any(not _same(row, rows[0]) for row in rows):
                    raise _different(hits)
            case HitPolicy.PRIORITY | HitPolicy.OUTPUT_ORDER:
                rows.sort(key=self._rank)  # stable: rules of the same rank stay in their order
        if self.policy not in LISTS:
            return self._named(rows[0])
        if self.aggregation:
            return AGGREGATIONS[self.aggregation]([row[0] for row in rows])
        return [self._named(row) for row in rows]

    def _rank(self, row: Row) -> tuple[int, ...]:
        return tuple(
            _place(value, output.order) for value, output in zip(row, self.outputs, strict=True) if output.order
        )

    def _named(self, row: Row) -> object:
        if len(self.outputs) == 1:
            return row[0]
        return {str(output.name): value for output, value in zip(self.outputs, row, strict=True)}


LISTS = frozenset({HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER})


def _input(column: Input, scope: Scope) -> object:
    value = column.value(scope)
    if value is None:
        return None
    kind = kind_of(value)
    if column.kind is not None and kind is not column.kind:
        raise InvalidExpression(
            Sentence(
                f"‘{column.text}’에는 {KOREAN[column.kind]} 값이 와야 하는데, {KOREAN[kind]} 값입니다.",
                f"'{column.text}' takes {column.kind}, but this is {kind}",
            )
        )
    if column.allowed is not None and column.allowed(value, scope) is not True:
        raise InvalidExpression(
            Sentence(
                f"‘{column.text}’의 값이 표에 적힌 값 가운데 없습니다.",
                f"the value of '{column.text}' is none of those the table allows",
            )
        )
    return value


def _is_hit(rule: Rule, values: Sequence[object], scope: Scope) -> bool:
    return all(test(value, scope) is True for test, value in zip(rule.tests, values, strict=True))


def _same(row: Row, other: Row) -> bool:
    return all(_equal(a, b) for a, b in zip(row, other, strict=True))


def _equal(left: object, right: object) -> bool:
    return (left is None) == (right is None) and (left is None or (kind_of(left) is kind_of(right) and left == right))


def _place(value: object, order: Sequence[object]) -> int:
    return next((n for n, wanted in enumerate(order) if _equal(value, wanted)), len(order))


def _numbers(hits: Sequence[Rule]) -> str:
    return ", ".join(str(rule.number) for rule in hits[:5])


def _several(hits: Sequence[Rule]) -> InvalidExpression:
    return InvalidExpression(
        Sentence(
            f"규칙 하나만 맞아야 하는데 여럿이 맞습니다: {_numbers(hits)}번",
            f"only one rule may be hit, but several are: {_numbers(hits)}",
        )
    )


def _different(hits: Sequence[Rule]) -> InvalidExpression:
    return InvalidExpression(
        Sentence(
            f"맞는 규칙들의 결과가 서로 다릅니다: {_numbers(hits)}번",
            f"the rules that are hit have different results: {_numbers(hits)}",
        )
    )


def _sum(values: Sequence[object]) -> object:
    total = Decimal(0)
    for value in values:
        if not isinstance(value, Decimal):
            raise InvalidExpression(Sentence("합계는 숫자로만 냅니다.", "only numbers can be summed"))
        total = EXACT.add(total, value)
    return total


def _extreme(sign: int) -> Callable[[Sequence[object]], object]:
    def extreme(values: Sequence[object]) -> object:
        found = values[0]
        for value in values[1:]:
            order = compare(value, found)
            if order is None:
                return None
            if order == sign:
                found = value
        return found

    return extreme


AGGREGATIONS: Mapping[str, Callable[[Sequence[object]], object]] = {
    "SUM": _sum,
    "MIN": _extreme(-1),
    "MAX": _extreme(1),
    "COUNT": lambda values: Decimal(len(values)),
}
