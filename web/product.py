"""Product: what the pages are given by the wiring, and how a view gets at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from flask import current_app

from engine.process_engine import ProcessEngine


@dataclass(frozen=True, slots=True)
class Product:
    """One running product, as the web sees it.

    `reasons` names what is not well (health page); `wake` tells the worker that something became due.
    """

    engine: ProcessEngine
    organisation: str
    public_url: str
    secret_key: str
    event_key: str
    version: str
    files_folder: Path
    rehearsal: bool = False
    upload_megabytes: int = 20
    public_forms_per_hour: int = 10
    sign_in_failures_per_minute: int = 10
    behind_proxies: int = 0
    sign_in_names: tuple[str, ...] = ()  # of the sample organisation, shown in rehearsal only
    reasons: Callable[[], Mapping[str, str]] = field(default=lambda: {})


def product() -> Product:
    """Return the product of the application that answers this request."""
    return cast(Product, current_app.extensions["charterflow"])
