"""Every code of every list is mapped or left out with a reason; every word of ours too."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.civil_status import rules as civil
from connectors.dvcqg.settings import Settings as Portal
from connectors.judicial_records.translate import STATES as JUDICIAL
from connectors.lgsp.settings import Settings as Platform
from connectors.ministry.settings import Settings as Ministry
from connectors.social_insurance.wire import SEXES
from mappings.canonical.dossier import DossierState
from mappings.errors import MappingError
from mappings.tables import lists, national_statuses
from mappings.tables.dated import NotMapped, Way

DAY = date(2026, 11, 25)
# As the collected facts list them, typed by hand here: code-lists section 4 and 5, interface files of each system.
PUBLISHED = {
    ("dvcqg", "dossier_state"): "1 2 3 4 5 6 7 8 9 10",
    ("opencps", "dossier_state"): "receiving new denied processing waiting paying cancelled unresolved releasing done interoperating posting",
    ("civil_status.linked", "dossier_state"): "1 2 3 4 5 6 7",
    ("civil_status.api", "dossier_state"): "0 1 2 3 4",
    ("judicial_records", "dossier_state"): "3 4 5",
    ("igate", "dossier_state"): " ".join(str(number) for number in range(18)),
    ("land.progress", "dossier_state"): "1 2 3 4 5 6 7 8 9 10",
    ("dvcqg", "applicant"): "1 2 3 4",
    ("ministry", "applicant"): "0 1 2",
    ("dvcqg", "channel"): "1 2 3",
    ("dvcqg", "return_channel"): "0 1",
    ("dvcqg", "fee_kind"): "1 2",
    ("payment_platform", "fee_kind"): "1 2",
    ("ministry", "fee_kind"): "1 2 3",
    ("ministry", "fee_moment"): "1 2 4",
    ("social_insurance", "sex"): "1 2 3",
    ("judicial_records", "sex"): "0 1",
    ("ministry", "copy_kind"): "0 1 2",
    ("dvcqg", "reuse"): "0 1 2",
    ("judicial_records", "identity_paper"): "0 1 2 3",
    ("dvcqg", "identity_paper"): "1 2",
    ("civil_status", "civil_module"): "LTKS LTKT LTKH BS KS KT KH",
    ("ministry", "result_paper"): "KQ.DVC.THONGTIN KQ.DVC.GIAYTOBOSUNG KQ.DVC.KETQUA",
    ("dvcqg", "result_paper"): "KQ.G15.000031 KQ.G15.000034",
}  # fmt: skip


def asked(system: str, name: str, code: str) -> str | NotMapped:
    try:
        return lists.meaning(system, name, code, DAY)
    except NotMapped as exc:
        return exc


@pytest.mark.parametrize(("system", "name"), PUBLISHED, ids=str)
def test_every_published_code_is_read_or_left_out_with_a_reason(system, name):
    """A code that nobody thought of would be found by a citizen's dossier."""
    for code in PUBLISHED[system, name].split():
        meaning = asked(system, name, code)
        if isinstance(meaning, NotMapped):
            assert meaning.reason, code
        else:
            assert lists.info_of(name).takes(meaning)


@pytest.mark.parametrize("day", [date(2020, 5, 1), date(2023, 1, 1), date(2025, 6, 30), DAY])
def test_every_word_of_ours_is_told_or_left_out_with_a_reason(day):
    """No gap on any day, so that a replay of an old message finds none either."""
    assert lists.check(day).missing == ()


@pytest.mark.parametrize("name", lists.LISTS)
def test_rows_speak_our_words_only(name):
    """A row with a word that no type has would be an error in production."""
    table, info = lists.table(name), lists.info_of(name)
    for system in table.systems():
        for row in table.rows(system, DAY):
            assert info.takes(row.meaning), row
            assert row.confidence in "ABCDP"
            assert row.source, row
        for left in table.unmapped(system):
            assert left.side in {"ours", "theirs"}
            assert left.reason
            if left.side == "ours" and left.value != "*":
                assert info.takes(left.value), left


