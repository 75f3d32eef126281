"""What must be set up before a dossier that began elsewhere can come in."""

from __future__ import annotations

import pytest

from jobs.inbound.setup import Asked, Lack, find_place, read_file, set_up, words
from mappings.errors import MappingError

GOOD = """
same_procedures = ["dvcqg"]
[default_unit]
dvcqg = "H21.129"
[[unit]]
code = "H21.129"
place = "23710"
identifier = "H21.129"
[[procedure]]
system = "civil_status"
theirs = "2.001023"
ours = "1.1"
[[officer]]
unit = "H21.129"
name = "tiepnhan01"
"""
CHILD = Asked("civil_status", "2.001023", "23710", by_place=True, module="LTKS")


def lacks(asked: Asked, text: str) -> list[tuple[str, str]]:
    return [(lack.value, what) for lack, what in find_place(asked, set_up(read_file(text)))[1]]


def test_a_dossier_whose_set_up_is_whole_has_a_place():
    """Unit by its commune code, procedure by the map, whoever receives there."""
    place, missing = find_place(CHILD, set_up(read_file(GOOD)))
    assert missing == ()
    assert (place.procedure, place.unit.identifier, place.officer) == ("1.1", "H21.129", "tiepnhan01")


def test_a_sender_that_names_no_unit_has_a_default_one():
    """The national portal's notice names none, and its procedures are the case system's own."""
    place, missing = find_place(Asked("dvcqg", "1.004199", ""), set_up(read_file(GOOD)))
    assert missing == ()
    assert (place.procedure, place.unit.code) == ("1.004199", "H21.129")


@pytest.mark.parametrize(
    ("asked", "text", "missing"),
    [
        (Asked("civil_status", "2.001023", "23710", True, ""), GOOD, [("module_empty", "")]),
        (Asked("civil_status", "9.9", "23710", True, "LTKS"), GOOD, [("procedure_unmapped", "9.9")]),
        (Asked("civil_status", "2.001023", "540", True, "LTKS"), GOOD, [("unit_without_place_code", "540")]),
        (CHILD, GOOD.replace('place = "23710"', ""), [("unit_without_place_code", "23710")]),
        (
            CHILD,
            GOOD + '[[unit]]\ncode = "H21.130"\nidentifier = "H21.129"\n',
            [("two_units_one_identifier", "H21.129")],
        ),
        (
            CHILD,
            GOOD + '[[unit]]\ncode = "H21.130"\nplace = "23710"\n',
            [("two_units_one_identifier", "23710")],
        ),
        (CHILD, GOOD.replace('name = "tiepnhan01"', 'name = " "'), [("no_receiving_officer", "1.1/H21.129")]),
        (
            Asked("civil_status", "9.9", "540", True, ""),
            GOOD,
            [("module_empty", ""), ("procedure_unmapped", "9.9"), ("unit_without_place_code", "540")],
        ),
        (Asked("ministry", "1.1", ""), "", [("procedure_unmapped", "1.1"), ("unit_without_place_code", "ministry")]),
    ],
)  # fmt: skip
def test_everything_that_is_missing_is_told_at_once(asked, text, missing):
    """One look at the parked dossier tells the whole work."""
    assert lacks(asked, text) == missing


@pytest.mark.parametrize(
    "text",
    [
        "unit = 3",
        "[[unit]]\ncode = 129",
        "[[unit]]\nkode = 'x'",
        "[unit]\ncode = 'x'",
        "units = []",
        "same_procedures = 'dvcqg'",
        "default_unit = ['x']",
        "[[unit",
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_place(text):
    """A code that was written as a number has lost its zeros."""
    with pytest.raises(MappingError, match="inbound_setup"):
        read_file(text)


def test_every_lack_has_words_in_both_languages():
    """The desk shows them."""
    for lack in Lack:
        assert words(lack, "X", "vi") != words(lack, "X", "en")
    assert words("something_else", "X") == "something_else"
