"""Opens payments at PayGov. There is no query and no refund message that anybody knows. Keeps no state."""

from __future__ import annotations

import ipaddress
import re

from connectors.errors import OutcomeUnknown, Rejected
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable, a_text, agreed, an_object, read_json
from connectors.kit.refusing import payer_page
from connectors.kit.transport import Transport
from connectors.paygov import wire
from connectors.paygov.settings import Settings
from connectors.paygov.translate import order_of, safe_text

SYSTEM = "paygov"
OPEN = "open_payment"
_REFERENCE = re.compile(r"[0-9A-Za-z]{1,40}")


class Client:
    """PayGov as a way to pay. ``supports_refund`` and ``supports_query`` are ``False``: no such message is known."""

    supports_refund = False
    supports_partial_refund = False
    supports_query = False

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self._settings, self._transport = settings, transport

    def open_payment(
        self,
        *,
        reference: str,
        amount: int,
        description: str,
        payer_address: str,
        unit: str,
        dossier: str,
        return_url: str = "",
        deadline_seconds: float | None = None,
    ) -> str:
        """Open a payment under our reference (requestCode) and give the address of its page.

        Raises:
            Rejected: ours, before anything left (code ``not-sent``).
            Unavailable, CredentialsRefused: nothing was opened.
            OutcomeUnknown: it may be open; nobody holds its address, and nobody can be asked.
        """
        try:
            asked = self._message(
                reference=reference,
                amount=amount,
                description=description,
                payer_address=payer_address,
                unit=unit,
                dossier=dossier,
                return_url=return_url,
            )
        except ValueError as exc:
            raise Rejected(
                str(exc), system=SYSTEM, operation=OPEN, code="not-sent", reference=reference
            ) from exc
        facts: dict[str, str] = {"system": SYSTEM, "operation": OPEN, "reference": reference}
        try:
            answer = self._transport.send(
                OPEN,
                "POST",
                self._settings.create_path,
                effect_class=EffectClass.EVIDENCE,
                reference=reference,
                json=asked,
                deadline_seconds=deadline_seconds,
            )
        except Rejected as exc:
            raise OutcomeUnknown(f"refused without a code of theirs: {exc}", **facts) from exc
        value = read_json(answer.content, **facts)
        with agreed(**facts):
            fields = wire.as_texts(an_object(value))
            if fields.get("requestCode", reference) != reference:
                raise Unreadable("requestCode", "is not that of the request")
            code = a_text(fields, self._settings.code_field, most=20, empty=False)
            if code not in self._settings.done_codes:
                # Codes of refusal are not known: it may be our own number, used before.
                raise OutcomeUnknown(f"code {code}", **facts)
            return payer_page(
                a_text(fields, self._settings.page_field, most=4_000, empty=False),
                base_url=self._settings.base_url,
                hosts=self._settings.page_hosts,
                field="the page",
                facts=facts,
            )

    def _message(
        self,
        *,
        reference: str,
        amount: int,
        description: str,
        payer_address: str,
        unit: str,
        dossier: str,
        return_url: str,
    ) -> dict[str, str]:
        settings = self._settings
        if not _REFERENCE.fullmatch(reference):
            raise ValueError("a reference is 1 to 40 letters and digits")
        if type(amount) is not int or not settings.least_amount <= amount <= settings.most_amount:
            raise ValueError(f"the amount is outside {settings.least_amount} to {settings.most_amount} đồng")
        asked = {
            "partnerCode": settings.partner_code,
            "returnUrl": return_url or settings.return_url,
            "orderId": order_of(settings, unit=unit, dossier=dossier, reference=reference),
            "amount": str(amount),
            "orderInfo": safe_text(description, settings.longest_text),
            "requestCode": reference,
            "ipAddress": str(ipaddress.ip_address(payer_address)),
        }
        if settings.access_key is not None:
            asked["accessKey"] = settings.access_key.get_secret_value()
        if settings.service_code:
            asked["serviceCode"] = settings.service_code
        if settings.request_checksum is not None:
            asked["checksum"] = wire.checksum(settings.request_checksum, asked, settings.signing_key)
        return asked
