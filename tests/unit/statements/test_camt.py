"""camt by the standard, and everything that must not be believed."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from connectors.statements.camt.reader import Foot
from connectors.statements.reader import read_statement, stream_camt
from mappings.canonical.statement import EntryStatus, StatementEntry
from tests.unit.statements.samples import camt, entry

REVERSAL = "<RvslInd>true</RvslInd>"


def codes(raw: bytes) -> set[str]:
    return {item.code for item in read_statement(raw).troubles}


def only(raw: bytes) -> StatementEntry:
    [statement] = read_statement(raw).statements
    return statement.entries[0]


def test_a_plain_entry_is_read_whole() -> None:
    """The fields that reconciliation matches by are all there."""
    details = (
        "<NtryDtls><TxDtls><Refs><EndToEndId>E2E</EndToEndId><MndtId>NOTPROVIDED</MndtId></Refs><RltdPties><Dbtr><Pty>"
        "<Nm>Nguyễn Văn A</Nm></Pty></Dbtr><DbtrAcct><Id><Othr><Id>990</Id></Othr></Id></DbtrAcct></RltdPties>"
        "<RmtInf><Ustrd>Nộp phí</Ustrd></RmtInf></TxDtls></NtryDtls><AddtlNtryInf>chi nhánh 1</AddtlNtryInf>"
    )
    read = only(camt(entry(details=details), closing="150"))

    assert (read.minor, read.amount, read.credit, read.booked) == (50, "50", True, True)
    assert read.references == {"account_servicer": "FT1", "end_to_end": "E2E"}
    assert (read.counterparty_name, read.counterparty_account) == ("Nguyễn Văn A", "990")
    assert read.text == "Nộp phí chi nhánh 1"


@pytest.mark.parametrize("status", ["<Sts>BOOK</Sts>", "<Sts><Cd>BOOK</Cd></Sts>"])
@pytest.mark.parametrize("version", ["camt.053.001.02", "camt.053.001.06", "camt.053.001.13"])
def test_both_forms_of_status_are_booked_in_every_version(status: str, version: str) -> None:
    """The form changed with version 08, and banks mix them."""
    assert only(camt(entry(status=status), closing="150", version=version)).booked


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("PDNG", EntryStatus.PENDING),
        ("INFO", EntryStatus.INFORMATION),
        ("FUTR", EntryStatus.FUTURE),
        ("XYZ", EntryStatus.PENDING),
    ],
)
def test_what_is_not_booked_is_not_counted(status: str, expected: EntryStatus) -> None:
    """Pending money is not money yet; an unknown status is pending."""
    raw = camt(entry(status=f"<Sts><Cd>{status}</Cd></Sts>"))
    read = read_statement(raw)

    assert read.statements[0].entries[0].status is expected
    assert not read.statements[0].entries[0].booked
    assert read.statements[0].adds_up is True


@pytest.mark.parametrize(
    ("entries", "closing", "credit", "turned"),
    [
        (entry("50", sign="CRDT", extra=REVERSAL), "150", True, False),
        (entry("50", sign="CRDT", extra=REVERSAL), "50", False, True),
        (entry("50", sign="CRDT", extra=REVERSAL), "77", True, False),
    ],
)
def test_the_balances_decide_the_sign_of_a_reversal(
    entries: str, closing: str, credit: bool, turned: bool
) -> None:
    """Banks differ; users booked wrong amounts by trusting either reading."""
    read = read_statement(camt(entries, closing=closing))

    assert read.statements[0].entries[0].credit is credit
    assert ("reversal-sign-turned" in {item.code for item in read.troubles}) is turned
    assert read.statements[0].adds_up is (closing != "77")


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "code"),
    [
        ("50.00", "VND", 50, None),
        ("50.5", "VND", None, "too-many-decimals"),
        ("8.85000", "EUR", 885, None),
        ("8.85001", "EUR", None, "too-many-decimals"),
        ("1.234", "KWD", 1234, None),
        (".5", "EUR", None, "unreadable-amount"),
        ("1,5", "EUR", None, "unreadable-amount"),
        ("-5", "EUR", None, "negative-amount"),
        ("NaN", "EUR", None, "unreadable-amount"),
        ("1_000", "VND", None, "unreadable-amount"),
        ("５０", "VND", None, "unreadable-amount"),
        ("1e3", "VND", None, "unreadable-amount"),
        ("", "VND", None, "unreadable-amount"),
        ("5", "XYZ", None, "unknown-currency"),
        ("0", "VND", 0, None),
        ("007", "VND", 7, None),
    ],
)
def test_amounts_are_read_exactly_or_not_at_all(
    amount: str, currency: str, minor: int | None, code: str | None
) -> None:
    """A guessed amount is worse than none."""
    read = read_statement(camt(entry(amount, currency=currency)))
    found = read.statements[0].entries[0]

    assert found.minor == minor
    if code:
        assert code in {item.code for item in read.troubles}
        assert found.raw["amount"] == amount
        assert not read.loadable


@pytest.mark.parametrize("hidden", ["<x/>", "<x>9</x>"])
def test_an_element_inside_an_amount_is_not_read_around(hidden: str) -> None:
    """'1<x/>000' was read as 1 by other readers."""
    assert "not-plain-text" in codes(camt(entry(f"1{hidden}000")))
    assert only(camt(entry(f"1{hidden}000"))).minor is None


def test_the_same_tags_nested_otherwise_are_another_shape() -> None:
    """Plans are reused by shape: a shape must not be taken for another with the same tags in a row."""
    plain = entry("1", extra="<x/>")
    inside = '<Ntry><Amt Ccy="VND">2</Amt><CdtDbtInd>CRDT<x/></CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-23</Dt></BookgDt><AcctSvcrRef>FT1</AcctSvcrRef></Ntry>'
    read = read_statement(camt(plain + inside))

    assert [item.code for item in read.troubles if item.where.endswith("Ntry[2]")] != []
    assert read.statements[0].entries[1].credit is None


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (camt(entry())[:-30], "not-well-formed"),
        (b'<!DOCTYPE a [<!ENTITY e "1">]>' + camt(entry("&e;")), "doctype"),
        (camt(entry("1<?x?>000")), "processing-instruction"),
        (b"<?xml-stylesheet href='x'?>" + camt(entry()), "processing-instruction"),
        (camt(entry()).replace(b"camt.053.001.08", b"camt.099.001.08"), "unknown-namespace"),
        (
            camt(entry(), version="camt.053.001.08").replace(b"<Cd>OPBD</Cd>", b"<Cd>\xff</Cd>"),
            "not-well-formed",
        ),
    ],
)
def test_hostile_or_broken_xml_is_refused_with_the_reason(raw: bytes, code: str) -> None:
    """Never a traceback, never a half-read statement taken for a whole one."""
    read = read_statement(raw)

    assert code in {item.code for item in read.troubles}
    assert not read.loadable


def test_a_document_cut_anywhere_is_never_loadable() -> None:
    """A cut file that still looks whole would lose money silently."""
    raw = camt(entry() + entry("7"), closing="157")
    assert read_statement(raw).loadable
    assert not any(read_statement(raw[:cut]).loadable for cut in range(len(raw) - 1))


def test_comments_carry_no_meaning() -> None:
    """The XML standard lets them stand anywhere, also inside a number."""
    assert only(camt(entry("1<!-- x -->000"), closing="1100")).minor == 1000


@pytest.mark.parametrize(
    ("day", "code"), [("2026-02-31", "impossible-date"), ("31/02/2026", "unreadable-date")]
)
def test_a_day_that_does_not_exist_is_kept_as_written(day: str, code: str) -> None:
    """The reader must not move money to another day."""
    read = read_statement(camt(entry(booked=day)))

    assert code in {item.code for item in read.troubles}
    assert read.statements[0].entries[0].booking_date is None
    assert read.statements[0].entries[0].raw["booking_date"] == day


def test_a_batch_keeps_its_transactions_with_their_own_references_and_reasons() -> None:
    """The 053 books one sum; the citizens stand inside."""
    parts = "".join(
        f'<TxDtls><Refs><EndToEndId>E{n}</EndToEndId></Refs><Amt Ccy="VND">{n}0</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<RtrInf><Rsn><Cd>AC0{n}</Cd></Rsn></RtrInf></TxDtls>"
        for n in (1, 4)
    )
    read = only(camt(entry(details=f"<NtryDtls>{parts}</NtryDtls>"), closing="150"))

    assert [(d.references["end_to_end"], d.minor, d.return_reason) for d in read.details] == [
        ("E1", 10, "AC01"),
        ("E4", 40, "AC04"),
    ]


def test_missing_required_parts_are_named() -> None:
    """A missing field is an error, never a default."""
    raw = camt(entry().replace("<CdtDbtInd>CRDT</CdtDbtInd>", "").replace("<Sts><Cd>BOOK</Cd></Sts>", ""))
    missing = {item.field for item in read_statement(raw).troubles if item.code == "missing-field"}

    assert {"CdtDbtInd", "Sts"} <= missing


def test_reversing_characters_in_a_text_are_told_and_left_out() -> None:
    """A text that reads backwards on screen can hide another payee."""
    details = "<NtryDtls><TxDtls><RmtInf><Ustrd>ab\u202ecd</Ustrd></RmtInf></TxDtls></NtryDtls>"
    read = read_statement(camt(entry(details=details), closing="150"))

    assert read.statements[0].entries[0].text == "abcd"
    assert "hidden-characters" in {item.code for item in read.troubles}


def test_the_stream_keeps_no_entries() -> None:
    """A province's year fits a small machine."""
    raw = camt(entry() * 4_000, closing=str(100 + 50 * 4_000))
    tracemalloc.start()
    seen = [
        item for item in stream_camt(io.BytesIO(raw), lambda _: None) if not isinstance(item, StatementEntry)
    ]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    foot = seen[-1]
    assert isinstance(foot, Foot)
    assert (foot.entries, foot.adds_up) == (4_000, True)
    assert peak < 2_000_000
