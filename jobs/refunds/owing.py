"""Refunds that open by themselves, in the transaction of their cause. The policy decides; nothing here approves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.errors import NotAllowed
from jobs.payments.model import Allocated, Attempt
from jobs.refunds import opening, signing
from jobs.refunds.ground import Ground
from jobs.refunds.model import Line, Refund
from jobs.refunds.moves import Moves
from jobs.refunds.opening import Draw, Left, Wanted
from jobs.refunds.policy import SURPLUS, Owed, Policy
from jobs.refunds.routes import split_remitted
from mappings.canonical.payment import RefundRoute

if TYPE_CHECKING:
    from jobs.intake.model import Dossier
    from jobs.store.ports import Tx

RULE = "rule:policy"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why money is owed: its name, its key, the dossier, how far the office had come."""

    name: str
    key: str
    dossier_code: str
    stage: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """Lines of one payment that go one way by one row of the policy."""

    policy: Policy
    lines: tuple[Line, ...]
    state_money: bool | None
    route: RefundRoute | None = None


def surplus(tx: Tx, ground: Ground, cause: Cause, attempt_reference: str, amount: int) -> Refund | None:
    """Money of a payment that nobody asked for, or that came for nothing."""
    attempt = tx.payments.lock([attempt_reference]).get(attempt_reference)
    if attempt is None or tx.refunds.by_key(f"owed:{cause.key}") is not None:
        return None
    moves, left = Moves(tx, ground), opening.look(tx, attempt)
    dossier = tx.dossiers.by_code(cause.dossier_code) if cause.dossier_code else None
    owed = min(amount, left.remaining if cause.name == "other" else max(0, left.surplus))
    if owed < amount:
        _not_in_books(moves, cause, amount, owed)
    if owed <= 0:
        moves.write()
        return None
    row = _row(tx, moves, cause, dossier, SURPLUS, dossier.agency if dossier else "", owed)
    share = row.share(owed) if row is not None else 0
    if row is None or share <= 0:
        moves.write()
        return None
    try:
        taken = opening.draw(left, share, cause.name)
    except NotAllowed:
        _tax(moves, cause, owed)
        moves.write()
        return None
    made = _open(moves, left, cause, Bundle(row, taken.lines, None), taken.surplus, "")
    moves.write()
    return made


def dossier_closed(tx: Tx, ground: Ground, cause: Cause) -> list[Refund]:
    """Everything that was paid for a dossier's lines and is still kept, by the row of each line's kind."""
    dossier = tx.dossiers.by_code(cause.dossier_code)
    code = dossier.code if dossier else cause.dossier_code
    made = []
    for attempt in _locked(tx, code):
        lines = [line for line in _paid(tx, attempt) if line.dossier_code == code]
        wanted = [(line, line.applied - line.taken_back) for line in lines]
        one = Cause(cause.name, f"{cause.key}:{attempt.reference}", code, cause.stage)
        made += _of_lines(tx, ground, one, dossier, attempt, wanted)
    return made


def fee_lowered(tx: Tx, ground: Ground, dossier_code: str) -> list[Refund]:
    """What is kept above the newest demand, out of the newest payments first."""
    dossier = tx.dossiers.by_code(dossier_code)
    fee = tx.fees.current([dossier_code]).get(dossier_code)
    if dossier is None or fee is None:
        return []
    asked = {line.line: line.amount for line in fee.lines}
    above = {
        name: paid.kept - asked.get(name, 0)
        for (_, name), paid in tx.fees.paid([dossier_code]).items()
        if paid.kept > asked.get(name, 0)
    }
    made = []
    for attempt in reversed(_locked(tx, dossier_code)):
        wanted = []
        for line in _paid(tx, attempt):
            part = min(line.applied - line.taken_back, above.get(line.line, 0))
            if line.dossier_code == dossier_code and part > 0:
                above[line.line] -= part
                wanted.append((line, part))
        key = f"lowered:{dossier_code}:{fee.version}:{attempt.reference}"
        cause = Cause("fee_lowered", key, dossier_code, dossier.stage)
        made += _of_lines(tx, ground, cause, dossier, attempt, wanted)
    return made


def _locked(tx: Tx, dossier_code: str) -> list[Attempt]:
    references = [a.reference for a in tx.payments.of_dossier(dossier_code) if a.state in opening.HELD_BY_US]
    return sorted(tx.payments.lock(sorted(references)).values(), key=lambda attempt: attempt.id)


def _paid(tx: Tx, attempt: Attempt) -> list[Allocated]:
    return tx.payments.allocated([attempt.reference]).get(attempt.reference, [])


