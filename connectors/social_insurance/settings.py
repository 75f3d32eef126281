"""How the look-ups of social security are reached. One document tells of them and nothing more: every fact here is seen once or assumed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from connectors.kit.connection import SystemSettings

Path = Annotated[str, Field(pattern=r"^/[^\s?#]*$")]


class Settings(SystemSettings):
    """Look-ups of social security behind a province's LGSP.

    Attributes:
        subject_key: key of the digests in the ledger of purposes; at least 16 characters, never changed lightly: with
            another key the same person has another digest.
        by_number_path, find_number_path, household_path: of the three look-ups.
        province_key: key of the province in the household look-up; the document prints it with a space before it.
        partial_birth: how a year or month alone is sent: ``padded`` 19900101, ``zeros`` 19900000, ``short`` 1990. Assumed; all
            three are read.
        number_digits: of a social insurance number. Assumed.
        district_needed: whether a question without a district code is refused here. Assumed: since the merger there is none.
        upper_case: names are sent in capitals. Assumed.
        wrapper: name under which an answer stands; empty: it is the answer itself.
        success_codes: ``errorCode`` that say nothing is wrong, beside an empty one. Assumed.
        not_found_codes: ``errorCode`` that say that there is nobody. Not published: any other code is a refusal.
    """

    subject_key: SecretStr
    by_number_path: Path = "/apiBHXH/getTraCuuTtHgdByMaSoBhxh"
    find_number_path: Path = "/apiBHXH/getMaSoBhxhTheoTieuChi"
    household_path: Path = "/apiBHXH/getTraCuuThongTinHgd"
    province_key: Literal["maTinh", " maTinh"] = "maTinh"
    partial_birth: Literal["padded", "zeros", "short"] = "padded"
    number_digits: Annotated[int, Field(ge=1, le=20)] = 10
    district_needed: bool = False
    upper_case: bool = False
    wrapper: str = ""
    success_codes: frozenset[str] = frozenset({"0", "00"})
    not_found_codes: frozenset[str] = frozenset()

    @field_validator("subject_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        """With a short key all numbers can be tried against a digest."""
        if len(value.get_secret_value()) < 16:
            raise ValueError("a key of at least 16 characters is needed")
        return value
