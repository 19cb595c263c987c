"""Voice of the customer (BP09): web 1 and 2, and pledge 1 by the substance of the replies."""

from workflows.charter_process import CharterProcess, MilestoneText
from workflows.voc_review.jobs import TOPICS

PROCESS = CharterProcess(
    name="voc_review",
    ko="고객의 소리",
    en="Voice of the customer",
    clauses=("W1", "W2", "P1", "P3"),
    milestones=(
        MilestoneText("RECEIVED", "접수", "Received"),
        MilestoneText("REVIEWING", "검토 중", "Under review"),
        MilestoneText("REVIEW_RESULT", "검토결과", "Review result"),
        MilestoneText("FINAL", "최종 결과", "Final result"),
        MilestoneText("CLOSED", "종료", "Closed"),
        MilestoneText("WAITING_CUSTOMER", "고객 회신 대기", "Waiting for you", side=True),
        MilestoneText("MOVED", "다른 절차에서 이어 감", "Goes on in another process", side=True),
        MilestoneText("CANCELLED", "취소", "Cancelled", side=True),
        MilestoneText("MERGED", "함께 처리", "Merged", side=True),
    ),
    start_form="voc",
    public=True,
    channels=("web", "phone", "email", "visit", "walk_in", "staff"),
    topics=TOPICS,
    ends={"OTHER_BODY": ("담당 기관 안내", "The right body was named")},
    start_groups=("접수", "상담", "담당자", "관리자", "헌장담당"),
    anonymous=True,
    posts_answers=True,
    page="/voc",
)
