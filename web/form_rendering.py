"""An engine Form as HTML fields, and what a browser posts as the raw values that the Form judges."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any

from werkzeug.datastructures import MultiDict

from engine.errors import InvalidForm, Sentence
from engine.forms import Field, Form
from web.language import language, say
from web.moments import SEOUL
from web.words import phone_text, seoul, t

Typed = Mapping[str, Sequence[str]]  # what stands in the boxes: HTML name -> texts
OWN_NAMES = frozenset({"csrf_token", "idempotency_key", "version", "_add", "_drop", "_act", "website", "lang_page"})
LONG_LIST = 6  # more options than this become a select
PLACE = re.compile(r"(?P<name>[^\[\].]+)(?:\[(?P<row>\d{1,3})\])?(?:\.(?P<inner>[^\[\].]+))?")
CONTACT = (
    ("name", "이름", "Name"),
    ("org", "회사", "Company"),
    ("email", "이메일", "E-mail"),
    ("phone", "전화번호", "Telephone"),
)
AUTOCOMPLETE = {"name": "name", "org": "organization", "email": "email", "phone": "tel"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One option as it is shown; `note` says its consequence."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field as the template needs it; `name` is the HTML name and the key of its errors."""

    name: str
    label: str
    widget: str
    need: str = "required"  # "optional", or "sometimes" where an expression decides
    hint: str = ""
    errors: tuple[str, ...] = ()
    value: str = ""
    chosen: frozenset[str] = frozenset()
    options: tuple[Choice, ...] = ()
    width: str = "m"
    lines: int = 5
    max_length: int | None = None
    mode: str = ""
    autocomplete: str = ""
    refresh: str = ""
    fields: tuple[FieldView, ...] = ()
    columns: tuple[FieldView, ...] = ()
    rows: tuple[tuple[FieldView, ...], ...] = ()

    @property
    def id(self) -> str:
        return "f-" + re.sub(r"[^A-Za-z0-9_]+", "-", self.name).strip("-")

    @property
    def described(self) -> str:
        parts = [f"{self.id}-hint"] if self.hint else []
        parts += [f"{self.id}-error{n or ''}" for n in range(len(self.errors))]
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of the summary on top: where to jump, and what is wrong."""

    id: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Look:
    """What the fields need beside the form: whose page it is, the lists to choose from, notes at options."""

    staff: bool = False
    services: Sequence[Choice] = ()
    people: Sequence[Choice] = ()
    notes: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (field, option) -> consequence
    refresh: Mapping[str, Any] = field(default_factory=dict)  # field -> attributes that ask again when it changes


def field_views(form: Form, typed: Typed, error: InvalidForm | None, look: Look) -> list[FieldView]:
    """Return the form's fields as they are to be shown, with what was typed and what is wrong with it."""
    errors = _errors(error)
    return [_view(f, f.name, typed, errors, look) for f in form.fields]


def problems(form: Form, error: InvalidForm | None, views: Sequence[FieldView]) -> list[Problem]:
    """Return the summary's lines in the order of the fields; what belongs to no shown field comes last."""
    if error is None:
        return []
    shown = list(_flat(views))
    known = {v.name for v in shown}
    listed = [Problem(v.id, s) for v in shown for s in v.errors]
    return listed + [Problem("main", say(s)) for name, said in error.errors.items() if name not in known for s in said]


def _flat(views: Iterable[FieldView]) -> Iterable[FieldView]:
    for view in views:
        yield view
        yield from _flat(view.fields)
        for row in view.rows:
            yield from row


def _errors(error: InvalidForm | None) -> dict[str, tuple[str, ...]]:
    return {} if error is None else {name: tuple(say(s) for s in said) for name, said in error.errors.items()}


def _text(sentence: Sentence | None) -> str:
    return say(sentence) if sentence else ""


def _view(f: Field, name: str, typed: Typed, errors: Mapping[str, tuple[str, ...]], look: Look) -> FieldView:
    said = tuple(typed.get(name, ()))
    options = _options(f, look)
    view = FieldView(
        name=name,
        label=_text(f.label) or name,
        widget=_widget(f, options, look),
        need="sometimes" if isinstance(f.required, str) else "required" if f.required else "optional",
        hint=_text(f.hint),
        errors=errors.get(name, ()),
        value=said[0] if said else "",
        chosen=frozenset(said),
        options=options,
        width=_width(f),
        lines=8 if (f.max_length or 0) > 4000 and not look.staff else 5,
        max_length=f.max_length if isinstance(f.max_length, int) and f.max_length <= 200 else None,
        mode={"integer": "numeric", "decimal": "decimal"}.get(f.type, ""),
        autocomplete="" if look.staff else AUTOCOMPLETE.get(f.name, ""),
        refresh=look.refresh.get(f.name, ""),
    )
    if f.type == "list":
        return _list_view(view, f, typed, errors, look)
    if f.type == "contact":
        return _contact_view(view, typed, errors, look)
    return view


