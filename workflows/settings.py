"""Settings that settle the charter's ambiguous words: versioned by effective date, changed with a reason, audited.

Source: charter.md §0.5. A value is JSON: a duration is its text (`1bd`), a time of day is `18:00`.
"""
# ruff: noqa: E501 - quoted sentences stand on one line, and a Hangul counts twice

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Column, Index, String, Table, Text, insert, select

from engine.errors import InvalidForm, NotFound, Sentence
from engine.store.schema import Id, Instant, Json, metadata
from engine.transaction import Transaction
from workflows import audit

values = Table(
    "charter_settings",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("key", String(80), nullable=False),
    Column("value", Json),
    Column("effective_from", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", String(80), nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_charter_settings_key_effective_from", "key", "effective_from"),
)
Value = str | int | float | bool | None | list[str]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the table. `kind`: duration, time, integer, decimal, boolean, text, list, choice."""

    key: str
    default: Value
    kind: str
    word: Sentence
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A value with the instant from which it counts, and who decided it why."""

    id: int
    key: str
    value: Value
    effective_from: datetime
    changed_at: datetime
    changed_by: str
    reason: str


def _s(
    key: str, default: Value, kind: str, ko: str, en: str, *, choices: tuple[str, ...] = (),
    minimum: float | None = None, maximum: float | None = None,
) -> Setting:  # fmt: skip
    return Setting(key, default, kind, Sentence(ko, en), choices, minimum, maximum)


