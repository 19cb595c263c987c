"""The product's own process test, as the conformance harness wants to talk to it.

Everything goes the public way: `charterflow.testing`, the engine's database in memory, its job worker, a virtual clock.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the harness starts a process of its own for each case

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from base import BaseAdapter, NoSuchTask, Outcome, Refused, RunError, YearsMonths  # type: ignore[import-not-found]

from charterflow.testing import Case, ProcessTest
from engine.decisions.values import YearsMonths as OurMonths
from engine.errors import DeploymentRefused, EngineError, NotFound

T = TypeVar("T")


class Adapter(BaseAdapter):  # type: ignore[misc]
    """One test of the harness: one ProcessTest."""

    def __init__(self, **options: str) -> None:
        self.test = ProcessTest(now="2030-01-01T00:00:00+00:00", **options)  # type: ignore[arg-type]

    def close(self) -> None:
        self.test.close()

    # ------------------------------------------------------------ deployment

    def deploy(self, files: Mapping[str, bytes], main_process: str | None = None) -> None:
        try:
            self.test.deploy(files)
        except DeploymentRefused as error:
            raise Refused(str(error)) from error
        except EngineError as error:
            raise Refused(error.sentence.en) from error
        except Exception as error:
            raise Refused(f"{type(error).__name__}: {error}", clear=False) from error

    # ------------------------------------------------------------ running

    def _run(self, act: Callable[[], T]) -> T:
        """What an act brings; a refusal of the engine is a clear error, and so is an incident that it leaves."""
        try:
            result = act()
        except NotFound as error:
            raise NoSuchTask(error.sentence.en) from error
        except EngineError as error:
            raise RunError(error.sentence.en) from error
        stuck = [incident for case in self.test.cases for incident in case.incidents]
        if stuck:
            raise RunError("; ".join(f"{one.element_id} {one.cause}: {one.message}" for one in stuck))
        return result

    def start(self, process_id: str, variables: Mapping[str, object]) -> Case:
        return self._run(lambda: self.test.start(process_id, variables))

    def advance(self, seconds: float) -> None:
        self._run(lambda: self.test.advance(seconds=seconds))

    def outcome(self, handle: Case) -> Outcome:
        state = {"active": "waiting", "failed": "error_event"}.get(handle.state, "completed")
        waits = ", ".join(task.element_id for task in handle.tasks)
        return Outcome(state, waits)

    def completed(self) -> list[str]:
        entries = [entry for case in self.test.cases for entry in case.history]
        entries.sort(key=lambda entry: entry.id)
        return [entry.element_id for entry in entries if entry.kind == "left" and not entry.body]

    # ------------------------------------------------------------ from outside

    def user_tasks(self, handle: Case) -> list[str]:
        return [task.element_id for task in handle.tasks]

    def complete(self, handle: Case, task_id: str, variables: Mapping[str, object] | None = None) -> None:
        self._run(lambda: handle.complete(task_id, variables))

    def signal(self, name: str, variables: Mapping[str, object] | None = None) -> None:
        self._run(lambda: self.test.signal(name, variables=variables))

    def message(self, name: str, variables: Mapping[str, object] | None = None) -> None:
        self._run(lambda: self.test.message(name, variables=variables))

    def start_by_message(self, name: str) -> Case | None:
        return self._run(lambda: self.test.start_by_message(name))

    def set_variables(self, handle: Case, variables: Mapping[str, object]) -> None:
        self._run(lambda: handle.set_variables(variables))

    # ------------------------------------------------------------ decisions

    def decide(self, decision: str, inputs: Mapping[str, object]) -> Any:
        try:
            return _outward(self.test.decide(decision, {name: _inward(v) for name, v in inputs.items()}))
        except EngineError as error:
            raise RunError(error.sentence.en) from error


def _inward(value: object) -> object:
    """A value of the harness as the engine knows it: both have a type of their own for months."""
    if isinstance(value, YearsMonths):
        return OurMonths(value.months)
    if isinstance(value, list):
        return [_inward(one) for one in value]
    if isinstance(value, dict):
        return {name: _inward(one) for name, one in value.items()}
    return value


def _outward(value: object) -> object:
    """A value of the engine as the harness knows it."""
    if isinstance(value, OurMonths):
        return YearsMonths(value.months)
    if isinstance(value, list):
        return [_outward(one) for one in value]
    if isinstance(value, dict):
        return {name: _outward(one) for name, one in value.items()}
    return value
