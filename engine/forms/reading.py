"""Reading a form's JSON; whatever is wrong with it is named by its place, all of it at once."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from engine.errors import InvalidExpression, InvalidForm, Sentence
from engine.expressions import Expression, compile_expression
from engine.forms.field import Field, FieldType, Limit, Option, Rule
from engine.forms.form import Form
from engine.forms.pattern import can_run_away

FUNCTIONS = frozenset({"today", "first", "last", "ascending", "working_day"})
FORM_KEYS = frozenset({"key", "title", "fields", "rules", "submit", "after"})
FIELD_KEYS = frozenset(
    {
        "name", "type", "label", "label_en", "hint", "hint_en", "required", "min", "max", "min_length", "max_length",
        "min_items", "max_items", "pattern", "options", "fields", "rules",
    }
)  # fmt: skip
TYPES = frozenset(kind.value for kind in FieldType)
MOST_FIELDS = 100
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ORDERED = frozenset(
    {FieldType.INTEGER, FieldType.DECIMAL, FieldType.DATE, FieldType.DATETIME, FieldType.TIME}
)  # fmt: skip


def read_form(data: Mapping[str, object], functions: Collection[str] = ()) -> Form:
    """Return the form; `functions` are the application's names its expressions may call. Raises InvalidForm."""
    reader = _Reader(FUNCTIONS | set(functions))
    form = reader.form(data)
    if reader.errors:
        raise InvalidForm(reader.errors)
    return form


