"""Notices of MoMo: what is believed."""

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
from connectors.momo import notifications, wire
from connectors.momo.translate import codes, payment_verdict
from mappings.canonical.payment import PaymentVerdict
from tests.contract.momo.worlds import ACCESS, PAYMENT, SECRET, control, sandbox, served, settings

VECTORS = json.loads(resources.files("connectors.momo.contract").joinpath("vectors.json").read_text("utf-8"))
ORDERS = {
    "create": wire.CREATE_SIGNED,
    "query": wire.QUERY_SIGNED,
    "refund": wire.REFUND_SIGNED,
    "ipn": wire.IPN_SIGNED,
}


def notice(*, secret: str = SECRET, access: str = ACCESS, **changes) -> bytes:
    """A notice as they would send it, signed by a few lines of its own; ``None`` leaves a field out."""
    body = {name: value for name, value in (VECTORS["ipn_body"] | changes).items() if value is not None}
    body.pop("signature", None)
    names = sorted(n for n in VECTORS["ipn_body"] if n != "signature")
    text = f"accessKey={access}&" + "&".join(f"{name}={body.get(name, '')}" for name in names)
    body["signature"] = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return json.dumps(body, ensure_ascii=False).encode()


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["message"])
def test_hashes_are_those_of_the_contract(vector):
    """The vectors were made with openssl, so that two equal mistakes cannot agree."""
    fields = dict(pair.split("=", 1) for pair in vector["raw"].split("&"))
    order = ORDERS[vector["message"]]

    assert wire.raw(order, fields, ACCESS).decode() == vector["raw"]
    assert wire.signature(order, fields, (ACCESS, SECRET.encode())) == vector["hash"]
    assert list(order) == sorted(order)


def test_a_signed_notice_is_news():
    """The news carries everything that the one function compares."""
    news = notifications.verified(json.dumps(VECTORS["ipn_body"], ensure_ascii=False).encode(), settings())

    assert (news.provider, news.terminal, news.reference) == ("momo", "MOMOTINH", PAYMENT)
    assert (news.verdict, news.amount, news.currency) == (PaymentVerdict.PAID, 150_000, "VND")
    assert (news.source, news.code, news.provider_reference) == ("ipn", "0", "2820086739")
    assert news.paid_at == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", sorted(n for n in VECTORS["ipn_body"] if n != "signature"))
def test_one_changed_field_makes_it_forged(name):
    """Every field is under the hash."""
    body = dict(VECTORS["ipn_body"])
    body[name] = body[name] + 1 if isinstance(body[name], int) else body[name] + "x"

    with pytest.raises(Forged):
        notifications.verified(json.dumps(body).encode(), settings())


@pytest.mark.parametrize("signature", [None, "", "0" * 64, 7, ["x"], "é" * 64, "0" * 63])
def test_without_their_hash_nothing_is_believed(signature):
    """A missing signature is not a verified one."""
    body = {**VECTORS["ipn_body"], "signature": signature}
    if signature is None:
        del body["signature"]

    with pytest.raises(Forged):
        notifications.verified(json.dumps(body).encode(), settings())


def test_another_secret_or_another_partner_is_forged():
    """One key per partner and direction."""
    for raw in (
        notice(secret="another-secret-000"),
        notice(access="another-access"),
        notice(partnerCode="MOMOX"),
    ):
        with pytest.raises(Forged):
            notifications.verified(raw, settings())


def test_while_keys_are_replaced_both_pairs_are_good_for_what_comes_in():
    """And only the new one for what leaves."""
    changed = settings(
        access_key="newaccess-000",
        secret_key="new-secret-000",
        previous_access_key=ACCESS,
        previous_secret_key=SECRET,
    )

    assert notifications.verified(notice(), changed).verdict is PaymentVerdict.PAID
    assert (
        notifications.verified(notice(access="newaccess-000", secret="new-secret-000"), changed).amount
        == 150_000
    )
    assert changed.pair == ("newaccess-000", b"new-secret-000")


def test_a_text_that_plays_another_field_is_forged():
    """Raw joining is no encoding: ``a&b=`` inside a value signs like two fields."""
    whole = dict(VECTORS["ipn_body"])
    whole["message"] = f"{whole['message']}&orderId={whole['orderId']}&orderInfo={whole['orderInfo']}"
    for raw in (notice(message=whole["message"]), notice(orderInfo="x&orderType=y")):
        with pytest.raises(Forged):
            notifications.verified(raw, settings())


