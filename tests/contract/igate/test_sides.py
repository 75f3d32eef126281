"""Two case systems at once: each call goes to one, reads may be compared, nothing is written twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from connectors.errors import OutcomeUnknown, Rejected, Unavailable
from connectors.igate.sides import MARK
from connectors.kit.effects import Call, Done, NotDone
from connectors.kit.exchanges import collecting
from connectors.kit.shadow import Result
from connectors.kit.sidebyside import MemoryAway, Subject
from connectors.kit.switching import Switch, Version
from mappings.canonical.codec import to_json
from tests.contract.igate.conftest import FEES, new_dossier
from tests.contract.igate.pair import AGENCY, OTHER, Pair

HERE, THERE = f"{AGENCY}-261124-0001", f"{OTHER}-261124-0001"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


@pytest.fixture
def pair(clock, stack) -> Pair:
    return Pair(clock, stack)


def paid(code: str, source_id: str, key: str = "fee-paid:1") -> Call:
    facts = {
        "dossier_code": code,
        "source_id": source_id,
        "status": 2,
        "fee_lines": [{name: fee[name] for name in ("code", "name", "kind", "amount")} for fee in FEES],
        "amount": 1_300_000,
        "paid_at": "2026-11-23T08:00:00+07:00",
        "payment_reference": "A1B2C3D4E5F6G7H8",
        "provider": "vnpay",
    }
    return Call(key, "A1B2C3D4E5F6G7H8", facts, deadline_seconds=5)


def note(code: str, source_id: str, key: str = "note:1") -> Call:
    facts = {
        "dossier_code": code,
        "source_id": source_id,
        "status": 4,
        "note": "Đã đủ phí",
        "at": "2026-11-23T08:00:00+07:00",
    }
    return Call(key, "", facts, deadline_seconds=5)


def created(code: str, agency: str = AGENCY, key: str = "create:1") -> Call:
    dossier = new_dossier(code, agency=agency)
    return Call(key, code, {"dossier": to_json(dossier), "form": {}}, deadline_seconds=5)


def fees_of(pair: Pair, where: Any, code: str) -> list[int]:
    return [fee["paid"] for fee in pair.book(where, code)["fees"]]


# ---- the feed ---------------------------------------------------------------------------------------------------------


def test_until_somebody_switches_the_new_one_is_not_even_asked(pair):
    """A second section in the settings is no reason for calls."""
    pair.both(HERE)
    pair.servers[1].close()
    assert pair.codes() == [HERE]
    assert pair.client.dossier(pair.client.by_code(HERE).source_id).head.code == HERE


def test_the_feed_brings_each_agency_from_where_it_lives(pair):
    """Both feeds are read to their ends, pages of different size; what an agency left behind is not told again."""
    for number in range(1, 6):
        pair.both(f"{AGENCY}-261124-000{number}")
        pair.both(f"{OTHER}-261124-000{number}")
    pair.file(pair.new, f"{AGENCY}-261124-0009")
    pair.file(pair.new, f"{OTHER}-261124-0009")  # tried out there, its agency has not moved
    pair.file(pair.old, f"{AGENCY}-261124-0008")  # left behind
    pair.say("new", agency=AGENCY)
    found = pair.codes()
    assert sorted(found) == sorted(
        [*(f"{each}-261124-000{n}" for each in (AGENCY, OTHER) for n in range(1, 6)), f"{AGENCY}-261124-0009"]
    )
    assert len(found) == len(set(found))


def test_while_one_that_is_needed_is_away_the_watermark_cannot_move(pair):
    """A page of one version alone would lose the changes of the other."""
    pair.both(HERE)
    pair.say("new", agency=AGENCY)
    pair.servers[1].close()
    with pytest.raises(Unavailable):
        pair.codes()


# ---- one id, two dossiers ---------------------------------------------------------------------------------------------


def test_the_same_id_is_another_dossier_in_the_other_system_and_is_never_asked_there(pair):
    """Both number from one. A fee confirmed by id alone would be a stranger's."""
    stranger = pair.file(pair.new, f"{AGENCY}-261124-0666")
    mine = pair.file(pair.old, HERE)
    assert stranger == mine
    pair.file(pair.new, HERE)
    pair.knows(HERE, mine)
    pair.say("new", agency=AGENCY)

    assert pair.client.dossier(mine).head.code == HERE
    assert [demand.source_id for demand in pair.client.fees_read([mine]).demands] == [mine]
    assert isinstance(pair.operation("confirm_fee").perform(paid(HERE, mine)), Done)

    assert fees_of(pair, pair.new, HERE) == [1_200_000, 100_000]
    assert fees_of(pair, pair.new, f"{AGENCY}-261124-0666") == [0, 0]
    assert fees_of(pair, pair.old, HERE) == [0, 0]


