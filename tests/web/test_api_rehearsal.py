"""Rehearsal over HTTP: the clock, captured mails, bounces; and that none of it exists in earnest."""

from __future__ import annotations

from pathlib import Path

import pytest

from charterflow.assembly import WrongKind, build
from charterflow.config import Config
from tests.web.conftest import NOW, Programs


def test_the_clock_stands_still_until_it_is_moved(programs: Programs) -> None:
    # when
    moved = programs.post("/api/rehearsal/clock", {"by": "PT2H"})

    # then
    assert moved.json == {"now": "2026-08-10T12:55:00+09:00", "fired": 0}
    assert programs.get("/api/rehearsal/clock").json == {"now": "2026-08-10T12:55:00+09:00"}


def test_what_is_due_on_the_way_happens_at_its_own_instant(programs: Programs) -> None:
    # given
    programs.open_case()

    # when
    moved = programs.post("/api/rehearsal/clock", {"to": "2026-08-18T12:00:00+09:00"}).json
    again = programs.post("/api/rehearsal/clock", {"to": "2026-08-18T12:00:00+09:00"}).json

    # then
    mails = (programs.get("/api/rehearsal/mails").json or {})["items"]
    assert moved is not None
    assert moved["fired"] > 0
    assert again == {"now": "2026-08-18T12:00:00+09:00", "fired": 0}
    assert [m["at"] for m in mails if m["mail"] == "M91"][:1] == ["2026-08-18T10:55:01+09:00"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"to": "2026-08-10T10:00:00+09:00"}, 422),
        ({"to": "tomorrow"}, 422),
        ({"to": "2026-08-11T10:00:00"}, 422),
        ({"by": "-PT1H"}, 422),
        ({"by": "PT"}, 422),
        ({"by": "P999999W"}, 422),
        ({}, 400),
        ({"to": "2026-08-11T10:00:00+09:00", "by": "PT1H"}, 400),
        ({"until": "x"}, 400),
    ],
)
def test_a_move_that_cannot_be_made_is_refused(programs: Programs, body: dict[str, str], status: int) -> None:
    assert programs.post("/api/rehearsal/clock", body).status_code == status


def test_mails_come_in_order_after_the_last_that_is_known(programs: Programs) -> None:
    # given
    programs.open_case()
    first = (programs.get("/api/rehearsal/mails").json or {})["items"]

    # when
    rest = (programs.get(f"/api/rehearsal/mails?after={first[-1]['id']}").json or {})["items"]

    # then
    assert len(first) == 1
    assert {"id", "message_id", "mail", "at", "to", "subject", "language", "case", "clauses", "text", "html"} <= set(
        first[0]
    )
    assert rest == []


def test_a_bounce_is_taken_once_and_only_for_a_mail_that_is_there(programs: Programs) -> None:
    # given
    programs.open_case()
    mail = (programs.get("/api/rehearsal/mails").json or {})["items"][0]

    # when
    bounced = programs.post(f"/api/rehearsal/mails/{mail['id']}/bounce", {"kind": "hard"})

    # then
    assert bounced.status_code == 200
    assert programs.post("/api/rehearsal/mails/999/bounce", {"kind": "hard"}).status_code == 404
    assert programs.post(f"/api/rehearsal/mails/{mail['id']}/bounce", {"kind": "odd"}).status_code == 422


def test_a_restart_goes_on_at_the_stored_instant(programs: Programs) -> None:
    # given
    programs.post("/api/rehearsal/clock", {"by": "P1D"})
    config = programs.product.config

    # when
    again = build(config, rehearsal=True, now=NOW)

    # then
    assert again.app.test_client().get("/api/rehearsal/clock").json == {"now": "2026-08-11T10:55:00+09:00"}
    again.engine.database.close()


def test_in_earnest_there_is_no_clock_to_move(tmp_path: Path) -> None:
    # given
    product = build(Config(data_folder=tmp_path))

    # when
    client = product.app.test_client()
    found = [
        client.get("/api/rehearsal/clock").status_code,
        client.post("/api/rehearsal/clock", json={"by": "PT1H"}).status_code,
    ]

    # then
    assert found == [404, 404]
    product.engine.database.close()


def test_a_rehearsals_database_is_not_served_in_earnest_and_no_rehearsal_runs_on_a_real_one(tmp_path: Path) -> None:
    # given
    real = build(Config(data_folder=tmp_path / "real"))
    real.engine.database.close()
    rehearsed = build(
        Config(database_url=f"sqlite:///{tmp_path / 'r.sqlite3'}", data_folder=tmp_path), rehearsal=True, now=NOW
    )
    rehearsed.engine.database.close()

    # then
    with pytest.raises(WrongKind):
        build(rehearsed.config)
    with pytest.raises(WrongKind):
        build(Config(database_url=real.database_url, data_folder=tmp_path), rehearsal=True, now=NOW)
