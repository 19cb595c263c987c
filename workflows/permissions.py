"""Who may do what: the table of charter.md §4 as data. What it does not allow is refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy import ColumnElement, Text, exists, false, or_, select, true, type_coerce

from engine import definitions, instances, user_tasks
from engine.errors import Forbidden, NotFound, Sentence
from engine.transaction import Transaction
from engine.user_tasks import UserTask, user_task
from workflows import catalogue, charter_extensions, organisation
from workflows.cases import Case, cases
from workflows.charter_extensions import BadExtension, SeparateMark
from workflows.charter_functions import functions_for
from workflows.organisation import WHOLE_HOUSE, User
from workflows.promises import promises


class Reach(StrEnum):
    """How far a capability goes."""

    NONE = "none"
    OWN = "own"  # what one is assigned to, or one's own acts
    TEAM = "team"  # one's groups and department
    ALL = "all"
    MASKED = "masked"  # all, personal fields masked


@dataclass(frozen=True, slots=True)
class Capability:
    """One row of the table: role -> reach; a role that is not named may not."""

    name: str
    reaches: Mapping[str, Reach]


_N, _O, _T, _A, _M = Reach.NONE, Reach.OWN, Reach.TEAM, Reach.ALL, Reach.MASKED


def _row(name: str, **reaches: Reach) -> Capability:
    return Capability(name, MappingProxyType(reaches))


TABLE: Mapping[str, Capability] = MappingProxyType(
    {
        row.name: row
        for row in (
            _row("start_case", receptionist=_A, support_agent=_A, handler=_A, manager=_A, charter_office=_A,
                 operator=_A, approver=_A, investigator=_A),
            _row("see_case", receptionist=_A, support_agent=_A, handler=_T, manager=_T, charter_office=_A, auditor=_M,
                 fulfilment=_T, compliance=_T, investigator=_T, operator=_T, approver=_T),
            _row("work", receptionist=_T, support_agent=_T, handler=_T, manager=_T, charter_office=_T, fulfilment=_T,
                 compliance=_T, investigator=_T, operator=_T, approver=_T, process_owner=_T, security=_T, checker=_T),
            _row("reassign", manager=_T, charter_office=_A),
            _row("waive", handler=_O, manager=_T, charter_office=_A),
            _row("sign_second", process_owner=_A, charter_office=_A),
            _row("see_informant", charter_office=_A, receptionist=_O, support_agent=_O),
            _row("see_delivery", fulfilment=_A),
            _row("edit_process", process_owner=_A, charter_office=_A),
            _row("read_process", process_owner=_A, charter_office=_A, auditor=_A, admin=_A, manager=_A),
            _row("deploy", admin=_A, process_owner=_O),
            _row("approve_deploy", charter_office=_A),
            _row("propose_setting", process_owner=_A, charter_office=_A),
            _row("change_setting", charter_office=_A),
            _row("change_technical", admin=_A),
            _row("see_figures", charter_office=_A, manager=_A, process_owner=_A, auditor=_A, admin=_A, handler=_A),
            _row("prepare_figures", charter_office=_A),
            _row("approve_figures", head=_A),
            _row("validate_figures", auditor=_A),
            _row("manage_users", admin=_A),
            _row("retry_jobs", admin=_A),
            _row("see_cockpit", admin=_M, charter_office=_A, process_owner=_M, manager=_A, auditor=_M),
            _row("see_audit", charter_office=_A, auditor=_A, admin=_A, manager=_T, process_owner=_O, handler=_O),
            _row("see_outbox", charter_office=_A, admin=_M, receptionist=_A, manager=_A),
            _row("subscribers", operator=_A, charter_office=_A, receptionist=_A, manager=_A, admin=_A),
            _row("contacts", charter_office=_A),
            _row("rewards", charter_office=_A, head=_A, auditor=_M, fulfilment=_O, compliance=_A),
            _row("reception", receptionist=_A, security=_A, manager=_A, charter_office=_A),
            _row("absence", manager=_T),
            _row("start_process", admin=_A, process_owner=_A, charter_office=_A, manager=_A, handler=_A, operator=_A,
                 receptionist=_A, support_agent=_A),
        )
    }
)  # fmt: skip


def reach(user: User, capability: str) -> Reach:
    """Return how far a capability goes for a user: the widest of his roles; raises KeyError for one there is not."""
    reaches = TABLE[capability].reaches
    order = (Reach.ALL, Reach.MASKED, Reach.TEAM, Reach.OWN, Reach.NONE)
    return min((reaches.get(role, Reach.NONE) for role in user.roles), key=order.index, default=Reach.NONE)


def may(tx: Transaction, user: User | None, capability: str, case: Case | None = None) -> bool:
    """Whether a user may do that, to that case where one is given; nobody who is not signed in may."""
    if user is None or not user.active:
        return False
    how_far = reach(user, capability)
    if how_far is Reach.NONE:
        return False
    return case is None or how_far in (Reach.ALL, Reach.MASKED) or is_related(tx, user, case)


def require(tx: Transaction, user: User | None, capability: str, case: Case | None = None) -> User:
    """Return the user if he may; raises NotFound for a case that he may not know of, Forbidden else."""
    if user is not None and may(tx, user, capability, case):
        return user
    if case is not None and not may(tx, user, "see_case", case):
        raise NotFound(Sentence(f"접수번호를 찾을 수 없습니다: {case.no}", f"There is no case {case.no}"))
    raise Forbidden(Sentence("이 일을 할 권한이 없습니다.", "You may not do this."))


# ---------------------------------------------------------------- cases


def visible_cases(tx: Transaction, user: User) -> ColumnElement[bool]:
    """Return the condition that a row of cases is one the user may see, for cases.find and its kin."""
    how_far = reach(user, "see_case")
    if how_far in (Reach.ALL, Reach.MASKED) or (how_far is Reach.TEAM and WHOLE_HOUSE in user.groups):
        return true()
    return _related(user) if how_far in (Reach.TEAM, Reach.OWN) else false()


def visible_promises(tx: Transaction, user: User) -> ColumnElement[bool]:
    """Return the condition that a promise belongs to a case which the user may see."""
    how_far = reach(user, "see_case")
    if how_far in (Reach.ALL, Reach.MASKED) or (how_far is Reach.TEAM and WHOLE_HOUSE in user.groups):
        return true()
    if how_far is Reach.NONE:
        return false()
    return promises.c.case_no.in_(select(cases.c.no).where(_related(user)))


def is_related(tx: Transaction, user: User, case: Case) -> bool:
    """Whether a case is one of the user's: he, his groups or (a manager) his department have or had its tasks."""
    if WHOLE_HOUSE in user.groups:
        return True
    asked = select(cases.c.no).where(cases.c.no == case.no, _related(user))
    return tx.connection.execute(asked).first() is not None


