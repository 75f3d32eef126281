"""A new refund: how much of a payment is left, of which lines, by which row of the policy, which way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.errors import NotAllowed
from jobs.fees.units import NobodyPays, terminal_on, terminal_usable, who_pays_back
from jobs.ledger.model import local_day
from jobs.payments.gateways import GATEWAYS, Gateway
from jobs.payments.model import Allocated, Attempt
from jobs.refunds import routes
from jobs.refunds.model import Line, Refund
from jobs.refunds.moves import Moves
from jobs.refunds.policy import DEFAULT_STEPS, SURPLUS, Policy, Question, decide
from jobs.refunds.routes import Choice, Payee, Where
from jobs.refunds.rules import NOT_HELD, folded
from mappings.canonical.payment import AttemptState, RefundRoute, RefundState

if TYPE_CHECKING:
    from jobs.store.ports import Tx

HELD_BY_US = (AttemptState.PAID, AttemptState.REVERSED)
TAX = "thuế"
NOBODY = Payee()
_LINES_FIRST = frozenset({"refused", "withdrawn", "cancelled", "fee_lowered"})
_TREASURY_BANKS = ("kbnn", "kho bac")


@dataclass(frozen=True, slots=True)
class Left:
    """What of a payment may still go back.

    Attributes:
        remaining: paid, less everything not known to have failed.
        surplus: of it, what belongs to no line.
        lines: what was paid of each line; ``applied - taken_back`` is left of it.
        unknown: another refund of it has an unknown outcome.
    """

    attempt: Attempt
    remaining: int
    surplus: int
    lines: tuple[Allocated, ...]
    refunds: tuple[Refund, ...]
    unknown: bool


def look(tx: Tx, attempt: Attempt) -> Left:
    """What is left of a locked payment."""
    lines = tuple(tx.payments.allocated([attempt.reference]).get(attempt.reference, ()))
    refunds = tuple(tx.refunds.of_payment(attempt.id))
    held = [refund for refund in refunds if refund.state not in NOT_HELD]
    parts = tx.refunds.lines([refund.id for refund in held])
    paid = (attempt.paid_amount or 0) if attempt.state in HELD_BY_US else 0
    of_lines = sum(line.amount for own in parts.values() for line in own)
    taken = sum(refund.amount for refund in held)
    surplus = paid - sum(line.applied for line in lines) - (taken - of_lines)
    unknown = any(refund.state is RefundState.UNKNOWN for refund in refunds)
    return Left(attempt, paid - taken, surplus, lines, refunds, unknown)


@dataclass(frozen=True, slots=True)
class Draw:
    """Where the money of a refund is taken from."""

    lines: tuple[Line, ...]
    surplus: int

    @property
    def amount(self) -> int:
        return self.surplus + sum(line.amount for line in self.lines)


def draw(left: Left, amount: int, cause: str) -> Draw:
    """``amount`` out of surplus and lines, in the order that the cause suggests; taxes are never touched.

    Raises:
        NotAllowed: ``above-remaining``, or ``tax``: only taxes are left, and those the tax office pays back.
    """
    if amount > left.remaining:
        raise NotAllowed(
            "above-remaining",
            "Số tiền lớn hơn số còn hoàn được.",
            "The amount is more than what is still refundable.",
        )
    lines: list[Line] = []
    surplus = 0 if cause in _LINES_FIRST else min(amount, max(0, left.surplus))
    need = amount - surplus
    for line in left.lines:
        part = min(need, line.applied - line.taken_back)
        if part > 0 and line.kind != TAX:
            lines.append(as_line(line, part))
            need -= part
    more = min(need, max(0, left.surplus) - surplus)
    if need > more:
        raise NotAllowed(
            "tax",
            "Phần còn lại là thuế: chuyển cơ quan thuế hoàn trả.",
            "The rest is tax: the tax office pays that back.",
        )
    return Draw(tuple(lines), surplus + more)


def as_line(line: Allocated, amount: int) -> Line:
    """A part of a paid line as a line of a refund."""
    return Line(line.fee_line_id, amount, line.unit, line.item)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A refund to be written down.

    Attributes:
        dossier_code: empty: that of its first line.
        state_money: what is known of where the money lies; ``None``: to be found out.
    """

    key: str
    cause: str
    reason: str
    stage: str
    dossier_code: str
    opened_by: str
    draw: Draw
    payee: Payee = NOBODY
    replaces: int | None = None
    route: RefundRoute | None = None
    state_money: bool | None = None
    policy: Policy | None = None


