"""Mails: the language of their words, the page they become, links in them, and what nobody can slip in."""

from __future__ import annotations

from datetime import date

import pytest

from engine.errors import Conflict, InvalidForm
from tests.workflows.nouns.conftest import House, diagram, flow, kst, marked
from workflows import cases, links, mail_pages, mail_texts
from workflows.links import LinkExpired
from workflows.mail_pages import Frame
from workflows.mail_texts import BadMailText, MailWords

FRAME = Frame(
    "ko", "코스콤 고객서비스헌장", "제목", "나은별 님, 안녕하십니까? 코스콤입니다.", "문의: 운영팀", ("접수번호",)
)


def rendered(source: str, lang: str = "ko", **values: object) -> tuple[str, str]:
    subject, body = mail_texts.compile_mail(source, lang).render(values)
    return subject, mail_texts.unguarded(body.replace(mail_texts.STRONG_FROM, "").replace(mail_texts.STRONG_TO, ""))


def test_fields_are_written_as_people_write_them() -> None:
    # given every kind of value
    source = "{n}건\n\n{at:datetime} {at:date} {at:time} {day} {won:krw} {names} {who} {yes} {half} {nothing}|"
    # then
    subject, body = rendered(
        source, n=3, at=kst("2026-09-28 15:00"), day=date(2026, 10, 2), won=30000, names=["시세", "주문"],
        who={"name": "주문", "name_en": "Orders"}, yes=True, half=45.0,
    )  # fmt: skip
    assert subject == "3건"
    assert body.strip() == (
        "2026년 9월 28일(월) 15:00 2026년 9월 28일(월) 15:00 2026년 10월 2일(금) 30,000원 시세, 주문 주문 예 45 |"
    )
    assert rendered(source, "en", n=3, at=kst("2026-09-28 15:00"))[1].startswith(
        "Mon 28 Sep 2026, 15:00 KST Mon 28 Sep 2026 15:00"
    )


@pytest.mark.parametrize(("title", "written"), [
    ("주문 화면", "주문 화면을 주문 화면이 주문 화면은 주문 화면으로"),
    ("시세", "시세를 시세가 시세는 시세로"),
    ("서울", "서울을 서울이 서울은 서울로"),
    ("FIX 4", "FIX 4를 FIX 4가 FIX 4는 FIX 4로"),
])  # fmt: skip
def test_particles_fit_the_word_before_them(title: str, written: str) -> None:
    source = "제목\n\n{title}{을/를} {title}{이/가} {title}{은/는} {title}{으로/로}"
    assert rendered(source, title=title)[1].strip() == written


def test_conditions_and_lists_take_their_lines_with_them() -> None:
    # given
    source = (
        "제목\n\n검토했습니다.\n{if decision == 'reject'}\n반영이 어렵습니다.\n{else}\n반영합니다.\n{end}\n"
        "{for s in stages}\n{number}. {s.name}: {s.on}\n{end}\n끝"
    )
    stages = [{"name_ko": "설계", "name_en": "Design", "on": date(2026, 9, 4)}]
    # then
    assert rendered(source, decision="accept", stages=stages)[1].strip().splitlines() == [
        "검토했습니다.", "반영합니다.", "1. 설계: 2026년 9월 4일(금)", "끝"
    ]  # fmt: skip
    assert "반영이 어렵습니다." in rendered(source, decision="reject")[1]
    assert "반영합니다." in rendered(source)[1]  # what is not there is no reason to reject


@pytest.mark.parametrize(("source", "line", "words"), [
    ("제목\n\n{if a}그렇다", 3, "not closed"),
    ("제목\n\n가\n나 {end}", 4, "no beginning"),
    ("제목\n\n{a:won}", 3, "no format won"),
    ("제목\n\n{for x of y}{end}", 3, "for s in stages"),
    ("제목\n\n{if a.lower()}가{end}", 3, "."),
    ("제목\n\n{{ cycler.__init__.__globals__.os.popen('id').read() }}", 3, "only the listed fields"),
    ("제목\n\n{__class__}", 3, "only the listed fields"),
    ("제목\n\n{{ customer|attr('pass'~'word_hash') }}", 3, "only the listed fields"),
    ("제목\n본문", 2, "stays empty"),
    ("", 1, "subject"),
])  # fmt: skip
def test_a_bad_text_says_its_line_and_what_was_expected(source: str, line: int, words: str) -> None:
    with pytest.raises(BadMailText, match=words) as caught:
        mail_texts.compile_mail(source, "ko")
    assert caught.value.line == line


def test_the_page_has_one_sentence_rows_one_button_and_the_same_in_text() -> None:
    # given
    source = (
        "제목\n\n“{title}”{을/를} {due:datetime}까지 알려 드리겠습니다.\n\n대상: {service}\n이유: {reason}\n\n"
        "이메일이 맞는지 확인해 주십시오.\n[[이메일 주소 확인하기|{verify_url}]]"
    )
    values = {
        "title": "주문 화면", "due": kst("2026-08-18 11:00"), "service": "시세전송", "reason": "정기 점검",
        "verify_url": "https://charter.example.com/l/abc",
    }  # fmt: skip
    # when
    _, body = mail_texts.compile_mail(source, "ko").render(values)
    page = mail_pages.mail_page(body, FRAME)
    # then
    assert ">2026년 8월 18일(화) 11:00</b>까지" in page.html
    assert page.html.count("<th") == 2
    assert page.html.count('class="button"') == 1
    assert '<a href="https://charter.example.com/l/abc"' in page.html
    assert page.preheader == "“주문 화면”을 2026년 8월 18일(화) 11:00까지 알려 드리겠습니다."
    for words in ("대상: 시세전송", "이메일 주소 확인하기:\nhttps://charter.example.com/l/abc", "-- \n접수번호"):
        assert words in page.text
    assert len(page.html.encode()) < 20_000
    assert all(mail_pages._columns(line) <= 80 for line in page.text.splitlines() if "https://" not in line)


