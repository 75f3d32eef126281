"""Session pay-outs (phiên thanh toán): which bank lines pay which sessions, what is carried forward, what is left over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from jobs.reconciliation.batches import (
    BankLine,
    Proposal,
    Session,
    SessionVerdict,
    match_sessions,
    names_session,
)
from jobs.reconciliation.breaks import KINDS, BreakKind
from jobs.reconciliation.judging import Judge
from jobs.reconciliation.rules import Side
from jobs.reconciliation.sessions import is_due
from jobs.reconciliation.sides import HANOI
from jobs.store.postgres import reconciliation as rows
from jobs.store.postgres.tx import PgTx

_SHORT, _LONG = BreakKind.SETTLEMENT_SHORT, BreakKind.SETTLEMENT_LONG
_LATEST = timedelta(days=45)
"""A pay-out is looked for in the lines of so many days."""


@dataclass(frozen=True, slots=True)
class PayOut:
    """A session's file, with what the bank should show of it.

    Attributes:
        carried: what earlier sessions of the terminal with more refunds than receipts left to be borne by this one.
        paid: what bank lines have paid of it.
        earlier: those sessions; they are booked before the one that bears them.
    """

    file: Any
    carried: int
    paid: int
    earlier: tuple[PayOut, ...] = ()

    @property
    def expected(self) -> int:
        """What comes to the bank; nothing when it is negative, the next session bears it."""
        return int(self.file["net"]) - self.carried

    @property
    def borne(self) -> int:
        """What of the carried forward this session bears."""
        return min(self.carried, max(0, int(self.file["net"])))

    @property
    def ended(self) -> bool:
        """Nothing more is to come."""
        return self.paid == max(0, self.expected) or self.paid == self.expected

    def key(self, kind: BreakKind) -> str:
        """Of its break."""
        return f"break:{kind}:session:{self.file['id']}"


def chain(files: Sequence[Any]) -> list[PayOut]:
    """Pay-outs of files in order of their sessions. Pure: what is carried follows from the files and the bank's lines.

    A bank that takes a negative net from the account instead leaves nothing to carry.
    """
    left: dict[tuple[str, str], tuple[int, tuple[PayOut, ...]]] = {}
    found = []
    for file in files:
        name = (file["partner"], file["terminal"])
        carried, earlier = left.pop(name, (0, ()))
        out = PayOut(file, carried, int(file["paid"]), earlier)
        if out.expected < 0 and out.paid == 0:
            left[name] = (-out.expected, (*earlier, out))
        found.append(out)
    return found


def judged(tx: PgTx, judge: Judge) -> int:
    """Match pay-outs with bank lines by what the lines' texts name, and name what is left over; how many are new."""
    today = tx.now.astimezone(HANOI).date()
    outs = _outs(tx, judge, today)
    ended = [out for out in outs if out.ended]
    rows.close_breaks(tx, [out.key(kind) for out in ended for kind in (_SHORT, _LONG)], "paid")
    waiting = [out for out in outs if out.paid != out.expected]
    lines = _unnamed(rows.strangers(tx, Side.BANK, today))
    by_id = {row["id"]: row for row in lines}
    verdicts, left, proposals = _matched(judge, waiting, lines, today)
    items = []
    touched = set()
    for out, verdict in zip(waiting, verdicts, strict=True):
        _keep(tx, judge, out, verdict, by_id)
        if verdict.rows:
            touched.add(out.file["id"])
        if verdict.verdict in (_SHORT, _LONG):
            items.append(_off(tx, judge, out, verdict))
    for out in ended:
        if out.expected <= 0 and out.paid == 0 and out.file["id"] not in touched and _due(judge, out, today):
            _post(tx, judge, out, out.file["session"])
    _propose(tx, waiting, proposals)
    items += [stranger(tx, judge, by_id[line.row]) for line in left]
    return rows.open_breaks(tx, items)


