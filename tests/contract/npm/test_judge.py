"""A merchant library that others wrote (npm ``vnpay`` 2.5.0) judges our addresses, notices, answers and sandbox.

It has defects of its own; each is pinned below by a test that says so. Where it and the facts disagree, the facts win.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from adapters.webhooks.answers import BODIES
from connectors.kit.sandbox import serve
from connectors.vnpay.notifications import verified
from connectors.vnpay.sandbox_checks import signed_query
from mappings.canonical.payment import PaymentVerdict
from tests.contract.vnpay.worlds import PAYMENT, SECRET, TERMINAL, client, pay, sandbox, settings
from tests.support.clock import VirtualClock
from tests.support.npm_judge import Judge, judge_in

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def judge() -> Judge:
    """Puts a list of questions to it."""
    return judge_in(HERE)


def config(**more: Any) -> dict[str, Any]:
    """Its settings for our terminal."""
    return {"tmnCode": TERMINAL, "secureSecret": SECRET, **more}


def notice(**changes: str) -> dict[str, str]:
    """Fields of a notice."""
    return {
        "vnp_Amount": "15000000", "vnp_BankCode": "NCB", "vnp_BankTranNo": "VNP14000001", "vnp_CardType": "ATM",
        "vnp_OrderInfo": "Le phi ho so: A B", "vnp_PayDate": "20261123080512", "vnp_ResponseCode": "00",
        "vnp_TmnCode": TERMINAL, "vnp_TransactionNo": "14000001", "vnp_TransactionStatus": "00", "vnp_TxnRef": PAYMENT,
    } | changes  # fmt: skip


def test_the_lock_names_no_address_and_every_hash():
    """It must install from whatever registry a machine has, and nothing else than what was locked."""
    lock = json.loads((HERE / "package-lock.json").read_text())
    packages = {name: facts for name, facts in lock["packages"].items() if name}

    assert packages["node_modules/vnpay"]["version"] == "2.5.0"
    assert all(facts["integrity"].startswith("sha512-") for facts in packages.values())
    assert "resolved" not in (HERE / "package-lock.json").read_text()
    assert "://" not in (HERE / "package-lock.json").read_text()


def test_our_payment_addresses_are_byte_for_byte_its_own(judge):
    """Two hundred addresses with every character that may stand in them."""
    clock, chance = VirtualClock(), Random(7)
    ours, questions = [], []
    made = client("https://sandbox.example", clock)
    letters = "abcXYZ0189 .-_:đàẫỷ()&%+/"
    for number in range(200):
        facts = {
            "reference": f"T{number:015d}",
            "amount": chance.randrange(5_000, 999_999_999),
            "order_info": "Lệ phí " + "".join(chance.choice(letters) for _ in range(chance.randrange(80))),
            "payer_address": chance.choice(["203.0.113.7", "2001:db8::1"]),
            "language": chance.choice(["vi", "en"]),
        }
        expires = clock.advance(minutes=chance.randrange(1, 30))
        created = expires - timedelta(minutes=15)
        url, _ = made.payment_url(created=created, expires=expires, **facts)
        fields = dict(parse_qsl(url.partition("?")[2]))
        data = {
            name: value for name, value in fields.items() if name not in ("vnp_SecureHash", "vnp_TmnCode")
        }
        data["vnp_Amount"] = facts["amount"]
        for name in ("vnp_CreateDate", "vnp_ExpireDate"):
            data[name] = int(data[name])
        ours.append(url)
        questions.append({"ask": "url", "config": config(vnpayHost="https://sandbox.example"), "data": data})

    assert judge(*questions) == ours


def test_it_verifies_the_notices_of_our_sandbox_and_we_verify_what_it_signs(judge):
    """Both directions, also for text that needs encoding."""
    fields = [
        notice(),
        notice(vnp_OrderInfo="a+b c&d=e/f:g,h"),
        notice(vnp_ResponseCode="24", vnp_TransactionStatus="02"),
    ]
    ours = [dict(parse_qsl(signed_query(each, SECRET))) for each in fields]
    found = judge(*[{"ask": "verify", "config": config(), "query": each} for each in ours])
    signed = judge(*[{"ask": "sign", "config": config(), "data": each} for each in fields])

    assert [each["isVerified"] for each in found] == [True, True, True]
    assert [each["isSuccess"] for each in found] == [True, True, False]
    assert [each["vnp_Amount"] for each in found] == [150_000] * 3
    verdicts = [verified(each.encode(), settings()).verdict for each in signed]
    assert verdicts == [PaymentVerdict.PAID, PaymentVerdict.PAID, PaymentVerdict.FAILED]


def test_it_refuses_the_notices_that_we_refuse(judge):
    """A changed amount, a missing hash, another's secret."""
    good = dict(parse_qsl(signed_query(notice(), SECRET)))
    bad = [
        good | {"vnp_Amount": "100"},
        {name: value for name, value in good.items() if name != "vnp_SecureHash"},
        dict(parse_qsl(signed_query(notice(), "ANOTHERSECRET"))),
    ]
    found = judge(*[{"ask": "verify", "config": config(), "query": each} for each in bad])

    assert [each["isVerified"] for each in found] == [False, False, False]


def test_our_answers_to_a_notice_are_the_ones_it_knows(judge):
    """Codes always; words where its own are those of the manual."""
    [theirs] = judge({"ask": "words", "config": config()})
    ours = {code: json.loads(body) for code, body in BODIES.items()}

    assert {each["RspCode"] for each in theirs} == set(ours)
    for each in theirs:
        if each["RspCode"] != "97":  # the manual says 'Invalid signature', the library 'Fail checksum'
            assert ours[each["RspCode"]] == each


