"""Canonical → wire → canonical loses nothing that both sides know; what must not leave is refused by name."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.dvcqg import translate, translate_back
from connectors.dvcqg.profile import profile
from connectors.dvcqg.translate import NotSendable
from connectors.kit.reading import Unreadable
from mappings.canonical.dossier import DossierState, FeeKind
from mappings.canonical.file import Channel, CopyKind, FeeItem, FileRef, Paper, ResultPaper, Reuse, Supplement
from mappings.canonical.party import Party, PartyKind, PersonName, Place
from mappings.errors import MappingError
from mappings.tables import applicants, national_statuses
from tests.contract.dvcqg.conftest import AT, CODE, dossier, person, settings, step

PROFILE = profile(settings(send_note=True), date(2026, 11, 25))

words = st.text(
    st.sampled_from("aăâđêôơưẠếễỗựÁnghtrNGUYỄN0123456789 .,-/&<>\"'|{}"), min_size=1, max_size=40
).filter(lambda text: text.strip())
maybe_words = st.just("") | words
codes = st.text(st.sampled_from("ABCGHK.-0123456789"), min_size=1, max_size=20)
moments = st.datetimes(
    datetime(2015, 1, 1), datetime(2040, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=7))])
).map(lambda value: value.replace(microsecond=0))
maybe_moments = st.none() | moments
digits = lambda count: st.text("0123456789", min_size=count, max_size=count)


@st.composite
def parties(draw: st.DrawFn) -> Party:
    """Owners as the portal can know them: one paper, and the card number beside a tax code."""
    kind = draw(st.sampled_from([PartyKind.CITIZEN, PartyKind.ENTERPRISE, PartyKind.AGENCY, PartyKind.OTHER]))
    papers = {"personal_number": digits(12), "old_number": digits(9)}
    if kind is PartyKind.CITIZEN:
        papers["passport"] = digits(7).map(lambda number: f"B{number}")
        chosen = draw(st.none() | st.sampled_from(sorted(papers)))
        known = {chosen: draw(papers[chosen])} if chosen else {}
    else:
        known = {"tax_code": draw(digits(10) | digits(10).map(lambda number: f"{number}-001"))}
        chosen = draw(st.none() | st.sampled_from(sorted(papers)))
        known |= {chosen: draw(papers[chosen])} if chosen else {}
    place = draw(st.none() | words.map(lambda text: Place(text=text)))
    return Party(
        kind=kind,
        name=PersonName(draw(words)),
        place=place,
        phone=draw(maybe_words),
        email=draw(maybe_words),
        fax=draw(maybe_words),
        account=draw(maybe_words),
        **known,
    )


@st.composite
def handed_in(draw: st.DrawFn, number: int) -> Paper:
    """A paper with files; its name is the first file's, since the portal keeps one name per file."""
    names = draw(st.lists(words, min_size=1, max_size=3))
    files = tuple(
        FileRef(f"f{number}-{place}", name, url=f"https://tep.example/{number}/{place}?han=1")
        for place, name in enumerate(names)
    )
    return Paper(
        code=f"TP{number}",
        name=names[0],
        files=files,
        digitised=draw(st.booleans()),
        reuse=draw(st.sampled_from(Reuse)),
        result_code=draw(st.just("") | codes),
        deleted=draw(st.booleans()),
    )


bare = st.builds(
    Paper,
    code=st.just(""),
    name=words,
    copy=st.sampled_from(CopyKind),
    quantity=st.integers(1, 99),
)
fees = st.builds(
    FeeItem,
    code=maybe_words,
    name=words,
    kind=st.sampled_from([FeeKind.PHI, FeeKind.LE_PHI]),
    amount=st.integers(0, 999_999_999_999),
)
results = st.builds(ResultPaper, codes, words, st.none()) | st.builds(
    lambda code, name, place: ResultPaper(code, name, FileRef(place, name, url="https://tep.example/k")),
    codes,
    words,
    codes,
)