ALL = (
    _s("W1.limit", "1bd", "duration", "‘1일 이내’", "“within 1 day”"),
    _s("W1.interim_counts", True, "boolean", "시간이 더 필요하다는 안내도 검토결과인가", "Is “we need more time” a review result?"),
    _s("W2.final_mail", "1h", "duration", "‘보다 신속히’", "“faster”"),
    _s("C2.target", "3bd", "duration", "‘최대한 신속하게’ 기본", "“as quickly as possible”, default"),
    _s("C2.target.screen_function", "3bd", "duration", "화면·기능 요청의 검토", "Review of screens and functions"),
    _s("C2.target.system_change", "3bd", "duration", "시스템변경 요청의 검토", "Review of system changes"),
    _s("C2.target.new_dev", "5bd", "duration", "신규개발 요청의 검토", "Review of new developments"),
    _s("C2.target.other", "3bd", "duration", "그 밖의 요청의 검토", "Review of other requests"),
    _s("C3.due_time", "18:00", "time", "‘요청기한 내’의 시각", "“within the requested deadline”, time of day"),
    _s("C3.nonbusiness", "previous", "choice", "요청기한이 휴일이면", "When the requested date is a holiday", choices=("previous", "next", "same")),
    _s("C4.threshold", "1mo", "duration", "‘1개월 이상’", "“a month or more”"),
    _s("C4.basis", "estimate_or_actual", "choice", "1개월을 무엇으로 세는가", "What counts towards the month", choices=("estimate", "actual", "estimate_or_actual")),
    _s("C4.stage_notice", "1bd", "duration", "‘주요 단계별로’ 알리는 기한", "“at each major stage”"),
    _s("C4.max_silence", "1mo", "duration", "소식 없이 지나도 되는 기간", "Longest silence"),
    _s("C4.silence_warn", "-3bd", "duration", "소식을 준비할 시각", "When a progress note is prepared"),
    _s("C5.immediate", "30bmin", "duration", "‘즉시’, ‘장시간’", "“at once”, “long”"),
    _s("C6.lead.regular", "5bd", "duration", "‘사전에’: 정기 점검", "“in advance”: regular maintenance"),
    _s("C6.lead.regulation", "10bd", "duration", "‘사전에’: 제도 변경", "“in advance”: regulation"),
    _s("C6.lead.improvement", "10bd", "duration", "‘사전에’: 서비스 개선", "“in advance”: improvement"),
    _s("C6.lead.emergency", "2h", "duration", "‘사전에’: 긴급", "“in advance”: emergency"),
    _s("C1.first_notice.sev1_market", "5min", "duration", "장중 1등급 장애의 첫 안내", "First notice, severity 1 in market hours"),
    _s("C1.first_notice", "15min", "duration", "장애의 첫 안내", "First notice of an incident"),
    _s("C1.update_every", "30min", "duration", "장애 중간 안내 간격", "Updates during an incident"),
    _s("C1.postmortem", "5bd", "duration", "재발방지 대책 공개", "Post-mortem"),
    _s("C1.availability_target", 99.95, "decimal", "가용률 목표(%)", "Availability target (%)", minimum=0, maximum=100),
    _s("P2.screen", "10bd", "duration", "제안 검토", "Screening of ideas"),
    _s("P6.start", "1bh", "duration", "‘즉시 시정조치’: 시작", "“at once”: started"),
    _s("P6.tell", "4bh", "duration", "‘즉시 시정조치’: 알림", "“at once”: told"),
    _s("F1.start", "1bh", "duration", "‘즉시 시정조치’: 시작", "“immediately”: started"),
    _s("F1.done", "1bd", "duration", "‘즉시 시정조치’: 마침", "“immediately”: done"),
    _s("T1.max_rings", 3, "integer", "‘3번 울릴 때까지’", "“by the 3rd ring”", minimum=1, maximum=20),
    _s("T1.ring_seconds", 3, "integer", "한 번 울리는 시간(초)", "Seconds of one ring", minimum=1, maximum=10),
    _s("T3.source", "form", "choice", "끝인사를 무엇으로 보는가", "Source of the closing", choices=("form", "pbx")),
    _s("T4.jargon_list", ["패치=수정", "이슈=문제", "팔로업=후속 안내", "롤백=원래 상태로 되돌림"], "list", "쉬운 말로 바꿀 낱말", "Words to replace by plain ones"),
    _s("T4.max_sentence", 60, "integer", "한 문장의 길이(자)", "Longest sentence (characters)", minimum=20, maximum=200),
    _s("T5.limit", "5min", "duration", "‘5분 이내에’", "“within 5 minutes”"),
    _s("T5.counts", "attempt", "choice", "무엇을 연락으로 보는가", "What counts as contact", choices=("attempt", "reached")),
    _s("T5.out_of_hours", "next_opening", "choice", "업무시간 밖에 끝난 전화", "Calls that end out of hours", choices=("next_opening", "not_counted")),
    _s("T5.alarm", "3min", "duration", "관리자에게 알리는 시각", "When the manager is alarmed"),
    _s("T6.min_summary", 20, "integer", "‘통화 내용을 전달’하는 글의 길이", "Length of the summary passed on", minimum=0, maximum=200),
    _s("V2.reconcile", "18:00", "time", "출입증을 돌려받는 시각", "When passes must be back"),
    _s("V3.grace_after_late_arrival", "5min", "duration", "‘약속된 시간에’: 늦게 오셨을 때", "“at the agreed time”: after a late arrival"),
    _s("O1.lead", "1bd", "duration", "‘사전에 연락’", "“contact beforehand”"),
    _s("O2.mail", "1bd", "duration", "방문 결과를 보내는 기한", "Result mail after a visit"),
    _s("E1.per_year", 2, "integer", "한 해 조사 횟수", "Surveys a year", minimum=1, maximum=12),
    _s("E1.min_n", 30, "integer", "필요한 응답 수", "Answers needed", minimum=1, maximum=100000),
    _s("E1.min_rate", 0.2, "decimal", "필요한 응답률", "Response rate needed", minimum=0, maximum=1),
    _s("E1.extend", "5bd", "duration", "조사 연장", "Extension of a survey"),
    _s("E1.action", "20bd", "duration", "개선 활동", "Improvement action"),
    _s("E2.publish", "20bd", "duration", "‘공표’", "“published”"),
    _s("K1.fatigue", "90d", "duration", "다음 조사까지 두는 간격", "Least distance between surveys"),
    _s("K2.channels", ["web", "phone", "email", "visit"], "list", "불편을 알리는 길", "Ways to complain"),
    _s("K3.ack", "1bd", "duration", "칭찬에 답하는 기한", "Acknowledgement of a compliment"),
    _s("K3.decide", "monthly", "choice", "모범 사례를 정하는 때", "When commendations are decided", choices=("monthly", "quarterly")),
    _s("F2.verify", "5bd", "duration", "‘사실이 확인되면’", "“confirmed as fact”"),
    _s("F2.offer", "1bd", "duration", "사례품 안내", "Offer of the gift"),
    _s("F2.dispatch", "10bd", "duration", "사례품 발송", "Dispatch of the gift"),
    _s("F2.expire", "20bd", "duration", "사례품을 고르는 기간", "Time to accept the gift"),
    _s("F2.max", 50000, "integer", "‘소정의 사례품’(원)", "“small gift” (won)", minimum=0, maximum=50000),
    _s("F2.yearly_count", 3, "integer", "한 해 사례품 횟수", "Gifts a year", minimum=0, maximum=12),
    _s("F2.yearly_sum", 150000, "integer", "한 해 사례품 합계(원)", "Sum of gifts a year (won)", minimum=0, maximum=600000),
    _s("F2.same_fact_window", "30d", "duration", "같은 사실로 보는 기간", "Window of the same fact"),
    _s("F2.appeal", "10bd", "duration", "다시 확인을 요청하는 기간", "Time to appeal"),
    _s("P3.reopen_window", "14d", "duration", "다시 연 것으로 세는 기간", "Window of rework"),
    _s("P4.checks_per_month", 4, "integer", "한 달 점검 횟수", "Checks a month", minimum=0, maximum=100),
    _s("P5.publish", "10bd", "duration", "‘신뢰받는 경영활동’: 공표", "“trusted management”: publication"),
    _s("publish.min_n", 5, "integer", "비율로 보이는 최소 건수", "Least number shown as a percentage", minimum=1, maximum=100),
    _s("promise.warn_ratio", 0.8, "decimal", "임박을 알리는 시점", "When a promise warns", minimum=0.1, maximum=0.99),
    _s("escalate.hold_grace", "30min", "duration", "마감 뒤 바로 알리는 시간", "Notices after closing"),
    _s("quiet_hours.from", "21:00", "time", "밤에 보내지 않는 시각: 부터", "Quiet hours: from"),
    _s("quiet_hours.until", "08:00", "time", "밤에 보내지 않는 시각: 까지", "Quiet hours: until"),
    _s("survey.target_csat", 4.0, "decimal", "만족도 목표", "Target satisfaction", minimum=1, maximum=5),
    _s("voc.substantive_min_chars", 50, "integer", "내용 있는 답변의 길이", "Length of a substantive reply", minimum=0, maximum=1000),
    _s("coverage.block_deploy", True, "boolean", "조항이 빠지는 배포를 막는가", "Refuse a release that drops a clause"),
    _s("tracking.show_contact", True, "boolean", "고객에게 담당자를 보이는가", "Show the contact person to the customer"),
    _s("calendar.breaks", [], "list", "업무시간에서 빼는 시간", "Breaks in business hours"),
    _s("verify.valid", "72h", "duration", "확인 링크의 기간", "Validity of the verify link"),
    _s("reopen.window", "90d", "duration", "다시 열 수 있는 기간", "Time to reopen"),
    _s("wait.remind", "5bd", "duration", "회신을 다시 청하는 때", "Reminder to the customer"),
    _s("wait.close", "10bd", "duration", "회신이 없어 닫는 때", "Close without an answer"),
    _s("confirm.auto_close", "5bd", "duration", "확인이 없어 닫는 때", "Close without confirmation"),
    _s("breach.reason_due", "2bd", "duration", "위반 사유를 적는 기한", "Time to explain a breach"),
    _s("optional.breach_voucher", "off", "choice", "지키지 못한 약속의 보상", "Voucher for a missed promise", choices=("off", "5000", "10000")),
    _s("target", 95.0, "decimal", "조항 목표(%)", "Target of a clause (%)", minimum=0, maximum=100),
    _s("target.C1", 99.95, "decimal", "핵심 1항 목표(%)", "Target of Core 1 (%)", minimum=0, maximum=100),
)  # fmt: skip

