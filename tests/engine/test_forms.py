"""Forms: raw values in, typed ones or sentences out; what a form's own definition may hold."""

from __future__ import annotations

import time as machine
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from engine.errors import InvalidExpression, InvalidForm, UnknownFields
from engine.forms import Form, read_form
from engine.forms.pattern import can_run_away
from engine.forms.phone import international
from engine.variables import check_variable, from_json, to_json

TODAY = date(2026, 8, 12)
NOW = datetime(2026, 8, 12, 7, 0, tzinfo=UTC)
LABEL = {"ko": "칸", "en": "Box"}


def form_of(*fields: Mapping[str, object], rules: object = ()) -> Form:
    given = [{"label": LABEL, **field} for field in fields]
    return read_form({"key": "k", "title": {"ko": "폼", "en": "Form"}, "fields": given, "rules": list(rules)})  # type: ignore[call-overload]


def validated(form: Form, raw: Mapping[str, object], **more: object) -> dict[str, object]:
    return form.validate(raw, today=TODAY, now=NOW, **more)  # type: ignore[arg-type]


def refused(form: Form, raw: Mapping[str, object], **more: object) -> dict[str, list[str]]:
    with pytest.raises(InvalidForm) as error:
        validated(form, raw, **more)
    for sentences in error.value.errors.values():
        for sentence in sentences:
            assert sentence.ko
            assert sentence.en
            assert "올바르지 않은" not in sentence.ko
    return {name: [s.en for s in said] for name, said in error.value.errors.items()}


ROW = [{"name": "a", "type": "text", "label": LABEL}]
FIVE = {"ko": "숫자 5자리", "en": "Five digits"}
SIZES = [{"value": "S", "ko": "작음", "en": "Small"}, {"value": "L", "ko": "큼", "en": "Large", "note_ko": "승인 필요"}]


@pytest.mark.parametrize(
    ("field", "raw", "expected"),
    [
        ({"type": "text"}, "  고객 가 ", "고객 가"),
        ({"type": "text"}, "<script>alert(1)</script>", "<script>alert(1)</script>"),
        ({"type": "longtext"}, "a\r\nb\tc", "a\nb\tc"),
        ({"type": "integer"}, "45", 45),
        ({"type": "integer"}, 45, 45),
        ({"type": "integer"}, 45.0, 45),
        ({"type": "integer"}, "30,000", 30000),
        ({"type": "integer"}, "-1", -1),
        ({"type": "decimal"}, "0.1", Decimal("0.1")),
        ({"type": "decimal"}, 0.1, Decimal("0.1")),
        ({"type": "decimal"}, 45, Decimal(45)),
        ({"type": "decimal"}, "1,234.5", Decimal("1234.5")),
        ({"type": "boolean"}, True, True),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "on", True),
        ({"type": "boolean"}, "false", False),
        ({"type": "boolean"}, "아니요", False),
        ({"type": "date"}, "2026-09-28", date(2026, 9, 28)),
        ({"type": "date"}, date(2026, 9, 28), date(2026, 9, 28)),
        ({"type": "datetime"}, "2026-09-28T15:00+09:00", datetime(2026, 9, 28, 6, 0, tzinfo=UTC)),
        ({"type": "datetime"}, "2026-09-28T06:00:00Z", datetime(2026, 9, 28, 6, 0, tzinfo=UTC)),
        ({"type": "time"}, "15:00", time(15)),
        ({"type": "choice", "options": SIZES}, "L", "L"),
        ({"type": "choice", "options": [{"value": 1, "ko": "하나"}, {"value": 2, "ko": "둘"}]}, "2", 2),
        ({"type": "choice", "options": ["yes", "no"]}, "no", "no"),
        ({"type": "choices", "options": SIZES}, ["L", "S", "L"], ["L", "S"]),
        ({"type": "choices", "options": SIZES}, "S", ["S"]),
        ({"type": "services"}, ["시세", " 주문 ", "시세"], ["시세", "주문"]),
        ({"type": "services"}, "시세", ["시세"]),
        ({"type": "services"}, None, []),
        ({"type": "email"}, " Na@Example.COM ", "Na@example.com"),
        ({"type": "email"}, "ga+voc@a.test", "ga+voc@a.test"),
        ({"type": "phone"}, "010-1234-5678", "+821012345678"),
        ({"type": "service"}, "시세", "시세"),
        ({"type": "person"}, "a", "a"),
        ({"type": "case"}, "cf-20260923-0001", "CF-20260923-0001"),
        ({"type": "files"}, ["f1", "f2"], ["f1", "f2"]),
        ({"type": "files"}, "f1", ["f1"]),
        (
            {"type": "contact"},
            {"name": "박 나", "phone": "02-767-0000", "lang": "ko"},
            {"name": "박 나", "org": None, "email": None, "phone": "+8227670000", "lang": "ko"},
        ),
        ({"type": "text"}, None, None),
        ({"type": "text"}, "   ", None),
        ({"type": "boolean"}, "", None),
        ({"type": "choices", "options": SIZES}, None, []),
        ({"type": "files"}, [], []),
    ],
)
def test_a_raw_value_becomes_a_typed_process_variable(field: dict[str, object], raw: object, expected: object) -> None:
    # when
    value = validated(form_of({"name": "x", **field}), {"x": raw})["x"]
    # then
    assert value == expected
    assert type(value) is type(expected)
    check_variable("x", value)
    assert from_json(to_json(value)) == expected


