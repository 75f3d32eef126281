"""apiLyLichTuPhap 1.0: what leaves, what comes back, and how a lost answer is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import AlreadyDone, ContractBroken, OutcomeUnknown, Rejected
from connectors.judicial_records import client as judicial
from connectors.judicial_records import wire
from connectors.judicial_records.connect import connected
from connectors.judicial_records.sandbox import JudicialSandbox
from connectors.kit.effects import Call, Done, NotDone, Undecided
from connectors.kit.reading import Unreadable
from connectors.kit.sandbox import Fault, Sandbox, SandboxAnswer, SandboxRequest, route, serve
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.canonical.judicial import (
    Declarer,
    FormKind,
    IdentityPaper,
    JudicialRequest,
    Mandated,
    PaperKind,
    Residence,
)
from mappings.canonical.party import Birth, BirthPrecision, Party, PartyKind, PersonName, Sex
from tests.contract.judicial_records.conftest import (
    AUTH_KEY,
    NAME,
    PLANTED,
    REFERENCE,
    fetched_row,
    month,
    opened,
    request,
    settings,
    told,
    year,
)

SAMPLES = Path(judicial.__file__).parent / "contract"


class Saying(Sandbox):
    """Answers every address of 1.0 with the same bytes; keeps what it was sent."""

    system = "judicial_records"

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.asked: list[SandboxRequest] = []

    @route("POST", "/apiLyLichTuPhap/{name}", "any")
    def any(self, request: SandboxRequest) -> SandboxAnswer:
        self.asked.append(request)
        return SandboxAnswer(200, {"Content-Type": "application/json"}, self.body)


@contextmanager
def saying(clock, answer: Any, **changes: Any) -> Iterator[tuple[judicial.Client, Saying]]:
    there = Saying(answer)
    server = serve(there)
    connection = connected(settings(server.url, **changes), clock=clock)
    try:
        yield connection.client, there
    finally:
        for transport in connection.transports:
            transport.close()
        server.close()


def test_the_message_is_the_hand_made_one(clock):
    """Names, number or text, dates by day, month or year: theirs to the letter."""
    with saying(clock, {"STATUS": "1", "DESCRIPTION": "", "ID": "LLTP1"}) as (client, there):
        assert client.hand_over(request()) == "LLTP1"
    [asked] = there.asked
    assert asked.path == "/apiLyLichTuPhap/nhanHoSoDangKy"
    assert json.loads(asked.body) == json.loads((SAMPLES / "nhanHoSoDangKy.json").read_text("utf-8"))


def test_the_names_drift_by_profile(clock):
    """The guide says declarationWSForm, a program sends declarationForm; one of them wants codes as text."""
    sandbox = JudicialSandbox(clock=clock, auth_key=AUTH_KEY, ws_names=False)
    with opened(clock, sandbox, ws_names=False, numbers_as_text=True) as office:
        office.client.hand_over(request())
        facts = office.books()["requests"][REFERENCE]["facts"]
    assert {"declarationForm", "residenceForm"} <= set(facts)
    assert "declarationWSForm" not in facts
    assert facts["declarationForm"]["genderId"] == "0"


@pytest.mark.parametrize(
    ("birth", "text"),
    [
        (Birth(date(1990, 2, 5)), "05/02/1990"),
        (month(1990, 2), "02/1990"),
        (year(1990), "1990"),
    ],
)
def test_a_date_says_as_much_as_is_known_and_no_more(birth, text):
    """01/01/1940 for 'the year 1940' is a false statement to a criminal register."""
    assert wire.sent_partial(birth) == text
    assert wire.partial(text, "x") == birth


@pytest.mark.parametrize(
    "text",
    ["5/2/1990", "31/02/1990", "13/1990", "1990-02", "90", "02-1990", "05/02/90", "0000", "١٩٩٠", "00/1990"],
)
def test_a_date_in_no_agreed_form_is_an_error(text):
    """Never rounded, never turned round."""
    with pytest.raises(Unreadable) as raised:
        wire.partial(text, "fromDateStr")
    assert raised.value.field == "fromDateStr"


def test_what_lasts_is_sent_until_the_day_of_the_declaration(office):
    """They demand an end; that somebody lived there until the day he said so is true."""
    office.client.hand_over(request())
    rows = office.books()["requests"][REFERENCE]["facts"]["residenceWSForm"]
    assert [(row["fromDateStr"], row["toDateStr"]) for row in rows] == [
        ("2004", "09/2012"),
        ("09/2012", "23/11/2026"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"reference": ""},
        {"reference": "có dấu"},
        {"received_on": None},
        {"promised_on": None},
        {"nationality": ""},
        {"nationality": "VN"},
        {"declarer": Declarer.MANDATED},
        {"paper": IdentityPaper(PaperKind.CARD, "")},
        {"applicant": replace(request().applicant, birth=None)},
        {"applicant": replace(request().applicant, phone="")},
        {"applicant": replace(request().applicant, sex=Sex.UNKNOWN)},
        {"applicant": replace(request().applicant, name=PersonName("Nguyễn\u202e Thử"))},
        {"residences": (Residence(year(2004), None, ""),)},
    ],
    ids=str,
)
def test_what_they_demand_is_demanded_before_anything_leaves(office, change):
    """A refusal by us costs a second, one by them costs the citizen a week."""
    facts = dict(change)
    with pytest.raises(Rejected) as raised:
        office.client.hand_over(request(facts.pop("reference", REFERENCE), **facts))
    assert raised.value.code == "not-sent"
    assert sum(office.sandbox.received.values()) == 0
    assert [part for part in PLANTED if part in str(raised.value)] == []


def test_a_mandate_goes_with_a_mandated_declaration(office):
    """Who hands in for somebody else says since when he may."""
    helper = Party(PartyKind.CITIZEN, PersonName("Trần Văn Mẫu"), birth=year(1989), sex=Sex.MALE)
    mandated = Mandated(helper, IdentityPaper(PaperKind.PASSPORT, "B1234567"), "Chồng", date(2026, 11, 20))
    office.client.hand_over(request(declarer=Declarer.MANDATED, mandated=mandated))
    facts = office.books()["requests"][REFERENCE]["facts"]["mandatorWSForm"]
    assert facts == {
        "fullName": "Trần Văn Mẫu",
        "genderId": 1,
        "birthDateStr": "1989",
        "idTypeId": 0,
        "identifyNo": "B1234567",
        "mandatorRelation": "Chồng",
        "mandatorDate": "20/11/2026",
    }


def by_name(office) -> dict[str, Any]:
    return {operation.name: operation for operation in office.connection.operations}


def test_a_hand_over_whose_answer_was_lost_is_found_by_our_own_number(office):
    """IdReceivedDec is ours and unique."""
    call = Call("k", REFERENCE, {"request": to_json(request())})
    hand_over = by_name(office)["hand_over"]
    office.sandbox.faults.add(Fault.read({"operation": "hand_over", "kind": "lose_answer", "times": 1}))
    with pytest.raises(OutcomeUnknown):
        hand_over.perform(call)
    found = hand_over.look_up(call)
    assert isinstance(found, Done)
    assert (found.code, found.data["news"]["dossier_code"]) == ("3", REFERENCE)


def test_not_found_is_said_to_prove_nothing(office):
    """The register stands behind a gateway; how long a dossier is under way no paper says."""
    hand_over = by_name(office)["hand_over"]
    assert isinstance(hand_over.look_up(Call("k", REFERENCE, {"request": to_json(request())})), NotDone)
    assert not hand_over.not_found_is_proof
    assert not by_name(office)["request_of_ministry"].not_found_is_proof


@pytest.mark.parametrize(
    "answer", [{"STATUS": "0", "DESCRIPTION": NAME}, {"STATUS": "7"}, {"x": 1}, [], b"<html>"]
)
def test_a_look_up_that_tells_nothing_decides_nothing(clock, answer):
    """Their error about the question is no statement about the dossier."""
    with saying(clock, answer) as (client, _):
        from connectors.judicial_records.operations import operations

        [hand_over] = [o for o in operations(client) if o.name == "hand_over"]
        found = hand_over.look_up(Call("k", REFERENCE, {"request": to_json(request())}))
    assert isinstance(found, Undecided)
    assert NAME not in repr(found)


def test_the_same_number_twice_is_unknown_until_the_province_says_what_the_code_means(office, clock):
    """An unknown STATUS of a write is neither done nor refused; the look-up tells."""
    office.client.hand_over(request())
    with pytest.raises(OutcomeUnknown) as raised:
        office.client.hand_over(request())
    assert not isinstance(raised.value, ContractBroken)
    with opened(clock, office.sandbox, duplicate_statuses={"202"}) as other, pytest.raises(AlreadyDone):
        other.client.hand_over(request())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"STATUS": "0", "DESCRIPTION": f"thiếu ngày sinh của {NAME}", "ID": ""}, Rejected),
        ({"STATUS": "0", "DESCRIPTION": f"TRÙNG số của {NAME}", "ID": ""}, OutcomeUnknown),
        ({"STATUS": "108", "ID": ""}, Rejected),
        ({"STATUS": "1", "ID": ""}, ContractBroken),
        ({"STATUS": "1"}, ContractBroken),
        ({"STATUS": True, "ID": "x"}, ContractBroken),
        ({"STATUS": None, "ID": "x"}, ContractBroken),
        ({"ID": "x"}, ContractBroken),
        ([], ContractBroken),
        (b'{"STATUS":"1","STATUS":"0","ID":"x"}', ContractBroken),
    ],
)
def test_a_hand_over_is_done_only_with_their_id(clock, answer, error):
    """Their words are not repeated: they may name a person."""
    with saying(clock, answer) as (client, _), pytest.raises(error) as raised:
        client.hand_over(request())
    assert NAME not in told(raised.value)


def test_states_are_told_and_an_unknown_one_is_pending(office, clock):
    """3 received, 4 processing, 5 issued with its days."""
    office.client.hand_over(request())
    assert office.client.state_of(REFERENCE).state is DossierState.RECEIVED
    office.control("advance", reference=REFERENCE, state=5)
    news = office.client.state_of(REFERENCE)
    assert (news.state, news.kind, news.their_state) == (DossierState.DONE, NewsKind.FINISHED, "5")
    assert news.facts == {"approved_on": "2026-11-23", "issued_on": "2026-11-23"}
    assert office.client.state_of("H21.15-261123-0404") is None
    with saying(clock, {"STATUS": "1", "DEC_STATUS_ID": 9}) as (client, _):
        news = client.state_of(REFERENCE)
        assert (news.state, news.their_state, news.kind) == (DossierState.PENDING, "9", NewsKind.STATE)
    with saying(clock, {"STATUS": "1"}) as (client, _), pytest.raises(ContractBroken):
        client.state_of(REFERENCE)


def test_changed_states_come_until_they_are_acknowledged(office):
    """Acknowledged only after they are stored: what was not comes again under the same key."""
    office.client.hand_over(request())
    office.control("advance", reference=REFERENCE, state=4)
    first, again = office.client.changed_states(), office.client.changed_states()
    assert first == again
    [news] = first.items
    assert (news.dossier_code, news.state) == (REFERENCE, DossierState.PROCESSING)
    office.client.acknowledge("states", [news.facts["their_id"]])
    assert office.client.changed_states().items == ()


def test_a_row_that_cannot_be_read_stops_nobody_else(clock):
    """One bad date must not keep a province's dossiers away."""
    good = {"DECLARATION_ID": "a", "DEC_STATUS_ID": 4, "RECEIVE_NO": REFERENCE}
    rows = [{**good, "APPROVE_DATE": "2026-11-23"}, good, {"DEC_STATUS_ID": 4}, "x"]
    with saying(clock, {"STATUS": "1", "LISTCONTENT": rows}) as (client, _):
        found = client.changed_states()
    assert [news.dossier_code for news in found.items] == [REFERENCE]
    assert [position for position, _ in found.unreadable] == [0, 2, 3]


