"""Opening, asking and paying back at MoMo: what each answer means, and that nothing is paid back twice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.errors import (
    AlreadyDone,
    ContractBroken,
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import Done, NotDone, Refused, Undecided
from connectors.kit.sandbox import SandboxAnswer, serve
from connectors.kit.transport import Transport
from connectors.momo.client import Client
from connectors.momo.translate import refund_verdict, text_for
from mappings.canonical.payment import PaymentVerdict, RefundVerdict
from tests.contract.conformance import Replaying
from tests.contract.momo.worlds import (
    PAYMENT,
    REFUND,
    client,
    control,
    opening,
    pay,
    refund_of,
    sandbox,
    served,
    settings,
)

SAMPLES = Path(__file__).parents[2] / "data/payments/gateway-samples.json"


@pytest.fixture
def wallet(clock):
    return sandbox(clock)


def open_one(made, reference=PAYMENT, **more):
    facts = {"amount": 150_000, "description": "Lệ phí hồ sơ"} | more
    return made.open_payment(reference=reference, **facts)


def books(wallet):
    return control(wallet, "books", method="GET")


def answered(operation: str, wallet, body: dict, status: int = 200) -> Replaying:
    raw = json.dumps(body).encode()
    return Replaying(wallet, operation, SandboxAnswer(status, {"Content-Type": "application/json"}, raw))


def test_the_same_opening_gives_the_same_page(wallet):
    """A lost answer costs the citizen nothing: the effect is sent again under its own requestId."""
    with served(wallet) as made:
        assert open_one(made) == open_one(made)

    assert len(books(wallet)["payments"]) == 1


def test_an_order_number_that_stands_there_under_another_request_is_unknown(wallet):
    """41 is a guard of theirs and no word about what became of ours."""
    with served(wallet) as made:
        open_one(made)
        wallet._books.answered.clear()
        with pytest.raises(OutcomeUnknown, match="41") as caught:
            open_one(made)

    assert not isinstance(caught.value, AlreadyDone)


@pytest.mark.parametrize("amount", [999, 50_000_001, 0, -1, True, 1.5, 150_000.0])
def test_an_amount_outside_the_limits_does_not_leave(wallet, amount):
    """They would refuse it; a payer should not see that."""
    with served(wallet) as made, pytest.raises(Rejected) as caught:
        open_one(made, amount=amount)

    assert caught.value.code == "not-sent"
    assert wallet.received["open_payment"] == 0


@pytest.mark.parametrize("reference", ["", "-A", "A-", "A B", "A" * 64, "Ạ1"])
def test_a_reference_that_they_would_refuse_does_not_leave(wallet, reference):
    """The pattern is published."""
    with served(wallet) as made, pytest.raises(Rejected, match="not-sent"):
        open_one(made, reference)


@pytest.mark.parametrize(
    "url", ["http://evil.example/", "javascript:alert(1)", "https://u@momo.example/", "https://a b/", ""]
)
def test_a_page_that_leads_elsewhere_breaks_the_contract(wallet, url):
    """A payer's browser goes where this address says."""
    body = {
        "resultCode": 0,
        "orderId": PAYMENT,
        "requestId": PAYMENT,
        "partnerCode": "MOMOTINH",
        "amount": 150_000,
    }
    with serve(answered("open_payment", wallet, {**body, "payUrl": url})) as server:
        made = client(server.url, page_hosts=("pay.momo.example",))
        with pytest.raises(ContractBroken):
            open_one(made)


def test_a_payment_is_told_with_its_amount_and_number(wallet):
    """What the one function compares."""
    told = pay(wallet)
    with served(wallet) as made:
        news = made.query(reference=PAYMENT, amount=150_000)

    assert (news.verdict, news.amount, news.provider_reference) == (
        PaymentVerdict.PAID,
        150_000,
        told["number"],
    )
    assert (news.source, news.terminal, news.paid_at) == ("query", "MOMOTINH", None)


@pytest.mark.parametrize(
    ("ending", "verdict"),
    [
        ("short", "paid"),
        ("failed", "failed"),
        ("expired", "failed"),
        ("pending", "pending"),
        ("authorised", "pending"),
    ],
)
def test_each_ending_has_its_verdict(wallet, ending, verdict):
    """9000 is not final: it is asked about until 0."""
    pay(wallet, ending=ending)
    with served(wallet) as made:
        news = made.query(reference=PAYMENT, amount=150_000)

    assert news.verdict == verdict
    if ending == "short":
        assert news.amount == 149_000
        assert "150000" in news.message


def test_an_unknown_order_is_no_proof_that_no_money_moved(wallet):
    """42 is not final."""
    with served(wallet) as made:
        news = made.query(reference="ZZZZZZZZZZZZZZZ1", amount=150_000)

    assert (news.verdict, news.code, news.amount) == (PaymentVerdict.UNKNOWN, "42", None)


