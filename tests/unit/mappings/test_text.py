"""Spellings of one name are one name; another letter is another name."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.text import alike, folded, nfc

VIETNAMESE = st.text(st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ -'0123"), max_size=30)  # fmt: skip
SHARED = Path(__file__).parents[4] / "shared/data/admin-units/spelling-differences.csv"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hòa Bình", "Hoà Bình"),
        ("Khánh Hòa", "KHÁNH HOÀ"),
        ("Thủy Nguyên", "Thuỷ Nguyên"),
        ("Văn Miếu - Quốc Tử Giám", "Văn Miếu–Quốc Tử Giám"),
        ("Ea H'leo", "Ea H’Leo"),
        ("Phường 01", "Phường 1"),
        (unicodedata.normalize("NFD", "Đặng Xá"), "Đặng Xá"),
    ],
)
def test_spellings_of_one_name_are_equal(one, other):
    """Sources put the tone mark in either place, and codes behind the names are the same."""
    assert alike(one) == alike(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Phó Bảng", "Phố Bảng"), ("Tân An", "Tân Ân"), ("Phường 1", "Phường 10")]
)
def test_another_letter_or_tone_is_another_name(one, other):
    """Guessing across letters would send a dossier to the wrong commune."""
    assert alike(one) != alike(other)


@given(VIETNAMESE)
def test_the_unicode_form_and_the_case_never_matter(text):
    """Half of the programs send decomposed text."""
    assert alike(unicodedata.normalize("NFD", text)) == alike(text) == alike(text.upper())
    assert folded(unicodedata.normalize("NFD", text)) == folded(text) == folded(folded(text))


@given(VIETNAMESE)
def test_folding_leaves_no_mark(text):
    """A search box is typed without marks."""
    assert folded(text).isascii()
    assert nfc(nfc(text)) == nfc(text)


@pytest.mark.skipif(not SHARED.exists(), reason="the comparison of two releases is not in this clone")
def test_what_two_releases_of_the_list_spell_differently_is_one_name():
    """Real differences: 193 of tone mark or case, one of a letter."""
    with SHARED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    apart = [row["code"] for row in rows if alike(row["name_2025_07_29"]) != alike(row["name_2026_07_25"])]
    assert apart == ["00745"]
