"""Jobs of planned_interruption and incident: who is told, whether all were, and when a service could not be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from engine import commands, definitions, instances
from engine.process_application import Outcome, Topic, Work
from engine.transaction import Transaction
from workflows import cases, outages, recipients

MOST = 1_000


def find_recipients(tx: Transaction, work: Work) -> Outcome:
    """Gather the subscribers of the services, with those added or taken off by hand; answers how many there are.

    Answers also which other interruptions of the same services overlap with this one.
    """
    case_no, seen = str(work.business_key), work.variables
    services = names(seen.get("services"))
    sequence = seen.get("sequence")
    round_no = sequence if isinstance(sequence, int) else 0
    recipients.gather(tx, case_no, services, round_no)
    for one in _rows(seen.get("remove_recipients")):
        recipients.remove(tx, case_no, str(one["email"]), str(one.get("reason") or ""))
    for one in _rows(seen.get("add_recipients")):
        recipients.add(
            tx, case_no, str(one["email"]), name=_text(one.get("name")), lang=str(one.get("lang") or "ko"),
            reason=str(one.get("reason") or ""), round_no=round_no,
        )  # fmt: skip
    impacted = recipients.tally(tx, case_no).impacted
    return Outcome({"impacted": impacted, "overlapping": _overlapping(tx, case_no, services, seen)})


def _overlapping(tx: Transaction, case_no: str, services: Sequence[str], seen: Mapping[str, object]) -> list[str]:
    start, end = seen.get("start"), seen.get("end")
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return []
    found = []
    for other in cases.find(tx, process="planned_interruption", state="open", limit=MOST):
        if other.no == case_no or other.instance_id is None:
            continue
        theirs = instances.variables(tx, other.instance_id)
        begins, ends = theirs.get("start"), theirs.get("announced_end")
        shared = set(services) & set(names(theirs.get("services")))
        if shared and isinstance(begins, datetime) and isinstance(ends, datetime) and begins < end and start < ends:
            found.append(other.no)
    return found


def judge_notices(tx: Transaction, work: Work) -> Outcome:
    """Answer when the last of all who count was told, None while somebody was not.

    Nobody to be told: the public page told everybody when the interruption was announced.
    """
    told = recipients.told_at(tx, str(work.business_key))
    if told is None and recipients.tally(tx, str(work.business_key)).impacted == 0:
        announced = work.variables.get("announced_at")
        told = announced if isinstance(announced, datetime) else None
    return Outcome({"all_told_at": told})


def begin_planned_outage(tx: Transaction, work: Work) -> Outcome:
    """Note that the announced work began: its minutes are planned ones."""
    services = names(work.variables.get("services"))
    outages.begin(tx, str(work.business_key), services, outages.PLANNED, _instant(tx, work, "actual_start"))
    return Outcome()


def note_overrun(tx: Transaction, work: Work) -> Outcome:
    """From the announced end on the time is unplanned (C1), whatever is announced later; an incident takes it over."""
    case_no, seen = str(work.business_key), work.variables
    services, over = names(seen.get("services")), _instant(tx, work, "announced_end")
    outages.end(tx, case_no, over, outages.PLANNED)
    outages.begin(tx, case_no, services, outages.UNPLANNED, over)
    before = seen.get("overrun_at")
    if isinstance(before, datetime):
        return Outcome({"overrun_at": before, "overrun_case": seen.get("overrun_case")})
    return Outcome({"overrun_at": over, "overrun_case": _open_incident(tx, case_no, services, over, seen)})


def _open_incident(
    tx: Transaction, case_no: str, services: Sequence[str], since: datetime, seen: Mapping[str, object]
) -> str | None:
    if definitions.find_latest(tx, "incident") is None:
        return None
    form: dict[str, object] = {
        "services": list(services), "detected_at": since, "source": "interruption", "customer_share": None,
        "symptom_ko": "예정된 작업이 알려 드린 시각에 끝나지 않아 서비스를 아직 이용하실 수 없습니다.",
        "symptom_en": "Planned work did not end at the announced time; the service is still unavailable.",
        "severity": None, "alert_key": f"overrun {case_no}",
    }  # fmt: skip
    by = _text(seen.get("entered_by"))
    opened = cases.open_case(tx, "incident", channel="staff", lang="ko", form=form, by=by).case
    cases.link(tx, case_no, opened.no, "overrun")
    return opened.no


def end_outage(tx: Transaction, work: Work) -> Outcome:
    """Note that the services of the case can be used again: at the end that was recorded, else now."""
    outages.end(tx, str(work.business_key), _instant(tx, work, "actual_end"))
    return Outcome()


def names(value: object) -> list[str]:
    """Return the service names of a variable."""
    return [str(one) for one in value] if isinstance(value, list) else []


def _rows(value: object) -> list[Mapping[str, object]]:
    return [one for one in value if isinstance(one, Mapping) and one.get("email")] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return str(value) if value else None


def _instant(tx: Transaction, work: Work, name: str) -> datetime:
    found = work.variables.get(name)
    return found if isinstance(found, datetime) else tx.now


FIND_RECIPIENTS = Topic(
    "find_recipients", "알릴 분 모으기", "Find who is to be told", find_recipients,
    inputs=("services", "sequence", "add_recipients", "remove_recipients"), outputs=("impacted", "overlapping"),
)  # fmt: skip
JUDGE_NOTICES = Topic(
    "judge_notices", "모두 알렸는지 보기", "Judge whether all were told", judge_notices, outputs=("all_told_at",)
)
BEGIN_PLANNED_OUTAGE = Topic(
    "begin_planned_outage", "중단 시작 적기", "Note the begin of the work", begin_planned_outage,
    inputs=("services", "actual_start"),
)  # fmt: skip
NOTE_OVERRUN = Topic(
    "note_overrun", "예정을 넘긴 시각 적기", "Note the overrun", note_overrun,
    inputs=("services", "announced_end", "overrun_at"), outputs=("overrun_at", "overrun_case"),
)  # fmt: skip
END_OUTAGE = Topic("end_outage", "중단 끝 적기", "Note the end", end_outage, inputs=("actual_end",))


# ---------------------------------------------------------------- incidents


def find_same_incident(tx: Transaction, work: Work) -> Outcome:
    """Answer the open incident of the same alert, or None: a second alert of one failure joins the first."""
    key = _text(work.variables.get("alert_key"))
    for other in cases.find(tx, process="incident", state="open", limit=MOST) if key else []:
        if other.no != work.business_key and other.form.get("alert_key") == key:
            cases.link(tx, str(work.business_key), other.no, "duplicate_of")
            return Outcome({"same_incident": other.no})
    return Outcome({"same_incident": None})


def begin_incident(tx: Transaction, work: Work) -> Outcome:
    """Gather who is to be told, and note since when the services could not be used: unplanned minutes."""
    case_no, services = str(work.business_key), names(work.variables.get("services"))
    since = _instant(tx, work, "recurred_at" if work.variables.get("recurred_at") else "detected_at")
    outages.begin(tx, case_no, services, outages.UNPLANNED, since)
    tally = recipients.gather(tx, case_no, services)
    return Outcome({"impacted": tally.impacted})


def note_update(tx: Transaction, work: Work) -> Outcome:
    """Keep what was said on the public board, beside the mails."""
    seen = work.variables
    before = seen.get("updates")
    number = seen.get("update_no")
    said: dict[str, object] = {
        "n": (number if isinstance(number, int) else 0) + 1, "at": tx.now,
        "status_ko": seen.get("status_ko"), "status_en": seen.get("status_en"),
    }  # fmt: skip
    return Outcome({"updates": [*(before if isinstance(before, list) else []), said]})


def end_incident(tx: Transaction, work: Work) -> Outcome:
    """Note that the services work again, and tell the cases that hang on this incident (inquiries about it)."""
    case_no, resolved = str(work.business_key), _instant(tx, work, "resolved_at")
    outages.end(tx, case_no, resolved)
    told: dict[str, object] = {"incident_case": case_no, "resolved_at": resolved}
    for other in cases.links_of(tx, case_no):
        if other.process != "planned_interruption":
            commands.publish_message(tx, INCIDENT_RESOLVED, told, business_key=other.no)
    return Outcome({"outage_minutes": outages.case_minutes(tx, case_no)})


INCIDENT_RESOLVED = "MSG_INCIDENT_RESOLVED"  # to the linked cases, once the service works again
FIND_SAME_INCIDENT = Topic(
    "find_same_incident", "같은 장애 찾기", "Find the same incident", find_same_incident,
    inputs=("alert_key",), outputs=("same_incident",),
)  # fmt: skip
BEGIN_INCIDENT = Topic(
    "begin_incident", "알릴 분 모으고 시각 적기", "Gather who is told, note since when", begin_incident,
    inputs=("services", "detected_at"), outputs=("impacted",),
)  # fmt: skip
NOTE_UPDATE = Topic(
    "note_update", "안내 적기", "Note what was told", note_update,
    inputs=("status_ko", "status_en"), outputs=("updates",),
)  # fmt: skip
END_INCIDENT = Topic(
    "end_incident", "복구한 시각 적기", "Note that it works again", end_incident,
    inputs=("resolved_at",), outputs=("outage_minutes",),
)  # fmt: skip
