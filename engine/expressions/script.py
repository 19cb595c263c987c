"""Script: lines of `name = expression`, run all or nothing; the one other line throws a BPMN error."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from engine.errors import InvalidExpression, Sentence
from engine.expressions.compiler import Functions, Variables
from engine.expressions.expression import NO_FUNCTIONS, Expression, compile_expression

MOST_LINES = 100
LONGEST_LINE = 1_000
THROW = "bpmn_error"


class BpmnError(Exception):
    """A script threw this error of its diagram; `code` is matched by boundary events and event subprocesses."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Assignment:
    """One line `name = expression`."""

    line: int
    name: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class _Throw:
    line: int
    code: str


@dataclass(frozen=True, slots=True)
class Script:
    """A compiled script. `throws` is the code of its `bpmn_error` line, which is its last."""

    text: str
    assignments: tuple[Assignment, ...]
    throws: str | None = None

    def run(self, variables: Variables, functions: Functions = NO_FUNCTIONS) -> Mapping[str, object]:
        """Return the names it assigns; later lines see earlier ones. InvalidExpression or BpmnError: none is set."""
        assigned: dict[str, object] = {}
        seen = _Seen(assigned, variables)
        for line in self.assignments:
            try:
                assigned[line.name] = line.expression.evaluate(seen, functions)
            except InvalidExpression as error:
                raise _on_line(line.line, error.sentence) from None
        if self.throws is not None:
            raise BpmnError(self.throws)
        return assigned


class _Seen(Mapping[str, object]):
    """What a line sees: what earlier lines assigned, then the variables."""

    __slots__ = ("assigned", "variables")

    def __init__(self, assigned: Mapping[str, object], variables: Variables) -> None:
        self.assigned, self.variables = assigned, variables

    def __getitem__(self, name: str) -> object:
        return self.assigned[name] if name in self.assigned else self.variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self.variables, **self.assigned})

    def __len__(self) -> int:
        return len({**self.variables, **self.assigned})


def compile_script(text: str, functions: Collection[str] = ()) -> Script:
    """Return the checked script; comments and blank lines are allowed. Raises InvalidExpression naming the line."""
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise InvalidExpression(
            Sentence(f"스크립트는 {MOST_LINES}줄까지 쓸 수 있습니다.", f"a script may have at most {MOST_LINES} lines")
        )
    steps = [
        _step(number, line.strip(), functions)
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.strip().startswith("#")
    ]
    thrown = next((step for step in steps if isinstance(step, _Throw)), None)
    if thrown is not None and thrown is not steps[-1]:
        raise _on_line(
            steps[steps.index(thrown) + 1].line,
            Sentence("bpmn_error 다음 줄은 실행되지 않습니다.", "nothing runs after bpmn_error"),
        )
    assignments = tuple(step for step in steps if isinstance(step, Assignment))
    return Script(text, assignments, thrown.code if thrown else None)


def _on_line(number: int, cause: Sentence) -> InvalidExpression:
    return InvalidExpression(Sentence(f"{number}번째 줄: {cause.ko}", f"line {number}: {cause.en}"))


def _step(number: int, line: str, functions: Collection[str]) -> Assignment | _Throw:
    try:
        return _read(number, line, functions)
    except InvalidExpression as error:
        raise _on_line(number, error.sentence) from None


def _read(number: int, line: str, functions: Collection[str]) -> Assignment | _Throw:
    if len(line) > LONGEST_LINE:
        raise InvalidExpression(
            Sentence(
                f"한 줄은 {LONGEST_LINE:,}자까지 쓸 수 있습니다.",
                f"a line may have at most {LONGEST_LINE:,} characters",
            )
        )
    try:
        statements = ast.parse(line).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InvalidExpression(
            Sentence("‘이름 = 식’으로 쓰십시오.", "this cannot be read: write name = expression")
        ) from None
    match statements:
        case [ast.Assign(targets=[ast.Name(id=name)], value=value)] if not name.startswith("_"):
            source = ast.get_source_segment(line, value) or ""
            return Assignment(number, name, compile_expression(source, functions))
        case [
            ast.Expr(value=ast.Call(func=ast.Name(id="bpmn_error"), args=[ast.Constant(value=str(code))], keywords=[]))
        ]:
            if code.strip():
                return _Throw(number, code)
    raise InvalidExpression(_why_not(statements))


def _why_not(statements: list[ast.stmt]) -> Sentence:
    match statements:
        case [ast.Import() | ast.ImportFrom(), *_]:
            return Sentence("import는 쓸 수 없습니다.", "import is not allowed")
        case [_, _, *_]:
            return Sentence("한 줄에 하나씩 쓰십시오.", "write one assignment a line")
        case [ast.AugAssign(target=ast.Name(id=name))]:
            return Sentence(f"‘{name} = {name} + 1’처럼 쓰십시오.", f"write {name} = {name} + … instead")
        case [ast.Expr(value=ast.Call(func=ast.Name(id="bpmn_error")))]:
            return Sentence("bpmn_error('코드')처럼 쓰십시오.", "write bpmn_error('CODE')")
        case [ast.Assign(targets=[ast.Name(id=name)])]:
            return Sentence(f"‘_’로 시작하는 이름은 쓸 수 없습니다: {name}", f"names may not begin with '_': {name}")
    return Sentence("‘이름 = 식’만 쓸 수 있습니다.", "only lines of name = expression are allowed")
