"""Who hears of a dossier."""

from __future__ import annotations

from datetime import date

import pytest

from jobs.sync.rules import Rule, interested, read_rules
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import DossierFile
from mappings.canonical.party import Party, PartyKind, PersonName
from mappings.errors import MappingError

DAY = date(2026, 11, 25)


def file(**changes: str) -> DossierFile:
    facts = {"procedure": "1.004199", "field": "G18-DD01", "agency": "H21.15"} | changes
    return DossierFile(
        code="H21.15-261125-0001", version=1, procedure_name="", field_name="", agency_name="",
        applicant=Party(PartyKind.CITIZEN, PersonName("")), state=DossierState.RECEIVED, **facts,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "hears"),
    [
        (Rule("x", date(2020, 1, 1)), True),
        (Rule("x", date(2026, 11, 26)), False),
        (Rule("x", date(2020, 1, 1), date(2026, 11, 24)), False),
        (Rule("x", date(2020, 1, 1), date(2026, 11, 25)), True),
        (Rule("x", date(2020, 1, 1), procedures=("1.004*",)), True),
        (Rule("x", date(2020, 1, 1), procedures=("2.*",)), False),
        (Rule("x", date(2020, 1, 1), procedures=("2.*",), fields=("G18-*",)), False),
        (Rule("x", date(2020, 1, 1), procedures=("2.*",), fields=("G18-*",), any=True), True),
        (Rule("x", date(2020, 1, 1), agencies=("H21.12",)), False),
    ],
)
def test_a_rule_fits_by_day_and_codes(rule, hears):
    """Every list that is not empty must fit, or one of them where the rule says so."""
    assert (interested([rule], file(), DAY) != {}) is hears


def test_a_local_code_of_a_procedure_counts_too():
    """Local systems hold codes of their own that are translated before sending."""
    rule = Rule("x", date(2020, 1, 1), procedures=("TS_*",))
    from dataclasses import replace

    assert interested([rule], replace(file(), local_procedure="TS_lop1"), DAY)


def test_the_rules_that_ship_with_the_product_can_be_read():
    """A fresh installation has them."""
    assert {"dvcqg", "lgsp", "land"} <= {rule.system for rule in read_rules()}


@pytest.mark.parametrize(
    "text",
    [
        "[[rule]]\nfrom = 2020-01-01",
        "[[rule]]\nsystem = 'x'",
        "[[rule]]\nsystem = 'x'\nfrom = 2020-01-01\nprocedure = ['1']",
        "[[rule]]\nsystem = 'x'\nfrom = 2020-01-01\nprocedures = [1]",
        "rule = 1",
        "not toml",
    ],
)
def test_a_rule_that_cannot_be_read_is_named(tmp_path, text):
    """A misspelt list would let everybody hear of everything."""
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(MappingError):
        read_rules(str(path))
