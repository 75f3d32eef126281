"""A QR library that others wrote (npm ``vietnam-qr-pay`` 1.5.1) judges our texts. Its own defects are pinned."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from connectors.vietqr import wire
from connectors.vietqr.translate import Transfer, read, text_of
from mappings.codes import banks

HERE = Path(__file__).parent
Judge = Callable[..., Any]


def _missing(why: str) -> None:
    """A service that is not there: a loud skip for a person, a failure where nothing may be left out."""
    if os.environ.get("CI"):
        pytest.fail(f"the npm judge cannot run: {why}")
    warnings.filterwarnings("default", message="the npm judge")
    warnings.warn(f"the npm judge did not run: {why}", stacklevel=2)
    pytest.skip(f"the npm judge did not run: {why}")


@pytest.fixture(scope="module")
def judge() -> Judge:
    """Puts a list of questions to it."""
    if not shutil.which("node") or not shutil.which("npm"):
        _missing("Node.js with npm is not installed")
    _install()

    def ask(*questions: dict[str, Any]) -> list[Any]:
        made = subprocess.run(
            ["node", "judge.mjs"],
            cwd=HERE,
            input=json.dumps(questions),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        return [each.get("answer", each) for each in json.loads(made.stdout)]

    return ask


def _install() -> None:
    """Exactly what the lock names, once per lock, by one test process at a time."""
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    modules = HERE / "node_modules"
    modules.mkdir(exist_ok=True)
    with (Path(tempfile.gettempdir()) / "lienthong-vietqr-judge.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark = modules / ".installed-from"
        if mark.exists() and mark.read_text() == wanted:
            return
        made = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=HERE, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        if made.returncode != 0:
            _missing(f"npm ci failed: {made.stderr.strip()[-300:]}")
        mark.write_text(wanted)


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
