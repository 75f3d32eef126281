"""Every list and every word of ours has a name on the screen, in both languages."""

from __future__ import annotations

import pytest

from adapters.dashboard.words import knows
from mappings.tables import lists
from mappings.tables.dated import Way


@pytest.mark.parametrize("name", lists.LISTS)
def test_a_list_and_its_words_are_named(name):
    """A person who adds a row chooses words, not values of a program."""
    assert knows(f"mapping_list.{name}")
    assert [word for word in lists.LISTS[name].meanings if word and not knows(f"meaning.{name}.{word}")] == []


def test_every_way_and_side_is_named():
    """The two small lists of the page itself."""
    assert all(knows(f"mapping.way_{way.value}") for way in Way)
    assert all(knows(f"mapping.side_{side}") for side in ("ours", "theirs"))


def test_what_is_left_out_has_its_reason_in_both_languages():
    """It is read by people of both."""
    assert all(one.reason and one.reason_en for one in lists.unmapped())