def paid_by_now(tx: PgTx, judge: Judge, lines: Sequence[Any] | None = None) -> None:
    """Match what file and bank line prove together, as soon as both are there. Breaks are found by the day's run.

    Args:
        lines: bank lines that are new; without them a session's file is.
    """
    fresh = None if lines is None else _unnamed(lines)
    if fresh == []:
        return
    today = tx.now.astimezone(HANOI).date()
    waiting = [
        out
        for out in _outs(tx, judge, today)
        if out.paid != out.expected and (out.expected > 0 or fresh is not None)
        and (fresh is None or any(names_session(row["text"], _session(judge, out, today)) for row in fresh))
    ]  # fmt: skip
    if not waiting:
        return
    since = max(min(out.file["session"] for out in waiting), today - _LATEST)
    there = _unnamed(rows.strangers(tx, Side.BANK, today, since))
    by_id = {row["id"]: row for row in there}
    for out, verdict in zip(waiting, _matched(judge, waiting, there, today)[0], strict=True):
        if verdict.verdict == "matched":
            _keep(tx, judge, out, verdict, by_id)


def by_person(tx: PgTx, judge: Judge, file_id: int, line: Any, *, actor: str, reason: str) -> None:
    """Two people say that a bank line pays a session: it leaves suspense, and a session paid in full is booked."""
    rows.match_statement(tx, "person", [line], file_id=file_id, by=actor, reason=reason)
    judge.remedies.explained(tx, [line["id"]])
    rows.close_breaks(tx, [f"break:only_theirs:bank:{line['id']}"], "matched by a person")
    out = _out(tx, judge, file_id)
    if out is not None and out.paid == out.expected:
        _booked(tx, judge, out, line["booked_on"])


def undone(tx: PgTx, judge: Judge, file_id: int, *, actor: str) -> None:
    """A match with a session was taken back: the session is paid no longer. The day's next run names what is left over."""
    out = _out(tx, judge, file_id)
    if out is not None and out.paid != out.expected:
        for one in (*out.earlier, out):
            for event in ("carry_settled", "session_paid", "session_carried"):
                judge.remedies.take_back(tx, event, _document(one), actor)


def _out(tx: PgTx, judge: Judge, file_id: int) -> PayOut | None:
    outs = _outs(tx, judge, tx.now.astimezone(HANOI).date())
    return next((out for out in outs if out.file["id"] == file_id), None)


def _booked(tx: PgTx, judge: Judge, out: PayOut, day: date) -> None:
    """A session that is paid in full, and those whose debt it bore."""
    rows.close_breaks(tx, [out.key(_SHORT), out.key(_LONG)], "paid")
    for before in out.earlier:
        _post(tx, judge, before, before.file["session"])
    _post(tx, judge, out, day, came=True)


def _document(out: PayOut) -> str:
    return f"{out.file['partner']}:{out.file['terminal']}:{out.file['session']}"


def _outs(tx: PgTx, judge: Judge, today: date) -> list[PayOut]:
    return chain([row for row in rows.open_sessions(tx, today) if row["partner"] not in judge.straight])


def _unnamed(lines: Sequence[Any]) -> list[Any]:
    """Lines that name no payment and no refund."""
    return [row for row in lines if row["reference"] == "" and not row["returned"]]


def _due(judge: Judge, out: PayOut, today: date) -> bool:
    return is_due(out.file["session"], newest_file=None, today=today, calendar=judge.calendar)


def _session(judge: Judge, out: PayOut, today: date) -> Session:
    file = out.file
    terminals = (file["terminal"],) if file["terminal"] else ()
    due = _due(judge, out, today)
    return Session(
        terminals,
        file["session"],
        file["gross"],
        file["fee"],
        out.expected - out.paid,
        file["row_count"],
        due,
    )


