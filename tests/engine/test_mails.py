"""Mails: written with the step, delivered after it, under one Message-ID; the application hears of each fate."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from engine import jobs, mails
from engine.clock import VirtualClock
from engine.errors import Conflict, EngineError, NotFound
from engine.mails import Attachment, Envelope, Mail, PermanentMailError, SmtpTransport, TemporaryMailError
from engine.process_application import ProcessApplication, QueuedMail
from engine.process_engine import ProcessEngine
from engine.transaction import Transaction
from tests.engine.acting import open_incidents
from tests.engine.conftest import MakeEngine
from tests.servers import SmtpServer

LETTER = Envelope(
    "ga@example.com",
    "고객 가",
    "접수되었습니다",
    "안녕하세요.\n",
    "<p>안녕하세요.</p>",
    headers={"Auto-Submitted": "auto-generated"},
    attachments=(Attachment("방문.ics", "text/calendar", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),),
)


class Fates:
    """What the application was told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.is_deaf = False

    def _hear(self, fate: str, mail: QueuedMail) -> None:
        if self.is_deaf:
            raise RuntimeError("not listening")
        self.told.append((fate, str(mail.reference["mail"])))

    @property
    def application(self) -> ProcessApplication:
        return ProcessApplication(
            mail_accepted=lambda tx, mail: self._hear("accepted", mail),
            mail_failed=lambda tx, mail: self._hear("failed", mail),
            mail_bounced=lambda tx, mail: self._hear("bounced", mail),
            mail_sender="헌장담당 <voc@example.org>",
        )


