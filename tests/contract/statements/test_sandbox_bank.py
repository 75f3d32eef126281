"""The sandbox bank through its own doors, in process."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from connectors.statements.reader import read_statement
from connectors.statements.transfer_file import TransferLayout, TransferOrder, transfer_file

kit = pytest.importorskip("connectors.kit.sandbox", reason="the sandbox base is not in this tree")

DAY = date(2026, 11, 23)
ORDER = TransferOrder("AAAAAAAAAAAAAAA1", "00110022", "VCB", "99887766", "NGUYEN VAN A", 50_000, "hoan phi")


@pytest.fixture
def bank() -> Any:
    from connectors.statements.sandbox import BankSandbox

    return BankSandbox()


def ask(bank: Any, method: str, path: str, body: object = b"", **query: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return bank.handle(kit.SandboxRequest(method=method, path=path, query=query, headers={}, body=raw))


def test_an_order_is_paid_then_returned_and_the_books_agree_with_the_statement(bank: Any) -> None:
    """The way of a refund whose account is closed, end to end."""
    ask(bank, "POST", "/_sandbox/bank/accounts", {"account": "00110022", "opening": 1_000_000})
    ask(bank, "POST", "/_sandbox/bank/returns", {"reason": "AC04"})
    raw = transfer_file([ORDER], TransferLayout(), reference="F1", day=DAY)
    assert ask(bank, "POST", "/transfers", raw).status == 201
    assert ask(bank, "POST", "/transfers", raw).status == 409
    for _ in range(2):
        ask(bank, "POST", "/_sandbox/bank/step", {"date": "2026-11-23"})

    answer = ask(bank, "GET", "/statements", account="00110022", date="2026-11-23", format="camt053")
    [statement] = read_statement(answer.body).statements
    books = json.loads(ask(bank, "GET", "/_sandbox/books").body)

    assert [entry.return_reason for entry in statement.entries] == [None, "AC04"]
    assert statement.closing_minor == books["accounts"]["00110022"]["balance"] == 1_000_000


def test_a_file_may_be_offered_twice_and_with_a_wrong_total(bank: Any) -> None:
    """Both happen with real banks; loading is by digest and by balance."""
    facts = {"account": "00110022", "date": "2026-11-23"}
    ask(bank, "POST", "/_sandbox/bank/accounts", {"account": "00110022"})
    ask(bank, "POST", "/_sandbox/bank/file-faults", facts | {"kind": "twice"})
    names = [item["name"] for item in json.loads(ask(bank, "GET", "/files", date="2026-11-23").body)["files"]]
    first, second = (ask(bank, "GET", "/file", name=name).body for name in names)
    assert first == second

    ask(bank, "POST", "/_sandbox/bank/file-faults", facts | {"kind": "wrong-total"})
    assert not read_statement(ask(bank, "GET", "/file", name=names[0]).body).loadable
