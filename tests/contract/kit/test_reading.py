"""Reading what others send: itself, or an error that names the field."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.errors import ContractBroken
from connectors.kit.reading import (
    Unreadable,
    a_day,
    a_flag,
    a_text,
    a_whole,
    fourteen_digits,
    json_value,
    read_json,
)


def test_ordinary_json_is_read():
    """Numbers with a fraction keep every digit."""
    assert json_value('{"a":[1,2.50,"ư",null,true]}'.encode()) == {"a": [1, Decimal("2.50"), "ư", None, True]}
    assert json_value(b"\xef\xbb\xbf{}") == {}


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"nothing", b'{"a":1}x', b'{"a":1,"a":2}', b'{"a":{"b":1,"b":1}}', b'{"a":NaN}', b"[Infinity]",
        b'{"a":-Infinity}', b"\xff\xfe{\x00}\x00", '{"a":"\u1ec7"}'.encode("utf-16"), '{"a":"Đ"}'.encode("cp1258"),
        b'"' + b"x" * 100, b"[" * 33 + b"]" * 33, b"[" * 100_000, b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"a":"\\u0000"}', b'{"a":"\\ud800"}', b'{"\\udfff":1}', b"1" * 5_000, b"<html></html>", b'{"a":01}',
    ],
)  # fmt: skip
def test_what_is_not_whole_plain_json_is_refused(raw):
    """Half a body, a doubled key or NaN must never become a value."""
    with pytest.raises(ContractBroken):
        read_json(raw, system="s", operation="o")


def test_too_much_is_refused():
    """A reader with a limit of its own, whatever the transport let through."""
    with pytest.raises(Unreadable):
        json_value(b'["' + b"x" * 100 + b'"]', most_bytes=50)


@pytest.mark.parametrize(("value", "found"), [(0, 0), ("0", 0), (150000, 150000), ("150000", 150000), (Decimal("20000.0"), 20000)])  # fmt: skip
def test_whole_numbers(value, found):
    """As number or as digits."""
    assert a_whole(value, "amount") == found


@pytest.mark.parametrize(
    "value",
    [True, None, "", " 1", "1_000", "1e3", "１２", "-1", "01", "1.5", "1,000", 1.0, Decimal("1.5"), Decimal("NaN"),
     Decimal("1e40"), [], {}, "9" * 30, 10**13, b"1", "1\n"],
)  # fmt: skip
def test_anything_else_is_no_whole_number(value):
    """Pydantic takes most of these for money."""
    with pytest.raises(Unreadable, match="amount"):
        a_whole(value, "amount")


@pytest.mark.parametrize(("value", "found"), [(True, True), ("TRUE", True), ("1", True), (1, True), ("false", False), (0, False)])  # fmt: skip
def test_flags(value, found):
    """Zeep reads TRUE as false."""
    assert a_flag(value, "paid") is found


@pytest.mark.parametrize("value", ["", "yes", None, 2, [], "0x1"])
def test_anything_else_is_no_flag(value):
    """Nothing is not 'no'."""
    with pytest.raises(Unreadable):
        a_flag(value, "paid")


def test_fourteen_digits_are_a_moment_of_vietnam():
    """Their clock is GMT+7, ours is UTC."""
    assert fourteen_digits("20261123080512", "at") == datetime(2026, 11, 23, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "20260231120000", "20261123", "2026112308051", "202611230805123", "20261123240000", "２0261123080512", "2026-11-23T08:0", "00000101000000"]
)  # fmt: skip
def test_there_is_no_such_moment(text):
    """31/02 is an error, never another day; pydantic reads 14 digits as the year 2612."""
    with pytest.raises(Unreadable):
        fourteen_digits(text, "at")


def test_a_day_is_written_in_one_way():
    """Two forms in one column are two different days."""
    assert a_day("03/11/2026", "day", "%d/%m/%Y").isoformat() == "2026-11-03"
    for text in ("3/11/2026", "31/02/2026", "2026-11-03", ""):
        with pytest.raises(Unreadable):
            a_day(text, "day", "%d/%m/%Y")


def test_a_text_is_there_or_it_is_an_error():
    """A missing field is an error, an empty one where it may be is empty."""
    assert a_text({"a": "x"}, "a") == "x"
    assert a_text({"a": None}, "a") == ""
    for values in ({}, {"a": 1}, {"a": ["x"]}, {"a": "x" * 5_000}, {"a": "\0"}):
        with pytest.raises(Unreadable):
            a_text(values, "a")
    with pytest.raises(Unreadable):
        a_text({"a": ""}, "a", empty=False)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}',
        '{"a":1,"a" :2}',
        '{"a":1,"a"\n:2}',
        '{"a":1,"b":{"x":1,"x":1}}',
        '[{"a":1},{"b":"\\":","b":2}]',
        '{"a":"\\": \\":","a":1}',
        '{"\\u0061":1,"a":2}',
    ],
)
def test_a_name_that_stands_there_twice_is_seen_however_it_is_written(text):
    """Of two equal names the last one would win."""
    with pytest.raises(Unreadable, match="twice"):
        json_value(text.encode())


@pytest.mark.parametrize(
    "text", ['{"a":"\\":\\":","b":1}', '{"a" : 1 , "b" : [ {"a" : 2} ]}', '{"a":{"a":{"a":1}}}', "[]", "1"]
)
def test_names_that_stand_there_once_are_read(text):
    """Counting must not see ghosts."""
    assert json_value(text.encode()) == json.loads(text)
