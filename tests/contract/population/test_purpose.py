"""No purpose, no question: refused before anything leaves, and recorded without the person when it does."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date

import pytest

from connectors.errors import Rejected
from connectors.kit.effects import Call
from connectors.kit.exchanges import collecting
from connectors.population.client import ELEMENTS
from connectors.population.operations import operations
from mappings.canonical.citizen import CitizenClaim
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.party import Birth, BirthPrecision, Sex
from mappings.canonical.purpose import Purpose
from tests.contract.population.conftest import CLAIM, PLANTED, reason, registered, told


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"procedure": ""}, "001"),
        ({"procedure": " "}, "001"),
        ({"unit": ""}, "002"),
        ({"unit": "H21 15"}, "002"),
        ({"officer": ""}, "003"),
        ({"procedure": "TS_lop6.000.00.00.H22"}, "004"),
        ({"procedure": "1.0016123"}, "004"),
        ({"officer": "la@tinh.example"}, "005"),
        ({"dossier_code": ""}, "not-sent"),
        ({"request_id": "x" * 41}, "not-sent"),
        ({"request_id": "ngắn quá"}, "not-sent"),
    ],
)
def test_a_question_without_its_purpose_does_not_leave(register, change, code):
    """Each costs quota and is watched; the operator asks for the reason of every one."""
    for name in ELEMENTS:
        [operation] = [o for o in operations(register.client) if o.name == name]
        payload = {"claim": to_json(CLAIM), "reason": to_json(replace(reason(), **change))}
        with pytest.raises(Rejected) as raised:
            operation.perform(Call("k", "r", payload))
        assert raised.value.code == code, name
    assert sum(register.sandbox.received.values()) == 0


@pytest.mark.parametrize(
    "payload", [{}, {"claim": to_json(CLAIM)}, {"claim": to_json(CLAIM), "reason": None}]
)
def test_an_effect_without_a_reason_does_not_leave(register, payload):
    """A job that forgot it must hear of it, not ask for nothing."""
    for operation in register.connection.operations:
        with pytest.raises(Rejected) as raised:
            operation.perform(Call("k", "r", payload))
        assert raised.value.code == "001"
    assert sum(register.sandbox.received.values()) == 0


@pytest.mark.parametrize(
    "claim", [None, {}, {**to_json(CLAIM), "birth": {"on": "05/02/1990", "precision": "day"}}]
)
def test_a_claim_that_cannot_be_read_is_refused_without_being_quoted(register, claim):
    """The words of a parser quote what they could not read, and that is a person's."""
    [operation] = [o for o in register.connection.operations if o.name == "confirm"]
    with pytest.raises(Rejected) as raised:
        operation.perform(Call("k", "r", {"claim": claim, "reason": to_json(reason())}))
    assert raised.value.code == "not-sent"
    assert "05/02/1990" not in told(raised.value)


def _claim(**changes: object) -> CitizenClaim:
    return replace(CLAIM, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "claim",
    [
        _claim(number=""),
        _claim(number="00119000001"),
        _claim(number="0011900000170"),
        _claim(number="00119000001x"),
        _claim(number="٠٠١١٩٠٠٠٠٠١٧"),
        _claim(number="003190000017"),
        _claim(number="000190000017"),
        _claim(number="001191000017"),
        _claim(number="001390000017"),
        _claim(sex=Sex.MALE),
        _claim(name=""),
        _claim(name="  "),
        _claim(name="123"),
        _claim(name="Nguyễn \u202eThử"),
        _claim(name="Ng\u200buyễn Thử"),
        _claim(name="A" * 101),
        _claim(birth=Birth(date(1991, 2, 5))),
        _claim(birth=Birth(date(1990, 2, 1), BirthPrecision.MONTH)),
    ],
)
def test_what_cannot_be_true_costs_no_quota(register, claim):
    """Digits, place, century, sex and year are in the number; a name has letters that can be seen."""
    with pytest.raises(Rejected) as raised:
        register.client.confirm(claim, reason())
    assert raised.value.code == "not-sent"
    assert sum(register.sandbox.received.values()) == 0
    assert [part for part in (claim.number, claim.name) if len(part) > 6 and part in str(raised.value)] == []


