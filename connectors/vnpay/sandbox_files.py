"""The sandbox gateway's session file, by string building of its own: columns of the layout ``vnpay-session``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from connectors.vnpay.sandbox_books import ZONE, Payment, Refund

HEAD = (
    "STT,TmnCode,TxnRef,TransactionNo,Loại giao dịch,Số tiền,Phí,Thực nhận,Thời gian giao dịch,Ngày phiên,Trạng thái,"
    "TxnRef gốc,Nội dung"
)


def file_name(terminal: str, session: date, copy: int = 1) -> str:
    """The name under which the file is offered; a copy has another name and the same bytes."""
    return f"VNPAY_{terminal}_{session:%Y%m%d}{'' if copy == 1 else f'_{copy}'}.csv"


def fee_of(amount: int, parts_per_million: int) -> int:
    """The gateway's fee, whole đồng."""
    return amount * parts_per_million // 1_000_000


def session_file(
    session: date,
    payments: Sequence[Payment],
    refunds: Sequence[Refund],
    *,
    fee_ppm: int,
    off_by: int = 0,
    leave_out: int = 0,
) -> bytes:
    """The file's bytes.

    Args:
        off_by: falsifies the stated gross sum.
        leave_out: so many payments are missing, in rows and sums alike.
    """
    rows: list[list[str]] = []
    sums = [0, 0, 0]
    for payment in payments[leave_out:]:
        fee = fee_of(payment.received, fee_ppm)
        at = f"{payment.paid_at:%d/%m/%Y %H:%M:%S}"
        money = (payment.received, fee, payment.received - fee)
        names = (payment.reference, payment.number, "Thanh toán")
        rows.append(_row(session, payment.terminal, names, money, at, "", payment.order_info))
        sums = [total + part for total, part in zip(sums, money, strict=True)]
    for refund in refunds:
        at = f"{refund.due_at.astimezone(ZONE):%d/%m/%Y %H:%M:%S}"
        money = (refund.amount, 0, refund.amount)
        names = (refund.request_id, refund.number, "Hoàn tiền")
        rows.append(_row(session, refund.terminal, names, money, at, refund.reference, refund.order_info))
        sums = [total + part for total, part in zip(sums, money, strict=True)]
    lines = [HEAD, *(",".join([str(place), *row]) for place, row in enumerate(rows, 1))]
    stated = [str(sums[0] + off_by), str(sums[1]), str(sums[2])]
    lines.append(",".join([f"Tổng cộng: {len(rows)}", "", "", "", "", *stated, *[""] * 5]))
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def _row(
    session: date,
    terminal: str,
    names: tuple[str, str, str],
    money: tuple[int, int, int],
    at: str,
    original: str,
    text: str,
) -> list[str]:
    reference, number, kind = names
    amounts = [str(part) for part in money]
    day = f"{session:%d/%m/%Y}"
    return [
        terminal,
        reference,
        number,
        kind,
        *amounts,
        at,
        day,
        "Thành công",
        original,
        text.replace(",", " "),
    ]
