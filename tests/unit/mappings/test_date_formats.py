"""Dates of every interface: strict, both ways, no day out of nothing."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.canonical.party import Birth, BirthPrecision
from mappings.errors import MappingError
from mappings.tables.date_formats import (
    Precision,
    forms,
    read_birth,
    read_day,
    read_moment,
    write_birth,
    write_moment,
)

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
MOMENTS = [name for name, rows in forms().items() if any(row.precision is Precision.MOMENT for row in rows)]
DATES = [name for name, rows in forms().items() if any(row.precision is not Precision.MOMENT for row in rows)]


@pytest.mark.parametrize(
    ("interface", "text", "moment"),
    [
        ("dvcqg", "20261125070000", datetime(2026, 11, 25, 7, tzinfo=LOCAL)),
        ("igate", "2026-11-25T07:00:00.250+0700", datetime(2026, 11, 25, 7, 0, 0, 250_000, tzinfo=LOCAL)),
        ("ministry", "2026-11-25 07:00:00", datetime(2026, 11, 25, 7, tzinfo=LOCAL)),
        ("ministry.progress", "2026-11-25T07:00:00.000+07:00", datetime(2026, 11, 25, 7, tzinfo=LOCAL)),
        ("land", "2026-11-25T00:00:00", datetime(2026, 11, 25, 7, tzinfo=LOCAL)),
        ("land", "2026-11-25T00:00:00.000Z", datetime(2026, 11, 25, 7, tzinfo=LOCAL)),
        ("civil_status", "25/11/2026 07:00:00", datetime(2026, 11, 25, 7, tzinfo=LOCAL)),
        ("population.feed", "1795564800000", datetime(2026, 11, 25, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_the_zone_of_its_interface(interface, text, moment):
    """Land registers tell UTC, everybody else the local time."""
    assert read_moment(interface, text) == moment


@pytest.mark.parametrize("interface", MOMENTS)
@given(st.datetimes(datetime(1976, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_moment_comes_back_as_far_as_the_form_holds_it(interface, moment):
    """To the second, or to the millisecond; never rounded into the next day."""
    back = read_moment(interface, write_moment(interface, moment))
    assert timedelta(0) <= moment - back < timedelta(seconds=1)
    assert write_moment(interface, back) == write_moment(interface, moment)


def test_a_time_before_there_were_whole_hours_has_an_offset_that_can_be_read():
    """Births before 1911 lie at +07:06:30."""
    moment = datetime(1905, 1, 1, tzinfo=UTC)
    assert read_moment("igate", write_moment("igate", moment)) == moment


@pytest.mark.parametrize("interface", DATES)
@given(st.dates(date(1850, 1, 1), date(2100, 1, 1)), st.sampled_from(BirthPrecision))
def test_a_date_comes_back_with_its_precision_or_is_not_sent(interface, day, precision):
    """A year is not made into the first of January."""
    first = {
        BirthPrecision.DAY: day,
        BirthPrecision.MONTH: day.replace(day=1),
        BirthPrecision.YEAR: day.replace(month=1, day=1),
    }[precision]
    birth = Birth(first, precision)
    known = {row.precision.value for row in forms()[interface]}
    if precision.value not in known:
        with pytest.raises(MappingError):
            write_birth(interface, birth)
        return
    assert read_birth(interface, write_birth(interface, birth)) == birth


@pytest.mark.parametrize(
    ("interface", "text"),
    [
        ("dvcqg", "20261125"),
        ("dvcqg", "20261345000000"),
        ("dvcqg", "20260230000000"),
        ("dvcqg", " 20261125070000"),
        ("dvcqg", "２０２６１１２５０７００００"),
        ("dvcqg", "20261125070000\n"),
        ("igate", "2026-11-25T07:00:00.250"),
        ("igate", "2026-11-25T07:00:00.250+0799"),
        ("population.feed", "1e12"),
        ("population.feed", "999999999999999999999"),
        ("dvcqg", ""),
    ],
)
def test_what_is_no_moment_is_an_error_that_does_not_repeat_it(interface, text):
    """It may be somebody's birth date."""
    with pytest.raises(MappingError) as found:
        read_moment(interface, text)
    assert not text or text.strip() not in str(found.value)


@pytest.mark.parametrize(
    ("interface", "text"),
    [("population", "19800230"), ("judicial_records", "2/3/1980"), ("judicial_records", "13/1980"), ("population", "0000")],
)  # fmt: skip
def test_what_is_no_date_is_an_error(interface, text):
    """Never nothing, never today."""
    with pytest.raises(MappingError):
        read_birth(interface, text)


def test_a_day_is_wanted_where_a_year_will_not_do():
    """An appointment is on a day."""
    assert read_day("judicial_records", "03/02/1980") == date(1980, 2, 3)
    with pytest.raises(MappingError):
        read_day("judicial_records", "1980")


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_a_defined_error(text):
    """Forged, cut, doubled."""
    for interface in forms():
        for reader in (read_moment, read_birth):
            with contextlib.suppress(MappingError):
                reader(interface, text)


def test_forms_of_one_interface_never_fit_the_same_text():
    """Otherwise the order of rows would decide what a text means; and one form per precision is sent."""
    for interface, rows in forms().items():
        sent = [row.precision for row in rows if row.sent]
        assert len(sent) == len(set(sent)), interface
        assert {row.precision for row in rows} == set(sent), interface
        assert len({len(row.pattern.replace("Z", "")) for row in rows}) >= len(rows) - 1


def test_a_moment_without_a_zone_is_refused():
    """Whose seven o'clock."""
    with pytest.raises(ValueError, match="zone"):
        write_moment("dvcqg", datetime(2026, 11, 25, 7))
    with pytest.raises(MappingError):
        read_moment("nobody", "20261125070000")
