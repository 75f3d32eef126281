"""How the National Public Service Portal is reached, and every fact of it that no paper confirms."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, field_validator

from connectors.kit.connection import SystemSettings
from mappings.canonical.dossier import FeeKind
from mappings.canonical.file import Channel, CopyKind, Reuse


class SuccessBy(StrEnum):
    """What makes an answer a success."""

    CODE = "code"  # error_code is 0, however it is written
    TEXT = "text"  # the message says 'thành công' (some adapters leave the code alone)
    BOTH = "both"


def _plain(value: frozenset[str]) -> frozenset[str]:
    """Codes are compared as whole numbers: 0, "0" and "00" are one."""
    if not all(code.lstrip("-").isdigit() for code in value):
        raise ValueError("codes are whole numbers")
    return frozenset(str(int(code)) for code in value)


def _lower(value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(text.strip() for text in value):
        raise ValueError("an empty text fits every answer")
    return tuple(text.casefold() for text in value)


Codes = Annotated[frozenset[str], AfterValidator(_plain)]
Texts = Annotated[tuple[str, ...], AfterValidator(_lower)]


class Settings(SystemSettings):
    """National portal. 'Assumed' marks what the public facts do not confirm (see docs/systems/dvcqg.md).

    ``base_url`` is the adapter's address (adapter_url).

    Attributes:
        username, password: of the login. dstcode: header of the login (and of every call where ``dstcode_always``).
        unit: madonvi, our unit there (000.00.00.H21); unit_code: the part that every dossier code must contain (H21).
        auth_path, integration_path, share_path: auth_endpoint, integration_endpoint, share_endpoint. Assumed: no public
            source shows the literal paths.
        session_seconds: how long we use a session; theirs is not published, 10 minutes is what another client chose.
        success_by, success_texts, failure_texts: what a success is. A failure text beats a success text within it.
        exists_codes, exists_texts: a create with such a code *and* such a text means: they have the dossier.
        missing_codes, missing_texts: TraCuuHoSo answers so for a code it does not know. Assumed.
        expired_codes, expired_texts: the session has ended; nothing was done. Assumed.
        undecided_codes, undecided_texts: their system failed: what they did is not known. Assumed.
        steps_once: the operator confirms that a step sent twice is kept once (same MaHoSo, ThoiDiemXuLy, TrangThai).
            Without that confirmation a lost answer about steps is a person's matter.
        steps_per_call: 10 is what one client sends.
        procedure_pattern: form of a national procedure code; anything else is a local code and is refused before sending.
        required: fields of a dossier that may not be empty.
        longest: longest text per field, characters; GhiChu and NguoiXuLy are seen, others by sources.
        cut: fields that may be shortened to their limit; what is not named is refused before sending. TrichYeuHoSo and
            GhiChu are remarks of ours; a name or a code is never cut.
        send_note: GhiChu has broken calls; one client stopped sending it.
        fee_codes: kind of fee → LoaiPhiLePhi. A kind that is neither here nor in ``left_out`` is refused before sending.
        left_out: kinds that are no phí and no lệ phí: they go by other messages and are not in the list of fees.
        fee_moment: HinhThucThu (1 at receipt, 2 at supplement, 4 at return). Assumed for this portal.
        entry: NoiNopHoSo: 2 was seen for dossiers of province portals. Assumed.
        channel_codes, return_codes: KenhThucHien and HinhThuc. HinhThuc has no number for a result that goes back online:
            assumed 0.
        reuse_codes: DuocTaiSuDung. Assumed: 0, 1, 2 were seen, their meaning is not told.
        copy_codes: LoaiGiayTo of papers without a file. Assumed: the numbers of the ministry adapter.
        payment_codes: DuocThanhToanTrucTuyen → paid online. Assumed: 0, 1, 3 were seen; the first of each is sent.
        supplement_codes: TrangThaiBoSung asked, answered. Assumed.
        plain_files: links to files may be http (a sandbox on one machine); otherwise only https leaves.
        lookup_code_fields, lookup_state_fields: names in the answer of TraCuuHoSo. Assumed.
        account_provider: provider of TraCuuTechID.
        feed_type: type of DongBoTrangThaiHoSo.
        inbound_header, inbound_secret, previous_inbound_secret: what they must show when they call us; without a secret
            nothing that comes in is believed. Assumed: how the portal signs in at a province is not public.
        tax_day_forms: how NGAY_QUYET_DINH may be written. Assumed.
        answer_as_text: error_code in our answers to them as text instead of number. Assumed.
    """

    username: str = Field(min_length=1)
    password: SecretStr
    dstcode: str = Field(min_length=1, pattern=r"^[A-Za-z0-9._:/-]+$")
    dstcode_always: bool = True
    unit: str = Field(pattern=r"^[A-Za-z0-9.]{3,40}$")
    unit_code: str = Field(pattern=r"^[GH][0-9]{2}$")
    auth_path: str = Field(default="/mapi/login", pattern=r"^/")
    integration_path: str = Field(default="/mapi/g", pattern=r"^/")
    share_path: str = Field(default="/mapi/g", pattern=r"^/")
    session_seconds: int = Field(default=600, ge=30, le=86_400)
    success_by: SuccessBy = SuccessBy.CODE
    success_texts: Texts = ("thành công",)
    failure_texts: Texts = ("không thành công", "chưa thành công", "thất bại")
    exists_codes: Codes = frozenset({"0", "3", "-3"})
    exists_texts: Texts = ("đã tồn tại",)
    missing_codes: Codes = frozenset({"404"})
    missing_texts: Texts = ("không tồn tại", "không tìm thấy")
    expired_codes: Codes = frozenset({"401", "-401"})
    expired_texts: Texts = (
        "session expired",
        "session không hợp lệ",
        "hết phiên",
        "phiên làm việc đã hết hạn",
    )
    undecided_codes: Codes = frozenset({"99", "-99", "500", "503", "504"})
    undecided_texts: Texts = ("lỗi hệ thống", "timeout", "quá thời gian")
    steps_once: bool = False
    steps_per_call: int = Field(default=10, ge=1, le=100)
    procedure_pattern: str = r"[0-9]\.[0-9]{6}(?:\.[0-9A-Z]{2,3})*"
    required: frozenset[str] = frozenset({"MaHoSo", "MaTTHC", "TenTTHC", "ChuHoSo", "DonViXuLy"})
    longest: dict[str, int] = Field(
        default_factory=lambda: {
            "TrichYeuHoSo": 1_000,
            "GhiChu": 2_000,
            "NguoiXuLy": 50,
            "TenTepDinhKem": 4_000,
            "TenGiayTo": 2_000,
        }
    )
    cut: frozenset[str] = frozenset()
    send_note: bool = False
    fee_codes: dict[FeeKind, str] = Field(default_factory=lambda: {FeeKind.PHI: "1", FeeKind.LE_PHI: "2"})
    left_out: frozenset[FeeKind] = frozenset({FeeKind.THUE, FeeKind.PHAT})
    fee_moment: str = "1"
    entry: str = "2"
    channel_codes: dict[Channel, str] = Field(
        default_factory=lambda: {Channel.DIRECT: "1", Channel.ONLINE: "2", Channel.POST: "3"}
    )
    return_codes: dict[Channel, str] = Field(
        default_factory=lambda: {Channel.DIRECT: "0", Channel.POST: "1", Channel.ONLINE: "0"}
    )
    reuse_codes: dict[Reuse, str] = Field(
        default_factory=lambda: {Reuse.NO: "0", Reuse.YES: "1", Reuse.FROM_REGISTER: "2"}
    )
    copy_codes: dict[CopyKind, str] = Field(
        default_factory=lambda: {CopyKind.ORIGINAL: "0", CopyKind.COPY: "1", CopyKind.ELECTRONIC: "2"}
    )
    payment_codes: dict[str, bool] = Field(default_factory=lambda: {"0": False, "1": True, "3": False})
    supplement_codes: tuple[str, str] = ("0", "1")
    plain_files: bool = False
    lookup_code_fields: tuple[str, ...] = ("MaHoSo", "MAHOSO", "mahoso")
    lookup_state_fields: tuple[str, ...] = ("TrangThaiHoSo", "TrangThai", "TRANGTHAI", "trangthai")
    account_provider: str = "wso2is"
    feed_type: str = "2"
    inbound_header: str = Field(default="authorization", pattern=r"^[a-z0-9-]+$")
    inbound_secret: SecretStr | None = None
    previous_inbound_secret: SecretStr | None = None
    tax_day_forms: tuple[str, ...] = ("%d/%m/%Y", "%Y%m%d", "%Y%m%d%H%M%S")
    answer_as_text: bool = False

    @field_validator("password")
    @classmethod
    def _a_password(cls, value: SecretStr) -> SecretStr:
        """An empty password is a setting that was forgotten."""
        if not value.get_secret_value():
            raise ValueError("a password is needed")
        return value

    @field_validator("inbound_secret", "previous_inbound_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        """A short secret is guessed."""
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("a secret of at least 16 characters is needed")
        return value

    @field_validator("cut")
    @classmethod
    def _only_remarks(cls, value: frozenset[str]) -> frozenset[str]:
        """A name, a code or an identity is whole or refused."""
        if not value <= {"TrichYeuHoSo", "GhiChu", "NoiDungXuLy", "NoiDungBoSung", "ThongTinTiepNhan"}:
            raise ValueError(
                "only remarks may be cut: TrichYeuHoSo, GhiChu, NoiDungXuLy, NoiDungBoSung, ThongTinTiepNhan"
            )
        return value

    @property
    def inbound_secrets(self) -> tuple[str, ...]:
        """What they may show us: the secret, and the one before it while it is being replaced."""
        kept = (self.inbound_secret, self.previous_inbound_secret)
        return tuple(secret.get_secret_value() for secret in kept if secret is not None)
