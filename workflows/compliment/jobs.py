"""Jobs of compliment: the committee's votes are counted, and what was chosen is published."""

from __future__ import annotations

from collections.abc import Sequence

from engine.process_application import Outcome, Topic, Work
from engine.transaction import Transaction
from workflows import commendations
from workflows.charter_config import config_of
from workflows.korean import SEOUL

FEWEST_VOTES = 2


def count_votes(tx: Transaction, work: Work) -> Outcome:
    """Return the level that the committee's votes give."""
    given = work.variables.get("votes")
    return Outcome({"level": level_of([str(vote) for vote in given if vote] if isinstance(given, list) else [])})


def level_of(votes: Sequence[str]) -> str:
    """Return award where more than half vote for it, letter where more than half want either, else none.

    Fewer than two votes choose nobody.
    """
    awards, for_it = votes.count("award"), len(votes) - votes.count("none")
    if len(votes) < FEWEST_VOTES or 2 * for_it <= len(votes):
        return "none"
    return "award" if 2 * awards > len(votes) else "letter"


def publish_commendation(tx: Transaction, work: Work) -> Outcome:
    """Put the commendation on the public page: the name only with the employee's consent, the words with theirs."""
    seen, day = work.variables, tx.now.astimezone(SEOUL).date()
    commendations.publish(
        tx,
        str(work.business_key),
        employee=str(seen["employee"]),
        department=str(seen["team"]),
        level=str(seen["level"]),
        show_name=seen.get("publish_name") is True,
        words=str(seen["what_happened"]) if seen.get("may_publish") is True else None,
    )
    return Outcome(
        {
            "month_ko": f"{day.year}년 {day.month}월",
            "month_en": f"{day:%B %Y}",
            "page_url": config_of(tx).url("/commendations"),
        }
    )


TOPICS = (
    Topic("count_votes", "표 세기", "Count the votes", count_votes, inputs=("votes",), outputs=("level",)),
    Topic(
        "publish_commendation",
        "모범 사례 공개",
        "Publish a commendation",
        publish_commendation,
        inputs=("employee", "team", "level", "publish_name", "may_publish", "what_happened"),
        outputs=("month_ko", "month_en", "page_url"),
    ),
)
