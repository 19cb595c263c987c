"""Our visits to customers (BP08): our visit 1 and 2 of the charter, and cooperation 1."""

from workflows.charter_process import CharterProcess, MilestoneText
from workflows.visit_outbound.jobs import TOPICS

PROCESS = CharterProcess(
    name="visit_outbound",
    ko="고객사 방문",
    en="Our visits to customers",
    clauses=("O1", "O2", "K1"),
    milestones=(
        MilestoneText("RECEIVED", "접수", "Received"),
        MilestoneText("PROPOSED", "방문 제안", "Visit proposed"),
        MilestoneText("AGREED", "약속 확정", "Visit agreed"),
        MilestoneText("VISITED", "방문", "Visited"),
        MilestoneText("RESULT_SENT", "결과 안내", "Result sent"),
        MilestoneText("CLOSED", "종료", "Closed"),
        MilestoneText("DECLINED", "방문 사양", "Visit declined", side=True),
        MilestoneText("CANCELLED", "취소", "Cancelled", side=True),
        MilestoneText("MERGED", "함께 처리", "Merged", side=True),
    ),
    start_form="visit_plan",
    public=False,
    channels=("staff", "phone", "email"),
    topics=TOPICS,
    ends={"DECLINED": ("방문 사양", "Visit declined")},
    retention="3y",
    start_groups=("담당자", "상담", "관리자", "헌장담당", "작업자", "운영팀 관리자"),
    title="찾아뵙기: ${purpose}",
)
