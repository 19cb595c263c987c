"""Cases over HTTP: opened by customers and staff, followed by token and PIN, seen by those who may."""

from __future__ import annotations

import pytest

from tests.web.conftest import REQUEST, Programs
from workflows import audit


def test_a_customer_opens_a_case_and_follows_it(programs: Programs) -> None:
    # when
    opened = programs.open_case()

    # then
    assert opened["case"] == "CF-20260810-0001"
    token = opened["tracking_url"].rpartition("/")[2]
    seen = programs.get(f"/api/track/{token}").json
    assert seen is not None
    assert seen["case"] == opened["case"]
    assert seen["milestones"][0]["code"] == "RECEIVED"
    assert seen["milestones"][0]["reached_at"] == "2026-08-10T10:55:00+09:00"


def test_the_first_mail_is_there_when_the_answer_comes(programs: Programs) -> None:
    # given
    opened = programs.open_case()

    # when
    mails = programs.get("/api/rehearsal/mails").json

    # then
    assert mails is not None
    assert [(m["mail"], m["to"], m["case"]) for m in mails["items"]] == [("M01", ["na@example.com"], opened["case"])]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"email": "a@x.test\r\nBcc: evil@x.test"}, "email"),
        ({"email": "a@x.test, evil@x.test"}, "email"),
        ({"category": "everything"}, "category"),
        ({"body": "x" * 1_000_000}, "body"),
        ({"desired_date": "2026-02-30"}, "desired_date"),
    ],
)
def test_a_wrong_field_is_refused_beside_itself(programs: Programs, wrong: dict[str, object], field: str) -> None:
    # when
    answer = programs.post("/api/cases", {"process": "request_handling", "form": {**REQUEST, **wrong}})

    # then
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert list((answer.json or {})["errors"]) == [field]


def test_a_refusal_speaks_the_language_of_the_request(programs: Programs) -> None:
    # given
    form = {**REQUEST, "title": ""}

    # when
    korean = programs.post("/api/cases", {"process": "request_handling", "lang": "ko", "form": form}).json
    english = programs.post("/api/cases", {"process": "request_handling", "lang": "en", "form": form}).json

    # then
    assert any("가" <= c <= "힣" for c in (korean or {})["errors"]["title"][0])
    assert (english or {})["errors"]["title"][0].isascii()


def test_an_unknown_field_is_refused_and_not_dropped(programs: Programs) -> None:
    # when
    answer = programs.post("/api/cases", {"process": "request_handling", "form": {**REQUEST, "is_admin": 1}})

    # then
    assert answer.status_code == 400
    assert "is_admin" in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"process": 1, "form": {}}', b'{"process": "x"}'])
def test_what_is_no_request_is_not_understood(programs: Programs, body: bytes) -> None:
    # when
    client = programs.product.app.test_client()
    answer = client.post("/api/cases", data=body, content_type="application/json")

    # then
    assert answer.status_code == 400
    assert (answer.json or {})["error_id"]


def test_a_customer_may_not_say_when_it_came_in(programs: Programs) -> None:
    # given
    body = {"process": "request_handling", "form": REQUEST, "received_at": "2026-08-10T09:00:00+09:00"}

    # when
    answer = programs.post("/api/cases", body)

    # then
    assert answer.status_code == 403


def test_staff_enters_a_case_on_a_customers_behalf(programs: Programs) -> None:
    # given
    body = {
        "process": "request_handling",
        "channel": "phone",
        "form": REQUEST,
        "received_at": "2026-08-10T09:00:00+09:00",
        "on_behalf_of": "na@example.com",
    }

    # when
    answer = programs.post("/api/cases", body, by="r")

    # then
    assert answer.status_code == 201, answer.text
    case = programs.get(f"/api/cases/{(answer.json or {})['case']}", by="q").json
    assert case is not None
    assert case["received_at"] == "2026-08-10T09:00:00+09:00"


@pytest.mark.parametrize("received_at", ["2026-08-08T09:00:00+09:00", "2026-08-10T12:00:00+09:00", "yesterday"])
def test_staff_may_not_enter_any_instant(programs: Programs, received_at: str) -> None:
    # given
    body = {"process": "request_handling", "channel": "phone", "form": REQUEST, "received_at": received_at}

    # when
    answer = programs.post("/api/cases", body, by="r")

    # then
    assert answer.status_code == 422
    assert "received_at" in (answer.json or {})["errors"]


