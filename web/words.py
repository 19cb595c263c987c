"""Words of the pages: both languages side by side, times as a person says them, clauses as the charter has them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from flask import g, has_request_context
from markupsafe import Markup

from web.language import language, say
from web.moments import SEOUL
from web.product import product
from workflows.clauses import CLAUSES
from workflows.korean import with_particle

DAYS_KO = "월화수목금토일"
DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# What is promised: the sentence to the customer, and the short row of a staff list. By clause, or clause.item.
PROMISES: dict[str, tuple[str, str, str, str]] = {
    # key: (to the customer ko, en, to staff ko, en)
    "C1": ("장애를 알려 드리겠습니다.", "We will tell you about the outage.", "장애를 알린다", "Tell about the outage"),
    "C2": (
        "요청을 검토한 결과를 알려 드리겠습니다.",
        "We will tell you the result of our review.",
        "검토결과를 알린다",
        "Tell the review result",
    ),
    "C3": (
        "요청하신 기한 안에 마치겠습니다.",
        "We will finish by the date you asked for.",
        "요청기한 안에 마친다",
        "Finish by the requested date",
    ),
    "C4": (
        "진행상황을 단계마다 알려 드리겠습니다.",
        "We will tell you how far we are at every stage.",
        "단계 결과를 알린다",
        "Tell the stage's result",
    ),
    "C4.silence": (
        "한 달 넘게 소식 없이 두지 않겠습니다.",
        "We will not leave you without news for a month.",
        "소식을 전한다",
        "Send news",
    ),
    "C5": ("문의에 답해 드리겠습니다.", "We will answer your inquiry.", "문의에 답한다", "Answer the inquiry"),
    "C6": (
        "중단을 미리 알려 드리겠습니다.",
        "We will announce the interruption.",
        "중단을 미리 알린다",
        "Announce the interruption",
    ),
    "T5": ("다시 전화 드리겠습니다.", "We will call you back.", "다시 전화한다", "Call back"),
    "V2": ("신분증을 돌려 드리겠습니다.", "We will hand your ID back.", "출입증을 돌려받는다", "Get the pass back"),
    "V3": (
        "약속한 시간에 맞이하겠습니다.",
        "We will meet you at the agreed time.",
        "약속 시간에 맞이한다",
        "Meet on time",
    ),
    "O1": (
        "방문 전에 시간을 정하겠습니다.",
        "We will agree a time before we visit.",
        "방문 시간을 정한다",
        "Agree the visit's time",
    ),
    "O2": (
        "방문 결과를 알려 드리겠습니다.",
        "We will send the visit's result.",
        "방문 결과를 보낸다",
        "Send the visit's result",
    ),
    "W1": (
        "검토결과를 알려 드리겠습니다.",
        "We will tell you the review result.",
        "검토결과를 알린다",
        "Tell the review result",
    ),
    "W2": (
        "최종 결과를 알려 드리겠습니다.",
        "We will tell you the final result.",
        "최종 결과를 알린다",
        "Tell the final result",
    ),
    "E1": (
        "조사 결과를 개선에 반영하겠습니다.",
        "We will act on the survey.",
        "개선 과제를 정한다",
        "Set improvement actions",
    ),
    "E2": ("조사 결과를 공표하겠습니다.", "We will publish the survey.", "조사 결과를 공표한다", "Publish the survey"),
    "K3": ("칭찬을 전하고 알려 드리겠습니다.", "We will pass your praise on.", "칭찬을 전한다", "Pass the praise on"),
    "F1": ("바로 시정하겠습니다.", "We will correct it at once.", "시정한다", "Correct it"),
    "F2": (
        "사실을 확인하고 알려 드리겠습니다.",
        "We will check the facts and tell you.",
        "사실을 확인한다",
        "Check the facts",
    ),
    "P2": (
        "아이디어 검토결과를 알려 드리겠습니다.",
        "We will answer your idea.",
        "아이디어에 답한다",
        "Answer the idea",
    ),
    "P5": ("실적을 공표하겠습니다.", "We will publish the figures.", "실적을 공표한다", "Publish the figures"),
    "P6": ("바로 시정하겠습니다.", "We will correct it at once.", "즉시 시정한다", "Correct it at once"),
}


def t(ko: str, en: str, **fields: object) -> Markup | str:
    """Return the Korean or the English text; a text with markup among its `fields` escapes the others."""
    text = ko if language() == "ko" else en
    if not isinstance(text, Markup) and any(hasattr(value, "__html__") for value in fields.values()):
        text = Markup(text)  # noqa: S704 - the text is ours, and format() escapes what it is given
    return text.format(**fields) if fields else (text if isinstance(text, Markup) else str(text))


def now() -> datetime:
    """Return the engine's instant for this request, read once: one page shows one time."""
    if not has_request_context():
        return product().engine.clock.now()
    if "page_now" not in g:
        g.page_now = product().engine.clock.now()
    instant: datetime = g.page_now
    return instant