SETTINGS: Mapping[str, Setting] = MappingProxyType({setting.key: setting for setting in ALL})
_DURATION = re.compile(r"-?[1-9]\d{0,3}(min|h|bmin|bh|bd|bd_end|d|d_civil|mo)(@open)?")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def value(tx: Transaction, key: str, at: datetime | None = None) -> Value:
    """Return the value of a setting at an instant (default now); raises NotFound for a key that there is not."""
    if key not in SETTINGS:
        raise NotFound(Sentence(f"그런 설정은 없습니다: {key}", f"There is no setting {key!r}"))
    moment = at or tx.now
    known = [change for change in _changes(tx).get(key, ()) if change.effective_from <= moment]
    return known[-1].value if known else SETTINGS[key].default


def text_of(tx: Transaction, key: str, at: datetime | None = None) -> str:
    """Return the value of a setting that is a text, e.g. a duration."""
    return str(value(tx, key, at))


def number_of(tx: Transaction, key: str, at: datetime | None = None) -> float:
    """Return the value of a setting that is a number."""
    found = value(tx, key, at)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise TypeError(f"Expected a number in setting {key}, but got {found!r}")
    return found


def is_on(tx: Transaction, key: str) -> bool:
    """Return whether a boolean setting is on."""
    return value(tx, key) is True


