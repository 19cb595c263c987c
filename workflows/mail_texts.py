"""The mail texts of the process folders: a small language of fields, particles, conditions and lists.

`{title}{을/를} {due:datetime}까지` · `{if reason}…{else}…{end}` · `{for s in stages}…{s.name_ko}…{end}` ·
a line `[[words|{url}]]` is the button, `[words|{url}]` a link, a line `이름: 값` a row of facts.
First line: the subject. Checked at deployment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from sqlalchemy import Column, Integer, String, Table, Text, insert, select

from engine.definitions import find_latest
from engine.errors import InvalidExpression, InvalidForm, NotFound, Sentence
from engine.expressions import Expression, compile_expression
from engine.store.schema import Id, Instant, metadata
from engine.transaction import Transaction
from workflows import audit, catalogue, korean

edits = Table(
    "charter_mail_texts",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("process", String(200), nullable=False, index=True),
    Column("mail_id", String(20), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("after_version", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", String(80), nullable=False),
)
LANGUAGES = ("ko", "en")
FORMATS = frozenset(("datetime", "date", "time", "krw", "phone"))
PARTICLES = frozenset(("을/를", "이/가", "은/는", "과/와", "와/과", "으로/로", "이나/나", "아/야", "이라/라"))
# An instant inside a rendered text stands between these marks, so that the page can set it in bold.
STRONG_FROM, STRONG_TO = "\ue000", "\ue001"
# Signs that mean something to a mail (brackets and bars of links, the beginning of an address) are ours alone: in a
# value, which a customer may have typed, others stand for them until the page is set.
_GUARDS = str.maketrans({"[": "\ue010", "]": "\ue011", "|": "\ue012", STRONG_FROM: "", STRONG_TO: ""})
_UNGUARDS = str.maketrans({"\ue010": "[", "\ue011": "]", "\ue012": "|", "\ue013": ""})
_TAG = re.compile(r"\{([^{}\n]*)\}")
_FIELD = re.compile(r"([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)(?::(\w+))?", re.ASCII)
_FOR = re.compile(r"for\s+([A-Za-z]\w*)\s+in\s+([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)", re.ASCII)


class BadMailText(Exception):
    """A mail text cannot be read; `line` counts from the subject."""

    def __init__(self, line: int, ko: str, en: str) -> None:
        super().__init__(en)
        self.line, self.sentence = line, Sentence(ko, en)


@dataclass(frozen=True, slots=True)
class _Words:
    text: str


@dataclass(frozen=True, slots=True)
class _Field:
    path: tuple[str, ...]
    format: str | None


@dataclass(frozen=True, slots=True)
class _Particle:
    pair: str


@dataclass(frozen=True, slots=True)
class _If:
    condition: Expression
    then: tuple[_Part, ...]
    otherwise: tuple[_Part, ...]


@dataclass(frozen=True, slots=True)
class _For:
    name: str
    path: tuple[str, ...]
    body: tuple[_Part, ...]


_Part = _Words | _Field | _Particle | _If | _For


@dataclass(frozen=True, slots=True)
class MailText:
    """One mail in one language, compiled. `fields`: every name that it asks of its surroundings."""

    subject: tuple[_Part, ...]
    body: tuple[_Part, ...]
    lang: str
    fields: frozenset[str]

    def render(self, values: Mapping[str, object]) -> tuple[str, str]:
        """Return subject (one line, without marks) and body (instants between STRONG marks) for these values."""
        scope = _Values(values, self.lang)
        subject = " ".join(_written(self.subject, scope, self.lang).split())
        return _plain(subject), _written(self.body, scope, self.lang)


@dataclass(frozen=True, slots=True)
class MailWords:
    """The words of a mail as they are written, in both languages."""

    process: str
    mail_id: str
    subject_ko: str
    text_ko: str
    subject_en: str
    text_en: str


# ---------------------------------------------------------------- compiling


@lru_cache(maxsize=2048)
def compile_mail(source: str, lang: str) -> MailText:
    """Return a compiled mail; raises BadMailText with the line and what was expected."""
    subject, _, rest = source.lstrip("\ufeff").replace("\r\n", "\n").partition("\n")
    if not subject.strip():
        raise BadMailText(1, "첫 줄에 제목이 있어야 합니다.", "The first line is the subject")
    if rest and not rest.startswith("\n"):
        raise BadMailText(2, "제목 다음 줄은 비웁니다.", "The line after the subject stays empty")
    head = _Compiler(subject, 1).whole()
    body = _Compiler(_own_lines(rest.strip("\n") + "\n"), 3).whole()
    fields = frozenset(_names(head, frozenset())) | frozenset(_names(body, frozenset()))
    return MailText(head, body, lang, fields)


def _own_lines(body: str) -> str:
    """A condition or loop that stands alone on its line takes the line with it."""
    return re.sub(r"(?m)^[ \t]*(\{(?:if [^{}\n]*|for [^{}\n]*|else|end)\})[ \t]*\n", r"\1", body)


@dataclass(slots=True)
class _Compiler:
    text: str
    first_line: int
    at: int = 0
    opened: list[str] = field(default_factory=list)

    def whole(self) -> tuple[_Part, ...]:
        parts, ended = self._until(())
        assert ended is None
        return parts

    def _until(self, closers: Sequence[str]) -> tuple[tuple[_Part, ...], str | None]:
        """Read parts up to one of the closing words (or the end); returns them and the word."""
        parts: list[_Part] = []
        for tag in iter(self._next_tag, None):
            before, word = tag
            if before:
                parts.append(_Words(before))
            if word in ("else", "end"):
                if word not in closers:
                    raise self._bad(f"{{{word}}} 앞에 {{if}}나 {{for}}가 없습니다.", f"{{{word}}} has no beginning")
                return tuple(parts), word
            parts.append(self._part(word))
        if closers:
            raise self._bad(f"{{{self.opened[-1]}}}를 {{end}}로 닫아 주십시오.", f"{{{self.opened[-1]}}} is not closed")
        if self.at < len(self.text):
            parts.append(_Words(self.text[self.at :]))
            self.at = len(self.text)
        return tuple(parts), None

    def _next_tag(self) -> tuple[str, str] | None:
        found = _TAG.search(self.text, self.at)
        if found is None:
            return None
        before, self.at = self.text[self.at : found.start()], found.end()
        return before, found[1].strip()

    def _part(self, word: str) -> _Part:
        if word.startswith("if "):
            return self._if(word[3:])
        if word.startswith("for "):
            return self._for(word)
        if word == "ruler":
            return _Words("{ruler}")  # the page draws it (mail_pages.py)
        if word in PARTICLES:
            return _Particle(word)
        found = _FIELD.fullmatch(word)
        if found is None:
            raise self._bad(
                f"{{{word}}}을(를) 읽을 수 없습니다. 정해진 항목만 쓸 수 있습니다.",
                f"Cannot read {{{word}}}: only the listed fields may be used",
            )
        if found[2] is not None and found[2] not in FORMATS:
            known = ", ".join(sorted(FORMATS))
            raise self._bad(
                f"{found[2]} 모양은 없습니다. 있는 것: {known}", f"There is no format {found[2]}; there are {known}"
            )
        return _Field(tuple(found[1].split(".")), found[2])

    def _if(self, condition: str) -> _If:
        try:
            compiled = compile_expression(condition)
        except InvalidExpression as error:
            raise self._bad(error.sentence.ko, error.sentence.en) from error
        self.opened.append("if")
        then, ended = self._until(("else", "end"))
        otherwise: tuple[_Part, ...] = ()
        if ended == "else":
            otherwise, _ = self._until(("end",))
        self.opened.pop()
        return _If(compiled, then, otherwise)

    def _for(self, word: str) -> _For:
        found = _FOR.fullmatch(word)
        if found is None:
            raise self._bad(f"{{for s in stages}}처럼 적습니다: {{{word}}}", f"Write {{for s in stages}}: {{{word}}}")
        self.opened.append("for")
        body, _ = self._until(("end",))
        self.opened.pop()
        return _For(found[1], tuple(found[2].split(".")), body)

    def _bad(self, ko: str, en: str) -> BadMailText:
        return BadMailText(self.first_line + self.text.count("\n", 0, self.at), ko, en)


def _names(parts: Sequence[_Part], bound: frozenset[str]) -> Iterator[str]:
    """The names a text asks of its surroundings, without those a loop binds."""
    for part in parts:
        if isinstance(part, _Field) and part.path[0] not in bound:
            yield part.path[0]
        elif isinstance(part, _If):
            yield from part.condition.names - bound
            yield from _names(part.then, bound)
            yield from _names(part.otherwise, bound)
        elif isinstance(part, _For):
            if part.path[0] not in bound:
                yield part.path[0]
            yield from _names(part.body, bound | {part.name, "number"})


# ---------------------------------------------------------------- rendering


@dataclass(frozen=True, slots=True)
class _Values(Mapping[str, object]):
    """Values by name; a name that is not there is looked for in the mail's language, and is None otherwise."""

    told: Mapping[str, object]
    lang: str

    def __getitem__(self, name: str) -> object:
        found = self.told.get(name)
        return self.told.get(f"{name}_{self.lang}") if found is None else found

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self.told)

    def __len__(self) -> int:
        return len(self.told)

    def at(self, path: Sequence[str]) -> object:
        found: object = self[path[0]]
        for name in path[1:]:
            found = _Values(found, self.lang)[name] if isinstance(found, Mapping) else None
        return found


