"""A dossier that began elsewhere comes into the case system once."""

from __future__ import annotations

import pytest

from connectors.errors import OutcomeUnknown, Rejected, Unavailable
from connectors.igate.operations import operations
from connectors.kit.effects import Call, Done, EffectClass, NotDone
from mappings.canonical.codec import to_json
from mappings.canonical.file import CopyKind, FileRef, Paper
from mappings.canonical.party import Birth, Party, PartyKind, PersonName
from tests.contract.igate.conftest import new_dossier

PAPER = Paper("GT01", "Giấy chứng sinh", CopyKind.COPY, files=(FileRef("7", "chung-sinh.pdf"),))


def create(client):
    return {operation.name: operation for operation in operations(client)}["create_dossier"]


def call(file, **more):
    return Call("inbound:1", file.code, {"dossier": to_json(file), **more})


def test_a_dossier_is_created_under_the_code_that_the_case_system_gave(cases):
    """The code is ours before the call: it is what a lost answer is asked about by."""
    code = cases.client.next_code("H21.15")
    done = create(cases.client).perform(call(new_dossier(code)))

    assert done.data["code"] == code
    head = cases.client.by_code(code)
    assert (head.source_id, head.applicant_name) == (done.data["source_id"], "NGUYỄN THỊ KÍN")
    assert head.agency == "H21.15"


def test_its_files_are_left_there_first(cases):
    """The dossier names each file by what its upload gave."""
    cases.client.read_file = lambda ref: b"%PDF-1.4 " + ref.id.encode()
    code = cases.client.next_code("H21.15")
    create(cases.client).perform(call(new_dossier(code, papers=(PAPER,)), form={"noiDangKy": "23710"}))

    assert cases.sandbox.cases[code].papers == ["Giấy chứng sinh"]
    assert len(cases.sandbox.uploads) == 1


def test_a_lost_answer_is_found_by_the_code_and_never_sent_again(cases):
    """Two dossiers of one citizen would be worse than one that is late."""
    operation = create(cases.client)
    assert (operation.effect_class, operation.not_found_is_proof) == (EffectClass.FINDABLE, False)
    code = cases.client.next_code("H21.15")
    asked = call(new_dossier(code))
    assert isinstance(operation.look_up(asked), NotDone)

    cases.fault("create_dossier", "lose_answer", times=1)
    with pytest.raises(OutcomeUnknown):
        operation.perform(asked)
    found = operation.look_up(asked)

    assert isinstance(found, Done)
    assert found.data["code"] == code
    assert operation.perform(asked).data["code"] == code, "a repeat by a person finds it there"


def test_a_file_that_was_not_taken_has_created_nothing(cases):
    """Whatever became of the upload, no dossier names it: it may be sent again freely."""
    cases.client.read_file = lambda ref: b"%PDF-1.4"
    code = cases.client.next_code("H21.15")
    cases.fault("upload", "lose_answer", times=1)
    with pytest.raises(Unavailable):
        create(cases.client).perform(call(new_dossier(code, papers=(PAPER,))))

    assert cases.client.by_code(code) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"agency": ""},
        {"procedure": ""},
        {"code": " "},
        {"papers": (PAPER,)},
        {"applicant": Party(PartyKind.OTHER, PersonName("TỔ CHỨC THỬ"))},
    ],
    ids=[
        "no agency",
        "no procedure",
        "no code",
        "a file that we do not have",
        "an applicant without a number",
    ],
)
def test_what_is_not_fit_to_leave_is_refused_before_a_byte_has_left(cases, changes):
    """'not-sent' is a refusal of ours: nothing has to be asked."""
    file = new_dossier(**{"code": "H21.15-261123-0001", **changes})
    with pytest.raises(Rejected) as caught:
        create(cases.client).perform(call(file))

    assert caught.value.code == "not-sent"
    assert "THỬ" not in str(caught.value)
    assert cases.sandbox.cases == {}


def test_a_day_of_birth_goes_whole_or_not_at_all(cases):
    """A year alone is not made into the first of January."""
    from datetime import date

    from connectors.igate import creating
    from mappings.canonical.party import BirthPrecision

    told = []
    for precision in (BirthPrecision.DAY, BirthPrecision.YEAR):
        person = Party(PartyKind.CITIZEN, PersonName("A"), birth=Birth(date(1999, 2, 28), precision))
        file = new_dossier("H21.15-1", applicant=person)
        body = creating.message(file, cases.settings, uploads={}, form={}, on=date(2026, 11, 23))
        told.append(body["ThongTinNguoiNop"]["ThongTinChiTiet"]["NgaySinh"])

    assert told == ["19990228000000", ""]
