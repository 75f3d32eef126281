"""What an installation must know to take payments by MoMo."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.kit.addresses import Address
from connectors.kit.connection import SystemSettings

Path = Annotated[str, Field(pattern=r"^/[\w/.-]*$")]
_SHORTEST_SECRET = 8


class Settings(SystemSettings):
    """MoMo section: ``LIENTHONG_CONNECTORS__MOMO__…``. 'Assumed' marks what no paper confirms.

    Attributes:
        base_url: host of all calls; MoMo names the production one in the contract.
        partner_code, access_key, secret_key: given by MoMo; the access key is under every hash.
        previous_access_key, previous_secret_key: of the pair that is being replaced: good for what comes in only.
        ipn_url: our door for notices, without query part or special characters.
        redirect_url: where the payer's browser comes back to; shows a page, changes nothing.
        request_type: how the page begins; agreed per merchant.
        page_hosts: where payUrl may lead; empty: any https address.
        authorised_is_paid: 9000 counts as paid. With one-step payments MoMo says so, but also that it is not final: off,
            such a payment is asked about until 0.
        least_amount, most_amount: of a payment, whole đồng. The most is assumed.
        refund_least, refund_most: of one refund (card by ATM at least 10,000; token payments at most 30,000,000).
        longest_text: of orderInfo and description, in characters. Assumed.
    """

    partner_code: str = Field(min_length=3, max_length=50, pattern=r"^[A-Za-z0-9._-]+$")
    access_key: SecretStr
    secret_key: SecretStr
    previous_access_key: SecretStr | None = None
    previous_secret_key: SecretStr | None = None
    ipn_url: Address
    redirect_url: Address
    request_type: Literal["captureWallet", "payWithATM", "payWithCC", "payWithMethod"] = "captureWallet"
    page_hosts: tuple[str, ...] = ()
    authorised_is_paid: bool = False
    least_amount: int = Field(default=1_000, ge=1)
    most_amount: int = Field(default=50_000_000, ge=1)
    refund_least: int = Field(default=1_000, ge=1)
    refund_most: int = Field(default=50_000_000, ge=1)
    longest_text: int = Field(default=200, ge=20, le=255)
    create_path: Path = "/v2/gateway/api/create"
    query_path: Path = "/v2/gateway/api/query"
    refund_path: Path = "/v2/gateway/api/refund"
    refund_query_path: Path = "/v2/gateway/api/refund/query"
    largest_answer_bytes: int = Field(default=262_144, gt=0)

    @field_validator("access_key", "secret_key", "previous_access_key", "previous_secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(set(value.get_secret_value())) < _SHORTEST_SECRET // 2:
            raise ValueError("a key is empty or too simple")
        if value is not None and len(value.get_secret_value()) < _SHORTEST_SECRET:
            raise ValueError("a key of at least 8 characters is needed")
        return value

    @model_validator(mode="after")
    def _whole_pair(self) -> Settings:
        if (self.previous_access_key is None) != (self.previous_secret_key is None):
            raise ValueError("previous_access_key and previous_secret_key belong together")
        return self

    @property
    def pair(self) -> tuple[str, bytes]:
        """Access key and secret for what leaves."""
        return self.access_key.get_secret_value(), self.secret_key.get_secret_value().encode()

    @property
    def pairs_to_check(self) -> tuple[tuple[str, bytes], ...]:
        """Pairs that are good for what comes in."""
        if self.previous_access_key is None or self.previous_secret_key is None:
            return (self.pair,)
        old = (
            self.previous_access_key.get_secret_value(),
            self.previous_secret_key.get_secret_value().encode(),
        )
        return self.pair, old
