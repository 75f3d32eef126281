"""What an answer that is not 'done' means in the one tree of errors."""

from __future__ import annotations

from typing import Any

from connectors.civil_status.wire import Ending, Judged
from connectors.errors import (
    AlreadyDone,
    ConnectorError,
    ContractBroken,
    CredentialsRefused,
    Rejected,
    Unavailable,
)

SYSTEM = "civil_status"


def facts(operation: str, reference: str) -> dict[str, Any]:
    """Which call an error speaks of."""
    return {"system": SYSTEM, "operation": operation, "reference": reference}


def error(operation: str, reference: str, found: Judged) -> ConnectorError:
    """The error of an answer; its message holds codes and rows of our tables only, never a sentence of theirs."""
    names = facts(operation, reference)
    match found.ending:
        case Ending.EXISTED:
            return AlreadyDone("it was done before", code=found.code, **names)
        case Ending.REJECTED:
            return Rejected("refused", code=found.code, **names)
        case Ending.ABSENT:
            return Rejected("they know no such dossier", code=found.code, **names)
        case Ending.UNFINISHED:
            return Rejected("not registered yet", code=found.code, **names)
        case Ending.CREDENTIALS:
            return CredentialsRefused(f"error {found.code}", **names)
        case Ending.UNAVAILABLE:
            return Unavailable(f"they say: {found.code}", **names)
        case _:
            return ContractBroken(f"nothing that decides: {found.code or 'no word'}", **names)


__all__ = ["error", "facts"]
