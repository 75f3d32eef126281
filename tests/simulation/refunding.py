"""The refund side of a history's house."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobs.payments.service import Payments
    from tests.simulation.house import Parts


class _Nobody:
    """Opens nothing: for a house without refunds."""

    def open(self, tx: Any, **facts: Any) -> None: ...
    def dossier_closed(self, tx: Any, dossier_code: str, reason: str, stage: str) -> None: ...
    def fee_lowered(self, tx: Any, dossier_code: str) -> None: ...


class Refunding:
    """Refunds, their handlers and what people do with them."""

    def __init__(self, parts: Parts) -> None:
        self.owed: Any = _Nobody()

    def meet(self, payments: Payments) -> None:
        """The other half of the money."""

    def handlers(self) -> dict[tuple[str, str], Any]:
        return {}

    def drains(self) -> dict[str, Callable[[], object]]:
        return {}

    def files_arrive(self, history: Any, files: Any, lines: Any) -> None: ...
    def quiet(self, history: Any) -> bool:
        return True

    def people_work(self, history: Any) -> None: ...
    def people_decide(self, history: Any) -> None: ...
