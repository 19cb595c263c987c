"""Decision: one decision of a drawing, evaluated over process variables and the decisions it requires."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from engine.decisions.expression import Closure
from engine.decisions.values import from_feel, to_feel
from engine.errors import InvalidExpression, NotFound, Sentence

Others = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision table or a literal expression. `inputs` are what its input columns ask, as written."""

    id: str
    name: str
    inputs: tuple[str, ...]
    requires: tuple[str, ...] = ()  # ids of the decisions it needs
    required_names: Mapping[str, str] = field(default_factory=dict)  # name -> id of those
    declared: frozenset[str] = frozenset()  # names of its input data: null when no variable has that name
    logic: Closure = field(default=lambda scope: None, compare=False, repr=False)

    def evaluate(self, variables: Mapping[str, object], others: Others) -> object:
        """Return the result as a process variable; `others` gives that of a required decision by its id.

        One output gives a value, several a dict; COLLECT, RULE ORDER, OUTPUT ORDER a list; no rule the default or
        None. Raises InvalidExpression naming the decision.
        """
        try:
            return from_feel(self.logic(_Names(self, variables, others)))
        except InvalidExpression as error:
            cause = error.sentence
            raise InvalidExpression(
                Sentence(f"결정 ‘{self.name}’: {cause.ko}", f"decision '{self.name}': {cause.en}")
            ) from None


class _Names:
    """Where the names of a decision are looked up: required decisions, then variables."""

    __slots__ = ("decision", "others", "variables")

    def __init__(self, decision: Decision, variables: Mapping[str, object], others: Others) -> None:
        self.decision, self.variables, self.others = decision, variables, others

    def look_up(self, name: str) -> object:
        """Return the FEEL value of a name; raises InvalidExpression when nothing has it."""
        required = self.decision.required_names.get(name)
        if required is not None:
            return to_feel(self.others(required))
        try:
            return to_feel(self.variables[name])
        except KeyError:
            if name in self.decision.declared:
                return None
            raise InvalidExpression(Sentence(f"‘{name}’ 변수가 없습니다.", f"there is no variable '{name}'")) from None


def decide(decisions: Iterable[Decision], key: str, variables: Mapping[str, object]) -> object:
    """Return the result of the decision with that id or name; those it requires run once each. Raises NotFound."""
    known = {decision.id: decision for decision in decisions}
    results: dict[str, object] = {}

    def result(wanted: str) -> object:
        if wanted not in results:
            results[wanted] = known[wanted].evaluate(variables, result)
        return results[wanted]

    if key in known:
        return result(key)
    for decision in known.values():
        if decision.name == key:
            return result(decision.id)
    raise NotFound(Sentence(f"결정이 없습니다: {key}", f"there is no decision '{key}'"))
