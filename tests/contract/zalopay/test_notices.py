"""Callbacks of ZaloPay: what is believed."""

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
from connectors.zalopay import notifications, wire
from mappings.canonical.payment import PaymentVerdict
from tests.contract.zalopay.worlds import (
    KEY1,
    KEY2,
    PAYMENT,
    control,
    sandbox,
    served,
    settings,
    time_of,
)

VECTORS = json.loads(
    resources.files("connectors.zalopay.contract").joinpath("vectors.json").read_text("utf-8")
)
ORDERS = {
    "create": wire.CREATE_SIGNED, "query": wire.QUERY_SIGNED, "refund": wire.REFUND_SIGNED,
    "query_refund": wire.QUERY_REFUND_SIGNED,
}  # fmt: skip


def callback(*, key: str = KEY2, **changes) -> bytes:
    """A callback as they would send it; ``None`` leaves a field out."""
    facts = {n: v for n, v in (json.loads(VECTORS["callback"]["data"]) | changes).items() if v is not None}
    data = json.dumps(facts)
    mac = hmac.new(key.encode(), data.encode(), hashlib.sha256).hexdigest()
    return json.dumps({"data": data, "mac": mac, "type": 1}).encode()


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["message"])
def test_macs_are_those_of_the_contract(vector):
    """The vectors were made with openssl, so that two equal mistakes cannot agree."""
    order = ORDERS[vector["message"]]
    values = vector["raw"].split("|")
    last = values[len(order) :]

    assert wire.mac(order, dict(zip(order, values, strict=False)), KEY1.encode(), *last) == vector["mac"]
    assert last == ([KEY1] if vector["message"] == "query" else [])


def test_the_refunds_own_number_is_not_under_the_mac():
    """Pinned: whoever stands between us and them could change it; TLS is all that keeps it."""
    assert "m_refund_id" not in wire.REFUND_SIGNED


def test_a_verified_callback_is_news():
    """The news carries everything that the one function compares."""
    news = notifications.verified(json.dumps(VECTORS["callback"]).encode(), settings())

    assert (news.provider, news.terminal, news.reference) == ("zalopay", "2553", PAYMENT)
    assert (news.verdict, news.amount, news.currency) == (PaymentVerdict.PAID, 150_000, "VND")
    assert (news.source, news.provider_reference, news.bank_code) == ("ipn", "240000000000001", "38")
    assert news.paid_at == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_the_text_is_verified_as_it_came():
    """The same values in another order or spacing are another text."""
    again = json.dumps(json.loads(VECTORS["callback"]["data"]), indent=1)

    with pytest.raises(Forged):
        notifications.verified(json.dumps(VECTORS["callback"] | {"data": again}).encode(), settings())


@pytest.mark.parametrize("mac", [None, "", "0" * 64, 7, "é" * 64])
def test_without_their_mac_nothing_is_believed(mac):
    """A missing mac is not a verified one."""
    with pytest.raises(Forged):
        notifications.verified(json.dumps(VECTORS["callback"] | {"mac": mac}).encode(), settings())


def test_a_callback_made_with_the_key_of_requests_is_forged():
    """Two keys, two directions."""
    with pytest.raises(Forged):
        notifications.verified(callback(key=KEY1), settings())
    assert notifications.verified(callback(key=KEY1), settings(callback_key="key1")).amount == 150_000


def test_while_the_key_is_replaced_both_are_good_for_what_comes_in():
    """No callback is lost in the change."""
    changed = settings(key2="another-key2-000", previous_key2=KEY2)

    assert notifications.verified(callback(), changed).amount == 150_000
    assert notifications.verified(callback(key="another-key2-000"), changed).amount == 150_000


def test_another_application_is_forged():
    """Signed with our key, but not for us."""
    with pytest.raises(Forged):
        notifications.verified(callback(app_id=1), settings())


