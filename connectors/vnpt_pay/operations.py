"""What the effect engine may ask of VNPT Pay. No refund: how one is found again stands in a manual that nobody has yet."""

from __future__ import annotations

from connectors.errors import CredentialsRefused, OutcomeUnknown, Rejected
from connectors.kit.effects import Call, Done, EffectClass, Finding, Operation, Undecided
from connectors.kit.payload import payload_amount, payload_text
from connectors.vnpt_pay.client import OPEN, QUERY, SYSTEM, Client
from mappings.canonical.codec import to_json
from mappings.canonical.payment import PaymentNews


def operations(client: Client) -> tuple[Operation, ...]:
    """Open and query a payment."""

    def open_payment(call: Call) -> Done:
        facts = call.payload
        url = client.open_payment(
            reference=payload_text(facts["reference"]),
            amount=payload_amount(facts["amount"]),
            request_time=payload_text(facts["request_time"]),
            description=payload_text(facts["description"]),
            payer_address=payload_text(facts["payer_address"]),
            language=payload_text(facts.get("language") or "vi"),
            return_url=payload_text(facts.get("return_url") or ""),
            deadline_seconds=call.deadline_seconds,
        )
        return Done({"payment_url": url}, "00")

    def asked(call: Call) -> PaymentNews:
        return client.query(
            reference=payload_text(call.payload["reference"]),
            request_time=payload_text(call.payload["request_time"]),
            amount=payload_amount(call.payload["amount"]),
            deadline_seconds=call.deadline_seconds,
        )

    def find_payment(call: Call) -> Finding:
        """A signed answer that names the payment says that it stands there; anything else says nothing."""
        try:
            news = asked(call)
        except (OutcomeUnknown, CredentialsRefused, Rejected) as exc:
            return Undecided("", str(exc)[:200])
        return Done({"payment_url": "", "news": to_json(news)}, news.code)

    def query_payment(call: Call) -> Done:
        news = asked(call)
        return Done({"news": to_json(news)}, news.code)

    return (
        Operation(
            SYSTEM,
            OPEN,
            EffectClass.FINDABLE,
            "the query by our MERCHANT_ORDER_ID; 'not found' is no proof. Nobody can pay without the address that only the "
            "answer carries",
            open_payment,
            look_up=find_payment,
            not_found_is_proof=False,
        ),
        Operation(SYSTEM, QUERY, EffectClass.READ, "a query changes nothing there", query_payment),
    )
