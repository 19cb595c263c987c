"""Shrinking: the smallest block tree that still shows a difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from tests.engine.oracle.blocks import Activity, Level, Line, Trigger
from tests.engine.oracle.driving import Drive, Family
from tests.engine.oracle.growing import grow

WAYS = 12  # a smaller tree meets other stimuli: so many ways through it are tried
BUILT_IN = (Trigger,)


def difference(level: Level, seed: int, first: int, ways: int = WAYS) -> Drive | None:
    """Return a drive through the tree that ends in a difference, with its log; None when there is none."""
    for way in range(first, first + ways):
        drive = Drive(level, seed, way, log=[])
        try:
            drive.run()
        except Exception as error:  # whatever goes wrong is a difference
            drive.told(f"{type(error).__name__}: {error}")
            return drive
    return None


def shrink(seed: int, family: Family, tries: int = 400) -> Drive | None:
    """Return the smallest failing drive found from the tree of a seed."""
    best = difference(grow(seed, family), seed, seed, 1)
    while best is not None and tries > 0:
        found = None
        for level in smaller(best.level):
            tries -= 1
            found = difference(level, seed, seed)
            if found is not None or tries <= 0:
                break
        if found is None:
            return best
        best = found
    return best


def smaller(block: Any) -> Iterator[Any]:
    """Yield the block with one thing less in it, biggest cuts first."""
    if isinstance(block, Line):
        yield from _shorter(block)
    if isinstance(block, Activity):
        for change in ({"level": None, "is_called": False}, {"marker": None}, {"result": None}, {"locals": ()}):
            if any(getattr(block, name) != value for name, value in change.items()):
                yield replace(block, **change)
    for field in fields(block) if is_dataclass(block) else ():
        value = getattr(block, field.name)
        if field.name in ("boundaries", "handlers"):
            for index in range(len(value)):
                yield replace(block, **{field.name: value[:index] + value[index + 1 :]})
        if field.name == "lead" and value is not None:
            yield replace(block, lead=None)
        yield from _inside(block, field.name, value)


def _shorter(line: Line) -> Iterator[Line]:
    """A task at the beginning stays: bodies of loops and executions begin with one, so that they wait."""
    keeps = 1 if line.parts and isinstance(line.parts[0], Activity) else 0
    for index in range(keeps, len(line.parts)):
        yield Line(line.parts[:index] + line.parts[index + 1 :])
    for index, part in enumerate(line.parts):
        for inner in _lines(part):
            yield Line((*line.parts[:index], *inner.parts, *line.parts[index + 1 :]))


def _lines(block: Any) -> Iterator[Line]:
    """Yield the lines directly in a block."""
    for field in fields(block) if is_dataclass(block) else ():
        value = getattr(block, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Line):
                yield part
            elif is_dataclass(part) and isinstance(getattr(part, "line", None), Line):
                yield part.line  # type: ignore[union-attr]


def _inside(block: Any, name: str, value: Any) -> Iterator[Any]:
    if isinstance(value, tuple):
        for index, part in enumerate(value):
            for less in smaller(part) if is_dataclass(part) else ():
                yield replace(block, **{name: (*value[:index], less, *value[index + 1 :])})
    elif is_dataclass(value) and not isinstance(value, BUILT_IN):
        for less in smaller(value):
            yield replace(block, **{name: less})


def shown(block: Any, indent: int = 0) -> str:
    """Return a tree as indented lines, to be read in a failure."""
    own, parts = [], []
    for field in fields(block):
        value = getattr(block, field.name)
        inner = [part for part in (value if isinstance(value, tuple) else (value,)) if is_dataclass(part)]
        if inner and not isinstance(value, BUILT_IN):
            parts += [shown(part, indent + 2) for part in inner]
        elif value not in (None, (), False, ""):
            own.append(f"{field.name}={value!r}")
    return "\n".join([" " * indent + " ".join([type(block).__name__, *own]), *parts])
