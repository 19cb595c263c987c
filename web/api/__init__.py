"""JSON for programs under /api: one file a noun; what each call takes and answers is said beside its view."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from flask import Flask

from web.api.operations import api


def register(app: Flask) -> None:
    """Put every call of the API into the application: each file of this folder brings its own."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    app.register_blueprint(api)