@pytest.mark.parametrize("name", lists.LISTS)
@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.data())
def test_there_and_back_loses_nothing_that_both_sides_know(name, day, data):
    """Sent and read again it is the same word, for every system, list and day."""
    table = lists.table(name)
    if not table.systems():
        return
    system = data.draw(st.sampled_from(table.systems()))
    for row in table.rows(system, day):
        if row.way is Way.BOTH:
            assert table.meaning(system, table.code(system, row.meaning, day), day) == row.meaning
            assert table.code(system, table.meaning(system, row.code, day), day) == row.code


@pytest.mark.parametrize("name", lists.LISTS)
@given(st.text(max_size=8))
def test_an_unknown_code_is_a_named_gap_and_nothing_else(name, code):
    """Whatever comes over the wire."""
    for system in lists.table(name).systems():
        meaning = asked(system, name, code)
        if isinstance(meaning, NotMapped):
            assert (meaning.system, meaning.list, meaning.value) == (system, name, code)
        else:
            assert lists.info_of(name).takes(meaning)


def test_a_list_that_does_not_exist_is_an_error():
    """A misspelt name is not an empty list."""
    with pytest.raises(MappingError):
        lists.table("colour")


def test_a_number_is_never_read_without_its_system():
    """1 is a citizen and an enterprise; 0 is a woman, a citizen, an original and an error."""
    assert lists.meaning("dvcqg", "applicant", "1", DAY) == "citizen"
    assert lists.meaning("ministry", "applicant", "1", DAY) == "enterprise"
    assert lists.meaning("judicial_records", "sex", "0", DAY) == "female"
    with pytest.raises(NotMapped):
        lists.meaning("social_insurance", "sex", "0", DAY)


def test_what_connectors_send_is_what_the_lists_say():
    """Settings of a connector begin with these numbers; two lists that drift apart are two truths."""
    portal, platform, ministry = Portal.model_fields, Platform.model_fields, Ministry.model_fields
    for system, name, field in (
        ("dvcqg", "fee_kind", portal["fee_codes"]),
        ("dvcqg", "channel", portal["channel_codes"]),
        ("dvcqg", "return_channel", portal["return_codes"]),
        ("dvcqg", "reuse", portal["reuse_codes"]),
        ("dvcqg", "copy_kind", portal["copy_codes"]),
        ("ministry", "fee_kind", ministry["fee_codes"]),
        ("ministry", "copy_kind", ministry["copy_codes"]),
        ("lgsp", "fee_kind", platform["fee_types"]),
        ("lgsp", "copy_kind", platform["paper_types"]),
        ("lgsp", "return_channel", platform["return_types"]),
    ):
        for word, code in field.get_default(call_default_factory=True).items():
            assert lists.code(system, name, word.value, DAY) == str(code), (system, name, word)
    for sex, code in SEXES.items():
        assert lists.code("social_insurance", "sex", sex.value, DAY) == code


def test_what_connectors_read_is_what_the_lists_say():
    """The same for states."""
    for code, state in JUDICIAL.items():
        assert lists.meaning("judicial_records", "dossier_state", code, DAY) == state.value
    for number in range(1, 5):
        assert (
            lists.meaning("civil_status.api", "dossier_state", number, DAY) == civil.our_state(number).value
        )
    for state in DossierState:
        try:
            expected = str(int(civil.linked_state(state)))
        except MappingError:
            with pytest.raises(NotMapped):
                lists.code("civil_status.linked", "dossier_state", state.value, DAY)
        else:
            assert lists.code("civil_status.linked", "dossier_state", state.value, DAY) == expected
    for number, status in national_statuses.statuses().items():
        assert lists.meaning("dvcqg", "dossier_state", number, DAY) == status.state.value


def test_a_check_of_one_system_names_that_system_only():
    """Before a go-live one system is looked at."""
    report = lists.check(DAY, systems=["civil_status"])
    assert {row.system for row in report.assumed} == {"civil_status", "civil_status.linked"}
    assert {left.system for left in report.unmapped} == {
        "civil_status", "civil_status.api", "civil_status.linked",
    }  # fmt: skip
