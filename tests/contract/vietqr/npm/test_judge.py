"""A QR library that others wrote (npm ``vietnam-qr-pay`` 1.5.1) judges our texts. Its own defects are pinned."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from connectors.vietqr import wire
from connectors.vietqr.translate import Transfer, read, text_of
from mappings.codes import banks
from tests.support.npm_judge import Judge, judge_in

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def judge() -> Judge:
    """Puts a list of questions to it."""
    return judge_in(HERE)


def transfers(count: int) -> list[Transfer]:
    """Transfers of every kind that we write."""
    chance, letters = Random(5), "ABCXYZabcxyz0189 .,_-"
    bins = [bank.bin for bank in banks.banks() if bank.bin]
    made = []
    for _ in range(count):
        once = chance.random() < 0.8
        made.append(
            Transfer(
                chance.choice(bins),
                "".join(chance.choice("0123456789PS") for _ in range(chance.randrange(6, 20))),
                chance.randrange(1_000, 499_999_999) if once else None,
                "x" + "".join(chance.choice(letters) for _ in range(chance.randrange(24))) if once else "",
                once=once,
                service=chance.choice([wire.TO_ACCOUNT, wire.TO_CARD]),
            )
        )
    return made


def test_the_lock_names_no_address_and_every_hash():
    """It must install from whatever registry a machine has, and nothing else than what was locked."""
    text = (HERE / "package-lock.json").read_text()
    packages = {name: facts for name, facts in json.loads(text)["packages"].items() if name}

    assert packages["node_modules/vietnam-qr-pay"]["version"] == "1.5.1"
    assert all(facts["integrity"].startswith("sha512-") for facts in packages.values())
    assert "resolved" not in text
    assert "://" not in text


def test_our_texts_are_byte_for_byte_its_own(judge):
    """Two hundred transfers to every bank of the list."""
    made = transfers(200)
    questions = [
        {
            "ask": "build",
            "facts": {
                "bankBin": t.bin, "bankNumber": t.account, "amount": None if t.amount is None else str(t.amount),
                "purpose": t.purpose, "service": t.service,
            },
        }
        for t in made
    ]  # fmt: skip

    assert judge(*questions) == [text_of(each) for each in made]


def test_it_reads_our_texts_as_we_mean_them(judge):
    """Field by field."""
    made = transfers(60)
    found = judge(*[{"ask": "read", "text": text_of(each)} for each in made])

    for transfer, told in zip(made, found, strict=True):
        assert told["valid"] is True
        assert (told["bin"], told["account"], told["service"]) == (
            transfer.bin,
            transfer.account,
            transfer.service,
        )
        assert told.get("amount") == (None if transfer.amount is None else str(transfer.amount))
        assert told.get("purpose", "") == transfer.purpose


def test_we_read_its_texts_as_it_means_them(judge):
    """Also the wallets that take transfers under letters."""
    facts = {
        "bankBin": "971025",
        "bankNumber": "PSP123456789000000",
        "amount": "10000",
        "purpose": "MOMOW2W12345678",
    }
    [text] = judge({"ask": "build", "facts": facts})

    assert read(text) == Transfer("971025", "PSP123456789000000", 10_000, "MOMOW2W12345678")


def test_it_refuses_what_we_refuse(judge):
    """A damaged checksum, an empty text."""
    text = text_of(Transfer("970436", "0011001234567", 150_000, "x"))
    damaged = [text[:-1] + ("0" if text[-1] != "0" else "1"), "", text[:30]]

    assert [each["valid"] for each in judge(*[{"ask": "read", "text": t} for t in damaged])] == [False] * 3


def test_defect_it_takes_a_doubled_field_and_the_last_one_wins(judge):
    """Pinned: two amounts are one there. Here such a code says two things and is refused."""
    body = text_of(Transfer("970436", "0011001234567", 150_000, "x"))[:-8]
    doubled = wire.sealed(f"{body}5406100000")
    [found] = judge({"ask": "read", "text": doubled})

    assert found["amount"] == "100000"
    with pytest.raises(ValueError, match="twice"):
        read(doubled)


def test_defect_it_reads_an_amount_that_is_no_number(judge):
    """Pinned: any text is an amount there."""
    body = text_of(Transfer("970436", "0011001234567", None, "", once=False))[:-8]
    text = wire.sealed(f"{body}5403abc")
    [found] = judge({"ask": "read", "text": text})

    assert (found["valid"], found["amount"]) == (True, "abc")
    with pytest.raises(ValueError, match="54"):
        read(text)


def test_defect_it_counts_characters_where_banks_count_bytes(judge):
    """Pinned: a purpose with accents gets a length in characters there; we write none, and read both."""
    facts = {
        "bankBin": "970422",
        "bankNumber": "0123456789020",
        "amount": "10000",
        "purpose": "Thanh toán hóa đơn",
    }
    [text] = judge({"ask": "build", "facts": facts})

    assert "62220818Thanh toán hóa đơn" in text
    assert read(text).purpose == "Thanh toán hóa đơn"
    with pytest.raises(ValueError, match="banks change"):
        text_of(Transfer("970422", "0123456789020", 10_000, "Thanh toán hóa đơn"))
