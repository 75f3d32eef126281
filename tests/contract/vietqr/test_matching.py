"""Our reference in a bank's text: payers and banks change it, and a check digit alone proves nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.sandbox import SandboxRequest
from connectors.kit.seams import is_reference
from connectors.vietqr.matching import Candidate, Form, candidates, news_of, proposals, reference_in
from connectors.vietqr.sandbox import VietqrSandbox
from mappings.canonical.payment import PaymentVerdict
from mappings.canonical.statement import EntryStatus, StatementEntry
from tests.contract.vietqr.worlds import OURS, client, reference

OTHER = reference("B3C4D5E6F7G8H9J")
KNOWN = {OURS, OTHER}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (OURS, Form.WORD),
        (f"MBVCB.3391.{OURS}.CT tu 0011 toi 3511", Form.WORD),
        (f"le phi {OURS.lower()} nguyen van thu", Form.WORD),
        (f"{OURS[:4]} {OURS[4:9]}-{OURS[9:]} nop tien", Form.BROKEN),
        (f"{OURS[:8]}\n{OURS[8:]}", Form.BROKEN),
        (f"CT{OURS}LEPHI", Form.GLUED),
        (f"Lệ phí {OURS}đất đai", Form.WORD),
        (f"tu {OURS[:3]} {OURS[3:]}xyz", Form.GLUED),
    ],
)
def test_it_is_found_anywhere_in_any_case_with_anything_between(text, form):
    """Banks put blanks, signs and line ends where they like."""
    assert Candidate(OURS, form) in candidates(text)
    assert reference_in(text, KNOWN) == OURS


@pytest.mark.parametrize(
    "text", ["", "chuyen tien", OURS[:15], OURS[1:], OURS[::-1], OURS[:7] + "0" + OURS[8:]]
)
def test_what_is_not_there_is_not_found(text):
    """A line that names nothing is a person's, not a guess."""
    assert reference_in(text, KNOWN) is None


def test_two_different_references_are_none():
    """Somebody paid two dossiers in one transfer: a person decides."""
    assert reference_in(f"{OURS} va {OTHER}", KNOWN) is None
    assert reference_in(f"{OURS} va {OURS.lower()}", KNOWN) == OURS


def test_a_reference_that_we_did_not_give_out_is_not_ours():
    """One of 36 strings of sixteen characters has a right check digit."""
    assert reference_in(OURS, {OTHER}) is None
    assert proposals(f"x {OURS} {OTHER[:8]} {OTHER[8:]}") == (OURS,)


def test_the_check_digit_alone_would_take_strangers_for_ours():
    """Measured: of long glued texts most hold a well-formed reference by chance, none of them ours."""
    chance = Random(11)
    texts = [
        "".join(chance.choice("ABCDEFGHJKMNPQRSTUVWXYZ0123456789") for _ in range(80)) for _ in range(300)
    ]

    assert sum(bool(candidates(text)) for text in texts) > 150
    assert [text for text in texts if reference_in(text, KNOWN)] == []


def test_letters_that_only_become_ours_are_not():
    """'ı' and 'ſ' turn into I and S when a whole text is put in capitals."""
    odd = reference("SI7K2M9Q4T1W8Z3")
    assert reference_in(odd.replace("S", "ſ", 1), {odd}) is None
    assert reference_in(odd.replace("I", "ı", 1), {odd}) is None
    assert reference_in(odd.lower(), {odd}) == odd


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_stands_around_a_reference_it_is_found(before, after):
    """Set apart by a sign of its own."""
    assert reference_in(f"{before[:40]}|{OURS}|{after}", {OURS}) == OURS


@given(st.text(max_size=2_000))
def test_any_text_is_looked_through(text):
    """Also hostile ones, in bounded time."""
    assert all(is_reference(each.reference) for each in candidates(text))


