"""Process owners: which processes there are, in which version, how they do; each with its diagram to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request

from engine import definitions, incidents, instances
from engine.definitions import Definition
from engine.errors import NotFound
from engine.transaction import Transaction
from web import case_story
from web.casefile import process_name
from web.denials import NOTHING
from web.product import product
from web.sign_in import need_user, signed_in
from web.words import clause_name, day_text, now, seoul, t
from workflows import catalogue, figures, promises, settings
from workflows.promises import PromiseState

blueprint = Blueprint("processes", __name__)


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """One process as a row of the list."""

    key: str
    name: str
    clauses: str
    version: int
    since: str
    running: int
    kept: str
    stuck: int


@blueprint.get("/processes")
@signed_in
def index() -> str:
    """Show every process with its live version."""
    user = need_user()
    with product().engine.reading(user.name) as tx:
        rows = _rows(tx)
    stuck = sum(row.stuck for row in rows)
    kept = {c for row in rows for c in _clauses(row.key)}
    if stuck:
        words = t(
            "절차 {n}개가 조항 {c}개를 지키고 있습니다. 막힌 건이 {s}건 있습니다.",
            "{n} processes keep {c} clauses. {s} cases are stuck.",
            n=len(rows),
            c=len(kept),
            s=stuck,
        )
    else:
        words = t(
            "절차 {n}개가 조항 {c}개를 지키고 있습니다. 막힌 건은 없습니다.",
            "{n} processes keep {c} clauses. Nothing is stuck.",
            n=len(rows),
            c=len(kept),
        )
    return render_template("processes/list.html", processes=rows, sentence=words)


def _rows(tx: Transaction) -> list[ProcessRow]:
    span = figures.period(figures.quarter_of(now()))
    minimum = int(settings.number_of(tx, "publish.min_n"))
    states: dict[str, Counter[PromiseState]] = {}
    for promise in promises.find(tx, due_from=span.from_at, due_before=span.until, limit=1_000_000):
        states.setdefault(promise.process, Counter())[promise.state] += 1
    counts = instances.count_by_state(tx)
    stuck = Counter(i.definition_key for i in incidents.open_incidents(tx, limit=10_000))
    rows = [
        ProcessRow(
            key=one.key,
            name=_name(one),
            clauses=", ".join(clause_name(c) for c in _clauses(one.key)),
            version=one.version,
            since=str(t("{at}부터", "since {at}", at=day_text(seoul(one.deployed_at).date(), weekday=False))),
            running=counts.get((one.key, "active"), 0),
            kept=_kept(states.get(one.key, Counter()), minimum),
            stuck=stuck[one.key],
        )
        for one in definitions.all_latest(tx)
    ]
    return sorted(rows, key=lambda row: (not row.clauses, catalogue.process(row.key) is None, row.key))


def _name(one: Definition) -> str:
    return process_name(one.key) if catalogue.process(one.key) else one.name or one.key


def _clauses(key: str) -> Sequence[str]:
    known = catalogue.process(key)
    return known.clauses if known else ()


def _kept(states: Counter[PromiseState], minimum: int) -> str:
    kept, missed = states[PromiseState.KEPT], states[PromiseState.BREACHED]
    percent = figures.percent_of(kept, kept + missed)
    if percent is None:
        return str(t("해당 없음", "n/a"))
    return (
        f"{percent} %"
        if kept + missed >= minimum
        else str(t("{kept} / {n}건", "{kept} of {n}", kept=kept, n=kept + missed))
    )


@blueprint.get("/processes/<key>")
@signed_in
def one(key: str) -> str:
    """Show a process' diagram, read only, in its live version or the one asked for."""
    user = need_user()
    asked = request.args.get("version", "")
    with product().engine.reading(user.name) as tx:
        listed = definitions.versions(tx, key)
        if not listed:
            raise NotFound(NOTHING)
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else listed[0].version
        found = next((d for d in listed if d.version == number), None)
        if found is None:
            raise NotFound(NOTHING)
        diagram = case_story.diagram(tx, key, number, None)
        by = {d.version: case_story.person_name(tx, d.deployed_by) for d in listed}
    clauses = ", ".join(clause_name(c) for c in _clauses(key))
    return render_template(
        "processes/one.html",
        process={
            "key": key,
            "name": _name(found),
            "version": number,
            "sentence": t(
                "{n}판. 지키는 조항: {c}", "Version {n}. Keeps: {c}", n=number, c=clauses or t("없음", "none")
            ),
        },
        diagram=diagram,
        versions=[
            {
                "version": d.version,
                "deployed_at": d.deployed_at,
                "by": by[d.version],
                "file": d.file,
                "href": f"/api/processes/{key}/versions/{d.version}.bpmn",
            }
            for d in listed
        ],
    )
