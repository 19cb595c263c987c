"""Grammar: a text becomes a syntax tree of what the language has, or a sentence says what else it holds."""

from __future__ import annotations

import ast

from engine.errors import InvalidExpression, Sentence

LONGEST_EXPRESSION = 500
MOST_NODES = 100
DEEPEST = 20

ALLOWED: tuple[type[ast.AST], ...] = (
    ast.Constant, ast.Name, ast.List, ast.Attribute, ast.Subscript, ast.Call,
    ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Compare, ast.IfExp,
)  # fmt: skip
SIGNS: tuple[type[ast.AST], ...] = (
    ast.And, ast.Or, ast.Not, ast.USub, ast.UAdd, ast.Add, ast.Sub, ast.Mult, ast.Div,
    ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot, ast.Load,
)  # fmt: skip

# What people try most, with what to write instead; every other piece gets the general sentence.
INSTEAD: dict[type[ast.AST], Sentence] = {
    ast.Lambda: Sentence("lambda는 쓸 수 없습니다.", "lambda is not in the language"),
    ast.ListComp: Sentence("반복 표현은 쓸 수 없습니다.", "comprehensions are not in the language"),
    ast.SetComp: Sentence("반복 표현은 쓸 수 없습니다.", "comprehensions are not in the language"),
    ast.DictComp: Sentence("반복 표현은 쓸 수 없습니다.", "comprehensions are not in the language"),
    ast.GeneratorExp: Sentence("반복 표현은 쓸 수 없습니다.", "comprehensions are not in the language"),
    ast.JoinedStr: Sentence(
        "f'…' 글자는 쓸 수 없습니다. '+'로 이으십시오.", "f-strings are not in the language; join texts with +"
    ),
    ast.Tuple: Sentence("여러 값은 [ ]로 묶으십시오.", "write several values as a list: [1, 2]"),
    ast.Set: Sentence("여러 값은 [ ]로 묶으십시오.", "write several values as a list: [1, 2]"),
    ast.Dict: Sentence("{ } 묶음은 쓸 수 없습니다.", "records cannot be written in an expression"),
    ast.NamedExpr: Sentence("식 안에서 값을 넣을 수 없습니다.", "an expression cannot assign"),
    ast.Slice: Sentence("[a:b] 자르기는 쓸 수 없습니다.", "slices are not in the language"),
    ast.Pow: Sentence("‘**’는 쓸 수 없습니다.", "** is not in the language"),
    ast.Mod: Sentence("‘%’는 쓸 수 없습니다.", "% (rest of a division, text formatting) is not in the language"),
    ast.FloorDiv: Sentence("‘//’는 쓸 수 없습니다.", "// is not in the language"),
    ast.Await: Sentence("await는 쓸 수 없습니다.", "await is not in the language"),
}


def parse(text: str) -> ast.expr:
    """Return the tree of a checked expression; raises InvalidExpression whose sentence says only the cause."""
    if len(text) > LONGEST_EXPRESSION:
        raise InvalidExpression(
            Sentence(
                f"식은 {LONGEST_EXPRESSION}자까지 쓸 수 있습니다.",
                f"an expression may have at most {LONGEST_EXPRESSION} characters",
            )
        )
    if not text.strip():
        raise InvalidExpression(Sentence("식이 비어 있습니다.", "the expression is empty"))
    tree = _tree(text)
    _check_size(tree)
    return tree


def _tree(text: str) -> ast.expr:
    one_line = text.strip() if "#" in text else " ".join(text.split("\n")).strip()
    try:
        return ast.parse(one_line, mode="eval").body
    except SyntaxError as error:
        keyword = _keyword(text)
        if keyword:
            raise InvalidExpression(Sentence(f"{keyword}는 쓸 수 없습니다.", f"{keyword} is not allowed")) from None
        place = f" ({error.offset})" if error.offset else ""
        raise InvalidExpression(
            Sentence(f"식으로 읽을 수 없습니다{place}.", f"this cannot be read as an expression{place}")
        ) from None
    except (ValueError, RecursionError, MemoryError):
        raise InvalidExpression(Sentence("식으로 읽을 수 없습니다.", "this cannot be read as an expression")) from None


def _keyword(text: str) -> str | None:
    first = text.split(maxsplit=1)[0]
    return (
        first if first in {"import", "from", "def", "class", "for", "while", "with", "exec", "del", "global"} else None
    )


def _check_size(tree: ast.expr) -> None:
    """Walk without recursion: the tree itself may be the attack."""
    waiting: list[tuple[ast.AST, int]] = [(tree, 1)]
    count = 0
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, SIGNS):
            continue
        count += 1
        if not isinstance(node, ALLOWED):
            raise refused(node)
        if count > MOST_NODES or depth > DEEPEST:
            raise InvalidExpression(
                Sentence(
                    f"식이 너무 복잡합니다. 조각 {MOST_NODES}개, 깊이 {DEEPEST}까지 쓸 수 있습니다.",
                    f"the expression is too large: at most {MOST_NODES} parts, {DEEPEST} deep",
                )
            )
        waiting.extend((child, depth + 1) for child in ast.iter_child_nodes(node))


def refused(node: ast.AST) -> InvalidExpression:
    """Return the error for a piece that the language does not have."""
    general = Sentence(
        "식에 쓸 수 없는 표현이 있습니다.", f"{type(node).__name__.lower()} is not in the language of expressions"
    )
    return InvalidExpression(INSTEAD.get(type(node), general))
