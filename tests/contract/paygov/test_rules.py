"""What is known of PayGov, and that nothing else is believed."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ContractBroken, Forged, OutcomeUnknown, Rejected
from connectors.kit.sandbox import SandboxAnswer, serve
from connectors.paygov import notifications, wire
from connectors.paygov.sandbox import ORDER, PaygovSandbox
from connectors.paygov.settings import Checksum
from connectors.paygov.translate import safe_text
from mappings.canonical.payment import PaymentVerdict
from tests.contract.conformance import Replaying
from tests.contract.paygov.worlds import PAYMENT, SECRET, client, facts, pay, settings

VECTORS = json.loads(
    resources.files("connectors.paygov.contract").joinpath("vectors.json").read_text("utf-8")
)
BODY = dict(zip(ORDER, VECTORS["raw"].split("|"), strict=True))


def callback(*, secret: str = SECRET, **changes) -> bytes:
    """A callback, signed by a few lines of its own; ``None`` leaves a field out."""
    body = {name: value for name, value in (BODY | changes).items() if value is not None}
    text = "|".join(str(body.get(name, "")) for name in ORDER)
    body["checksum"] = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return json.dumps(body).encode()


def answered(body):
    raw = json.dumps(body).encode()
    return Replaying(
        PaygovSandbox(), "open_payment", SandboxAnswer(200, {"Content-Type": "application/json"}, raw)
    )


def test_each_rule_of_a_checksum_makes_what_it_says():
    """Made with openssl, sha256sum and md5sum."""
    rules = {
        "hmac-sha256": Checksum(algorithm="hmac-sha256", fields=ORDER),
        "sha256": Checksum(algorithm="sha256", fields=ORDER),
        "md5 secret first": Checksum(algorithm="md5", fields=ORDER, secret_first=True),
    }
    for name, rule in rules.items():
        assert wire.checksum(rule, BODY, SECRET.encode()) == VECTORS[name]
        assert wire.holds(rule, [b"x", SECRET.encode()], BODY, VECTORS[name].upper())
        assert not wire.holds(rule, [SECRET.encode()], BODY | {"amount": "1"}, VECTORS[name])


def test_without_a_rule_no_callback_is_believed():
    """The formula was found in no program: a callback that cannot be checked is anybody's."""
    with pytest.raises(Forged, match="callback_checksum"):
        notifications.verified(callback(), settings(callback_checksum=None))


def test_a_verified_callback_is_news_by_its_whole_reference():
    """Nothing is cut out of orderId, and another field decides nothing."""
    news = notifications.verified(callback(type="9", transactionCode="x"), settings())

    assert (news.verdict, news.amount, news.reference) == (PaymentVerdict.PAID, 150_000, PAYMENT)
    assert (news.provider_reference, news.bank_code, news.terminal) == ("PG0000000000", "NAPAS", "DVCTINH")
    assert news.paid_at == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_what_is_not_under_the_checksum_is_not_used():
    """Whoever stands between us could have written it."""
    rule = {"algorithm": "hmac-sha256", "fields": ("amount", "requestCode", "errorCode")}
    text = f"150000|{PAYMENT}|00"
    made = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    news = notifications.verified(
        json.dumps(BODY | {"checksum": made}).encode(), settings(callback_checksum=rule)
    )

    assert (news.amount, news.provider_reference, news.bank_code, news.paid_at) == (150_000, None, None, None)


@pytest.mark.parametrize("code", ["01", "24", "0", "99", "ok"])
def test_any_other_code_is_unknown_until_it_is_named(code):
    """The program that was read took a failed callback for paid."""
    assert notifications.verified(callback(errorCode=code), settings()).verdict is PaymentVerdict.UNKNOWN
    named = settings(failed_codes=frozenset({code}))
    assert notifications.verified(callback(errorCode=code), named).verdict is PaymentVerdict.FAILED


@pytest.mark.parametrize("name", ORDER)
def test_one_changed_field_makes_it_forged(name):
    """Every field of the rule is under the checksum."""
    body = json.loads(callback())
    body[name] = body[name] + "1"

    with pytest.raises(Forged):
        notifications.verified(json.dumps(body).encode(), settings())


def test_other_forgeries_change_nothing():
    """Another secret, no checksum, a separator that plays a field, too long."""
    unsigned = {n: v for n, v in json.loads(callback()).items() if n != "checksum"}
    moved = json.loads(callback()) | {"payGate": "NAPAS|00", "errorCode": ""}
    for raw in (callback(secret="another-secret-00"), json.dumps(unsigned).encode(), json.dumps(moved).encode(), b"{}" + b" " * 20_000):  # fmt: skip
        with pytest.raises(Forged):
            notifications.verified(raw, settings())


