"""How the civil-status system and the linked services are reached; every unconfirmed fact is a field."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from connectors.civil_status.tables import MODULES
from connectors.kit.addresses import Address
from connectors.kit.connection import SystemSettings
from connectors.kit.credentials import Credentials

PATHS: dict[str, str] = {
    # dangKyHoTich and nhanHoSoDKHT were seen in use (C); the others follow the first one's pattern (D).
    "register": "/hotich/1.0/dangKyHoTich",
    "register_linked": "/apiLienThongKSKT/1.0/nhanHoSoDKHT",
    "catalogue": "/hotich/1.0/danhMuc",
    "ask_state": "/hotich/1.0/traTrangThaiHoSo",
    "get_result": "/hotich/1.0/ketQuaDangKyHS",
    "registered": "/hotich/1.0/dsHoSoDangKy",
    "record": "/hotich/1.0/traHoSo",
    "records": "/hotich/1.0/traDanhSachHoSo",
    "push_state": "/api/lienthongDVCLT/capNhatTrangThaiHoSoDVCLTHoTich",
    "ask_linked_state": "/service/judicial-civil-status/--dossiers",
    "inbox": "/api/lienthongdvclt/hosolienthong",
    "mark_received": "/api/lienthongdvclt/capnhatdanhan",
}
"""Call → path behind its base URL."""


class Settings(SystemSettings):
    """Civil status. 'Assumed' marks what the public facts do not confirm (docs/systems/civil_status.md).

    Attributes:
        base_url: of apiHoTichTuPhap, usually the province's platform.
        linked_url: of the linked services (list, dossier, states); ``base_url`` when empty.
        linked_credentials: where they differ from ``credentials``.
        province: maTinh, two digits.
        generation: ``json`` (2025) or ``xml`` (older) payload of a registration.
        unit_as_number: maDonVi goes as a number. Seen as text; the guide says Long.
        units: agency code → maDonVi, where the form does not name the place of registration.
        modules: procedure → module, a province's own rows.
        paths: call → path, instead of the defaults.
        deciding_level: coQuanXuLy of states.
        not_found_is_proof: an unknown dossier was never registered. Assumed: no, it may become visible late.
        status_fields, value_fields, code_fields, message_fields: names that an answer may use; the first that is
            there counts. Assumed: the guide names the parts, not their keys.
        catalogue_code_fields: the same for rows of a catalogue.
        longest_form: characters of ``data``.
        largest_file_bytes: of one attachment or certificate.
    """

    linked_url: Address | Literal[""] = ""
    linked_credentials: Credentials | None = None
    province: str = Field(pattern=r"^[0-9]{2}$")
    generation: Literal["json", "xml"] = "json"
    unit_as_number: bool = False
    units: dict[str, str] = Field(default_factory=dict)
    modules: dict[str, str] = Field(default_factory=dict)
    paths: dict[str, str] = Field(default_factory=dict)
    deciding_level: int = 5
    not_found_is_proof: bool = False
    status_fields: tuple[str, ...] = ("status", "trangThai")
    value_fields: tuple[str, ...] = ("value", "giaTri", "data")
    code_fields: tuple[str, ...] = ("errorCode", "maLoi")
    message_fields: tuple[str, ...] = ("title", "message", "moTaLoi", "errorDescription", "moTa")
    catalogue_code_fields: tuple[str, ...] = ("ma", "code", "id")
    longest_form: int = Field(default=200_000, gt=0)
    largest_file_bytes: int = Field(default=10_000_000, gt=0)
    largest_answer_bytes: int = Field(default=40_000_000, gt=0)

    def path_of(self, call: str) -> str:
        """Path of a call."""
        return self.paths.get(call, PATHS[call])

    @model_validator(mode="after")
    def _known(self) -> Self:
        if not self.paths.keys() <= PATHS.keys() or any(not p.startswith("/") for p in self.paths.values()):
            raise ValueError(f"paths are of {', '.join(PATHS)} and begin with /")
        if not set(self.modules.values()) <= MODULES:
            raise ValueError(f"modules are {', '.join(sorted(MODULES))}")
        if any(not (unit.isascii() and unit.isdigit()) for unit in self.units.values()):
            raise ValueError("maDonVi is digits")
        return self
