"""The ministry's form and what VNeID sends: secrets, files, supplements, bad bodies."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from connectors.errors import ContractBroken, Forged, OutcomeUnknown, Rejected
from connectors.judicial_records import notifications
from connectors.judicial_records.connect import CODE_DOOR, DOSSIER_DOOR, connected
from connectors.judicial_records.sandbox import AtMinistry, JudicialSandbox
from connectors.kit.effects import Call, Done, NotDone
from connectors.kit.exchanges import collecting
from connectors.kit.sandbox import Fault
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.canonical.judicial import Declarer, FormKind, JudicialRequest, PaperKind
from mappings.canonical.party import Birth, Sex
from tests.contract.judicial_records.conftest import (
    AUTH_KEY,
    CODE_GET,
    FILE,
    NAME,
    NUMBER,
    PDF,
    PLANTED,
    REFERENCE,
    month,
    opened,
    request,
    settings,
    told,
    year,
)

GOOD = {"CodeGet": CODE_GET}


def test_the_ministry_takes_a_request_with_its_files(office):
    """Their own form: other names, files inside the message."""
    office.client.request_of_ministry(request(), [FILE])
    facts = office.books()["ministry"][REFERENCE]["facts"]
    assert (facts["maTinh"], facts["maHoSoMCDT"], facts["nguonDangKy"]) == ("52", REFERENCE, "1")
    form = facts["toKhai"]
    assert (form["loaiPhieu"], form["yeuCauCDNCV"], form["nycNgaySinh"]) == (1, 0, "05/02/1990")
    assert form["nycThuongTru"] == {
        "maTinhThanh": "01",
        "maQuanHuyen": "",
        "maPhuongXa": "00004",
        "dcChiTiet": "Số 1 phố Thử",
    }
    assert [row["tuNgay"] for row in form["nycCuTru"]] == ["2004", "09/2012"]
    assert form["fileHoSo"] == [
        {"tenLoaiFile": "CCCD", "tenFile": "can-cuoc.pdf", "noiDungFile": FILE.content}
    ]


def test_the_older_spelling_is_a_profile(clock):
    """NguonDangKey in an older paper."""
    sandbox = JudicialSandbox(clock=clock, auth_key=AUTH_KEY, source_field="nguonDangKey")
    with opened(clock, sandbox) as office, pytest.raises(Rejected):
        office.client.request_of_ministry(request())
    with opened(clock, sandbox, ministry_more={"source_field": "nguonDangKey"}) as office:
        office.client.request_of_ministry(request())


def test_a_file_that_is_no_base64_does_not_leave(office):
    """They would store half a paper."""
    from dataclasses import replace

    for content in ("", "không phải", "AAA"):
        with pytest.raises(Rejected) as raised:
            office.client.request_of_ministry(request(), [replace(FILE, content=content)])
        assert raised.value.code == "not-sent"
    assert sum(office.sandbox.received.values()) == 0


def test_a_request_whose_answer_was_lost_is_found_by_scan(office):
    """And one that never arrived is not found, which proves nothing."""
    [operation] = [o for o in office.connection.operations if o.name == "request_of_ministry"]
    call = Call("k", REFERENCE, {"request": to_json(request()), "files": []})
    assert isinstance(operation.look_up(call), NotDone)
    office.sandbox.faults.add(
        Fault.read({"operation": "request_of_ministry", "kind": "lose_answer", "times": 1})
    )
    with pytest.raises(OutcomeUnknown):
        operation.perform(call)
    assert isinstance(operation.look_up(call), Done)


def test_a_certificate_comes_with_number_day_and_bytes(office):
    """The bytes travel beside the news, to be stored with it; crimes and penalties are never read."""
    office.client.request_of_ministry(request())
    office.control("issue", reference=REFERENCE, state="4", number="12/2026", content=FILE.content)
    found = office.client.scan(REFERENCE)
    [news] = found.items
    [paper] = news.results
    assert (news.state, news.kind) == (DossierState.DONE, NewsKind.FINISHED)
    assert (paper.number, paper.issued_at.date()) == ("12/2026", date(2026, 11, 23))
    assert (paper.file.media_type, paper.file.size) == ("application/pdf", len(PDF))
    assert found.contents[paper.file.id] == PDF
    assert "tinhTrangAnTich" not in repr(news)
    assert paper.code == "KQ.G01.000200"
    assert from_json(DossierNews, to_json(news)) == news


def test_a_link_is_a_link_only_when_it_is_encrypted(office):
    """http:// would be fetched by anybody on the way; it is not base64 either."""
    office.client.request_of_ministry(request())
    office.control(
        "issue", reference=REFERENCE, state="4", number="12/2026", content="https://bo.example/phieu/12"
    )
    [news] = office.client.scan(REFERENCE).items
    assert (news.results[0].file.url, news.results[0].file.sha256) == ("https://bo.example/phieu/12", "")
    office.control(
        "issue", reference=REFERENCE, state="4", number="12/2026", content="http://bo.example/phieu/12"
    )
    with pytest.raises(ContractBroken):
        office.client.scan(REFERENCE)


