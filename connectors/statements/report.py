"""A read file as JSON values: the one stable schema of ``statements read --json``."""

from __future__ import annotations

from typing import Any

from connectors.statements.amounts import decimal_text
from mappings.canonical.statement import (
    Balance,
    SettlementFile,
    Statement,
    StatementEntry,
    StatementFile,
    Trouble,
)
from mappings.codes.currencies import exponents


def statement_json(file: str, read: StatementFile) -> dict[str, Any]:
    """The whole file. Amounts are decimal texts; ``…_minor`` whole numbers of the smallest unit, or null."""
    return {
        "file": file,
        "format": read.format,
        "digest": read.digest,
        "loadable": read.loadable,
        "statements": [_statement(item) for item in read.statements],
        "troubles": [_trouble(item) for item in read.troubles],
    }


def settlement_json(file: str, read: SettlementFile) -> dict[str, Any]:
    """A settlement file in the same frame: ``settlement`` in place of ``statements``."""
    return {
        "file": file,
        "format": f"settlement:{read.profile}",
        "digest": read.digest,
        "loadable": read.loadable,
        "statements": [],
        "settlement": {
            "session": read.session.isoformat() if read.session else None,
            "terminal": read.terminal,
            "rows": [
                {
                    "row": row.row,
                    "kind": row.kind,
                    "reference": row.reference,
                    "provider_reference": row.provider_reference,
                    "gross": row.gross,
                    "fee": row.fee,
                    "net": row.net,
                    "at": row.at.isoformat() if row.at else None,
                    "session": row.session.isoformat(),
                    "status": row.status,
                    "terminal": row.terminal,
                    "original_reference": row.original_reference,
                    "text": row.text,
                }
                for row in read.rows
            ],
        },
        "troubles": [_trouble(item) for item in read.troubles],
    }


def _statement(item: Statement) -> dict[str, Any]:
    return {
        "account": item.account,
        "currency": item.currency,
        "number": item.number,
        "reference": item.reference,
        "page": item.page,
        "last_page": item.last_page,
        "from": item.from_date.isoformat() if item.from_date else None,
        "to": item.to_date.isoformat() if item.to_date else None,
        "opening": _amount(item.opening_minor, item.currency),
        "opening_minor": item.opening_minor,
        "closing": _amount(item.closing_minor, item.currency),
        "closing_minor": item.closing_minor,
        "adds_up": item.adds_up,
        "difference": _amount(item.difference_minor, item.currency),
        "difference_minor": item.difference_minor,
        "balances": [_balance(balance) for balance in item.balances],
        "text": item.text,
        "entries": [_entry(entry) for entry in item.entries],
    }


def _balance(item: Balance) -> dict[str, Any]:
    return {
        "code": item.code,
        "amount": item.amount,
        "amount_minor": item.minor,
        "currency": item.currency,
        "date": item.day.isoformat() if item.day else None,
    }


def _entry(item: StatementEntry) -> dict[str, Any]:
    return {
        "line": item.line,
        "status": item.status.value,
        "amount": item.amount,
        "amount_minor": item.minor,
        "currency": item.currency,
        "sign": None if item.credit is None else "credit" if item.credit else "debit",
        "reversal": item.reversal,
        "returned": item.returned,
        "return_reason": item.return_reason,
        "references": item.references,
        "text": item.text,
        "booking_date": item.booking_date.isoformat() if item.booking_date else None,
        "value_date": item.value_date.isoformat() if item.value_date else None,
        "bank_code": item.bank_code,
        "counterparty": {"name": item.counterparty_name, "account": item.counterparty_account},
        "raw": item.raw,
        "details": [_entry(detail) for detail in item.details],
    }


def _trouble(item: Trouble) -> dict[str, Any]:
    return {
        "code": item.code,
        "where": item.where,
        "field": item.field,
        "raw": item.raw,
        "fatal": item.fatal,
        "message_vi": item.message_vi,
        "message_en": item.message_en,
    }


def _amount(minor: int | None, currency: str) -> str | None:
    return None if minor is None or currency not in exponents() else decimal_text(minor, currency)