def test_ids_of_the_new_one_say_whose_they_are_and_go_back_to_it(pair):
    """Also after going back: files lie where they were named, dossiers are found by their code."""
    pair.both(HERE, papers=["Đơn đề nghị"])
    pair.old.cases[HERE].papers.clear()  # the old one never had it
    pair.say("new", agency=AGENCY)
    head = pair.client.by_code(HERE)
    detail = pair.client.dossier(head.source_id)
    [file] = detail.papers[0].files
    for each in (head.source_id, detail.head.source_id, file.source_id):
        assert each.startswith(MARK)
    bytes_there = pair.client.file(file.source_id)
    pair.knows(HERE, head.source_id)
    pair.say("old")
    assert pair.client.file(file.source_id) == bytes_there
    assert not pair.client.dossier(head.source_id).head.source_id.startswith(MARK)


def test_what_the_other_version_does_not_have_is_said_and_not_guessed(pair):
    """The agency moved, this dossier did not."""
    mine = pair.file(pair.old, HERE)
    pair.file(pair.new, f"{AGENCY}-261124-0666")
    pair.knows(HERE, mine)
    pair.say("new", agency=AGENCY)
    with pytest.raises(Rejected) as refused:
        pair.client.dossier(mine)
    assert refused.value.code == "404"
    read = pair.client.fees_read([mine])
    assert (read.demands, [name for name, _ in read.unreadable]) == ((), [mine])
    with pytest.raises(Rejected) as refused:
        pair.operation("confirm_fee").perform(paid(HERE, mine))
    assert refused.value.code == "not-there"
    assert fees_of(pair, pair.new, f"{AGENCY}-261124-0666") == [0, 0]


def test_fees_of_several_agencies_come_under_the_ids_they_were_asked_by(pair):
    """One call of ours, two of theirs; amounts by each one's profile."""
    pair.file(pair.old, f"{OTHER}-261124-0666")
    two = [{**FEES[0], "quantity": 2}]
    here, _ = pair.both(HERE, fees=two)
    there, _ = pair.both(THERE, fees=two)
    pair.say("new", agency=AGENCY)
    read = pair.client.fees_read([there, here])
    assert [demand.source_id for demand in read.demands] == [there, here]
    assert [demand.amount for demand in read.demands] == [2_400_000, 2_400_000]


def test_where_the_new_one_kept_the_ids_they_are_used_as_they_are(clock, stack):
    """An upgrade in place."""
    pair = Pair(clock, stack, Switch(same_ids=True))
    old, new = pair.both(HERE)
    assert old == new
    pair.say("new", agency=AGENCY)
    assert pair.client.by_code(HERE).source_id == new
    pair.fault(pair.new, "search", "closed")  # nothing need be found out
    assert pair.client.dossier(old).head.code == HERE


# ---- writes -----------------------------------------------------------------------------------------------------------


def test_a_write_goes_to_one_of_the_two(pair):
    """By agency, and by operation where one stays behind."""
    here, _ = pair.both(HERE)
    there, _ = pair.both(THERE)
    pair.say("new", agency=AGENCY)
    pair.say("old", operation="add_note")
    for code, source in ((HERE, here), (THERE, there)):
        pair.operation("confirm_fee").perform(paid(code, source, key=f"fee-paid:{code}"))
        pair.operation("add_note").perform(note(code, source, key=f"note:{code}"))
    assert sum(fees_of(pair, pair.new, HERE)) == 1_300_000
    assert sum(fees_of(pair, pair.old, THERE)) == 1_300_000
    assert sum(fees_of(pair, pair.old, HERE)) == sum(fees_of(pair, pair.new, THERE)) == 0
    assert [len(pair.book(pair.old, code)["told"]) for code in (HERE, THERE)] == [1, 1]
    assert [len(pair.book(pair.new, code)["told"]) for code in (HERE, THERE)] == [0, 0]


def test_what_was_created_is_kept_under_an_id_that_says_whose_it_is(pair):
    """It is the first id that the installation has of it."""
    for says, marked in (("old", False), ("new", True)):
        pair.say(says)
        code = f"{AGENCY}-261124-{says}"
        done = pair.operation("create_dossier").perform(created(code, key=f"create:{says}"))
        assert done.data["code"] == code
        assert str(done.data["source_id"]).startswith(MARK) is marked