def _widget(f: Field, options: Sequence[Choice], look: Look) -> str:
    match f.type:
        case "longtext":
            return "textarea"
        case "date" | "time" | "email":
            return str(f.type)
        case "datetime":
            return "datetime-local"
        case "phone":
            return "tel"
        case "files":
            return "files"
        case "list":
            return "list"
        case "contact":
            return "group"
        case "boolean":
            return "segments" if look.staff and f.required is True else "tick"
        case "choices" | "services":
            return "checks"
        case "choice":
            if len(options) > LONG_LIST:
                return "select"
            return "segments" if look.staff and sum(len(o.label) for o in options) < 60 else "pick"
        case "service" | "person":
            return "select"
    return "text"


def _width(f: Field) -> str:
    if f.type in ("integer", "decimal", "date", "time", "phone", "service"):
        return "s"
    if f.type in ("datetime", "email", "person", "case", "choice"):
        return "m"
    length = f.max_length if isinstance(f.max_length, int) else 100
    return "s" if length <= 50 else "m" if length <= 100 else "l"


def _options(f: Field, look: Look) -> tuple[Choice, ...]:
    match f.type:
        case "service" | "services":
            return tuple(look.services)
        case "person":
            return tuple(look.people)
        case "boolean":
            return (Choice("true", str(t("예", "Yes"))), Choice("false", str(t("아니요", "No"))))
    return tuple(
        Choice(box_text(o.value), say(o.label), look.notes.get((f.name, box_text(o.value))) or _text(o.note))
        for o in f.options
    )


def _list_view(view: FieldView, f: Field, typed: Typed, errors: Mapping[str, tuple[str, ...]], look: Look) -> FieldView:
    count = max(row_count(typed, f.name), (f.min_items or 0) if f.required is True else 0)
    rows = tuple(
        tuple(_cell(_view(inner, f"{f.name}[{n}].{inner.name}", typed, errors, look)) for inner in f.fields)
        for n in range(count)
    )
    row_errors = tuple(s for n in range(count) for s in errors.get(f"{f.name}[{n}]", ()))
    columns = tuple(_view(inner, inner.name, {}, {}, look) for inner in f.fields)
    return replace(view, rows=rows, columns=columns, errors=view.errors + row_errors)


def _cell(view: FieldView) -> FieldView:
    """In a row every choice is a select, so that the row stays one line."""
    return replace(view, widget="select" if view.widget in ("pick", "segments") else view.widget, width="")


def _contact_view(view: FieldView, typed: Typed, errors: Mapping[str, tuple[str, ...]], look: Look) -> FieldView:
    fields = []
    for part, ko, en in CONTACT:
        name = f"{view.name}.{part}"
        said = typed.get(name, ())
        fields.append(
            FieldView(
                name=name,
                label=ko if language() == "ko" else en,
                widget={"email": "email", "phone": "tel"}.get(part, "text"),
                need=view.need if part == "name" else "optional",
                errors=errors.get(name, ()),
                value=said[0] if said else "",
                width="m",
                autocomplete="" if look.staff else AUTOCOMPLETE[part],
            )
        )
    return replace(view, fields=tuple(fields))


# ---------------------------------------------------------------- what was posted


def row_count(typed: Typed, name: str) -> int:
    """Return how many rows of the list stand in the boxes."""
    found = [int(m["row"]) for key in typed if (m := PLACE.fullmatch(key)) and m["name"] == name and m["row"]]
    return min(max(found, default=-1) + 1, 200)


def typed_of(posted: MultiDict[str, str]) -> dict[str, list[str]]:
    """Return what stood in the boxes, to show it again."""
    return {name: posted.getlist(name) for name in posted if name not in OWN_NAMES}


def edited_rows(form: Form, typed: Typed, *, add: str | None, drop: str | None) -> dict[str, list[str]]:
    """Return the boxes with one row more, or with one taken out."""
    boxes = {name: list(said) for name, said in typed.items()}
    known = {f.name: f for f in form.fields if f.type == "list"}
    if add in known:
        row = max(row_count(boxes, add), _least_rows(known[add]))
        boxes |= {f"{add}[{row}].{inner.name}": [""] for inner in known[add].fields}
    place = PLACE.fullmatch(drop or "")
    if place and place["name"] in known and place["row"]:
        boxes = _without_row(boxes, place["name"], int(place["row"]))
    return boxes


def _least_rows(f: Field) -> int:
    return (f.min_items or 0) if f.required is True else 0


def _without_row(boxes: Mapping[str, list[str]], name: str, gone: int) -> dict[str, list[str]]:
    kept: dict[str, list[str]] = {}
    for key, said in boxes.items():
        m = PLACE.fullmatch(key)
        if not (m and m["name"] == name and m["row"]):
            kept[key] = said
        elif (row := int(m["row"])) != gone:
            kept[f"{name}[{row - (row > gone)}].{m['inner']}"] = said
    return kept