class Transport:
    """Takes every mail, or fails as it is told."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.trouble: Exception | None = None

    def send(self, mail: Mail) -> None:
        self.sent.append(mail)
        if self.trouble:
            raise self.trouble


@pytest.fixture
def fates() -> Fates:
    return Fates()


@pytest.fixture
def transport() -> Transport:
    return Transport()


@pytest.fixture
def engine(make_engine: MakeEngine, fates: Fates, transport: Transport) -> ProcessEngine:
    return make_engine(fates.application, transport=transport)


def write(tx: Transaction, envelope: Envelope = LETTER) -> int:
    return mails.enqueue(tx, envelope, reference={"mail": "M01"}, business_key="CF-1")


def queue(engine: ProcessEngine, envelope: Envelope = LETTER) -> int:
    with engine.transaction("a") as tx:
        return write(tx, envelope)


def mail(engine: ProcessEngine, mail_id: int) -> Mail:
    with engine.reading() as tx:
        return mails.get(tx, mail_id)


def test_a_mail_goes_out_once_it_is_committed_and_the_application_hears(
    engine: ProcessEngine, fates: Fates, transport: Transport, clock: VirtualClock
) -> None:
    # given
    id_ = queue(engine)
    assert (mail(engine, id_).state, transport.sent) == ("queued", [])
    # when
    engine.settle()
    # then
    one = mail(engine, id_)
    assert (one.state, one.accepted_at, one.attempts) == ("accepted", clock.now(), 1)
    assert one.message_id.endswith("@example.org>")
    assert fates.told == [("accepted", "M01")]
    with engine.reading() as tx:
        assert [m.id for m in mails.of_case(tx, "CF-1")] == [m.id for m in mails.list_after(tx)] == [id_]
        assert mails.list_after(tx, id_) == []


def test_a_mail_of_a_transaction_that_fails_was_never_written(engine: ProcessEngine, transport: Transport) -> None:
    with pytest.raises(ZeroDivisionError), engine.transaction("a") as tx:  # noqa: PT012
        write(tx)
        raise ZeroDivisionError
    engine.settle()
    assert transport.sent == []


def test_a_server_that_is_away_is_asked_after_1_5_15_and_60_minutes_and_then_the_mail_has_failed(
    engine: ProcessEngine, fates: Fates, transport: Transport, clock: VirtualClock
) -> None:
    # given
    transport.trouble = TemporaryMailError("451 later")
    id_ = queue(engine)
    begun = clock.now()
    # when
    tries = []
    for minutes in (0, 0.9, 1, 5.9, 6, 20.9, 21, 80.9, 81, 200):
        before = len(transport.sent)
        engine.advance_clock(begun + timedelta(minutes=minutes))
        if len(transport.sent) > before:
            tries.append(minutes)
    # then
    assert tries == [0, 1, 6, 21, 81]
    assert {one.message_id for one in transport.sent} == {mail(engine, id_).message_id}
    assert (mail(engine, id_).state, mail(engine, id_).error) == ("failed", "451 later")
    assert fates.told == [("failed", "M01")]
    assert engine.next_due() is None


def test_a_receiver_who_does_not_exist_is_not_asked_again(
    engine: ProcessEngine, fates: Fates, transport: Transport
) -> None:
    # given
    transport.trouble = PermanentMailError("550 no such user")
    id_ = queue(engine)
    # when
    engine.settle()
    # then
    assert mail(engine, id_).state == "failed"
    assert (fates.told, len(transport.sent), engine.next_due()) == ([("failed", "M01")], 1, None)


def test_an_application_that_cannot_hear_does_not_make_the_mail_go_out_again(
    engine: ProcessEngine, fates: Fates, transport: Transport, clock: VirtualClock
) -> None:
    # given
    fates.is_deaf = True
    id_ = queue(engine)
    # when
    engine.settle()
    engine.advance_clock(clock.now() + timedelta(hours=2))
    # then
    assert mail(engine, id_).state == "accepted"
    assert len(transport.sent) == 1
    assert len(open_incidents(engine)) == 1


def test_a_mail_may_come_back_after_it_was_taken_and_the_application_hears_once(
    engine: ProcessEngine, fates: Fates
) -> None:
    # given
    id_ = queue(engine)
    with pytest.raises(Conflict), engine.transaction("a") as tx:
        mails.bounce(tx, id_, "hard")
    engine.settle()
    # when
    for _ in range(2):
        with engine.transaction("a") as tx:
            mails.bounce(tx, id_, "hard")
    # then
    assert (mail(engine, id_).state, mail(engine, id_).bounce) == ("bounced", "hard")
    assert fates.told == [("accepted", "M01"), ("bounced", "M01")]
    with pytest.raises(EngineError), engine.transaction("a") as tx:
        mails.bounce(tx, id_, "lost")
    with pytest.raises(NotFound), engine.transaction("a") as tx:
        mails.bounce(tx, 999, "hard")


@pytest.mark.parametrize(
    "address", ["a@x.com, b@x.com", "a", "@x.com", "a@", "a b@x.com", "a@x.com\nBcc: b@x.com", "a@b@x.com", "<a@x.com>"]
)
def test_only_one_address_is_an_address(engine: ProcessEngine, address: str) -> None:
    with pytest.raises(EngineError), engine.transaction("a") as tx:
        write(tx, Envelope(address, "", "s", "t"))


def test_a_mail_reaches_a_real_server_with_all_its_parts(
    make_engine: MakeEngine, fates: Fates, smtp: SmtpServer
) -> None:
    # given
    smtp.clear()
    engine = make_engine(fates.application, transport=SmtpTransport(smtp.url))
    id_ = queue(engine)
    # when
    engine.settle()
    # then
    [received] = smtp.messages
    message = message_from_bytes(received["data"].encode(), policy=policy.default)
    assert received["to"] == ["ga@example.com"]
    assert message["Message-ID"] == mail(engine, id_).message_id
    assert message["Subject"] == "접수되었습니다"
    assert message["From"].addresses[0].addr_spec == "voc@example.org"
    assert message["To"].addresses[0].display_name == "고객 가"
    assert message["Auto-Submitted"] == "auto-generated"
    html = message.get_body(("html",))
    assert html is not None
    assert html.get_content().strip() == "<p>안녕하세요.</p>"
    [attachment] = message.iter_attachments()
    assert attachment.get_filename() == "방문.ics"
    assert attachment.get_content_type() == "text/calendar"


def test_what_a_real_server_answers_decides_what_becomes_of_a_mail(
    make_engine: MakeEngine, fates: Fates, smtp: SmtpServer
) -> None:
    # given
    engine = make_engine(fates.application, transport=SmtpTransport(smtp.url))
    refused = queue(engine, Envelope("refused@example.com", "", "s", "t"))
    later = queue(engine, Envelope("later@example.com", "", "s", "t"))
    # when
    engine.settle()
    # then
    assert mail(engine, refused).state == "failed"
    assert mail(engine, later).state == "queued"
    assert "451" in str(mail(engine, later).error)


def test_a_server_that_is_down_and_comes_back_gets_all_mails_oldest_first(
    make_engine: MakeEngine, fates: Fates, clock: VirtualClock
) -> None:
    # given
    with SmtpServer() as own:
        engine = make_engine(fates.application, transport=SmtpTransport(own.url, timeout_seconds=2))
        own.stop()
        ids = [queue(engine, Envelope(f"u{n}@example.com", "", "s", "t")) for n in range(5)]
        engine.settle()
        # when
        own.start()
        engine.advance_clock(clock.now() + timedelta(minutes=1))
        # then
        assert [one["to"] for one in own.messages] == [[f"u{n}@example.com"] for n in range(5)]
    assert [mail(engine, id_).attempts for id_ in ids] == [2] * 5


def test_a_mail_server_url_that_is_none_is_refused() -> None:
    for url in ("http://x", "smtp://", "mail.example.org"):
        with pytest.raises(EngineError):
            SmtpTransport(url)


def test_a_mail_due_later_waits(engine: ProcessEngine, transport: Transport, clock: VirtualClock) -> None:
    # given
    with engine.transaction("a") as tx:
        due_at = tx.now + timedelta(hours=1)
        mails.enqueue(tx, LETTER, reference={"mail": "M02"}, business_key=None, urgent=False, due_at=due_at)
    # when / then
    engine.advance_clock(due_at - timedelta(seconds=1))
    assert transport.sent == []
    engine.advance_clock(due_at)
    assert len(transport.sent) == 1
    with engine.reading() as tx:
        assert jobs.backlog(tx).ready == 0
        assert mails.count_by_state(tx) == {"accepted": 1}
