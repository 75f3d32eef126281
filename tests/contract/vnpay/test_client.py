"""querydr and refund: every code of both generations, and who may say no."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.errors import ContractBroken, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import Call, Done, NotDone, Refused, Undecided
from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, route, serve
from connectors.vnpay.operations import operations
from connectors.vnpay.sandbox_checks import pipe_hash
from connectors.vnpay.translate import meaning, tables
from tests.contract.vnpay.worlds import (
    PAYMENT,
    REFUND,
    SECRET,
    TERMINAL,
    client,
    pay,
    payload,
    refund_payload,
    sandbox,
)

ANSWER = "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType TransactionStatus OrderInfo".split()  # noqa: SIM905
PAID = {"reference": PAYMENT, "number": "14000001", "request_time": "20261123080000"}


class Told(Sandbox):
    """Answers as told, signed."""

    system = "vnpay"

    def __init__(self) -> None:
        super().__init__()
        self.facts: dict[str, Any] = {}
        self.seen: list[dict[str, str]] = []
        self.sign = True

    @route("POST", "/merchant_webapi/api/transaction", "transaction")
    def transaction(self, request: SandboxRequest) -> SandboxAnswer:
        asked = json.loads(request.body)
        self.seen.append(asked)
        facts = {
            "vnp_ResponseId": "1" * 32,
            "vnp_Command": asked["vnp_Command"],
            "vnp_TmnCode": asked["vnp_TmnCode"],
            "vnp_TxnRef": asked["vnp_TxnRef"],
            "vnp_Message": "told",
            **self.facts,
        }
        facts = {name: value for name, value in facts.items() if value is not None}
        names = ANSWER + (["PromotionCode", "PromotionAmount"] if asked["vnp_Command"] == "querydr" else [])
        if self.sign:
            texts = {name: str(value) for name, value in facts.items()}
            facts["vnp_SecureHash"] = pipe_hash(SECRET, names, texts)
        return SandboxAnswer(200, {"Content-Type": "application/json"}, json.dumps(facts).encode())


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def gateway(told, clock):
    with serve(told) as server:
        yield {operation.name: operation for operation in operations(client(server.url, clock))}


def call(**more: Any) -> Call:
    return Call("k", PAYMENT, payload(PAID, **more))


def refund_call(amount: int = 50_000, **more: Any) -> Call:
    return Call("refund:R", REFUND, refund_payload(PAID, amount, **more))


STATUS = {"vnp_ResponseCode": "00", "vnp_Amount": "15000000", "vnp_TransactionType": "01", "vnp_PayDate": "20261123080512"}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("00", "paid"), ("01", "pending"), ("02", "failed"), ("04", "reversed"), ("05", "unknown"), ("06", "unknown"),
     ("07", "suspect"), ("08", "unknown"), ("09", "unknown"), ("42", "unknown")],
)  # fmt: skip
def test_a_query_is_read_by_the_status_of_the_money(gateway, told, status, verdict):
    """ResponseCode 00 says only that the query worked (a published sample has 00 with 01)."""
    told.facts = STATUS | {"vnp_TransactionStatus": status}
    done = gateway["query_payment"].perform(call())

    assert done.data["news"]["verdict"] == verdict
    assert done.data["news"]["code"] == f"00/{status}"


def test_what_a_query_asks(gateway, told):
    """The payment's own request time, our address, a fresh RequestId each time; no hash type."""
    told.facts = STATUS | {"vnp_TransactionStatus": "00"}
    gateway["query_payment"].perform(call())
    gateway["query_payment"].perform(call())
    first, second = told.seen

    assert first["vnp_TransactionDate"] == "20261123080000"
    assert first["vnp_CreateDate"] == "20261123080000"  # the virtual clock stands there
    assert first["vnp_IpAddr"] == "127.0.0.1"
    assert first["vnp_RequestId"] != second["vnp_RequestId"]
    assert "vnp_SecureHashType" not in first
    assert "vnp_Amount" not in first


def test_not_found_is_news_without_a_verdict(gateway, told):
    """91 is no proof that no money moved."""
    told.facts = {"vnp_ResponseCode": "91"}
    news = gateway["query_payment"].perform(call()).data["news"]

    assert (news["verdict"], news["code"], news["amount"]) == ("unknown", "91", None)


@pytest.mark.parametrize(
    ("code", "error"),
    [("02", Rejected), ("03", Rejected), ("97", Rejected), ("94", Unavailable), ("98", OutcomeUnknown),
     ("99", OutcomeUnknown), ("42", OutcomeUnknown)],
)  # fmt: skip
def test_other_codes_of_a_query_change_no_state(gateway, told, code, error):
    """02, 03 and 97 are alarms; 94 waits; the rest is not known."""
    told.facts = {"vnp_ResponseCode": code}
    with pytest.raises(error) as caught:
        gateway["query_payment"].perform(call())
    if error is Unavailable:
        assert caught.value.retry_after_seconds == 300