@st.composite
def supplements(draw: st.DrawFn) -> Supplement:
    return Supplement(
        id=draw(codes),
        asked_by=draw(words),
        reason=draw(words),
        asked_at=draw(moments),
        papers=tuple(draw(handed_in(number)) for number in range(draw(st.integers(0, 2)))),
        fees=tuple(draw(st.lists(fees, max_size=2))),
        answered_by=draw(maybe_words),
        answer=draw(maybe_words),
        answered_at=draw(maybe_moments),
        due_before=draw(maybe_moments),
        due_after=draw(maybe_moments),
    )


@st.composite
def dossiers(draw: st.DrawFn):
    """Any dossier in the words that both sides have."""
    accepted = draw(st.booleans())
    both = [
        state
        for state in DossierState
        if (state, accepted) in national_statuses.numbers()
        and national_statuses.status(national_statuses.number_of(state, accepted=accepted)).state is state
    ]
    papers = tuple(draw(handed_in(number)) for number in range(draw(st.integers(0, 3))))
    return dossier(
        f"H21.{draw(digits(2))}-{draw(digits(6))}-{draw(digits(4))}",
        procedure=f"{draw(digits(1))}.{draw(digits(6))}",
        procedure_name=draw(words),
        field=draw(maybe_words),
        field_name=draw(maybe_words),
        agency_name=draw(words),
        applicant=draw(parties()),
        state=draw(st.sampled_from(both)),
        receipt_number=draw(maybe_words),
        summary=draw(maybe_words),
        note=draw(maybe_words),
        channel=draw(st.sampled_from(Channel)),
        return_channel=draw(st.sampled_from([Channel.DIRECT, Channel.POST])),
        submitted_at=draw(maybe_moments),
        received_at=draw(moments) if accepted else None,
        due_at=draw(maybe_moments),
        finished_at=draw(maybe_moments),
        returned_at=draw(maybe_moments),
        refused_at=draw(maybe_moments),
        papers=papers + tuple(draw(st.lists(bare, max_size=2))),
        results=tuple(draw(st.lists(results, max_size=2))),
        fees=tuple(draw(st.lists(fees, max_size=3))),
        steps=tuple(
            step(number, state, at=draw(moments), content=draw(maybe_words), started_at=AT)
            for number, state in enumerate(
                draw(st.lists(st.sampled_from([DossierState.RECEIVED, DossierState.DONE]), max_size=3)), 1
            )
        ),
        supplements=tuple(draw(st.lists(supplements(), max_size=2))),
        registers=tuple(draw(st.lists(codes, max_size=2))),
        paid_online=draw(st.booleans()),
        vneid_verified=draw(st.booleans()),
    )


@given(dossiers())
def test_there_and_back_loses_nothing_that_both_sides_know(file):
    """Over JSON, as it really goes."""
    sent = {
        "dossier": translate.dossier(file, PROFILE),
        "steps": translate.steps(file.code, file.steps, PROFILE),
    }
    told = json.loads(json.dumps(sent, ensure_ascii=False).encode())

    back = translate_back.dossier(told["dossier"], PROFILE, version=file.version, steps=told["steps"])

    assert back == unicode_of(file)


def unicode_of(file):
    """The same dossier in NFC: what leaves is composed."""
    from mappings.canonical.codec import from_json, to_json

    return from_json(
        type(file), json.loads(unicodedata.normalize("NFC", json.dumps(to_json(file), ensure_ascii=False)))
    )


@given(dossiers())
def test_everything_on_the_wire_is_a_text(file):
    """A number or a null where a text is agreed is what breaks the other side."""

    def walk(value):
        if isinstance(value, dict):
            return all(walk(inner) for inner in value.values())
        if isinstance(value, list):
            return all(isinstance(inner, dict) and walk(inner) for inner in value)
        return type(value) is str

    assert walk(translate.dossier(file, PROFILE))


