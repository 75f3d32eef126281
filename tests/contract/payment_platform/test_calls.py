"""INIT, QUERY and GET_BILL against the sandbox."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from connectors.errors import ContractBroken, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import Call, Done, NotDone, Undecided
from connectors.payment_platform.operations import operations
from mappings.canonical.payment import PaymentVerdict
from tests.contract.payment_platform.conftest import REFERENCE, receipt


def test_a_payment_is_opened_paid_and_found(either):
    """The whole way works through both envelopes and with both hash algorithms."""
    time = either.client.request_time()
    url = either.open()

    assert either.query(request_time=time).verdict is PaymentVerdict.UNKNOWN
    either.control("pay", url=url, ending="paid", notify="lost")
    news = either.query(request_time=time)

    assert (news.verdict, news.amount, news.reference) == (PaymentVerdict.PAID, 1_300_000, REFERENCE)
    assert (news.terminal, news.currency, news.source, news.code) == ("DVCTINH", "VND", "query", "00/1")
    assert news.provider_reference
    assert either.client.get_bill(reference=REFERENCE, request_time=time)["url"].endswith(
        news.provider_reference
    )


def test_a_payment_that_failed_there_is_failed_here(direct):
    """Only TrangThaiGD 4 says so."""
    url = direct.open()
    direct.control("pay", url=url, ending="failed", notify="lost")

    assert direct.query().verdict is PaymentVerdict.FAILED


def test_a_payment_with_another_amount_names_theirs(direct):
    """The one function for news decides; it must see what was really paid."""
    url = direct.open()
    direct.control("pay", url=url, ending="short", notify="lost")
    news = direct.query()

    assert (news.verdict, news.amount) == (PaymentVerdict.PAID, 1_299_000)
    assert "1299000" in news.message


def test_an_unknown_reference_decides_nothing(direct):
    """'Not found' is no proof: a payment may become visible late, and such an answer is not signed."""
    news = direct.query("ZZZZZZZZZZZZZZZZ")

    assert (news.verdict, news.code, news.amount) == (PaymentVerdict.UNKNOWN, "01", None)


def test_a_wrong_secret_is_refused_by_them(direct):
    """Their hash check is not ours: the sandbox makes its own."""
    direct.sandbox.secret = "another-secret"

    with pytest.raises(Rejected) as raised:
        direct.open()
    assert raised.value.code == "97"


@pytest.mark.parametrize(
    "change",
    [
        {"description": "mot|hai"},
        {"description": "đảo \u202e chiều"},
        {"description": ""},
        {"amount": 0},
        {"amount": -5},
        {"amount": True},
        {"amount": 1_300_001},
        {"reference": "H21.15-261123-0001_2"},
        {"reference": "A" * 21},
        {"request_time": "2026-11-23T14:30"},
        {"request_time": "20261323143000"},
        {"receipt": {**receipt(), "account": ""}},
        {"receipt": {**receipt(), "lines": []}},
        {"payer_address": "203.0.113.7|x"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_must_not_leave_us_does_not(direct, change):
    """A message that could be read in two ways, or that is wrong in itself, is refused before a byte leaves."""
    with pytest.raises(Rejected) as raised:
        direct.open(**change)

    assert raised.value.code == "not-sent"
    assert direct.sandbox.received["open_payment"] == 0


@pytest.mark.parametrize("kind", ["lose_answer", "error_after_acting", "error_200", "half", "garbage"])
def test_an_init_whose_answer_is_lost_is_unknown_and_found_by_query(direct, kind):
    """Silence is not a refusal; the attempt's own reference and time find it."""
    direct.fault("open_payment", kind, times=1)
    with pytest.raises(OutcomeUnknown):
        direct.open()
    by_name = {operation.name: operation for operation in operations(direct.client)}
    payload = {"reference": REFERENCE, "request_time": direct.client.request_time(), "amount": 1_300_000}
    call = Call(key=f"attempt:{REFERENCE}:init", reference=REFERENCE, payload=payload)
    found = by_name["open_payment"].look_up(call)

    assert isinstance(found, Done)
    assert found.data["payment_url"] == ""
    assert not found.final


