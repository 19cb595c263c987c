"""Who is here: session cookie, Basic or Bearer; and that a request was really sent by our own pages (CSRF, Origin)."""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar
from urllib.parse import quote, urlsplit

from flask import Blueprint, Flask, Response, current_app, g, make_response, redirect, render_template, request, url_for

from engine.errors import Forbidden, Sentence
from engine.transaction import Transaction
from web import api_tokens, sessions
from web.language import language, say
from web.problems import SignInNeeded
from web.product import product
from web.throttle import TooMany, throttle
from workflows import organisation
from workflows.organisation import User

blueprint = Blueprint("sign_in", __name__)

COOKIE = "charterflow_session"
SAFE = ("GET", "HEAD", "OPTIONS")
WINDOW = timedelta(minutes=1)
REMEMBERED = timedelta(minutes=1)
WRONG = Sentence("이름 또는 비밀번호가 맞지 않습니다.", "The name or the password is not right.")
EXPIRED = Sentence(
    "화면을 연 지 오래되어 보내지 못했습니다. 다시 보내 주십시오.",
    "The page had expired and was not sent. Please send it again.",
)
FOREIGN = Sentence("다른 사이트에서 보낸 요청은 받지 않습니다.", "Requests sent from another site are not taken.")

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, and by which way he showed it; `scopes` limits a program's token, None limits nothing."""

    user: User | None
    way: str  # "nobody" | "session" | "basic" | "token"
    scopes: tuple[str, ...] | None = None


class PasswordMemory:
    """Remembers for a minute which passwords were right, as argon2 is slow on purpose; holds salted hashes only."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._right: dict[str, datetime] = {}

    def knows(self, name: str, password: str, now: datetime) -> bool:
        """Return whether this pair was right within the last minute."""
        with self._lock:
            until = self._right.get(self._key(name, password))
        return until is not None and now < until

    def remember(self, name: str, password: str, now: datetime) -> None:
        """Note that this pair is right."""
        with self._lock:
            self._right = {k: v for k, v in self._right.items() if v > now}
            self._right[self._key(name, password)] = now + REMEMBERED

    def _key(self, name: str, password: str) -> str:
        return hmac.new(self._salt, f"{name}\0{password}".encode(), hashlib.sha256).hexdigest()


# ---------------------------------------------------------------- what views ask


def current_user() -> User | None:
    """Return the signed-in user of this request. Raises SignInNeeded when credentials were sent and are wrong."""
    return identity().user


def identity() -> Identity:
    """Return who asks, found out once a request."""
    if "identity" not in g:
        g.identity = _identify()
    found: Identity = g.identity
    return found


def actor() -> str:
    """Return the sign-in name, or "customer" for whoever is not signed in."""
    user = current_user()
    return user.name if user else "customer"


def need_user() -> User:
    """Return the signed-in user, or raise SignInNeeded."""
    user = current_user()
    if user is None:
        raise SignInNeeded
    return user


def my_groups() -> tuple[str, ...]:
    """Return the candidate groups whose tasks the user may take; none for nobody."""
    user = current_user()
    if user is None:
        return ()
    if "groups" not in g:
        with product().engine.reading(user.name) as tx:
            g.groups = organisation.groups_of(tx, user.name)
    groups: tuple[str, ...] = g.groups
    return groups


def signed_in(view: Callable[P, T]) -> Callable[P, T | Response]:
    """Let only signed-in users in: others go to the sign-in page, programs get 401."""

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T | Response:
        if current_user() is None:
            if request.path.startswith("/api/"):
                raise SignInNeeded
            here = request.full_path.rstrip("?") if request.method == "GET" else "/"
            return redirect(f"{url_for('sign_in.ask')}?next={quote(here, safe='/')}", code=303)  # type: ignore[return-value]
        return view(*args, **kwargs)

    return guarded


def same_site(target: object) -> str:
    """Return the target where it is a path of this site, else "/". A23: browsers read \\ as / and skip tabs."""
    if not isinstance(target, str) or not target.startswith("/") or target[1:2] in ("/", "\\"):
        return "/"
    if "\\" in target or any(c.isspace() or not c.isprintable() for c in target):
        return "/"
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else target


# ---------------------------------------------------------------- who it is


def _identify() -> Identity:
    given = request.authorization
    if given is not None and given.type == "basic":
        return Identity(_by_password(given.username or "", given.password or ""), "basic")
    if given is not None and given.type == "bearer":
        return _by_token(given.token or "")
    if request.headers.get("Authorization"):
        raise SignInNeeded(WRONG)
    return _by_session(request.cookies.get(COOKIE))


def _by_password(name: str, password: str) -> User:
    memory: PasswordMemory = current_app.extensions["passwords"]
    now = product().engine.clock.machine()
    if not memory.knows(name, password, now):
        _check_password(name, password, now)
        memory.remember(name, password, now)
    with product().engine.reading(name) as tx:
        user = _active(tx, name)
    if user is None:
        raise SignInNeeded(WRONG)
    return user


def _active(tx: Transaction, name: str) -> User | None:
    user = organisation.find_user(tx, name)
    return user if user and user.active else None


def _check_password(name: str, password: str, now: datetime) -> None:
    """Raise SignInNeeded for a wrong pair, TooMany after too many of them from one address or for one account."""
    limit = product().sign_in_failures_per_minute
    keys = (f"account:{name}", f"address:{request.remote_addr}")
    for key in keys:
        throttle().check(key, limit, WINDOW, now)
    with product().engine.reading("system") as tx:
        # One and the same work for a name that is not there: neither text nor time tells which names exist.
        right = organisation.check_password(tx, name, password)
    if right is None:
        for key in keys:
            throttle().count(key, WINDOW, now)
        raise SignInNeeded(WRONG)
    throttle().forget(keys[0])


def _by_token(text: str) -> Identity:
    now = product().engine.clock.machine()
    key = f"address:{request.remote_addr}"
    throttle().check(key, product().sign_in_failures_per_minute, WINDOW, now)
    with product().engine.reading("system") as tx:
        token = api_tokens.by_text(tx, text)
        user = _active(tx, token.user_name) if token else None
    if token is None or user is None:
        throttle().count(key, WINDOW, now)
        raise SignInNeeded(Sentence("토큰이 올바르지 않습니다.", "The token is not right."))
    return Identity(user, "token", token.scopes)


def _by_session(cookie: str | None) -> Identity:
    if not cookie:
        return Identity(None, "nobody")
    engine = product().engine
    now = engine.clock.machine()
    with engine.reading("system") as tx:
        found = sessions.user_of(tx, cookie, now)
        user = _active(tx, found[0]) if found else None
    if found and found[1]:
        with engine.transaction(found[0]) as tx:
            sessions.mark_seen(tx, cookie, now)
    return Identity(user, "session" if user else "nobody")


# ---------------------------------------------------------------- who sent it


def csrf_token() -> str:
    """Return the token that a form of this visitor's pages carries; it belongs to his cookie and to no other."""
    cookie = request.cookies.get(COOKIE) or g.get("new_cookie")
    if not cookie:
        cookie = g.new_cookie = sessions.new_cookie()
    return _csrf_of(str(cookie))


