"""How the land registers are reached: one for the province, others for single agencies; every unconfirmed fact is a field."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from connectors.kit.addresses import Address
from connectors.kit.connection import SystemSettings

HAND_OVER, SUPPLEMENT, RETURNED, WRONG_RESULT = "hand_over", "supplement", "returned", "wrong_result"


class Product(StrEnum):
    """Whose software keeps the land register."""

    VBDLIS = "vbdlis"
    ILIS = "ilis"


PATHS: dict[Product, dict[str, str]] = {
    Product.VBDLIS: {
        HAND_OVER: "/tiepnhan",
        SUPPLEMENT: "/capnhattrangthaibosunghoso",
        RETURNED: "/capnhattrangthaitraketquahoso",
        WRONG_RESULT: "/phanhoihososaiketqua",
    },
    # Of iLIS only the hand-over is known; the others exist when a province names their paths.
    Product.ILIS: {HAND_OVER: "/tiepnhan"},
}
"""Operation → path behind the base URL (one program, C)."""

_URL_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def _door_code(value: SecretStr | None) -> SecretStr | None:
    """The code stands in an address and is compared as it came: nothing in it may need encoding."""
    if value is None:
        return None
    text = value.get_secret_value()
    if len(text) < 16 or not set(text) <= _URL_SAFE:
        raise ValueError("a code has at least 16 letters, digits or -._~")
    return value


DoorCode = Annotated[SecretStr | None, AfterValidator(_door_code)]


class LandSystem(SystemSettings):
    """One land register. 'Assumed' marks what the public facts do not confirm (docs/systems/land.md).

    Attributes:
        product: decides number or text for place ids, credentials, callbacks and what 'đã tồn tại' means.
        security_code: in the address of their callbacks (VBDLIS) or as ``CodeGet`` (iLIS); ``previous_security_code``
            is good beside it while it is being replaced. None: nobody can call us.
        download_url: where links of results lead; ``base_url`` when empty. Links elsewhere are not fetched.
        download_signed: our credentials go with downloads. Assumed: no.
        paths: operation → path, instead of the product's own.
        exists_is_done: 'đã tồn tại' as answer to a hand-over is success. By the product: iLIS yes, VBDLIS no (not told).
        repeatable: writes that only set a value: after a lost answer they are sent again. Assumed: ``returned``.
        provincial: LaQuyTrinhCapTinh.
        processes: our procedure code → their process code; when empty the code itself goes. Assumed.
        places: commune code → their id of it, instead of the commune code.
        no_district: HuyenId since districts are gone. Assumed.
        ward_form: XaId of iLIS. Assumed where there is no district.
        time_form: of NgayTiepNhan and NgayHenTra, local time. Assumed.
        callback_zone: zone of times in callbacks that carry none. VBDLIS: utc (one program); iLIS assumed the same.
        wrong_tax_operation: name of 'tax result handed back as wrong'. Assumed.
        status_overrides: ``progress/7`` or ``end/2`` → our state, confirmed rows.
        largest_file_bytes: of one file, up and down; ``largest_message_bytes``: of all files of one message together.
    """

    product: Product = Product.VBDLIS
    security_code: DoorCode = None
    previous_security_code: DoorCode = None
    download_url: Address | Literal[""] = ""
    download_signed: bool = False
    paths: dict[str, str] = Field(default_factory=dict)
    exists_is_done: bool | None = None
    repeatable: frozenset[str] = frozenset({RETURNED})
    provincial: bool = False
    processes: dict[str, str] = Field(default_factory=dict)
    places: dict[str, str] = Field(default_factory=dict)
    no_district: str = Field(default="000", pattern=r"^[0-9]{1,3}$")
    ward_form: str = "{province}.{district}.{commune}"
    time_form: str = "%Y-%m-%dT%H:%M:%S"
    callback_zone: Literal["utc", "local"] = "utc"
    wrong_tax_operation: str = "PhanHoiKetQuaThueSai"
    status_overrides: dict[str, str] = Field(default_factory=dict)
    largest_file_bytes: int = Field(default=10_000_000, gt=0)
    largest_message_bytes: int = Field(default=40_000_000, gt=0)

    def path_of(self, operation: str) -> str:
        """Path of an operation; empty: this register has no such message."""
        return self.paths.get(operation) or PATHS[self.product].get(operation, "")

    @property
    def existing_is_done(self) -> bool:
        """Whether 'đã tồn tại' answers a hand-over as well as 'done' would."""
        return self.product is Product.ILIS if self.exists_is_done is None else self.exists_is_done

    @model_validator(mode="after")
    def _known_operations(self) -> Self:
        known = set(PATHS[Product.VBDLIS])
        if not set(self.paths) <= known or not self.repeatable <= known:
            raise ValueError(f"operations are {', '.join(sorted(known))}")
        if any(not path.startswith("/") for path in self.paths.values()):
            raise ValueError("a path begins with /")
        return self


class Settings(LandSystem):
    """The province's land register, and those of agencies that have another one.

    Attributes:
        agencies: agency code → its register; every other agency uses the province's.
    """

    agencies: dict[str, LandSystem] = Field(default_factory=dict)

    def of(self, agency: str) -> LandSystem:
        """The register of an agency."""
        return self.agencies.get(agency, self)

    def systems(self) -> Iterator[tuple[str, LandSystem]]:
        """Agency → register; the province's under the empty name, first."""
        yield "", self
        yield from self.agencies.items()

    @model_validator(mode="after")
    def _codes_differ(self) -> Self:
        """Two registers with one code could speak for each other."""
        codes = [
            code.get_secret_value()
            for _, system in self.systems()
            for code in (system.security_code, system.previous_security_code)
            if code is not None
        ]
        if len(set(codes)) != len(codes):
            raise ValueError("two land registers have the same security code")
        return self
