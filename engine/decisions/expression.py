"""Expression: S-FEEL beyond the tests of cells: values, names, arithmetic, comparisons; text to a closure.

Grammar: DMN 1.5, chapter 9. Every closure takes a Scope and gives a FEEL value; null spreads as FEEL says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, DecimalException
from typing import Protocol

from engine.decisions.values import EXACT, READERS, Feel, YearsMonths, compare, equal, kind_of, mismatch
from engine.decisions.words import Lexer, Sort, Word
from engine.errors import InvalidExpression, Sentence

DEEPEST = 20
MOST_SIGNS = 100
_END = Word(Sort.END, "")


class Scope(Protocol):
    """Where names are looked up."""

    def look_up(self, name: str) -> object:
        """Return the FEEL value of a name; raises InvalidExpression when there is none."""


Closure = Callable[[Scope], object]


@dataclass(frozen=True, slots=True)
class Part:
    """A compiled piece; `kind` is known, with `constant`, when it is a value written out."""

    closure: Closure
    kind: Feel | None = None
    constant: object = None

    @property
    def is_constant(self) -> bool:
        return self.kind is not None


def constant(value: object) -> Part:
    """Return the part that always gives this value."""
    return Part(lambda scope: value, kind_of(value), value)


class Reader:
    """Reads the words of one text from left to right."""

    def __init__(self, lexer: Lexer, text: str) -> None:
        self.words = lexer.words(text)
        self.at = 0
        self.depth = 0
        self.signs = 0
        self.names: set[str] = set()

    # -- words

    @property
    def next(self) -> Word:
        return self.words[min(self.at, len(self.words) - 1)]

    def take(self) -> Word:
        """Return the next word and go on."""
        word = self.next
        self.at += 1
        return word

    def sign(self) -> str:
        """Return the sign that joins two values and go on; raises InvalidExpression after a hundred of them."""
        self.signs += 1
        if self.signs > MOST_SIGNS:
            raise InvalidExpression(Sentence("식이 너무 깁니다.", "the expression is too long"))
        return str(self.take().value)

    def has(self, *values: str, sort: Sort = Sort.SIGN) -> bool:
        """Whether the next word is one of these."""
        return self.next.sort is sort and self.next.value in values

    def skip(self, value: str, sort: Sort = Sort.SIGN) -> bool:
        """Go on if the next word is this one, and say whether it was."""
        if self.has(value, sort=sort):
            self.at += 1
            return True
        return False

    def expect(self, value: str, sort: Sort = Sort.SIGN) -> None:
        """Go on over this word; raises InvalidExpression for another."""
        if not self.skip(value, sort):
            raise self.unread(f"‘{value}’", f"'{value}'")

    def unread(self, ko: str = "", en: str = "") -> InvalidExpression:
        """Return the error for a word that cannot stand here."""
        found = "끝" if self.next.sort is Sort.END else f"‘{self.next.value}’"
        found_en = "the end" if self.next.sort is Sort.END else f"'{self.next.value}'"
        if ko:
            return InvalidExpression(Sentence(f"{ko} 자리에 {found} 있습니다.", f"expected {en}, but found {found_en}"))
        return InvalidExpression(Sentence(f"여기에 올 수 없습니다: {found}", f"{found_en} cannot stand here"))

    def end(self) -> None:
        """Make sure that everything was read."""
        if self.next.sort is not Sort.END:
            raise self.unread()

    # -- grammar, loosest first

    def expression(self) -> Part:
        """Read a whole expression: if, or, and, comparison, arithmetic."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise InvalidExpression(Sentence("너무 깊이 겹친 식입니다.", "the expression is nested too deeply"))
        part = self._choice() if self.skip("if", Sort.KEYWORD) else self._or()
        self.depth -= 1
        return part

    def _choice(self) -> Part:
        test = self.expression().closure
        self.expect("then", Sort.KEYWORD)
        yes = self.expression().closure
        self.expect("else", Sort.KEYWORD)
        no = self.expression().closure
        return Part(lambda scope: yes(scope) if test(scope) is True else no(scope))

    def _or(self) -> Part:
        part = self._and()
        while self.has("or", sort=Sort.KEYWORD) and self.sign():
            part = _either(part.closure, self._and().closure, ends=True)
        return part

    def _and(self) -> Part:
        part = self._comparison()
        while self.has("and", sort=Sort.KEYWORD) and self.sign():
            part = _either(part.closure, self._comparison().closure, ends=False)
        return part

    def _comparison(self) -> Part:
        left = self.arithmetic()
        if not self.has(*COMPARISONS):
            return left
        check = COMPARISONS[str(self.take().value)]
        right = self.arithmetic().closure
        return Part(lambda scope: check(left.closure(scope), right(scope)))

    def arithmetic(self) -> Part:
        """Read a sum: what may stand as a value in a cell."""
        part = self._product()
        while self.has("+", "-"):
            part = _calculated(self.sign(), part.closure, self._product().closure)
        return part

    def _product(self) -> Part:
        part = self._power()
        while self.has("*", "/"):
            part = _calculated(self.sign(), part.closure, self._power().closure)
        return part

    def _power(self) -> Part:
        part = self._signed()
        while self.has("**"):
            part = _calculated(self.sign(), part.closure, self._signed().closure)
        return part

    def _signed(self) -> Part:
        if not self.skip("-"):
            return self._path()
        self.depth += 1
        if self.depth > DEEPEST:
            raise InvalidExpression(Sentence("너무 깊이 겹친 식입니다.", "the expression is nested too deeply"))
        part = self._signed()
        self.depth -= 1
        if part.is_constant:
            return constant(_negative(part.constant))
        return Part(lambda scope: _negative(part.closure(scope)))

    def _path(self) -> Part:
        part = self._atom()
        while self.has(".") and self.sign():
            name = self.take()
            if name.sort is not Sort.NAME:
                self.at -= 1
                raise self.unread("항목 이름", "the name of a field")
            part = _field(part.closure, str(name.value))
        return part

    def _atom(self) -> Part:
        word = self.take()
        match word.sort:
            case Sort.NUMBER | Sort.STRING:
                return constant(word.value)
            case Sort.NAME:
                return self._name(str(word.value))
            case Sort.KEYWORD:
                return self._keyword(str(word.value))
        if word == Word(Sort.SIGN, "("):
            part = self.expression()
            self.expect(")")
            return part
        if word == Word(Sort.SIGN, "["):
            return self._list()
        self.at -= 1
        raise self.unread()

    def _name(self, name: str) -> Part:
        if self.has("("):
            raise InvalidExpression(
                Sentence(f"{name}() 함수는 쓸 수 없습니다.", f"the function {name}() is beyond S-FEEL")
            )
        self.names.add(name)
        return Part(lambda scope: scope.look_up(name))

    def _keyword(self, word: str) -> Part:
        if word in READERS:
            return self._constructed(word)
        if word in ("true", "false", "null"):
            return constant({"true": True, "false": False}.get(word))
        if word == "not" and self.skip("("):
            part = self.expression().closure
            self.expect(")")
            return Part(lambda scope: negation(part(scope)))
        self.at -= 1
        raise self.unread()

    def _constructed(self, word: str) -> Part:
        """A date, time or duration written out: `date("2026-09-28")`."""
        self.expect("(")
        text = self.take()
        if text.sort is not Sort.STRING:
            raise InvalidExpression(
                Sentence(
                    f'{word}("…") 안에는 따옴표로 쓴 값만 올 수 있습니다.', f'{word}("…") takes a quoted text only'
                )
            )
        self.expect(")")
        try:
            return constant(READERS[word](str(text.value)))
        except (ValueError, OverflowError, LookupError, OSError):
            raise InvalidExpression(
                Sentence(f"{word} 값으로 읽을 수 없습니다: {text.value}", f"'{text.value}' is no {word}")
            ) from None

    def _list(self) -> Part:
        items = [] if self.has("]") else [self.expression()]
        while items and self.skip(","):
            items.append(self.expression())
        self.expect("]")
        if all(item.is_constant for item in items):
            return constant([item.constant for item in items])
        return Part(lambda scope: [item.closure(scope) for item in items])


