"""Compiler: a checked syntax tree to nested closures; each takes (variables, functions) and gives a value.

Closures and not a code object: nothing of Python's own evaluation is reachable from them, whatever the tree holds.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any

from engine.errors import EngineError, InvalidExpression, Sentence
from engine.expressions import arithmetic, comparison
from engine.expressions.functions import GIVEN, OWN
from engine.expressions.grammar import refused
from engine.expressions.kinds import words

Variables = Mapping[str, object]
Functions = Mapping[str, Callable[..., object]]
Closure = Callable[[Variables, Functions], Any]

COMPARISONS: Mapping[type[ast.cmpop], comparison.Compare] = {
    ast.Eq: comparison.equals,
    ast.NotEq: lambda left, right: not comparison.equals(left, right),
    ast.Lt: comparison.ordering(operator.lt),
    ast.LtE: comparison.ordering(operator.le),
    ast.Gt: comparison.ordering(operator.gt),
    ast.GtE: comparison.ordering(operator.ge),
    ast.In: lambda part, whole: comparison.contains(whole, part),
    ast.NotIn: lambda part, whole: not comparison.contains(whole, part),
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
CALCULATIONS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: arithmetic.add,
    ast.Sub: arithmetic.subtract,
    ast.Mult: arithmetic.multiply,
    ast.Div: arithmetic.divide,
}
# Errors that values can cause inside a function of the application or in arithmetic (a date beyond the year 9999).
VALUE_ERRORS = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError)


class Compiler:
    """Compiles one expression; afterwards `closure`, `names` and `calls` say what came of it."""

    def __init__(self, functions: Collection[str] = ()) -> None:
        self.allowed = frozenset(functions) | OWN.keys() | GIVEN
        self.names: set[str] = set()
        self.calls: set[str] = set()
        self.closure: Closure = lambda variables, functions: None

    def compile(self, tree: ast.expr) -> None:
        """Set `closure`; raises InvalidExpression for what the language does not have."""
        self.closure = self._visit(tree)

    def _visit(self, node: ast.AST) -> Closure:
        match node:
            case ast.Constant():
                return _constant(node.value)
            case ast.Name():
                return self._name(node.id)
            case ast.List():
                return _list([self._visit(item) for item in node.elts])
            case ast.Attribute():
                return _field(self._visit(node.value), _public(node.attr))
            case ast.Subscript():
                return _field(self._visit(node.value), _key(node.slice))
            case ast.Call():
                return self._call(node)
            case ast.BoolOp():
                return _truth(isinstance(node.op, ast.And), [self._visit(part) for part in node.values])
            case ast.UnaryOp():
                return _unary(node.op, self._visit(node.operand))
            case ast.BinOp():
                return self._calculation(node)
            case ast.Compare():
                return self._comparison(node)
            case ast.IfExp():
                return _choice(self._visit(node.test), self._visit(node.body), self._visit(node.orelse))
        raise refused(node)

    def _name(self, name: str) -> Closure:
        self.names.add(_public(name))

        def look_up(variables: Variables, functions: Functions) -> object:
            try:
                return variables[name]
            except KeyError:
                raise InvalidExpression(
                    Sentence(f"‘{name}’ 변수가 없습니다.", f"there is no variable '{name}'")
                ) from None

        return look_up

    def _call(self, node: ast.Call) -> Closure:
        if not isinstance(node.func, ast.Name):
            raise InvalidExpression(
                Sentence("‘값.함수()’처럼 부를 수 없습니다.", "method calls are not in the language")
            )
        name = _public(node.func.id)
        if name not in self.allowed:
            raise InvalidExpression(Sentence(f"{name}() 함수는 쓸 수 없습니다.", f"there is no function {name}()"))
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise InvalidExpression(
                Sentence(f"{name}() 안에는 값만 쉼표로 나열하십시오.", f"{name}() takes plain values only")
            )
        arguments = [self._visit(argument) for argument in node.args]
        self.calls.add(name)
        return _called(name, OWN.get(name), arguments)

    def _calculation(self, node: ast.BinOp) -> Closure:
        calculate = CALCULATIONS.get(type(node.op))
        if calculate is None:
            raise refused(node.op)
        left, right = self._visit(node.left), self._visit(node.right)

        def calculated(variables: Variables, functions: Functions) -> object:
            try:
                return calculate(left(variables, functions), right(variables, functions))
            except VALUE_ERRORS:
                raise InvalidExpression(
                    Sentence("계산 결과가 범위를 벗어났습니다.", "the result of the calculation is out of range")
                ) from None

        return calculated

    def _comparison(self, node: ast.Compare) -> Closure:
        for sign, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(sign, ast.Is | ast.IsNot) and not (isinstance(right, ast.Constant) and right.value is None):
                raise InvalidExpression(
                    Sentence(
                        "‘is’는 ‘is None’으로만 쓸 수 있습니다. ‘==’를 쓰십시오.", "'is' is for None only; write =="
                    )
                )
        compares = [COMPARISONS[type(sign)] for sign in node.ops]
        operands = [self._visit(operand) for operand in (node.left, *node.comparators)]
        if len(compares) == 1:
            return _compared(compares[0], operands[0], operands[1])
        return _chained(compares, operands)


def _public(name: str) -> str:
    if name.startswith("_"):
        raise InvalidExpression(
            Sentence(f"‘_’로 시작하는 이름은 쓸 수 없습니다: {name}", f"names may not begin with '_': {name}")
        )
    return name


def _constant(value: object) -> Closure:
    if isinstance(value, int | float) and not isinstance(value, bool):
        arithmetic.bounded(value)
    elif value is not None and not isinstance(value, bool | str):
        raise InvalidExpression(
            Sentence("이런 값은 식에 쓸 수 없습니다.", "only texts, numbers, True, False and None can be written")
        )
    return lambda variables, functions: value


def _list(items: list[Closure]) -> Closure:
    return lambda variables, functions: [item(variables, functions) for item in items]


def _key(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Slice):
        raise refused(node)
    raise InvalidExpression(
        Sentence(
            "[ ] 안에는 항목 이름을 따옴표로 쓰십시오: 묶음['항목']",
            "write the field's name in quotes: record['field']",
        )
    )


def _field(record: Closure, name: str) -> Closure:
    def look_into(variables: Variables, functions: Functions) -> object:
        found = record(variables, functions)
        if not isinstance(found, dict):
            given = words(found)
            raise InvalidExpression(
                Sentence(f"‘{name}’ 항목을 볼 수 없는 값입니다: {given.ko}", f"{given.en} has no field '{name}'")
            )
        if name not in found:
            raise InvalidExpression(Sentence(f"‘{name}’ 항목이 없습니다.", f"there is no field '{name}'"))
        return found[name]

    return look_into


def _called(name: str, own: Callable[..., object] | None, arguments: list[Closure]) -> Closure:
    def call(variables: Variables, functions: Functions) -> object:
        function = functions.get(name, own)
        if function is None:
            raise InvalidExpression(
                Sentence(f"{name}() 함수는 여기에서 쓸 수 없습니다.", f"{name}() is not available here")
            )
        values = [argument(variables, functions) for argument in arguments]
        try:
            return function(*values)
        except InvalidExpression:
            raise
        except EngineError as error:
            raise InvalidExpression(error.sentence) from error
        except VALUE_ERRORS as error:
            raise InvalidExpression(
                Sentence(
                    f"{name}() 함수를 이 값으로는 부를 수 없습니다.", f"{name}() cannot be asked with these values"
                )
            ) from error

    return call


def _truth(is_and: bool, parts: list[Closure]) -> Closure:
    """`and` gives the first false part, `or` the first true one, else the last: as in Python."""

    def truth(variables: Variables, functions: Functions) -> object:
        value: object = None
        for part in parts:
            value = part(variables, functions)
            if bool(value) is not is_and:
                return value
        return value

    return truth


def _unary(sign: ast.unaryop, operand: Closure) -> Closure:
    if isinstance(sign, ast.Not):
        return lambda variables, functions: not operand(variables, functions)
    if isinstance(sign, ast.USub):
        return lambda variables, functions: arithmetic.negate(operand(variables, functions))
    if isinstance(sign, ast.UAdd):
        return lambda variables, functions: arithmetic.negate(arithmetic.negate(operand(variables, functions)))
    raise refused(sign)


def _choice(test: Closure, yes: Closure, no: Closure) -> Closure:
    return lambda variables, functions: (
        yes(variables, functions) if test(variables, functions) else no(variables, functions)
    )


def _compared(compare: comparison.Compare, left: Closure, right: Closure) -> Closure:
    return lambda variables, functions: compare(left(variables, functions), right(variables, functions))


def _chained(compares: list[comparison.Compare], operands: list[Closure]) -> Closure:
    def chain(variables: Variables, functions: Functions) -> bool:
        left = operands[0](variables, functions)
        for compare, operand in zip(compares, operands[1:], strict=True):
            right = operand(variables, functions)
            if not compare(left, right):
                return False
            left = right
        return True

    return chain
