"""How the national payment platform is reached, and every fact of it that no paper confirms."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors.kit.addresses import Address


class HashAlgorithm(StrEnum):
    """How MaXacThuc is made; agreed per partner."""

    SHA256 = "sha256"  # over the fields and, last, the secret
    HMAC_SHA256 = "hmac-sha256"  # over the fields, keyed with the secret (programs of 2020)


class Envelope(StrEnum):
    """How answers are wrapped."""

    DIRECT = "direct"
    PROXY = "proxy"  # {"error_code": "0", "message": "<the direct answer as JSON text>"}
    EITHER = "either"  # told apart by shape


class Settings(BaseModel):
    """Payment platform. 'Assumed' marks what the public facts do not confirm (see docs/systems).

    Attributes:
        base_url: of the platform or of the province's proxy (LGSP/NDXP).
        partner_code: MaDoiTac.
        hash_secret: shared secret of MaXacThuc; ``previous_hash_secret`` is accepted beside it on what we
            receive while the secret is being replaced.
        token: bearer token of the proxy; or ``token_url`` with ``client_id`` and ``client_secret``.
        init_path, query_path, bill_path: the platform may have one path for all messages. Assumed.
        version: PhienBan.
        payment_page_hosts: where UrlThanhToan may lead; empty: any https address.
        time_formats: of ThoiGianGD in what we receive; the first is what we send. 24 hours, GMT+7.
        answers_signed: QUERY answers without MaXacThuc are refused. Assumed; set to false only when the
            operator says in writing that they are not signed.
        query_answer_fields, answer_fields: what is under the hash of a QUERY answer and of our answer to
            CONFIRM, in order. Assumed.
        failed_codes: MaLoi of CONFIRM that are agreed as final failures; every other code but 00 is unknown.
        not_found_codes: MaLoi of QUERY for an unknown MaThamChieu. Assumed; never a proof.
        undecided_codes: MaLoi that say 'other' or 'system error': what became of it is not known.
        longest_description: of ThongTinGiaoDich, in characters. Assumed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: Address
    partner_code: str = Field(min_length=3, max_length=20, pattern=r"^[A-Za-z0-9._-]+$")
    hash_secret: SecretStr
    previous_hash_secret: SecretStr | None = None
    hash_algorithm: HashAlgorithm = HashAlgorithm.SHA256
    envelope: Envelope = Envelope.EITHER
    token: SecretStr | None = None
    token_url: Address | Literal[""] = ""
    client_id: str = ""
    client_secret: SecretStr | None = None
    init_path: str = "/init"
    query_path: str = "/query"
    bill_path: str = "/bill"
    version: str = "1.0.6"
    payment_kind: str = "PAY"  # LoaiHinhThanhToan
    channel: str = "1"  # MaKenhThanhToan
    device: str = "1"  # MaThietBi
    language: str = "vi-VN"
    bank: str = "PAYMENT"  # MaNganHang
    service: str = "2"  # MaDichVu of the receipt block: 2 fee and charge
    payment_page_hosts: tuple[str, ...] = ()
    time_formats: tuple[str, ...] = ("%Y%m%d%H%M%S",)
    answers_signed: bool = True
    query_answer_fields: tuple[str, ...] = (
        "LoaiBanTin",
        "MaLoi",
        "MaDoiTac",
        "MaThamChieu",
        "SoTien",
        "MaTienTe",
        "MaGiaoDich",
        "MaNganHang",
        "ThoiGianGD",
        "TrangThaiGD",
    )
    answer_fields: tuple[str, ...] = ("MaLoi", "MoTaLoi", "MaDoiTac", "MaThamChieu", "ThoiGianGD")
    failed_codes: frozenset[str] = frozenset()
    not_found_codes: frozenset[str] = frozenset({"01"})
    undecided_codes: frozenset[str] = frozenset({"99"})
    longest_description: int = 255
    largest_answer_bytes: int = 2_000_000
    deadline_seconds: float = 30.0
    pool: int = 8

    @field_validator("hash_secret", "previous_hash_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        """An empty or short secret signs nothing."""
        if value is not None and len(value.get_secret_value()) < 8:
            raise ValueError("a secret of at least 8 characters is needed")
        return value

    @field_validator("query_answer_fields")
    @classmethod
    def _state_is_signed(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """The state, the reference and the amount must be under the hash, or it protects nothing."""
        if not {"TrangThaiGD", "MaThamChieu", "SoTien"} <= set(value):
            raise ValueError("TrangThaiGD, MaThamChieu and SoTien must be under the hash")
        return value

    @model_validator(mode="after")
    def _one_token(self) -> Settings:
        """A static token or a place where one is given, not both, and not half of it."""
        if self.token is not None and self.token_url:
            raise ValueError("set token or token_url, not both")
        if self.token_url and (not self.client_id or self.client_secret is None):
            raise ValueError("token_url needs client_id and client_secret")
        return self