def _csrf_of(cookie: str) -> str:
    return hmac.new(product().secret_key.encode(), f"csrf:{cookie}".encode(), hashlib.sha256).hexdigest()


def _has_csrf_token() -> bool:
    cookie = request.cookies.get(COOKIE)
    sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token") or ""
    return bool(cookie) and hmac.compare_digest(_csrf_of(str(cookie)), sent)


def _is_own_origin() -> bool:
    """Whether the browser says that our own page sent this; programs say nothing."""
    origin = request.headers.get("Origin")
    if origin is None:
        return request.headers.get("Sec-Fetch-Site") in (None, "same-origin", "none")
    return origin.rstrip("/") in (request.host_url.rstrip("/"), product().public_url.rstrip("/"))


def check_sender() -> Response | None:
    """Before every request that changes something: refuse other sites', and pages that lack this session's token."""
    if request.method in SAFE:
        return None
    if not _is_own_origin():
        raise Forbidden(FOREIGN)
    if request.path.startswith("/api/"):
        if identity().way == "session" and not _has_csrf_token():
            raise Forbidden(EXPIRED)
        return None
    if not _has_csrf_token():
        return _page_expired()
    return None


def _page_expired() -> Response:
    """Show again what was typed, with a new token, so that sending again is one press."""
    hidden = ("csrf_token", "password")
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in hidden]
    page = render_template("expired.html", action=request.full_path.rstrip("?"), typed=typed, sentence=say(EXPIRED))
    return make_response(page, 400)


def set_cookie(response: Response) -> Response:
    """Give the visitor the cookie that his forms' tokens belong to, or the one of his new session."""
    cookie = g.get("new_cookie")
    if cookie:
        secure = product().public_url.startswith("https://")
        response.set_cookie(COOKIE, str(cookie), httponly=True, samesite="Lax", secure=secure, path="/")
    return response


# ---------------------------------------------------------------- the pages


@blueprint.get("/sign-in")
def ask() -> Response:
    """Show the sign-in page."""
    return _page(same_site(request.args.get("next")))


@blueprint.post("/sign-in")
def enter() -> Response:
    """Sign in and go on to where the user wanted to."""
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    target = same_site(request.form.get("next") or request.args.get("next"))
    try:
        user = _by_password(name, password)
    except SignInNeeded:
        return _page(target, name, say(WRONG), 401)
    except TooMany as error:
        response = _page(target, name, say(error.sentence), 429)
        response.headers["Retry-After"] = str(error.retry_after_seconds)
        return response
    engine = product().engine
    with engine.transaction(user.name) as tx:
        _close_old_session(tx)
        g.new_cookie = sessions.open_session(tx, user.name, engine.clock.machine())
    return redirect(target, code=303)  # type: ignore[return-value]


@blueprint.post("/sign-out")
def leave() -> Response:
    """End the session; a copy of its cookie opens nothing any more."""
    with product().engine.transaction(actor()) as tx:
        _close_old_session(tx)
    g.new_cookie = sessions.new_cookie()
    return redirect("/", code=303)  # type: ignore[return-value]


def _close_old_session(tx: Transaction) -> None:
    old = request.cookies.get(COOKIE)
    if old:
        sessions.close_session(tx, old)


def _page(target: str, name: str = "", error: str | None = None, status: int = 200) -> Response:
    names = product().sign_in_names if product().rehearsal else ()
    page = render_template("sign_in.html", next=target, error=error, name=name, names=names, lang=language())
    return make_response(page, status)


def register(app: Flask) -> None:
    """Put the guards and the pages into the application."""
    app.extensions["passwords"] = PasswordMemory()
    app.register_blueprint(blueprint)
    app.before_request(check_sender)
    app.after_request(set_cookie)
