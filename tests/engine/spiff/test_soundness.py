"""Gateways that do not fit each other are told as a warning, with the way there; what is right is left alone."""

from __future__ import annotations

import time

import pytest

from engine.errors import Finding
from tests.engine.spiff.drawing import file, flow, raw, read, symbol, timer


def gateway(kind: str, identifier: str, **attributes: str) -> str:
    return symbol(f"{kind}Gateway", identifier, **attributes)


def between(split: str, join: str, conditions: bool = True, *, after: str = "task") -> bytes:
    """Two ways, a and b, from gateway g to gateway j, and what comes after it."""
    condition = "ok" if conditions else None
    default = {"default": "g_b"} if conditions else {}
    return file(
        symbol("startEvent", "s"),
        flow("s", "g"),
        gateway(split, "g", **default),
        flow("g", "a", condition),
        flow("g", "b"),
        symbol("userTask", "a"),
        symbol("userTask", "b"),
        flow("a", "j"),
        flow("b", "j"),
        gateway(join, "j"),
        flow("j", "t"),
        symbol(after, "t"),
        *((flow("t", "e"), symbol("endEvent", "e")) if after == "task" else ()),
    )


def warnings(xml: bytes) -> list[Finding]:
    reading = read(xml)
    assert not reading.is_refused, [str(finding) for finding in reading.findings]
    return [finding for finding in reading.findings if finding.rule.startswith("soundness")]


@pytest.mark.parametrize(
    ("split", "join"),
    [("exclusive", "exclusive"), ("exclusive", "inclusive"), ("inclusive", "inclusive"), ("parallel", "parallel")],
)
def test_gateways_that_fit_are_left_alone(split: str, join: str) -> None:
    assert warnings(between(split, join, split != "parallel")) == []


def test_an_exclusive_split_into_a_parallel_join_is_told_with_the_way() -> None:
    # when
    (warning,) = warnings(between("exclusive", "parallel"))

    # then
    assert (warning.rule, warning.element_id, warning.severity) == ("soundness-stuck", "j", "warning")
    assert warning.line is not None
    assert "이 모임은 끝나지 않을 수 있습니다: g → a → j" in warning.sentence.ko
    assert "this join may wait for ever: g → a → j. Nothing comes from b then" in warning.sentence.en


def test_an_inclusive_split_into_a_parallel_join_is_told() -> None:
    assert [one.rule for one in warnings(between("inclusive", "parallel"))] == ["soundness-stuck"]


def test_a_parallel_split_into_an_exclusive_merge_runs_what_follows_twice() -> None:
    # when
    (warning,) = warnings(between("parallel", "exclusive", conditions=False))

    # then
    assert (warning.rule, warning.element_id) == ("soundness-twice", "t")
    assert "g → a → j · g → b → j" in warning.sentence.ko
    assert "g → a → j and g → b → j" in warning.sentence.en


def test_side_by_side_ways_that_only_end_are_left_alone() -> None:
    assert warnings(between("parallel", "exclusive", conditions=False, after="endEvent")) == []


def test_several_flows_into_a_task_run_it_once_for_each() -> None:
    # given
    xml = file(
        symbol("startEvent", "s"), flow("s", "g"), gateway("parallel", "g"), flow("g", "a"), flow("g", "b"),
        symbol("userTask", "a"), symbol("userTask", "b"), flow("a", "t"), flow("b", "t"), symbol("userTask", "t"),
        flow("t", "e"), symbol("endEvent", "e"),
    )  # fmt: skip

    # then
    assert [(one.rule, one.element_id) for one in warnings(xml)] == [("soundness-twice", "t")]


