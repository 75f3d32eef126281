"""One day again: what is missing now, which sessions the bank has paid, which money nobody knows. Safe to repeat."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from jobs.reconciliation.batches import BankLine, Session, match_sessions
from jobs.reconciliation.breaks import KINDS, BreakKind
from jobs.reconciliation.judging import Judge
from jobs.reconciliation.rules import Side
from jobs.reconciliation.sessions import is_due, session_of
from jobs.reconciliation.sides import HANOI
from jobs.store.postgres import reconciliation as rows
from jobs.store.postgres.tx import PgTx

_LOOK_BACK = timedelta(days=45)


def run_day(tx: PgTx, judge: Judge, day: date) -> dict[str, Any]:
    """Judge everything of ``day``'s session and all sessions that wait for their money; counts of what was found."""
    session = session_of(day, judge.calendar)
    first = session
    while session_of(first - timedelta(days=1), judge.calendar) == session:
        first -= timedelta(days=1)
    start, end = (datetime.combine(d, time(), HANOI) for d in (first, session + timedelta(days=1)))
    ours = rows.our_lines(tx, judge.ours, {"from": start, "until": end})
    references = sorted({row["reference"] for row in ours})
    sides = (Side.GATEWAY, Side.BANK, Side.TREASURY)
    found = judge.verdicts(tx, references, [], around=session, against=sides) if references else []
    broken = {str(row["key"]) for row in found}
    for side in sides:
        mine = [row for row in found if row["against"] == side]
        judge.settled(tx, [r for r in references if r not in broken], mine, side)
    new = judge.open(tx, found)
    new += _sessions(tx, judge)
    return {"session": session.isoformat(), "ours": len(ours), "open_verdicts": len(found), "new_breaks": new}


def _sessions(tx: PgTx, judge: Judge) -> int:
    """Match session pay-outs with bank lines by what the lines' texts name, and name what is left over."""
    today = tx.now.astimezone(HANOI).date()
    files = rows.open_sessions(tx, today)
    waiting = [row for row in files if row["paid"] != row["net"]]
    kinds = (BreakKind.SETTLEMENT_SHORT, BreakKind.SETTLEMENT_LONG)
    paid = [
        f"break:{kind}:session:{row['id']}" for row in files if row["paid"] == row["net"] for kind in kinds
    ]
    rows.close_breaks(tx, paid, "paid")
    sessions = [
        Session((row["terminal"],) if row["terminal"] else (), row["session"], row["gross"], row["fee"],
                row["net"] - row["paid"], row["row_count"],
                is_due(row["session"], newest_file=None, today=today, calendar=judge.calendar))
        for row in waiting
    ]  # fmt: skip
    lines = [
        row for row in rows.strangers(tx, Side.BANK, today) if row["reference"] == "" and not row["returned"]
    ]
    by_id = {row["id"]: row for row in lines}
    verdicts, left, proposals = match_sessions(
        sessions, [BankLine(row["id"], row["booked_on"], row["amount"], row["text"]) for row in lines]
    )
    items = []
    for row, verdict in zip(waiting, verdicts, strict=True):
        if verdict.rows:
            rows.match_statement(
                tx, "session-in-text", [by_id[n] for n in verdict.rows], file_id=row["id"], by="rule"
            )
        key = f"break:{{}}:session:{row['id']}"
        if verdict.verdict == "matched":
            rows.close_breaks(
                tx, [key.format(k) for k in (BreakKind.SETTLEMENT_SHORT, BreakKind.SETTLEMENT_LONG)], "paid"
            )
            document = f"{row['partner']}:{row['terminal']}:{row['session']}"
            amounts = {"bank": row["net"], "fee": row["fee"]}
            judge.remedies.post(tx, "session_paid", document, amounts, by_id[verdict.rows[-1]]["booked_on"])
        elif verdict.verdict in (BreakKind.SETTLEMENT_SHORT, BreakKind.SETTLEMENT_LONG):
            facts = {"partner": row["partner"], "session": str(row["session"]), "net_amount": row["net"],
                     "paid_amount": row["paid"] + verdict.paid}  # fmt: skip
            difference = abs(verdict.paid - verdict.session.net)
            items.append(_item(tx, judge, verdict.verdict, key.format(verdict.verdict), difference, facts))
    for proposal in proposals:
        row = next(row for row in waiting if row["session"] == proposal.session)
        tx.execute(
            """insert into match_proposal (statement_line_id, settlement_file_id, amount, proposed_by, proposed_at, reason)
               values (%s, %s, %s, 'rule', %s, 'amount only') on conflict do nothing""",
            (proposal.row, row["id"], proposal.amount, tx.now),
        )
    items += [stranger(tx, judge, by_id[line.row]) for line in left]
    return rows.open_breaks(tx, items)


def stranger(tx: PgTx, judge: Judge, row: Any) -> dict[str, Any]:
    """Money that nobody can place goes to suspense and to a person; it is never dropped."""
    judge.remedies.post(tx, "unexplained", f"bank:{row['id']}", {"amount": row["amount"]}, row["booked_on"])
    facts = {"account": row["account"], "booked_on": str(row["booked_on"]), "line_amount": row["amount"]}
    return _item(
        tx,
        judge,
        str(BreakKind.ONLY_THEIRS),
        f"break:only_theirs:bank:{row['id']}",
        abs(row["amount"]),
        facts,
    )


def _item(
    tx: PgTx, judge: Judge, verdict: str, key: str, amount: int, facts: dict[str, Any]
) -> dict[str, Any]:
    deadline = judge.calendar.deadline(tx.now, KINDS[BreakKind(verdict)].working_days)
    return {
        "kind": str(verdict), "key": key, "dossier_code": None, "amount": amount, "deadline": deadline, "evidence": facts,
    }  # fmt: skip


def missing_files(
    tx: PgTx, judge: Judge, partners: Mapping[str, str], since: Mapping[str, date] | None = None
) -> int:
    """Open a break for each due session of a partner (name → terminal) without a file; a bad file of one blocks no other.

    Args:
        since: terminal → its first day with us; no file is missing of the days before.
    """
    today = tx.now.astimezone(HANOI).date()
    items = []
    day = today - _LOOK_BACK
    while day < today:
        session = session_of(day, judge.calendar)
        due = is_due(session, newest_file=None, today=today, calendar=judge.calendar)
        for partner, terminal in partners.items() if due and session == day else ():
            if since is not None and session < since.get(terminal, today):
                continue
            there = tx.fetch_one(
                "select 1 as one from settlement_file where partner = %s and terminal = %s and session = %s",
                (partner, terminal, session),
            )
            key = f"break:file_missing:{partner}:{terminal}:{session}"
            if there is None:
                facts = {"partner": partner, "session": str(session)}
                items.append(_item(tx, judge, str(BreakKind.FILE_MISSING), key, 0, facts))
            else:
                rows.close_breaks(tx, [key], "file came")
        day += timedelta(days=1)
    return rows.open_breaks(tx, items)
