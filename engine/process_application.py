"""ProcessApplication: what a room of workflows hands over to the engine, and how the engine tells it what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from engine.errors import Finding
from engine.tokens.definition import ProcessDefinition
from engine.tokens.effects import HistoryEntry, InstanceEnded
from engine.transaction import Transaction

if TYPE_CHECKING:
    from engine.forms import Form


@dataclass(frozen=True, slots=True)
class Work:
    """A service task's job as its handler sees it."""

    instance_id: int
    element_id: str
    definition_key: str
    business_key: str | None
    variables: Mapping[str, object]
    attempt: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a handler answers: variables for the process, or a BPMN error of the diagram."""

    variables: Mapping[str, object] = field(default_factory=dict)
    error_code: str | None = None
    error_message: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a service task may name. Its handler runs in the transaction that completes the job: SQL only, no I/O."""

    name: str
    ko: str
    en: str
    handler: Callable[[Transaction, Work], Outcome]
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InstanceView:
    """The instance that moves, for whoever is asked or told about it."""

    id: int
    definition_key: str
    version: int
    business_key: str | None
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """What one step did, told inside its transaction; entries in the order they came about."""

    instance: InstanceView
    definition: ProcessDefinition  # of the instance; entries of called processes name theirs in `definition_key`
    entries: Sequence[HistoryEntry]
    ended: InstanceEnded | None
    node: Callable[[str, str], object]  # (definition key, element id) -> Node, called processes included
    evaluate: Callable[[str, Mapping[str, object]], object]  # an expression text, with or without ${…}, over variables


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """A mail of the outbox, for the application that is told how it fared."""

    id: int
    message_id: str
    to_address: str
    business_key: str | None
    reference: Mapping[str, object]  # what the application gave when it queued the mail


def no_functions(tx: Transaction, instance: InstanceView) -> Mapping[str, Callable[..., object]]:
    return {}


def no_form(tx: Transaction, definition_key: str, version: int, form_key: str) -> Form | None:
    return None


def no_findings(tx: Transaction, file: str, definition: ProcessDefinition) -> Sequence[Finding]:
    return ()


def ignore_move(tx: Transaction, moved: Moved) -> None:
    return None


def ignore_mail(tx: Transaction, mail: QueuedMail) -> None:
    return None


@dataclass(frozen=True, slots=True)
class ProcessApplication:
    """Everything the engine takes from its application; each default is a harmless nothing.

    - `extension_namespaces`: foreign namespaces whose extension elements and attributes are the application's own
      (with the local names it knows); `check` judges them at deployment.
    - `sends`: whether a send task without a messageRef is carried by the application (it reads an extension element).
    - `functions`: the functions that expressions of this instance may call; `function_names` are known at deployment.
    - `jobs`: handlers of the application's own durable jobs by kind; run in one transaction with the job's completion.
    - `observe`: told of every step, in its transaction. It may write tables and enqueue jobs, never move an instance.
    - `mail_…`: told what became of a mail it queued. A mail that was accepted may still bounce.
    """

    name: str = "plain"
    extension_namespaces: Mapping[str, frozenset[str]] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    function_names: frozenset[str] = frozenset()
    functions: Callable[[Transaction, InstanceView], Mapping[str, Callable[..., object]]] = no_functions
    form: Callable[[Transaction, str, int, str], Form | None] = no_form
    sends: Callable[[object], bool] = lambda node: False  # takes a tokens.definition.Node
    check: Callable[[Transaction, str, ProcessDefinition], Sequence[Finding]] = no_findings
    observe: Callable[[Transaction, Moved], None] = ignore_move
    jobs: Mapping[str, Callable[[Transaction, Mapping[str, object]], None]] = field(default_factory=dict)
    mail_accepted: Callable[[Transaction, QueuedMail], None] = ignore_mail
    mail_failed: Callable[[Transaction, QueuedMail], None] = ignore_mail
    mail_bounced: Callable[[Transaction, QueuedMail], None] = ignore_mail
    mail_sender: str = "charterflow@charterflow.localhost"  # or `Name <address>`
