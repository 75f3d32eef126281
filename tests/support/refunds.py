"""A small world for tests of refunds: payments, people, a gateway and a bank that do what each test tells them to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from connectors.errors import OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import Call, Done, EffectClass, NotDone, Operation
from connectors.kit.seams import seeded
from jobs.access import audit as access_audit
from jobs.access.model import Actor, ActorKind, Role
from jobs.effects.engine import Engine
from jobs.fees.model import Unit, UnitAccount
from jobs.reconciliation.sessions import PlainCalendar
from jobs.refunds.handlers import handlers
from jobs.refunds.model import Refund
from jobs.refunds.people import Fixed
from jobs.refunds.service import Refunds
from jobs.store.memory.effects_table import living
from jobs.store.memory.store import MemoryStore
from mappings.canonical.codec import to_json
from mappings.canonical.payment import RefundNews, RefundState, RefundVerdict
from tests.support.money import CODE, Counting, World, line, paid

LAN, MINH, HOA, SON = (Actor(ActorKind.PERSON, login) for login in ("lan", "minh", "hoa", "son"))
"""Lan proposes; Minh and Hoà approve; Sơn only looks after the work."""
ROLES = {
    "lan": Role.ACCOUNTANT,
    "mai": Role.ACCOUNTANT,
    "minh": Role.APPROVER,
    "hoa": Role.APPROVER,
    "son": Role.OPERATOR,
}
NAMES = {
    "lan": "Trần Thị Lan",
    "mai": "Lý Thị Mai",
    "minh": "Lê Văn Minh",
    "hoa": "Phạm Hoà",
    "son": "Đỗ Sơn",
}
UNIT = "H21.129"


@dataclass
class Far:
    """The gateway and the bank. ``answers`` and ``findings`` are queues; empty ones accept and know nothing."""

    answers: list[Any] = field(default_factory=list)
    findings: list[Any] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    asked: list[Call] = field(default_factory=list)
    files: list[Call] = field(default_factory=list)

    def refund(self, call: Call) -> Done:
        self.calls.append(call)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, BaseException):
            raise answer
        return answer or accepted(call.payload["refund_reference"])

    def find(self, call: Call) -> Any:
        self.asked.append(call)
        found = self.findings.pop(0) if self.findings else NotDone("91")
        if isinstance(found, BaseException):
            raise found
        return found

    def query(self, call: Call) -> Done:
        found = self.find(call)
        if isinstance(found, Done):
            return found
        news = RefundNews(call.payload["refund_reference"], RefundVerdict.UNKNOWN, "query")
        return Done({"news": to_json(news)}, "91")

    def file(self, call: Call) -> Done:
        self.files.append(call)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, BaseException):
            raise answer
        return answer or Done(
            {"orders": [o["reference"] for o in call.payload["orders"]]}, "201", final=False
        )

    def nothing(self, call: Call) -> Done:
        del call
        return Done()

    def operations(self) -> dict[tuple[str, str], Operation]:
        made = (
            Operation(
                "vnpay", "refund", EffectClass.FINDABLE, "querydr", self.refund, look_up=self.find, money=True
            ),
            Operation("vnpay", "query_refund", EffectClass.READ, "repeat", self.query),
            Operation("vnpay", "query_payment", EffectClass.READ, "repeat", self.nothing),
            Operation(
                "statements",
                "submit_transfer_orders",
                EffectClass.EVIDENCE,
                "statement",
                self.file,
                money=True,
            ),
        )
        return {(each.system, each.name): each for each in made}


@dataclass
class RefundWorld(World):
    """Payments whose debts open real refunds, with an engine that is stepped by hand."""

    far: Far = field(default_factory=Far)
    people: Fixed = field(default_factory=lambda: Fixed(ROLES, NAMES))

    def __post_init__(self) -> None:
        self.acts: list[str] = []
        in_memory = isinstance(self.store, MemoryStore)
        self.refunds = Refunds(
            self.store, Counting(), calendar=PlainCalendar(), people=self.people,
            audit=self._note if in_memory else access_audit.record,
        )  # fmt: skip
        self.owed = self.refunds  # type: ignore[assignment]
        super().__post_init__()
        if in_memory:
            living(self.store).add(1)
        self.engine = Engine(
            self.store,
            self.far.operations(),
            handlers(self.refunds.ground),
            clock=self.clock,
            chance=seeded(7),
            worker=1,
        )

    def _note(self, tx: Any, actor: Actor, action: str, subject: str, **more: Any) -> None:
        del tx, subject, more
        self.acts.append(f"{actor}:{action}")

    # What happens.

    def payment(self, amount: int = 100_000, code: str = CODE, *lines: Any, channel: str = "vnpay") -> str:
        """A dossier whose fee is paid; the payment's reference."""
        self.dossier(code, *(lines or (line(amount),)), applicant_name="Nguyễn Văn An")
        reference = self.open(code, amount, channel=channel)
        more = (
            {"provider": "payment_platform", "terminal": "PARTNER"} if channel == "payment_platform" else {}
        )
        assert self.tell(paid(reference, amount, **more)) == ["paid"]
        return reference

    def close(self, code: str = CODE, reason: str = "refused", stage: str = "processing") -> None:
        """The case system says that the dossier ended so."""
        self.dossier(code, state=reason, stage=stage, closed_at=self.clock.now())
        with self.store.transaction("test") as tx:
            self.refunds.dossier_closed(tx, code, reason, stage)

    def propose(
        self, payment: str, amount: int, *, remaining: int | None = None, key: str = "", **more: Any
    ) -> str:
        facts = {"cause": "other", "reason": "Theo đơn", "actor": LAN, **more}
        left = self.remaining(payment) if remaining is None else remaining
        return self.refunds.propose(
            payment_reference=payment, amount=amount, expected_remaining=left, key=key or f"k-{payment}-{amount}-{len(self.of(payment))}",
            **facts,
        )  # fmt: skip

    def approve(self, reference: str, actor: Actor = MINH, amount: int | None = None) -> None:
        self.refunds.approve(reference, amount=amount or self.refund(reference).amount, actor=actor)

    def both(self, reference: str) -> str:
        """Two people sign a refund that opened by itself, or the second one a person's proposal."""
        if not self.refund(reference).requested_by.startswith("person:"):
            self.approve(reference, LAN)
        self.approve(reference, MINH)
        return reference

    def reserved(self, payment: str, amount: int) -> str:
        """Proposed and approved."""
        return self.both(self.propose(payment, amount))

    def accepted(self, payment: str, amount: int) -> str:
        """Proposed, approved, and taken by the gateway."""
        reference = self.reserved(payment, amount)
        self.step()
        assert self.state(reference) == "ACCEPTED"
        return reference

    def step(self, system: str = "vnpay") -> int:
        return self.engine.step(system)

    def news(
        self, reference: str, verdict: str, source: str = "file", amount: int | None = None, **more: Any
    ) -> None:
        told = RefundNews(reference, RefundVerdict(verdict), source, amount, **more)
        with self.store.transaction("test") as tx:
            self.refunds.apply_news(tx, told)

    def account(self, unit: str = UNIT, account: str = "1902", **more: Any) -> None:
        """The unit and an account that it pays refunds from."""
        first = more.pop("valid_from", date(2025, 1, 1))
        last = more.pop("valid_to", None)
        with self.store.transaction("test") as tx:
            tx.fees.add_unit(Unit(unit, unit, first, last, more.get("successor"), more.get("document", "")))
            if account:
                tx.fees.add_account(
                    UnitAccount(unit, account, more.get("bank", "VCB"), unit, "both", first, last)
                )

    # What is there.

    def refund(self, reference: str) -> Refund:
        with self.store.transaction("test") as tx:
            return tx.refunds.by_reference([reference])[reference]  # type: ignore[no-any-return]

    def of(self, payment: str) -> list[Refund]:
        with self.store.transaction("test") as tx:
            return list(tx.refunds.of_payment(tx.payments.by_reference(payment).id))

    def only(self, payment: str) -> Refund:
        (found,) = self.of(payment)
        return found

    def state(self, reference: str) -> str:
        return str(self.refund(reference).state)

    def remaining(self, payment: str) -> int:
        from jobs.refunds.opening import look

        with self.store.transaction("test") as tx:
            return look(tx, tx.payments.by_reference(payment)).remaining

    def payable(self) -> int:
        return -sum(self.balance("refunds_payable").values())

    def kinds(self) -> Counter[str]:
        return Counter(kind for kind in self.events() if kind.startswith("refund."))

    def effect(self, key: str) -> Any:
        with self.store.transaction("test") as tx:
            return tx.effects.find(key)

    def later(self, **parts: float) -> None:
        self.clock.advance(timedelta(**parts))


def told(reference: str, verdict: RefundVerdict, source: str = "answer", **more: Any) -> Done:
    """An answer of the gateway."""
    news = RefundNews(reference, verdict, source, **more)
    return Done({"news": to_json(news)}, more.get("code", "00"), final=False)


def accepted(reference: str, number: str = "") -> Done:
    """The usual answer: taken, not done."""
    return told(
        reference, RefundVerdict.ACCEPTED, provider_reference=number or f"G{reference[-6:]}", code="00"
    )


def lost() -> OutcomeUnknown:
    return OutcomeUnknown("the line went dead", system="vnpay", operation="refund")


def away() -> Unavailable:
    return Unavailable("connection refused", system="vnpay", operation="refund")


def refused(code: str = "95") -> Rejected:
    return Rejected("no", system="vnpay", operation="refund", code=code)


SETTLED, REJECTED = RefundState.SETTLED, RefundState.REJECTED
