"""What the effect engine may ask of PayGov: to open a payment. Its outcome is told by the callback, a file or a person."""

from __future__ import annotations

from typing import Any

from connectors.kit.effects import Call, Done, EffectClass, Operation
from connectors.paygov.client import OPEN, SYSTEM, Client


def operations(client: Client) -> tuple[Operation, ...]:
    """Opening only: no query and no refund message is known."""

    def open_payment(call: Call) -> Done:
        facts = call.payload
        receipt = facts.get("receipt") or {}
        url = client.open_payment(
            reference=_text(facts["reference"]),
            amount=_whole(facts["amount"]),
            description=_text(facts["description"]),
            payer_address=_text(facts["payer_address"]),
            unit=_text(receipt.get("unit_code") or ""),
            dossier=_text(receipt.get("dossier_code") or ""),
            return_url=_text(facts.get("return_url") or ""),
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


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is expected in the payload")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("an amount in the payload is whole đồng")
    return value
