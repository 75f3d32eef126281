"""The sandbox gateway's own books: payments, refunds, sessions. Shares nothing with the client."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

ZONE = timezone(timedelta(hours=7))

ENDINGS = {
    # ending → ResponseCode, TransactionStatus of the notice
    "paid": ("00", "00"),
    "short": ("00", "00"),
    "failed": ("24", "02"),
    "reversed": ("99", "04"),
    "suspect": ("07", "07"),
}


@dataclass(slots=True)
class Refund:
    """A refund that was taken. ``state`` is the TransactionStatus: 05 → 06 → 00, or 05 → 09."""

    request_id: str
    reference: str
    terminal: str
    amount: int
    kind: str
    number: str
    asked_at: datetime
    due_at: datetime
    order_info: str
    refused: bool = False
    state: str = "05"
    sent_on: date | None = None


@dataclass(slots=True)
class Payment:
    """A payment that was begun at the page. ``state`` is the TransactionStatus."""

    terminal: str
    reference: str
    request_time: str
    asked: int
    order_info: str
    return_url: str
    expires: str
    received: int = 0
    response: str = ""
    state: str = "01"
    number: str = "0"
    bank: str = ""
    bank_number: str = ""
    paid_at: datetime | None = None
    refunds: list[Refund] = field(default_factory=list)

    @property
    def paid_back(self) -> int:
        """What was or may yet be paid back."""
        return sum(refund.amount for refund in self.refunds if refund.state != "09")

    @property
    def open_refund(self) -> Refund | None:
        """The refund that has no end yet."""
        return next((refund for refund in self.refunds if refund.state in ("05", "06")), None)

    def notice(self) -> dict[str, str]:
        """What the notification and the Return URL say."""
        fields = {
            "vnp_Amount": str(self.received * 100),
            "vnp_BankCode": self.bank or "VNPAY",
            "vnp_BankTranNo": self.bank_number,
            "vnp_CardType": "ATM",
            "vnp_OrderInfo": self.order_info,
            "vnp_PayDate": f"{self.paid_at:%Y%m%d%H%M%S}" if self.paid_at else "",
            "vnp_ResponseCode": self.response,
            "vnp_TmnCode": self.terminal,
            "vnp_TransactionNo": self.number,
            "vnp_TransactionStatus": self.state,
            "vnp_TxnRef": self.reference,
        }
        return {name: value for name, value in fields.items() if value}


class Books:
    """Every payment by terminal and reference, and the rules of refunds."""

    def __init__(self, *, pass_on: timedelta) -> None:
        self.payments: dict[tuple[str, str], Payment] = {}
        self.pass_on = pass_on
        self.refused_next: dict[str, int] = {}
        self.seen_requests: set[tuple[str, date, str]] = set()
        self._number = 14_000_000

    def number(self) -> str:
        """A fresh TransactionNo."""
        self._number += 1
        return str(self._number)

    def end(
        self, payment: Payment, ending: str, at: datetime, *, received: int | None = None, code: str = ""
    ) -> None:
        """The payer's side is over: record how."""
        response, state = ENDINGS[ending]
        payment.response, payment.state = code or response, state
        payment.received = payment.asked if received is None else received
        payment.paid_at = at.astimezone(ZONE)
        if ending != "failed":
            payment.number = self.number()
            payment.bank, payment.bank_number = "NCB", f"VNP{payment.number}"

    def refusal(self, payment: Payment, request: dict[str, str], now: datetime) -> tuple[str, str] | None:
        """(code, words) when a refund is not taken."""
        amount, kind = int(request["vnp_Amount"]) // 100, request["vnp_TransactionType"]
        if payment.state != "00":
            return "95", "Giao dich nay khong thanh cong ben VNPAY. VNPAY tu choi xu ly yeu cau"
        if not self._first_today(request, now):
            return "94", "Yeu cau bi trung lap"
        if payment.open_refund is not None:
            return "94", "Giao dich da duoc gui yeu cau hoan tien truoc do"
        if amount + payment.paid_back > payment.received:
            return "93", "So tien hoan tra khong hop le"
        if kind == "02" and amount != payment.received:
            return (
                ("04", "Khong cho phep hoan toan phan") if payment.refunds else ("93", "So tien khong hop le")
            )
        return None

    def take_refund(self, payment: Payment, request: dict[str, str], now: datetime) -> Refund:
        """Take a refund: 00 now, 05 until it is passed on."""
        left = self.refused_next.get(payment.reference, 0) or self.refused_next.get("*", 0)
        key = payment.reference if self.refused_next.get(payment.reference, 0) else "*"
        if left:
            self.refused_next[key] = left - 1
        refund = Refund(
            request_id=request["vnp_RequestId"],
            reference=payment.reference,
            terminal=payment.terminal,
            amount=int(request["vnp_Amount"]) // 100,
            kind=request["vnp_TransactionType"],
            number=self.number(),
            asked_at=now,
            due_at=now + self.pass_on,
            order_info=request["vnp_OrderInfo"],
            refused=left > 0,
        )
        payment.refunds.append(refund)
        return refund

    def advance(self, now: datetime) -> None:
        """What time has brought: refunds are passed on to the bank, or refused."""
        for payment in self.payments.values():
            for refund in payment.refunds:
                if refund.state == "05" and refund.due_at <= now:
                    refund.state = "09" if refund.refused else "06"
                    if not refund.refused:
                        refund.sent_on = refund.due_at.astimezone(ZONE).date()

    def session(self, terminal: str, first: date, last: date) -> tuple[list[Payment], list[Refund]]:
        """Payments paid and refunds passed on in the days of one session."""
        paid = [
            payment
            for payment in self.payments.values()
            if payment.terminal == terminal
            and payment.state == "00"
            and payment.paid_at is not None
            and first <= payment.paid_at.date() <= last
        ]
        sent = [
            refund
            for payment in self.payments.values()
            for refund in payment.refunds
            if refund.terminal == terminal and refund.sent_on and first <= refund.sent_on <= last
        ]
        return paid, sent

    def shown(self) -> dict[str, Any]:
        """Everything, for a checker that shares no code with the product."""
        return {
            "payments": [
                {
                    "terminal": payment.terminal,
                    "reference": payment.reference,
                    "asked": payment.asked,
                    "received": payment.received,
                    "response": payment.response,
                    "status": payment.state,
                    "number": payment.number,
                    "paid_at": payment.paid_at.isoformat() if payment.paid_at else None,
                }
                for payment in self.payments.values()
            ],
            "refunds": [
                {
                    "request_id": refund.request_id,
                    "reference": refund.reference,
                    "terminal": refund.terminal,
                    "amount": refund.amount,
                    "kind": refund.kind,
                    "number": refund.number,
                    "status": refund.state,
                    "asked_at": refund.asked_at.isoformat(),
                    "sent_on": refund.sent_on.isoformat() if refund.sent_on else None,
                }
                for payment in self.payments.values()
                for refund in payment.refunds
            ],
        }

    def _first_today(self, request: dict[str, str], now: datetime) -> bool:
        key = (request["vnp_TmnCode"], now.astimezone(ZONE).date(), request["vnp_RequestId"])
        if key in self.seen_requests:
            return False
        self.seen_requests.add(key)
        return True
