"""Corrections (BP13), called by other processes or alone: pledge 6 and reward 1."""

from workflows.charter_process import CharterProcess, MilestoneText
from workflows.correction.jobs import TOPICS

PROCESS = CharterProcess(
    name="correction",
    ko="즉시 시정",
    en="Corrections",
    clauses=("F1", "P6"),
    milestones=(
        MilestoneText("RECEIVED", "접수", "Received"),
        MilestoneText("STARTED", "시정 시작", "Correction started"),
        MilestoneText("PLANNED", "시정 계획", "Planned", side=True),
        MilestoneText("DONE", "시정", "Corrected"),
        MilestoneText("VERIFIED", "확인 완료", "Verified"),
        MilestoneText("CLOSED", "종료", "Closed"),
        MilestoneText("CANCELLED", "취소", "Cancelled", side=True),
    ),
    start_form="correction",
    channels=("staff", "phone", "email", "visit"),
    topics=TOPICS,
    ends={
        "CORRECTED": ("시정 완료", "Corrected"),
        "PLAN_MISSED": ("시정 완료, 계획한 날을 넘김", "Corrected after the planned date"),
    },
    retention="5y",
    start_groups=("담당자", "관리자", "운영팀 관리자", "헌장담당", "상담"),
    title="${what}",
)
