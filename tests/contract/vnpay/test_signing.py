"""Hashes and shapes, against vectors made by hand and samples that others published."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import files
from urllib.parse import parse_qsl, urlencode

import pytest

from connectors.errors import Rejected
from connectors.vnpay import wire
from connectors.vnpay.notifications import verified
from connectors.vnpay.sandbox_checks import pipe_hash, query_hash, wrong_address
from connectors.vnpay.translate import safe_text
from mappings.canonical.payment import PaymentNews, PaymentVerdict
from tests.contract.vnpay.worlds import SECRET, address, client, settings
from tests.support.clock import VirtualClock

VECTORS = json.loads(files("connectors.vnpay").joinpath("contract/vectors.json").read_text())
SAMPLES = {each["name"]: each for each in json.loads(files("connectors.vnpay").joinpath("contract/samples.json").read_text())}  # fmt: skip
KEY = SECRET.encode()


def test_the_payment_address_is_signed_as_by_hand():
    """The whole address, byte for byte."""
    facts = dict(VECTORS["payment_url"]["facts"])
    made = client("https://sandbox.example", VirtualClock(), return_url=facts.pop("return_url"))
    for name in ("created", "expires"):
        facts[name] = datetime.fromisoformat(facts[name])
    url, request_time = made.payment_url(**facts)

    signed, hashed = VECTORS["payment_url"]["signed"], VECTORS["payment_url"]["hash"]
    assert url == f"https://sandbox.example/paymentv2/vpcpay.html?{signed}&vnp_SecureHash={hashed}"
    assert request_time == "20261123080000"


def test_both_sides_agree_with_the_hands_and_not_only_with_each_other():
    """Two equal mistakes would cancel out."""
    for name in ("payment_url", "ipn"):
        vector = VECTORS[name]
        assert wire.signature(KEY, vector["signed"].encode()) == vector["hash"]
        assert query_hash(SECRET, dict(parse_qsl(vector["signed"]))) == vector["hash"]
    for name, order in (("querydr_answered", wire.QUERY_ANSWERED), ("refund_answered", wire.REFUND_ANSWERED)):
        vector = VECTORS[name]
        assert wire.piped(order, vector["body"]).decode() == vector["signed"]
        assert wire.holds([KEY], wire.piped(order, vector["body"]), vector["hash"])
        assert (
            pipe_hash(SECRET, [each.removeprefix("vnp_") for each in order], vector["body"]) == vector["hash"]
        )


@pytest.mark.parametrize(
    ("name", "order"), [("querydr_asked", wire.QUERY_ASKED), ("refund_asked", wire.REFUND_ASKED)]
)
def test_requests_are_signed_as_by_hand(name, order):
    """Order of fields and nothing else."""
    values = dict(zip(order, VECTORS[name]["signed"].split("|"), strict=True))

    assert wire.signed(order, values, KEY)[wire.HASH] == VECTORS[name]["hash"]


def test_the_published_notice_is_verified():
    """Another program's fixture with its secret (npm vnpay, MIT)."""
    sample = SAMPLES["VNPAY 2.1.0 return, HMAC-SHA512"]
    theirs = settings(tmn_code=sample["fields"]["vnp_TmnCode"], hash_secret=sample["sandbox_secret"])
    news = verified(urlencode(sample["fields"]).encode(), theirs)

    assert news == PaymentNews(
        provider="vnpay",
        terminal="TEST_TMN_CODE",
        reference="1716257871703",
        amount=10_000,
        currency="VND",
        verdict=PaymentVerdict.PAID,
        source="ipn",
        code="00/00",
        message="Giao dịch thành công",
        provider_reference="14422574",
        bank_reference="VNP14422574",
        bank_code="NCB",
        paid_at=datetime(2024, 5, 21, 2, 18, 6, tzinfo=UTC),
    )


def test_the_vendors_own_address_has_our_shape():
    """Names and forms as on VNPAY's page; its secret is not published."""
    theirs = dict(parse_qsl(SAMPLES["VNPAY payment URL of the vendor page"]["body"].partition("?")[2]))
    ours = dict(parse_qsl(address(VirtualClock())[0].partition("?")[2]))

    assert set(theirs) - {"vnp_SecureHash"} <= set(ours)
    assert {name for name in ours if name not in theirs} == {"vnp_ExpireDate"}
    for name in ("vnp_Version", "vnp_Command", "vnp_CurrCode", "vnp_Locale", "vnp_OrderType"):
        assert ours[name] == theirs[name]


def test_no_hash_type_is_sent_and_no_character_on_which_encoders_disagree():
    """2.0.x sent vnp_SecureHashType; languages differ on ~ and *."""
    url, _ = client("http://127.0.0.1:9", VirtualClock()).payment_url(
        reference="A1",
        amount=10_000,
        created=datetime(2026, 11, 23, tzinfo=UTC),
        expires=datetime(2026, 11, 24, tzinfo=UTC),
        order_info="Phí ~ hồ sơ * 'số' <1> | 100% & lệ phí; ĐẶNG Ỷ",
        payer_address="2001:db8::1",
        language="en",
        bank_code="NCB",
    )
    fields = dict(parse_qsl(url.partition("?")[2]))

    assert "vnp_SecureHashType" not in url
    assert fields["vnp_OrderInfo"] == "Phi ho so so 1 100 le phi DANG Y"
    assert fields["vnp_Locale"] == "en"
    assert wrong_address(parse_qsl(url.partition("?")[2]), fields, SECRET) == ""
    for bad in ("https://a.example/~x", "https://a.example/*"):
        with pytest.raises(ValueError, match="encoded differently"):
            settings(return_url=bad)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Đường", "Duong"), ("ủy quyền", "uy quyen"), ("a\u0301b", "ab"), ("x" * 300, "x" * 255), ("a\n\tb", "a b"),
        ("H01.02-1:3_4", "H01.02-1:3_4"), ("①＋", None), ("", None), ("|", None),
    ],
)  # fmt: skip
def test_text_for_the_gateway(text, found):
    """Without diacritics, in letters that every encoder writes alike."""
    if found is None:
        with pytest.raises(ValueError, match="nothing"):
            safe_text(text)
    else:
        assert safe_text(text) == found


@pytest.mark.parametrize("amount", [0, -1, 1.0, True, 10**10, "10000"])
def test_an_amount_is_whole_dong(amount):
    """×100 happens here and nowhere else, and only to whole đồng."""
    with pytest.raises(ValueError, match="whole"):
        wire.times_hundred(amount)


@pytest.mark.parametrize("amount", [4_999, 1_000_000_000])
def test_an_amount_that_the_page_refuses_is_refused_before(amount):
    """The citizen would see VNPAY's error page instead of a reason."""
    with pytest.raises(Rejected) as caught:
        address(VirtualClock(), amount=amount)
    assert caught.value.code == "amount"


@pytest.mark.parametrize(
    "text", ["", "1,000", "100.0", "-100", "1234567890123", "１00", "0100", "150", " 100"]
)
def test_their_amount_is_read_exactly(text):
    """150 is one and a half đồng."""
    with pytest.raises(ValueError, match="vnp_Amount"):
        wire.whole_dong(text)


def test_a_value_with_the_separator_is_never_signed():
    """Two different messages would have one hash."""
    with pytest.raises(ValueError, match="separator"):
        wire.signed(("a", "b"), {"a": "1|2", "b": "3"}, KEY)
