"""What an installation must know to take payments by VNPAY."""

from __future__ import annotations

import ipaddress
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors.kit.addresses import Address

Terminal = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,20}$")]


class Settings(BaseModel):
    """VNPAY section: ``LIENTHONG_CONNECTORS__VNPAY__…``.

    Attributes:
        base_url: host of query and refund; VNPAY names the production one in the contract.
        payment_url: the payment page.
        return_url: where the payer's browser comes back to; shows a page, changes nothing.
        tmn_code, hash_secret: the first (or only) terminal.
        terminals: further terminals, TmnCode → hash secret.
        previous_hash_secrets: TmnCode → secret that is being replaced: still good for what comes in, never used for
            what leaves.
        server_ip: our address as VNPAY sees and checks it; goes out as ``vnp_IpAddr`` of query and refund.
        order_type: VNPAY's category of goods, fixed in the contract.
        path: of query and refund.
        least_amount, most_amount: whole đồng; the page refuses what is outside.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: Address
    payment_url: Address
    return_url: Address
    tmn_code: Terminal
    hash_secret: SecretStr
    terminals: dict[Terminal, SecretStr] = Field(default_factory=dict)
    previous_hash_secrets: dict[Terminal, SecretStr] = Field(default_factory=dict)
    server_ip: str = "127.0.0.1"
    order_type: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,100}$")] = "other"
    path: Annotated[str, Field(pattern=r"^/[\w/.-]*$")] = "/merchant_webapi/api/transaction"
    least_amount: Annotated[int, Field(ge=1)] = 5_000
    most_amount: Annotated[int, Field(ge=1)] = 999_999_999
    deadline_seconds: Annotated[float, Field(gt=0, le=300)] = 30.0
    pool: Annotated[int, Field(ge=1, le=256)] = 16

    @field_validator("server_ip")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        return str(ipaddress.ip_address(value))

    @field_validator("return_url", "payment_url")
    @classmethod
    def _same_in_every_encoder(cls, value: str) -> str:
        if "~" in value or "*" in value:
            raise ValueError(
                "~ and * are encoded differently by different programs; they may not stand in it"
            )
        return value

    @field_validator("terminals", "previous_hash_secrets")
    @classmethod
    def _no_weak_secret(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        if any(len(set(secret.get_secret_value())) < 4 for secret in value.values()):
            raise ValueError("a hash secret is empty or too simple")
        return value

    @model_validator(mode="after")
    def _every_terminal_once(self) -> Settings:
        if self.tmn_code in self.terminals:
            raise ValueError("tmn_code stands in terminals too")
        if not self.hash_secret.get_secret_value():
            raise ValueError("hash_secret is empty")
        unknown = self.previous_hash_secrets.keys() - {self.tmn_code, *self.terminals}
        if unknown:
            raise ValueError("previous_hash_secrets names a terminal that is not there")
        return self

    @cached_property
    def keys_to_sign(self) -> dict[str, bytes]:
        """TmnCode → the secret for what leaves."""
        secrets = {self.tmn_code: self.hash_secret, **self.terminals}
        return {code: secret.get_secret_value().encode() for code, secret in secrets.items()}

    @cached_property
    def keys_to_check(self) -> dict[str, tuple[bytes, ...]]:
        """TmnCode → the secrets that are good for what comes in."""
        old = {
            code: (secret.get_secret_value().encode(),) for code, secret in self.previous_hash_secrets.items()
        }
        return {code: (key, *old.get(code, ())) for code, key in self.keys_to_sign.items()}
