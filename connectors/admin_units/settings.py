"""How the statistics office's service is reached, and every fact of it that is assumed."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from connectors.kit.soap.port import SoapSettings


class Conflict(StrEnum):
    """What becomes of a list that gives one code to different units."""

    REFUSE = "refuse"  # the whole list
    LEAVE_OUT = "leave_out"  # those codes; they are named beside the list


class Settings(SoapSettings):
    """Administrative units. 'Assumed' marks what no official paper confirms (see docs/systems).

    Attributes:
        path: of the service. The older host had another one in front.
        row: name of a row in their table. Assumed (three programs agree).
        ca_file: some programs switch verification off, as the chain that they send is at times incomplete; pin the missing
            authority here instead.
        largest_answer_bytes: the list of all communes before July 2025 has about 10,600 rows.
        least_provinces, least_communes: a whole list with fewer rows is not taken for one. 34 and 3,321 since July 2025.
        conflicts: what becomes of a code with two different rows; the office's older lists have some.
    """

    path: str = Field(default="/DMDVHC.asmx", pattern=r"^/[!-~]*$")
    largest_answer_bytes: int = Field(default=20_000_000, gt=0)
    row: str = Field(default="TABLE", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,40}$")
    least_provinces: int = Field(default=30, ge=0)
    least_communes: int = Field(default=3_000, ge=0)
    conflicts: Conflict = Conflict.REFUSE
