"""Bad input of every class: never a 500, always a number, a sentence, and nothing changed."""

from __future__ import annotations

import json

import pytest

from tests.web.conftest import REQUEST, Programs
from web.input_guard import broken_places, one_address

LONE = "\ud800"


def with_field(**changed: object) -> str:
    return json.dumps({"process": "request_handling", "form": {**REQUEST, **changed}})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (with_field(title=LONE), 422),
        (with_field(title="a\0b"), 422),
        (with_field(title=["a"]), 422),
        (with_field(title={"a": 1}), 422),
        (with_field(email="a\0@x.test"), 422),
        (with_field(title=1).replace('"title": 1', '"title": NaN'), 422),
        (with_field(title=1).replace('"title": 1', '"title": 1e999'), 422),
        (with_field(title=1).replace('"title": 1', '"title": ' + "9" * 5000), 400),
        ('{"process": "request_handling", "form": ' + '{"a":' * 5000 + "1" + "}" * 5000 + "}", 400),
        (json.dumps({"process": LONE, "form": {}}), 400),
        (json.dumps({"process": ["x"], "form": {}}), 400),
        (with_field(**{"x" * 10_000: 1}), 400),
    ],
)
def test_an_odd_body_is_refused_and_opens_nothing(programs: Programs, body: str, status: int) -> None:
    # when
    client = programs.product.app.test_client()
    answer = client.post("/api/cases", data=body, content_type="application/json")

    # then
    assert answer.status_code == status
    assert (answer.json or {})["error_id"]
    assert (programs.get("/api/cases", by="q").json or {})["items"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/tasks/99999999999999999999999",
        "/api/processes/request_handling/versions/99999999999.bpmn",
        "/api/instances/99999999999999999999999",
        "/api/cases/%00",
        "/api/track/%00",
        "/api/links/%00",
        "/api/files/..%2f..%2fetc%2fpasswd",
        "/api/services/%00/subscribers",
    ],
)
def test_an_address_that_can_be_nobodys_is_not_found(programs: Programs, path: str) -> None:
    assert programs.get(path, by="q").status_code == 404


@pytest.mark.parametrize(
    "path", ["/api/cases?q=%00", "/api/tasks?after=-1", "/api/promises?period=2026Q9", "/api/compliance"]
)
def test_a_query_that_cannot_be_meant_is_not_understood(programs: Programs, path: str) -> None:
    assert programs.get(path, by="q").status_code == 400


@pytest.mark.parametrize(
    "instant", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-09-23", "now", "", 5]
)
def test_an_instant_out_of_all_time_is_refused_beside_its_field(programs: Programs, instant: object) -> None:
    # when
    answer = programs.post("/api/rehearsal/clock", {"to": instant})

    # then
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("text", ["a@x, b@y", "a@x.test\r\nBcc: e@x.test", "x" * 101])
def test_a_customer_named_by_staff_is_a_name_or_one_address(programs: Programs, text: str) -> None:
    # when
    body = {"process": "request_handling", "channel": "phone", "form": dict(REQUEST), "on_behalf_of": text}
    answer = programs.post("/api/cases", body, by="r")

    # then
    assert answer.status_code == 422
    assert list((answer.json or {})["errors"]) == ["on_behalf_of"]


def test_places_of_broken_texts_are_named() -> None:
    # given
    value = {"a": "good", "b": [{"c": LONE}], LONE: 1, "d": "x\0"}

    # then
    assert list(broken_places(value)) == ["b[0].c", "?", "d"]


@pytest.mark.parametrize("text", ["a@b.kr", "first.last+tag@sub.example.com", "한글@예시.한국"])
def test_one_plain_address_is_taken(text: str) -> None:
    assert one_address(text)


@pytest.mark.parametrize(
    "text", ["", "a", "a@b", "@b.kr", "a@b.kr,c@d.kr", "a b@c.kr", "a@b@c.kr", "a@b..kr", "<a@b.kr>"]
)
def test_anything_else_is_no_address(text: str) -> None:
    assert not one_address(text)
