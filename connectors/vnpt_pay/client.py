"""Asks VNPT Pay by what its manual says. Keeps no state, threads may share it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.errors import OutcomeUnknown, Rejected
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable, a_text, agreed, an_object, fourteen_digits, read_json
from connectors.kit.refusing import payer_page
from connectors.kit.transport import Transport
from connectors.vnpt_pay import wire
from connectors.vnpt_pay.settings import AMOUNT, HASH, ORDER, Settings
from connectors.vnpt_pay.translate import news_of, text_for
from mappings.canonical.payment import PaymentNews, PaymentVerdict

SYSTEM = "vnpt_pay"
OPEN, QUERY = "open_payment", "query_payment"
_REFERENCE = re.compile(r"[0-9A-Za-z]{1,40}")
_LOCALES = {"vi": "vi-VN", "en": "en-US"}


class Client:
    """VNPT Pay as a way to pay. ``supports_refund`` is ``False`` until the manual says how a refund is found again."""

    supports_refund = False
    supports_partial_refund = False

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self._settings, self._transport = settings, transport
        self._manual = settings.manual

    def open_payment(
        self,
        *,
        reference: str,
        amount: int,
        request_time: str,
        description: str,
        payer_address: str,
        language: str = "vi",
        return_url: str = "",
        deadline_seconds: float | None = None,
    ) -> str:
        """Open a payment under our reference and give the address of its page.

        Raises:
            Rejected: ours, before anything left (code ``not-sent``).
            Unavailable, CredentialsRefused: nothing was opened.
            OutcomeUnknown: it may be open; nobody holds its address. Ask by its number.
        """
        settings = self._settings
        try:
            self._fits(amount)
            fourteen_digits(request_time, "request_time")
            values = {
                "ACTION": "INIT",
                ORDER: _reference(reference),
                AMOUNT: str(amount),
                "DESCRIPTION": text_for(description, settings.longest_text),
                "CREATE_DATE": request_time,
                "CLIENT_IP": str(ipaddress.ip_address(payer_address)),
                "LOCALE": _LOCALES.get(language, "vi-VN"),
                "CURRENCY_CODE": "VND",
                "RETURN_URL": return_url or settings.return_url,
            }
            asked = self._signed(values, self._manual.init_fields)
        except ValueError as exc:
            raise self._not_sent(OPEN, reference, exc) from exc
        facts: dict[str, str] = {"system": SYSTEM, "operation": OPEN, "reference": reference}
        try:
            fields = self._exchanged(OPEN, self._manual.init_path, asked, self._manual.init_answer_fields, EffectClass.FINDABLE, reference, deadline_seconds)  # fmt: skip
        except Rejected as exc:
            raise OutcomeUnknown(f"refused without a code of theirs: {exc}", **facts) from exc
        with agreed(**facts):
            code = a_text(fields, self._manual.code_field, most=20, empty=False)
            if code != self._manual.done_code:
                raise OutcomeUnknown(f"code {code}", **facts)
            return payer_page(
                a_text(fields, self._manual.page_field, most=4_000, empty=False),
                base_url=self._settings.base_url,
                hosts=self._settings.page_hosts,
                field="the page",
                facts=facts,
            )

    def query(
        self, *, reference: str, request_time: str, amount: int, deadline_seconds: float | None = None
    ) -> PaymentNews:
        """What VNPT Pay knows of a payment.

        Raises:
            Unavailable: nobody answered. CredentialsRefused, Rejected: a person must look.
            ContractBroken: answered, but not signed or not as agreed.
        """
        values = {"ACTION": "QUERY", ORDER: reference, "CREATE_DATE": request_time, AMOUNT: str(amount)}
        try:
            _reference(reference)
            asked = self._signed(values, self._manual.query_fields)
        except ValueError as exc:
            raise self._not_sent(QUERY, reference, exc) from exc
        fields = self._exchanged(QUERY, self._manual.query_path, asked, self._manual.query_answer_fields, EffectClass.READ, reference, deadline_seconds)  # fmt: skip
        with agreed(SYSTEM, QUERY, reference):
            found = news_of(fields, self._settings, source="query")
        if found.verdict is PaymentVerdict.PAID and found.amount != amount:
            return replace(found, message=f"{found.message}: {found.amount} ₫, đã yêu cầu {amount} ₫")
        return found

    def _fits(self, amount: int) -> None:
        least, most = self._settings.least_amount, self._settings.most_amount
        if type(amount) is not int or not least <= amount <= most:
            raise ValueError(f"the amount is outside {least} to {most} đồng")

    def _signed(self, values: Mapping[str, str], order: Sequence[str]) -> dict[str, str]:
        filled = {**self._manual.fixed, **values}
        message = {name: filled.get(name, "") for name in order}
        return {**message, HASH: wire.secure_code(order, message, self._settings.signing_key)}

    def _exchanged(
        self,
        operation: str,
        path: str,
        asked: Mapping[str, Any],
        answer_fields: Sequence[str],
        effect_class: EffectClass,
        reference: str,
        deadline_seconds: float | None,
    ) -> dict[str, str]:
        """An answer that carries their code and is about what was asked; only what is under the code is given."""
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
            if not wire.holds(answer_fields, fields, fields.pop(HASH, ""), self._settings.checking_keys):
                raise Unreadable(HASH, "is missing or does not hold")
            if fields.get(ORDER) != reference:
                raise Unreadable(ORDER, "is not that of the request")
            kept = {*answer_fields, self._manual.page_field}
            return {name: text for name, text in fields.items() if name in kept}

    def _not_sent(self, operation: str, reference: str, exc: ValueError) -> Rejected:
        return Rejected(str(exc), system=SYSTEM, operation=operation, code="not-sent", reference=reference)


def _reference(text: str) -> str:
    if not _REFERENCE.fullmatch(text):
        raise ValueError("a reference is 1 to 40 letters and digits")
    return text
