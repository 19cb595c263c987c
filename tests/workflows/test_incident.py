"""Core 1: 「365일내내 장애가 발생하지 않도록 최선을 다하겠습니다」: how severe an incident is."""

from __future__ import annotations

import pytest

from bpmn import diagrams
from charterflow.testing import ProcessTest


@pytest.fixture(scope="module")
def test() -> ProcessTest:
    one = ProcessTest("2026-10-07T14:00+09:00")
    one.deploy(*sorted(one_.name for one_ in diagrams()))
    return one


@pytest.mark.parametrize(
    ("critical", "market_hours", "customer_share", "severity"),
    [
        (True, True, 30, 1),
        (True, True, 29, 2),
        (True, False, 0, 2),
        (False, False, 30, 2),
        (False, True, 29, 3),
        (False, False, 29, 4),
    ],
)
def test_the_severity_follows_service_hours_and_share_of_customers(
    test: ProcessTest, critical: bool, market_hours: bool, customer_share: int, severity: int
) -> None:
    facts = {"critical": critical, "market_hours": market_hours, "customer_share": customer_share}
    assert test.decide("incident_severity", facts) == severity
