"""Product ideas (BP15): pledge 2, and pledge 1 by the substance of the answers."""

from workflows.charter_process import CharterProcess, MilestoneText

PROCESS = CharterProcess(
    name="product_idea",
    ko="상품 아이디어",
    en="Product ideas",
    clauses=("P2", "P1", "C4", "W1"),
    milestones=(
        MilestoneText("RECEIVED", "접수", "Received"),
        MilestoneText("SCREENING", "검토 중", "Under review"),
        MilestoneText("DECIDED", "결정", "Decided"),
        MilestoneText("RELEASED", "출시", "Released", side=True),
        MilestoneText("CLOSED", "종료", "Closed"),
        MilestoneText("DECLINED", "채택하지 않음", "Not adopted", side=True),
        MilestoneText("CANCELLED", "취소", "Cancelled", side=True),
        MilestoneText("MERGED", "함께 처리", "Merged", side=True),
    ),
    start_form="idea",
    public=True,
    channels=("web", "phone", "email", "visit", "walk_in", "staff"),
    ends={"DONE": ("출시", "Released"), "DECLINED": ("채택하지 않음", "Not adopted")},
    start_groups=("접수", "상담", "담당자", "관리자", "헌장담당"),
    page="/ideas/new",
)