def seoul(instant: datetime) -> datetime:
    """Return the instant in the charter's zone."""
    return instant.astimezone(SEOUL)


def today() -> date:
    return seoul(now()).date()


def day_text(day: date, *, weekday: bool = True, year: bool | None = None) -> str:
    """Return "9월 28일(월)" or "Mon 28 Sep", with the year when it is not this one (or when asked for)."""
    with_year = day.year != today().year if year is None else year
    if language() == "ko":
        text = f"{day.month}월 {day.day}일" + (f"({DAYS_KO[day.weekday()]})" if weekday else "")
        return f"{day.year}년 {text}" if with_year else text
    text = (f"{DAYS_EN[day.weekday()]} " if weekday else "") + f"{day.day} {MONTHS_EN[day.month - 1]}"
    return f"{text} {day.year}" if with_year else text


def short_day(day: date) -> str:
    """Return the label of a ruler's cell: "9.28 월" or "Mon 28"."""
    if language() == "ko":
        return f"{day.month}.{day.day} {DAYS_KO[day.weekday()]}"
    return f"{DAYS_EN[day.weekday()]} {day.day}"


def weekday_text(day: date, *, long: bool = False) -> str:
    if language() == "ko":
        return DAYS_KO[day.weekday()] + ("요일" if long else "")
    return DAYS_EN[day.weekday()]


def _moment_text(instant: datetime, *, year: bool | None = None, zone: bool = False) -> str:
    local = seoul(instant)
    if language() == "ko":
        return f"{day_text(local.date(), year=year)} {local:%H:%M}"
    return f"{day_text(local.date(), year=year)}, {local:%H:%M}" + (" KST" if zone else "")


def _time(instant: datetime | date, text: str) -> Markup:
    machine = seoul(instant).isoformat(timespec="seconds") if isinstance(instant, datetime) else instant.isoformat()
    return Markup('<time datetime="{}">{}</time>').format(machine, text)


def moment(instant: datetime | None, year: bool | None = None, zone: bool = False) -> Markup:
    """Return an instant as a `<time>`: "9월 28일(월) 15:00" / "Mon 28 Sep, 15:00"."""
    return Markup("") if instant is None else _time(instant, _moment_text(instant, year=year, zone=zone))


def until(instant: datetime) -> Markup:
    """Return "9월 28일(월) 15:00까지" / "by Mon 28 Sep, 15:00"; the particle stays inside the `<time>`."""
    text = _moment_text(instant)
    return _time(instant, f"{text}까지" if language() == "ko" else f"by {text}")


def day(value: date | datetime | None, year: bool | None = None) -> Markup:
    """Return a date as a `<time>`; of an instant its day in Seoul."""
    if value is None:
        return Markup("")
    local = seoul(value).date() if isinstance(value, datetime) else value
    return _time(local, day_text(local, year=year))


def clock(instant: datetime) -> Markup:
    """Return the time of day alone."""
    return _time(instant, f"{seoul(instant):%H:%M}")


def near(instant: datetime) -> str:
    """Return how staff say it: "오늘 15:00", "내일 09:00", else the whole date."""
    local = seoul(instant)
    away = (local.date() - today()).days
    if away in (0, 1):
        word = (("오늘", "today"), ("내일", "tomorrow"))[away][0 if language() == "ko" else 1]
        return f"{word} {local:%H:%M}"
    return _moment_text(instant)