def _written(parts: Sequence[_Part], scope: _Values, lang: str) -> str:
    out: list[str] = []
    for part in parts:
        match part:
            case _Words(text):
                out.append(text)
            case _Field(path, form):
                out.append(_strong(scope.at(path), path, form, lang))
            case _Particle(pair):
                out.append(korean.particle(_plain("".join(out)), pair) if lang == "ko" else "")
            case _If(condition, then, otherwise):
                out.append(_written(then if _holds(condition, scope) else otherwise, scope, lang))
            case _For(name, path, body):
                items = scope.at(path)
                for number, item in enumerate(items if isinstance(items, list | tuple) else [], 1):
                    inner = _Values({**scope.told, name: item, "number": number}, lang)
                    out.append(_written(body, inner, lang))
    return "".join(out)


def _holds(condition: Expression, scope: _Values) -> bool:
    """Conditions over values that are not there do not hold; a comparison of unlike kinds does not either."""
    try:
        return bool(condition.evaluate(scope))
    except InvalidExpression:
        return False


def guarded(text: str) -> str:
    """Return a value's text so that nothing in it is read as a link, a button or a mark."""
    return re.sub(r"(?i)(https?)(?=://)", "\\1\ue013", text.translate(_GUARDS))


def unguarded(text: str) -> str:
    """Return the text as it was written."""
    return text.translate(_UNGUARDS)