def test_the_structure_check_can_be_switched_off_and_the_old_card_has_none(clock):
    """A register may know better than a rule; nine digits tell nothing."""
    with registered(clock, check_structure=False) as register:
        register.client.confirm(_claim(sex=Sex.MALE), reason())
    with registered(clock) as register:
        register.client.confirm(_claim(number="012345678", sex=Sex.MALE), reason())


def test_an_operation_that_nobody_agreed_to_does_not_leave(clock):
    """MaTichHop is a contract; another operation's is no permission."""
    with registered(clock, contracts={"look_up": "037"}) as register:
        with pytest.raises(Rejected) as raised:
            register.client.confirm(CLAIM, reason())
        assert raised.value.code == "no-contract"
        assert sum(register.sandbox.received.values()) == 0
        register.client.look_up(CLAIM, reason())


def test_the_record_of_a_look_names_everything_but_the_person(register, clock):
    """'Who looked at citizen X, for which dossier' is answered by the digest of X's number, never by the number."""
    found = register.client.look_up(CLAIM, reason(procedure="TS_lop1.000.00.00.H22"))
    purpose = found.purpose

    assert (purpose.system, purpose.operation, purpose.procedure) == ("population", "look_up", "1.005099")
    assert (purpose.unit, purpose.officer) == ("H21.15", "an@tinh.example")
    assert (purpose.dossier_code, purpose.request_id) == ("H21.15-261123-0001", "YC-20261123-0001")
    assert purpose.at == clock.now()
    assert [part for part in PLANTED if part in str(asdict(purpose))] == []
    [look] = register.books()["looks"]
    assert (look["request"], look["procedure"], look["officer"]) == (
        "YC-20261123-0001",
        "1.005099",
        "canbo01",
    )
    assert from_json(Purpose, to_json(purpose)) == purpose


def test_a_procedure_leaves_without_the_unit_behind_it(register):
    """MaDVC takes 20 characters; the long form has 22."""
    found = register.client.confirm(CLAIM, reason(procedure="3.000181.000.00.00.H22"))
    assert found.purpose.procedure == register.books()["looks"][0]["procedure"] == "3.000181"


def test_the_same_person_has_one_digest_under_one_key(register, clock):
    """Otherwise the ledger could not be asked; without the key nobody can try all numbers."""
    first = register.client.purpose("confirm", CLAIM, reason())
    again = register.client.purpose("look_up", _claim(name="Người Khác"), reason("YC-20261123-0002"))
    assert first.subject_digest == again.subject_digest
    assert len(first.subject_digest) == 64
    with registered(clock, subject_key="mot-khoa-khac-hoan-toan") as other:
        assert other.client.purpose("confirm", CLAIM, reason()).subject_digest != first.subject_digest


def test_a_purpose_made_before_the_call_is_the_one_that_comes_with_the_answer(register):
    """A look whose answer was lost was a look all the same: it can be recorded first."""
    before = register.client.purpose("confirm", CLAIM, reason())
    assert sum(register.sandbox.received.values()) == 0
    assert register.client.confirm(CLAIM, reason()).purpose == before


def test_every_attempt_has_a_request_id_of_its_own(register):
    """Their log and ours are laid side by side; a repeat is another look."""
    [operation] = [o for o in register.connection.operations if o.name == "confirm"]
    payload = {"claim": to_json(CLAIM), "reason": to_json(reason())}
    made = [operation.perform(Call("k", "r", payload, attempt=n)).data["purpose"] for n in (1, 2, 3)]
    ids = ["YC-20261123-0001", "YC-20261123-0001-2", "YC-20261123-0001-3"]
    assert [each["request_id"] for each in made] == ids
    assert [look["request"] for look in register.books()["looks"]] == ids


def test_nobody_planted_stands_in_any_note(register):
    """Bodies are XML: no summary of them, only sizes and salted digests."""
    with collecting() as exchanges:
        register.client.look_up(CLAIM, reason())
        register.client.household(CLAIM, reason("YC-20261123-0002"))
    assert len(exchanges) == 2
    assert [part for part in PLANTED if part in repr(exchanges)] == []