def test_what_was_handed_in_there_is_fetched_and_acknowledged_under_other_numbers(office):
    """traHoSo: 1 online, 2 direct; danhDauHsThanhCong: 3 online, 1 direct. Mixed up, it is refused there."""
    office.control("hand-in", id="MaHoaThu01", kind="online", row=fetched_row())
    assert office.client.fetched("direct").items == ()
    [news] = office.client.fetched("online").items
    assert (news.kind, news.dossier_code, news.key) == (NewsKind.NEW_DOSSIER, "00017", "fetched:MaHoaThu01")
    made = from_json(JudicialRequest, news.facts["request"])
    assert (made.form, made.ban_position, made.copies) == (FormKind.TWO, True, 2)
    assert made.applicant.birth == Birth(date(1990, 2, 5))
    assert made.father.birth == year(1960)
    assert made.residences[0].since == month(2012, 9)
    assert made.residences[0].until is None
    assert news.dossier.applicant.personal_number == "001190000017"
    assert from_json(DossierNews, to_json(news)) == news
    office.client.acknowledge("online", [news.facts["their_id"]])
    assert office.client.fetched("online").items == ()
    office.client.acknowledge("online", [news.facts["their_id"]])
    with pytest.raises(Rejected):
        office.client.acknowledge("direct", [news.facts["their_id"]])


