"""What goes on by itself: due looks, refunds that waited, stops that were lifted, and everything after a restored backup."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from jobs import queues
from jobs.effects.model import EffectState
from jobs.effects.rows import unchanged
from jobs.refunds import doubt, sending
from jobs.refunds.ground import Ground
from jobs.refunds.model import Refund
from jobs.refunds.moves import Moves
from mappings.canonical.payment import RefundRoute
from mappings.canonical.payment import RefundState as S

if TYPE_CHECKING:
    from jobs.effects.ports import EngineRows
    from jobs.store.ports import Tx

_WITH_ENGINE = frozenset({EffectState.PLANNED, EffectState.SENDING, EffectState.UNKNOWN})
_MOST = 10_000


def due(tx: Tx, ground: Ground, most: int) -> int:
    """Refunds whose look is due: ask where nobody asks, and tell a person where the cut-off has passed."""
    moves = Moves.of(tx, ground, tx.refunds.due(tx.now, most))
    for refund in list(moves.refunds.values()):
        if refund.state not in (S.UNKNOWN, S.ACCEPTED, S.SENT_TO_BANK):
            moves.keep(refund, next_look_up_at=None)
        elif refund.route is not RefundRoute.GATEWAY or not _asked_already(tx, refund):
            sending.ask(moves, refund, now=refund.route is RefundRoute.GATEWAY)
        else:
            following = ground.next_ask(refund, tx.now)
            if following.overdue and not refund.overdue:
                moves.case("refund_unknown", refund, state=str(refund.state))
            overdue = refund.overdue or following.overdue
            moves.keep(refund, next_look_up_at=following.at, overdue=overdue)
    count = len(moves.refunds)
    moves.write()
    return count


def _asked_already(tx: Tx, refund: Refund) -> bool:
    """Whether the engine holds a look-up of it: the refund's own effect, or its newest question."""
    keys = [key for key in (refund.effect_key, sending.query_key(refund) if refund.asks else None) if key]
    found = [tx.effects.find(key) for key in keys]
    return any(effect is not None and effect.state in _WITH_ENGINE for effect in found)


def held_up(tx: Tx, ground: Ground, most: int) -> int:
    """Refunds that wait for another one of their payment although that has ended."""
    return sending.go_on(tx, ground, tx.refunds.waiting(sending.OTHER, most))


def free_file(tx: Tx, ground: Ground, taken_out: Refund) -> None:
    """One order was taken out of a file that never left: the others go into a new one."""
    key = taken_out.effect_key or ""
    moves = Moves.of(tx, ground, tx.refunds.by_effect([key]).get(key, []))
    for refund in list(moves.refunds.values()):
        if refund.state in (S.RESERVED, S.NOT_SENT):
            moves.keep(refund, effect_key=None)
    moves.write()
    tx.wake(queues.REFUNDS)


def stop(tx: Tx, channel: str, reason: str, by: str) -> None:
    """Trip the switch by hand."""
    switch = tx.refunds.switch(channel, lock=True)
    if switch.stopped_at is None:
        tx.refunds.put_switch(replace(switch, stopped_at=tx.now, stopped_by=by, reason=reason))


def resume(tx: Tx, ground: Ground, channel: str) -> int:
    """Lift the switch, its day's counters begin again, and send what it held back; how many."""
    switch = tx.refunds.switch(channel, lock=True)
    tx.refunds.put_switch(
        replace(switch, stopped_at=None, stopped_by="", reason="", day_amount=0, day_rejected=0)
    )
    held = [refund for refund in tx.refunds.waiting("stopped", _MOST) if refund.channel == channel]
    moves = Moves.of(tx, ground, held)
    for refund in held:
        moves.keep(refund, waiting_for="")
        if refund.effect_key is not None:
            _plan_again(tx, refund.effect_key)
        moves.tell(refund, "goes_on")
    moves.write()
    tx.wake(queues.REFUNDS)
    return len(held)


def _plan_again(tx: Tx, key: str) -> None:
    """A call that was set aside before it began is due again; nothing of it ever left."""
    effect = tx.effects.find(key)
    if effect is None or effect.state is not EffectState.PARKED:
        return
    rows = cast("EngineRows", tx.effects)
    row = rows.by_id(effect.id)
    if row is not None and row.unknown_since is None:
        rows.apply([unchanged(row, EffectState.PLANNED, tx.now)._replace(tries=0, first_sent_at=None)])
        tx.wake(queues.effects(effect.system))


def after_restore(tx: Tx, ground: Ground) -> int:
    """Make everything that may have left us unknown, its effect too; how many refunds.

    What is sent later for a payment of the time before is doubted when its turn comes: see ``jobs.refunds.doubt``.
    """
    doubt.mark(tx)
    moves = Moves.of(tx, ground, tx.refunds.on_their_way())
    rows = cast("EngineRows", tx.effects)
    keys: set[str] = set()
    for refund in list(moves.refunds.values()):
        if refund.state in (S.RESERVED, S.NOT_SENT, S.SENDING):
            following = ground.next_ask(replace(refund, sent_at=refund.sent_at or tx.now), tx.now)
            moves.to(refund, S.UNKNOWN, facts={"why": "restored"}, next_look_up_at=following.at)
            keys.add(refund.effect_key or "")
    count = len(moves.reached)
    moves.write()
    for key in sorted(keys):
        effect = tx.effects.find(key)
        row = rows.by_id(effect.id) if effect is not None else None
        if row is not None and row.state in (EffectState.PLANNED, EffectState.SENDING, EffectState.PARKED):
            change = unchanged(row, EffectState.UNKNOWN, tx.now)
            rows.apply([change._replace(unknown_since=tx.now, asks=0, not_found=0, code="restored")])
    return count
