"""Staff: open tasks by their most urgent promise; claim, fill in, complete, hand over."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.datastructures import FileStorage

from engine import commands, user_tasks
from engine.business_calendar import BusinessCalendar
from engine.errors import Conflict, Forbidden, InvalidForm, Sentence
from engine.forms import Form
from engine.transaction import Transaction
from engine.user_tasks import UserTask
from web import case_story, file_store, form_rendering, handling, promise_views
from web.api.tasks import seen_in
from web.form_rendering import Choice, Look, Typed
from web.idempotency import Answer, new_key, once, request_key
from web.language import say
from web.page_frame import Place, staff_places, user_name
from web.portal import services_of
from web.product import product
from web.promise_views import ClockView
from web.sign_in import need_user, signed_in
from web.tracking_page import stage_names
from web.words import clause_name, clock, moment, now, promise_sentence, promise_task, seoul, spec_text, t, today, until
from workflows import cases, milestones, organisation, permissions, promises
from workflows.calendar import calendar_of
from workflows.cases import Case
from workflows.organisation import User
from workflows.promises import Promise

blueprint = Blueprint("tasklist", __name__)

NEVER = datetime.max.replace(tzinfo=UTC)
VIEWS = ("group", "mine", "all")
GROUPS: Mapping[str, Sentence] = {
    "late": Sentence("늦음", "Late"),
    "today": Sentence("오늘", "Today"),
    "week": Sentence("이번 주", "This week"),
    "later": Sentence("나중", "Later"),
    "paused": Sentence("멈춤", "Paused"),
}


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task as a row of the list."""

    id: int
    group: str
    clock: ClockView
    title: str
    name: str
    customer: str
    case_no: str
    promise: str
    promise_note: str
    holder: str
    can_claim: bool
    rank: tuple[datetime, int]
    version: int


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading."""

    name: str
    tasks: Sequence[TaskRow]


# ---------------------------------------------------------------- the list


@blueprint.get("/tasks")
@signed_in
def inbox() -> Response:
    """Show the tasks of a view, the most urgent first."""
    return make_response(render_template("tasklist/inbox.html", **_list_context()))


@blueprint.get("/tasks/changes")
@signed_in
def changes() -> Response:
    """Answer the list anew when it differs from what the page shows, else nothing (204)."""
    context = _list_context()
    if context["seen"] == request.args.get("seen"):
        return make_response("", 204)
    return make_response(render_template("tasklist/list.html", **context))


def _list_context() -> dict[str, object]:
    user = need_user()
    view = request.args.get("view", "group")
    view = view if view in VIEWS else "group"
    state, q = request.args.get("state", ""), request.args.get("q", "").strip()[:100]
    with product().engine.reading(user.name) as tx:
        found = {name: _rows(tx, user, _tasks_of(tx, user, name)) for name in _views_for(user)}
    every = found.get(view, found["group"])
    rows = [r for r in every if _matches(r, state, q)]
    groups = [Group(say(words), [r for r in rows if r.group == name]) for name, words in GROUPS.items()]
    kept = {"view": view, "state": state, "q": q}
    facts = [(r.id, r.version, r.holder, r.clock.left) for r in rows]
    seen = hashlib.sha256(repr((facts, [len(v) for v in found.values()])).encode()).hexdigest()[:16]
    said = request.args.get("done", "")[:120]
    return {
        "sentence": _state_sentence(every),
        "tabs": [Tab(say(TABS[name]), url_for(".inbox", view=name), name == view, len(f)) for name, f in found.items()],
        "view": view,
        "state": state,
        "q": q,
        "state_options": [(name, say(words)) for name, words in GROUPS.items()],
        "groups": [g for g in groups if g.tasks],
        "empty": _empty(view, found, filtered=bool(state or q)),
        "poll_href": f"{url_for('.changes')}?{urlencode({**kept, 'seen': seen})}",
        "seen": seen,
        "done": [],
        "said": t("마쳤습니다: {name}", "Done: {name}", name=said) if said else "",
    }


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab over the list, with how many tasks are in it."""

    name: str
    href: str
    here: bool
    count: int


TABS: Mapping[str, Sentence] = {
    "group": Sentence("내 업무와 우리 조", "Mine and my groups’"),
    "mine": Sentence("내가 맡은 것", "Claimed by me"),
    "all": Sentence("우리 팀 모두", "The whole team’s"),
}


