"""Everyone: the charter and what became of it, what was missed first; figures are counted from promise rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template

from engine.errors import Sentence
from engine.transaction import Transaction
from web.language import language, say
from web.product import product
from web.words import day_text, now, promise_sentence, seoul, spec_text, t
from workflows import clauses, figures, settings
from workflows.clauses import Clause, ClauseKind
from workflows.figures import ClauseFigure, Period

blueprint = Blueprint("charter", __name__)

SECTIONS: tuple[tuple[str, Sentence], ...] = (
    ("C", Sentence("핵심서비스 이행표준", "Core service standards")),
    ("T", Sentence("고객이 전화를 주셨을 경우", "When you telephone")),
    ("V", Sentence("고객께서 방문하신 경우", "When you visit us")),
    ("O", Sentence("고객을 방문하는 경우", "When we visit you")),
    ("W", Sentence("고객이 인터넷 등을 통해 문의하신 경우", "When you write on the internet")),
    ("E", Sentence("서비스에 대한 평가", "Evaluation of our service")),
    ("K", Sentence("고객에 대한 협조 요청사항", "What we ask of you")),
    ("F", Sentence("시정과 사례", "Correction and reward")),
)
# What the charter's vague words mean in numbers, by the settings that say so: {0}, {1} are their values.
MEANS: Mapping[str, tuple[Sentence, tuple[str, ...]]] = {
    "C1": (
        Sentence(
            "서비스마다 한 달 가용률 {0} %가 목표입니다. 미리 알린 중단은 뺍니다.",
            "Each service aims at {0} % availability a month. Announced interruptions do not count.",
        ),
        ("C1.availability_target",),
    ),
    "C2": (
        Sentence(
            "‘최대한 신속하게’는 {0}, 신규 개발은 {1}입니다.",
            "“As quickly as possible” is {0}; {1} for new development.",
        ),
        ("C2.target", "C2.target.new_dev"),
    ),
    "C3": (
        Sentence(
            "요청하신 날 {0}까지입니다. 휴일이면 그 앞 영업일입니다.",
            "By {0} on the day you ask for; on a holiday, the business day before.",
        ),
        ("C3.due_time",),
    ),
    "C4": (
        Sentence(
            "‘1개월 이상’은 {0}, 단계 결과는 예정일 뒤 {1} 안에 알립니다.",
            "“A month or more” is {0}; each stage’s result is told within {1} of its planned date.",
        ),
        ("C4.threshold", "C4.stage_notice"),
    ),
    "C5": (Sentence("‘즉시’는 {0}입니다.", "“At once” is {0}."), ("C5.immediate",)),
    "C6": (
        Sentence(
            "‘사전에’는 정기 점검 {0}, 제도 변경과 개선 {1} 전입니다.",
            "“In advance” is {0} before regular maintenance, {1} before changes.",
        ),
        ("C6.lead.regular", "C6.lead.improvement"),
    ),
    "T1": (Sentence("벨이 {0}번 울리기 전에 받습니다.", "Answered within {0} rings."), ("T1.max_rings",)),
    "T5": (Sentence("통화가 끝난 때부터 {0} 안입니다.", "Within {0} from the end of the call."), ("T5.limit",)),
    "V2": (Sentence("그날 {0}까지 신분증을 돌려 드립니다.", "Your ID is back by {0} that day."), ("V2.reconcile",)),
    "V3": (
        Sentence("늦게 오셔도 {0} 안에 맞이합니다.", "If you come late, within {0}."),
        ("V3.grace_after_late_arrival",),
    ),
    "O1": (Sentence("적어도 {0} 전에 연락드립니다.", "We call at least {0} before."), ("O1.lead",)),
    "O2": (
        Sentence("결과는 {0} 안에 글로도 보내 드립니다.", "The result also comes in writing within {0}."),
        ("O2.mail",),
    ),
    "W1": (Sentence("‘1일 이내’는 {0}입니다.", "“Within 1 day” is {0}."), ("W1.limit",)),
    "W2": (Sentence("‘보다 신속히’는 결정한 뒤 {0}입니다.", "“Faster” is {0} after the decision."), ("W2.final_mail",)),
    "E2": (
        Sentence("조사가 끝나고 {0} 안에 공표합니다.", "Published within {0} of the survey’s end."),
        ("E2.publish",),
    ),
    "K3": (Sentence("칭찬은 {0} 안에 답해 드립니다.", "A compliment is answered within {0}."), ("K3.ack",)),
    "F1": (
        Sentence(
            "‘즉시’는 {0} 안에 시작하여 {1} 안에 마치는 것입니다.",
            "“Immediately” is begun within {0} and done within {1}.",
        ),
        ("F1.start", "F1.done"),
    ),
    "F2": (
        Sentence(
            "사실 확인은 {0}, 보내 드리는 것은 {1} 안입니다.",
            "Facts are checked within {0}, the gift is sent within {1}.",
        ),
        ("F2.verify", "F2.dispatch"),
    ),
}
ROLLED_UP = frozenset({"P3"})  # counts promises of other clauses once more: shown, never added up


@dataclass(frozen=True, slots=True)
class FigureView:
    """One published number: big, the count it comes from below it, the misses below that."""

    number: str = ""
    unit: str = ""
    words: str = ""
    count: str = ""
    missed: str = ""
    all_kept: bool = False
    few: bool = False


@dataclass(frozen=True, slots=True)
class HowLine:
    """One line of the working of a figure."""

    state: str
    words: str
    count: str


@dataclass(frozen=True, slots=True)
class How:
    """How a figure was counted."""

    sentence: str
    lines: Sequence[HowLine]
    sum: str


@dataclass(frozen=True, slots=True)
class ClauseView:
    """One clause with its figure beside it."""

    id: str
    number: str
    text: str
    means: str
    how: How | None
    figure: FigureView


@dataclass(frozen=True, slots=True)
class Missed:
    """A clause that was missed: how often, why, and what changes."""

    count: int
    promise: str
    clause: str
    why: str
    change: str


@blueprint.get("/")
def index() -> str:
    """Show the charter with this quarter's figures."""
    with product().engine.reading() as tx:
        span = figures.period(figures.quarter_of(now()))
        found = {f.clause.id: f for f in figures.compliance(tx, span.name)}
        minimum = int(settings.number_of(tx, "publish.min_n"))
        sections = [
            {"title": say(title), "clauses": [_clause_view(tx, c, found[c.id], span, minimum) for c in _of(letter)]}
            for letter, title in SECTIONS
        ]
    counted = [f for f in found.values() if f.clause.id not in ROLLED_UP]
    missed = sorted((f for f in counted if f.breached), key=lambda f: -f.breached)
    return render_template(
        "charter/index.html",
        period={"title": period_title(span)},
        decided=f"{sum(f.decided for f in counted):,}" if any(f.decided for f in counted) else "",
        missed_total=f"{sum(f.breached for f in missed):,}" if missed else "",
        running=sum(f.running for f in counted),
        missed=[Missed(f.breached, _short(f.clause), f.clause.id, "", "") for f in missed],
        statement=_ended(t(clauses.clause("S1").ko, clauses.clause("S1").en)),
        declaration=_ended(t(clauses.clause("D1").ko, clauses.clause("D1").en)),
        pledges=[{"id": c.id, "text": _ended(t(c.ko, c.en))} for c in _of("P")],
        sections=sections,
    )


