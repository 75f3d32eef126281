"""What the outside world offers the engine: operations that act on the world's books, or fail on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from connectors.errors import AlreadyDone, ContractBroken, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import (
    Call,
    Done,
    EffectClass,
    Finding,
    NotDone,
    Operation,
    Refused,
    Undecided,
)
from mappings.canonical.codec import to_json
from mappings.canonical.payment import PaymentNews, PaymentVerdict, RefundNews, RefundVerdict
from tests.simulation.faults import CALLS, Crash, Faults
from tests.simulation.world import GivenBack, Money, Provider, World
from tests.support.clock import VirtualClock

T = TypeVar("T")
NIGHT_SECONDS = 600.0
PAGE_LIVES = timedelta(hours=3)
_READS = (
    "request_lost",
    "too_many",
    "closed_at_night",
    "killed_before_sending",
    "killed_after_doing",
    "slow_past_the_lease",
)
_VERDICTS = {
    "paid": (PaymentVerdict.PAID, "00/00"),
    "failed": (PaymentVerdict.FAILED, "00/02"),
    "reversed": (PaymentVerdict.REVERSED, "00/04"),
    "suspect": (PaymentVerdict.SUSPECT, "00/07"),
}


@dataclass(slots=True)
class Wire:
    """The way between us and one outside system, with everything that can happen on it.

    Attributes:
        overtaken: called when a call took longer than the lease: somebody else works meanwhile.
        lease: how long that is.
    """

    system: str
    faults: Faults
    clock: VirtualClock
    overtaken: Callable[[str], None]
    lease: timedelta

    def write(self, operation: str, reference: str, act: Callable[[], T]) -> T:
        """``act`` on the world; the fault decides whether it happens and what we hear of it."""
        fault = self.faults.strike(CALLS)
        where: dict[str, Any] = {"system": self.system, "operation": operation, "reference": reference}
        match fault:
            case None:
                return act()
            case "request_lost":
                raise Unavailable("connection refused", **where)
            case "too_many":
                raise Unavailable("429", retry_after_seconds=30.0, **where)
            case "closed_at_night":
                raise Unavailable("closed", retry_after_seconds=NIGHT_SECONDS, **where)
            case "request_swallowed":
                raise OutcomeUnknown("timed out", **where)
            case "killed_before_sending":
                raise Crash(f"before {self.system}.{operation}")
        answer = act()
        match fault:
            case "answer_lost":
                raise OutcomeUnknown("connection reset", **where)
            case "error_after_doing":
                raise OutcomeUnknown("HTTP 500", **where)
            case "answer_garbled":
                raise ContractBroken("cut after some bytes", **where)
            case "killed_after_doing":
                raise Crash(f"after {self.system}.{operation}")
            case "slow_past_the_lease":
                self.clock.advance(self.lease + timedelta(seconds=1))
                self.overtaken(self.system)
        return answer

    def read(self, operation: str, reference: str, ask: Callable[[], T]) -> T:
        """A question: whatever goes wrong, nothing was done."""
        fault = self.faults.strike(_READS)
        where: dict[str, Any] = {"system": self.system, "operation": operation, "reference": reference}
        match fault:
            case None:
                return ask()
            case "killed_before_sending" | "killed_after_doing":
                raise Crash(f"while asking {self.system}.{operation}")
            case "slow_past_the_lease":
                self.clock.advance(self.lease + timedelta(seconds=1))
                self.overtaken(self.system)
                return ask()
            case _:
                raise Unavailable(
                    fault, retry_after_seconds=30.0 if fault != "request_lost" else None, **where
                )


def payment_news(provider: Provider, money: Money, source: str) -> PaymentNews:
    """What a provider says of its money."""
    verdict, code = _VERDICTS[money.state]
    return PaymentNews(
        provider.name, money.terminal, money.reference, money.amount, "VND", verdict, source, code,
        provider_reference=money.number, bank_reference=f"VNP{money.number}", bank_code="NCB", paid_at=money.at,
    )  # fmt: skip


def _nothing_known(provider: Provider, reference: str) -> PaymentNews:
    return PaymentNews(
        provider.name, provider.terminal, reference, None, "VND", PaymentVerdict.UNKNOWN, "query", "91"
    )


def _unfinished(provider: Provider, reference: str, amount: int, *, gone: bool) -> PaymentNews:
    """An order that nobody has paid: pending while its page lives, then failed."""
    verdict, code = (PaymentVerdict.FAILED, "00/02") if gone else (PaymentVerdict.PENDING, "00/01")
    return PaymentNews(provider.name, provider.terminal, reference, amount, "VND", verdict, "query", code)


def operations(world: World, wires: dict[str, Wire], clock: VirtualClock) -> dict[tuple[str, str], Operation]:
    """Everything that the engine may ask of this world, by system and name."""
    made = [
        *_gateway(world.gateway, wires["vnpay"], clock),
        *_platform(world.platform, wires["payment_platform"], clock),
        *_case_system(world, wires["igate"]),
        *_bank(world, wires["statements"], clock),
    ]
    return {(operation.system, operation.name): operation for operation in made}


def _gateway(gateway: Provider, wire: Wire, clock: VirtualClock) -> list[Operation]:
    def query(call: Call) -> Done:
        reference = call.payload["reference"]
        money = wire.read("query_payment", reference, lambda: gateway.money.get(reference))
        news = _nothing_known(gateway, reference) if money is None else payment_news(gateway, money, "query")
        return Done({"news": to_json(news)}, code=news.code)

    def refund(call: Call) -> Done:
        facts = call.payload
        request = facts["refund_reference"]
        code, made = wire.write(
            "refund",
            request,
            lambda: gateway.refund(request, facts["reference"], facts["amount"], clock.now()),
        )
        where: dict[str, Any] = {"system": "vnpay", "operation": "refund", "reference": request}
        if code == "94" or (made is not None and wire.faults.strike(("done_and_answered_94",))):
            # Their guard, or their own repeat of a request that they had taken: 94 never says whether it was done.
            gateway_says("94")
            raise OutcomeUnknown("a refund is in progress (94)", **where)
        if made is None:
            raise Rejected("refused", code=code, **where)
        return Done({"news": to_json(_refund_news(request, made, "answer"))}, code="00/05", final=False)

    def gateway_says(code: str) -> None:
        wire.faults.reached[f"gateway said {code}"] += 1

    def look_up(call: Call) -> Finding:
        request = call.payload["refund_reference"]
        last = wire.read("query_payment", request, lambda: gateway.last_refund(call.payload["reference"]))
        # The query knows payments only: a refund that we know by its number as another one says nothing of ours.
        if last is None or last.number in call.payload["other_provider_references"]:
            gateway_says(
                "no refund of this payment" if last is None else "only of another refund of this payment"
            )
            return NotDone("00/01")
        if last.amount != call.payload["amount"]:
            return Undecided("00/other")
        news = {"news": to_json(_refund_news(request, last, "query"))}
        if last.state == "09":
            gateway_says("09 after accepting")
            return Refused("00/09", data=news)
        return Done(news, code=f"00/{last.state}", final=False)

    def ask(call: Call) -> Done:
        found = look_up(call)
        data = getattr(found, "data", None) or {
            "news": to_json(RefundNews(call.payload["refund_reference"], RefundVerdict.UNKNOWN, "query"))
        }
        return Done(data, code=found.code)

    own = "the signed query with the payment's reference"
    return [
        Operation("vnpay", "query_payment", EffectClass.READ, own, query),
        Operation("vnpay", "refund", EffectClass.FINDABLE, own, refund, look_up, money=True),
        Operation("vnpay", "query_refund", EffectClass.READ, own, ask),
    ]


def _refund_news(request: str, made: GivenBack, source: str) -> RefundNews:
    verdict = {
        "05": RefundVerdict.ACCEPTED,
        "06": RefundVerdict.SENT_TO_BANK,
        "00": RefundVerdict.SENT_TO_BANK,  # settled only by file or statement
        "09": RefundVerdict.REJECTED,
    }[made.state]
    return RefundNews(
        request, verdict, source, made.amount, f"00/{made.state}", provider_reference=made.number
    )


def _platform(platform: Provider, wire: Wire, clock: VirtualClock) -> list[Operation]:
    def open_payment(call: Call) -> Done:
        reference = call.payload["reference"]
        wire.write("open_payment", reference, lambda: platform.open_order(reference, clock.now()))
        return Done({"payment_url": f"https://platform.test/pay/{reference}"}, code="00")

    def ask(reference: str, amount: int) -> PaymentNews:
        money = platform.money.get(reference)
        if money is not None:
            return payment_news(platform, money, "query")
        opened = platform.orders.get(reference)
        if opened is None:
            return _nothing_known(platform, reference)
        return _unfinished(platform, reference, amount, gone=clock.now() - opened > PAGE_LIVES)

    def query(call: Call) -> Done:
        facts = call.payload
        news = wire.read(
            "query_payment", facts["reference"], lambda: ask(facts["reference"], facts["amount"])
        )
        return Done({"news": to_json(news)}, code=news.code)

    def look_up(call: Call) -> Finding:
        reference = call.payload["reference"]
        known = wire.read("query_payment", reference, lambda: reference in platform.orders)
        return Done({"payment_url": ""}, code="00") if known else NotDone("02")

    def bill(call: Call) -> Done:
        return Done({"receipt": {}}, code="00")

    own = "QUERY with our own reference"
    return [
        Operation("payment_platform", "open_payment", EffectClass.FINDABLE, own, open_payment, look_up),
        Operation("payment_platform", "query_payment", EffectClass.READ, own, query),
        Operation("payment_platform", "get_bill", EffectClass.READ, own, bill),
    ]


def _case_system(world: World, wire: Wire) -> list[Operation]:
    def confirm(call: Call) -> Done:
        code, payment = call.payload["dossier_code"], call.payload["payment_reference"]
        wire.write("confirm_fee", code, lambda: world.cases.confirm(code, payment))
        return Done(code="0")

    def set_status(call: Call) -> Done:
        code = call.payload["dossier_code"]
        wire.write(
            "update_status", code, lambda: world.cases.dossiers[code].statuses.append(call.payload["status"])
        )
        return Done(code="0")

    sets = "it sets a value: repeated with the same one"
    return [
        Operation("igate", "confirm_fee", EffectClass.IDEMPOTENT, sets, confirm),
        Operation("igate", "update_status", EffectClass.IDEMPOTENT, sets, set_status),
        Operation("igate", "add_note", EffectClass.IDEMPOTENT, sets, lambda _: Done(code="0")),
    ]


def _bank(world: World, wire: Wire, clock: VirtualClock) -> list[Operation]:
    def submit(call: Call) -> Done:
        reference = call.reference or call.key
        orders = [
            (item["reference"], item["amount"], item["payee_account"]) for item in call.payload["orders"]
        ]
        taken = wire.write(
            "submit_transfer_orders", reference, lambda: world.bank.submit(reference, orders, clock.now())
        )
        if not taken:
            wire.faults.reached["the bank had this order file"] += 1
            raise AlreadyDone(
                "the bank has this file", system="statements", operation="submit_transfer_orders", code="409",
                reference=reference,
            )  # fmt: skip
        return Done({"orders": [reference for reference, _, _ in orders]}, code="201", final=False)

    found = "the statement's debit lines carry each order's reference"
    return [
        Operation("statements", "submit_transfer_orders", EffectClass.EVIDENCE, found, submit, money=True)
    ]
