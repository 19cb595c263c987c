"""Files that mean harm: refused at once, by name, and nothing of them is carried out."""

from __future__ import annotations

import pytest

from engine.spiff import process_keys
from engine.spiff.safe_xml import DEEPEST
from tests.engine.spiff.drawing import around, file, flow, formal, raw, read, refusals, symbol, timer

DOCTYPE = "document type declarations are not allowed (line 1)"
ENTITY = '<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>'
BOMB = (
    '<!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 or str()};" * 10}">' for n in range(1, 10))
    + "]>"
)


def sentence(xml: bytes) -> str:
    return read(xml).findings[0].sentence.en


@pytest.mark.parametrize("declaration", [ENTITY, BOMB, "<!DOCTYPE x>"], ids=["external", "bomb", "plain"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_any_entity_is_read(declaration: str, encoding: str) -> None:
    # given
    text = f'<?xml version="1.0" encoding="{encoding}"?>{declaration}<a>&xxe;&lol9;</a>'
    # when
    reading = read(text.encode(encoding))
    # then
    assert reading.findings[0].sentence.en.startswith(DOCTYPE)
    assert "root:" not in str(reading)
    assert reading.definitions == ()


@pytest.mark.parametrize(
    ("script", "reason"),
    [('import os\nos.system("touch PWN")', "import is not allowed"), ("x = a.__class__", "__class__"), ("x == 1", "")],
)
def test_a_script_that_is_not_in_the_language_names_its_task(script: str, reason: str) -> None:
    task = symbol("scriptTask", "k", f"<bpmn:script>{script}</bpmn:script>", scriptFormat="charterflow")
    assert refusals(file(*around(task))) == [("script", "k")]
    assert reason in sentence(file(*around(task)))


@pytest.mark.parametrize(
    "condition",
    [
        '__import__("os").system("touch PWN")==0',
        '"a".ljust(10**9) == ""',
        '"%1000000000d" % 1 == ""',
        "items.append(4) or True",
        "lambda: 1",
    ],
)
def test_a_condition_that_is_not_in_the_language_names_its_flow(condition: str) -> None:
    gateway = symbol("exclusiveGateway", "k", default="k_e")
    xml = file(*around(gateway), flow("k", "e", condition, name="g"))
    assert refusals(xml) == [("expression", "g")]


@pytest.mark.parametrize(
    "text", ['"garbage"', '"PT-1H"', "5", '""', '"P999999999Y"', "INVALID", "PT", "R3/PT1H", "1 + 1"]
)
def test_a_timer_that_is_no_duration_names_the_allowed_forms(text: str) -> None:
    xml = file(*around(symbol("intermediateCatchEvent", "k", timer(text))))
    assert refusals(xml) == [("timer", "k")]
    assert "write PT1H, P3D or ${duration}" in sentence(xml)


def test_a_timer_that_runs_code_is_refused() -> None:
    text = '[c for c in ().__class__.__base__.__subclasses__()][0]("touch PWN")==0 and "PT1H"'
    assert refusals(file(*around(symbol("intermediateCatchEvent", "k", timer(text))))) == [("timer", "k")]


def test_a_loop_that_can_never_be_left_is_shown_as_a_way_round() -> None:
    # given
    task = symbol("scriptTask", "k", "<bpmn:script>n = 1</bpmn:script>")
    parts = (task, flow("k", "x"), symbol("exclusiveGateway", "x", default="x_e"), flow("x", "k", "1==1"))
    # when
    xml = file(*around(*parts, last="x"))
    # then
    assert refusals(xml) == [("loop-closed", "k")]
    assert "this loop can never be left: k → x → k" in sentence(xml)


@pytest.mark.parametrize(("kind", "condition"), [("scriptTask", "n < 100"), ("userTask", "1==1")])
def test_a_loop_that_counts_or_waits_is_legal(kind: str, condition: str) -> None:
    task = symbol(kind, "k", "<bpmn:script>n = n + 1</bpmn:script>" if kind == "scriptTask" else "")
    parts = (task, flow("k", "x"), symbol("exclusiveGateway", "x", default="x_e"), flow("x", "k", condition))
    assert refusals(file(*around(*parts, last="x"))) == []


@pytest.mark.parametrize("count", ["10**7", "10000000", "1001"])
def test_too_many_instances_are_refused(count: str) -> None:
    marker = "bpmn:multiInstanceLoopCharacteristics"
    loop = f"<{marker}>{formal('loopCardinality', count)}</{marker}>"
    xml = file(*around(symbol("userTask", "k", loop)))
    assert refusals(xml) == [("cardinality", "k")]
    assert "more than 1000 instances (limit 1000)" in sentence(xml)


def test_a_process_that_calls_itself_is_refused() -> None:
    xml = file(*around(symbol("callActivity", "k", calledElement="p")))
    assert refusals(xml) == [("call-circle", "k")]
    assert "process p calls itself: p → p" in sentence(xml)


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (b"", "The file is empty"),
        (b"  \n", "The file is empty"),
        (b"hello", "it is not XML"),
        (b"\x89PNG\r\n\x1a\n\0\0", "it is not XML"),
        (b"<a>" + b" " * 2_100_000 + b"</a>", "up to 2 MB"),
        (b"<a><b></a>", "broken at line 1"),
        (b"<html/>", "not a BPMN 2.0 diagram"),
        ('<?xml version="1.0" encoding="euc-kr"?><a>가</a>'.encode("euc-kr"), "UTF-8"),
        (b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1), "nested more than"),
        (b"<a>" + b"<b/>" * 60_001 + b"</a>", "more than 60,000 elements"),
    ],
)
def test_what_is_no_diagram_is_told_what_it_lacks(xml: bytes, reason: str) -> None:
    assert reason in sentence(xml)
    assert process_keys(xml) == []


def test_a_flood_of_faults_is_cut_off() -> None:
    findings = read(file("".join(f"<bpmn:foo{n}/>" for n in range(5000)))).findings
    assert len(findings) <= 310


def test_a_deep_nest_of_subprocesses_is_read() -> None:
    inner = symbol("task", "t")
    for number in range(40):
        inner = symbol("subProcess", f"s{number}", inner)
    assert refusals(raw(f'<bpmn:process id="p">{inner}</bpmn:process>')) == []