def _views_for(user: User) -> tuple[str, ...]:
    return VIEWS if user.has_role("manager", "charter_office", "head") else VIEWS[:2]


def _tasks_of(tx: Transaction, user: User, view: str) -> list[UserTask]:
    if view != "group":
        return seen_in(tx, user, view)
    both = {task.id: task for task in (*seen_in(tx, user, "mine"), *seen_in(tx, user, "group"))}
    return list(both.values())


def _rows(tx: Transaction, user: User, tasks: Sequence[UserTask]) -> list[TaskRow]:
    numbers = [task.business_key for task in tasks if task.business_key]
    about, urgent, calendar = cases.titles(tx, numbers), promises.most_urgent(tx, numbers), calendar_of(tx)
    rows = [
        _row(tx, user, task, about.get(task.business_key or ""), urgent.get(task.business_key or ""), calendar)
        for task in tasks
    ]
    return sorted(rows, key=lambda row: row.rank)


def _row(
    tx: Transaction, user: User, task: UserTask, case: Case | None, promise: Promise | None, calendar: BusinessCalendar
) -> TaskRow:
    due = promise.due_at if promise else task.due_at
    return TaskRow(
        id=task.id,
        group=_group_of(promise, due),
        clock=_clock(promise, task, calendar),
        title=case.title if case else task.name,
        name=case_story.task_name(tx, task),
        customer=case_story.customer_name(tx, case, user) if case else "",
        case_no=task.business_key or "",
        promise=promise_task(promise.clause, "" if promise.item.startswith("stage") else promise.item)
        if promise
        else "",
        promise_note=" · ".join(x for x in (clause_name(promise.clause), spec_text(promise.spec)) if x)
        if promise
        else "",
        holder=_holder(tx, user, task),
        can_claim=task.assignee is None and permissions.may_take(tx, user, task),
        rank=(due or NEVER, task.id),
        version=task.version,
    )


def _clock(promise: Promise | None, task: UserTask, calendar: BusinessCalendar) -> ClockView:
    if promise is not None:
        return promise_views.clock_of(promise, now(), calendar)
    return promise_views.due_clock(task.due_at, now(), calendar) if task.due_at else promise_views.no_clock()


def _group_of(promise: Promise | None, due: datetime | None) -> str:
    if promise is not None and promise.paused_at is not None:
        return "paused"
    if due is None:
        return "later"
    if due < now():
        return "late"
    day = seoul(due).date()
    if day <= today():
        return "today"
    return "week" if day <= today() + timedelta(days=6 - today().weekday()) else "later"


def _holder(tx: Transaction, user: User, task: UserTask) -> str:
    if task.assignee is None:
        return ""
    return str(t("나", "me")) if task.assignee == user.name else case_story.person_name(tx, task.assignee)


def _matches(row: TaskRow, state: str, q: str) -> bool:
    text = f"{row.title} {row.name} {row.customer} {row.case_no}".lower()
    return (not state or row.group == state) and q.lower() in text


def _state_sentence(rows: Sequence[TaskRow]) -> str:
    late = sum(r.group == "late" for r in rows)
    soon = sum(r.clock.shape == "soon" for r in rows)
    if late and soon:
        said = t("{late}건이 늦었고 {soon}건이 임박했습니다.", "{late} late, {soon} at risk.", late=late, soon=soon)
    elif late:
        said = t("{late}건이 늦었습니다.", "{late} late.", late=late)
    elif soon:
        said = t("{soon}건이 임박했습니다.", "{soon} at risk.", soon=soon)
    else:
        said = t("늦은 것은 없습니다.", "Nothing is late.")
    return f"{said} {t('급한 약속부터 보입니다.', 'The most urgent promise comes first.')}"


