"""The one rule table of reconciliation. Both compilers (SQL for the database, Polars for files) read it; nobody else decides.

Matching order between our books and the gateway's file: a line follows its **provider reference and type** to our line
that carries the same (when exactly one does); otherwise it goes by **our reference and type**, and only an equal amount
makes a match. A bank or treasury line goes by the reference in its reference fields or in its text, its direction and
its amount. Amount and date alone never match anything: they make a proposal to a person (``proposals``).

Lines with one key make one group; the rules below look at groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from jobs.reconciliation.breaks import BreakKind
from jobs.reconciliation.terms import Condition, Field


class Side(IntEnum):
    """Whose line it is. The numbers are stored."""

    OURS = 1
    GATEWAY = 2
    BANK = 3
    TREASURY = 4


class Kind(IntEnum):
    """What a line is about. A bank's credit is a payment, its debit a refund. The numbers are stored."""

    PAYMENT = 1
    REFUND = 2
    REVERSAL = 3
    FEE = 4
    ADJUSTMENT = 5


class Status(IntEnum):
    """What a side says of its own line."""

    SUCCESS = 1
    FAILED = 2
    PENDING = 3


class Route(IntEnum):
    """Where our line must show up."""

    GATEWAY = 0
    BANK = 2
    TREASURY = 3
    ELSEWHERE = 9  # cash, card reader, cash on delivery: channels of their own, never breaks


LINE_COLUMNS = (
    "side", "line", "kind", "reference", "provider_reference", "amount", "fee", "status",
    "session_first", "session_last", "vnd", "returned", "route", "due",
)  # fmt: skip
"""One line as the compilers want it. All whole numbers but the two references (empty text: none).

``fee`` and the sessions may be absent. A session is a day number; ``session_first < session_last`` where clocks round midnight
may disagree. ``vnd``: 1 for đồng. ``returned``: 1 for a transfer that came back. ``due``: 1 when the counterpart
should be there by now (its session file and one session more have passed).
"""

AGGREGATES: dict[str, str] = {
    "lines": "count",
    "line": "max line",
    "amount": "max amount",
    "amount_low": "min amount",
    "fee": "max fee",
    "status": "max status",
    "session_first": "min session_first",
    "session_last": "max session_last",
    "returned": "max returned",
    "route": "max route",
    "due": "max due",
    "vnd": "min vnd",
    "foreign_reference": "max foreign_reference",
}
"""Per side, what is known of a group; the field's name is ``<side>_<aggregate>``."""

FIELDS = ("kind", *(f"{side.name.lower()}_{name}" for side in Side for name in AGGREGATES))

PRESENCE = ("has_gateway", "has_bank", "has_treasury", "bank_by_row")
"""Fields of every group, 0 or 1: whether a side's files are there at all, and whether the bank shows each payment by itself."""

IN_TRANSIT = "in_transit"
"""Not a break: the counterpart's file is not due yet."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: against one side, the first rule that holds gives the verdict.

    Attributes:
        verdict: a break's kind, or ``in_transit``.
    """

    against: Side
    verdict: str
    when: Condition


_kind = Field("kind")
_payment = _kind.equals(Kind.PAYMENT)
_refund = _kind.equals(Kind.REFUND)
_money = _kind.below(Kind.FEE)


def _field(side: Side, name: str) -> Field:
    return Field(f"{side.name.lower()}_{name}")


def _there(side: Side) -> Condition:
    return _field(side, "lines").above(0)


def _ours_is(status: Status) -> Condition:
    return _field(Side.OURS, "status").equals(status)


_O, _G, _B = Side.OURS, Side.GATEWAY, Side.BANK
_gateway_success = _field(_G, "status").equals(Status.SUCCESS)
_ours_due = _field(_O, "due").equals(1)
_single = _field(_O, "lines").equals(1) & _field(_G, "lines").equals(1)

