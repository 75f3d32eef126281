"""Units, accounts and terminals in time. Districts ended on 01/07/2025: who pays back is found by decision, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from jobs.fees.model import Unit, UnitAccount
from jobs.payments.model import Terminal

if TYPE_CHECKING:
    from jobs.store.ports import Tx

_LONGEST_CHAIN = 10


@dataclass(frozen=True, slots=True)
class PaysBack:
    """Who pays a refund, and by which decisions the duty came to it."""

    unit: Unit
    account: UnitAccount
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NobodyPays:
    """No one on record may pay: a break, nothing is sent.

    Attributes:
        why: ``unknown-unit``, ``no-successor`` or ``no-account``.
        unit: the unit at which the search ended.
    """

    why: str
    unit: str


def who_pays_back(tx: Tx, unit: str, day: date) -> PaysBack | NobodyPays:
    """The unit that answers on ``day`` for what ``unit`` collected, and its account for refunds."""
    documents: list[str] = []
    for _ in range(_LONGEST_CHAIN):
        periods = tx.fees.units(unit)
        if not periods:
            return NobodyPays("unknown-unit", unit)
        there = next((p for p in periods if _on(p.valid_from, p.valid_to, day)), None)
        if there is not None:
            account = account_on(tx, unit, day)
            return PaysBack(there, account, tuple(documents)) if account else NobodyPays("no-account", unit)
        ended = periods[-1]
        # A successor without the decision that names it is hearsay.
        if ended.successor is None or not ended.document:
            return NobodyPays("no-successor", unit)
        documents.append(ended.document)
        unit = ended.successor
    return NobodyPays("no-successor", unit)


def account_on(tx: Tx, unit: str, day: date, purpose: str = "refund") -> UnitAccount | None:
    """The unit's account for this purpose on a day; the newest where there are several."""
    open_then = [
        a
        for a in tx.fees.accounts(unit)
        if _on(a.valid_from, a.valid_to, day) and a.purpose in (purpose, "both")
    ]
    return open_then[-1] if open_then else None


def terminal_on(tx: Tx, provider: str, code: str, day: date) -> Terminal | None:
    """The terminal as it was on a day; ``None``: not known, or closed."""
    return next(
        (t for t in tx.payments.terminals(provider, code) if _on(t.valid_from, t.valid_to, day)), None
    )


def terminal_usable(tx: Tx, provider: str, code: str, day: date) -> bool:
    """Whether a terminal is open on a day, as far as anybody wrote its days down. What a closed one took goes back by transfer."""
    return not tx.payments.terminals(provider, code) or terminal_on(tx, provider, code, day) is not None


def told_by_notification(tx: Tx, provider: str, code: str, day: date) -> bool:
    """Whether the terminal's notifications come to us; else its payments are learnt by feed and file."""
    terminal = terminal_on(tx, provider, code, day)
    return terminal is None or terminal.ipn_owner == "lienthong"


def _on(first: date, last: date | None, day: date) -> bool:
    return first <= day and (last is None or day <= last)
