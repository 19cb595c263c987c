"""What staff see and do on the pages: the inbox, a task's form, cases, promises, mails, processes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine import user_tasks
from tests.web.conftest import REQUEST, Programs
from tests.web.test_pages_customer import send, token_of

REVIEW: dict[str, Any] = {
    "decision": "accept",
    "size": "M",
    "effort_md": "8",
    "planned_start": "2026-08-17",
    "planned_end": "2026-08-28",
    "impact": "조회 화면의 열 너비가 바뀝니다. 다른 화면에는 영향이 없습니다.",
}


def signed_in(programs: Programs, name: str) -> FlaskClient:
    browser = programs.browser
    answer = send(browser, "/sign-in", {"name": name, "password": "rehearsal", "next": "/tasks"})
    assert answer.status_code == 303
    return browser


def the_task(programs: Programs, no: str) -> int:
    with programs.product.engine.reading() as tx:
        return user_tasks.find_open(tx, business_key=no)[0].id


def press(browser: FlaskClient, page: str, values: dict[str, Any], act: str = "complete") -> TestResponse:
    """Send a task's form with all its hidden fields."""
    shown = browser.get(page)
    hidden = {name: token_of(shown, name) for name in ("csrf_token", "idempotency_key", "version")}
    return browser.post(page, data={**hidden, "_act": act, **values})


@pytest.fixture
def claimed(programs: Programs) -> tuple[FlaskClient, str]:
    """A browser of `a`, who has claimed the review of a new request, and the address of that task."""
    task_id = the_task(programs, programs.open_case()["case"])
    browser = signed_in(programs, "a")
    answer = browser.post(f"/tasks/{task_id}/claim", data={"csrf_token": token_of(browser.get("/tasks"))})
    assert answer.status_code == 303
    return browser, f"/tasks/{task_id}"


def test_staff_pages_lead_to_the_sign_in_page(programs: Programs) -> None:
    for path in ("/tasks", "/tasks/1", "/cases", "/cases/CF-20260810-0001", "/promises", "/processes"):
        # when
        answer = programs.browser.get(path)
        # then
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/sign-in?next=")


def test_the_inbox_groups_by_when_and_offers_to_claim(programs: Programs) -> None:
    # given
    programs.open_case()
    another = {"email": "ga@other.example", "phone": "02-765-4321", "org": "가온자산운용", "name": "가유진"}
    body = "시세 화면의 글자가 작아 읽기 어렵습니다. 글자 크기를 고를 수 있게 해 주시기 바랍니다."
    programs.open_case(title="시세 화면 글자 크기", category="screen_function", body=body, **another)
    browser = signed_in(programs, "a")
    # when
    page = browser.get("/tasks").text
    # then: three business days come before five
    assert page.index("시세 화면 글자 크기") < page.index("주문 화면 연동")
    assert "이번 주 <span>1</span>" in page
    assert "나중 <span>1</span>" in page
    assert "영업일 3일 남음" in page
    assert page.count(">맡기</button>") == 2
    # when
    programs.post("/api/rehearsal/clock", {"to": "2026-08-18T12:30:00+09:00"})
    late = browser.get("/tasks").text
    # then
    assert "늦음 <span>2</span>" in late
    assert "2건이 늦었습니다." in late


def test_polling_answers_nothing_until_something_changed(programs: Programs) -> None:
    # given
    browser = signed_in(programs, "a")
    poll = re.search(r'hx-get="([^"]+)"', browser.get("/tasks").text)
    assert poll
    address = poll[1].replace("&amp;", "&")
    # then
    assert browser.get(address).status_code == 204
    # when
    programs.open_case()
    # then
    changed = browser.get(address)
    assert changed.status_code == 200
    assert "주문 화면 연동" in changed.text


def test_a_task_shows_its_promise_and_the_customers_words(claimed: tuple[FlaskClient, str]) -> None:
    # given
    browser, path = claimed
    # when
    page = browser.get(path).text
    # then
    assert str(REQUEST["body"]) in page
    assert "영업일 5일 남음" in page
    assert "8월 18일(화) 10:55까지" in page
    assert 'class="ruler"' in page


def test_a_wrong_task_form_keeps_everything(claimed: tuple[FlaskClient, str]) -> None:
    # given
    browser, path = claimed
    # when
    page = press(browser, path, {**REVIEW, "planned_end": "2026-08-01"})
    # then
    assert page.status_code == 422
    assert "<title>고칠 곳" in page.text
    assert REVIEW["impact"] in page.text
    assert re.search(r'value="accept"\s+checked', page.text)


def test_completing_leads_back_to_the_inbox(programs: Programs, claimed: tuple[FlaskClient, str]) -> None:
    # given
    browser, path = claimed
    # when
    answer = press(browser, path, REVIEW)
    # then
    assert answer.status_code == 303
    assert "마쳤습니다: 규모·기간 검토" in browser.get(answer.headers["Location"]).text
    with programs.product.engine.reading() as tx:
        done = user_tasks.get(tx, int(path.rpartition("/")[2]))
    assert (done.state, done.completed_by) == ("completed", "a")


