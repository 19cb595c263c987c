"""Which language a reader reads: the address, a cookie, the user's own, the browser's; else Korean."""

from __future__ import annotations

from flask import Response, g, has_request_context, request

from engine.errors import Sentence

LANGUAGES = ("ko", "en")
COOKIE = "lang"


def language() -> str:
    """Return "ko" or "en" for whoever reads the answer of this request."""
    if not has_request_context():
        return "ko"
    chosen = g.get("language")
    if chosen is None:
        chosen = g.language = _chosen()
    return str(chosen)


def _chosen() -> str:
    for said in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if said in LANGUAGES:
            return str(said)
    return request.accept_languages.best_match(LANGUAGES) or "ko"


def speak(lang: object) -> None:
    """Answer this request in `lang`, where the body of a request says so; anything else changes nothing."""
    if lang in LANGUAGES:
        g.language = lang


def say(sentence: Sentence) -> str:
    """Return the sentence in the reader's language."""
    return sentence.ko if language() == "ko" else sentence.en


def remember(response: Response) -> Response:
    """Keep a choice made by `?lang=` on a page, for a year."""
    said = request.args.get("lang")
    if said in LANGUAGES and not request.path.startswith("/api/"):
        response.set_cookie(COOKIE, str(said), max_age=31_536_000, samesite="Lax", httponly=True, path="/")
    return response
