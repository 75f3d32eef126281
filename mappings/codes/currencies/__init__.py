"""Currency codes and how many decimals each has (ISO 4217). The table is ``iso4217.csv`` beside this file."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

from mappings.errors import MappingError


@cache
def exponents() -> dict[str, int]:
    """Currency code → number of decimals of its minor unit, withdrawn codes included.

    A statement may be older than the end of its currency, so the end of validity does not remove a code.
    """
    text = resources.files(__name__).joinpath("iso4217.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {row["code"]: int(row["exponent"]) for row in csv.DictReader(lines)}


def exponent(code: str) -> int:
    """The number of decimals of ``code``: 0 for VND, 2 for EUR, 3 for KWD.

    Raises:
        MappingError: the table does not know the code.
    """
    try:
        return exponents()[code]
    except KeyError:
        raise MappingError("iso4217", code) from None
