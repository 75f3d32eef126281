"""INIT, QUERY and GET_BILL against the sandbox."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from connectors.errors import ContractBroken, Forged, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import Call, Done, NotDone, Undecided
from connectors.kit.exchanges import collecting
from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, route, serve
from connectors.kit.transport import Transport
from connectors.payment_platform import notifications
from connectors.payment_platform.client import SYSTEM, Client
from connectors.payment_platform.operations import operations
from connectors.statements.sandbox import BankSandbox
from mappings.canonical.payment import PaymentVerdict
from tests.contract.payment_platform.conftest import REFERENCE, SECRET, receipt, settings
from tests.support.waiting import eventually


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
    pdf = b"%PDF-1.4 bien lai\n%%EOF\n"
    made = settings()
    transport = Transport(
        made.base_url, system=SYSTEM, http=httpx.MockTransport(lambda _: httpx.Response(200, content=pdf))
    )
    found = Client(made, transport, clock=clock).get_bill(reference=REFERENCE, request_time="20261123143000")

    assert base64.b64decode(found["pdf_base64"]) == pdf
    half = httpx.MockTransport(lambda _: httpx.Response(200, content=pdf[:-9]))
    cut = Client(made, Transport(made.base_url, system=SYSTEM, http=half), clock=clock)
    with pytest.raises(ContractBroken):
        cut.get_bill(reference=REFERENCE, request_time="20261123143000")


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
    with collecting() as exchanges:
        url = direct.open()
        direct.control("pay", url=url, ending="paid", notify="lost")
        direct.query()

    shown = repr(exchanges)
    assert REFERENCE in shown
    for hidden in ("THỬ", "001099000001", "3511000000001", "khoa-thu", "Phường"):
        assert hidden not in shown


class Listener(Sandbox):
    """Whoever is called back."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []

    @route("POST", "/confirm", "confirm")
    def confirm(self, request: SandboxRequest) -> SandboxAnswer:
        self.bodies.append(request.body)
        return SandboxAnswer(200, {}, b'{"MaLoi": "00"}')


@pytest.fixture
def listener(direct) -> Iterator[Listener]:
    """A callback address that the sandbox knows."""
    made = Listener()
    server = serve(made)
    direct.sandbox.confirm_url = f"{server.url}/confirm"
    yield made
    server.close()


@pytest.mark.parametrize(("notify", "times"), [("once", 1), ("twice", 2), ("before", 1)])
def test_the_sandbox_notifies_as_told_and_its_notice_is_believed(direct, listener, notify, times):
    """Its hash is its own; ours finds it right."""
    direct.control("pay", url=direct.open(), ending="paid", notify=notify)
    eventually(lambda: len(listener.bodies) == times)

    news = notifications.verified(listener.bodies[0], direct.settings)
    assert (news.verdict, news.amount, news.reference) == (PaymentVerdict.PAID, 1_300_000, REFERENCE)
    eventually(lambda: direct.books()["orders"][REFERENCE]["notices"] == ["00"] * times)


def test_a_late_notice_waits_for_the_sandboxs_clock(direct, listener):
    """'Late' is 20 minutes of the play, whatever the machine's clock says."""
    direct.control("pay", url=direct.open(), ending="paid", notify="late")
    assert direct.books()["waiting"] == 1
    direct.clock.advance(timedelta(minutes=19))
    assert direct.books()["waiting"] == 1
    direct.clock.advance(timedelta(minutes=2))

    eventually(lambda: len(listener.bodies) == 1)


def test_a_forged_notice_of_the_sandbox_is_no_news(direct, listener):
    """Whoever does not know the secret is not believed."""
    direct.control("forge", reference=REFERENCE, amount=1_300_000)
    eventually(lambda: len(listener.bodies) == 1)

    with pytest.raises(Forged):
        notifications.verified(listener.bodies[0], direct.settings)


