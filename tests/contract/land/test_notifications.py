"""What land registers push to us."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import connectors.land
from connectors.errors import Forged
from connectors.kit.reading import Unreadable, json_value
from connectors.land import notifications, received, wire
from connectors.land.settings import Product
from mappings.canonical.codec import from_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import NewsKind
from mappings.canonical.tax import TaxNotice
from mappings.errors import MappingError
from mappings.tables import land_statuses
from mappings.tables.state_order import may_apply, order
from tests.contract.land.conftest import CODE, RECEIPT, settings

SAMPLES = json.loads(
    (Path(connectors.land.__file__).parent / "contract" / "callbacks.json").read_text("utf-8")
)
OLD = "ma-bao-mat-cu-000001"
VBDLIS = settings(previous_security_code=OLD)
ILIS = settings(product="ilis")


def pushed(operation, body=None, *, code=CODE, having=VBDLIS):
    value = SAMPLES[operation] if body is None else body
    raw = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    path = f"/{operation}/{code}".encode()
    return notifications.verified(path, b"", raw, settings=having)


def changed(operation, **changes):
    body = {**SAMPLES[operation], **changes}
    return {name: value for name, value in body.items() if value != "absent"}


@pytest.mark.parametrize(
    ("operation", "kind", "state"),
    [
        ("ChuyenHoSo", NewsKind.STATE, DossierState.PROCESSING),
        ("YeuCauBoSungHoSo", NewsKind.SUPPLEMENT_ASKED, DossierState.SUPPLEMENT),
        ("NhanBoSungHoSo", NewsKind.SUPPLEMENT_RECEIVED, DossierState.PROCESSING),
        ("GuiKetQuaThue", NewsKind.TAX_NOTICE, DossierState.PENDING),
        ("KetThucHoSo", NewsKind.FINISHED, DossierState.DONE),
        ("YeuCauCapNhatHoSo", NewsKind.UPDATE_ASKED, DossierState.PENDING),
        ("PhanHoiKetQuaThueSai", NewsKind.WRONG_TAX_RESULT, DossierState.PENDING),
        ("TiepNhanHoSoChoMotCua", NewsKind.NEW_DOSSIER, DossierState.RECEIVED),
    ],
)
def test_every_callback_becomes_news(operation, kind, state):
    """Each operation that the province must host, from a sample written by hand."""
    news = pushed(operation)

    assert (news.system, news.kind, news.state) == ("land", kind, state)
    assert news.dossier_code == SAMPLES[operation].get("SoBienNhan", "")
    assert pushed(operation).key == news.key
    assert pushed(operation, json.dumps(SAMPLES[operation], indent=3).encode()).key == news.key


def test_the_moment_of_a_move_is_utc():
    """Shown as local time it would be seven hours wrong, and the deadline with it."""
    news = pushed("ChuyenHoSo")
    assert news.at == datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
    assert (news.officer, news.facts["moved_by"], news.their_state) == ("cb02", "cb01", "4")

    local = settings(callback_zone="local")
    assert pushed("ChuyenHoSo", having=local).at == datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
    told = changed("ChuyenHoSo", NgayChuyen="2026-11-23T20:30:00.1234567+07:00")
    assert pushed("ChuyenHoSo", told).at == datetime(2026, 11, 23, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "path",
    [
        b"/ChuyenHoSo/" + CODE.encode()[:-1],
        b"/ChuyenHoSo/" + CODE.encode() + b"x",
        b"/ChuyenHoSo/" + CODE.upper().encode(),
        b"/ChuyenHoSo/",
        b"/ChuyenHoSo",
        b"/ChuyenHoSo/x/" + CODE.encode(),
        b"/" + CODE.encode() + b"/ChuyenHoSo",
        b"/ChuyenHoSo/%6da-bao-mat-thu-nghiem-1",
        b"",
        b"/ChuyenHoSo/\xff\xfe",
    ],
)
def test_without_the_right_code_nothing_is_read(path):
    """The code in the address is all the proof there is; also a body that cannot be read must not be looked at."""
    with pytest.raises(Forged):
        notifications.verified(path, b"", b"\xff not json", settings=VBDLIS)


def test_the_query_opens_no_door_of_vbdlis_and_the_path_none_of_ilis():
    """Each product has one place for its code."""
    body = json.dumps(SAMPLES["GuiKetQuaThue"]).encode()
    query = b"CodeGet=" + CODE.encode()
    for path, told, having in (
        (b"/GuiKetQuaThue", query, VBDLIS),
        (b"/GuiKetQuaThue/" + CODE.encode(), b"", ILIS),
        (b"/GuiKetQuaThue", b"", ILIS),
        (b"/GuiKetQuaThue", b"CodeGet=", ILIS),
        (b"/GuiKetQuaThue", query + b"&" + query, ILIS),
    ):
        with pytest.raises(Forged):
            notifications.verified(path, told, body, settings=having)


def test_a_register_without_a_code_can_call_nobody():
    """An empty code is not a code that everybody knows."""
    with pytest.raises(Forged):
        pushed("ChuyenHoSo", code="", having=settings(security_code=None))


def test_two_codes_are_good_while_one_is_replaced():
    """Both sides cannot change at the same moment."""
    assert pushed("ChuyenHoSo", code=OLD).dossier_code == RECEIPT


def test_the_code_tells_whose_register_calls():
    """An agency with a register of its own has a code of its own."""
    own = "ma-rieng-cua-so-0002"
    both = settings(
        agencies={"H21.16": {"base_url": "http://127.0.0.1:9", "product": "ilis", "security_code": own}}
    )
    body = json.dumps(SAMPLES["GuiKetQuaThue_ilis"], ensure_ascii=False).encode()
    news = notifications.verified(b"/GuiKetQuaThue", b"CodeGet=" + own.encode(), body, settings=both)

    assert news.facts["agency"] == "H21.16"
    assert pushed("ChuyenHoSo", having=both).facts["agency"] == ""


@pytest.mark.parametrize("sample", ["GuiKetQuaThue", "GuiKetQuaThue_ilis"])
def test_tax_is_read_by_the_names_of_either_product(sample):
    """ILIS writes HoVaChu and DuongDanTBT."""
    news = pushed("GuiKetQuaThue", SAMPLES[sample])
    [notice] = [from_json(TaxNotice, item) for item in news.facts["notices"]]

    assert notice.key == (RECEIPT, "", "TB-0001")
    assert (notice.owner_name, notice.item) == ("NGUYỄN VĂN THỬ", "Lệ phí trước bạ")
    assert notice.file is not None
    assert (notice.file.url, notice.file.media_type) == ("tep/TB-0001.pdf", "application/pdf")


def test_results_are_links_that_must_be_fetched():
    """No bytes are taken from a message that only names them."""
    [paper] = pushed("KetThucHoSo").results
    assert paper.file is not None
    assert (paper.file.url, paper.file.size, paper.file.media_type) == ("tep/GCN-1.pdf", 0, "application/pdf")


def test_a_dossier_that_was_born_there_brings_its_facts_and_files():
    """Zeros that a number lost come back; what is in the message can be stored."""
    news = pushed("TiepNhanHoSoChoMotCua")
    file = news.dossier
    assert file is not None
    assert (file.procedure, file.applicant.name.full, file.parcels[0].area) == (
        "QT7",
        "TRẦN THỊ MẪU",
        "80.25",
    )
    fields = wire.Fields(json_value(json.dumps(SAMPLES["TiepNhanHoSoChoMotCua"]).encode()))
    [content] = received.attachments(fields).values()
    assert content == b"%PDF- thu"
    assert file.papers[0].files[0].id in received.attachments(fields)


def test_letters_of_field_names_may_differ_in_case():
    """Their framework reads and writes both; the same name in two cases is refused."""
    small = {name[0].lower() + name[1:]: value for name, value in SAMPLES["ChuyenHoSo"].items()}
    assert pushed("ChuyenHoSo", small).dossier_code == RECEIPT
    with pytest.raises(Unreadable):
        pushed("ChuyenHoSo", {**SAMPLES["ChuyenHoSo"], "soBienNhan": "H21.99-1"})


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("ChuyenHoSo", b""),
        ("ChuyenHoSo", b"[]"),
        ("ChuyenHoSo", b'{"SoBienNhan": "A", "SoBienNhan": "B"}'),
        ("ChuyenHoSo", json.dumps(SAMPLES["ChuyenHoSo"]).encode("utf-16")),
        ("ChuyenHoSo", json.dumps(SAMPLES["ChuyenHoSo"]).encode()[:-1]),
        ("ChuyenHoSo", changed("ChuyenHoSo", SoBienNhan="absent")),
        ("ChuyenHoSo", changed("ChuyenHoSo", SoBienNhan=" ")),
        ("ChuyenHoSo", changed("ChuyenHoSo", SoBienNhan="A" * 101)),
        ("ChuyenHoSo", changed("ChuyenHoSo", SoBienNhan=["A"])),
        ("ChuyenHoSo", changed("ChuyenHoSo", SoBienNhan=True)),
        ("ChuyenHoSo", changed("ChuyenHoSo", MaTrangThai="absent")),
        ("ChuyenHoSo", changed("ChuyenHoSo", MaTrangThai=4.5)),
        ("ChuyenHoSo", changed("ChuyenHoSo", NgayChuyen="23/11/2026")),
        ("ChuyenHoSo", changed("ChuyenHoSo", NgayChuyen="2026-02-31T00:00:00")),
        ("ChuyenHoSo", changed("ChuyenHoSo", NgayChuyen="2026-11-23T00:00:00+99:00")),
        ("ChuyenHoSo", changed("ChuyenHoSo", GhiChu="a\u0000b")),
        ("GuiKetQuaThue", changed("GuiKetQuaThue", DanhSachThongBaoThue=[])),
        ("GuiKetQuaThue", changed("GuiKetQuaThue", DanhSachThongBaoThue="x")),
        ("GuiKetQuaThue", changed("GuiKetQuaThue", DanhSachThongBaoThue=[{"SoThongBaoThue": "1"}])),
        (
            "GuiKetQuaThue",
            changed(
                "GuiKetQuaThue", DanhSachThongBaoThue=SAMPLES["GuiKetQuaThue"]["DanhSachThongBaoThue"] * 2
            ),
        ),
        ("KetThucHoSo", changed("KetThucHoSo", TrangThaiKetThuc="true")),
        ("KetThucHoSo", changed("KetThucHoSo", TrangThaiKetThuc="absent")),
        ("KetThucHoSo", changed("KetThucHoSo", DanhSachGiayToKetQua=[{"KieuFile": "pdf"}])),
        ("TiepNhanHoSoChoMotCua", changed("TiepNhanHoSoChoMotCua", ThongTinNguoiNopDon="absent")),
        (
            "TiepNhanHoSoChoMotCua",
            changed(
                "TiepNhanHoSoChoMotCua",
                DanhSachGiayToDinhKem=[{"TenGiayTo": "a", "TapTin": {"name": "x", "data": "???"}}],
            ),
        ),
        ("XoaHoSo", {"SoBienNhan": RECEIPT}),
        ("GetDanhMucThuTuc", {"SoBienNhan": RECEIPT}),
    ],
)
def test_what_cannot_be_read_is_an_error_that_names_the_field(operation, body):
    """Cut, doubled, in another encoding or of another type: nothing is guessed."""
    with pytest.raises(Unreadable) as raised:
        pushed(operation, body)
    assert raised.value.field


def test_every_cut_of_a_message_is_an_error():
    """A message that ends early is never the whole one."""
    raw = json.dumps(SAMPLES["KetThucHoSo"]).encode()
    for at in range(len(raw)):
        with pytest.raises(Unreadable):
            pushed("KetThucHoSo", raw[:at])


def test_an_unknown_status_is_pending_and_a_province_can_name_it():
    """Shown as it came, and no reason for any act."""
    body = changed("ChuyenHoSo", MaTrangThai="77")
    assert pushed("ChuyenHoSo", body).state is DossierState.PENDING
    assert pushed("ChuyenHoSo", body).their_state == "77"
    known = settings(status_overrides={"progress/77": "paused"})
    assert pushed("ChuyenHoSo", body, having=known).state is DossierState.PAUSED
    with pytest.raises(MappingError):
        land_statuses.meaning("progress", "77", date(2026, 11, 23), {"progress/77": "asleep"})
    with pytest.raises(MappingError):
        land_statuses.meaning("progress", "4", date(2019, 12, 31))


@pytest.mark.parametrize("current", [DossierState.SUPPLEMENT, DossierState.DONE, DossierState.RETURNED])
def test_a_late_move_takes_no_dossier_back(current):
    """Portal states 5, 9 and 10 stay when ChuyenHoSo with an earlier state comes late."""
    late = pushed("ChuyenHoSo")
    assert not may_apply(current, late)
    assert may_apply(DossierState.RECEIVED, late)


def test_what_goes_on_may_still_come():
    """The rule holds back, it does not freeze."""
    assert may_apply(DossierState.SUPPLEMENT, pushed("NhanBoSungHoSo"))
    assert may_apply(DossierState.SUPPLEMENT, pushed("KetThucHoSo"))
    assert may_apply(DossierState.DONE, pushed("ChuyenHoSo", changed("ChuyenHoSo", MaTrangThai="10")))
    assert not may_apply(DossierState.DONE, pushed("YeuCauBoSungHoSo"))
    assert not may_apply(DossierState.RETURNED, pushed("KetThucHoSo"))
    assert not may_apply(DossierState.WITHDRAWN, pushed("ChuyenHoSo"))
    assert not may_apply(DossierState.PROCESSING, pushed("GuiKetQuaThue"))
    assert may_apply(DossierState.PENDING, pushed("ChuyenHoSo"))


def test_a_move_that_was_overtaken_by_a_later_one_is_history():
    """Both moments are of their clock."""
    news = pushed("ChuyenHoSo")
    assert not may_apply(DossierState.PROCESSING, news, last_at=datetime(2026, 11, 24, tzinfo=UTC))
    assert may_apply(DossierState.PROCESSING, news, last_at=news.at)


def test_the_order_is_total_over_its_states():
    """A state that is added to our words must be thought about here."""
    closed = {DossierState.REFUSED, DossierState.WITHDRAWN, DossierState.CANCELLED}
    judged = {current for current, _ in order()}
    assert judged == set(DossierState) - closed - {DossierState.PENDING}


def test_news_proves_that_they_have_the_dossier():
    """A callback may overtake the answer to our own hand-over, or be all that is left of it."""
    assert notifications.proves_hand_over(pushed("ChuyenHoSo"))
    assert not notifications.proves_hand_over(pushed("TiepNhanHoSoChoMotCua"))


def test_catalogues_are_told_to_who_has_the_code():
    """One of them names officers."""
    path = f"/GetDanhMucNguoiDung/{CODE}".encode()
    assert notifications.asked_for(path, b"", settings=VBDLIS) == notifications.USERS
    told = json.loads(notifications.catalogue([("cb01", "Cán bộ thử")]))
    assert told == {"Result": 1, "Message": "", "Data": [{"Ma": "cb01", "Ten": "Cán bộ thử"}]}
    with pytest.raises(Forged):
        notifications.asked_for(b"/GetDanhMucNguoiDung", b"", settings=VBDLIS)
    with pytest.raises(Unreadable):
        notifications.asked_for(f"/ChuyenHoSo/{CODE}".encode(), b"", settings=VBDLIS)


def test_the_statuses_that_we_tell_are_those_that_we_understand():
    """They choose from our list; each of it must mean something to us."""
    day = date(2026, 11, 23)
    rows = notifications.status_rows(day)
    assert ("9", "Đã xử lý xong") in rows
    assert all(land_statuses.meaning("progress", code, day) for code, _ in rows)
    assert notifications.status_rows(date(2019, 1, 1)) == []


def test_our_answer_has_the_shape_that_each_product_reads():
    """ILIS knows no Data; for a dossier born there Data is its receipt number."""
    assert json.loads(notifications.answer(True, "ok", Product.VBDLIS, RECEIPT)) == {
        "Result": 1,
        "Message": "ok",
        "Data": RECEIPT,
    }
    assert json.loads(notifications.answer(False, "sai", Product.ILIS)) == {"Result": 0, "Message": "sai"}


def test_errors_name_no_person():
    """They are logged and shown."""
    body = changed("TiepNhanHoSoChoMotCua", NgayTiepNhan="hôm qua, ông Mẫu")
    with pytest.raises(Unreadable) as raised:
        pushed("TiepNhanHoSoChoMotCua", body)
    assert "Mẫu" not in str(raised.value)
    assert base64.b64encode(b"%PDF- thu").decode() not in repr(pushed("TiepNhanHoSoChoMotCua"))


def test_no_personal_field_is_among_those_that_are_shown():
    """Exchange summaries are read by anybody on duty."""
    assert not wire.SHOWN & wire.PERSONAL
