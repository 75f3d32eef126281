"""What the sandbox platform keeps of each payment, and its day file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=7))
PAID, OPEN, PENDING, FAILED = "1", "2", "3", "4"
_HEADER = "STT;MaThamChieu;MaGiaoDich;SoTien;ThoiGianGD;TrangThai;MaDoiTac;NgayDoiSoat;NoiDung"


@dataclass(slots=True)
class Order:
    """One payment as the platform keeps it."""

    reference: str
    time: str
    amount: int
    text: str
    account: str
    account_name: str
    state: str = OPEN
    number: str = ""
    paid_amount: int = 0
    paid_at: datetime | None = None
    credited: int = 0
    notices: list[str] = field(default_factory=list)


def day_file(orders: Iterable[Order], day: date, *, partner: str, wrong_by: int = 0) -> bytes:
    """The file of one day: paid and failed payments, a total row (wrong by ``wrong_by`` where that is wanted)."""
    ended = [
        (order, order.paid_at.astimezone(ZONE))
        for order in orders
        if order.paid_at is not None and order.state in (PAID, FAILED)
    ]
    rows = [pair for pair in ended if pair[1].date() == day]
    lines = [_HEADER]
    for number, (order, moment) in enumerate(rows, 1):
        amount = order.paid_amount or order.amount
        status = "1" if order.state == PAID else "0"
        lines.append(
            f"{number};{order.reference};{order.number};{amount};{moment:%d/%m/%Y %H:%M:%S};{status};"
            f"{partner};{day:%d/%m/%Y};{order.text.replace(';', ',')}"
        )
    total = sum(order.paid_amount or order.amount for order, _ in rows) + wrong_by
    lines.append(f"Tổng cộng: {len(rows)};;;{total};;;;;")
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")
