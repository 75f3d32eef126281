"""Order files: exact, repeatable, and harmless in a spreadsheet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from connectors.errors import AlreadyDone
from connectors.kit.effects import Call, EffectClass
from connectors.statements.client import Client, operations
from connectors.statements.profile import load_profile
from connectors.statements.reader import read_statement
from connectors.statements.sandbox_books import Books, Refusal
from connectors.statements.sandbox_files import write
from connectors.statements.settings import Settings
from connectors.statements.transfer_file import (
    ResultRow,
    TransferLayout,
    TransferOrder,
    result_file,
    transfer_file,
)
from mappings.canonical.codec import to_json

DAY = date(2026, 11, 23)
ORDER = TransferOrder("AAAAAAAAAAAAAAA1", "00110022", "VCB", "99887766", "NGUYỄN VĂN A", 50_000, "hoàn phí")


def file_of(*orders: TransferOrder, reference: str = "F1") -> bytes:
    return transfer_file(orders, TransferLayout(), reference=reference, day=DAY)


def test_the_same_orders_give_the_same_bytes() -> None:
    """Only then can the bank tell a repeat from a second order."""
    assert file_of(ORDER) == file_of(ORDER)


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t=", " ="])
def test_no_cell_can_run_on_the_clerks_computer(lead: str) -> None:
    """Names and texts come from citizens."""
    raw = file_of(replace(ORDER, payee_name=f"{lead}cmd|x")).decode("utf-8-sig")
    cells = [cell for line in raw.splitlines() for cell in line.split(";")]

    assert not any(cell.strip('"').lstrip().startswith(("=", "+", "-", "@")) for cell in cells)
    table = result_file([ResultRow("=1", "@2", 1, None, "LECH")], session=DAY, terminal="T").decode(
        "utf-8-sig"
    )
    assert "'=1" in table
    assert "'@2" in table


@pytest.mark.parametrize(
    "orders",
    [
        (),
        (ORDER, ORDER),
        (replace(ORDER, amount=0),),
        (replace(ORDER, amount=-5),),
        (replace(ORDER, amount=True),),
        (replace(ORDER, reference="short"),),
        (replace(ORDER, payee_account="12;34"),),
    ],
)
def test_an_order_that_must_not_leave_is_refused(orders: tuple[TransferOrder, ...]) -> None:
    """The last door before the bank."""
    with pytest.raises(ValueError, match=r"order|reference|amount|account"):
        file_of(*orders)


def test_a_file_for_the_outbox_is_written_once(tmp_path: Path) -> None:
    """The same effect run twice must not become two files."""
    client = Client(Settings(outbox_folder=tmp_path))
    [operation] = operations(client)
    call = Call(key="k", reference="F1", payload={"orders": [to_json(ORDER)], "day": "2026-11-23"})

    done = operation.perform(call)
    assert (done.final, done.data["orders"]) == (False, ["AAAAAAAAAAAAAAA1"])
    with pytest.raises(AlreadyDone):
        operation.perform(call)
    assert [path.name for path in tmp_path.iterdir()] == ["LENHCHI_F1_20261123.csv"]
    assert (operation.effect_class, operation.money) == (EffectClass.EVIDENCE, True)


@pytest.fixture
def books() -> Books:
    books = Books()
    books.open("00110022", 1_000_000)
    books.book(
        "00110022", 200_000, "Phien VNPAY 22/11", DAY, end_to_end="SESSION1", other_name="VNPAY & Cty <HN>"
    )
    return books


def test_the_sandbox_bank_refuses_the_same_order_file_twice(books: Books) -> None:
    """A real bank does; and a client that relies on it must be tried."""
    books.take_orders(file_of(ORDER))
    for raw in (file_of(ORDER), file_of(replace(ORDER, reference="AAAAAAAAAAAAAAA2"))):
        with pytest.raises(Refusal) as refused:
            books.take_orders(raw)
        assert refused.value.status == 409


@pytest.mark.parametrize("kind", ["camt053", "mt940", "csv", "treasury"])
def test_what_the_sandbox_bank_writes_is_what_our_readers_understand(books: Books, kind: str) -> None:
    """Two sides written apart agree on money, sign, reference and return."""
    books.next_returns.append("AC04")
    books.take_orders(file_of(ORDER))
    assert books.step(DAY) == {"paid": 1, "returned": 0}
    assert books.step(DAY) == {"paid": 0, "returned": 1}
    profile = {"csv": "bank-generic-csv", "treasury": "treasury-day"}.get(kind)
    read = read_statement(
        write(books.accounts["00110022"], DAY, kind), profile=load_profile(profile) if profile else None
    )
    [statement] = read.statements

    assert read.troubles == ()
    assert (statement.adds_up, statement.closing_minor, statement.account) == (True, 1_200_000, "00110022")
    assert [entry.minor if entry.credit else -(entry.minor or 0) for entry in statement.entries] == [
        200_000,
        -50_000,
        50_000,
    ]
    if kind != "treasury":
        assert statement.entries[1].references["end_to_end"] == "AAAAAAAAAAAAAAA1"
        assert [entry.return_reason for entry in statement.entries] == [None, None, "AC04"]


@pytest.mark.parametrize("kind", ["camt053", "mt940", "csv", "treasury"])
def test_a_wrong_total_is_noticed(books: Books, kind: str) -> None:
    """The fault of the provincial day: it must keep the file from being loaded."""
    profile = {"csv": "bank-generic-csv", "treasury": "treasury-day"}.get(kind)
    raw = write(books.accounts["00110022"], DAY, kind, off_by=1)

    assert not read_statement(raw, profile=load_profile(profile) if profile else None).loadable