@pytest.mark.parametrize(
    ("field", "raw", "said"),
    [
        ({"type": "email"}, "a@x.test\r\nBcc: evil@x.test", "one e-mail address"),
        ({"type": "email"}, "a@x.test, evil@x.test", "one e-mail address"),
        ({"type": "email"}, "a@x.test evil@x.test", "one e-mail address"),
        ({"type": "email"}, "a@x.test;b@x.test", "one e-mail address"),
        ({"type": "email"}, "a@b@x.test", "one e-mail address"),
        ({"type": "email"}, '"a"@x.test', "one e-mail address"),
        ({"type": "email"}, "Na <na@x.test>", "one e-mail address"),
        ({"type": "email"}, "a@x.test\r\n", "one e-mail address"),
        ({"type": "email"}, "na@", "not complete"),
        ({"type": "email"}, "@", "not complete"),
        ({"type": "email"}, "na@example", "not complete"),
        ({"type": "email"}, "na", "not complete"),
        ({"type": "email"}, "a..b@x.test", "not complete"),
        ({"type": "email"}, "나@x.test", "Latin letters"),
        ({"type": "email"}, 5, "not complete"),
        ({"type": "email"}, "a" * 65 + "@x.test", "not complete"),
        ({"type": "phone"}, "1234", "area code"),
        ({"type": "phone"}, "010-1234-567", "area code"),
        ({"type": "phone"}, "+82 10 1234", "area code"),
        ({"type": "phone"}, "٠١٠-1234-5678", "area code"),
        ({"type": "phone"}, "9" * 100, "area code"),
        ({"type": "integer"}, "1e999", "in digits"),
        ({"type": "integer"}, 1e999, "in digits"),
        ({"type": "integer"}, float("nan"), "in digits"),
        ({"type": "integer"}, "NaN", "in digits"),
        ({"type": "integer"}, "١٢٣", "in digits"),
        ({"type": "integer"}, "4.5", "in digits"),
        ({"type": "integer"}, 4.5, "in digits"),
        ({"type": "integer"}, True, "in digits"),
        ({"type": "integer"}, "1,00", "in digits"),
        ({"type": "integer"}, "9" * 5000, "in digits"),
        ({"type": "integer"}, 10**17, "too large"),
        ({"type": "integer"}, [1], "in digits"),
        ({"type": "decimal"}, "1e999", "in digits"),
        ({"type": "decimal"}, "Infinity", "in digits"),
        ({"type": "decimal"}, "NaN", "in digits"),
        ({"type": "decimal"}, "1.2.3", "in digits"),
        ({"type": "decimal"}, "9" * 17, "too large"),
        ({"type": "integer", "min": 0}, "-1", "at least 0"),
        ({"type": "decimal", "min": 0.1, "max": 2000}, "0.05", "at least 0.1"),
        ({"type": "decimal", "min": 0.1, "max": 2000}, "2000.5", "at most 2,000"),
        ({"type": "boolean"}, "maybe", "yes or no"),
        ({"type": "boolean"}, 1, "yes or no"),
        ({"type": "date"}, "2026-02-30", "no such day: 2026-02-30"),
        ({"type": "date"}, "28.09.2026", "year-month-day"),
        ({"type": "date"}, "20260928", "year-month-day"),
        ({"type": "date"}, "٢٠٢٦-09-28", "year-month-day"),
        ({"type": "date"}, "0001-01-01", "year-month-day"),
        ({"type": "date", "min": "today()"}, "2026-08-11", "Wed 12 Aug 2026 or later"),
        ({"type": "date", "max": "2026-12-31"}, "2027-01-01", "Thu 31 Dec 2026 or earlier"),
        ({"type": "datetime"}, "2026-09-28T15:00", "with the zone"),
        ({"type": "datetime"}, "2026-02-30T15:00Z", "no such day"),
        ({"type": "datetime", "max": "now()"}, "2026-08-12T16:01+09:00", "Wed 12 Aug 2026, 16:00 KST or earlier"),
        ({"type": "time"}, "25:00", "hours:minutes"),
        ({"type": "time"}, "3pm", "hours:minutes"),
        ({"type": "choice", "options": SIZES}, "XXL", "one of the list"),
        ({"type": "choice", "options": SIZES}, ["S"], "one of the list"),
        ({"type": "choices", "options": SIZES}, ["S", "Q"], "only from the list"),
        ({"type": "text", "max_length": 2000}, "x" * 1_000_000, "At most 2,000"),
        ({"type": "text", "min_length": 5}, "abcd", "at least 5 characters; there are 4"),
        ({"type": "text", "min_length": "2 + 3"}, "abcd", "at least 5 characters"),
        ({"type": "text"}, "a\nb", "one line"),
        ({"type": "text"}, "a\x1b[2J", "invisible characters"),
        ({"type": "text"}, "a\x00", "invisible characters"),
        ({"type": "text"}, "\ud800", "invisible characters"),
        ({"type": "text"}, {"a": 1}, "as text"),
        ({"type": "text"}, 5, "as text"),
        ({"type": "longtext"}, "x" * 30_000, "At most 10,000"),
        ({"type": "text", "pattern": "[0-9]{5}", "hint": FIVE}, "0441", "Five digits"),
        ({"type": "case"}, "CF 2026", "case number"),
        ({"type": "files"}, ["x"] * 11, "At most 10"),
        ({"type": "files"}, [None], "files again"),
        ({"type": "contact"}, "박 나", "own fields"),
        ({"type": "choices", "options": SIZES, "min_items": 2}, ["S"], "At least 2"),
        ({"type": "text", "required": True}, "  ", "Fill this in: Box"),
        ({"type": "choice", "required": True, "options": SIZES}, None, "Choose an answer: Box"),
        ({"type": "boolean", "required": True}, "", "Choose an answer: Box"),
        ({"type": "list", "fields": ROW}, "text", "each row"),
        ({"type": "list", "fields": ROW, "max_items": 2}, [{"a": "x"}] * 3, "At most 2"),
        ({"type": "list", "fields": ROW, "min_items": 2}, [{"a": "x"}], "At least 2"),
    ],
)  # fmt: skip
def test_what_does_not_fit_gets_a_sentence_beside_its_field(field: dict[str, object], raw: object, said: str) -> None:
    # when
    errors = refused(form_of({"name": "x", **field}), {"x": raw})
    # then
    assert list(errors) == ["x"]
    assert said in errors["x"][0]


