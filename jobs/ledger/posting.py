"""Books events of the posting table, once per event and document. What was booked is only corrected by a counter-entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from jobs.errors import LedgerImbalance, NotFound
from jobs.ledger.accounts import KINDS, NOTHING, account
from jobs.ledger.model import MOST, Dates, Entry, Transaction, local_day
from jobs.ledger.table import BY_EVENT, CORRECTION, Leg, Rule

if TYPE_CHECKING:
    from jobs.store.ports import Tx


@dataclass(frozen=True, slots=True)
class Share:
    """One line's part of an event: ``unit`` and ``item`` of a fee line, ``year`` of a remittance, or a whole ``account``."""

    amount: int
    unit: str = ""
    item: str = ""
    year: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Posting:
    """An event with its facts.

    Attributes:
        amounts: whole đồng by the names of the rule; what is not named is 0. ``amount`` may be left out: it then is
            the sum of ``lines`` and ``surplus``.
        names: details of accounts (``provider``, ``terminal``, ``unit``, ``account`` …).
        lines: shares for legs that are booked line by line.
        reference: what the entries belong to; ``document`` when empty.
        case: key of the case that entries of suspense belong to, so that suspense is the sum of its open cases.
        transaction_on, value_on, booked_on: the three dates; today (the transaction's time) where ``None``.
    """

    event: str
    document: str
    amounts: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    lines: Sequence[Share] = ()
    reference: str = ""
    case: str = ""
    actor: str = "rule:posting"
    correlation_id: str = ""
    transaction_on: date | None = None
    value_on: date | None = None
    booked_on: date | None = None


def post(tx: Tx, *postings: Posting) -> list[bool]:
    """Book events in the given transaction; ``False`` where event and document were booked before.

    Raises:
        LedgerImbalance: debits and credits of a posting differ, or an amount is none.
        Duplicate: the same event and document were booked with other amounts or accounts.
    """
    today = local_day(tx.now)
    return tx.ledger.add([transaction_of(posting, today) for posting in postings]) if postings else []


def correct(tx: Tx, event: str, document: str, *, actor: str, booked_on: date | None = None) -> bool:
    """Turn a booked event round by a counter-entry that names it, in the open period; ``False``: done before.

    Raises:
        NotFound: nothing is booked under this event and document.
    """
    found = tx.ledger.find(event, document)
    if found is None:
        raise NotFound(f"{event} {document} is not booked")
    counter = replace(
        found,
        id=0,
        event=CORRECTION,
        document=f"{event}:{document}",
        dates=replace(found.dates, booked_on=booked_on or local_day(tx.now)),
        entries=tuple(replace(entry, amount=-entry.amount) for entry in found.entries),
        actor=actor,
        corrects=found.id,
    )
    return tx.ledger.add([counter])[0]


def transaction_of(posting: Posting, today: date) -> Transaction:
    """The balanced transaction of a posting; pure.

    Raises:
        LedgerImbalance: see :func:`post`.
    """
    rule = BY_EVENT.get(posting.event)
    if rule is None:
        raise LedgerImbalance(f"{posting.event}: no such event in the posting table")
    amounts = dict(posting.amounts)
    if "amount" not in amounts:
        amounts["amount"] = sum(share.amount for share in posting.lines) + amounts.get("surplus", 0)
    _refuse_strange(rule, posting, amounts)
    reference = posting.reference or posting.document
    entries = tuple(
        Entry(
            name, sign * amount, posting.case if posting.case and name.startswith("suspense:") else reference
        )
        for sign, legs in ((1, rule.debit), (-1, rule.credit))
        for name, amount in _merged(_legs(legs, amounts, posting))
    )
    if not entries or sum(entry.amount for entry in entries) != 0:
        raise LedgerImbalance(f"{posting.event} {posting.document}: debits and credits differ: {entries}")
    dates = Dates(
        posting.transaction_on or today,
        posting.value_on or posting.transaction_on or today,
        posting.booked_on or today,
    )
    return Transaction(posting.event, posting.document, dates, entries, posting.actor, posting.correlation_id)


def _legs(legs: Iterable[Leg], amounts: Mapping[str, int], posting: Posting) -> Iterable[tuple[str, int]]:
    for leg in legs:
        if leg.amount != "lines":
            if amounts.get(leg.amount, 0):
                yield _account(leg.account, posting.names), amounts[leg.amount]
            continue
        for share in posting.lines:
            if share.account and leg.account == "{account}":
                yield share.account, share.amount
            else:
                own = {"unit": share.unit, "item": share.item, "year": share.year}
                yield (
                    _account(leg.account, {**posting.names, **{k: v for k, v in own.items() if v}}),
                    share.amount,
                )


def _merged(legs: Iterable[tuple[str, int]]) -> Iterable[tuple[str, int]]:
    """One entry per account and side: ten fee lines of one item are one entry."""
    sums: dict[str, int] = {}
    for name, amount in legs:
        sums[name] = sums.get(name, 0) + amount
    return ((name, amount) for name, amount in sums.items() if amount)


def _account(template: str, names: Mapping[str, str]) -> str:
    kind, details = _parts(template)
    return account(kind, *[names.get(detail) or NOTHING for detail in details])


@cache
def _parts(template: str) -> tuple[str, tuple[str, ...]]:
    """Kind and names of the details of a leg's account; the table has few of them."""
    kind, *details = template.split(":")
    return kind, tuple(detail.strip("{}") for detail in details)


def _refuse_strange(rule: Rule, posting: Posting, amounts: Mapping[str, int]) -> None:
    known = {leg.amount for leg in (*rule.debit, *rule.credit)} | {"amount"}
    values = [*amounts.values(), *(share.amount for share in posting.lines)]
    if unknown := amounts.keys() - known:
        raise LedgerImbalance(f"{rule.event} {posting.document}: the table has no amounts {sorted(unknown)}")
    for value in values:
        if type(value) is not int or abs(value) > MOST or (value < 0 and not rule.signed):
            raise LedgerImbalance(f"{rule.event} {posting.document}: {value!r} is no amount of whole đồng")


def check_account(name: str) -> str:
    """``name`` when it is a well-formed account.

    Raises:
        ValueError: it is not.
    """
    kind, *details = name.split(":")
    if kind not in KINDS or len(details) != len(KINDS[kind].details) or not all(details):
        raise ValueError(f"{name!r} is no account")
    return name