def test_the_agency_that_we_know_counts_before_what_the_code_looks_like(pair):
    """A dossier keeps its code when it goes to another agency."""
    source, _ = pair.both(HERE)
    pair.ours.dossiers[HERE] = pair.ours.dossiers[source] = Subject(HERE, OTHER)
    pair.say("new", agency=OTHER)
    pair.operation("confirm_fee").perform(paid(HERE, source))
    assert sum(fees_of(pair, pair.new, HERE)) == 1_300_000
    assert pair.client.by_code(HERE).source_id.startswith(MARK)


@pytest.mark.parametrize("back", [False, True])
def test_after_a_lost_answer_the_one_that_took_it_is_asked_whatever_was_switched(pair, back):
    """Asked of the other one, 'not found' would be no proof of anything."""
    took, other = (pair.new, pair.old) if back else (pair.old, pair.new)
    if back:
        pair.say("new")
    create, call = pair.operation("create_dossier"), created(HERE)
    pair.fault(took, "create_dossier", "lose_answer", times=1)
    with pytest.raises(OutcomeUnknown):
        create.perform(call)
    pair.say("old" if back else "new")
    found = create.look_up(call)
    assert isinstance(found, Done)
    assert str(found.data["source_id"]).startswith(MARK) is back
    assert HERE not in other.cases


@pytest.mark.parametrize("back", [False, True])
def test_a_repeat_goes_where_the_first_attempt_went(pair, back):
    """Setting a value twice is once, in one system."""
    took, other = (pair.new, pair.old) if back else (pair.old, pair.new)
    source, _ = pair.both(HERE)
    if back:
        pair.say("new")
    confirm, call = pair.operation("confirm_fee"), paid(HERE, source)
    pair.fault(took, "confirm_fee", "lose_answer", times=1)
    with pytest.raises(OutcomeUnknown):
        confirm.perform(call)
    pair.say("old" if back else "new")
    confirm.perform(call)
    assert sum(fees_of(pair, took, HERE)) == 1_300_000
    assert sum(fees_of(pair, other, HERE)) == 0


def test_what_left_us_before_there_were_two_is_asked_of_the_old_one(pair):
    """Nobody remembered anything then."""
    pair.file(pair.old, HERE)
    pair.say("new")
    assert isinstance(pair.operation("create_dossier").look_up(created(HERE)), Done)
    never = created(f"{AGENCY}-261124-0007", key="create:7")
    assert isinstance(pair.operation("create_dossier").look_up(never), NotDone)


def test_a_dossier_is_created_where_its_code_was_drawn(pair):
    """In the other system the same code may be somebody else's, who would be taken for this dossier."""
    code = pair.client.next_code(AGENCY)
    pair.file(pair.new, code, applicant="NGƯỜI KHÁC")
    pair.say("new")
    done = pair.operation("create_dossier").perform(created(code))
    assert not str(done.data["source_id"]).startswith(MARK)
    assert code in pair.old.cases
    assert pair.new.cases[code].applicant == "NGƯỜI KHÁC"


def test_a_write_whose_place_cannot_be_kept_does_not_leave(pair):
    """Sent and forgotten, its outcome would be asked of the wrong one."""
    source, _ = pair.both(HERE)

    def away(*_: Any) -> Version:
        raise MemoryAway("the database is away")

    pair.ours.memory.begin = away
    with pytest.raises(Unavailable):
        pair.operation("confirm_fee").perform(paid(HERE, source))
    pair.ours.memory.taken_by = away
    with pytest.raises(Unavailable):
        pair.operation("create_dossier").look_up(created(HERE))
    assert sum(fees_of(pair, pair.old, HERE)) == sum(fees_of(pair, pair.new, HERE)) == 0


@pytest.mark.parametrize("kind", ["garbage", "error_200", "lose_answer", "closed"])
def test_a_look_for_the_id_that_fails_is_no_unknown_outcome(pair, kind):
    """Only a read of ours failed; the write has not left."""
    source, _ = pair.both(HERE)
    pair.say("new")
    pair.fault(pair.new, "search", kind)
    with pytest.raises(Unavailable):
        pair.operation("confirm_fee").perform(paid(HERE, source))
    assert sum(fees_of(pair, pair.new, HERE)) == 0


def test_an_id_that_cannot_be_told_is_no_unknown_outcome_either(pair):
    """Two dossiers there have this code: nobody is told anything."""
    source, _ = pair.both(HERE)
    pair.new.cases["twin"] = pair.new.cases[HERE]
    pair.say("new")
    with pytest.raises(Unavailable):
        pair.operation("confirm_fee").perform(paid(HERE, source))


# ---- shadow -----------------------------------------------------------------------------------------------------------


