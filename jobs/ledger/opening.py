"""Going live in the middle of a year: balances, open payments and open refunds come in with the papers that prove them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from jobs.errors import BadInput
from jobs.intake.model import NewCase, NewEvent
from jobs.ledger.model import OpeningItem
from jobs.ledger.posting import Posting, Share, check_account, post
from jobs.payments.model import Attempt
from mappings.canonical.payment import AttemptState

if TYPE_CHECKING:
    from jobs.store.ports import Tx

OPENING_REFUND = "opening_refund"
"""Kind of the case of a refund that was under way before: a person proposes it here, or sees it ended."""


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """What stood on an account: debit positive, credit negative, đồng."""

    account: str
    amount: int
    document: str


@dataclass(frozen=True, slots=True)
class OpeningPayment:
    """A payment that was open, or paid and may still be refunded.

    Attributes:
        request_time: as it was sent, when that is known; without it the provider is not asked and does not refund.
        lines: (fee line id, đồng) that it pays, where the dossier is known here.
    """

    reference: str
    provider: str
    terminal: str
    amount: int
    state: AttemptState
    created_at: datetime
    document: str
    paid_at: datetime | None = None
    provider_reference: str | None = None
    request_time: str | None = None
    lines: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class OpeningRefund:
    """A refund that was asked for before and is not seen on a statement yet."""

    reference: str
    payment_reference: str
    amount: int
    document: str
    dossier_code: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """One import; the same one again changes nothing."""

    as_of: date
    balances: Sequence[OpeningBalance]
    payments: Sequence[OpeningPayment] = ()
    refunds: Sequence[OpeningRefund] = ()


def import_opening(tx: Tx, opening: Opening, *, actor: str) -> int:
    """Take an opening in, whole or not at all; how many items are new.

    What debits and credits differ by stands on ``opening:DATE``, visibly, until it is explained.

    Raises:
        BadInput: an item without a document, an account that is none, or an amount of nothing.
        Duplicate: the day's balances were imported with other amounts.
    """
    items = _items(opening)
    new = tx.ledger.remember(items, opening.as_of, actor)
    if opening.balances:
        day = opening.as_of
        post(
            tx,
            Posting(
                "opening", day.isoformat(), {}, {"as_of": day.isoformat()},
                [Share(balance.amount, account=balance.account) for balance in opening.balances],
                actor=actor, transaction_on=day, value_on=day, booked_on=day,
            ),
        )  # fmt: skip
    for payment in opening.payments:
        _payment(tx, payment, actor)
    tx.cases.open(
        [
            NewCase(
                OPENING_REFUND,
                f"opening-refund:{refund.reference}",
                refund.amount,
                refund.dossier_code or None,
                None,
                {
                    "payment_reference": refund.payment_reference,
                    "document": refund.document,
                    "refund_reference": refund.reference,
                },
            )
            for refund in opening.refunds
        ]
    )
    return sum(new)


def _items(opening: Opening) -> list[OpeningItem]:
    items = []
    for balance in opening.balances:
        try:
            check_account(balance.account)
        except ValueError as exc:
            raise _bad(balance.account, "Không có tài khoản này.", "There is no such account.") from exc
        items.append(OpeningItem("balance", balance.account, balance.amount, balance.document))
    items += [OpeningItem("payment", p.reference, p.amount, p.document) for p in opening.payments]
    items += [OpeningItem("refund", r.reference, r.amount, r.document) for r in opening.refunds]
    for item in items:
        if not item.document.strip():
            raise _bad(item.name, "Thiếu số chứng từ.", "The document is missing.")
        if type(item.amount) is not int or item.amount == 0 or (item.kind != "balance" and item.amount < 0):
            raise _bad(item.name, "Số tiền không hợp lệ.", "This is no amount of whole đồng.")
    return items


def _payment(tx: Tx, payment: OpeningPayment, actor: str) -> None:
    """The attempt as it stood; its money is in the balances, so nothing is posted for it."""
    paid = payment.state in (AttemptState.PAID, AttemptState.REVERSED)
    attempt = tx.payments.create(
        Attempt(
            0, payment.reference, None, "opening", payment.provider, payment.terminal, payment.amount, payment.state,
            payment.created_at, None, payment.request_time, provider_reference=payment.provider_reference,
            paid_at=payment.paid_at if paid else None, paid_amount=payment.amount if paid else None,
            next_look_up_at=None if paid else tx.now, opened_by=actor,
        ),
        payment.lines,
    )  # fmt: skip
    if attempt is None:
        return
    if paid:
        tx.payments.apply([(attempt.id, line, amount) for line, amount in payment.lines])
    facts = {"amount": payment.amount, "document": payment.document, "state": payment.state.value}
    tx.events.add([NewEvent("payment.imported", f"payment:{payment.reference}", actor, None, facts)])


def _bad(where: str, vi: str, en: str) -> BadInput:
    return BadInput("opening", where, vi, en)
