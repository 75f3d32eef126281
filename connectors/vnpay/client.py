"""Asks VNPAY: the payment address, querydr, refund. Speaks canonical types only; keeps no state, threads may share it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from connectors.errors import ContractBroken, CredentialsRefused, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import Done, EffectClass, Finding, NotDone, Refused, Undecided
from connectors.kit.reading import agreed, fourteen_digits, read_json
from connectors.kit.seams import Clock, Ids, RandomIds
from connectors.vnpay import wire
from connectors.vnpay.settings import Settings
from connectors.vnpay.translate import (
    meaning,
    number,
    payment_news,
    refund_verdict,
    safe_text,
    verdict_of_query,
)
from mappings.canonical.codec import to_json
from mappings.canonical.payment import PaymentNews, PaymentVerdict, RefundNews, RefundVerdict

SYSTEM = "vnpay"
QUERY, REFUND = "query_payment", "refund"
REPEATED_WAIT_SECONDS = 300.0
"""How long VNPAY refuses a repeated query with 94 (older tables; the present one names no time)."""

_PAYMENT, _WHOLE_REFUND, _PART_REFUND = "01", "02", "03"
_LOCALES = {"vi": "vn", "en": "en"}


class Answered(Protocol):
    """The part of the transport's answer that is used here."""

    @property
    def content(self) -> bytes: ...


class Sender(Protocol):
    """The part of ``connectors.kit.transport.Transport`` that is used here."""

    def send(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        effect_class: EffectClass,
        reference: str = "",
        json: Any = None,
        deadline_seconds: float | None = None,
    ) -> Answered: ...


@dataclass(frozen=True, slots=True)
class PaymentOf:
    """A payment as VNPAY knows it.

    Attributes:
        reference: its TxnRef.
        terminal: its TmnCode.
        request_time: its ``vnp_CreateDate`` exactly as it was sent, 14 digits.
        amount: whole đồng that were asked.
        provider_reference: VNPAY's TransactionNo, or nothing.
    """

    reference: str
    terminal: str
    request_time: str
    amount: int
    provider_reference: str = ""


@dataclass(frozen=True, slots=True)
class RefundOf:
    """A refund of a payment.

    Attributes:
        reference: our refund reference: ``vnp_RequestId`` for ever.
        amount: whole đồng to be paid back.
        created_by: who approved it; without diacritics on the wire.
        others: VNPAY's numbers of earlier refunds of the same payment: news that name one of them are not of this one.
    """

    reference: str
    payment: PaymentOf
    amount: int
    created_by: str = "lienthong"
    order_info: str = ""
    others: Sequence[str] = ()


