"""What the effect engine may ask of PayGov: to open a payment. Its outcome is told by the callback, a file or a person."""

from __future__ import annotations

from connectors.kit.effects import Call, Done, EffectClass, Operation
from connectors.kit.payload import payload_amount, payload_text
from connectors.paygov.client import OPEN, SYSTEM, Client


def operations(client: Client) -> tuple[Operation, ...]:
    """Opening only: no query and no refund message is known."""

    def open_payment(call: Call) -> Done:
        facts = call.payload
        receipt = facts.get("receipt") or {}
        url = client.open_payment(
            reference=payload_text(facts["reference"]),
            amount=payload_amount(facts["amount"]),
            description=payload_text(facts["description"]),
            payer_address=payload_text(facts["payer_address"]),
            unit=payload_text(receipt.get("unit_code") or ""),
            dossier=payload_text(receipt.get("dossier_code") or ""),
            return_url=payload_text(facts.get("return_url") or ""),
            deadline_seconds=call.deadline_seconds,
        )
        return Done({"payment_url": url}, "00")

    return (
        Operation(
            SYSTEM,
            OPEN,
            EffectClass.EVIDENCE,
            "the callback that carries our requestCode, the provider's file, or a person: no query is known. Nobody can pay "
            "without the address that only the answer carries",
            open_payment,
        ),
    )
