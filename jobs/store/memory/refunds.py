"""Refund rows in memory: as strict as the constraints and triggers of ``0021_refunds.sql``, and lean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from jobs.effects.model import EffectState
from jobs.errors import NotAllowed
from jobs.ledger.accounts import NOTHING
from jobs.ledger.model import local_day
from jobs.refunds import policy
from jobs.refunds.model import Line, Mandate, Refund, Signature, Switch
from jobs.refunds.policy import Policy, Step
from jobs.refunds.rules import LARGEST_AMOUNT, NOT_HELD, can_move
from jobs.store.memory.log import Agenda, part
from jobs.store.memory.table import Table
from mappings.canonical.payment import RefundRoute, RefundState

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryTx

_S = RefundState
_BEFORE_APPROVAL = frozenset({_S.REQUESTED, _S.DECLINED, _S.WITHDRAWN})
_OPEN = frozenset({_S.RESERVED, _S.NOT_SENT, _S.SENDING, _S.UNKNOWN, _S.ACCEPTED, _S.SENT_TO_BANK})
_SENT = frozenset({_S.SENDING, _S.ACCEPTED, _S.SENT_TO_BANK, _S.UNKNOWN})
_SETTLED = frozenset({_S.SETTLED, _S.RETURNED_BY_BANK})
_UNSENT = frozenset({EffectState.PLANNED, EffectState.PARKED, EffectState.CANCELLED})
_FROZEN = (
    "reference", "attempt_id", "amount", "cause", "reason", "route", "payee_bank", "payee_account", "payee_name",
    "approved_by", "approved_at", "requested_by", "terms_hash",
)  # fmt: skip
_GATEWAYS = ("vnpay", "momo", "zalopay")
LIMITS = {
    **{
        name: Switch(name, limit_amount=5_000_000_000, limit_rejected=100, limit_unknown=100)
        for name in _GATEWAYS
    },
    "statements": Switch("statements", limit_amount=5_000_000_000, limit_rejected=100),
}
"""As the migrations seed them."""


@dataclass(slots=True)
class _Fresh:
    """What became SENDING in the open transaction: looked at before the commit."""

    sending: list[int]

    def commit(self) -> None:
        self.sending.clear()

    def roll_back(self) -> None:
        self.sending.clear()


def _make() -> Table[int, Refund]:
    return Table(
        "refund",
        unique={
            "reference": lambda row: row.reference,
            "key": lambda row: row.key or None,
            "one_open": lambda row: (
                row.attempt_id
                if row.one_at_a_time and row.effect_key is not None and row.state in _OPEN
                else None
            ),
        },
        indexes={
            "attempt": lambda row: row.attempt_id,
            "effect": lambda row: row.effect_key,
            "unknown": lambda row: row.channel if row.state is _S.UNKNOWN else None,
            "waiting": lambda row: (
                row.waiting_for or None if row.state in (_S.RESERVED, _S.NOT_SENT) else None
            ),
            "ready": lambda row: row.route if _is_ready(row) else None,
            "mandate": lambda row: (
                row.approved_by if (row.approved_by or "").startswith("mandate:") else None
            ),
        },
    )


def _is_ready(row: Refund) -> bool:
    return row.state in (_S.RESERVED, _S.NOT_SENT) and row.effect_key is None and not row.waiting_for


class MemoryRefunds:
    """See :class:`jobs.refunds.ports.RefundRows`."""

    def __init__(self, tx: MemoryTx) -> None:
        self._tx = tx
        self.table: Table[int, Refund] = tx.store.table("refund", _make)
        self._lines: Table[int, tuple[Line, ...]] = tx.store.table(
            "refund_line", lambda: Table("refund_line")
        )
        self._signatures: Table[int, tuple[Signature, ...]] = tx.store.table(
            "refund_signature", lambda: Table("refund_signature")
        )
        self._mandates: Table[str, Mandate] = tx.store.table("mandate", lambda: Table("mandate"))
        self._switches: Table[str, Switch] = tx.store.table("stop_switch", lambda: Table("stop_switch"))
        self.asking = part(tx.store, "refund-asking", Agenda)
        self._fresh = _fresh(tx)
        if _sent_with_effect not in tx.store.checks:
            tx.store.checks.append(_sent_with_effect)

    def add(self, refund: Refund, lines: Sequence[Line]) -> Refund | None:
        if refund.key and self.by_key(refund.key) is not None:
            return None
        if type(refund.amount) is not int or not 1 <= refund.amount <= LARGEST_AMOUNT:
            _refuse("refund_amount_check", refund, "no amount of whole đồng")
        if refund.state is not _S.REQUESTED:
            _refuse("refund_edge", refund, f"begins as {refund.state}")
        self._within_paid(replace(refund, id=0))
        stored = replace(refund, id=self._tx.store.next_number("refund"))
        if not self.table.insert(stored.id, stored):
            _refuse("refund_reference_key", refund, "its reference is taken")
        if lines:
            self._lines.insert(stored.id, tuple(sorted(lines, key=lambda line: line.fee_line_id)))
        return stored

    def save(self, refunds: Sequence[Refund]) -> None:
        for refund in refunds:
            before = self.table.get(refund.id)
            if before is None:
                continue
            self._guard(before, refund)
            self.table.update(refund.id, replace(refund, updated_at=self._tx.now))
            if refund.next_look_up_at is not None:
                self.asking.add(refund.next_look_up_at, refund.id)
            if refund.state is _S.SENDING and before.state is not _S.SENDING:
                self._fresh.sending.append(refund.id)

    def by_reference(self, references: Iterable[str], *, lock: bool = False) -> dict[str, Refund]:  # noqa: ARG002
        return {r: row for r in references for row in self.table.by("reference", r)}

    def by_key(self, key: str) -> Refund | None:
        return next(iter(self.table.by("key", key)), None)

    def by_effect(self, keys: Iterable[str]) -> dict[str, list[Refund]]:
        return {key: rows for key in keys if (rows := sorted(self.table.by("effect", key), key=_by_id))}

    def of_payment(self, attempt_id: int) -> list[Refund]:
        return sorted(self.table.by("attempt", attempt_id), key=_by_id)

    def lines(self, refund_ids: Iterable[int]) -> dict[int, tuple[Line, ...]]:
        return {number: lines for number in refund_ids if (lines := self._lines.get(number))}

    def sign(self, refund: Refund, signature: Signature) -> None:
        given = self._signatures.get(refund.id) or ()
        if any(each.person == signature.person for each in given):
            _refuse("refund_signature_once", refund, f"{signature.person} signed before")
        if any(each.step is signature.step for each in given):
            _refuse("refund_signature_pkey", refund, f"{signature.step} is signed")
        if given:
            self._signatures.update(refund.id, (*given, signature))
        else:
            self._signatures.insert(refund.id, (signature,))

    def signatures(self, refund_ids: Iterable[int]) -> dict[int, list[Signature]]:
        return {number: list(given) for number in refund_ids if (given := self._signatures.get(number))}

    def due(self, now: datetime, most: int) -> list[Refund]:
        numbers = self.asking.take(now, most, self._is_asked)
        return [self._row(number) for number in numbers]

    def ready_transfers(self, most: int) -> list[Refund]:
        return sorted(self.table.by("ready", RefundRoute.TRANSFER), key=_by_id)[:most]

    def waiting(self, waiting_for: str, most: int) -> list[Refund]:
        return sorted(self.table.by("waiting", waiting_for), key=_by_id)[:most]

    def on_their_way(self) -> list[Refund]:
        return sorted((r for r in self.table if r.effect_key is not None and r.state in _OPEN), key=_by_id)

    def unknown(self, channel: str) -> int:
        return len(self.table.by("unknown", channel))

    def remitted(self, unit: str, item: str, since: date, until: date) -> bool:  # noqa: ARG002 - any day here
        start = f"remitted:{unit or NOTHING}:{item or NOTHING}:"
        return any(name.startswith(start) for name in self._tx.ledger.balances("remitted"))

    def policies(self) -> Sequence[Policy]:
        return policy.shipped()

    def mandates(self, day: date) -> list[Mandate]:
        return sorted(
            (
                m
                for m in self._mandates
                if m.valid_from <= day <= m.valid_until
                and m.revoked_at is None
                and m.signed_second is not None
                and m.limit_per_refund > 0
            ),
            key=lambda m: m.number,
        )

    def mandate(self, number: str) -> Mandate | None:
        return self._mandates.get(number)

    def put_mandate(self, mandate: Mandate) -> None:
        if mandate.signed_second == mandate.signed_first:
            raise NotAllowed("mandate_two_people", "Cần hai người ký.", "A mandate needs two people.")
        before = self._mandates.get(mandate.number)
        if before is None:
            self._mandates.insert(mandate.number, mandate)
        else:
            changed = replace(before, signed_second=mandate.signed_second, revoked_at=mandate.revoked_at)
            self._mandates.update(mandate.number, changed)

    def spent_by(self, approved_by: str, day: date) -> int:
        return sum(
            row.amount
            for row in self.table.by("mandate", approved_by)
            if row.approved_at is not None and local_day(row.approved_at) == day
        )

    def switch(self, channel: str, *, lock: bool = False) -> Switch:  # noqa: ARG002 - one transaction at a time
        return self._switches.get(channel) or LIMITS.get(channel) or Switch(channel)

    def put_switch(self, switch: Switch) -> None:
        if self._switches.get(switch.provider) is None:
            self._switches.insert(switch.provider, switch)
        else:
            self._switches.update(switch.provider, switch)

    def _is_asked(self, at: datetime, number: int) -> bool:
        row = self.table.get(number)  # none: its creation was rolled back, the hint stayed
        return row is not None and row.next_look_up_at == at

    def _row(self, number: int) -> Refund:
        row = self.table.get(number)
        assert row is not None  # noqa: S101 - refunds are never deleted
        return row

    def _within_paid(self, refund: Refund) -> None:
        attempt = self._tx.payments.table.get(refund.attempt_id)
        paid = (attempt.paid_amount if attempt else None) or 0
        held = sum(
            row.amount
            for row in self.table.by("attempt", refund.attempt_id)
            if row.id != refund.id and row.state not in NOT_HELD
        )
        if held + refund.amount > paid:
            _refuse(
                "refund_within_paid", refund, f"{held} held and {refund.amount} more is above the {paid} paid"
            )

    def _guard(self, before: Refund, after: Refund) -> None:
        if before.approved_at is not None and any(
            getattr(before, name) != getattr(after, name) for name in _FROZEN
        ):
            _refuse("refund_frozen", before, "its terms froze with the approval")
        if before.amount != after.amount:
            self._within_paid(after)
        if before.state is not after.state:
            self._moves(before, after)
        for rule, broken in _CHECKS.items():
            if broken(after):
                _refuse(rule, after, "a check of its row")

    def _moves(self, before: Refund, after: Refund) -> None:
        if not can_move(before.state, after.state):
            _refuse("refund_edge", after, f"{before.state} cannot become {after.state}")
        if after.state is _S.APPROVED:
            self._approved(after)
        if after.state in (_S.RESERVED, _S.SENDING) and any(
            row.state is _S.UNKNOWN and row.id != after.id
            for row in self.table.by("attempt", after.attempt_id)
        ):
            _refuse("refund_unknown_blocks", after, "another of its payment is unknown")
        if after.state is _S.SENDING and (after.effect_key is None or after.terms_hash != after.terms()):
            _refuse("refund_effect", after, "no effect, or other terms than approved")

    def _approved(self, refund: Refund) -> None:
        if refund.terms_hash != refund.terms():
            _refuse("refund_frozen", refund, "the hash is not that of its terms")
        by = refund.approved_by or ""
        if by.startswith("mandate:"):
            mandate = self._mandates.get(by.removeprefix("mandate:"))
            day = local_day(refund.approved_at or self._tx.now)
            spent = self.spent_by(by, day)
            if mandate is None or not mandate.covers(
                cause=refund.cause, amount=refund.amount, spent_today=spent, day=day
            ):
                _refuse("refund_mandate", refund, "no mandate covers it")
            return
        given = [
            each
            for each in self._signatures.get(refund.id) or ()
            if each.step is Step.PROPOSE or each.terms_hash == refund.terms_hash
        ]
        people = {each.person for each in given}
        missing = set(refund.steps) - {each.step for each in given}
        if missing or refund.requested_by not in people or by not in people:
            _refuse("refund_two_people", refund, "signatures are missing")

    def sending_without_effect(self) -> Refund | None:
        """One that became SENDING in this transaction and whose effect is not being sent."""
        for number in self._fresh.sending:
            row = self._row(number)
            effect = self._tx.effects.find(row.effect_key or "")
            if row.state is _S.SENDING and (effect is None or effect.state in _UNSENT):
                return row
        return None


_CHECKS: dict[str, Callable[[Refund], bool]] = {
    "refund_two_people": lambda r: r.state not in _BEFORE_APPROVAL and not _two_people(r),
    "refund_asked": lambda r: r.state is _S.UNKNOWN and r.next_look_up_at is None,
    "refund_sent": lambda r: r.state in _SENT and r.sent_at is None,
    "refund_settled": lambda r: (r.state in _SETTLED) is not (r.settled_at is not None),
    "refund_treasury": lambda r: (
        r.route is RefundRoute.TREASURY and r.state in (_S.SENT_TO_BANK, _S.SETTLED) and not r.document_number
    ),
    "refund_payee": lambda r: (
        r.route is RefundRoute.TRANSFER
        and r.approved_at is not None
        and not (
            r.payee_bank and r.payee_account and r.payee_name and (not r.payee_other or bool(r.payee_paper))
        )
    ),
}


def _two_people(r: Refund) -> bool:
    if (
        r.approved_at is None
        or r.terms_hash is None
        or r.approved_by is None
        or r.approved_by == r.requested_by
    ):
        return False
    people = r.approved_by.startswith("person:") and r.requested_by.startswith("person:")
    return people or r.approved_by.startswith("mandate:")


def _by_id(refund: Refund) -> int:
    return refund.id


def _refuse(rule: str, refund: Refund, why: str) -> None:
    raise NotAllowed(rule, "Cơ sở dữ liệu từ chối khoản hoàn này.", f"refund {refund.reference}: {why}")


def _fresh(tx: MemoryTx) -> _Fresh:
    return part(tx.store, "refund-sending", lambda: _Fresh([]))


def _sent_with_effect(tx: MemoryTx) -> None:
    broken = tx.refunds.sending_without_effect() if _fresh(tx).sending else None
    if broken is not None:
        _refuse("refund_effect", broken, "its effect is not being sent")
