"""Expression: a text of the language, compiled once, evaluated over variables as often as wanted."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from engine.errors import InvalidExpression, Sentence
from engine.expressions.arithmetic import TOO_LONG_TEXT, text_within
from engine.expressions.compiler import Closure, Compiler, Functions, Variables
from engine.expressions.grammar import parse
from engine.expressions.text import as_text

NO_FUNCTIONS: Functions = {}


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression or template. `names` are its free variables, `calls` the functions it asks."""

    text: str  # as written
    names: frozenset[str]
    calls: frozenset[str] = frozenset()
    _closure: Closure = field(compare=False, repr=False, default=lambda variables, functions: None)

    @property
    def is_constant(self) -> bool:
        """Whether it gives the same value whatever the variables are."""
        return not self.names and not self.calls

    def evaluate(self, variables: Variables, functions: Functions = NO_FUNCTIONS) -> object:
        """Return its value; raises InvalidExpression naming the expression and the cause. Changes nothing."""
        try:
            return self._closure(variables, functions)
        except InvalidExpression as error:
            raise InvalidExpression(named(self.text, error.sentence)) from None


def named(text: str, cause: Sentence) -> Sentence:
    """Return the cause with the expression it happened in, shortened to a line."""
    line = " ".join(text.split())
    shown = line if len(line) <= 80 else line[:79] + "…"
    return Sentence(f"식 ‘{shown}’: {cause.ko}", f"expression '{shown}': {cause.en}")


def unwrapped(text: str) -> str:
    """Return the expression without `${…}` around it."""
    stripped = text.strip()
    if stripped.startswith("${") and stripped.endswith("}"):
        return stripped[2:-1].strip()
    return stripped


def _compile(text: str, functions: Collection[str]) -> Compiler:
    compiler = Compiler(functions)
    compiler.compile(parse(text))
    return compiler


def compile_expression(text: str, functions: Collection[str] = ()) -> Expression:
    """Return the checked expression; `functions` are allowed beside the language's own. Raises InvalidExpression."""
    try:
        compiler = _compile(unwrapped(text), functions)
    except InvalidExpression as error:
        raise InvalidExpression(named(text, error.sentence)) from None
    return Expression(text, frozenset(compiler.names), frozenset(compiler.calls), compiler.closure)


def compile_template(text: str, functions: Collection[str] = ()) -> Expression:
    """Return a text with `${…}` in it as an expression: exactly one `${x}` keeps the type of x, else a text is made.

    Nothing gives no characters, a list its items with commas. A text without `${` gives itself, spaces included.
    """
    parts = list(_parts(text))
    if (len(parts) == 1 and isinstance(parts[0], _Source)) or _is_one_expression(parts):
        return compile_expression(text, functions)
    if len(text) > 10_000:
        raise InvalidExpression(TOO_LONG_TEXT)
    compiled = [compile_expression(part.text, functions) if isinstance(part, _Source) else part for part in parts]
    expressions = [part for part in compiled if isinstance(part, Expression)]
    return Expression(
        text,
        frozenset().union(*(part.names for part in expressions)),
        frozenset().union(*(part.calls for part in expressions)),
        _joining(compiled),
    )


def _is_one_expression(parts: list[str | _Source]) -> bool:
    """Whether only white space stands around the one `${…}`."""
    sources = [part for part in parts if isinstance(part, _Source)]
    return len(sources) == 1 and all(not part.strip() for part in parts if isinstance(part, str))


def _joining(parts: list[str | Expression]) -> Closure:
    if all(isinstance(part, str) for part in parts):
        whole = "".join(part for part in parts if isinstance(part, str))
        return lambda variables, functions: whole

    def join(variables: Variables, functions: Functions) -> object:
        pieces = [part if isinstance(part, str) else as_text(part.evaluate(variables, functions)) for part in parts]
        return text_within("".join(pieces))

    return join


@dataclass(frozen=True, slots=True)
class _Source:
    """The inside of one `${…}` of a template."""

    text: str


def _parts(text: str) -> Iterator[str | _Source]:
    """Cut a template into plain texts and expressions; a `}` inside quotes does not end an expression."""
    at = 0
    while (start := text.find("${", at)) >= 0:
        end = _closing(text, start + 2)
        if end is None:
            raise InvalidExpression(named(text, Sentence("‘${’를 닫는 ‘}’가 없습니다.", "'${' has no closing '}'")))
        if start > at:
            yield text[at:start]
        yield _Source(text[start + 2 : end])
        at = end + 1
    if at < len(text):
        yield text[at:]


def _closing(text: str, at: int) -> int | None:
    quote = ""
    while at < len(text):
        mark = text[at]
        if quote:
            if mark == "\\":
                at += 1
            elif mark == quote:
                quote = ""
        elif mark in "'\"":
            quote = mark
        elif mark == "}":
            return at
        at += 1
    return None