@pytest.mark.parametrize("changes", [{"amount": ""}, {"amount": "1_0"}, {"amount": "0"}, {"amount": None}, {"requestCode": ""}, {"payDate": "20261332000000"}])  # fmt: skip
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
    changed = settings(secret="another-secret-00", previous_secret=SECRET)

    assert notifications.verified(callback(), changed).amount == 150_000
    assert notifications.verified(callback(secret="another-secret-00"), changed).amount == 150_000


def test_the_opening_carries_reference_order_and_a_text_without_accents():
    """OrderId as the provinces write it, our reference whole as requestCode."""
    sandbox = PaygovSandbox()
    pay(sandbox)
    payment = sandbox.payments[PAYMENT]

    assert payment.order_id == "H21.15-H21.15-261123-0001-01"
    assert payment.info == "Le phi"
    message = client(access_key="access-key-00", service_code="S1", request_checksum={"algorithm": "sha256", "fields": ("amount", "orderId", "requestCode")})._message(**facts(), return_url="")  # fmt: skip
    assert (message["accessKey"], message["serviceCode"]) == ("access-key-00", "S1")
    text = f"150000|{payment.order_id}|{PAYMENT}|{SECRET}"
    assert message["checksum"] == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 999}, {"amount": True}, {"reference": ""}, {"reference": "A|1"}, {"unit": ""}, {"dossier": ""},
        {"payer_address": "somewhere"}, {"description": "||"},
    ],
)  # fmt: skip
def test_what_must_not_leave_does_not(changes):
    """Refused before a byte leaves, with a code that says so."""
    with pytest.raises(Rejected) as caught:
        client().open_payment(**facts(**changes))

    assert caught.value.code == "not-sent"


def test_a_refused_opening_is_unknown():
    """Codes of refusal are not known, and nobody can be asked."""
    sandbox = PaygovSandbox()
    pay(sandbox)
    with serve(sandbox) as server, pytest.raises(OutcomeUnknown, match="02"):
        client(server.url).open_payment(**facts())


@pytest.mark.parametrize(
    "body",
    [
        {"errorCode": "00", "payUrl": "http://evil.example/"}, {"errorCode": "00", "payUrl": "https://evil.example/"},
        {"errorCode": "00", "requestCode": "OTHER", "payUrl": "https://pay.example/"}, {"errorCode": "00"}, {"payUrl": "x"}, [],
    ],
)  # fmt: skip
def test_half_an_answer_or_one_about_something_else_breaks_the_contract(body):
    """A payer's browser goes where this address says."""
    with serve(answered(body)) as server, pytest.raises(ContractBroken):
        client(server.url, page_hosts=("pay.example",)).open_payment(**facts())


@pytest.mark.parametrize(("ending", "verdict", "amount"), [("paid", "paid", 150_000), ("short", "paid", 149_000), ("failed", "unknown", 150_000), ("odd", "unknown", 150_000)])  # fmt: skip
def test_the_sandbox_calls_back_as_assumed(ending, verdict, amount):
    """Its checksum is its own; our rule is set to it."""
    sandbox = PaygovSandbox()
    *_, raw = pay(sandbox, ending)
    news = notifications.verified(raw, settings())

    assert (news.verdict, news.amount) == (verdict, amount)
    [forged] = pay(PaygovSandbox(), ending, "forged")
    with pytest.raises(Forged):
        notifications.verified(forged, settings())


def test_texts_and_answers():
    """No diacritics; error_code 00 is taken over."""
    assert safe_text("Lệ phí đất đai (số 1)", 200) == "Le phi dat dai so 1"
    assert json.loads(notifications.answer("00", "OK")) == {"error_code": "00", "error_message": "OK"}


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": ""}, {"secret": "aaaaaaaaaa"}, {"order_form": "{unit}"}, {"order_form": "{case}"}, {"paid_codes": frozenset()},
        {"failed_codes": frozenset({"00"})}, {"callback_checksum": {"algorithm": "md5", "fields": ("amount", "orderId", "type")}},
        {"callback_checksum": {"algorithm": "crc", "fields": ORDER}},
    ],
)  # fmt: skip
def test_settings_that_could_not_work_stop_the_process(changes):
    """A checksum that leaves the amount out protects nothing."""
    with pytest.raises(ValueError):
        settings(**changes)
