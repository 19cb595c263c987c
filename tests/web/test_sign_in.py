"""Sign-in: cookies, Basic, tokens; forged and expired pages; redirects that stay here; guessing that is held back."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.conftest import Programs
from web.sign_in import COOKIE, same_site


def token_of(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page.text)
    assert found, page.text
    return found[1]


def sign_in(browser: FlaskClient, name: str = "a", password: str = "rehearsal", target: str = "/tasks") -> TestResponse:
    token = token_of(browser.get("/sign-in"))
    form = {"name": name, "password": password, "csrf_token": token, "next": target}
    return browser.post("/sign-in", data=form)


def cookie(browser: FlaskClient) -> str:
    kept = browser.get_cookie(COOKIE)
    assert kept
    return str(kept.value)


def test_a_user_signs_in_and_goes_where_he_wanted(programs: Programs) -> None:
    # when
    answer = sign_in(programs.browser)

    # then
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tasks")


def test_the_cookie_changes_at_sign_in_and_is_void_after_sign_out(programs: Programs) -> None:
    # given
    browser = programs.browser
    browser.get("/sign-in")
    before = cookie(browser)
    sign_in(browser)
    during = cookie(browser)
    token = token_of(browser.get("/sign-in"))

    # when
    browser.post("/sign-out", data={"csrf_token": token})

    # then
    assert before != during
    stolen = programs.browser
    stolen.set_cookie(COOKIE, during)
    assert stolen.get("/api/tasks").status_code == 401


def test_a_wrong_password_and_a_wrong_name_are_told_alike(programs: Programs) -> None:
    # when
    known, unknown = sign_in(programs.browser, "a", "wrong"), sign_in(programs.browser, "nobody", "wrong")

    # then
    assert known.status_code == unknown.status_code == 401
    assert len(known.text.replace("nobody", "a")) == len(unknown.text.replace("nobody", "a"))


@pytest.mark.parametrize(
    "target",
    [
        "//evil.test",
        "/\\evil.test",
        "https://evil.test",
        "javascript:alert(1)",
        "/\t/evil.test",
        "",
        "evil",
        "/\r\nX: y",
    ],
)
def test_a_redirect_stays_on_this_site(target: str) -> None:
    assert same_site(target) == "/"


@pytest.mark.parametrize("target", ["/tasks", "/cases?q=a&state=open", "/t/abc"])
def test_a_path_of_ours_is_followed(target: str) -> None:
    assert same_site(target) == target


def test_guessing_one_account_is_held_back_and_the_right_password_works_after_a_minute(programs: Programs) -> None:
    # given
    answers = [programs.get("/api/tasks", by="a")]
    for n in range(12):
        answers.append(programs.call("GET", "/api/tasks", headers={"Authorization": _basic("a", f"wrong{n}")}))

    # then
    assert [a.status_code for a in answers[1:11]] == [401] * 10
    assert answers[-1].status_code == 429
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 61


def test_guessing_many_accounts_from_one_address_is_held_back(programs: Programs) -> None:
    # when
    answers = [
        programs.call("GET", "/api/tasks", headers={"Authorization": _basic(f"user{n}", "wrong")}) for n in range(12)
    ]

    # then
    assert answers[-1].status_code == 429


def test_a_page_from_elsewhere_posts_nothing(programs: Programs) -> None:
    # given
    browser = programs.browser
    token = token_of(browser.get("/sign-in"))

    # when
    answer = browser.post(
        "/sign-in", data={"csrf_token": token, "name": "a", "password": "x"}, headers={"Origin": "https://evil.test"}
    )

    # then
    assert answer.status_code == 403


def test_a_page_without_this_sessions_token_shows_again_what_was_typed(programs: Programs) -> None:
    # given
    other = token_of(programs.browser.get("/sign-in"))
    browser = programs.browser
    browser.get("/sign-in")

    # when
    missing = browser.post("/sign-in", data={"name": "typed by me", "password": "secret"})
    foreign = browser.post("/sign-in", data={"name": "typed by me", "password": "secret", "csrf_token": other})

    # then
    for answer in (missing, foreign):
        assert answer.status_code == 400
        assert "typed by me" in answer.text
        assert "secret" not in answer.text


def test_a_call_of_the_api_by_cookie_needs_the_token_too(programs: Programs) -> None:
    # given
    browser = programs.browser
    sign_in(browser)
    token = token_of(browser.get("/sign-in"))

    # when
    without = browser.post("/api/tasks/1/claim", json={})
    with_it = browser.post("/api/tasks/1/claim", json={}, headers={"X-CSRF-Token": token})

    # then
    assert without.status_code == 403
    assert with_it.status_code == 404


def test_a_token_opens_what_its_scopes_name_and_nothing_else(programs: Programs) -> None:
    # given
    ends = (programs.product.engine.clock.now() + timedelta(days=30)).isoformat()
    made = programs.post("/api/tokens", {"name": "robot", "scopes": ["tasks:read"], "expires_at": ends}, by="a")
    bearer = {"Authorization": f"Bearer {(made.json or {})['token']}"}

    # when
    tasks = programs.call("GET", "/api/tasks", headers=bearer)
    cases = programs.call("GET", "/api/cases", headers=bearer)
    tokens = programs.post("/api/tokens", {"name": "x", "scopes": ["tasks:read"], "expires_at": ends}, headers=bearer)

    # then
    assert made.status_code == 201
    assert (tasks.status_code, cases.status_code, tokens.status_code) == (200, 403, 403)


def test_an_ended_token_opens_nothing(programs: Programs) -> None:
    # given
    ends = (programs.product.engine.clock.now() + timedelta(days=30)).isoformat()
    made = (
        programs.post("/api/tokens", {"name": "robot", "scopes": ["tasks:read"], "expires_at": ends}, by="a").json or {}
    )

    # when
    foreign = programs.call("DELETE", f"/api/tokens/{made['id']}", by="b")
    own = programs.call("DELETE", f"/api/tokens/{made['id']}", by="a")

    # then
    assert (foreign.status_code, own.status_code) == (404, 200)
    assert programs.call("GET", "/api/tasks", headers={"Authorization": f"Bearer {made['token']}"}).status_code == 401


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
