"""What a customer and a handler do in the browser arrives as mail in a real SMTP server."""

from __future__ import annotations

import email
import email.policy

from playwright.sync_api import Browser, Page

from tests.journeys.conftest import PATIENCE_MS, Site
from tests.servers import SmtpServer

BODY = "저희 단말의 주문 화면에서 종목을 한 번에 고를 수 있도록 화면을 고쳐 주시기 바랍니다."


def page_of(browser: Browser, site: Site, name: str | None = None) -> Page:
    context = browser.new_context(base_url=site.address)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    if name:
        page.goto("/sign-in")
        page.fill("[name=name]", name)
        page.fill("[name=password]", "rehearsal")
        page.press("[name=password]", "Enter")
        page.wait_for_load_state()
    return page


def subjects(smtp: SmtpServer, address: str) -> list[str]:
    mails = [
        email.message_from_string(one["data"], policy=email.policy.default)
        for one in smtp.messages
        if address in one["to"]
    ]
    return [str(mail["Subject"]) for mail in mails]


def test_the_receipt_and_the_result_of_a_request_arrive(mailing_site: Site, browser: Browser, smtp: SmtpServer) -> None:
    # given a customer who sends a request
    customer = page_of(browser, mailing_site)
    customer.goto("/requests/new")
    for field, value in {
        "org": "나래증권",
        "name": "나은별",
        "email": "na@example.com",
        "title": "종목 고르기",
        "body": BODY,
    }.items():
        customer.fill(f"[name={field}]", value)
    customer.check("[name=category][value=screen_function]")
    customer.select_option("[name=service]", "주문")
    customer.check("[name=privacy_consent]")
    customer.click("button.send")
    customer.wait_for_url("**/t/*")
    # then the receipt lies in the mail server
    assert [s for s in subjects(smtp, "na@example.com") if "접수되었습니다" in s]
    # when a handler claims and reviews it
    handler = page_of(browser, mailing_site, "a")
    handler.goto("/tasks")
    handler.click(".inbox button.row")
    handler.wait_for_url("**/tasks/*")
    handler.check("[name=decision][value=accept]", force=True)
    handler.check("[name=size][value=S]", force=True)
    handler.fill("[name=effort_md]", "2")
    handler.fill("[name=planned_start]", "2026-08-11")
    handler.fill("[name=planned_end]", "2026-08-14")
    handler.fill("[name=impact]", "화면 한 곳만 바뀌며 다른 서비스에는 영향이 없습니다.")
    handler.click("button.main")
    handler.wait_for_url("**/tasks?done=*")
    # then the result has arrived too, and the customer's page says so
    assert [s for s in subjects(smtp, "na@example.com") if "검토결과를 알려 드립니다" in s]
    customer.reload()
    assert "검토결과 안내" in customer.inner_text("main")
