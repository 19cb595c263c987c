"""Processes that call each other in a circle over several files: asked once the whole deployment is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine.errors import Finding, Sentence
from engine.tokens.definition import Node, ProcessDefinition, Symbol


def check_circles(
    files: Mapping[str, Sequence[ProcessDefinition]], deployed: Callable[[str], ProcessDefinition | None]
) -> tuple[Finding, ...]:
    """Return a refusal for each process of the deployment that calls itself through others.

    `files`: the definitions read, by file; `deployed` gives the latest deployed definition of a key, or None.
    Circles inside one file were found when it was read.
    """
    own = {definition.key: definition for definitions in files.values() for definition in definitions}
    findings = []
    for file, definitions in files.items():
        for definition in definitions:
            path = _way_back(definition.key, lambda key: own.get(key) or deployed(key))
            if len(path) > 2:
                call = next(node for node in _calls(definition) if node.called_element == path[1])
                shown = " → ".join(path)
                sentence = Sentence(
                    f"프로세스 {definition.key}: 자기 자신을 다시 부릅니다({shown}). 흐름을 되돌려 반복해 주십시오.",
                    f"process {definition.key} calls itself: {shown}: lead a flow back instead",
                )
                findings.append(Finding(file, call.line, call.id, "call-circle", sentence))
    return tuple(findings)


def _calls(definition: ProcessDefinition) -> list[Node]:
    return [node for node in definition.nodes.values() if node.symbol is Symbol.CALL_ACTIVITY]


def _way_back(key: str, find: Callable[[str], ProcessDefinition | None]) -> list[str]:
    """Return the shortest way of calls from a process back to itself, or nothing."""
    paths, seen = [[key]], set()
    while paths:
        path = paths.pop(0)
        definition = find(path[-1])
        for node in _calls(definition) if definition is not None else ():
            callee = node.called_element or ""
            if callee == key:
                return [*path, key]
            if callee not in seen:
                seen.add(callee)
                paths.append([*path, callee])
    return []
