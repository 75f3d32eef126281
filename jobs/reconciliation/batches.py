"""Level B and C: a session against the bank's net line, and the balances. Never by amount and date alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from connectors.statements.profile import fold
from jobs.reconciliation.breaks import BreakKind


@dataclass(frozen=True, slots=True)
class Session:
    """A gateway session: ``net`` is what the bank should show, ``fee`` what the gateway keeps."""

    terminals: tuple[str, ...]
    day: date
    gross: int
    fee: int
    net: int
    rows: int
    due: bool


@dataclass(frozen=True, slots=True)
class BankLine:
    """A bank line that carries no reference of a payment or refund. ``amount`` is signed."""

    row: int
    day: date
    amount: int
    text: str


@dataclass(frozen=True, slots=True)
class SessionVerdict:
    """``verdict``: ``matched``, ``in_transit``, ``carried`` (nothing is paid out yet), or a break."""

    session: Session
    verdict: str
    paid: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A person may accept this; the program never does: only amount and time speak for it."""

    row: int
    session: date
    amount: int


def match_sessions(
    sessions: Sequence[Session], lines: Iterable[BankLine]
) -> tuple[list[SessionVerdict], list[BankLine], list[Proposal]]:
    """Verdict per session, bank lines that belong to none, and proposals for people.

    A bank line belongs to a session when its text names the session's day and, where we know one, its terminal or
    a gateway's name. Several lines may pay one session; a session of no or negative net is carried forward.
    """
    left = list(lines)
    verdicts = []
    for session in sessions:
        mine = [line for line in left if names_session(line.text, session)]
        left = [line for line in left if line not in mine]
        paid = sum(line.amount for line in mine)
        verdicts.append(
            SessionVerdict(session, _verdict(session, paid, mine), paid, tuple(line.row for line in mine))
        )
    open_ones = [v.session for v in verdicts if not v.rows and v.verdict != "carried"]
    proposals = [
        Proposal(line.row, session.day, line.amount)
        for line in left
        for session in open_ones
        if line.amount == session.net and line.day >= session.day
    ]
    return verdicts, left, proposals


def _verdict(session: Session, paid: int, lines: Sequence[BankLine]) -> str:
    if not lines and session.net <= 0:
        return "carried"
    if not lines and not session.due:
        return "in_transit"
    if paid == session.net:
        return "matched"
    return str(BreakKind.SETTLEMENT_SHORT if paid < session.net else BreakKind.SETTLEMENT_LONG)


_GATEWAY_NAMES = ("vnpay", "thanh toan", "payoo", "momo", "zalopay", "napas", "nttt", "doi soat", "phien")


def names_session(text: str, session: Session) -> bool:
    """Whether a bank line's text names this session: its day, and terminal or gateway."""
    folded = fold(text)
    day = session.day
    written = (
        f"{day:%Y%m%d}",
        f"{day:%d%m%Y}",
        f"{day:%d/%m/%Y}",
        f"{day:%Y-%m-%d}",
        f"{day:%d-%m-%Y}",
        f"{day:%d.%m.%Y}",
    )
    if not any(re.search(rf"(?<!\d){re.escape(form)}(?!\d)", folded) for form in written):
        return False
    words = [fold(terminal) for terminal in session.terminals] or list(_GATEWAY_NAMES)
    if any(word in folded for word in words):
        return True
    other_terminal = any(re.search(rf"\b{word}\b", folded) for word in ("tmn", "terminal"))
    return not other_terminal and any(word in folded for word in _GATEWAY_NAMES)
