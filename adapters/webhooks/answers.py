"""What VNPAY is answered. Pure; the money itself is decided later, by the job that reads the inbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mappings.canonical.payment import AttemptState, PaymentNews, PaymentVerdict

TAKEN, NOT_OURS, ALREADY, WRONG_AMOUNT, FORGED, AGAIN = "00", "01", "02", "04", "97", "99"

# Their word for each code, as their manual gives it; nobody but their log reads it.
WORDS = {
    TAKEN: "Confirm Success",
    NOT_OURS: "Order not found",
    ALREADY: "Order already confirmed",
    WRONG_AMOUNT: "Invalid amount",
    FORGED: "Invalid signature",
    AGAIN: "Unknown error",
}
BODIES = {code: f'{{"RspCode":"{code}","Message":"{words}"}}'.encode() for code, words in WORDS.items()}


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """The payment attempt that a message names, as it stood at the message's commit."""

    amount: int
    state: AttemptState
    terminal: str


def known_order(record: Any) -> KnownOrder | None:
    """The order in a record of the grouped statement."""
    amount = record["amount"]
    if amount is None:
        return None
    return KnownOrder(amount, AttemptState(record["state"]), record["terminal"])


def answer_for(news: PaymentNews, order: KnownOrder | None) -> str:
    """The ``RspCode`` for signed news that is stored by now.

    A failed or cancelled payment is taken over like any other news: 99 would only make them repeat it.
    01 and 04 are answered although the message is stored: they repeat it, and a person sees it meanwhile (M9).
    """
    if order is None or order.terminal != news.terminal:
        return NOT_OURS
    if news.amount is not None and news.amount != order.amount:
        return WRONG_AMOUNT
    if order.state is AttemptState.PAID and news.verdict is PaymentVerdict.PAID:
        return ALREADY
    return TAKEN
