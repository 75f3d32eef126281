"""The refund desk of a history: who proposes, approves and declines, what files and statements tell, what people resume."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from jobs.access.model import Actor, ActorKind, Role
from jobs.errors import Duplicate, IllegalTransition, NotAllowed, NotFound
from jobs.fees.model import Unit, UnitAccount
from jobs.payments.model import Terminal
from jobs.reconciliation.sessions import PlainCalendar
from jobs.refunds import actors
from jobs.refunds.handlers import handlers
from jobs.refunds.people import Fixed
from jobs.refunds.routes import Payee
from jobs.refunds.service import Refunds
from mappings.canonical.payment import PaymentNews, PaymentVerdict, RefundNews, RefundVerdict
from tests.simulation.world import Row

if TYPE_CHECKING:
    from jobs.payments.service import Payments
    from tests.simulation.history import History
    from tests.simulation.house import Parts

ACCOUNTANT, APPROVER = Actor(ActorKind.PERSON, "ke.toan"), Actor(ActorKind.PERSON, "thu.truong")
OUTSIDER = Actor(ActorKind.PERSON, "can.bo")
PEOPLE = Fixed({"ke.toan": Role.ACCOUNTANT, "thu.truong": Role.APPROVER, "can.bo": Role.OPERATOR})
PAYEE = Payee("VCB", "19031234567015", "NGUYEN VAN A")
UNIT, ACCOUNT, SINCE = "H21", "0011001234567", date(2025, 7, 1)
ENDS = {"SETTLED", "DECLINED", "WITHDRAWN", "RELEASED", "REJECTED", "RETURNED_BY_BANK"}
_NO = (NotAllowed, IllegalTransition, NotFound, Duplicate)


def no_audit(*_: Any, **__: Any) -> None:
    """Audit rows are PostgreSQL's; their own tests hold them."""


def furnish(tx: Any, terminals: Mapping[str, str]) -> None:
    """The unit that collects, its account and its terminals."""
    tx.fees.add_unit(Unit(UNIT, "Sở thử nghiệm", SINCE))
    tx.fees.add_account(UnitAccount(UNIT, ACCOUNT, "VCB", "So thu nghiem", "both", SINCE))
    for provider, code in terminals.items():
        tx.payments.add_terminal(Terminal(provider, code, UNIT, ACCOUNT, "lienthong", SINCE))


