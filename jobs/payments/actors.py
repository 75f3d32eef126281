"""Thin: what the queue of payments wakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jobs import queues
from jobs.payments.digest import SOURCES, Digest
from jobs.payments.service import Payments

if TYPE_CHECKING:
    from jobs.store.ports import Store

_SOURCES = ", ".join(f"'{source}'" for source in SOURCES)  # names of ours, never a value from outside
FINDERS = (
    f"""select 'payments' as queue where exists (
           select from inbox where processed_at is null and source in ({_SOURCES}))""",
    """select 'payments' as queue where exists (
           select from payment_attempt where next_look_up_at <= %(now)s)""",
    """select 'payments' as queue where exists (
           select from payment_attempt
           where (state in ('CREATED', 'SENT') or (state = 'UNKNOWN' and payment_url is null)) and expires_at <= %(now)s)""",
)
"""For the sweep: open work that no wake-up reached."""


def drains(store: Store, payments: Payments) -> dict[str, Callable[[], None]]:
    """Queue → what drains it: messages, pages whose time is over, look-ups that are due."""
    digest = Digest(store, payments)

    def drain() -> None:
        digest.run()
        while payments.expire():
            continue
        while payments.plan_due_look_ups():
            continue

    return {queues.PAYMENTS: drain}
