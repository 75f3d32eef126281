"""Steps of refunds, gathered and written set by set: rows, ledger, time line, cases, effects, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from jobs.effects.model import NewEffect
from jobs.fees import service as fees
from jobs.intake.model import NewCase, NewEvent
from jobs.ledger.posting import Posting, post
from jobs.refunds import booking
from jobs.refunds.ground import RULE, Ground
from jobs.refunds.model import Line, Refund
from jobs.refunds.rules import FINAL, LEFT_US, NOT_HELD, edge
from mappings.canonical.payment import RefundState as S

if TYPE_CHECKING:
    from jobs.store.ports import Tx

LOWERS_NO_DEMAND = frozenset({"other", "fee_lowered"})
"""Causes after which the dossier goes on, so that its demand must be added up again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Where and when money of a refund was seen.

    Attributes:
        value_on: the day it counts; today where ``None``.
        account: ours, on whose statement it stands; ``document`` names the line.
    """

    value_on: date | None = None
    account: str = ""
    document: str = ""


NOWHERE = Seen()


@dataclass(slots=True)
class Moves:
    """What one transaction does to refunds that it has locked.

    Attributes:
        reached: every step that was taken, also those that are written already.
    """

    tx: Tx
    ground: Ground
    refunds: dict[str, Refund] = field(default_factory=dict)
    lines: dict[int, tuple[Line, ...]] = field(default_factory=dict)
    saves: list[Refund] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)
    cases: list[NewCase] = field(default_factory=list)
    effects: list[NewEffect] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    taken: list[tuple[int, int, int]] = field(default_factory=list)
    demands: set[str] = field(default_factory=set)
    reached: list[Refund] = field(default_factory=list)

    @classmethod
    def of(cls, tx: Tx, ground: Ground, refunds: Iterable[Refund]) -> Moves:
        """For refunds that are locked already."""
        mine = {refund.reference: refund for refund in refunds}
        return cls(tx, ground, mine, tx.refunds.lines([refund.id for refund in mine.values()]))

    @classmethod
    def lock(cls, tx: Tx, ground: Ground, references: Iterable[str]) -> Moves:
        """For the refunds of these references; unknown ones are left out."""
        return cls.of(tx, ground, tx.refunds.by_reference(sorted(set(references)), lock=True).values())

    def keep(self, refund: Refund, **changes: Any) -> Refund:
        """Change a refund without a step."""
        changed = replace(refund, **changes)
        if changed != refund:
            self.refunds[refund.reference] = changed
            self.saves.append(changed)
        return changed

    def to(
        self,
        refund: Refund,
        after: S,
        *,
        actor: str = RULE,
        seen: Seen = NOWHERE,
        facts: Mapping[str, Any] | None = None,
        correlation_id: str = "",
        **changes: Any,
    ) -> Refund:
        """Take one published step, with its ledger entry and its line in the time line.

        Raises:
            IllegalTransition: the table has no such edge.
        """
        step = edge(refund.reference, refund.state, after)
        if after in LEFT_US and refund.sent_at is None:
            changes.setdefault("sent_at", self.tx.now)
        if after is S.SETTLED:
            changes.setdefault("settled_at", self.tx.now)
        if after in FINAL or after in (S.RESERVED, S.NOT_SENT):
            changes.setdefault("next_look_up_at", None)
        moved = self.keep(refund, state=after, **changes)
        self.reached.append(moved)
        lines = self.lines.get(moved.id, ())
        self.postings += booking.postings(self.tx, step.posting, moved, lines, seen, actor, correlation_id)
        if after in NOT_HELD:
            self._give_back(moved, lines)
        if after in FINAL:
            self.ended.append(moved.reference)
        self.tell(moved, after.lower(), actor, facts, correlation_id)
        return moved

    def tell(
        self,
        refund: Refund,
        what: str,
        actor: str = RULE,
        facts: Mapping[str, Any] | None = None,
        correlation_id: str = "",
    ) -> None:
        """A line in the time line of refund and dossier."""
        known = {
            "amount": refund.amount,
            "payment": refund.payment,
            "route": str(refund.route),
            **(facts or {}),
        }
        event = NewEvent(
            f"refund.{what}", refund.subject, actor, refund.dossier_code or None, known, correlation_id
        )
        self.events.append(event)

    def case(self, kind: str, refund: Refund, **evidence: Any) -> None:
        """A person's task about a refund."""
        self.cases.append(self.ground.case_of(kind, refund, self.tx.now, **evidence))

    def take(self, refund: Refund, lines: Iterable[Line]) -> None:
        """Hold money of fee lines for a new refund."""
        self.taken += [(refund.attempt_id, line.fee_line_id, line.amount) for line in lines]
        self._demand(refund)

    def _give_back(self, refund: Refund, lines: Iterable[Line]) -> None:
        self.taken += [(refund.attempt_id, line.fee_line_id, -line.amount) for line in lines]
        self._demand(refund)

    def _demand(self, refund: Refund) -> None:
        if refund.cause in LOWERS_NO_DEMAND and refund.dossier_code:
            self.demands.add(refund.dossier_code)

    def write(self) -> None:
        """Write everything that was gathered; then what waited for an end goes on."""
        self.tx.refunds.save(self.saves)
        post(self.tx, *self.postings)
        if self.taken:
            self.tx.payments.take_back(self.taken)
        if self.demands:
            fees.settle_states(self.tx, self.demands)
        if self.effects:
            self.tx.effects.plan(self.effects)
        if self.cases:
            self.tx.cases.open(self.cases)
        if self.events:
            self.tx.events.add(self.events)
        ended, self.ended = self.ended, []
        self.saves, self.postings, self.taken, self.effects, self.cases, self.events = [], [], [], [], [], []
        self.demands = set()
        if ended:
            from jobs.refunds.sending import go_on

            go_on(self.tx, self.ground, [self.refunds[reference] for reference in ended])
