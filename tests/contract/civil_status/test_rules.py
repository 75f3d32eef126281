"""Order of states, due times, set-up, and tables: pure."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.civil_status import translate, wire
from connectors.civil_status.causes import Cause, Why, as_code, by_field, checked, from_code, split
from connectors.civil_status.rules import (
    Arrival,
    Head,
    Lack,
    LinkedState,
    SetUp,
    Unit,
    due,
    linked_state,
    missing_before,
    missing_setup,
    on_arrival,
    our_state,
)
from connectors.civil_status.tables import LINKED, MODULES, Class, codes, module_of, text_meaning, texts
from connectors.kit.reading import VIETNAM
from jobs.calendar.working import WorkingCalendar
from mappings.canonical.dossier import DossierState
from mappings.canonical.party import Birth, BirthPrecision, PersonName
from mappings.errors import MappingError

FOUR = LinkedState.REGISTERED


@pytest.mark.parametrize(
    ("sent", "missing"),
    [([], (1, 3, 7)), ([1], (3, 7)), ([7, 1], (3,)), ([3], (1, 7)), ([1, 3, 7], ()), ([1, 3, 7, 4], ())],
)
def test_what_must_go_before_the_result(sent, missing):
    """4 is only taken after 1, 3 and 7, in this order."""
    assert missing_before(sent, FOUR) == missing
    assert all(missing_before(sent, state) == () for state in LinkedState if state is not FOUR)


@given(st.sets(st.sampled_from(list(LinkedState))))
def test_what_was_sent_and_what_is_missing_are_the_whole(sent):
    """Nothing is sent twice for the order's sake and nothing is left out."""
    missing = missing_before(sent, FOUR)
    assert not set(missing) & sent
    assert {1, 3, 7} <= set(missing) | sent
    assert list(missing) == [state for state in (1, 3, 7) if state in missing]


@pytest.mark.parametrize(
    ("received", "until"),
    [
        ("2026-11-23T08:00", "2026-11-23T17:00"),
        ("2026-11-23T14:59:59", "2026-11-23T17:00"),
        ("2026-11-23T15:00", "2026-11-25T17:00"),  # the 24th is a public holiday
        ("2026-11-24T09:00", "2026-11-25T17:00"),
        ("2026-11-27T15:00", "2026-11-30T17:00"),
        ("2026-11-28T09:00", "2026-11-30T17:00"),
    ],
)
def test_when_a_dossier_is_due(received, until):
    """Before 15:00 the same day at 17:00, otherwise the next working day; the calendar is the installation's own."""
    moment = datetime.fromisoformat(received).replace(tzinfo=VIETNAM)
    found = due(moment, WorkingCalendar())
    assert found == datetime.fromisoformat(until).replace(tzinfo=VIETNAM)
    assert due(moment.astimezone(), WorkingCalendar()) == found


def test_what_becomes_of_a_dossier_that_comes_again():
    """Only one that is being supplemented is overwritten."""
    assert on_arrival(None) is Arrival.CREATE
    assert on_arrival(DossierState.SUPPLEMENT) is Arrival.OVERWRITE
    others = set(DossierState) - {DossierState.SUPPLEMENT}
    assert {on_arrival(state) for state in others} == {Arrival.ACKNOWLEDGE}


HERE = SetUp(
    procedures={"2.001023": "2.001023"},
    units=(Unit("H21.129", "23710", "000.129.H21"), Unit("H21.130", "", "000.130.H21")),
    officers={("2.001023", "H21.129"): ("tiepnhan01",)},
)
GOOD = Head("5", "G22-1", "2.001023", "23710", "LTKS")


def lacking(head=GOOD, **changes):
    facts = {"procedures": HERE.procedures, "units": HERE.units, "officers": HERE.officers, **changes}
    return [(each.lack, each.what) for each in missing_setup(head, SetUp(**facts))]


def test_a_dossier_comes_in_where_everything_is_set_up():
    """Nothing is missing."""
    assert lacking() == []


@pytest.mark.parametrize(
    ("head", "changes", "found"),
    [
        (Head("5", "G", "2.001023", "23710", ""), {}, [(Lack.MODULE, "")]),
        (Head("5", "G", "9.9", "23710", "LTKS"), {}, [(Lack.PROCEDURE, "9.9")]),
        (Head("5", "G", "2.001023", "99999", "LTKS"), {}, [(Lack.UNIT, "99999")]),
        (
            GOOD,
            {"units": (*HERE.units, Unit("H21.131", "", "000.129.H21"))},
            [(Lack.UNIT_TWICE, "000.129.H21")],
        ),
        (GOOD, {"units": (*HERE.units, Unit("H21.131", "23710", "x"))}, [(Lack.UNIT_TWICE, "23710")]),
        (GOOD, {"units": (Unit("H21.129", "23710", ""),)}, [(Lack.UNIT_TWICE, "H21.129")]),
        (GOOD, {"officers": {}}, [(Lack.OFFICER, "2.001023/H21.129")]),
        (GOOD, {"officers": {("2.001023", "H21.129"): (" ",)}}, [(Lack.OFFICER, "2.001023/H21.129")]),
        (
            Head("5", "G", "9.9", "99999", ""),
            {},
            [(Lack.MODULE, ""), (Lack.PROCEDURE, "9.9"), (Lack.UNIT, "99999")],
        ),
    ],
    ids=str,
)
def test_everything_that_is_missing_is_named_at_once(head, changes, found):
    """One look at the parked dossier tells the whole work."""
    assert lacking(head, **changes) == found