def near_until(instant: datetime) -> Markup:
    """Return "오늘 15:00까지" / "due today 15:00"; for a past instant "…까지였음" / "was due …"."""
    past = instant < now()
    text = near(instant)
    if language() == "ko":
        return _time(instant, text + ("까지였음" if past else "까지"))
    return _time(instant, f"was due {text}" if past else f"due {text}")


def span_text(length: timedelta) -> str:
    """Return a length of clock time, rounded down: "3시간 10분" / "3 h 10 min"."""
    minutes = int(length.total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    days, hours = divmod(hours, 24) if hours >= 48 else (0, hours)
    ko = ((days, "일"), (hours, "시간"), (rest if not days else 0, "분"))
    en = ((days, " d"), (hours, " h"), (rest if not days else 0, " min"))
    parts = [f"{n}{unit}" for n, unit in (ko if language() == "ko" else en) if n]
    return " ".join(parts) or ("1분 미만" if language() == "ko" else "less than 1 min")


def particle(word: object, pair: str) -> str:
    """Return the word with the fitting particle of a pair like "을/를" or "으로/로"; in English the word alone."""
    text = str(word)
    return with_particle(text, pair) if language() == "ko" else text


def clause_name(clause: str) -> str:
    """Return a clause as the charter prints it, "핵심 2항" / "Core 2"; never its id."""
    if clause[:1] == "P":
        return str(t("다짐 {n}항", "Pledge {n}", n=clause[1:]))
    known = CLAUSES.get(clause)
    return say(known.name) if known else clause


def promise_sentence(clause: str, item: str | None = None) -> str:
    """Return what we promised the customer, as a whole sentence; `item` names its part: a stage's name, or a code."""
    known = PROMISES.get(f"{clause}.{item}")
    if known is None and clause == "C4" and item:
        return str(t("{item} 단계의 결과를 알려 드리겠습니다.", "We will tell you the result of {item}.", item=item))
    known = known or PROMISES.get(clause)
    return str(t(known[0], known[1])) if known else clause_name(clause)


def promise_task(clause: str, item: str | None = None) -> str:
    """Return the promise as staff lists say it: "검토결과를 알린다"."""
    known = PROMISES.get(f"{clause}.{item}")
    if known is None and clause == "C4" and item:
        return str(t("{item} 단계의 결과를 알린다", "Tell the result of {item}", item=item))
    known = known or PROMISES.get(clause)
    return str(t(known[2], known[3])) if known else clause_name(clause)


def spec_text(spec: str | None) -> str:
    """Return a duration spec as words: "3bd" → "영업일 3일" / "3 business days"; what is no spec gives ""."""
    units = (
        ("bd_end", "영업일 {n}일 끝", "the end of {n} business days"),
        ("bmin", "업무시간 {n}분", "{n} business minutes"),
        ("bh", "업무시간 {n}시간", "{n} business hours"),
        ("bd", "영업일 {n}일", "{n} business day{s}"),
        ("d_civil", "{n}일(민법)", "{n} day{s} (Civil Act)"),
        ("min", "{n}분", "{n} minute{s}"),
        ("mo", "{n}개월", "{n} month{s}"),
        ("h", "{n}시간", "{n} hour{s}"),
        ("d", "{n}일", "{n} day{s}"),
    )
    plain = (spec or "").removesuffix("@open")
    for unit, ko, en in units:
        number = plain.removesuffix(unit).lstrip("-")
        if plain.endswith(unit) and number.isdigit():
            return str(t(ko, en, n=number, s="" if number == "1" else "s"))
    return ""


def phone_text(number: object) -> str:
    """Return a number as people write it: "+8227670000" → "02-767-0000" (Korean) or "+82 2 767 0000"."""
    text = str(number or "")
    found = re.fullmatch(r"\+82(2|\d{2})(\d{3,4})(\d{4})", text)
    if found is None:
        return text
    area, middle, last = found.groups()
    return f"0{area}-{middle}-{last}" if language() == "ko" else f"+82 {area} {middle} {last}"


def short_subject(subject: str) -> str:
    """Return a mail's subject without its sender's name in front and its case number behind: the page says both."""
    return re.sub(r"\s*\(CF-\d{8}-\d{4,}\)\s*$", "", re.sub(r"^\s*\[[^\]]{1,60}\]\s*", "", subject)) or subject