# -- what the signs mean


def negation(value: object) -> bool | None:
    """Return the opposite of a truth value, null of everything else."""
    return not value if isinstance(value, bool) else None


def _either(left: Closure, right: Closure, *, ends: bool) -> Part:
    """`or` (ends at true) and `and` (ends at false) of three values."""

    def decided(scope: Scope) -> bool | None:
        told = [left(scope)]
        if told[0] is not ends:
            told.append(right(scope))
        if any(value is ends for value in told):
            return ends
        return (not ends) if all(value is (not ends) for value in told) else None

    return Part(decided)


def _ordered(holds: Callable[[int], bool]) -> Callable[[object, object], bool | None]:
    def check(left: object, right: object) -> bool | None:
        found = compare(left, right)
        return None if found is None else holds(found)

    return check


COMPARISONS: Mapping[str, Callable[[object, object], bool | None]] = {
    "=": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": _ordered(lambda found: found < 0),
    "<=": _ordered(lambda found: found <= 0),
    ">": _ordered(lambda found: found > 0),
    ">=": _ordered(lambda found: found >= 0),
}


def _field(record: Closure, name: str) -> Part:
    def look_into(scope: Scope) -> object:
        found = record(scope)
        if found is None:
            return None
        if not isinstance(found, Mapping) or name not in found:
            raise InvalidExpression(Sentence(f"‘{name}’ 항목이 없습니다.", f"there is no field '{name}'"))
        return found[name]

    return Part(look_into)


