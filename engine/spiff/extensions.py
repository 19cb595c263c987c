"""Extension elements of the application's own namespaces, kept as they stand."""

from __future__ import annotations

from engine.spiff.known import Known
from engine.spiff.vocabulary import Element, child, local_of, namespace_of
from engine.tokens.definition import Extension


def read_extensions(element: Element, known: Known) -> tuple[Extension, ...]:
    """Return the element's extension elements that the application knows, in document order; vendors' are left out."""
    holder = child(element, "extensionElements")
    if holder is None:
        return ()
    return tuple(
        _extension(part)
        for part in holder
        if isinstance(part.tag, str) and namespace_of(part.tag) in known.extension_namespaces
    )


def _extension(part: Element) -> Extension:
    return Extension(
        namespace=namespace_of(part.tag),
        name=local_of(part.tag),
        attributes={local_of(name): value for name, value in part.attrib.items()},
        text=(part.text or "").strip(),
        children=tuple(_extension(inner) for inner in part if isinstance(inner.tag, str)),
        line=part.sourceline,
    )
