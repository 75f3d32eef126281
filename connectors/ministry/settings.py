"""How a ministry's portal is reached, and every fact of it that no paper confirms."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, field_validator

from connectors.kit.connection import SystemSettings
from mappings.canonical.dossier import FeeKind
from mappings.canonical.file import CopyKind


def _lower(value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(text.strip() for text in value):
        raise ValueError("an empty text fits every answer")
    return tuple(text.casefold() for text in value)


Texts = Annotated[tuple[str, ...], AfterValidator(_lower)]


class Settings(SystemSettings):
    """Ministry portal. 'Assumed' marks what the public facts do not confirm (see docs/systems/ministry.md).

    Attributes:
        client_id, client_secret: for GetToken.
        token_path … state_path: paths of the six steps. Assumed: the calls are named in public, their paths are not.
        number_code: ``code`` of GetNextValue, the pattern that their numbers follow.
        receiving_unit: MaDonViTiepNhan (G09.20), where a dossier does not name its own.
        services: national procedure → MaDichVuCong; a procedure that is not here is its own service. Assumed.
        success_codes: ``code`` in an answer at HTTP 200. undecided_codes: their system failed. Both assumed.
        exists_texts: a create of a number that they have. Assumed.
        doubles_refused: the ministry confirms that a second NoiHoSo with the same MaHoSo is refused. Without that
            confirmation a lost answer of a create is a person's matter: none of the six calls looks a dossier up.
        fee_codes: LoaiPhiLePhi; 3 exists, its meaning is not told: assumed other.
        left_out: kinds that are no phí and no lệ phí: they go by other messages and are not in the list of fees.
        fee_moment: HinhThucThu: 1 at receipt, 2 at supplement, 4 at return.
        paper_result, supplement_result, result_result: MaKetQua of papers handed in, handed in later, handed back.
        copy_codes: LoaiBan.
        codes_as_text: LoaiDoiTuong, LoaiBan and SoLuong as texts instead of numbers. Assumed numbers.
        file_hash: what HashTepTin is; empty: not told, so it is kept and not compared. Assumed.
        file_field: name of the part in the upload. Assumed.
        largest_file_bytes: of one upload.
        department: PhongBanXuLy where nobody is named.
        inbound_header, inbound_secret, previous_inbound_secret: what they must show when they send us dossiers; without
            a secret nothing that comes in is believed. Assumed.
    """

    client_id: str = Field(min_length=1)
    client_secret: SecretStr
    token_path: str = Field(default="/GetToken", pattern=r"^/")
    number_path: str = Field(default="/GetNextValue", pattern=r"^/")
    upload_path: str = Field(default="/UploadFile", pattern=r"^/")
    create_path: str = Field(default="/NoiHoSo", pattern=r"^/")
    steps_path: str = Field(default="/CapNhatTienTrinh", pattern=r"^/")
    state_path: str = Field(default="/CapNhatTrangThai", pattern=r"^/")
    number_code: str = ""
    receiving_unit: str = Field(default="", pattern=r"^[A-Z0-9.]{0,40}$")
    services: dict[str, str] = Field(default_factory=dict)
    success_codes: frozenset[str] = frozenset({"200", "0", "00"})
    undecided_codes: frozenset[str] = frozenset({"408", "500", "502", "503", "504", "99"})
    exists_texts: Texts = ("đã tồn tại",)
    doubles_refused: bool = False
    fee_codes: dict[FeeKind, int] = Field(
        default_factory=lambda: {FeeKind.PHI: 1, FeeKind.LE_PHI: 2, FeeKind.OTHER: 3}
    )
    left_out: frozenset[FeeKind] = frozenset({FeeKind.THUE, FeeKind.PHAT})
    fee_moment: Literal[1, 2, 4] = 1
    paper_result: str = "KQ.DVC.THONGTIN"
    supplement_result: str = "KQ.DVC.GIAYTOBOSUNG"
    result_result: str = "KQ.DVC.KETQUA"
    copy_codes: dict[CopyKind, int] = Field(
        default_factory=lambda: {CopyKind.ORIGINAL: 0, CopyKind.COPY: 1, CopyKind.ELECTRONIC: 2}
    )
    codes_as_text: bool = False
    file_hash: Literal["", "md5", "sha1", "sha256"] = ""
    file_field: str = Field(default="files", pattern=r"^[A-Za-z0-9_]+$")
    largest_file_bytes: int = Field(default=20_000_000, gt=0)
    department: str = "Trung tâm Phục vụ hành chính công"
    inbound_header: str = Field(default="authorization", pattern=r"^[a-z0-9-]+$")
    inbound_secret: SecretStr | None = None
    previous_inbound_secret: SecretStr | None = None

    @field_validator("client_secret", "inbound_secret", "previous_inbound_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        """A short secret is guessed."""
        if value is not None and len(value.get_secret_value()) < 8:
            raise ValueError("a secret of at least 8 characters is needed")
        return value

    @property
    def inbound_secrets(self) -> tuple[str, ...]:
        """What they may show us: the secret, and the one before it while it is being replaced."""
        kept = (self.inbound_secret, self.previous_inbound_secret)
        return tuple(secret.get_secret_value() for secret in kept if secret is not None)
