"""Dossiers that began elsewhere: created in the case system once, or parked visibly until the set-up is mended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.kit.sandbox import Fault
from jobs.access.model import Actor, ActorKind
from jobs.inbound import recording
from jobs.inbound.setup import read_file
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import DossierNews, NewsKind
from tests.contract.igate.conftest import new_dossier
from tests.integration.inbound.conftest import SET_UP

THEIRS = "G22.99.08-261123-0001"
PERSON = Actor(ActorKind.PERSON, "vanhanh", "cli", "0" * 32)


def arrives(world, code: str = THEIRS, **facts):
    return world.control(world.civil, "civil_status/arrive", code=code, **facts)


def created(world) -> list[str]:
    return sorted(world.case.cases)


def test_a_dossier_of_the_linked_service_comes_in_once_and_its_sender_hears_of_it(world):
    """Pulled, kept, marked as received after the commit, created, and told as received."""
    world.set_up()
    arrives(world)
    assert world.pulls.run() == 1
    assert world.civil.received_marks == [], "nothing is acknowledged before the commit of what it is"
    world.work()
    world.pulls.run()
    world.work()

    [code] = created(world)
    assert code.startswith("H21.129-")
    case = world.case.cases[code]
    assert (case.applicant, case.procedure, case.agency) == ("TRẦN THỊ MẪU", "2.001023", "H21.129")
    assert case.papers == ["Giấy chứng sinh"]
    assert len(world.case.uploads) == 1
    assert world.civil.received_marks == [THEIRS]
    assert world.civil.states == {code: [1]}
    assert world.cases() == {}
    assert world.states() == [("applied", "creating")]


def test_it_is_ours_before_the_feed_brings_it_and_is_found_by_both_codes(world):
    """News under the sender's code finds it; the feed then overwrites what we knew."""
    world.set_up()
    arrives(world)
    world.came(
        DossierNews("civil_status", NewsKind.STATE, "s1", THEIRS, state=DossierState.PROCESSING)
    )  # before the dossier
    world.pulls.run()
    world.work()
    world.work()

    [code] = created(world)
    assert world.states() == [("applied", "moves"), ("applied", "creating")]
    assert world.all("select code, national_code, source_id, state from dossier") == [
        (code, THEIRS, world.case.cases[code].number, "received")
    ]
    assert world.all("select alias, code from dossier_alias") == [(THEIRS, code)]
    assert world.case.cases[code].status == 2


@pytest.mark.parametrize(
    ("arrival", "set_up", "lack"),
    [
        ({"module": ""}, SET_UP, None),
        ({"procedure": "9.999"}, SET_UP, "procedure_unmapped"),
        ({"unit": "540"}, SET_UP, "unit_without_place_code"),
        ({}, SET_UP.replace('"H21.15"\nidentifier = "H21.15"', '"H21.15"\nidentifier = "H21.129"'), "two_units_one_identifier"),
        ({}, SET_UP.replace('name = "tiepnhan01"', 'name = ""'), "no_receiving_officer"),
        ({}, "", "procedure_unmapped"),
    ],
    ids=["no module", "procedure", "unit", "two units", "no officer", "nothing at all"],
)  # fmt: skip
def test_what_lacks_set_up_is_parked_visibly_and_taken_up_when_it_is_mended(world, arrival, set_up, lack):
    """Others lose such dossiers into a log (C); here a person sees what to do, and nobody need remember the dossier."""
    world.set_up(set_up)
    arrives(world, **arrival)
    world.pulls.run()
    world.work()
    assert created(world) == []
    assert world.civil.received_marks == [THEIRS], "it is kept here: the sender need not hold it"
    [(state, lacks)] = world.all("select state, lacks from inbound_news")
    assert state == "parked"
    assert (lack or "module_empty") in {word for word, _ in lacks}
    assert world.cases()["inbound_parked"]["lacks"], "in words"
    if lack is None:
        return  # their message names no module: no set-up of ours mends that

    mended = SET_UP.replace('theirs = "2.001023"', f'theirs = "{arrival.get("procedure", "2.001023")}"')
    mended = mended.replace('place = "23710"', f'place = "{arrival.get("unit", "23710")}"')
    world.set_up(mended)
    world.work()
    assert created(world) == [], "not before it is due"
    world.later(minutes=10)
    world.work()

    assert len(created(world)) == 1
    assert world.cases() == {}


def test_a_person_may_try_it_again_at_once(world):
    """With the reason written down."""
    arrives(world)
    world.pulls.run()
    world.work()
    world.set_up()
    assert world.inbound.retry(None, reason="đã ánh xạ", actor=PERSON) == 1
    world.work()

    assert len(created(world)) == 1
    assert world.all("select action, reason from audit") == [("inbound.retry", "đã ánh xạ")]


def test_a_new_set_up_takes_up_what_was_parked(world):
    """Whoever writes it need not name the dossiers."""
    arrives(world)
    world.pulls.run()
    world.work()
    world.inbound.keep_setup(read_file(SET_UP), reason="khai báo", actor=PERSON)
    world.work()

    assert len(created(world)) == 1
    assert [row[0] for row in world.all("select action from audit")] == ["inbound.setup"]


