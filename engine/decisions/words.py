"""Words: cuts an S-FEEL text into its words; names that the drawing declares may hold spaces and signs."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from engine.errors import InvalidExpression, Sentence

LONGEST_CELL = 2_000


class Sort(Enum):
    """What sort of word it is."""

    NUMBER = auto()
    STRING = auto()
    NAME = auto()
    KEYWORD = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Word:
    """One word with what it means: a Decimal, a text, a name or a sign."""

    sort: Sort
    value: object


KEYWORDS = frozenset({"true", "false", "null", "not", "and", "or", "if", "then", "else"})
REFUSED = frozenset(
    {"for", "some", "every", "function", "instance", "between", "in", "external", "return", "satisfies"}
)
_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+", re.ASCII)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SIGN = re.compile(r"\.\.|\*\*|<=|>=|!=|[=<>+\-*/()\[\],.]")
_CONSTRUCTOR = re.compile(r"(date\s+and\s+time|date|time|duration)(?=\s*\()")
_NAME = re.compile(r"[^\W\d]\w*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\", "/": "/"}


class Lexer:
    """Cuts texts of one drawing; `names` are those it declares."""

    def __init__(self, names: Collection[str]) -> None:
        declared = sorted((name for name in names if name.strip()), key=len, reverse=True)
        patterns = (r"\s+".join(re.escape(part) for part in name.split()) for name in declared)
        self._declared = re.compile("|".join(f"(?:{p})(?!\\w)" for p in patterns)) if declared else None

    def words(self, text: str) -> list[Word]:
        """Return the words of a text, an END last; raises InvalidExpression for a sign that S-FEEL does not have."""
        if len(text) > LONGEST_CELL:
            raise InvalidExpression(
                Sentence(f"칸은 {LONGEST_CELL:,}자까지 쓸 수 있습니다.", f"a cell may have {LONGEST_CELL:,} characters")
            )
        found: list[Word] = []
        at = self._skip(text, 0)
        while at < len(text):
            word, at = self._word(text, at)
            found.append(word)
            at = self._skip(text, at)
        return [*found, Word(Sort.END, "")]

    @staticmethod
    def _skip(text: str, at: int) -> int:
        space = _SPACE.match(text, at)
        return space.end() if space else at

    def _word(self, text: str, at: int) -> tuple[Word, int]:
        if constructor := _CONSTRUCTOR.match(text, at):
            return Word(Sort.KEYWORD, " ".join(constructor[0].split())), constructor.end()
        if self._declared and (name := self._declared.match(text, at)):
            return Word(Sort.NAME, " ".join(name[0].split())), name.end()
        if string := _STRING.match(text, at):
            return Word(Sort.STRING, _unescaped(string[1])), string.end()
        if number := _number(text, at):
            return Word(Sort.NUMBER, Decimal(number[0])), number.end()
        if sign := _SIGN.match(text, at):
            return Word(Sort.SIGN, sign[0]), sign.end()
        if name := _NAME.match(text, at):
            return _named(name[0]), name.end()
        raise InvalidExpression(
            Sentence(f"칸에 쓸 수 없는 글자입니다: {text[at]}", f"'{text[at]}' cannot stand in a cell")
        )


def _number(text: str, at: int) -> re.Match[str] | None:
    """A number; the two dots of a range are none of its own."""
    return None if text.startswith("..", at) else _NUMBER.match(text, at)


def _named(text: str) -> Word:
    if text in REFUSED:
        raise InvalidExpression(Sentence(f"‘{text}’ 표현은 쓸 수 없습니다.", f"'{text}' is beyond S-FEEL"))
    return Word(Sort.KEYWORD if text in KEYWORDS else Sort.NAME, text)


def _unescaped(text: str) -> str:
    def plain(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        if code and int(code, 16) <= 0x10FFFF:
            return chr(int(code, 16))
        return _ESCAPED.get(found[3] or "", found[0])

    return _ESCAPE.sub(plain, text) if "\\" in text else text
