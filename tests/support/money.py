"""A small world for tests of the money: dossiers with fees, a channel without a network, and who opens refunds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.kit.seams import check_character
from jobs.access.model import Actor, ActorKind
from jobs.effects.model import Effect, EffectState, Outcome
from jobs.fees import service as fees
from jobs.intake.model import Dossier
from jobs.payments.channels import CalledChannel, RedirectChannel
from jobs.payments.service import Payments
from mappings.canonical.dossier import FeeDemand, FeeKind, FeeLineDemand
from mappings.canonical.payment import PaymentNews, PaymentVerdict

TERMINAL = "LIENTH01"
CODE = "H21.129-261123-0001"
PORTAL = Actor(ActorKind.KEY, "portal")
DAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


class Counting:
    """Names in order: reproducible, each with its check digit."""

    def __init__(self) -> None:
        self._last = 0

    def new_id(self) -> str:
        self._last += 1
        return f"{self._last:032x}"

    def reference(self) -> str:
        self._last += 1
        body = f"{self._last:015d}"
        return body + check_character(body)


class Page:
    """Signs nothing: a test only asks what was handed in."""

    def payment_url(self, *, reference: str, created: datetime, **_more: Any) -> tuple[str, str]:
        return f"https://pay.example/{reference}", f"{created + timedelta(hours=7):%Y%m%d%H%M%S}"


@dataclass
class RecordedOwed:
    """Remembers what is owed, each cause once."""

    opened: dict[str, dict[str, Any]] = field(default_factory=dict)
    closed: list[tuple[str, str, str]] = field(default_factory=list)
    lowered: list[str] = field(default_factory=list)

    def open(self, tx: Any, *, cause_key: str, **facts: Any) -> None:
        self.opened[cause_key] = facts

    def dossier_closed(self, tx: Any, dossier_code: str, reason: str, stage: str) -> None:
        self.closed.append((dossier_code, reason, stage))

    def fee_lowered(self, tx: Any, dossier_code: str) -> None:
        self.lowered.append(dossier_code)

    def causes(self) -> list[tuple[str, int]]:
        return [(facts["cause"], facts["amount"]) for facts in self.opened.values()]


def line(amount: int, code: str = "P1", **more: Any) -> FeeLineDemand:
    facts: dict[str, Any] = {
        "name": "Phí thẩm định", "kind": FeeKind.PHI, "required": True, "paid": False, "unit": "H21.129", "item": "2716",
    }  # fmt: skip
    return FeeLineDemand(code=code, amount=amount, **{**facts, **more})


@dataclass
class World:
    """A store, a desk of payments, and short words for what happens."""

    store: Any
    clock: Any
    owed: RecordedOwed = field(default_factory=RecordedOwed)
    confirms: bool = True
    payments: Payments = field(init=False)

    def __post_init__(self) -> None:
        channels = {
            "vnpay": RedirectChannel(Page(), TERMINAL),
            "payment_platform": CalledChannel("PARTNER", "https://portal.example/back"),
        }
        self.payments = Payments(
            self.store, Counting(), channels=channels, owed=self.owed, confirms=self.confirms
        )

    def dossier(self, code: str = CODE, *lines: FeeLineDemand, **facts: Any) -> str:
        """A dossier as the feed would store it, with its demand."""
        with self.store.transaction("test") as tx:
            before = tx.dossiers.by_code(code)
            plain = before or Dossier(
                code, "processing", DAY, source_id=f"id-{code}", agency="H21.129", status=2
            )
            dossier = replace(plain, **facts)
            tx.dossiers.save([dossier])
            if lines:
                demand = FeeDemand(code, dossier.source_id, tuple(lines))
                fees.take_demands(tx, [demand], {code: dossier}, self.owed)
        return code

    def open(
        self, code: str = CODE, amount: int = 100_000, *, channel: str = "vnpay", key: str | None = None
    ) -> str:
        key = key or f"k{self.clock.now().isoformat()}-{code}-{channel}"
        return self.payments.open(
            dossier_code=code,
            channel=channel,
            amount=amount,
            payer_address="127.0.0.1",
            language="vi",
            key=key,
            actor=PORTAL,
        )

    def tell(self, *news: PaymentNews) -> list[str]:
        with self.store.transaction("test") as tx:
            return [meaning.value for meaning in self.payments.apply_many(tx, news)]

    def attempt(self, reference: str) -> Any:
        with self.store.transaction("test") as tx:
            return tx.payments.by_reference(reference)

    def balance(self, kind: str) -> dict[str, int]:
        with self.store.transaction("test") as tx:
            return tx.ledger.balances(kind)  # type: ignore[no-any-return]

    def fee_state(self, code: str = CODE) -> str:
        with self.store.transaction("test") as tx:
            return tx.fees.current([code])[code].state.value  # type: ignore[no-any-return]

    def cases(self, kind: str) -> list[Any]:
        with self.store.transaction("test") as tx:
            return list(tx.cases.open_of_kind(kind))

    def effects(self) -> dict[str, Any]:
        """Planned effects by key: what the engine would be given."""
        with self.store.transaction("test") as tx:
            if hasattr(tx, "connection"):
                rows = tx.fetch("select key, payload, lane, system, operation from effect order by id")
                return {row["key"]: row for row in rows}
            import json

            return {
                row.key: {
                    "payload": json.loads(row.payload),
                    "lane": row.lane,
                    "system": row.system,
                    "operation": row.operation,
                }
                for row in tx.effects.table
            }

    def events(self) -> list[str]:
        with self.store.transaction("test") as tx:
            if hasattr(tx, "connection"):
                return [row["kind"] for row in tx.fetch("select kind from event order by id")]
            return [event.kind for event in tx.events.log.newest]


def paid(reference: str, amount: int | None = 100_000, **more: Any) -> PaymentNews:
    """Verified news that a payment succeeded."""
    facts: dict[str, Any] = {
        "provider": "vnpay", "terminal": TERMINAL, "currency": "VND", "verdict": PaymentVerdict.PAID, "source": "ipn",
        "code": "00/00", "provider_reference": f"N{reference[:8]}{reference[-4:]}",
    }  # fmt: skip
    return PaymentNews(reference=reference, amount=amount, **{**facts, **more})


def outcome(key: str, state: EffectState, data: dict[str, Any] | None = None, **more: Any) -> Outcome:
    """The end of an effect as the engine would hand it over."""
    facts: dict[str, Any] = {
        "system": "vnpay", "operation": "query_payment", "lane": "", "payload": {}, "dossier_code": "", "reference": "",
        "correlation_id": "", "cause": "", "attempt": 1, "generation": 1, "created_at": DAY,
    }  # fmt: skip
    code = more.pop("code", "")
    return Outcome(Effect(id=1, key=key, state=state, **{**facts, **more}), state, data or {}, code)


def references(found: Sequence[Any]) -> list[str]:
    return [each.reference for each in found]
