"""What the effect engine may ask of KeyPay, and how each outcome is found. There is no refund message."""

from __future__ import annotations

from connectors.errors import CredentialsRefused, OutcomeUnknown, Rejected
from connectors.keypay.client import OPEN, QUERY, SYSTEM, Client
from connectors.kit.effects import Call, Done, EffectClass, Finding, Operation, Undecided
from connectors.kit.payload import payload_amount, payload_text
from mappings.canonical.codec import to_json
from mappings.canonical.payment import PaymentNews, PaymentVerdict


def operations(client: Client) -> tuple[Operation, ...]:
    """Open and query a payment; nothing in the stand-alone form, where nobody is called."""
    if not client.is_called:
        return ()

    def open_payment(call: Call) -> Done:
        facts = call.payload
        url = client.open_payment(
            reference=payload_text(facts["reference"]),
            amount=payload_amount(facts["amount"]),
            description=payload_text(facts["description"]),
            return_url=payload_text(facts.get("return_url") or ""),
            deadline_seconds=call.deadline_seconds,
        )
        return Done({"payment_url": url}, "0")

    def asked(call: Call) -> PaymentNews:
        return client.query(
            reference=payload_text(call.payload["reference"]),
            amount=payload_amount(call.payload["amount"]),
            deadline_seconds=call.deadline_seconds,
        )

    def find_payment(call: Call) -> Finding:
        """A state that nobody has named does not even say that the payment is open."""
        try:
            news = asked(call)
        except (OutcomeUnknown, CredentialsRefused, Rejected) as exc:
            return Undecided("", str(exc)[:200])
        if news.verdict is PaymentVerdict.UNKNOWN and news.amount is None:
            return Undecided(news.code, news.message)
        return Done({"payment_url": "", "news": to_json(news)}, news.code)

    def query_payment(call: Call) -> Done:
        news = asked(call)
        return Done({"news": to_json(news)}, news.code)

    return (
        Operation(
            SYSTEM,
            OPEN,
            EffectClass.FINDABLE,
            "the detail query by our transaction_id, which names the amount of a payment that stands there. 'Not found' is "
            "no proof. Nobody can pay without the address that only the answer carries",
            open_payment,
            look_up=find_payment,
            not_found_is_proof=False,
        ),
        Operation(SYSTEM, QUERY, EffectClass.READ, "a query changes nothing there", query_payment),
    )
