"""Pages and JSON: people and browsers. `create_app` joins the files of this room into one Flask application."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from flask import Blueprint, Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from web import api, denials, input_guard, language, problems, rehearsal, request_log, security_headers, sign_in
from web.idempotency import new_key
from web.product import Product

MEGABYTE = 1024 * 1024


def create_app(product: Product) -> Flask:
    """Return the application that answers for this product: every page, every call of the API."""
    app = Flask(__name__)
    app.extensions["charterflow"] = product
    app.secret_key = product.secret_key
    app.config["MAX_CONTENT_LENGTH"] = product.upload_megabytes * MEGABYTE
    app.config["MAX_FORM_MEMORY_SIZE"] = 4 * MEGABYTE  # so that a text far too long is refused beside its field
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    if product.behind_proxies:
        hops = product.behind_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    _templates(app)
    request_log.register(app)  # first registered, so last to see the answer
    app.after_request(language.remember)
    app.after_request(security_headers.protect)
    input_guard.register(app)
    sign_in.register(app)
    denials.register(app)
    problems.register(app)
    api.register(app)
    if product.rehearsal:
        rehearsal.register(app)
    for blueprint in _pages():
        app.register_blueprint(blueprint)
    app.after_request(_keep_static)
    return app


def _pages() -> list[Blueprint]:
    """The blueprint of every page file: a new page is a new file here and nothing else."""
    found = []
    for module in iter_modules(__path__):
        if module.name in ("sign_in", "rehearsal", "api"):  # these bring guards along, and register themselves
            continue
        blueprint = getattr(import_module(f"{__name__}.{module.name}"), "blueprint", None)
        if isinstance(blueprint, Blueprint):
            found.append(blueprint)
    return found


def _templates(app: Flask) -> None:
    """Every template escapes what it shows, whatever its name ends in."""
    app.jinja_options = {"autoescape": True}
    app.jinja_env.globals.update(
        csrf_token=sign_in.csrf_token,
        current_user=sign_in.current_user,
        language=language.language,
        say=language.say,
        new_key=new_key,
        rehearsal=app.extensions["charterflow"].rehearsal,
        organisation=app.extensions["charterflow"].organisation,
    )


def _keep_static(response: Response) -> Response:
    """Files of the build carry no person's data: a browser may keep them for an hour and asks again after it."""
    if request.path.startswith("/static/") and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=3600"
    return response
