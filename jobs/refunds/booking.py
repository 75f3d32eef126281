"""A refund's steps as events of the posting table (``jobs.ledger.table``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jobs.ledger.accounts import NOTHING
from jobs.ledger.budget_year import borne_by
from jobs.ledger.model import local_day
from jobs.ledger.posting import Posting as Booked
from jobs.ledger.posting import Share
from jobs.refunds.model import Line, Refund
from jobs.refunds.rules import Posting
from mappings.canonical.payment import RefundRoute

if TYPE_CHECKING:
    from jobs.refunds.moves import Seen
    from jobs.store.ports import Tx


def postings(
    tx: Tx,
    posting: Posting,
    refund: Refund,
    lines: Sequence[Line],
    seen: Seen,
    actor: str,
    correlation_id: str,
) -> list[Booked]:
    """What a step books: nothing, one event, or for a returned transfer two."""
    match posting:
        case Posting.NONE:
            return []
        case Posting.RESERVE:
            return [_fees("refund_reserved", refund, lines, actor, correlation_id)]
        case Posting.RELEASE:
            return [_fees("refund_released", refund, lines, actor, correlation_id)]
        case Posting.SETTLE:
            return [_settled(tx, refund, lines, seen, actor, correlation_id)]
        case Posting.RETURN:
            back = Booked(
                "refund_returned",
                seen.document or f"return:{refund.reference}",
                {"amount": refund.amount},
                _names(refund, seen),
                **_common(refund, seen, actor, correlation_id),
            )
            # It is owed as a fee again until the new refund is approved: refunds payable is the sum of open refunds.
            return [back, _fees("refund_released", refund, lines, actor, correlation_id)]


def _names(refund: Refund, seen: Seen) -> dict[str, str]:
    account = seen.account or refund.payer_account
    return {"provider": refund.provider, "terminal": refund.terminal, "unit": refund.unit, "account": account}


def _common(refund: Refund, seen: Seen, actor: str, correlation_id: str) -> dict[str, Any]:
    return {
        "reference": refund.reference,
        "actor": actor,
        "correlation_id": correlation_id,
        "transaction_on": seen.value_on,
        "value_on": seen.value_on,
    }


def _fees(event: str, refund: Refund, lines: Sequence[Line], actor: str, correlation_id: str) -> Booked:
    surplus = refund.amount - sum(line.amount for line in lines)
    return Booked(
        event,
        refund.reference,
        {"surplus": surplus} if surplus else {},
        {"provider": refund.provider, "terminal": refund.terminal, "unit": refund.unit},
        # The payable is the refund's own unit's; what is taken from a line stands under the line's.
        [Share(line.amount, unit=line.unit or NOTHING, item=line.item) for line in lines],
        actor=actor,
        correlation_id=correlation_id,
    )


def _settled(
    tx: Tx, refund: Refund, lines: Sequence[Line], seen: Seen, actor: str, correlation_id: str
) -> Booked:
    names, common = _names(refund, seen), _common(refund, seen, actor, correlation_id)
    amounts = {"amount": refund.amount}
    if refund.route is RefundRoute.TRANSFER:
        return Booked("refund_settled_transfer", refund.reference, amounts, names, **common)
    if refund.route is RefundRoute.GATEWAY:
        event = "refund_settled_by_reversal" if refund.of_reversal else "refund_settled_provider"
        return Booked(event, refund.reference, amounts, names, **common)
    attempt = tx.payments.by_reference(refund.payment)
    collected = local_day(attempt.paid_at) if attempt and attempt.paid_at else local_day(refund.requested_at)
    borne = borne_by(collected, seen.value_on or local_day(tx.now))
    event = "refund_settled_treasury" if borne.reduces else "refund_settled_treasury_later"
    shares = [
        Share(line.amount, unit=line.unit or NOTHING, item=line.item, year=str(borne.year)) for line in lines
    ]
    rest = refund.amount - sum(line.amount for line in lines)
    if rest:
        shares.append(Share(rest, unit=refund.unit, year=str(borne.year)))
    return Booked(event, refund.reference, {}, names, shares, **common)