def test_a_choice_on_another_way_is_said() -> None:
    # given
    xml = file(
        symbol("startEvent", "s"), flow("s", "g"), gateway("parallel", "g"), flow("g", "a"), flow("g", "x"),
        symbol("userTask", "a"), flow("a", "j"), gateway("exclusive", "x", default="x_j"), flow("x", "j"),
        flow("x", "no", "refused"), symbol("endEvent", "no"), gateway("parallel", "j"), flow("j", "e"),
        symbol("endEvent", "e"),
    )  # fmt: skip

    # when
    (warning,) = warnings(xml)

    # then
    assert warning.sentence.en.startswith("this join may wait for ever: g → a → j. This is when x → no is taken.")


def test_a_token_that_stays_behind_is_told() -> None:
    # given: a and b go through m one after the other, c once
    xml = file(
        symbol("startEvent", "s"), flow("s", "g"), gateway("parallel", "g"), flow("g", "a"), flow("g", "b"),
        flow("g", "c"), symbol("userTask", "a"), symbol("userTask", "b"), symbol("userTask", "c"), flow("a", "m"),
        flow("b", "m"), gateway("exclusive", "m"), flow("m", "j"), flow("c", "j"), gateway("parallel", "j"),
        flow("j", "e"), symbol("endEvent", "e"),
    )  # fmt: skip

    # then
    assert [(one.rule, one.element_id) for one in warnings(xml)] == [("soundness-left", "j")]