def _related(user: User) -> ColumnElement[bool]:
    """Assigned to, completed by, open to, entered by or handled by the user; groups are looked for in the JSON list."""
    mine = or_(
        user_task.c.assignee == user.name,
        user_task.c.completed_by == user.name,
        type_coerce(user_task.c.candidate_users, Text).like(f'%"{user.name}"%'),
        *(type_coerce(user_task.c.candidate_groups, Text).like(f'%"{group}"%') for group in _groups(user)),
    )
    has_task = exists().where(user_task.c.business_key == cases.c.no, mine)
    return or_(cases.c.handler == user.name, cases.c.created_by == user.name, has_task)


def _groups(user: User) -> tuple[str, ...]:
    """A department's manager has the tasks of his department, too: `운영팀 관리자` sees those of 운영팀."""
    led = (group.removesuffix(" 관리자") for group in user.groups if group.endswith(" 관리자"))
    return tuple(dict.fromkeys((*user.groups, *led)))


def may_see_contact(tx: Transaction, user: User | None, case: Case) -> bool:
    """Whether a user may see who the customer is: never the accused department's where the process hides informants.

    The receptionist who entered a complaint sees it until it is screened (charter.md §4).
    """
    if user is None or not may(tx, user, "see_case", case) or reach(user, "see_case") is Reach.MASKED:
        return False
    known = catalogue.process(case.process)
    if known is None or not known.hides_informant:
        return True
    how_far = reach(user, "see_informant")
    if how_far is Reach.ALL:
        return True
    screened = any(t.completed_at for t in user_tasks.of_case(tx, case.no) if t.element_id == "Task_Screen")
    return how_far is Reach.OWN and case.created_by == user.name and not screened


