"""The charter's diagrams and decision tables as first drawn; deployed at first start, edited in the browser after."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable


def diagrams() -> Iterator[Traversable]:
    """Every diagram and decision table of this package."""
    return (f for f in files(__name__).iterdir() if f.name.endswith((".bpmn", ".dmn")))
