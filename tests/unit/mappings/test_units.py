"""Units by date: a code means something on a day; what became of it is told, chosen from, or missing with a reason."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.canonical.party import Place
from mappings.codes import units as of_days
from mappings.codes.units import Level, Outcome, Reason
from mappings.codes.units.lists import _by_code
from mappings.codes.units.successions import pairs, why_none
from mappings.errors import MappingError

OLD, NEW, LAST = date(2025, 6, 30), date(2025, 7, 1), date(2026, 4, 30)
OLD_COMMUNES = st.sampled_from([one.code for one in of_days.units(Level.COMMUNE, OLD)])
NEW_COMMUNES = st.sampled_from([one.code for one in of_days.units(Level.COMMUNE, NEW)])
DAYS = st.dates(date(2025, 3, 1), date(2027, 1, 1))


@pytest.mark.parametrize(
    ("day", "counted"),
    [
        (date(2025, 3, 1), (63, 696, 10035)),
        (OLD, (63, 696, 10035)),
        (NEW, (34, 0, 3321)),
        (date(2026, 4, 29), (34, 0, 3321)),
        (LAST, (34, 0, 3321)),
    ],
)
def test_every_list_has_as_many_units_as_its_decree(day, counted):
    """A row that was lost on the way would be a commune that nobody can hand in from."""
    assert tuple(sum(1 for _ in of_days.units(level, day)) for level in Level) == counted


def test_kinds_of_communes_are_those_that_were_published():
    """2,611 xã, 697 phường and 13 special zones before Đồng Nai's ten communes became wards."""
    assert Counter(one.kind for one in of_days.units(Level.COMMUNE, NEW)) == {
        "Xã": 2621,
        "Phường": 687,
        "Đặc khu": 13,
    }
    assert Counter(one.kind for one in of_days.units(Level.COMMUNE, LAST)) == {
        "Xã": 2611,
        "Phường": 697,
        "Đặc khu": 13,
    }


def test_one_code_means_two_communes_on_two_days():
    """The reason for every day in every question."""
    assert of_days.unit("00004", OLD).full_name == "Phường Trúc Bạch"
    assert of_days.unit("00004", NEW).full_name == "Phường Ba Đình"
    assert of_days.full_name("00004", OLD) == "Phường Trúc Bạch, Quận Ba Đình, Thành phố Hà Nội"


def test_a_province_that_became_a_city_keeps_its_code_and_changes_its_kind():
    """Đồng Nai, 30/04/2026."""
    assert of_days.unit("75", date(2026, 4, 29)).full_name == "Tỉnh Đồng Nai"
    assert of_days.unit("75", LAST).full_name == "Thành phố Đồng Nai"


def test_a_code_of_another_day_is_an_error_that_says_so():
    """Not the nearest unit, not the one of today."""
    with pytest.raises(MappingError, match="other days have it"):
        of_days.unit("001", NEW)
    with pytest.raises(MappingError, match="no day has it"):
        of_days.unit("99999", NEW)


def test_spans_of_one_code_never_overlap_and_parents_exist():
    """Two meanings on one day would be a coin that is tossed per request."""
    for spans in _by_code().values():
        for day in (OLD, NEW, date(2026, 4, 29), LAST):
            assert sum(one.holds(day) for one in spans) <= 1
            for one in spans:
                if one.holds(day) and one.parent:
                    of_days.unit(one.parent, day)


def test_there_are_as_many_pairs_as_in_the_source_and_four_added_ones():
    """10,597 pairs; the four that only the office's table has stand beside them."""
    assert len(pairs()) == 10_597 + 4
    assert len({(pair.old, pair.new) for pair in pairs()}) == 10_601


@given(OLD_COMMUNES, st.dates(NEW, date(2027, 1, 1)))
def test_there_and_back_finds_the_commune_again(code, day):
    """The two directions are one relation: nothing that both lists know is lost."""
    there = of_days.became(code, OLD, day)
    assert there
    for one in there:
        assert code in {back.unit.code for back in of_days.became(one.unit.code, day, OLD)}


@given(NEW_COMMUNES)
def test_every_new_commune_has_a_past_or_a_reason(code):
    """Five special zones had no commune; their island district is their past."""
    back = of_days.became(code, NEW, OLD)
    assert back
    if not why_none(code):
        assert all(one.unit.level is Level.COMMUNE for one in back)
        assert any(
            code == there.unit.code for one in back for there in of_days.became(one.unit.code, OLD, NEW)
        )


def test_no_province_was_divided_and_all_old_ones_went_somewhere():
    """63 became 34."""
    went = {one.code: of_days.became(one.code, OLD, NEW) for one in of_days.units(Level.PROVINCE, OLD)}
    assert all(len(found) == 1 for found in went.values())
    assert {found[0].unit.code for found in went.values()} == {
        one.code for one in of_days.units(Level.PROVINCE, NEW)
    }
    assert {one.unit.name for one in of_days.became("96", NEW, OLD)} == {"Cà Mau", "Bạc Liêu"}


def test_a_divided_commune_is_never_decided_by_a_program():
    """Cống Vị lies in two wards now: a person or the address decides."""
    found = of_days.place_on(Place("01", "001", "00007", detail="12 Đội Cấn", codes_on=OLD), NEW)
    assert (found.outcome, found.reason) == (Outcome.SEVERAL, Reason.DIVIDED)
    assert [place.commune for place in found.places] == ["00008", "00025"]
    assert all(place.detail == "12 Đội Cấn" and place.codes_on == NEW for place in found.places)
    with pytest.raises(MappingError):
        found.only()