def _negative(value: object) -> object:
    match value:
        case None:
            return None
        case bool():
            pass
        case Decimal():
            return EXACT.minus(value)
        case timedelta():
            return -value
        case YearsMonths(months=months):
            return YearsMonths(-months)
    raise InvalidExpression(Sentence("‘-’ 뒤에는 숫자나 길이가 와야 합니다.", "'-' takes a number or a duration"))


def _calculated(sign: str, left: Closure, right: Closure) -> Part:
    def calculated(scope: Scope) -> object:
        one, other = left(scope), right(scope)
        if one is None or other is None:
            return None
        try:
            return _result(sign, one, other)
        except (DecimalException, OverflowError):
            return None  # as FEEL has it: no number, no date

    return Part(calculated)


def _result(sign: str, left: object, right: object) -> object:
    match (left, right):
        case (bool(), _) | (_, bool()):
            raise mismatch(left, right)
        case (Decimal(), Decimal()):
            return _NUMBERS[sign](left, right)
        case (str(), str()) if sign == "+":
            return left + right
    if sign in ("+", "-"):
        moved = _moved(left, right if sign == "+" else _opposite(right))
        if moved is not None:
            return moved
        if sign == "-" and isinstance(left, date | datetime) and type(left) is type(right):
            return left - right
    raise mismatch(left, right)


def _opposite(value: object) -> object:
    return _negative(value) if isinstance(value, timedelta | YearsMonths) else None


def _moved(start: object, span: object) -> object:
    match (start, span):
        case (timedelta(), timedelta()):
            return start + span
        case (YearsMonths(months=one), YearsMonths(months=other)):
            return YearsMonths(one + other)
        case (datetime() | date(), timedelta()):
            return start + span
        case (time(), timedelta()):
            return (datetime.combine(date(2000, 1, 1), start) + span).timetz()
    return None


_NUMBERS: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": EXACT.add,
    "-": EXACT.subtract,
    "*": EXACT.multiply,
    "/": EXACT.divide,
    "**": EXACT.power,
}


def compile_expression(lexer: Lexer, text: str) -> Part:
    """Return the compiled expression; raises InvalidExpression for what is beyond S-FEEL."""
    reader = Reader(lexer, text)
    part = reader.expression()
    reader.end()
    return part