def raw_of(form: Form, typed: Typed) -> dict[str, object]:
    """Return the posted texts as the Form's raw values: nested, without empty boxes, unknown names kept for refusal."""
    raw: dict[str, object] = {}
    known = {f.name: f for f in form.fields}
    for key, said in typed.items():
        m = PLACE.fullmatch(key)
        f = known.get(m["name"]) if m else None
        if f is None:
            raw[key] = said[0] if said else ""
        elif f.type not in ("list", "contact", "files"):
            _put(raw, f, f.name, said)
    for f in form.fields:
        if f.type == "list" and (rows := _raw_rows(f, typed)):
            raw[f.name] = rows
        if f.type == "contact" and (parts := _raw_contact(f, typed)):
            raw[f.name] = parts
        if f.type == "boolean" and f.name not in typed and f.required is not True:
            raw[f.name] = False
    return raw


def _put(raw: dict[str, object], f: Field, name: str, said: Sequence[str]) -> None:
    texts = [s for s in said if s.strip()]
    if not texts:
        return
    raw[name] = CONVERT.get(f.type, _one)(texts)


def _one(texts: Sequence[str]) -> object:
    return texts[0]


def _truth(texts: Sequence[str]) -> object:
    return {"true": True, "false": False}.get(texts[0], texts[0])


def _local(texts: Sequence[str]) -> object:
    """A browser's local date and time is Seoul's."""
    try:
        said = datetime.fromisoformat(texts[0])
    except ValueError:
        return texts[0]
    return (said if said.tzinfo else said.replace(tzinfo=SEOUL)).isoformat()


def _number(texts: Sequence[str]) -> object:
    return texts[0].strip().replace(",", "")


CONVERT: Mapping[str, Callable[[Sequence[str]], object]] = {
    "boolean": _truth,
    "choices": list,
    "services": list,
    "datetime": _local,
    "integer": _number,
    "decimal": _number,
}


def _raw_rows(f: Field, typed: Typed) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for n in range(row_count(typed, f.name)):
        row: dict[str, object] = {}
        for inner in f.fields:
            _put(row, inner, inner.name, typed.get(f"{f.name}[{n}].{inner.name}", ()))
        rows.append(row)
    while rows and not rows[-1]:  # an empty last row was never meant
        rows.pop()
    return rows


def _raw_contact(f: Field, typed: Typed) -> dict[str, object]:
    said = {part: typed.get(f"{f.name}.{part}", ()) for part, _, _ in CONTACT}
    return {part: texts[0].strip() for part, texts in said.items() if texts and texts[0].strip()}


# ---------------------------------------------------------------- typed values as boxes


def boxes_of(form: Form, values: Mapping[str, object]) -> dict[str, list[str]]:
    """Return typed values (a draft, what was entered before) as the texts of the boxes."""
    boxes: dict[str, list[str]] = {}
    for f in form.fields:
        value = values.get(f.name)
        if value is None:
            continue
        if isinstance(value, list) and f.type == "list":
            for n, row in enumerate(value):
                for inner in f.fields:
                    if isinstance(row, Mapping) and row.get(inner.name) is not None:
                        boxes[f"{f.name}[{n}].{inner.name}"] = [box_text(row[inner.name])]
        elif isinstance(value, Mapping) and f.type == "contact":
            boxes |= {f"{f.name}.{part}": [box_text(v)] for part, v in value.items() if v is not None}
        elif isinstance(value, list):
            boxes[f.name] = [box_text(v) for v in value]
        else:
            boxes[f.name] = [phone_text(value) if f.type == "phone" else box_text(value)]
    return boxes


def box_text(value: object) -> str:
    """Return one value as the text of its box."""
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return f"{seoul(value):%Y-%m-%dT%H:%M}" if value.tzinfo else f"{value:%Y-%m-%dT%H:%M}"
        case date() | time():
            return value.isoformat()
    return str(value)


def shown_values(form: Form, typed: Typed, look: Look) -> list[tuple[str, str]]:
    """Return what was typed as (label, text) lines, options in words: kept on a page whose task is gone."""
    lines: list[tuple[str, str]] = []
    for view in field_views(form, typed, None, look):
        if view.widget == "list":
            for n, row in enumerate(view.rows, 1):
                lines.append((f"{view.label} {n}", ", ".join(v.value for v in row if v.value)))
        elif view.widget == "group":
            lines += [(v.label, v.value) for v in view.fields if v.value]
        elif view.chosen - {""}:
            words = {o.value: o.label for o in view.options}
            lines.append((view.label, ", ".join(words.get(v, v) for v in sorted(view.chosen))))
    return lines
