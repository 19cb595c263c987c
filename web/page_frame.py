"""What every page has round it: places, official clock, language, who is signed in; and the errors' ways out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from flask import Blueprint, Flask, g, request, url_for
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup

from engine import definitions
from engine.business_calendar import BusinessCalendar
from engine.errors import Sentence
from web import file_store, words
from web.language import LANGUAGES, language, say, speak
from web.product import product
from web.sign_in import current_user, same_site
from web.words import t
from workflows import catalogue, organisation
from workflows.calendar import calendar_of
from workflows.organisation import User

blueprint = Blueprint("page_frame", __name__)

STATIC = Path(__file__).parent / "static"
STAFF_PATHS = ("/tasks", "/cases", "/promises", "/mailbox", "/processes", "/board", "/cockpit", "/admin")
REQUEST_PATHS = ("/requests", "/voc", "/complaints", "/compliments", "/ideas", "/visits")


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of a menu; `said` is what is wrong or waiting there."""

    name: str
    href: str
    here: bool = False
    said: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A way on from a page: a link, its first drawn as the button."""

    name: str
    href: str


# ---------------------------------------------------------------- places


def _here(*prefixes: str) -> bool:
    return any(request.path == p or request.path.startswith(p.rstrip("/") + "/") for p in prefixes)


def page_exists(path: str) -> bool:
    """Return whether this product has a page there: menus name nothing that does not open."""
    known: set[str] = g.setdefault("page_paths", set())
    if not known:
        from flask import current_app

        known.update(rule.rule for rule in current_app.url_map.iter_rules() if "GET" in (rule.methods or ()))
    return path in known


def public_places() -> list[Place]:
    """Return the places of the public head."""
    places = [
        Place(str(t("약속과 실적", "Promises and record")), "/", request.path == "/" or _here("/charter")),
        Place(str(t("신청하기", "Make a request")), "/requests", _here(*REQUEST_PATHS)),
        Place(str(t("내 신청 확인", "Follow a request")), "/track", _here("/track", "/t", "/l")),
    ]
    if page_exists("/status"):
        places.append(Place(str(t("서비스 상태", "Service status")), "/status", _here("/status")))
    return places


def staff_places() -> list[Place]:
    """Return the places of the staff head, as far as this user has any business there."""
    user = current_user()
    listed = (
        ("/tasks", "업무", "Tasks", True),
        ("/cases", "신청 건", "Cases", True),
        ("/board/callbacks", "회신 전화", "Call-backs", True),
        ("/board/reception", "안내데스크", "Reception", True),
        ("/promises", "약속", "Promises", True),
        ("/cockpit", "진행", "Cockpit", user is not None and user.has_role("operator", "admin", "process_owner")),
        ("/processes", "업무 절차", "Processes", True),
        ("/mailbox", "보낸 메일", "Mails", _may_read_mailbox(user)),
    )
    return [Place(str(t(ko, en)), path, _here(path)) for path, ko, en, wanted in listed if wanted and page_exists(path)]


def _may_read_mailbox(user: User | None) -> bool:
    from web.mailbox import may_read

    return may_read(user)


def request_forms() -> list[Place]:
    """Return the public forms that open a case, by the processes' own pages."""
    offered = [p for p in catalogue.processes().values() if p.public and p.page and page_exists(p.page)]
    forms = []
    with product().engine.reading() as tx:
        for process in offered:
            live = definitions.find_latest(tx, process.name)
            form = tx.application.form(tx, process.name, live.version, process.start_form or "") if live else None
            if form is not None and process.page:
                forms.append(Place(say(form.title), process.page))
    return forms


def menu_link(menu: str, home: str) -> Way:
    """Return what a phone's head offers: the menu, and on the menu's own page the way out of it."""
    return Way(str(t("닫기", "Close")), home) if request.path == menu else Way(str(t("메뉴", "Menu")), menu)


def complaint_href() -> str | None:
    """Return where one complains; None until there is such a page."""
    return "/complaints/new" if page_exists("/complaints/new") else None


def other_language_href(path: str | None = None) -> str:
    """Return this page's address in the other language. A page that answered a POST leads to its own GET."""
    kept = {k: v for k, v in request.args.items() if k != "lang"} if request.method == "GET" and path is None else {}
    return f"{path or request.path}?{urlencode(kept | {'lang': LANGUAGES[language() == LANGUAGES[0]]})}"


# ---------------------------------------------------------------- what templates know


@lru_cache(maxsize=256)
def _version_of(path: str, changed: float) -> str:
    return hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:10]


def asset(path: str) -> str:
    """Return the address of a static file with its content's digest, so that a browser never keeps an old one."""
    file = STATIC / path
    version = _version_of(path, file.stat().st_mtime) if file.is_file() else "none"
    return f"{url_for('static', filename=path)}?v={version}"


def org_name() -> str:
    """Return the organisation's name for this reader."""
    name = product().organisation
    return "KOSCOM" if name == "코스콤" and language() == "en" else name


def user_name(user: User | None) -> str:
    """Return a user's name in the reader's language, "" for none."""
    return "" if user is None else str(t(user.ko_name, user.en_name))


def staff_line(user: User) -> tuple[str, str]:
    """Return what stands at the right of the staff head: who works here, and how long it is open today."""
    with product().engine.reading() as tx:
        calendar, team = calendar_of(tx), organisation.department(tx, user.department)
    name = t(user.department, team.name_en if team else user.department)
    return f"{user_name(user)} · {name}", closing_text(words.now(), calendar)


