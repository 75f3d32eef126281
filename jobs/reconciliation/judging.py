"""Verdicts over stored lines and what follows from them: breaks opened and closed, remedies that a rule proves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from jobs.reconciliation.breaks import KINDS, BreakKind, Remedy
from jobs.reconciliation.ports import Calendar, OursSource, Remedies
from jobs.reconciliation.rules import IN_TRANSIT, Kind, Side
from jobs.reconciliation.sessions import is_due, session_of
from jobs.reconciliation.sides import HANOI, day_number
from jobs.store.postgres import reconciliation as rows
from jobs.store.postgres.tx import PgTx

_SPAN = timedelta(days=40)


@dataclass(frozen=True, slots=True)
class Judge:
    """Everything that a verdict needs beside the lines.

    Attributes:
        straight: partners without pay-outs: each of their payments goes straight to an account of a unit.
    """

    ours: OursSource
    calendar: Calendar
    remedies: Remedies
    straight: frozenset[str] = frozenset()

    def verdicts(
        self,
        tx: PgTx,
        references: Sequence[str],
        provider_references: Sequence[str],
        *,
        around: date,
        against: Sequence[Side],
    ) -> list[dict[str, Any]]:
        """Verdicts of all lines of these references, against these sides only."""
        days = [around + timedelta(days=n) for n in range(-_SPAN.days, _SPAN.days)]
        sessions = [session_of(day, self.calendar) for day in days]
        today = tx.now.astimezone(HANOI).date()
        due = [int(is_due(s, newest_file=None, today=today, calendar=self.calendar)) for s in sessions]
        parameters = {
            "references": list(references), "provider_references": list(provider_references),
            "cal_days": days, "cal_sessions": [day_number(s) for s in sessions], "cal_due": due,
            "has_gateway": int(Side.GATEWAY in against), "has_bank": int(Side.BANK in against),
            "has_treasury": int(Side.TREASURY in against), "bank_by_row": 0,
        }  # fmt: skip
        found = rows.verdicts(tx, self.ours, parameters)
        return [row for row in found if row["against"] in against]

    def open(self, tx: PgTx, found: Iterable[dict[str, Any]]) -> int:
        """Open a break per verdict, once, and set its remedy in motion; how many are new.

        A returned transfer is told to its refund, which asks for a person once and closes that when a new one is paid.
        """
        breaks = [row for row in found if row["verdict"] not in (IN_TRANSIT, BreakKind.REFUND_RETURNED)]
        new = rows.open_breaks(tx, [self._item(tx, row) for row in breaks])
        for row in breaks:
            self._remedy(tx, row)
        return new

    def settled(
        self, tx: PgTx, references: Sequence[str], found: Iterable[dict[str, Any]], against: Side
    ) -> int:
        """Close breaks 'missing' of these references that are missing no longer."""
        if not references or not rows.any_open_break(tx):
            return 0
        still = {break_key(row) for row in found}
        waiting = (
            BreakKind.ONLY_OURS,
            BreakKind.REFUND_UNKNOWN,
            BreakKind.ONLY_THEIRS,
            BreakKind.PAID_UNCONFIRMED,
        )
        keys = [
            key
            for reference in references
            for kind in (Kind.PAYMENT, Kind.REFUND)
            for verdict in waiting
            if (key := f"break:{verdict}:{int(against)}:{int(kind)}:{reference}") not in still
        ]
        return rows.close_breaks(tx, keys, "matched by rule")

    def _item(self, tx: PgTx, row: dict[str, Any]) -> dict[str, Any]:
        facts = KINDS[BreakKind(row["verdict"])]
        amounts = {f"{side.name.lower()}_amount": row[f"{side.name.lower()}_amount"] for side in Side}
        known = {name: value for name, value in amounts.items() if value is not None}
        return {
            "kind": row["verdict"],
            "key": break_key(row),
            "dossier_code": None,
            "amount": at_risk(row),
            "deadline": self.calendar.deadline(tx.now, facts.working_days),
            "evidence": {"reference": row["key"], "against": Side(row["against"]).name.lower(), **known},
        }

    def _remedy(self, tx: PgTx, row: dict[str, Any]) -> None:
        kind = BreakKind(row["verdict"])
        reference = str(row["key"])
        match KINDS[kind].remedy:
            case Remedy.ASK_GATEWAY if row["against"] == Side.GATEWAY:
                self.remedies.ask_gateway(tx, int(row["kind"]), reference)
            case Remedy.OPEN_REFUND if row["gateway_amount"] is not None:
                self.remedies.refund_owed(tx, reference, int(row["gateway_amount"]), str(kind))
            case _:
                pass  # told to the payment or refund itself (news), or a person's work


def break_key(row: dict[str, Any]) -> str:
    """The name of a break: the same difference is opened once, however often it is found."""
    return f"break:{row['verdict']}:{int(row['against'])}:{int(row['kind'])}:{row['key']}"


def at_risk(row: dict[str, Any]) -> int:
    """The amount that somebody may lose by this difference."""
    amounts = [
        row[f"{side.name.lower()}_amount"] for side in Side if row[f"{side.name.lower()}_amount"] is not None
    ]
    if row["verdict"] == BreakKind.AMOUNT and len(amounts) > 1:
        return int(max(amounts) - min(amounts))
    return int(max(amounts, default=0))
