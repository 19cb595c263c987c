"""A product on a port of its own, and a browser in front of it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from waitress.server import create_server

import hatch_build
from charterflow.assembly import Product, build
from charterflow.config import Config
from tests.journeys.chromium import chromium
from tests.servers import SmtpServer

NOW = datetime.fromisoformat("2026-08-10T10:55:00+09:00")
AXE = hatch_build.FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 10_000


@dataclass
class Site:
    """The running product and its address."""

    product: Product
    address: str

    def post(self, path: str, body: object, by: str | None = None) -> Any:
        """Send JSON to the API and return the answer."""
        import base64

        request = Request(self.address + path, data=json.dumps(body).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        if by:
            request.add_header("Authorization", "Basic " + base64.b64encode(f"{by}:rehearsal".encode()).decode())
        with urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def clock(self, instant: str) -> None:
        """Move the rehearsal's clock."""
        self.post("/api/rehearsal/clock", {"to": instant})


@pytest.fixture(scope="session")
def built() -> None:
    """The browser assets, and axe beside them."""
    if not AXE.is_file():
        hatch_build.STAMP.unlink(missing_ok=True)
    hatch_build.build_assets()


@contextmanager
def opened(config: Config) -> Iterator[Site]:
    """A product in rehearsal, served on a port of its own."""
    product = build(config, rehearsal=True, now=NOW)
    server = create_server(product.app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Site(product, f"http://127.0.0.1:{server.effective_port}")
    server.close()
    server.task_dispatcher.shutdown(timeout=5)
    thread.join(timeout=5)
    product.engine.database.close()


@pytest.fixture
def site(built: None, tmp_path: Path) -> Iterator[Site]:
    with opened(Config(data_folder=tmp_path, public_forms_per_hour=50)) as one:
        yield one


@pytest.fixture
def mailing_site(built: None, tmp_path: Path, smtp: SmtpServer) -> Iterator[Site]:
    """A product that sends its mails to a real SMTP server."""
    smtp.clear()
    with opened(Config(data_folder=tmp_path, public_forms_per_hour=50, smtp_url=smtp.url)) as one:
        yield one


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program, environment = chromium()
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox"], timeout=30_000, env={**os.environ, **environment}
        )
        yield one
        one.close()


@pytest.fixture
def open_page(site: Site, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages of this size, theme and scripting; whatever a console says is a failure, refused forms aside."""
    said: list[str] = []
    contexts = []

    def make(width: int = 1280, *, dark: bool = False, scripts: bool = True, name: str | None = None) -> Page:
        context = browser.new_context(
            base_url=site.address,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda m: said.append(m.text) if "the server responded with" not in m.text else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        if name:
            page.goto("/sign-in?next=/tasks")
            page.fill("[name=name]", name)
            page.fill("[name=password]", "rehearsal")
            page.click("form button")
            page.wait_for_url("**/tasks")
        return page

    yield make
    for context in contexts:
        context.close()
    assert said == []