def closing_text(now: datetime, calendar: BusinessCalendar) -> str:
    """Return "마감까지 4시간 40분" in business hours, when it opens again outside them."""
    if calendar.is_open(now):
        closes = calendar.hours(calendar.local_date(now))[1]
        return str(t("마감까지 {left}", "{left} to closing", left=words.span_text(closes - now)))
    opens = calendar.next_opening(now)
    return str(t("업무시간 밖, {at}에 엽니다", "closed, opens {at}", at=words.near(opens)))


def in_staff_room() -> bool:
    """Whether this request's page wears the staff frame."""
    return request.path.startswith(STAFF_PATHS) and current_user() is not None


@blueprint.app_url_value_preprocessor
def take_files(endpoint: str | None, values: dict[str, object] | None) -> None:
    """A page's form may bring as many files as a case may have; said before anything reads the form."""
    if request.mimetype == "multipart/form-data" and not request.path.startswith("/api/"):
        request.max_content_length = file_store.MOST * product().upload_megabytes * 1024 * 1024


@blueprint.before_app_request
def choose_language() -> None:
    """Pages speak Korean unless the reader chose otherwise; what a browser was installed with is no choice."""
    if not request.path.startswith("/api/"):
        chosen = request.args.get("lang") or request.cookies.get("lang")
        speak(chosen if chosen in LANGUAGES else "ko")


@blueprint.app_context_processor
def frame() -> dict[str, object]:
    """Return what base templates need on every page; nothing of it may fail on an error page."""
    known: dict[str, object] = {"lang": language(), "org": org_name(), "staff_frame": False}
    known["now_text"] = words.moment(words.now())
    known["clock_text"] = words.clock(words.now())
    user = current_user() if in_staff_room() else None
    if user is not None:
        person, closing = staff_line(user)
        known |= {"staff_frame": True, "staff": True, "person": person, "closing": closing}
    return known


@blueprint.record_once
def _globals(state: BlueprintSetupState) -> None:
    app = state.app
    assert isinstance(app, Flask)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        t=t,
        Markup=Markup,
        asset=asset,
        org_name=org_name,
        public_places=public_places,
        staff_places=staff_places,
        complaint_href=complaint_href,
        menu_link=menu_link,
        other_language_href=other_language_href,
        clause_name=words.clause_name,
        moment=words.moment,
        until=words.until,
        day=words.day,
        clock_of=words.clock,
        error_ways=error_ways,
        error_headline=error_headline,
        error_explanation=error_explanation,
    )


# ---------------------------------------------------------------- errors

HEADLINES: Mapping[int, Sentence] = {
    400: Sentence("보내신 내용을 읽지 못했습니다.", "We could not read what was sent."),
    401: Sentence("먼저 로그인해 주십시오.", "Please sign in first."),
    403: Sentence("이 일은 다른 분이 하실 수 있습니다.", "Somebody else may do this."),
    404: Sentence("여기에는 아무것도 없습니다.", "There is nothing here."),
    405: Sentence("이 주소로는 보낼 수 없습니다.", "Nothing can be sent to this address."),
    409: Sentence("그 사이에 바뀌었습니다.", "It changed meanwhile."),
    410: Sentence("이 주소의 기간이 끝났습니다.", "The time of this address is over."),
    413: Sentence("보내신 내용이 너무 큽니다.", "What you sent is too large."),
    422: Sentence("고칠 곳이 있습니다.", "Something needs correction."),
    429: Sentence("잠시 뒤에 다시 해 주십시오.", "Please try again in a moment."),
    500: Sentence("저희 쪽에서 처리하지 못했습니다.", "We could not do this."),
    503: Sentence("지금은 이용하실 수 없습니다.", "Not available just now."),
}


def error_headline(status: int) -> str:
    """Return the large words of an error page."""
    return say(HEADLINES.get(status, HEADLINES[400 if status < 500 else 500]))


EXPLANATIONS: Mapping[int, Sentence] = {
    404: Sentence(
        "주소가 잘못 적혔거나, 있던 것이 없어졌거나, 보실 수 없는 것입니다.",
        "The address is mistyped, the page is gone, or it is not yours to see.",
    ),
    405: Sentence("앞 화면으로 돌아가 다시 눌러 주십시오.", "Please go back and press the button again."),
    413: Sentence("파일은 하나에 20 MB까지 보내실 수 있습니다.", "A file may have up to 20 MB."),
    500: Sentence(
        "적으신 것은 저장되지 않았을 수 있습니다. 까닭을 찾고 있습니다.",
        "What you typed may not be saved. We look for the cause.",
    ),
}
TRY_AGAIN = Sentence("잠시 뒤에 다시 해 주십시오.", "Please try again in a moment.")


def error_explanation(status: int) -> str:
    """Return what is so and what to do, for an error that brought no sentence of its own."""
    return say(EXPLANATIONS.get(status, TRY_AGAIN))


def error_ways(status: int) -> list[Way]:
    """Return the ways on from an error page, the likeliest first."""
    if in_staff_room():
        return [Way(str(t("내 업무로", "To my tasks")), "/tasks"), Way(str(t("신청 건 찾기", "Find a case")), "/cases")]
    if status in (404, 410) and _here("/t", "/l", "/track"):
        return [
            Way(str(t("접수번호로 찾기", "Find by number")), "/track"),
            Way(str(t("새로 신청하기", "Make a new request")), "/requests"),
        ]
    if status in (429, 500, 503) and request.method == "GET":
        return [Way(str(t("다시 해 보기", "Try again")), same_site(request.path)), Way(str(t("처음으로", "Home")), "/")]
    return [Way(str(t("처음으로", "Home")), "/"), Way(str(t("내 신청 확인", "Follow a request")), "/track")]
