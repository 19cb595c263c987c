"""The public forms of the voice of the customer, ideas and compliments: no account, no contact needed, a PIN once."""

from __future__ import annotations

import re

from tests.web.conftest import Programs
from tests.web.test_pages_customer import send
from tests.workflows.voc_cases import ANSWERED, OPINION, REPLY

WEB_2 = "이름, 연락처, 이메일을 정확히 알려주시면 검토 및 최종 처리 결과를 보다 신속히 알려드리겠습니다"
PIN = re.compile(r"\b\d{6}\b")


def test_the_form_says_what_a_contact_is_good_for_and_never_requires_one(programs: Programs) -> None:
    # given
    browser = programs.browser
    page = browser.get("/voc")
    assert WEB_2 in page.text
    # when
    answer = send(browser, "/voc", dict(OPINION))
    # then
    assert answer.status_code == 303
    first = browser.get(answer.location).text
    (pin,) = set(PIN.findall(first))
    no = re.search(r"CF-\d{8}-\d{4}", first)
    assert no is not None
    # shown once
    assert pin not in browser.get(answer.location).text
    # and good for coming back
    found = send(browser, "/track", {"case": no[0], "pin": pin})
    assert found.status_code == 303


def test_an_anonymous_opinion_is_answered_on_the_page(programs: Programs) -> None:
    # given
    browser = programs.browser
    page = send(browser, "/voc", dict(OPINION)).location
    (task,) = programs.call("GET", "/api/tasks?view=group", by="b").get_json()["items"]
    taken = programs.call("POST", f"/api/tasks/{task['id']}/claim", {}, by="b").get_json()
    # when
    done = programs.call(
        "POST", f"/api/tasks/{task['id']}/complete", {"version": taken["version"], "values": dict(ANSWERED)}, by="b"
    )
    # then
    assert done.status_code == 200, done.text
    assert REPLY.split(". ")[0] in browser.get(page).text


def test_a_complaint_told_here_leads_on_to_where_it_is_handled(programs: Programs) -> None:
    # given
    browser = programs.browser
    page = send(browser, "/voc", {**OPINION, "kind": "idea"}).location
    # when
    shown = browser.get(page).text
    # then
    onward = re.search(r'href="(/t/[^"]+)">이어지는 건 보기', shown)
    assert onward is not None
    assert "상품" in browser.get(onward[1]).text or browser.get(onward[1]).status_code == 200


def test_ideas_and_compliments_have_a_page(programs: Programs) -> None:
    for path in ("/ideas/new", "/compliments/new", "/commendations"):
        assert programs.browser.get(path).status_code == 200
