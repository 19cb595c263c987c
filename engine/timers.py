"""Timer: when a catch event or a start event is due; kept as a job, fired once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from engine import jobs
from engine.jobs import Job
from engine.transaction import Transaction

KIND = "timer"
START_KIND = "timer-start"


def key_of(instance_id: int, wait_id: int) -> str:
    """Return the job key of an instance's timer."""
    return f"timer/{instance_id}/{wait_id}"


def schedule(tx: Transaction, instance_id: int, wait_id: int, element_id: str, due_at: datetime) -> None:
    """Arm a timer, or arm it anew."""
    payload = {"wait": wait_id, "element": element_id}
    jobs.put(tx, KIND, payload, due_at=due_at, key=key_of(instance_id, wait_id), instance_id=instance_id)


def clear(tx: Transaction, instance_id: int, wait_ids: Collection[int]) -> None:
    """Disarm timers."""
    jobs.cancel_all(tx, [key_of(instance_id, wait_id) for wait_id in wait_ids])


def start_key_of(definition_key: str, element_id: str, number: int) -> str:
    """Return the job key of a timer start event; `number` tells its timers apart."""
    return f"{START_KIND}/{definition_key}/{element_id}/{number}"


def schedule_start(tx: Transaction, key: str, due_at: datetime, payload: Mapping[str, Any]) -> None:
    """Arm the timer of a start event, or arm it anew."""
    jobs.put(tx, START_KIND, payload, due_at=due_at, key=key, instance_id=None)


def of_instance(tx: Transaction, instance_id: int) -> list[Job]:
    """Return the armed timers of an instance, first due first."""
    return [one for one in jobs.of_instance(tx, instance_id) if one.kind == KIND]


def clear_start(tx: Transaction, key: str) -> None:
    """Disarm the timer of a start event."""
    jobs.cancel(tx, key)
