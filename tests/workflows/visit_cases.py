"""Visits in tests: reservations and what hosts and the reception type, through the shipped forms."""

from __future__ import annotations

from collections.abc import Mapping

import workflows.charter_application  # noqa: F401 - its tables must be known before the database is made
from charterflow.testing import Case, ProcessTest
from workflows import cases, forms
from workflows.charter_functions import functions_for
from workflows.korean import SEOUL

FILES = (
    "visit_inbound.bpmn", "notify.bpmn", "escalate.bpmn", "wait_customer.bpmn",
    "intake_check.bpmn", "reassign_absent.bpmn", "duplicate_score.dmn",
)  # fmt: skip
GUEST = "v1@visitor.example.com"
BOOKING: Mapping[str, object] = {
    "visitor_name": "나은별", "org": "나래증권", "phone": "010-2222-3333", "email": GUEST, "companions": [],
    "purpose": "시세 서비스 계약 협의", "host": "a", "date": "2026-10-06", "time": "14:00", "duration": 60,
    "privacy_consent": True,
}  # fmt: skip
ACCEPT = {"decision": "accept", "room": "접견실 1", "substitute_host": "c"}
SEEN_OFF = {"see_off": True, "greeting_said": True}
BACK = {"pass_returned": True, "id_returned": True}


def office(now: str = "2026-10-02T10:00+09:00", *files: str) -> ProcessTest:
    """Return the sample organisation with visits and the shared processes deployed."""
    test = ProcessTest(now)
    test.deploy(*(files or FILES))
    return test


def opened(
    test: ProcessTest, process: str, form: Mapping[str, object], *, channel: str = "web", by: str | None = None
) -> Case:
    """Send a start form as a customer, or as staff, and return the case. Raises InvalidForm."""
    with test.engine.transaction(by or "customer") as tx:
        asked = forms.start_form(tx, process)
        assert asked is not None
        now = test.clock.now()
        context = {"channel": channel, "entered_by": by, "on_behalf_of": None, "received_at": now}
        today = now.astimezone(SEOUL).date()
        typed = asked.validate(form, today=today, now=now, context=context, functions=functions_for(tx, None))
        new = cases.open_case(tx, process, channel=channel, lang="ko", form=typed, by=by).case
    test.settle()
    assert new.instance_id is not None
    return Case(test, new.instance_id)


def booked(test: ProcessTest, **changed: object) -> Case:
    """Ask for a visit."""
    return opened(test, "visit_inbound", {**BOOKING, **changed})


def arrival(at: str, pass_no: str = "101", **changed: object) -> dict[str, object]:
    """What the reception types at check-in."""
    return {
        "arrived_at": f"{at}+09:00", "id_kind": "driver_license", "pass_no": pass_no, "greeted": True,
        "room_guided": True, **changed,
    }  # fmt: skip
