"""How the criminal-records systems are reached, and every fact of them that differs or that no paper confirms."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from connectors.kit.addresses import Address
from connectors.kit.connection import SystemSettings
from mappings.canonical.dossier import DossierState
from mappings.canonical.judicial import Asker, FormKind

_PATH = re.compile(r"/[A-Za-z0-9._~/-]*")
PATHS = {
    "hand_over": "/nhanHoSoDangKy",
    "ask_state": "/LLTP-API-traTrangThaiHs",
    "fetch": "/LLTP-API-traHoSo",
    "categories": "/LLTP-API-traDanhMuc",
    "acknowledge": "/LLTP-API-danhDauHsThanhCong",
    "list_states": "/LLTP-API-traDsTrangThaiHs",
}


class Ministry(BaseModel):
    """The ministry's own form (VNeID time). All of it assumed from one program.

    Attributes:
        auth_key: authKey of every message.
        province, province_name: maTinh, tenTinh.
        source_field: older papers spell it ``nguonDangKey``; ``source``: its value.
        states: trangThaiXuLy → our word; the list is not public: whatever is missing is pending.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Address
    auth_key: SecretStr
    province: str
    province_name: str
    request_path: str = "/request"
    scan_path: str = "/scan"
    source_field: Literal["nguonDangKy", "nguonDangKey"] = "nguonDangKy"
    source: str = "1"
    states: dict[str, DossierState] = Field(default_factory=dict)


class Vneid(BaseModel):
    """What VNeID calls at our side (LLTP/LayMaHoSo, LLTP/TaoHoSo). Assumed from one program.

    Attributes:
        code_get: CodeGet, the secret in their query; ``previous_code_get`` is taken beside it while it is replaced.
        more_fields: names beside the known ones that were agreed later; any other is refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code_get: SecretStr
    previous_code_get: SecretStr | None = None
    more_fields: frozenset[str] = frozenset()

    @field_validator("code_get", "previous_code_get")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        """Whoever guesses it may put dossiers into the province's system."""
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("a secret of at least 16 characters is needed")
        return value


class Settings(SystemSettings):
    """Criminal records, apiLyLichTuPhap 1.0. 'Assumed' marks what the public facts do not confirm (see docs/systems).

    Attributes:
        office: idMinistryJustice and ministryJusticeId, the office that the dossiers go to.
        paths: operation → path; most begin with ``LLTP-API-`` at one province.
        ws_names: ``declarationWSForm`` (a guide) or ``declarationForm`` (a program).
        numbers_as_text: codes leave as texts; the guide wants numbers, a program sends both.
        ok_statuses, refused_statuses, not_found_statuses, duplicate_statuses: STATUS of an answer. Assumed; a status in
            none of them is unknown.
        doubtful_words: a refusal of a write whose words hold one of these may mean that they have it already: not a refusal
            but unknown, so that the look-up decides. Assumed.
        fetched_id: field of a fetched dossier by which it is acknowledged. Assumed.
        procedures … agency_name: of dossiers that come from there, which carry none of it; the codes are those since the
            matter went over to the Ministry of Public Security (decision 1025/QĐ-BCA).
        result_codes: of the two certificates. Assumed: the decision names both codes, not which is which.
        most_file_bytes: of one file inside a message, unpacked.
    """

    office: str
    paths: dict[str, str] = Field(default_factory=dict)
    ws_names: bool = True
    numbers_as_text: bool = False
    ok_statuses: frozenset[str] = frozenset({"1"})
    refused_statuses: frozenset[str] = frozenset({"0", "100", "101", "108"})
    not_found_statuses: frozenset[str] = frozenset({"201"})
    duplicate_statuses: frozenset[str] = frozenset()
    doubtful_words: tuple[str, ...] = ("tồn tại", "trùng")
    fetched_id: Literal["declarationId", "declarationPortalID"] = "declarationId"
    procedures: dict[Asker, str] = Field(
        default_factory=lambda: {
            Asker.CITIZEN: "3.000333",
            Asker.FOREIGNER: "3.000333",
            Asker.AGENCY: "3.000334",
            Asker.PROCEEDINGS: "3.000335",
        }
    )
    procedure_name: str = "Cấp Phiếu lý lịch tư pháp"
    field: str = ""
    field_name: str = "Lý lịch tư pháp"
    agency: str = ""
    agency_name: str = ""
    result_codes: dict[FormKind, str] = Field(
        default_factory=lambda: {FormKind.ONE: "KQ.G01.000200", FormKind.TWO: "KQ.G01.000199"}
    )
    most_file_bytes: int = Field(default=20_000_000, gt=0)
    largest_answer_bytes: int = Field(default=40_000_000, gt=0)
    ministry: Ministry | None = None
    vneid: Vneid | None = None

    @field_validator("paths")
    @classmethod
    def _known_paths(cls, value: dict[str, str]) -> dict[str, str]:
        if not set(value) <= set(PATHS) or any(not _PATH.fullmatch(path) for path in value.values()):
            raise ValueError(f"paths are of {sorted(PATHS)}, begin with / and hold letters, digits and ._~/-")
        return value

    def path_of(self, operation: str) -> str:
        """Where ``operation`` is asked for."""
        return self.paths.get(operation, PATHS[operation])


__all__ = ["Ministry", "Settings", "Vneid"]
