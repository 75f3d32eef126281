"""A wallet's sandbox on a real port, its real connector, and the rooms of the money put together by the installation's own wiring."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from config.connector_sections import ConnectorSettings
from connectors import registry
from connectors.kit.sandbox import SandboxRequest, serve
from connectors.kit.seams import seeded
from connectors.registry import Connectors
from jobs import assembly
from jobs.effects.engine import Engine
from jobs.intake.model import Message
from jobs.payments import gateways
from jobs.payments import handlers as payment_handlers
from jobs.payments.digest import Digest
from jobs.payments.service import Payments
from jobs.refunds import handlers as refund_handlers
from jobs.refunds.ground import NoChance
from jobs.refunds.service import Refunds
from mappings.canonical.codec import to_json
from tests.contract.momo import worlds as momo
from tests.contract.zalopay import worlds as zalopay
from tests.support.money import CODE, Counting, line
from tests.support.refunds import RefundWorld


@dataclass(frozen=True)
class Wallet:
    """One provider: how its stand-in is made and set, and what it calls things.

    Attributes:
        reference_of: an order or refund in its books → our reference.
        notice: its message about an order in its books.
        refuse: the control after which the next refund is refused for good.
        sends_again: a refund of which nothing is known there may go out again by itself.
    """

    name: str
    terminal: str
    sandbox: Callable[..., Any]
    settings: Callable[[str], Any]
    reference_of: Callable[[dict[str, Any]], str]
    notice: Callable[[Any, str], bytes]
    refuse: tuple[str, dict[str, Any]]
    sends_again: bool


WALLETS = (
    Wallet(
        "momo", momo.PARTNER, momo.sandbox, momo.settings, lambda row: row["order_id"],
        lambda wallet, reference: wallet.notice(wallet._books.orders[reference]), ("refunds", {"codes": [1088]}), True,
    ),
    Wallet(
        "zalopay", zalopay.APP, zalopay.sandbox,
        lambda url: zalopay.settings(url, **zalopay.named(refund_not_found_sub_codes=frozenset())),
        lambda row: (row.get("m_refund_id") or row["app_trans_id"]).rpartition("_")[2],
        lambda wallet, reference: wallet.callback(
            next(order for order in wallet.orders.values() if order.app_trans_id.endswith(reference))
        ),
        ("refuse-refunds", {"times": 1}), False,
    ),
)  # fmt: skip


@dataclass
class WalletWorld(RefundWorld):
    """The world of refunds with a real wallet in place of the far side."""

    wallet: Any = None
    side: Wallet = WALLETS[0]
    connectors: Connectors | None = None
    sections: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        assert self.connectors is not None
        agreed, ids = (
            gateways.of(self.sections),
            Counting(),
        )  # one for both: MoMo wants a number of its own for a refund
        self.refunds = Refunds(
            self.store, ids, calendar=self.refunds.ground.calendar, people=self.people, chance=NoChance(),
            gateways=agreed,
        )  # fmt: skip
        channels = assembly.channels(SimpleNamespace(connectors=self.sections), self.connectors)
        self.payments = Payments(self.store, ids, channels=channels, owed=self.refunds)
        handlers = {
            **payment_handlers.handlers(self.payments),
            **refund_handlers.handlers(self.refunds.ground),
        }
        self.engine = Engine(
            self.store, self.connectors.operations, handlers, clock=self.clock, chance=seeded(7), worker=1
        )

    def opened(self, code: str = CODE, amount: int = 100_000) -> str:
        """An attempt whose call was made."""
        self.dossier(code, line(amount), applicant_name="Nguyễn Văn An")
        reference = self.open(code, amount, channel=self.side.name)
        self.go()
        return reference

    def pays(self, reference: str, **how: Any) -> None:
        """The payer pays at the wallet; no notice comes of itself."""
        self.control("pay", {"reference": reference, "notify": "lost", **how})

    def notified(self, reference: str) -> bool:
        """The wallet's notice at the door: verified raw and recorded once; ``False``: it is there already."""
        assert self.connectors is not None
        news = self.connectors.verifiers[self.side.name](self.side.notice(self.wallet, reference))
        key = f"{news.terminal}/{news.reference}/{news.provider_reference}/{news.code}/{news.amount}"
        with self.store.transaction("door") as tx:
            return tx.inbox.record(Message(0, self.side.name, key, tx.now, to_json(news)))

    def digest(self) -> int:
        return Digest(self.store, self.payments).run()

    def paid(self, code: str = CODE, amount: int = 100_000) -> str:
        """A payment that was paid at the wallet and told."""
        reference = self.opened(code, amount)
        self.pays(reference)
        assert self.notified(reference)
        self.digest()
        assert self.attempt(reference).state == "PAID"
        return reference

    def go(self) -> None:
        """Everything that is due now goes out, follow-ups too."""
        while self.step(self.side.name):
            continue

    def wait(self, **parts: float) -> None:
        """Time passes, and what becomes due goes out."""
        self.later(**parts)
        self.go()

    def control(self, path: str, body: Any = None, method: str = "POST") -> Any:
        raw = json.dumps(body).encode() if body is not None else b""
        request = SandboxRequest(method, f"/_sandbox/{self.side.name}/{path}", {}, {}, raw)
        answer = self.wallet.handle(request)
        assert answer.status < 300, answer.body
        return json.loads(answer.body)

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        """The next request of this operation meets a fault."""
        body = {"operation": operation, "kind": kind, "times": 1, **more}
        answer = self.wallet.handle(
            SandboxRequest("POST", "/_sandbox/faults", {}, {}, json.dumps(body).encode())
        )
        assert answer.status < 300, answer.body

    def there(self, kind: str) -> list[str]:
        """Our references in the wallet's own books: ``payments`` or ``refunds``."""
        return [self.side.reference_of(row) for row in self.control("books", method="GET")[kind]]


@contextmanager
def wallet_world(side: Wallet, store: Any, clock: Any) -> Iterator[WalletWorld]:
    """The world with its wallet on a real port."""
    wallet = side.sandbox(clock)
    with serve(wallet) as server:
        sections = ConnectorSettings(**{side.name: side.settings(server.url)})
        connectors = registry.build(sections, clock=clock)
        try:
            yield WalletWorld(
                store, clock, wallet=wallet, side=side, connectors=connectors, sections=sections
            )
        finally:
            connectors.close()
