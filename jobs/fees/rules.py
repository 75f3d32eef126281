"""What is due, and where a demand stands. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jobs.fees.model import Fee, FeeLine, FeeState, Paid
from mappings.canonical.dossier import FeeDemand

NOTHING = Paid()


@dataclass(frozen=True, slots=True)
class Due:
    """One line of the newest demand beside what was paid for it.

    Attributes:
        due: still to be paid, đồng.
        above: kept although it is not asked any more.
    """

    line: FeeLine
    paid: Paid
    due: int
    above: int


def lines_of(
    demand: FeeDemand, unit: str, *, share_kept_percent: Mapping[str, int] | None = None
) -> tuple[FeeLine, ...]:
    """The lines of a demand as they are kept: nothing-lines left out, each with a name of its own.

    Args:
        unit: who collects where the case system does not tell.
        share_kept_percent: budget item → what the unit keeps.
    """
    seen: dict[str, int] = {}
    made = []
    for line in demand.lines:
        if line.amount <= 0:
            continue
        seen[line.code or line.name] = count = seen.get(line.code or line.name, 0) + 1
        code = line.code or ("" if count == 1 else f"{line.kind.value}/{line.name}")
        made.append(
            FeeLine(
                0, code if count == 1 else f"{code}#{count}", line.kind.value, line.name, line.amount, line.required,
                line.unit or unit, line.account, line.chapter, line.item,
                (share_kept_percent or {}).get(line.item, 0), line.paid,
            )
        )  # fmt: skip
    return tuple(made)


def digest_of(lines: Iterable[FeeLine]) -> str:
    """Names what is asked; what the case system believes to be paid is no part of it."""
    facts = [
        [
            x.code,
            x.kind,
            x.name,
            x.amount,
            x.required,
            x.unit,
            x.account,
            x.chapter,
            x.item,
            x.share_kept_percent,
        ]
        for x in lines
    ]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()


def balance(fee: Fee, paid: Mapping[tuple[str, str], Paid]) -> tuple[Due, ...]:
    """Each line of a demand with what is due; a line that the case system took money for elsewhere is not due here."""
    made = []
    for line in fee.lines:
        own = paid.get((fee.dossier_code, line.line), NOTHING)
        elsewhere = line.paid_there and own.applied == 0
        missing = 0 if elsewhere else max(0, line.amount - own.kept)
        made.append(Due(line, own, missing, max(0, own.kept - line.amount)))
    return tuple(made)


def above_demand(fee: Fee, paid: Mapping[tuple[str, str], Paid]) -> int:
    """What is kept of a dossier's payments beyond its newest demand, lines that are asked no more included."""
    asked = {line.line: line.amount for line in fee.lines}
    return sum(
        max(0, own.kept - asked.get(name, 0))
        for (code, name), own in paid.items()
        if code == fee.dossier_code
    )


def state_of(fee: Fee, paid: Mapping[tuple[str, str], Paid]) -> FeeState:
    """Where the newest version of a demand stands."""
    if above_demand(fee, paid):
        return FeeState.OVERPAID
    if not fee.lines:
        return FeeState.EXEMPT
    lines = balance(fee, paid)
    if not any(each.due for each in lines if each.line.required):
        return FeeState.PAID
    return FeeState.PARTLY if any(each.paid.kept or each.line.paid_there for each in lines) else FeeState.OPEN
