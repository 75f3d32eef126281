"""Refunds that may have left us although no row says so: what an older backup, put back, does not know (M13).

After a restore a refund that is REQUESTED, waits, or is opened anew for the same cause may have been paid in the time that was
lost. Such a one is not sent when its turn comes: it becomes UNKNOWN, is asked about, and two people free it or settle it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from jobs.refunds.model import Refund
from mappings.canonical.payment import RefundState

if TYPE_CHECKING:
    from jobs.store.ports import Tx

RESTORED = "restored"
"""Name of the mark that a restore leaves, and the reason why a refund was not sent."""
FOR = timedelta(days=30)
"""So long after a restore a refund of an earlier payment is doubted; by then the files of the lost time are read."""


def mark(tx: Tx) -> None:
    """Note that an older backup was put back now."""
    tx.dossiers.set_watermark(RESTORED, tx.now)


def doubtful(tx: Tx, refunds: Iterable[Refund]) -> set[str]:
    """References of refunds that must not leave before somebody looked: never sent by what we know, and older money."""
    at = tx.dossiers.watermark(RESTORED)
    if at is None:
        return set()
    young = [r for r in refunds if r.state is RefundState.RESERVED and r.requested_at <= at + FOR]
    return {refund.reference for refund in young if _older(tx, refund, at)}


def _older(tx: Tx, refund: Refund, at: datetime) -> bool:
    attempt = tx.payments.by_reference(refund.payment)
    return attempt is None or attempt.paid_at is None or attempt.paid_at <= at
