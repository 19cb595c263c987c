"""The commands: what they print, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from charterflow.cli import main

DIAGRAM = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
<process id="p" isExecutable="true"><startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="k"/>
<userTask id="k" name="확인"/><sequenceFlow id="g" sourceRef="k" targetRef="w"/>
<intermediateCatchEvent id="w"><timerEventDefinition><timeDuration>PT2H</timeDuration></timerEventDefinition>
</intermediateCatchEvent><sequenceFlow id="h" sourceRef="w" targetRef="e"/><endEvent id="e"/></process></definitions>
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command runs in a folder of its own, on the embedded default."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.bpmn").write_text(DIAGRAM)
    (tmp_path / "bad.bpmn").write_text(DIAGRAM.replace("PT2H", "PT-2H"))
    return tmp_path


def test_a_good_file_passes_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "p.bpmn"]) == 0
    assert capsys.readouterr().out == ""


def test_a_bad_file_is_told_with_line_element_and_rule(capsys: pytest.CaptureFixture[str]) -> None:
    # when
    status = main(["check", "bad.bpmn"])

    # then
    assert status == 1
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith("bad.bpmn:")
    assert " w " in line


def test_findings_come_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    # when
    main(["check", "bad.bpmn", "--json"])

    # then
    (first, *_) = json.loads(capsys.readouterr().out)
    assert (first["file"], first["element_id"], first["severity"]) == ("bad.bpmn", "w", "refusal")


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "nowhere.bpmn"]) == 2
    assert "nowhere.bpmn" in capsys.readouterr().err


def test_what_is_deployed_can_be_written_back(own_folder: Path) -> None:
    # given
    assert main(["deploy", "p.bpmn"]) == 0

    # when
    status = main(["export", "p", "--output", "back.bpmn"])

    # then
    assert status == 0
    assert (own_folder / "back.bpmn").read_bytes() == (own_folder / "p.bpmn").read_bytes()


def test_a_refused_deployment_prints_its_findings_and_keeps_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "bad.bpmn"]) == 1
    assert "bad.bpmn:" in capsys.readouterr().out
    assert main(["export", "p"]) == 1


def test_a_diagram_is_played_step_by_step(own_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # given
    steps = [{"now": "2026-09-23T15:00:00+09:00"}, {"complete": "k"}, {"advance": {"hours": 2}}]
    (own_folder / "steps.json").write_text(json.dumps(steps))

    # when
    status = main(["play", "p.bpmn", "--script", "steps.json"])

    # then
    told = capsys.readouterr().out
    assert status == 0
    assert "2026-09-23T17:00:00+09:00  caught     w" in told
    assert "p #1: completed" in told


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([{"jump": 1}], "Step 1"),
        ([{"complete": "nothing"}], "nothing"),
        ([{"now": "2026-09-23T15:00:00+09:00"}, {"advance": 3}], "Step 2"),
    ],
)
def test_a_step_that_cannot_be_done_is_named(
    own_folder: Path, capsys: pytest.CaptureFixture[str], steps: list[object], says: str
) -> None:
    # given
    (own_folder / "steps.json").write_text(json.dumps(steps))

    # when
    status = main(["play", "p.bpmn", "--script", "steps.json"])

    # then
    assert status == 1
    assert says in capsys.readouterr().err


def test_figures_of_an_empty_quarter_have_every_clause(capsys: pytest.CaptureFixture[str]) -> None:
    # when
    status = main(["figures", "--period", "2026Q3", "--json"])

    # then
    rows = json.loads(capsys.readouterr().out)
    assert status == 0
    assert len(rows) == 35
    assert all(row["percent"] is None for row in rows)


def test_a_period_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["figures", "--period", "soon"]) == 1
    assert "2026Q3" in capsys.readouterr().err


def test_the_audit_of_a_new_database_is_whole_and_an_unknown_head_is_not_on_it() -> None:
    assert main(["verify-audit"]) == 0
    assert main(["verify-audit", "--head", "abc"]) == 1


def test_a_bad_setting_stops_every_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    # given
    monkeypatch.setenv("CHARTERFLOW_LEASE_SECONDS", "soon")

    # when
    status = main(["migrate"])

    # then
    assert status == 2
    assert "CHARTERFLOW_LEASE_SECONDS" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["dance"], ["serve", "--port", "70000"], ["serve", "--now", "noon"]])
def test_a_command_that_is_none_is_not_understood(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err
