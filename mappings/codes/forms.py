"""Forms of codes of the national catalogues, and checks that name what is wrong. Pure.

Facts (collected 2026-11-23): procedure n.nnnnnn, optionally with .000.00.00.Hxx (A); the portal's own data holds a few that do not fit
(1.0133611, 1.014955-Xoa). Organisation 000.00.NN.Hxx or .Gxx (A), short Hxx.NNN (B), 0.0.Hxx in LGSP headers (C). Result KQ.Gnn.nnnnnn (B);
paper of a dossier 000.00.00.Gnn-KQnnnnnn (C); field Gnn-XXnn (C).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from mappings.errors import MappingError

PROCEDURE, LOCAL_PROCEDURE, RESULT, PAPER, FIELD, AGENCY, AGENCY_SHORT, PARTNER = (
    "procedure",
    "local_procedure",
    "result",
    "paper",
    "field",
    "agency",
    "agency_short",
    "partner",
)
_UNIT = r"[HG]\d{2}"
FORMS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        PROCEDURE: re.compile(rf"\d\.\d{{6}}(?:\.000\.00\.00\.{_UNIT})?"),
        LOCAL_PROCEDURE: re.compile(rf"[A-Za-z0-9_.-]{{1,60}}\.000\.00\.00\.{_UNIT}"),
        RESULT: re.compile(r"KQ\.G\d{2}\.\d{6}"),
        PAPER: re.compile(r"000\.00\.00\.G\d{2}-KQ\d{6}"),
        FIELD: re.compile(r"G\d{2}-[A-Z]{2}\d{2}"),
        AGENCY: re.compile(rf"\d{{3}}\.\d{{2}}\.\d{{2}}\.{_UNIT}"),
        AGENCY_SHORT: re.compile(rf"{_UNIT}(?:\.\d{{1,4}})*"),
        PARTNER: re.compile(rf"0\.0\.{_UNIT}"),
    }
)
"""Kind of code → its form."""


def fits(kind: str, code: str) -> bool:
    """Whether ``code`` has the form of its kind; digits are the ASCII ones."""
    return code.isascii() and FORMS[kind].fullmatch(code) is not None


def checked(kind: str, code: str) -> str:
    """``code`` when it fits.

    Raises:
        MappingError: it does not.
    """
    if not fits(kind, code):
        raise MappingError(kind, code, f"a code of the form {FORMS[kind].pattern} is expected")
    return code


def national_part(code: str) -> str:
    """``3.000181`` of ``3.000181.000.00.00.H22``.

    Raises:
        MappingError: it is a local code: look its national one up.
    """
    return checked(PROCEDURE, code)[:8]


def unit_part(code: str) -> str:
    """The level-1 part, ``H22`` or ``G15``, of any of these codes; empty where it has none."""
    found = re.search(r"(?:^|\.)([HG]\d{2})(?=$|[.\-])", code, flags=re.ASCII)
    return found[1] if found else ""


__all__ = [
    "AGENCY",
    "AGENCY_SHORT",
    "FIELD",
    "FORMS",
    "LOCAL_PROCEDURE",
    "PAPER",
    "PARTNER",
    "PROCEDURE",
    "RESULT",
    "checked",
    "fits",
    "national_part",
    "unit_part",
]
