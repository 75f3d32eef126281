"""Opening, asking and paying back at ZaloPay: what each answer means, and that nothing is paid back twice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from connectors.errors import ContractBroken, CredentialsRefused, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import Call, Done, NotDone, Refused, Undecided
from connectors.kit.sandbox import SandboxAnswer, serve
from connectors.zalopay import wire
from connectors.zalopay.operations import operations
from connectors.zalopay.sandbox import REFUND_REFUSED
from connectors.zalopay.translate import text_for
from mappings.canonical.payment import PaymentVerdict, RefundVerdict
from tests.contract.conformance import Replaying
from tests.contract.zalopay.worlds import (
    PAYMENT,
    REFUND,
    client,
    control,
    named,
    pay,
    refund_of,
    refund_payload,
    sandbox,
    served,
    time_of,
)

SAMPLES = Path(__file__).parents[2] / "data/payments/gateway-samples.json"


@pytest.fixture
def wallet(clock):
    return sandbox(clock)


def answered(operation, wallet, body, status=200):
    raw = json.dumps(body).encode()
    return Replaying(wallet, operation, SandboxAnswer(status, {"Content-Type": "application/json"}, raw))


def codes(code, sub=None, **more):
    return {
        "return_code": code,
        "return_message": "x",
        "sub_return_code": sub if sub is not None else code,
        **more,
    }


def open_one(made, clock, **more):
    facts = {
        "reference": PAYMENT,
        "amount": 150_000,
        "request_time": time_of(clock),
        "description": "Lệ phí",
    } | more
    return made.open_payment(**facts)


def test_the_published_answer_gives_its_page(wallet, clock):
    """Nobody here wrote this answer."""
    sample = next(s for s in json.loads(SAMPLES.read_text()) if s["name"] == "ZaloPay create order answer")
    with serve(answered("open_payment", wallet, json.loads(sample["body"]))) as server:
        made = client(server.url, clock, page_hosts=("qcgateway.zalopay.vn",))
        assert open_one(made, clock).startswith("https://qcgateway.zalopay.vn/openinapp?order=")


def test_an_order_opened_twice_is_unknown_and_found(wallet, clock):
    """-68: the page of the first is lost, the order stands there."""
    with served(wallet, clock) as made:
        open_one(made, clock)
        with pytest.raises(OutcomeUnknown, match="-68"):
            open_one(made, clock)
        news = made.query(reference=PAYMENT, request_time=time_of(clock), amount=150_000)

    assert news.verdict is PaymentVerdict.PENDING


def test_the_order_carries_the_day_of_its_request_also_after_midnight(clock):
    """A query an hour after midnight names the same order."""
    assert wire.order_number(PAYMENT, "20261231235959") == f"261231_{PAYMENT}"
    with pytest.raises(ValueError, match="request_time"):
        wire.order_number(PAYMENT, "20261331235959")


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 999}, {"amount": True}, {"amount": 100_000_001}, {"reference": ""}, {"reference": "A_1"},
        {"request_time": "2026"}, {"description": "|"}, {"return_url": "https://a.example/|x"},
    ],
)  # fmt: skip
def test_what_must_not_leave_does_not(wallet, clock, changes):
    """Refused before a byte leaves, with a code that says so."""
    with served(wallet, clock) as made, pytest.raises(Rejected) as caught:
        open_one(made, clock, **changes)

    assert caught.value.code == "not-sent"
    assert wallet.received["open_payment"] == 0


@pytest.mark.parametrize(
    "url", ["http://evil.example/", "javascript:alert(1)", "https://u@zalo.example/", ""]
)
def test_a_page_that_leads_elsewhere_breaks_the_contract(wallet, clock, url):
    """A payer's browser goes where this address says."""
    with (
        serve(answered("open_payment", wallet, codes(1, order_url=url))) as server,
        pytest.raises(ContractBroken),
    ):
        open_one(client(server.url, clock, page_hosts=("pay.zalo.example",)), clock)


@pytest.mark.parametrize(
    ("ending", "verdict"),
    [("paid", "paid"), ("short", "paid"), ("expired", "failed"), ("cancelled", "failed"), ("odd", "unknown")],
)
def test_each_ending_has_its_verdict(wallet, clock, ending, verdict):
    """'Failed' with a sub code that nobody named is asked about again."""
    paid = pay(wallet, clock, ending)
    with served(wallet, clock) as made:
        news = made.query(reference=PAYMENT, request_time=paid["request_time"], amount=150_000)

    assert news.verdict == verdict
    assert news.amount == {"paid": 150_000, "short": 149_000}.get(ending)