@pytest.mark.parametrize(
    "change",
    [
        {"fullName": ""},
        {"fullName": "Thử\u202e"},
        {"birthDateStr": "1990-02-05"},
        {"idTypeId": 9},
        {"declareTypeId": 1},
        {"formType": 3},
        {"declarationId": ""},
        {"declarationCode": ""},
        {"declareDate": "31/02/2026"},
        {"requestQty": "hai"},
        {"fullName": 1.5},
    ],
    ids=str,
)
def test_a_fetched_dossier_with_a_wrong_field_is_named_not_taken(clock, change):
    """What the field was, never what stood in it."""
    with saying(clock, [fetched_row(**change)]) as (client, _):
        found = client.fetched("online")
    assert found.items == ()
    assert [position for position, _ in found.unreadable] == [0]
    assert [part for part in PLANTED if part in repr(found.unreadable)] == []


@pytest.mark.parametrize(
    "shape",
    [lambda row: row, lambda row: [row], lambda row: {"STATUS": "1", "LISTCONTENT": [row]}],
)
def test_one_dossier_a_list_or_a_list_in_an_envelope(clock, shape):
    """The guide does not say which."""
    with saying(clock, shape(fetched_row())) as (client, _):
        assert len(client.fetched("online").items) == 1


@pytest.mark.parametrize("ids", [[], [""], ["a;b"], ["x"] * 501])
def test_ids_that_would_acknowledge_something_else_do_not_leave(office, ids):
    """They are joined by ';'."""
    with pytest.raises(Rejected) as raised:
        office.client.acknowledge("states", ids)
    assert raised.value.code == "not-sent"
    assert sum(office.sandbox.received.values()) == 0


def test_their_lists_are_read(office):
    """Five lists by number."""
    assert office.client.categories("nationalities") == (("234", "Việt Nam"),)
    assert office.client.categories("offices") == (("215", "Sở Tư pháp thử nghiệm"),)


def test_birth_precision_is_what_was_said(clock):
    """Older papers hold the year alone."""
    with saying(clock, [fetched_row(birthDateStr="1940")]) as (client, _):
        [news] = client.fetched("online").items
    assert news.dossier.applicant.birth.precision is BirthPrecision.YEAR


@pytest.mark.parametrize(
    "payload", [{}, {"request": None}, {"request": {**to_json(request()), "declared_on": NAME}}]
)
def test_a_payload_that_cannot_be_read_is_refused_without_being_quoted(office, payload):
    """A parser's words quote values."""
    for name in ("hand_over", "request_of_ministry"):
        with pytest.raises(Rejected) as raised:
            by_name(office)[name].perform(Call("k", "r", payload))
        assert raised.value.code == "not-sent"
        assert NAME not in told(raised.value)
