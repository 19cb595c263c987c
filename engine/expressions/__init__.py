"""Expressions and scripts: a small checked subset of Python, compiled once into closures, never handed to `eval`.

What is not listed here is refused at deployment (deny by default): names, text, numbers, True, False, None, lists;
`== != < <= > >=`, `in`, `not in`, `is None`; `and`, `or`, `not`; `+ - * /`; `a if c else b`; fields of records
(`service.critical`, `service['critical']`); the functions len, min, max, abs, round, now and those the application
registers. `${…}` around an expression means the same.

- Numbers with a point are binary floats as JSON has them; beside an exact decimal they count as they are written.
- Values of different kinds are never compared in silence: `due == '2026-09-28'` is an InvalidExpression, not False.
- Nothing an expression can do changes a value, so results may share parts with the variables they came from.
"""

from engine.expressions.expression import Expression, compile_expression, compile_template
from engine.expressions.script import Assignment, BpmnError, Script, compile_script

__all__ = [
    "Assignment",
    "BpmnError",
    "Expression",
    "Script",
    "compile_expression",
    "compile_script",
    "compile_template",
]
