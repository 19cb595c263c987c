"""The ledger for programs, and a complaint as each of the house may see it; the page on which one complains."""

from __future__ import annotations

import re
from typing import Any

from tests.web.conftest import Programs
from tests.workflows.complaint_cases import COMPLAINT, CONFIRMED, GA, SCREEN

SECRETS = ("김제보", "5555-6666", "55556666", GA, "말을 끊고 큰 소리로")
FORM = {**COMPLAINT, "when": "2026-08-09T15:20:00+09:00"}


def confirmed(programs: Programs) -> str:
    """A confirmed complaint about 운영팀, by API alone; returns its number."""
    opened = programs.post("/api/cases", {"process": "complaint_reward", "lang": "ko", "form": FORM})
    assert opened.status_code == 201, opened.text
    no = str((opened.json or {})["case"])
    complete(programs, "q", "Task_Screen", SCREEN)
    complete(programs, "i", "Task_Investigate", CONFIRMED, view="mine")
    complete(programs, "m", "Task_ApproveVerdict", {"approve": True})
    return no


def complete(programs: Programs, by: str, element: str, values: object, view: str = "group") -> None:
    task = next(one for one in programs.tasks(by, view) if one["element_id"] == element)
    programs.post(f"/api/tasks/{task['id']}/claim", by=by)
    version = (programs.get(f"/api/tasks/{task['id']}", by=by).json or {})["version"]
    done = programs.post(f"/api/tasks/{task['id']}/complete", {"version": version, "values": values}, by=by)
    assert done.status_code == 200, done.text


def rows(programs: Programs, query: str, by: str) -> list[dict[str, Any]]:
    return list((programs.get(f"/api/rewards?{query}", by=by).json or {})["items"])


def test_the_ledger_shows_amount_and_reason_under_a_pseudonym(programs: Programs) -> None:
    # given: the address was never confirmed
    no = confirmed(programs)
    # then
    [row] = rows(programs, f"case={no}", "q")
    assert (row["amount_krw"], row["reason_code"], row["state"]) == (0, "anonymous", "none")
    assert row["pseudonym"].startswith("제보자-")
    assert [secret for secret in SECRETS if secret in str(row)] == []
    assert rows(programs, "year=2026", "head") == rows(programs, f"case={no}", "auditor") == [row]
    assert rows(programs, "year=2025", "q") == []


def test_the_ledger_is_not_for_everybody(programs: Programs) -> None:
    no = confirmed(programs)
    assert [programs.get("/api/rewards", by=by).status_code for by in ("a", "u", "r")] == [403, 403, 403]
    assert programs.get("/api/rewards").status_code == 401
    assert rows(programs, f"case={no}", "f") == []  # no gift of it went through fulfilment
    assert programs.get("/api/rewards?year=26", by="q").status_code == 422


def test_whatever_the_department_opens_does_not_say_who_told_us(programs: Programs) -> None:
    # given
    no = confirmed(programs)
    [task] = [one for one in programs.tasks("u") if one["element_id"] == "Task_StartCorrection"]
    instance = (programs.get(f"/api/instances?case={no}", by="u").json or {})["items"][-1]["id"]
    # when
    pages = {
        path: programs.get(path, by="u")
        for path in (
            f"/api/cases/{no}", f"/api/tasks/{task['id']}", "/api/tasks?view=all", "/api/cases", "/api/cases.csv",
            f"/api/instances/{instance}", "/api/promises",
        )
    }  # fmt: skip
    # then
    assert {path: page.status_code for path, page in pages.items()} == dict.fromkeys(pages, 200)
    assert {path for path, page in pages.items() for secret in SECRETS if secret in page.text} == set()
    assert no in pages["/api/cases"].text
    assert (programs.get("/api/cases?q=김제보", by="u").json or {})["items"] == []
    assert [one["case"] for one in (programs.get("/api/cases?q=김제보", by="q").json or {})["items"]] == [no]


def test_one_complains_within_two_steps_from_any_page(programs: Programs) -> None:
    browser = programs.browser
    form = browser.get("/complaints/new")
    assert form.status_code == 200
    for name in ("description", "anonymity", "privacy_consent"):
        assert f'name="{name}"' in form.text
    assert "사례품을 드릴 수 없습니다" in form.text  # said before it is sent
    for path in ("/", "/requests/new", "/privacy", "/track", "/menu"):
        assert "/complaints/new" in browser.get(path).text, path


def test_the_pages_of_the_department_do_not_say_who_told_us(programs: Programs) -> None:
    # given
    no = confirmed(programs)
    [task] = [one for one in programs.tasks("u") if one["element_id"] == "Task_StartCorrection"]
    browser = programs.browser
    key = re.findall(r'name="csrf_token" value="([^"]+)"', browser.get("/sign-in").text)[0]
    browser.post("/sign-in", data={"name": "u", "password": "rehearsal", "csrf_token": key})
    # when
    pages = {path: browser.get(path) for path in (f"/cases/{no}", f"/tasks/{task['id']}", "/cases", "/tasks")}
    # then
    assert {path: page.status_code for path, page in pages.items()} == dict.fromkeys(pages, 200)
    assert {path for path, page in pages.items() for secret in SECRETS if secret in page.text} == set()
    assert "시정할 일" in pages[f"/tasks/{task['id']}"].text  # what to correct is there, all the same
    assert no not in browser.get("/cases?q=김제보").text
