"""One log line a request: what was asked, how it went; the route's pattern, never the address: it may hold a secret."""

from __future__ import annotations

import logging
from time import perf_counter

from flask import Flask, Response, g, request

log = logging.getLogger("web.requests")


def register(app: Flask) -> None:
    """Write a line for every request but those for files and for health."""
    app.before_request(_begin)
    app.after_request(_end)


def note(**facts: object) -> None:
    """Add facts to this request's line."""
    g.setdefault("log_facts", {}).update(facts)


def _begin() -> None:
    g.began = perf_counter()


def _end(response: Response) -> Response:
    if request.endpoint in ("static", "api.health") or g.get("log_written"):
        return response
    began = g.get("began")
    facts = {
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "ms": None if began is None else round((perf_counter() - began) * 1000, 1),
        **g.get("log_facts", {}),
    }
    log.info("Request answered", extra={"facts": facts})
    return response
