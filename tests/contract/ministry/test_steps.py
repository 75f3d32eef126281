"""The six steps: what each proves, three forms of dates in one message, what never leaves, what errors mean."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime

import pytest

from connectors.errors import (
    AlreadyDone,
    ContractBroken,
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import Call, Done, EffectClass
from connectors.kit.exchanges import collecting
from connectors.kit.reading import Unreadable
from connectors.kit.sandbox import SandboxAnswer
from connectors.ministry import upload, wire
from mappings.canonical.codec import to_json
from mappings.canonical.dossier import DossierState, FeeKind
from mappings.canonical.file import FeeItem, FileRef, Paper
from mappings.canonical.party import Birth, BirthPrecision, PartyKind, PersonName
from tests.contract.ministry.conftest import (
    AT,
    CODE,
    CONTENT,
    DIGEST,
    dossier,
    ministry,
    person,
    settings,
    step,
    uploads,
)


def test_a_dossier_goes_through_all_six_steps(there):
    """Token, number, file, dossier, steps, state."""
    code = there.client.next_code()
    made = there.client.upload(FileRef("f1", "Đơn đề nghị.pdf", sha256=DIGEST), CONTENT)
    file = dossier(code)
    reference = there.client.create_dossier(file, uploads={"f1": made}, form={"noiDung": "x"})
    assert there.client.push_steps(reference, code, [step(1), step(2, DossierState.PROCESSING)]) == 2
    there.client.push_state(reference, file, note="Đã tiếp nhận")

    kept = there.books()["dossiers"][code]
    assert code == "G09.20-20261123-0000001"
    assert kept["id"] == reference
    assert [each["TrangThai"] for each in kept["steps"]] == [2, 4]
    assert kept["states"][0]["TrangThai"] == 1
    assert there.books()["files"] == {made.id: DIGEST}
    assert there.sandbox.tokens_given == 1


def test_three_forms_of_dates_stand_in_one_message(there):
    """Written out by hand: days of the dossier, days of people, moments of steps."""
    reference = there.create(dossier(received_at=AT))
    there.client.push_steps(reference, CODE, [step(1)])

    kept = there.books()["dossiers"][CODE]
    details = kept["item"]["ThongTinNguoiNop"]["ThongTinChiTiet"]
    assert kept["item"]["NgayNop"] == kept["item"]["NgayTiepNhan"] == "2026-11-23 08:00:00"
    assert details["NgaySinh"] == "19990131000000"
    assert kept["steps"][0]["ThoiDiemXuLy"] == "2026-11-23T09:00:00.329"
    assert kept["steps"][0]["NgayBatDau"] == "2026-11-23T08:00:00.000"


def test_the_message_of_a_dossier_is_that_of_the_facts(there):
    """Applicants have their own numbers here: 0 is a citizen."""
    there.create()
    item = there.books()["dossiers"][CODE]["item"]

    assert (item["LoaiDoiTuong"], item["MaDichVuCong"], item["MaDonViTiepNhan"]) == (0, "1.012345", "G09.20")
    assert item["ThongTinNguoiNop"]["LoaiDoiTuong"] == 0
    assert item["ThongTinNguoiNop"]["IdDoiTuong"] == "11111111-2222-3333-4444-555555555555"
    assert item["ThanhPhanHoSo"][0] == {
        "MaThanhPhanHoSo": "000.00.00.G09-KQ000001",
        "TenThanhPhanHoSo": "Đơn đề nghị",
        "SoLuong": 1,
        "LoaiBan": 2,
        "GiayToDinhKem": [
            {
                "IdGiayTo": "tep-0001",
                "MaKetQua": "KQ.DVC.THONGTIN",
                "TenGiayTo": "Đơn đề nghị.pdf",
                "HashTepTin": DIGEST,
            }
        ],
    }
    assert item["ThanhPhanHoSo"][1]["LoaiBan"] == 0
    assert item["EformThongTinChiTiet"] == {"a": "b"}
    assert item["ThongTinNguoiNop"]["ThongTinChiTiet"]["TenChuHs"] == "NGUYỄN VĂN THỬ"


@pytest.mark.parametrize(
    ("kind", "number"),
    [(PartyKind.CITIZEN, 0), (PartyKind.ENTERPRISE, 1), (PartyKind.HOUSEHOLD_BUSINESS, 2)],
)
def test_applicants_are_numbered_otherwise_than_at_the_national_portal(there, kind, number):
    """A shared table would turn citizens into enterprises."""
    there.create(dossier(applicant=person(kind=kind, tax_code="0100000001")))
    assert there.books()["dossiers"][CODE]["item"]["LoaiDoiTuong"] == number


@pytest.mark.parametrize("state", ["supplement", "unpaid", "done", "processing", "returned"])
def test_fees_and_results_go_in_three_states_only(there, state):
    """5, 6 and 9 carry them; anything else with them is refused there."""
    reference = there.create()
    file = dossier(state=DossierState(state), received_at=AT)
    there.client.push_state(reference, file, uploads=uploads())

    [told] = there.books()["dossiers"][CODE]["states"]
    assert ("DanhSachLePhi" in told) == (state in ("supplement", "unpaid", "done"))
    if "DanhSachLePhi" in told:
        assert told["DanhSachLePhi"] == [
            {
                "TenPhiLePhi": "Phí thẩm định",
                "MaPhiLePhi": "P1",
                "HinhThucThu": 1,
                "Gia": "300000",
                "LoaiPhiLePhi": 1,
                "TrangThaiThanhToan": 1,
            }
        ]
        assert told["DanhSachGiayToKetQua"][0]["MaKetQua"] == "KQ.DVC.KETQUA"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": " "}, "MaHoSo"),
        ({"procedure": ""}, "MaTTHC"),
        ({"submitted_at": None}, "NgayNop"),
        ({"submitted_at": datetime(2026, 11, 23)}, "NgayNop"),
        ({"applicant": person(name=PersonName("a\u202eb"))}, "ChuHoSo"),
        ({"applicant": person(kind=PartyKind.AGENCY)}, "LoaiDoiTuong"),
        ({"papers": (Paper("A", "a", files=(FileRef("f9", "a"),)),)}, "IdGiayTo"),
    ],
)
def test_what_breaks_a_rule_never_leaves(there, changes, field):
    """Every field is named, no value of a person is."""
    with pytest.raises(Rejected) as refused:
        there.client.create_dossier(dossier(**changes), uploads=uploads(), form={})
    assert refused.value.code == "local"
    assert f"{field}:" in str(refused.value)
    assert "THỬ" not in str(refused.value)
    assert there.sandbox.received == {}


@pytest.mark.parametrize("form", [{"a": 1.5}, {"a": "b\u200bc"}, {"a": b"x"}])
def test_a_form_that_is_no_plain_json_never_leaves(there, form):
    """A float is somebody's rounded amount."""
    with pytest.raises(Rejected, match="a:"):
        there.client.create_dossier(dossier(), uploads=uploads(), form=form)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"officer": " "}, "NguoiXuLy"),
        ({"officer": "x" * 51}, "NguoiXuLy"),
        ({"state": DossierState.PENDING}, "TrangThai"),
        ({"at": datetime(2026, 11, 23)}, "ThoiDiemXuLy"),
    ],
)
def test_a_step_that_breaks_a_rule_never_leaves(there, changes, field):
    """Their refusal would name nothing."""
    with pytest.raises(Rejected, match=field):
        there.client.push_steps("hs-0001", CODE, [step(1), step(2, **changes)])
    with pytest.raises(Rejected, match="order"):
        there.client.push_steps("hs-0001", CODE, [step(2), step(1)])
    with pytest.raises(Rejected):
        there.client.push_steps("hs-0001", CODE, [])
    assert there.sandbox.received == {}


