"""Rewards: the ledger of gifts to informants under a pseudonym; where a gift goes is erased 30 days after (F2)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Integer, String, Table, UniqueConstraint, delete, insert, select, text, update

from engine import jobs, variables
from engine.errors import NotFound, Sentence
from engine.store.schema import Id, Instant, Json, metadata
from engine.transaction import Transaction
from workflows import audit, links, settings
from workflows.cases import Case
from workflows.charter_config import config_of
from workflows.korean import SEOUL

rewards = Table(
    "charter_rewards",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("case_no", String(20), nullable=False, unique=True),
    Column("at", Instant, nullable=False),
    Column("year", Integer, nullable=False, index=True),
    Column("amount_krw", Integer, nullable=False),
    Column("reason_code", String(30), nullable=False),
    Column("state", String(20), nullable=False),
    Column("informant", String(64), nullable=False, index=True),  # a keyed digest: tells the same person, not who
    Column("gift", String(30)),
    Column("value_krw", Integer),
    Column("tracking_no", String(60)),
    Column("sent_at", Instant),
    Column("delivered_at", Instant),
    Column("delivery", Json),  # whom, where and by which phone; None once erased
    Column("erase_at", Instant),
    Column("erased_at", Instant),
)
# One row for each informant and year: who decides on a gift holds it, so that two cases decided at once share one cap.
informant_years = Table(
    "charter_reward_years",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("informant", String(64), nullable=False),
    Column("year", Integer, nullable=False),
    Column("decisions", Integer, nullable=False),
    UniqueConstraint("informant", "year"),
)
_HOLD = text(
    "insert into charter_reward_years (informant, year, decisions) values (:informant, :year, 1) "
    "on conflict (informant, year) do update set decisions = charter_reward_years.decisions + 1"
).bindparams()

ERASE, FORGET = "reward.erase", "reward.forget"
HARD_CAP_KRW = 50_000  # whatever a table or a setting says: 청탁금지법, charter.md §2.4 and §5
ERASED_AFTER = timedelta(days=30)
KEPT = timedelta(days=5 * 365)  # the ledger's own retention


class RewardState(StrEnum):
    """What became of a decision."""

    NONE = "none"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    RETURNED = "returned"
    DECLINED = "declined"
    EXPIRED = "expired"
    NOT_ALLOWED = "not_allowed"
    WITHDRAWN = "withdrawn"


# A gift that was never taken does not use up the year.
COUNTED = (
    RewardState.OFFERED, RewardState.ACCEPTED, RewardState.SENT, RewardState.DELIVERED, RewardState.RETURNED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reward:
    """One row of the ledger, a decision of 0 won too. Amounts are whole won; `reason_code` is empty for a gift."""

    id: int
    case_no: str
    at: datetime
    year: int
    amount_krw: int
    reason_code: str
    state: RewardState
    informant: str
    gift: str | None
    value_krw: int | None
    tracking_no: str | None
    sent_at: datetime | None
    delivered_at: datetime | None
    delivery: Mapping[str, object] | None
    erase_at: datetime | None
    erased_at: datetime | None

    @property
    def pseudonym(self) -> str:
        """The informant as the ledger shows him: always the same, and nobody."""
        return f"제보자-{self.informant[:8].upper()}"


@dataclass(frozen=True, slots=True)
class Year:
    """What an informant got in a calendar year (Seoul), in whole won."""

    count: int
    sum_krw: int


# ---------------------------------------------------------------- deciding


def informant_of(tx: Transaction, case: Case) -> str:
    """Return the digest under which the ledger knows a case's informant: by address, else phone, else this case."""
    contact = case.contact
    who = contact.email.strip().lower() if contact.email else contact.phone or case.no
    return hmac.digest(config_of(tx).secret_key.encode(), f"informant {who}".encode(), "sha256").hex()


def year_of(tx: Transaction, informant: str, at: datetime) -> Year:
    """Return what the informant got in the calendar year of that instant; declined and expired offers do not count."""
    asked = select(rewards.c.amount_krw).where(
        rewards.c.informant == informant, rewards.c.year == at.astimezone(SEOUL).year, rewards.c.amount_krw > 0,
        rewards.c.state.in_([state.value for state in COUNTED]),
    )  # fmt: skip
    amounts = list(tx.connection.execute(asked).scalars())
    return Year(len(amounts), sum(amounts))


