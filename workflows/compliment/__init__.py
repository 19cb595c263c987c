"""Compliments (BP11): cooperation 3, from a person's thanks to the monthly commendation."""

from workflows.charter_process import CharterProcess, MilestoneText
from workflows.compliment.jobs import TOPICS

PROCESS = CharterProcess(
    name="compliment",
    ko="모범 직원 칭찬",
    en="Compliments",
    clauses=("K3", "W1"),
    milestones=(
        MilestoneText("RECEIVED", "접수", "Received"),
        MilestoneText("SHARED", "직원에게 전달", "Passed on"),
        MilestoneText("COMMENDED", "모범 사례 선정", "Chosen as an example", side=True),
        MilestoneText("CLOSED", "종료", "Closed"),
        MilestoneText("CANCELLED", "취소", "Cancelled", side=True),
        MilestoneText("MERGED", "함께 처리", "Merged", side=True),
    ),
    start_form="compliment",
    public=True,
    channels=("web", "phone", "email", "visit", "walk_in", "staff"),
    topics=TOPICS,
    ends={"DONE": ("직원에게 전함", "Passed on"), "COMMENDED": ("모범 사례 선정", "Chosen as an example")},
    start_groups=("접수", "상담", "담당자", "관리자", "헌장담당"),
    title="${employee_or_department + ' 칭찬'}",
    anonymous=True,
    page="/compliments/new",
)
