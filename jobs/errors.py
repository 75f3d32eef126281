"""What may go wrong between our own rules, people and store. The root stands in ``mappings.errors``."""

from __future__ import annotations

from mappings.errors import IntegrationError


class ProcessError(IntegrationError):
    """One of our own processes refuses to go on; nothing was changed."""


class IllegalTransition(ProcessError):
    """A state may not be left that way; the published edge table does not have this edge."""

    def __init__(self, thing: str, reference: str, state: str, wanted: str) -> None:
        self.thing, self.reference, self.state, self.wanted = thing, reference, state, wanted
        super().__init__(f"{thing} {reference}: {state} cannot become {wanted}")


class LedgerImbalance(ProcessError):
    """Debits and credits of a posting do not add up to zero; nothing was posted."""


class NotAllowed(ProcessError):
    """A person, key or rule may not do what it asked for.

    Attributes:
        reason: short stable name such as ``same-person``, ``no-right``, ``above-remaining``.
    """

    def __init__(self, reason: str, message_vi: str, message_en: str) -> None:
        self.reason, self.message_vi, self.message_en = reason, message_vi, message_en
        super().__init__(f"{reason}: {message_en}")


class Changed(NotAllowed):
    """What the caller saw is not what is there any more (``changed``): look again, then decide anew."""

    def __init__(self, message_vi: str, message_en: str) -> None:
        super().__init__("changed", message_vi, message_en)


class BadInput(ProcessError):
    """A value from outside is not usable; the message says what, where and what to do.

    Attributes:
        pointer: where the value stood (JSON pointer, row and column, or a parameter's name).
    """

    def __init__(self, code: str, pointer: str, message_vi: str, message_en: str) -> None:
        self.code, self.pointer, self.message_vi, self.message_en = code, pointer, message_vi, message_en
        super().__init__(f"{pointer}: {message_en}")


class NotFound(ProcessError):
    """There is no such thing, or it is not this caller's: both get the same answer."""


class Duplicate(ProcessError):
    """A unique key is taken by something with other content."""


class StoreUnavailable(ProcessError):
    """The database cannot be reached or refuses work: nothing was stored, try again later."""


class SerialConflict(ProcessError):
    """Two transactions got in each other's way; this one was rolled back and may be run again."""


class CommitUnknown(ProcessError):
    """COMMIT was sent and its answer lost: find out by key whether it is stored before doing it again."""
