"""Field: one question of a form, with its limits; Option and Rule, its parts. Enough to draw it, too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from engine.errors import Sentence
from engine.expressions import Expression


class FieldType(StrEnum):
    """What a field asks for."""

    TEXT = "text"
    LONGTEXT = "longtext"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    CHOICE = "choice"
    CHOICES = "choices"
    EMAIL = "email"
    PHONE = "phone"
    SERVICE = "service"
    SERVICES = "services"
    PERSON = "person"
    LIST = "list"
    CONTACT = "contact"
    FILES = "files"
    CASE = "case"


# Their value is a list, empty when not given.
MANY = frozenset({FieldType.CHOICES, FieldType.SERVICES, FieldType.LIST, FieldType.FILES})
TEXTS = frozenset({FieldType.TEXT, FieldType.LONGTEXT})

Limit = int | Decimal | date | Expression | None


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice; `note` says its consequence."""

    value: str | int | bool
    label: Sentence
    note: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold between fields; else the sentence stands beside `field`."""

    field: str
    check: Expression
    sentence: Sentence

    def describe(self) -> dict[str, object]:
        """Return the rule as it stands in the form's JSON."""
        return {"field": self.field, "check": self.check.text, "ko": self.sentence.ko, "en": self.sentence.en}


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `required` is True, False or the text of an expression (compiled in `required_if`)."""

    name: str
    type: FieldType
    label: Sentence
    hint: Sentence | None = None
    required: bool | str = False
    required_if: Expression | None = None
    minimum: Limit = None
    maximum: Limit = None
    min_length: int | Expression | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    pattern: str | None = None
    options: tuple[Option, ...] = ()
    fields: tuple[Field, ...] = ()  # of a list: what each row asks
    rules: tuple[Rule, ...] = ()  # of a list: what must hold within a row

    def describe(self) -> dict[str, object]:
        """Return the field as JSON for programs; keys without a meaning here are left out."""
        told: dict[str, object] = {
            "name": self.name,
            "type": self.type.value,
            "label": self.label.ko,
            "label_en": self.label.en,
            "required": self.required,
            "options": [_describe_option(option) for option in self.options],
            "hint": self.hint.ko if self.hint else None,
            "hint_en": self.hint.en if self.hint else None,
            "min": _written(self.minimum),
            "max": _written(self.maximum),
            "min_length": _written(self.min_length),
            "max_length": self.max_length,
            "min_items": self.min_items,
            "max_items": self.max_items,
            "pattern": self.pattern,
            "fields": [field.describe() for field in self.fields] or None,
            "rules": [rule.describe() for rule in self.rules] or None,
        }
        return {key: value for key, value in told.items() if value is not None}


def _describe_option(option: Option) -> dict[str, object]:
    told: dict[str, object] = {"value": option.value, "label": option.label.ko, "label_en": option.label.en}
    if option.note:
        told |= {"note": option.note.ko, "note_en": option.note.en}
    return told


def _written(limit: Limit) -> object:
    """A limit as it stands in the form's JSON."""
    if isinstance(limit, Expression):
        return limit.text
    if isinstance(limit, Decimal):
        return float(limit)
    return limit.isoformat() if isinstance(limit, date) else limit