def test_fees_that_are_no_whole_amounts_never_leave(there):
    """Half a đồng is somebody's mistake."""
    for amount in (-5, 1.5):
        fee = FeeItem("T", "Phí", FeeKind.PHI, amount)
        with pytest.raises(Rejected, match="local"):
            there.client.push_state(
                "hs-1", dossier(state=DossierState.UNPAID, fees=(fee,)), uploads=uploads()
            )
    assert there.sandbox.received == {}


def test_taxes_and_fines_are_not_in_the_list_of_fees(there):
    """They go by other messages; other fees have a number of their own here."""
    reference = there.create()
    lines = tuple(FeeItem(kind.value, kind.value, kind, 1) for kind in FeeKind)
    there.client.push_state(reference, dossier(state=DossierState.UNPAID, fees=lines), uploads=uploads())
    told = there.books()["dossiers"][CODE]["states"][0]["DanhSachLePhi"]
    assert [line["LoaiPhiLePhi"] for line in told] == [1, 2, 3]


def test_a_year_alone_is_not_made_into_the_first_of_january(there):
    """A made-up birthday is another person."""
    born = replace(person().birth, precision=BirthPrecision.YEAR)
    there.create(dossier(applicant=person(birth=born)))
    details = there.books()["dossiers"][CODE]["item"]["ThongTinNguoiNop"]["ThongTinChiTiet"]
    assert details["NgaySinh"] == ""
    assert isinstance(born, Birth)