def decide(tx: Transaction, case: Case, amount_krw: int, reason_code: str) -> Reward:
    """Write the decision on a case's gift into the ledger and return it as it counts; deciding twice changes nothing.

    Never above 50,000 won nor the setting F2.max, whatever the table said; 0 where the year's caps are reached.
    """
    known = of_case(tx, case.no)
    if known is not None:
        return known
    informant, year = informant_of(tx, case), tx.now.astimezone(SEOUL).year
    tx.connection.execute(_HOLD, {"informant": informant, "year": year})
    amount = max(0, min(int(amount_krw), HARD_CAP_KRW, _setting(tx, "F2.max")))
    had = year_of(tx, informant, tx.now)
    if amount and (
        had.count >= _setting(tx, "F2.yearly_count") or had.sum_krw + amount > _setting(tx, "F2.yearly_sum")
    ):
        amount, reason_code = 0, "yearly_cap"
    row = {
        "case_no": case.no, "at": tx.now, "year": year, "amount_krw": amount, "reason_code": reason_code,
        "state": RewardState.OFFERED if amount else RewardState.NONE, "informant": informant,
    }  # fmt: skip
    tx.connection.execute(insert(rewards).values(**row))
    jobs.enqueue(tx, FORGET, {"case": case.no}, due_at=tx.now + KEPT, key=f"{FORGET}:{case.no}")
    audit.record(tx, "reward decided", case.no, {"amount_krw": amount, "reason_code": reason_code})
    return get(tx, case.no)


def _setting(tx: Transaction, key: str) -> int:
    return int(str(settings.value(tx, key)))


# ---------------------------------------------------------------- what becomes of it


def change(tx: Transaction, case_no: str, state: RewardState, **facts: object) -> Reward:
    """Move a decision on, with facts of it (gift, value_krw, tracking_no, sent_at, delivered_at); returns it."""
    get(tx, case_no)
    tx.connection.execute(update(rewards).where(rewards.c.case_no == case_no).values(state=state.value, **facts))
    audit.record(tx, "reward changed", case_no, {"state": state.value})
    return get(tx, case_no)


def keep_delivery(tx: Transaction, case_no: str, delivery: Mapping[str, object]) -> None:
    """Keep where a gift goes, apart from the case; it is erased when its time is over."""
    kept = {name: value for name, value in delivery.items() if value not in (None, "")}
    row = {"delivery": variables.to_json(kept) if kept else None, "erased_at": None}
    tx.connection.execute(update(rewards).where(rewards.c.case_no == case_no).values(**row))
    jobs.cancel(tx, f"{ERASE}:{case_no}")  # of an earlier, returned gift


def schedule_erasure(tx: Transaction, case_no: str, after: datetime | None = None) -> datetime:
    """Set the erasure of address and phone, 30 days after that instant (now); returns when. A new one replaces it."""
    erase_at = (after or tx.now) + ERASED_AFTER
    jobs.cancel(tx, f"{ERASE}:{case_no}")
    jobs.enqueue(tx, ERASE, {"case": case_no}, due_at=erase_at, key=f"{ERASE}:{case_no}")
    tx.connection.execute(update(rewards).where(rewards.c.case_no == case_no).values(erase_at=erase_at))
    return erase_at


def erase(tx: Transaction, payload: Mapping[str, object]) -> None:
    """Job `reward.erase`: delete where a gift went, and the answer in which its receiver wrote it; the row stays."""
    case_no = str(payload["case"])
    gone = {"delivery": None, "tracking_no": None, "erased_at": tx.now}
    tx.connection.execute(update(rewards).where(rewards.c.case_no == case_no).values(**gone))
    links.forget_answers(tx, case_no, "reward")
    audit.record(tx, "gift address erased", case_no)


def forget(tx: Transaction, payload: Mapping[str, object]) -> None:
    """Job `reward.forget`: the ledger keeps its rows for five years."""
    tx.connection.execute(delete(rewards).where(rewards.c.case_no == str(payload["case"])))


# ---------------------------------------------------------------- looking


def get(tx: Transaction, case_no: str) -> Reward:
    """Return the decision on a case; raises NotFound."""
    found = of_case(tx, case_no)
    if found is None:
        raise NotFound(Sentence(f"사례품 기록이 없습니다: {case_no}", f"There is no decision on a gift for {case_no}"))
    return found


def of_case(tx: Transaction, case_no: str) -> Reward | None:
    """Return the decision on a case, or None while there is none."""
    row = tx.connection.execute(select(rewards).where(rewards.c.case_no == case_no)).mappings().first()
    return _reward(row) if row else None


def find(
    tx: Transaction, *, case_no: str | None = None, year: int | None = None, after: int | None = None, limit: int = 100
) -> list[Reward]:
    """Return the ledger's rows, oldest first: of a case, of a calendar year, after an id."""
    asked = select(rewards).order_by(rewards.c.id).limit(limit)
    for column, wanted in ((rewards.c.case_no, case_no), (rewards.c.year, year)):
        if wanted is not None:
            asked = asked.where(column == wanted)
    if after is not None:
        asked = asked.where(rewards.c.id > after)
    return [_reward(row) for row in tx.connection.execute(asked).mappings()]


def _reward(row: Mapping[Any, Any]) -> Reward:
    kept = None if row["delivery"] is None else variables.from_json(row["delivery"])
    facts = {name: row[name] for name in Reward.__slots__ if name not in ("state", "delivery")}
    return Reward(**facts, state=RewardState(row["state"]), delivery=kept if isinstance(kept, dict) else None)
