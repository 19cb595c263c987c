"""Decisions: what cells mean, how rules become a result, and what is refused with its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from xml.sax.saxutils import escape

import pytest

from engine.decisions import Decision, YearsMonths, decide, read_decisions
from engine.errors import DeploymentRefused, InvalidExpression, NotFound

DMN_13 = "https://www.omg.org/spec/DMN/20191111/MODEL/"
DMN_15 = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def drawing(*parts: str, namespace: str = DMN_13) -> bytes:
    return f'<definitions xmlns="{namespace}" id="d" name="d" namespace="t">{"".join(parts)}</definitions>'.encode()


def column(text: str, kind: str | None = None, values: str = "") -> str:
    listed = f"<inputValues><text>{escape(values)}</text></inputValues>" if values else ""
    typed = f' typeRef="{kind}"' if kind else ""
    return f"<input><inputExpression{typed}><text>{escape(text)}</text></inputExpression>{listed}</input>"


def output(name: str = "", kind: str = "", values: str = "", default: str = "") -> str:
    listed = f"<outputValues><text>{escape(values)}</text></outputValues>" if values else ""
    fallback = f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
    attributes = (f' name="{name}"' if name else "") + (f' typeRef="{kind}"' if kind else "")
    return f"<output{attributes}>{listed}{fallback}</output>"


def row(number: int, tests: Sequence[str], entries: Sequence[str]) -> str:
    cells = "".join(f"<inputEntry><text>{escape(test)}</text></inputEntry>" for test in tests)
    results = "".join(f"<outputEntry><text>{escape(entry)}</text></outputEntry>" for entry in entries)
    return f'<rule id="rule_{number}">{cells}{results}</rule>'


def table(
    rules: Sequence[tuple[Sequence[str], Sequence[str]]],
    *,
    inputs: Sequence[str] = (column("x"),),
    outputs: Sequence[str] = (output(),),
    policy: str = "FIRST",
    more: str = "",
    name: str = "verdict",
    needs: str = "",
) -> str:
    rows = "".join(row(n, tests, entries) for n, (tests, entries) in enumerate(rules, 1))
    return (
        f'<decision id="{name}" name="{name}">{needs}<decisionTable hitPolicy="{policy}" {more}>'
        f"{''.join(inputs)}{''.join(outputs)}{rows}</decisionTable></decision>"
    )


def decided(xml: bytes, key: str = "verdict", **variables: object) -> object:
    return decide(read_decisions(xml, "t.dmn"), key, variables)


def cell(text: str, value: object, kind: str | None = None) -> object:
    """ "in" when the cell is true of the value, "out" when its not(…) is, None when neither."""
    rules = [([text], ['"in"']), ([f"not({text})"], ['"out"'])]
    return decided(drawing(table(rules, inputs=[column("x", kind)], policy="UNIQUE")), x=value)


class Size(StrEnum):
    LARGE = "L"


P1Y, P2Y = YearsMonths(12), YearsMonths(24)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("10", 10, "in"),
        ("10", Decimal("10.0"), "in"),
        ("0.1", 0.1, "in"),
        ("0.3", Decimal("0.3"), "in"),
        ("-5", -5, "in"),
        ("- 5", -5, "in"),
        ("< 10", 9.99, "in"),
        ("<10", 10, "out"),
        ("<= 10", 10, "in"),
        ("> 10", 10, "out"),
        (">= 10", 10, "in"),
        ("!= 3", 4, "in"),
        ("= 3", 3, "in"),
        ("[1..5]", 5, "in"),
        ("[1..5)", 5, "out"),
        ("(1..5]", 1, "out"),
        ("]1..5]", 1, "out"),
        ("[1..5[", 5, "out"),
        ("(1..5)", 3, "in"),
        ("[0.5..1.5]", 1.5, "in"),
        ("[-5..-1]", -3, "in"),
        ("1,2,3", 2, "in"),
        ("[1,2,3]", 2, "in"),
        ("1, > 10, [4..5]", 11, "in"),
        ("1, > 10, [4..5]", 6, "out"),
        ("(5)", 5, "in"),
        ("2 * (3 + 4)", 14, "in"),
        ("2 ** 3", 8, "in"),
        ("1 / 3 * 3", 1, "out"),
        ('"a"', "a", "in"),
        ('"a","b"', "b", "in"),
        ('"긴급"', "긴급", "in"),
        ('"L"', Size.LARGE, "in"),
        ('"say \\"hi\\" \\u0041"', 'say "hi" A', "in"),
        ('("b".."d"]', "d", "in"),
        ('> "a"', "b", "in"),
        ('"a" + "b"', "ab", "in"),
        ("true", True, "in"),
        ("true", False, "out"),
        ("null", None, "in"),
        ("null", "x", "out"),
        ('"a"', None, "out"),
        ("< 10", None, None),
        ("[1..5]", None, None),
        ('"a", < "c"', None, None),
        ('date("2026-09-28")', date(2026, 9, 28), "in"),
        ('< date("2026-09-28")', date(2026, 9, 27), "in"),
        ('[date("2026-09-01")..date("2026-09-30")]', date(2026, 9, 30), "in"),
        ('date("2026-09-28") + duration("P1D")', date(2026, 9, 29), "in"),
        ('time("10:30:02")', time(10, 30, 2), "in"),
        ('>= time("10:30:02")', time(10, 30, 1), "out"),
        ('date and time("2026-09-28T15:00:00+09:00")', datetime(2026, 9, 28, 6, 0, tzinfo=UTC), "in"),
        ('date and time("2026-09-28T15:00:00@Asia/Seoul")', datetime(2026, 9, 28, 6, 0, tzinfo=UTC), "in"),
        ('> duration("PT1H30M")', timedelta(hours=2), "in"),
        ('[duration("P1Y")..duration("P2Y"))', P1Y, "in"),
        ('[duration("P1Y")..duration("P2Y"))', P2Y, "out"),
        ('duration("P12M")', P1Y, "in"),
        ("", 5, "in or out"),
        ("-", None, "in or out"),
    ],
)
def test_a_cell_and_its_negation_say_what_feel_says(text: str, value: object, expected: str | None) -> None:
    if expected == "in or out":
        assert decided(drawing(table([([text], ['"hit"'])])), x=value) == "hit"
    else:
        assert cell(text, value) == expected


def test_a_cell_may_name_a_variable_and_a_column_a_field() -> None:
    rules = [(["> limit"], ['"over"']), (["-"], ['"under"'])]
    xml = drawing(table(rules, inputs=[column("order.sum")]))
    assert decided(xml, order={"sum": 5}, limit=4) == "over"
    assert decided(xml, order={"sum": 5}, limit=5) == "under"
    assert decided(xml, order=None, limit=5) == "under"


def test_names_may_hold_spaces_and_signs() -> None:
    # given
    data = '<inputData id="i1" name="Approved/Declined"/><inputData id="i2" name="Years of Service"/>'
    rules = [(['"Approved"', "> Years of Service"], ["Years of Service * 2"])]
    xml = drawing(data, table(rules, inputs=[column("Approved/Declined"), column("Total  Years")]))
    # then
    assert decided(xml, **{"Approved/Declined": "Approved", "Years of Service": 3, "Total Years": 4}) == 6


def test_input_data_without_a_variable_is_null_and_another_missing_name_is_an_error() -> None:
    rules = [(["null"], ['"nothing"'])]
    assert decided(drawing('<inputData id="i" name="x"/>', table(rules))) == "nothing"
    with pytest.raises(InvalidExpression, match="decision 'verdict': there is no variable 'x'"):
        decided(drawing(table(rules)))


GRADES = '"high", "low"'
OVERLAP = [(["> 1"], ['"low"']), (["> 2"], ['"high"']), (["> 3"], ['"low"'])]


@pytest.mark.parametrize(
    ("policy", "more", "value", "expected"),
    [
        ("FIRST", "", 5, "low"),
        ("UNIQUE", "", 2, "low"),
        ("ANY", "", 2, "low"),
        ("PRIORITY", "", 5, "high"),
        ("RULE ORDER", "", 5, ["low", "high", "low"]),
        ("OUTPUT ORDER", "", 5, ["high", "low", "low"]),
        ("COLLECT", "", 5, ["low", "high", "low"]),
        ("COLLECT", 'aggregation="COUNT"', 5, 3),
        ("COLLECT", 'aggregation="COUNT"', 0, 0),
        ("COLLECT", 'aggregation="MIN"', 5, "high"),
        ("COLLECT", 'aggregation="MAX"', 5, "low"),
        ("FIRST", "", 0, None),
        ("COLLECT", "", 0, None),
        ("COLLECT", 'aggregation="MAX"', 0, None),
    ],
)
def test_each_hit_policy_makes_its_result(policy: str, more: str, value: int, expected: object) -> None:
    result = decided(drawing(table(OVERLAP, outputs=[output(values=GRADES)], policy=policy, more=more)), x=value)
    assert result == expected
    assert type(result) is type(expected)


def test_numbers_are_summed_exactly() -> None:
    rules = [(["> 1"], ["0.1"]), (["> 2"], ["0.2"]), (["> 3"], ["0.7"])]
    xml = drawing(table(rules, policy="COLLECT", more='aggregation="SUM"'))
    assert decided(xml, x=3) == Decimal("0.3")
    result = decided(xml, x=4)
    assert result == 1
    assert type(result) is int


def test_two_hits_under_unique_and_different_ones_under_any_are_errors() -> None:
    with pytest.raises(InvalidExpression, match="only one rule may be hit, but several are: 1, 2"):
        decided(drawing(table(OVERLAP, policy="UNIQUE")), x=3)
    with pytest.raises(InvalidExpression, match="different results: 1, 2"):
        decided(drawing(table(OVERLAP, policy="ANY")), x=3)
    assert decided(drawing(table([OVERLAP[0], OVERLAP[2]], policy="ANY")), x=5) == "low"


def test_several_outputs_are_a_record_by_name() -> None:
    # given
    outputs = [output("group", "string", default='"접수"'), output("days", "number"), output("at", "date")]
    rules = [(["1"], ['"개발"', "3", 'date("2026-09-28")']), (["2"], ['"운영"', "", "null"])]
    # then
    first = drawing(table(rules, outputs=outputs))
    assert decided(first, x=1) == {"group": "개발", "days": 3, "at": date(2026, 9, 28)}
    assert decided(first, x=2) == {"group": "운영", "days": None, "at": None}
    assert decided(first, x=3) == {"group": "접수", "days": None, "at": None}
    collected = drawing(table(rules, outputs=outputs, policy="COLLECT"))
    assert decided(collected, x=1) == [{"group": "개발", "days": 3, "at": date(2026, 9, 28)}]


def test_priority_looks_at_the_outputs_from_left_to_right() -> None:
    outputs = [output("a", values='"1","2"'), output("b", values='"x","y"')]
    rules = [(["-"], ['"2"', '"x"']), (["-"], ['"1"', '"y"']), (["-"], ['"1"', '"x"'])]
    assert decided(drawing(table(rules, outputs=outputs, policy="PRIORITY")), x=0) == {"a": "1", "b": "x"}


def test_the_order_of_priority_may_come_from_the_type() -> None:
    item = (
        '<itemDefinition name="tGrade"><typeRef>string</typeRef>'
        f"<allowedValues><text>{GRADES}</text></allowedValues></itemDefinition>"
    )
    xml = drawing(item, table(OVERLAP, outputs=[output(kind="tGrade")], policy="PRIORITY"))
    assert decided(xml, x=5) == "high"


LITERAL = '<decision id="{0}" name="{0}">{2}<literalExpression><text>{1}</text></literalExpression></decision>'
NEEDS = '<informationRequirement><requiredDecision href="#{0}"/></informationRequirement>'


def literal(name: str, text: str, *needs: str) -> str:
    return LITERAL.format(name, escape(text), "".join(NEEDS.format(other) for other in needs))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x * 2 + 1", 7),
        ("(x + 1) / 8", Decimal("0.5")),
        ("x / 0", None),
        ('if x > 2 then "big" else "small"', "big"),
        ("x > 2 and x < 5", True),
        ("x > 2 and missing_data > 1", None),
        ("x < 2 or x = 3", True),
        ("not(x = 3)", False),
        ("[x, 2]", [3, 2]),
        ("null", None),
        ("-x", -3),
        ('duration("P1Y") + duration("P2M")', YearsMonths(14)),
        ('date("2026-09-28") - date("2026-09-27")', timedelta(days=1)),
        ('"a" + "b"', "ab"),
    ],
)
def test_a_literal_expression_is_a_decision_too(text: str, expected: object) -> None:
    data = '<inputData id="i" name="missing_data"/>'
    result = decided(drawing(data, literal("verdict", text), namespace=DMN_15), x=3)
    assert result == expected
    assert type(result) is type(expected)


def test_a_decision_asks_the_decisions_it_requires_once_each() -> None:
    # given
    rules = [([">= 10"], ['"long"']), (["-"], ['"short"'])]
    verdict = table(rules, inputs=[column("effort days")], needs=NEEDS.format("effort"))
    effort = literal("effort", "hours / 8").replace('name="effort"', 'name="effort days"')
    decisions = read_decisions(drawing(verdict, effort), "t.dmn")
    # then
    assert [(d.id, d.requires, d.inputs) for d in decisions] == [
        ("verdict", ("effort",), ("effort days",)),
        ("effort", (), ()),
    ]
    assert decide(decisions, "verdict", {"hours": 80}) == "long"
    assert decide(decisions, "effort days", {"hours": 80}) == 10
    assert decisions[0].evaluate({}, lambda key: 3) == "short"
    with pytest.raises(NotFound):
        decide(decisions, "nobody", {})


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("number", "5", "'x' takes number, but this is string"),
        ("string", 5, "'x' takes string, but this is number"),
        ("date", datetime(2026, 9, 28, tzinfo=UTC), "'x' takes date, but this is date and time"),
        ("dateTime", date(2026, 9, 28), "'x' takes date and time, but this is date"),
        ("boolean", "true", "'x' takes boolean, but this is string"),
    ],
)
def test_a_value_of_another_kind_than_its_column_is_an_error(kind: str, value: object, said: str) -> None:
    with pytest.raises(InvalidExpression, match=said):
        decided(drawing(table([(["-"], ["1"])], inputs=[column("x", kind)])), x=value)


def test_a_value_of_another_kind_than_an_untyped_cell_is_an_error() -> None:
    with pytest.raises(InvalidExpression, match="string and number do not fit together"):
        decided(drawing(table([(["> 5"], ["1"])])), x="6")


def test_a_value_that_the_column_does_not_allow_is_an_error() -> None:
    xml = drawing(table([(["-"], ["1"])], inputs=[column("x", "string", '"a","b"')]))
    assert decided(xml, x="a") == decided(xml, x=None) == 1
    with pytest.raises(InvalidExpression, match="none of those the table allows"):
        decided(xml, x="c")


def refusals(*parts: str, **more: str) -> list[str]:
    with pytest.raises(DeploymentRefused) as refused:
        read_decisions(drawing(*parts, **more), "t.dmn")
    for finding in refused.value.findings:
        assert finding.file == "t.dmn"
        assert finding.line
        assert finding.sentence.ko
    return [finding.sentence.en for finding in refused.value.findings]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("for i in x return i", "'for' is beyond S-FEEL"),
        ("contains(x, \"a\")", "the function contains() is beyond S-FEEL"),
        ("? > 5", "'?' cannot stand in a cell"),
        ("x > 5", "a cell cannot compare other values"),
        ("> 5 and < 7", "a cell cannot compare other values"),
        ("<", "cannot stand here"),
        ("[1..5", "expected the bracket that closes the range, but found the end"),
        ("1 2", "'2' cannot stand here"),
        ('"a', "cannot stand in a cell"),
        ("a.b()", "cannot stand here"),
        ('date("2026-02-30")', "'2026-02-30' is no date"),
        ('date(x)', "takes a quoted text only"),
        ('duration("P1Y2D")', "is no duration"),
        ('date and time("2026-09-28T15:00:00@Mars/Olympus")', "is no date and time"),
        ("not(", "cannot stand here"),
        ("not(1), 2", "cannot stand here"),
        ("(" * 50 + "1" + ")" * 50, "nested too deeply"),
        ("-" * 50 + "1", "nested too deeply"),
        ("1" * 3000, "2,000 characters"),
        ("1+" * 200 + "1", "too long"),
        ("x" + ".y" * 200, "too long"),
        ("__import__('os')", "cannot stand in a cell"),
    ],
)  # fmt: skip
def test_a_cell_beyond_s_feel_is_refused_with_its_rule(text: str, said: str) -> None:
    [sentence] = refusals(table([(["-"], ["1"]), ([text], ["1"])]))
    assert sentence.startswith("rule 2 (rule_2) '")
    assert said in sentence


def test_every_bad_cell_is_told_at_once() -> None:
    assert len(refusals(table([(["<"], ["1 +"]), (["x()"], ["1"])]))) == 3


@pytest.mark.parametrize(
    ("rules", "inputs", "outputs", "said"),
    [
        ([(['"a"'], ["1"])], [column("x", "number")], [output()], "the column holds number, but the cell string"),
        ([(["5"], ["1"])], [column("x", "xs:string")], [output()], "the column holds string, but the cell number"),
        ([(["-"], ['"a"'])], [column("x")], [output(kind="number")], "the column holds number, but the cell string"),
        ([(["-", "-"], ["1"])], [column("x")], [output()], "rule 1 has another number of cells"),
        ([(["-"], ["1", "2"])], [column("x")], [output(), output()], "several outputs need a name each"),
        ([(["-"], ["1"])], [column("")], [output()], "the input column has no expression"),
        ([(["-"], [])], [column("x")], [], "the table has no output"),
        ([(["-"], ["-"])], [column("x")], [output()], "cannot stand here"),
    ],
)
def test_a_table_that_does_not_fit_together_is_refused(
    rules: list[tuple[list[str], list[str]]], inputs: list[str], outputs: list[str], said: str
) -> None:
    assert any(said in sentence for sentence in refusals(table(rules, inputs=inputs, outputs=outputs)))


HIT = [(["-"], ["1"])]
CIRCLE = (literal("a", "b", "b"), literal("b", "a", "a"))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((table(HIT, policy="BEST"),), "unknown hit policy: BEST"),
        ((table(HIT, policy="PRIORITY"),), "PRIORITY needs the order"),
        ((table(HIT, policy="OUTPUT ORDER"),), "OUTPUT ORDER needs the order"),
        ((table(HIT, more='aggregation="SUM"'),), "the aggregation SUM is not possible here"),
        ((table(HIT, policy="COLLECT", more='aggregation="AVG"'),), "the aggregation AVG is not possible here"),
        ((table(HIT, needs=NEEDS.format("other")),), "what it requires is not in the file: other"),
        (CIRCLE, "decisions require each other: a → b → a"),
        ((literal("a", "1"), literal("a", "2")), "two decisions have the"),
        (('<decision id="a" name="a"/>',), "the decision has no table and no expression"),
        (('<decision id="a" name="a"><context/></decision>',), "'context' is not supported"),
        (('<decision id="a" name="a"><invocation/></decision>',), "'invocation' is not supported"),
        ((literal("a", "1"), '<import namespace="x"/>'), "decisions of other files cannot be imported"),
        ((literal("a", "1").replace("Expression>", 'Expression expressionLanguage="groovy">', 1),), "not groovy"),
        ((), "there is no decision in the file"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_out_is_refused(parts: tuple[str, ...], said: str) -> None:
    assert any(said in sentence for sentence in refusals(*parts))


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (b"", "cannot be read as XML"),
        (b"hello", "cannot be read as XML"),
        (b"<a/>", "no DMN drawing"),
        (b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', "no DMN drawing"),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', "document type declarations"),
        (b'<!DOCTYPE l [<!ENTITY a "aaa"><!ENTITY b "&a;&a;&b;">]><l>&b;</l>', "document type declarations"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>' + drawing(literal("a", "1")), "document type declarations"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_decision_drawing_is_refused(xml: bytes, said: str) -> None:
    with pytest.raises(DeploymentRefused) as refused:
        read_decisions(xml, "t.dmn")
    assert said in refused.value.findings[0].sentence.en


def test_vendor_attributes_labels_and_the_drawing_are_passed_over() -> None:
    # given what a modelling tool writes
    xml = drawing(
        '<extensionElements xmlns:v="urn:v"><v:anything/></extensionElements>',
        table([(["5"], ["1"])]).replace("<decisionTable ", '<decisionTable xmlns:v="urn:v" v:mark="1" label="x" '),
        '<dmndi:DMNDI xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/"/>',
    )
    # then
    assert decided(xml, x=5) == 1


def test_a_decision_without_rules_gives_nothing() -> None:
    assert decided(drawing(table([])), x=1) is None


def test_decisions_are_equal_by_what_they_say() -> None:
    [one] = read_decisions(drawing(table(HIT)), "t.dmn")
    assert isinstance(one, Decision)
    assert one.name == "verdict"
