"""Staff: cases to find and to read, with their history, diagram, promises and mails; and the list of promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from markupsafe import Markup

from engine import incidents, mails, user_tasks
from engine.errors import Sentence
from engine.transaction import Transaction
from web import case_story, promise_views
from web.api.cases import visible_case
from web.language import say
from web.page_frame import user_name
from web.product import product
from web.promise_views import ClockView
from web.sign_in import need_user, signed_in
from web.tracking_page import stage_names
from web.words import moment, now, phone_text, t
from workflows import audit, cases, catalogue, milestones, organisation, permissions, promises
from workflows.calendar import calendar_of
from workflows.cases import Case
from workflows.organisation import User
from workflows.promises import PromiseState

blueprint = Blueprint("casefile", __name__)

PAGE = 50
MAIL_STATES: Mapping[str, Sentence] = {
    "queued": Sentence("보내는 중", "being sent"),
    "accepted": Sentence("보냄", "sent"),
    "failed": Sentence("보내지 못함", "not sent"),
    "bounced": Sentence("되돌아옴", "bounced"),
}


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case as a row of the list."""

    no: str
    title: str
    customer: str
    process: str
    state: str
    clock: ClockView | None
    received_at: object


def mail_state(state: str) -> str:
    """Return a mail's state in words."""
    return say(MAIL_STATES.get(state, MAIL_STATES["queued"]))


def process_name(key: str) -> str:
    """Return a process' name in the reader's language."""
    known = catalogue.process(key)
    return str(t(known.ko, known.en)) if known else key


# ---------------------------------------------------------------- the list


@blueprint.get("/cases")
@signed_in
def index() -> str:
    """Show the cases that this user may see, newest first."""
    user = need_user()
    asked = {name: request.args.get(name, "").strip()[:100] for name in ("q", "process", "state")}
    after = request.args.get("after") or None
    with product().engine.reading(user.name) as tx:
        found = cases.find(
            tx,
            q=asked["q"] or None,
            process=asked["process"] or None,
            state=asked["state"] or None,
            visible=permissions.visible_cases(tx, user),
            searchable=permissions.searchable_contacts(user),
            after=after,
            limit=PAGE + 1,
        )
        shown = found[:PAGE]
        rows = _rows(tx, user, shown)
    more = f"{url_for('.index')}?{urlencode({**asked, 'after': shown[-1].no})}" if len(found) > PAGE else ""
    count = f"{len(shown)}+" if more else str(len(shown))
    return render_template(
        "casefile/list.html",
        cases=rows,
        next=more,
        sentence=t("{n}건입니다. 새로 접수된 것부터 보입니다.", "{n} cases, the newest first.", n=count),
        processes=[(p.name, t(p.ko, p.en)) for p in catalogue.processes().values()],
        states=[("open", t("진행", "Open")), ("closed", t("끝남", "Closed"))],
        **asked,
    )


def _rows(tx: Transaction, user: User, found: Sequence[Case]) -> list[CaseRow]:
    urgent, calendar = promises.most_urgent(tx, [c.no for c in found]), calendar_of(tx)
    rows = []
    for case in found:
        promise = urgent.get(case.no) if case.is_open else None
        clock = promise_views.clock_of(promise, now(), calendar) if promise else None
        rows.append(
            CaseRow(
                case.no,
                case.title,
                case_story.customer_name(tx, case, user),
                process_name(case.process),
                _state(tx, case),
                clock,
                case.received_at,
            )
        )
    return rows


def _state(tx: Transaction, case: Case) -> str:
    if not case.is_open:
        process = catalogue.process(case.process)
        return say(process.end_words(case.end_state or "DONE")) if process else (case.end_state or "")
    reached = [m for m in milestones.of_case(tx, case.no) if m.reached_at is not None]
    return str(t(reached[-1].ko, reached[-1].en)) if reached else str(t("진행", "Open"))


# ---------------------------------------------------------------- one case


@blueprint.get("/cases/<no>")
@signed_in
def case(no: str) -> str:
    """Show a case; reading the personal data of a case that one has no part in is written into the audit."""
    user = need_user()
    with product().engine.reading(user.name) as tx:
        found = visible_case(tx, user, no)
        page = _page(tx, user, found)
        is_related = permissions.is_related(tx, user, found)
    if not is_related:
        with product().engine.transaction(user.name) as tx:
            audit.record(tx, "case read", found.no)
    return page


