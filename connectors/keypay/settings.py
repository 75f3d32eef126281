"""How KeyPay is reached, and every fact of it that no paper confirms."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors.kit.addresses import Address
from connectors.kit.connection import SystemSettings

Path = Annotated[str, Field(pattern=r"^/[\w/.-]*$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
_SHORTEST_SECRET = 8


class StandAlone(BaseModel):
    """The form without the portal: a signed page address. Its field names stand in the contract only, so none is guessed.

    Attributes:
        page_url: the payment page.
        reference_field, amount_field, text_field, return_field: their names for our facts.
        fixed: fields that are always the same (merchant code, command, currency ...), as the contract says.
        hash_field: of the hash, in what leaves and in what comes.
        algorithm: of the hash over secret + values that are not empty, sorted by field name. MD5 in the programs seen.
        code_field: of the result in what comes (``response_code``); paid_codes, failed_codes: what it may say. Values were
            never seen: until they are given every result is unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    page_url: Address
    reference_field: Name
    amount_field: Name
    text_field: Name
    return_field: Name
    fixed: dict[Name, str] = Field(default_factory=dict)
    hash_field: Name
    algorithm: Literal["md5", "sha1", "sha256", "sha512"] = "md5"
    code_field: Name = "response_code"
    paid_codes: frozenset[str] = frozenset()
    failed_codes: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _different_names(self) -> StandAlone:
        names = [
            self.reference_field,
            self.amount_field,
            self.text_field,
            self.return_field,
            self.hash_field,
            *self.fixed,
        ]
        if len(set(names)) != len(names):
            raise ValueError("one field of the page has two meanings")
        if self.paid_codes & self.failed_codes:
            raise ValueError("one code cannot say both paid and failed")
        return self


class Settings(SystemSettings):
    """KeyPay section: ``LIENTHONG_CONNECTORS__KEYPAY__…``. 'Assumed' marks what the facts do not confirm.

    Attributes:
        client_id, key: of what leaves; callback_key: their second key, of what comes in.
        previous_callback_key: the one that is being replaced: still good for what comes in.
        return_url: where the payer's browser comes back to.
        stand_alone: the form without the portal; then nothing is called and only page address and notice are used.
        create_path, detail_path, detail_command, version: assumed.
        code_field, done_codes: of answers; page_field: address of the page. Assumed.
        state_field, paid_states: of a detail answer (``0`` is paid in a callback); number_field: their number. Assumed.
        failed_states: final failures; none is known, so every other state is unknown.
        callback_fields: what is under the hash of a callback, in order. Assumed: alphabetical, as in what leaves.
        page_hosts: where the page may lead; empty: any https address.
    """

    client_id: str = Field(min_length=2, max_length=40, pattern=r"^[A-Za-z0-9._-]+$")
    key: SecretStr
    callback_key: SecretStr
    previous_callback_key: SecretStr | None = None
    return_url: Address
    stand_alone: StandAlone | None = None
    create_path: Path = "/create"
    detail_path: Path = "/detail"
    create_command: str = "PAY"
    detail_command: str = "DETAIL"
    version: str = "1.0"
    code_field: Name = "return_code"
    done_codes: frozenset[str] = frozenset({"0"})
    page_field: Name = "redirect_url"
    state_field: Name = "status"
    number_field: Name = "keypay_transaction_id"
    paid_states: frozenset[str] = frozenset({"0"})
    failed_states: frozenset[str] = frozenset()
    callback_fields: tuple[Name, ...] = ("client_id", "status", "trans_amount", "transaction_id")
    page_hosts: tuple[str, ...] = ()
    least_amount: int = Field(default=1_000, ge=1)
    most_amount: int = Field(default=999_999_999, ge=1)
    longest_text: int = Field(default=200, ge=20, le=255)
    largest_answer_bytes: int = Field(default=262_144, gt=0)

    @field_validator("key", "callback_key", "previous_callback_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        text = "a long enough key" if value is None else value.get_secret_value()
        if len(text) < _SHORTEST_SECRET or len(set(text)) < _SHORTEST_SECRET // 2:
            raise ValueError("a key is empty, too short or too simple")
        return value

    @model_validator(mode="after")
    def _hash_protects(self) -> Settings:
        if not {self.state_field, "trans_amount", "transaction_id"} <= set(self.callback_fields):
            raise ValueError("state, trans_amount and transaction_id must be under the hash of a callback")
        if self.paid_states & self.failed_states or not self.paid_states or not self.done_codes:
            raise ValueError(
                "one state cannot say both paid and failed, and paid and done must be said somehow"
            )
        return self

    @property
    def signing_key(self) -> bytes:
        """For what leaves."""
        return self.key.get_secret_value().encode()

    @property
    def checking_keys(self) -> tuple[bytes, ...]:
        """For what comes in."""
        old = self.previous_callback_key
        return (
            self.callback_key.get_secret_value().encode(),
            *((old.get_secret_value().encode(),) if old else ()),
        )