def _of(letter: str) -> list[Clause]:
    return [c for c in clauses.ALL if c.id.startswith(letter)]


def _ended(text: object) -> str:
    return str(text).rstrip(".") + "."


def _short(clause: Clause) -> str:
    return str(t(clause.figure.ko, clause.figure.en))


def period_title(span: Period) -> str:
    """Return "2026년 3분기 · 7월 1일 – 9월 30일"."""
    first, last = seoul(span.from_at).date(), seoul(span.until - timedelta(days=1)).date()
    quarter, year = (first.month + 2) // 3, first.year
    days = f"{day_text(first, weekday=False, year=False)} – {day_text(last, weekday=False, year=False)}"
    name = t("{year}년 {q}분기", "Quarter {q} of {year}", year=year, q=quarter)
    return f"{name} · {days}"


def _clause_view(tx: Transaction, clause: Clause, figure: ClauseFigure, span: Period, minimum: int) -> ClauseView:
    return ClauseView(
        id=clause.id,
        number=clause.id[1:],
        text=_ended(t(clause.ko, clause.en)),
        means=_means(tx, clause.id),
        how=_how(clause, figure, span),
        figure=figure_view(figure, minimum),
    )


def _means(tx: Transaction, clause_id: str) -> str:
    known = MEANS.get(clause_id)
    if known is None:
        return ""
    words, keys = known
    return say(words).format(*(_setting_words(tx, key) for key in keys))