def _empty(view: str, found: Mapping[str, Sequence[TaskRow]], *, filtered: bool) -> dict[str, object]:
    if filtered:
        return {
            "title": t("찾는 업무가 없습니다.", "No such task."),
            "then": t("다른 낱말이나 상태로 찾아 보십시오.", "Try other words or another state."),
            "href": url_for(".inbox", view=view),
            "action": t("모두 보기", "Show all"),
        }
    waiting = [r for r in found.get("group", ()) if not r.holder]
    if view == "mine" and waiting:
        then = t(
            Markup("우리 조에 아무도 맡지 않은 업무가 {n}건 있습니다. 가장 급한 것: {left}"),
            Markup("Your group has {n} unclaimed; the most urgent: {left}"),
            n=len(waiting),
            left=waiting[0].clock.left,
        )
        href, action = url_for(".inbox", view="group"), t("우리 조 업무 보기", "See my group’s tasks")
        return {"title": t("맡은 업무가 없습니다.", "You have no tasks."), "then": then, "href": href, "action": action}
    return {
        "title": t("할 업무가 없습니다.", "There is nothing to do."),
        "then": t("새 업무가 생기면 여기에 바로 보입니다.", "New tasks appear here by themselves."),
        "href": "",
        "action": "",
    }


@blueprint.get("/tasks/menu")
@signed_in
def menu() -> str:
    """Show the staff menu as a page: works without a script."""
    user = need_user()
    with product().engine.reading(user.name) as tx:
        rows = _rows(tx, user, _tasks_of(tx, user, "group"))
    places = [
        Place(
            p.name,
            p.href,
            said=_state_sentence(rows) if p.href == "/tasks" else "",
            count=len(rows) if p.href == "/tasks" else None,
        )
        for p in staff_places()
    ]
    return render_template("portal/menu.html", places=places, forms=[])


# ---------------------------------------------------------------- one task


@blueprint.get("/tasks/<int:task_id>")
@signed_in
def task(task_id: int) -> Response:
    """Show a task with its form, what was typed so far, and its promise beside it."""
    user = need_user()
    with product().engine.reading(user.name) as tx:
        found = handling.visible(tx, user, task_id)
        if found.state != "open":
            return _gone(tx, user, found, user_tasks.conflict(tx, task_id), {}, status=200)
        return _page(tx, user, found, _boxes(tx, user, found))


def _boxes(tx: Transaction, user: User, found: UserTask) -> Typed:
    """The draft, else what the process knows already under the fields' names."""
    form = handling.form_of(tx, found)
    if form is None:
        return {}
    case = cases.find_case(tx, found.business_key)
    if found.draft is not None:
        return form_rendering.boxes_of(form, permissions.task_values(tx, user, case, found.draft))
    seen = permissions.task_values(tx, user, case, user_tasks.visible_variables(tx, found))
    return form_rendering.boxes_of(form, {f.name: seen.get(f.name) for f in form.fields if f.type != "files"})


@blueprint.post("/tasks/<int:task_id>")
@signed_in
def act(task_id: int) -> Response:
    """Complete the task, keep a draft, put it back, or show one row more or less; what was typed is never lost."""
    user = need_user()
    typed = form_rendering.typed_of(request.form)
    what, add, drop = request.form.get("_act", "complete"), request.form.get("_add"), request.form.get("_drop")
    try:
        if add or drop:
            return _with_rows(user, task_id, typed, add, drop)
        if what == "draft":
            return _save_draft(user, task_id, typed)
        if what == "unclaim":
            return _put_back(user, task_id)
        return _complete(user, task_id, typed)
    except InvalidForm as error:
        with product().engine.reading(user.name) as tx:
            return _page(tx, user, handling.visible(tx, user, task_id), typed, error=error)
    except Conflict as error:
        with product().engine.reading(user.name) as tx:
            return _gone(tx, user, handling.visible(tx, user, task_id), error, typed, status=409)


def _with_rows(user: User, task_id: int, typed: Typed, add: str | None, drop: str | None) -> Response:
    with product().engine.reading(user.name) as tx:
        found = handling.visible(tx, user, task_id)
        form = handling.form_of(tx, found)
        boxes = form_rendering.edited_rows(form, typed, add=add, drop=drop) if form else typed
        return _page(tx, user, found, boxes)


def _complete(user: User, task_id: int, typed: Typed) -> Response:
    version = request.form.get("version", "")
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else -1

    def do(tx: Transaction) -> Answer:
        found = handling.visible(tx, user, task_id)
        raw = _raw(tx, found, typed)
        handling.complete(tx, user, task_id, number, raw)
        return Answer({"name": case_story.task_name(tx, found)})

    with product().engine.transaction(user.name) as tx:
        answer = once(tx, request_key(), lambda: do(tx))
    name = answer.body["name"] if isinstance(answer.body, Mapping) else ""
    return redirect(url_for(".inbox", done=name), code=303)  # type: ignore[return-value]


