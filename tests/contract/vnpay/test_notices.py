"""What VNPAY sends by itself: only what they signed is news."""

from __future__ import annotations

import json
import time
from importlib.resources import files
from urllib.parse import parse_qsl, quote, urlencode

import pytest

from connectors.errors import Forged
from connectors.vnpay.notifications import verified
from connectors.vnpay.sandbox_checks import signed_query
from mappings.canonical.payment import PaymentVerdict
from tests.contract.vnpay.worlds import SECRET, settings

VECTOR = json.loads(files("connectors.vnpay").joinpath("contract/vectors.json").read_text())["ipn"]
NOTICE = f"{VECTOR['signed']}&vnp_SecureHash={VECTOR['hash']}"
FIELDS = dict(parse_qsl(VECTOR["signed"]))


def sent(**changes: str | None) -> bytes:
    """A notice that they signed, with some fields changed or left out."""
    fields = {k: v for k, v in (FIELDS | changes).items() if v is not None}
    return signed_query(fields, SECRET).encode()


def test_a_notice_is_read():
    """All facts, with the time in UTC."""
    news = verified(NOTICE.encode(), settings())

    assert (news.reference, news.amount, news.verdict) == ("AAAAAAAAAAAAAAA1", 150_000, PaymentVerdict.PAID)
    assert news.paid_at.isoformat() == "2026-11-23T01:05:12+00:00"


@pytest.mark.parametrize(
    "raw",
    [
        NOTICE.replace("15000000", "15000100"),
        NOTICE.replace("vnp_ResponseCode=00", "vnp_ResponseCode=24"),
        NOTICE[:-1],
        NOTICE + "0",
        VECTOR["signed"],
        VECTOR["signed"] + "&vnp_SecureHash=",
        VECTOR["signed"] + "&vnp_SecureHash=" + "0" * 128,
        VECTOR["signed"] + "&vnp_SecureHash=" + "ộ" * 10,
        NOTICE.replace("LIENTH01", "OTHER001"),
        NOTICE.replace("&vnp_TmnCode=LIENTH01", ""),
        NOTICE + "&vnp_Amount=15000000",
        NOTICE + "&vnp_Amount=1",
        "vnp_Amount=1&" + NOTICE,
        NOTICE + "&vnp%5FAmount=1",
        NOTICE + "&vnp_Amount%20=1",
        NOTICE + "&VNP_Amount=1",
        NOTICE + "&vnp_Extra=1",
        NOTICE.replace("vnp_BankCode=NCB", "vnp_BankCode="),
        NOTICE.replace("NCB", "%FF"),
        "",
        "&&&",
        "x" * 5_000,
    ],
)
def test_anything_else_is_forged(raw):
    """Unsigned or badly signed changes nothing; a doubled name leaves open which one was signed."""
    with pytest.raises(Forged):
        verified(raw.encode("utf-8"), settings())


def test_every_single_changed_byte_is_found():
    """The hash is over all of it."""
    raw = NOTICE.encode()
    good = verified(raw, settings())
    for at in range(len(raw)):
        for new in (raw[at] ^ 1, 0x41):
            changed = raw[:at] + bytes([new]) + raw[at + 1 :]
            try:
                assert changed == raw or verified(changed, settings()) == good, changed
            except Forged:
                continue


@pytest.mark.parametrize(
    "raw",
    [
        NOTICE.replace(VECTOR["hash"], VECTOR["hash"].upper()),
        "&".join(reversed(NOTICE.split("&"))),
        NOTICE.replace("+", "%20").replace("%3A", "%3a"),
        NOTICE + "&lang=vi&utm_source=x",
        NOTICE + "&vnp_SecureHashType=HmacSHA512",
        NOTICE + "&vnp_Empty=",
        NOTICE.replace("LIENTH01", quote("LIENTH01").replace("L", "%4C")),
    ],
)
def test_another_way_of_writing_the_same_is_theirs(raw):
    """Case of the hash, order, encoding by something between us, and names that are not signed."""
    assert verified(raw.encode(), settings()) == verified(NOTICE.encode(), settings())


