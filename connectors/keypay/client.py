"""Asks KeyPay: a page and a payment, through the portal's form; or a signed page address, stand-alone. Keeps no state.

Answers carry no hash that any paper describes: they are believed for TLS and for echoing our own number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from connectors.errors import OutcomeUnknown, Rejected
from connectors.keypay import wire
from connectors.keypay.settings import Settings
from connectors.keypay.translate import news_of, text_for
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable, a_text, agreed, an_object, read_json
from connectors.kit.refusing import before_sending, payer_page
from connectors.kit.transport import Transport
from mappings.canonical.payment import PaymentNews, PaymentVerdict

SYSTEM = "keypay"
OPEN, QUERY = "open_payment", "query_payment"
_REFERENCE = re.compile(r"[0-9A-Za-z]{1,40}")


class Client:
    """KeyPay as a way to pay. ``supports_refund`` is ``False``: no refund message is known."""

    supports_refund = False
    supports_partial_refund = False

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self._settings, self._transport = settings, transport
        self.is_called = settings.stand_alone is None

    def open_payment(
        self,
        *,
        reference: str,
        amount: int,
        description: str,
        return_url: str = "",
        deadline_seconds: float | None = None,
    ) -> str:
        """Open a payment under our reference and give the address of its page.

        Raises:
            Rejected: refused by them with a code of the agreed kind, or by us before anything left (``not-sent``).
            Unavailable, CredentialsRefused: nothing was opened.
            OutcomeUnknown: it may be open; nobody holds its address. Ask by its number.
        """
        settings = self._settings
        with before_sending(SYSTEM, OPEN, reference):
            self._fits(reference, amount)
            asked = {
                "client_id": settings.client_id,
                "transaction_id": reference,
                "trans_amount": str(amount),
                "addition_fee": "0",
                "command": settings.create_command,
                "version": settings.version,
                "bill_info": text_for(description, settings.longest_text),
                "return_url": return_url or settings.return_url,
            }
            asked[wire.HASH] = wire.signature(wire.CREATE_SIGNED, asked, settings.signing_key)
        try:
            fields = self._exchanged(
                OPEN, settings.create_path, asked, EffectClass.FINDABLE, reference, deadline_seconds
            )
        except Rejected as exc:
            raise OutcomeUnknown(
                f"refused without a code of theirs: {exc}", system=SYSTEM, operation=OPEN, reference=reference
            ) from exc
        facts: dict[str, str] = {"system": SYSTEM, "operation": OPEN, "reference": reference}
        with agreed(**facts):
            code = a_text(fields, settings.code_field, most=20, empty=False)
            if code not in settings.done_codes:
                # Codes of refusal are not known: it may be our own number, used before.
                raise OutcomeUnknown(f"code {code}", **facts)
            return payer_page(
                a_text(fields, settings.page_field, most=4_000, empty=False),
                base_url=self._settings.base_url,
                hosts=self._settings.page_hosts,
                field="the page",
                facts=facts,
            )

    def query(self, *, reference: str, amount: int, deadline_seconds: float | None = None) -> PaymentNews:
        """What KeyPay knows of a payment; a state that nobody has named is unknown and asked again.

        Raises:
            Unavailable: nobody answered. CredentialsRefused, Rejected: a person must look.
            ContractBroken: answered, but not as agreed.
        """
        settings = self._settings
        with before_sending(SYSTEM, QUERY, reference):
            self._fits(reference, None)
            asked = {
                "client_id": settings.client_id,
                "command": settings.detail_command,
                "transaction_id": reference,
            }
            asked[wire.HASH] = wire.signature(wire.DETAIL_SIGNED, asked, settings.signing_key)
        fields = self._exchanged(
            QUERY, settings.detail_path, asked, EffectClass.READ, reference, deadline_seconds
        )
        with agreed(SYSTEM, QUERY, reference):
            found = news_of({"transaction_id": reference, **fields}, settings, source="query")
            if found.reference != reference:
                raise Unreadable("transaction_id", "is not that of the request")
        if found.verdict is PaymentVerdict.PAID and found.amount != amount:
            return replace(found, message=f"{found.message}: {found.amount} ₫, đã yêu cầu {amount} ₫")
        return found

    def payment_url(
        self,
        *,
        reference: str,
        amount: int,
        created: datetime,  # noqa: ARG002 - the form has no field for it that is known
        expires: datetime,  # noqa: ARG002
        order_info: str,
        payer_address: str,  # noqa: ARG002
        language: str,  # noqa: ARG002
        bank_code: str = "",  # noqa: ARG002
    ) -> tuple[str, str]:
        """The signed address of the stand-alone page, and no request time: nothing is known that could be asked.

        Raises:
            ValueError: the installation uses the portal's form, or a fact that must not leave like that.
        """
        form = self._settings.stand_alone
        if form is None:
            raise ValueError("the stand-alone form of KeyPay is not set up")
        self._fits(reference, amount)
        fields = {
            **form.fixed,
            form.reference_field: reference,
            form.amount_field: str(amount),
            form.text_field: text_for(order_info, self._settings.longest_text),
            form.return_field: self._settings.return_url,
        }
        fields[form.hash_field] = wire.plain_hash(form.algorithm, self._settings.signing_key, fields)
        return f"{form.page_url}?{urlencode(fields)}", ""

    def _exchanged(
        self,
        operation: str,
        path: str,
        asked: Mapping[str, Any],
        effect_class: EffectClass,
        reference: str,
        deadline_seconds: float | None,
    ) -> dict[str, str]:
        answer = self._transport.send(
            operation,
            "POST",
            path,
            effect_class=effect_class,
            reference=reference,
            json=asked,
            deadline_seconds=deadline_seconds,
        )
        value = read_json(answer.content, system=SYSTEM, operation=operation, reference=reference)
        with agreed(SYSTEM, operation, reference):
            fields = wire.as_texts(an_object(value))
            if fields.get("transaction_id", reference) != reference:
                raise Unreadable("transaction_id", "is not that of the request")
            return fields

    def _fits(self, reference: str, amount: int | None) -> None:
        if not _REFERENCE.fullmatch(reference):
            raise ValueError("a reference is 1 to 40 letters and digits")
        least, most = self._settings.least_amount, self._settings.most_amount
        if amount is not None and (type(amount) is not int or not least <= amount <= most):
            raise ValueError(f"the amount is outside the limits {least} to {most} đồng")