def may_read_report(tx: Transaction, user: User | None, case: Case) -> bool:
    """Whether a user may read an informant's own words and files, where the process hides who told us.

    The charter office, and who checks or approves; never the accused department nor its manager, nor who sends gifts.
    """
    known = catalogue.process(case.process)
    if known is None or not known.hides_informant or user is None:
        return True
    if may_see_contact(tx, user, case):
        return True
    if not may(tx, user, "see_case", case) or user.has_role("fulfilment", "compliance"):
        return False
    return not _is_accused(tx, user, case) and (WHOLE_HOUSE in user.groups or _works_on(tx, user, case))


def _is_accused(tx: Transaction, user: User, case: Case) -> bool:
    """Whether a complaint is about the user's department, or one that he leads."""
    seen = instances.variables(tx, case.instance_id) if case.instance_id is not None else case.form
    name = str(seen.get("accused_department") or seen.get("department") or "")
    department = organisation.department(tx, name)
    return user.department == name or (department is not None and department.manager == user.name)


def _works_on(tx: Transaction, user: User, case: Case) -> bool:
    """Whether the user has or had a task of the case's own diagram, not only of one that it called."""
    own = (t for t in user_tasks.of_case(tx, case.no) if t.definition_key == case.process)
    return any(
        user.name in (t.assignee, t.completed_by, *t.candidate_users) or set(user.groups) & set(t.candidate_groups)
        for t in own
    )


def searchable_contacts(user: User) -> ColumnElement[bool]:
    """Return the condition that a case may be found by who its customer is, for cases.find."""
    if reach(user, "see_informant") is Reach.ALL:
        return true()
    hiding = [process.name for process in catalogue.processes().values() if process.hides_informant]
    return cases.c.process.not_in(hiding)


def may_see_delivery(tx: Transaction, user: User | None, case: Case) -> bool:
    """Whether a user may see a gift's address and phone: fulfilment alone."""
    return may(tx, user, "see_delivery", case)


PERSONAL = frozenset(
    [
        "name",
        "org",
        "email",
        "phone",
        "contact",
        "contact_name",
        "contact_email",
        "contact_phone",
        "on_behalf_of",
        "caller_name",
        "caller_phone",
        "callback_phone",
        "caller_org",
        "visitor_name",
        "visitor_phone",
        "companions",
        "customer",
        # of notify: to whom a mail could not be delivered, and what stood in it
        "to_name",
        "told_to",
        "new_email",
        "text",
    ]
)
DELIVERY = frozenset(
    [
        "address",
        "address1",
        "address2",
        "address_detail",
        "delivery_phone",
        "mobile",
        "postal",
        "postal_code",
        "recipient",
        "recipient_name",
        "recipient_phone",
    ]
)
# What an informant wrote, and whom the investigator asked: words can tell who somebody is.
REPORT = frozenset(
    ("description", "evidence", "wanted", "interviewed", "questions", "reply", "reply_files", "appeal_reason")
)


def visible_variables(
    tx: Transaction, user: User | None, case: Case, variables: Mapping[str, object]
) -> dict[str, object]:
    """Return a case's variables without those that the user may not see; nothing hints that they are there."""
    hidden: set[str] = set()
    if not may_see_contact(tx, user, case):
        hidden |= PERSONAL
    if not may_see_delivery(tx, user, case):
        hidden |= DELIVERY
    if not may_read_report(tx, user, case):
        hidden |= REPORT
    return {name: value for name, value in variables.items() if name not in hidden}