def with_reminder(*, interrupting: bool, leads_to: str) -> bytes:
    boundary = symbol(
        "boundaryEvent", "b", timer("PT1H"), attachedToRef="t", cancelActivity="true" if interrupting else "false"
    )
    return file(
        symbol("startEvent", "s"), flow("s", "t"), symbol("userTask", "t"), boundary, flow("b", "r"),
        symbol("task", "r"), flow("r", leads_to), flow("t", "u"), symbol("userTask", "u"), flow("u", "e"),
        symbol("endEvent", "e"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("interrupting", "leads_to", "twice"),
    [(False, "e", []), (True, "u", []), (True, "t", []), (False, "u", ["u"]), (False, "t", ["t"])],
)
def test_a_reminder_that_leads_back_into_the_main_way_runs_it_twice(
    interrupting: bool, leads_to: str, twice: list[str]
) -> None:
    found = warnings(with_reminder(interrupting=interrupting, leads_to=leads_to))
    assert [one.element_id for one in found if one.rule == "soundness-twice"] == twice


def test_two_reminders_may_tell_the_same_person() -> None:
    # given
    xml = file(
        symbol("startEvent", "s"), flow("s", "t"), symbol("userTask", "t"),
        symbol("boundaryEvent", "b1", timer("PT1H"), attachedToRef="t", cancelActivity="false"),
        symbol("boundaryEvent", "b2", timer("PT2H"), attachedToRef="t", cancelActivity="false"), flow("b1", "r"),
        flow("b2", "r"), symbol("userTask", "r"), flow("r", "done"), symbol("endEvent", "done"), flow("t", "e"),
        symbol("endEvent", "e"),
    )  # fmt: skip

    # then
    assert warnings(xml) == []


def test_an_interrupting_way_back_beside_a_reminder_is_left_alone() -> None:
    # given
    xml = file(
        symbol("startEvent", "s"), flow("s", "t"), symbol("userTask", "t"),
        symbol("boundaryEvent", "b1", timer("PT1H"), attachedToRef="t"), flow("b1", "r"), symbol("userTask", "r"),
        flow("r", "t"), symbol("boundaryEvent", "b2", timer("PT2H"), attachedToRef="t", cancelActivity="false"),
        flow("b2", "n"), symbol("userTask", "n"), flow("n", "done"), symbol("endEvent", "done"), flow("t", "e"),
        symbol("endEvent", "e"),
    )  # fmt: skip

    # then
    assert warnings(xml) == []


def test_a_parallel_join_behind_a_boundary_event_advises_an_end_of_its_own() -> None:
    # given
    xml = file(
        symbol("startEvent", "s"), flow("s", "t"), symbol("userTask", "t"),
        symbol("boundaryEvent", "b", timer("PT1H"), attachedToRef="t", cancelActivity="false"), flow("b", "j"),
        flow("t", "j"), gateway("parallel", "j"), flow("j", "e"), symbol("endEvent", "e"),
    )  # fmt: skip

    # then
    assert "an end of its own" in warnings(xml)[0].sentence.en


def test_what_a_condition_guards_may_be_meant() -> None:
    # given: the second way comes to t only where a condition says so, which may know that the first did not
    xml = file(
        symbol("startEvent", "s"), flow("s", "g"), gateway("parallel", "g"), flow("g", "a"), flow("g", "b"),
        symbol("userTask", "a"), flow("a", "t"), symbol("userTask", "b"), flow("b", "x"),
        gateway("exclusive", "x", default="x_e"), flow("x", "t", "not started"), flow("x", "e"),
        symbol("userTask", "t"), flow("t", "e"), symbol("endEvent", "e"),
    )  # fmt: skip

    # then
    assert warnings(xml) == []


def test_a_loop_and_an_early_end_are_left_alone() -> None:
    # given
    xml = file(
        symbol("startEvent", "s"), flow("s", "t"), symbol("userTask", "t"), flow("t", "x"),
        gateway("exclusive", "x", default="x_t"), flow("x", "t"), flow("x", "g", "done"), gateway("parallel", "g"),
        flow("g", "a"), flow("g", "b"), symbol("userTask", "a"), symbol("userTask", "b"), flow("a", "j"),
        flow("b", "y"), gateway("exclusive", "y", default="y_j"), flow("y", "j"), flow("y", "z", "wrong"),
        symbol("endEvent", "z", '<bpmn:terminateEventDefinition id="all"/>'), gateway("parallel", "j"), flow("j", "e"),
        symbol("endEvent", "e"),
    )  # fmt: skip

    # then
    assert warnings(xml) == []


def test_each_level_is_looked_at() -> None:
    # given
    inner = between("exclusive", "parallel").decode().partition('isExecutable="true">')[2].partition("</bpmn:pro")[0]
    xml = file(
        symbol("startEvent", "s0"), flow("s0", "sub"), symbol("subProcess", "sub", inner), flow("sub", "e0"),
        symbol("endEvent", "e0"),
    )  # fmt: skip

    # then
    assert [one.element_id for one in warnings(xml)] == ["j"]


def test_a_sketch_that_never_runs_is_not_looked_at() -> None:
    # given
    sketch = between("exclusive", "parallel").replace(b'isExecutable="true"', b'isExecutable="false"')

    # then
    assert [f.rule for f in read(sketch).findings] == ["process-not-executable"]


def tangled(count: int) -> bytes:
    """Parallel ways that lead into each other's joins in a ring: nothing that could be made smaller."""
    parts = [symbol("startEvent", "s"), flow("s", "g"), gateway("parallel", "g"), gateway("parallel", "end_join")]
    for n in range(count):
        parts += [
            flow("g", f"x{n}"), gateway("exclusive", f"x{n}", default=f"x{n}_a{n}"), flow(f"x{n}", f"a{n}"),
            flow(f"x{n}", f"b{n}", "ok"), symbol("userTask", f"a{n}"), symbol("userTask", f"b{n}"),
            flow(f"a{n}", f"m{n}"), flow(f"b{n}", f"m{(n + 1) % count}"), gateway("exclusive", f"m{n}"),
            flow(f"m{n}", f"u{n}"), symbol("userTask", f"u{n}"), flow(f"u{n}", "end_join"),
        ]  # fmt: skip
    parts += [flow("end_join", "e"), symbol("endEvent", "e")]
    return raw(f'<bpmn:process id="p" isExecutable="true">{"".join(parts)}</bpmn:process>')


def test_a_tangle_costs_little_and_is_told_the_same_way_each_time() -> None:
    # given
    xml = tangled(50)

    # when
    begun = time.process_time()
    first, again = read(xml), read(xml)
    spent = (time.process_time() - begun) / 2

    # then: 300 elements; the bound is wide for a busy machine
    assert first.findings == again.findings
    assert spent < 1
