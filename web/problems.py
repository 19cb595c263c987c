"""Errors as answers: problem+json (RFC 9457) under /api, a page elsewhere; each with a number that the log has, too."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from urllib.parse import quote

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from engine.errors import (
    Conflict,
    DeploymentRefused,
    EngineError,
    Finding,
    Forbidden,
    InvalidExpression,
    InvalidForm,
    InvalidVariable,
    NotFound,
    Sentence,
    UnknownFields,
)
from web.language import language, say
from web.moments import instant_text
from web.request_log import note
from web.throttle import TooMany
from workflows.links import LinkExpired

log = logging.getLogger(__name__)


class NotUnderstood(EngineError):
    """The request cannot be read: 400."""


class SignInNeeded(EngineError):
    """Nobody is signed in: 401."""

    def __init__(self, sentence: Sentence = Sentence("먼저 로그인해 주십시오.", "Please sign in first.")) -> None:  # noqa: B008
        super().__init__(sentence)


class Unreadable(EngineError):
    """Understood, and cannot be done as it stands: 422, with errors by field where they are known."""

    def __init__(self, sentence: Sentence, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


STATUS: tuple[tuple[type[EngineError], int], ...] = (
    (SignInNeeded, 401),
    (LinkExpired, 410),
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (TooMany, 429),
    (NotUnderstood, 400),
    (UnknownFields, 400),
    (InvalidForm, 422),
    (InvalidVariable, 422),
    (InvalidExpression, 422),
    (DeploymentRefused, 422),
    (Unreadable, 422),
)

TITLES: Mapping[int, Sentence] = {
    400: Sentence("요청을 이해하지 못했습니다.", "The request was not understood."),
    401: Sentence("로그인이 필요합니다.", "Sign-in is needed."),
    403: Sentence("권한이 없습니다.", "You may not do this."),
    404: Sentence("찾을 수 없습니다.", "Not found."),
    405: Sentence("이 주소에서는 할 수 없는 요청입니다.", "This address does not take that kind of request."),
    409: Sentence("그 사이에 바뀌었습니다.", "It was changed meanwhile."),
    410: Sentence("기간이 지났습니다.", "Its time is over."),
    413: Sentence("보내신 내용이 너무 큽니다.", "What you sent is too large."),
    415: Sentence("지원하지 않는 형식입니다.", "This kind of content is not taken."),
    422: Sentence("고칠 곳이 있습니다.", "Something needs correction."),
    429: Sentence("요청이 너무 많습니다.", "Too many requests."),
    500: Sentence("처리하지 못했습니다.", "It could not be done."),
    503: Sentence("지금은 이용할 수 없습니다.", "Not available now."),
}
UNEXPECTED = Sentence(
    "예상하지 못한 문제가 생겼습니다. 아래 오류 번호를 알려 주시면 확인하겠습니다.",
    "Something unexpected went wrong. Please tell us the error number below.",
)

BUSY = Sentence("잠시 뒤에 다시 시도해 주십시오.", "Please try again in a moment.")


def status_of(error: EngineError) -> int:
    """Return the HTTP status of an error of the tree; what has none is ours to mend: 500."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def error_id() -> str:
    """Return the number of this request's error: short enough to be read out on the telephone."""
    if "error_id" not in g:
        g.error_id = secrets.token_hex(4)
    return str(g.error_id)


def register(app: Flask) -> None:
    """Turn every error of the application into an answer."""
    app.register_error_handler(EngineError, _engine_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _engine_error(error: EngineError) -> Response:
    status = status_of(error)
    if status == 500:
        return _unexpected(error)
    note(error_id=error_id(), kind=type(error).__name__)
    if status == 401 and not is_program():
        here = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return make_response(redirect(f"/sign-in?next={quote(here, safe='/')}", code=303))
    return answer(status, error.sentence, details(error), headers_of(error))


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:  # a redirect is no error
        return make_response(error.get_response())
    note(error_id=error_id(), kind=type(error).__name__)
    allowed = error.get_response().headers.get("Allow")
    return answer(status, TITLES.get(status, TITLES[400]), {}, {"Allow": allowed} if allowed else {})


def _unexpected(error: Exception) -> Response:
    status = 503 if isinstance(error, TimeoutError) else 500
    rule = request.url_rule.rule if request.url_rule else None
    facts = {"error_id": error_id(), "method": request.method, "route": rule, "status": status}
    log.error("Request failed", exc_info=error, extra={"facts": facts})
    g.log_written = True
    if status == 503:
        return answer(503, BUSY, {}, {"Retry-After": "5"})
    return answer(500, UNEXPECTED, {})


def details(error: EngineError) -> dict[str, object]:
    """Return what a program gets beside the sentence: field errors, who was faster, findings."""
    match error:
        case InvalidForm():
            return {"errors": {field: [say(s) for s in sentences] for field, sentences in error.errors.items()}}
        case Unreadable() if error.field:
            return {"errors": {error.field: [say(error.sentence)]}}
        case UnknownFields():
            return {"fields": error.fields}
        case Conflict():
            return {"by": error.by, "at": instant_text(error.at)}
        case DeploymentRefused():
            return {"findings": [finding(f) for f in error.findings]}
    return {}


def finding(one: Finding) -> dict[str, object]:
    """Return a finding as a program gets it."""
    return {
        "file": one.file,
        "line": one.line,
        "element_id": one.element_id,
        "rule": one.rule,
        "message": one.sentence.ko,
        "message_en": one.sentence.en,
        "severity": one.severity,
    }


def headers_of(error: EngineError) -> dict[str, str]:
    """Return the headers that belong to an error."""
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.retry_after_seconds)}
    if isinstance(error, SignInNeeded) and request.path.startswith("/api/"):
        return {"WWW-Authenticate": 'Basic realm="charterflow", charset="UTF-8"'}
    return {}


def is_program() -> bool:
    """Return whether a program asks, rather than a person with a browser."""
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def answer(
    status: int, sentence: Sentence, more: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error as problem+json to a program and as a page to a person."""
    title = TITLES.get(status, TITLES[500])
    if is_program():
        body = {
            "type": "about:blank",
            "title": say(title),
            "status": status,
            "detail": say(sentence),
            "error_id": error_id(),
            **more,
        }
        response = jsonify(body)
        response.content_type = "application/problem+json"
    else:
        page = render_template(
            "error.html", status=status, title=say(title), sentence=say(sentence), error_id=error_id(), lang=language()
        )
        response = make_response(page)
    response.status_code = status
    response.headers.extend(dict(headers or {}))
    return response
