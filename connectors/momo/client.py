"""Asks MoMo: a payment page, a payment, a refund, what became of a refund. Keeps no state, threads may share it.

Answers carry no hash that any paper describes: they are believed for TLS and for echoing our own numbers, no further.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.errors import (
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import Done, EffectClass, Finding, NotDone, Refused, Undecided
from connectors.kit.reading import Unreadable, a_text, a_whole, agreed, an_object, read_json
from connectors.kit.refusing import before_sending, payer_page
from connectors.kit.seams import Ids, RandomIds
from connectors.kit.transport import Transport
from connectors.momo import wire
from connectors.momo.settings import Settings
from connectors.momo.translate import (
    RefundPart,
    meaning,
    news_of,
    payment_verdict,
    refund_parts,
    refund_verdict,
    text_for,
)
from mappings.canonical.codec import to_json
from mappings.canonical.payment import PaymentNews, PaymentVerdict, RefundNews, RefundVerdict

SYSTEM = "momo"
OPEN, QUERY, REFUND, QUERY_REFUND = "open_payment", "query_payment", "refund", "query_refund"
_LANGUAGES = {"vi": "vi", "en": "en"}


@dataclass(frozen=True, slots=True)
class RefundOf:
    """A refund of a payment.

    Attributes:
        reference: our refund reference: requestId and orderId of the refund, for ever.
        payment: orderId of the payment.
        payment_number: MoMo's transId of the payment.
        amount, payment_amount: whole đồng.
    """

    reference: str
    payment: str
    payment_number: str
    amount: int
    payment_amount: int
    order_info: str = ""


class Client:
    """MoMo as the other side of payments and refunds."""

    supports_refund = True
    supports_partial_refund = True

    def __init__(self, settings: Settings, transport: Transport, *, ids: Ids | None = None) -> None:
        self._settings, self._transport = settings, transport
        self._ids = ids or RandomIds()

    def open_payment(
        self,
        *,
        reference: str,
        amount: int,
        description: str,
        return_url: str = "",
        language: str = "vi",
        deadline_seconds: float | None = None,
    ) -> str:
        """Open a payment under our reference and give the address of its page. The same call again gives the same page.

        Raises:
            Rejected: refused by them, or by us before anything left (code ``not-sent``).
            Unavailable, CredentialsRefused: nothing was opened.
            OutcomeUnknown: it may be open; ask again with the same reference.
        """
        with before_sending(SYSTEM, OPEN, reference):
            self._fits(reference, amount, self._settings.least_amount, self._settings.most_amount)
            asked: dict[str, Any] = {
                "partnerCode": self._settings.partner_code,
                "requestId": reference,
                "amount": amount,
                "orderId": reference,
                "orderInfo": text_for(description, self._settings.longest_text),
                "redirectUrl": return_url or self._settings.redirect_url,
                "ipnUrl": self._settings.ipn_url,
                "requestType": self._settings.request_type,
                "extraData": "",
                "lang": _LANGUAGES.get(language, "vi"),
            }
        fields = self._write(OPEN, self._settings.create_path, asked, wire.CREATE_SIGNED, EffectClass.IDEMPOTENT, deadline_seconds)  # fmt: skip
        facts: dict[str, str] = {"system": SYSTEM, "operation": OPEN, "reference": reference}
        with agreed(**facts):
            code = wire.code_of(fields)
            if code != "0":
                raise self._not_done(OPEN, reference, code, fields)
            _echoes(fields, asked, ("orderId", "requestId", "partnerCode", "amount"))
            address = a_text(fields, "payUrl", most=4_000, empty=False)
        return payer_page(
            address,
            base_url=self._settings.base_url,
            hosts=self._settings.page_hosts,
            field="payUrl",
            facts={"system": SYSTEM, "operation": OPEN, "reference": reference},
        )

    def query(self, *, reference: str, amount: int, deadline_seconds: float | None = None) -> PaymentNews:
        """What MoMo knows of a payment. 'Unknown order' (42) is news without a verdict: no proof that no money moved.

        Raises:
            Unavailable: nobody answered, or they are under maintenance.
            CredentialsRefused, Rejected: our keys or our request are refused: a person must look.
            OutcomeUnknown: they do not know; ContractBroken: not as agreed.
        """
        fields = self._payment(QUERY, reference, deadline_seconds)
        code = wire.code_of(fields)
        verdict = payment_verdict(code, authorised_is_paid=self._settings.authorised_is_paid)
        with agreed(SYSTEM, QUERY, reference):
            told = dict(fields)
            if verdict is PaymentVerdict.UNKNOWN:
                told["amount"] = None  # what stands beside an answer that says nothing says nothing
            news = news_of(told, verdict, source="query", partner=self._settings.partner_code)
        if verdict is PaymentVerdict.PAID and news.amount != amount:
            return replace(news, message=f"{news.message}: {news.amount} ₫, đã yêu cầu {amount} ₫")
        return news

    def refund(self, refund: RefundOf, *, deadline_seconds: float | None = None) -> RefundNews:
        """Ask MoMo to pay back under our own number. At most 'sent': the money is there when a file says so.

        Raises:
            Unavailable, CredentialsRefused: nothing was taken there.
            Rejected: they refuse for good, or we do before anything left (code ``not-sent``).
            OutcomeUnknown: it may be under way (40, 41, 43, 99, 1081, 422, silence): ask before anything else.
        """
        with before_sending(SYSTEM, REFUND, refund.reference):
            self._fits(
                refund.reference, refund.amount, self._settings.refund_least, self._settings.refund_most
            )
            if refund.amount > refund.payment_amount:
                raise ValueError("a refund above its payment")
            if refund.reference == refund.payment:
                raise ValueError("a refund needs an orderId of its own")
            number = a_whole(refund.payment_number, "transId", least=1, most=10**17)
            asked: dict[str, Any] = {
                "partnerCode": self._settings.partner_code,
                "orderId": refund.reference,
                "requestId": refund.reference,
                "amount": refund.amount,
                "transId": number,
                "lang": "vi",
                "description": text_for(
                    refund.order_info or f"Hoan tien {refund.payment}", self._settings.longest_text
                ),
            }
        fields = self._write(REFUND, self._settings.refund_path, asked, wire.REFUND_SIGNED, EffectClass.FINDABLE, deadline_seconds)  # fmt: skip
        facts: dict[str, str] = {"system": SYSTEM, "operation": REFUND, "reference": refund.reference}
        with agreed(**facts):
            code = wire.code_of(fields)
            verdict = refund_verdict(code)
            if verdict not in (RefundVerdict.SENT_TO_BANK, RefundVerdict.ACCEPTED):
                raise self._not_done(REFUND, refund.reference, code, fields)
            _echoes(fields, asked, ("orderId", "requestId", "partnerCode", "amount"))
            return _refund_news(refund, code, "answer", wire.number_of(fields))

    def query_refund(self, refund: RefundOf, *, deadline_seconds: float | None = None) -> Finding:
        """What became of a refund, by our own number; 'not done' only when both of their lists have no trace of it.

        Raises:
            As :meth:`query`.
        """
        asked = {
            "partnerCode": self._settings.partner_code,
            "requestId": self._new_request(),
            "orderId": refund.reference,
            "lang": "vi",
        }
        fields = self._read(
            QUERY_REFUND, self._settings.refund_query_path, asked, refund.reference, deadline_seconds
        )
        with agreed(SYSTEM, QUERY_REFUND, refund.reference):
            found = self._by_itself(refund, fields)
        if found is not None:
            return found
        payment = self._payment(QUERY_REFUND, refund.payment, deadline_seconds, path_of=refund.reference)
        with agreed(SYSTEM, QUERY_REFUND, refund.reference):
            code = wire.code_of(payment)
            part = _part_of(refund, refund_parts(payment))
            if part is not None:
                return part
            if code != "0":
                return Undecided(code, meaning(code).vi)
            own = wire.code_of(fields)
            if meaning(own).means not in ("not_found", "success"):
                return Undecided(own, meaning(own).vi)
            return NotDone(own, "MoMo không có lệnh hoàn nào mang mã này")

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

    def _by_itself(self, refund: RefundOf, fields: Mapping[str, Any]) -> Finding | None:
        """What the refund's own query tells; nothing when it knows nothing or tells it in a form that is not sure."""
        parts = refund_parts(fields)
        if parts is not None:
            return _part_of(refund, parts)
        code = wire.code_of(fields)
        verdict = refund_verdict(code)
        if verdict not in (RefundVerdict.SENT_TO_BANK, RefundVerdict.ACCEPTED) or not fields.get("amount"):
            return None
        number = wire.number_of(fields)
        if a_whole(fields["amount"], "amount") != refund.amount:
            return Undecided(code, "MoMo nói về một khoản hoàn có số tiền khác")
        news = _refund_news(refund, code, "query", number)
        return Done({"news": to_json(news)}, code, final=False)

    def _payment(
        self, operation: str, reference: str, deadline_seconds: float | None, path_of: str = ""
    ) -> dict[str, Any]:
        asked = {
            "partnerCode": self._settings.partner_code,
            "requestId": self._new_request(),
            "orderId": reference,
            "lang": "vi",
        }
        return self._read(operation, self._settings.query_path, asked, path_of or reference, deadline_seconds)

    def _new_request(self) -> str:
        return self._ids.new_id()[: wire.MOST_REQUEST_ID]

    def _read(
        self, operation: str, path: str, asked: dict[str, Any], reference: str, deadline_seconds: float | None
    ) -> dict[str, Any]:
        """An answer that speaks of what was asked; faults of access, request or maintenance are raised."""
        fields = self._exchanged(operation, path, asked, wire.QUERY_SIGNED, EffectClass.READ, reference, deadline_seconds)  # fmt: skip
        facts: dict[str, Any] = {"system": SYSTEM, "operation": operation, "reference": reference}
        with agreed(**facts):
            code = wire.code_of(fields)
            told = _said(fields) or meaning(code).vi
            match meaning(code).means:
                case "access":
                    raise CredentialsRefused(f"{code}: {told}", **facts)
                case "request":
                    raise Rejected(told, code=code, **facts)
                case "maintenance":
                    raise Unavailable(f"{code}: {told}", **facts)
            _echoes(fields, asked, ("orderId", "requestId", "partnerCode"))
        return fields

    def _write(
        self,
        operation: str,
        path: str,
        asked: dict[str, Any],
        order: Sequence[str],
        effect_class: EffectClass,
        deadline_seconds: float | None,
    ) -> dict[str, Any]:
        reference = str(asked["requestId"])
        try:
            return self._exchanged(operation, path, asked, order, effect_class, reference, deadline_seconds)
        except Rejected as exc:
            # 422: the same requestId is still running. Other 4xx carry no resultCode that we could believe.
            raise OutcomeUnknown(
                f"refused without a resultCode: {exc}",
                system=SYSTEM,
                operation=operation,
                reference=reference,
            ) from exc

    def _exchanged(
        self,
        operation: str,
        path: str,
        asked: dict[str, Any],
        order: Sequence[str],
        effect_class: EffectClass,
        reference: str,
        deadline_seconds: float | None,
    ) -> dict[str, Any]:
        answer = self._transport.send(
            operation,
            "POST",
            path,
            effect_class=effect_class,
            reference=reference,
            json={**asked, "signature": wire.signature(order, asked, self._settings.pair)},
            deadline_seconds=deadline_seconds,
        )
        value = read_json(answer.content, system=SYSTEM, operation=operation, reference=reference)
        with agreed(SYSTEM, operation, reference):
            return an_object(value)

    def _not_done(self, operation: str, reference: str, code: str, fields: Mapping[str, Any]) -> Exception:
        """What a resultCode means for a write that was not simply done."""
        listed = meaning(code)
        told = f"{code}: {_said(fields) or listed.vi}"
        facts: dict[str, str] = {"system": SYSTEM, "operation": operation, "reference": reference}
        if listed.means == "access":
            return CredentialsRefused(told, **facts)
        if listed.means in ("failed", "refused", "request"):
            return Rejected(told, code=code, **facts)
        return OutcomeUnknown(told, **facts)

    def _fits(self, reference: str, amount: int, least: int, most: int) -> None:
        if not wire.fits_as_order(reference):
            raise ValueError("a reference that MoMo would refuse")
        if type(amount) is not int or not least <= amount <= most:
            raise ValueError(f"the amount is outside MoMo's limits {least} to {most} đồng")


