"""Tables are total, dated and two-way; what people add stands before what ships."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.canonical.dossier import DossierState
from mappings.canonical.party import PartyKind
from mappings.errors import MappingError
from mappings.tables import applicants, dated, igate_statuses, land_statuses, national_statuses, post_statuses
from mappings.tables.dated import NotMapped, Row, Table, Unmapped, Way, contradiction

DAY = date(2026, 11, 25)


class Added:
    """Rows that people added, from memory."""

    def __init__(self, *rows: Row) -> None:
        self._rows = rows

    def rows(self, system: str, name: str) -> Sequence[Row]:
        return [row for row in self._rows if (row.system, row.list) == (system, name)]


def row(code: str, meaning: str, since: date = date(2020, 1, 1), until: date | None = None, **more) -> Row:
    return Row("there", "things", code, meaning, since, until, **more)


TABLE = Table(
    "things",
    [row("1", "one", until=date(2025, 6, 30)), row("7", "one", date(2025, 7, 1)), row("2", "two"),
     row("2", "second", way=Way.SENT), row("9", "two", way=Way.READ)],
    [Unmapped("there", "things", "theirs", "0", "an error, not a thing"), Unmapped("there", "things", "ours", "*", "not told")],
)  # fmt: skip


def test_the_list_of_the_day_decides():
    """A message of June that is read again in December is read by the list of June."""
    assert TABLE.code("there", "one", date(2025, 6, 30)) == "1"
    assert TABLE.code("there", "one", date(2025, 7, 1)) == "7"
    assert TABLE.meaning("there", "1", date(2025, 6, 30)) == "one"
    with pytest.raises(NotMapped):
        TABLE.meaning("there", "1", date(2025, 7, 1))


def test_one_way_rows_are_used_one_way():
    """Sent for want of a better one, read as what it says."""
    assert TABLE.code("there", "second", DAY) == "2"
    assert TABLE.meaning("there", "2", DAY) == "two"
    assert TABLE.meaning("there", "9", DAY) == "two"
    assert TABLE.code("there", "two", DAY) == "2"


def test_what_is_missing_says_where_and_why():
    """The error is the work item: system, list, side, value, day and the reason when there is one."""
    with pytest.raises(NotMapped) as found:
        TABLE.meaning("there", 0, DAY)
    exc = found.value
    assert (exc.system, exc.list, exc.side, exc.value, exc.on) == ("there", "things", "theirs", "0", DAY)
    assert exc.reason == "an error, not a thing"
    with pytest.raises(NotMapped, match="not told"):
        TABLE.code("there", "three", DAY)
    with pytest.raises(NotMapped):
        TABLE.meaning("elsewhere", "1", DAY)


def test_an_added_row_stands_before_the_shipped_one_during_its_days():
    """People correct a list without a deploy, and the past stays as it was."""
    added = Added(row("8", "one", date(2026, 1, 1), confidence="P"))
    assert TABLE.code("there", "one", DAY, added) == "8"
    assert TABLE.code("there", "one", date(2025, 12, 31), added) == "7"
    assert TABLE.meaning("there", "7", DAY, added) == "one"  # an old code that still comes is still read
    assert TABLE.meaning("there", "8", DAY, added) == "one"


def test_an_added_meaning_of_a_code_takes_the_shipped_one_away():
    """One code cannot mean two things on one day."""
    added = Added(row("2", "twin", date(2026, 1, 1)))
    assert TABLE.meaning("there", "2", DAY, added) == "twin"
    assert TABLE.meaning("there", "2", date(2025, 12, 31), added) == "two"
    assert not contradiction(TABLE.rows("there", DAY, added))


def test_two_meanings_on_one_day_are_refused():
    """A table that answers by the order of its rows is no table."""
    with pytest.raises(ValueError, match="hold on one day"):
        Table("things", [row("1", "one"), row("1", "two")])
    with pytest.raises(ValueError, match="hold on one day"):
        Table("things", [row("1", "one"), row("2", "one")])
    with pytest.raises(ValueError, match="a row of"):
        Table("others", [row("1", "one")])
    Table("things", [row("1", "one", until=date(2025, 1, 1)), row("1", "two", date(2025, 1, 2))])


ROWS = st.builds(
    row,
    st.sampled_from("123"),
    st.sampled_from(("one", "two", "three")),
    st.dates(date(2024, 1, 1), date(2024, 1, 20)),
    st.none() | st.dates(date(2024, 1, 21), date(2024, 2, 10)),
    way=st.sampled_from(Way),
)


@given(st.lists(ROWS, max_size=6), st.lists(ROWS, max_size=3), st.dates(date(2024, 1, 1), date(2024, 2, 20)))
def test_there_and_back_loses_nothing_that_both_sides_know(shipped, added, day):
    """Whatever rows ship and whatever people add: what is sent is read back as itself where a row says 'both'."""
    if contradiction(shipped) or contradiction(added):
        return
    table, overlay = Table("things", shipped), Added(*added)
    known = table.rows("there", day, overlay)
    assert contradiction(known) is None
    for one in known:
        if one.way is Way.BOTH:
            code = table.code("there", one.meaning, day, overlay)
            assert table.meaning("there", code, day, overlay) == one.meaning
    for code in "123":
        with contextlib.suppress(NotMapped):  # total: a meaning or the named gap, nothing else
            assert table.meaning("there", code, day, overlay) in {"one", "two", "three"}


@pytest.fixture
def adding():
    """Rows of people, installed for one test."""
    yield lambda *rows: dated.install(Added(*rows))
    dated.install(None)


def test_tables_with_rows_of_their_own_see_added_rows(adding):
    """The screen would be useless if connectors read another table."""
    since = date(2026, 1, 1)
    adding(
        Row("ministry", "applicant", "5", "cooperative", since),
        Row("land.progress", "dossier_state", "3", "refused", since),
        Row("post.tracking", "post_state", "1", "collecting", since),
        Row("igate", "dossier_state", "14", "paused", since),
        Row("dvcqg", "dossier_state", "11", "cancelled", since),
        Row("dvcqg", "dossier_state", "10", "done", since),
    )
    assert national_statuses.state_or_pending(11) is DossierState.CANCELLED
    assert (
        national_statuses.state_or_pending(10) is DossierState.RETURNED
    )  # what they publish is theirs to say
    assert applicants.code_of("ministry", PartyKind.COOPERATIVE, DAY) == "5"
    assert applicants.kind_of("ministry", "5", DAY) is PartyKind.COOPERATIVE
    assert land_statuses.meaning("progress", "3", DAY) is DossierState.REFUSED
    assert post_statuses.status("1", DAY).state == "collecting"
    assert igate_statuses.meaning(14).state is DossierState.PAUSED
    with pytest.raises(MappingError):
        applicants.code_of("ministry", PartyKind.COOPERATIVE, since - timedelta(days=1))
    with pytest.raises(MappingError):
        land_statuses.meaning("progress", "3", since - timedelta(days=1))


def test_without_added_rows_they_answer_as_before():
    """The holder is empty until somebody fills it."""
    with pytest.raises(MappingError):
        applicants.code_of("ministry", PartyKind.COOPERATIVE, DAY)
    assert igate_statuses.meaning(14).state is DossierState.PENDING


def test_a_settled_state_of_the_case_system_gives_no_stage_away(adding):
    """The refund policy differs by stage: a new meaning has none until somebody says it."""
    adding(Row("igate", "dossier_state", "12", "withdrawn", date(2026, 1, 1)))
    assert igate_statuses.meaning(12).state is DossierState.WITHDRAWN
    assert (igate_statuses.meaning(12).stage, igate_statuses.meaning(12).national) == ("", None)
    assert (
        igate_statuses.meaning(12, {12: "refused/intake"}).state is DossierState.REFUSED
    )  # settings stand above


def test_an_ended_row_of_a_feed_is_not_used(adding):
    """Such a feed is read as it stands today."""
    adding(
        replace(Row("igate", "dossier_state", "14", "paused", date(2026, 1, 1)), valid_to=date(2026, 2, 1))
    )
    assert igate_statuses.meaning(14).state is DossierState.PENDING


def test_the_case_of_a_missing_row_is_as_exact_as_the_error():
    """Older tables name the system inside the code; newer ones name everything."""
    exc = NotMapped("ministry", "sex", "ours", "other", DAY)
    assert dated.missing_row(exc) == {
        "system": "ministry", "list": "sex", "side": "ours", "value": "other", "on": "2026-11-25",
    }  # fmt: skip
    old = MappingError("applicants", "ministry:agency")
    assert dated.missing_row(old)["system"] == "ministry"
    assert dated.missing_row(MappingError("post_places", "00004"), "post") == {
        "system": "post", "list": "post_places", "side": "", "value": "00004",
    }  # fmt: skip
