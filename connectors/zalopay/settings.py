"""What an installation must know to take payments by ZaloPay."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.kit.addresses import Address
from connectors.kit.connection import SystemSettings

Path = Annotated[str, Field(pattern=r"^/[\w/.-]*$")]
_SHORTEST_SECRET = 8


class Settings(SystemSettings):
    """ZaloPay section: ``LIENTHONG_CONNECTORS__ZALOPAY__…``. 'Assumed' marks what no paper confirms.

    Attributes:
        base_url: host of all calls; the production one stands in the contract.
        app_id: the merchant's number; whole, as text.
        key1: signs what leaves; ``key2`` checks callbacks (assumed: ``callback_key``).
        previous_key2: the key of callbacks that is being replaced: still good for what comes in.
        callback_url: our door for callbacks; redirect_url: where the browser comes back to.
        app_user: the name of the payer that is sent: one word for all, never a person's.
        page_hosts: where order_url may lead; empty: any https address.
        failed_sub_codes: sub codes beside those of ``contract/codes.toml`` that are final failures of a payment.
        refund_refused_sub_codes: sub codes that say finally no to a refund. None is published: until ZaloPay names them
            every 'failed' refund is unknown and a person's.
        refund_not_found_sub_codes: sub codes of query_refund that say 'no such refund'. None is published.
        least_amount, most_amount: whole đồng. Assumed.
    """

    app_id: str = Field(pattern=r"^[1-9][0-9]{0,9}$")
    key1: SecretStr
    key2: SecretStr
    previous_key2: SecretStr | None = None
    callback_key: Literal["key1", "key2"] = "key2"
    callback_url: Address
    redirect_url: Address
    app_user: str = Field(default="lienthong", pattern=r"^[A-Za-z0-9_.-]{1,50}$")
    page_hosts: tuple[str, ...] = ()
    failed_sub_codes: frozenset[str] = frozenset()
    refund_refused_sub_codes: frozenset[str] = frozenset()
    refund_not_found_sub_codes: frozenset[str] = frozenset()
    least_amount: int = Field(default=1_000, ge=1)
    most_amount: int = Field(default=100_000_000, ge=1)
    longest_text: int = Field(default=200, ge=20, le=256)
    create_path: Path = "/v2/create"
    query_path: Path = "/v2/query"
    refund_path: Path = "/v2/refund"
    query_refund_path: Path = "/v2/query_refund"
    largest_answer_bytes: int = Field(default=262_144, gt=0)

    @field_validator("key1", "key2", "previous_key2")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        text = "a long enough key" if value is None else value.get_secret_value()
        if len(text) < _SHORTEST_SECRET or len(set(text)) < _SHORTEST_SECRET // 2:
            raise ValueError("a key is empty, too short or too simple")
        return value

    @model_validator(mode="after")
    def _nothing_said_twice(self) -> Settings:
        if self.refund_refused_sub_codes & self.refund_not_found_sub_codes:
            raise ValueError("one sub code cannot say both 'refused' and 'not found'")
        return self

    @property
    def signing_key(self) -> bytes:
        """For what leaves."""
        return self.key1.get_secret_value().encode()

    @property
    def checking_keys(self) -> tuple[bytes, ...]:
        """For callbacks."""
        new = self.key2 if self.callback_key == "key2" else self.key1
        old = () if self.previous_key2 is None else (self.previous_key2.get_secret_value().encode(),)
        return (new.get_secret_value().encode(), *old)
