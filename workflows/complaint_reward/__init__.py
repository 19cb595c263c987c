"""Complaints and the gift to whoever told us (BP10): reward 2, cooperation 2; by corrections pledge 6, reward 1."""

from workflows import rewards
from workflows.charter_process import CharterProcess, MilestoneText
from workflows.complaint_reward.jobs import TOPICS

WHAT_KO = (
    "'불친절' if what == 'unkind' else '늦은 처리' if what == 'delay' else '잘못된 처리' if what == 'error'"
    " else '응대 태도' if what == 'attitude' else '시설' if what == 'facility' else '불편'"
)
PROCESS = CharterProcess(
    name="complaint_reward",
    ko="불편 알리기와 사례품",
    en="Complaints and rewards",
    clauses=("F2", "K2", "P6", "F1"),
    milestones=(
        MilestoneText("RECEIVED", "접수", "Received"),
        MilestoneText("CHECKING", "사실 확인 중", "Being checked"),
        MilestoneText("VERDICT", "확인 결과", "Result"),
        MilestoneText("CORRECTED", "시정 완료", "Corrected"),
        MilestoneText("REWARD_OFFERED", "사례품 안내", "Gift offered", side=True),
        MilestoneText("REWARD_SENT", "사례품 발송", "Gift sent", side=True),
        MilestoneText("REWARD_DECLINED", "사례품 사양", "Gift declined", side=True),
        MilestoneText("CLOSED", "종료", "Closed"),
        MilestoneText("WAITING_CUSTOMER", "고객 회신 대기", "Waiting for you", side=True),
        MilestoneText("MERGED", "함께 처리", "Merged", side=True),
    ),
    start_form="complaint",
    public=True,
    channels=("web", "phone", "email", "visit", "staff"),
    topics=TOPICS,
    ends={
        "REWARDED": ("사례품 발송", "Gift sent"),
        "DECLINED": ("사례품 사양", "Gift declined"),
        "OFFER_EXPIRED": ("사례품 미수령", "Gift not taken"),
        "NO_REWARD(anonymous)": ("확인, 연락처가 없어 사례품 없음", "Confirmed; no gift without a contact"),
        "NO_REWARD(employee)": ("확인, 임직원이어서 사례품 없음", "Confirmed; no gift to staff"),
        "NO_REWARD(duplicate)": ("확인, 먼저 알린 분이 계심", "Confirmed; reported before"),
        "NO_REWARD(yearly_cap)": ("확인, 올해 사례품을 모두 드림", "Confirmed; yearly number of gifts reached"),
        "NO_REWARD(not_allowed)": ("확인, 법령에 따라 사례품 없음", "Confirmed; the law allows no gift"),
        "NOT_CONFIRMED": ("사실로 확인되지 않음", "Not confirmed"),
        "WITHDRAWN": ("제보를 거두심", "Withdrawn"),
    },
    start_groups=("접수", "상담", "담당자", "관리자", "헌장담당"),
    title="${(" + WHAT_KO + ") + ' 제보'}",
    anonymous=True,
    hides_informant=True,
    page="/complaints/new",
    jobs={rewards.ERASE: rewards.erase, rewards.FORGET: rewards.forget},
)