def _strong(value: object, path: Sequence[str], form: str | None, lang: str) -> str:
    text = formatted(value, form, lang)
    if not path[-1].endswith("url"):
        text = guarded(text)
    is_instant = form in ("datetime", "date") or (form is None and isinstance(value, date | datetime))
    return f"{STRONG_FROM}{text}{STRONG_TO}" if is_instant and text else text


def formatted(value: object, form: str | None, lang: str) -> str:
    """Return a value as a person reads it in that language: dates in full, lists with commas, records by their name."""
    ko = lang == "ko"
    if value is None:
        return ""
    if isinstance(value, str) and form in ("datetime", "date", "time"):
        value = _read_date(value)
    if form == "krw":
        return _money(value, ko=ko)
    if form == "time" and isinstance(value, datetime | time):
        return korean.time_ko(value)
    if isinstance(value, datetime):
        if form == "date":
            return korean.date_ko(value) if ko else korean.date_en(value)
        return korean.datetime_ko(value) if ko else korean.datetime_en(value)
    if isinstance(value, date):
        return korean.date_ko(value) if ko else korean.date_en(value)
    return _other(value, lang)


def _other(value: object, lang: str) -> str:
    if isinstance(value, bool):
        return ("예" if value else "아니요") if lang == "ko" else ("yes" if value else "no")
    if isinstance(value, list | tuple):
        return ", ".join(formatted(one, None, lang) for one in value)
    if isinstance(value, Mapping):
        named = value.get(f"name_{lang}") or value.get(lang) or value.get("name")
        return "" if named is None else formatted(named, None, lang)
    if isinstance(value, Decimal | float):
        return f"{Decimal(str(value)).normalize():f}"
    return str(value)


def _read_date(text: str) -> object:
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return text


def _money(value: object, *, ko: bool) -> str:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    return korean.money_ko(amount) if ko else korean.money_en(amount)


def _plain(text: str) -> str:
    return unguarded(text.replace(STRONG_FROM, "").replace(STRONG_TO, ""))


# ---------------------------------------------------------------- where the words are


