"""Variables survive JSON exactly, and what cannot be carried is refused by name."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidVariable
from engine.variables import check_variable, from_json, to_json

TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=8)
KEYS = st.one_of(TEXTS, st.sampled_from(["$date", "$record", "$decimal", "$", "$instant", "$x", "a"]))
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.dates(),
    st.times().map(lambda moment: moment.replace(fold=0)),
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
        lambda instant: instant.replace(fold=0)
    ),
    st.timedeltas(),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=12,
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(VALUES)
def test_every_value_comes_back_from_json_as_it_was(value: object) -> None:
    # when
    returned = from_json(json.loads(json.dumps(to_json(value), allow_nan=False)))
    # then
    assert repr(returned) == repr(value)
    check_variable("x", value)


def test_plain_values_are_written_as_they_are() -> None:
    plain = {"a": [1, 2.5, "x", None, True, {"b": {}}]}
    assert to_json(plain) == plain


@pytest.mark.parametrize(
    "record",
    [
        {"$date": "2026-09-28"},
        {"$record": {"$date": "x"}},
        {"$decimal": "not one"},
        {"$record": 1},
        {"$": None},
        {"$date": "a", "b": 1},
        {"$date": date(2026, 1, 1)},
    ],
)
def test_a_users_record_with_our_marks_survives(record: dict[str, object]) -> None:
    assert from_json(json.loads(json.dumps(to_json(record)))) == record


def test_an_instant_of_another_zone_is_the_same_instant_in_utc() -> None:
    # given
    seoul = datetime(2026, 9, 28, 15, tzinfo=timezone(timedelta(hours=9)))
    # when
    returned = from_json(to_json(seoul))
    # then
    assert returned == seoul
    assert returned.utcoffset() == timedelta(0)


def test_an_enum_that_is_a_text_is_written_as_its_text() -> None:
    class Size(StrEnum):
        LARGE = "L"

    assert type(to_json(Size.LARGE)) is str
    assert to_json([Size.LARGE]) == ["L"]


def test_an_unknown_mark_is_refused() -> None:
    with pytest.raises(InvalidVariable, match=r"unknown mark: \$what"):
        from_json({"$what": 1})


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("nan"), "infinity"),
        (float("inf"), "infinity"),
        (Decimal("NaN"), "infinity"),
        ([1, {"a": float("inf")}], "infinity"),
        (2**63, "too large"),
        ("x" * 1_000_001, "larger than"),
        (["x" * 300_000] * 4, "larger than"),
        (nested(21), "deeper"),
        ({1: 2}, "named by text"),
        (datetime(2026, 1, 1), "no zone"),  # noqa: DTZ001
        ((1, 2), "of this kind"),
        ({1, 2}, "of this kind"),
        (object(), "of this kind"),
        (b"bytes", "of this kind"),
        ("a\x00b", "cannot be stored"),
        ("\ud800", "cannot be stored"),
        ({"\ud800": 1}, "cannot be stored"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_the_variables_name(value: object, said: str) -> None:
    with pytest.raises(InvalidVariable) as refusal:
        check_variable("amount", value)
    assert "amount" in refusal.value.sentence.ko
    assert said in refusal.value.sentence.en


def test_a_list_that_holds_itself_is_refused() -> None:
    # given
    endless: list[object] = []
    endless.append(endless)
    # then
    with pytest.raises(InvalidVariable):
        check_variable("x", endless)


@pytest.mark.parametrize("name", ["", "x" * 201, "a\nb", "\x1b[2J"])
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidVariable):
        check_variable(name, 1)


@pytest.mark.parametrize("value", [time(9), timedelta(days=1), date(2026, 1, 1), nested(19), "한글", 5.5])
def test_what_can_be_carried_is_accepted(value: object) -> None:
    check_variable("amount", value)
