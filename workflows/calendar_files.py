"""Calendar entries attached to mails (RFC 5545), in Seoul's time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from engine.mails import Attachment
from workflows.korean import SEOUL

_ZONE = (
    "BEGIN:VTIMEZONE", "TZID:Asia/Seoul", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0900",
    "TZOFFSETTO:+0900", "TZNAME:KST", "END:STANDARD", "END:VTIMEZONE",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One entry. The same `uid` with a higher `sequence` changes it; `cancelled` takes it back."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    summary: str
    place: str = ""
    sequence: int = 0
    cancelled: bool = False


def calendar_file(entry: CalendarEntry, made_at: datetime) -> Attachment:
    """Return the entry as an attachment that calendars take."""
    method = "CANCEL" if entry.cancelled else "PUBLISH"
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Charterflow//KO", f"METHOD:{method}", *_ZONE, "BEGIN:VEVENT",
        f"UID:{entry.uid}", f"SEQUENCE:{entry.sequence}", f"DTSTAMP:{made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;TZID=Asia/Seoul:{_local(entry.starts_at)}", f"DTEND;TZID=Asia/Seoul:{_local(entry.ends_at)}",
        f"SUMMARY:{_escaped(entry.summary)}",
        *([f"LOCATION:{_escaped(entry.place)}"] if entry.place else []),
        *(["STATUS:CANCELLED"] if entry.cancelled else []),
        "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    text = "".join(f"{_folded(line)}\r\n" for line in lines)
    return Attachment("calendar.ics", f"text/calendar; charset=utf-8; method={method}", text)


def _local(instant: datetime) -> str:
    return f"{instant.astimezone(SEOUL):%Y%m%dT%H%M%S}"


def _escaped(text: str) -> str:
    for sign, instead in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r", ""), ("\n", "\\n")):
        text = text.replace(sign, instead)
    return text


def _folded(line: str) -> str:
    """At most 75 octets a line, never cut inside a character."""
    parts: list[str] = []
    current = b""
    for sign in line:
        octets = sign.encode()
        if len(current) + len(octets) > (75 if not parts else 74):
            parts.append(current.decode())
            current = b""
        current += octets
    return "\r\n ".join([*parts, current.decode()])
