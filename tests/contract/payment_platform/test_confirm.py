"""CONFIRM: what is believed, and what is answered."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Forged
from connectors.payment_platform import notifications, wire
from connectors.payment_platform.settings import Settings
from mappings.canonical.payment import PaymentVerdict
from tests.contract.payment_platform.conftest import REFERENCE, SECRET, settings

VECTORS = json.loads(
    resources.files("connectors.payment_platform.contract").joinpath("vectors.json").read_text("utf-8")
)
ORDER = [
    "LoaiBanTin",
    "MaLoi",
    "MaDoiTac",
    "MaThamChieu",
    "SoTien",
    "MaTienTe",
    "MaGiaoDich",
    "MaNganHang",
    "ThoiGianGD",
    "ThongTinGiaoDich",
]


def confirm(
    *, secret: str = SECRET, raw_amount: str = "1300000", hashed_amount: str = "", **changes
) -> bytes:
    """A CONFIRM as they would send it, signed by a few lines of its own."""
    message = {
        "LoaiBanTin": "CONFIRM",
        "MaLoi": "00",
        "MaDoiTac": "DVCTINH",
        "MaThamChieu": REFERENCE,
        "SoTien": "@",
        "MaTienTe": "VND",
        "MaGiaoDich": "PP0000000001",
        "MaNganHang": "VCB",
        "ThoiGianGD": "20261123143501",
        "ThongTinGiaoDich": "Thanh toán hồ sơ",
        **changes,
    }
    values = [hashed_amount or raw_amount if name == "SoTien" else str(message[name]) for name in ORDER]
    message["MaXacThuc"] = hashlib.sha256("|".join([*values, secret]).encode()).hexdigest()
    return json.dumps(message, ensure_ascii=False).replace('"@"', raw_amount).encode()


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["message"])
def test_hashes_are_those_of_the_contract(vector):
    """The vectors were made with sha256sum and openssl, so that two equal mistakes cannot agree."""
    values = vector["fields"].split("|")

    for algorithm in wire.HashAlgorithm:
        assert wire.signature(values, VECTORS["secret"], algorithm) == vector[algorithm.value]


def test_a_confirm_that_is_signed_is_news():
    """The news carries everything that the one function compares."""
    news = notifications.verified(confirm(), settings())

    assert (news.provider, news.terminal, news.reference) == ("payment_platform", "DVCTINH", REFERENCE)
    assert (news.verdict, news.amount, news.currency, news.source) == (
        PaymentVerdict.PAID,
        1_300_000,
        "VND",
        "ipn",
    )
    assert news.paid_at == datetime(2026, 11, 23, 7, 35, 1, tzinfo=UTC)


@pytest.mark.parametrize(("raw", "hashed"), [("1300000.0", "1300000.0"), ("1300000.00", "1300000")])
def test_whole_dong_may_be_written_with_a_point(raw, hashed):
    """Their programs write decimals; the hash is over the number as it stands, or over whole đồng."""
    assert (
        notifications.verified(confirm(raw_amount=raw, hashed_amount=hashed), settings()).amount == 1_300_000
    )


@pytest.mark.parametrize(
    "raw", ["1300000.5", "-1", "0", "1e6", "99999999999999999999", '"1_300_000"', "null"]
)
def test_an_amount_that_is_no_whole_dong_is_an_error_that_names_it(raw):
    """What cannot be read is never nothing, zero or a guess."""
    hashed = raw.strip('"') if raw != "null" else ""
    body = confirm(raw_amount=raw, hashed_amount=hashed) if hashed else confirm(SoTien=None)

    with pytest.raises((ValueError, Forged), match=r"SoTien|MaXacThuc"):
        notifications.verified(body, settings())


def test_the_old_secret_is_good_while_it_is_being_replaced():
    """Two keys are valid during a change, one otherwise."""
    body = confirm(secret="khoa-cu-con-hieu-luc")

    with pytest.raises(Forged):
        notifications.verified(body, settings())
    changing = settings(previous_hash_secret="khoa-cu-con-hieu-luc")
    assert notifications.verified(body, changing).verdict is PaymentVerdict.PAID


@pytest.mark.parametrize("value", ['""', "null", "0", "[]", "true", "missing"])
def test_a_message_without_a_signature_is_forged(value):
    """A library of others takes a missing signature for a good one; here it is none."""
    message = json.loads(confirm())
    del message["MaXacThuc"]
    raw = json.dumps(message)
    if value != "missing":
        raw = f'{raw[:-1]}, "MaXacThuc": {value}}}'

    with pytest.raises(Forged):
        notifications.verified(raw.encode(), settings())


@given(st.integers(0, 2_000), st.integers(1, 255))
def test_one_changed_byte_is_never_believed(place, change):
    """The signature is over every field that has a say."""
    body = bytearray(confirm())
    body[place % len(body)] ^= change
    try:
        news = notifications.verified(bytes(body), settings())
    except (Forged, ValueError):
        return
    assert news == notifications.verified(confirm(), settings())


def test_a_confirm_cut_at_every_byte_is_never_news():
    """Half a message is no message."""
    body = confirm()

    for length in range(len(body)):
        with pytest.raises((Forged, ValueError)):
            notifications.verified(body[:length], settings())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"\xff\xfe{}",
        b'{"MaXacThuc": 5}',
        b'{"MaXacThuc": "x", "SoTien": NaN}',
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        confirm().replace(b'"MaLoi": "00"', b'"MaLoi": "99", "MaLoi": "00"'),
        confirm().decode().encode("utf-16"),
    ],
    ids=range(11),
)
def test_what_is_no_message_gets_a_defined_error(body):
    """Hostile bodies end in an error, not in a crash and not in news."""
    with pytest.raises((Forged, ValueError)):
        notifications.verified(body, settings())


def test_our_answer_is_signed_and_the_same_for_a_repeat():
    """A repeat is answered the same and changes nothing."""
    news = notifications.verified(confirm(), settings())
    first = notifications.answer(news, "00", "Thành công", settings())

    assert first == notifications.answer(news, "00", "Thành công", settings())
    message = json.loads(first)
    vector = next(v for v in VECTORS["vectors"] if v["message"] == "our_answer")
    assert message["MaXacThuc"] == vector["sha256"]
    assert (message["MaLoi"], message["MaThamChieu"]) == ("00", REFERENCE)
    nothing = json.loads(notifications.answer(None, "99", "Chưa ghi nhận được", settings()))
    assert (nothing["MaLoi"], nothing["MaThamChieu"], nothing["ThoiGianGD"]) == ("99", "", "")


def test_the_early_algorithm_is_a_setting_of_the_partner():
    """Programs of 2020 sign with HMAC; one partner has one of the two."""
    body = json.loads(confirm())
    values = "|".join(str(body[name]) for name in ORDER)
    body["MaXacThuc"] = hmac.new(SECRET.encode(), values.encode(), "sha256").hexdigest()
    raw = json.dumps(body).encode()

    assert notifications.verified(raw, settings(hash_algorithm="hmac-sha256")).amount == 1_300_000
    with pytest.raises(Forged):
        notifications.verified(raw, settings())


@pytest.mark.parametrize("secret", ["", "short"])
def test_a_secret_that_protects_nothing_stops_the_process(secret):
    """An empty or short secret is no secret."""
    with pytest.raises(ValueError, match="secret"):
        Settings(base_url="https://x.example", partner_code="DVCTINH", hash_secret=secret)
