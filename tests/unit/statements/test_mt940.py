"""MT940 in the dialects of many banks."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.statements.mt940.lines import entry_day, read_amount, read_line, short_day
from connectors.statements.reader import read_statement
from mappings.canonical.statement import StatementEntry
from tests.unit.statements.samples import mt940


def only(*lines: str, **options: str) -> StatementEntry:
    [statement] = read_statement(mt940(*lines, **options)).statements
    return statement.entries[0]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2611231123C50,NTRFABC//DEF", ("C", "50,", "NTRF", "ABC", "DEF")),
        ("261123C50,00NTRFNONREF", ("C", "50,00", "NTRF", "NONREF", "")),
        ("261123    DD212,39NMSCNONREF//", ("D", "212,39", "NMSC", "NONREF", "")),
        ("2611231123RCN1,5F001X//Y", ("RC", "1,5", "F001", "X", "Y")),
        ("2611231123RD1,NRTIKREF+//2016", ("RD", "1,", "NRTI", "KREF+", "2016")),
        ("100722D25,03NOV NONREF", ("D", "25,03", "NOV", "NONREF", "")),
        ("2611231123D12,35 NRTIKREF+", ("D", "12,35", "NRTI", "KREF+", "")),
        ("2611231123CR3000,S103REF 1//B 2", ("C", "3000,", "S103", "REF 1", "B 2")),
    ],
)
def test_a_statement_line_is_split_as_the_standard_says(line: str, expected: tuple[str, ...]) -> None:
    """Funds codes, blanks in place of dates, missing references: each stands in a real bank's file."""
    read = read_line(line)

    assert read is not None
    assert (read.mark, read.amount, read.kind, read.customer, read.bank) == expected
    assert read.complete


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        ("229,2", "CHF", (22920, None)),
        ("0,", "VND", (0, None)),
        (",5", "EUR", (50, None)),
        ("1000,00", "VND", (1000, None)),
        ("1000,50", "VND", (None, "too-many-decimals")),
        ("12.50", "EUR", (1250, None)),
        ("1.000", "EUR", (None, "ambiguous-amount")),
        ("1.000,00", "EUR", (None, "unreadable-amount")),
    ],
)
def test_a_swift_amount_has_a_comma(
    text: str, currency: str, expected: tuple[int | None, str | None]
) -> None:
    """A point could mean thousands: where both readings are possible none is taken."""
    assert read_amount(text, currency) == expected


def test_days_of_a_short_year() -> None:
    """SWIFT counts 80 to 99 to the last century; a booking day lies in the year nearest to the value day."""
    assert short_day("991231") == date(1999, 12, 31)
    assert short_day("260230") is None
    assert entry_day("0102", date(2026, 12, 30), None) == date(2027, 1, 2)
    assert entry_day("1231", date(2027, 1, 2), None) == date(2026, 12, 31)
    assert entry_day("0230", date(2026, 3, 1), None) is None


@pytest.mark.parametrize(("mark", "closing", "credit"), [("RC", "50,", False), ("RD", "150,", True)])
def test_reversals_go_against_their_original(mark: str, closing: str, credit: bool) -> None:
    """RC takes a credit back, RD a debit."""
    read = only(f":61:2611231123{mark}50,NTRFX", closing=f"C261123VND{closing}")

    assert (read.credit, read.reversal) == (credit, True)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_line_ends_of_every_system(end: str) -> None:
    """Files pass through many hands."""
    assert only(":61:2611231123C50,NTRFX", ":86:abc", closing="C261123VND150,", end=end).text == "abc"