# ---- outcomes ------------------------------------------------------------------------------------------------------------


def test_a_second_create_of_one_number_is_already_done(there):
    """Refused as a duplicate of what we asked before."""
    there.create()
    with pytest.raises(AlreadyDone):
        there.create()
    payload = {
        "dossier": to_json(dossier()),
        "uploads": {"f1": {"id": "tep-0001", "hash": DIGEST}},
    }
    done = there.operations["create_dossier"].perform(Call("k", CODE, payload))
    assert isinstance(done, Done)
    assert done.data == {"reference": "", "code": CODE}


def test_a_number_that_was_lost_is_a_gap_and_the_next_one_is_used(there):
    """Asking again is harmless: this is why it may be repeated."""
    there.fault("GetNextValue", "lose_answer", times=1)
    with pytest.raises(OutcomeUnknown):
        there.client.next_code()
    assert there.client.next_code() == "G09.20-20261123-0000002"
    assert there.operations["next_code"].effect_class is EffectClass.IDEMPOTENT


def test_classes_are_declared_as_honest_as_they_are(clock):
    """No look-up exists, so nothing claims to have one; the ministry's word alone makes a create repeatable."""
    for confirmed, wanted in ((False, EffectClass.EVIDENCE), (True, EffectClass.IDEMPOTENT)):
        for here in ministry(clock, {"doubles_refused": confirmed}):
            declared = {name: each.effect_class for name, each in here.operations.items()}
            assert declared == {
                "next_code": EffectClass.IDEMPOTENT,
                "upload_file": EffectClass.IDEMPOTENT,
                "create_dossier": wanted,
                "push_steps": EffectClass.EVIDENCE,
                "push_state": EffectClass.IDEMPOTENT,
            }
            assert all(each.look_up is None for each in here.operations.values())


def test_a_token_that_ends_in_the_middle_of_a_batch_is_renewed(there):
    """401 proves that nothing was done."""
    reference = there.create()
    there.control("end-tokens")
    there.client.push_steps(reference, CODE, [step(1)])
    assert there.sandbox.tokens_given == 2
    assert len(there.books()["dossiers"][CODE]["steps"]) == 1


def test_a_refused_client_sends_nothing(clock):
    """And is not asked again at once."""
    for here in ministry(clock, {"client_secret": "sai-sai-sai"}):
        for _ in range(3):
            with pytest.raises(CredentialsRefused):
                here.client.next_code()
        assert here.sandbox.received == {"GetToken": 1}


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, Rejected, "400"),
        (404, Rejected, "404"),
        (403, CredentialsRefused, ""),
        (502, OutcomeUnknown, ""),
        (500, OutcomeUnknown, ""),
        (503, Unavailable, ""),
    ],
)
def test_their_http_errors_have_meanings(there, monkeypatch, status, error, code):
    """200 done, 400 a field is missing, 401 token, 403 not allowed, 404 not there, 502 nobody knows."""
    monkeypatch.setattr(there.sandbox, "_dossier_trouble", lambda item: "")
    there.client.next_code()
    real = there.sandbox._with_token
    monkeypatch.setattr(
        there.sandbox, "_with_token", lambda request, act: (real(request, act), SandboxAnswer(status))[1]
    )
    with pytest.raises(error) as raised:
        there.client.create_dossier(dossier(), uploads=uploads(), form={})
    assert type(raised.value) is error
    if code:
        assert raised.value.code == code
        assert wire.HTTP_MEANINGS[code] in str(raised.value)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"code": 200, "data": {"idHoSo": "x", "maHoSo": CODE}}, None),
        ({"code": "00", "data": {"idHoSo": "x", "maHoSo": CODE}}, None),
        ({"code": 200, "data": {"idHoSo": "x", "maHoSo": "KHAC"}}, ContractBroken),
        ({"code": 200, "data": {"idHoSo": "", "maHoSo": CODE}}, ContractBroken),
        ({"code": 200, "data": None}, ContractBroken),
        ({"code": 200, "message": "Hồ sơ đã tồn tại"}, ContractBroken),
        ({"code": 422, "message": "Hồ sơ ĐÃ TỒN TẠI"}, AlreadyDone),
        ({"code": 422, "message": "Thiếu"}, Rejected),
        ({"code": 401}, Unavailable),
        ({"code": 502}, OutcomeUnknown),
        ({"code": 500}, OutcomeUnknown),
        ({"code": True}, ContractBroken),
        ({"code": None}, ContractBroken),
        ({"code": ""}, ContractBroken),
        ({"message": "Thành công"}, ContractBroken),
        ({"code": 200, "message": 5}, ContractBroken),
        ([], ContractBroken),
    ],
)
def test_what_an_answer_at_200_means(there, monkeypatch, body, error):
    """A code of success with a readable id of this very dossier is a success; nothing else is."""
    answer = SandboxAnswer(200, {}, json.dumps(body).encode())
    real = there.sandbox._with_token
    monkeypatch.setattr(there.sandbox, "_with_token", lambda request, act: (real(request, act), answer)[1])
    if error is None:
        assert there.client.create_dossier(dossier(), uploads=uploads(), form={}) == "x"
        return
    with pytest.raises(error) as raised:
        there.client.create_dossier(dossier(), uploads=uploads(), form={})
    assert type(raised.value) is error


