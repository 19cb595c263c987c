"""Serving: the WSGI server, the worker in the same process, what is said at the start, and a clean end."""

from __future__ import annotations

import errno
import logging
import signal
import socket
from datetime import datetime
from types import FrameType

from waitress.server import create_server

from charterflow.assembly import REHEARSAL_PASSWORD, Product, build
from charterflow.config import Config
from engine.dispatch import Wakeups
from engine.errors import EngineError, Sentence
from engine.virtual_time import SharedClock
from workflows import organisation

log = logging.getLogger(__name__)
MEGABYTE = 1024 * 1024


class AddressTaken(EngineError):
    """Something else listens at this address."""


def serve(
    config: Config, *, host: str, port: int, rehearsal: bool = False, now: datetime | None = None, threads: int = 8
) -> int:
    """Serve until SIGTERM or SIGINT; returns 0. Raises AddressTaken, and whatever `assembly.build` raises."""
    listener = _listen(host, port)
    port = int(listener.getsockname()[1])
    product = build(config, rehearsal=rehearsal, now=now, address=f"http://{_shown(host)}:{port}", serves=True)
    # A rehearsal settles after every act by itself; a worker beside it would only make two do the same.
    wakeups = Wakeups(product.engine, redis_url=config.redis_url, works=config.redis_url is None and not rehearsal)
    signal.signal(signal.SIGTERM, _end)
    # Public addresses are named by the setting; what a client writes into Host is not used for links.
    server = create_server(
        product.app,
        sockets=[listener],
        threads=threads,
        ident=None,
        channel_timeout=60,
        max_request_body_size=64 * MEGABYTE,
        clear_untrusted_proxy_headers=not config.behind_proxies,
        trusted_proxy="*" if config.behind_proxies else None,
        trusted_proxy_headers={"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
        if config.behind_proxies
        else set(),
    )
    wakeups.start()
    _greet(product)
    log.info("Serving", extra={"facts": {"rehearsal": rehearsal, "threads": threads}})
    try:
        server.run()
    finally:
        server.close()
        wakeups.stop()
        product.engine.database.close()
        log.info("Ended")
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """Take the address before anything else: who finds it taken has touched no database."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise AddressTaken(
            Sentence(
                f"{host}:{port} 주소를 쓸 수 없습니다.", f"The address {host}:{port} {reason}; try another --port."
            )
        ) from error
    return listener


def _shown(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _greet(product: Product) -> None:
    """Say where it is and how to sign in; passwords of the first start are said this once."""
    lines = [f"Charterflow: {product.config.public_url}"]
    if product.rehearsal and isinstance(product.engine.clock, SharedClock):
        lines.append(f"Rehearsal; the virtual clock stands at {product.engine.clock.now().isoformat()}.")
        names = " ".join(member.name for member in organisation.MEMBERS)
        lines.append(f"Sign in as one of {names}; the password is '{REHEARSAL_PASSWORD}'.")
    elif product.is_first_start:
        lines.append("First start: the sample organisation. Passwords, shown this once:")
        people = {member.name: member for member in organisation.MEMBERS}
        for name, password in product.passwords.items():
            lines.append(f"  {name:10} {password:24} {people[name].en_name}, {' '.join(people[name].roles)}")
    else:
        lines.append("Sign in with the names and passwords of the first start.")
    print("\n".join(lines), flush=True)  # noqa: T201
