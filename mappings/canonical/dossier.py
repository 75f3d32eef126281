"""The dossier and its fees as the case system tells them. Amounts are whole đồng."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class DossierState(StrEnum):
    """Where a dossier stands, as far as the money has to know.

    ``PENDING`` is a status that our table does not know: it is shown, it changes nothing, and it is
    never taken for done or refused.
    """

    RECEIVED = "received"  # handed in, waiting at the counter
    PROCESSING = "processing"
    SUPPLEMENT = "supplement"  # the citizen must hand something in
    PAUSED = "paused"
    UNPAID = "unpaid"  # waits for the fee
    DONE = "done"  # there is a result
    RETURNED = "returned"  # the result was handed over
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # the citizen took it back
    CANCELLED = "cancelled"  # the office or the system cancelled it
    PENDING = "pending"

    @property
    def closes(self) -> CloseReason | None:
        """Why this state closes the dossier without a result, so that money paid for it may be owed back."""
        return _CLOSES.get(self)

    @property
    def over(self) -> bool:
        """Whether no fee may be asked for any more: closed with or without a result."""
        return self in _CLOSES or self in (DossierState.DONE, DossierState.RETURNED)


class CloseReason(StrEnum):
    """The causes of a refund that a dossier's state can give; the words are those of the refund policy."""

    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


_CLOSES = {
    DossierState.REFUSED: CloseReason.REFUSED,
    DossierState.WITHDRAWN: CloseReason.WITHDRAWN,
    DossierState.CANCELLED: CloseReason.CANCELLED,
}


class DossierStage(StrEnum):
    """How far the office had come; the refund policy differs by it."""

    INTAKE = "intake"  # before acceptance: refusing here is từ chối tiếp nhận
    PROCESSING = "processing"  # accepted: refusing here is từ chối giải quyết
    RESULT = "result"
    UNKNOWN = ""  # the case system does not tell: a person or the default row decides


class FeeKind(StrEnum):
    """What a line of a fee demand is by law; the values are the words of the papers."""

    PHI = "phí"
    LE_PHI = "lệ phí"
    THUE = "thuế"  # not ours to refund
    PHAT = "phạt"
    OTHER = "khác"  # the case system's word is in no table: a person looks before money goes back


@dataclass(frozen=True, slots=True)
class DossierHead:
    """A dossier as it stands in the feed.

    Attributes:
        code: the dossier code that people use.
        source_id: the case system's own id.
        national_code: code at the national portal or of linked services; empty when there is none.
        agency, procedure: codes; ``agency_name``, ``procedure_name`` as received in NFC.
        status: the case system's status number as received.
        state, stage: its meaning by ``mappings.tables.igate_statuses``.
        applicant_name: NFC; empty when none of the declared keys is there. Personal: masked in logs.
        updated_at: with zone; the feed's watermark goes by it.
        applied_at, accepted_at: with zone.
        status_known: ``False`` when our table has no meaning for ``status`` (``state`` is then ``PENDING``).
    """

    code: str
    source_id: str
    national_code: str
    agency: str
    agency_name: str
    procedure: str
    procedure_name: str
    status: int
    state: DossierState
    stage: DossierStage
    applicant_name: str
    updated_at: datetime
    applied_at: datetime | None
    accepted_at: datetime | None
    status_known: bool = True


@dataclass(frozen=True, slots=True)
class FeeLineDemand:
    """One line of a fee demand.

    Attributes:
        code: the fee's code, or its id in the case system where it has no code.
        amount: of the whole line (unit price times quantity), whole đồng, at least 0.
        required: ``False``: the citizen may leave it out.
        paid: what the case system believes.
        paid_amount: as the case system says; 0 when it says nothing.
        unit, account: collecting agency and its account; empty when the case system does not tell.
        chapter, item: chương and NDKT of the state budget; empty as above.
    """

    code: str
    name: str
    kind: FeeKind
    amount: int
    required: bool
    paid: bool
    paid_amount: int = 0
    unit: str = ""
    account: str = ""
    chapter: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class FeeDemand:
    """All fee lines of one dossier as they stand now; the case system keeps no versions."""

    dossier_code: str
    source_id: str
    lines: tuple[FeeLineDemand, ...]

    @property
    def amount(self) -> int:
        """What is asked in all, paid lines included."""
        return sum(line.amount for line in self.lines)

    @property
    def open_amount(self) -> int:
        """What is still to be paid by the case system's own view."""
        return sum(line.amount for line in self.lines if not line.paid)


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file as the case system names it. ``size`` in bytes, 0 when not told."""

    source_id: str
    name: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class FormPaper:
    """A handed-in paper as the case system names it."""

    code: str
    name: str
    quantity: int = 1
    files: tuple[FormFile, ...] = ()


@dataclass(frozen=True, slots=True)
class DossierDetail:
    """A whole dossier.

    Attributes:
        fees: ``None`` when the answer carried no fee block (which is not: no fees).
        form: the declared keys of the free-form data, canonical name → text in NFC.
        task_name: the step at which the dossier stands, as received.
        papers: what was handed in; empty when the case system did not tell.
    """

    head: DossierHead
    fees: FeeDemand | None
    form: dict[str, str] = field(default_factory=dict)
    task_name: str = ""
    appointment_at: datetime | None = None
    completed_at: datetime | None = None
    cancelled: bool = False
    papers: tuple[FormPaper, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One page of the feed, in the order that the settings declare.

    Attributes:
        more: there is another page (``last`` of a slice, or a total not reached).
        total: how many there are in all; ``None`` where the case system does not count (slice).
        unreadable: source ids (or positions) of items that could not be read, with the reason; they
            stop nobody else, and a person sees them.
    """

    items: tuple[DossierHead, ...]
    more: bool
    total: int | None = None
    unreadable: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FeesRead:
    """Fees of several dossiers.

    Attributes:
        demands: of every dossier that could be read whole, in the order they were asked for.
        unreadable: source id and reason of the others: their fees are not known, which is not: none. They stop
            nobody else, and a person sees them.
    """

    demands: tuple[FeeDemand, ...]
    unreadable: tuple[tuple[str, str], ...] = ()