def _setting_words(tx: Transaction, key: str) -> str:
    value = settings.value(tx, key)
    return spec_text(value) or str(value) if isinstance(value, str) else str(value)


def figure_view(figure: ClauseFigure, minimum: int) -> FigureView:
    """Return a figure as it is published: no number without its count, no percentage of fewer than `minimum`."""
    missed = str(t("못 지킴 {n}건", "{n} missed", n=figure.breached)) if figure.breached else ""
    if figure.decided == 0:
        return FigureView(words=_nothing(figure), count=_running(figure))
    if figure.decided < minimum or figure.percent is None:
        unit = t("/{n}건", "of {n}", n=figure.decided)
        return FigureView(number=str(figure.kept), unit=str(unit), missed=missed, few=True)
    count = t("{kept:,} / {decided:,}건", "{kept:,} of {decided:,}", kept=figure.kept, decided=figure.decided)
    return FigureView(str(figure.percent), "%", count=str(count), missed=missed, all_kept=not figure.breached)


def _nothing(figure: ClauseFigure) -> str:
    if figure.kind is ClauseKind.REQUEST:
        return str(t("부탁드리는 말씀", "a request to you"))
    return str(t("해당 없음", "n/a"))


def _running(figure: ClauseFigure) -> str:
    if figure.kind is ClauseKind.REQUEST:
        return ""
    if figure.running:
        return str(t("기한이 남은 것 {n}건", "{n} not yet due", n=figure.running))
    if figure.kind in (ClauseKind.OBSERVED, ClauseKind.ACTIVITY):
        return str(t("이번 분기에 점검한 것이 없습니다", "nothing observed this quarter"))
    return str(t("이번 분기에 기한이 없었습니다", "nothing was due this quarter"))


def _how(clause: Clause, figure: ClauseFigure, span: Period) -> How | None:
    total = figure.decided + figure.waived + figure.void
    if clause.kind is ClauseKind.REQUEST or not total:
        return None
    first, last = seoul(span.from_at).date(), seoul(span.until - timedelta(days=1)).date()
    sentence = t(
        "기한이 {first}부터 {last} 사이였던 {n}건을 세었습니다.",
        "We looked at the {n} promises that were due between {first} and {last}.",
        first=day_text(first, weekday=False),
        last=day_text(last, weekday=False),
        n=total,
    )
    lines = [
        HowLine("kept", promise_sentence(clause.id), _cases(figure.kept)),
        HowLine("missed", str(t("기한을 넘김", "after the due time")), _cases(figure.breached)),
    ]
    if figure.waived + figure.void:
        words = t("취소, 함께 처리, 면제", "cancelled, merged or waived")
        lines.append(HowLine("void", str(words), _cases(figure.waived + figure.void)))
    if figure.informational is not None:
        second = t(
            "{spec} 기준으로는 {kept}건 지킴, {missed}건 못 지킴",
            "by {spec}: {kept} kept, {missed} missed",
            spec=spec_text(figure.informational.spec),
            kept=figure.informational.kept,
            missed=figure.informational.missed,
        )
        lines.append(HowLine("ahead", str(second), ""))
    return How(str(sentence), lines, _sum(figure))


def _cases(count: int) -> str:
    return f"{count:,}건" if language() == "ko" else f"{count:,}"


def _sum(figure: ClauseFigure) -> str:
    if figure.percent is None:
        return ""
    return str(
        t(
            "{kept} ÷ ({kept} + {missed}) = {percent} % · 목표 {target:g} %",
            "{kept} ÷ ({kept} + {missed}) = {percent} % · target {target:g} %",
            kept=figure.kept,
            missed=figure.breached,
            percent=figure.percent,
            target=figure.target,
        )
    )
