"""What we lean on inside SpiffWorkflow 3.2.0: each of these goes red, by name, if the library moves it."""

from __future__ import annotations

import inspect

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, BpmnValidator
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin

from engine.spiff.diagram import Diagram
from engine.spiff.known import Known
from engine.spiff.library import DiagramParser, LevelSpec, SymbolSpec, read_levels, schema_errors
from engine.spiff.safe_xml import parse
from tests.engine.spiff.drawing import around, file, symbol


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)  # type: ignore[arg-type]


def test_a_process_is_read_by_the_method_that_we_replace() -> None:
    assert parameters(ProcessParser._parse) == ["self"]
    assert "self._parse()" in inspect.getsource(ProcessParser.get_spec)


def test_symbols_are_looked_up_in_the_override_table_first() -> None:
    assert parameters(BpmnParser._get_parser_class) == ["self", "tag"]
    assert parameters(ProcessParser.parse_node) == ["self", "node"]
    assert "np = node_parser(self, spec_class, node, self.nsmap, lane=self.lane)" in inspect.getsource(
        ProcessParser.parse_node
    )


def test_a_level_parser_is_made_with_six_arguments() -> None:
    assert parameters(BpmnParser.create_parser) == ["self", "node", "filename", "lane"]
    assert parameters(ProcessParser.__init__) == ["self", "p", "node", "nsmap", "data_stores", "filename", "lane"]
    assert "self.PROCESS_PARSER_CLASS(self, node, self.namespaces, self.data_stores" in inspect.getsource(
        BpmnParser.create_parser
    )


def test_a_symbol_parser_is_made_with_the_level_parser_and_our_class() -> None:
    assert parameters(TaskParser.__init__) == ["self", "process_parser", "spec_class", "node", "nsmap", "lane"]
    assert parameters(TaskParser.parse_node) == ["self"]


def test_data_stores_are_added_by_the_method_that_we_silence() -> None:
    assert parameters(BpmnParser._add_data_stores) == ["self", "bpmn"]
    assert "self._add_data_stores(bpmn)" in inspect.getsource(BpmnParser.add_bpmn_xml)


def test_messages_signals_errors_and_escalations_are_kept_by_id() -> None:
    # given
    top = (
        '<bpmn:message id="m" name="M"/><bpmn:signal id="g" name="G"/>'
        '<bpmn:error id="x" errorCode="X"/><bpmn:escalation id="y" escalationCode="Y"/>'
    )
    parser = BpmnParser()
    # when
    parser.add_bpmn_xml(etree.fromstring(file(symbol("startEvent", "s"), top=top)))
    # then
    assert (parser.messages["m"], parser.signals["g"]) == ("M", "G")
    assert parser.errors["x"]["error_code"] == "X"
    assert parser.escalations["y"]["escalation_code"] == "Y"


def test_the_validator_ships_the_schema_and_keeps_every_error_with_its_line() -> None:
    # given
    tree = etree.fromstring(file("\n", symbol("startEvent", "s", bar="1"), "\n", symbol("endEvent", "e", bar="1")))
    validator = BpmnValidator()
    # when
    try:
        validator.validate(tree)
    except ValidationException:
        lines = [entry.line for entry in validator.validator.error_log]
    # then
    assert lines == [2, 3]
    assert [error.line for error in schema_errors(tree)] == [2, 3]


def test_a_process_specification_registers_its_own_symbols_which_we_clear() -> None:
    assert {"Start", "End", "p.EndJoin"} <= set(BpmnProcessSpec(name="p").task_specs)
    assert LevelSpec(name="p").task_specs == {}


def test_a_specification_registers_itself_under_its_id() -> None:
    level = LevelSpec(name="p")
    spec = SymbolSpec(level, "Start", node=None)  # type: ignore[arg-type]
    assert level.task_specs == {"Start": spec}
    assert isinstance(spec, BpmnSpecMixin)


def test_lanes_are_found_for_the_symbols_in_them() -> None:
    # given
    lane = '<bpmn:lane id="l" name="접수"><bpmn:flowNodeRef>k</bpmn:flowNodeRef></bpmn:lane>'
    lanes = f'<bpmn:laneSet id="ls">{lane}</bpmn:laneSet>'
    diagram = Diagram("x.bpmn", parse(file(lanes, *around(symbol("task", "k")))), Known())
    # when
    levels = read_levels(diagram)
    # then
    assert {node.id: node.lane for node in levels["p"].nodes} == {"s": None, "k": "접수", "e": None}


def test_every_symbol_is_read_by_our_classes() -> None:
    assert {spec for _, spec in DiagramParser.OVERRIDE_PARSER_CLASSES.values()} == {SymbolSpec}