def find(tx: Transaction, process: str, mail_id: str, lang: str, version: int | None = None) -> MailText:
    """Return the text of a mail as it counts for a version of its process (default: the newest); raises NotFound."""
    return compile_mail(source_of(tx, process, mail_id, lang, version), lang)


def source_of(tx: Transaction, process: str, mail_id: str, lang: str, version: int | None = None) -> str:
    """Return the words of a mail, subject first: edited ones once their release is out, else those of the folder."""
    number = version if version is not None else 1_000_000_000
    asked = (
        select(edits.c.subject, edits.c.body)
        .where(edits.c.process == process, edits.c.mail_id == mail_id, edits.c.lang == lang)
        .where(edits.c.after_version < number)
        .order_by(edits.c.id.desc())
        .limit(1)
    )
    edited = tx.connection.execute(asked).first()
    if edited is not None:
        return f"{edited.subject}\n\n{edited.body}"
    shipped = shipped_source(process, mail_id, lang)
    if shipped is None:
        raise NotFound(Sentence(f"메일 {mail_id}의 글이 없습니다.", f"There is no text for mail {mail_id}"))
    return shipped


@lru_cache(maxsize=1024)
def shipped_source(process: str, mail_id: str, lang: str) -> str | None:
    """Return the words in the process' folder, else in any other folder that has them, else None."""
    names = [process, *(name for name in catalogue.processes() if name != process)]
    for name in names:
        file = catalogue.folder(name).joinpath("mails").joinpath(f"{mail_id}.{lang}.txt")
        if file.is_file():
            return file.read_text("utf-8")
    return None


def ids_of(process: str) -> list[str]:
    """Return the mails whose words lie in a process' folder."""
    folder = catalogue.folder(process).joinpath("mails")
    if not folder.is_dir():
        return []
    return sorted({f.name.partition(".")[0] for f in folder.iterdir() if f.name.endswith(".txt")})


def words_of(tx: Transaction, process: str, mail_id: str, *, draft: bool = False) -> MailWords:
    """Return a mail's words in both languages; `draft` gives those that wait for the next release. Raises NotFound."""
    newest = find_latest(tx, process)
    version = None if draft or newest is None else newest.version
    parts = {}
    for lang in LANGUAGES:
        subject, _, body = source_of(tx, process, mail_id, lang, version).partition("\n")
        parts[lang] = (subject, body.strip("\n"))
    return MailWords(process, mail_id, *parts["ko"], *parts["en"])


def edit(tx: Transaction, words: MailWords, known: frozenset[str]) -> None:
    """Keep edited words, or those of a new mail; they count from the next release of the process on.

    `known`: fields the mail may name (charter_check.mail_fields). Raises InvalidForm for `subject_ko`, `text_ko`,
    `subject_en`, `text_en`.
    """
    errors: dict[str, list[Sentence]] = {}
    for lang, subject, body in (("ko", words.subject_ko, words.text_ko), ("en", words.subject_en, words.text_en)):
        try:
            compiled = compile_mail(f"{subject}\n\n{body}", lang)
        except BadMailText as error:
            name = f"subject_{lang}" if error.line == 1 else f"text_{lang}"
            errors.setdefault(name, []).append(error.sentence)
            continue
        for unknown in sorted(unknown_fields(compiled, known)):
            listed = ", ".join(sorted(known))
            sentence = Sentence(
                f"모르는 항목입니다: {{{unknown}}}. 쓸 수 있는 항목: {listed}",
                f"Unknown field {{{unknown}}}: only the listed fields may be used: {listed}",
            )
            errors.setdefault(f"text_{lang}", []).append(sentence)
    if errors:
        raise InvalidForm(errors)
    newest = find_latest(tx, words.process)
    for lang, subject, body in (("ko", words.subject_ko, words.text_ko), ("en", words.subject_en, words.text_en)):
        row = {
            "process": words.process, "mail_id": words.mail_id, "lang": lang, "subject": subject.strip(), "body": body,
            "after_version": newest.version if newest else 0, "changed_at": tx.now, "changed_by": tx.actor,
        }  # fmt: skip
        tx.connection.execute(insert(edits).values(**row))
    audit.record(tx, "mail words edited", f"{words.process}/{words.mail_id}")


def unknown_fields(text: MailText, known: frozenset[str]) -> set[str]:
    """Return the names of a text that are not among the known ones, in its language either."""
    return {n for n in text.fields if n not in known and f"{n}_{text.lang}" not in known}
