"""Incidents (BP05): core 1, told within minutes and followed to its report; pledge 6 by the correction it calls."""

from workflows.charter_process import CharterProcess, MilestoneText
from workflows.outage_jobs import BEGIN_INCIDENT, END_INCIDENT, FIND_SAME_INCIDENT, NOTE_UPDATE

PROCESS = CharterProcess(
    name="incident",
    ko="장애 대응",
    en="Incidents",
    clauses=("C1", "P6", "F1"),
    milestones=(
        MilestoneText("RECEIVED", "감지", "Detected"),
        MilestoneText("CONFIRMED", "장애 확인", "Confirmed"),
        MilestoneText("INVESTIGATING", "원인 확인 중", "Investigating"),
        MilestoneText("IDENTIFIED", "원인 확인", "Cause identified"),
        MilestoneText("MONITORING", "복구 후 관찰", "Monitoring"),
        MilestoneText("RESOLVED", "복구", "Resolved"),
        MilestoneText("POSTMORTEM", "재발방지 대책 공개", "Report published"),
        MilestoneText("CLOSED", "종료", "Closed"),
        MilestoneText("FALSE_ALARM", "장애 아님", "False alarm", side=True),
        MilestoneText("MERGED", "함께 처리", "Merged", side=True),
    ),
    start_form="open",
    channels=("staff", "monitoring"),
    topics=(FIND_SAME_INCIDENT, BEGIN_INCIDENT, NOTE_UPDATE, END_INCIDENT),
    ends={"DONE": ("대책까지 마침", "Followed to its end"), "FALSE_ALARM": ("장애 아님", "False alarm")},
    retention="5y",
    start_groups=("작업자", "담당자", "관리자", "운영팀 관리자", "접수", "상담"),
    title="${title}",
)
