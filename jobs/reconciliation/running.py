"""One day again: what is missing now, which sessions the bank has paid, which money nobody knows. Safe to repeat."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from jobs.reconciliation import pay_outs
from jobs.reconciliation.breaks import BreakKind
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
    new += pay_outs.judged(tx, judge)
    return {"session": session.isoformat(), "ours": len(ours), "open_verdicts": len(found), "new_breaks": new}


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
                items.append(pay_outs.item(tx, judge, str(BreakKind.FILE_MISSING), key, 0, facts))
            else:
                rows.close_breaks(tx, [key], "file came")
        day += timedelta(days=1)
    return rows.open_breaks(tx, items)