def _of_lines(
    tx: Tx,
    ground: Ground,
    cause: Cause,
    dossier: Dossier | None,
    attempt: Attempt,
    wanted: Sequence[tuple[Allocated, int]],
) -> list[Refund]:
    moves, made = Moves(tx, ground), []
    for number, bundle in enumerate(_bundles(tx, moves, cause, dossier, attempt, wanted)):
        suffix = f":{number}" if number else ""
        if tx.refunds.by_key(f"owed:{cause.key}{suffix}") is None:
            refund = _open(moves, opening.look(tx, attempt), cause, bundle, 0, suffix)
            made += [refund] if refund is not None else []
            moves.write()  # the next bundle must see what this one holds
    moves.write()
    return made


def _bundles(
    tx: Tx,
    moves: Moves,
    cause: Cause,
    dossier: Dossier | None,
    attempt: Attempt,
    wanted: Sequence[tuple[Allocated, int]],
) -> Iterable[Bundle]:
    """Lines grouped by who holds their money; a line without a row is a person's case and stops no other."""
    groups: dict[tuple[bool, RefundRoute | None], list[tuple[Policy, Line]]] = {}
    for line, amount in wanted:
        if amount <= 0:
            continue
        row = _row(tx, moves, cause, dossier, line.kind, line.unit, amount)
        share = row.share(amount) if row is not None else 0
        if row is None or share <= 0:
            continue
        if opening.in_treasury(tx, line):
            groups.setdefault((True, None), []).append((row, opening.as_line(line, share)))
            continue
        gone = opening.remitted(tx, attempt, line)
        for part in split_remitted(share, share_kept_percent=line.share_kept_percent, remitted=gone):
            # What a unit kept of remitted fees it pays itself; the gateway's money was paid out long ago.
            way = RefundRoute.TRANSFER if gone and not part.state_money else None
            own = opening.as_line(line, part.amount)
            groups.setdefault((part.state_money, way), []).append((row, own))
    for (state_money, way), members in sorted(groups.items(), key=lambda item: str(item[0])):
        # The strictest row of the bundle says who signs.
        strictest = max((policy for policy, _ in members), key=lambda policy: (len(policy.steps), policy.id))
        yield Bundle(strictest, tuple(line for _, line in members), state_money, way)


def _row(
    tx: Tx, moves: Moves, cause: Cause, dossier: Dossier | None, kind: str, unit: str, amount: int
) -> Policy | None:
    procedure = dossier.procedure_code if dossier else ""
    row = opening.row_for(tx, cause.name, kind, cause.stage, procedure, unit, amount)
    facts = {"cause": cause.name, "stage": cause.stage, "kind": kind, "cause_key": cause.key}
    if row is None:
        key = f"refund_no_policy:{cause.key}:{kind}"
        moves.cases.append(
            moves.ground.case("refund_no_policy", key, tx.now, amount=amount, dossier_code=cause.dossier_code, evidence=facts)
        )  # fmt: skip
    elif row.outcome is Owed.TAX_OFFICE:
        _tax(moves, cause, amount)
    elif row.outcome is Owed.NONE:
        from jobs.intake.model import NewEvent

        told = {**facts, "amount": amount, "policy": row.id, "legal_basis": row.legal_basis}
        subject = f"dossier:{cause.dossier_code}"
        moves.events.append(NewEvent("refund.none", subject, RULE, cause.dossier_code or None, told))
    return row


def _not_in_books(moves: Moves, cause: Cause, amount: int, found: int) -> None:
    """Somebody says that more is owed than our books hold for it: the rest is found by a person, never guessed."""
    facts = {"cause": cause.name, "cause_key": cause.key, "owed_amount": amount, "found_amount": found}
    key = f"refund_mismatch:{cause.key}"
    moves.cases.append(
        moves.ground.case("refund_mismatch", key, moves.tx.now, amount=amount - found, dossier_code=cause.dossier_code, evidence=facts)
    )  # fmt: skip


def _tax(moves: Moves, cause: Cause, amount: int) -> None:
    evidence = {"cause": cause.name, "cause_key": cause.key, "to": "tax office"}
    key = f"refund_tax:{cause.key}"
    moves.cases.append(
        moves.ground.case("refund_tax", key, moves.tx.now, amount=amount, dossier_code=cause.dossier_code, evidence=evidence)
    )  # fmt: skip


def _open(
    moves: Moves, left: Left, cause: Cause, bundle: Bundle, surplus_part: int, suffix: str
) -> Refund | None:
    draw = Draw(bundle.lines, surplus_part)
    if draw.amount > left.remaining:
        return None  # what is missing is on its way back already
    wanted = Wanted(
        key=f"owed:{cause.key}{suffix}",
        cause=cause.name,
        reason=bundle.policy.legal_basis,
        stage=cause.stage,
        dossier_code=cause.dossier_code,
        opened_by=RULE,
        draw=draw,
        route=bundle.route,
        state_money=bundle.state_money,
        policy=bundle.policy,
    )
    refund = opening.open_refund(moves, left, wanted)
    if refund is not None:
        signing.by_mandate(moves, refund, left.attempt)
    return refund
