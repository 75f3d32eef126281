"""How money and dates are written and read."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from adapters.dashboard import formats
from jobs.errors import BadInput


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0\u00a0đ"), (1_234_567, "1.234.567\u00a0đ"), (-150_000, "\u2212150.000\u00a0đ"), (None, "—")],
)
def test_money_is_written_the_vietnamese_way(amount, text):
    """No-break space, dots, a real minus: an accountant reads columns of it."""
    assert formats.money(amount) == text


@pytest.mark.parametrize("wrong", [1.5, True, "100"])
def test_money_that_is_not_whole_is_an_error_not_a_rounding(wrong):
    """A float on its way to a page is a bug somewhere before it."""
    with pytest.raises(TypeError):
        formats.money(wrong)


@pytest.mark.parametrize("text", ["1.234.567", "1234567", "1 234 567", "1.234.567 đ", "1\u00a0234\u00a0567"])
def test_money_is_read_in_the_forms_that_people_type(text):
    """Both forms stand on papers."""
    assert formats.read_money(text, "amount") == 1_234_567


@pytest.mark.parametrize(
    "text", ["", "0", "-5", "1,5", "1.5", "1.23.456", "12.3456", "NaN", "１２３", "1e5", "9" * 16]
)
def test_money_that_could_be_misread_is_refused(text):
    """1.5 is not 15 and not 1,5 đồng."""
    with pytest.raises(BadInput):
        formats.read_money(text, "amount")


@pytest.mark.parametrize(
    "text", ["31/02/2026", "2026-11-24", "24/11/26", "11/24/2026", "", "24.11.2026", "٢٤/11/2026"]
)
def test_days_that_do_not_exist_or_could_be_misread_are_refused(text):
    """Two date formats in one office are one wrong day."""
    with pytest.raises(BadInput):
        formats.read_day(text, "day")


def test_days_and_moments_are_local():
    """Midnight in Vietnam is 17:00 UTC: day borders are local."""
    moment = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    assert formats.day(moment) == "24/11/2026"
    assert formats.moment(moment) == "24/11/2026 00:00:00"
    assert formats.local_day(moment) == date(2026, 11, 24)
    assert formats.day_bounds(date(2026, 11, 24))[0] == moment
    assert formats.read_day("24/11/2026", "day") == date(2026, 11, 24)


def test_searching_folds_every_way_of_writing_a_name():
    """hoà and hòa, NFC and NFD, Đ and D: one person."""
    assert {
        formats.folded(text) for text in ("Đặng Thị Hoà", "dang thi hoa", "ĐẶNG THỊ HÒA", "Đặng Thị Hòa")
    } == {"dang thi hoa"}


def test_masking_leaves_enough_to_tell_two_people_apart():
    """Least knowledge: the given name and initials."""
    assert formats.masked_name("Nguyễn Văn An") == "N••••• V•• An"
    assert formats.masked_name("") == ""
    assert "345" in formats.masked_tail("012345")
    assert "012" not in formats.masked_tail("012345")
