"""Agency codes: what is public, by day, and nothing that is not."""

from __future__ import annotations

from datetime import date

import pytest

from mappings.codes import forms
from mappings.codes.agencies import agencies, agency
from mappings.errors import MappingError


def test_a_code_names_its_agency_on_its_day():
    """The unit stands in every kind of code."""
    assert agency("3.000181.000.00.00.H22", date(2024, 1, 1)).name == "Hòa Bình"
    assert agency("KQ.G15.000031", date(2026, 1, 1)).name == "Bộ Tư pháp"


@pytest.mark.parametrize("code", ["H22", "H99", "1.001612", ""])
def test_whose_code_it_is_after_the_merger_is_not_guessed(code):
    """Hòa Bình is no province any more, and nobody has said what became of H22."""
    with pytest.raises(MappingError):
        agency(code, date(2026, 1, 1))


def test_codes_have_the_form_and_never_two_names_on_one_day():
    """A list of our own is checked like one of theirs."""
    for code, rows in agencies().items():
        assert forms.fits(forms.AGENCY_SHORT, code)
        for day in (date(2020, 8, 1), date(2025, 6, 30), date(2026, 11, 25)):
            assert sum(one.holds(day) for one in rows) <= 1
