"""States saved by a version must load in every later one, and go on as they did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.tokens.invariants import broken_rules
from engine.tokens.rows import Rows, ScopeKind, State
from tests.engine.golden.keeping import FOLDER, drive, features, restore

FILES = sorted(FOLDER.glob("*/*.json"))


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.stem}" for path in FILES])
def test_a_saved_instance_loads_and_goes_on_to_its_end(path: Path) -> None:
    # given
    golden = json.loads(path.read_text(encoding="utf-8"))
    stand = restore(golden)
    assert not broken_rules(stand.definition, stand.rows, stand.environment)
    # when
    seen = None
    for number, (then, seen) in enumerate(drive(golden)):
        # then
        assert seen == then, f"step {number}: {golden['then'][number]}"
    assert seen is not None
    assert seen["state"] != "active"


def test_every_shape_of_rows_is_among_them() -> None:
    kept = {feature for path in FILES for feature in features(json.loads(path.read_text(encoding="utf-8")))}
    states = {State.WAITING, State.HOSTING, State.JOINING, State.RESETTING, State.COMPENSATING, State.HELD}
    assert kept >= {f"token {state}" for state in states}
    assert kept >= {f"scope {kind}" for kind in ScopeKind} | {"scope process called"}
    assert kept >= {
        f"wait {kind} of a token" for kind in ("userTask", "job", "message", "signal", "timer", "condition")
    }
    assert kept >= {f"wait {kind} of a scope" for kind in ("message", "signal", "timer", "condition")}
    assert kept >= {"wait timer of a token again", "done", "done group", "done inner", "a condition that holds"}


def test_an_unknown_format_is_refused_by_name() -> None:
    with pytest.raises(EngineError, match="unknown format"):
        Rows.load({"format": 99})
