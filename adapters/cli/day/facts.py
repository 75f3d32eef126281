"""What the checker compares: the world's books, the product's own answers, and the player's diary. Plain data.

Amounts are whole đồng. Nothing of the product is imported here: two equal mistakes must not cancel out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """Money that a provider took from a citizen, by the provider's own books.

    Attributes:
        reference: ours, as the provider knows it.
        state: ``paid``, ``reversed`` or ``suspect``.
    """

    provider: str
    reference: str
    amount: int
    state: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Money that went back to a citizen, by the books of whoever paid it.

    Attributes:
        refund: our refund reference as it arrived there.
        payment: the payment's reference, empty where the payer of the refund does not know it (a bank).
        state: ``open``, ``done``, ``refused`` or ``returned``.
        at: when it was accepted there.
    """

    by: str
    refund: str
    payment: str
    amount: int
    state: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ToldPaid:
    """The case system was told that a fee is paid: what it then believes, and how often it was told."""

    dossier: str
    amount: int
    times: int


@dataclass(frozen=True, slots=True)
class Known:
    """A dossier as another office has it.

    Attributes:
        state: in that office's own words or numbers.
        steps: what it was told, in the order in which it came: (state, moment) as text.
        again: how often the same thing was handed over once more although nobody asked.
        papers: files that it holds or has a link to.
    """

    office: str
    dossier: str
    state: str
    steps: Sequence[tuple[str, str]] = ()
    again: int = 0
    papers: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """What the product says of one office: dossiers that are there, under way, refused, and told anew after a loss."""

    office: str
    there: int
    waiting: int
    refused: int
    lost: int
    repaired: int


@dataclass(frozen=True, slots=True)
class BankDay:
    """One account on one day, by the bank's books or as loaded by the product.

    Attributes:
        credited, debited: đồng; ``None`` where the source does not say.
    """

    account: str
    day: str
    lines: int
    credited: int | None = None
    debited: int | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """What was really done around one dossier, by the player's diary.

    Attributes:
        due: what the fee is at the end of the play; 0 for a closed dossier.
        asked: payment reference → what was asked there.
        closed_at, lowered_at: when the agency acted, if it did.
        finished: the office that handles it ended it with a result.
        forged: answers to forged notices, as received.
        given_up: what somebody tried for hours and could not do.
    """

    code: str
    due: int
    asked: Mapping[str, int]
    closed: str = ""
    closed_at: datetime | None = None
    lowered_at: datetime | None = None
    finished: bool = False
    forged: Sequence[str] = ()
    given_up: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as the product shows it."""

    reference: str
    dossier: str
    channel: str
    state: str
    amount: int


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund as the product shows it."""

    reference: str
    payment: str
    dossier: str
    state: str
    amount: int
    route: str
    cause: str
    waiting_for: str
    requested_at: datetime | None


@dataclass(frozen=True, slots=True)
class Item:
    """An open item that the product shows to people: a break, or money without a place."""

    kind: str
    key: str
    dossier: str
    amount: int


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything.

    Attributes:
        loaded: accounts and days as the product says that it loaded them.
        jobs: state → how many effects stand there.
        known: what the other offices have; ``heard``: what the product says that they have.
        looks: (register, request id) of every look by the register's own log; ``asked``: register → answered questions by
            the product's ledger of purposes.
        balances: account of the product's ledger → đồng, debit positive; ``None``: not read.
    """

    stories: Mapping[str, Story]
    taken: Sequence[Taken]
    given_back: Sequence[GivenBack]
    told: Sequence[ToldPaid]
    bank: Sequence[BankDay]
    payments: Sequence[Payment]
    refunds: Sequence[Refund]
    items: Sequence[Item]
    loaded: Sequence[BankDay]
    jobs: Mapping[str, int] = field(default_factory=dict)
    balances: Mapping[str, int] | None = None
    known: Sequence[Known] = ()
    heard: Sequence[Heard] = ()
    looks: Sequence[tuple[str, str]] = ()
    asked: Mapping[str, int] = field(default_factory=dict)