def _page(tx: Transaction, user: User, found: Case) -> str:
    calendar = calendar_of(tx)
    knows = permissions.may_see_contact(tx, user, found)
    names = stage_names(milestones.of_case(tx, found.no))
    words = case_story.customers_words(tx, found, user)
    quoted = [(str(t("내용", "Details")), words.quote)] if words.quote else []
    stuck = incidents.of_instance(tx, found.instance_id, open_only=True) if found.instance_id else []
    return render_template(
        "casefile/case.html",
        case=found,
        tasks=[
            {"id": task.id, "name": case_story.task_name(tx, task)}
            for task in user_tasks.find_open(tx, business_key=found.no)
            if permissions.may_see_task(tx, user, task)
        ],
        facts=_facts(tx, user, found),
        incidents=[
            {"where": case_story.element_name(tx, i.definition_key, i.element_id), "message": i.message} for i in stuck
        ],
        diagram=case_story.safe_diagram(tx, found),
        days=case_story.days(case_story.lines(tx, found, user)),
        promises=promise_views.views(promises.of_case(tx, found.no), now(), calendar, staff=True, names=names),
        form_values=[*quoted, *words.facts],
        mails=[
            {
                "subject": m.subject,
                "to": m.to_name or m.to_address,
                "at": m.accepted_at or m.created_at,
                "state": mail_state(m.state),
                "href": url_for("mailbox.mail", mail_id=m.id),
            }
            for m in reversed(mails.of_case(tx, found.no))
            if knows or m.to_address == user.email
        ],
        linked=[
            {"no": link.no, "words": say(LINKS.get(link.kind, LINKS["other"]))} for link in cases.links_of(tx, found.no)
        ],
    )


LINKS: Mapping[str, Sentence] = {
    "reopens": Sentence("이 건을 다시 엶", "reopens"),
    "reopened_by": Sentence("다시 연 건", "reopened as"),
    "duplicate_of": Sentence("함께 처리하는 건", "handled with"),
    "duplicate": Sentence("같은 내용의 건", "duplicate"),
    "correction": Sentence("시정", "correction"),
    "handed_over": Sentence("넘긴 건", "handed over to"),
    "came_from": Sentence("넘어온 건", "came from"),
    "other": Sentence("관련된 건", "related"),
}


def _facts(tx: Transaction, user: User, found: Case) -> list[tuple[str, Markup | str]]:
    handler = organisation.find_user(tx, found.handler) if found.handler else None
    who = f"{user_name(handler)} · {handler.department}" if handler else str(t("아직 없음", "nobody yet"))
    version = t(" {n}판", " v{n}", n=found.version) if found.version else ""
    facts: list[tuple[str, Markup | str]] = [
        (str(t("상태", "State")), _state(tx, found)),
        (str(t("고객", "Customer")), case_story.customer_name(tx, found, user)),
        (str(t("담당", "Handler")), who),
        (str(t("접수", "Received")), moment(found.received_at, True)),
        (str(t("절차", "Process")), process_name(found.process) + version),
    ]
    if permissions.may_see_contact(tx, user, found):
        reach = " · ".join(x for x in (found.contact.email, phone_text(found.contact.phone)) if x)
        if reach:
            facts.insert(2, (str(t("연락", "Contact")), reach))
    if found.ended_at is not None:
        facts.append((str(t("끝남", "Ended")), moment(found.ended_at)))
    return facts


# ---------------------------------------------------------------- promises

TABS: Mapping[str, tuple[Sentence, tuple[PromiseState, ...]]] = {
    "open": (Sentence("가는 약속", "Running"), (PromiseState.RUNNING,)),
    "missed": (Sentence("못 지킴", "Missed"), (PromiseState.BREACHED,)),
    "kept": (Sentence("지킴", "Kept"), (PromiseState.KEPT,)),
    "rest": (Sentence("세지 않음", "Not counted"), (PromiseState.WAIVED, PromiseState.VOID)),
}
MANY = 500


@blueprint.get("/promises")
@signed_in
def promise_list() -> str:
    """Show the promises of the cases that this user may see: what is due next, or what was missed."""
    user = need_user()
    tab = request.args.get("tab", "open")
    tab = tab if tab in TABS else "open"
    with product().engine.reading(user.name) as tx:
        visible, calendar = permissions.visible_promises(tx, user), calendar_of(tx)
        found = {
            name: promises.find(tx, states=states, visible=visible, limit=10_000) for name, (_, states) in TABS.items()
        }
        ranked = sorted(found[tab], key=lambda p: p.due_at, reverse=tab != "open")[:MANY]
        about = cases.titles(tx, [p.case_no for p in ranked])
        rows = []
        for promise in ranked:
            view = promise_views.view(promise, now(), calendar)
            known = about.get(promise.case_no)
            item = "" if view.item in ("", "silence") else view.item
            rows.append(replace(view, title=known.title if known else "", item=item))
    late = sum(p.due_at < now() for p in found["open"]) + sum(p.is_unmet for p in found["missed"])
    soon = sum(p.is_at_risk(now()) and p.due_at >= now() for p in found["open"])
    return render_template(
        "casefile/promises.html",
        rows=rows,
        tabs=[
            {
                "name": say(words),
                "href": url_for(".promise_list", tab=name),
                "here": name == tab,
                "count": len(found[name]),
            }
            for name, (words, _) in TABS.items()
        ],
        sentence=t(
            "늦었는데 아직 못 지킨 것 {late}건, 임박 {soon}건.",
            "{late} late and still open, {soon} at risk.",
            late=late,
            soon=soon,
        ),
    )
