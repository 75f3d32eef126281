"""Statements and settlement files as tables, by profile."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import xlsxwriter

from connectors.statements.profile import Profile, ProfileError, from_toml, load_profile, ready_profiles
from connectors.statements.reader import read_settlement, read_statement
from connectors.statements.tcvn3 import decode_tcvn3
from mappings.canonical.statement import SettlementFile

HEADER = (
    "STT,TmnCode,TxnRef,Mã GD VNPAY,Loại giao dịch,Số tiền,Phí,Thực nhận,"
    "Thời gian giao dịch,Ngày phiên,Trạng thái,TxnRef gốc,Nội dung"
)
PAID = "1,TTHC0001,AAAAAAAAAAAAAAA1,14000001,Thanh toán,100000,1100,98900,23/11/2026 08:00:01,23/11/2026,Thành công,,x"
BACK = "2,TTHC0001,AAAAAAAAAAAAAAA2,14000002,Hoàn tiền,50000,0,50000,23/11/2026 09:00:01,23/11/2026,Thành công,AAAAAAAAAAAAAAA1,y"
TOTAL = "Tổng cộng: 2,,,,,150000,1100,148900,,,,,"
NAME = "VNPAY_TTHC0001_20261123.csv"


def settlement(*rows: str, name: str = NAME, profile: str = "vnpay-session") -> SettlementFile:
    raw = "\r\n".join(["Đối soát giao dịch,,", HEADER, *rows]).encode("utf-8-sig")
    return read_settlement(raw, load_profile(profile), name)


def codes(read: SettlementFile) -> set[str]:
    return {item.code for item in read.troubles}


def test_a_good_session_is_read_whole() -> None:
    """The gateway's row is what refunds are settled by."""
    read = settlement(PAID, BACK, TOTAL)

    assert read.troubles == ()
    assert (read.session, read.terminal, read.loadable) == (date(2026, 11, 23), "TTHC0001", True)
    paid, back = read.rows
    assert (paid.kind, paid.gross, paid.fee, paid.net, paid.status) == (
        "payment",
        100_000,
        1_100,
        98_900,
        "success",
    )
    assert paid.at == datetime(2026, 11, 23, 1, 0, 1, tzinfo=UTC)
    assert (back.kind, back.original_reference) == ("refund", "AAAAAAAAAAAAAAA1")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (PAID.replace("100000", "0"), "zero-amount"),
        (PAID.replace("100000", "-100000"), "negative-amount"),
        (PAID.replace("100000", "NaN"), "unreadable-amount"),
        (PAID.replace("100000", "1_000"), "unreadable-amount"),
        (PAID.replace("100000", "１００"), "unreadable-amount"),
        (PAID.replace("100000", "100000.5"), "fraction"),
        (PAID.replace("100000", "=1+1"), "formula-cell"),
        (PAID.replace("23/11/2026 08", "31/02/2026 08"), "impossible-date"),
        (PAID.replace("23/11/2026 08:00:01", "2026-11-23"), "unreadable-date"),
        (PAID.replace("23/11/2026 08:00:01", "20261123080001"), "two-date-formats"),
        (PAID.replace("Thanh toán", "Mua bán"), "unknown-kind"),
        (PAID.replace("Thành công", "Lạ"), "unknown-status"),
        (PAID.replace("TTHC0001", "TTHC0002"), "other-terminal"),
        (PAID.replace(",23/11/2026,", ",22/11/2026,"), "other-session"),
        (PAID.replace("98900", "98901"), "net-differs"),
        (BACK.replace("2,TT", "3,TT", 1), "doubled-row"),
        (PAID.replace("AAAAAAAAAAAAAAA1", ""), "missing-field"),
        (PAID + ",extra", "ragged-row"),
    ],
)
def test_one_bad_row_keeps_the_whole_file_from_being_loaded(row: str, code: str) -> None:
    """A file with one wrong row may have others: a person looks before anything is booked."""
    read = settlement(BACK, row, TOTAL)

    assert code in codes(read)
    assert not read.loadable
    assert {item.where for item in read.troubles if item.code == code} == {"4"}
    assert [item.row for item in read.rows] == [3]  # what is readable is still shown


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ((PAID, BACK), "missing-trailer"),
        ((PAID, BACK, TOTAL.replace(": 2", ": 3")), "wrong-count"),
        ((PAID, BACK, TOTAL.replace("150000", "150001")), "wrong-total"),
        ((PAID, TOTAL, BACK), "after-trailer"),
    ],
)
def test_the_total_row_is_a_promise(rows: tuple[str, ...], code: str) -> None:
    """It is the only sign that the file is whole."""
    assert code in codes(settlement(*rows))


