"""Texts of codes: built as published, read with every trap of the codes in the field."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Rejected
from connectors.kit.reading import Unreadable
from connectors.vietqr import wire
from connectors.vietqr.connect import connected
from connectors.vietqr.sandbox import scanned
from connectors.vietqr.translate import Transfer, purpose_of, read, text_of
from mappings.codes import banks
from mappings.errors import MappingError
from tests.contract.vietqr.worlds import OURS, client, settings

VECTORS = json.loads(
    resources.files("connectors.vietqr.contract").joinpath("vectors.json").read_text("utf-8")
)["vectors"]
SAMPLES = json.loads((Path(__file__).parents[2] / "data/payments/qr-samples.json").read_text("utf-8"))
GOOD = [s for s in SAMPLES if s["facts"]["crc_right"]]
TEXT = text_of(Transfer("970436", "0011001234567", 150_000, f"{OURS} le phi"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vectors_are_read_and_built_byte_for_byte(vector):
    """Put together by hand, their checksum by another program."""
    says = vector["says"]
    transfer = Transfer(says["bin"], says["account"], says["amount"], says["purpose"], once=says["once"])

    assert read(vector["text"]) == transfer
    assert text_of(transfer) == vector["text"]


@pytest.mark.parametrize("sample", GOOD, ids=lambda sample: sample["name"])
def test_published_codes_are_read_as_their_sources_say(sample):
    """Lengths in bytes or characters, service beside or inside the beneficiary: what they mean is not in doubt."""
    found = read(sample["text"])
    expected = sample["source_expects"] or {}

    assert found.misplaced_service is not sample["facts"]["service_code_beside_beneficiary"]
    if "bankCode" in expected:
        assert (found.bin, found.account) == (expected["bankCode"], expected["accountNumber"])
        assert (found.amount, found.purpose) == (int(expected["amount"]) if "amount" in expected else None, expected.get("message", ""))  # fmt: skip
        assert found.once is (expected["initiationMethod"] == "dynamic")


def test_there_are_published_codes_to_read():
    """A list that became empty would pass everything."""
    assert len(GOOD) == 5
    assert len(SAMPLES) > 20


@pytest.mark.parametrize(
    "sample", [s for s in SAMPLES if not s["facts"]["crc_right"]], ids=lambda s: s["name"]
)
def test_published_broken_codes_are_refused_by_field(sample):
    """One damaged digit of an account sends money to a stranger."""
    with pytest.raises(Unreadable) as caught:
        read(sample["text"])

    assert caught.value.field


def test_a_code_cut_at_any_character_or_changed_in_any_is_refused():
    """The checksum finds every single change."""
    for at in range(len(TEXT)):
        with pytest.raises(Unreadable):
            read(TEXT[:at])
        changed = TEXT[:at] + ("1" if TEXT[at] != "1" else "2") + TEXT[at + 1 :]
        with pytest.raises(Unreadable):
            read(changed)


@given(st.text(max_size=80))
def test_any_text_ends_in_a_defined_error_even_when_sealed(text):
    """A right checksum over nonsense is nonsense."""
    with pytest.raises(Unreadable):
        read(wire.sealed(text))


def outer(**changes: str) -> str:
    """A sealed code with some outer fields changed (empty: left out), whatever they hold."""
    fields = wire.opened(TEXT) | {name.lstrip("f"): value for name, value in changes.items()}
    return wire.sealed("".join(f"{n}{len(v):02d}{v}" for n, v in sorted(fields.items()) if v))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"f00": "02"}, "00"), ({"f01": "13"}, "01"), ({"f53": "840"}, "53"), ({"f58": "US"}, "58"), ({"f38": ""}, "38"),
        ({"f54": "0"}, "54"), ({"f54": "1000.50"}, "54"), ({"f54": "01000"}, "54"), ({"f54": "-5"}, "54"), ({"f54": "1" * 14}, "54"),
        ({"f38": "0010A000000775"}, "38.00"), ({"f38": "0010A0000007270208QRIBFTTA"}, "00"),
        ({"f38": "0010A00000072701270006970403011300110123456780208QRIBFTTX"}, "38.02"),
        ({"f38": "0010A0000007270127000697040A011300110123456780208QRIBFTTA"}, "00"),
        ({"f62": "0802AB0802CD"}, "62"), ({"f62": "08"}, "62"),
    ],
)  # fmt: skip
def test_a_sealed_code_that_says_something_else_is_refused_by_field(changes, field):
    """Foreign currency, foreign schemes, amounts with fractions, doubled fields."""
    with pytest.raises(Unreadable) as caught:
        read(outer(**changes))

    assert caught.value.field == field


def test_a_code_that_says_two_things_by_two_ways_of_counting_is_refused():
    """In characters one purpose, in bytes another: who shows which to whom?"""
    two = "0710ááááá0801X"
    with pytest.raises(Unreadable, match="counted in characters and another in bytes"):
        wire.parted(two, "62")
    with pytest.raises(Unreadable):
        read(outer(f62=two))
    assert wire.parted("0710ááááá", "62") == wire.parted("0705ááááá", "62") == {"07": "ááááá"}


@pytest.mark.parametrize(
    "changes",
    [
        {"bin": "97043"}, {"account": ""}, {"account": "0011-22"}, {"account": "1" * 20}, {"amount": 0}, {"amount": -1},
        {"amount": True}, {"amount": 10**13}, {"purpose": "lệ phí"}, {"purpose": "a&b"}, {"service": "OTHER"},
    ],
)  # fmt: skip
def test_what_must_not_stand_in_a_code_is_not_built(changes):
    """Accents change the length in some programs and the text in most banks."""
    facts = {"bin": "970436", "account": "0011001234567", "amount": 1_000, "purpose": "x"} | changes
    with pytest.raises(ValueError):
        text_of(Transfer(**facts))


def test_a_payment_becomes_a_page_with_its_code(clock):
    """The address is ours; there is no request time, since nobody can be asked."""
    url, request_time = client().payment_url(
        reference=OURS, amount=150_000, created=clock.now(), expires=clock.now(), order_info="của NGUYỄN VĂN THỬ",
        payer_address="203.0.113.7", language="vi",
    )  # fmt: skip
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}

    assert url.startswith("https://motcua.example/thanh-toan/vietqr?")
    assert request_time == ""
    assert "NGUY" not in url
    assert read(query["code"]) == Transfer("970436", "0011001234567", 150_000, OURS)
    assert scanned(query["code"]) == {
        "bin": "970436",
        "account": "0011001234567",
        "amount": "150000",
        "purpose": OURS,
    }


def test_another_terminal_is_another_account():
    """Each office has its own."""
    assert (
        client().read(client().code(reference=OURS, amount=5_000, terminal="STP")).account == "110000001111"
    )
    with pytest.raises(ValueError, match="terminal"):
        client().code(reference=OURS, amount=5_000, terminal="NOBODY")


@pytest.mark.parametrize("amount", [1_999, 500_000_000, 0, True])
def test_an_amount_outside_the_limits_makes_no_code(amount):
    """The payer's bank would refuse it."""
    with pytest.raises(Rejected) as caught:
        client().code(reference=OURS, amount=amount)

    assert caught.value.code == "amount"


