"""Every error the engine raises, as one tree; the web gives each its status, the engine knows no HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence for a person, in both languages."""

    ko: str
    en: str

    def __str__(self) -> str:
        return self.en


class EngineError(Exception):
    """The engine could not do what was asked."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.en)
        self.sentence = sentence


class NotFound(EngineError):
    """There is no such thing, or the asker may not know of it."""


class Forbidden(EngineError):
    """The asker may know of it, but may not do this."""


class Conflict(EngineError):
    """Done already, or changed meanwhile: `by` and `at` (ISO, UTC) say who was first and when."""

    def __init__(self, sentence: Sentence, *, by: str | None = None, at: str | None = None) -> None:
        super().__init__(sentence)
        self.by, self.at = by, at


class InvalidForm(EngineError):
    """Values do not fit their form; `errors` maps a field (nested: `stages[1].planned_date`) to its sentences."""

    def __init__(self, errors: Mapping[str, Sequence[Sentence]]) -> None:
        super().__init__(Sentence("고칠 곳이 있습니다.", "Some fields need correction."))
        self.errors = {field: list(sentences) for field, sentences in errors.items()}


class UnknownFields(EngineError):
    """Values carry fields which the form does not have; they are refused, never dropped."""

    def __init__(self, fields: Sequence[str]) -> None:
        names = ", ".join(fields)
        super().__init__(Sentence(f"모르는 항목입니다: {names}", f"Unknown fields: {names}"))
        self.fields = list(fields)


class InvalidVariable(EngineError):
    """A value cannot be a process variable; the sentence names it."""


class InvalidExpression(EngineError):
    """An expression is not in the language (deployment), or cannot be evaluated (run)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the deployment check found; `severity` is "refusal" or "warning"."""

    file: str
    line: int | None
    element_id: str | None
    rule: str
    sentence: Sentence
    severity: str = "refusal"

    def __str__(self) -> str:
        """The line that `charterflow check` prints."""
        return f"{self.file}:{self.line or 0} {self.element_id or '-'} {self.rule} {self.sentence.en}"


class DeploymentRefused(EngineError):
    """Nothing was deployed; `findings` has every reason, and the warnings found on the way."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        refusals = [f for f in findings if f.severity == "refusal"]
        first = refusals[0].sentence if refusals else Sentence("배포할 수 없습니다.", "This cannot be deployed.")
        super().__init__(first)
        self.findings = list(findings)

    def __str__(self) -> str:
        return "\n".join(str(f) for f in self.findings)
