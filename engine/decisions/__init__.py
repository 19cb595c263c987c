"""Decisions: DMN 1.1 to 1.5 drawings become Decision objects; cells are S-FEEL, numbers exact decimals.

`reader` XML to decisions or findings · `table` hit policies · `unary` the tests of input cells · `expression` the rest
of S-FEEL · `words` its lexer · `values` FEEL's kinds of values · `decision` evaluating one, and those it requires.
"""

from engine.decisions.decision import Decision, decide
from engine.decisions.reader import read_decisions
from engine.decisions.values import YearsMonths

__all__ = ["Decision", "YearsMonths", "decide", "read_decisions"]