def test_the_other_version_is_compared_and_the_report_names_no_value(pair):
    """Shapes differ, contents agree: no difference. Contents differ: where and how, never what."""
    same, _ = pair.both(THERE, papers=["Đơn"])
    source = pair.file(pair.old, HERE, applicant="NGUYỄN THỊ KÍN", papers=["Đơn"])
    pair.file(pair.new, HERE, applicant="TRẦN VĂN MỘT", status=4, fees=FEES[:1])
    pair.knows(HERE, source)
    pair.say("shadow")

    for each in (same, source):
        pair.client.dossier(each)
    pair.client.fees_read([same, source])
    pair.client.by_code(HERE)
    pair.codes()
    pair.client.sides.shadow.drained()

    heard = {(each.operation, each.dossier_code): each for each in pair.ours.heard}
    at_once = {field for field, _ in heard["dossier", THERE].differences}
    assert at_once <= {"head.applied_at", "head.accepted_at", "appointment_at"}  # filed a minute apart here
    assert heard["fees_read", THERE].result is Result.SAME
    found = heard["dossier", HERE].differences
    assert {("head.applicant_name", "text"), ("head.state", "text"), ("head.status", "number")} <= set(found)
    assert ("completed_at", "missing_old") in found
    assert heard["fees_read", HERE].differences == (("lines[]", "missing_new"),)
    assert ("applicant_name", "text") in heard["by_code", HERE].differences
    assert ("[].applicant_name", "text") in heard["changed_since", ""].differences
    assert not [name for name in ("KÍN", "MỘT", "1300000", "1200000") if name in repr(pair.ours.heard)]


def test_a_dossier_that_was_left_behind_is_the_difference(pair):
    """That is what must be known before an agency moves."""
    source = pair.file(pair.old, HERE)
    pair.knows(HERE, source)
    pair.say("shadow", operation="dossier")
    pair.client.dossier(source)
    pair.client.sides.shadow.drained()
    assert [(each.result, each.differences) for each in pair.ours.heard] == [
        (Result.DIFFERENT, (("*", "missing_new"),))
    ]


def test_what_only_the_other_version_has_is_a_difference_too(pair):
    """The one that counts says 404."""
    pair.file(pair.new, HERE)
    pair.knows(HERE, "000000000000000000000999")
    pair.say("shadow", operation="dossier")
    with pytest.raises(Rejected):
        pair.client.dossier("000000000000000000000999")
    pair.client.sides.shadow.drained()
    assert [each.differences for each in pair.ours.heard] == [(("*", "missing_old"),)]


def test_what_is_read_in_the_shadow_is_not_among_the_exchanges_of_who_reads(pair):
    """They are kept with the effect or the dossier that caused them."""
    source, _ = pair.both(HERE)
    pair.say("shadow")
    with collecting() as exchanges:
        pair.client.dossier(source)
        pair.client.sides.shadow.drained()
    assert [each.operation for each in exchanges if each.operation in ("dossier", "search")] == ["dossier"]
    assert len(pair.ours.heard) == 1


def test_the_other_version_may_be_down_and_nobody_who_reads_notices(pair):
    """An outage there is no difference."""
    source, _ = pair.both(HERE)
    pair.say("shadow")
    pair.servers[1].close()
    assert pair.client.dossier(source).head.code == HERE
    pair.client.sides.shadow.drained()
    assert [(each.result, each.differences) for each in pair.ours.heard] == [(Result.NOT_COMPARED, ())]


def test_nothing_is_ever_written_in_the_shadow(pair):
    """Comparing is reading."""
    source, _ = pair.both(HERE)
    pair.say("shadow")
    pair.operation("confirm_fee").perform(paid(HERE, source))
    pair.operation("add_note").perform(note(HERE, source))
    pair.client.sides.shadow.drained()
    assert sum(fees_of(pair, pair.new, HERE)) == 0
    assert not pair.book(pair.new, HERE)["told"]


# ---- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "switch",
    [
        Switch(operations={"confirm_fees": Version.NEW}),
        Switch(shadow=frozenset({"confirm_fee"})),
        Switch(shadow=frozenset({"file"})),
    ],
)
def test_a_switch_that_names_what_there_is_not_stops_the_start(clock, stack, switch):
    """It would switch nothing, and nobody would notice."""
    with pytest.raises(ValueError, match=r"igate: "):
        Pair(clock, stack, switch)


def test_files_of_ours_are_read_for_both(pair):
    """The composition root sets it once."""
    pair.client.read_file = lambda _: b"x"
    assert [pair.client.sides.client(version).read_file(None) for version in Version] == [b"x", b"x"]
    assert pair.client.can_be_told
    assert pair.client.newest_first
    assert not pair.client.not_found_is_proof
