"""The product's real core, put together for a history: engine, payments, refunds, feed. A crash throws it away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from connectors.kit.effects import Operation
from connectors.kit.seams import check_character
from jobs import queues
from jobs.access.model import Actor, ActorKind
from jobs.effects.desk import EffectDesk
from jobs.effects.engine import Engine
from jobs.intake.feed import CaseSystem, Feed
from jobs.intake.model import Message
from jobs.payments import actors as payment_actors
from jobs.payments import handlers as payment_handlers
from jobs.payments.channels import CalledChannel, RedirectChannel
from jobs.payments.service import Payments
from jobs.store.ports import Store
from mappings.canonical.codec import to_json
from mappings.canonical.payment import PaymentNews
from tests.simulation.refunding import Refunding, no_audit

PORTAL = Actor(ActorKind.KEY, "portal")
LEASE = timedelta(seconds=90)
SYSTEMS = ("igate", "vnpay", "payment_platform", "statements")


class SimulatedIds:
    """Names in order; a reference can be promised before it is given."""

    def __init__(self, first: int = 0) -> None:
        self._number, self._promised = first, ""

    def new_id(self) -> str:
        self._number += 1
        return f"{self._number:032x}"

    def reference(self) -> str:
        promised, self._promised = self._promised, ""
        return promised or self._fresh()

    def promise(self) -> str:
        """The reference that the next caller will get."""
        self._promised = self._fresh()
        return self._promised

    def withdraw(self) -> None:
        """Nobody will get what was promised."""
        self._promised = ""

    def _fresh(self) -> str:
        self._number += 1
        body = f"{self._number:015d}"
        return body + check_character(body)


class _Page:
    """The gateway's page: its address carries the reference, nothing has to be called."""

    def payment_url(self, *, reference: str, created: datetime, **_: Any) -> tuple[str, str]:
        return f"https://gateway.test/pay/{reference}", f"{created:%Y%m%d%H%M%S}"


class NeverWaits(threading.Event):
    """In a history time passes by the clock only."""

    def wait(self, timeout: float | None = None) -> bool:
        return False


@dataclass(slots=True)
class Parts:
    """What stays when a process dies."""

    store: Store
    clock: Any
    chance: Random
    ids: SimulatedIds
    operations: Mapping[tuple[str, str], Operation]
    cases: CaseSystem
    boundary: Callable[[str], None] | None = None
    lease: timedelta = LEASE
    terminals: Mapping[str, str] = field(
        default_factory=lambda: {"vnpay": "LIENTH01", "payment_platform": "PARTNER1"}
    )


class House:
    """One process."""

    def __init__(self, parts: Parts, worker: int) -> None:
        self.worker, self.store = worker, parts.store
        self.refunding = Refunding(parts)
        channels = {
            "vnpay": RedirectChannel(_Page(), parts.terminals["vnpay"]),
            "payment_platform": CalledChannel(
                parts.terminals["payment_platform"], "https://lienthong.test/return"
            ),
        }
        self.payments = Payments(
            parts.store, parts.ids, channels=channels, owed=self.refunding.owed, chance=parts.chance
        )
        self.refunding.meet(self.payments)
        self.feed = Feed(parts.store, parts.cases, self.refunding.owed)
        handlers = {**payment_handlers.handlers(self.payments), **self.refunding.handlers()}
        self.engine_operations = parts.operations
        self.desk = EffectDesk(parts.store, parts.operations, handlers, record=no_audit)
        self.engine = Engine(
            parts.store,
            parts.operations,
            handlers,
            clock=parts.clock,
            chance=parts.chance,
            worker=worker,
            lease=parts.lease,
            stopping=NeverWaits(),
            boundary=parts.boundary,
        )
        self.drains: dict[str, Callable[[], object]] = {
            **payment_actors.drains(parts.store, self.payments),
            **self.refunding.drains(),
            **{queues.effects(system): self._deliver(system) for system in SYSTEMS},
        }

    def _deliver(self, system: str) -> Callable[[], object]:
        def deliver() -> None:
            while self.engine.step(system):
                continue

        return deliver

    def receive(self, news: PaymentNews, at: datetime, key: str) -> bool:
        """What the webhook does with a verified message: one row, then the answer; ``False`` for a repeat."""
        message = Message(0, news.provider, key, at, to_json(news))
        with self.store.transaction("webhook") as tx:
            new = tx.inbox.record(message)
            tx.wake(queues.PAYMENTS)
        return new

    def open(self, *, dossier_code: str, channel: str, amount: int, key: str) -> str:
        """What ``POST /payments`` does."""
        return self.payments.open(
            dossier_code=dossier_code, channel=channel, amount=amount, payer_address="10.0.0.1", language="vi",
            key=key, actor=PORTAL,
        )  # fmt: skip

    def sweep(self) -> Sequence[str]:
        """The queues that a sweep looks into."""
        return tuple(self.drains)