def test_a_sub_code_that_zalopay_has_named_counts_as_failed(wallet, clock):
    """The list is the installation's to extend."""
    paid = pay(wallet, clock, "odd")
    with served(wallet, clock, failed_sub_codes=frozenset({"-9999"})) as made:
        news = made.query(reference=PAYMENT, request_time=paid["request_time"], amount=150_000)

    assert news.verdict is PaymentVerdict.FAILED


def test_an_unknown_order_is_no_proof_that_no_money_moved(wallet, clock):
    """Return code 2 here too: nothing is concluded."""
    with served(wallet, clock) as made:
        news = made.query(reference="ZZZ1", request_time=time_of(clock), amount=1_000)

    assert (news.verdict, news.amount) == (PaymentVerdict.UNKNOWN, None)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (codes(2, -402), CredentialsRefused), (codes(2, -403), CredentialsRefused), (codes(2, -401), Rejected),
        (codes(2, -429), Unavailable), (codes(2, -500), Unavailable), (codes(2, -999), Unavailable), (codes(-500), Unavailable),
        (codes(-403), CredentialsRefused), ({"sub_return_code": 1}, ContractBroken), (codes("eins"), ContractBroken),
        (codes(1, zp_trans_id=0, amount=1), ContractBroken), (codes(1, zp_trans_id=5), ContractBroken),
        (codes(1, zp_trans_id=5, amount="1_000"), ContractBroken), ([1], ContractBroken),
    ],
)  # fmt: skip
def test_faults_of_a_question_are_faults_and_no_news(wallet, clock, body, error):
    """A wrong key must not read as a failed payment, half an answer not as a paid one."""
    with serve(answered("query_payment", wallet, body)) as server, pytest.raises(error):
        client(server.url, clock).query(reference=PAYMENT, request_time=time_of(clock), amount=150_000)


def test_a_refund_is_accepted_then_ends_by_its_query(wallet, clock):
    """Asynchronous by contract; done there is 'sent' here."""
    paid = pay(wallet, clock)
    with served(wallet, clock) as made:
        news = made.refund(refund_of(paid))
        first = made.query_refund(refund_of(paid))
        clock.advance(hours=1)
        second = made.query_refund(refund_of(paid))

    assert (news.verdict, news.amount, news.source) == (RefundVerdict.ACCEPTED, 50_000, "answer")
    assert isinstance(first, Done)
    assert first.data["news"]["verdict"] == "accepted"
    assert isinstance(second, Done)
    assert second.data["news"]["verdict"] == "sent_to_bank"
    assert second.final is False


def test_even_done_in_the_answer_is_only_accepted(wallet, clock):
    """What became of it is asked."""
    paid = pay(wallet, clock)
    with serve(answered("refund", wallet, codes(1, refund_id=7))) as server:
        news = client(server.url, clock).refund(refund_of(paid))

    assert (news.verdict, news.provider_reference) == (RefundVerdict.ACCEPTED, "7")


@pytest.mark.parametrize("sub", [-429, -500, -999, -1, 2, -68])
def test_failed_without_a_named_sub_code_is_unknown(wallet, clock, sub):
    """It may be the refusal of a repeat whose first was taken."""
    paid = pay(wallet, clock)
    with serve(answered("refund", wallet, codes(2, sub))) as server, pytest.raises(OutcomeUnknown):
        client(server.url, clock, **named()).refund(refund_of(paid))


@pytest.mark.parametrize(
    ("sub", "error"),
    [(REFUND_REFUSED, Rejected), (-401, Rejected), (-402, CredentialsRefused), (-403, CredentialsRefused)],
)
def test_a_named_sub_code_is_a_refusal(wallet, clock, sub, error):
    """Understood and refused; their codes are kept."""
    paid = pay(wallet, clock)
    with serve(answered("refund", wallet, codes(2, sub))) as server, pytest.raises(error) as caught:
        client(server.url, clock, **named()).refund(refund_of(paid))

    assert str(sub) in str(caught.value)


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_an_http_refusal_of_a_refund_is_unknown(wallet, clock, status):
    """Something between us may have written it, also after they acted."""
    paid = pay(wallet, clock)
    with serve(answered("refund", wallet, codes(2), status)) as server, pytest.raises(OutcomeUnknown):
        client(server.url, clock).refund(refund_of(paid))


