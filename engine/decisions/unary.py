"""Unary tests: what an input cell says of its column's value: `-`, `< 10`, `[1..5]`, `"a","b"`, `not(…)`.

A test is true, false or null (a comparison with null); a rule is hit only when every cell is true.
DMN 1.5, 9.2 and table 55.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.decisions.expression import COMPARISONS, Part, Reader, Scope
from engine.decisions.values import KOREAN, Feel, compare, equal, kind_of
from engine.decisions.words import Lexer, Sort
from engine.errors import InvalidExpression, Sentence

Test = Callable[[object, Scope], bool | None]


@dataclass(frozen=True, slots=True)
class Cell:
    """A compiled cell; `kinds` are those of the values written in it."""

    test: Test
    kinds: frozenset[Feel]
    constants: tuple[object, ...] = ()  # of a cell that only lists values


def anything(value: object, scope: Scope) -> bool | None:
    """The test of an empty cell or `-`."""
    return True


def compile_cell(lexer: Lexer, text: str, kind: Feel | None) -> Cell:
    """Return the tests of a cell of a column of that kind; raises InvalidExpression for what is beyond S-FEEL."""
    if text.strip() in ("", "-"):
        return Cell(anything, frozenset())
    reader = _CellReader(lexer, text)
    test = reader.tests()
    reader.end()
    _check_kinds(reader.kinds, kind)
    return Cell(test, frozenset(reader.kinds), tuple(reader.constants) if reader.is_plain else ())


def _check_kinds(found: set[Feel], column: Feel | None) -> None:
    kinds = found - {Feel.NULL, Feel.LIST}
    if column is None or column in (Feel.LIST, Feel.CONTEXT):
        return
    for kind in kinds - {column}:
        raise InvalidExpression(
            Sentence(
                f"{KOREAN[column]} 열에 {KOREAN[kind]} 값이 있습니다.",
                f"the column holds {column}, but the cell {kind}",
            )
        )


class _CellReader(Reader):
    """Reads the tests of one cell."""

    def __init__(self, lexer: Lexer, text: str) -> None:
        super().__init__(lexer, text)
        self.kinds: set[Feel] = set()
        self.constants: list[object] = []
        self.is_plain = True

    def tests(self) -> Test:
        """Read the whole cell."""
        if self.has("not", sort=Sort.KEYWORD):
            self.is_plain = False
            self.take()
            self.expect("(")
            test = _any(list(self._listed()))
            self.expect(")")
            return _opposite(test)
        return _any(list(self._listed()))

    def _listed(self) -> Iterator[Test]:
        yield self._test()
        while self.skip(","):
            yield self._test()

    def _test(self) -> Test:
        if self.has("<", "<=", ">", ">=", "=", "!="):
            self.is_plain = False
            check = COMPARISONS[str(self.take().value)]
            wanted = self._value()
            return lambda value, scope: check(value, wanted.closure(scope))
        if self.has("(", "[", "]") and self._is_range():
            self.is_plain = False
            return self._range()
        wanted = self._value()
        if wanted.is_constant:
            self.constants.append(wanted.constant)
        else:
            self.is_plain = False
        return lambda value, scope: _matches(value, wanted.closure(scope))

    def _value(self) -> Part:
        part = self.arithmetic()
        if self.has("=", "!=", "<", "<=", ">", ">=") or self.has("and", "or", sort=Sort.KEYWORD):
            raise InvalidExpression(
                Sentence(
                    "칸 안에서 다른 값을 비교할 수 없습니다. 열로 나누십시오.",
                    "a cell cannot compare other values; make a column of it",
                )
            )
        if part.kind is not None:
            self.kinds.add(part.kind)
        for item in part.constant if isinstance(part.constant, list) else ():
            self.kinds.add(kind_of(item))
        return part

    def _is_range(self) -> bool:
        """Whether two dots stand before the bracket is closed; else it is a list or a value in brackets."""
        if self.has("]"):
            return True
        depth = 0
        for word in self.words[self.at :]:
            if word.sort is not Sort.SIGN:
                continue
            if word.value == ".." and depth == 1:
                return True
            depth += (word.value in ("(", "[")) - (word.value in (")", "]"))
            if depth == 0:
                return False
        return False

    def _range(self) -> Test:
        from_included = self.take().value == "["
        low = self._value().closure
        self.expect("..")
        high = self._value().closure
        if not self.has("]", ")", "["):
            raise self.unread("범위를 닫는 괄호", "the bracket that closes the range")
        to_included = self.take().value == "]"

        def lies_within(value: object, scope: Scope) -> bool | None:
            after, before = compare(value, low(scope)), compare(value, high(scope))
            if after is None or before is None:
                return None
            return (after > 0 or (from_included and after == 0)) and (before < 0 or (to_included and before == 0))

        return lies_within


def _matches(value: object, wanted: object) -> bool:
    """A value is wanted as it is; a list wants one of its items, unless the value is a list itself."""
    if isinstance(wanted, list) and not isinstance(value, list):
        return any(equal(value, item) for item in wanted)
    return equal(value, wanted)


def _any(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def one_holds(value: object, scope: Scope) -> bool | None:
        told = [test(value, scope) for test in tests]
        if True in told:
            return True
        return None if None in told else False

    return one_holds


def _opposite(test: Test) -> Test:
    def opposite(value: object, scope: Scope) -> bool | None:
        told = test(value, scope)
        return None if told is None else not told

    return opposite
