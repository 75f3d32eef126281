"""How the national business register is reached, and every fact of it that no paper confirms."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, field_validator

from connectors.kit.connection import SystemSettings
from mappings.canonical.enterprise import EnterpriseState

Path = Annotated[str, Field(pattern=r"^/[^\s?#]*$")]


class Shape(StrEnum):
    """Where a call says what it wants."""

    VERSION_IN_PATH = "version_in_path"  # /apiCSDLDKDN/1.0/chiTietDoanhNghiep?msdn=
    NO_VERSION = "no_version"  # /apiCSDLDKDN/chiTietDoanhNghiep?msdn=
    ADAPTER = "adapter"  # ?category=chiTietDoanhNghiep&version=1.1&msdn=
    FACADE = "facade"  # /apiDKKD/DoanhNghiep/chiTietDoanhNghiep?msdn=


class Settings(SystemSettings):
    """The register behind a province's or the national platform.

    Attributes:
        shape: of the detail by enterprise code.
        lists_shape: of the lists and the status; the façade is not known to have them.
        root, version: of both path shapes; ``adapter_path``, ``adapter_version`` of the adapter.
        facade_root: also of cooperatives and household businesses, which only the façade is known to have.
        branch_form: how a 13-digit code is sent. Assumed.
        check_digit: a code whose tenth digit does not fit is not asked. The rule is not the register's own paper.
        zero_is_not_found: ``Status`` 0 means that there is none; else it is a refusal. Assumed.
        date_forms: the document and one client differ; both are read.
        states: their word or number, without regard to capitals → ours. Assumed; others stay ``UNKNOWN`` with their word.
        place_codes: whether CityID and its like are those of the statistics office. Assumed.
        cooperative_names, household_names: names of fields where they differ from the enterprise's. Not public.
        window_days: longest window of the list between two days, both counted.
        page_rows, first_offset: of the lists. Assumed.
        most_pages: of one window; more is an error, not patience.
    """

    shape: Shape = Shape.VERSION_IN_PATH
    lists_shape: Shape = Shape.VERSION_IN_PATH
    root: Path = "/apiCSDLDKDN"
    version: Annotated[str, Field(pattern=r"^[0-9.]{1,8}$")] = "1.0"
    adapter_path: Path = "/"
    adapter_version: str = "1.1"
    facade_root: Path = "/apiDKKD"
    branch_form: Literal["dash", "plain"] = "dash"
    check_digit: bool = True
    zero_is_not_found: bool = False
    date_forms: tuple[str, ...] = ("%d/%m/%Y", "%Y-%m-%dT%H:%M:%S")
    states: dict[str, EnterpriseState] = Field(
        default={
            "đang hoạt động": EnterpriseState.ACTIVE,
            "tạm ngừng kinh doanh": EnterpriseState.SUSPENDED,
            "tạm ngừng hoạt động": EnterpriseState.SUSPENDED,
            "đang làm thủ tục giải thể": EnterpriseState.DISSOLVING,
            "đã giải thể": EnterpriseState.DISSOLVED,
            "ngừng hoạt động và đã đóng mã số thuế": EnterpriseState.CLOSED_TAX,
        }
    )
    place_codes: Literal["statistics", "own"] = "statistics"
    cooperative_names: dict[str, str] = Field(default_factory=dict)
    household_names: dict[str, str] = Field(default_factory=dict)
    window_days: Annotated[int, Field(ge=1, le=31)] = 5
    page_rows: Annotated[int, Field(ge=1, le=1_000)] = 100
    first_offset: Annotated[int, Field(ge=0, le=1)] = 0
    most_pages: Annotated[int, Field(ge=1)] = 200

    @field_validator("lists_shape")
    @classmethod
    def _lists_are_not_at_the_facade(cls, value: Shape) -> Shape:
        if value is Shape.FACADE:
            raise ValueError("the façade is not known to have lists; choose another shape for them")
        return value

    @field_validator("states")
    @classmethod
    def _without_capitals(cls, value: dict[str, EnterpriseState]) -> dict[str, EnterpriseState]:
        return {word.casefold(): state for word, state in value.items()}
