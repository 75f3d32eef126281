"""Closing per account and session by two people; the signed report prints again identically."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from jobs.errors import NotAllowed
from jobs.reconciliation.ports import Closing
from jobs.store.postgres.tx import PgTx

MISSING_FILE_NOTE = "đóng có ghi chú thiếu tệp"


def closing(tx: PgTx, account: str, session: date) -> Closing:
    """How the account stands: open, half signed or closed."""
    acts = tx.fetch(
        """select round, act, step, person, note from reconciliation_act where account = %s and session = %s
           order by round, act, step""",
        (account, session),
    )
    current = max((row["round"] for row in acts), default=1)
    done = {(row["act"], row["step"]): row for row in acts if row["round"] == current}
    if ("reopen", 2) in done:
        return Closing(account, "open")
    first, second = done.get(("close", 1)), done.get(("close", 2))
    return Closing(
        account,
        "closed" if second else "open",
        first["person"] if first else None,
        second["person"] if second else None,
        first["note"] if first else "",
    )


def sign(
    tx: PgTx, account: str, session: date, act: str, person: str, note: str, report: Mapping[str, Any]
) -> int:
    """The next signature under closing (or reopening); the step that it was. The report freezes with the second.

    Raises:
        NotAllowed: ``same-person``, ``already-closed`` or ``not-closed``.
    """
    tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 7))", (f"{account}|{session}",))
    acts = tx.fetch(
        "select round, act, step, person from reconciliation_act where account = %s and session = %s",
        (account, session),
    )
    current = max((row["round"] for row in acts), default=1)
    done = {(row["act"], row["step"]): row["person"] for row in acts if row["round"] == current}
    if ("reopen", 2) in done:
        current, done = current + 1, {}
    closed = ("close", 2) in done
    if act == "close" and closed:
        raise NotAllowed("already-closed", "Phiên này đã đóng.", "This session is closed.")
    if act == "reopen" and not closed:
        raise NotAllowed("not-closed", "Phiên này chưa đóng.", "This session is not closed.")
    step = 2 if (act, 1) in done else 1
    if step == 2 and done[act, 1] == person:
        raise NotAllowed(
            "same-person",
            "Người ký thứ hai phải là người khác.",
            "The second signature needs another person.",
        )
    frozen = (
        json.dumps(dict(report), ensure_ascii=False, sort_keys=True, default=str)
        if act == "close" and step == 2
        else None
    )
    tx.execute(
        """insert into reconciliation_act (account, session, act, round, step, person, at, note, report, report_digest)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (account, session, act, current, step, person, tx.now, note,
         None if frozen is None else Jsonb(json.loads(frozen)),
         None if frozen is None else hashlib.sha256(frozen.encode()).hexdigest()),
    )  # fmt: skip
    return step


def signed_report(tx: PgTx, account: str, session: date) -> dict[str, Any] | None:
    """The report as it was signed last, or nothing. Later files do not change it.

    Raises:
        NotAllowed: ``report-changed``: what is stored is not what was signed.
    """
    row = tx.fetch_one(
        """select report, report_digest from reconciliation_act
           where account = %s and session = %s and act = 'close' and step = 2 order by round desc limit 1""",
        (account, session),
    )
    if row is None:
        return None
    text = json.dumps(row["report"], ensure_ascii=False, sort_keys=True, default=str)
    if hashlib.sha256(text.encode()).hexdigest() != row["report_digest"]:
        raise NotAllowed(
            "report-changed",
            "Báo cáo đã ký không còn nguyên vẹn.",
            "The signed report is not what was signed.",
        )
    return dict(row["report"])


def report(tx: PgTx, account: str, session: date) -> dict[str, Any]:
    """Files, sums, matches and open breaks of one account and session, as they stand now."""
    files = tx.fetch(
        """select partner, name, version, row_count, gross, fee, net, digest from settlement_file
           where session = %s and superseded_by is null and (terminal = %s or partner = %s or %s in (
               select account from statement_file)) order by id""",
        (session, account, account, account),
    )
    statements = tx.fetch(
        """select name, version, row_count, opening, closing, digest from statement_file
           where account = %s and last_day = %s and superseded_by is null order by id""",
        (account, session),
    )
    lines = tx.fetch_one(
        """select count(*) as lines, coalesce(sum(amount) filter (where amount > 0), 0)::bigint as credited,
               coalesce(sum(amount) filter (where amount < 0), 0)::bigint as debited
           from statement_line where account = %s and booked_on = %s""",
        (account, session),
    )
    breaks = tx.fetch(
        """select kind, count(*) as items, coalesce(sum(amount), 0)::bigint as amount from case_item
           where state = 'open' and key like 'break:%%' group by kind order by kind"""
    )
    return {
        "account": account, "session": session.isoformat(), "settlement_files": files, "statements": statements,
        "bank": dict(lines or {}), "open_breaks": breaks,
    }  # fmt: skip