def test_an_init_that_never_arrived_is_not_found_and_that_is_no_proof(direct):
    """The look-up says NotDone; the declaration says what that is worth."""
    direct.fault("open_payment", "lose_request", times=1)
    with pytest.raises(OutcomeUnknown):
        direct.open()
    opening = operations(direct.client)[0]
    payload = {"reference": REFERENCE, "request_time": direct.client.request_time(), "amount": 1_300_000}
    call = Call(key="k", reference=REFERENCE, payload=payload)

    assert opening.look_up(call) == NotDone(code="01")
    assert not opening.not_found_is_proof
    direct.fault("query_payment", "wrong_signature", times=1)
    direct.open("B1B2C3D4E5F6G7H8")
    badly = Call(key="k", reference="", payload={**payload, "reference": "B1B2C3D4E5F6G7H8"})
    assert isinstance(opening.look_up(badly), Undecided)


def test_a_badly_signed_answer_changes_nothing(direct):
    """Invariant 11: without the right hash nothing in the answer is believed."""
    url = direct.open()
    direct.control("pay", url=url, ending="paid", notify="lost")
    direct.fault("query_payment", "wrong_signature", times=1)

    with pytest.raises(ContractBroken):
        direct.query()


@pytest.mark.parametrize(("kind", "seconds"), [("too_many", 7), ("closed", 1800)])
def test_a_closed_platform_did_nothing_and_says_when_to_come_back(direct, kind, seconds):
    """429 and 503 are 'not taken', with their own waiting time."""
    direct.fault("*", kind, seconds=seconds)

    with pytest.raises(Unavailable) as raised:
        direct.open()
    assert raised.value.retry_after_seconds == seconds
    assert direct.sandbox.acted["open_payment"] == 0


def test_the_proxys_own_error_is_not_the_platforms_answer(clock):
    """error_code other than 0 says nothing of the platform: a write is unknown, a read is repeated."""
    import httpx

    from connectors.kit.transport import Transport
    from connectors.payment_platform.client import SYSTEM, Client
    from tests.contract.payment_platform.conftest import settings

    answer = httpx.MockTransport(
        lambda request: httpx.Response(200, json={"error_code": "500", "message": "x"})
    )
    made = settings()
    client = Client(made, Transport(made.base_url, system=SYSTEM, http=answer), clock=clock)

    with pytest.raises(Unavailable):
        client.query(reference=REFERENCE, request_time="20261123143000", amount=5)
    with pytest.raises(OutcomeUnknown):
        client.open_payment(
            reference=REFERENCE,
            amount=1_300_000,
            request_time="20261123143000",
            description="x",
            payer_address="203.0.113.7",
            language="vi",
            receipt=receipt(),
        )


def test_a_receipt_that_comes_as_paper_is_kept_as_it_is(clock):
    """One province stores the answer to GET_BILL as a PDF."""
    import httpx

    from connectors.kit.transport import Transport
    from connectors.payment_platform.client import SYSTEM, Client
    from tests.contract.payment_platform.conftest import settings

    pdf = b"%PDF-1.4 bien lai"
    made = settings()
    transport = Transport(
        made.base_url, system=SYSTEM, http=httpx.MockTransport(lambda _: httpx.Response(200, content=pdf))
    )
    found = Client(made, transport, clock=clock).get_bill(reference=REFERENCE, request_time="20261123143000")

    assert base64.b64decode(found["pdf_base64"]) == pdf


def test_no_refund_is_offered_because_no_such_message_is_known(direct):
    """What a system cannot do is declared, not found out by an exception."""
    assert direct.client.supports_refund is False
    assert {operation.name for operation in operations(direct.client)} == {
        "open_payment",
        "query_payment",
        "get_bill",
    }


def test_exchange_summaries_hold_no_person_no_account_and_no_secret(direct):
    """Exchanges are read by operators: facts of the message yes, people never."""
    from connectors.kit.exchanges import collecting

    with collecting() as exchanges:
        url = direct.open()
        direct.control("pay", url=url, ending="paid", notify="lost")
        direct.query()

    shown = repr(exchanges)
    assert REFERENCE in shown
    for hidden in ("THỬ", "001099000001", "3511000000001", "khoa-thu", "Phường"):
        assert hidden not in shown


def test_late_news_waits_for_its_clock(direct):
    """'Late' is 20 minutes by the sandbox's own clock, whatever the machine's says."""
    direct.sandbox.confirm_url = "http://127.0.0.1:9/confirm"
    url = direct.open()
    direct.control("pay", url=url, ending="paid", notify="late")
    assert direct.books()["waiting"] == 1
    direct.clock.advance(timedelta(minutes=21))

    for _ in range(200):
        if direct.books()["orders"][REFERENCE]["notices"]:
            break
    assert direct.sandbox.postbox is not None