def test_the_wire_names_and_values_are_those_of_the_facts():
    """Written out by hand, so that translating there and back cannot be wrong together."""
    item = translate.dossier(dossier(), PROFILE)

    assert item["MaHoSo"] == CODE
    assert item["NgayTiepNhan"] == "20261123080000"
    assert item["NgayTra"] == ""
    assert (item["KenhThucHien"], item["HinhThuc"], item["TrangThaiHoSo"]) == ("2", "1", "4")
    assert (item["LoaiDoiTuong"], item["MaDoiTuong"]) == ("1", "tech-0001")
    assert item["DinhDanhCHS"] == {"LoaiDinhDanh": "1", "SoDinhDanh": "001099000001"}
    assert item["HoSoCoThanhPhanSoHoa"] == item["TaiKhoanDuocXacThucVoiVNeID"] == "1"
    assert item["DuocThanhToanTrucTuyen"] == "1"
    assert item["DSKetNoiCSDL"] == [{"MaCSDL": "7"}]
    assert item["TaiLieuNop"][2] == {
        "TepDinhKemId": "f3",
        "TenTepDinhKem": "Giấy cũ.pdf",
        "IsDeleted": "False",
        "MaThanhPhanHoSo": "000.00.00.G18-KQ0002",
        "DuongDanTaiTepTin": "https://tep.example/f/3",
        "DuocSoHoa": "0",
        "DuocTaiSuDung": "2",
        "DuocLayTuKhoDMQG": "1",
        "MaKetQuaThayThe": "KQ.G18.000001",
    }
    assert item["DanhSachTepDinhKemKhac"] == [{"TenGiayTo": "Bản đồ giấy", "SoLuong": "2", "LoaiGiayTo": "0"}]
    assert item["DanhSachLePhi"] == [
        {
            "TenPhiLePhi": "Phí thẩm định",
            "MaPhiLePhi": "P-TD",
            "HinhThucThu": "1",
            "Gia": "300000",
            "LoaiPhiLePhi": "1",
        }
    ]
    assert item["DanhSachGiayToKetQua"] == [
        {
            "TenGiayTo": "Giấy mới",
            "MaThanhPhanHoSo": "",
            "GiayToId": "k1",
            "DuongDanTepTinKetQua": "https://tep.example/k/1",
            "MaGiayToKetQua": "KQ.G18.000002",
        }
    ]
    [asked] = item["DanhSachHoSoBoSung"]
    assert (asked["TrangThaiBoSung"], asked["NgayHenTraMoi"]) == ("1", "20261205080000")
    [sent, _] = translate.steps(CODE, dossier().steps, PROFILE)
    assert sent == {
        "MaHoSo": CODE,
        "NguoiXuLy": "Lê Thị Một Cửa",
        "ChucDanh": "Chuyên viên",
        "ThoiDiemXuLy": "20261123090000",
        "PhongBanXuLy": "Bộ phận Một cửa",
        "NoiDungXuLy": "Tiếp nhận hồ sơ",
        "TrangThai": "2",
        "NgayBatDau": "20261123080000",
        "NgayKetThucTheoQuyDinh": "20261203080000",
    }


@pytest.mark.parametrize(
    ("state", "accepted", "number"),
    [
        ("received", False, "1"),
        ("received", True, "2"),
        ("refused", False, "3"),
        ("processing", True, "4"),
        ("paused", True, "4"),
        ("supplement", True, "5"),
        ("unpaid", True, "6"),
        ("withdrawn", True, "7"),
        ("refused", True, "8"),
        ("cancelled", True, "8"),
        ("done", True, "9"),
        ("returned", True, "10"),
    ],
)
def test_every_state_has_the_portals_number(state, accepted, number):
    """Refused before acceptance is 3, after it the dossier is stopped."""
    file = dossier(state=DossierState(state), received_at=AT if accepted else None)
    assert translate.dossier(file, PROFILE)["TrangThaiHoSo"] == number


def test_both_tables_of_states_are_total():
    """A state without a row is a dossier that nobody can tell; pending alone is never told."""
    told = {state for state, _ in national_statuses.numbers()}
    assert told == set(DossierState) - {DossierState.PENDING}
    assert len(national_statuses.numbers()) == 2 * len(told)
    assert set(national_statuses.statuses()) == set(range(1, 11))
    assert set(national_statuses.numbers().values()) == set(range(1, 11))
    with pytest.raises(MappingError):
        national_statuses.number_of(DossierState.PENDING, accepted=True)
    for code in (0, 11, True, "4", None):
        assert national_statuses.state_or_pending(code) is DossierState.PENDING


