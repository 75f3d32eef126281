"""Fee demands as they come from the case system: a new content is a new version, and less than was paid is owed back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.fees import rules
from jobs.fees.model import Fee, FeeLine, FeeState, Paid
from jobs.intake.model import Dossier, NewEvent
from mappings.canonical.dossier import FeeDemand

if TYPE_CHECKING:
    from jobs.payments.ports import Owed
    from jobs.store.ports import Tx

Shares = Callable[[Dossier], Mapping[str, int]]
"""Budget item → percentage that the collecting unit keeps."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a demand did: ``new``, ``raised``, ``lowered`` or ``changed``, with the amounts before and after."""

    dossier_code: str
    kind: str
    before: int
    after: int


def take_demands(
    tx: Tx,
    demands: Sequence[FeeDemand],
    dossiers: Mapping[str, Dossier],
    owed: Owed,
    *,
    shares: Shares = lambda _dossier: {},
    actor: str = "rule:intake",
) -> list[Change]:
    """Keep the demands of locked dossiers (by our code); the same demand again changes nothing.

    A fee that was lowered below what was paid is told to ``owed`` in this transaction. The payment is never edited.
    """
    codes = [demand.dossier_code for demand in demands]
    current, paid = tx.fees.current(codes), tx.fees.paid(codes)
    changes, events = [], []
    for demand in demands:
        code = demand.dossier_code
        dossier = dossiers[code]
        lines = rules.lines_of(demand, dossier.agency, share_kept_percent=shares(dossier))
        before, digest = current.get(code), rules.digest_of(lines)
        if before is not None and before.digest == digest:
            _believed(tx, before, lines, paid)
            continue
        if before is None and not lines:
            continue
        after = _new_version(tx, code, lines, digest, paid)
        change = _change(before, after)
        changes.append(change)
        events.append(
            NewEvent(
                f"fee.{change.kind}",
                f"dossier:{code}",
                actor,
                code,
                {"before": change.before, "after": change.after},
            )
        )
    tx.events.add(events)
    for change in changes:
        fee = tx.fees.current([change.dossier_code])[change.dossier_code]
        if rules.above_demand(fee, paid):
            owed.fee_lowered(tx, change.dossier_code)
    return changes


def settle_states(tx: Tx, dossier_codes: Iterable[str]) -> None:
    """Bring the states of the newest demands in line with what is paid now."""
    codes = sorted(set(dossier_codes))
    current, paid = tx.fees.current(codes), tx.fees.paid(codes)
    tx.fees.set_states(
        {fee.id: rules.state_of(fee, paid) for fee in current.values() if fee.state is not FeeState.CANCELLED}
    )


def due_of(tx: Tx, dossier_code: str) -> tuple[rules.Due, ...]:
    """The lines of a dossier's newest demand with what is due; empty when nothing was ever asked."""
    fee = tx.fees.current([dossier_code]).get(dossier_code)
    return () if fee is None else rules.balance(fee, tx.fees.paid([dossier_code]))


def _new_version(
    tx: Tx, code: str, lines: Sequence[FeeLine], digest: str, paid: Mapping[tuple[str, str], Paid]
) -> Fee:
    draft = Fee(0, code, 0, FeeState.OPEN, digest, tuple(lines))
    return tx.fees.add_version(code, lines, digest=digest, state=rules.state_of(draft, paid))


def _believed(tx: Tx, before: Fee, lines: Sequence[FeeLine], paid: Mapping[tuple[str, str], Paid]) -> None:
    """The same demand: only what the case system believes to be paid may have changed."""
    told = {line.line: line.paid_there for line in lines}
    other = {line.id: told[line.line] for line in before.lines if told[line.line] != line.paid_there}
    if other:
        tx.fees.set_paid_there(other)
        fee = tx.fees.current([before.dossier_code])[before.dossier_code]
        tx.fees.set_states({fee.id: rules.state_of(fee, paid)})


def _change(before: Fee | None, after: Fee) -> Change:
    was = before.amount if before else 0
    if before is None:
        kind = "demanded"
    elif after.amount > was:
        kind = "raised"
    elif after.amount < was:
        kind = "lowered"
    else:
        kind = "changed"
    return Change(after.dossier_code, kind, was, after.amount)
