"""There and back: nothing is lost that both sides know, whatever the profile."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.handover import converters, wire
from connectors.handover.converters import Untranslatable
from connectors.handover.facts import Told
from connectors.handover.profile import MapField, Profile, Table
from connectors.handover.shelf import profile
from connectors.handover.translate import facts_of, message
from connectors.handover.translate import wire as to_wire
from connectors.kit.reading import Unreadable
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import CopyKind, DossierFile, FileRef, Paper, ResultPaper
from mappings.canonical.party import Birth, BirthPrecision, Party, PartyKind, PersonName, Place, Sex
from mappings.errors import MappingError
from tests.contract.handover.conftest import PERSON, a_dossier

WORDS = st.text(st.characters(categories=("Ll", "Lu"), max_codepoint=0x1EF9), min_size=1, max_size=8).map(
    converters._nfc
)
NAMES = st.lists(WORDS, min_size=2, max_size=5).map(" ".join)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)).map(
    lambda found: found.replace(microsecond=0, tzinfo=UTC)
)
DAYS = st.dates(date(1900, 1, 1), date(2030, 1, 1))
BIRTHS = st.one_of(
    DAYS.map(Birth), st.integers(1900, 2030).map(lambda year: Birth(date(year, 1, 1), BirthPrecision.YEAR))
)
FILES = st.builds(
    FileRef,
    id=st.sampled_from(["tep-1", "tep-2"]),
    name=WORDS,
    url=st.integers(1, 99).map(lambda number: f"https://motcua.example/{number}"),
)
PAPERS = st.builds(
    Paper,
    code=WORDS,
    name=WORDS,
    copy=st.sampled_from(CopyKind),
    quantity=st.integers(1, 9),
    files=st.lists(FILES, min_size=1, max_size=1).map(tuple),
    digitised=st.booleans(),
)
PARTIES = st.builds(
    Party,
    kind=st.sampled_from(PartyKind),
    name=NAMES.map(PersonName),
    personal_number=st.from_regex(r"[0-9]{12}", fullmatch=True),
    birth=BIRTHS,
    sex=st.sampled_from([Sex.MALE, Sex.FEMALE, Sex.OTHER]),
    place=st.builds(Place, commune=st.just("23575"), detail=WORDS, text=WORDS),
    phone=st.just("0900000001"),
    email=st.just("a@b.example"),
    tax_code=st.just("0123456789"),
)
DOSSIERS = st.builds(
    a_dossier,
    applicant=PARTIES,
    papers=st.lists(PAPERS, min_size=1, max_size=3).map(tuple),
    received_at=MOMENTS,
    due_at=MOMENTS,
    summary=WORDS,
    paid_online=st.booleans(),
)


def known(profile_: Profile, fields: tuple[MapField, ...], facts: Any) -> dict[str, Any]:
    """What ``fields`` name of ``facts``, each moment as an instant and each name as its full form."""
    found: dict[str, Any] = {}
    for each in fields:
        if not each.ours:
            continue
        value: Any = facts
        for part in each.ours.split("."):
            value = value[0] if part == "0" else value[part]
        found[each.ours] = settled(profile_, each, value)
    return found


def settled(profile_: Profile, each: MapField, value: Any) -> Any:
    if each.as_ == "list":
        return [known(profile_, profile_.groups[each.group].fields, item) for item in value]
    if each.as_ == "time":
        return datetime.fromisoformat(value)
    if each.as_ == "name":
        return value["full"]
    return value


def with_content(value: Any) -> Any:
    """Facts whose files have their bytes beside them, as the client puts them there."""
    if isinstance(value, list):
        return [with_content(item) for item in value]
    if isinstance(value, dict):
        made = {name: with_content(item) for name, item in value.items()}
        return {**made, "content": "aGVsbG8="} if "sha256" in value else made
    return value


@pytest.mark.parametrize("name", ["xay-dung", "gplx", "lao-dong"])
@given(dossier=DOSSIERS)
def test_there_and_back_loses_nothing_that_both_sides_know(name, dossier):
    """A field that is written one way and read another is found here, for every shipped profile."""
    chosen = profile(name)
    fields = tuple(each for each in chosen.actions["hand_over"].fields if each.place == "body")
    facts = with_content({"dossier": to_json(dossier)})

    theirs = to_wire(chosen, fields, facts)
    if chosen.soap is not None:
        opened = wire.opened(chosen.soap, wire.envelope(chosen.soap, "X", theirs))
        assert not isinstance(opened, wire.Fault)
        theirs = opened[1]
    back = facts_of(chosen, fields, theirs)

    assert known(chosen, fields, back) == known(chosen, fields, facts)


RESULTS = st.builds(
    ResultPaper,
    code=WORDS,
    name=WORDS,
    file=st.builds(FileRef, id=st.just(""), name=WORDS, url=st.just("https://so.example/1")),
    number=WORDS,
    issued_at=MOMENTS,
)
TOLD = st.builds(
    Told,
    dossier_code=st.just("H21.15-261123-0001"),
    their_reference=WORDS,
    state=st.sampled_from(
        [DossierState.RECEIVED, DossierState.PROCESSING, DossierState.DONE, DossierState.REFUSED]
    ),
    at=MOMENTS,
    officer=WORDS,
    note=WORDS,
    results=st.lists(RESULTS, min_size=1, max_size=3).map(tuple),
    facts=st.fixed_dictionaries({"request_id": WORDS}),
)


@pytest.mark.parametrize("name", ["xay-dung", "gplx", "lao-dong"])
@given(told=TOLD)
def test_what_they_say_is_read_as_it_would_be_written(name, told):
    """Every answer and every callback of every profile; codes that are only read are left out by the way they are made."""
    chosen = profile(name)
    callbacks = chosen.callbacks.kinds.values() if chosen.callbacks else ()
    for fields in [*(each.reads for each in chosen.actions.values()), *(each.fields for each in callbacks)]:
        facts = with_content(to_json(told))
        assert known(chosen, fields, facts_of(chosen, fields, to_wire(chosen, fields, facts))) == known(
            chosen, fields, facts
        )


@given(
    st.sampled_from(["dd/MM/yyyy HH:mm:ss", "yyyyMMddHHmmss", "iso", "epoch_ms", "yyyy-MM-ddTHH:mm:ss"]),
    st.sampled_from(["local", "utc"]),
    MOMENTS,
)
def test_a_moment_is_the_same_moment_in_every_form(form, zone, moment):
    """VBDLIS speaks UTC without saying so; seven hours are another day."""
    each = MapField(ours="at", theirs="T", **{"as": "time"}, format=form, zone=zone)
    theirs = converters.written(each, moment.isoformat(), {})

    assert datetime.fromisoformat(converters.read(each, theirs, {})) == moment
    if form not in {"epoch_ms", "iso"}:
        hours = 7 if zone == "local" else 0
        local = moment + timedelta(hours=hours)
        assert str(local.year) in theirs
        assert f"{local.hour:02d}" in theirs


@given(st.sampled_from(["dd/MM/yyyy", "yyyyMMdd", "iso", "MM-dd-yyyy"]), DAYS)
def test_a_day_is_the_same_day_and_a_moment_is_its_day_here(form, day):
    """The day of a moment is the day in Việt Nam."""
    each = MapField(ours="at", theirs="T", **{"as": "date"}, format=form)
    assert converters.read(each, converters.written(each, day.isoformat(), {}), {}) == day.isoformat()
    late = datetime(2026, 11, 23, 18, 0, tzinfo=UTC).isoformat()
    assert converters.read(each, converters.written(each, late, {}), {}) == "2026-11-24"


@given(NAMES)
def test_a_name_in_three_parts_is_the_same_name(full):
    """Split by its words, joined again."""
    assert converters.joined_name(converters.split_name({"full": full}))["full"] == full


def test_parts_of_a_name_that_are_known_are_kept_as_they_are():
    """'Tôn Nữ' is a family name of two words; only who knows it may split it so. Parts that do not make up the name have no say."""
    known_parts = {"full": "Tôn Nữ Thị Ninh", "family": "Tôn Nữ", "middle": "Thị", "given": "Ninh"}
    quirk = {"full": "Trần Văn Thử", "family": "", "middle": "", "given": "Trần Văn Thử"}

    assert converters.split_name(known_parts) == ("Tôn Nữ", "Thị", "Ninh")
    assert converters.split_name(quirk) == ("Trần", "Văn", "Thử")
    assert converters.split_name({"full": "Thử"}) == ("", "", "Thử")


def test_a_year_of_birth_is_never_sent_as_a_first_of_january():
    """Older papers hold the year alone; a made-up day would be another person."""
    each = MapField(ours="birth", theirs="NgaySinh", **{"as": "birth"}, format="dd/MM/yyyy")
    year = {"on": "1950-01-01", "precision": "year"}

    assert converters.written(each, year, {}) == "1950"
    assert converters.read(each, "1950", {}) == year
    with pytest.raises(Untranslatable):
        converters.written(each, {"on": "1950-05-01", "precision": "month"}, {})


@pytest.mark.parametrize(
    ("how", "bad"),
    [
        ({"as": "date", "format": "dd/MM/yyyy"}, ["31/02/2026", "1/2/2026", "2026-02-01", "", "99/99/9999", True, 3.5, {}]),
        ({"as": "time", "format": "yyyyMMddHHmmss"}, ["20261301000000", "2026", "2026113010203x", None, []]),
        ({"as": "time", "format": "iso"}, ["hôm qua", "2026-11-31T00:00:00", {}, True]),
        ({"as": "time", "format": "epoch_ms"}, [-1, 10**18, "1_000", 1.5, True, "x"]),
        ({"as": "whole"}, ["1_000", "1.5", "", True, None, "１２", 10**16]),
        ({"as": "flag"}, ["yes", 2, "", None, "True "]),
        ({"as": "flag", "yes": "C", "no": "K"}, ["c", True, 1, ""]),
        ({"as": "text"}, [True, None, [], {}, 1.5]),
        ({"as": "base64"}, ["*", "abc", 5, "a\nb="]),
        ({"as": "birth", "format": "yyyyMMdd"}, ["0000", "19990231", "99"]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_an_error_that_names_their_field(how, bad):
    """Never nothing, zero, false or now."""
    each = MapField(ours="x", theirs="TruongCuaHo", **how)
    for value in bad:
        with pytest.raises(Unreadable, match="TruongCuaHo"):
            converters.read(each, value, {})


def test_codes_are_total_both_ways_or_an_error():
    """Unknown theirs is pending only where the profile says so; unknown ours never leaves."""
    rows = [{"ours": "done", "theirs": "4"}, {"ours": "done", "theirs": "5", "way": "in"}]
    strict = Table(source="thử", rows=rows, number=True)
    loose = Table(source="thử", rows=rows, unknown="pending")
    each = MapField(ours="state", theirs="T", **{"as": "table"}, table="state")

    assert converters.written(each, "done", {"state": strict}) == 4
    assert converters.written(each, "done", {"state": loose}) == "4"
    assert [converters.read(each, code, {"state": strict}) for code in (4, "4", "5")] == ["done"] * 3
    assert converters.read(each, "99", {"state": loose}) == "pending"
    for call, value in ((converters.read, "99"), (converters.written, "refused")):
        with pytest.raises(MappingError):
            call(each, value, {"state": strict})
    with pytest.raises(MappingError) as named:
        converters.read(each, PERSON[0], {"state": strict})
    assert PERSON[0] not in str(named.value)


def test_a_needed_fact_that_is_missing_names_both_fields_and_no_value():
    """In both languages: who reads it may be the officer or the developer."""
    nameless = a_dossier(applicant=Party(PartyKind.CITIZEN, PersonName("")))
    with pytest.raises(Untranslatable, match=r"dossier\.applicant\.name\.full → .*HoTen: thiếu · is missing"):
        message(
            profile("xay-dung"),
            profile("xay-dung").actions["hand_over"],
            with_content({"dossier": to_json(nameless)}),
        )


def test_a_value_in_the_path_cannot_lead_elsewhere():
    """A slash or two dots in a number plate are part of the plate."""
    action = profile("c08").actions["find_vehicle"]
    query = {"plate": "81A/../x?y#z", "chassis": "A B", "vehicle_kind": "1", "plate_colour": "T"}
    made = message(profile("c08"), action, {"query": query})

    assert made.path(action) == "/dvcsv/tracuu/ttxe/81A%2F..%2Fx%3Fy%23z/A%20B/1/T"
    for bad in ("..", ".", ""):
        with pytest.raises(Untranslatable):
            message(profile("c08"), action, {"query": {**query, "plate": bad}})


def test_an_extra_field_of_theirs_has_no_say():
    """A missing one that is needed is an error."""
    fields = profile("gplx").actions["ask_state"].reads
    said = {"hoSo": {"maHoSo": "A", "trangThai": 4, "la": {"x": [1]}}, "state": "refused"}

    assert facts_of(profile("gplx"), fields, said) == {"dossier_code": "A", "state": "done"}
    for missing in (
        {"hoSo": {"maHoSo": "A"}},
        {"hoSo": []},
        {},
        {"hoSo": {"maHoSo": "A", "trangThai": None}},
    ):
        with pytest.raises(Unreadable, match=r"trangThai|maHoSo"):
            facts_of(profile("gplx"), fields, missing)


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<a/>",
        '<!DOCTYPE x [<!ENTITY e "1">]><x>&e;</x>',
        '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><X/></e:Body></e:Envelope>',
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>',
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><X xmlns="urn:khac"/></e:Body></e:Envelope>',
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><X xmlns="urn:vn:lao-dong:motcua:1">a<b/></X></e:Body></e:Envelope>',
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><X xmlns="urn:vn:lao-dong:motcua:1"><b xmlns="urn:khac"/></X></e:Body></e:Envelope>',
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><X xmlns="urn:vn:lao-dong:motcua:1"/><Y/></e:Body></e:Envelope>',
    ],
    ids=range(9),
)
def test_what_is_no_envelope_of_theirs_is_an_error(xml):
    """Another version, another namespace, two elements, text beside elements, entities."""
    soap = profile("lao-dong").soap
    with pytest.raises(Unreadable):
        wire.opened(soap, xml.encode())


def test_a_fault_is_read_by_its_names_whatever_the_prefix_and_version():
    """SOAP 1.1 and 1.2 name them differently."""
    soap = profile("lao-dong").soap
    first = '<a:Envelope xmlns:a="http://schemas.xmlsoap.org/soap/envelope/"><a:Body><a:Fault><faultcode>a:Server</faultcode><faultstring>bận</faultstring></a:Fault></a:Body></a:Envelope>'
    second = '<b:Envelope xmlns:b="http://www.w3.org/2003/05/soap-envelope"><b:Body><b:Fault><b:Code><b:Value>b:Receiver</b:Value></b:Code><b:Reason><b:Text xml:lang="vi">bận</b:Text></b:Reason></b:Fault></b:Body></b:Envelope>'

    assert wire.opened(soap, first.encode()) == wire.Fault("Server", "bận")
    assert wire.opened(soap.model_copy(update={"version": "1.2"}), second.encode()) == wire.Fault(
        "Receiver", "bận"
    )


def test_both_versions_say_their_action_where_they_want_it():
    """1.1 in a header with quotes, 1.2 inside the content type."""
    soap = profile("lao-dong").soap
    assert wire.headers(soap, "urn:x")["SOAPAction"] == '"urn:x"'
    twelve = wire.headers(soap.model_copy(update={"version": "1.2"}), "urn:x")
    assert twelve == {"Content-Type": 'application/soap+xml; charset=utf-8; action="urn:x"'}


def test_the_dossier_of_the_tests_is_canonical():
    """The facts that these tests send are those that the case system's side makes."""
    assert from_json(DossierFile, to_json(a_dossier())) == a_dossier()
    assert a_dossier().state is DossierState.RECEIVED