@pytest.mark.parametrize(
    ("details", "text", "references"),
    [
        (
            [":86:166?00GUTSCHRIFT?20EREF+A1?21SVWZ+Nop phi?32NGUYEN?33 VAN A?31DE99"],
            "Nop phi",
            {"end_to_end": "A1"},
        ),
        (
            [":86:/TRTP/SEPA/IBAN/NL75/NAME/NGUYEN VAN A/REMI/Nop phi/EREF/A1"],
            "Nop phi",
            {"end_to_end": "A1"},
        ),
        (
            [":86:/EREF/A1//CNTP/NL75/INGBNL2A/NGUYEN VAN A///REMI/USTD//Nop phi/"],
            "Nop phi",
            {"end_to_end": "A1"},
        ),
        ([":86:020~00Przelew~20Nop phi~32NGUYEN~33 VAN A"], "Nop phi", {}),
        ([":86:Nop phi"], "Nop phi", {}),
    ],
)
def test_details_in_known_habits(details: list[str], text: str, references: dict[str, str]) -> None:
    """Each bank fills :86: in its own way; the form alone tells which."""
    read = only(":61:2611231123C50,NTRFNONREF", *details, closing="C261123VND150,")

    assert read.text == text
    assert {kind: value for kind, value in read.references.items() if kind != "business_code"} == references
    if "NGUYEN" in details[0]:
        assert read.counterparty_name == "NGUYEN VAN A"


def test_a_line_cut_at_its_full_length_is_joined_without_a_blank() -> None:
    """A reference that is cut in two would never be found again."""
    first, rest = "x" * 55 + " ABCDEFGHI", "JKLMNOP1 het"
    assert (
        "ABCDEFGHIJKLMNOP1"
        in only(":61:2611231123C50,NTRFX", f":86:{first}", rest, closing="C261123VND150,").text
    )


def test_a_dash_inside_a_text_does_not_end_the_message() -> None:
    """What follows the dash would be lost, with all later entries of the day."""
    raw = mt940(
        ":61:2611231123C50,NTRFX", ":86:a", "-", "b", ":61:2611231123C1,NTRFY", closing="C261123VND151,"
    )
    [statement] = read_statement(raw).statements

    assert statement.adds_up is True
    assert [entry.references["customer"] for entry in statement.entries] == ["X", "Y"]


def test_vietnamese_in_windows_1258_is_understood() -> None:
    """Older bank software writes it."""
    text = ":86:Nộp phí hồ sơ đất đai"
    windows = {"ộ": b"\xf4\xf2", "í": b"\xed", "ồ": b"\xf4\xcc", "ơ": b"\xf5", "đ": b"\xf0", "ấ": b"\xe2\xec"}
    raw = b"".join(windows.get(letter, letter.encode("ascii", "ignore")) for letter in text)
    message = mt940(":61:2611231123C50,NTRFX", ":86:?", closing="C261123VND150,").replace(b":86:?", raw)

    assert read_statement(message).statements[0].entries[0].text == "Nộp phí hồ sơ đất đai"


def test_an_interim_report_is_information_only() -> None:
    """MT942 shows a day that is not over: nothing of it is posted."""
    raw = b":20:R\n:25:0011\n:28C:1\n:34F:VNDD0,\n:13D:2611231200+0700\n:61:2611231123C50,NTRFX\n:90C:1VND50,\n-\n"
    read = read_statement(raw)

    assert read.format == "mt942"
    assert not read.statements[0].entries[0].booked
    assert read.statements[0].adds_up is None


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((":61:2611231123X50,NTRFA",), "incomplete-line"),
        ((":61:2611231123C50,NMSC",), "incomplete-line"),
        ((":99:?",), "unknown-tag"),
        ((":61:2602301123C50,NTRFA",), "impossible-date"),
        ((":61:2611231123C50,5NTRFA",), "too-many-decimals"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(lines: tuple[str, ...], code: str) -> None:
    """The accountant asks the bank about a line, not about a file."""
    troubles = [item for item in read_statement(mt940(*lines)).troubles if item.code == code]

    assert [item.where for item in troubles] == ["dòng/line 5"]
    assert all(item.fatal for item in troubles)


def test_a_message_without_its_closing_balance_is_refused() -> None:
    """A cut file must not look like a quiet day."""
    raw = mt940(":61:2611231123C50,NTRFX").split(b":62F:")[0]
    read = read_statement(raw)

    assert not read.loadable
    assert ":62F:" in {item.field for item in read.troubles}
