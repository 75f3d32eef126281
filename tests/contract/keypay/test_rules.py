"""What is known of KeyPay, and that nothing else is believed."""

from __future__ import annotations

import hashlib
import hmac
import json
from importlib import resources
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ContractBroken, Forged, OutcomeUnknown, Rejected
from connectors.keypay import notifications, wire
from connectors.keypay.sandbox import KeypaySandbox
from connectors.kit.effects import Done, Undecided
from connectors.kit.sandbox import SandboxAnswer, serve
from mappings.canonical.payment import PaymentVerdict
from tests.contract.conformance import Replaying
from tests.contract.keypay.worlds import (
    CALLBACK_KEY,
    KEY,
    PAYMENT,
    STAND_ALONE,
    client,
    control,
    opening,
    pay,
    settings,
)

VECTORS = json.loads(
    resources.files("connectors.keypay.contract").joinpath("vectors.json").read_text("utf-8")
)
OURS = "AAAAAAAAAAAAAAAA"  # sixteen A have a right check digit


def callback(*, key: str = CALLBACK_KEY, **changes) -> bytes:
    """A callback as they would send it, signed by a few lines of its own."""
    body = {
        "client_id": "DVCTINH",
        "status": "0",
        "trans_amount": "150000",
        "transaction_id": PAYMENT,
    } | changes
    text = "|".join(str(body[name]) for name in ("client_id", "status", "trans_amount", "transaction_id"))
    body["check_sum"] = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return json.dumps(body).encode()


def notice(*, secret: str = CALLBACK_KEY, **changes) -> bytes:
    """A stand-alone notice, signed by a few lines of its own."""
    fields = {
        "a_command": "PAY",
        "b_merchant": "TINH",
        "c_result": "0",
        "e_cost": "150000",
        "f_trans": OURS,
    } | changes
    text = "".join(fields[name] for name in sorted(fields))
    return urlencode(fields | {"secure_hash": hashlib.md5((secret + text).encode()).hexdigest()}).encode()


def answered(operation, body):
    raw = json.dumps(body).encode()
    return Replaying(
        KeypaySandbox(), operation, SandboxAnswer(200, {"Content-Type": "application/json"}, raw)
    )


def test_hashes_are_those_of_the_contract():
    """Made with openssl and md5sum, so that two equal mistakes cannot agree."""
    orders = {
        "create": wire.CREATE_SIGNED,
        "detail": wire.DETAIL_SIGNED,
        "callback": settings().callback_fields,
    }
    for vector in VECTORS["vectors"]:
        order = orders[vector["message"]]
        key = CALLBACK_KEY if vector["message"] == "callback" else KEY
        assert (
            wire.signature(order, dict(zip(order, vector["raw"].split("|"), strict=True)), key.encode())
            == vector["hash"]
        )
    alone = VECTORS["stand_alone"]
    assert wire.plain_hash("md5", KEY.encode(), alone["fields"]) == alone["md5"]


def test_a_signed_callback_is_news_and_what_is_not_signed_is_not_used():
    """Status 0 is paid; a number outside the hash is left out."""
    news = notifications.verified(callback(keypay_transaction_id="KP1"), settings())

    assert (news.verdict, news.amount, news.reference, news.terminal) == (
        PaymentVerdict.PAID,
        150_000,
        PAYMENT,
        "DVCTINH",
    )
    assert news.provider_reference is None


@pytest.mark.parametrize("status", ["1", "2", "7", "00", "-1", "paid"])
def test_any_other_status_is_unknown_until_it_is_named(status):
    """No failure is known."""
    assert notifications.verified(callback(status=status), settings()).verdict is PaymentVerdict.UNKNOWN
    named = settings(failed_states=frozenset({status}))
    assert notifications.verified(callback(status=status), named).verdict is PaymentVerdict.FAILED


def test_forged_callbacks_change_nothing():
    """Another key, another client, a changed field, no hash, a bar inside a value."""
    changed = json.loads(callback()) | {"trans_amount": "1"}
    unsigned = {n: v for n, v in json.loads(callback()).items() if n != "check_sum"}
    for raw in (
        callback(key=KEY), callback(client_id="OTHER"), json.dumps(changed).encode(), json.dumps(unsigned).encode(),
        callback(status="0|150000", trans_amount="x"), b"x" * (notifications.MOST_BYTES + 1),
    ):  # fmt: skip
        with pytest.raises(Forged):
            notifications.verified(raw, settings())


