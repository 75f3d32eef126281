"""Files that leave us: the bank transfer order file and the result file for the gateway. No cell of them can run."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

LARGEST_AMOUNT = 10**15
_RUNS = ("=", "+", "-", "@", "\t", "\r")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_ACCOUNT = re.compile(r"[A-Z0-9]{4,34}")
_REFERENCE = re.compile(r"[A-Z0-9]{16}")


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """One payment out of our account. ``amount`` is whole đồng, at least 1.

    Attributes:
        reference: ours, 16 characters: comes back on the statement as end-to-end reference.
        text: purpose shown to the payee; the reference is put before it.
    """

    reference: str
    payer_account: str
    payee_bank: str
    payee_account: str
    payee_name: str
    amount: int
    text: str


@dataclass(frozen=True, slots=True)
class TransferLayout:
    """The bank's layout of an order file, as data."""

    name: str = "transfer-orders"
    separator: str = ";"
    encoding: str = "utf-8-sig"
    headings: tuple[str, ...] = (
        "STT",
        "Mã tham chiếu",
        "Tài khoản nguồn",
        "Ngân hàng thụ hưởng",
        "Tài khoản thụ hưởng",
        "Tên người hưởng",
        "Số tiền",
        "Nội dung",
    )
    total_label: str = "Tổng cộng"
    file_name: str = "LENHCHI_{reference}_{day:%Y%m%d}.csv"


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One line of the result file: what they say, what we have, what follows (``KHOP`` or a reason)."""

    reference: str
    provider_reference: str
    theirs: int | None
    ours: int | None
    result: str
    note: str = ""


def safe_cell(text: str) -> str:
    """``text`` as a cell that no spreadsheet takes for a formula: one line, an apostrophe before a lead-in."""
    plain = _CONTROL.sub(" ", text)
    return f"'{plain}" if plain.lstrip().startswith(_RUNS) else plain


def file_name(layout: TransferLayout, reference: str, day: date) -> str:
    """The name under which the order file of ``reference`` goes out."""
    return layout.file_name.format(reference=reference, day=day)


def transfer_file(
    orders: Sequence[TransferOrder], layout: TransferLayout, *, reference: str, day: date
) -> bytes:
    """The bytes of an order file: the same orders give the same bytes, so the bank can tell a repeat.

    Raises:
        ValueError: no order, an amount that is not whole đồng above zero, a reference that is malformed or
            stands twice, an account that no bank has.
    """
    _check(orders)
    rows: list[list[str]] = [["LENHCHI", reference, f"{day:%d/%m/%Y}"], list(layout.headings)]
    for number, order in enumerate(orders, 1):
        text = f"{order.reference} {order.text}".strip()
        rows.append(
            [
                str(number),
                order.reference,
                order.payer_account,
                safe_cell(order.payee_bank),
                order.payee_account,
                safe_cell(order.payee_name),
                str(order.amount),
                safe_cell(text),
            ]
        )
    total = sum(order.amount for order in orders)
    rows.append([f"{layout.total_label}: {len(orders)}", "", "", "", "", "", str(total), ""])
    return _csv(rows, layout.separator, layout.encoding)


def result_file(rows: Sequence[ResultRow], *, session: date, terminal: str) -> bytes:
    """The answer that the gateway expects to its session file (step 2 of its procedure)."""
    table = [["KETQUADOISOAT", safe_cell(terminal), f"{session:%d/%m/%Y}"]]
    table.append(
        ["STT", "Mã tham chiếu", "Mã giao dịch", "Số tiền đối tác", "Số tiền đơn vị", "Kết quả", "Ghi chú"]
    )
    for number, row in enumerate(rows, 1):
        amounts = ["" if amount is None else str(amount) for amount in (row.theirs, row.ours)]
        texts = [safe_cell(text) for text in (row.reference, row.provider_reference)]
        table.append([str(number), *texts, *amounts, safe_cell(row.result), safe_cell(row.note)])
    table.append([f"Tổng cộng: {len(rows)}", "", "", "", "", "", ""])
    return _csv(table, ",", "utf-8-sig")


def _check(orders: Sequence[TransferOrder]) -> None:
    if not orders:
        raise ValueError("an order file needs at least one order")
    seen: set[str] = set()
    for order in orders:
        if not _REFERENCE.fullmatch(order.reference) or order.reference in seen:
            raise ValueError(f"reference {order.reference!r} is malformed or stands twice")
        seen.add(order.reference)
        if type(order.amount) is not int or not 1 <= order.amount <= LARGEST_AMOUNT:
            raise ValueError(f"{order.reference}: the amount is not whole đồng above zero")
        for account in (order.payer_account, order.payee_account):
            if not _ACCOUNT.fullmatch(account):
                raise ValueError(f"{order.reference}: an account is 4 to 34 letters and digits")


def _csv(rows: Sequence[Sequence[str]], separator: str, encoding: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode(encoding)
