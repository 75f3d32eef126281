"""Said inside a worker: this file, or this signature, cannot be judged further, for one reason."""

from __future__ import annotations

from mappings.canonical.signature import Reason


class Unfit(Exception):
    """Ends the look into a file or a signature.

    Attributes:
        reason: becomes the reason of the verdict.
    """

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.value)
