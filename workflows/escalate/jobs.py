"""Jobs of escalate: the manager's reason goes to the promise it is about."""

from __future__ import annotations

from engine.process_application import Outcome, Topic, Work
from engine.transaction import Transaction
from workflows import promises


def record_breach_reason(tx: Transaction, work: Work) -> Outcome:
    """Write cause, explanation and prevention on the breached promise, for its page and the compliance figures."""
    seen = work.variables
    said = [str(seen[name]) for name in ("cause", "explanation", "prevent") if seen.get(name)]
    promises.explain(tx, int(str(seen["promise_id"])), " · ".join(said))
    return Outcome()


TOPICS = (
    Topic(
        "record_breach_reason",
        "위반 사유를 약속에 적기",
        "Record the reason of a breach",
        record_breach_reason,
        inputs=("promise_id", "cause", "explanation", "prevent"),
    ),
)
