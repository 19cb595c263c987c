"""The OpenAPI document says what the code does: every call is in it, and nothing else."""

from __future__ import annotations

import re

from tests.web.conftest import Programs
from web.api.operations import operation_of


def test_every_call_under_api_says_what_it_does(programs: Programs) -> None:
    # given
    app = programs.product.app

    # when
    with app.app_context():
        silent = [
            r.rule for r in app.url_map.iter_rules() if r.rule.startswith("/api/") and not operation_of(r.endpoint)
        ]

    # then
    assert silent == []


def test_the_document_lists_every_path_and_method_of_the_contract(programs: Programs) -> None:
    # given
    promised = """
    POST /api/cases · GET /api/cases/{no} · GET /api/cases · GET /api/cases.csv · POST /api/cases/{no}/files
    GET /api/files/{file_id} · POST /api/cases/{no}/cancel · POST /api/cases/{no}/reply · POST /api/cases/{no}/reopen
    POST /api/cases/{no}/messages · GET /api/track/{token} · POST /api/track · GET /api/tasks · GET /api/tasks/{task_id}
    POST /api/tasks/{task_id}/claim · POST /api/tasks/{task_id}/unclaim · POST /api/tasks/{task_id}/reassign
    POST /api/tasks/{task_id}/draft · POST /api/tasks/{task_id}/complete · GET /api/promises
    POST /api/promises/{promise_id}/waive · POST /api/promises/{promise_id}/evidence · POST /api/promises/recalculate
    GET /api/compliance · GET /api/clauses · GET /api/processes · GET /api/processes/{key}/versions
    GET /api/processes/{key}/versions/{number}.bpmn · GET /api/processes/{key}/versions/{number}.dmn
    POST /api/deployments · GET /api/topics · POST /api/instances
    GET /api/instances · GET /api/instances/{instance_id}
    GET /api/incidents · POST /api/incidents/{incident_id}/retry · GET /api/links/{token} · POST /api/links/{token}
    GET /api/services/{name}/subscribers · POST /api/services/{name}/subscribers
    DELETE /api/services/{name}/subscribers/{subscriber_id} · POST /api/users/{name}/absences · GET /api/settings
    PUT /api/settings/{key} · POST /api/calendar/exceptions · POST /api/tokens · DELETE /api/tokens/{token_id}
    GET /api/health · GET /api/rehearsal/clock · POST /api/rehearsal/clock · GET /api/rehearsal/mails
    POST /api/rehearsal/mails/{mail_id}/bounce
    """
    wanted = {tuple(one.split()) for one in re.split(r"[·\n]", promised) if one.strip()}

    # when
    document = programs.get("/api/openapi.json").json
    assert document is not None
    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}

    # then
    assert wanted - told == set()
    assert document["openapi"] == "3.1.0"


def test_operation_ids_are_unique(programs: Programs) -> None:
    # when
    document = programs.get("/api/openapi.json").json or {}
    ids = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]

    # then
    assert len(ids) == len(set(ids))


def test_a_person_can_read_it(programs: Programs) -> None:
    # when
    page = programs.get("/api/docs")

    # then
    assert page.status_code == 200
    assert "/api/tasks/{task_id}/complete" in page.text


def test_an_unknown_address_under_api_is_a_problem_with_a_number(programs: Programs) -> None:
    # when
    answer = programs.get("/api/nothing/here")

    # then
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert re.fullmatch("[0-9a-f]{8}", (answer.json or {})["error_id"])


def test_health_needs_no_sign_in_and_gives_reasons(programs: Programs) -> None:
    # when
    answer = programs.get("/api/health")

    # then
    assert answer.status_code == 200
    assert (answer.json or {})["reasons"] == {}


def test_every_answer_carries_the_headers_that_guard_it(programs: Programs) -> None:
    # when
    answer = programs.get("/api/health")

    # then
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
