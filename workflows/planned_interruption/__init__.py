"""Planned interruptions (BP04): core 6, told to everybody beforehand; what overruns counts for core 1."""

from workflows.charter_process import CharterProcess, MilestoneText
from workflows.outage_jobs import (
    BEGIN_PLANNED_OUTAGE,
    END_OUTAGE,
    FIND_RECIPIENTS,
    JUDGE_NOTICES,
    NOTE_OVERRUN,
)

PROCESS = CharterProcess(
    name="planned_interruption",
    ko="서비스 중단 사전 안내",
    en="Planned interruptions",
    clauses=("C6", "C1"),
    milestones=(
        MilestoneText("RECEIVED", "계획", "Planned"),
        MilestoneText("ANNOUNCED", "사전 안내", "Announced"),
        MilestoneText("REMINDED", "다시 안내", "Reminded"),
        MilestoneText("STARTED", "작업 시작", "Started"),
        MilestoneText("EXTENDED", "연장", "Extended", side=True),
        MilestoneText("RESTORED", "정상화", "Restored"),
        MilestoneText("CLOSED", "종료", "Closed"),
        MilestoneText("RESCHEDULED", "일정 변경", "Rescheduled", side=True),
        MilestoneText("OVERRUN", "지연", "Delayed", side=True),
        MilestoneText("CANCELLED", "취소", "Cancelled", side=True),
        MilestoneText("MERGED", "함께 진행", "Merged", side=True),
    ),
    start_form="plan",
    channels=("staff",),
    topics=(FIND_RECIPIENTS, JUDGE_NOTICES, BEGIN_PLANNED_OUTAGE, NOTE_OVERRUN, END_OUTAGE),
    ends={"DONE": ("정상화", "Restored"), "CANCELLED": ("취소", "Cancelled")},
    retention="5y",
    start_groups=("작업자", "승인자", "담당자", "관리자", "운영팀 관리자"),
    title="${title}",
)