def test_the_reference_stands_first_and_is_never_cut():
    """Banks cut at the end."""
    assert purpose_of(OURS, "le phi ho so dat dai", 25) == f"{OURS} le phi h"
    assert purpose_of(OURS, "", 25) == OURS
    for wrong in (OURS[:-1], OURS[:-1] + ("A" if OURS[-1] != "A" else "B"), OURS.lower(), ""):
        with pytest.raises(ValueError, match="check digit"):
            purpose_of(wrong, "", 25)


def test_there_is_no_operation_and_nothing_that_could_pay_back(clock):
    """The scheme knows no refund: a refund is a new transfer."""
    made = connected(settings(), clock=clock)

    assert (made.system, made.operations, made.transports, dict(made.verifiers)) == ("vietqr", (), (), {})
    assert made.client.supports_refund is False


@pytest.mark.parametrize(
    "changes",
    [
        {"terminal": "X"}, {"accounts": {}}, {"accounts": {"STNMT": {"bin": "123456", "number": "1"}}},
        {"accounts": {"STNMT": {"bin": "970436", "number": "12 3"}}}, {"longest_purpose": 15}, {"words": "lệ phí"},
        {"page_url": "http://motcua.example/"},
    ],
)  # fmt: skip
def test_settings_that_could_not_work_stop_the_process(changes):
    """A wrong account is seen at start, not by a payer."""
    with pytest.raises(ValueError):
        settings(**changes)


def test_banks_are_found_by_the_name_they_have_today():
    """Three BINs stand twice in the published list: renamed banks."""
    assert banks.bank_of("970436").code == "VCB"
    assert banks.bank_of("970449").code == "LPB"
    assert banks.bank_of("970449").former is False
    assert (banks.bank_of("970414").code, banks.bank_of("970406").code) == ("MBV", "VIKKI")
    assert banks.bank_called("VCB").swift == "BFTVVNVX"
    assert len(banks.banks()) == 62
    assert [bank.code for bank in banks.banks() if not bank.bin] == ["BIDC"]
    for unknown in ("", "000000"):
        with pytest.raises(MappingError):
            banks.bank_of(unknown)
    with pytest.raises(MappingError):
        banks.bank_called("NOBANK")
