"""What may happen on a call to an outside system. See ``mappings.errors`` for the root of the tree."""

from __future__ import annotations

from mappings.errors import IntegrationError


class ConnectorError(IntegrationError):
    """A call to an outside system did not end in an agreed answer.

    Attributes:
        system: the outside system's name as in the registry (``vnpay``, ``igate`` ...).
        operation: the operation that was called.
        reference: our reference of the thing concerned, or an empty text.
    """

    def __init__(self, message: str, *, system: str, operation: str, reference: str = "") -> None:
        self.system = system
        self.operation = operation
        self.reference = reference
        super().__init__(f"{system}.{operation}{' [' + reference + ']' if reference else ''}: {message}")


class Unavailable(ConnectorError):
    """Nothing was done there: repeating is free.

    Attributes:
        retry_after_seconds: what the other side asked us to wait, or ``None``.
    """

    def __init__(
        self,
        message: str,
        *,
        system: str,
        operation: str,
        reference: str = "",
        retry_after_seconds: float | None = None,
    ) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message, system=system, operation=operation, reference=reference)


class OutcomeUnknown(ConnectorError):
    """It may have been done: ask before anything is sent again. Never a failure."""


class ContractBroken(OutcomeUnknown):
    """They answered, but not in the agreed shape: what they did is not known."""


class Rejected(ConnectorError):
    """Understood and refused: repeating cannot help.

    Attributes:
        code: the other side's own code, kept as received.
    """

    def __init__(self, message: str, *, system: str, operation: str, code: str, reference: str = "") -> None:
        self.code = code
        super().__init__(f"{message} (code {code})", system=system, operation=operation, reference=reference)


class AlreadyDone(Rejected):
    """Refused as a duplicate of what we asked before: the caller treats it as success."""


class CredentialsRefused(ConnectorError):
    """They do not accept who we are: renew once, then stop and tell a person. Nothing was done."""


class Forged(IntegrationError):
    """A message that is not from who it says, or was changed on its way. It changes nothing."""