def all_values(tx: Transaction) -> dict[str, Value]:
    """Return every setting's value as it counts now."""
    return {key: value(tx, key) for key in SETTINGS}


def history(tx: Transaction, key: str) -> list[SettingChange]:
    """Return every change of a setting, by the instant from which it counts; future ones too."""
    return list(_changes(tx).get(key, ()))


def change(
    tx: Transaction, key: str, new_value: object, *, effective_from: datetime | None = None, reason: str
) -> SettingChange:
    """Set a value from an instant on (default now); raises NotFound, or InvalidForm for `value`, `effective_from`, `reason`.

    A value never counts for the past: promises that run keep their deadline.
    """
    if key not in SETTINGS:
        raise NotFound(Sentence(f"그런 설정은 없습니다: {key}", f"There is no setting {key!r}"))
    since = effective_from or tx.now
    errors: dict[str, list[Sentence]] = {}
    wrong = _wrong(SETTINGS[key], new_value)
    if wrong:
        errors["value"] = [wrong]
    if since < tx.now:
        errors["effective_from"] = [
            Sentence("지난 때부터는 바꿀 수 없습니다.", "A setting cannot change from a past instant.")
        ]
    if len(reason.strip()) < 2:
        errors["reason"] = [Sentence("바꾸는 까닭을 적어 주십시오.", "Please say why it changes.")]
    if errors:
        raise InvalidForm(errors)
    before = value(tx, key, since)
    row = {
        "key": key, "value": new_value, "effective_from": since,
        "changed_at": tx.now, "changed_by": tx.actor, "reason": reason.strip(),
    }  # fmt: skip
    number = tx.connection.execute(insert(values).values(**row).returning(values.c.id)).scalar_one()
    tx.cache.pop(_CACHED, None)
    audit.record(tx, "setting changed", key, {"from": before, "to": new_value, "reason": reason.strip()})
    return SettingChange(id=number, **row)  # type: ignore[arg-type]


_CACHED = "charter settings"


def _changes(tx: Transaction) -> dict[str, list[SettingChange]]:
    cached = tx.cache.get(_CACHED)
    if isinstance(cached, dict):
        return cached
    found: dict[str, list[SettingChange]] = {}
    for row in tx.connection.execute(select(values).order_by(values.c.effective_from, values.c.id)).mappings():
        found.setdefault(row["key"], []).append(SettingChange(**row))
    tx.cache[_CACHED] = found
    return found


def _wrong(setting: Setting, new_value: object) -> Sentence | None:
    """Return why a value does not fit its setting, or None."""
    match setting.kind:
        case "duration":
            fits = isinstance(new_value, str) and _DURATION.fullmatch(new_value) is not None
            return (
                None
                if fits
                else Sentence("기간은 3bd, 1h, 1mo처럼 적습니다.", "A duration is written like 3bd, 1h or 1mo.")
            )
        case "time":
            fits = isinstance(new_value, str) and _TIME.fullmatch(new_value) is not None
            return None if fits else Sentence("시각은 18:00처럼 적습니다.", "A time is written like 18:00.")
        case "boolean":
            return None if isinstance(new_value, bool) else Sentence("예 또는 아니요입니다.", "Expected true or false.")
        case "choice":
            fits = new_value in setting.choices
            listed = ", ".join(setting.choices)
            return None if fits else Sentence(f"다음 가운데 하나입니다: {listed}", f"Expected one of: {listed}")
        case "list":
            fits = isinstance(new_value, list) and all(isinstance(v, str) for v in new_value)
            return None if fits else Sentence("글의 목록입니다.", "Expected a list of texts.")
        case _:
            return _wrong_number(setting, new_value)


def _wrong_number(setting: Setting, new_value: object) -> Sentence | None:
    whole = setting.kind == "integer"
    fits = not isinstance(new_value, bool) and isinstance(new_value, int if whole else int | float)
    if not fits or not isinstance(new_value, int | float):
        return Sentence("수를 적어 주십시오.", "Expected a number.")
    low, high = setting.minimum, setting.maximum
    if (low is not None and new_value < low) or (high is not None and new_value > high):
        return Sentence(f"{low:g} 이상 {high:g} 이하입니다.", f"Expected {low:g} to {high:g}.")
    return None
