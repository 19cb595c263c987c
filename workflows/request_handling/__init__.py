"""Requests of customers (BP01): core 2 and 4, and pledge 3 by the rework it counts."""

from workflows.charter_process import CharterProcess, MilestoneText
from workflows.request_handling.jobs import TOPICS

PROCESS = CharterProcess(
    name="request_handling",
    ko="고객 요청 처리",
    en="Customer requests",
    clauses=("C2", "C4", "P3"),
    milestones=(
        MilestoneText("RECEIVED", "접수", "Received"),
        MilestoneText("UNDER_REVIEW", "규모·기간 검토 중", "Under review"),
        MilestoneText("REVIEW_RESULT", "검토결과 안내", "Review result"),
        MilestoneText("IN_PROGRESS", "처리 중", "In progress"),
        MilestoneText("STAGE_n", "단계", "Stage", instead_of="IN_PROGRESS"),
        MilestoneText("VERIFYING", "확인 중", "Being checked"),
        MilestoneText("COMPLETED", "처리 완료", "Completed"),
        MilestoneText("CLOSED", "종료", "Closed"),
        MilestoneText("WAITING_CUSTOMER", "고객 회신 대기", "Waiting for you", side=True),
        MilestoneText("DELAYED", "지연 안내", "Delayed", side=True),
        MilestoneText("REJECTED", "반영 어려움", "Not possible", side=True),
        MilestoneText("CANCELLED", "취소", "Cancelled", side=True),
        MilestoneText("MERGED", "함께 처리", "Merged", side=True),
    ),
    start_form="request",
    public=True,
    channels=("web", "phone", "email", "visit", "walk_in", "staff"),
    topics=TOPICS,
    start_groups=("접수", "담당자", "관리자", "헌장담당"),
    page="/requests/new",
)
