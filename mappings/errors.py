"""The root of the one error tree. The branch tells the caller what it may do next."""

from __future__ import annotations


class IntegrationError(Exception):
    """Anything that goes wrong between us and somebody else, or between two of our own rules."""


class MappingError(IntegrationError):
    """A code or a field has no agreed meaning on the other side.

    Attributes:
        table: the code list or table that was asked.
        code: the value that it does not know, as received.
    """

    def __init__(self, table: str, code: object, hint: str = "") -> None:
        self.table = table
        self.code = code
        super().__init__(f"{table}: no meaning for {code!r}{'; ' + hint if hint else ''}")