def _raw(tx: Transaction, found: UserTask, typed: Typed) -> dict[str, object]:
    form = handling.form_of(tx, found)
    if form is None:
        return {name: said[0] for name, said in typed.items() if said}
    raw = form_rendering.raw_of(form, typed)
    for field in form.fields:
        if field.type == "files" and found.business_key:
            raw.pop(field.name, None)
            parts = [p for p in request.files.getlist(field.name) if p.filename]
            if parts:
                raw[field.name] = kept_files(tx, found.business_key, field.name, parts)
    return raw


def kept_files(tx: Transaction, case_no: str, field: str, parts: list[FileStorage]) -> list[str]:
    """Keep uploaded files of a case and return their ids; raises InvalidForm beside that field."""
    try:
        return [one.id for one in file_store.keep(tx, case_no, parts)]
    except InvalidForm as error:
        raise InvalidForm({field: next(iter(error.errors.values()))}) from error


def _save_draft(user: User, task_id: int, typed: Typed) -> Response:
    with product().engine.transaction(user.name) as tx:
        found = handling.visible(tx, user, task_id)
        form = handling.form_of(tx, found)
        raw = form_rendering.raw_of(form, typed) if form else {}
        handling.keep_draft(tx, user, found, raw)
    return redirect(url_for(".task", task_id=task_id, saved=1), code=303)  # type: ignore[return-value]


def _put_back(user: User, task_id: int) -> Response:
    with product().engine.transaction(user.name) as tx:
        handling.give_back(tx, user, task_id)
    return redirect(url_for(".inbox"), code=303)  # type: ignore[return-value]


@blueprint.post("/tasks/<int:task_id>/claim")
@signed_in
def claim(task_id: int) -> Response:
    """Make the task mine and open it."""
    user = need_user()
    try:
        with product().engine.transaction(user.name) as tx:
            handling.take(tx, user, task_id)
    except Conflict as error:
        with product().engine.reading(user.name) as tx:
            return _gone(tx, user, handling.visible(tx, user, task_id), error, {}, status=409)
    return redirect(url_for(".task", task_id=task_id), code=303)  # type: ignore[return-value]


@blueprint.post("/tasks/<int:task_id>/reassign")
@signed_in
def reassign(task_id: int) -> Response:
    """Give the task to somebody else who could take it."""
    user, to = need_user(), request.form.get("to", "")
    with product().engine.transaction(user.name) as tx:
        found = handling.visible(tx, user, task_id)
        if not permissions.may_reassign(tx, user, found, to):
            raise Forbidden(
                Sentence("이 업무를 그분께 넘길 수 없습니다.", "You may not give this task to that person.")
            )
        commands.reassign_user_task(tx, task_id, to=to, by=user.name)
    return redirect(url_for(".inbox"), code=303)  # type: ignore[return-value]


def _page(tx: Transaction, user: User, found: UserTask, boxes: Typed, *, error: InvalidForm | None = None) -> Response:
    form, case, calendar = handling.form_of(tx, found), cases.find_case(tx, found.business_key), calendar_of(tx)
    look = Look(staff=True, services=services_of(tx), people=_everybody(tx))
    views = form_rendering.field_views(form, boxes, error, look) if form else []
    promise = promises.most_urgent(tx, [case.no]).get(case.no) if case else None
    words = case_story.customers_words(tx, case, user) if case else case_story.Words()
    mine = found.assignee == user.name
    may_take = found.assignee is None and permissions.may_take(tx, user, found)
    page = render_template(
        "tasklist/task.html",
        task=_task_facts(tx, user, found, case),
        problems=form_rendering.problems(form, error, views) if form else [],
        saved=t("{at}에 임시 저장됨", "draft saved {at}", at=clock(now())) if request.args.get("saved") else "",
        notice=None,
        may_work=mine,
        can_claim=may_take,
        why_not=_why_not(tx, user, found),
        key=request.form.get("idempotency_key") or new_key(),
        fields=views,
        submit=say(form.submit) if form and form.submit else t("마치기", "Complete"),
        after=say(form.after) if form and form.after else "",
        people=_receivers(tx, user, found),
        clock_view=_side_clock(promise, found, calendar),
        promise=_promise_side(tx, promise, calendar),
        quote=words.quote,
        facts=words.facts,
        replies=[{"text": n.ko, "at": n.at} for n in case_story.replies(tx, case, user)] if case else [],
        happened=case_story.brief(case_story.lines(tx, case, user)) if case else [],
    )
    return make_response(page, 422 if error else 200)


