"""A request from the form to the delayed stage, through a real browser; every page on the way is checked by axe."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import AXE, Site

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BODY = "저희 트레이딩 화면에서 주문을 바로 낼 수 있도록 주문 화면을 연동하고자 합니다."
STAGES = (
    ("설계", "Design", "2026-09-04"),
    ("개발", "Build", "2026-09-23"),
    ("시험", "Test", "2026-10-13"),
    ("반영", "Release", "2026-11-27"),
)
Open = Callable[..., Page]


def check(page: Page) -> None:
    """No finding of axe, and nothing wider than the window."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= page.viewport_size["width"], page.url  # type: ignore[index]
    found = page.evaluate(f"{AXE.read_text()}; axe.run(document, {{runOnly: {RULES}}})")
    assert [(v["id"], v["nodes"][0]["html"][:160]) for v in found["violations"]] == [], page.url


def fill_request(page: Page) -> None:
    page.goto("/requests/new")
    page.fill("[name=org]", "나래증권")
    page.fill("[name=name]", "나은별")
    page.fill("[name=email]", "na@example.com")
    page.check("[name=category][value=new_dev]")
    page.select_option("[name=service]", "주문")
    page.fill("[name=title]", "주문 화면 연동")
    page.fill("[name=body]", BODY)
    page.check("[name=privacy_consent]")


def test_the_promise_follows_the_choice_without_a_new_page(open_page: Open) -> None:
    # given
    page = open_page()
    page.goto("/requests/new")
    # when
    page.check("[name=category][value=new_dev]")
    # then
    expect(page.locator("#promise")).to_contain_text("8월 18일(화) 10:55까지")
    page.check("[name=category][value=system_change]")
    expect(page.locator("#promise")).to_contain_text("8월 13일(목) 10:55까지")


@pytest.mark.parametrize(("width", "dark", "scripts"), [(1280, False, True), (390, True, True), (390, False, False)])
def test_a_request_can_be_sent_followed_and_cancelled(open_page: Open, width: int, dark: bool, scripts: bool) -> None:
    # given
    page = open_page(width, dark=dark, scripts=scripts)
    fill_request(page)
    page.fill("[name=email]", "na@example")
    # when: one field is wrong
    page.click("button.send")
    page.wait_for_load_state()
    # then
    assert page.title().startswith("고칠 곳 1개")
    assert page.input_value("[name=title]") == "주문 화면 연동"
    if scripts:
        assert page.evaluate("document.activeElement.id") == "summary"
        check(page)
    # when
    page.fill("[name=email]", "na@example.com")
    page.click("button.send")
    page.wait_for_url("**/t/*")
    # then
    assert page.inner_text("h1") == "주문 화면 연동"
    assert "8월 18일(화) 10:55까지" in page.inner_text(".statement")
    assert page.locator(".ruler").first.is_visible()
    if scripts:
        check(page)
    # when
    page.click("text=신청 취소")
    page.click("button.away")
    page.wait_for_url("**said=cancel")
    # then
    assert "고객 취소" in page.inner_text(".statement")


def test_a_handler_reviews_and_a_late_stage_is_said_to_the_customer(site: Site, open_page: Open) -> None:
    # given
    customer, handler = open_page(), open_page(name="a")
    fill_request(customer)
    customer.click("button.send")
    customer.wait_for_url("**/t/*")
    address = customer.url.partition("?")[0]
    # when: claimed from the inbox, reviewed with four stages
    handler.goto("/tasks")
    check(handler)
    handler.click(".inbox button.row")
    handler.wait_for_url("**/tasks/*")
    handler.check("[name=decision][value=accept]", force=True)
    handler.check("[name=size][value=L]", force=True)
    handler.fill("[name=effort_md]", "45")
    handler.fill("[name=planned_start]", "2026-08-24")
    handler.fill("[name=planned_end]", "2026-11-27")
    handler.fill("[name=impact]", "주문 접수 전문에 항목 두 개가 늘어납니다. 기존 화면은 그대로입니다.")
    for row, (ko, en, day) in enumerate(STAGES):
        handler.click("button[name=_add]")
        handler.wait_for_selector(f"[name='stages[{row}].name_ko']")
        handler.fill(f"[name='stages[{row}].name_ko']", ko)
        handler.fill(f"[name='stages[{row}].name_en']", en)
        handler.fill(f"[name='stages[{row}].planned_date']", day)
    check(handler)
    handler.click("button.main")
    handler.wait_for_url("**/tasks?done=*")
    # and: the manager approves
    manager = open_page(name="m")
    manager.goto("/tasks")
    manager.click(".inbox button.row")
    manager.wait_for_url("**/tasks/*")
    manager.check("[name=approve][value=true]", force=True)
    manager.click("button.main")
    manager.wait_for_url("**/tasks?done=*")
    # and: the first stage is done in time, the second one is not
    handler.goto("/tasks")
    handler.click(".inbox a.title")
    handler.wait_for_url("**/tasks/*")
    handler.fill("[name=done_on]", "2026-08-10")
    handler.fill("[name=summary_ko]", "설계를 마쳤습니다. 전문 항목과 화면 배치를 정하고 시험 계획을 세웠습니다.")
    handler.click("button.main")
    handler.wait_for_url("**/tasks?done=*")
    site.clock("2026-09-28T09:30:00+09:00")
    handler.goto("/tasks")
    handler.locator("tr", has_text="지연 안내").locator("a.title").click()
    handler.wait_for_url("**/tasks/*")
    handler.fill("[name=new_date]", "2026-10-02")
    handler.fill("[name=reason_ko]", "연동 시험 장비가 늦게 들어와 일정을 미루었습니다.")
    handler.click("button.main")
    handler.wait_for_url("**/tasks?done=*")
    # then: the customer sees it on one page, in both languages
    customer.goto(address)
    assert "10월 6일(화) 18:00까지" in customer.inner_text(".statement")
    rail = customer.inner_text(".rail")
    assert "예정보다 늦어짐" in rail
    assert "기다리시게 하여 죄송합니다" in rail
    assert customer.inner_text(".rail s") == "9월 23일(수)"
    check(customer)
    customer.goto(f"{address}?lang=en")
    assert "later than planned" in customer.inner_text(".rail")
    check(customer)
    # and: the case shows its tokens, in the diagram and as text
    handler.goto("/cases/CF-20260810-0001")
    handler.wait_for_selector("[data-drawn=true]")
    assert handler.locator(".token.here").count() >= 1
    assert handler.locator(".bjs-powered-by").is_visible()
    check(handler)


def test_every_page_holds_at_every_size(site: Site, open_page: Open) -> None:
    # given
    site.post(
        "/api/cases",
        {
            "process": "request_handling",
            "lang": "ko",
            "form": {
                "org": "나래증권", "name": "나은별", "email": "na@example.com", "category": "other", "service": "주문",
                "title": "주문 화면 연동", "body": BODY, "urgency": "normal", "lang": "ko", "privacy_consent": True,
            },
        },
    )  # fmt: skip
    public = ("/", "/requests", "/track", "/menu", "/privacy", "/accessibility", "/sign-in", "/nothing")
    staff = ("/tasks", "/tasks/1", "/tasks/menu", "/cases", "/promises", "/processes", "/mailbox", "/mailbox/1")
    for width, dark, lang in ((1280, False, "ko"), (390, True, "en")):
        visitor, handler = open_page(width, dark=dark), open_page(width, dark=dark, name="a")
        for page, paths in ((visitor, public), (handler, staff)):
            for path in paths:
                # when
                page.goto(f"{path}?lang={lang}")
                # then
                check(page)
