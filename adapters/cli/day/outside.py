"""The stand-ins of all outside systems, wired to each other and to the product, and the settings that lead to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from adapters.cli.day.offices import OFFICES, SOFTWARE
from connectors.kit.sandbox import Sandbox
from connectors.kit.seams import Clock, Ids, MachineClock

SYSTEMS = ("igate", "vnpay", "payment_platform", "statements", *OFFICES)
TERMINAL = "LTPLAY01"
PARTNER = "DVCTHU"
GATEWAY_ACCOUNT = "1010010001"
"""Where the gateway pays its sessions."""
FORM = {
    "request": ["noidungyeucaugiaiquyet"],
    "identity": ["identityNumber"],
    "phone": ["phoneNumber"],
    "address": ["address"],
    "province": ["provinceCode"],
    "commune": ["villageCode"],
    "return_channel": ["returnKind"],
    "birthday": ["birthday"],
    "tax_code": ["taxCode"],
    "sex": ["gender"],
}
"""What the play's forms call the things that other systems want to know."""
_TOKEN_SECONDS = 10_000_000
"""By the play's clock, which runs a thousand times as fast as the one by which a token is kept."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the stand-ins and the product share. Made anew for each play."""

    vnpay: str
    platform: str
    igate: str
    offices: str

    @classmethod
    def fresh(cls, ids: Ids) -> Secrets:
        """Nobody else's."""
        return cls(ids.new_id(), ids.new_id(), ids.new_id(), ids.new_id())


@dataclass(frozen=True, slots=True)
class Outside:
    """Where everybody is.

    Attributes:
        url: of the stand-ins, all on one port.
        product: of the product's endpoints, empty when nobody is to be notified.
    """

    url: str
    product: str
    secrets: Secrets

    def sections(self) -> dict[str, Any]:
        """Settings of the connectors that lead to the stand-ins and nowhere else."""
        url, product = self.url, self.product or self.url
        return {
            "vnpay": {
                "base_url": url,
                "payment_url": f"{url}/paymentv2/vpcpay.html",
                "return_url": f"{product}/webhooks/vnpay/return",
                "tmn_code": TERMINAL,
                "hash_secret": self.secrets.vnpay,
            },
            "payment_platform": {
                "base_url": f"{url}/payment-platform",
                "partner_code": PARTNER,
                "hash_secret": self.secrets.platform,
            },
            "igate": {
                "base_url": url,
                "sso_url": url,
                "client_id": "lienthong",
                "client_secret": self.secrets.igate,
                "adapter_url": f"{url}/adapter",
                "adapter_client_id": "lienthong",
                "adapter_client_secret": self.secrets.igate,
                "form_keys": FORM,
            },
            "statements": {"base_url": url},
            **{
                name: office.section(url, self.secrets.offices)
                for name, office in OFFICES.items()
                if not name.startswith("handover.")
            },
            "handover": SOFTWARE(url, self.secrets.offices),
        }

    def variables(self, systems: Iterable[str] = SYSTEMS) -> dict[str, str]:
        """The same as environment variables, for a product that is started by hand."""
        sections = self.sections()
        return {
            f"LIENTHONG_CONNECTORS__{system}__{name}".upper(): value
            if isinstance(value, str)
            else json.dumps(value)
            for system in dict.fromkeys(name.partition(".")[0] for name in systems)
            for name, value in sections[system].items()
        }


def stand_ins(
    outside: Outside, *, clock: Clock | None = None, systems: Iterable[str] = SYSTEMS
) -> list[Sandbox]:
    """The stand-ins of ``systems``, not serving yet."""
    made: dict[str, Callable[[Outside, Clock], Sandbox]] = {
        "igate": _igate,
        "vnpay": _vnpay,
        "payment_platform": _platform,
        "statements": _bank,
    }
    wanted, time = list(systems), clock or MachineClock()
    return [
        *(made[system](outside, time) for system in wanted if system in made),
        *(
            OFFICES[name].stand_in(time, outside.secrets.offices, outside.product)
            for name in wanted
            if name in OFFICES
        ),
    ]


def _igate(outside: Outside, clock: Clock) -> Sandbox:
    from connectors.igate.sandbox import CaseSystemSandbox

    return CaseSystemSandbox(
        clock=clock, client_id="lienthong", client_secret=outside.secrets.igate, token_seconds=_TOKEN_SECONDS
    )


def _vnpay(outside: Outside, clock: Clock) -> Sandbox:
    from connectors.vnpay.sandbox import VnpaySandbox

    return VnpaySandbox(
        clock=clock,
        terminals={TERMINAL: outside.secrets.vnpay},
        ipn_url=f"{outside.product}/webhooks/vnpay/ipn" if outside.product else "",
        bank_url=outside.url,
        account=GATEWAY_ACCOUNT,
    )


def _platform(outside: Outside, clock: Clock) -> Sandbox:
    from connectors.payment_platform.sandbox import PlatformSandbox

    return PlatformSandbox(
        clock=clock,
        partner_code=PARTNER,
        secret=outside.secrets.platform,
        confirm_url=f"{outside.product}/webhooks/payment-platform/confirm" if outside.product else "",
        bank_url=outside.url,
    )


def _bank(outside: Outside, clock: Clock) -> Sandbox:
    del outside
    from connectors.statements.sandbox import BankSandbox

    return BankSandbox(clock=clock)