class Client:
    """VNPAY as the other side of payments and refunds."""

    def __init__(
        self, settings: Settings, transport: Sender, *, clock: Clock, ids: Ids | None = None
    ) -> None:
        self._settings, self._transport, self._clock = settings, transport, clock
        self._ids = ids or RandomIds()

    def payment_url(
        self,
        *,
        reference: str,
        amount: int,
        created: datetime,
        expires: datetime,
        order_info: str,
        payer_address: str,
        language: str,
        bank_code: str = "",
        terminal: str = "",
    ) -> tuple[str, str]:
        """The address to which the payer's browser goes, and the request time as sent. Nothing leaves us here.

        Args:
            reference: unique for ever; letters and digits.
            amount: whole đồng.
            payer_address: IP address of the payer.
            language: ``vi`` or ``en``.
            terminal: TmnCode; the first one when empty.

        Raises:
            Rejected: the payment page would refuse the amount (code ``amount``).
            ValueError: a fact that must never leave like that.
        """
        amount_text = wire.times_hundred(amount)
        if not self._settings.least_amount <= amount <= self._settings.most_amount:
            raise self._rejected(
                "payment_url", "amount", f"{amount} đồng is outside VNPAY's limits", reference
            )
        if not wire.is_safe(reference) or len(reference) > 100:
            raise ValueError("a reference is 1 to 100 safe characters")
        request_time, until = wire.stamp(created), wire.stamp(expires)
        if until <= request_time:
            raise ValueError("the payment would be over before it begins")
        code = terminal or self._settings.tmn_code
        fields = {
            "vnp_Version": wire.VERSION,
            "vnp_Command": "pay",
            "vnp_TmnCode": code,
            "vnp_Amount": amount_text,
            "vnp_BankCode": bank_code,
            "vnp_CreateDate": request_time,
            "vnp_CurrCode": "VND",
            "vnp_ExpireDate": until,
            "vnp_IpAddr": str(ipaddress.ip_address(payer_address)),
            "vnp_Locale": _LOCALES[language],
            "vnp_OrderInfo": safe_text(order_info),
            "vnp_OrderType": self._settings.order_type,
            "vnp_ReturnUrl": self._settings.return_url,
            "vnp_TxnRef": reference,
        }
        query = wire.query_string(fields, self._key(code))
        return f"{self._settings.payment_url}?{query}", request_time

    def query(self, payment: PaymentOf, *, deadline_seconds: float | None = None) -> PaymentNews:
        """What VNPAY knows of a payment. 'Not found' (91) is news without a verdict: no proof that no money moved.

        Raises:
            Unavailable: no answer, or asked too soon again.
            Rejected: VNPAY refuses our terminal, format or hash: a person must look.
            OutcomeUnknown: they do not know; ContractBroken: hash or content not as agreed.
        """
        fields = self._queried(QUERY, payment, payment.reference, deadline_seconds)
        code = fields["vnp_ResponseCode"]
        with agreed(SYSTEM, QUERY, payment.reference):
            if code == "91":
                named = {"vnp_TmnCode": payment.terminal, "vnp_TxnRef": payment.reference}
                verdict, status = PaymentVerdict.UNKNOWN, ""
                message = fields.get("vnp_Message", "") or meaning("query", code).vi
            else:
                named, status = fields, fields.get("vnp_TransactionStatus", "")
                message = meaning("status", status).vi
                verdict = verdict_of_query(status)
                if fields.get("vnp_TransactionType", _PAYMENT) != _PAYMENT:
                    # They answer with the latest transaction: here a refund, which says nothing of ours.
                    named = {"vnp_TmnCode": payment.terminal, "vnp_TxnRef": payment.reference}
                    verdict = PaymentVerdict.UNKNOWN
                    message = f"VNPAY nói về giao dịch hoàn tiền {fields.get('vnp_TransactionNo', '')}"
            return payment_news(
                named, verdict, source="query", code=f"{code}/{status}" if status else code, message=message
            )

    def refund(self, refund: RefundOf, *, deadline_seconds: float | None = None) -> RefundNews:
        """Ask VNPAY to pay back. The news is never more than *accepted*: the money is there when a file says so.

        Raises:
            Unavailable: nothing was taken there.
            Rejected: they refuse, in an answer that they signed.
            OutcomeUnknown: it may be under way (94, 98, 99, silence, an answer without their hash).
        """
        payment = refund.payment
        whole = refund.amount == payment.amount
        if refund.amount > payment.amount:
            raise ValueError("a refund above its payment")
        asked = {
            "vnp_RequestId": refund.reference,
            "vnp_Version": wire.VERSION,
            "vnp_Command": "refund",
            "vnp_TmnCode": payment.terminal,
            "vnp_TransactionType": _WHOLE_REFUND if whole else _PART_REFUND,
            "vnp_TxnRef": payment.reference,
            "vnp_Amount": wire.times_hundred(refund.amount),
            "vnp_TransactionNo": payment.provider_reference or "0",
            "vnp_TransactionDate": payment.request_time,
            "vnp_CreateBy": safe_text(refund.created_by, 245),
            "vnp_CreateDate": wire.stamp(self._clock.now()),
            "vnp_IpAddr": self._settings.server_ip,
            "vnp_OrderInfo": safe_text(refund.order_info or f"Hoan tien {payment.reference}"),
        }
        try:
            fields = self._exchanged(
                REFUND,
                asked,
                (wire.REFUND_ASKED, wire.REFUND_ANSWERED),
                EffectClass.FINDABLE,
                refund.reference,
                deadline_seconds,
            )
        except (Rejected, CredentialsRefused) as exc:
            # An HTTP error carries no hash: anything between us may have written it, also after VNPAY acted.
            raise OutcomeUnknown(
                f"answered without their hash: {exc}",
                system=SYSTEM,
                operation=REFUND,
                reference=refund.reference,
            ) from exc
        return self._taken(refund, fields)

    def query_refund(self, refund: RefundOf, *, deadline_seconds: float | None = None) -> Finding:
        """What became of a refund, as far as VNPAY can tell: it names the latest transaction of the payment only.

        Raises:
            As :meth:`query`.
        """
        return self._found(
            refund, self._queried("query_refund", refund.payment, refund.reference, deadline_seconds)
        )

    def find_refund(self, refund: RefundOf, *, deadline_seconds: float | None = None) -> Finding:
        """As :meth:`query_refund`, for a look-up: an answer that tells nothing is undecided.

        Raises:
            Unavailable: no answer, or asked too soon again.
        """
        try:
            return self.query_refund(refund, deadline_seconds=deadline_seconds)
        except Rejected as exc:
            return Undecided(exc.code, str(exc))
        except (OutcomeUnknown, CredentialsRefused) as exc:
            return Undecided("", str(exc))

    def _found(self, refund: RefundOf, fields: Mapping[str, str]) -> Finding:
        code, status = fields["vnp_ResponseCode"], fields.get("vnp_TransactionStatus", "")
        told = f"{code}/{status}"
        if code == "91":
            return NotDone(code, meaning("query", code).vi)
        kind = fields.get("vnp_TransactionType", "")
        if kind == _PAYMENT:
            return NotDone(told, "VNPAY chỉ thấy giao dịch thanh toán, chưa thấy yêu cầu hoàn tiền")
        theirs = number(fields.get("vnp_TransactionNo", ""))
        if theirs is not None and theirs in refund.others:
            return NotDone(told, "VNPAY chỉ thấy lần hoàn tiền trước đó")
        whole = refund.amount == refund.payment.amount
        if kind != (_WHOLE_REFUND if whole else _PART_REFUND):
            return Undecided(told, f"VNPAY nói về giao dịch loại {kind or '?'}")
        if fields.get("vnp_Amount", "") != wire.times_hundred(refund.amount):
            return Undecided(told, "VNPAY nói về một khoản hoàn có số tiền khác")
        verdict = refund_verdict(status)
        news = RefundNews(
            refund.reference,
            verdict,
            "query",
            amount=refund.amount,
            code=told,
            message=meaning("status", status).vi,
            provider_reference=theirs,
        )
        if verdict is RefundVerdict.REJECTED:
            return Refused(told, news.message, {"news": to_json(news)})
        if verdict is RefundVerdict.PENDING:
            return Undecided(told, news.message)
        return Done({"news": to_json(news)}, told, final=False)

    def _taken(self, refund: RefundOf, fields: Mapping[str, str]) -> RefundNews:
        code, status = fields["vnp_ResponseCode"], fields.get("vnp_TransactionStatus", "")
        listed = meaning("refund", code)
        told = fields.get("vnp_Message", "") or listed.vi
        facts: dict[str, str] = {"system": SYSTEM, "operation": REFUND, "reference": refund.reference}
        if listed.means == "refused":
            raise Rejected(told, code=code, **facts)
        if listed.means != "accepted":
            raise OutcomeUnknown(f"{code}: {told}", **facts)
        if meaning("status", status).means in ("failed", "refund_refused"):
            raise OutcomeUnknown(f"accepted and refused in one answer ({code}/{status})", **facts)
        if fields.get("vnp_Amount") not in (None, "", wire.times_hundred(refund.amount)):
            raise ContractBroken("the answer names another amount", **facts)
        return RefundNews(
            refund.reference,
            RefundVerdict.ACCEPTED,
            "answer",
            amount=refund.amount,
            code=f"{code}/{status}" if status else code,
            message=told,
            provider_reference=number(fields.get("vnp_TransactionNo", "")),
        )

    def _queried(
        self, operation: str, payment: PaymentOf, reference: str, deadline_seconds: float | None
    ) -> dict[str, str]:
        """A query's fields when it was answered (00) or found nothing (91)."""
        fourteen_digits(payment.request_time, "request_time")
        asked = {
            "vnp_RequestId": self._ids.new_id()[:32],
            "vnp_Version": wire.VERSION,
            "vnp_Command": "querydr",
            "vnp_TmnCode": payment.terminal,
            "vnp_TxnRef": payment.reference,
            "vnp_TransactionDate": payment.request_time,
            "vnp_CreateDate": wire.stamp(self._clock.now()),
            "vnp_IpAddr": self._settings.server_ip,
            "vnp_OrderInfo": f"Truy van {payment.reference}",
        }
        orders = (wire.QUERY_ASKED, wire.QUERY_ANSWERED)
        fields = self._exchanged(operation, asked, orders, EffectClass.READ, reference, deadline_seconds)
        code = fields["vnp_ResponseCode"]
        listed = meaning("query", code)
        facts: dict[str, str] = {"system": SYSTEM, "operation": operation, "reference": reference}
        match listed.means:
            case "answered" | "not_found":
                return fields
            case "repeated":
                raise Unavailable(listed.en, retry_after_seconds=REPEATED_WAIT_SECONDS, **facts)
            case "alarm":
                raise Rejected(fields.get("vnp_Message", "") or listed.en, code=code, **facts)
            case _:
                raise OutcomeUnknown(f"{code}: {fields.get('vnp_Message', '') or listed.en}", **facts)

    def _exchanged(
        self,
        operation: str,
        asked: dict[str, str],
        orders: tuple[Sequence[str], Sequence[str]],
        effect_class: EffectClass,
        reference: str,
        deadline_seconds: float | None,
    ) -> dict[str, str]:
        """Sign, send, read, check the answer's hash and that it is an answer to this request."""
        terminal = asked["vnp_TmnCode"]
        answer = self._transport.send(
            operation,
            "POST",
            self._settings.path,
            effect_class=effect_class,
            reference=reference,
            json=wire.signed(orders[0], asked, self._key(terminal)),
            deadline_seconds=deadline_seconds,
        )
        facts: dict[str, str] = {"system": SYSTEM, "operation": operation, "reference": reference}
        value = read_json(answer.content, **facts)
        with agreed(**facts):
            fields = wire.answer_fields(value)
        code = fields.get("vnp_ResponseCode", "")
        keys = self._settings.keys_to_check.get(terminal, ())
        if not wire.holds(keys, wire.piped(orders[1], fields), fields.get(wire.HASH, "")):
            raise ContractBroken(f"the answer (code {code or '?'}) does not carry their hash", **facts)
        for name in ("vnp_Command", "vnp_TmnCode", "vnp_TxnRef"):
            given = fields.get(name, "")
            if given != asked[name] and (given or code == "00"):
                raise ContractBroken(f"{name} is not that of the request", **facts)
        if not code:
            raise ContractBroken("without vnp_ResponseCode", **facts)
        return fields

    def _key(self, terminal: str) -> bytes:
        try:
            return self._settings.keys_to_sign[terminal]
        except KeyError:
            raise ValueError(f"{terminal} is not a terminal of this installation") from None

    def _rejected(self, operation: str, code: str, message: str, reference: str) -> Rejected:
        return Rejected(message, system=SYSTEM, operation=operation, code=code, reference=reference)