def test_an_unknown_state_of_the_ministry_is_pending(office):
    """Their list is not public."""
    office.client.request_of_ministry(request())
    office.control("issue", reference=REFERENCE, state="77")
    [news] = office.client.scan(REFERENCE).items
    assert (news.state, news.their_state, news.kind) == (DossierState.PENDING, "77", NewsKind.STATE)


def test_a_scan_about_another_dossier_is_refused(office):
    """Somebody else's certificate must not be filed here."""
    office.sandbox.ministry[REFERENCE] = AtMinistry("H21.15-261123-9999", {}, "4")
    with pytest.raises(ContractBroken):
        office.client.scan(REFERENCE)


def test_without_the_ministry_nothing_leaves(clock):
    """Not every province has that form."""
    with opened(clock, ministry=None) as office:
        for act in (
            lambda: office.client.scan(REFERENCE),
            lambda: office.client.request_of_ministry(request()),
        ):
            with pytest.raises(Rejected) as raised:
                act()
            assert raised.value.code == "not-sent"


def test_neither_the_key_nor_the_person_stands_in_notes(office):
    """AuthKey travels inside the body."""
    with collecting() as exchanges:
        office.client.request_of_ministry(request(), [FILE])
        office.client.scan(REFERENCE)
    assert len(exchanges) == 2
    assert [part for part in (*PLANTED, AUTH_KEY, FILE.content) if part in repr(exchanges)] == []


# ---- what VNeID sends ------------------------------------------------------------------------------------------------


def body(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "maTinh": "52",
        "tenTinh": "Gia Lai",
        "maHoSoMCDT": REFERENCE,
        "ngayTiepNhan": "23/11/2026 08:00:00",
        "nguonDangKy": 3,
        "tenNguonDangKy": "VNeID",
        "toKhai": {
            "loaiPhieu": 2,
            "yeuCauCDNCV": 1,
            "maMucDich": 4,
            "tenMucDich": "Xin việc",
            "soLuongCap": 2,
            "nycHoTen": NAME,
            "nycTenGioiTinh": "Nữ",
            "nycNgaySinh": "05/02/1990",
            "nycThuongTru": {"maTinhThanh": "01", "maPhuongXa": "00004", "chiTiet": "Số 1 phố Thử"},
            "nycDienThoai": "0900000017",
            "nycSoGiayTo": NUMBER,
            "nycQuocTich": "VN",
            "nycHoTenCha": "Nguyễn Văn Giả Định",
            "chaNamSinh": 1960,
            "uyQuyen": 0,
            "quaTrinhCTNNNLV": [
                {
                    "tuThangNam": "09/2012",
                    "denThangNam": "",
                    "diaChiCuTru": {"chiTiet": "Số 1 phố Thử"},
                    "ngheNghiep": "Kỹ sư",
                },
                {"tuThangNam": "2004", "denThangNam": "09/2012", "diaChiCuTru": {"chiTiet": "Số 1 phố Thử"}},
            ],
            "giayToDinhKem": [
                {"ma": "CC", "ten": "Căn cước", "danhSach": [{"loai": "pdf", "duLieu": FILE.content}]}
            ],
        },
        "thongTinBienLai": {"trangThaiGD": 1, "dSKhoanNop": [{"NoiDung": "Phí", "SoTien": "100000"}]},
    }
    return {**made, **changes}


