"""What the effect engine may ask of MoMo, and how each outcome is found."""

from __future__ import annotations

from connectors.kit.effects import Call, Done, EffectClass, Finding, Operation, Refused
from connectors.kit.payload import payload_amount, payload_text
from connectors.momo.client import OPEN, QUERY, QUERY_REFUND, REFUND, SYSTEM, Client, RefundOf
from mappings.canonical.codec import to_json
from mappings.canonical.payment import RefundNews, RefundVerdict

_FOUND_BY = "the refund's own query by our orderId, then refundTrans of the payment's query: MoMo knows a refund by our number"


def operations(client: Client) -> tuple[Operation, ...]:
    """Open and query a payment, refund, query of a refund."""

    def open_payment(call: Call) -> Done:
        facts = call.payload
        url = client.open_payment(
            reference=payload_text(facts["reference"]),
            amount=payload_amount(facts["amount"]),
            description=payload_text(facts["description"]),
            return_url=payload_text(facts.get("return_url") or ""),
            language=payload_text(facts.get("language") or "vi"),
            deadline_seconds=call.deadline_seconds,
        )
        return Done({"payment_url": url}, "0")

    def query_payment(call: Call) -> Done:
        facts = call.payload
        news = client.query(
            reference=payload_text(facts["reference"]),
            amount=payload_amount(facts["amount"]),
            deadline_seconds=call.deadline_seconds,
        )
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
        # Neither 'not found' nor 'not decided' is a word about money.
        news = RefundNews(
            asked.reference, RefundVerdict.UNKNOWN, "query", code=found.code, message=found.message
        )
        return Done({"news": to_json(news)}, found.code)

    return (
        Operation(
            SYSTEM,
            OPEN,
            EffectClass.IDEMPOTENT,
            "the same requestId gives the same page again, for 31 days at MoMo; 40 says that the first is not ended",
            open_payment,
        ),
        Operation(SYSTEM, QUERY, EffectClass.READ, "a query changes nothing there", query_payment),
        Operation(
            SYSTEM,
            REFUND,
            EffectClass.FINDABLE,
            f"{_FOUND_BY}. Sent again only when both have no trace of it, and always under the same requestId",
            refund,
            look_up=look_up,
            not_found_is_proof=True,
            money=True,
        ),
        Operation(SYSTEM, QUERY_REFUND, EffectClass.READ, _FOUND_BY, query_refund),
    )


def _refund(call: Call) -> RefundOf:
    facts = call.payload
    return RefundOf(
        reference=payload_text(facts["refund_reference"]),
        payment=payload_text(facts["reference"]),
        payment_number=payload_text(facts.get("provider_reference") or ""),
        amount=payload_amount(facts["amount"]),
        payment_amount=payload_amount(facts["payment_amount"]),
        order_info=payload_text(facts.get("order_info") or ""),
    )
