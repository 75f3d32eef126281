"""Which accounts take transfers by VietQR, and how the purpose text is written."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.kit.addresses import Address
from mappings.codes.banks import Vietqr, bank_of
from mappings.errors import MappingError

Terminal = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,20}$")]


class Account(BaseModel):
    """One account that takes transfers.

    Attributes:
        bin: of the bank at NAPAS, six digits.
        number: of the account; letters too, at wallets.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bin: str = Field(pattern=r"^[0-9]{6}$")
    number: str = Field(pattern=r"^[0-9A-Za-z]{1,19}$")

    @field_validator("bin")
    @classmethod
    def _receives(cls, value: str) -> str:
        try:
            able = bank_of(value).vietqr
        except MappingError as exc:
            raise ValueError(
                f"{exc}; a bank that joined later must be put into mappings/codes/banks"
            ) from exc
        if able is Vietqr.NOTHING:
            raise ValueError(f"the bank with BIN {value} does not take VietQR")
        return value


class Settings(BaseModel):
    """VietQR section: ``LIENTHONG_CONNECTORS__VIETQR__…``. Nobody is called: there is no address of another system.

    Attributes:
        accounts: our name of an account (terminal) → the account.
        terminal: the account of a payment that names none.
        page_url: our own page that shows the code.
        words: stand behind the reference in the purpose text; letters, digits and blanks.
        longest_purpose: in characters; EMVCo gives the field 25, and banks cut what is longer.
        least_amount, most_amount: whole đồng by fast transfer. Assumed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    accounts: dict[Terminal, Account] = Field(min_length=1)
    terminal: Terminal
    page_url: Address
    words: str = Field(default="", pattern=r"^[A-Za-z0-9 ]{0,40}$")
    longest_purpose: int = Field(default=25, ge=16, le=99)
    least_amount: int = Field(default=2_000, ge=1)
    most_amount: int = Field(default=499_999_999, ge=1, le=9_999_999_999_999)

    @model_validator(mode="after")
    def _known_terminal(self) -> Settings:
        if self.terminal not in self.accounts:
            raise ValueError("terminal names no account")
        return self
