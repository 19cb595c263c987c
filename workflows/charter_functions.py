"""The functions that expressions of the charter may call, bound to the transaction and the case of an instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from engine import user_tasks
from engine.errors import InvalidExpression, Sentence
from engine.process_application import InstanceView
from engine.transaction import Transaction
from workflows import cases, market, organisation, outages, passes, promises, settings
from workflows.calendar import calendar_of
from workflows.calendar_kr import due_at
from workflows.expressions_kr import PURE_FUNCTION_NAMES, date_of, plus, pure_functions
from workflows.korean import time_ko

Function = Callable[..., object]


def functions_of(tx: Transaction, instance: InstanceView) -> Mapping[str, Function]:
    """Return the functions for expressions of this instance."""
    return functions_for(tx, instance.business_key)


def functions_for(tx: Transaction, case_no: str | None) -> Mapping[str, Function]:
    """Return the functions as they answer for that case; None: for no case."""
    calendar = calendar_of(tx)

    def due(spec: object, start: object = None) -> datetime:
        text = _spec(tx, spec)
        return due_at(start if isinstance(start, datetime) else tx.now, text, calendar).at

    def months_after(day: object, spec: object) -> date:
        found = plus(date_of(day), _spec(tx, spec), calendar)
        return date_of(found)

    def last_mail_at() -> datetime:
        case = cases.find_case(tx, case_no)
        return (case.last_mail_at or case.received_at) if case else tx.now

    def promise_due(clause: object, item: object = "") -> datetime | None:
        found = promises.latest(tx, case_no or "", str(clause), str(item))
        return found.due_at if found else None

    def completed_by(element_id: object) -> str | None:
        done = [t for t in user_tasks.of_case(tx, case_no or "") if t.element_id == element_id and t.completed_by]
        return max(done, key=lambda t: (t.completed_at or t.opened_at, t.id)).completed_by if done else None

    def holder_of(element_id: object) -> str | None:
        held = [t for t in user_tasks.of_case(tx, case_no or "") if t.element_id == element_id and t.state == "open"]
        return held[-1].assignee if held else None

    def contact_verified() -> bool:
        case = cases.find_case(tx, case_no)
        return case is not None and case.contact.verified_at is not None

    def period_begins(day: object, length: object) -> date:
        """The first business day of the month after the day, or of the quarter (`monthly`, `quarterly`)."""
        told = date_of(day)
        months = 3 - (told.month - 1) % 3 if length == "quarterly" else 1
        first = date(told.year + (told.month - 1 + months) // 12, (told.month - 1 + months) % 12 + 1, 1)
        return calendar.business_day(first - timedelta(days=1), 1)

    own: dict[str, Function] = {
        "contact_verified": contact_verified,
        "period_begins": period_begins,
        "process_of": lambda no: _case_fact(tx, no, "process"),
        "received_of": lambda no: _case_fact(tx, no, "received_at"),
        "due": due,
        "before": lambda instant, spec: plus(instant, "-" + _spec(tx, spec).lstrip("-"), calendar),
        "plus": lambda instant, spec: plus(instant, _spec(tx, spec), calendar),
        "months_after": months_after,
        "setting": lambda key: settings.value(tx, str(key)),
        "last_mail_at": last_mail_at,
        "promise_due": promise_due,
        "completed_by": completed_by,
        "holder_of": holder_of,
        "is_absent": lambda user: organisation.is_absent(tx, str(user)),
        "substitute": lambda user: organisation.substitute_for(tx, str(user)),
        "service_of": lambda name: organisation.service_record(tx, _name(name)),
        "members": lambda group: organisation.members(tx, str(group)),
        "present_members": lambda group: organisation.present(tx, organisation.members(tx, str(group))),
        "department_of": lambda user: _user(tx, user, "department"),
        "user_name": lambda user: _user(tx, user, "ko_name"),
        "user_names": lambda names: ", ".join(_user(tx, _name(one), "ko_name") or _name(one) for one in _list(names)),
        "manager_of": lambda name: _manager(tx, name),
        "time_of": lambda instant: time_ko(_instant("time_of", instant)),
        "previous_working_day": lambda day: _working_day(tx, day, -1),
        "next_working_day": lambda day: _working_day(tx, day, 1),
        "is_open": lambda instant: calendar.is_open(_instant("is_open", instant)),
        "is_market_open": lambda instant: market.is_market_open(_instant("is_market_open", instant), calendar),
        "overlaps_market_hours": lambda start, end: market.overlaps_market_hours(
            _instant("overlaps_market_hours", start), _instant("overlaps_market_hours", end), calendar
        ),
        "known_services": lambda names: all(organisation.service(tx, _name(name)) for name in _list(names)),
        "names_of": lambda names: ", ".join(_name(name) for name in _list(names)),
        "any_critical": lambda names: any(_is_critical(tx, _name(name)) for name in _list(names)),
        "is_user": lambda name: _user(tx, name, "name") is not None,
        "outage_minutes": lambda: outages.case_minutes(tx, case_no or ""),
        "nth": lambda items, number: _nth(items, number),
        "pass_is_free": lambda number: passes.is_free(tx, str(number)),
        "append": lambda items, value: [*_list(items), value],
        "sum_of": lambda items, field: sum(Decimal(str(_field(one, field) or 0)) for one in _list(items)),
        "minutes_between": _minutes_between,
    }  # fmt: skip
    return {**pure_functions(calendar, tx.now), **own}


OWN_FUNCTION_NAMES = frozenset(
    {
        "due", "before", "plus", "months_after", "setting", "last_mail_at", "promise_due", "completed_by", "is_absent",
        "substitute", "service_of", "members", "present_members", "department_of", "user_name", "manager_of", "time_of",
        "previous_working_day", "next_working_day", "is_open", "append", "sum_of", "minutes_between", "period_begins",
        "nth", "pass_is_free", "user_names",
        "contact_verified", "process_of", "received_of",
        "holder_of", "is_market_open", "overlaps_market_hours", "known_services", "names_of", "any_critical", "is_user",
        "outage_minutes",
    }
)  # fmt: skip
FUNCTION_NAMES = PURE_FUNCTION_NAMES | OWN_FUNCTION_NAMES


def _spec(tx: Transaction, spec: object) -> str:
    """A duration: itself, or the value of the setting of that name; `W1` alone is `W1.limit`."""
    text = str(spec)
    if text in settings.SETTINGS:
        return settings.text_of(tx, text)
    return settings.text_of(tx, f"{text}.limit") if f"{text}.limit" in settings.SETTINGS else text


def _wrong(name: str, ko: str, en: str) -> InvalidExpression:
    return InvalidExpression(Sentence(f"{name}() 안에는 {ko} 있어야 합니다.", f"{name}() takes {en}"))


def _instant(name: str, value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    raise _wrong(name, "시각이", "an instant")


def _minutes_between(start: object, end: object) -> int:
    span = _instant("minutes_between", end) - _instant("minutes_between", start)
    return int(span.total_seconds() // 60)


def _list(value: object) -> list[object]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise _wrong("list", "목록이", "a list")


def _nth(items: object, number: object) -> object:
    """The item at that place, counted from 1; None beyond the end."""
    listed = _list(items)
    return listed[number - 1] if isinstance(number, int) and 1 <= number <= len(listed) else None


def _field(record: object, name: object) -> object:
    return record.get(str(name)) if isinstance(record, Mapping) else None


def _name(value: object) -> str:
    return str(value.get("name", "")) if isinstance(value, Mapping) else str(value)


def _is_critical(tx: Transaction, name: str) -> bool:
    found = organisation.service(tx, name)
    return found is not None and found.critical


def _user(tx: Transaction, name: object, field: str) -> str | None:
    found = organisation.find_user(tx, str(name)) if name else None
    return str(getattr(found, field)) if found else None


def _case_fact(tx: Transaction, no: object, fact: str) -> object:
    found = cases.find_case(tx, str(no)) if no else None
    return getattr(found, fact) if found else None


def _manager(tx: Transaction, name: object) -> str | None:
    found = organisation.department(tx, str(name))
    return found.manager if found else None


def _working_day(tx: Transaction, day: object, count: int) -> date:
    return calendar_of(tx).business_day(date_of(day), count)
