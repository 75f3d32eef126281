"""What a break says to a person: one plain row each, the same in the table, in Excel and in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from jobs.reconciliation.breaks import KINDS, BreakKind
from jobs.reconciliation.files import Outcome
from jobs.reconciliation.rules import Kind, Side
from jobs.reconciliation.sides import SideFile

SIDE_WORDS = {
    Side.OURS: ("Bên mình", "Ours"),
    Side.GATEWAY: ("Cổng thanh toán", "Gateway"),
    Side.BANK: ("Ngân hàng", "Bank"),
    Side.TREASURY: ("Kho bạc", "Treasury"),
}
KIND_WORDS = {
    Kind.PAYMENT: ("Thanh toán", "Payment"),
    Kind.REFUND: ("Hoàn tiền", "Refund"),
    Kind.REVERSAL: ("Đảo giao dịch", "Reversal"),
    Kind.FEE: ("Phí", "Fee"),
    Kind.ADJUSTMENT: ("Điều chỉnh", "Adjustment"),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """One break. Amounts are whole đồng, ``None`` where that side has nothing."""

    verdict: str
    name_vi: str
    name_en: str
    against: str
    kind: str
    reference: str
    ours: int | None
    gateway: int | None
    bank: int | None
    treasury: int | None
    working_days: int
    remedy: str
    do_vi: str
    do_en: str
    rows: str

    def json(self) -> dict[str, Any]:
        """The stable form for programs."""
        return asdict(self)


def listed(outcome: Outcome) -> Iterator[Listed]:
    """Every break, completely: rows first, then sessions, then balances."""
    for row in outcome.breaks.iter_rows(named=True):
        yield _listed(
            row["verdict"], Side(row["against"]), Kind(row["kind"]), row["key"], row["rows"] or "",
            ours=row["ours_amount"], gateway=row["gateway_amount"], bank=row["bank_amount"],
            treasury=row["treasury_amount"],
        )  # fmt: skip
    for verdict in outcome.session_breaks:
        session = verdict.session
        name = f"{'/'.join(session.terminals) or '-'} {session.day:%d/%m/%Y}"
        rows = " ".join(f"bank:{row}" for row in verdict.rows)
        yield _listed(
            verdict.verdict, Side.BANK, Kind.PAYMENT, name, rows, gateway=session.net, bank=verdict.paid
        )
    for file in outcome.balances:
        yield _listed(
            str(BreakKind.BALANCE),
            file.side,
            Kind.ADJUSTMENT,
            file.account or file.name,
            "",
            bank=file.difference,
        )


def _listed(
    verdict: str, against: Side, kind: Kind, reference: str, rows: str, **amounts: int | None
) -> Listed:
    facts = KINDS[BreakKind(verdict)]
    return Listed(
        verdict, facts.vi, facts.en, against.name.lower(), kind.name.lower(), reference,
        amounts.get("ours"), amounts.get("gateway"), amounts.get("bank"), amounts.get("treasury"),
        facts.working_days, str(facts.remedy), facts.do_vi, facts.do_en, rows,
    )  # fmt: skip


def report_json(outcome: Outcome) -> dict[str, Any]:
    """The whole outcome for programs; amounts are whole đồng."""
    return {
        "files": [_file(file) for file in outcome.files],
        "bank_by_row": outcome.by_row,
        "matched": outcome.matched,
        "in_transit": outcome.in_transit.height,
        "sessions": [
            {
                "terminals": list(each.session.terminals),
                "session": each.session.day.isoformat(),
                "gross": each.session.gross,
                "fee": each.session.fee,
                "net": each.session.net,
                "paid": each.paid,
                "verdict": each.verdict,
                "bank_rows": list(each.rows),
            }
            for each in outcome.sessions
        ],
        "proposals": [
            {"bank_row": each.row, "session": each.session.isoformat(), "amount": each.amount}
            for each in outcome.proposals
        ],
        "refunds_owed": [
            {"reference": row["key"], "verdict": row["verdict"], "amount": owed(row)}
            for row in outcome.refunds_owed().iter_rows(named=True)
        ],
        "breaks": [each.json() for each in listed(outcome)],
    }


def owed(row: dict[str, Any]) -> int | None:
    """How much a citizen has to get back after this break."""
    return next(
        (row[n] for n in ("gateway_amount", "bank_amount", "ours_amount") if row[n] is not None), None
    )


def _file(file: SideFile) -> dict[str, Any]:
    return {
        "side": file.side.name.lower(),
        "name": file.name,
        "format": file.format,
        "rows": file.table.height,
    }
