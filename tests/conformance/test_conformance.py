"""The open conformance cases: nothing silently wrong, no crash, no hang; run where they lie beside the repository."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HARNESS = HERE.parents[2] / "shared" / "conformance" / "run.py"
NEVER = {"silently_wrong": 0, "crash": 0, "hang": 0}


@pytest.mark.skipif(not HARNESS.exists(), reason="the cases lie beside the repository, not in it")
@pytest.mark.parametrize("variant", [(), ("--variant", "rename")], ids=["as drawn", "renamed"])
def test_no_model_is_run_wrongly_and_nothing_crashes(variant: tuple[str, ...]) -> None:
    # when
    command = [
        sys.executable,
        str(HARNESS),
        "--adapter",
        str(HERE / "adapter.py"),
        "--require",
        json.dumps(NEVER),
        *variant,
    ]
    done = subprocess.run([*command, "-v"], capture_output=True, text=True, timeout=1800)

    # then
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
