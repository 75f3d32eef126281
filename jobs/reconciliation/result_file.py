"""The result file that a gateway expects back (step 2 of its procedure): only differences are answered, completely."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from jobs.reconciliation.listing import Listed

HEAD = ("STT", "TxnRef", "TransactionType", "GatewayAmount", "MerchantAmount", "ResultCode", "Description")
CODES = {
    "only_ours": "01", "only_theirs": "02", "amount": "03", "status": "04", "fee": "05", "double_in_file": "06",
    "double_payment": "06", "paid_unconfirmed": "00", "refund_unknown": "01", "reversed": "02", "currency": "07",
    "reference": "08", "late": "09", "settlement_short": "10", "settlement_long": "11",
}  # fmt: skip
"""Codes and columns are per contract and not public: these are ours until the partner names his."""


def text(breaks: Iterable[Listed]) -> str:
    """The file as text: UTF-8 with mark, so that office programs read Vietnamese; cells cannot run."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD)
    number = 0
    for each in breaks:
        if each.against != "gateway" and each.verdict not in ("settlement_short", "settlement_long"):
            continue
        number += 1
        ours = each.ours if each.against == "gateway" else each.bank
        cells = (
            each.reference,
            each.kind,
            each.gateway,
            ours,
            CODES[each.verdict],
            f"{each.name_vi} / {each.name_en}",
        )
        writer.writerow([number, *(harmless(cell) for cell in cells)])
    writer.writerow([f"Tổng cộng: {number}", "", "", "", "", "", ""])
    return "\ufeff" + out.getvalue()


def harmless(cell: object) -> object:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + cell
    return "" if cell is None else cell


def write(breaks: Iterable[Listed], path: Path) -> None:
    """Write it whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text(breaks), encoding="utf-8", newline="")
    part.replace(path)
