"""Files at the upload door: read right, or refused whole with row and column; nothing in between."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import psycopg
import pytest

from tests.integration.bad_input.everything import unchanged
from tests.support.session_files import bank, settlement

FILE_TABLES = (
    "settlement_file",
    "settlement_line",
    "statement_file",
    "statement_line",
    "case_item",
    "match_record",
)
GOOD = settlement([{"reference": "LT01"}, {"reference": "LT02", "amount": 70_000}])
BANK = bank([{"amount": 50_000, "text": "LT01 le phi"}, {"amount": -20_000, "text": "hoan"}], opening=100_000)


def upload(client: httpx.Client, headers: dict[str, str], raw: bytes, profile: str) -> httpx.Response:
    key = hashlib.sha256(raw + profile.encode()).hexdigest()
    return client.post(
        "/api/v1/statements", params={"name": "tep.csv", "profile": profile}, content=raw,
        headers={**headers, "idempotency-key": key, "content-type": "application/octet-stream"},
    )  # fmt: skip


def changed(raw: bytes, before: str, after: str) -> bytes:
    assert before.encode() in raw
    return raw.replace(before.encode(), after.encode(), 1)


def first_row(
    amount: str = "50000", at: str = "20261120120000", reference: str = "LT01", **more: Any
) -> bytes:
    """The good file with its first row written differently; the trailer stays."""
    old = "LIENTH01,LT01,14000001,01,50000,0,50000,20261120120000,00"
    kind, status = more.get("kind", "01"), more.get("status", "00")
    new = f"LIENTH01,{reference},14000001,{kind},{amount},0,{more.get('net', amount)},{at},{status}"
    return changed(GOOD, old, new)


REFUSED_SETTLEMENTS = {
    "not a number": first_row("NaN"),
    "infinite": first_row("Infinity"),
    "negative": first_row("-50000"),
    "zero": first_row("0"),
    "a fraction": first_row("50000.5"),
    "a fraction with comma": first_row('"50000,5"'),
    "an exponent": first_row("5e4"),
    "an underscore": first_row("50_000"),
    "digits of another script": first_row("５００００"),
    "a formula as the amount": first_row("=50000"),
    "nothing as the amount": first_row(""),
    "more than there is": first_row("9" * 20),
    "31 February": first_row(at="20260231120000"),
    "the hour 25": first_row(at="20261120250000"),
    "a date of another form": first_row(at="11/20/2026 12:00:00"),
    "nothing as the date": first_row(at=""),
    "an unknown type": first_row(kind="77"),
    "an unknown status": first_row(status="zz"),
    "no reference": first_row(reference=""),
    "a wrong sum": changed(GOOD, ",120000,0,120000,", ",120001,0,120000,"),
    "a wrong count": changed(GOOD, "Tổng cộng: 2", "Tổng cộng: 3"),
    "no trailer": GOOD[: GOOD.index("Tổng".encode())],
    "a row twice": changed(GOOD, "LIENTH01,LT02,14000002", "LIENTH01,LT02,14000001"),
    "a column missing": changed(GOOD, "TransactionNo,TransactionType,Amount", "TransactionNo,TransactionType,Khac"),
    "a heading twice": changed(GOOD, "Fee,Net", "Amount,Net"),
    "a cell too many": changed(GOOD, "20261120120000,00\n", "20261120120000,00,7,8\n"),
    "a NUL": changed(GOOD, "LT01", "LT\x0001"),
    "nothing": b"",
    "only a head": GOOD[: GOOD.index(b"\n") + 1],
    "a login page": b"<html><body><form>Dang nhap</form></body></html>",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
    "UTF-16 cut in the middle of a letter": GOOD.decode().encode("utf-16")[:-1],
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED_SETTLEMENTS)
def test_a_session_file_with_one_bad_place_is_refused_whole(
    browser: httpx.Client, portal: dict[str, str], sql: psycopg.Connection, name: str
):
    """A file that is wrong in one place may be wrong in others; the answer says where."""
    with unchanged(sql):
        answer = upload(browser, portal, REFUSED_SETTLEMENTS[name], "vnpay-session")

    assert answer.status_code == 422, answer.text
    said = answer.json()
    assert said["code"] == "bad-input"
    if REFUSED_SETTLEMENTS[name]:
        assert said["errors"], said
        assert all(error["code"] and error["detail"] for error in said["errors"])


@pytest.mark.parametrize(
    "name", [n for n in REFUSED_SETTLEMENTS if n in {"zero", "a fraction", "31 February", "an unknown type"}]
)
def test_the_place_is_named(browser: httpx.Client, portal: dict[str, str], name: str):
    """'The file is wrong' sends an accountant through 40,000 rows."""
    errors = upload(browser, portal, REFUSED_SETTLEMENTS[name], "vnpay-session").json()["errors"]

    assert any("2" in error["pointer"] for error in errors), errors


def test_a_cut_file_is_never_taken_for_a_whole_one(
    browser: httpx.Client, portal: dict[str, str], sql: psycopg.Connection
):
    """A transfer that broke off looks like a quiet day. Only empty cells at the very end carry nothing."""
    whole = GOOD.rstrip(b"\n,")
    cuts = [*range(1, len(whole), 7), len(whole) - 1]
    with unchanged(sql):
        codes = {cut: upload(browser, portal, whole[:cut], "vnpay-session").status_code for cut in cuts}

    assert {cut: code for cut, code in codes.items() if code != 422} == {}


REFUSED_STATEMENTS = {
    "not a number": changed(BANK, ",50000,", ",NaN,"),
    "a fraction": changed(BANK, ",50000,", ",50000.55,"),
    "an amount of two readings": changed(BANK, ",50000,", ",5e4,"),
    "a sum that is not": changed(BANK, "Số dư cuối ngày,130000", "Số dư cuối ngày,130001"),
    "both sides": changed(BANK, ",,50000,", ",10,50000,"),
    "31 February": changed(BANK, "23/11/2026", "31/02/2026"),
    "two forms of date": changed(BANK, "23/11/2026", "2026.11.23"),
    "XML with an entity": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "1">]><Document>&e;</Document>',
    "XML nested without end": b"<Document>" + b"<a>" * 20_000 + b"</a>" * 20_000 + b"</Document>",
    "XML cut": b'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>',
    "MT940 cut": b":20:X\n:25:1\n:28C:1/1\n:60F:C261120VND100,\n:61:2611",
}


@pytest.mark.parametrize("name", REFUSED_STATEMENTS)
def test_a_statement_with_one_bad_place_is_refused_whole(
    browser: httpx.Client, portal: dict[str, str], sql: psycopg.Connection, name: str
):
    """What is proved not to add up, or cannot be read, is not loaded; the reason is told."""
    raw = REFUSED_STATEMENTS[name]
    profile = "" if raw[:1] in (b"<", b":") else "bank-generic-csv"
    with unchanged(sql):
        answer = upload(browser, portal, raw, profile)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"], answer.text


def tcvn3(raw: bytes) -> bytes:
    """As an old office program writes it: small letters with tones for capital ones."""
    from connectors.statements.tcvn3 import _TABLE

    table = {letter: byte for byte, letter in _TABLE.items()}
    return bytes(
        table.get(c, table.get(c.lower(), ord("?") if ord(c) > 127 else ord(c))) for c in raw.decode()
    )


def windows_1258(raw: bytes) -> bytes:
    """Tones as marks of their own, as Windows writes them."""
    import unicodedata

    out = []
    for letter in raw.decode():
        try:
            out.append(letter.encode("cp1258"))
        except UnicodeEncodeError:
            base = unicodedata.normalize("NFD", letter)
            head, tone = unicodedata.normalize("NFC", base[:-1]), base[-1]
            out.append((head + tone).encode("cp1258", "replace"))
    return b"".join(out)


OTHER_WRITINGS = {
    "utf-16": lambda raw: raw.decode().encode("utf-16"),
    "utf-16 without a mark": lambda raw: raw.decode().encode("utf-16-le"),
    "utf-8 with a mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "windows-1258": windows_1258,
    "tcvn3": tcvn3,
    "windows line ends": lambda raw: raw.replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("writing", OTHER_WRITINGS)
@pytest.mark.parametrize(("profile", "raw"), [("vnpay-session", GOOD), ("bank-generic-csv", BANK)])
def test_another_writing_is_read_to_the_same_amounts_or_refused(
    browser: httpx.Client,
    portal: dict[str, str],
    sql: psycopg.Connection,
    writing: str,
    profile: str,
    raw: bytes,
):
    """Half-read letters are a nuisance, half-read amounts are money."""
    answer = upload(browser, portal, OTHER_WRITINGS[writing](raw), profile)

    table, column = (
        ("settlement_line", "gross") if profile == "vnpay-session" else ("statement_line", "amount")
    )
    amounts = [row[0] for row in sql.execute(f"select {column} from {table} order by 1").fetchall()]
    if answer.status_code == 201:
        assert amounts == ([50_000, 70_000] if profile == "vnpay-session" else [-20_000, 50_000])
    else:
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"]
        assert amounts == []


def test_the_same_file_again_is_told_so_and_changes_nothing(
    browser: httpx.Client, portal: dict[str, str], sql: psycopg.Connection
):
    """The same bytes arrive by mail and by upload."""
    assert upload(browser, portal, GOOD, "vnpay-session").status_code == 201
    with unchanged(sql):
        again = browser.post(
            "/api/v1/statements", params={"name": "khac.csv", "profile": "vnpay-session"}, content=GOOD,
            headers={**portal, "idempotency-key": "another"},
        )  # fmt: skip

    assert again.json()["repeated"] is True


def test_rows_in_another_order_say_the_same(
    browser: httpx.Client, portal: dict[str, str], sql: psycopg.Connection
):
    """A file is a set of rows."""
    head, one, two, foot = GOOD.decode().splitlines()
    answer = upload(browser, portal, f"{head}\n{two}\n{one}\n{foot}\n".encode(), "vnpay-session")

    assert answer.status_code == 201, answer.text
    rows = sql.execute("select reference, gross from settlement_line order by reference").fetchall()
    assert rows == [("LT01", 50_000), ("LT02", 70_000)]


FORMULA = '=HYPERLINK("http://x.test";"1")'


def test_a_formula_is_text_wherever_it_comes_out_again(
    browser: httpx.Client, portal: dict[str, str], sql: psycopg.Connection
):
    """What leaves as a spreadsheet cannot run on an official's computer (S8)."""
    raw = bank([{"amount": 50_000, "text": "=1+1"}], opening=0)
    answer = upload(browser, portal, raw, "bank-generic-csv")

    assert answer.status_code in (201, 422), answer.text
    stored = [row[0] for row in sql.execute("select text from statement_line").fetchall()]
    assert stored in ([], ["=1+1"]), "stored as received; the exports make it harmless"


def test_a_file_beyond_every_size_is_refused_while_it_arrives(
    browser: httpx.Client, portal: dict[str, str], sql: psycopg.Connection
):
    """Memory is not the limit."""

    def endless():
        for _ in range(70):
            yield b"x" * 1_000_000

    with unchanged(sql):
        answer = browser.post(
            "/api/v1/statements", params={"name": "to.csv", "profile": "vnpay-session"}, content=endless(),
            headers={**portal, "idempotency-key": "big"}, timeout=60,
        )  # fmt: skip

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "a\x00b.csv", "x" * 5000, "<script>.csv", "=cmd|x.csv"]
)
def test_a_strange_file_name_is_only_a_name(
    browser: httpx.Client, portal: dict[str, str], sql: psycopg.Connection, name: str
):
    """A name is text that somebody else chose."""
    answer = browser.post(
        "/api/v1/statements", params={"name": name, "profile": "vnpay-session"}, content=GOOD,
        headers={**portal, "idempotency-key": "n"},
    )  # fmt: skip

    assert answer.status_code in (201, 400, 422), answer.text
    if answer.status_code != 201:
        assert sql.execute("select count(*) from settlement_file").fetchone()[0] == 0
