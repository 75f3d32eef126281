"""Small settlement files and statements in the ready layouts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

HEAD = "TmnCode,TxnRef,TransactionNo,TransactionType,Amount,Fee,Net,PayDate,TransactionStatus"
FRIDAY = date(2026, 11, 20)


def settlement(
    rows: Sequence[dict[str, Any]], *, day: date = FRIDAY, terminal: str = "LIENTH01", total_off: int = 0
) -> bytes:
    """A VNPAY-like session file; rows take reference, number, kind (01, 02), amount, fee, status."""
    lines = [HEAD]
    gross = fees = nets = 0
    for place, row in enumerate(rows, 1):
        amount, fee = row.get("amount", 50_000), row.get("fee", 0)
        net = amount - fee
        gross, fees, nets = gross + amount, fees + fee, nets + net
        number = row.get("number", f"1400000{place}")
        at = f"{day:%Y%m%d}{row.get('time', '120000')}"
        lines.append(
            f"{terminal},{row['reference']},{number},{row.get('kind', '01')},{amount},{fee},{net},{at},{row.get('status', '00')}"
        )
    lines.append(f"Tổng cộng: {len(rows)},,,,{gross + total_off},{fees},{nets},,")
    return ("\n".join(lines) + "\n").encode()


def bank(rows: Sequence[dict[str, Any]], *, account: str = "0011001234567", opening: int = 0) -> bytes:
    """A bank's table; rows take amount (signed), text, reference, end_to_end, reason, day."""
    lines = [f"Số tài khoản,{account}", f"Số dư đầu ngày,{opening}"]
    lines.append("Ngày giao dịch,Số tham chiếu,EndToEndId,Ghi nợ,Ghi có,Lý do hoàn trả,Nội dung")
    closing = opening
    for place, row in enumerate(rows, 1):
        amount = row["amount"]
        closing += amount
        sides = f"{-amount}," if amount < 0 else f",{amount}"
        number = row.get("reference", f"FT{place:010d}")
        day = row.get("day", date(2026, 11, 23))
        lines.append(
            f"{day:%d/%m/%Y},{number},{row.get('end_to_end', '')},{sides},{row.get('reason', '')},{row.get('text', '')}"
        )
    lines.append(f"Số dư cuối ngày,{closing}")
    return ("\n".join(lines) + "\n").encode()