@pytest.mark.parametrize(
    ("code", "error"),
    [(10, Unavailable), (11, CredentialsRefused), (13, CredentialsRefused), (20, Rejected), (12, Rejected)],
)
def test_faults_of_a_question_are_faults_and_no_news(wallet, code, error):
    """A wrong key must not read as a failed payment."""
    with (
        serve(answered("query_payment", wallet, {"resultCode": code, "message": "x"})) as server,
        pytest.raises(error),
    ):
        client(server.url).query(reference=PAYMENT, amount=150_000)


class OneId:
    """Always the same number, so that an answer can be written beforehand."""

    def new_id(self) -> str:
        return "QUERY1"

    def reference(self) -> str:
        return PAYMENT


@pytest.mark.parametrize("name", ["", "orderId", "requestId", "partnerCode"])
def test_an_answer_about_something_else_breaks_the_contract(wallet, name):
    """Answers carry no hash: they must at least be about what was asked."""
    body = {
        "resultCode": 0, "orderId": PAYMENT, "requestId": "QUERY1", "partnerCode": "MOMOTINH", "amount": 150_000, "transId": 7,
    }  # fmt: skip
    with serve(answered("query_payment", wallet, body | ({name: "OTHER"} if name else {}))) as server:
        made = Client(
            settings(server.url), Transport(server.url, system="momo", deadline_seconds=5), ids=OneId()
        )
        if not name:
            assert made.query(reference=PAYMENT, amount=150_000).verdict is PaymentVerdict.PAID
            return
        with pytest.raises(ContractBroken):
            made.query(reference=PAYMENT, amount=150_000)


@pytest.mark.parametrize("name", ["", "orderId", "requestId", "partnerCode", "amount"])
def test_a_refund_answered_about_something_else_is_unknown(wallet, name):
    """A success of somebody else's refund is none of ours."""
    paid = pay(wallet)
    body = {
        "resultCode": 0,
        "orderId": REFUND,
        "requestId": REFUND,
        "partnerCode": "MOMOTINH",
        "amount": 50_000,
        "transId": 7,
    }
    with serve(answered("refund", wallet, body | ({name: "1"} if name else {}))) as server:
        if not name:
            assert client(server.url).refund(refund_of(paid)).provider_reference == "7"
            return
        with pytest.raises(ContractBroken):
            client(server.url).refund(refund_of(paid))


def test_a_refund_is_sent_and_found_by_our_number(wallet):
    """Done is 'sent': only a file or a statement settles."""
    paid = pay(wallet)
    with served(wallet) as made:
        news = made.refund(refund_of(paid))
        found = made.find_refund(refund_of(paid))

    assert (news.verdict, news.amount, news.source) == (RefundVerdict.SENT_TO_BANK, 50_000, "answer")
    assert isinstance(found, Done)
    assert found.data["news"]["provider_reference"] == news.provider_reference
    assert found.final is False


@pytest.mark.parametrize(
    ("code", "error"),
    [(1088, Rejected), (1080, Rejected), (1001, Rejected), (22, Rejected), (13, CredentialsRefused)]
    + [(code, OutcomeUnknown) for code in (40, 41, 42, 43, 10, 99, 1081, 9000, 1000, 8000, 31337)],
)
def test_what_a_code_means_for_a_refund(wallet, code, error):
    """99 and 1081 decide nothing; 40 to 43 are not final; what is not listed is unknown."""
    paid = pay(wallet)
    body = {
        "resultCode": code,
        "orderId": REFUND,
        "requestId": REFUND,
        "partnerCode": "MOMOTINH",
        "amount": 50_000,
    }
    with serve(answered("refund", wallet, body)) as server, pytest.raises(error) as caught:
        client(server.url).refund(refund_of(paid))

    assert type(caught.value) is error


def test_a_refund_that_is_still_running_there_is_unknown(wallet):
    """HTTP 422 with 7000: the same requestId is being worked on."""
    paid = pay(wallet)
    with (
        serve(answered("refund", wallet, {"resultCode": 7000}, 422)) as server,
        pytest.raises(OutcomeUnknown),
    ):
        client(server.url).refund(refund_of(paid))


def test_a_pending_refund_is_accepted_and_ends_by_the_query(wallet, clock):
    """Accepted is not sent."""
    paid = pay(wallet)
    control(wallet, "refunds", {"codes": [7002]})
    with served(wallet) as made:
        assert made.refund(refund_of(paid)).verdict is RefundVerdict.ACCEPTED
        first = made.query_refund(refund_of(paid))
        clock.advance(hours=2)
        second = made.query_refund(refund_of(paid))

    assert isinstance(first, Done)
    assert first.data["news"]["verdict"] == "accepted"
    assert isinstance(second, Done)
    assert second.data["news"]["verdict"] == "sent_to_bank"
    assert refund_verdict("7000") is RefundVerdict.ACCEPTED