@pytest.mark.parametrize("amount", ["", "1_000", "0", "-1", "1.5"])
def test_an_amount_that_is_no_whole_number_is_unreadable(amount):
    """Signed, but it could not be booked."""
    with pytest.raises(ValueError, match="trans_amount"):
        notifications.verified(callback(trans_amount=amount), settings())


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_end_in_a_defined_error(raw, alone):
    """Both doors are open to everybody."""
    with pytest.raises((Forged, ValueError)):
        notifications.verified(raw, settings(stand_alone=STAND_ALONE) if alone else settings())


def test_every_cut_of_a_callback_changes_nothing():
    """In both forms."""
    for raw, used in ((callback(), settings()), (notice(), settings(stand_alone=STAND_ALONE))):
        for at in range(len(raw)):
            with pytest.raises((Forged, ValueError)):
                notifications.verified(raw[:at], used)


def test_while_their_key_is_replaced_both_are_good():
    """No callback is lost in the change."""
    changed = settings(callback_key="another-key-0000", previous_callback_key=CALLBACK_KEY)

    assert notifications.verified(callback(), changed).amount == 150_000
    assert notifications.verified(callback(key="another-key-0000"), changed).amount == 150_000


def test_a_stand_alone_notice_is_read_by_the_names_of_the_contract():
    """Values of its result are the installation's to name."""
    named = settings(stand_alone=STAND_ALONE)
    unnamed = settings(stand_alone={**STAND_ALONE, "paid_codes": set(), "failed_codes": set()})

    assert notifications.verified(notice(), named).verdict is PaymentVerdict.PAID
    assert notifications.verified(notice(c_result="7"), named).verdict is PaymentVerdict.FAILED
    assert notifications.verified(notice(), unnamed).verdict is PaymentVerdict.UNKNOWN


def test_a_digit_that_was_moved_to_the_next_field_is_forged():
    """The hash joins values with nothing between them and still holds; our reference's form does not."""
    good = dict(parse_qsl(notice().decode()))
    moved = good | {"e_cost": good["e_cost"] + "A", "f_trans": good["f_trans"][1:]}
    fixed = good | {"a_command": "PA", "b_merchant": "YTINH"}
    used = settings(stand_alone=STAND_ALONE)
    signed = {n: v for n, v in moved.items() if n != "secure_hash"}
    assert wire.plain_holds("md5", used.checking_keys, signed, good["secure_hash"])
    for fields in (moved, fixed):
        with pytest.raises(Forged):
            notifications.verified(urlencode(fields).encode(), used)


def test_doubled_names_are_forged():
    """Of two equal names another program reads the other one."""
    with pytest.raises(Forged):
        notifications.verified(notice() + b"&e_cost=150000", settings(stand_alone=STAND_ALONE))


def test_the_stand_alone_page_carries_the_facts_under_their_names(clock):
    """And its hash is that of the vector's rule."""
    url, request_time = client(stand_alone=STAND_ALONE).payment_url(
        reference=OURS, amount=150_000, created=clock.now(), expires=clock.now(), order_info="Lệ phí",
        payer_address="203.0.113.7", language="vi",
    )  # fmt: skip
    fields = dict(parse_qsl(url.partition("?")[2]))
    given = fields.pop("secure_hash")

    assert request_time == ""
    assert fields["f_trans"] == OURS
    assert given == hashlib.md5((KEY + "".join(fields[n] for n in sorted(fields))).encode()).hexdigest()
    with pytest.raises(ValueError, match="not set up"):
        client().payment_url(
            reference=OURS, amount=150_000, created=clock.now(), expires=clock.now(), order_info="x", payer_address="", language="vi"
        )  # fmt: skip


