"""How PayGov is reached, and every fact of it that no paper confirms."""

from __future__ import annotations

from string import Formatter
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors.kit.addresses import Address
from connectors.kit.connection import SystemSettings

Path = Annotated[str, Field(pattern=r"^/[\w/.-]*$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
_SHORTEST_SECRET = 8
_PLACES = frozenset({"unit", "dossier", "reference"})


class Checksum(BaseModel):
    """How a checksum is made. The formula was found in no program, so there is no default.

    Attributes:
        algorithm: ``hmac-`` keyed with the secret, else a plain hash with the secret at the end or the beginning.
        fields: what is under it, in order.
        separator: between the values.
        secret_first: plain hashes only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    algorithm: Literal["hmac-sha256", "hmac-sha512", "sha256", "sha512", "md5"]
    fields: tuple[Name, ...] = Field(min_length=3)
    separator: str = Field(default="|", max_length=1)
    secret_first: bool = False


class Names(BaseModel):
    """Their names in a callback. The meaning is known from one program, the spelling is assumed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Name = "amount"
    order: Name = "orderId"
    request: Name = "requestCode"
    number: Name = "transactionNo"
    code: Name = "errorCode"
    gate: Name = "payGate"
    paid_at: Name = "payDate"
    checksum: Name = "checksum"


class Settings(SystemSettings):
    """PayGov section: ``LIENTHONG_CONNECTORS__PAYGOV__…``. 'Assumed' marks what the facts do not confirm.

    Attributes:
        base_url: of the province's LGSP proxy; its token comes from ``credentials``.
        partner_code, access_key, service_code: given by the ministry; the last two in some provinces only.
        secret: of the checksums; ``previous_secret`` is still good for what comes in.
        request_checksum: of what leaves, in some provinces only; empty: none is sent.
        callback_checksum: of what comes in. **Without it no callback can be believed, and all are refused.**
        order_form: of orderId; ``{unit}``, ``{dossier}`` and ``{reference}`` are put in. Our reference always goes out as
            requestCode, which callbacks bring back.
        paid_codes: ``00`` in the program seen; failed_codes: none is known, so every other code is unknown.
        code_field, done_codes, page_field: of the answer to the opening call. Assumed.
    """

    partner_code: str = Field(min_length=2, max_length=40, pattern=r"^[A-Za-z0-9._-]+$")
    secret: SecretStr
    previous_secret: SecretStr | None = None
    access_key: SecretStr | None = None
    service_code: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,40}$")
    return_url: Address
    create_path: Path = "/payment"
    request_checksum: Checksum | None = None
    callback_checksum: Checksum | None = None
    names: Names = Field(default_factory=Names)
    order_form: str = "{unit}-{dossier}-01"
    paid_codes: frozenset[str] = frozenset({"00"})
    failed_codes: frozenset[str] = frozenset()
    code_field: Name = "errorCode"
    done_codes: frozenset[str] = frozenset({"00", "0"})
    page_field: Name = "payUrl"
    page_hosts: tuple[str, ...] = ()
    least_amount: int = Field(default=1_000, ge=1)
    most_amount: int = Field(default=999_999_999, ge=1)
    longest_text: int = Field(default=200, ge=20, le=255)
    largest_answer_bytes: int = Field(default=262_144, gt=0)

    @field_validator("secret", "previous_secret", "access_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        text = "a long enough secret" if value is None else value.get_secret_value()
        if len(text) < _SHORTEST_SECRET or len(set(text)) < _SHORTEST_SECRET // 2:
            raise ValueError("a secret is empty, too short or too simple")
        return value

    @field_validator("order_form")
    @classmethod
    def _known_places(cls, value: str) -> str:
        named = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
        if not named <= _PLACES or not named & {"dossier", "reference"}:
            raise ValueError(
                "order_form holds {unit}, {dossier} and {reference}, and names the dossier or the reference"
            )
        return value

    @model_validator(mode="after")
    def _checksum_protects(self) -> Settings:
        names = self.names
        if self.callback_checksum and not {names.amount, names.request, names.code} <= set(
            self.callback_checksum.fields
        ):
            raise ValueError("amount, requestCode and errorCode must be under the checksum of a callback")
        if self.paid_codes & self.failed_codes or not self.paid_codes:
            raise ValueError("one code cannot say both paid and failed, and paid must be said somehow")
        return self

    @property
    def signing_key(self) -> bytes:
        """For what leaves."""
        return self.secret.get_secret_value().encode()

    @property
    def checking_keys(self) -> tuple[bytes, ...]:
        """For what comes in."""
        old = self.previous_secret
        return (self.signing_key, *((old.get_secret_value().encode(),) if old else ()))