def entry(**changes) -> StatementEntry:
    facts = {
        "line": "1", "minor": 150_000, "currency": "VND", "credit": True, "booked": True, "booking_date": date(2026, 11, 23),
        "value_date": date(2026, 11, 23), "text": f"MBVCB.3391.{OURS}.CT", "references": {"account_servicer": "FT26327001"},
    }  # fmt: skip
    return StatementEntry(**(facts | changes))


def test_a_booked_credit_that_names_a_payment_is_news():
    """The amount is the line's: less or more is for the one function to judge."""
    news = news_of(entry(minor=149_000), KNOWN, terminal="STNMT")

    assert (news.provider, news.terminal, news.reference) == ("vietqr", "STNMT", OURS)
    assert (news.verdict, news.amount, news.currency, news.source) == (
        PaymentVerdict.PAID,
        149_000,
        "VND",
        "file",
    )
    assert news.bank_reference == "FT26327001"


def test_a_reference_in_a_field_of_its_own_counts_too():
    """Some banks put the purpose there."""
    assert news_of(entry(text="CK", references={"end_to_end": OURS}), KNOWN, terminal="STNMT") is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"credit": False}, {"credit": None}, {"booked": False}, {"status": EntryStatus.PENDING}, {"reversal": True},
        {"return_reason": "AC01"}, {"bank_code": "PMNT/RCDT/RRTN"}, {"currency": "USD"}, {"minor": None}, {"minor": 0},
        {"text": "chuyen tien"},
    ],
)  # fmt: skip
def test_what_is_not_money_that_came_in_for_good_is_no_news(changes):
    """A transfer of ours that comes back names our reference as well."""
    assert news_of(replace(entry(), **changes), KNOWN, terminal="STNMT") is None


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ("kept", True),
        ("lower", True),
        ("spaced", True),
        ("glued", True),
        ("cut", False),
        ("lost", False),
        ("other", False),
    ],
)
def test_what_payers_and_banks_make_of_it(how, found):
    """The sandbox reads the code by its own hand and writes what a bank would."""
    sandbox = VietqrSandbox()
    body = json.dumps({"code": client().code(reference=OURS, amount=150_000), "text": how}).encode()
    answer = sandbox.handle(SandboxRequest("POST", "/_sandbox/vietqr/pay", {}, {}, body))
    told = json.loads(answer.body)
    books = json.loads(sandbox.handle(SandboxRequest("GET", "/_sandbox/vietqr/books", {}, {}, b"")).body)

    assert (answer.status, told["amount"], told["account"]) == (201, 150_000, "0011001234567")
    assert (reference_in(told["text"], KNOWN) == OURS) is found
    assert books["transfers"] == [told]


def test_the_sandbox_credits_the_bank_that_it_is_given(clock):
    """The statement then carries the payer's text."""
    from connectors.kit.sandbox import serve
    from connectors.statements.sandbox import BankSandbox

    bank = BankSandbox(clock=clock)
    with serve(bank) as server:
        sandbox = VietqrSandbox(clock=clock, bank_url=server.url)
        body = json.dumps({"code": client().code(reference=OURS, amount=150_000), "text": "glued"}).encode()
        assert sandbox.handle(SandboxRequest("POST", "/_sandbox/vietqr/pay", {}, {}, body)).status == 201
        books = bank.handle(SandboxRequest("GET", "/_sandbox/books", {}, {}, b"")).body.decode()

    assert OURS in books


def test_the_sandbox_refuses_what_a_telephone_would_refuse():
    """A damaged code is no transfer."""
    code = client().code(reference=OURS, amount=150_000)
    for wrong in (code[:-1] + ("0" if code[-1] != "0" else "1"), "", code[:40]):
        body = json.dumps({"code": wrong}).encode() if wrong else b"{}"
        answer = VietqrSandbox().handle(SandboxRequest("POST", "/_sandbox/vietqr/pay", {}, {}, body))
        assert answer.status == 422
