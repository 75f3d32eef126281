"""Registering, asking, telling states and pulling dossiers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

import connectors.civil_status
from connectors.civil_status import results, translate
from connectors.civil_status.causes import Cause, Why, from_code
from connectors.civil_status.connect import connected
from connectors.civil_status.operations import operations
from connectors.civil_status.rules import LinkedState
from connectors.errors import (
    AlreadyDone,
    ContractBroken,
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import Call, Done, EffectClass, NotDone, Undecided
from connectors.kit.exchanges import collecting
from connectors.kit.sandbox import Fault, Sandbox, SandboxAnswer, SandboxRequest, serve
from connectors.kit.xml import parse
from mappings.canonical.codec import to_json
from mappings.canonical.dossier import DossierState
from tests.contract.civil_status.conftest import (
    AT,
    CODE,
    LINKED_CODE,
    PERSON,
    PLACE,
    RESULT,
    TOKEN,
    dossier,
    form,
    report,
    settings,
)

CONTRACT = Path(connectors.civil_status.__file__).parent / "contract"


def by_name(client):
    return {operation.name: operation for operation in operations(client)}


class Saying(Sandbox):
    """Always the same answer."""

    def __init__(self, body) -> None:
        super().__init__()
        self.body = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()

    def knows(self, request: SandboxRequest) -> bool:
        return True

    def handle(self, request: SandboxRequest) -> SandboxAnswer:
        return SandboxAnswer(200, {"Content-Type": "application/json"}, self.body)


@pytest.fixture
def saying(clock):
    """A client before a system that says one thing."""
    open_ones = []

    def made(body, **changes):
        server = serve(Saying(body))
        open_ones.append(server)
        return connected(settings(server.url, **changes), clock=clock).client

    yield made
    for server in open_ones:
        server.close()


# ---- registration ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("generation", "as_number"), [("json", False), ("xml", True)])
def test_the_message_is_the_one_that_was_written_by_hand(generation, as_number):
    """Client and sandbox may share no guess: the vectors were made from the facts, not with our code."""
    wanted = json.loads((CONTRACT / f"registration_{generation}.json").read_text("utf-8"))
    made = translate.registration(
        settings(generation=generation, unit_as_number=as_number),
        code=CODE,
        linked_code="BS",
        module="BS",
        unit=PLACE,
        received_at=AT,
        form=form(),
    )
    assert made == wanted


def test_the_xml_of_the_older_generation_escapes_what_a_citizen_wrote():
    """A name with a bracket must not become an element."""
    data = translate.form_xml({"nksHoTen": "A <b> & C", "nksNgaySinh": {"namSinh": "2026"}, "x": [1, 2]})
    root = parse(data.encode())
    assert root[0][0].text == "A <b> & C"
    assert [child.tag for child in root[0]] == ["nksHoTen", "nksNgaySinh", "x", "x"]


def test_it_is_registered_in_either_generation(civil, older):
    """Linked modules have a door of their own."""
    for side in (civil, older):
        assert side.register() == "1"
        side.register(code="H21.129-261123-0002", module="LTKS", linked_code=LINKED_CODE)
        assert {record["module"] for record in side.books()["records"].values()} == {"BS", "LTKS"}
    assert older.books()["records"][CODE]["received"] == "2026-11-23"
    assert civil.books()["records"][CODE]["received"] == "23/11/2026"


def test_the_requester_is_filled_in_where_the_form_says_nothing(civil):
    """What the dossier knows need not be typed again; what the form says stays."""
    payload = {"dossier": to_json(dossier()), "form": form(nycEmail="khac@example.invalid")}
    by_name(civil.client)["register"].perform(Call("k", CODE, payload))
    assert {"nycHoTen", "nycSoDDCN", "nycNoiCuTru"} <= set(civil.books()["records"][CODE]["fields"])
    filled = translate.with_requester(form(nycEmail="khac@example.invalid"), dossier())
    assert filled["nycEmail"] == "khac@example.invalid"
    assert filled["nycHoTen"] == {"Ho": "NGUYỄN", "ChuDem": "VĂN", "Ten": "THỬ"}


def test_a_form_that_would_be_refused_does_not_leave(civil):
    """Operators of two provinces spend their days mending such forms after the refusal."""
    civil.client.catalogues = {number: civil.client.codes(number) for number in (1, 3, 4, 5)}
    civil.sandbox.received.clear()
    bad = form(cbsSoDDCN="0654221015358", nycLoaiGiayToTuyThan=10, nksNgaySinh="31/02/2026")
    with pytest.raises(Rejected) as raised:
        civil.register(form=bad)

    assert set(from_code(raised.value.code)) == {
        Cause("cbsSoDDCN", Why.TOO_LONG),
        Cause("nycLoaiGiayToTuyThan", Why.NOT_IN_CATALOGUE),
        Cause("nksNgaySinh", Why.WRONG_FORMAT),
    }
    assert civil.sandbox.received["register"] == 0


def test_their_refusal_names_fields_and_reasons_and_no_person(civil, monkeypatch):
    """One long text with glued line breaks, and our own message quoted in it."""
    monkeypatch.setattr("connectors.civil_status.client.causes.checked", lambda *_: ())
    bad = form(cbsSoDDCN="0010990000019", nycLoaiGiayToTuyThan=10)
    with pytest.raises(Rejected) as raised:
        civil.register(form=bad)
    assert from_code(raised.value.code) == (
        Cause("nycLoaiGiayToTuyThan", Why.NOT_IN_CATALOGUE),
        Cause("cbsSoDDCN", Why.TOO_LONG),
        Cause("cbsSoDDCN", Why.WRONG_FORMAT),
    )
    assert "0010990000019" not in f"{raised.value!r}"


@pytest.mark.parametrize(
    "changes",
    [
        {"code": ""},
        {"module": ""},
        {"module": "LTXX"},
        {"unit": ""},
        {"unit": "xã Thử"},
        {"form": {}},
        {"form": {"a b": "1"}},
        {"form": {"a": 1.5}},
        {"form": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": "1"}}}}}}}}},
        {"form": {"a": "x" * 300_000}},
        {"received_at": AT.replace(tzinfo=None)},
    ],
    ids=str,
)
def test_what_must_not_leave_us_does_not(civil, changes):
    """It is refused before a byte leaves."""
    with pytest.raises(Rejected):
        civil.register(**{**changes, "code": changes.get("code", CODE)})
    assert civil.sandbox.received["register"] == 0


def test_a_procedure_without_a_module_and_a_dossier_without_its_day_do_not_leave(civil):
    """The table of modules is asked by the day of receipt."""
    register = by_name(civil.client)["register"]
    for file in (dossier(procedure="1.000001"), dossier(received_at=None)):
        with pytest.raises(Rejected) as raised:
            register.perform(Call("k", CODE, {"dossier": to_json(file), "form": form()}))
        assert raised.value.code == "not-sent"


def test_a_second_registration_is_done_before(civil):
    """'đã tồn tại trong một cửa điện tử' is no fault of the data, whatever code comes with it."""
    civil.register()
    with pytest.raises(AlreadyDone):
        civil.register()


def test_a_lost_registration_is_found_by_its_own_code(civil):
    """And 'not found' is no proof unless the ministry says so."""
    register = by_name(civil.client)["register"]
    assert register.effect_class is EffectClass.FINDABLE
    assert not register.not_found_is_proof
    for module in ("BS", "LTKS"):
        code = f"H21.129-261123-{module}"
        call = Call("k", code, {"dossier": to_json(dossier(code=code)), "form": form(), "module": module})
        assert register.look_up(call) == NotDone(code="201")
        civil.sandbox.faults.add(Fault.read({"operation": "register", "kind": "lose_answer", "times": 1}))
        with pytest.raises(OutcomeUnknown):
            register.perform(call)
        assert isinstance(register.look_up(call), Done)


@pytest.mark.parametrize(
    ("body", "error", "code"),
    [
        ({"status": 0, "errorCode": "100"}, CredentialsRefused, None),
        ({"status": 0, "errorCode": 101}, CredentialsRefused, None),
        ({"status": 0, "errorCode": "106"}, Rejected, "106"),
        ({"status": 0, "maLoi": "108"}, Rejected, "108"),
        ({"status": 0, "errorCode": "302"}, Rejected, "302"),
        ({"status": 0, "errorCode": "500", "moTaLoi": "nksHoTen quá dài"}, Rejected, "nksHoTen:too_long"),
        ({"status": 0, "errorCode": "500", "moTaLoi": "lỗi"}, Rejected, "500"),
        ({"status": 0, "errorCode": "999"}, OutcomeUnknown, None),
        ({"status": 0}, OutcomeUnknown, None),
        ({"status": 3}, OutcomeUnknown, None),
        ({"status": 1, "message": "Cập nhật không thành công"}, OutcomeUnknown, None),
        ({"status": 200, "title": "Hồ sơ bị từ chối"}, Rejected, "bị từ chối"),
        ({"status": 0, "title": "Logic xử lý không hợp lệ"}, Rejected, "logic xử lý không hợp lệ"),
        ({"status": 0, "title": "Hồ sơ chưa được gửi"}, Unavailable, None),
        ({"status": 0, "title": "Client received SOAP Fault from server"}, OutcomeUnknown, None),
        ({"status": 0, "title": "Có lỗi trong quá trình thêm mới hồ sơ"}, OutcomeUnknown, None),
        ({"status": 0, "title": "Hồ sơ đã hoàn thành đăng ký"}, AlreadyDone, "đã hoàn thành đăng ký"),
        ({"status": 0, "title": "Hồ sơ không tồn tại"}, Rejected, "không tồn tại"),
        ({"status": True}, OutcomeUnknown, None),
        ({"status": "1.0"}, OutcomeUnknown, None),
        ({"trang": 1}, OutcomeUnknown, None),
        ({"status": 1, "errors": 5}, OutcomeUnknown, None),
        ({"status": 1, "errors": "nksHoTen quá dài"}, Rejected, "nksHoTen:too_long"),
        (b'{"status": 1, "status": 1}', OutcomeUnknown, None),
        (b"1", OutcomeUnknown, None),
        (b'"1"', OutcomeUnknown, None),
    ],
    ids=str,
)
def test_every_answer_to_a_write_has_one_meaning(saying, body, error, code):
    """Codes by the guide, texts by the table; what nothing explains is unknown, never done and never refused."""
    client = saying(body)
    with pytest.raises(error) as raised:
        client.register(code=CODE, linked_code="", module="BS", unit=PLACE, received_at=AT, form=form())
    if code is not None:
        assert raised.value.code == code
    if error is OutcomeUnknown:
        assert not isinstance(raised.value, Rejected)


# ---- state, result, catalogues, records ------------------------------------------------------------------------------


def test_a_registration_is_followed_to_its_result(civil):
    """Received, supplement, eligible, done; then the certificate with its facts."""
    civil.register()
    ask, result = by_name(civil.client)["ask_state"], by_name(civil.client)["get_result"]
    call = Call("k", CODE, {"dossier_code": CODE, "unit": PLACE})
    assert ask.perform(call).data["state"] == "received"
    assert not result.perform(call).final

    civil.control("progress", code=CODE, state=2, note="giấy chứng sinh")
    standing = civil.client.ask_state(CODE, PLACE)
    assert (standing.state, "giấy chứng sinh" in standing.note) == (DossierState.SUPPLEMENT, True)

    civil.control("progress", code=CODE, state=4)
    done = result.perform(call)
    assert done.data["event"] == "birth"
    assert done.data["result"]["code"] == "KQ.G15.000031"
    assert done.data["facts"]["quyenSo"] == "01/2026"
    assert "giayKhaiSinh" not in json.dumps(done.data["facts"])
    found = civil.client.get_result(CODE, PLACE)
    assert found.content.startswith(b"%PDF")
    assert found.paper.file.size == len(found.content)
    assert found.paper.issued_at.tzinfo is not None


def test_an_unknown_dossier_is_no_error(civil):
    """'not found' is news, and no result is none."""
    assert civil.client.ask_state("H21.1-1", PLACE) is None
    assert by_name(civil.client)["ask_state"].perform(
        Call("k", "", {"dossier_code": "H21.1-1", "unit": PLACE})
    ).data == {"known": False}
    with pytest.raises(Rejected):
        civil.client.get_result("H21.1-1", PLACE)


def test_catalogues_and_records_are_read(civil):
    """Catalogues come as JSON inside a text; records by their number there."""
    assert civil.client.codes(3) == {"63001", "63002"}
    with pytest.raises(Rejected) as raised:
        civil.client.catalogue(9)
    assert raised.value.code == "302"
    civil.register()
    [(record_id, unit)] = civil.client.registered("BS", date(2026, 11, 23))
    assert unit == PLACE
    assert civil.client.record("BS", record_id)["maHoSo"] == CODE
    assert len(civil.client.records("BS", [record_id])) == 1
    for wrong in ([], ["x"], ["1"] * 101):
        with pytest.raises(Rejected):
            civil.client.records("BS", wrong)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        [1],
        "[1",
        {"soDangKy": "1", "ngayDangKy": "20/11/2026"},
        {**RESULT, "soDangKy": ""},
        {**RESULT, "ngayDangKy": "2026-11-20"},
        {**RESULT, "ngayDangKy": "31/02/2026"},
        {**RESULT, "giayKhaiSinh": "%%%"},
        {**RESULT, "giayKhaiSinh": 5},
        {**RESULT, "maGiayToKetQua": "KQ.G15.999999"},
        [RESULT, RESULT],
    ],
    ids=str,
)
def test_a_result_that_cannot_be_read_is_none(saying, value):
    """Half a certificate would be handed to a citizen."""
    with pytest.raises(ContractBroken):
        saying({"status": 1, "value": value}).get_result(CODE, PLACE)


def test_a_certificate_is_told_as_it_was_read(saying):
    """Birth and death, inside a text or not; what goes on is what came."""
    birth = saying({"status": 1, "value": json.dumps([RESULT])}).get_result(CODE, PLACE)
    assert results.told(birth) == RESULT
    death = {
        "nktHoTen": "A",
        "ngayDangKy": "20/11/2026",
        "soDangKy": 3,
        "giayKhaiTu": "JVBERg==",
        "maGiayToKetQua": "KQ.G15.000034",
    }
    found = saying({"status": 1, "value": death}).get_result(CODE, PLACE)
    assert (found.event, found.paper.code, found.paper.number) == ("death", "KQ.G15.000034", "3")
    small = saying({"status": 1, "value": RESULT}, largest_file_bytes=1)
    with pytest.raises(ContractBroken):
        small.get_result(CODE, PLACE)


# ---- linked services -------------------------------------------------------------------------------------------------


def test_a_result_is_told_after_what_its_order_wants(civil):
    """4 is only taken after 1, 3 and 7; those that are missing go first."""
    assert civil.client.push_state(report(), LinkedState.RECEIVED, []) == [1]
    assert civil.client.push_state(report(), LinkedState.REGISTERED, [1]) == [3, 7, 4]
    assert civil.books()["states"][CODE] == [1, 3, 7, 4]


def test_what_they_lost_is_for_a_person(civil):
    """We believe that 1 was taken and they do not: their logic error says so, and nothing is called done."""
    with pytest.raises(Rejected) as raised:
        civil.client.push_state(report(), LinkedState.REGISTERED, [1])
    assert raised.value.code == "logic xử lý không hợp lệ"


def test_the_state_message_is_the_one_that_was_written_by_hand():
    """Field by field, from the facts."""
    wanted = json.loads((CONTRACT / "state_done.json").read_text("utf-8"))
    made = translate.state_message(report(unit_name="UBND xã Thử"), LinkedState.REGISTERED, settings())
    assert {**made, "ketQuaXuLy": json.loads(made["ketQuaXuLy"])} == wanted


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"officer": " "}, LinkedState.RECEIVED),
        ({"linked_code": ""}, LinkedState.RECEIVED),
        ({"result": None}, LinkedState.REGISTERED),
        ({"at": AT.replace(tzinfo=None)}, LinkedState.RECEIVED),
    ],
    ids=str,
)
def test_a_state_that_is_not_whole_does_not_leave(civil, changes, state):
    """Nor do the states before it."""
    with pytest.raises(Rejected) as raised:
        civil.client.push_state(report(**changes), state, ())
    assert raised.value.code == "not-sent"
    assert civil.sandbox.received["push_state"] == 0


def test_what_was_not_taken_stops_what_comes_after(civil):
    """A later state never leaves before an earlier one was taken, and 'nothing was done' is not said of half."""
    civil.sandbox.faults.add(
        Fault.read({"operation": "push_state", "kind": "lose_answer", "every": 2, "times": 1})
    )
    with pytest.raises(OutcomeUnknown):
        civil.client.push_state(report(), LinkedState.REGISTERED, ())
    assert civil.books()["states"][CODE] == [1, 3]
    assert civil.client.push_state(report(), LinkedState.REGISTERED, ()) == [1, 3, 7, 4]

    civil.sandbox.faults.add(
        Fault.read({"operation": "push_state", "kind": "closed", "every": 2, "times": 1})
    )
    with pytest.raises(OutcomeUnknown):
        civil.client.push_state(report(), LinkedState.REGISTERED, ())


def test_a_state_whose_answer_was_lost_is_found(civil):
    """The state query shows the last one."""
    push = by_name(civil.client)["push_state"]
    payload = {"report": to_json(report()), "wanted": 3, "sent": [], "module": "LTKS", "unit": PLACE}
    call = Call("k", CODE, payload)
    assert push.look_up(call) == NotDone(code="")
    civil.sandbox.faults.add(Fault.read({"operation": "push_state", "kind": "lose_answer", "times": 1}))
    with pytest.raises(OutcomeUnknown):
        push.perform(call)
    assert push.look_up(call) == Done(data={"told": [3]}, code="3")


def test_their_logic_error_is_for_a_person(saying):
    """Sending it again cannot help."""
    client = saying({"status": 400, "title": "x", "errors": {"trangThai": ["Logic xử lý không hợp lệ"]}})
    with pytest.raises(Rejected) as raised:
        client.push_state(report(), LinkedState.RECEIVED, ())
    assert raised.value.code == "logic xử lý không hợp lệ"
    by_field = saying({"status": 400, "title": "x", "errors": {"soHoSoLT": ["Mã không tồn tại"]}})
    with pytest.raises(Rejected) as raised:
        by_field.push_state(report(), LinkedState.RECEIVED, ())
    assert raised.value.code == "soHoSoLT:not_in_catalogue"


def test_a_dossier_is_pulled_with_its_papers_and_marked(civil):
    """It stays in the list until it is marked, so a worker that dies loses none."""
    civil.control("arrive", code=LINKED_CODE)
    [head] = civil.client.inbox().heads
    assert (head.code, head.module, head.unit, head.district) == (LINKED_CODE, "LTKS", PLACE, False)

    found = civil.client.dossier(head)
    [paper] = found.file.papers
    assert paper.name == "Giấy chứng sinh"
    assert found.contents[paper.files[0].id].startswith(b"%PDF")
    assert found.file.applicant.name.full == "TRẦN THỊ MẪU"
    assert found.form["nksHoTen"] == {"Ho": "LÊ", "ChuDem": "", "Ten": "BÉ"}
    assert "fileDinhKem" not in found.form

    assert len(civil.client.inbox().heads) == 1
    civil.client.mark_received(LINKED_CODE)
    assert civil.client.inbox().heads == ()
    with pytest.raises(Rejected):
        civil.client.mark_received("G22.99.08-000000-0000")


def test_one_row_that_cannot_be_read_hides_no_other(saying):
    """A dossier without a module is there, too: it is parked later, not lost here."""
    good = {"id": 5, "maHoSo": LINKED_CODE, "maTTHC": "2.001023", "maDonVi": 540, "module": None}
    inbox = saying({"data": [{"id": 1}, good, "x", {**good, "maHoSo": ""}]}).inbox()
    [head] = inbox.heads
    assert (head.module, head.district) == ("", True)
    assert inbox.unreadable == ((0, "maHoSo"), (2, "row"), (3, "maHoSo"))


@pytest.mark.parametrize(
    "detail",
    [
        None,
        "x",
        {},
        {"nycHoTen": {"Ho": "A"}, "fileDinhKem": {}},
        {
            "nycHoTen": "A",
            "fileDinhKem": [{"tenGiayTo": "a", "tenTepDinhKem": "b", "duLieuTepDinhKem": "??"}],
        },
        {"nycHoTen": "A", "fileDinhKem": [{"tenGiayTo": "a", "tenTepDinhKem": "b"}]},
        {"nycHoTen": "A", "fileDinhKem": [{"tenGiayTo": "a", "duLieuTepDinhKem": "QQ=="}]},
    ],
    ids=str,
)
def test_a_dossier_that_cannot_be_read_is_an_error_as_a_whole(saying, detail):
    """A paper that is silently left out is found missing by the citizen."""
    head = results.head({"id": 5, "maHoSo": LINKED_CODE, "maTTHC": "2", "maDonVi": "23710", "module": "LTKS"})
    with pytest.raises(ContractBroken):
        saying({"data": detail}).dossier(head)


@pytest.mark.parametrize("body", [b"", b"[", b'{"x": 1}', b'{"data": 5}', b"<html>"])
def test_a_list_that_cannot_be_read_is_not_an_empty_one(saying, body):
    """Empty would mean that nobody waits."""
    with pytest.raises((ContractBroken, Unavailable)):
        saying(body).inbox()


def test_a_look_up_that_is_answered_by_nothing_known_decides_nothing(saying):
    """Neither done nor not done."""
    client = saying({"status": 0, "title": "??"})
    payload = {"dossier": to_json(dossier()), "form": form(), "module": "BS"}
    assert isinstance(by_name(client)["register"].look_up(Call("k", CODE, payload)), Undecided)
    pushing = {"report": to_json(report()), "wanted": 3, "module": "LTKS", "unit": PLACE}
    assert isinstance(by_name(client)["push_state"].look_up(Call("k", CODE, pushing)), Undecided)


def test_another_platform_has_its_own_credentials(clock):
    """The linked services may stand elsewhere; our token of one must not be shown to the other."""
    from connectors.civil_status.sandbox import CivilStatusSandbox

    here, there = CivilStatusSandbox(token=TOKEN), CivilStatusSandbox(token="token-lien-thong")
    with serve(here) as base, serve(there) as linked:
        client = connected(
            settings(
                base.url,
                linked_url=linked.url,
                linked_credentials={"style": "bearer", "token": "token-lien-thong"},
            ),
            clock=clock,
        ).client
        client.push_state(report(), LinkedState.RECEIVED, ())
        assert client.ask_state(CODE, PLACE) is None
    assert (here.received["push_state"], there.states) == (0, {CODE: [1]})


def test_no_person_stands_in_notes_or_errors(civil):
    """Forms, results and states are full of them."""
    civil.register(form=translate.with_requester(form(), dossier()))
    civil.control("progress", code=CODE, state=4)
    with collecting() as noted:
        civil.client.get_result(CODE, PLACE)
        civil.client.push_state(report(note="báo cho 0900000001"), LinkedState.RECEIVED, ())
    text = repr(noted)
    assert not [one for one in (*PERSON, TOKEN, "Cán bộ thử", "LÊ BÉ") if one in text]
    assert CODE in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"province": "H21"},
        {"generation": "soap"},
        {"paths": {"invent": "/x"}},
        {"paths": {"register": "x"}},
        {"modules": {"1.0": "XX"}},
        {"units": {"H21": "xã"}},
    ],
    ids=str,
)
def test_settings_that_cannot_work_stop_the_process(wrong):
    """Better at the start than at the first citizen."""
    with pytest.raises(ValidationError):
        settings(**wrong)