def _task_facts(tx: Transaction, user: User, found: UserTask, case: Case | None) -> dict[str, object]:
    return {
        "id": found.id,
        "name": case_story.task_name(tx, found),
        "title": case.title if case else found.definition_key,
        "customer": case_story.customer_name(tx, case, user) if case else "",
        "case_no": case.no if case else "",
        "version": found.version,
        "holder": _holder(tx, user, found),
    }


def _why_not(tx: Transaction, user: User, found: UserTask) -> str:
    if found.assignee not in (None, user.name):
        name = case_story.person_name(tx, found.assignee)
        return str(t("{name} 님이 맡고 있습니다.", "{name} has this task.", name=name))
    if user.name in permissions.separated(tx, found):
        return str(
            t(
                "앞 단계를 하신 분은 이 업무를 맡을 수 없습니다. 다른 분이 확인합니다.",
                "Who did the step before cannot take this one: another person checks it.",
            )
        )
    groups = ", ".join(found.candidate_groups)
    if not permissions.may_take(tx, user, found):
        return str(t("이 업무는 {groups}에서 맡습니다.", "This task is for {groups}.", groups=groups or "-"))
    return str(t("맡으시면 적으실 수 있습니다.", "Claim it to fill it in."))


def _side_clock(promise: Promise | None, found: UserTask, calendar: BusinessCalendar) -> ClockView | None:
    return _clock(promise, found, calendar) if promise or found.due_at else None


def _promise_side(tx: Transaction, promise: Promise | None, calendar: BusinessCalendar) -> dict[str, object] | None:
    if promise is None:
        return None
    names = stage_names(milestones.of_case(tx, promise.case_no))
    words = promise_sentence(promise.clause, promise_views.item_name(promise, names))
    return {
        "clause": promise.clause,
        "long": Markup("{} {}").format(until(promise.due_at), words),
        "ruler": promise_views.ruler(promise, now(), calendar, narrow=True),
    }


def _everybody(tx: Transaction) -> list[Choice]:
    return [Choice(u.name, user_name(u)) for u in organisation.all_users(tx) if u.active]


def _receivers(tx: Transaction, user: User, found: UserTask) -> list[Choice]:
    if not permissions.may(tx, user, "reassign"):
        return []
    return [
        Choice(u.name, f"{user_name(u)} · {u.department}")
        for u in organisation.all_users(tx)
        if u.name != found.assignee
        and permissions.may_take(tx, u, found)
        and permissions.may_reassign(tx, user, found, u.name)
    ]


def _gone(tx: Transaction, user: User, found: UserTask, error: Conflict, typed: Typed, *, status: int) -> Response:
    """Show that somebody was faster, or that it changed; what was typed stays on the page."""
    case = cases.find_case(tx, found.business_key)
    form: Form | None = handling.form_of(tx, found)
    lines = form_rendering.shown_values(form, typed, Look(staff=True, people=_everybody(tx))) if form else []
    page = render_template(
        "tasklist/conflict.html",
        task=_task_facts(tx, user, found, case),
        sentence=_who_was_first(tx, found, error),
        typed=lines,
        status=status,
    )
    return make_response(page, status)


def _who_was_first(tx: Transaction, found: UserTask, error: Conflict) -> Markup | str:
    if found.state == "completed" and found.completed_at is not None:
        return t(
            Markup("{name} 님이 {at}에 먼저 마쳤습니다."),
            Markup("{name} completed this at {at}."),
            name=case_story.person_name(tx, found.completed_by),
            at=moment(found.completed_at) if seoul(found.completed_at).date() != today() else clock(found.completed_at),
        )
    if found.state == "open" and found.assignee and found.claimed_at:
        name = case_story.person_name(tx, found.assignee)
        return t(
            Markup("{name} 님이 {at}에 먼저 맡았습니다."),
            Markup("{name} claimed this at {at}."),
            name=name,
            at=clock(found.claimed_at),
        )
    return say(error.sentence)