def test_a_query_that_speaks_of_a_refund_says_nothing_of_the_payment(gateway, told):
    """They answer with the latest transaction."""
    told.facts = STATUS | {"vnp_TransactionStatus": "05", "vnp_TransactionType": "02"}

    assert gateway["query_payment"].perform(call()).data["news"]["verdict"] == "unknown"


@pytest.mark.parametrize(
    "facts",
    [{"vnp_Amount": "150"}, {"vnp_Amount": None}, {"vnp_PayDate": "20260231000000"}, {"vnp_Amount": ["15000000"]},
     {"vnp_TxnRef": "BBBBBBBBBBBBBBB1"}, {"vnp_TxnRef": None}, {"vnp_TmnCode": "OTHER001"}, {"vnp_Command": "refund"},
     {"vnp_ResponseCode": None}],
)  # fmt: skip
def test_an_answer_not_as_agreed_is_broken(gateway, told, facts):
    """Signed by them, but of another payment, or without what it must have."""
    told.facts = STATUS | {"vnp_TransactionStatus": "00"} | facts
    with pytest.raises(ContractBroken):
        gateway["query_payment"].perform(call())


def test_numbers_instead_of_texts_are_read(gateway, told):
    """JSON writers differ; the digits are the same."""
    told.facts = STATUS | {"vnp_TransactionStatus": "00", "vnp_Amount": 15_000_000}

    assert gateway["query_payment"].perform(call()).data["news"]["amount"] == 150_000


@pytest.mark.parametrize("code", sorted({*tables()["refund"], "42"}))
def test_every_code_of_a_refund(gateway, told, code):
    """Accepted, refused in words that they signed, or not known; nothing in between."""
    told.facts = {"vnp_ResponseCode": code, "vnp_TransactionStatus": "05", "vnp_TransactionNo": "14000002"}
    means = meaning("refund", code).means
    if means == "accepted":
        done = gateway["refund"].perform(refund_call())
        assert (done.data["news"]["verdict"], done.final) == ("accepted", False)
        assert done.data["news"]["provider_reference"] == "14000002"
        return
    with pytest.raises(Rejected if means == "refused" else OutcomeUnknown) as caught:
        gateway["refund"].perform(refund_call())
    assert code in str(caught.value)
    assert "told" in str(caught.value)


def test_the_codes_that_decide_about_sending_again_are_unknown():
    """94 may mean that it is under way, 98 and 99 anything."""
    unknown = {code for code, listed in tables()["refund"].items() if listed.means == "unknown"}
    refused = {code for code, listed in tables()["refund"].items() if listed.means == "refused"}

    assert unknown == {"94", "98", "99"}
    assert refused == {"02", "03", "04", "13", "91", "93", "95", "97"}


@pytest.mark.parametrize("code", ["00", "91", "95", "97", "04"])
def test_an_answer_without_their_hash_decides_nothing(gateway, told, code):
    """Neither accepted nor refused: one library treats a missing hash as verified."""
    told.sign = False
    told.facts = {"vnp_ResponseCode": code}
    with pytest.raises(ContractBroken):
        gateway["refund"].perform(refund_call())
    with pytest.raises(ContractBroken):
        gateway["query_payment"].perform(call())
    told.facts["vnp_SecureHash"] = ""
    with pytest.raises(ContractBroken):
        gateway["refund"].perform(refund_call())


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_an_http_error_is_no_refusal_of_theirs(clock, status):
    """Anything between us can write 403, also after VNPAY has acted."""

    class Wall(Sandbox):
        system = "vnpay"

        @route("POST", "/merchant_webapi/api/transaction", "t")
        def transaction(self, request: SandboxRequest) -> SandboxAnswer:
            return SandboxAnswer(status, {}, b"no")

    with serve(Wall()) as server:
        by_name = {operation.name: operation for operation in operations(client(server.url, clock))}
        with pytest.raises(OutcomeUnknown):
            by_name["refund"].perform(refund_call())


def test_what_a_refund_asks(gateway, told):
    """One RequestId for ever, the payment's date and number, whole or part, words without diacritics."""
    told.facts = {"vnp_ResponseCode": "00"}
    gateway["refund"].perform(refund_call())
    gateway["refund"].perform(refund_call())
    gateway["refund"].perform(refund_call(150_000, provider_reference=""))
    first, second, whole = told.seen

    assert first["vnp_RequestId"] == second["vnp_RequestId"] == REFUND
    assert (first["vnp_TransactionType"], first["vnp_Amount"]) == ("03", "5000000")
    assert (first["vnp_TransactionNo"], first["vnp_TransactionDate"]) == ("14000001", "20261123080000")
    assert first["vnp_CreateBy"] == "Nguyen Thi Anh"
    assert first["vnp_OrderInfo"] == f"Hoan phi {PAYMENT}"
    assert (whole["vnp_TransactionType"], whole["vnp_TransactionNo"]) == ("02", "0")