class _Reader:
    """Reads one form; `errors` collects what is wrong by its place in the JSON."""

    def __init__(self, functions: frozenset[str]) -> None:
        self.functions = functions
        self.errors: dict[str, list[Sentence]] = {}

    def _say(self, place: str, ko: str, en: str) -> None:
        self.errors.setdefault(place, []).append(Sentence(ko, en))

    def form(self, data: Mapping[str, object]) -> Form:
        """Return the form, as far as it can be read."""
        for unknown in data.keys() - FORM_KEYS:
            self._say(str(unknown), f"폼에 없는 항목입니다: {unknown}", f"a form has no '{unknown}'")
        key = data.get("key")
        if not isinstance(key, str) or not key:
            self._say("key", "폼의 key를 적어 주십시오.", "a form needs a key")
        fields = self._fields(data.get("fields"), "fields")
        return Form(
            key=str(key),
            title=self._sentence(data, "title", "title") or Sentence(str(key), str(key)),
            fields=fields,
            rules=self._rules(data.get("rules"), "rules", {field.name for field in fields}),
            submit=self._sentence(data, "submit", "submit"),
            after=self._sentence(data, "after", "after"),
        )

    def _sentence(self, data: Mapping[str, object], key: str, place: str) -> Sentence | None:
        """A text in both languages: {"ko", "en"}, or `key` and `key_en`."""
        value, english = data.get(key), data.get(f"{key}_en")
        if isinstance(value, Mapping):
            english = value.get("en")
            value = value.get("ko")
        if value is None and english is None:
            return None
        texts = [text for text in (value, english) if isinstance(text, str) and text.strip()]
        if not texts:
            self._say(place, "한국어(ko)와 영어(en)로 적어 주십시오.", "write this in Korean (ko) and English (en)")
            return None
        return Sentence(texts[0], texts[-1])

    def _fields(self, data: object, place: str) -> tuple[Field, ...]:
        if not isinstance(data, list) or len(data) > MOST_FIELDS or not all(isinstance(f, Mapping) for f in data):
            self._say(place, f"항목을 {MOST_FIELDS}개까지 나열하십시오.", f"list at most {MOST_FIELDS} fields")
            return ()
        fields = [self._field(field, f"{place}[{n}]") for n, field in enumerate(data)]
        names = [field.name for field in fields if field]
        for name in {name for name in names if names.count(name) > 1}:
            self._say(place, f"이름이 같은 항목이 있습니다: {name}", f"two fields have the name {name}")
        return tuple(field for field in fields if field)

    def _field(self, data: Mapping[str, object], place: str) -> Field | None:
        name, kind = data.get("name"), data.get("type")
        if not isinstance(name, str) or not _NAME.fullmatch(name) or keyword.iskeyword(name):
            self._say(
                f"{place}.name",
                "이름은 영문자로 시작하고 영문자, 숫자, _로 적습니다.",
                "a name is letters, digits and _",
            )
            return None
        place = f"{place} {name}"
        if not isinstance(kind, str) or kind not in TYPES:
            self._say(f"{place}.type", f"모르는 종류입니다: {kind}", f"there is no field type '{kind}'")
            return None
        for key in data.keys() - FIELD_KEYS:
            self._say(place, f"항목에 없는 속성입니다: {key}", f"a field has no '{key}'")
        field_type = FieldType(kind)
        required = data.get("required", False)
        fields = self._inner(data, field_type, place)
        return Field(
            name=name,
            type=field_type,
            label=self._label(data, name, place),
            hint=self._sentence(data, "hint", f"{place}.hint"),
            required=required if isinstance(required, bool | str) else False,
            required_if=self._required_if(required, place),
            minimum=self._limit(data.get("min"), field_type, f"{place}.min"),
            maximum=self._limit(data.get("max"), field_type, f"{place}.max"),
            min_length=self._length(data.get("min_length"), f"{place}.min_length"),
            max_length=self._count(data.get("max_length"), f"{place}.max_length"),
            min_items=self._count(data.get("min_items"), f"{place}.min_items"),
            max_items=self._count(data.get("max_items"), f"{place}.max_items"),
            pattern=self._pattern(data.get("pattern"), f"{place}.pattern"),
            options=self._options(data.get("options"), field_type, f"{place}.options"),
            fields=fields,
            rules=self._rules(data.get("rules"), f"{place}.rules", {field.name for field in fields}),
        )

    def _label(self, data: Mapping[str, object], name: str, place: str) -> Sentence:
        label = self._sentence(data, "label", f"{place}.label")
        if label is None and f"{place}.label" not in self.errors:
            self._say(f"{place}.label", "항목의 이름표를 적어 주십시오.", "a field needs a label")
        return label or Sentence(name, name)

    def _inner(self, data: Mapping[str, object], field_type: FieldType, place: str) -> tuple[Field, ...]:
        if field_type is FieldType.LIST:
            return self._fields(data.get("fields"), f"{place}.fields")
        if data.get("fields"):
            self._say(f"{place}.fields", "목록만 안에 항목을 둘 수 있습니다.", "only a list has fields of its own")
        return ()

    def _expression(self, text: str, place: str) -> Expression | None:
        try:
            return compile_expression(text, self.functions)
        except InvalidExpression as error:
            self.errors.setdefault(place, []).append(error.sentence)
            return None

    def _required_if(self, required: object, place: str) -> Expression | None:
        if isinstance(required, str):
            return self._expression(required, f"{place}.required")
        if not isinstance(required, bool):
            self._say(f"{place}.required", "true, false 또는 식을 적습니다.", "write true, false or an expression")
        return None

    def _limit(self, value: object, field_type: FieldType, place: str) -> Limit:
        if value is None:
            return None
        if field_type not in _ORDERED:
            self._say(place, "이 종류에는 크기 제한이 없습니다.", f"a field of type {field_type} has no limits")
        elif isinstance(value, str):
            return date.fromisoformat(value) if _is_day(value) else self._expression(value, place)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            return value if isinstance(value, int) else Decimal(repr(value))
        else:
            self._say(place, "숫자나 식을 적습니다.", "write a number or an expression")
        return None

    def _length(self, value: object, place: str) -> int | Expression | None:
        return self._expression(value, place) if isinstance(value, str) else self._count(value, place)

    def _count(self, value: object, place: str) -> int | None:
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000):
            return value
        self._say(place, "0 이상의 수를 적습니다.", "write a number, 0 or more")
        return None

    def _pattern(self, value: object, place: str) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str) or can_run_away(value):
            self._say(
                place,
                "되풀이 안에 되풀이가 없는 짧은 정규식만 쓸 수 있습니다. 예: [0-9]{5}",
                "only a short regular expression without repeats inside repeats is possible. For example: [0-9]{5}",
            )
            return None
        return value

    def _options(self, data: object, field_type: FieldType, place: str) -> tuple[Option, ...]:
        is_choice = field_type in (FieldType.CHOICE, FieldType.CHOICES)
        if not data and not is_choice:
            return ()
        if not isinstance(data, list) or not data or not is_choice:
            self._say(
                place, "고를 것을 나열하십시오(choice, choices만).", "list the options (of choice and choices only)"
            )
            return ()
        options = [self._option(option, f"{place}[{n}]") for n, option in enumerate(data)]
        return tuple(option for option in options if option)

    def _option(self, data: object, place: str) -> Option | None:
        if isinstance(data, str):
            return Option(data, Sentence(data, data))
        value = data.get("value") if isinstance(data, Mapping) else None
        if not isinstance(data, Mapping) or not isinstance(value, str | int):
            self._say(place, "value와 ko, en을 적어 주십시오.", "an option needs value, ko and en")
            return None
        korean = data.get("ko") or data.get("label") or value
        english = data.get("en") or data.get("label_en") or korean
        note = {"note": data.get("note_ko") or data.get("note"), "note_en": data.get("note_en")}
        return Option(value, Sentence(str(korean), str(english)), self._sentence(note, "note", f"{place}.note"))

    def _rules(self, data: object, place: str, names: Collection[str]) -> tuple[Rule, ...]:
        if data is None:
            return ()
        if not isinstance(data, list):
            self._say(place, "규칙을 나열하십시오.", "list the rules")
            return ()
        rules = [self._rule(rule, f"{place}[{n}]", names) for n, rule in enumerate(data)]
        return tuple(rule for rule in rules if rule)

    def _rule(self, data: object, place: str, names: Collection[str]) -> Rule | None:
        field = data.get("field") if isinstance(data, Mapping) else None
        check = data.get("check") if isinstance(data, Mapping) else None
        if not isinstance(data, Mapping) or not isinstance(field, str) or not isinstance(check, str):
            self._say(place, "field, check, ko, en을 적어 주십시오.", "a rule needs field, check, ko and en")
            return None
        if field.split("[", 1)[0].split(".", 1)[0] not in names:
            self._say(place, f"폼에 없는 항목입니다: {field}", f"the form has no field '{field}'")
        sentence = self._sentence({"said": {"ko": data.get("ko"), "en": data.get("en")}}, "said", place)
        expression = self._expression(check, f"{place}.check")
        return Rule(field, expression, sentence) if expression and sentence else None


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text)) and date.fromisoformat(text) is not None
    except ValueError:
        return False
