"""Phone: a telephone number as people in Korea write it, to its international form (E.164)."""

from __future__ import annotations

import re

_MARKS = re.compile(r"[\s\-.()]", re.ASCII)
_FOREIGN = re.compile(r"\+(?!82)[1-9]\d{6,14}", re.ASCII)
# Numbering plan of Korea without the leading 0: Seoul, other areas, mobile, internet, freephone, 0505 …
_NATIONAL = re.compile(r"2\d{7,8}|[3-6][1-5]\d{7,8}|10\d{8}|1[16789]\d{7,8}|70\d{8}|80\d{7,8}|50\d{8,9}", re.ASCII)
_NATIONWIDE = re.compile(r"1[5689]\d{6}", re.ASCII)  # 1588-0000: dialled without an area code


def international(text: str) -> str | None:
    """Return the number as '+82…' (or with its own country code), None when it is no whole telephone number."""
    digits = _MARKS.sub("", text)
    if _FOREIGN.fullmatch(digits):
        return digits
    if digits.startswith("+82"):
        national = digits[3:].removeprefix("0")
    elif digits.startswith("0"):
        national = digits[1:]
    else:
        return f"+82{digits}" if _NATIONWIDE.fullmatch(digits) else None
    if _NATIONAL.fullmatch(national) or (digits.startswith("+") and _NATIONWIDE.fullmatch(national)):
        return f"+82{national}"
    return None