def test_who_was_slower_is_told_and_loses_no_word(programs: Programs, claimed: tuple[FlaskClient, str]) -> None:
    # given
    browser, path = claimed
    shown = browser.get(path)
    stale = {name: token_of(shown, name) for name in ("csrf_token", "idempotency_key", "version")}
    press(browser, path, REVIEW)
    # when
    page = browser.post(path, data={**stale, **REVIEW, "idempotency_key": "another", "effort_md": "9"})
    # then
    assert page.status_code == 409
    assert "김하늘 님이" in page.text
    assert "먼저 마쳤습니다." in page.text
    assert REVIEW["impact"] in page.text


def test_pressing_twice_is_one_completion(programs: Programs, claimed: tuple[FlaskClient, str]) -> None:
    # given
    browser, path = claimed
    shown = browser.get(path)
    hidden = {name: token_of(shown, name) for name in ("csrf_token", "idempotency_key", "version")}
    # when
    answers = [browser.post(path, data={**hidden, **REVIEW}) for _ in range(2)]
    # then
    assert [a.status_code for a in answers] == [303, 303]


def test_a_draft_is_there_when_the_task_is_opened_again(claimed: tuple[FlaskClient, str]) -> None:
    # given
    browser, path = claimed
    # when
    saved = press(browser, path, {"effort_md": "8", "impact": "아직 쓰는 중"}, act="draft")
    page = browser.get(path).text
    # then
    assert saved.status_code == 303
    assert "아직 쓰는 중" in page
    assert 'value="8"' in page


def test_rows_come_and_go_without_a_script(claimed: tuple[FlaskClient, str]) -> None:
    # given
    browser, path = claimed
    rows = {"stages[0].name_ko": "설계", "stages[1].name_ko": "개발"}
    # when
    more = press(browser, path, {**rows, "_add": "stages"})
    less = press(browser, path, {**rows, "_drop": "stages[0]"})
    # then
    assert 'name="stages[2].name_ko"' in more.text
    assert 'name="stages[1].name_ko"' not in less.text
    assert 'value="개발"' in less.text


def test_putting_a_task_back_lets_others_claim_it(programs: Programs, claimed: tuple[FlaskClient, str]) -> None:
    # given
    browser, path = claimed
    # when
    press(browser, path, {}, act="unclaim")
    # then
    with programs.product.engine.reading() as tx:
        assert user_tasks.get(tx, int(path.rpartition("/")[2])).assignee is None


def test_a_task_of_another_team_does_not_exist(programs: Programs, claimed: tuple[FlaskClient, str]) -> None:
    # given
    _, path = claimed
    stranger = signed_in(programs, "f")
    # then
    assert stranger.get(path).status_code == 404
    token = token_of(stranger.get("/tasks/menu"))
    assert stranger.post(path, data={"csrf_token": token, "version": "2", **REVIEW}).status_code == 404


def test_a_case_tells_what_happened_and_draws_where_it_stands(
    programs: Programs, claimed: tuple[FlaskClient, str]
) -> None:
    # given
    browser, path = claimed
    press(browser, path, REVIEW)
    # when
    page = browser.get("/cases/CF-20260810-0001").text
    # then
    assert "나고객 님이 홈페이지로 접수했습니다." in page
    assert "김하늘이 ‘규모·기간 검토’ 업무를 마쳤습니다." in page
    assert "고객께 ‘검토결과를 알려 드립니다’ 메일을 보냈습니다." in page
    assert "/api/processes/request_handling/versions/1.bpmn" in page
    assert "지금 여기 1" in page  # the diagram as text


def test_lists_show_what_was_opened(programs: Programs, claimed: tuple[FlaskClient, str]) -> None:
    # given
    browser, _ = claimed
    # then
    assert "주문 화면 연동" in browser.get("/cases?q=나라").text
    assert "찾는 건이 없습니다." in browser.get("/cases?q=아무것도").text
    assert "검토결과를 알린다" in browser.get("/promises").text
    assert "여기에 보일 약속이 없습니다." in browser.get("/promises?tab=missed").text
    assert "고객 요청 처리" in browser.get("/processes").text
    assert "request_handling.bpmn" in browser.get("/processes/request_handling").text
    assert browser.get("/processes/nothing").status_code == 404


def test_the_mailbox_shows_a_mail_that_can_run_and_load_nothing(programs: Programs) -> None:
    # given
    programs.open_case(name="<b>나</b>고객")
    browser = programs.browser
    # when
    page, frame = browser.get("/mailbox/1"), browser.get("/mailbox/1/html")
    # then
    assert "M01" in browser.get("/mailbox").text
    assert "sandbox" in page.text
    assert "<b>나</b>" not in frame.text
    policy = frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_staff_pages_carry_nothing_written_into_them(programs: Programs, claimed: tuple[FlaskClient, str]) -> None:
    # given
    browser, path = claimed
    for address in (
        "/tasks",
        path,
        "/cases",
        "/cases/CF-20260810-0001",
        "/promises",
        "/processes",
        "/mailbox",
        "/tasks/menu",
    ):
        # when
        page = browser.get(address)
        # then
        assert page.status_code == 200, address
        assert "unsafe" not in page.headers["Content-Security-Policy"], address
        assert not re.search(r"\son\w+=|\sstyle=|<style", page.text), address
