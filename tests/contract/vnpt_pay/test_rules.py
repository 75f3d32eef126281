"""VNPT Pay is off until its manual is there; with it, nothing but what it names is believed."""

from __future__ import annotations

import hashlib
import json
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ContractBroken, Forged, OutcomeUnknown, Rejected
from connectors.kit.sandbox import SandboxAnswer, serve
from connectors.vnpt_pay import notifications, wire
from connectors.vnpt_pay.client import Client
from connectors.vnpt_pay.sandbox import INIT, INIT_ANSWER, STATE, VnptPaySandbox
from connectors.vnpt_pay.settings import OFF
from mappings.canonical.payment import PaymentVerdict
from tests.contract.conformance import Replaying
from tests.contract.vnpt_pay.worlds import MANUAL, PAYMENT, SECRET, TIME, client, facts, pay, settings

VECTORS = json.loads(
    resources.files("connectors.vnpt_pay.contract").joinpath("vectors.json").read_text("utf-8")
)


def signed(order, *, secret: str = SECRET, **body) -> bytes:
    """A message signed by a few lines of its own."""
    text = "|".join([*(str(body.get(name, "")) for name in order), secret])
    return json.dumps(body | {"SECURE_CODE": hashlib.sha256(text.encode()).hexdigest()}).encode()


def callback(**changes) -> bytes:
    facts_ = {"RESPONSE_CODE": "00", "MERCHANT_ORDER_ID": PAYMENT, "AMOUNT": "150000", "STATUS": "1", "VNPTPAY_TRANSACTION_ID": "VP1"}  # fmt: skip
    return signed(STATE, **(facts_ | changes))


def answered(operation, raw):
    return Replaying(
        VnptPaySandbox(), operation, SandboxAnswer(200, {"Content-Type": "application/json"}, raw)
    )


def test_without_its_manual_the_section_is_refused_in_both_languages():
    """Nobody may take money by what somebody remembers."""
    with pytest.raises(ValueError, match="MANUAL_CONFIRMED") as caught:
        settings(manual_confirmed=None)

    assert "chưa dùng được" in str(caught.value)
    assert "cannot be used yet" in str(caught.value)
    bare = settings().model_copy(update={"manual_confirmed": None})
    with pytest.raises(ValueError, match="manual"):
        Client(bare, None)
    assert OFF.count("docs/systems/vnpt_pay.md") == 2


@pytest.mark.parametrize("name", sorted(MANUAL))
def test_every_value_of_the_manual_is_asked_for(name):
    """None has a default: none is known."""
    with pytest.raises(ValueError, match=name):
        settings(manual_confirmed={n: v for n, v in MANUAL.items() if n != name})


@pytest.mark.parametrize(
    "changes",
    [
        {"init_fields": ("ACTION", "AMOUNT")}, {"init_fields": (*INIT, "AMOUNT_DETAIL")}, {"query_answer_fields": ("STATUS", "AMOUNT")},
        {"callback_fields": ("MERCHANT_ORDER_ID", "STATUS")}, {"paid_states": set()}, {"failed_states": {"1"}},
        {"callback_fields": (*STATE, "STATUS")}, {"init_answer_fields": ("MERCHANT_ORDER_ID", "DESCRIPTION")}, {"document": ""},
        {"guess": "x"},
    ],
)  # fmt: skip
def test_a_manual_that_protects_nothing_is_refused(changes):
    """Order, amount and state must be under the hash, and every field must be filled by something."""
    with pytest.raises(ValueError):
        settings(manual_confirmed={**MANUAL, **changes})


@pytest.mark.parametrize(
    "changes", [{"secret": ""}, {"secret": "aaaaaaaaaa"}, {"base_url": "http://vnpt.example"}]
)
def test_settings_that_could_not_work_stop_the_process(changes):
    """An empty, default or short secret signs nothing."""
    with pytest.raises(ValueError):
        settings(**({"url": changes["base_url"]} if "base_url" in changes else changes))


def test_codes_are_those_of_the_vectors():
    """Made with sha256sum, so that two equal mistakes cannot agree."""
    orders = {"init": INIT, "callback": STATE}
    for vector in VECTORS["vectors"]:
        order = orders[vector["message"]]
        assert (
            wire.secure_code(order, dict(zip(order, vector["raw"].split("|"), strict=True)), SECRET)
            == vector["code"]
        )


@pytest.mark.parametrize(("state", "verdict"), [("1", "paid"), ("2", "failed"), ("0", "unknown"), ("9", "unknown"), ("01", "unknown")])  # fmt: skip
def test_a_callback_says_what_the_manual_names(state, verdict):
    """And what it does not name is unknown."""
    news = notifications.verified(callback(STATUS=state), settings())

    assert (news.verdict, news.amount, news.reference, news.provider_reference) == (
        verdict,
        150_000,
        PAYMENT,
        "VP1",
    )