def test_the_same_refund_twice_is_one(wallet):
    """Under one requestId MoMo pays once, and says the same again."""
    paid = pay(wallet)
    with served(wallet) as made:
        assert made.refund(refund_of(paid)) == made.refund(refund_of(paid))

    assert [refund["amount"] for refund in books(wallet)["refunds"]] == [50_000]


def test_a_pending_refund_asked_again_is_40_and_decides_nothing(wallet):
    """The first is not ended: ask, do not conclude."""
    paid = pay(wallet)
    control(wallet, "refunds", {"codes": [7002]})
    with served(wallet) as made:
        made.refund(refund_of(paid))
        with pytest.raises(OutcomeUnknown, match="40"):
            made.refund(refund_of(paid))


@pytest.mark.parametrize("own_query", [True, False])
def test_a_refund_is_found_also_where_its_own_query_knows_nothing(clock, own_query):
    """The payment's list is the second witness; 'not done' needs both."""
    wallet = sandbox(clock, own_query=own_query)
    paid = pay(wallet)
    with served(wallet) as made:
        before = made.find_refund(refund_of(paid))
        made.refund(refund_of(paid))
        after = made.find_refund(refund_of(paid))

    assert isinstance(before, NotDone)
    assert isinstance(after, Done)


@pytest.mark.parametrize(
    ("code", "kind"), [(1080, Refused), (1088, Refused), (1081, Undecided), (99, Undecided)]
)
def test_a_refund_that_failed_there_is_found_as_it_is(wallet, code, kind):
    """1081 may mean 'paid back before': a person compares with the ledger."""
    paid = pay(wallet)
    control(wallet, "refunds", {"codes": [code]})
    with served(wallet) as made:
        with pytest.raises((Rejected, OutcomeUnknown)):
            made.refund(refund_of(paid))
        found = made.find_refund(refund_of(paid))

    assert isinstance(found, kind), found


def test_a_refund_above_the_rest_is_no_failure_yet(wallet):
    """1081: perhaps refunded before, perhaps above the rest."""
    paid = pay(wallet)
    with served(wallet) as made:
        made.refund(refund_of(paid, 120_000, "TTTTTTTTTTTTTTT1"))
        with pytest.raises(OutcomeUnknown, match="1081"):
            made.refund(refund_of(paid, 50_000))


def test_another_amount_under_our_number_is_undecided(wallet):
    """Somebody used our number for something else: a person looks."""
    paid = pay(wallet)
    with served(wallet) as made:
        made.refund(refund_of(paid, 40_000))
        assert isinstance(made.find_refund(refund_of(paid, 50_000)), Undecided)


def test_an_unknown_payment_says_nothing_of_its_refund(wallet):
    """Their 42 for the payment is no proof."""
    paid = pay(wallet)
    with served(wallet) as made:
        found = made.find_refund(replace(refund_of(paid), payment="ZZZZZZZZZZZZZZZ1"))

    assert isinstance(found, Undecided)


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_number": ""}, {"payment_number": "12a"}, {"amount": 999}, {"amount": 150_001}, {"reference": PAYMENT},
        {"amount": True},
    ],
)  # fmt: skip
def test_a_refund_that_could_not_be_right_does_not_leave(wallet, changes):
    """Refused before a byte leaves, with a code that says so."""
    paid = pay(wallet)
    with served(wallet) as made, pytest.raises(Rejected) as caught:
        made.refund(replace(refund_of(paid), **changes))

    assert caught.value.code == "not-sent"
    assert wallet.received["refund"] == 0


def test_an_answer_of_the_old_protocol_is_never_a_success(wallet):
    """The published sample of 2019 says errorCode, and its hash cannot be made again."""
    sample = next(s for s in json.loads(SAMPLES.read_text()) if s["name"] == "MoMo 2019 refund refused")
    paid = pay(wallet)
    with (
        serve(answered("refund", wallet, json.loads(sample["body"]))) as server,
        pytest.raises(ContractBroken),
    ):
        client(server.url).refund(refund_of(paid))


def test_texts_leave_with_their_accents_and_without_what_would_play_a_field():
    """Raw signing joins by & and =."""
    assert text_for("Lệ phí\tA&B=C \n hồ sơ", 200) == "Lệ phí A B C hồ sơ"
    with pytest.raises(ValueError, match="nothing"):
        text_for(" & = ", 200)
    assert opening()["description"]


def test_the_merchant_is_refused_with_another_secret(wallet):
    """The sandbox checks by its own hand."""
    with serve(wallet) as server, pytest.raises(CredentialsRefused):
        open_one(client(server.url, secret_key="another-secret-000"))