def test_unknown_fields_are_refused_and_never_dropped() -> None:
    # given
    rows = {"name": "stages", "type": "list", "fields": [{"name": "a", "type": "text", "label": LABEL}]}
    form = form_of({"name": "x", "type": "text"}, rows, {"name": "who", "type": "contact"})
    # when
    with pytest.raises(UnknownFields) as error:
        validated(form, {"x": "a", "is_admin": "1", "stages": [{"a": "1"}, {"b": "2"}], "who": {"id_number": "9"}})
    # then
    assert error.value.fields == ["is_admin", "stages[1].b", "who.id_number"]


def test_every_wrong_field_is_told_at_once_in_the_order_of_the_form() -> None:
    form = form_of(
        {"name": "b", "type": "integer"},
        {"name": "a", "type": "email"},
        {"name": "c", "type": "text", "required": True},
    )
    assert list(refused(form, {"a": "x", "b": "y"})) == ["b", "a", "c"]


def test_errors_of_a_contact_stand_beside_its_parts() -> None:
    form = form_of({"name": "who", "type": "contact", "required": True})
    assert "not complete" in refused(form, {"who": {"name": "나", "email": "na@"}})["who.email"][0]
    assert "ko" in refused(form, {"who": {"name": "나", "lang": "fr"}})["who.lang"][0]
    assert refused(form, {"who": {"email": "na@x.test"}})["who.name"] == ["Fill this in: Box"]
    assert refused(form, {})["who.name"] == ["Fill this in: Box"]


