"""Jobs of intake_check: looks for the same matter received before, and notes that two cases are handled together."""

from __future__ import annotations

from collections import Counter

from engine.process_application import Outcome, Topic, Work
from engine.transaction import Transaction
from workflows import cases
from workflows.cases import Case
from workflows.korean import SEOUL

NEWEST = 200  # how far back one looks: the rule of duplicate_score that needs days asks for 14
NOTHING_LIKE_IT: dict[str, object] = {
    "similar_case": None, "same_contact": False, "same_org": False, "same_category": False, "same_service": False,
    "similarity": 0.0, "days_apart": 9999,
}  # fmt: skip


def find_similar_case(tx: Transaction, work: Work) -> Outcome:
    """Return the earlier case of the same process that is most like this one, and in what it is like it."""
    mine = cases.get(tx, str(work.business_key))
    earlier = [c for c in cases.find(tx, process=mine.process, limit=NEWEST) if c.no != mine.no and not c.merged_into]
    found = [_likeness(mine, other) for other in earlier]
    best = max(found, key=_rank, default=NOTHING_LIKE_IT)
    return Outcome({**best, "duplicate_case": None})


def _rank(likeness: dict[str, object]) -> tuple[bool, bool, float]:
    """The same customer first, then the same organisation, then the words."""
    return bool(likeness["same_contact"]), bool(likeness["same_org"]), float(str(likeness["similarity"]))


def _likeness(mine: Case, other: Case) -> dict[str, object]:
    apart = mine.received_at.astimezone(SEOUL).date() - other.received_at.astimezone(SEOUL).date()
    return {
        "similar_case": other.no,
        "same_contact": _same(mine.contact.email, other.contact.email)
        or _same(mine.contact.phone, other.contact.phone),
        "same_org": _same(mine.contact.org, other.contact.org),
        "same_category": _kind(mine) == _kind(other),
        "same_service": mine.service is not None and mine.service == other.service,
        "similarity": round(similarity(_words(mine), _words(other)), 3),
        "days_apart": abs(apart.days),
    }


def _same(one: str | None, another: str | None) -> bool:
    return bool(one) and bool(another) and str(one).strip().lower() == str(another).strip().lower()


def _kind(case: Case) -> object:
    return case.form.get("category") or case.form.get("kind")


def _words(case: Case) -> str:
    return f"{case.title} {case.form.get('body') or ''}"


def similarity(one: str, another: str) -> float:
    """Return 0 to 1: the share of letter pairs that two texts have in common (Dice); Korean endings weigh little so."""
    pairs, others = _pairs(one), _pairs(another)
    total = pairs.total() + others.total()
    return 2 * (pairs & others).total() / total if total else 0.0


def _pairs(text: str) -> Counter[str]:
    letters = "".join(letter for letter in text.lower() if letter.isalnum())
    return Counter(letters[n : n + 2] for n in range(len(letters) - 1))


def merge_into_original(tx: Transaction, work: Work) -> Outcome:
    """Note that this case is handled together with the one that was named; its contact follows that one."""
    cases.note_merge(tx, str(work.business_key), str(work.variables["duplicate_case"]))
    return Outcome()


TOPICS = (
    Topic(
        "find_similar_case",
        "비슷한 건 찾기",
        "Find a similar case",
        find_similar_case,
        outputs=(*NOTHING_LIKE_IT, "duplicate_case"),
    ),
    Topic(
        "merge_into_original",
        "먼저 온 건에 합치기",
        "Merge into the earlier case",
        merge_into_original,
        inputs=("duplicate_case",),
    ),
)