def test_what_is_missing_is_told_in_both_languages():
    """Operators read Vietnamese."""
    [missing] = missing_setup(Head("5", "G", "9.9", "23710", "LTKS"), HERE)
    assert missing.words() == "thủ tục 9.9 chưa được ánh xạ"
    assert missing.words("en") == "procedure 9.9 is not mapped"


def test_modules_are_found_by_procedure_and_day():
    """The code may go on behind its national part; the table holds from a day."""
    day = date(2026, 11, 23)
    assert module_of("2.000986", day) == module_of("2.001023.000.00.00.H21", day) == "LTKS"
    assert module_of("1.011733", day) == "LTKT"
    assert module_of("1.004873", day, {"1.004873": "BS"}) == "BS"
    for wrong, on, more in (
        ("2.00098", day, {}),
        ("2.0009861", day, {}),
        ("2.000986", date(2019, 1, 1), {}),
        ("1.1", day, {"1.1": "XX"}),
    ):
        with pytest.raises(MappingError):
            module_of(wrong, on, more)
    assert LINKED < MODULES


@pytest.mark.parametrize(
    ("text", "cls", "ending"),
    [
        ("Cập nhật THÀNH CÔNG", Class.TERMINAL, "done"),
        ("Cập nhật không thành công", Class.UNCLEAR, ""),
        ("Hồ sơ đã tồn tại trong Một cửa điện tử", Class.TERMINAL, "done"),
        ("Hồ sơ không tồn tại", Class.TERMINAL, "absent"),
        ("Hồ sơ bị từ chối", Class.TERMINAL, "refused"),
        ("Hồ sơ đã trả kết quả", Class.TERMINAL, "done"),
        ("Đã có kết quả xử lý", Class.TERMINAL, "done"),
        ("Đã hoàn thành đăng ký", Class.TERMINAL, "done"),
        ("Hồ sơ chưa cập nhật trạng thái thành công", Class.RETRY, ""),
        ("Hồ sơ chưa được gửi", Class.RETRY, ""),
        ("Có lỗi trong quá trình thêm mới", Class.RETRY, ""),
        ("Client received SOAP Fault from server", Class.RETRY, ""),
        ("Internal Server Error", Class.RETRY, ""),
        ("Logic xử lý không hợp lệ", Class.PERMANENT, ""),
    ],
)
def test_texts_of_answers_have_one_class(text, cls, ending):
    """Also when they come decomposed; the careful reading wins where two texts are contained."""
    import unicodedata

    for form in ("NFC", "NFD"):
        found = text_meaning(unicodedata.normalize(form, text))
        assert (found.cls, found.ending) == (cls, ending)


def test_an_unknown_text_has_no_meaning():
    """It decides nothing."""
    assert text_meaning("xin chào") is None
    assert text_meaning("") is None


def test_the_tables_are_whole():
    """Every class of text says what its error is; every code of the guide is there."""
    assert all(row.branch for row in texts() if row.cls is Class.RETRY)
    assert all(row.ending for row in texts() if row.cls is Class.TERMINAL)
    assert set(codes()) == {"100", "101", "106", "108", "200", "201", "302", "500"}


def test_states_are_told_and_read_by_table():
    """What has no word there is not told."""
    assert linked_state(DossierState.DONE) is FOUR
    with pytest.raises(MappingError):
        linked_state(DossierState.UNPAID)
    assert our_state(3) is DossierState.PROCESSING
    assert our_state(9) is DossierState.PENDING


TOO_LONG = "có độ dài vượt quá số lượng cho phép. Vui lòng kiểm tra lại thông tin."
NOT_THERE = "không tồn tại. Vui lòng kiểm tra lại thông tin danh mục theo mô tả."
FORMAT = "có định dạng không đúng. Vui lòng kiểm tra lại tài liệu."


@pytest.mark.parametrize("glue", ["n", "\n", " ", ""])
@pytest.mark.parametrize(
    "field", ["nksHoTen", "nycEmail", "nktNgayChet", "meSoDDCN", "chaDanToc", "noiDangKy"]
)
def test_their_long_text_is_taken_apart_by_field(glue, field):
    """Line breaks are lost or have become an n glued to a field, which may itself begin with n."""
    text = glue.join([f"cbsSoDDCN {TOO_LONG}", f"{field} {NOT_THERE}", f"{field} {FORMAT}"])
    assert split(text) == (
        Cause("cbsSoDDCN", Why.TOO_LONG),
        Cause(field, Why.NOT_IN_CATALOGUE),
        Cause(field, Why.WRONG_FORMAT),
    )


