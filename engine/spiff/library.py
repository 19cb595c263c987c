"""SpiffWorkflow's parser, validator and specification classes, extended through the hooks they offer.

The library walks the file, finds processes, messages, signals, errors, lanes, and asks our node reader for each symbol;
its own concrete specifications are never made, and nothing of it is kept when the definition is built.
What of it we lean on is pinned by `tests/engine/spiff/test_library_contract.py`. SpiffWorkflow 3.2.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, BpmnValidator
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin

from engine.errors import InvalidExpression, Sentence
from engine.spiff.diagram import Diagram
from engine.spiff.node_reader import NodeReader
from engine.spiff.vocabulary import FLOW_NODES, SUBPROCESSES, Element, is_bpmn, local
from engine.tokens.definition import Node

_validating = Lock()  # a schema keeps its errors in itself


@lru_cache(maxsize=1)
def _validator() -> Any:
    return BpmnValidator()


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One thing that the schema says: where, by line and by path in the tree, and in its own words."""

    line: int
    path: str | None
    message: str


def schema_errors(root: Element) -> list[SchemaError]:
    """Return everything that the BPMN 2.0 schema which the library ships says about the tree."""
    with _validating:
        validator = _validator()
        try:
            validator.validate(root)
        except ValidationException as error:
            entries = [SchemaError(entry.line, entry.path, entry.message) for entry in validator.validator.error_log]
            return entries or [SchemaError(1, None, str(error))]
        except Exception as error:  # an error of the library's own, such as a tree that it cannot walk
            return [SchemaError(1, None, f"the schema could not be asked ({type(error).__name__})")]
        return []


class SymbolSpec(BpmnSpecMixin):  # type: ignore[misc]
    """A symbol in the library's own register; carries our node."""

    def __init__(self, wf_spec: Any, bpmn_id: str, node: Node, **fields: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **fields)
        self.node = node


class LevelSpec(BpmnProcessSpec):  # type: ignore[misc]
    """A process or subprocess. The library's own Start, End and EndJoin are cleared, so that those ids are free."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.task_specs.clear()

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(spec.node for spec in self.task_specs.values())


class SymbolParser(TaskParser):  # type: ignore[misc]
    """Reads one symbol with our node reader, and the level inside it where it holds one."""

    def parse_node(self) -> SymbolSpec:
        parser = self.process_parser.parser
        node = parser.node_reader.read(self.node, lane=self.lane)
        spec: SymbolSpec = self.spec_class(self.spec, self.bpmn_id, node, lane=self.lane, bpmn_name=node.name)
        if local(self.node) in SUBPROCESSES:
            parser.create_parser(self.node, filename=self.filename, lane=self.lane)
            parser.process_parsers[self.bpmn_id].get_spec()
        return spec


class LevelParser(ProcessParser):  # type: ignore[misc]
    """Reads everything that is drawn in a level, whether a start event reaches it or not."""

    def _parse(self) -> None:
        self.spec = LevelSpec(name=self.bpmn_id, description=self.get_name(), filename=self.filename)
        for element in self.node:
            if is_bpmn(element) and local(element) in FLOW_NODES:
                self.parse_node(element)


class DiagramParser(BpmnParser):  # type: ignore[misc]
    """The library's parser with our classes in its hooks."""

    PROCESS_PARSER_CLASS = LevelParser
    OVERRIDE_PARSER_CLASSES = {full_tag(name): (SymbolParser, SymbolSpec) for name in FLOW_NODES}  # noqa: RUF012

    def __init__(self, diagram: Diagram) -> None:
        super().__init__()
        self.node_reader = NodeReader(
            diagram,
            messages=self.messages,
            signals=self.signals,
            errors=self.errors,
            escalations=self.escalations,
        )

    def _add_data_stores(self, bpmn: Any) -> None:
        """A drawn data store is a picture of something outside; the library would ask for an implementation."""


class Unreadable(Exception):
    """The library, or our reader inside it, gave up on a tree that passed the check; with element and line if known."""

    def __init__(self, sentence: Sentence, element_id: str | None = None, line: int | None = None) -> None:
        super().__init__(sentence.en)
        self.sentence, self.element_id, self.line = sentence, element_id, line


def read_levels(diagram: Diagram) -> dict[str, LevelSpec]:
    """Return the levels of every process in the tree by id. Raises Unreadable."""
    parser = DiagramParser(diagram)
    try:
        parser.add_bpmn_xml(diagram.root, filename=diagram.file)
        for process in diagram.processes:
            parser.get_spec(process.get("id"))
    except InvalidExpression as error:
        raise Unreadable(error.sentence) from error
    except ValidationException as error:
        raise Unreadable(Sentence(str(error), str(error)), error.id or None, error.line_number or None) from error
    except Exception as error:  # the library raises what comes up in it: KeyError, AssertionError, ValueError …
        kind = type(error).__name__
        raise Unreadable(Sentence(f"읽는 중에 {kind} 오류가 났습니다.", f"reading it failed with {kind}")) from error
    return {key: level.spec for key, level in parser.process_parsers.items()}
