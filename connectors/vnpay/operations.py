"""What the effect engine may ask of VNPAY, and how each outcome is found."""

from __future__ import annotations

from connectors.kit.effects import Call, Done, EffectClass, Finding, Operation, Refused
from connectors.kit.payload import payload_amount, payload_text
from connectors.vnpay.client import QUERY, REFUND, SYSTEM, Client, PaymentOf, RefundOf
from mappings.canonical.codec import to_json
from mappings.canonical.payment import RefundNews, RefundVerdict

QUERY_REFUND = "query_refund"
_FOUND_BY = (
    "querydr by the payment's TxnRef and request time; it shows the latest transaction of the payment only"
)


def operations(client: Client) -> tuple[Operation, ...]:
    """Query of a payment, refund, query of a refund."""

    def query_payment(call: Call) -> Done:
        news = client.query(_payment(call, "amount"), deadline_seconds=call.deadline_seconds)
        return Done({"news": to_json(news)}, news.code)

    def refund(call: Call) -> Done:
        news = client.refund(_refund(call), deadline_seconds=call.deadline_seconds)
        return Done({"news": to_json(news)}, news.code, final=False)

    def look_up(call: Call) -> Finding:
        return client.find_refund(_refund(call), deadline_seconds=call.deadline_seconds)

    def query_refund(call: Call) -> Done:
        asked = _refund(call)
        found = client.query_refund(asked, deadline_seconds=call.deadline_seconds)
        if isinstance(found, Done | Refused):
            return Done(found.data, found.code)
        # Neither 'not found' nor 'not decided' says anything of the money.
        news = RefundNews(
            asked.reference, RefundVerdict.UNKNOWN, "query", code=found.code, message=found.message
        )
        return Done({"news": to_json(news)}, found.code)

    return (
        Operation(
            SYSTEM,
            QUERY,
            EffectClass.READ,
            "a query changes nothing there: it is asked again, with a new RequestId, after VNPAY's window",
            query_payment,
        ),
        Operation(
            SYSTEM,
            REFUND,
            EffectClass.FINDABLE,
            f"{_FOUND_BY}; then the session file and the merchant portal. 'Not found' is no proof",
            refund,
            look_up=look_up,
            not_found_is_proof=False,
            money=True,
        ),
        Operation(SYSTEM, QUERY_REFUND, EffectClass.READ, _FOUND_BY, query_refund),
    )


def _payment(call: Call, amount: str) -> PaymentOf:
    facts = call.payload
    return PaymentOf(
        reference=payload_text(facts["reference"]),
        terminal=payload_text(facts["terminal"]),
        request_time=payload_text(facts["request_time"]),
        amount=payload_amount(facts[amount]),
        provider_reference=payload_text(facts.get("provider_reference") or ""),
    )


def _refund(call: Call) -> RefundOf:
    """The refund of a payload; ``other_provider_references`` may name VNPAY's numbers of earlier refunds."""
    facts = call.payload
    return RefundOf(
        reference=payload_text(facts["refund_reference"]),
        payment=_payment(call, "payment_amount"),
        amount=payload_amount(facts["amount"]),
        created_by=payload_text(facts.get("created_by") or "lienthong"),
        order_info=payload_text(facts.get("order_info") or ""),
        others=tuple(payload_text(item) for item in facts.get("other_provider_references") or ()),
    )
