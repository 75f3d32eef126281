"""From approved to an effect: at once through the gateway, in order files by transfer, one after the other where it must be."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.statements.client import SUBMIT
from connectors.statements.client import SYSTEM as STATEMENTS
from connectors.statements.transfer_file import TransferOrder
from jobs import queues
from jobs.effects.model import NewEffect
from jobs.ledger.model import LOCAL, local_day
from jobs.refunds.doubt import doubtful
from jobs.refunds.ground import Ground
from jobs.refunds.model import ORDERS, Refund
from jobs.refunds.rules import FINAL
from mappings.canonical.codec import to_json
from mappings.canonical.payment import RefundRoute, RefundState

if TYPE_CHECKING:
    from jobs.payments.model import Attempt
    from jobs.refunds.moves import Moves
    from jobs.store.ports import Tx

REFUND, QUERY = "refund", "query_refund"
OTHER = "other_refund"
"""``waiting_for``: another refund of the payment is open, and the provider could not tell the two apart."""
MOST_ORDERS = 500
_WAITS = (RefundState.RESERVED, RefundState.NOT_SENT)


def send(moves: Moves, refund: Refund, attempt: Attempt, others: Sequence[Refund]) -> Refund:
    """Plan the effect of a refund that was just reserved, or say what it waits for."""
    if refund.route is RefundRoute.TREASURY:
        return moves.keep(refund, waiting_for="papers")
    if refund.route is RefundRoute.TRANSFER:
        moves.tx.wake(queues.REFUNDS)
        return moves.keep(refund, waiting_for="")
    if refund.one_at_a_time and any(_open(other) for other in others if other.id != refund.id):
        return moves.keep(refund, waiting_for=OTHER)
    key = f"refund:{refund.reference}"
    moves.effects.append(
        NewEffect(
            key=key,
            system=refund.provider,
            operation=REFUND,
            lane=refund.payment,
            payload=payload(refund, attempt, others),
            dossier_code=refund.dossier_code,
            reference=refund.reference,
            cause=f"refund-{refund.cause}",
        )
    )
    return moves.keep(refund, effect_key=key, waiting_for="")


def payload(refund: Refund, attempt: Attempt, others: Sequence[Refund]) -> dict[str, Any]:
    """What the gateway is told; the same for every attempt and every look-up."""
    return {
        "refund_reference": refund.reference,
        "reference": attempt.reference,
        "terminal": attempt.terminal,
        "request_time": attempt.request_time or "",
        # Of the approval, which never changes: a provider that wants the day in our number gets the same number for ever.
        "refund_time": f"{(refund.approved_at or refund.requested_at).astimezone(LOCAL):%Y%m%d%H%M%S}",
        "provider_reference": attempt.provider_reference or "",
        "amount": refund.amount,
        "payment_amount": attempt.paid_amount or attempt.amount,
        "created_by": "lienthong",
        "order_info": plain(f"Hoan tra {refund.dossier_code} {refund.reference}"),
        "other_provider_references": sorted(
            {o.provider_reference for o in others if o.provider_reference and o.id != refund.id}
        ),
    }


def plain(text: str) -> str:
    """Text that no encoder and no bank disagrees about: letters, digits, space, ``-`` and ``.`` only."""
    folded = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(
        c if c.isascii() and (c.isalnum() or c in "-.") else " "
        for c in folded
        if not unicodedata.combining(c)
    )
    return " ".join(kept.split())[:200]


def _open(other: Refund) -> bool:
    """Whether it holds the provider's one place for this payment."""
    return other.one_at_a_time and other.effect_key is not None and other.state not in FINAL


def _in_the_way(waiting: Refund, other: Refund) -> bool:
    return other.state is RefundState.UNKNOWN or (waiting.one_at_a_time and _open(other))


