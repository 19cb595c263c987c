"""What a form says beside a field: what was expected and what to do, in both languages."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.errors import Sentence

KOREA = ZoneInfo("Asia/Seoul")  # sentences are read by people: the edge where instants get their wall clock
WEEKDAYS = ("월", "화", "수", "목", "금", "토", "일")
DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

ONE_EMAIL = Sentence(
    "이메일 주소는 하나만 적어 주십시오. 예: na@example.com", "Give one e-mail address. For example: na@example.com"
)
WHOLE_EMAIL = Sentence(
    "이메일 주소가 끝까지 적히지 않았습니다. 예: na@example.com",
    "The e-mail address is not complete. For example: na@example.com",
)
LATIN_EMAIL = Sentence(
    "이메일 주소는 영문자와 숫자로 적어 주십시오. 예: na@example.com",
    "Write the e-mail address in Latin letters and digits. For example: na@example.com",
)
PHONE = Sentence(
    "전화번호를 지역번호나 010부터 적어 주십시오. 예: 02-767-0000, 010-1234-5678",
    "Give the telephone number from its area code or 010. For example: 02-767-0000, 010-1234-5678",
)
INTEGER = Sentence("0부터 9까지의 숫자로만 적어 주십시오. 예: 45", "Write a whole number in digits. For example: 45")
DECIMAL = Sentence(
    "0부터 9까지의 숫자로 적어 주십시오. 소수점은 한 번 쓸 수 있습니다. 예: 2.5",
    "Write a number in digits, with at most one decimal point. For example: 2.5",
)
LARGE = Sentence("수가 너무 큽니다. 15자리까지 적을 수 있습니다.", "The number is too large: at most 15 digits.")
YES_NO = Sentence("예 또는 아니요 가운데 하나를 골라 주십시오.", "Choose yes or no.")
DATE = Sentence(
    "날짜를 연-월-일로 적어 주십시오. 예: 2026-09-28", "Write the date as year-month-day. For example: 2026-09-28"
)
DATETIME = Sentence(
    "날짜와 시각을 시간대까지 적어 주십시오. 예: 2026-09-28T15:00+09:00",
    "Write date and time with the zone. For example: 2026-09-28T15:00+09:00",
)
TIME = Sentence("시각을 시:분으로 적어 주십시오. 예: 15:00", "Write the time as hours:minutes. For example: 15:00")
ONE_LINE = Sentence("줄을 바꾸지 말고 한 줄로 적어 주십시오.", "Write this on one line.")
PLAIN_TEXT = Sentence(
    "보이지 않는 글자가 섞여 있습니다. 글을 지우고 다시 적어 주십시오.",
    "There are invisible characters in the text. Clear it and type it again.",
)
TEXT = Sentence("글로 적어 주십시오.", "Write this as text.")
ONE_OF = Sentence("목록에 있는 것 가운데 하나를 골라 주십시오.", "Choose one of the list.")
SOME_OF = Sentence("목록에 있는 것만 골라 주십시오.", "Choose only from the list.")
ROWS = Sentence("줄마다 항목을 채워 주십시오.", "Fill in the fields of each row.")
CONTACT = Sentence("이름과 연락처를 항목별로 적어 주십시오.", "Give name and contact in their own fields.")
FILES = Sentence("파일을 다시 골라 주십시오.", "Choose the files again.")
CASE = Sentence(
    "접수번호를 그대로 적어 주십시오. 예: CF-20260923-0001", "Give the case number. For example: CF-20260923-0001"
)
LANGUAGE = Sentence("한국어(ko)와 영어(en) 가운데 하나를 골라 주십시오.", "Choose Korean (ko) or English (en).")


def needed(label: Sentence, chosen: bool) -> Sentence:
    """Return what is said beside a needed field that is empty."""
    if chosen:
        return Sentence(f"{label.ko} 항목을 골라 주십시오.", f"Choose an answer: {label.en}")
    return Sentence(f"{label.ko} 항목을 적어 주십시오.", f"Fill this in: {label.en}")


def no_such_day(text: str) -> Sentence:
    """Return what is said of 30 February."""
    return Sentence(f"달력에 없는 날짜입니다: {text}", f"There is no such day: {text}")


def too_short(count: int, given: int) -> Sentence:
    """Return what is said of a text with too few characters."""
    return Sentence(
        f"{count}자 이상 적어 주십시오. 지금 {given}자입니다.", f"Write at least {count} characters; there are {given}."
    )


def too_long(count: int, given: int) -> Sentence:
    """Return what is said of a text with too many characters."""
    return Sentence(
        f"{count:,}자까지 적을 수 있습니다. 지금 {given:,}자이니 줄여 주십시오.",
        f"At most {count:,} characters are possible; there are {given:,}. Shorten the text.",
    )


def too_few_items(count: int, given: int) -> Sentence:
    """Return what is said of a list with too few entries."""
    return Sentence(
        f"{count}개 이상 필요합니다. 지금 {given}개입니다.", f"At least {count} are needed; there are {given}."
    )


def too_many_items(count: int, given: int) -> Sentence:
    """Return what is said of a list with too many entries."""
    return Sentence(
        f"{count}개까지 넣을 수 있습니다. 지금 {given}개입니다.", f"At most {count} are possible; there are {given}."
    )


def below(limit: object) -> Sentence:
    """Return what is said of a value before or under its limit."""
    ko, en = shown(limit)
    if isinstance(limit, date | time):
        return Sentence(f"{ko} 또는 그 뒤로 적어 주십시오.", f"This must be {en} or later.")
    return Sentence(f"{ko} 이상으로 적어 주십시오.", f"This must be at least {en}.")


def above(limit: object) -> Sentence:
    """Return what is said of a value after or over its limit."""
    ko, en = shown(limit)
    if isinstance(limit, date | time):
        return Sentence(f"{ko} 또는 그 앞으로 적어 주십시오.", f"This must be {en} or earlier.")
    return Sentence(f"{ko} 이하로 적어 주십시오.", f"This must be at most {en}.")


def wrong_pattern(hint: Sentence | None) -> Sentence:
    """Return what is said of a text that does not have its form; the field's hint says which."""
    if hint is None:
        return Sentence("정해진 모양으로 적어 주십시오.", "Write this in the form that is asked for.")
    return Sentence(f"정해진 모양으로 적어 주십시오. {hint.ko}", f"Write this in the form that is asked for. {hint.en}")


def shown(limit: object) -> tuple[str, str]:
    """Return a limit as people write it, Korean and English."""
    match limit:
        case datetime():
            local = limit.astimezone(KOREA)
            ko, en = shown(local.date())
            return f"{ko} {local:%H:%M}", f"{en}, {local:%H:%M} KST"
        case date():
            korean = f"{limit.year}년 {limit.month}월 {limit.day}일({WEEKDAYS[limit.weekday()]})"
            return korean, f"{DAYS_EN[limit.weekday()]} {limit.day} {MONTHS_EN[limit.month - 1]} {limit.year}"
        case time():
            return f"{limit:%H:%M}", f"{limit:%H:%M}"
        case Decimal() | float():
            number = format(Decimal(str(limit)).normalize(), ",f")
            return number, number
        case int():
            return f"{limit:,}", f"{limit:,}"
    return str(limit), str(limit)