def test_the_case_changes_with_what_is_missing(world):
    """A half-mended set-up shows what is left."""
    arrives(world)
    world.pulls.run()
    world.work()
    before = world.cases()["inbound_parked"]["lacks"]
    world.set_up(SET_UP.replace('name = "tiepnhan01"', 'name = ""'))
    world.later(minutes=10)
    world.work()

    assert len(before) == 2
    assert world.cases()["inbound_parked"]["lacks"] == ["chưa có người tiếp nhận cho 2.001023/H21.129"]


def test_a_lost_answer_creates_no_second_dossier(world):
    """The code is kept before the call; what is there under it is this dossier."""
    world.set_up()
    arrives(world)
    world.pulls.run()
    world.case.faults.add(Fault.read({"operation": "create_dossier", "kind": "lose_answer", "times": 1}))
    for _ in range(6):
        world.work()
        world.later(minutes=30)

    [code] = created(world)
    assert world.civil.states == {code: [1]}
    assert world.all("select state from effect where operation = 'create_dossier'") == [("done",)]


def test_a_refused_creation_goes_to_a_person_and_is_tried_again_under_another_code(world):
    """What was refused is not there; nothing is sent again by itself."""
    world.set_up(SET_UP)
    arrives(world)
    world.pulls.run()
    taken = world.case._file
    world.case._file = lambda facts: (_ for _ in ()).throw(ValueError("refused"))
    world.work()
    assert world.states()[0][0] == "parked"
    assert world.cases().keys() == {"inbound_not_created"}
    world.later(days=1)
    world.work()
    assert len(world.all("select 1 from effect where operation = 'create_dossier'")) == 1
    assert world.broken() == 0, "it is with a person"
    world.all("update case_item set state = 'closed' returning id")
    assert world.broken() == 1, "with nobody"
    world.all("update case_item set state = 'open' returning id")

    world.case._file = taken
    world.inbound.retry(None, reason="đã sửa", actor=PERSON)
    world.work()
    assert len(created(world)) == 1
    assert world.cases() == {}


def test_two_messages_about_one_dossier_create_one(world):
    """The same code under two ids, at once."""
    world.set_up()
    arrives(world)
    arrives(world)
    world.pulls.run()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: world.inbound.run(), range(4)))
    world.deliver()

    assert len(created(world)) == 1
    assert sorted(world.states()) == [("applied", "creating"), ("ignored", "here_already")]


@pytest.mark.parametrize(("state", "asks"), [("processing", False), ("supplement", True)])
def test_a_dossier_that_is_here_is_only_acknowledged_and_papers_for_it_are_a_persons_matter(
    world, state, asks
):
    """It is overwritten by people of the one-stop, and only while the citizen supplements it (C)."""
    world.set_up()
    world.dossier(DossierState(state), THEIRS)
    arrives(world)
    world.pulls.run()
    world.work()

    assert created(world) == [THEIRS]
    assert world.states() == [("ignored", "here_already")]
    assert world.civil.received_marks == [THEIRS]
    assert ("inbound_asks" in world.cases()) is asks


def test_a_mark_that_was_lost_there_is_said_again_once_a_day(world):
    """A restore of theirs took it away: the dossier stands in their list again."""
    world.set_up()
    arrives(world)
    world.pulls.run()
    world.work()
    world.civil.received_marks.clear()
    for _ in range(3):
        world.pulls.run()
        world.work()

    assert world.civil.received_marks == [THEIRS]
    assert len(created(world)) == 1


def test_a_list_with_a_row_that_cannot_be_read_hides_no_other(world):
    """One case per field, and the good ones come in."""
    world.set_up()
    arrives(world)
    world.civil.waiting["9999"] = {"id": 9999, "maHoSo": "", "detail": {}}
    world.pulls.run()
    world.work()

    assert len(created(world)) == 1
    assert world.cases()["inbound_unreadable"]["door"] == "inbox"


def test_the_sender_being_away_costs_time_only(world):
    """The next pull reads on."""
    world.set_up()
    arrives(world)
    world.civil.faults.add(Fault.read({"operation": "inbox", "kind": "closed", "times": 1}))
    assert world.pulls.run() == 0
    assert world.pulls.run() == 1


def test_without_a_way_to_tell_the_case_system_it_waits(world):
    """Nothing is lost; a person sees why."""
    world.set_up()
    world.clients["igate"]._adapter, kept = None, world.clients["igate"]._adapter
    arrives(world)
    world.pulls.run()
    world.work()
    assert world.all("select lacks from inbound_news") == [([["case_system_cannot_be_told", ""]],)]

    world.clients["igate"]._adapter = kept
    world.later(minutes=10)
    world.work()
    assert len(created(world)) == 1


def test_a_file_that_did_not_come_is_left_out_and_named(world):
    """The dossier comes in; people ask for the paper."""
    from mappings.canonical.file import FileRef, Paper

    world.set_up(SET_UP + '[[procedure]]\nsystem = "ministry"\ntheirs = "2.001023"\nours = "2.001023"\n')
    file = new_dossier("G09.20-1", papers=(Paper("", "Đơn", files=(FileRef("uuid-1", "don.pdf"),)),))
    made = DossierNews("ministry", NewsKind.NEW_DOSSIER, "m1", "G09.20-1", dossier=file)
    recording.record(world.store, "ministry", [made])
    world.work()

    assert len(created(world)) == 1
    assert world.cases()["inbound_no_file"]["files"] == 1