def test_the_money_goes_straight_to_the_collecting_office(direct):
    """The platform holds none: the sandbox bank is credited with our reference in the text."""
    bank = BankSandbox(clock=direct.clock)
    server = serve(bank)
    direct.sandbox.bank_url = server.url
    try:
        direct.control("pay", url=direct.open(), ending="paid", notify="lost")
        eventually(lambda: direct.books()["orders"][REFERENCE]["credited"] == 1_300_000)
    finally:
        server.close()

    line = bank.books.accounts["3511000000001"].lines[0]
    assert (line.amount, line.end_to_end, line.text.split()[0]) == (1_300_000, REFERENCE, REFERENCE)


def canned(clock, answer, **changes) -> Client:
    """A client that gets ``answer`` whatever it asks."""
    made = settings(**changes)
    http = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
    return Client(made, Transport(made.base_url, system=SYSTEM, http=http), clock=clock)


def state(**changes):
    """A QUERY answer, signed."""
    message = {
        "LoaiBanTin": "QUERY",
        "MaLoi": "00",
        "MaDoiTac": "DVCTINH",
        "MaThamChieu": REFERENCE,
        "SoTien": 1_300_000,
        "MaTienTe": "VND",
        "MaGiaoDich": "PP1",
        "MaNganHang": "VCB",
        "ThoiGianGD": "20261123143501",
        "TrangThaiGD": "1",
        **changes,
    }
    values = [str(message[name]) for name in settings().query_answer_fields]
    return {**message, "MaXacThuc": hashlib.sha256("|".join([*values, SECRET]).encode()).hexdigest()}


@pytest.mark.parametrize(
    "change",
    [
        {"MaThamChieu": "B1B2C3D4E5F6G7H8"},
        {"MaDoiTac": "TINHKHAC"},
        {"SoTien": ""},
        {"SoTien": "1e6"},
        {"TrangThaiGD": ""},
        {"ThoiGianGD": "23/11/2026"},
        {"ThoiGianGD": "2026112314350"},
        {"MaTienTe": ""},
    ],
    ids=repr,
)
def test_a_signed_answer_about_something_else_is_no_news(clock, change):
    """M8: merchant, reference, amount and currency agree, or it is not believed."""
    with pytest.raises(ContractBroken):
        canned(clock, state(**change)).query(
            reference=REFERENCE, request_time="20261123143000", amount=1_300_000
        )


def test_an_unsigned_answer_is_believed_only_where_that_was_agreed(clock):
    """The default is to refuse; a signature that is there must be right in any case."""
    bare = {name: value for name, value in state().items() if name != "MaXacThuc"}
    facts = {"reference": REFERENCE, "request_time": "20261123143000", "amount": 1_300_000}

    with pytest.raises(ContractBroken):
        canned(clock, bare).query(**facts)
    assert canned(clock, bare, answers_signed=False).query(**facts).verdict is PaymentVerdict.PAID
    with pytest.raises(ContractBroken):
        canned(clock, {**bare, "MaXacThuc": "0" * 64}, answers_signed=False).query(**facts)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"MaLoi": "99"}, OutcomeUnknown),
        ({"MaLoi": "03"}, Rejected),
        ({"MaLoi": "00"}, ContractBroken),
        ({"MaLoi": "00", "UrlThanhToan": "javascript:alert(1)"}, ContractBroken),
        ({"MaLoi": "00", "UrlThanhToan": "https://user@evil.example/"}, ContractBroken),
        ({"MaLoi": "00", "UrlThanhToan": "https://evil.example/"}, ContractBroken),
        ({"MaLoi": "00", "UrlThanhToan": "https://pay.example/x", "MaThamChieu": "B" * 16}, ContractBroken),
        ({"UrlThanhToan": "https://pay.example/x"}, ContractBroken),
        ([], ContractBroken),
    ],
    ids=repr,
)
def test_answers_of_init_that_give_no_page(clock, answer, error):
    """'Other error' is not known, a refusal is final, and nobody is sent to an address that was not agreed."""
    client = canned(clock, answer, payment_page_hosts=["pay.example"])

    with pytest.raises(error) as raised:
        client.open_payment(
            reference=REFERENCE,
            amount=1_300_000,
            request_time="20261123143000",
            description="x",
            payer_address="203.0.113.7",
            language="vi",
            receipt=receipt(),
        )
    assert type(raised.value) is error