@pytest.mark.parametrize("facts", [{"vnp_TransactionStatus": "09"}, {"vnp_TransactionStatus": "02"}, {"vnp_Amount": "100"}])  # fmt: skip
def test_an_acceptance_that_contradicts_itself_is_unknown(gateway, told, facts):
    """It is asked about, not believed."""
    told.facts = {"vnp_ResponseCode": "00"} | facts
    with pytest.raises(OutcomeUnknown):
        gateway["refund"].perform(refund_call())


FOUND = {
    "vnp_ResponseCode": "00",
    "vnp_Amount": "5000000",
    "vnp_TransactionType": "03",
    "vnp_TransactionNo": "14000002",
}


@pytest.mark.parametrize(
    ("status", "kind", "verdict"),
    [("05", Done, "accepted"), ("06", Done, "sent_to_bank"), ("00", Done, "sent_to_bank"), ("09", Refused, "rejected"),
     ("01", Undecided, None), ("02", Undecided, None), ("08", Undecided, None), ("42", Undecided, None)],
)  # fmt: skip
def test_a_look_up_of_a_refund(gateway, told, status, kind, verdict):
    """Never settled: that is seen in the file or on the bank's statement only."""
    told.facts = FOUND | {"vnp_TransactionStatus": status}
    found = gateway["refund"].look_up(refund_call())

    assert type(found) is kind
    if verdict:
        assert found.data["news"]["verdict"] == verdict
        assert found.data["news"]["reference"] == REFUND
    if kind is Done:
        assert found.final is False


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"vnp_ResponseCode": "91"}, NotDone),
        (FOUND | {"vnp_TransactionType": "01", "vnp_TransactionStatus": "00"}, NotDone),
        (FOUND | {"vnp_TransactionType": "02", "vnp_TransactionStatus": "05"}, Undecided),
        (FOUND | {"vnp_TransactionType": None, "vnp_TransactionStatus": "05"}, Undecided),
        (FOUND | {"vnp_Amount": "4000000", "vnp_TransactionStatus": "05"}, Undecided),
        (FOUND | {"vnp_TransactionNo": "13999999", "vnp_TransactionStatus": "00"}, NotDone),
        ({"vnp_ResponseCode": "97"}, Undecided),
        ({"vnp_ResponseCode": "99"}, Undecided),
    ],
)
def test_another_refund_of_the_same_payment_is_never_taken_for_this_one(gateway, told, facts, kind):
    """Querydr names no refund; an older settled one would else pay for a lost one."""
    told.facts = facts
    asked = refund_call(other_provider_references=["13999999"])

    assert type(gateway["refund"].look_up(asked)) is kind


def test_not_found_is_declared_to_be_no_proof(gateway):
    """So the engine never sends it again by itself."""
    assert gateway["refund"].not_found_is_proof is False
    assert gateway["refund"].money is True


def test_a_look_up_with_a_wrong_hash_is_undecided(gateway, told):
    """A look-up never raises 'unknown': it was only a question."""
    told.sign = False
    told.facts = FOUND | {"vnp_TransactionStatus": "05"}

    assert type(gateway["refund"].look_up(refund_call())) is Undecided


@pytest.mark.parametrize(
    "wrong",
    [{"amount": 0}, {"amount": 50_000.0}, {"amount": "50000"}, {"amount": 200_000}, {"terminal": "OTHER001"}],
)
def test_a_payload_that_must_never_leave_does_not(gateway, told, wrong):
    """A mistake of ours is an error here, not a question to the gateway."""
    with pytest.raises(ValueError, match=r".+"):
        gateway["refund"].perform(Call("k", REFUND, refund_payload(PAID) | wrong))
    assert told.seen == []


def test_the_whole_way_of_a_refund_at_the_sandbox(clock):
    """Accepted, passed on, finished; asked again meanwhile it is 94 and unknown."""
    gateway = sandbox(clock)
    paid = pay(gateway, clock)
    with serve(gateway) as server:
        by_name = {operation.name: operation for operation in operations(client(server.url, clock))}
        asked = Call("refund:R", REFUND, refund_payload(paid))
        refund = by_name["refund"]
        assert type(refund.look_up(asked)) is NotDone
        assert refund.perform(asked).data["news"]["verdict"] == "accepted"
        with pytest.raises(OutcomeUnknown, match="94"):
            refund.perform(asked)
        assert refund.look_up(asked).data["news"]["verdict"] == "accepted"
        clock.advance(hours=2)
        assert by_name["query_refund"].perform(asked).data["news"]["verdict"] == "sent_to_bank"
        assert paid["terminal"] == TERMINAL
    assert gateway.acted["refund"] == 2
