"""Health: whether the product answers and can work, with reasons."""

from __future__ import annotations

import logging

from flask import Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from engine import incidents, instances
from web.api import answers
from web.api.operations import RECORD, TEXT, api, operation, record
from web.product import product

log = logging.getLogger(__name__)


@api.get("/health")
@operation("Liveness and readiness", scope="open", answers={200: record(status=TEXT, reasons=RECORD)})
def health() -> Response:
    """Answer 200 while the product can work, 503 with reasons while it cannot; what wants a look stands beside."""
    reasons = dict(product().reasons())
    figures: dict[str, object] = {}
    try:
        with product().engine.reading() as tx:
            tx.connection.execute(text("select 1"))
            figures["open_incidents"] = incidents.count_open(tx)
            figures["stuck_instances"] = len(instances.stuck(tx))
    except (SQLAlchemyError, OSError):
        log.exception("Database not reached")
        reasons["database"] = "not reached"
    status = "unwell" if reasons else "well"
    body = {"status": status, "version": product().version, "reasons": reasons, **figures}
    return answers.respond(body, 503 if reasons else 200)