@pytest.mark.parametrize("name", ["amount", "orderId", "resultCode", "transId", "responseTime", "requestId"])
def test_a_signed_notice_with_a_field_missing_is_unreadable(name):
    """It is theirs, but it says nothing that could be booked."""
    with pytest.raises(ValueError, match=name):
        notifications.verified(notice(**{name: None}), settings())


@pytest.mark.parametrize("amount", ["1_000", "1e3", "１５００", "-5", "150000.5", ""])
def test_an_amount_that_is_no_whole_number_is_unreadable(amount):
    """No library guesses about money."""
    with pytest.raises(ValueError, match="amount"):
        notifications.verified(notice(amount=amount), settings())


@pytest.mark.parametrize("amount", [1.5, True, [1], {"a": 1}])
def test_an_amount_of_another_kind_is_no_message_of_theirs(amount):
    """What cannot be under the hash cannot be verified."""
    body = {**VECTORS["ipn_body"], "amount": amount}

    with pytest.raises((Forged, ValueError)):
        notifications.verified(json.dumps(body).encode(), settings())


def test_paid_without_their_number_is_unreadable():
    """Without transId no refund could ever name the payment."""
    with pytest.raises(ValueError, match="transId"):
        notifications.verified(notice(transId=0), settings())


def test_a_notice_cut_at_any_byte_changes_nothing():
    """Never a success, never an exception that nobody expects."""
    raw = notice()
    for at in range(len(raw)):
        with pytest.raises((Forged, ValueError)):
            notifications.verified(raw[:at], settings())


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_defined_error(raw):
    """The door is open to everybody."""
    with pytest.raises((Forged, ValueError)):
        notifications.verified(raw, settings())


def test_doubled_names_and_too_long_bodies_are_refused():
    """Of two equal names another program reads the other one."""
    raw = notice()
    with pytest.raises(ValueError, match="twice"):
        notifications.verified(raw[:-1] + b',"amount":1}', settings())
    with pytest.raises(Forged):
        notifications.verified(raw + b" " * notifications.MOST_BYTES, settings())


def test_every_code_has_the_meaning_of_the_table():
    """What is not listed is unknown: never success, never failure."""
    paid = {code for code in codes() if payment_verdict(code) is PaymentVerdict.PAID}
    failed = {code for code in codes() if payment_verdict(code) is PaymentVerdict.FAILED}
    pending = {code for code in codes() if payment_verdict(code) is PaymentVerdict.PENDING}

    assert paid == {"0"}
    assert pending == {"9000", "1000", "7000", "7002", "8000"}
    assert failed == {
        "98",
        "99",
        *map(str, range(1001, 1008)),
        "1017",
        "1026",
        "2019",
        "4001",
        "4002",
        "4100",
    }
    assert payment_verdict("31337") is PaymentVerdict.UNKNOWN
    assert payment_verdict("9000", authorised_is_paid=True) is PaymentVerdict.PAID
    assert all(codes()[code].final for code in (*failed, "0", "1080", "1081", "1088"))


def test_the_sandbox_notifies_in_their_form(clock):
    """Once, twice, late, lost, forged: what the wallet sends, our reader judges."""
    wallet = sandbox(clock)
    with served(wallet) as client:
        client.open_payment(reference=PAYMENT, amount=150_000, description="Lệ phí")
    control(wallet, "pay", {"reference": PAYMENT, "ending": "short", "notify": "twice"})
    control(wallet, "notify", {"reference": PAYMENT, "notify": "forged"})
    *good, forged = wallet.notices.bodies[PAYMENT]

    assert [notifications.verified(raw, settings()).amount for raw in good] == [149_000, 149_000]
    with pytest.raises(Forged):
        notifications.verified(forged, settings())


@pytest.mark.parametrize(
    "changes",
    [
        {"secret_key": ""}, {"secret_key": "aaaaaaaaaa"}, {"secret_key": "short1"}, {"access_key": ""},
        {"previous_secret_key": "only-one-of-the-pair"}, {"ipn_url": "https://a.example/x?y=1"}, {"base_url": "http://momo.example"},
    ],
)  # fmt: skip
def test_settings_that_could_not_work_stop_the_process(changes):
    """An empty, default or short secret signs nothing."""
    with pytest.raises(ValueError):
        settings(**{"url": changes.pop("base_url")} if "base_url" in changes else {}, **changes)