def test_applicants_are_numbered_by_system_and_day():
    """1 is a citizen at the portal and an enterprise at the ministry; the newer numbers hold from their day on."""
    today, early = date(2026, 11, 25), date(2021, 6, 1)
    assert applicants.kind_of("dvcqg", "1", today) is PartyKind.CITIZEN
    assert applicants.kind_of("ministry", "1", today) is PartyKind.ENTERPRISE
    assert applicants.code_of("dvcqg", PartyKind.AGENCY, today) == "3"
    assert applicants.code_of("dvcqg", PartyKind.AGENCY, early) == "2"
    assert applicants.kind_of("dvcqg", "2", early) is PartyKind.ENTERPRISE
    for system, code in (("dvcqg", "0"), ("dvcqg", "9"), ("ministry", "4"), ("nobody", "1")):
        with pytest.raises(MappingError):
            applicants.kind_of(system, code, today)
    with pytest.raises(MappingError):
        applicants.code_of("ministry", PartyKind.AGENCY, today)
    assert {row.kind for row in applicants.applicants() if row.system == "dvcqg"} == set(PartyKind)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": ""}, "MaHoSo"),
        ({"procedure": ""}, "MaTTHC"),
        ({"procedure": "1.004199\n"}, "MaTTHC"),
        ({"procedure_name": ""}, "TenTTHC"),
        ({"applicant": person(name=PersonName(" "))}, "ChuHoSo"),
        ({"summary": "x" * 1001}, "TrichYeuHoSo"),
        ({"note": "x" * 2001}, "GhiChu"),
        ({"due_at": datetime(2026, 11, 23)}, "NgayHenTra"),
        ({"summary": "a\u202eb"}, "TrichYeuHoSo"),
        ({"applicant": person(name=PersonName("a\u200bb"))}, "ChuHoSo"),
        ({"registers": ("\x00",)}, "MaCSDL"),
        ({"summary": "\ud800"}, "TrichYeuHoSo"),
        ({"fees": (FeeItem("T", "Tiền", FeeKind.OTHER, 1),)}, "LoaiPhiLePhi"),
        ({"fees": (FeeItem("T", "Phí", FeeKind.PHI, -1),)}, "Gia"),
        ({"fees": (FeeItem("T", "Phí", FeeKind.PHI, 1.5),)}, "Gia"),
        ({"papers": (Paper("A", "a", files=(FileRef("1", "a"),)),)}, "DuongDanTaiTepTin"),
        ({"papers": (Paper("A", "a", files=(FileRef("1", "a", url="http://x/1"),)),)}, "DuongDanTaiTepTin"),
        (
            {"papers": (Paper("A", "a", files=(FileRef("1", "a" * 4001, url="https://x/1"),)),)},
            "TenTepDinhKem",
        ),
        ({"papers": (Paper("", "a" * 2001),)}, "TenGiayTo"),
        ({"results": (ResultPaper("K", "k", FileRef("1", "k", url="ftp://x")),)}, "DuongDanTepTinKetQua"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_its_name(changes, field):
    """Their refusal would come a night later and name nothing."""
    with pytest.raises(NotSendable) as refused:
        translate.dossier(dossier(**changes), PROFILE)
    assert field in {name for name, _ in refused.value.troubles}
    assert "NGUYỄN" not in str(refused.value)


def test_only_remarks_that_the_settings_name_are_cut():
    """A shortened remark is a remark; a shortened name is another name."""
    cutting = profile(settings(cut=["TrichYeuHoSo"]), date(2026, 11, 25))
    cut = translate.dossier(dossier(summary="x" * 1500), cutting)["TrichYeuHoSo"]
    assert (len(cut), cut[-1]) == (1000, "…")
    with pytest.raises(ValueError, match="remarks"):
        settings(cut=["ChuHoSo"])


def test_a_deleted_paper_needs_no_link_and_a_household_business_is_told_as_other():
    """What they cannot know is told by the nearest number, and only in this direction."""
    gone = Paper("A", "a", files=(FileRef("1", "a"),), deleted=True)
    file = dossier(papers=(gone,), applicant=person(kind=PartyKind.HOUSEHOLD_BUSINESS, tax_code="0100000001"))
    item = translate.dossier(file, PROFILE)
    assert (item["TaiLieuNop"][0]["IsDeleted"], item["TaiLieuNop"][0]["DuongDanTaiTepTin"]) == ("True", "")
    assert (item["LoaiDoiTuong"], item["SoGiayToChuHoSo"]) == ("4", "0100000001")


def test_taxes_and_fines_are_not_in_the_list_of_fees():
    """They go by other messages; a line of a kind that nobody knows is refused instead."""
    lines = tuple(FeeItem(kind.value, kind.value, kind, 1) for kind in FeeKind if kind is not FeeKind.OTHER)
    told = translate.dossier(dossier(fees=lines), PROFILE)["DanhSachLePhi"]
    assert [line["LoaiPhiLePhi"] for line in told] == ["1", "2"]


def test_the_owner_is_told_where_somebody_else_hands_in():
    """ChuHoSo is whose matter it is."""
    owner = person(name=PersonName("TRẦN THỊ CHỦ"), personal_number="", old_number="010990001")
    item = translate.dossier(dossier(owner=owner), PROFILE)
    assert item["ChuHoSo"] == "TRẦN THỊ CHỦ"
    assert item["DinhDanhCHS"] == {"LoaiDinhDanh": "2", "SoDinhDanh": "010990001"}


def test_letters_and_marks_apart_leave_composed():
    """Their search finds composed letters only."""
    apart = unicodedata.normalize("NFD", "Nguyễn Thị Ổn")
    item = translate.dossier(dossier(applicant=person(name=PersonName(apart))), PROFILE)
    assert item["ChuHoSo"] == "Nguyễn Thị Ổn"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("MaHoSo", ""),
        ("MaHoSo", None),
        ("MaHoSo", 5.5),
        ("ChuHoSo", " "),
        ("LoaiDoiTuong", "0"),
        ("KenhThucHien", "9"),
        ("HinhThuc", "2"),
        ("NgayTiepNhan", "20260231000000"),
        ("NgayTiepNhan", "2026-11-23"),
        ("NgayTiepNhan", "2026112308000"),
        ("NgayTiepNhan", "２０２６１１２３０８００００"),
        ("NgayTiepNhan", "20261123246060"),
        ("NgayTiepNhan", "00000000000000"),
        ("DinhDanhCHS", {"LoaiDinhDanh": "1", "SoDinhDanh": "12"}),
        ("DinhDanhCHS", "x"),
        ("TaiLieuNop", "x"),
        ("TaiLieuNop", [None]),
        ("DanhSachLePhi", [{"Gia": "1_000", "LoaiPhiLePhi": "1"}]),
        ("DanhSachLePhi", [{"Gia": "1000", "LoaiPhiLePhi": "3"}]),
        ("DuocThanhToanTrucTuyen", "2"),
        ("TaiKhoanDuocXacThucVoiVNeID", "yes"),
        ("DanhSachHoSoBoSung", [{"HoSoBoSungId": "1"}]),
        ("SoBienNhan", True),
    ],
)
def test_what_comes_back_unreadable_is_an_error_that_names_the_field(field, value):
    """Never nothing, never now, never zero."""
    item = {**translate.dossier(dossier(), PROFILE), field: value}
    with pytest.raises(Unreadable):
        translate_back.dossier(item, PROFILE, version=1)


def test_a_version_of_ours_replaces_the_one_before_it():
    """Two versions differ in what changed and in nothing else."""
    one = translate.dossier(dossier(), PROFILE)
    two = translate.dossier(replace(dossier(), state=DossierState.DONE), PROFILE)
    assert {name for name in one if one[name] != two[name]} == {"TrangThaiHoSo"}