def _matched(
    judge: Judge, waiting: Sequence[PayOut], lines: Sequence[Any], today: date
) -> tuple[list[SessionVerdict], list[BankLine], list[Proposal]]:
    return match_sessions(
        [_session(judge, out, today) for out in waiting],
        [BankLine(row["id"], row["booked_on"], row["amount"], row["text"]) for row in lines],
    )


def _keep(tx: PgTx, judge: Judge, out: PayOut, verdict: SessionVerdict, by_id: dict[int, Any]) -> None:
    """Match records for the lines that pay it, and the posting once it is paid."""
    if verdict.rows:
        mine = [by_id[number] for number in verdict.rows]
        rows.match_statement(tx, "session-in-text", mine, file_id=out.file["id"], by="rule")
        judge.remedies.explained(tx, verdict.rows)
        rows.close_breaks(
            tx, [f"break:only_theirs:bank:{number}" for number in verdict.rows], "pays a session"
        )
    if verdict.verdict == "matched":
        _booked(tx, judge, out, by_id[verdict.rows[-1]]["booked_on"])


def _post(tx: PgTx, judge: Judge, out: PayOut, day: date, *, came: bool = False) -> None:
    """A session in the ledger: what came, the fee, what it bears of earlier ones, or what the next one has to bear.

    Args:
        came: the bank has shown its whole net, be it negative.
    """
    file, post = out.file, judge.remedies.post
    document = _document(out)
    borne = out.carried if came else out.borne
    if borne:
        post(tx, "carry_settled", document, {"amount": borne}, day)
    if came:
        post(tx, "session_paid", document, {"bank": out.expected, "fee": file["fee"]}, day)
    elif file["net"] <= 0 and (file["net"] or file["fee"]):
        post(tx, "session_carried", document, {"carried": -file["net"], "fee": file["fee"]}, day)
    elif file["net"] > 0 and file["fee"]:
        post(tx, "session_paid", document, {"bank": 0, "fee": file["fee"]}, day)


def _off(tx: PgTx, judge: Judge, out: PayOut, verdict: SessionVerdict) -> dict[str, Any]:
    facts = {
        "partner": out.file["partner"], "session": str(out.file["session"]), "net_amount": out.file["net"],
        "paid_amount": out.paid + verdict.paid,
    }  # fmt: skip
    if out.carried:
        facts["carried_amount"] = out.carried
    difference = abs(verdict.paid - verdict.session.net)
    kind = BreakKind(verdict.verdict)
    return item(tx, judge, kind, out.key(kind), difference, facts)


def _propose(tx: PgTx, waiting: Sequence[PayOut], proposals: Sequence[Proposal]) -> None:
    for proposal in proposals:
        out = next(out for out in waiting if out.file["session"] == proposal.session)
        tx.execute(
            """insert into match_proposal (statement_line_id, settlement_file_id, amount, proposed_by, proposed_at, reason)
               values (%s, %s, %s, 'rule', %s, 'amount only') on conflict do nothing""",
            (proposal.row, out.file["id"], proposal.amount, tx.now),
        )


def stranger(tx: PgTx, judge: Judge, row: Any) -> dict[str, Any]:
    """Money that nobody can place goes to suspense and to a person; it is never dropped."""
    judge.remedies.post(tx, "unexplained", f"bank:{row['id']}", {"amount": row["amount"]}, row["booked_on"])
    facts = {"account": row["account"], "booked_on": str(row["booked_on"]), "line_amount": row["amount"]}
    return item(
        tx,
        judge,
        str(BreakKind.ONLY_THEIRS),
        f"break:only_theirs:bank:{row['id']}",
        abs(row["amount"]),
        facts,
    )


def item(
    tx: PgTx, judge: Judge, verdict: str, key: str, amount: int, facts: dict[str, Any]
) -> dict[str, Any]:
    deadline = judge.calendar.deadline(tx.now, KINDS[BreakKind(verdict)].working_days)
    return {
        "kind": str(verdict), "key": key, "dossier_code": None, "amount": amount, "deadline": deadline, "evidence": facts,
    }  # fmt: skip
