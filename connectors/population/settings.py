"""How the population database is reached, and every fact of it that differs by province or that no paper confirms."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.kit.connection import SystemSettings
from mappings.canonical.citizen import LifeState, Marital
from mappings.canonical.party import Sex

NEEDED = frozenset({"MaYeuCau", "MaDVC", "MaCanBo", "SoDinhDanh", "SoCMND", "HoVaTen", "NgayThangNamSinh"})
KNOWN = NEEDED | {"MaTichHop", "MaDonVi", "TaiKhoan", "SoDienThoai"}
_NATIONAL = re.compile(r"([0-9]\.[0-9]{6})(?:\.[0-9A-Z]{1,3})*")
_ACCOUNT = re.compile(r"[A-Za-z0-9._@-]{1,20}")
_PATH = re.compile(r"/[A-Za-z0-9._~/-]*")


class Wrap(StrEnum):
    """How the question travels."""

    SOAP = "soap"
    JSON = "json"  # the fields as JSON (seen in Đồng Tháp, C)
    SOAP_IN_JSON = (
        "soap_in_json"  # the envelope as text beside the credentials' tokens (seen in Hậu Giang, C)
    )


class Settings(SystemSettings):
    """Population database. 'Assumed' marks what the public facts do not confirm (see docs/systems).

    Attributes:
        subject_key: key of the digests in the ledger of purposes; at least 16 characters, never changed lightly: with
            another key the same person has another digest.
        path, paths: where questions go; ``paths`` by operation, where each has an address of its own. Assumed.
        wrap, named_request, service_element: variants of provinces. ``named_request``: the element is called
            ``…Request``; ``service_element``: MaDVC, or MaDichVu as in a re-created schema.
        order: elements in the order that the operator wants; what is not named is not sent. The place of MaDonVi differs
            between sources; TaiKhoan and SoDienThoai are newer.
        contracts: operation → MaTichHop. Only 'look_up' (037) and 'confirm' (033) have been seen; an operation without
            one is refused before anything leaves: nobody agreed to it.
        procedures: local code → national code; a code that has the national form, with or without a
            unit behind it, needs no row.
        officers: our account (e-mail) → MaCanBo, the account registered with the operator.
        account, phone: TaiKhoan, SoDienThoai, where ``order`` names them.
        user_service: userNameService of the JSON form.
        answer_field: name of the field that holds the XML in a JSON answer. Assumed.
        check_structure: a 12-digit number must fit birth and sex before it is asked.
        confirmed_words, refuted_words: the flag, in lower case; any other word is unclear.
        sex_codes, marital_codes, life_codes: GioiTinh, TinhTrangHonNhan and ``life_element``; the lists are not public:
            empty until the operator tells. Sex then comes from the number.
        time_attribute, time_formats: ThoiDiemDuLieu of the answer; empty name: not read. Assumed.
    """

    subject_key: SecretStr
    path: str = "/"
    paths: dict[str, str] = Field(default_factory=dict)
    wrap: Wrap = Wrap.SOAP
    named_request: bool = False
    service_element: Literal["MaDVC", "MaDichVu"] = "MaDVC"
    order: tuple[str, ...] = (
        "MaYeuCau",
        "MaDVC",
        "MaTichHop",
        "MaCanBo",
        "MaDonVi",
        "SoDinhDanh",
        "SoCMND",
        "HoVaTen",
        "NgayThangNamSinh",
    )
    contracts: dict[str, str] = Field(default_factory=lambda: {"confirm": "033", "look_up": "037"})
    procedures: dict[str, str] = Field(default_factory=dict)
    officers: dict[str, str] = Field(default_factory=dict)
    account: str = ""
    phone: str = ""
    user_service: str = ""
    answer_field: str = "data"
    check_structure: bool = True
    confirmed_words: frozenset[str] = frozenset({"true", "1"})
    refuted_words: frozenset[str] = frozenset({"false", "0"})
    sex_codes: dict[str, Sex] = Field(default_factory=dict)
    marital_codes: dict[str, Marital] = Field(default_factory=dict)
    life_element: str = "TinhTrangChetMatTich"
    life_codes: dict[str, LifeState] = Field(default_factory=dict)
    time_attribute: str = "ThoiDiemDuLieu"
    time_formats: tuple[str, ...] = ("%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%S", "%Y%m%d")

    @field_validator("subject_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        """With a short key all numbers can be tried against a digest."""
        if len(value.get_secret_value()) < 16:
            raise ValueError("a key of at least 16 characters is needed")
        return value

    @field_validator("order")
    @classmethod
    def _whole_order(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Every element that says who asks about whom and why must leave, once."""
        if len(set(value)) != len(value) or not NEEDED <= set(value) <= KNOWN:
            raise ValueError(
                f"order names each of {sorted(NEEDED)} once, and may name {sorted(KNOWN - NEEDED)}"
            )
        return value

    @field_validator("contracts")
    @classmethod
    def _digits(cls, value: dict[str, str]) -> dict[str, str]:
        if any(not (code.isascii() and code.isdigit() and len(code) <= 20) for code in value.values()):
            raise ValueError("MaTichHop is 1 to 20 digits")
        return value

    @model_validator(mode="after")
    def _sensible(self) -> Settings:
        """Paths lead nowhere else; mapped procedures are national ones; a word is yes or no."""
        if any(not _PATH.fullmatch(path) for path in (self.path, *self.paths.values())):
            raise ValueError("a path begins with / and holds letters, digits and ._~/- only")
        if any(not national_code(code) for code in self.procedures.values()):
            raise ValueError("procedures lead to national codes n.nnnnnn")
        if self.confirmed_words & self.refuted_words:
            raise ValueError("a word cannot mean both yes and no")
        if any(not _ACCOUNT.fullmatch(account) for account in self.officers.values()):
            raise ValueError("MaCanBo is 1 to 20 letters, digits and ._@-")
        return self


def national_code(code: str) -> str:
    """The procedure's national code without the unit behind it (``1.001612`` of ``1.001612.000.00.00.H22``); empty: none.

    MaDVC takes 20 characters: the long form would be cut or refused.
    """
    found = _NATIONAL.fullmatch(code)
    return found[1] if found else ""


__all__ = ["Settings", "Wrap", "national_code"]