def form(**changes: Any) -> dict[str, Any]:
    return body(toKhai={**body()["toKhai"], **changes})


def received(message: Any, query: dict[str, str] = GOOD, **changes: Any) -> notifications.Received:
    raw = message if isinstance(message, bytes) else json.dumps(message).encode()
    return notifications.verified(raw, query, settings=settings(**changes))


def test_a_dossier_of_vneid_is_read_whole():
    """Request, residences by month or year, files, what was paid there."""
    found = received(body())
    news = found.news
    assert (news.kind, news.dossier_code, news.state) == (
        NewsKind.NEW_DOSSIER,
        REFERENCE,
        DossierState.RECEIVED,
    )
    made = from_json(JudicialRequest, news.facts["request"])
    assert (made.form, made.ban_position, made.copies, made.declarer) == (
        FormKind.TWO,
        True,
        2,
        Declarer.INDIVIDUAL,
    )
    assert (made.applicant.birth, made.applicant.sex) == (Birth(date(1990, 2, 5)), Sex.FEMALE)
    assert (made.paper.kind, made.applicant.personal_number) == (PaperKind.CARD, NUMBER)
    assert [row.since for row in made.residences] == [month(2012, 9), year(2004)]
    assert made.father.birth == year(1960)
    [ref] = news.facts["files"]
    assert found.contents == {ref["id"]: PDF}
    assert news.facts["receipt"]["lines"] == [{"name": "Phí", "amount": 100000}]
    assert from_json(DossierNews, to_json(news)) == news


def test_who_hands_in_for_another_is_the_applicant():
    """The owner of the matter stays who it is about."""
    mandate = {
        "nuqHoTen": "Trần Văn Mẫu",
        "nuqSoGiayTo": "001089000025",
        "nuqQuanHe": {"ma": 1, "ten": "Chồng"},
    }
    news = received(form(uyQuyen=1, thongTinUyQuyen=mandate)).news
    assert news.dossier.applicant.name.full == "Trần Văn Mẫu"
    assert news.dossier.owner.name.full == NAME


@pytest.mark.parametrize(
    "query", [{}, {"CodeGet": ""}, {"CodeGet": CODE_GET[:-1]}, {"codeget": CODE_GET}, {"CodeGet": "\udcff"}]
)
def test_without_the_secret_nothing_is_read(query):
    """Not even whether the body is one; in constant time."""
    for raw in (json.dumps(body()).encode(), b"{", b""):
        with pytest.raises(Forged) as raised:
            received(raw, query)
        assert CODE_GET not in repr(raised.value)
    with pytest.raises(Forged):
        notifications.asked_for_code(query, settings=settings())


def test_two_secrets_are_valid_while_one_is_replaced_and_none_without_vneid(clock):
    """And what is not set up cannot be opened by an empty secret."""
    both = {"code_get": "ma-moi-cua-vneid-0002", "previous_code_get": CODE_GET}
    assert received(body(), vneid=both).news.dossier_code == REFERENCE
    assert received(body(), {"CodeGet": "ma-moi-cua-vneid-0002"}, vneid=both).news.dossier_code == REFERENCE
    with pytest.raises(Forged):
        received(body(), {"CodeGet": ""}, vneid=None)
    doors = connected(settings(), clock=clock).verifiers
    doors[CODE_DOOR](GOOD)
    assert doors[DOSSIER_DOOR](json.dumps(body()).encode(), GOOD).news.dossier_code == REFERENCE
    with pytest.raises(ValueError):
        settings(vneid={"code_get": "ngan"})


