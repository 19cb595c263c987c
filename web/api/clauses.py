"""Clauses, figures and topics: what is promised, how it was kept, what service tasks may name."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response

from engine import definitions
from engine.errors import Sentence
from engine.tokens.definition import ProcessDefinition
from engine.transaction import Transaction
from web.api import answers, requests
from web.api.operations import NUMBER, TEXT, WHOLE, api, listed, maybe, operation, page_of, record
from web.periods import period
from web.problems import NotUnderstood
from web.sign_in import need_user
from workflows import clauses, figures, permissions
from workflows.charter_extensions import NAMESPACE
from workflows.clauses import Clause
from workflows.figures import ClauseFigure

FIGURE = record(
    clause=TEXT,
    ko=TEXT,
    en=TEXT,
    kind=TEXT,
    kept=WHOLE,
    breached=WHOLE,
    waived=WHOLE,
    void=WHOLE,
    running=WHOLE,
    percent=maybe(NUMBER),
    public_text=TEXT,
    public_text_en=TEXT,
    target=maybe(NUMBER),
)


@api.get("/compliance")
@operation("How each clause was kept", scope="figures:read", query={"period": "2026Q3"}, answers={200: page_of(FIGURE)})
def compliance() -> Response:
    """Answer a row a clause for the promises that fell due in the period."""
    user = need_user()

    def read(tx: Transaction) -> object:
        permissions.require(tx, user, "see_figures")
        asked = requests.query("period")
        if asked is None:
            raise NotUnderstood(Sentence("'period'가 필요합니다.", "Expected 'period'."))
        return answers.paged([figure(one) for one in figures.compliance(tx, period(asked).name)])

    return answers.looked(read)


def figure(one: ClauseFigure) -> dict[str, object]:
    """Return one clause's figure."""
    second = one.informational
    return {
        "clause": one.clause.id,
        "name": one.clause.name.ko,
        "name_en": one.clause.name.en,
        "ko": one.clause.ko,
        "en": one.clause.en,
        "kind": one.kind.value,
        "kept": one.kept,
        "breached": one.breached,
        "waived": one.waived,
        "void": one.void,
        "running": one.running,
        "percent": None if one.percent is None else float(one.percent),
        "public_text": one.public_text.ko,
        "public_text_en": one.public_text.en,
        "target": one.target,
        "source": one.source.ko if one.source else None,
        "source_en": one.source.en if one.source else None,
        "informational": {"spec": second.spec, "kept": second.kept, "missed": second.missed} if second else None,
    }


BINDING = record(process=TEXT, version=WHOLE, elements=listed(TEXT))
CLAUSE = record(clause=TEXT, ko=TEXT, en=TEXT, kind=TEXT, kept_by=listed(BINDING))


@api.get("/clauses")
@operation("The 35 clauses, and which elements keep each", scope="open", answers={200: page_of(CLAUSE)})
def list_clauses() -> Response:
    """Answer every clause with the processes and elements of the live versions that keep it."""

    def read(tx: Transaction) -> object:
        bound = bindings(tx)
        return answers.paged([_clause(one, bound) for one in clauses.ALL])

    return answers.looked(read)


def _clause(one: Clause, bound: Mapping[str, list[dict[str, object]]]) -> dict[str, object]:
    return {
        "clause": one.id,
        "name": one.name.ko,
        "name_en": one.name.en,
        "ko": one.ko,
        "en": one.en,
        "kind": one.kind.value,
        "figure": one.figure.ko,
        "figure_en": one.figure.en,
        "processes": one.processes,
        "kept_by": bound.get(one.id, []),
    }


def bindings(tx: Transaction) -> dict[str, list[dict[str, object]]]:
    """Return, by clause, the elements of each live process that open a promise of it."""
    found: dict[str, list[dict[str, object]]] = {}
    for one in definitions.all_latest(tx):
        drawn = definitions.parsed(tx, one.key, one.version)
        for clause, elements in _promised(drawn).items():
            found.setdefault(clause, []).append({"process": one.key, "version": one.version, "elements": elements})
    return found


def _promised(drawn: ProcessDefinition) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in drawn.nodes.values():
        for one in node.extensions:
            if one.namespace == NAMESPACE and one.name == "promise":
                found.setdefault(one.attributes.get("clause", ""), []).append(node.id)
    return found


@api.get("/topics")
@operation(
    "What service tasks may name",
    scope="cases:read",
    answers={200: page_of(record(topic=TEXT, ko=TEXT, en=TEXT, inputs=listed(TEXT), outputs=listed(TEXT)))},
)
def list_topics() -> Response:
    """Answer the topics that have a handler."""
    need_user()

    def read(tx: Transaction) -> object:
        found = sorted(tx.application.topics.values(), key=lambda one: one.name)
        rows = [{"topic": t.name, "ko": t.ko, "en": t.en, "inputs": t.inputs, "outputs": t.outputs} for t in found]
        return answers.paged(rows)

    return answers.looked(read)
