"""What the effect engine may ask of ZaloPay, and how each outcome is found."""

from __future__ import annotations

from connectors.errors import CredentialsRefused, OutcomeUnknown, Rejected
from connectors.kit.effects import Call, Done, EffectClass, Finding, Operation, Refused, Undecided
from connectors.kit.payload import payload_amount, payload_text
from connectors.zalopay.client import OPEN, QUERY, QUERY_REFUND, REFUND, SYSTEM, Client, RefundOf
from mappings.canonical.codec import to_json
from mappings.canonical.payment import PaymentVerdict, RefundNews, RefundVerdict

_FOUND_BY = "query_refund by our m_refund_id"


class _Calls:
    """What each operation does with its payload."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def open_payment(self, call: Call) -> Done:
        facts = call.payload
        url = self._client.open_payment(
            reference=payload_text(facts["reference"]),
            amount=payload_amount(facts["amount"]),
            request_time=payload_text(facts["request_time"]),
            description=payload_text(facts["description"]),
            return_url=payload_text(facts.get("return_url") or ""),
            deadline_seconds=call.deadline_seconds,
        )
        return Done({"payment_url": url}, "1")

    def find_payment(self, call: Call) -> Finding:
        """Its address is lost for good: whoever pays needs a new attempt."""
        facts = call.payload
        try:
            news = self._client.query(
                reference=payload_text(facts["reference"]),
                request_time=payload_text(facts["request_time"]),
                amount=payload_amount(facts["amount"]),
                deadline_seconds=call.deadline_seconds,
            )
        except (OutcomeUnknown, CredentialsRefused, Rejected) as exc:
            return Undecided("", str(exc)[:200])
        if news.verdict is PaymentVerdict.UNKNOWN:
            return Undecided(news.code, news.message)
        return Done({"payment_url": "", "news": to_json(news)}, news.code)

    def query_payment(self, call: Call) -> Done:
        facts = call.payload
        news = self._client.query(
            reference=payload_text(facts["reference"]),
            request_time=payload_text(facts["request_time"]),
            amount=payload_amount(facts["amount"]),
            deadline_seconds=call.deadline_seconds,
        )
        return Done({"news": to_json(news)}, news.code)

    def refund(self, call: Call) -> Done:
        news = self._client.refund(_refund(call), deadline_seconds=call.deadline_seconds)
        return Done({"news": to_json(news)}, news.code, final=False)

    def look_up(self, call: Call) -> Finding:
        return self._client.find_refund(_refund(call), deadline_seconds=call.deadline_seconds)

    def query_refund(self, call: Call) -> Done:
        asked = _refund(call)
        found = self._client.query_refund(asked, deadline_seconds=call.deadline_seconds)
        if isinstance(found, Done | Refused):
            return Done(found.data, found.code)
        # Neither 'not found' nor 'not decided' is a word about money.
        news = RefundNews(
            asked.reference, RefundVerdict.UNKNOWN, "query", code=found.code, message=found.message
        )
        return Done({"news": to_json(news)}, found.code)


def operations(client: Client) -> tuple[Operation, ...]:
    """Open and query a payment, refund, query of a refund."""
    calls = _Calls(client)
    return (
        Operation(
            SYSTEM,
            OPEN,
            EffectClass.FINDABLE,
            "query by the order's own app_trans_id; a second creation is refused as a duplicate (-68). 'Not found' is no "
            "proof. Nobody can pay without the address that only the answer carries",
            calls.open_payment,
            look_up=calls.find_payment,
            not_found_is_proof=False,
        ),
        Operation(SYSTEM, QUERY, EffectClass.READ, "a query changes nothing there", calls.query_payment),
        Operation(
            SYSTEM,
            REFUND,
            EffectClass.FINDABLE,
            f"{_FOUND_BY}. That one number is one refund there is assumed, and no sub code for 'no such refund' is published: "
            "never sent again by itself",
            calls.refund,
            look_up=calls.look_up,
            not_found_is_proof=False,
            money=True,
        ),
        Operation(SYSTEM, QUERY_REFUND, EffectClass.READ, _FOUND_BY, calls.query_refund),
    )


def _refund(call: Call) -> RefundOf:
    """The refund of a payload. ``refund_time`` (14 digits) is when it was decided on.

    Without it the day of the payment stands in m_refund_id: never the day of the attempt, or an attempt after midnight
    would be another refund there.
    """
    facts = call.payload
    return RefundOf(
        reference=payload_text(facts["refund_reference"]),
        decided=payload_text(facts.get("refund_time") or facts["request_time"]),
        payment_number=payload_text(facts.get("provider_reference") or ""),
        amount=payload_amount(facts["amount"]),
        payment_amount=payload_amount(facts["payment_amount"]),
        order_info=payload_text(facts.get("order_info") or ""),
    )