def test_forged_callbacks_change_nothing():
    """Another secret, none, a changed field, a separator that plays a field, too long."""
    good = json.loads(callback())
    for raw in (
        signed(STATE, secret="another-secret-00", **{n: v for n, v in good.items() if n != "SECURE_CODE"}),
        json.dumps({n: v for n, v in good.items() if n != "SECURE_CODE"}).encode(),
        json.dumps(good | {"AMOUNT": "1"}).encode(), json.dumps(good | {"AMOUNT": "150000|1", "STATUS": "VP1"}).encode(),
        callback() + b" " * 20_000,
    ):  # fmt: skip
        with pytest.raises(Forged):
            notifications.verified(raw, settings())


@pytest.mark.parametrize(
    "changes", [{"AMOUNT": ""}, {"AMOUNT": "1_0"}, {"AMOUNT": "0"}, {"MERCHANT_ORDER_ID": ""}, {"STATUS": ""}]
)
def test_a_verified_callback_that_cannot_be_booked_is_unreadable(changes):
    """Theirs, but not as agreed."""
    with pytest.raises(ValueError):
        notifications.verified(callback(**changes), settings())


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_defined_error(raw):
    """The door is open to everybody."""
    with pytest.raises((Forged, ValueError)):
        notifications.verified(raw, settings())


def test_every_cut_of_a_callback_changes_nothing():
    """Never a success, never an exception that nobody expects."""
    raw = callback()
    for at in range(len(raw)):
        with pytest.raises((Forged, ValueError)):
            notifications.verified(raw[:at], settings())


def test_while_the_secret_is_replaced_both_are_good():
    """No callback is lost in the change."""
    assert (
        notifications.verified(
            callback(), settings(secret="another-secret-00", previous_secret=SECRET)
        ).amount
        == 150_000
    )


def test_our_answer_is_signed_by_the_manuals_order():
    """The same news always gives the same bytes."""
    body = json.loads(notifications.answer(PAYMENT, "00", "OK", settings()))

    assert body["SECURE_CODE"] == hashlib.sha256(f"00|{PAYMENT}|{SECRET}".encode()).hexdigest()


@pytest.mark.parametrize(("ending", "verdict", "amount"), [("paid", "paid", 150_000), ("short", "paid", 149_000), ("failed", "failed", 150_000), ("odd", "unknown", 150_000)])  # fmt: skip
def test_the_query_and_the_callback_say_the_same(ending, verdict, amount):
    """One function takes both."""
    sandbox = VnptPaySandbox()
    told = notifications.verified(pay(sandbox, ending), settings())
    with serve(sandbox) as server:
        asked = client(server.url).query(reference=PAYMENT, request_time=TIME, amount=150_000)

    assert (asked.verdict, asked.amount) == (told.verdict, told.amount) == (verdict, amount)
    assert asked.source == "query"


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 999}, {"amount": True}, {"reference": ""}, {"reference": "A|B"}, {"request_time": "today"},
        {"payer_address": "x"}, {"description": "|"},
    ],
)  # fmt: skip
def test_what_must_not_leave_does_not(changes):
    """Refused before a byte leaves, with a code that says so."""
    with pytest.raises(Rejected) as caught:
        client().open_payment(**facts(**changes))

    assert caught.value.code == "not-sent"


def test_a_refused_opening_is_unknown():
    """It may be our own number, used before."""
    sandbox = VnptPaySandbox()
    pay(sandbox)
    with serve(sandbox) as server, pytest.raises(OutcomeUnknown, match="02"):
        client(server.url).open_payment(**facts())


@pytest.mark.parametrize(
    "page", ["http://evil.example/", "https://evil.example/", "https://u@pay.example/", ""]
)
def test_a_page_that_leads_elsewhere_breaks_the_contract(page):
    """Signed, but not agreed."""
    raw = signed(
        INIT_ANSWER, RESPONSE_CODE="00", DESCRIPTION="", MERCHANT_ORDER_ID=PAYMENT, REDIRECT_URL=page
    )
    with serve(answered("open_payment", raw)) as server, pytest.raises(ContractBroken):
        client(server.url, page_hosts=("pay.example",)).open_payment(**facts())


def test_an_answer_about_another_payment_breaks_the_contract():
    """Signed by them, for somebody else."""
    raw = callback(MERCHANT_ORDER_ID="OTHER")
    with serve(answered("query_payment", raw)) as server, pytest.raises(ContractBroken):
        client(server.url).query(reference=PAYMENT, request_time=TIME, amount=150_000)
    with serve(answered("query_payment", callback())) as server:
        news = client(server.url).query(reference=PAYMENT, request_time=TIME, amount=150_000)
    assert news.verdict is PaymentVerdict.PAID
