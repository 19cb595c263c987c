"""Headers that every answer carries: what a page may load, and that what is personal is kept nowhere."""

from __future__ import annotations

from flask import Response, g

POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}


def protect(response: Response) -> Response:
    """Add the headers. A view that may be kept by a cache says so itself; only then the answer lacks `no-store`."""
    policy = dict(POLICY)
    if g.get("inline_style_attributes"):  # the drawing tools write style attributes into the page
        policy["style-src-attr"] = "'unsafe-inline'"
    headers = response.headers
    headers.setdefault("Content-Security-Policy", "; ".join(f"{k} {v}" for k, v in policy.items()))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    # With no-referrer a browser would send `Origin: null` with our own forms, and the origin check could not work.
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    headers.setdefault("Cache-Control", "no-store")
    return response