def test_a_commune_that_went_whole_has_one_place():
    """Most of them."""
    found = of_days.place_on(Place("01", "001", "00001", codes_on=OLD), LAST)
    assert found.outcome is Outcome.ONE
    assert not found.reason
    assert found.only() == Place("01", "", "00097", codes_on=LAST)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (Place("01", "", "00004"), Reason.UNDATED),
        (Place(text="Ba Đình, Hà Nội", codes_on=OLD), Reason.NO_CODES),
        (Place("01", "001", "99999", codes_on=OLD), Reason.UNKNOWN_CODE),
        (Place("79", "001", "00004", codes_on=OLD), Reason.CONTRADICTION),
        (Place("01", "002", "00004", codes_on=OLD), Reason.CONTRADICTION),
        (Place("01", "001", "00004", codes_on=NEW), Reason.CONTRADICTION),
    ],
)
def test_a_place_that_cannot_be_converted_says_why(place, reason):
    """None with a reason, never a guess."""
    assert of_days.place_on(place, LAST) == of_days.PlaceFound(Outcome.NONE, reason=reason)


def test_a_pair_that_the_office_does_not_have_is_marked():
    """Mỹ Hưng, Cao Bằng: one source only."""
    found = of_days.place_on(Place("04", "049", "01651", codes_on=OLD), NEW)
    assert (found.outcome, found.reason) == (Outcome.ONE, Reason.NOT_OFFICIAL)


def test_a_place_abroad_and_a_place_before_the_oldest_list():
    """Nothing to convert; and what is not known is said."""
    abroad = Place(text="Berlin", country="DE")
    assert of_days.place_on(abroad, NEW).only() is abroad
    assert (
        of_days.place_on(Place("01", "001", "00001", codes_on=date(2019, 1, 1)), NEW).reason
        == Reason.LIST_NOT_KNOWN
    )


def test_the_commune_that_two_sources_give_two_codes_is_found_by_both():
    """Ba Chẽ: 06970 in the office's table, 06978 in the list."""
    for code in ("06970", "06978"):
        assert of_days.place_on(Place("22", "", code, codes_on=LAST), LAST).only().commune == "06978"


def test_an_island_district_without_communes_is_the_special_zone_now():
    """Five of them; by name, so marked."""
    found = of_days.place_on(Place("48", "498", codes_on=OLD), NEW)
    assert (found.only().commune, found.reason) == ("20333", Reason.NOT_OFFICIAL)


@given(OLD_COMMUNES, DAYS)
def test_a_converted_place_is_whole_and_of_its_day(code, day):
    """Codes of two days in one address are wrong data."""
    old = of_days.unit(code, OLD)
    place = Place(of_days.unit(old.parent, OLD).parent, old.parent, code, detail="Số 1", codes_on=OLD)
    for found in of_days.place_on(place, day).places:
        commune = of_days.unit(found.commune, day)
        assert (found.codes_on, found.detail) == (day, "Số 1")
        assert bool(found.district) == (day < NEW)
        assert commune.parent == (found.district or found.province)


@given(NEW_COMMUNES, DAYS)
def test_names_find_the_commune_that_bears_them(code, day):
    """With its kind and province a name is a key, except where two bear it."""
    today = of_days.unit(code, day) if day >= NEW else of_days.became(code, NEW, day)[0].unit
    whole = of_days.full_name(today.code, day).split(", ")
    if len(whole) < 2 or today.level is not Level.COMMUNE:
        return
    found = of_days.place_named(whole[-1], whole[0].upper(), day, district=whole[1] if len(whole) > 2 else "")
    assert today.code in {place.commune for place in found.places}


@pytest.mark.parametrize("text", ["Hoà An", "Xã Hòa An", "X. Hoà An", "XÃ HOÀ AN"])
def test_a_name_is_found_however_it_is_spelt(text):
    """Cao Bằng's Hòa An."""
    assert [one.code for one in of_days.named(Level.COMMUNE, text, NEW, inside="04")] == ["01654"]


def test_the_wrong_kind_is_another_unit():
    """A name alone may be several; with its kind it is that one or none."""
    assert of_days.named(Level.COMMUNE, "Đặc khu Hòa An", NEW) == ()
    assert len(of_days.named(Level.COMMUNE, "Hòa An", OLD)) > 1


def test_every_gap_has_a_reason():
    """Gaps are named before go-live, not found by a citizen."""
    found = of_days.gaps()
    assert len(found) == 46  # 36 pairs in doubt, 5 special zones, 4 added pairs, 1 code
    assert all(gap.reason for gap in found)


def test_the_day_after_another_list_is_read_by_that_list():
    """A message of 30/06 that is read again in December is read as of 30/06."""
    place = Place("01", "001", "00004", codes_on=NEW - timedelta(days=1))
    assert of_days.place_on(place, NEW - timedelta(days=1)).only() == place
    assert of_days.place_on(replace(place, district="", codes_on=NEW), NEW).only().commune == "00004"


def test_importing_reads_no_table():
    """The command line starts in a third of a second; 750 KB of lists are read where they are used."""
    code = "import mappings.codes.units as u, mappings.codes.units.lists as l; print(l._by_code.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"