class Refunding:
    """Refunds, their handlers, and what people do with them."""

    def __init__(self, parts: Parts) -> None:
        self.refunds = Refunds(
            parts.store,
            parts.ids,
            calendar=PlainCalendar(),
            chance=parts.chance,
            people=PEOPLE,
            audit=no_audit,
        )
        self.owed = self.refunds
        self._payments: Payments | None = None
        self._store = parts.store

    def meet(self, payments: Payments) -> None:
        """The other half of the money."""
        self._payments = payments

    def handlers(self) -> Mapping[tuple[str, str], Any]:
        return handlers(self.refunds.ground)

    def drains(self) -> Mapping[str, Callable[[], object]]:
        return actors.drains(self.refunds)

    # Files and statements.

    def settlement_row(self, provider: str, row: Row) -> None:
        """One row of a provider's file, as reconciliation hands it on."""
        if row.kind == "refund":
            news = RefundNews(
                row.reference, RefundVerdict.SETTLED, "file", row.amount, provider_reference=row.number
            )
            with self._store.transaction("file-row") as tx:
                self.refunds.apply_news(tx, news)
            return
        payment = PaymentNews(
            provider, row.terminal, row.reference, row.amount, "VND", PaymentVerdict.PAID, "file",
            provider_reference=row.number, paid_at=row.at,
        )  # fmt: skip
        assert self._payments is not None
        with self._store.transaction("file-row") as tx:
            self._payments.apply_news(tx, payment)

    def statement_line(self, reference: str, amount: int, *, returned: bool) -> None:
        """One line of the bank's statement."""
        verdict = RefundVerdict.RETURNED if returned else RefundVerdict.SETTLED
        news = RefundNews(reference, verdict, "statement", amount, return_reason="AC01" if returned else None)
        with self._store.transaction("statement-line") as tx:
            self.refunds.apply_news(tx, news)

    # People.

    def people_work(self, h: History) -> None:
        """Everything that waits at the desk, each act by itself; wrong acts must be refused."""
        for row in _refunds(h):
            state = str(row.state)
            if state == "REQUESTED":
                self._decide(h, row)
            elif state in ("RESERVED", "NOT_SENT") and h.chance.random() < 0.02:
                self._act(
                    h, lambda row=row: self.refunds.withhold(row.reference, reason="dừng", actor=APPROVER)
                )
        self._propose_some(h)

    def _decide(self, h: History, row: Any) -> None:
        refunds, draw = self.refunds, h.chance.random()
        if draw < 0.03:
            self._act(h, lambda: refunds.decline(row.reference, reason="không đủ căn cứ", actor=APPROVER))
            return
        if draw < 0.10:
            self._must_fail(
                h, "M6", lambda: refunds.approve(row.reference, amount=row.amount + 1, actor=APPROVER)
            )
        if draw < 0.15:
            self._must_fail(
                h, "M7", lambda: refunds.approve(row.reference, amount=row.amount, actor=OUTSIDER)
            )
        if row.waiting_for == "account":
            self._act(h, lambda: refunds.set_payee(row.reference, PAYEE, actor=ACCOUNTANT))
        self._act(h, lambda: refunds.approve(row.reference, amount=row.amount, actor=ACCOUNTANT))
        if draw < 0.3:
            before = self._state(h, row.reference)
            self._act(h, lambda: refunds.approve(row.reference, amount=row.amount, actor=ACCOUNTANT))
            if before == "REQUESTED" and self._state(h, row.reference) != "REQUESTED":
                h.wrong.append(f"M7: {row.reference} was approved by one person alone")
        for _ in range(2 if draw > 0.9 else 1):
            self._act(h, lambda: refunds.approve(row.reference, amount=row.amount, actor=APPROVER))

    def _propose_some(self, h: History) -> None:
        """A person asks for more refunds of paid payments, twice with one key, and for too much."""
        attempts = (
            [a for a in h.store._tables["payment_attempt"] if str(a.state) == "PAID"] if h.faults.on else []
        )
        for _ in range(min(3, len(attempts))):
            attempt = attempts[int(h.chance.random() * len(attempts))]
            held = sum(
                r.amount
                for r in _refunds(h)
                if r.payment == attempt.reference and str(r.state) not in ENDS - {"SETTLED"}
            )
            left = attempt.paid_amount - held
            if left < 2:
                continue
            facts = {
                "payment_reference": attempt.reference, "cause": "other", "reason": "đơn của công dân",
                "key": f"{attempt.reference}/{h.steps}", "actor": ACCOUNTANT,
            }  # fmt: skip
            amount = max(1, left // 2)
            for _ in range(2):
                self._act(
                    h,
                    lambda f=facts, a=amount, x=left: self.refunds.propose(
                        amount=a, expected_remaining=x, **f
                    ),
                )
            other = facts | {"key": f"{attempt.reference}/{h.steps}/more"}
            self._must_fail(
                h,
                "M4",
                lambda f=other, x=left: self.refunds.propose(amount=x + 1, expected_remaining=x + 1, **f),
            )

    def people_decide(self, h: History) -> None:
        """What the machine set aside for a person."""
        rows = _refunds(h)
        for channel in sorted({row.channel for row in rows if row.waiting_for == "stopped"}):
            h.faults.reached["stop switch lifted by a person"] += 1
            self._act(
                h, lambda channel=channel: self.refunds.resume(channel, reason="đã xem", actor=APPROVER)
            )
        for row in rows:
            if row.waiting_for == "person" and str(row.state) in ("RESERVED", "NOT_SENT"):
                self._act(
                    h, lambda row=row: self.refunds.withhold(row.reference, reason="lập lại", actor=APPROVER)
                )

    def quiet(self, h: History) -> bool:
        """Every refund has ended, or waits for a person who said no to nothing yet."""
        return all(str(row.state) in ENDS for row in _refunds(h))

    def _act(self, h: History, act: Callable[[], object]) -> bool:
        def tried() -> bool:
            try:
                act()
            except _NO as exc:
                h.faults.reached[f"refused: {getattr(exc, 'reason', type(exc).__name__)}"] += 1
                return False
            return True

        return h.guarded(tried) is True

    def _must_fail(self, h: History, rule: str, act: Callable[[], object]) -> None:
        if self._act(h, act):
            h.wrong.append(f"{rule}: an act that must be refused was taken")

    def _state(self, h: History, reference: str) -> str:
        return next(str(row.state) for row in _refunds(h) if row.reference == reference)


def _refunds(h: History) -> Sequence[Any]:
    tables = h.store._tables
    return list(tables["refund"]) if "refund" in tables else []