@pytest.mark.parametrize(
    ("ending", "verdict"), [("paid", "paid"), ("short", "paid"), ("failed", "unknown"), ("odd", "unknown")]
)
def test_the_detail_query_tells_what_is_known(ending, verdict):
    """Another amount stays and says so."""
    sandbox = KeypaySandbox()
    pay(sandbox, ending)
    with serve(sandbox) as server:
        news = client(server.url).query(reference=PAYMENT, amount=150_000)

    assert news.verdict == verdict
    assert news.amount == (149_000 if ending == "short" else 150_000)


def test_an_opening_that_was_refused_is_unknown(clock):
    """Codes of refusal are not known: it may be our own number, used before."""
    sandbox = KeypaySandbox()
    pay(sandbox)
    with serve(sandbox) as server, pytest.raises(OutcomeUnknown, match="5"):
        client(server.url).open_payment(reference=PAYMENT, amount=150_000, description="x")


def test_a_lost_opening_is_found_and_an_unknown_one_is_undecided(clock):
    """No answer of theirs proves that nothing was opened."""
    from connectors.keypay.operations import operations
    from connectors.kit.effects import Call

    sandbox = KeypaySandbox()
    pay(sandbox, "odd")
    with serve(sandbox) as server:
        [opened] = [o for o in operations(client(server.url)) if o.name == "open_payment"]
        assert isinstance(opened.look_up(Call("k", PAYMENT, opening())), Done)
        assert isinstance(opened.look_up(Call("k", "CCCC1", opening("CCCC1"))), Undecided)


@pytest.mark.parametrize(
    "changes",
    [{"amount": 999}, {"amount": True}, {"reference": "A|B"}, {"reference": ""}, {"description": "|"}],
)
def test_what_must_not_leave_does_not(changes):
    """Refused before a byte leaves, with a code that says so."""
    facts = {"reference": PAYMENT, "amount": 150_000, "description": "x"} | changes
    with pytest.raises(Rejected) as caught:
        client().open_payment(**facts)

    assert caught.value.code == "not-sent"


@pytest.mark.parametrize("url", ["http://evil.example/", "javascript:alert(1)", "https://u@x.example/", ""])
def test_a_page_that_leads_elsewhere_breaks_the_contract(url):
    """A payer's browser goes where this address says."""
    with (
        serve(answered("open_payment", {"return_code": "0", "redirect_url": url})) as server,
        pytest.raises(ContractBroken),
    ):
        client(server.url, page_hosts=("keypay.example",)).open_payment(
            reference=PAYMENT, amount=150_000, description="x"
        )


@pytest.mark.parametrize(
    "body",
    [
        {"status": "0", "trans_amount": "150000", "transaction_id": "OTHER"},
        {"status": "0"},
        {"trans_amount": "1"},
        [],
    ],
)
def test_an_answer_about_something_else_or_half_of_one_breaks_the_contract(body):
    """Paid without an amount is not paid."""
    with serve(answered("query_payment", body)) as server, pytest.raises(ContractBroken):
        client(server.url).query(reference=PAYMENT, amount=150_000)


def test_the_sandbox_calls_back_as_assumed():
    """Once, twice, forged."""
    sandbox = KeypaySandbox()
    pay(sandbox, "short", "twice")
    control(sandbox, "pay", {"reference": PAYMENT, "ending": "paid", "notify": "forged"})
    *good, forged = sandbox.callbacks

    assert [notifications.verified(raw, settings()).amount for raw in good] == [149_000, 149_000]
    with pytest.raises(Forged):
        notifications.verified(forged, settings())
    assert json.loads(notifications.answer(0, "OK")) == {"return_code": 0, "return_msg": "OK"}


@pytest.mark.parametrize(
    "changes",
    [
        {"key": ""}, {"callback_key": "aaaaaaaaaa"}, {"callback_fields": ("status", "transaction_id")}, {"paid_states": frozenset()},
        {"failed_states": frozenset({"0"})}, {"stand_alone": {**STAND_ALONE, "hash_field": "f_trans"}},
        {"stand_alone": {**STAND_ALONE, "paid_codes": {"7"}}}, {"stand_alone": {"page_url": "https://x.example"}},
    ],
)  # fmt: skip
def test_settings_that_could_not_work_stop_the_process(changes):
    """What no paper tells must at least not contradict itself."""
    with pytest.raises(ValueError):
        settings(**changes)