def test_the_file_name_belongs_to_the_agreement() -> None:
    """A session under another name is another session."""
    assert "file-name" in codes(settlement(PAID, BACK, TOTAL, name="moi.csv"))
    assert "other-session" in codes(settlement(PAID, BACK, TOTAL, name="VNPAY_TTHC0001_20261124.csv"))


def test_a_header_that_lacks_a_column_is_named() -> None:
    """'Column not found' helps nobody; its name does."""
    raw = HEADER.replace("Phí", "Phụ").encode()
    read = read_settlement(raw, load_profile("vnpay-session"), NAME)

    assert [(item.code, item.field) for item in read.troubles if item.code == "missing-column"] == [
        ("missing-column", "fee")
    ]


BANK_ROWS = [
    ["SAO KÊ TÀI KHOẢN", "", "", "", "", ""],
    ["Số tài khoản: 0011 0022 3344", "", "", "", "", ""],
    ["Số dư đầu kỳ", "", "", "", "", "1.000.000"],
    ["STT", "Ngày giao dịch", "Số tham chiếu", "Phát sinh nợ", "Phát sinh có", "Nội dung"],
    ["1", "23/11/2026", "FT1", "", "1.234.567", "Nộp phí"],
    ["2", "23/11/2026", "FT2", "234.567", "", "Hoàn tiền"],
    ["Tổng cộng", "", "", "234.567", "1.234.567", ""],
    ["Số dư cuối kỳ", "", "", "", "", "2.000.000"],
    ["", "", "", "", "", "Kế toán trưởng"],
]


def as_csv(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(row) for row in rows).encode(encoding)


def as_html(rows: list[list[str]]) -> bytes:
    body = "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) + "</tr>" for row in rows)
    return f"<html><head><meta charset=utf-8><script>x()</script></head><table>{body}</table></html>".encode()


def as_xlsx(rows: list[list[object]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            sheet.write(number, place, cell)
    book.close()
    return out.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        as_csv(BANK_ROWS),
        as_csv(BANK_ROWS, "utf-16"),
        as_csv(BANK_ROWS, "utf-8-sig"),
        as_html(BANK_ROWS),
        as_xlsx(BANK_ROWS),
    ],
    ids=["utf-8", "utf-16", "bom", "html-as-xls", "xlsx"],
)
def test_one_statement_in_every_wrapping(raw: bytes) -> None:
    """Banks send whatever their screen exports; the money is the same."""
    read = read_statement(raw, profile=load_profile("bank-generic-csv"))
    [statement] = read.statements

    assert read.loadable, read.troubles
    assert (statement.account, statement.opening_minor, statement.closing_minor) == (
        "001100223344",
        1_000_000,
        2_000_000,
    )
    assert statement.adds_up is True
    assert [(entry.minor, entry.credit, entry.text) for entry in statement.entries] == [
        (1_234_567, True, "Nộp phí"),
        (234_567, False, "Hoàn tiền"),
    ]


def test_a_ready_profile_is_found_by_the_header() -> None:
    """An accountant who drops a file should not have to know its profile."""
    assert read_statement(as_csv(BANK_ROWS)).format == "csv:bank-generic-csv"


def test_real_dates_and_numbers_of_a_workbook_are_taken_as_they_are() -> None:
    """Excel cells need no guessing."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(0, 0, ["Ngày giao dịch", "Nợ", "Có", "Nội dung"])
    sheet.write_datetime(1, 0, datetime(2026, 11, 23), day)
    sheet.write_row(1, 1, ["", 50_000.0, "x"])
    sheet.write_datetime(2, 0, datetime(2026, 11, 23), day)
    sheet.write_row(2, 1, ["", 0.5, "x"])
    sheet.write_datetime(3, 0, datetime(2026, 11, 23), day)
    sheet.write_formula(3, 2, "=C2*2", None, 100_000)
    book.close()
    read = read_statement(out.getvalue(), profile=load_profile("bank-generic-csv"))
    first = read.statements[0].entries[0]

    assert (first.minor, first.booking_date) == (50_000, date(2026, 11, 23))
    assert [(item.code, item.where) for item in read.troubles] == [("fraction", "3"), ("formula-cell", "4")]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (["3", "23/11/2026", "F", "1", "1", ""], "both-sides"),
        (["3", "23/11/2026", "F", "", "", ""], "both-sides"),
        (["3", "31/02/2026", "F", "1", "", ""], "impossible-date"),
        (["3", "2026-11-23", "F", "1", "", ""], "two-date-formats"),
        (["3", "23/11/2026", "F", "12.34", "", ""], "unreadable-amount"),
        (["3", "23/11/2026", "F", "-5", "", ""], "negative-amount"),
        (["3", "23/11/2026", "=cmd()", "5", "", ""], "formula-cell"),
    ],
)
def test_a_bad_row_is_named(row: list[str], code: str) -> None:
    """With row and column, as the bank's clerk sees them."""
    rows = [*BANK_ROWS[:6], row, *BANK_ROWS[6:]]
    read = read_statement(as_csv(rows), profile=load_profile("bank-generic-csv"))

    assert ("7", code) in {(item.where, item.code) for item in read.troubles}
    assert not read.loadable