@pytest.mark.parametrize("name", ["amount", "app_trans_id", "zp_trans_id", "server_time"])
def test_a_verified_callback_with_a_field_missing_is_unreadable(name):
    """It is theirs, but it says nothing that could be booked."""
    with pytest.raises(ValueError, match=name):
        notifications.verified(callback(**{name: None}), settings())


@pytest.mark.parametrize("amount", ["1_000", 0, -5, 1.5, True, "１５", "", [1]])
def test_an_amount_that_is_no_whole_number_is_unreadable(amount):
    """No library guesses about money."""
    with pytest.raises(ValueError, match="amount"):
        notifications.verified(callback(amount=amount), settings())


@pytest.mark.parametrize(
    "number", ["AAAAAAAAAAAAAAA1", "261123-AAA", "26112_AAA", "261123_A A", "261123_" + "A" * 40]
)
def test_a_number_that_is_not_of_our_form_is_unreadable(number):
    """Our reference stands behind the day."""
    with pytest.raises(ValueError, match="app_trans_id"):
        notifications.verified(callback(app_trans_id=number), settings())


def test_a_callback_cut_at_any_byte_changes_nothing():
    """Never a success, never an exception that nobody expects."""
    raw = callback()
    for at in range(len(raw)):
        with pytest.raises((Forged, ValueError)):
            notifications.verified(raw[:at], settings())


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_defined_error(raw):
    """The door is open to everybody."""
    with pytest.raises((Forged, ValueError)):
        notifications.verified(raw, settings())


def test_doubled_names_inside_and_outside_are_refused():
    """Of two equal names another program reads the other one."""
    raw = callback()
    with pytest.raises(ValueError, match="twice"):
        notifications.verified(raw[:-1] + b',"type":2}', settings())
    data = VECTORS["callback"]["data"][:-1] + ',"amount":1}'
    mac = hmac.new(KEY2.encode(), data.encode(), hashlib.sha256).hexdigest()
    with pytest.raises(ValueError, match="twice"):
        notifications.verified(json.dumps({"data": data, "mac": mac}).encode(), settings())
    with pytest.raises(Forged):
        notifications.verified(raw + b" " * notifications.MOST_BYTES, settings())


def test_our_answers_are_theirs():
    """1 taken, 2 known, else they call again."""
    assert json.loads(notifications.answer(notifications.TAKEN_OVER, "success")) == {
        "return_code": 1, "return_message": "success",
    }  # fmt: skip
    assert {notifications.TAKEN_OVER, notifications.TAKEN_BEFORE, notifications.AGAIN} == {0, 1, 2}


def test_the_sandbox_calls_back_in_their_form(clock):
    """Once, twice, forged: what the wallet sends, our reader judges."""
    wallet = sandbox(clock)
    with served(wallet, clock) as made:
        made.open_payment(
            reference=PAYMENT, amount=150_000, request_time=time_of(clock), description="Lệ phí"
        )
    control(wallet, "pay", {"reference": PAYMENT, "ending": "short", "notify": "twice"})
    control(wallet, "notify", {"reference": PAYMENT, "notify": "forged"})
    [bodies] = wallet.notices.bodies.values()

    assert [notifications.verified(raw, settings()).amount for raw in bodies[:-1]] == [149_000, 149_000]
    with pytest.raises(Forged):
        notifications.verified(bodies[-1], settings())


@pytest.mark.parametrize(
    "changes",
    [
        {"key1": ""}, {"key2": "aaaaaaaaaa"}, {"key1": "short1"}, {"app_id": "0"}, {"app_id": "x"},
        {"callback_url": "https://a.example/x?y=1"}, {"previous_key2": ""},
        {"refund_refused_sub_codes": {"-1"}, "refund_not_found_sub_codes": {"-1"}},
    ],
)  # fmt: skip
def test_settings_that_could_not_work_stop_the_process(changes):
    """An empty, default or short key signs nothing; one code cannot say two things."""
    with pytest.raises(ValueError):
        settings(**changes)