def test_a_refund_asked_twice_under_one_number_is_one_there(wallet, clock):
    """The second is refused as used before, which decides nothing here."""
    paid = pay(wallet, clock)
    with served(wallet, clock, **named()) as made:
        made.refund(refund_of(paid))
        with pytest.raises(OutcomeUnknown):
            made.refund(refund_of(paid))

    assert [r["amount"] for r in control(wallet, "books", method="GET")["refunds"]] == [50_000]


def test_our_number_of_a_refund_is_the_same_on_every_day(wallet, clock):
    """The day of the attempt in it, and an attempt after midnight would be paid a second time."""
    paid = pay(wallet, clock)
    payload = refund_payload(paid, refund_time="20261124000100")
    with serve(wallet) as server:
        by_name = {o.name: o for o in operations(client(server.url, clock))}
        by_name["refund"].perform(Call("refund:R", REFUND, payload))
        clock.advance(days=3)
        assert isinstance(by_name["refund"].look_up(Call("refund:R", REFUND, payload, attempt=2)), Done)
        with pytest.raises(OutcomeUnknown):
            by_name["refund"].perform(Call("refund:R", REFUND, payload, attempt=2))

    assert list(wallet.refunds) == [f"261124_2553_{REFUND}"]


def test_without_its_own_time_a_refund_carries_the_day_of_its_payment(wallet, clock):
    """Never today's."""
    paid = pay(wallet, clock)
    clock.advance(days=3)
    with serve(wallet) as server:
        by_name = {o.name: o for o in operations(client(server.url, clock))}
        by_name["refund"].perform(Call("refund:R", REFUND, refund_payload(paid)))

    assert list(wallet.refunds) == [f"{paid['request_time'][2:8]}_2553_{REFUND}"]


def test_a_refund_that_ends_as_refused_is_found_as_it_is(wallet, clock):
    """Refused only by a sub code that ZaloPay has named; else a person's."""
    paid = pay(wallet, clock)
    control(wallet, "refuse-refunds", {"times": 1})
    with served(wallet, clock, **named()) as made:
        made.refund(refund_of(paid))
        clock.advance(hours=1)
        assert isinstance(made.find_refund(refund_of(paid)), Refused)
    with served(wallet, clock) as made:
        assert isinstance(made.find_refund(refund_of(paid)), Undecided)


def test_not_found_is_undecided_until_its_sub_code_is_named(wallet, clock):
    """And even then no proof."""
    paid = pay(wallet, clock)
    with served(wallet, clock) as made:
        assert isinstance(made.find_refund(refund_of(paid)), Undecided)
    with served(wallet, clock, **named()) as made:
        assert isinstance(made.find_refund(refund_of(paid)), NotDone)
    [refund] = [o for o in operations(MagicMock()) if o.name == "refund"]
    assert refund.not_found_is_proof is False
    assert refund.money is True


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_number": ""},
        {"payment_number": "x"},
        {"amount": 0},
        {"amount": 150_001},
        {"decided": "today"},
        {"reference": "A|B"},
    ],
)
def test_a_refund_that_could_not_be_right_does_not_leave(wallet, clock, changes):
    """Refused before a byte leaves."""
    paid = pay(wallet, clock)
    with served(wallet, clock) as made, pytest.raises(Rejected) as caught:
        made.refund(replace(refund_of(paid), **changes))

    assert caught.value.code == "not-sent"
    assert wallet.received["refund"] == 0


def test_texts_leave_without_the_bar():
    """A bar in a value makes two messages with one mac."""
    assert text_for("Lệ phí | hồ sơ\n1", 200) == "Lệ phí hồ sơ 1"


def test_the_sandbox_checks_macs_and_days_by_its_own_hand(clock):
    """Another key is refused; with the check on, a refund number of another day too."""
    wallet = sandbox(clock, checks_refund_day=True)
    paid = pay(wallet, clock)
    with serve(wallet) as server:
        with pytest.raises(CredentialsRefused):
            client(server.url, clock, key1="another-key1-000").refund(refund_of(paid))
        with pytest.raises(Rejected, match="-401"):
            client(server.url, clock).refund(replace(refund_of(paid), decided="20200101000000"))
