"""Finds the place of money in suspense: a person says whose it is, and it becomes a payment like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.kit.seams import Ids
from jobs.errors import NotAllowed, NotFound
from jobs.fees.rules import Due
from jobs.fees.service import due_of, settle_states
from jobs.intake.model import Dossier, NewEvent
from jobs.ledger.model import local_day
from jobs.ledger.posting import Posting, Share, post
from jobs.payments import confirming
from jobs.payments.model import Attempt
from jobs.payments.news import CLOSED
from mappings.canonical.payment import AttemptState

if TYPE_CHECKING:
    from jobs.payments.ports import Owed
    from jobs.store.ports import Tx

CHANNEL = "placed"


def place(tx: Tx, case_key: str, dossier_code: str, *, ids: Ids, owed: Owed, actor: str, reason: str) -> str:
    """Give the money of an open case to a dossier; the reference of the payment that it is now.

    What the dossier does not owe is surplus, and owed back. The news itself is not rewritten: the case keeps it.

    Raises:
        NotFound: no such open case with money in suspense, or no such dossier.
        NotAllowed: ``no-lines`` when the dossier never asked for money.
    """
    case = tx.cases.find(case_key)
    account, held = _held(tx, case_key)
    dossier = tx.dossiers.by_code(dossier_code)
    if case is None or case["state"] != "open" or held <= 0 or dossier is None:
        raise NotFound(f"case {case_key} or dossier {dossier_code}")
    dossier = tx.dossiers.lock([dossier.code])[dossier.code]
    lines = due_of(tx, dossier.code)
    if not lines:
        raise NotAllowed("no-lines", "Hồ sơ này chưa có khoản phải nộp.", "This dossier asks for no money.")
    evidence: Mapping[str, Any] = case["evidence"]
    shared = _shared(lines, held, closed=dossier.state in CLOSED)
    attempt = tx.payments.create(
        Attempt(
            0, ids.reference(), f"{CHANNEL}:{case_key}", CHANNEL, str(evidence.get("provider") or "bank"),
            str(evidence.get("terminal") or "-"), held, AttemptState.PAID, tx.now, None,
            provider_reference=evidence.get("provider_reference"), paid_at=tx.now, paid_amount=held, opened_by=actor,
        ),
        # A line of nothing cannot be stored; the first line names the dossier even when nothing of it is due.
        [(due.line.id, amount or held) for due, amount in shared],
    )  # fmt: skip
    if attempt is None:
        raise NotFound(f"case {case_key} has its payment already")
    counted = [(due, amount) for due, amount in shared if amount]
    tx.payments.apply([(attempt.id, due.line.id, amount) for due, amount in counted])
    left = held - sum(amount for _, amount in counted)
    _book(tx, attempt, case_key, account, counted, left, actor)
    tx.cases.close([case_key], f"placed: {reason}")
    settle_states(tx, [dossier.code])
    if counted:
        told = [confirming.Told(due.line, amount) for due, amount in counted]
        tx.effects.plan([confirming.effect(dossier, attempt, told, "")])
    if left:
        _owe(tx, owed, attempt, dossier, left)
    facts = {"amount": held, "case": case_key, "surplus": left}
    tx.events.add([NewEvent("payment.placed", f"payment:{attempt.reference}", actor, dossier.code, facts)])
    return attempt.reference


def _held(tx: Tx, case_key: str) -> tuple[str, int]:
    """The account of suspense on which the case's money stands, and how much of it is left."""
    sums: dict[str, int] = {}
    for entry in tx.ledger.of_reference(case_key):
        if entry.account.startswith("suspense:"):
            sums[entry.account] = sums.get(entry.account, 0) - entry.amount
    return next(((account, held) for account, held in sums.items() if held > 0), ("", 0))


def _shared(lines: Sequence[Due], held: int, *, closed: bool) -> list[tuple[Due, int]]:
    """What of the money counts for which line; the first line alone with nothing when nothing is due."""
    shared = []
    for due in lines:
        amount = 0 if closed else min(due.due, held)
        held -= amount
        if amount:
            shared.append((due, amount))
    return shared or [(lines[0], 0)]


def _book(
    tx: Tx,
    attempt: Attempt,
    case_key: str,
    account: str,
    counted: Sequence[tuple[Due, int]],
    left: int,
    actor: str,
) -> None:
    _, source, detail = account.split(":", 2)
    names = {"source": source, "detail": detail, "provider": attempt.provider, "terminal": attempt.terminal}
    lines = [Share(amount, unit=due.line.unit, item=due.line.item) for due, amount in counted]
    post(
        tx,
        Posting(
            "suspense_placed", f"{case_key}:{attempt.reference}", {"surplus": left}, names, lines, attempt.reference,
            case=case_key, actor=actor, transaction_on=local_day(tx.now),
        ),
    )  # fmt: skip


def _owe(tx: Tx, owed: Owed, attempt: Attempt, dossier: Dossier, left: int) -> None:
    cause = "late_payment" if dossier.state in CLOSED else "paid_too_much"
    owed.open(
        tx,
        attempt_reference=attempt.reference,
        amount=left,
        cause=cause,
        cause_key=f"{cause}:{attempt.reference}",
        dossier_code=dossier.code,
        stage=dossier.stage,
    )
