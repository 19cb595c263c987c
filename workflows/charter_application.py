"""The charter as the engine's application: topics, functions, forms, checks, the observer, jobs and fates of mails."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.errors import EngineError, Sentence
from engine.process_application import Topic
from engine.transaction import Transaction
from workflows import catalogue, escalations, forms, mail_fates, mailings, observer, organisation, retention
from workflows.charter_check import check
from workflows.charter_config import CharterApplication, CharterConfig
from workflows.charter_extensions import ATTRIBUTES, CHILDREN, NAMESPACE, sends_mail
from workflows.charter_functions import FUNCTION_NAMES, functions_of

__all__ = ["CharterApplication", "CharterConfig", "charter_application"]

# The folders bring nouns of their own: their tables are to be known before a database is made.
catalogue.processes()


def charter_application(config: CharterConfig) -> CharterApplication:
    """Return what the engine is given; raises EngineError where two processes name one topic differently."""
    return CharterApplication(
        name="charter",
        config=config,
        mail_sender=f"{config.organisation} 고객서비스헌장 <charter@{config.mail_domain}>",
        extension_namespaces={NAMESPACE: frozenset((*ATTRIBUTES, *CHILDREN, "correlationKey"))},
        topics=_topics(),
        function_names=FUNCTION_NAMES,
        functions=functions_of,
        form=forms.find,
        sends=sends_mail,
        check=check,
        observe=observer.observe,
        jobs={
            organisation.ABSENCE_BEGINS: ignore_job,
            **_jobs(),
            "promise.warn": escalations.warn,
            "promise.breach": escalations.breach,
            "mail.by_hand": mail_fates.by_hand,
            mailings.CONTINUE: mailings.go_on,
            "case.retention": retention.run,
        },
        mail_accepted=mail_fates.accepted,
        mail_failed=mail_fates.failed,
        mail_bounced=mail_fates.bounced,
    )


def ignore_job(tx: Transaction, payload: Mapping[str, object]) -> None:
    """Do nothing: no process takes care of this kind of job."""


def _jobs() -> dict[str, Callable[[Transaction, Mapping[str, object]], None]]:
    return {kind: handler for process in catalogue.processes().values() for kind, handler in process.jobs.items()}


def _topics() -> dict[str, Topic]:
    found: dict[str, Topic] = {mailings.TOPIC: mailings.NOTIFY_MANY}
    for process in catalogue.processes().values():
        for topic in process.topics:
            if topic.name in found and found[topic.name] is not topic:
                raise EngineError(
                    Sentence(f"두 절차가 같은 일감 {topic.name}을 씁니다.", f"Two processes define topic {topic.name}")
                )
            found[topic.name] = topic
    return found
