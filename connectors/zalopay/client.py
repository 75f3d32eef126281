"""Asks ZaloPay: an order page, a payment, a refund, what became of a refund. Keeps no state, threads may share it.

Answers carry no mac and do not name what was asked: they are believed for TLS alone, and 'failed' only where its sub
code is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.errors import CredentialsRefused, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import Done, EffectClass, Finding, NotDone, Refused, Undecided
from connectors.kit.reading import a_text, a_whole, agreed, an_object, fourteen_digits, read_json
from connectors.kit.refusing import before_sending, payer_page
from connectors.kit.seams import Clock
from connectors.kit.transport import Transport
from connectors.zalopay import wire
from connectors.zalopay.settings import Settings
from connectors.zalopay.translate import (
    SUCCESS,
    RefundWord,
    Said,
    queried,
    refund_word,
    text_for,
)
from mappings.canonical.codec import to_json
from mappings.canonical.payment import PaymentNews, PaymentVerdict, RefundNews, RefundVerdict

SYSTEM = "zalopay"
OPEN, QUERY, REFUND, QUERY_REFUND = "open_payment", "query_payment", "refund", "query_refund"


@dataclass(frozen=True, slots=True)
class RefundOf:
    """A refund of a payment.

    Attributes:
        reference: our refund reference, the text of m_refund_id for ever.
        decided: 14 digits, the moment it was decided on: the day in m_refund_id.
        payment_number: zp_trans_id of the payment.
        amount, payment_amount: whole đồng.
    """

    reference: str
    decided: str
    payment_number: str
    amount: int
    payment_amount: int
    order_info: str = ""


class Client:
    """ZaloPay as the other side of payments and refunds."""

    supports_refund = True
    supports_partial_refund = True

    def __init__(self, settings: Settings, transport: Transport, *, clock: Clock) -> None:
        self._settings, self._transport, self._clock = settings, transport, clock

    def open_payment(
        self,
        *,
        reference: str,
        amount: int,
        request_time: str,
        description: str,
        return_url: str = "",
        deadline_seconds: float | None = None,
    ) -> str:
        """Open an order under our reference and give the address of its page.

        Args:
            request_time: 14 digits; its day stands in the order's number, so that query needs the same.

        Raises:
            Rejected: refused by them, or by us before anything left (code ``not-sent``).
            Unavailable, CredentialsRefused: nothing was opened.
            OutcomeUnknown: it may be open; nobody holds its address. Ask by query.
        """
        settings = self._settings
        with before_sending(SYSTEM, OPEN, reference):
            self._fits(amount, settings.least_amount, settings.most_amount)
            embed = {"redirecturl": return_url or settings.redirect_url}
            asked: dict[str, Any] = {
                "app_id": int(settings.app_id),
                "app_user": settings.app_user,
                "app_trans_id": wire.order_number(reference, request_time),
                "app_time": wire.milliseconds(fourteen_digits(request_time, "request_time")),
                "amount": amount,
                "item": "[]",
                "embed_data": json.dumps(embed, separators=(",", ":")),
                "description": text_for(description, settings.longest_text),
                "bank_code": "",
                "callback_url": settings.callback_url,
            }
            asked["mac"] = wire.mac(wire.CREATE_SIGNED, asked, settings.signing_key)
        fields, said = self._write(OPEN, settings.create_path, asked, reference, deadline_seconds)
        facts: dict[str, str] = {"system": SYSTEM, "operation": OPEN, "reference": reference}
        if said.code != SUCCESS:
            raise self._not_done(OPEN, reference, said)
        with agreed(**facts):
            return payer_page(
                a_text(fields, "order_url", most=4_000, empty=False),
                base_url=self._settings.base_url,
                hosts=self._settings.page_hosts,
                field="order_url",
                facts={"system": SYSTEM, "operation": OPEN, "reference": reference},
            )

    def query(
        self, *, reference: str, request_time: str, amount: int, deadline_seconds: float | None = None
    ) -> PaymentNews:
        """What ZaloPay knows of an order. 'Failed' without a known sub code is news without a verdict.

        Raises:
            Unavailable: nobody answered, or they are busy.
            CredentialsRefused, Rejected: our keys or our request are refused: a person must look.
            ContractBroken: not as agreed.
        """
        with before_sending(SYSTEM, QUERY, reference):
            order = wire.order_number(reference, request_time)
            asked: dict[str, Any] = {"app_id": int(self._settings.app_id), "app_trans_id": order}
            key = self._settings.signing_key
            asked["mac"] = wire.mac(wire.QUERY_SIGNED, asked, key, key.decode())
        fields, said = self._read(QUERY, self._settings.query_path, asked, reference, deadline_seconds)
        with agreed(SYSTEM, QUERY, reference):
            news = queried(fields, said, self._settings, reference=reference)
        if news.verdict is PaymentVerdict.PAID and news.amount != amount:
            return replace(news, message=f"{news.message}: {news.amount} ₫, đã yêu cầu {amount} ₫")
        return news

    def refund(self, refund: RefundOf, *, deadline_seconds: float | None = None) -> RefundNews:
        """Ask ZaloPay to pay back under our own number. Never more than 'accepted': what became of it is asked.

        Raises:
            Unavailable, CredentialsRefused: nothing was taken there.
            Rejected: a final no by a sub code that ZaloPay has named, or ours before anything left (``not-sent``).
            OutcomeUnknown: it may be under way: ask before anything else.
        """
        settings = self._settings
        with before_sending(SYSTEM, REFUND, refund.reference):
            self._fits(refund.amount, 1, refund.payment_amount)
            asked: dict[str, Any] = {
                "m_refund_id": wire.refund_number(refund.reference, settings.app_id, refund.decided),
                "app_id": int(settings.app_id),
                "zp_trans_id": str(a_whole(refund.payment_number, "zp_trans_id", least=1, most=10**17)),
                "amount": refund.amount,
                "timestamp": wire.milliseconds(self._clock.now()),
                "description": text_for(
                    refund.order_info or f"Hoan tien {refund.reference}", settings.longest_text
                ),
            }
            asked["mac"] = wire.mac(wire.REFUND_SIGNED, asked, settings.signing_key)
        fields, said = self._write(REFUND, settings.refund_path, asked, refund.reference, deadline_seconds)
        word = refund_word(said, settings)
        if word not in (RefundWord.DONE, RefundWord.PROCESSING):
            raise self._not_done(REFUND, refund.reference, said, refused=word is RefundWord.REFUSED)
        with agreed(SYSTEM, REFUND, refund.reference):
            number = wire.number_of(fields, "refund_id")
        return _refund_news(refund, RefundVerdict.ACCEPTED, "answer", said, number)

    def query_refund(self, refund: RefundOf, *, deadline_seconds: float | None = None) -> Finding:
        """What became of a refund, by our own number.

        Raises:
            As :meth:`query`.
        """
        settings = self._settings
        with before_sending(SYSTEM, QUERY_REFUND, refund.reference):
            asked: dict[str, Any] = {
                "app_id": int(settings.app_id),
                "m_refund_id": wire.refund_number(refund.reference, settings.app_id, refund.decided),
                "timestamp": wire.milliseconds(self._clock.now()),
            }
            asked["mac"] = wire.mac(wire.QUERY_REFUND_SIGNED, asked, settings.signing_key)
        fields, said = self._read(
            QUERY_REFUND, settings.query_refund_path, asked, refund.reference, deadline_seconds
        )
        with agreed(SYSTEM, QUERY_REFUND, refund.reference):
            number = wire.number_of(fields, "refund_id")
        match refund_word(said, settings):
            case RefundWord.DONE:
                news = _refund_news(refund, RefundVerdict.SENT_TO_BANK, "query", said, number)
                return Done({"news": to_json(news)}, said.both, final=False)
            case RefundWord.PROCESSING:
                news = _refund_news(refund, RefundVerdict.ACCEPTED, "query", said, number)
                return Done({"news": to_json(news)}, said.both, final=False)
            case RefundWord.REFUSED:
                news = _refund_news(refund, RefundVerdict.REJECTED, "query", said, number)
                return Refused(said.both, said.told, {"news": to_json(news)})
            case RefundWord.NOT_FOUND:
                return NotDone(said.both, said.told)
            case _:
                return Undecided(said.both, said.told)

    def find_refund(self, refund: RefundOf, *, deadline_seconds: float | None = None) -> Finding:
        """As :meth:`query_refund`, for a look-up: an answer that tells nothing is undecided.

        Raises:
            Unavailable: nobody answered.
        """
        try:
            return self.query_refund(refund, deadline_seconds=deadline_seconds)
        except Rejected as exc:
            return Undecided(exc.code, str(exc))
        except (OutcomeUnknown, CredentialsRefused) as exc:
            return Undecided("", str(exc))

    def _read(
        self,
        operation: str,
        path: str,
        asked: Mapping[str, Any],
        reference: str,
        deadline_seconds: float | None,
    ) -> tuple[dict[str, Any], Said]:
        fields, said = self._exchanged(operation, path, asked, EffectClass.READ, reference, deadline_seconds)
        facts: dict[str, Any] = {"system": SYSTEM, "operation": operation, "reference": reference}
        told = f"{said.both}: {said.told}"
        match said.fault:
            case "access":
                raise CredentialsRefused(told, **facts)
            case "request" | "duplicate":
                raise Rejected(told, code=said.both, **facts)
            case "busy":
                raise Unavailable(told, **facts)
        return fields, said

    def _write(
        self,
        operation: str,
        path: str,
        asked: Mapping[str, Any],
        reference: str,
        deadline_seconds: float | None,
    ) -> tuple[dict[str, Any], Said]:
        try:
            return self._exchanged(operation, path, asked, EffectClass.FINDABLE, reference, deadline_seconds)
        except Rejected as exc:
            # A 4xx carries no code of theirs that we could believe.
            raise OutcomeUnknown(
                f"refused without a return_code: {exc}",
                system=SYSTEM,
                operation=operation,
                reference=reference,
            ) from exc

    def _exchanged(
        self,
        operation: str,
        path: str,
        asked: Mapping[str, Any],
        effect_class: EffectClass,
        reference: str,
        deadline_seconds: float | None,
    ) -> tuple[dict[str, Any], Said]:
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
            fields = an_object(value)
            return fields, Said.of(fields)

    def _not_done(self, operation: str, reference: str, said: Said, *, refused: bool = False) -> Exception:
        """What the codes mean for a write that was not simply done."""
        told = f"{said.both}: {said.told}"
        facts: dict[str, str] = {"system": SYSTEM, "operation": operation, "reference": reference}
        if said.fault == "access":
            return CredentialsRefused(told, **facts)
        if refused or said.fault == "request":
            return Rejected(told, code=said.both, **facts)
        return OutcomeUnknown(told, **facts)

    def _fits(self, amount: int, least: int, most: int) -> None:
        if type(amount) is not int or not least <= amount <= most:
            raise ValueError(f"the amount is outside the limits {least} to {most} đồng")


def _refund_news(
    refund: RefundOf, verdict: RefundVerdict, source: str, said: Said, number: str
) -> RefundNews:
    # Their answers name no amount: what is told is of the amount that was asked.
    return RefundNews(
        refund.reference,
        verdict,
        source,
        amount=refund.amount,
        code=said.both,
        message=said.told if said.code != SUCCESS else "ZaloPay đã hoàn",
        provider_reference=number or None,
    )
