"""Visits of customers to us (BP07): visit 1 to 4 of the charter."""

from workflows.charter_process import CharterProcess, MilestoneText
from workflows.visit_inbound.jobs import TOPICS

PROCESS = CharterProcess(
    name="visit_inbound",
    ko="고객 방문",
    en="Visits to us",
    clauses=("V1", "V2", "V3", "V4"),
    milestones=(
        MilestoneText("RECEIVED", "접수", "Received"),
        MilestoneText("REQUESTED", "예약 요청", "Visit requested"),
        MilestoneText("PROPOSED", "다른 시간 제안", "Other times offered", side=True),
        MilestoneText("CONFIRMED", "예약 확정", "Visit confirmed"),
        MilestoneText("CHECKED_IN", "도착", "Arrived"),
        MilestoneText("MET", "면담", "Met"),
        MilestoneText("CLOSED", "종료", "Closed"),
        MilestoneText("NO_SHOW", "미방문", "Did not come", side=True),
        MilestoneText("REJECTED", "방문을 받지 못함", "Not possible", side=True),
        MilestoneText("CANCELLED", "취소", "Cancelled", side=True),
        MilestoneText("MERGED", "함께 처리", "Merged", side=True),
    ),
    start_form="visit",
    public=True,
    channels=("web", "phone", "email", "visit", "walk_in", "staff"),
    topics=TOPICS,
    ends={
        "NO_SHOW": ("미방문", "Did not come"),
        "REJECTED": ("방문을 받지 못함", "Not possible"),
        "NO_ANSWER": ("시간을 고르지 않음", "No time chosen"),
    },
    retention="1y",
    start_groups=("접수", "상담", "담당자", "관리자", "헌장담당", "보안"),
    title="방문: ${purpose}",
    page="/visits/new",
)
