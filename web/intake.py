"""Intake: a start form on its way to a case, from a page or a program, by a customer or by staff for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine import definitions
from engine.errors import EngineError, Forbidden, InvalidForm, NotFound, Sentence
from engine.forms import Form
from engine.process_application import InstanceView
from engine.transaction import Transaction
from web.input_guard import one_address
from web.moments import SEOUL
from web.throttle import TooMany, allow_mail_to, allow_public_form, forgive_public_form
from workflows import cases, catalogue, permissions
from workflows.cases import NewCase
from workflows.charter_process import CharterProcess
from workflows.organisation import User

CUSTOMER_CHANNELS = ("web",)


@dataclass(frozen=True, slots=True)
class Intake:
    """What came in, raw; `received_at` and `on_behalf_of` only by staff."""

    process: str
    form: Mapping[str, object]
    channel: str = "web"
    lang: str = "ko"
    received_at: datetime | None = None
    on_behalf_of: str | None = None


def startable(tx: Transaction, user: User | None, name: str) -> CharterProcess:
    """Return the process when this person may start it by its form; raises NotFound, for what is not public too."""
    process = catalogue.process(name)
    if process is None or process.start_form is None or definitions.find_latest(tx, name) is None:
        raise _no_such(name)
    if user is None and not process.public:
        raise _no_such(name)
    if user is not None and not may_start(tx, user, process):
        raise Forbidden(Sentence("이 절차를 시작할 권한이 없습니다.", "You may not start this process."))
    return process


def may_start(tx: Transaction, user: User, process: CharterProcess) -> bool:
    """Whether a member of staff may start this process, on a customer's behalf or as its own staff."""
    belongs = not process.start_groups or bool(set(user.groups) & set(process.start_groups))
    return belongs and permissions.may(tx, user, "start_case")


def start_form(tx: Transaction, process: CharterProcess) -> Form:
    """Return the start form of a process in its live version; raises NotFound."""
    version = definitions.latest(tx, process.name).version
    form = tx.application.form(tx, process.name, version, process.start_form or "")
    if form is None:
        raise _no_such(process.name)
    return form


def open_case(tx: Transaction, user: User | None, intake: Intake) -> NewCase:
    """Check the form and open the case; raises NotFound, Forbidden, TooMany, then InvalidForm and UnknownFields."""
    process = startable(tx, user, intake.process)
    if user is not None:
        return _open(tx, user, process, intake)
    if intake.received_at or intake.on_behalf_of or intake.channel not in CUSTOMER_CHANNELS:
        raise Forbidden(Sentence("직원만 적을 수 있는 항목입니다.", "Only staff may fill this in."))
    allow_public_form()
    address = _address(intake.form)
    try:
        allow_mail_to(address)
        return _open(tx, None, process, intake)
    except TooMany:
        forgive_public_form()
        raise
    except EngineError:
        forgive_public_form(address)
        raise


def _open(tx: Transaction, user: User | None, process: CharterProcess, intake: Intake) -> NewCase:
    form = start_form(tx, process)
    context = {
        "channel": intake.channel,
        "entered_by": user.name if user else None,
        "on_behalf_of": intake.on_behalf_of,
        "received_at": intake.received_at or tx.now,
    }
    version = definitions.latest(tx, process.name).version
    functions = tx.application.functions(tx, InstanceView(0, process.name, version, None, tx.now))
    today = tx.now.astimezone(SEOUL).date()
    typed = form.validate(intake.form, today=today, now=tx.now, context=context, functions=functions)
    _check_receipt(tx, intake.received_at)
    _check_customer(intake.on_behalf_of)
    return cases.open_case(
        tx,
        process.name,
        channel=intake.channel,
        lang=intake.lang,
        form=typed,
        received_at=intake.received_at,
        on_behalf_of=intake.on_behalf_of,
        by=user.name if user else None,
    )


def _check_receipt(tx: Transaction, received_at: datetime | None) -> None:
    if received_at is not None and not tx.now - cases.LATE_ENTRY <= received_at <= tx.now:
        wrong = Sentence(
            "접수 시각은 지금부터 24시간 전까지만 적을 수 있습니다.", "Receipt lies within the last 24 hours."
        )
        raise InvalidForm({"received_at": [wrong]})


def _check_customer(on_behalf_of: str | None) -> None:
    if on_behalf_of is None:
        return
    if (
        not on_behalf_of.isprintable()
        or len(on_behalf_of) > 100
        or ("@" in on_behalf_of and not one_address(on_behalf_of))
    ):
        wrong = Sentence("고객의 이름이나 이메일 주소 하나를 적어 주십시오.", "Expected a name, or one e-mail address.")
        raise InvalidForm({"on_behalf_of": [wrong]})


def _address(form: Mapping[str, object]) -> object:
    contact = form.get("contact")
    return form.get("email") or (contact.get("email") if isinstance(contact, Mapping) else None)


def _no_such(name: str) -> NotFound:
    return NotFound(Sentence(f"그런 절차는 없습니다: {name[:60]}", f"There is no such process: {name[:60]}"))
