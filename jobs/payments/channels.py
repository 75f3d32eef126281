"""The ways to pay. Asking is pure: what has to be called is an effect, what leaves with our answer is an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from jobs.effects.model import NewEffect
from jobs.ledger.model import LOCAL
from jobs.payments.ports import Asked, Order

MOST = 999_999_999
VNPAY_MINIMUM = 5_000
OPEN_PAYMENT = "open_payment"
TRANSFER_LIVES = timedelta(days=1)
"""A transfer is seen on the next statement: until then nobody who may have made it is offered a second way to pay."""


def init_key(reference: str) -> str:
    """The effect that asks a provider for the page of an attempt."""
    return f"attempt:{reference}:init"


def code_in(payment_url: str) -> str:
    """The text of the VietQR code that an address of our own page carries; empty: it carries none."""
    return parse_qs(urlsplit(payment_url).query).get("code", [""])[-1]


class Page(Protocol):
    """The part of ``connectors.vnpay.client.Client`` that is used here."""

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
    ) -> tuple[str, str]: ...


@dataclass(frozen=True, slots=True)
class RedirectChannel:
    """A gateway whose page is reached by an address that we make ourselves (VNPAY; our own page with a VietQR code)."""

    page: Page
    terminal: str
    name: str = "vnpay"
    provider: str = "vnpay"
    minimum: int = VNPAY_MINIMUM
    maximum: int = MOST
    straight: bool = False
    page_lives: timedelta = timedelta(minutes=15)

    def ask(self, order: Order) -> Asked:
        """See :class:`jobs.payments.ports.Channel`."""
        url, request_time = self.page.payment_url(
            reference=order.reference,
            amount=order.amount,
            created=order.created,
            expires=order.expires,
            order_info=order.description,
            payer_address=order.payer_address,
            language=order.language,
        )
        return Asked(request_time, url)


@dataclass(frozen=True, slots=True)
class CalledChannel:
    """A provider that must be called before there is a page (the national payment platform, MoMo, ZaloPay).

    Attributes:
        return_url: where the payer's browser comes back to; empty: as the connector's settings say.
        straight: the money goes to the collecting office's account; the provider owes us nothing.
        receipts: the provider prints a receipt and needs its facts; nobody else is told them.
    """

    terminal: str
    return_url: str
    name: str = "payment_platform"
    provider: str = "payment_platform"
    minimum: int = 1_000
    maximum: int = MOST
    straight: bool = True
    page_lives: timedelta = timedelta(minutes=30)
    receipts: bool = True

    def ask(self, order: Order) -> Asked:
        """See :class:`jobs.payments.ports.Channel`. The time is fixed here and sent by every attempt of the effect."""
        request_time = f"{order.created.astimezone(LOCAL):%Y%m%d%H%M%S}"
        return Asked(
            request_time,
            effect=NewEffect(
                key=init_key(order.reference),
                system=self.provider,
                operation=OPEN_PAYMENT,
                lane=order.reference,
                payload={
                    "reference": order.reference,
                    "amount": order.amount,
                    "request_time": request_time,
                    "description": order.description,
                    "return_url": self.return_url,
                    "payer_address": order.payer_address,
                    "language": order.language,
                    **({"receipt": order.receipt} if self.receipts else {}),
                },
                dossier_code=order.dossier_code,
                reference=order.reference,
                correlation_id=order.correlation_id,
                cause="payment-opened",
            ),
        )
