"""What a customer sees and can do without signing in, with JavaScript off."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.web.conftest import REQUEST, Programs
from workflows import cases, links


def token_of(page: TestResponse, name: str = "csrf_token") -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
    assert found, f"no {name} in the page"
    return found[1]


def send(
    browser: FlaskClient, path: str, values: dict[str, Any] | None = None, *, page: str | None = None
) -> TestResponse:
    """Open the page with the form, then send it with its hidden fields, as a browser does."""
    shown = browser.get(page or path)
    hidden = {"csrf_token": token_of(shown)}
    if 'name="idempotency_key"' in shown.text:
        hidden["idempotency_key"] = token_of(shown, "idempotency_key")
    return browser.post(path, data=MultiDict({**hidden, **(values or {})}))


def filled(**changed: object) -> dict[str, object]:
    values: dict[str, object] = {**REQUEST, "privacy_consent": "true", **changed}
    return {name: value for name, value in values.items() if value is not None}


def tracking_path(programs: Programs, no: str) -> str:
    with programs.product.engine.reading() as tx:
        return f"/t/{cases.tracking_token(tx, cases.get(tx, no))}"


def test_the_charter_page_says_every_clause_in_its_own_words(programs: Programs) -> None:
    # when
    page = programs.browser.get("/")
    # then
    assert page.status_code == 200
    assert "365일내내 장애가 발생하지 않도록 최선을 다하겠습니다" in page.text
    assert "고객의 의견을 열린 마음으로 경청하겠습니다" in page.text
    assert page.text.count('<article class="clause"') == 27
    assert "100 %" not in page.text  # nothing was due: that is never a hundred per cent


def test_pages_speak_korean_until_the_reader_chooses_english(programs: Programs) -> None:
    # given
    browser = programs.browser
    english_machine = {"Accept-Language": "en-US,en;q=0.9"}
    # then
    assert '<html lang="ko">' in browser.get("/", headers=english_machine).text
    assert '<html lang="en">' in browser.get("/?lang=en").text
    assert "Make a request" in browser.get("/requests").text  # the choice is kept


def test_the_promise_is_computed_before_anything_is_sent(programs: Programs) -> None:
    # when: Monday 10 August, 10:55
    page = programs.browser.get("/requests/promise/request_handling?category=new_dev")
    # then: five business days, the substitute holiday of the 17th not counted
    assert "8월 18일(화) 10:55까지" in page.text
    assert "세지 않음" in page.text


def test_a_wrong_field_is_said_twice_and_the_rest_is_kept(programs: Programs) -> None:
    # when
    page = send(programs.browser, "/requests/new", filled(email="na@example"))
    # then
    assert page.status_code == 422
    assert "<title>고칠 곳 1개" in page.text
    assert 'href="#f-email"' in page.text
    assert 'aria-invalid="true"' in page.text
    assert 'value="주문 화면 연동"' in page.text
    assert 'value="na@example"' in page.text
    with programs.product.engine.reading() as tx:
        assert cases.find(tx) == []


def test_sending_leads_to_the_page_on_which_it_is_followed(programs: Programs) -> None:
    # given
    browser = programs.browser
    # when
    sent = send(browser, "/requests/new", filled())
    page = browser.get(sent.headers["Location"])
    # then
    assert sent.status_code == 303
    assert "<h1>주문 화면 연동</h1>" in page.text
    assert "8월 18일(화) 10:55까지" in page.text
    assert "왜 이 시각인가요" in page.text
    assert 'class="ruler"' in page.text


def test_sending_the_same_form_twice_opens_one_case(programs: Programs) -> None:
    # given
    browser = programs.browser
    shown = browser.get("/requests/new")
    hidden = {"csrf_token": token_of(shown), "idempotency_key": token_of(shown, "idempotency_key")}
    # when
    answers = [browser.post("/requests/new", data={**hidden, **filled()}) for _ in range(2)]
    # then
    assert [a.status_code for a in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    with programs.product.engine.reading() as tx:
        assert len(cases.find(tx)) == 1


def test_without_an_address_the_pin_is_shown_once(programs: Programs) -> None:
    # given
    browser = programs.browser
    sent = send(browser, "/requests/new", filled(email=None))
    # when
    first, second = browser.get(sent.headers["Location"]), browser.get(sent.headers["Location"])
    # then
    pin = re.search(r"확인번호는 <b>(\d{6})</b>", first.text)
    assert pin
    assert pin[1] not in second.text
    found = send(browser, "/track", {"case": "CF-20260810-0001", "pin": pin[1]})
    assert found.status_code == 303
    wrong = send(browser, "/track", {"case": "CF-20260810-0001", "pin": "000000" if pin[1] != "000000" else "1"})
    other = send(browser, "/track", {"case": "CF-20260810-9999", "pin": pin[1]})
    assert (wrong.status_code, other.status_code) == (404, 404)
    assert wrong.text.replace("CF-20260810-0001", "CF-20260810-9999") == other.text  # nothing tells which exists


def test_markup_in_a_name_stays_text(programs: Programs) -> None:
    # given
    browser = programs.browser
    # when
    sent = send(browser, "/requests/new", filled(org="<script>alert(1)</script>", title="<img src=x onerror=alert(1)>"))
    page = browser.get(sent.headers["Location"])
    # then
    assert "<script>alert(1)" not in page.text
    assert "<img src=x" not in page.text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page.text


def test_a_field_that_the_form_does_not_have_is_refused(programs: Programs) -> None:
    # when
    page = send(programs.browser, "/requests/new", filled(is_admin="1"))
    # then
    assert page.status_code in (400, 422)
    with programs.product.engine.reading() as tx:
        assert cases.find(tx) == []


def test_two_addresses_in_one_field_are_refused_and_no_mail_is_written(programs: Programs) -> None:
    for address in ("a@x.test\r\nBcc: evil@x.test", "a@x.test, evil@x.test"):
        # when
        page = send(programs.browser, "/requests/new", filled(email=address))
        # then
        assert page.status_code == 422
    assert programs.get("/api/rehearsal/mails").json == {"items": [], "next": None}


def test_only_a_program_fills_the_hidden_field(programs: Programs) -> None:
    # when
    page = send(programs.browser, "/requests/new", filled(website="http://spam.test"))
    # then
    assert page.status_code == 303
    with programs.product.engine.reading() as tx:
        assert cases.find(tx) == []


def test_a_page_that_has_expired_shows_what_was_typed(programs: Programs) -> None:
    # when
    page = programs.browser.post("/requests/new", data=filled())
    # then
    assert page.status_code == 400
    assert "다시 보내 주십시오" in page.text
    assert 'value="주문 화면 연동"' in page.text


def test_every_wrong_tracking_address_gets_the_same_page(programs: Programs) -> None:
    # given
    path = tracking_path(programs, programs.open_case()["case"])
    # when
    changed = path[:-1] + ("A" if path[-1] != "A" else "B")
    wrong = [changed, "/t/x", "/t/", "/t/" + "y" * 10_000, "/t/' OR '1'='1"]
    pages = [programs.browser.get(address) for address in wrong]
    # then
    assert {page.status_code for page in pages} == {404}
    assert len({re.sub(r"<code>\w+</code>", "", page.text) for page in pages}) == 1
    assert len({len(page.data) for page in pages}) == 1


def test_the_tracking_page_speaks_the_language_of_the_request(programs: Programs) -> None:
    # given
    path = tracking_path(programs, programs.open_case(lang="en")["case"])
    # when
    page = programs.browser.get(path)
    # then
    assert '<html lang="en">' in page.text
    assert "What happens next" in page.text
    assert "by Tue 18 Aug, 10:55" in page.text


def test_cancelling_asks_first_and_changes_nothing_until_the_button(programs: Programs) -> None:
    # given
    browser, path = programs.browser, tracking_path(programs, programs.open_case()["case"])
    # when
    asked = browser.get(f"{path}/cancel")
    # then
    assert "이 신청을 취소하시겠습니까?" in asked.text
    with programs.product.engine.reading() as tx:
        assert cases.get(tx, "CF-20260810-0001").is_open
    # when
    done = send(browser, f"{path}/cancel", {"reason": "필요가 없어졌습니다."})
    # then
    assert done.status_code == 303
    with programs.product.engine.reading() as tx:
        assert cases.get(tx, "CF-20260810-0001").end_state == "CANCELLED_BY_CUSTOMER"
    assert "고객 취소" in browser.get(path).text


def test_a_reply_is_kept_and_shown(programs: Programs) -> None:
    # given
    browser, path = programs.browser, tracking_path(programs, programs.open_case()["case"])
    # when
    empty = send(browser, f"{path}/reply", {"text": "  "})
    said = send(browser, f"{path}/reply", {"text": "자료를 더 보내 드립니다."})
    # then
    assert empty.status_code == 422
    assert said.status_code == 303
    assert "자료를 더 보내 드립니다." in browser.get(path).text


def test_opening_a_link_of_a_mail_changes_nothing(programs: Programs) -> None:
    # given
    no = programs.open_case()["case"]
    mail = (programs.get("/api/rehearsal/mails").json or {})["items"][0]
    found = re.search(r"/l/[\w-]+", mail["text"])
    assert found
    browser = programs.browser
    # when
    page = browser.get(found[0])
    # then
    assert page.status_code == 200
    assert "이메일 주소 확인하기" in page.text
    with programs.product.engine.reading() as tx:
        assert cases.get(tx, no).contact.verified_at is None
        assert links.of_case(tx, no)[0].answered_at is None
    # when
    done = send(browser, found[0])
    # then
    assert done.status_code == 200
    with programs.product.engine.reading() as tx:
        assert cases.get(tx, no).contact.verified_at is not None


def test_a_link_whose_time_is_over_says_so(programs: Programs) -> None:
    # given
    programs.open_case()
    mail = (programs.get("/api/rehearsal/mails").json or {})["items"][0]
    found = re.search(r"/l/[\w-]+", mail["text"])
    assert found
    programs.post("/api/rehearsal/clock", {"by": "P4D"})
    # when
    page = programs.browser.get(found[0])
    # then
    assert page.status_code == 410
    assert "기간이 끝났습니다" in page.text
    assert 'href="/track"' in page.text


PUBLIC = ("/", "/requests", "/requests/new", "/track", "/menu", "/privacy", "/accessibility", "/sign-in", "/nothing")


def test_no_page_needs_a_script_or_style_written_into_it(programs: Programs) -> None:
    # given
    path = tracking_path(programs, programs.open_case()["case"])
    for address in (*PUBLIC, path, f"{path}/reply", f"{path}/cancel"):
        # when
        page = programs.browser.get(address)
        # then
        policy = page.headers["Content-Security-Policy"]
        assert "unsafe" not in policy, address
        assert not re.search(r"\son\w+=|\sstyle=|<style", page.text), address
        assert not re.search(r"<script(?![^>]*\ssrc=)", page.text), address


def test_menus_name_nothing_that_does_not_open(programs: Programs) -> None:
    # given
    browser, seen, waiting = programs.browser, set(), ["/"]
    # when
    while waiting:
        address = waiting.pop()
        seen.add(address)
        page = browser.get(address, follow_redirects=True)
        # then
        assert page.status_code == 200, address
        found = {a.partition("#")[0].replace("&amp;", "&") for a in re.findall(r'href="(/[^"]*)"', page.text)}
        waiting += [a for a in found if a and a not in seen and a not in waiting and not a.startswith("/static")]
        assert len(seen) < 60