# ---- files ---------------------------------------------------------------------------------------------------------------


def test_a_file_is_checked_before_and_after(clock):
    """The bytes are those that were named, and the hash that comes back is theirs."""
    for here in ministry(clock, {"file_hash": "sha256"}):
        assert here.client.upload(FileRef("f1", "a.pdf", sha256=DIGEST), CONTENT).hash == DIGEST
        with pytest.raises(Rejected, match="not the file"):
            here.client.upload(FileRef("f1", "a.pdf", sha256=DIGEST), CONTENT + b"x")
    for here in ministry(clock, {"file_hash": "md5"}):
        with pytest.raises(ContractBroken, match="another file"):
            here.client.upload(FileRef("f1", "a.pdf"), CONTENT)
    for here in ministry(clock, {"largest_file_bytes": 5}):
        with pytest.raises(Rejected, match="too many"):
            here.client.upload(FileRef("f1", "a.pdf"), CONTENT)
        assert here.sandbox.received == {}


@pytest.mark.parametrize("name", ["", " ", "a/b", 'a"b', "a\r\nX: y", "a\u202efdp.exe", "x" * 256])
def test_a_name_that_cannot_stand_in_a_header_never_leaves(name):
    """It would end the header and begin another."""
    with pytest.raises(ValueError):
        upload.body_of("files", name, b"x")


def test_the_form_holds_the_bytes_as_they_are():
    """Cut by hand at the boundary; the same file makes the same body."""
    content = bytes(range(256)) * 3
    body, media = upload.body_of("files", "Đơn.pdf", content)
    boundary = media.partition("boundary=")[2].encode()
    head, _, rest = body.partition(b"\r\n\r\n")
    assert head.startswith(b"--" + boundary + b"\r\n")
    assert b"filename*=UTF-8''%C4%90%C6%A1n.pdf" in head
    assert rest == content + b"\r\n--" + boundary + b"--\r\n"
    assert upload.body_of("files", "Đơn.pdf", content) == (body, media)
    with pytest.raises(ValueError):
        upload.body_of("files", "a", b"")


def test_a_payload_that_is_no_base64_never_leaves(there):
    """Half a file is no file."""
    payload = {"file": to_json(FileRef("f1", "a.pdf")), "content_base64": "@@@"}
    with pytest.raises(Rejected, match="base64"):
        there.operations["upload_file"].perform(Call("k", "f1", payload))
    assert there.sandbox.received == {}


# ---- dates ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "good", "bad"),
    [
        (
            wire.from_iso,
            "2026-06-08T07:47:28.329",
            [
                "2026-06-08T07:47:28",
                "2026-06-08 07:47:28.329",
                "2026-02-31T07:47:28.329",
                "2026-06-08T24:00:00.000",
            ],
        ),
        (
            wire.from_spaced,
            "2026-06-08 14:07:53",
            ["2026-06-08T14:07:53", "08/06/2026 14:07:53", "2026-06-08 25:00:00", "2026-06-08 1:07:53"],
        ),
        (
            wire.from_digits,
            "20241231000000",
            ["20241331000000", "2024123100000", "2024-12-31", "２0241231000000"],
        ),
    ],
)
def test_each_form_of_dates_is_read_by_its_own_rule(read, good, bad):
    """A form in the wrong field is an error, never another day."""
    assert read("", "f") is None
    assert read(good, "f").utcoffset().total_seconds() == 7 * 3600
    for text in bad:
        with pytest.raises(Unreadable):
            read(text, "f")


def test_no_secret_or_token_stands_in_a_note(there):
    """Bodies are full of people."""
    with collecting() as exchanges:
        there.create()
    assert [each.operation for each in exchanges] == ["GetToken", "UploadFile", "NoiHoSo"]
    assert "ma-thong-bao" not in repr(exchanges)
    assert hashlib.sha256(CONTENT).hexdigest() == DIGEST
    assert settings().client_secret.get_secret_value() not in repr(exchanges)
