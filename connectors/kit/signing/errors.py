"""Why nothing was signed, or why what was signed does not leave. Stable codes; sentences are the screens' business."""

from __future__ import annotations

from mappings.canonical.signature import FileReport
from mappings.errors import IntegrationError


class NotFit(IntegrationError):
    """A certificate may not sign now.

    Attributes:
        code: ``expired``, ``not-yet-valid``, ``revoked``, ``not-active``, ``key-usage``, ``weak-key``, ``other-person``,
            ``unknown-root``, ``revocation-unknown``, ``unreadable``.
    """

    def __init__(self, code: str, words: str) -> None:
        self.code = code
        super().__init__(f"{code}: {words}")

    @property
    def worth_trying_again(self) -> bool:
        """Whether fresh revocation data or time may change it."""
        return self.code in ("revocation-unknown", "not-yet-valid")


class Unsignable(IntegrationError):
    """A document cannot be signed as it is: unreadable, encrypted, locked, or the stamp does not fit.

    Attributes:
        code: ``unreadable``, ``encrypted``, ``locked``, ``field-taken``, ``no-such-page``, ``stamp``, ``level``, ``certificate``.
    """

    def __init__(self, code: str, words: str) -> None:
        self.code = code
        super().__init__(f"{code}: {words}")


class WrongSignature(IntegrationError):
    """A signature value is not of this certificate over these bytes, or the kept file is not the prepared one. Nothing was written.

    Attributes:
        code: ``shape``, ``value``, ``other-file``, ``other-certificate``, ``too-large``, ``no-timestamp``, ``validation``.
    """

    def __init__(self, code: str, words: str) -> None:
        self.code = code
        super().__init__(f"{code}: {words}")


class NotReleased(IntegrationError):
    """The finished file was not found to be soundly signed; it does not leave.

    Attributes:
        report: the whole verdict.
        worth_trying_again: whether it may be judged otherwise later (missing data), without a new signature.
    """

    def __init__(self, report: FileReport, words: str) -> None:
        self.report = report
        self.worth_trying_again = report.worth_trying_again
        super().__init__(f"{report.verdict.value}: {words}")


__all__ = ["NotFit", "NotReleased", "Unsignable", "WrongSignature"]
