"""Metrics for Prometheus: counts of what there is and of what waits; no name of anybody in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import Blueprint, Response, make_response

from engine import incidents, instances, jobs, mails, user_tasks
from engine.transaction import Transaction
from web.product import product

blueprint = Blueprint("metrics", __name__)
MANY = 100_000


@blueprint.get("/metrics")
def metrics() -> Response:
    """Answer the figures in Prometheus' text format."""
    with product().engine.reading() as tx:
        text = "\n".join(_lines(tx)) + "\n"
    response = make_response(text)
    response.content_type = "text/plain; version=0.0.4; charset=utf-8"
    return response


def _lines(tx: Transaction) -> Iterable[str]:
    by_state = instances.count_by_state(tx).items()
    counted = {f'process="{_label(key)}",state="{state}"': number for (key, state), number in by_state}
    yield from _gauge("charterflow_instances", "Process instances", counted)
    yield from _gauge("charterflow_user_tasks_open", "Open user tasks", {"": len(user_tasks.find_open(tx, limit=MANY))})
    yield from _gauge("charterflow_incidents_open", "Open incidents", {"": incidents.count_open(tx)})
    yield from _gauge(
        "charterflow_instances_stuck", "Open instances with nothing to wait for", {"": len(instances.stuck(tx))}
    )
    sent = {f'state="{state}"': number for state, number in mails.count_by_state(tx).items()}
    yield from _gauge("charterflow_mails", "Mails of the outbox", sent)
    due = jobs.next_due(tx)
    late = max(0.0, (tx.now - due).total_seconds()) if due else 0.0
    yield from _gauge("charterflow_job_lateness_seconds", "How long the job that is due first waits", {"": late})


def _gauge(name: str, words: str, values: Mapping[str, float]) -> Iterable[str]:
    yield f"# HELP {name} {words}."
    yield f"# TYPE {name} gauge"
    for labels, value in values.items():
        yield f"{name}{{{labels}}} {value}" if labels else f"{name} {value}"


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
