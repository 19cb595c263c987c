"""Jobs of complaint_reward: what one report tells the others of its fact, and what becomes of a gift."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from engine import commands, instances
from engine.process_application import Outcome, Topic, Work
from engine.transaction import Transaction
from workflows import cases, facts, notes, organisation, rewards, settings
from workflows.cases import Case
from workflows.rewards import RewardState

PROCESS = "complaint_reward"
DECIDED = ("confirmed", "partly", "not_confirmed", "cannot_verify")
IDENTITY = ("name", "org", "email", "phone", "contact", "contact_name", "contact_email", "on_behalf_of")
DELIVERY = ("recipient_name", "mobile", "postal_code", "address1", "address2")
FALSE_REPORTS_WITHIN = timedelta(days=90)


def _case(tx: Transaction, work: Work) -> Case:
    return cases.get(tx, str(work.business_key))


def _variables(tx: Transaction, case: Case) -> Mapping[str, object]:
    return instances.variables(tx, case.instance_id) if case.instance_id is not None else {}


# ---------------------------------------------------------------- one fact, several reports


def join_fact(tx: Transaction, work: Work) -> Outcome:
    """Join a report to the fact of an earlier one; returns what is known of that fact by now, nothing while it is not.

    The earlier case is held first, so that a verdict told at the same moment reaches this report or is seen by it.
    """
    case = _case(tx, work)
    fact = facts.join(tx, case.no, str(work.variables["same_fact_as"]))
    cases.hold(tx, fact)
    notes.add(
        tx, fact, "line", f"같은 사실을 알린 제보 {case.no}이 더 들어왔습니다.", f"{case.no} reports the same fact."
    )
    known = _decision(tx, fact, case.no)
    severity = known.pop("severity") or work.variables.get("severity")
    return Outcome({"fact_id": fact, "is_first": False, "severity": severity, **known})


def _decision(tx: Transaction, fact: str, case_no: str) -> dict[str, object]:
    """The verdict on the fact, from whichever of its cases leads it."""
    leading = [_variables(tx, cases.get(tx, no)) for no in dict.fromkeys((fact, *facts.others(tx, case_no)))]
    decided = next((seen for seen in leading if seen.get("is_first") is True and seen.get("decided") is True), {})
    return {
        "verdict": decided.get("verdict"), "findings": decided.get("findings") or "",
        "severity": decided.get("severity"), "decided": bool(decided),
        "confirmed_at": decided.get("confirmed_at"), "corrected": decided.get("corrected") is True,
        "what_done": decided.get("what_done") or "", "prevent": decided.get("prevent") or "",
    }  # fmt: skip


def tell_verdict(tx: Transaction, work: Work) -> Outcome:
    """Tell the verdict to the other reports of the fact, which wait for it."""
    seen = work.variables
    cases.hold(tx, facts.fact_of(tx, str(work.business_key)))
    told = {name: seen.get(name) for name in ("verdict", "findings", "severity", "confirmed_at")}
    for no in facts.others(tx, str(work.business_key)):
        commands.publish_message(tx, "MSG_FACT_VERDICT", told, business_key=no)
    return Outcome()


def release_fact(tx: Transaction, work: Work) -> Outcome:
    """This report ends without a verdict: the next one that waits leads the fact from now on."""
    for no in facts.others(tx, str(work.business_key)):
        if commands.publish_message(tx, "MSG_FACT_RELEASED", {"is_first": True}, business_key=no):
            break
    return Outcome()


def count_not_confirmed(tx: Transaction, work: Work) -> Outcome:
    """Return how many reports of this informant were not confirmed in the last 90 days, this one included."""
    case = _case(tx, work)
    if case.contact.email is None:
        return Outcome({"not_confirmed_lately": 1})
    found = cases.find(tx, process=PROCESS, contact_email=case.contact.email, limit=50)
    recent = [one for one in found if one.received_at >= tx.now - FALSE_REPORTS_WITHIN]
    count = sum(_variables(tx, one).get("verdict") == "not_confirmed" for one in recent)
    return Outcome({"not_confirmed_lately": count})


def forget_informant(tx: Transaction, work: Work) -> Outcome:
    """Erase who told us, because he withdraws; check and correction go on without a name."""
    cases.forget_contact(tx, str(work.business_key))
    return Outcome({**dict.fromkeys(IDENTITY), "withdrawn": True})


# ---------------------------------------------------------------- the gift


def look_up_informant(tx: Transaction, work: Work) -> Outcome:
    """Return what the table of amounts asks about the informant: known, staff, first, and what is left of the year."""
    case, seen = _case(tx, work), work.variables
    had = rewards.year_of(tx, rewards.informant_of(tx, case), tx.now)
    verified = case.contact.verified_at is not None or seen.get("contact_confirmed") is True
    return Outcome(
        {
            "contact_known": bool(case.contact.is_known and verified and seen.get("anonymity") != "anonymous"),
            "is_staff": seen.get("relation") in ("staff", "family") or _is_colleague(tx, case),
            "first_or_new": seen.get("is_first") is True or seen.get("new_facts") is True,
            "rewards_left": _whole(settings.value(tx, "F2.yearly_count")) - had.count,
            "room_left": _whole(settings.value(tx, "F2.yearly_sum")) - had.sum_krw,
        }
    )


def _is_colleague(tx: Transaction, case: Case) -> bool:
    """Whether the informant's address or phone is one of our staff's."""
    contact = case.contact
    email, phone = (contact.email or "").strip().lower(), contact.phone
    return any(
        (email and one.email.lower() == email) or (phone and one.phone == phone) for one in organisation.all_users(tx)
    )


def record_reward(tx: Transaction, work: Work) -> Outcome:
    """Write the decision into the ledger; returns the amount as it counts, and how the case would end."""
    decided = work.variables["reward"]
    assert isinstance(decided, Mapping)
    row = rewards.decide(tx, _case(tx, work), _whole(decided["amount"]), str(decided["reason"] or ""))
    outcome = "OFFER_EXPIRED" if row.amount_krw else f"NO_REWARD({row.reason_code})"
    return Outcome({"amount": row.amount_krw, "reason_code": row.reason_code, "outcome": outcome})


def accept_reward(tx: Transaction, work: Work) -> Outcome:
    """Note what the informant chose; where it goes is kept apart from the case, for fulfilment alone."""
    no, seen = str(work.business_key), work.variables
    rewards.change(tx, no, RewardState.ACCEPTED, gift=seen.get("gift_choice"))
    rewards.keep_delivery(tx, no, {name: seen.get(name) for name in DELIVERY})
    return Outcome({"accepted_at": seen.get("answered_at") or tx.now})


def record_dispatch(tx: Transaction, work: Work) -> Outcome:
    """Note what was sent; the address leaves the case. Erased 30 days after delivery, or if nobody tells of one,
    30 days after the time that a courier may take."""
    no, seen = str(work.business_key), work.variables
    sent_at = seen.get("sent_at")
    facts_of_it = {name: seen.get(name) for name in ("value_krw", "tracking_no")}
    rewards.change(tx, no, RewardState.SENT, sent_at=sent_at, **facts_of_it)
    return Outcome({**dict.fromkeys(DELIVERY), "sent": True, "outcome": "REWARDED"})


def record_delivery(tx: Transaction, work: Work) -> Outcome:
    """Note the delivery and set the day on which the address is erased."""
    no = str(work.business_key)
    told = work.variables.get("delivered_at")
    delivered = min(told, tx.now) if isinstance(told, datetime) else tx.now
    rewards.change(tx, no, RewardState.DELIVERED, delivered_at=delivered)
    rewards.schedule_erasure(tx, no, delivered)
    return Outcome({"outcome": "REWARDED"})


def record_return(tx: Transaction, work: Work) -> Outcome:
    """Note that the gift came back, for the first or the last time."""
    no, returns = str(work.business_key), _whole(work.variables.get("returns") or 0)
    rewards.change(tx, no, RewardState.RETURNED)
    rewards.schedule_erasure(tx, no)
    return Outcome({"returns": returns + 1, "sent": False, "outcome": "OFFER_EXPIRED"})


def close_reward(tx: Transaction, work: Work) -> Outcome:
    """Note that no gift is sent (declined, expired, not allowed, withdrawn); an address given already is erased."""
    no, state = str(work.business_key), RewardState(str(work.variables["closing"]))
    rewards.change(tx, no, state)
    if state is RewardState.WITHDRAWN:
        rewards.erase(tx, {"case": no})
    else:
        rewards.schedule_erasure(tx, no)
    ends = {RewardState.DECLINED: "DECLINED", RewardState.NOT_ALLOWED: "NO_REWARD(not_allowed)"}
    outcome = ends.get(state, "WITHDRAWN" if state is RewardState.WITHDRAWN else "OFFER_EXPIRED")
    return Outcome({**dict.fromkeys(DELIVERY), "outcome": outcome})


def _whole(value: object) -> int:
    return int(str(value).partition(".")[0])


TOPICS = (
    Topic(
        "join_fact", "같은 사실로 묶기", "Join the same fact", join_fact, inputs=("same_fact_as", "severity"),
        outputs=("fact_id", "is_first", "verdict", "findings", "severity", "decided", "confirmed_at", "corrected",
                 "what_done", "prevent"),
    ),
    Topic("tell_verdict", "같은 사실의 제보에 판단 전하기", "Tell the verdict to reports of the same fact",
          tell_verdict, inputs=("verdict", "findings", "severity", "confirmed_at")),
    Topic("release_fact", "같은 사실의 다음 제보에 넘기기", "Let the next report lead the fact", release_fact),
    Topic("count_not_confirmed", "사실이 아니었던 제보 세기", "Count reports that were not confirmed",
          count_not_confirmed, outputs=("not_confirmed_lately",)),
    Topic("forget_informant", "제보한 분의 정보 지우기", "Erase who reported it", forget_informant,
          outputs=(*IDENTITY, "withdrawn")),
    Topic("look_up_informant", "사례품 조건 살펴보기", "Look up the conditions of a gift", look_up_informant,
          inputs=("anonymity", "relation", "is_first", "new_facts", "contact_confirmed"),
          outputs=("contact_known", "is_staff", "first_or_new", "rewards_left", "room_left")),
    Topic("record_reward", "사례품 결정 적기", "Record the decision on the gift", record_reward, inputs=("reward",),
          outputs=("amount", "reason_code", "outcome")),
    Topic("accept_reward", "사례품 수락 적기", "Record the acceptance", accept_reward,
          inputs=("gift_choice", "answered_at", *DELIVERY), outputs=("accepted_at",)),
    Topic("record_dispatch", "사례품 발송 적기", "Record the dispatch", record_dispatch,
          inputs=("sent_at", "value_krw", "tracking_no"), outputs=(*DELIVERY, "sent", "outcome")),
    Topic("record_delivery", "사례품 배송 적기", "Record the delivery", record_delivery, inputs=("delivered_at",),
          outputs=("outcome",)),
    Topic("record_return", "사례품 반송 적기", "Record the return", record_return, inputs=("returns",),
          outputs=("returns", "sent", "outcome")),
    Topic("close_reward", "사례품 없이 마치기", "Close without a gift", close_reward, inputs=("closing",),
          outputs=(*DELIVERY, "outcome")),
)  # fmt: skip
