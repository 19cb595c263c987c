"""A process owner's edits of mails and forms: what is kept, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import Programs

MAIL = "/api/processes/request_handling/mails/M10"
FORM = "/api/processes/request_handling/forms/request"


def words(programs: Programs) -> dict[str, Any]:
    told = programs.get(MAIL, by="owner").json or {}
    return {name: told[name] for name in ("subject_ko", "text_ko", "subject_en", "text_en")}


def test_a_mails_words_are_read_and_changed(programs: Programs) -> None:
    # given
    changed = {**words(programs), "subject_ko": "{case_no} 검토결과를 알려 드립니다"}

    # when
    answer = programs.call("PUT", MAIL, changed, by="owner")

    # then
    assert answer.status_code == 200, answer.text
    assert words(programs)["subject_ko"] == changed["subject_ko"]


@pytest.mark.parametrize(
    "evil",
    [
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ u.password_hash }}",
        "{{ customer|attr('pass'~'word_hash') }}",
        "{password_hash}",
        "{name.__class__}",
    ],
)
def test_words_that_reach_beyond_their_fields_are_refused_beside_the_text(programs: Programs, evil: str) -> None:
    # given
    changed = {**words(programs), "text_ko": f"안녕하십니까.\n\n{evil}"}

    # when
    answer = programs.call("PUT", MAIL, changed, by="owner")

    # then
    assert answer.status_code == 422
    assert list((answer.json or {})["errors"]) == ["text_ko"]
    assert "uid=" not in answer.text


def test_a_handler_changes_no_words(programs: Programs) -> None:
    assert programs.call("PUT", MAIL, {}, by="a").status_code == 403
    assert programs.call("PUT", MAIL, {}).status_code == 401


def test_a_form_comes_back_as_it_was_sent(programs: Programs) -> None:
    # given
    fields = (programs.get(FORM, by="owner").json or {})["fields"]

    # when
    answer = programs.call("PUT", FORM, {"fields": fields}, by="owner")

    # then
    assert answer.status_code == 200, answer.text
    assert (answer.json or {})["fields"] == fields


def test_a_pattern_that_can_run_away_is_refused(programs: Programs) -> None:
    # given
    field = {"name": "x", "type": "text", "label": "값", "label_en": "Value", "required": True, "pattern": "(a+)+$"}

    # when
    answer = programs.call("PUT", FORM, {"fields": [field]}, by="owner")

    # then
    assert answer.status_code == 422
    assert (answer.json or {})["errors"]


def test_metrics_count_what_there_is(programs: Programs) -> None:
    # given
    programs.open_case()

    # when
    told = programs.get("/metrics").text

    # then
    assert 'charterflow_instances{process="request_handling",state="active"} 1' in told
    assert "charterflow_incidents_open 0" in told
    assert "나고객" not in told
