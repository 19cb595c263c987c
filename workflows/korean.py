"""Dates, money and particles as people write them: 2026년 9월 28일(월) 15:00, Mon 28 Sep 2026, 15:00 KST, 30,000원."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")

WEEKDAYS_KO = "월화수목금토일"
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _day(value: date) -> date:
    """The date on the wall in Seoul."""
    return value.astimezone(SEOUL).date() if isinstance(value, datetime) else value


def date_ko(value: date) -> str:
    """Return '2026년 9월 28일(월)' of a date, or of an instant in Seoul."""
    return f"{_day(value).year}년 {date_short_ko(value)}"


def date_short_ko(value: date) -> str:
    """Return '9월 28일(월)'."""
    day = _day(value)
    return f"{day.month}월 {day.day}일({WEEKDAYS_KO[day.weekday()]})"


def time_ko(value: datetime | time) -> str:
    """Return '15:00', of an instant the time in Seoul."""
    moment = value.astimezone(SEOUL) if isinstance(value, datetime) else value
    return f"{moment.hour:02}:{moment.minute:02}"


def datetime_ko(instant: datetime) -> str:
    """Return '2026년 9월 28일(월) 15:00'."""
    return f"{date_ko(instant)} {time_ko(instant)}"


def datetime_short_ko(instant: datetime) -> str:
    """Return '9월 28일(월) 15:00'."""
    return f"{date_short_ko(instant)} {time_ko(instant)}"


def date_en(value: date) -> str:
    """Return 'Mon 28 Sep 2026'."""
    return f"{date_short_en(value)} {_day(value).year}"


def date_short_en(value: date) -> str:
    """Return 'Mon 28 Sep'."""
    day = _day(value)
    return f"{WEEKDAYS_EN[day.weekday()]} {day.day} {MONTHS_EN[day.month - 1]}"


def time_en(value: datetime | time) -> str:
    """Return '15:00'."""
    return time_ko(value)


def datetime_en(instant: datetime) -> str:
    """Return 'Mon 28 Sep 2026, 15:00 KST'."""
    return f"{date_en(instant)}, {time_en(instant)} KST"


def datetime_short_en(instant: datetime) -> str:
    """Return 'Mon 28 Sep, 15:00'."""
    return f"{date_short_en(instant)}, {time_en(instant)}"


def money_ko(amount: int | Decimal) -> str:
    """Return '30,000원'."""
    return f"{int(amount):,}원"


def money_en(amount: int | Decimal) -> str:
    """Return 'KRW 30,000'."""
    return f"KRW {int(amount):,}"


# Final consonants of what a text sounds like at its end: "" for none, "ㄹ" apart because of 로.
_DIGITS = {"0": "ㅇ", "1": "ㄹ", "2": "", "3": "ㅁ", "4": "", "5": "", "6": "ㄱ", "7": "ㄹ", "8": "ㄹ", "9": ""}
_ZEROS = {1: "ㅂ", 2: "ㄱ", 3: "ㄴ"}  # 십, 백, 천; from four zeros on 만, 억, 조
_LETTERS = {"L": "ㄹ", "M": "ㅁ", "N": "ㄴ", "R": "ㄹ"}  # 엘, 엠, 엔, 알; every other letter's name ends in a vowel
_WORD_END = re.compile(r"(?:ng|[mn]|(?<=[aeiou])[kptbc]|ck)$")
_IN_BRACKETS = re.compile(r"(?<=\S)\s*[(\[〈(][^()\[\]〈〉()]*[)\]〉)]$")
_CLOSING_MARKS = " \t\n.,!?;:'\"’”」』》〉)]}>…·*"
_PAIRS = {
    "을": ("을", "를"), "를": ("을", "를"), "은": ("은", "는"), "는": ("은", "는"),
    "이": ("이", "가"), "가": ("이", "가"), "과": ("과", "와"), "와": ("과", "와"),
    "으로": ("으로", "로"), "로": ("으로", "로"), "이라": ("이라", "라"), "라": ("이라", "라"),
    "이나": ("이나", "나"), "나": ("이나", "나"), "아": ("아", "야"), "야": ("아", "야"),
}  # fmt: skip


def particle(text: str, pair: str) -> str:
    """Return the particle of a pair such as '을/를' that fits after the text, by how its end is read aloud."""
    with_final, without = _PAIRS[pair.split("/")[0]]
    final = _final(text)
    if with_final == "으로" and final == "ㄹ":
        return without
    return with_final if final else without


def with_particle(text: str, pair: str) -> str:
    """Return the text and the particle that fits after it."""
    return text + particle(text, pair)


def _final(text: str) -> str:
    """The final consonant at the end of the text, "" for a vowel; brackets at the end are not read."""
    spoken = _IN_BRACKETS.sub("", text.rstrip()).rstrip(_CLOSING_MARKS)
    if not spoken:
        return ""
    last = spoken[-1]
    if "가" <= last <= "힣":
        index = (ord(last) - ord("가")) % 28
        return "" if not index else "ㄹ" if index == 8 else "받침"
    if last in _DIGITS:
        return _final_of_number(spoken)
    return _final_of_latin(spoken) if last.isascii() and last.isalpha() else ""


def _final_of_number(spoken: str) -> str:
    clock = re.search(r"(?<!\d)\d{1,2}:(\d\d)$", spoken)
    if clock:
        return "" if clock[1] == "00" else "ㄴ"  # 시, 분
    digits = re.search(r"[\d,.]*\d$", spoken)
    number = digits[0].replace(",", "") if digits else spoken[-1]
    zeros = len(number) - len(number.rstrip("0"))
    if not zeros or "." in number or number.startswith("0"):
        return _DIGITS[number[-1]]
    return _ZEROS.get(zeros, "ㄴ" if zeros < 8 else "ㄱ" if zeros < 12 else "")


def _final_of_latin(spoken: str) -> str:
    word = re.search(r"[A-Za-z]+$", spoken)
    letters = word[0] if word else spoken[-1]
    if letters.isupper():
        return _LETTERS.get(letters[-1], "")
    if letters.lower().endswith("l"):
        return "ㄹ"
    return "받침" if _WORD_END.search(letters.lower()) else ""