REVIEW = read_form(
    {
        "key": "review",
        "title": {"ko": "규모·기간 검토", "en": "Review"},
        "fields": [
            {"name": "decision", "type": "choice", "label": LABEL, "required": True, "options": ["accept", "reject"]},
            {"name": "reason", "type": "longtext", "label": LABEL, "required": "decision == 'reject'", "min_length": 3},
            {"name": "planned_start", "type": "date", "label": LABEL, "required": True, "min": "today()"},
            {"name": "planned_end", "type": "date", "label": LABEL, "required": True, "min": "planned_start"},
            {
                "name": "stages",
                "type": "list",
                "label": LABEL,
                "required": "is_long",
                "min_items": 2,
                "max_items": 10,
                "fields": [
                    {"name": "name_ko", "type": "text", "label": LABEL, "required": True},
                    {"name": "planned_date", "type": "date", "label": LABEL, "required": True, "min": "planned_start"},
                ],
                "rules": [
                    {
                        "field": "planned_date",
                        "check": "working_day(planned_date)",
                        "ko": "쉬는 날입니다. 다른 날을 골라 주십시오.",
                        "en": "This is a day off.",
                    }
                ],
            },
        ],
        "rules": [
            {
                "field": "stages",
                "check": "ascending(stages, 'planned_date')",
                "ko": "단계의 날짜를 앞선 것부터 적어 주십시오.",
                "en": "Put the stages in order.",
            },
            {
                "field": "stages",
                "check": "last(stages).planned_date == planned_end",
                "ko": "끝 예정일이 마지막 단계보다 빠릅니다. 끝 예정일을 늦추거나 단계를 줄여 주십시오.",
                "en": "The planned end is before the last stage. Move the end or drop a stage.",
            },
        ],
    }
)
WORKING: dict[str, object] = {"working_day": lambda day: day.weekday() < 5}
GOOD: dict[str, object] = {
    "decision": "accept",
    "planned_start": "2026-08-24",
    "planned_end": "2026-11-27",
    "stages": [
        {"name_ko": "설계", "planned_date": "2026-09-04"},
        {"name_ko": "반영", "planned_date": "2026-11-27"},
    ],
}


def review(raw: Mapping[str, object], **context: object) -> dict[str, list[str]]:
    return refused(REVIEW, raw, functions=WORKING, context=context)


def test_a_whole_form_gives_every_field_and_nothing_else() -> None:
    # when
    values = validated(REVIEW, GOOD, functions=WORKING)
    # then
    assert list(values) == ["decision", "reason", "planned_start", "planned_end", "stages"]
    assert values["reason"] is None
    assert values["stages"] == [
        {"name_ko": "설계", "planned_date": date(2026, 9, 4)},
        {"name_ko": "반영", "planned_date": date(2026, 11, 27)},
    ]


def test_rules_look_over_several_fields() -> None:
    assert review({**GOOD, "planned_end": "2026-09-01"}) == {
        "stages": ["The planned end is before the last stage. Move the end or drop a stage."]
    }
    assert "in order" in review({**GOOD, "stages": list(reversed(GOOD["stages"]))})["stages"][0]  # type: ignore[call-overload]