def test_a_running_balance_is_checked_line_by_line() -> None:
    """It finds the very line that is missing."""
    rows = "Ngày giao dịch,Nợ,Có,Số dư\n23/11/2026,,100,100\n23/11/2026,,5,105\n23/11/2026,5,,101\n"
    read = read_statement(rows.encode(), profile=load_profile("bank-generic-csv"))

    assert (read.troubles[0].code, read.troubles[0].where) == ("running-balance", "4")


def test_text_in_the_old_font_encoding_is_decoded_by_its_table() -> None:
    """TCVN3 is still met in offices; a byte outside its table means another encoding."""
    assert (
        decode_tcvn3("Céng hßa x· héi chñ nghÜa ViÖt Nam".encode("latin-1"))
        == "Cộng hòa xã hội chủ nghĩa Việt Nam"
    )
    with pytest.raises(ValueError, match="0xff"):
        decode_tcvn3(b"a\xff")


@pytest.mark.parametrize("encoding", ["utf-8", "tcvn3"])
def test_a_wrong_encoding_is_refused_by_name(encoding: str) -> None:
    """Replacement characters in a name would be paid to nobody."""
    profile = replace(load_profile("bank-generic-csv"), encoding=encoding)
    read = read_statement(b"Ng\xff\xffy giao d\xc0\xfech,\x80\n1", profile=profile)

    assert [item.code for item in read.troubles] == ["undecodable"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty-file"),
        (b"  \r\n", "empty-file"),
        (b"%PDF-1.7", "unknown-format"),
        (b"<a>1</a>", "unknown-format"),
        (b"PK\x03\x04broken", "unreadable-file"),
        (b"\xd0\xcf\x11\xe0broken", "unreadable-file"),
        (b"hello world", "unknown-format"),
        (b"<html><body>login</body></html>", "unknown-format"),
        (bytes(range(256)) * 8, "unknown-format"),
    ],
)
def test_what_is_no_statement_is_refused_with_the_reason(raw: bytes, code: str) -> None:
    """Every file gets an answer; none gets a traceback."""
    read = read_statement(raw)

    assert [item.code for item in read.troubles] == [code]
    assert not read.loadable


def test_every_ready_profile_can_be_loaded_and_names_its_source() -> None:
    """A layout that nobody can trace is a guess."""
    profiles = ready_profiles()

    assert set(profiles) >= {
        "vnpay-session",
        "payment-platform-day",
        "bank-generic-csv",
        "bank-vietcombank-like",
        "treasury-day",
    }
    assert all(profile.source for profile in profiles.values())


@pytest.mark.parametrize(
    "text",
    [
        "nonsense =",
        'name = "x"\nkind = "statement"',
        'name = "x"\nkind = "other"\n[columns]\ndate = "d"',
        'name = "x"\nkind = "statement"\nwrong = 1\n[columns]\ndate = "d"',
        'name = "x"\nkind = "statement"\nsign = "signed"\n[columns]\ndate = "d"',
        'name = "x"\nkind = "statement"\nfactor = "1"\n[columns]\ndate = "d"\ndebit = "n"\ncredit = "c"',
    ],
)
def test_a_profile_that_cannot_be_obeyed_is_refused(text: str) -> None:
    """A mistake in a profile must not become a mistake in money."""
    with pytest.raises(ProfileError):
        from_toml(text, "test.toml")


def test_a_mark_column_and_a_factor() -> None:
    """Some partners write a sign letter and hundredths."""
    profile = Profile(
        name="p",
        kind="statement",
        columns={"date": ("Ngày",), "amount": ("Tiền",), "sign": ("Dấu",)},
        sign="mark",
        factor=100,
    )
    read = read_statement("Ngày,Tiền,Dấu\n23/11/2026,5000,C\n23/11/2026,2550,D\n".encode(), profile=profile)

    assert read.statements[0].entries[0].minor == 50
    assert [(item.code, item.where) for item in read.troubles] == [("fraction", "3")]
