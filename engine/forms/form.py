"""Form: judges raw values as a whole: unknown fields, needed fields, limits, rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine.errors import InvalidExpression, InvalidForm, Sentence, UnknownFields
from engine.expressions import Expression
from engine.expressions.comparison import ordering
from engine.forms import sentences
from engine.forms.field import MANY, TEXTS, Field, FieldType, Limit, Rule
from engine.forms.typing import CONTACT_PARTS, MOST_FILES, Unfit, is_empty, typed_value
from engine.lists import ascending, first, last

Functions = Mapping[str, Callable[..., object]]
MOST_ROWS = 200
CHOSEN = frozenset(
    {
        FieldType.CHOICE,
        FieldType.CHOICES,
        FieldType.BOOLEAN,
        FieldType.SERVICE,
        FieldType.SERVICES,
        FieldType.PERSON,
    }
)
NOTHING: Mapping[str, object] = {}
NO_FUNCTIONS: Functions = {}

_is_before = ordering(lambda left, right: bool(left < right))


@dataclass(frozen=True, slots=True)
class Form:
    """What a person is asked at a start event or a user task."""

    key: str
    title: Sentence
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()
    submit: Sentence | None = None
    after: Sentence | None = None

    @property
    def names(self) -> frozenset[str]:
        """What its expressions ask of the process beside its own fields: names that count as nothing when missing."""
        asked = frozenset().union(*(expression.names for expression in _expressions(self.fields, self.rules)))
        return asked - {field.name for field in self.fields} - _inner_names(self.fields)

    def describe(self) -> list[dict[str, object]]:
        """Return its fields as JSON for programs."""
        return [field.describe() for field in self.fields]

    def validate(
        self,
        raw: Mapping[str, object],
        *,
        today: date,
        now: datetime,
        context: Mapping[str, object] = NOTHING,
        functions: Functions = NO_FUNCTIONS,
    ) -> dict[str, object]:
        """Return a typed value for every field: None where an optional one was left empty, lists then empty.

        Raises UnknownFields, or InvalidForm with the sentences by field. `context` are the task's variables, which
        expressions see below the form's own values; `functions` are the application's.
        """
        unknown = list(_unknown(self.fields, raw, ""))
        if unknown:
            raise UnknownFields(unknown)
        own: Functions = {
            "today": lambda: today,
            "now": lambda: now,
            "first": first,
            "last": last,
            "ascending": ascending,
        }
        errors: dict[str, list[Sentence]] = {}
        values = _Judge({**own, **functions}, errors).judge(self.fields, self.rules, raw, context, "")
        if errors:
            raise InvalidForm({name: errors[name] for name in sorted(errors, key=self._place)})
        return values

    def _place(self, name: str) -> int:
        """Errors stand in the order of the fields."""
        outer = name.split("[", 1)[0].split(".", 1)[0]
        return next((n for n, field in enumerate(self.fields) if field.name == outer), len(self.fields))


def _expressions(fields: Sequence[Field], rules: Sequence[Rule]) -> Iterator[Expression]:
    yield from (rule.check for rule in rules)
    for field in fields:
        for part in (field.required_if, field.minimum, field.maximum, field.min_length):
            if isinstance(part, Expression):
                yield part
        yield from _expressions(field.fields, field.rules)


def _inner_names(fields: Sequence[Field]) -> frozenset[str]:
    return frozenset(inner.name for field in fields for inner in field.fields)


def _unknown(fields: Sequence[Field], raw: Mapping[str, object], place: str) -> Iterator[str]:
    """Give the names that the form does not have, nested ones with their place; long ones shortened."""
    known = {field.name: field for field in fields}
    for name, value in raw.items():
        field = known.get(name)
        if field is None:
            yield (place + str(name))[:100]
        elif field.type is FieldType.CONTACT and isinstance(value, Mapping):
            yield from (f"{place}{name}.{part}"[:100] for part in value if part not in CONTACT_PARTS)
        elif field.type is FieldType.LIST and isinstance(value, list):
            for number, row in enumerate(value[:MOST_ROWS]):
                if isinstance(row, Mapping):
                    yield from _unknown(field.fields, row, f"{place}{name}[{number}].")


class _Scope(Mapping[str, object]):
    """What expressions see: the values given so far, then what lies around them; a missing name is nothing."""

    __slots__ = ("around", "given")

    def __init__(self, given: Mapping[str, object], around: Mapping[str, object]) -> None:
        self.given, self.around = given, around

    def __getitem__(self, name: str) -> object:
        return self.given[name] if name in self.given else self.around.get(name)

    def __iter__(self) -> Iterator[str]:
        return iter({**self.around, **self.given})

    def __len__(self) -> int:
        return len({**self.around, **self.given})


class _Judge:
    """Judges the fields of a form, or of one row of a list; sentences are collected in `errors`."""

    def __init__(self, functions: Functions, errors: dict[str, list[Sentence]]) -> None:
        self.functions, self.errors = functions, errors

    def judge(
        self,
        fields: Sequence[Field],
        rules: Sequence[Rule],
        raw: Mapping[str, object],
        around: Mapping[str, object],
        place: str,
    ) -> dict[str, object]:
        """Return the typed values of one set of fields; `place` leads their names in `errors`."""
        values: dict[str, object] = {field.name: [] if field.type in MANY else None for field in fields}
        scope = _Scope(values, around)
        for field in fields:
            if field.type is not FieldType.LIST and not is_empty(raw.get(field.name)):
                values[field.name] = self._typed(field, raw[field.name], place)
        for field in fields:  # rows last: they may look at the fields around them
            if field.type is FieldType.LIST and not is_empty(raw.get(field.name)):
                values[field.name] = self._rows(field, raw[field.name], scope, place)
        for field in fields:
            if not self._is_wrong(place + field.name):
                self._limits(field, values[field.name], scope, place)
        for rule in rules:
            self._rule(rule, scope, place)
        return values

    def _say(self, name: str, sentence: Sentence) -> None:
        self.errors.setdefault(name, []).append(sentence)

    def _is_wrong(self, name: str) -> bool:
        return any(said == name or said.startswith((f"{name}[", f"{name}.")) for said in self.errors)

    def _typed(self, field: Field, raw: object, place: str) -> object:
        try:
            return typed_value(field, raw)
        except Unfit as unfit:
            self._say(place + field.name + unfit.at, unfit.sentence)
            return [] if field.type in MANY else None

    def _rows(self, field: Field, raw: object, around: Mapping[str, object], place: str) -> list[object]:
        name = place + field.name
        if isinstance(raw, list) and len(field.fields) == 1:  # a list of one thing each may come as a list of those
            raw = [{field.fields[0].name: row} if isinstance(row, str) else row for row in raw]
        if not isinstance(raw, list) or not all(isinstance(row, Mapping) for row in raw):
            self._say(name, sentences.ROWS)
            return []
        most = field.max_items or MOST_ROWS
        if len(raw) > most:
            self._say(name, sentences.too_many_items(most, len(raw)))
            return []
        return [self.judge(field.fields, field.rules, row, around, f"{name}[{n}].") for n, row in enumerate(raw)]

    def _ask(self, expression: Expression, scope: _Scope, place: str) -> object:
        """Return what an expression says; None when it cannot because a value it needs is missing or wrong."""
        if any(self._is_wrong(place + name) or self._is_wrong(name) for name in expression.names):
            return None
        try:
            return expression.evaluate(scope, self.functions)
        except InvalidExpression:
            if any(scope[name] in (None, []) for name in expression.names):
                return None
            raise

    def _limits(self, field: Field, value: Any, scope: _Scope, place: str) -> None:
        name = place + field.name
        if value in (None, []) or (field.type is FieldType.CONTACT and value["name"] is None):
            if self._is_required(field, scope, place):
                at = ".name" if field.type is FieldType.CONTACT else ""
                self._say(name + at, sentences.needed(field.label, field.type in CHOSEN))
            return
        if field.type in MANY:
            self._items(field, name, len(value))
        elif field.type in TEXTS:
            self._length(field, name, value, scope, place)
        else:
            self._range(field, name, value, scope, place)

    def _is_required(self, field: Field, scope: _Scope, place: str) -> bool:
        if field.required_if is not None:
            return bool(self._ask(field.required_if, scope, place))
        return field.required is True

    def _items(self, field: Field, name: str, count: int) -> None:
        most = field.max_items or (MOST_FILES if field.type is FieldType.FILES else MOST_ROWS)
        if field.min_items is not None and count < field.min_items:
            self._say(name, sentences.too_few_items(field.min_items, count))
        if count > most:
            self._say(name, sentences.too_many_items(most, count))

    def _length(self, field: Field, name: str, value: str, scope: _Scope, place: str) -> None:
        least = field.min_length
        wanted = self._ask(least, scope, place) if isinstance(least, Expression) else least
        if isinstance(wanted, int) and len(value) < wanted:
            self._say(name, sentences.too_short(wanted, len(value)))

    def _range(self, field: Field, name: str, value: object, scope: _Scope, place: str) -> None:
        least = self._bound(field.minimum, scope, place)
        most = self._bound(field.maximum, scope, place)
        if least is not None and _is_before(value, least):
            self._say(name, sentences.below(least))
        if most is not None and _is_before(most, value):
            self._say(name, sentences.above(most))

    def _bound(self, limit: Limit, scope: _Scope, place: str) -> object:
        return self._ask(limit, scope, place) if isinstance(limit, Expression) else limit

    def _rule(self, rule: Rule, scope: _Scope, place: str) -> None:
        """A rule whose values are missing or wrong says nothing: their own sentences do."""
        told = self._ask(rule.check, scope, place)
        if told is not None and not told:
            self._say(place + rule.field, rule.sentence)
