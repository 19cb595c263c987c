"""The catalogue of processes: every folder of this package that says PROCESS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from workflows.charter_process import CharterProcess

PACKAGE = __name__.rpartition(".")[0]


@cache
def processes() -> Mapping[str, CharterProcess]:
    """Return every process by its name, in alphabetical order."""
    found = {name: import_module(f"{PACKAGE}.{name}").PROCESS for name in sorted(_folders())}
    return MappingProxyType(found)


def process(name: str) -> CharterProcess | None:
    """Return the process of that name; None for a diagram that somebody drew without a folder here."""
    return processes().get(name)


def folder(name: str) -> Traversable:
    """Return the folder of a process, wherever the package is installed."""
    return files(PACKAGE).joinpath(name)


def _folders() -> Iterator[str]:
    for entry in files(PACKAGE).iterdir():
        if entry.is_dir() and not entry.name.startswith("_") and entry.joinpath("__init__.py").is_file():
            yield entry.name
