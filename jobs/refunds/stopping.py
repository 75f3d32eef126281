"""The stop switch per provider: no refund leaves when too many were refused, are unknown, or too much left in one day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from jobs.ledger.model import local_day
from jobs.refunds.ground import RULE, Ground
from jobs.refunds.model import Refund, Switch
from jobs.refunds.moves import Moves
from mappings.canonical.payment import RefundState as S

if TYPE_CHECKING:
    from jobs.store.ports import Tx


def admit(moves: Moves, refunds: Sequence[Refund]) -> set[str]:
    """Count what is about to leave; the references that may not. Passing a limit trips the switch."""
    stopped: set[str] = set()
    for channel in sorted({refund.channel for refund in refunds}):
        switch = today(moves.tx.refunds.switch(channel, lock=True), local_day(moves.tx.now))
        for refund in (r for r in refunds if r.channel == channel):
            again = refund.state is S.SENDING or refund.sent_at is not None
            amount = 0 if again else refund.amount  # counted when it first left
            if (
                switch.stopped_at is None
                and switch.limit_amount
                and switch.day_amount + amount > switch.limit_amount
            ):
                switch = _trip(moves, switch, "limit-amount")
            if switch.stopped_at is not None:
                stopped.add(refund.reference)
                continue
            switch = replace(switch, day_amount=switch.day_amount + amount)
        moves.tx.refunds.put_switch(switch)
    return stopped


def look(tx: Tx, ground: Ground, reached: Iterable[Refund]) -> None:
    """After these steps: count refusals of the day and open unknown ones; trip the switch where a limit is passed."""
    bad = [refund for refund in reached if refund.state in (S.REJECTED, S.UNKNOWN)]
    if not bad:
        return
    moves = Moves(tx, ground)
    for channel in sorted({refund.channel for refund in bad}):
        switch = today(tx.refunds.switch(channel, lock=True), local_day(tx.now))
        refused = sum(refund.channel == channel and refund.state is S.REJECTED for refund in bad)
        switch = replace(switch, day_rejected=switch.day_rejected + refused)
        if switch.stopped_at is None:
            if switch.limit_rejected and switch.day_rejected > switch.limit_rejected:
                switch = _trip(moves, switch, "limit-rejected")
            elif switch.limit_unknown and tx.refunds.unknown(channel) > switch.limit_unknown:
                switch = _trip(moves, switch, "limit-unknown")
        tx.refunds.put_switch(switch)
    moves.write()


def today(switch: Switch, day: date) -> Switch:
    """The switch with the counters of this day."""
    return switch if switch.day == day else replace(switch, day=day, day_amount=0, day_rejected=0)


def _trip(moves: Moves, switch: Switch, reason: str) -> Switch:
    now = moves.tx.now
    moves.cases.append(
        moves.ground.case(
            "refund_stopped",
            f"refund_stopped:{switch.provider}:{now.isoformat()}",
            now,
            amount=None,
            dossier_code="",
            evidence={
                "provider": switch.provider,
                "reason": reason,
                "day_amount": switch.day_amount,
                "day_rejected": switch.day_rejected,
            },
        )
    )
    return replace(switch, stopped_at=now, stopped_by=RULE, reason=reason)
