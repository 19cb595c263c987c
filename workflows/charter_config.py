"""What the charter is told at start (organisation, address, secret), and the application that carries it everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from engine.process_application import ProcessApplication
from engine.transaction import Transaction


@dataclass(frozen=True, slots=True)
class CharterConfig:
    """Who keeps the charter, where customers find it, and the key that signs their links.

    `mail_domain` is the domain of reply addresses and staff addresses; `secret_key` never leaves the process.
    """

    organisation: str = "코스콤"
    public_url: str = "http://127.0.0.1:8000"
    secret_key: str = "not-secret"  # noqa: S105 - charterflow.config refuses to serve with this one
    organisation_en: str = "KOSCOM"
    mail_domain: str = "charterflow.example"
    desk_name: str = "고객지원센터"
    desk_name_en: str = "Customer centre"
    desk_phone: str = "02-767-0000"

    def url(self, path: str) -> str:
        """Return the public address of a path that begins with a slash."""
        return self.public_url.rstrip("/") + path


@dataclass(frozen=True, slots=True)
class CharterApplication(ProcessApplication):
    """The charter as the engine's process application, with its configuration."""

    config: CharterConfig = CharterConfig()


def config_of(tx: Transaction) -> CharterConfig:
    """Return the charter's configuration; raises TypeError where the engine runs another application."""
    application = tx.application
    if not isinstance(application, CharterApplication):
        raise TypeError(f"Expected the charter's application, but the engine runs {application.name!r}")
    return application.config