def test_a_process_that_is_not_public_is_unknown_to_a_customer(programs: Programs) -> None:
    assert programs.post("/api/cases", {"process": "escalate", "form": {}}).status_code == 404
    assert programs.post("/api/cases", {"process": "nonsense", "form": {}}).status_code == 404


def test_every_wrong_key_gets_the_same_answer(programs: Programs) -> None:
    # given
    token = programs.open_case()["tracking_url"].rpartition("/")[2]
    wrong = [token[:-1] + ("A" if token[-1] != "A" else "B"), "x", "' OR '1'='1", "x" * 10_000]

    # when
    answers = [programs.get(f"/api/track/{one}") for one in wrong]
    answers.append(programs.post("/api/track", {"case": "CF-20260810-0001", "pin": "000000"}))
    answers.append(programs.post("/api/track", {"case": "CF-20260810-9999", "pin": "000000"}))

    # then
    assert {a.status_code for a in answers} == {404}
    assert len({(a.json or {})["detail"] for a in answers}) == 1
    assert len({len(a.data) for a in answers}) == 1


def test_a_case_is_seen_by_those_who_may_and_by_nobody_else(programs: Programs) -> None:
    # given
    no = programs.open_case()["case"]

    # when
    status = {
        name: programs.get(f"/api/cases/{no}", by=name).status_code for name in ("q", "a", "auditor", "c", "admin")
    }

    # then
    assert status == {"q": 200, "a": 200, "auditor": 200, "c": 404, "admin": 404}
    assert programs.get(f"/api/cases/{no}").status_code == 401


def test_the_auditor_does_not_see_who_the_customer_is(programs: Programs) -> None:
    # given
    no = programs.open_case()["case"]

    # when
    seen = programs.get(f"/api/cases/{no}", by="auditor").text

    # then
    assert "나고객" not in seen
    assert "na@example.com" not in seen


def test_an_attempt_at_what_is_not_ones_own_is_in_the_audit(programs: Programs) -> None:
    # given
    no = programs.open_case()["case"]

    # when
    programs.get(f"/api/cases/{no}", by="c")

    # then
    with programs.product.engine.reading() as tx:
        found = audit.find(tx, what="denied")
    assert [(act.actor, act.subject) for act in found] == [("c", f"case {no}")]


def test_the_same_key_opens_one_case_and_gives_one_answer(programs: Programs) -> None:
    # given
    body = {"process": "request_handling", "form": dict(REQUEST)}
    key = {"Idempotency-Key": "one-press"}

    # when
    first = programs.post("/api/cases", body, headers=key)
    second = programs.post("/api/cases", body, headers=key)

    # then
    assert first.status_code == second.status_code == 201
    assert first.json == second.json
    assert len((programs.get("/api/cases", by="q").json or {})["items"]) == 1


def test_a_key_used_for_another_request_is_refused(programs: Programs) -> None:
    # given
    key = {"Idempotency-Key": "one-press"}
    programs.post("/api/cases", {"process": "request_handling", "form": dict(REQUEST)}, headers=key)

    # when
    other = {"process": "request_handling", "form": {**REQUEST, "title": "다른 요청"}}
    answer = programs.post("/api/cases", other, headers=key)

    # then
    assert answer.status_code == 422


def test_a_flood_of_one_address_is_held_back(programs: Programs) -> None:
    # when
    body = {"process": "request_handling", "form": dict(REQUEST)}
    answers = [
        programs.post("/api/cases", {**body, "form": {**REQUEST, "email": f"n{n}@example.com"}}) for n in range(25)
    ]

    # then
    assert [a.status_code for a in answers].count(201) == 20
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert len((programs.get("/api/cases", by="q").json or {})["items"]) == 20


def test_a_table_of_cases_runs_nothing_in_a_spreadsheet(programs: Programs) -> None:
    # given
    programs.open_case(title="=HYPERLINK(evil)")

    # when
    table = programs.get("/api/cases.csv", by="q")

    # then
    assert table.content_type.startswith("text/csv")
    assert "'=HYPERLINK(evil)" in table.text


def test_lists_come_in_pages(programs: Programs) -> None:
    # given
    for n in range(3):
        programs.open_case(email=f"n{n}@example.com")

    # when
    first = programs.get("/api/cases?q=CF-20260810", by="q").json

    # then
    assert first is not None
    assert [c["case"] for c in first["items"]] == ["CF-20260810-0003", "CF-20260810-0002", "CF-20260810-0001"]
    assert first["next"] is None
    assert programs.get("/api/promises?after=nonsense", by="q").status_code == 400