def task_values(
    tx: Transaction, user: User, case: Case | None, variables: Mapping[str, object]
) -> Mapping[str, object]:
    """Return what a task's form may show of the process so far; who hides informants hides them in forms too."""
    known = catalogue.process(case.process) if case is not None else None
    if case is None or known is None or not known.hides_informant:
        return variables
    return visible_variables(tx, user, case, variables)


# ---------------------------------------------------------------- tasks


def may_see_task(tx: Transaction, user: User, task: UserTask) -> bool:
    """Whether a task is the user's, or one that he could take, or one of people he manages."""
    return task.assignee == user.name or may_take(tx, user, task) or _manages_task(tx, user, task)


def may_take(tx: Transaction, user: User, task: UserTask) -> bool:
    """Whether a user may claim a task: a candidate, and not separated from it by what he did before in the case."""
    is_candidate = user.name in task.candidate_users or bool(set(user.groups) & set(task.candidate_groups))
    named = task.assignee == user.name
    return user.active and (is_candidate or named) and user.name not in separated(tx, task)


def separated(tx: Transaction, task: UserTask) -> set[str]:
    """Return who may not do a task because of what they did before in its case (charter:separate; charter.md §4)."""
    parsed = definitions.parsed(tx, task.definition_key, task.definition_version)
    node = parsed.nodes.get(task.element_id)
    found: set[str] = set()
    if node is None or task.business_key is None:
        return found
    try:
        marks = [m for m in charter_extensions.marks_of(node) if isinstance(m, SeparateMark)]
    except BadExtension:
        return found
    for mark in marks:
        is_constant = "${" not in mark.keep_away.text
        seen = {} if is_constant else user_tasks.visible_variables(tx, task)
        told = mark.keep_away.evaluate(seen, {"now": lambda: tx.now, **functions_for(tx, task.business_key)})
        words = [word for text in _texts(told) for word in text.replace(",", " ").split()]
        found |= {word.removeprefix("user:") for word in words if word.startswith("user:")}
        elements = [word.removeprefix("element:") for word in words if not word.startswith("user:")]
        found |= user_tasks.completers(tx, task.business_key, elements) if elements else set()
    return found


def may_reassign(tx: Transaction, user: User, task: UserTask, to: str) -> bool:
    """Whether a manager (or the charter office) may give a task to somebody who could take it himself."""
    other = organisation.find_user(tx, to)
    if other is None or not other.active or to in separated(tx, task):
        return False
    how_far = reach(user, "reassign")
    return how_far is Reach.ALL or (how_far is Reach.TEAM and _manages_task(tx, user, task))


def _manages_task(tx: Transaction, user: User, task: UserTask) -> bool:
    if not user.has_role("manager"):
        return False
    if WHOLE_HOUSE in user.groups:
        return True
    if task.assignee is not None and organisation.manages(tx, user.name, task.assignee):
        return True
    return bool(set(_groups(user)) & set(task.candidate_groups))


def _texts(value: object) -> Collection[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    return [str(value)] if value is not None else []


# ---------------------------------------------------------------- masks


def masked_name(name: str | None) -> str:
    """Return 홍*동 for 홍길동."""
    if not name:
        return ""
    if len(name) <= 2:
        return name[0] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def masked_email(email: str | None) -> str:
    """Return g***@example.com."""
    if not email or "@" not in email:
        return ""
    local, _, domain = email.partition("@")
    return f"{local[:1]}***@{domain}"


def masked_phone(phone: str | None) -> str:
    """Return 010-****-1234."""
    digits = "".join(sign for sign in phone or "" if sign.isdigit())
    if len(digits) < 7:
        return "****" if digits else ""
    if digits.startswith("82"):
        digits = "0" + digits[2:]
    head = digits[:2] if digits.startswith("02") else digits[:3]
    return f"{head}-****-{digits[-4:]}"