@pytest.fixture
def gateway(clock) -> Iterator[tuple[Any, str, dict[str, Any]]]:
    """Our sandbox with one paid payment."""
    made = sandbox(clock)
    paid = pay(made, clock)
    with serve(made) as server:
        yield made, server.url, paid


def query(url: str, paid: dict[str, Any], **more: Any) -> dict[str, Any]:
    data = {
        "vnp_RequestId": "Q1", "vnp_TxnRef": PAYMENT, "vnp_TransactionDate": int(paid["request_time"]),
        "vnp_CreateDate": int(paid["request_time"]), "vnp_IpAddr": "127.0.0.1", "vnp_OrderInfo": "Truy van",
        "vnp_TransactionNo": 0,
    } | more  # fmt: skip
    return {"ask": "query", "config": config(queryDrAndRefundHost=url), "data": data}


def refund(url: str, paid: dict[str, Any], **more: Any) -> dict[str, Any]:
    data = {
        "vnp_RequestId": "R1", "vnp_TransactionType": "03", "vnp_TxnRef": PAYMENT, "vnp_Amount": 50_000,
        "vnp_TransactionNo": int(paid["number"]), "vnp_TransactionDate": int(paid["request_time"]), "vnp_CreateBy": "an",
        "vnp_CreateDate": int(paid["request_time"]), "vnp_IpAddr": "127.0.0.1", "vnp_OrderInfo": "Hoan tien",
    } | more  # fmt: skip
    return {"ask": "refund", "config": config(queryDrAndRefundHost=url), "data": data}


def test_our_sandbox_understands_its_queries_and_answers_in_its_words(judge, gateway):
    """The answer's hash, codes and fields, read by a program that knows the real gateway."""
    _, url, paid = gateway
    [found, unknown] = judge(query(url, paid), query(url, paid, vnp_TxnRef="NOSUCHPAYMENT"))

    assert (found["isVerified"], found["isSuccess"]) == (True, True)
    assert (found["vnp_TransactionStatus"], found["vnp_TransactionType"]) == ("00", "01")
    assert (found["vnp_Amount"], found["vnp_TransactionNo"]) == ("15000000", paid["number"])
    assert (unknown["isVerified"], unknown["vnp_ResponseCode"]) == (True, "91")


def test_our_sandbox_understands_its_refunds_and_refuses_as_the_tables_say(judge, gateway):
    """Taken once; a second one while it is open is 94; a wrong secret is 97."""
    made, url, paid = gateway
    first, again, wrong = refund(url, paid), refund(url, paid, vnp_RequestId="R2"), refund(url, paid)
    wrong["config"]["secureSecret"] = "ANOTHERSECRET"
    found = judge(first, again, wrong)

    assert [each["vnp_ResponseCode"] for each in found] == ["00", "94", "97"]
    assert found[0]["vnp_TransactionStatus"] == "05"
    assert found[1]["isVerified"] is True
    assert made.acted["refund"] == 3
    [seen] = judge(query(url, paid, vnp_RequestId="Q2"))
    assert (seen["vnp_TransactionType"], seen["vnp_Amount"]) == ("03", "5000000")


def test_defect_it_calls_an_answer_without_a_hash_verified(judge, gateway, monkeypatch):
    """Pinned: a missing signature counts as verified there. Here it decides nothing."""
    made, url, paid = gateway
    monkeypatch.setattr("connectors.vnpay.sandbox.pipe_hash", lambda *_: "")
    wrong = refund(url, paid)
    wrong["data"].pop("vnp_RequestId")
    made.terminals.clear()
    [found] = judge(wrong)

    assert found["vnp_ResponseCode"] == "02"
    assert "vnp_SecureHash" not in found
    assert found["isVerified"] is True


def test_defect_it_divides_the_amount_before_it_checks_a_refunds_hash(judge, gateway):
    """Pinned: every rightly signed refund answer that names an amount is 'not verified' there."""
    _, url, paid = gateway
    [found] = judge(refund(url, paid))

    assert found["isVerified"] is False
    assert found["vnp_Amount"] == 50_000


def test_defect_it_signs_a_transaction_number_that_it_does_not_send(judge, gateway):
    """Pinned: without a number it signs '0' and sends nothing. We send '0' and sign the same text."""
    _, url, paid = gateway
    asked = refund(url, paid)
    del asked["data"]["vnp_TransactionNo"]
    [found] = judge(asked)

    assert found["vnp_ResponseCode"] == "97"


def test_defect_it_looks_at_one_of_the_two_codes_only(judge):
    """Pinned: a notice with ResponseCode 00 and status 02 is a success there. Here it is unknown and asked about."""
    fields = notice(vnp_TransactionStatus="02")
    [found] = judge(
        {"ask": "verify", "config": config(), "query": dict(parse_qsl(signed_query(fields, SECRET)))}
    )

    assert found["isSuccess"] is True
    assert verified(signed_query(fields, SECRET).encode(), settings()).verdict is PaymentVerdict.UNKNOWN


def test_defect_it_compares_hashes_with_regard_to_case(judge):
    """Pinned: an upper-case hash is refused there; the gateway's manual does not promise lower case."""
    query_fields = dict(parse_qsl(signed_query(notice(), SECRET)))
    query_fields["vnp_SecureHash"] = query_fields["vnp_SecureHash"].upper()
    [found] = judge({"ask": "verify", "config": config(), "query": query_fields})

    assert found["isVerified"] is False
    assert verified(urlencode(query_fields).encode(), settings()).verdict is PaymentVerdict.PAID
