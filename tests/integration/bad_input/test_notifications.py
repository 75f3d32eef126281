"""Notifications: forged, cut, doubled, mismatching, in strange letters. The agreed answer, and nothing lost."""

from __future__ import annotations

import json
import random

import httpx
import psycopg
import pytest

from tests.integration.bad_input import messages
from tests.integration.bad_input.everything import unchanged
from tests.integration.bad_input.messages import AMOUNT, ORDER, TERMINAL, confirm, hashed, ipn

IPN_URL, CONFIRM_URL = "/webhooks/vnpay/ipn", "/webhooks/payment-platform/confirm"


@pytest.fixture(autouse=True)
def an_order(browser: httpx.Client, sql: psycopg.Connection) -> None:
    sql.execute(
        """insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at)
           values (%s, 'vnpay', 'vnpay', %s, %s, 'SENT', now())""",
        (ORDER, TERMINAL, AMOUNT),
    )


def code_of(client: httpx.Client, query: str) -> str:
    answer = client.get(f"{IPN_URL}?{query}")
    assert answer.status_code == 200
    assert set(answer.json()) == {"RspCode", "Message"}
    return str(answer.json()["RspCode"])


GOOD = ipn()
HASH = GOOD.rpartition("=")[2]
FORGED = {
    "another amount": GOOD.replace("vnp_Amount=10000000", "vnp_Amount=1000000"),
    "another order": GOOD.replace(ORDER, "ORDER00000000002"),
    "failed made good": ipn(vnp_ResponseCode="24", vnp_TransactionStatus="02").replace("=24&", "=00&").replace("=02&", "=00&"),
    "no hash": GOOD.rpartition("&")[0],
    "an empty hash": GOOD.replace(HASH, ""),
    "half a hash": GOOD.replace(HASH, HASH[:64]),
    "a hash of zeros": GOOD.replace(HASH, "0" * 128),
    "a hash in another script": GOOD.replace(HASH, "%EF%BC%90" * 128),
    "the hash of another secret": ipn(secret="x" * 32),
    "the hash of an empty secret": ipn(secret=""),
    "somebody else's terminal": ipn(vnp_TmnCode="OTHERTMN"),
    "no terminal": ipn(vnp_TmnCode=None),
    "an amount twice": GOOD.replace("vnp_Amount=10000000", "vnp_Amount=10000000&vnp_Amount=1000000"),
    "an amount twice, hidden": GOOD + "&%76np_Amount=1",
    "an amount twice, in capitals": GOOD + "&VNP_AMOUNT=1",
    "the old kind of hash": GOOD.replace("vnp_SecureHash=", "vnp_SecureHashType=MD5&vnp_SecureHash=") + "0",
    "nothing": "",
    "only signs": "&&&==&",
    "raw bytes": "vnp_TxnRef=%FF%FE&vnp_SecureHash=" + HASH,
    "UTF-16": "vnp_TxnRef=%00O%00R&vnp_SecureHash=" + HASH,
    "endless": GOOD + "&x=" + "y" * 8_000,
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_what_is_not_from_them_is_97_and_changes_nothing(
    browser: httpx.Client, sql: psycopg.Connection, name: str
):
    """A forger learns nothing and moves nothing; a sample is kept for a person."""
    with unchanged(sql):
        assert code_of(browser, FORGED[name]) == "97"


def test_a_message_cut_anywhere_is_forged(browser: httpx.Client, sql: psycopg.Connection):
    """The hash stands at the end: whatever is cut, it no longer holds."""
    with unchanged(sql):
        assert {code_of(browser, GOOD[:cut]) for cut in range(0, len(GOOD), 5)} == {"97"}


UNREADABLE = {
    "no amount": ipn(vnp_Amount=None),
    "a negative amount": ipn(vnp_Amount="-10000000"),
    "a fraction of a đồng": ipn(vnp_Amount="10000050"),
    "an amount with a point": ipn(vnp_Amount="10000000.00"),
    "an exponent": ipn(vnp_Amount="1e7"),
    "NaN": ipn(vnp_Amount="NaN"),
    "full-width digits": ipn(vnp_Amount="１０００００００"),
    "a leading zero": ipn(vnp_Amount="010000000"),
    "more digits than agreed": ipn(vnp_Amount="9" * 13),
    "31 February": ipn(vnp_PayDate="20260231101500"),
    "a date of another form": ipn(vnp_PayDate="23/11/2026 10:15"),
    "no reference": ipn(vnp_TxnRef=None),
    "a reference with a NUL": ipn(vnp_TxnRef="A\0B"),
    "a reference without end": ipn(vnp_TxnRef="A" * 101),
    "no code": ipn(vnp_ResponseCode=None),
    "a long code": ipn(vnp_ResponseCode="00000"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_signed_but_not_readable_is_99_and_never_taken_over(
    browser: httpx.Client, sql: psycopg.Connection, name: str
):
    """They repeat it and a person finds the sample; no half-read message becomes a state."""
    with unchanged(sql):
        assert code_of(browser, UNREADABLE[name]) in ("97", "99")
    assert sql.execute("select count(*) from forged").fetchone()[0] <= 1


def test_zero_is_no_amount(browser: httpx.Client, sql: psycopg.Connection):
    """Nothing is not what was agreed."""
    assert code_of(browser, ipn(vnp_Amount="0")) in ("04", "99")


STORED = {
    "an unknown order": (ipn(vnp_TxnRef="NOBODY0000000001"), "01"),
    "another amount, signed": (ipn(vnp_Amount="9999900"), "04"),
    "an unknown code": (ipn(vnp_ResponseCode="88", vnp_TransactionStatus="88"), "00"),
    "a failed payment": (ipn(vnp_ResponseCode="24", vnp_TransactionStatus="02"), "00"),
    "a field that nobody knows": (ipn(vnp_NewField="x"), "00"),
    "a field that is not theirs": (GOOD + "&utm_source=bank", "00"),
    "a formula": (ipn(vnp_OrderInfo='=HYPERLINK("http://x";"1")'), "00"),
    "Vietnamese letters": (ipn(vnp_OrderInfo="Lệ phí cấp phiếu"), "00"),
    "a hash in capitals": (GOOD.replace(HASH, HASH.upper()), "00"),
}


@pytest.mark.parametrize("name", STORED)
def test_signed_news_is_never_dropped(browser: httpx.Client, sql: psycopg.Connection, name: str):
    """Whatever we think of it: the raw message is kept with our verdict (M9)."""
    query, code = STORED[name]
    with unchanged(sql, "inbox"):
        assert code_of(browser, query) == code

    rows = sql.execute("select raw, verdict from inbox").fetchall()
    assert [(bytes(raw).decode(), verdict) for raw, verdict in rows] == [(query, "verified")]


def test_shuffled_repeated_and_forged_messages_leave_one_row_each(
    browser: httpx.Client, sql: psycopg.Connection
):
    """Ten of each, in any order, one in twenty forged (D2)."""
    chance = random.Random(7)
    good = [ipn(vnp_TxnRef=f"ORDER{n:011d}", vnp_TransactionNo=str(15_000_000 + n)) for n in range(60)]
    sent = [*(good * 10)]
    sent += [query.replace("vnp_Amount=1", "vnp_Amount=2") for query in good[:30]]
    chance.shuffle(sent)
    codes = [code_of(browser, query) for query in sent]

    assert codes.count("97") == 30
    stored = {bytes(row[0]).decode() for row in sql.execute("select raw from inbox").fetchall()}
    assert stored == set(good)
    assert sql.execute("select count(*) from inbox").fetchone()[0] == 60


def platform(client: httpx.Client, body: bytes) -> str:
    answer = client.post(CONFIRM_URL, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    return str(answer.json()["MaLoi"])


RIGHT = confirm()
BAD_CONFIRMS = {
    "another amount": RIGHT.replace(b'"100000"', b'"900000"'),
    "another order": RIGHT.replace(ORDER.encode(), b"ORDER00000000002"),
    "no hash": json.dumps(messages.CONFIRM).encode(),
    "the hash of another secret": confirm(secret="y" * 20),
    "an empty hash": json.dumps(messages.CONFIRM | {"MaXacThuc": ""}).encode(),
    "a key twice": RIGHT[:-1] + b', "SoTien": "1"}',
    "nested without end": b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
    "not JSON": b"SoTien=100000",
    "a list": b"[" + RIGHT + b"]",
    "nothing": b"",
    "UTF-16": RIGHT.decode().encode("utf-16"),
    "Windows-1258": b'{"ThongTinGiaoDich": "Ph\xed"}',
    "a separator inside a value": confirm(ThongTinGiaoDich="a|b", MaNganHang="x"),
    "a fraction": confirm(SoTien="100000.5"),
    "NaN": confirm(SoTien="NaN"),
    "negative": confirm(SoTien="-100000"),
    "nothing as the amount": confirm(SoTien=None),
    "31 February": confirm(ThoiGianGD="20260231101500"),
    "cut": RIGHT[:-30],
    "endless": RIGHT + b" " * 70_000,
}


@pytest.mark.parametrize("name", BAD_CONFIRMS)
def test_a_confirm_that_is_not_theirs_or_not_readable_is_not_taken_over(
    browser: httpx.Client, sql: psycopg.Connection, name: str
):
    """The platform's hash is over the values: ignored once, everybody can pay with a message."""
    with unchanged(sql):
        assert platform(browser, BAD_CONFIRMS[name]) != "00"


def test_a_good_confirm_is_stored_once_however_often_it_comes(browser: httpx.Client, sql: psycopg.Connection):
    """The same message is the same row."""
    with unchanged(sql, "inbox"):
        assert {platform(browser, RIGHT) for _ in range(5)} == {"00"}
    assert sql.execute("select count(*), min(verdict) from inbox").fetchone() == (1, "verified")


@pytest.mark.parametrize(
    "strange", [{"MaTienTe": "USD"}, {"SoTien": "1"}, {"MaThamChieu": "NOBODY0000000001"}]
)
def test_signed_news_that_disagrees_is_kept_for_the_job_to_judge(
    browser: httpx.Client, sql: psycopg.Connection, strange: dict[str, str]
):
    """What is stored is taken over: their repeats would add nothing, a person sees the difference (M8, M9)."""
    with unchanged(sql, "inbox"):
        assert platform(browser, confirm(**strange)) == "00"
    assert sql.execute("select count(*) from inbox where processed_at is null").fetchone()[0] == 1


def test_the_return_address_changes_nothing_whatever_it_says(browser: httpx.Client, sql: psycopg.Connection):
    """The payer's browser can be made to say anything."""
    with unchanged(sql):
        for query in (GOOD, *FORGED.values(), *UNREADABLE.values()):
            assert browser.get(f"/webhooks/vnpay/return?{query}").status_code in (200, 414)


def test_the_tests_sign_as_the_gateway_does():
    """A signature that never held would make every refusal above meaningless."""
    head, _, given = GOOD.rpartition("&vnp_SecureHash=")
    assert hashed(head) == given
