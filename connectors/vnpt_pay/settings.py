"""VNPT Pay is off until somebody who has its manual says what stands in it. Nothing of it is guessed here."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors.kit.addresses import Address
from connectors.kit.connection import SystemSettings

Path = Annotated[str, Field(pattern=r"^/[\w/.-]*$")]
Name = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,39}$")]
Fields = Annotated[tuple[Name, ...], Field(min_length=2)]
_SHORTEST_SECRET = 8

ORDER, AMOUNT, HASH = "MERCHANT_ORDER_ID", "AMOUNT", "SECURE_CODE"
OURS = frozenset(
    {
        "ACTION",
        ORDER,
        AMOUNT,
        "DESCRIPTION",
        "CREATE_DATE",
        "CLIENT_IP",
        "LOCALE",
        "CURRENCY_CODE",
        "RETURN_URL",
    }
)
"""Fields that this connector knows how to fill; recalled, so the manual must name them."""

OFF = (
    "VNPT Pay chưa dùng được: không có tài liệu kết nối nào được công bố. Lấy tài liệu từ VNPT, ghi các giá trị trong đó vào "
    "LIENTHONG_CONNECTORS__VNPT_PAY__MANUAL_CONFIRMED (xem docs/systems/vnpt_pay.md), hoặc bỏ cả mục cấu hình này. · "
    "VNPT Pay cannot be used yet: its manual is not public. Get the manual from VNPT and put what it says into "
    "LIENTHONG_CONNECTORS__VNPT_PAY__MANUAL_CONFIRMED (see docs/systems/vnpt_pay.md), or remove this section."
)


class ManualConfirmed(BaseModel):
    """What the manual says. Every value is asked for: none has a default, because none is known.

    Attributes:
        document: number and version of the manual.
        confirmed_on: the day it was compared with these values.
        init_path, query_path: of the calls.
        init_fields, query_fields: what goes out, in the order under the hash.
        fixed: fields that are always the same (MERCHANT_SERVICE_ID, SERVICE_ID, DEVICE, PAYMENT_METHOD ...).
        init_answer_fields, query_answer_fields, callback_fields, our_answer_fields: what is under each hash, in order.
        code_field, done_code: of answers; page_field: address of the page.
        state_field, paid_states, failed_states: of a payment; number_field: their number of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: str = Field(min_length=5, max_length=120)
    confirmed_on: date
    init_path: Path
    query_path: Path
    init_fields: Fields
    query_fields: Fields
    fixed: dict[Name, str]
    init_answer_fields: Fields
    query_answer_fields: Fields
    callback_fields: Fields
    our_answer_fields: Fields
    code_field: Name
    done_code: str = Field(min_length=1, max_length=10)
    page_field: Name
    state_field: Name
    paid_states: frozenset[str] = Field(min_length=1)
    failed_states: frozenset[str]
    number_field: Name

    @model_validator(mode="after")
    def _whole(self) -> ManualConfirmed:
        unknown = ({*self.init_fields, *self.query_fields}) - OURS - self.fixed.keys()
        if unknown:
            raise ValueError(f"nothing fills {', '.join(sorted(unknown))}: put it into fixed")
        for name, order, needed in (
            ("init_fields", self.init_fields, {ORDER, AMOUNT}),
            ("query_fields", self.query_fields, {ORDER}),
            ("init_answer_fields", self.init_answer_fields, {ORDER, self.code_field}),
            ("query_answer_fields", self.query_answer_fields, {ORDER, AMOUNT, self.state_field}),
            ("callback_fields", self.callback_fields, {ORDER, AMOUNT, self.state_field}),
        ):
            if not needed <= set(order) or len(set(order)) != len(order):
                raise ValueError(f"{name} must hold {', '.join(sorted(needed))}, each field once")
        if self.paid_states & self.failed_states:
            raise ValueError("one state cannot say both paid and failed")
        return self


class Settings(SystemSettings):
    """VNPT Pay section: ``LIENTHONG_CONNECTORS__VNPT_PAY__…``. Refused without ``manual_confirmed``.

    Attributes:
        merchant: our name at VNPT Pay; the terminal of payments.
        secret, previous_secret: of SECURE_CODE; the latter is still good for what comes in.
        return_url: where the payer's browser comes back to.
    """

    merchant: str = Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9._-]+$")
    secret: SecretStr
    previous_secret: SecretStr | None = None
    return_url: Address
    manual_confirmed: ManualConfirmed | None = None
    page_hosts: tuple[str, ...] = ()
    least_amount: int = Field(default=1_000, ge=1)
    most_amount: int = Field(default=999_999_999, ge=1)
    longest_text: int = Field(default=200, ge=20, le=255)
    largest_answer_bytes: int = Field(default=262_144, gt=0)

    @field_validator("secret", "previous_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        text = "a long enough secret" if value is None else value.get_secret_value()
        if len(text) < _SHORTEST_SECRET or len(set(text)) < _SHORTEST_SECRET // 2:
            raise ValueError("a secret is empty, too short or too simple")
        return value

    @model_validator(mode="after")
    def _off_without_its_manual(self) -> Settings:
        if self.manual_confirmed is None:
            raise ValueError(OFF)
        return self

    @property
    def manual(self) -> ManualConfirmed:
        """What the manual says.

        Raises:
            ValueError: nobody has said it (a section made without its checks).
        """
        if self.manual_confirmed is None:
            raise ValueError(OFF)
        return self.manual_confirmed

    @property
    def signing_key(self) -> str:
        """For what leaves."""
        return self.secret.get_secret_value()

    @property
    def checking_keys(self) -> tuple[str, ...]:
        """For what comes in."""
        old = self.previous_secret
        return (self.signing_key, *((old.get_secret_value(),) if old else ()))
