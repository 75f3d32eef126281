"""Thin: what the queue of refunds wakes."""

from __future__ import annotations

from collections.abc import Callable

from jobs import queues
from jobs.refunds.service import Refunds

FINDERS = (
    """select 'refunds' as queue where exists (
           select from refund where next_look_up_at <= %(now)s)""",
    """select 'refunds' as queue where exists (
           select from refund where route = 'transfer' and state in ('RESERVED', 'NOT_SENT') and effect_key is null
               and waiting_for = '')""",
    """select 'refunds' as queue where exists (
           select from refund w where w.waiting_for = 'other_refund' and w.state in ('RESERVED', 'NOT_SENT')
               and not exists (select from refund o where o.attempt_id = w.attempt_id and (o.state = 'UNKNOWN'
                   or (w.one_at_a_time and o.one_at_a_time and o.effect_key is not null
                       and o.state in ('RESERVED', 'NOT_SENT', 'SENDING', 'ACCEPTED', 'SENT_TO_BANK')))))""",
)
"""For the sweep: open work that no wake-up reached."""


def drains(refunds: Refunds) -> dict[str, Callable[[], None]]:
    """Queue → what drains it: refunds that waited, order files, looks that are due."""

    def drain() -> None:
        refunds.held_up()
        while refunds.order_files():
            continue
        while refunds.due_look_ups():
            continue

    return {queues.REFUNDS: drain}