def open_refund(moves: Moves, left: Left, wanted: Wanted, correlation_id: str = "") -> Refund | None:
    """Write a refund down as REQUESTED; ``None`` when its key is there. It is held from now on."""
    tx, ground, attempt = moves.tx, moves.ground, left.attempt
    mine = {line.fee_line_id for line in wanted.draw.lines}
    lines = [line for line in left.lines if line.fee_line_id in mine]
    first = next(iter(lines or left.lines), None)
    code = wanted.dossier_code or (first.dossier_code if first else "")
    choice = way_back(tx, attempt, lines or left.lines, wanted, ground.gateways)
    call = ground.gateways[attempt.provider].refund if attempt.provider in ground.gateways else None
    unit = _unit(tx, lines or list(left.lines), attempt)
    payer = payer_account(tx, unit) if choice.route is RefundRoute.TRANSFER else ""
    dossier = tx.dossiers.by_code(code) if code else None
    refund = Refund(
        id=0,
        reference=ground.ids.reference(),
        key=wanted.key,
        attempt_id=attempt.id,
        payment=attempt.reference,
        provider=attempt.provider,
        terminal=attempt.terminal,
        amount=wanted.draw.amount,
        cause=wanted.cause,
        route=choice.route,
        opened_by=wanted.opened_by,
        requested_by=wanted.opened_by,
        requested_at=tx.now,
        reason=wanted.reason,
        stage=wanted.stage,
        dossier_code=code,
        one_at_a_time=choice.route is RefundRoute.GATEWAY and call is not None and call.one_at_a_time,
        waiting_for=choice.waiting_for,
        payee_bank=wanted.payee.bank,
        payee_account=wanted.payee.account,
        # The gateway pays back to where the money came from: who handed the dossier in is the nearest name to it.
        payee_name=wanted.payee.name or (dossier.applicant_name if dossier else ""),
        payer_account=payer,
        unit=unit,
        of_reversal=attempt.state is AttemptState.REVERSED,
        steps=wanted.policy.steps if wanted.policy else DEFAULT_STEPS,
        policy=wanted.policy.id if wanted.policy else "",
        legal_basis=wanted.policy.legal_basis if wanted.policy else "",
        replaces=wanted.replaces,
    )
    stored = tx.refunds.add(refund, wanted.draw.lines)
    if stored is None:
        return None
    moves.refunds[stored.reference] = stored
    moves.lines[stored.id] = wanted.draw.lines
    moves.take(stored, wanted.draw.lines)
    facts = {
        "cause": stored.cause,
        "policy": stored.policy,
        "note": choice.note_vi,
        "waiting_for": stored.waiting_for,
    }
    moves.tell(stored, "requested", stored.opened_by, facts, correlation_id)
    if choice.route is RefundRoute.TRANSFER and not payer:
        moves.case("refund_no_payer", stored, unit=unit)
    return stored


def way_back(
    tx: Tx,
    attempt: Attempt,
    lines: Sequence[Allocated],
    wanted: Wanted,
    gateways: Mapping[str, Gateway] = GATEWAYS,
) -> Choice:
    """The route of a refund; a decision of the caller (``wanted.route``) stands above the rules."""
    if wanted.route is RefundRoute.TRANSFER:
        return Choice(RefundRoute.TRANSFER, "" if wanted.payee.complete else "account")
    today = local_day(tx.now)
    usable = terminal_usable(tx, attempt.provider, attempt.terminal, today)
    with_state = wanted.state_money
    if with_state is None:
        with_state = any(in_treasury(tx, line) or remitted(tx, attempt, line) for line in lines)
    where = Where(
        attempt.provider, attempt.channel, attempt.request_time or "", usable, with_state,
        attempt.provider_reference or "", wanted.draw.amount,
    )  # fmt: skip
    return routes.choose(where, wanted.payee, gateways)


def in_treasury(tx: Tx, line: Allocated) -> bool:
    """Whether the line's money went straight into an account at the treasury."""
    accounts = [a for a in tx.fees.accounts(line.unit) if a.account == line.account] if line.account else []
    return any(folded(account.bank).startswith(_TREASURY_BANKS) for account in accounts)


def remitted(tx: Tx, attempt: Attempt, line: Allocated) -> bool:
    """Whether fees of the line's unit and item were remitted since the payment: a remittance takes all there is."""
    if line.share_kept_percent == 0 and not line.item:
        return False
    since = local_day(attempt.paid_at or attempt.created_at)
    return tx.refunds.remitted(line.unit, line.item, since, local_day(tx.now))


def row_for(
    tx: Tx, cause: str, kind: str, stage: str, procedure: str, unit: str, amount: int
) -> Policy | None:
    """The row of the policy in force today, or ``None``: a person decides."""
    question = Question(cause, kind or SURPLUS, stage, procedure, unit, amount, local_day(tx.now))
    return decide(tx.refunds.policies(), question)


def _unit(tx: Tx, lines: Sequence[Allocated], attempt: Attempt) -> str:
    if lines:
        return min(lines, key=lambda line: line.fee_line_id).unit
    terminal = terminal_on(tx, attempt.provider, attempt.terminal, local_day(tx.now))
    return terminal.unit if terminal else ""


def payer_account(tx: Tx, unit: str) -> str:
    """Our account that pays a transfer today; empty: nobody on record may pay, so nothing can be sent."""
    found = who_pays_back(tx, unit, local_day(tx.now))
    return "" if isinstance(found, NobodyPays) else found.account.account