def go_on(tx: Tx, ground: Ground, ended: Sequence[Refund]) -> int:
    """Send what waited for these refunds to end, the oldest of each payment; how many."""
    from jobs.refunds.moves import Moves

    payments = sorted({refund.payment for refund in ended})
    if not payments:
        return 0
    # The lock makes an approval of the same moment either see the end or be seen here.
    attempts = tx.payments.lock(payments)
    waiting = []
    for attempt in attempts.values():
        refunds = tx.refunds.of_payment(attempt.id)
        first = next((r for r in refunds if r.waiting_for == OTHER and r.state in _WAITS), None)
        if first is not None and not any(_in_the_way(first, other) for other in refunds):
            waiting.append(first.reference)
    moves = Moves.lock(tx, ground, waiting)
    for refund in list(moves.refunds.values()):
        attempt = attempts[refund.payment]
        moves.tell(refund, "goes_on")
        send(moves, refund, attempt, tx.refunds.of_payment(attempt.id))
    moves.write()
    return len(waiting)


def order_files(tx: Tx, ground: Ground, most: int = MOST_ORDERS) -> int:
    """Put approved transfers that wait into order files, one per account that pays; how many orders."""
    from jobs.refunds.moves import Moves

    moves = Moves.of(tx, ground, tx.refunds.ready_transfers(most))
    # One that may have left before a restore goes alone: whatever becomes of it says nothing of the others.
    alone = doubtful(tx, moves.refunds.values())
    files: dict[tuple[str, str], list[Refund]] = {}
    for refund in moves.refunds.values():
        own = refund.reference if refund.reference in alone else ""
        files.setdefault((refund.payer_account, own), []).append(refund)
    for refunds in files.values():
        reference = ground.ids.reference()
        key = f"{ORDERS}{reference}"
        moves.effects.append(
            NewEffect(
                key=key,
                system=STATEMENTS,
                operation=SUBMIT,
                lane=key,  # files wait for no other file: one that is set aside holds nobody up
                payload={
                    "orders": [to_json(order(refund)) for refund in refunds],
                    "day": local_day(tx.now).isoformat(),
                },
                reference=reference,
                cause="refund-transfers",
            )
        )
        for refund in refunds:
            moves.keep(refund, effect_key=key)
    count = len(moves.refunds)
    moves.write()
    return count


def order(refund: Refund) -> TransferOrder:
    """A refund as a line of an order file; our reference comes back on the statement."""
    return TransferOrder(
        reference=refund.reference,
        payer_account=refund.payer_account,
        payee_bank=refund.payee_bank,
        payee_account=refund.payee_account,
        payee_name=refund.payee_name,
        amount=refund.amount,
        text=plain(f"Hoan tra phi le phi ho so {refund.dossier_code}"),
    )


def ask(moves: Moves, refund: Refund, *, now: bool = False) -> Refund:
    """Plan the next look-up of a refund that left us; past the cut-off a person has it as well, and asking goes on."""
    tx = moves.tx
    following = moves.ground.next_ask(refund, tx.now)
    at = tx.now if now else following.at
    asked = replace(refund, asks=refund.asks + 1)
    if following.overdue and not refund.overdue:
        moves.case(
            "refund_unknown", refund, state=str(refund.state), since=(refund.sent_at or tx.now).isoformat()
        )
    sent = tx.effects.find(refund.effect_key) if refund.effect_key else None
    if refund.route is RefundRoute.GATEWAY and sent is not None:
        moves.effects.append(
            NewEffect(
                key=query_key(asked),
                system=refund.provider,
                operation=QUERY,
                # A lane of its own: a question that waits until tomorrow holds nothing up.
                lane=f"ask:{refund.reference}",
                payload=sent.payload,
                dossier_code=refund.dossier_code,
                reference=refund.reference,
                due_at=at,
                cause="refund-look-up",
                priority=5,
            )
        )
    overdue = refund.overdue or following.overdue
    return moves.keep(refund, asks=asked.asks, next_look_up_at=at, overdue=overdue)


def query_key(refund: Refund) -> str:
    """The key of a refund's newest look-up."""
    return f"refund:{refund.reference}:query:{refund.asks}"
