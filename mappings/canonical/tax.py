"""Tax that a dossier owes: what the tax office decided, and that it was paid. Amounts are whole đồng; ``None`` where not told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mappings.canonical.file import FileRef

Key = tuple[str, str, str]
"""Dossier code, tax code, number of the decision or notice: what makes two rows the same one."""


@dataclass(frozen=True, slots=True)
class TaxNotice:
    """One decision of the tax office about one dossier.

    Attributes:
        tax_code: of who must pay; empty where the notice names a person only.
        decision: number of the decision or notice (SO_QUYET_DINH, SoThongBaoThue).
        amount: whole đồng; ``None``: the message carries no amount, the paper does.
        item: tên tiểu mục or kind of tax, as received.
        owner_name: personal.
        file: the paper, often a link that must be fetched.
    """

    dossier_code: str
    tax_code: str
    decision: str
    amount: int | None = None
    decided_on: date | None = None
    item: str = ""
    owner_name: str = ""
    file: FileRef | None = None

    @property
    def key(self) -> Key:
        """The same notice twice has the same key."""
        return self.dossier_code, self.tax_code, self.decision


@dataclass(frozen=True, slots=True)
class TaxReceipt:
    """Somebody paid what a notice asked.

    Attributes:
        decision: number of the notice that was paid (MaThongBaoThue).
        paid: ``False`` also where their word for the state is in no table; ``their_state`` keeps it.
        payer_name, payer_number, payer_address: personal.
        url: where the paper can be pulled from.
    """

    dossier_code: str
    tax_code: str
    decision: str
    amount: int
    paid_at: datetime
    paid: bool
    their_state: str = ""
    content: str = ""
    payer_name: str = ""
    payer_number: str = ""
    payer_address: str = ""
    url: str = ""

    @property
    def key(self) -> Key:
        """Key of the notice that this pays."""
        return self.dossier_code, self.tax_code, self.decision


__all__ = ["Key", "TaxNotice", "TaxReceipt"]