def test_causes_survive_as_a_code_and_hold_no_sentence():
    """The code is stored and shown; a sentence of theirs may quote a citizen."""
    found = split(f"cbsSoDDCN {TOO_LONG}nycHoTen NGUYỄN VĂN THỬ {FORMAT}")
    assert from_code(as_code(found)) == found
    assert "THỬ" not in as_code(found)
    assert from_code("106") == from_code("") == from_code("a:b") == ()
    assert split("") == split("lỗi hệ thống") == ()
    assert by_field({"soHoSoLT": ["Thiếu trường bắt buộc"], "x": 5}) == (Cause("soHoSoLT", Why.MISSING),)


@given(st.text(max_size=400))
def test_any_text_is_taken_apart_without_an_error(text):
    """It comes from outside."""
    assert all(cause.field and cause.why for cause in split(text))


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ({"cbsSoDDCN": "001099000001"}, []),
        ({"cbsSoDDCN": "0010990000019"}, ["too_long"]),
        ({"cbsSoDDCN": "00109900000"}, ["wrong_format"]),
        ({"cbsSoDDCN": "00109900000x"}, ["wrong_format"]),
        ({"cbsSoDDCN": ""}, []),
        ({"cbsSoDDCN": None}, []),
        ({"nksHoTen": {"Ho": "LÊ", "Ten": "BÉ"}}, []),
        ({"nksHoTen": {"Ho": "LÊ", "Ten": ""}}, ["wrong_format"]),
        ({"nksHoTen": {"Ho": "LÊ", "Ten": "BÉ 2"}}, ["wrong_format"]),
        ({"nksHoTen": {"First": "A"}}, ["wrong_format"]),
        ({"nksHoTen": "A" * 101}, ["too_long"]),
        ({"nksNgaySinh": {"namSinh": "2026"}}, []),
        ({"nksNgaySinh": {"namSinh": "2026", "ngaySinh": "1"}}, ["wrong_format"]),
        ({"nksNgaySinh": {"namSinh": "2026", "thangSinh": "2", "ngaySinh": "30"}}, ["wrong_format"]),
        ({"nycNgayCapGiayToTuyThan": "25/06/2023"}, []),
        ({"nycNgayCapGiayToTuyThan": "2023-06-25"}, ["wrong_format"]),
        ({"nycNoiCuTru": {"dcChiTiet": "Thôn", "quocGia": "VN", "maTinh": "52", "maXa": "23710"}}, []),
        ({"nycNoiCuTru": {"maTinh": "5", "maXa": "23710"}}, ["wrong_format"]),
        ({"nycNoiCuTru": {"maTinh": "52", "maXa": "99999"}}, ["not_in_catalogue"]),
        ({"nksDanToc": "63009"}, ["not_in_catalogue"]),
        ({"nksQuocTich": "XX"}, []),
        ({"nksGioiTinh": "nam"}, ["wrong_format"]),
        ({"nksGioiTinh": 1.5}, ["wrong_format"]),
        ({"unheardOf": "anything"}, []),
        ({"unheardOf": 1.5}, ["wrong_format"]),
    ],
    ids=str,
)
def test_the_check_before_sending_asks_what_they_would_ask(form, found):
    """Lengths and shapes by the table; catalogues only where they were read."""
    assert [str(cause.why) for cause in checked(form, {3: {"63001"}, 4: {"52", "23710"}})] == found


def test_names_and_births_are_split_as_they_split_them():
    """A name in one field at its first and last word; a birth as far as it is known."""
    assert translate.name(PersonName("Trần Thị Bé Mẫu")) == {"Ho": "Trần", "ChuDem": "Thị Bé", "Ten": "Mẫu"}
    assert translate.name(PersonName("Mẫu")) == {"Ho": "", "ChuDem": "", "Ten": "Mẫu"}
    assert translate.name(PersonName("x", "A", "B", "C")) == {"Ho": "A", "ChuDem": "B", "Ten": "C"}
    for precision, month, day in (("day", "01", "02"), ("month", "01", ""), ("year", "", "")):
        made = translate.birth(Birth(date(1990, 1, 2), BirthPrecision(precision)))
        assert made == {"namSinh": "1990", "thangSinh": month, "ngaySinh": day}


def test_no_personal_field_is_among_those_that_are_shown():
    """Exchange summaries are read by anybody on duty."""
    assert not [name for name in wire.SHOWN if name.startswith(wire.PERSONAL_PREFIXES)]
    assert not wire.SHOWN & {
        "data",
        "ketQuaXuLy",
        "inputSend",
        "errors",
        "message",
        "title",
        "value",
        "nguoiXuLy",
    }