@pytest.mark.parametrize(
    ("response", "status", "verdict"),
    [
        ("00", "00", "paid"), ("24", "02", "failed"), ("51", "02", "failed"), ("99", "02", "failed"),
        ("07", "07", "suspect"), ("07", "00", "suspect"), ("00", "07", "suspect"), ("99", "04", "reversed"),
        ("00", "04", "reversed"), ("00", "01", "pending"), ("24", "01", "pending"), ("00", "02", "unknown"),
        ("24", "00", "unknown"), ("00", "08", "unknown"), ("42", "02", "unknown"), ("00", "05", "unknown"),
        ("01", "00", "unknown"), ("42", "42", "unknown"),
    ],
)  # fmt: skip
def test_paid_needs_both_codes(response, status, verdict):
    """ResponseCode and TransactionStatus must say the same; an unfamiliar code is neither success nor failure."""
    news = verified(sent(vnp_ResponseCode=response, vnp_TransactionStatus=status), settings())

    assert news.verdict == PaymentVerdict(verdict)
    assert news.code == f"{response}/{status}"


def test_a_cancelled_payment_has_no_number_of_theirs():
    """They write 0 for none; as a number it would be everybody's."""
    news = verified(
        sent(vnp_ResponseCode="24", vnp_TransactionStatus="02", vnp_TransactionNo="0", vnp_BankTranNo=None),
        settings(),
    )
    assert (news.provider_reference, news.bank_reference) == (None, None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"vnp_Amount": None}, "vnp_Amount"), ({"vnp_Amount": "1.5"}, "vnp_Amount"), ({"vnp_Amount": "150"}, "vnp_Amount"),
        ({"vnp_TxnRef": None}, "vnp_TxnRef"), ({"vnp_TxnRef": "x" * 101}, "vnp_TxnRef"),
        ({"vnp_TxnRef": "a\0b"}, "vnp_TxnRef"), ({"vnp_PayDate": "20260231120000"}, "vnp_PayDate"),
        ({"vnp_TransactionStatus": None}, "vnp_TransactionStatus"), ({"vnp_ResponseCode": "00000"}, "vnp_ResponseCode"),
    ],
)  # fmt: skip
def test_signed_but_not_as_agreed_names_the_field(changes, field):
    """Their change or our fault: a person looks, and they repeat it."""
    with pytest.raises(ValueError, match=field) as caught:
        verified(sent(**changes), settings())
    assert not isinstance(caught.value, Forged)


def test_two_secrets_are_good_while_one_is_replaced():
    """Both keys work during the change; only the new one signs what leaves."""
    new = settings(hash_secret="THENEWSECRETOFTHISTERMINAL000001", previous_hash_secrets={"LIENTH01": SECRET})

    assert verified(NOTICE.encode(), new).amount == 150_000
    assert new.keys_to_sign["LIENTH01"] == b"THENEWSECRETOFTHISTERMINAL000001"
    with pytest.raises(Forged):
        verified(NOTICE.encode(), settings(hash_secret="THENEWSECRETOFTHISTERMINAL000001"))


def test_each_terminal_has_its_own_secret():
    """A notice signed for one office's terminal must not pay at another's."""
    both = settings(terminals={"OFFICE02": "ANOTHERSECRETOFANOTHEROFFICE0001"})
    theirs = signed_query(FIELDS | {"vnp_TmnCode": "OFFICE02"}, "ANOTHERSECRETOFANOTHEROFFICE0001")
    crossed = signed_query(FIELDS | {"vnp_TmnCode": "OFFICE02"}, SECRET)

    assert verified(theirs.encode(), both).terminal == "OFFICE02"
    with pytest.raises(Forged):
        verified(crossed.encode(), both)


def test_it_is_fast_enough_for_the_hot_route():
    """Every notice of the province goes through it, also the forged ones."""
    raw, ours = NOTICE.encode(), settings()
    best = 1.0
    for _ in range(5):
        begun = time.perf_counter()
        for _ in range(200):
            verified(raw, ours)
        best = min(best, (time.perf_counter() - begun) / 200)
    assert best < 0.000_25


def test_urlencode_of_another_program_is_understood():
    """As a framework of theirs would write it."""
    assert (
        verified(urlencode(FIELDS | {"vnp_SecureHash": VECTOR["hash"]}).encode(), settings()).amount
        == 150_000
    )