def test_a_field_may_be_needed_because_of_another_or_of_the_process() -> None:
    assert list(review({**GOOD, "decision": "reject"})) == ["reason"]
    assert list(review({**GOOD, "stages": []}, is_long=True)) == ["stages"]
    assert validated(REVIEW, {**GOOD, "stages": []}, functions=WORKING)["stages"] == []


def test_rows_are_named_by_their_number_and_see_the_fields_around_them() -> None:
    stages = [
        {"name_ko": "", "planned_date": "2026-02-30"},
        {"name_ko": "가", "planned_date": "2026-08-20"},
        {"name_ko": "나", "planned_date": "2026-09-05"},
    ]
    assert review({**GOOD, "stages": stages}) == {
        "stages[0].planned_date": ["There is no such day: 2026-02-30"],
        "stages[0].name_ko": ["Fill this in: Box"],
        "stages[1].planned_date": ["This must be Mon 24 Aug 2026 or later."],
        "stages[2].planned_date": ["This is a day off."],
    }


def test_a_rule_about_a_wrong_field_is_silent() -> None:
    assert list(review({**GOOD, "planned_end": "soon"})) == ["planned_end"]


def test_a_rule_that_cannot_be_judged_for_another_reason_is_an_invalid_expression() -> None:
    form = form_of({"name": "a", "type": "integer"}, rules=[{"field": "a", "check": "a > 'x'", "ko": "가", "en": "a"}])
    with pytest.raises(InvalidExpression):
        validated(form, {"a": "1"})


def test_a_form_knows_what_it_asks_of_the_process() -> None:
    assert REVIEW.names == {"is_long"}


def test_a_form_describes_itself_for_programs() -> None:
    # given
    size = {"name": "size", "type": "choice", "required": True, "options": SIZES, "hint": {"ko": "md", "en": "md"}}
    form = form_of(size, {"name": "effort", "type": "decimal", "min": 0.1, "max": "limit"})
    # then
    assert form.describe() == [
        {
            "name": "size", "type": "choice", "label": "칸", "label_en": "Box", "required": True,
            "hint": "md", "hint_en": "md",
            "options": [
                {"value": "S", "label": "작음", "label_en": "Small"},
                {"value": "L", "label": "큼", "label_en": "Large", "note": "승인 필요", "note_en": "승인 필요"},
            ],
        },
        {
            "name": "effort", "type": "decimal", "label": "칸", "label_en": "Box", "required": False, "options": [],
            "min": 0.1, "max": "limit",
        },
    ]  # fmt: skip


def test_a_described_form_can_be_read_again() -> None:
    again = read_form({"key": "review", "fields": REVIEW.describe()})
    assert again.describe() == REVIEW.describe()


BAD_FORMS: list[tuple[dict[str, object], str]] = [
    ({"name": "x", "type": "money"}, "fields[0] x.type"),
    ({"name": "_x", "type": "text"}, "fields[0].name"),
    ({"name": "class", "type": "text"}, "fields[0].name"),
    ({"type": "text"}, "fields[0].name"),
    ({"name": "x", "type": "text", "placeholder": "no"}, "fields[0] x"),
    ({"name": "x", "type": "text", "label": None}, "fields[0] x.label"),
    ({"name": "x", "type": "text", "label": {"ko": ""}}, "fields[0] x.label"),
    ({"name": "x", "type": "text", "required": "a.b("}, "fields[0] x.required"),
    ({"name": "x", "type": "text", "required": "eval('1')"}, "fields[0] x.required"),
    ({"name": "x", "type": "text", "required": 1}, "fields[0] x.required"),
    ({"name": "x", "type": "text", "min": 1}, "fields[0] x.min"),
    ({"name": "x", "type": "integer", "min": True}, "fields[0] x.min"),
    ({"name": "x", "type": "integer", "max": "1 +"}, "fields[0] x.max"),
    ({"name": "x", "type": "text", "max_length": -1}, "fields[0] x.max_length"),
    ({"name": "x", "type": "text", "pattern": "(a+)+$"}, "fields[0] x.pattern"),
    ({"name": "x", "type": "choice"}, "fields[0] x.options"),
    ({"name": "x", "type": "choice", "options": []}, "fields[0] x.options"),
    ({"name": "x", "type": "choice", "options": [{"ko": "a"}]}, "fields[0] x.options[0]"),
    ({"name": "x", "type": "text", "options": ["a"]}, "fields[0] x.options"),
    ({"name": "x", "type": "list"}, "fields[0] x.fields"),
    ({"name": "x", "type": "text", "fields": [{}]}, "fields[0] x.fields"),
]


