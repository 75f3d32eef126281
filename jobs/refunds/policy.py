"""Which refund is owed, and who signs it, by dated rows. No row: a person decides; nothing here guesses."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files

from jobs.access.model import Right

ANY = "*"
SURPLUS = "surplus"
"""The kind of money above what was due: it belongs to no line."""


class Owed(StrEnum):
    """What a row says of the money."""

    FULL = "full"
    PART = "part"
    NONE = "none"
    TAX_OFFICE = "tax_office"  # not ours to pay back: sent on with the paper


class Step(StrEnum):
    """One signature. Nobody gives two of them under one refund, not as a deputy either."""

    PROPOSE = "propose"  # đề nghị
    PREPARE = "prepare"  # kế toán lập
    CHECK = "check"  # kế toán trưởng kiểm soát
    AGENCY = "agency"  # the collecting agency confirms, where it holds the money
    APPROVE = "approve"  # thủ trưởng, chủ tài khoản duyệt


RIGHT_OF: dict[Step, Right] = {
    Step.PROPOSE: Right.PROPOSE_REFUND,
    Step.PREPARE: Right.PROPOSE_REFUND,
    Step.CHECK: Right.APPROVE_REFUND,
    Step.AGENCY: Right.APPROVE_REFUND,
    Step.APPROVE: Right.APPROVE_REFUND,
}
DEFAULT_STEPS = (Step.PROPOSE, Step.APPROVE)


@dataclass(frozen=True, slots=True)
class Policy:
    """One dated row.

    Attributes:
        percent: of the money concerned, where the outcome is ``part``.
        above, up_to: the row holds for amounts over ``above`` and, unless 0, up to ``up_to`` đồng.
        steps: signatures in their order; the first is the proposal, the last freezes and reserves.
        legal_basis: căn cứ pháp lý; † until the province confirmed it.
        valid_to: the last day, or ``None``.
    """

    id: str
    cause: str
    outcome: Owed
    legal_basis: str
    valid_from: date
    valid_to: date | None = None
    unit: str = ANY
    procedure: str = ANY
    kind: str = ANY
    stage: str = ANY
    percent: int = 100
    above: int = 0
    up_to: int = 0
    steps: tuple[Step, ...] = DEFAULT_STEPS

    def __post_init__(self) -> None:
        """Refuse a row that could let money go with one signature."""
        if len(self.steps) < 2 or self.steps[0] is not Step.PROPOSE or self.steps[-1] is not Step.APPROVE:
            raise ValueError(f"policy {self.id}: the steps begin with propose and end with approve")
        if len(set(self.steps)) != len(self.steps) or not 1 <= self.percent <= 100:
            raise ValueError(f"policy {self.id}: a step stands twice, or the part is not 1 to 100")

    def share(self, amount: int) -> int:
        """What of ``amount`` is owed, whole đồng, rounded down."""
        match self.outcome:
            case Owed.FULL:
                return amount
            case Owed.PART:
                return amount * self.percent // 100
            case Owed.NONE | Owed.TAX_OFFICE:
                return 0


@dataclass(frozen=True, slots=True)
class Question:
    """What a row is looked for: money of one kind, owed for one reason, on one day."""

    cause: str
    kind: str
    stage: str
    procedure: str
    unit: str
    amount: int
    day: date


def decide(policies: Iterable[Policy], question: Question) -> Policy | None:
    """The most specific row in force, or ``None``: a person decides."""
    fitting = [policy for policy in policies if _fits(policy, question)]
    return max(fitting, key=_specific, default=None)


def _fits(policy: Policy, q: Question) -> bool:
    return (
        policy.cause in (ANY, q.cause)
        and policy.kind in (ANY, q.kind)
        and policy.stage in (ANY, q.stage)
        and policy.procedure in (ANY, q.procedure)
        and policy.unit in (ANY, q.unit)
        and q.amount > policy.above
        and (policy.up_to == 0 or q.amount <= policy.up_to)
        and policy.valid_from <= q.day
        and (policy.valid_to is None or q.day <= policy.valid_to)
    )


def _specific(policy: Policy) -> tuple[bool, bool, bool, bool, bool, bool, int, date, str]:
    return (
        policy.procedure != ANY,
        policy.unit != ANY,
        policy.kind != ANY,
        policy.stage != ANY,
        policy.cause != ANY,
        policy.up_to > 0,
        policy.above,
        policy.valid_from,
        policy.id,
    )


@cache
def shipped() -> tuple[Policy, ...]:
    """The rows that the product brings; the migration seeds the same."""
    data = tomllib.loads(files("jobs.refunds").joinpath("policy.toml").read_text(encoding="utf-8"))
    return tuple(from_row(row) for row in data["policy"])


def from_row(row: dict[str, object]) -> Policy:
    """A row of the data file or of the database as a policy.

    Raises:
        ValueError: a word that is not in the vocabulary, or signatures that are too few.
    """
    known = {name: value for name, value in row.items() if name in Policy.__dataclass_fields__}
    steps = known.pop("steps", None)
    words = [str(step) for step in steps] if isinstance(steps, list | tuple) else list(DEFAULT_STEPS)
    outcome = Owed(str(known.pop("outcome")))
    return Policy(**known, outcome=outcome, steps=tuple(Step(word) for word in words))  # type: ignore[arg-type]
