"""The office of the play: an accountant who gives account details, an approver who empties the table, both at the pages."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from adapters.cli.day.product import Staff
from adapters.cli.day.progress import Progress
from jobs.access.demo import PASSWORD

_DESKS = 4
"""So many refunds are looked at side by side."""


class Office:
    """Two people; neither does the other's part."""

    def __init__(self, url: str, progress: Progress) -> None:
        self._accountant = Staff(url, "ketoan", PASSWORD)
        self._approver = Staff(url, "duyet", PASSWORD)
        self._progress = progress

    def round(self) -> None:
        """Look at every refund that waits, and approve what can be approved."""
        self.round_of(lambda: None)

    def round_of(self, look: Callable[[], None]) -> int:
        """The same; how many were approved."""
        approved = 0
        with ThreadPoolExecutor(_DESKS, thread_name_prefix="office") as desks:
            for done in desks.map(self._handle, list(self._approver.waiting_refunds())):
                look()
                approved += done
        return approved

    def _handle(self, reference: str) -> bool:
        self._accountant.complete(reference)
        approved = self._approver.approve(reference)
        if approved:
            self._progress.count("approved")
        return approved

    def moving(self) -> bool:
        """Whether a refund is on its way."""
        return bool(self._approver.queue("moving"))
