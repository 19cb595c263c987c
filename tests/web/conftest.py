"""A whole product in rehearsal, with the charter's diagrams; every test gets a database of its own, a copy of one."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from charterflow.assembly import Product, build
from charterflow.config import Config

NOW = datetime.fromisoformat("2026-08-10T10:55:00+09:00")
REQUEST: Mapping[str, object] = {
    "org": "나라증권",
    "name": "나고객",
    "email": "na@example.com",
    "phone": "02-123-4567",
    "category": "new_dev",
    "service": "주문",
    "title": "주문 화면 연동",
    "body": "저희 단말의 주문 화면을 귀사의 주문 서비스와 바로 연동할 수 있도록 새로 개발해 주시기 바랍니다.",
    "urgency": "normal",
    "lang": "ko",
    "privacy_consent": True,
}


@dataclass
class Programs:
    """A program that talks to the API as one of the sample users, or as nobody; and the product it talks to."""

    product: Product

    @property
    def browser(self) -> FlaskClient:
        """A client with no cookies yet."""
        return self.product.app.test_client(use_cookies=True)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        by: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Call the API; `by` signs in by Basic."""
        sent = dict(headers or {})
        if by:
            sent["Authorization"] = "Basic " + base64.b64encode(f"{by}:rehearsal".encode()).decode()
        more: dict[str, Any] = {} if body is None else {"json": body}
        return self.product.app.test_client(use_cookies=False).open(path, method=method, headers=sent, **more)

    def get(self, path: str, *, by: str | None = None) -> TestResponse:
        """Read something."""
        return self.call("GET", path, by=by)

    def post(self, path: str, body: object = None, *, by: str | None = None, **more: Any) -> TestResponse:
        """Do something."""
        return self.call("POST", path, {} if body is None else body, by=by, **more)

    def open_case(self, **changed: object) -> dict[str, Any]:
        """Open a customer's request and return what was answered."""
        answer = self.post("/api/cases", {"process": "request_handling", "lang": "ko", "form": {**REQUEST, **changed}})
        assert answer.status_code == 201, answer.text
        return dict(answer.json or {})

    def tasks(self, by: str, view: str = "group") -> list[dict[str, Any]]:
        """Return the open tasks of a view."""
        return list((self.get(f"/api/tasks?view={view}", by=by).json or {})["items"])


@pytest.fixture(scope="session")
def filled_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database after its first start."""
    file = tmp_path_factory.mktemp("first-start") / "charterflow.sqlite3"
    product = build(Config(database_url=f"sqlite:///{file}", data_folder=file.parent), rehearsal=True, now=NOW)
    product.engine.database.close()
    return file


@pytest.fixture
def programs(filled_database: Path, tmp_path: Path) -> Iterator[Programs]:
    """The product on a copy of that database."""
    shutil.copytree(filled_database.parent, tmp_path / "data")
    file = tmp_path / "data" / filled_database.name
    config = Config(database_url=f"sqlite:///{file}", data_folder=file.parent, public_forms_per_hour=20)
    product = build(config, rehearsal=True, now=NOW)
    yield Programs(product)
    product.engine.database.close()
