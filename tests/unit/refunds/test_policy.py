"""Rows of the policy: the most specific one in force; no row is a person's decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from jobs.refunds.policy import ANY, Owed, Policy, Question, Step, decide, from_row, shipped

DAY = date(2026, 11, 23)
BASE = Policy("base", "refused", Owed.FULL, "†", date(2026, 1, 1))
ASKED = Question("refused", "phí", "processing", "1.001", "H21", 100_000, DAY)


def test_nothing_that_fits_is_nobodys_guess():
    """The system never guesses."""
    assert decide([BASE], replace(ASKED, cause="withdrawn")) is None
    assert decide([], ASKED) is None


@pytest.mark.parametrize(
    "change",
    [{"procedure": "1.001"}, {"unit": "H21"}, {"kind": "phí"}, {"stage": "processing"}, {"up_to": 200_000},
     {"above": 50_000}, {"valid_from": date(2026, 6, 1)}],
)  # fmt: skip
def test_the_more_specific_row_decides(change):
    """Each of its columns counts for more than none."""
    own = replace(BASE, id="own", outcome=Owed.NONE, **change)
    assert decide([BASE, own], ASKED) == own
    assert decide([own, BASE], ASKED) == own


@pytest.mark.parametrize(
    "change",
    [{"procedure": "9"}, {"unit": "X"}, {"kind": "thuế"}, {"stage": "result"}, {"up_to": 99_999}, {"above": 100_000},
     {"valid_from": date(2026, 12, 1)}, {"valid_to": date(2026, 11, 22)}],
)  # fmt: skip
def test_a_row_that_does_not_fit_says_nothing(change):
    """Neither for another thing, nor for another day or amount."""
    assert decide([replace(BASE, **change)], ASKED) is None


def test_a_part_is_rounded_down_to_whole_dong():
    """The state keeps the fraction that nobody can pay out."""
    assert replace(BASE, outcome=Owed.PART, percent=33).share(100) == 33
    assert replace(BASE, outcome=Owed.PART, percent=50).share(1) == 0
    assert BASE.share(7) == 7
    assert replace(BASE, outcome=Owed.NONE).share(7) == replace(BASE, outcome=Owed.TAX_OFFICE).share(7) == 0


@pytest.mark.parametrize(
    "steps", [(Step.APPROVE,), (Step.PROPOSE,), (Step.APPROVE, Step.PROPOSE), (Step.PROPOSE, Step.PROPOSE, Step.APPROVE)]
)  # fmt: skip
def test_no_row_lets_money_go_with_one_signature(steps):
    """Refused when it is read, not when it is used."""
    with pytest.raises(ValueError, match="policy base"):
        replace(BASE, steps=steps)


def test_a_word_that_is_not_in_the_vocabulary_is_refused():
    """A misspelt outcome must not mean 'none'."""
    with pytest.raises(ValueError, match="al"):
        from_row({"id": "x", "cause": "other", "outcome": "al", "legal_basis": "", "valid_from": DAY})


def test_every_shipped_row_names_its_unconfirmed_ground():
    """Practice or law to be confirmed by the province: data with its legal basis."""
    rows = shipped()
    assert all(row.legal_basis.startswith("†") for row in rows)
    assert len({row.id for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("cause", "kind", "stage", "amount", "decided"),
    [("refused", "phí", "intake", 1, "refused"), ("refused", "phí", "", 1, "refused"),
     ("refused", "phí", "result", 1, "refused-result"), ("refused", "lệ phí", "result", 1, "refused"),
     ("refused", "phí", "processing", 200_000_000, "large"), ("withdrawn", "phí", "result", 1, "withdrawn-result"),
     ("paid_twice", "surplus", "", 1, "surplus-twice"), ("refused", "thuế", "", 1, "tax"), ("moved", "phí", "", 1, None)],
)  # fmt: skip
def test_what_the_shipped_rows_say(cause, kind, stage, amount, decided):
    """The table as people read it."""
    row = decide(shipped(), Question(cause, kind, stage, ANY, ANY, amount, DAY))
    assert (row.id if row else None) == decided
