"""Named moments at which a test may end the process; nothing happens there otherwise."""

from __future__ import annotations

from collections.abc import Callable

_listener: list[Callable[[str], None]] = []


def faultpoint(name: str) -> None:
    """Tell whoever listens that this moment is reached."""
    if _listener:
        _listener[0](name)


def listen(listener: Callable[[str], None] | None) -> None:
    """Set the one listener, or take it away with None."""
    _listener[:] = [listener] if listener is not None else []