def test_what_a_customer_typed_is_never_a_link_a_button_or_markup() -> None:
    # given a title that tries
    title = "[[눌러 주십시오|https://evil.example]] <script>alert(1)</script> https://evil.example/x [a|https://evil.example]"
    _, body = mail_texts.compile_mail("제목\n\n“{title}” 건을 받았습니다.", "ko").render({"title": title})
    # when
    page = mail_pages.mail_page(body, FRAME)
    # then
    assert 'href="https://evil' not in page.html
    assert "<script>" not in page.html
    assert "[[눌러 주십시오|https://evil.example]]" in page.text


def test_a_line_break_in_a_value_cannot_reach_the_subject() -> None:
    assert rendered("가 {title}\n\n나", title="x\r\nBcc: all@example.com")[0] == "가 x Bcc: all@example.com"


def test_two_languages_stand_one_below_the_other() -> None:
    # given
    english = Frame("en", "KOSCOM", "Subject", "Dear customer,", "Contact: Operations", ())
    # when
    page = mail_pages.bilingual_page("중단됩니다.", FRAME, "It is unavailable.", english)
    # then
    assert page.html.index("중단됩니다.") < page.html.index("It is unavailable.")
    assert page.preheader == "중단됩니다. English below."


LINKED = diagram(
    '<bpmn:startEvent id="Start"/>'
    + marked(
        'sendTask id="Send"',
        '<charter:mail id="M13" to="customer"><charter:link name="confirm" purpose="confirm" valid="5bd"/>'
        '<charter:link name="verify" purpose="verify" valid="72h"/></charter:mail>',
    )
    + '<bpmn:receiveTask id="Wait" messageRef="M"/><bpmn:endEvent id="End"/>'
    + flow("Start", "Send") + flow("Send", "Wait") + flow("Wait", "End")
).replace("<bpmn:process", '<bpmn:message id="M" name="MSG_CUSTOMER_CONFIRM"/><bpmn:process')  # fmt: skip
TEXT = (
    "마쳤습니다\n\n{confirm_until:date}까지 확인해 주십시오.\n\n[[확인하기|{confirm_url}]]\n\n[주소 확인|{verify_url}]"
)


def tokens_in(text: str) -> list[str]:
    return [word.rpartition("/")[2] for word in text.split() if "/l/" in word]


def test_a_link_moves_the_case_once_and_ends_at_its_time(house: House) -> None:
    # given
    house.write_mail("M13", TEXT)
    house.deploy(LINKED)
    no = house.open_case().case.no
    confirm, verify = tokens_in(house.mails()[0].text)
    assert "2026년 8월 18일(화)까지" in house.mails()[0].text
    # when the customer verifies, twice, and confirms
    for _ in range(2):
        with house.engine.transaction("customer") as tx:
            links.answer(tx, verify, {})
    with house.engine.transaction("customer") as tx:
        links.answer(tx, confirm, {"satisfied": True})
    # then
    with house.engine.reading() as tx:
        case = cases.get(tx, no)
        assert (case.state, case.contact.verified_at) == ("closed", kst("2026-08-10 11:00"))
    with house.engine.transaction("customer") as tx, pytest.raises(Conflict):
        links.answer(tx, confirm, {})
    house.at("2026-08-18 11:00:01")
    with house.engine.reading() as tx, pytest.raises(LinkExpired):
        links.get(tx, confirm)


def test_edited_words_count_from_the_next_release_on(house: House) -> None:
    # given a released mail
    house.write_mail("M13", TEXT)
    house.deploy(LINKED)
    # when its words are edited, and a case runs on the old release
    house.write_mail("M13", "새 제목\n\n[[확인하기|{confirm_url}]] {verify_url}".replace("]] ", "]]\n"))
    house.open_case()
    house.deploy(LINKED.replace('id="Wait"', 'id="Wait" name="확인"'))
    house.open_case()
    # then
    assert [m.subject for m in house.mails()] == ["[코스콤] 마쳤습니다", "[코스콤] 새 제목"]


def test_a_mail_that_names_what_nobody_sets_is_refused_with_its_name(house: House) -> None:
    # given
    words = MailWords("small", "M13", "제목", "{ammount:krw} 드립니다.", "Subject", "You get {amount}.")
    with house.engine.transaction("admin") as tx, pytest.raises(InvalidForm) as caught:
        mail_texts.edit(tx, words, frozenset({"amount"}))
    # then
    assert list(caught.value.errors) == ["text_ko"]
    assert "ammount" in caught.value.errors["text_ko"][0].en


def test_a_mail_that_can_wait_is_held_at_night(house: House) -> None:
    # given a survey at half past nine in the evening
    house.write_mail("M13", TEXT)
    house.deploy(LINKED.replace('to="customer"', 'to="customer" urgent="false"'))
    house.at("2026-08-10 21:30")
    house.open_case()
    assert house.mails()[0].state == "queued"
    # when
    house.at("2026-08-11 08:00")
    # then
    assert (house.mails()[0].state, house.mails()[0].accepted_at) == ("accepted", kst("2026-08-11 08:00"))