_GATEWAY_RULES = (
    # A file that repeats a line under one provider number is refused when it is read; here the numbers differ.
    Rule(_G, BreakKind.DOUBLE_PAYMENT, _field(_G, "lines").above(1) & _payment & _gateway_success & _there(_O)),
    Rule(_G, BreakKind.DOUBLE_IN_FILE, _field(_G, "lines").above(1) | _field(_O, "lines").above(1)),
    Rule(_G, BreakKind.CURRENCY, _field(_G, "vnd").equals(0) | _field(_O, "vnd").equals(0)),
    Rule(_G, BreakKind.REVERSED, _kind.equals(Kind.REVERSAL) & _gateway_success & ~_there(_O)),
    Rule(_G, BreakKind.ONLY_THEIRS,
         ~_there(_O) & _there(_G) & _gateway_success & ~_kind.equals(Kind.FEE)),
    Rule(_G, BreakKind.REFUND_UNKNOWN,
         _there(_O) & ~_there(_G) & _refund & _ours_is(Status.PENDING) & _ours_due
         & _field(_O, "route").equals(Route.GATEWAY) & Field("has_gateway").equals(1)),
    Rule(_G, BreakKind.ONLY_OURS,
         _there(_O) & ~_there(_G) & _money & _ours_is(Status.SUCCESS) & _ours_due
         & _field(_O, "route").equals(Route.GATEWAY) & Field("has_gateway").equals(1)),
    Rule(_G, IN_TRANSIT,
         _there(_O) & ~_there(_G) & _money & ~_ours_is(Status.FAILED) & ~_ours_due
         & _field(_O, "route").equals(Route.GATEWAY) & Field("has_gateway").equals(1)),
    Rule(_G, BreakKind.AMOUNT, _single & _field(_O, "amount").differs(_field(_G, "amount"))),
    Rule(_G, BreakKind.PAID_UNCONFIRMED, _single & _payment & _gateway_success & ~_ours_is(Status.SUCCESS)),
    Rule(_G, BreakKind.STATUS,
         _single & ((_ours_is(Status.SUCCESS) & ~_gateway_success) | (_ours_is(Status.FAILED) & _gateway_success))),
    Rule(_G, BreakKind.FEE, _single & _field(_O, "fee").differs(_field(_G, "fee"))),
    Rule(_G, BreakKind.REFERENCE, _field(_G, "foreign_reference").equals(1)),
    # A refund is finished when the gateway gets to it: its session is theirs to say.
    Rule(_G, BreakKind.LATE,
         _single & ~_refund & (_field(_G, "session_first").above(_field(_O, "session_last"))
                               | _field(_G, "session_last").below(_field(_O, "session_first")))),
)  # fmt: skip


def _bank_rules(side: Side, route: Route, present: str) -> tuple[Rule, ...]:
    """The same rules for the bank and for the treasury."""
    lines, ours_routed = _field(side, "lines"), _field(_O, "route").equals(route)
    expected = _there(_O) & ours_routed
    if side is Side.BANK:
        # By row: each citizen's money is a bank line of its own. Otherwise one net line per session (``batches``).
        passing = _gateway_success | (_there(_O) & ~_there(_G) & _field(_O, "route").equals(Route.GATEWAY))
        expected = expected | (Field("bank_by_row").equals(1) & _money & passing)
    wanted = Field(present).equals(1) & expected
    pair = _there(_O) & lines.equals(1)
    return (
        Rule(side, BreakKind.REFUND_RETURNED, _refund & _field(side, "returned").equals(1)),
        Rule(side, BreakKind.DOUBLE_IN_FILE, lines.above(1)),
        Rule(side, BreakKind.CURRENCY, _field(side, "vnd").equals(0)),
        Rule(side, BreakKind.ONLY_THEIRS, lines.above(0) & ~_there(_O) & ~_there(_G)),
        Rule(side, BreakKind.REFUND_UNKNOWN,
             wanted & ~lines.above(0) & _refund & _ours_is(Status.PENDING) & _ours_due),
        Rule(side, BreakKind.ONLY_OURS,
             wanted & ~lines.above(0)
             & ((_ours_is(Status.SUCCESS) & _ours_due) | (~_there(_O) & _field(_G, "due").equals(1)))),
        Rule(side, IN_TRANSIT,
             wanted & ~lines.above(0)
             & ((~_ours_is(Status.FAILED) & _there(_O) & ~_ours_due)
                | (~_there(_O) & ~_field(_G, "due").equals(1)))),
        Rule(side, BreakKind.AMOUNT,
             lines.equals(1) & _field(_G, "lines").equals(1)
             & _field(side, "amount").differs(_field(_G, "amount"))),
        Rule(side, BreakKind.AMOUNT,
             pair & ~_there(_G) & _field(_O, "lines").equals(1)
             & _field(side, "amount").differs(_field(_O, "amount"))),
        Rule(side, BreakKind.STATUS, pair & _ours_is(Status.FAILED)),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (
    *_GATEWAY_RULES,
    *_bank_rules(Side.BANK, Route.BANK, "has_bank"),
    *_bank_rules(Side.TREASURY, Route.TREASURY, "has_treasury"),
)


PLAIN = (
    _single
    & _kind.below(Kind.REVERSAL)
    & Field("bank_by_row").equals(0)
    & _ours_is(Status.SUCCESS)
    & _gateway_success
    & _field(_O, "amount").equals(_field(_G, "amount"))
    & _field(_O, "vnd").equals(1)
    & _field(_G, "vnd").equals(1)
    & _field(_O, "route").equals(Route.GATEWAY)
    & _field(_G, "foreign_reference").equals(0)
    & ~_field(_O, "fee").above(-1)
    & _field(_O, "session_first").equals(_field(_G, "session_first"))
    & _field(_O, "session_last").equals(_field(_G, "session_last"))
    & _field(_B, "lines").equals(0)
    & _field(Side.TREASURY, "lines").equals(0)
)
"""Groups of which no rule can say anything; a compiler may pass over them at once. Nearly all groups are such."""