BAD: list[Callable[[], Any]] = [
    lambda: b"",
    lambda: b"\xff",
    lambda: json.dumps(body()).encode()[:-1],
    lambda: b'{"maHoSoMCDT": "A", "maHoSoMCDT": "B"}',
    list,
    lambda: body(maHoSoMCDT=""),
    lambda: body(maHoSoMCDT="../A B"),
    lambda: body(toKhai=None),
    lambda: body(ngayTiepNhan="2026-11-23"),
    lambda: body(lenhXoa=1),
    lambda: form(lenhXoa=1),
    lambda: form(nycHoTen=""),
    lambda: form(nycHoTen="Nguyễn\u202e"),
    lambda: form(nycHoTen=["a"]),
    lambda: form(nycNgaySinh="1990-02-05"),
    lambda: form(loaiPhieu=3),
    lambda: form(soLuongCap=-1),
    lambda: form(soLuongCap="1_0"),
    lambda: form(quaTrinhCTNNNLV={}),
    lambda: form(quaTrinhCTNNNLV=[{"tuThangNam": "13/2012"}]),
    lambda: form(giayToDinhKem=[{"ten": "x", "danhSach": [{"loai": "pdf", "duLieu": "@@@"}]}]),
    lambda: form(giayToDinhKem=[{"ten": "x", "danhSach": [{"loai": "pdf"}]}]),
    lambda: form(giayToDinhKem=[{"ten": "x", "danhSach": [{"loai": "pdf", "duLieu": base64.b64encode(b"x" * 2_000).decode()}]}]),
    lambda: body(thongTinBienLai={"dSKhoanNop": [{"SoTien": "100.5"}]}),
]  # fmt: skip


@pytest.mark.parametrize("message", BAD)
def test_a_body_that_is_not_as_agreed_changes_nothing_and_is_not_quoted(message):
    """A command is taken whole or not at all; an error names the field."""
    with pytest.raises(ValueError) as raised:
        received(message(), most_file_bytes=1_000)
    assert [part for part in PLANTED if part in told(raised.value)] == []


def test_a_field_that_was_agreed_later_is_taken():
    """By settings, not by chance."""
    more = {"code_get": CODE_GET, "more_fields": {"maThamChieu"}}
    assert received(body(maThamChieu="x"), vneid=more).news.dossier_code == REFERENCE


def test_the_same_bytes_have_the_same_key_and_others_another():
    """A repeat is recorded once; a supplement is another message."""
    first, again = received(body()).news.key, received(body()).news.key
    assert first == again
    assert received(form(soLuongCap=3)).news.key != first


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        (None, NewsKind.NEW_DOSSIER),
        (DossierState.SUPPLEMENT, NewsKind.SUPPLEMENT_RECEIVED),
        *((state, None) for state in DossierState if state is not DossierState.SUPPLEMENT),
    ],
)
def test_an_existing_dossier_is_changed_only_while_a_supplement_is_waited_for(known, kind):
    """State 5 alone; anything else would overwrite what is being worked on."""
    verdict = notifications.decided(received(body()), known)
    assert (verdict.news.kind if verdict.news else None) is kind
    assert bool(verdict.refusal) is (kind is None)


def test_a_repeat_is_answered_as_before_and_changes_nothing():
    """Their answer may have been lost: the second one must not read like a refusal."""
    verdict = notifications.decided(received(body()), DossierState.RECEIVED, seen=True)
    assert verdict.news is not None
    assert verdict.news.kind is NewsKind.NEW_DOSSIER


def test_our_answers_have_their_shape():
    """00 or 01."""
    assert json.loads(notifications.answer("00", data=REFERENCE)) == {
        "statusCode": "00",
        "data": REFERENCE,
        "errorDetail": None,
    }
    assert json.loads(notifications.answer("01", detail="x")) == {
        "statusCode": "01",
        "data": None,
        "errorDetail": "x",
    }


def test_a_refusal_that_may_mean_they_have_it_is_unknown_and_the_scan_tells(office):
    """A replay of what arrived must not end as refused."""
    office.client.request_of_ministry(request())
    with pytest.raises(OutcomeUnknown):
        office.client.request_of_ministry(request())
    assert len(office.client.scan(REFERENCE).items) == 1


def test_no_field_that_may_be_shown_is_a_persons():
    """What summaries show is chosen by name; the names are kept apart."""
    from connectors.judicial_records.client import SHOWN
    from connectors.judicial_records.wire import PERSONAL

    assert set() == SHOWN & PERSONAL
