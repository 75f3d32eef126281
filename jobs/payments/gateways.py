"""What each way to pay can do: the one place that says it. Everything that differs from provider to provider reads it here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.connector_sections import ConnectorSettings

REQUEST_TIME, PROVIDER_REFERENCE = "request_time", "provider_reference"
"""Facts of an attempt by which a provider finds the payment that is to be paid back."""
_NO_CALL = (
    "Kênh thu này không có lệnh hoàn: chuyển khoản.",
    "This channel has no refund call: by bank transfer.",
)


@dataclass(frozen=True, slots=True)
class RefundCall:
    """A provider's own refund.

    Attributes:
        needs: the fact of the payment without which it cannot be asked.
        one_at_a_time: it cannot tell two open refunds of one payment apart.
        least, most: of one refund, đồng; 0: as the payment.
    """

    needs: str = REQUEST_TIME
    one_at_a_time: bool = False
    least: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True)
class Gateway:
    """One way to pay.

    Attributes:
        provider: its name in attempts, accounts, effects and settings.
        opens: it is called before there is a page (``open_payment``).
        asked: it can be asked what became of a payment (``query_payment``).
        notices: it tells us by itself; such messages stand in the inbox under its name.
        files: it sends a settlement file whose layout is known, so that what the file lacks is missing.
        on_statement: nobody tells us: the money is seen on a bank statement only.
        refund: its own refund; ``None``: money goes back by transfer.
        no_refund: why so, Vietnamese and English.
    """

    provider: str
    opens: bool = True
    asked: bool = True
    notices: bool = True
    files: bool = True
    on_statement: bool = False
    refund: RefundCall | None = None
    no_refund: tuple[str, str] = _NO_CALL


GATEWAYS: Mapping[str, Gateway] = {
    each.provider: each
    for each in (
        Gateway("vnpay", opens=False, refund=RefundCall(one_at_a_time=True)),
        Gateway(
            "payment_platform",
            no_refund=(
                "Nền tảng thanh toán quốc gia không có lệnh hoàn: đơn vị thu chuyển khoản trả.",
                "The national platform has no refund message: the collecting unit pays by transfer.",
            ),
        ),
        # Both know a refund by our own number: several of one payment can be told apart.
        Gateway(
            "momo", files=False, refund=RefundCall(needs=PROVIDER_REFERENCE, least=1_000, most=50_000_000)
        ),
        Gateway("zalopay", files=False, refund=RefundCall(needs=PROVIDER_REFERENCE)),
        Gateway(
            "vietqr",
            opens=False,
            asked=False,
            notices=False,
            files=False,
            on_statement=True,
            no_refund=(
                "Chuyển khoản bằng mã VietQR không có lệnh hoàn: chuyển khoản trả người nộp.",
                "A transfer by VietQR knows no refund: it is paid back by a new transfer.",
            ),
        ),
    )
}
"""Every way that the product knows, also those that an installation gave up: their news and refunds are worked on to the end."""


def of(sections: ConnectorSettings) -> Mapping[str, Gateway]:
    """The same with the limits that the installation has agreed."""
    found = dict(GATEWAYS)
    momo, refund = sections.momo, GATEWAYS["momo"].refund
    if momo is not None and refund is not None:
        agreed = replace(refund, least=momo.refund_least, most=momo.refund_most)
        found["momo"] = replace(GATEWAYS["momo"], refund=agreed)
    return found


def notifying() -> tuple[str, ...]:
    """Names under which messages of providers stand in the inbox."""
    return tuple(each.provider for each in GATEWAYS.values() if each.notices)


def provider_of(partner: str) -> str:
    """The provider of a partner: files are named by their layout (``vnpay-session``), payments by their provider (``vnpay``)."""
    plain = partner.replace("-", "_")
    return next((provider for provider in GATEWAYS if plain.startswith(provider)), partner)