def _said(fields: Mapping[str, Any]) -> str:
    said = fields.get("message")
    return said[:200] if isinstance(said, str) else ""


def _echoes(fields: Mapping[str, Any], asked: Mapping[str, Any], names: Sequence[str]) -> None:
    """The answer must be about what was asked.

    Raises:
        Unreadable
    """
    given = wire.as_signed(fields, names)
    for name in names:
        if given.get(name) != str(asked[name]):
            raise Unreadable(name, "is not that of the request")


def _refund_news(refund: RefundOf, code: str, source: str, number: str) -> RefundNews:
    return RefundNews(
        refund.reference,
        refund_verdict(code),
        source,
        amount=refund.amount,
        code=code,
        message=meaning(code).vi,
        provider_reference=number or None,
    )


def _part_of(refund: RefundOf, parts: Sequence[RefundPart] | None) -> Finding | None:
    """What a list of refunds says of this one; nothing when it is not in it."""
    mine = [part for part in parts or () if part.order_id == refund.reference]
    if not mine:
        return None
    if len(mine) > 1:
        return Undecided(mine[0].code, "MoMo liệt kê mã hoàn này hơn một lần")
    [part] = mine
    if part.amount != refund.amount:
        return Undecided(part.code, "MoMo nói về một khoản hoàn có số tiền khác")
    news = _refund_news(refund, part.code, "query", part.number)
    if news.verdict is RefundVerdict.REJECTED:
        return Refused(part.code, news.message, {"news": to_json(news)})
    if news.verdict is RefundVerdict.UNKNOWN:
        return Undecided(part.code, news.message)
    return Done({"news": to_json(news)}, part.code, final=False)
