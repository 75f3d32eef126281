"""Codes of the national catalogues have forms; what does not fit is named."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.codes import forms
from mappings.errors import MappingError

PROCEDURES = Path(__file__).parents[4] / "shared/data/procedures/procedures.csv"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (forms.PROCEDURE, "1.001612"),
        (forms.PROCEDURE, "3.000181.000.00.00.H22"),
        (forms.LOCAL_PROCEDURE, "TS_lop1.000.00.00.H22"),
        (forms.RESULT, "KQ.G15.000031"),
        (forms.PAPER, "000.00.00.G09-KQ000001"),
        (forms.FIELD, "G03-GD10"),
        (forms.AGENCY, "000.00.01.H22"),
        (forms.AGENCY_SHORT, "H55.242"),
        (forms.AGENCY_SHORT, "G09.20"),
        (forms.PARTNER, "0.0.H30"),
    ],
)
def test_published_codes_fit(kind, code):
    """Seen in public material."""
    assert forms.checked(kind, code) == code


@pytest.mark.parametrize("code", ["1.0133611", "1.014955-Xoa", "1.00161", "１.001612", "1.001612.000.00.00.22", "1.001612\n", ""])  # fmt: skip
def test_codes_that_do_not_fit_are_named(code):
    """Some of these stand in the portal's own data."""
    with pytest.raises(MappingError):
        forms.checked(forms.PROCEDURE, code)


def test_parts_of_a_code():
    """The national part is what the portal knows; the unit tells whose it is."""
    assert forms.national_part("3.000181.000.00.00.H22") == "3.000181"
    with pytest.raises(MappingError):
        forms.national_part("TS_lop1.000.00.00.H22")
    assert [forms.unit_part(code) for code in ("3.000181.000.00.00.H22", "KQ.G15.000031", "G03-GD10", "H55.242", "1.001612")] == [
        "H22", "G15", "G03", "H55", "",
    ]  # fmt: skip


@given(st.text(max_size=40))
def test_any_text_fits_or_does_not(text):
    """No form raises, and what fits is plain ASCII."""
    for kind in forms.FORMS:
        if forms.fits(kind, text):
            assert text.isascii()
            assert text == text.strip()
    forms.unit_part(text)


@pytest.mark.skipif(not PROCEDURES.exists(), reason="the unlicensed list of procedures is not in this clone")
def test_the_portals_own_data_fits_but_for_the_known_oddities():
    """5,733 procedures, three of them odd."""
    with PROCEDURES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    odd = {row["code"] for row in rows if not forms.fits(forms.PROCEDURE, row["code"])}
    assert odd == {"1.0133611", "2.009182739", "1.014955-Xoa"}