@pytest.mark.parametrize(("field", "place"), BAD_FORMS)
def test_a_bad_definition_is_named_by_its_place(field: dict[str, object], place: str) -> None:
    with pytest.raises(InvalidForm) as error:
        form_of(field)
    assert place in error.value.errors


def test_a_bad_form_around_the_fields_is_named_too() -> None:
    rule = {"field": "y", "check": "1 ==", "ko": "가", "en": "a"}
    with pytest.raises(InvalidForm) as error:
        read_form({"fields": [{"name": "x", "type": "text", "label": LABEL}] * 2, "rules": [rule, 5], "color": "red"})
    assert set(error.value.errors) == {"key", "fields", "rules[0]", "rules[0].check", "rules[1]", "color"}


def test_the_applications_functions_may_be_named_in_a_form() -> None:
    # given
    data = {"name": "x", "type": "date", "label": LABEL, "min": "months_after(today(), '1mo')"}
    form = read_form({"key": "k", "fields": [data]}, {"months_after"})
    # then
    errors = refused(form, {"x": "2026-09-01"}, functions={"months_after": lambda day, spec: date(2026, 9, 12)})
    assert errors == {"x": ["This must be Sat 12 Sep 2026 or later."]}
    with pytest.raises(InvalidForm):
        read_form({"key": "k", "fields": [data]})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("02-767-0000", "+8227670000"),
        ("02)3215-0000", "+82232150000"),
        ("031-123-4567", "+82311234567"),
        ("010 1234 5678", "+821012345678"),
        ("01012345678", "+821012345678"),
        ("+82 10-1234-5678", "+821012345678"),
        ("+82 (0)2 767 0000", "+8227670000"),
        ("1588-1234", "+8215881234"),
        ("070-1234-5678", "+827012345678"),
        ("080-123-4567", "+82801234567"),
        ("+1 212 555 0100", "+12125550100"),
        ("767-0000", None),
        ("02-76-0000", None),
        ("112", None),
        ("+82", None),
        ("전화", None),
        ("010-1234-5678 ext 5", None),
    ],
)
def test_korean_numbers_are_kept_in_their_international_form(text: str, expected: str | None) -> None:
    assert international(text) == expected


@pytest.mark.parametrize(
    "pattern", ["[0-9]{5}", r"\d{3}-?\d{4}", r"CF-\d{8}-\d{4}", "(?:KR|US)[A-Z0-9]{10}", "a+b*", "(ab)?c+"]
)
def test_plain_patterns_are_possible(pattern: str) -> None:
    assert not can_run_away(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$", "(a|a)*", "(a*)*b", "((a))+", r"(\d)\1", "(?=a)b", "a" * 201,
        "a?" * 30 + "a" * 30, "a*a*a*a*b", "(", "(a{1,20}){1,20}",
    ],
)  # fmt: skip
def test_patterns_that_can_run_away_are_refused(pattern: str) -> None:
    assert can_run_away(pattern)


def test_the_worst_possible_pattern_is_still_quick() -> None:
    # given
    form = form_of({"name": "x", "type": "text", "pattern": "a*a*a*b"})
    # when
    started = machine.perf_counter()
    refused(form, {"x": "a" * 200})
    # then
    assert machine.perf_counter() - started < 2


def test_a_list_that_asks_one_thing_a_row_takes_plain_texts_too() -> None:
    # given
    form = form_of({"name": "asked", "type": "list", "fields": [{"name": "who", "type": "text", "label": LABEL}]})
    # then
    assert validated(form, {"asked": ["통화 기록", {"who": "당직자"}]}) == {
        "asked": [{"who": "통화 기록"}, {"who": "당직자"}]
    }
    assert refused(form, {"asked": [["통화 기록"]]})
