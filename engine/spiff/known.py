"""What the reader may take as given, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from zoneinfo import ZoneInfo

from engine.errors import Finding
from engine.tokens.definition import Node, ProcessDefinition

SEOUL = ZoneInfo("Asia/Seoul")


def sends_nothing(node: Node) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Known:
    """What exists around a diagram: topics, functions, decisions, other processes, forms, extension elements.

    - `functions`: names that expressions may call beside the language's own.
    - `sends`: whether a send task without a messageRef is carried by the application.
    - `extension_namespaces`: namespace -> local names of the elements and attributes that the application knows.
    - `processes`: keys that a call activity may name: deployed ones, and those of the same deployment.
    - `forms`: whether (process key, form key) exists; None: not asked.
    - `zone`: the zone of an instant written without one (`2026-10-01T09:00:00`).
    """

    topics: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    sends: Callable[[Node], bool] = sends_nothing
    extension_namespaces: Mapping[str, frozenset[str]] = field(default_factory=dict)
    processes: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()
    forms: Callable[[str, str], bool] | None = None
    zone: tzinfo = SEOUL


@dataclass(frozen=True, slots=True)
class Reading:
    """The processes of one file, or the reasons why there are none; warnings may accompany definitions."""

    definitions: tuple[ProcessDefinition, ...]
    findings: tuple[Finding, ...]

    @property
    def is_refused(self) -> bool:
        return any(finding.severity == "refusal" for finding in self.findings)
