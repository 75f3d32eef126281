"""A dossier with all that another system may want of it: steps, papers, results, supplements, fees, parcels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mappings.canonical.dossier import DossierState, FeeKind
from mappings.canonical.party import Party, Place


class Channel(StrEnum):
    """How the dossier came in, or how its result goes out."""

    DIRECT = "direct"
    ONLINE = "online"
    POST = "post"


class CopyKind(StrEnum):
    """What a handed-in paper is."""

    ORIGINAL = "original"
    COPY = "copy"
    ELECTRONIC = "electronic"


class Reuse(StrEnum):
    """Whether a paper was taken from what the state already holds (DuocTaiSuDung and its like)."""

    NO = "no"
    YES = "yes"
    FROM_REGISTER = "from_register"


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file, never its bytes: those lie in the file store or behind a link.

    Attributes:
        id: ours; ``url``: where it can be pulled from, or empty.
        size, sha256: of the bytes; 0 and empty when not known yet.
    """

    id: str
    name: str
    media_type: str = "application/octet-stream"
    size: int = 0
    sha256: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of the dossier.

    Attributes:
        code: of the component (MaThanhPhanHoSo); ``result_code``: of the result it replaces or comes from (KQ.G…).
    """

    code: str
    name: str
    copy: CopyKind = CopyKind.ELECTRONIC
    quantity: int = 1
    files: tuple[FileRef, ...] = ()
    digitised: bool = False
    reuse: Reuse = Reuse.NO
    result_code: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class ResultPaper:
    """A result that is handed back. ``number``, ``issued_at``: of the decision or certificate, when told."""

    code: str
    name: str
    file: FileRef | None = None
    number: str = ""
    issued_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeeItem:
    """One fee line as other systems see it; whole đồng."""

    code: str
    name: str
    kind: FeeKind
    amount: int
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step of handling.

    Attributes:
        version: order of the steps of a dossier, from 1; a later one never leaves before an earlier one.
        officer, unit: who handled it and where; ``position``: chức danh.
    """

    version: int
    state: DossierState
    at: datetime
    officer: str
    unit: str
    content: str
    position: str = ""
    started_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Supplement:
    """A request for more papers, and its answer when it came."""

    id: str
    asked_by: str
    reason: str
    asked_at: datetime
    papers: tuple[Paper, ...] = ()
    fees: tuple[FeeItem, ...] = ()
    answered_by: str = ""
    answer: str = ""
    answered_at: datetime | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel of land. ``area`` in square metres as decimal text, so that nothing is rounded."""

    map_sheet: str
    number: str
    area: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class DossierFile:
    """The whole dossier at one version.

    Attributes:
        code: dossier code with the province's unit code in it; the key everywhere.
        version: rises with every change; an older one never overwrites a newer one on the other side.
        procedure, field: national codes; ``local_procedure``: the case system's own when it differs.
        applicant: who hands in; ``owner``: whose matter it is (the same when ``None``).
        registers: codes of national databases that were asked (MaCSDL).
    """

    code: str
    version: int
    procedure: str
    procedure_name: str
    field: str
    field_name: str
    agency: str
    agency_name: str
    applicant: Party
    state: DossierState
    owner: Party | None = None
    local_procedure: str = ""
    receipt_number: str = ""
    summary: str = ""
    note: str = ""
    channel: Channel = Channel.DIRECT
    return_channel: Channel = Channel.DIRECT
    submitted_at: datetime | None = None
    received_at: datetime | None = None
    due_at: datetime | None = None
    finished_at: datetime | None = None
    returned_at: datetime | None = None
    refused_at: datetime | None = None
    officer: str = ""
    papers: tuple[Paper, ...] = ()
    results: tuple[ResultPaper, ...] = ()
    fees: tuple[FeeItem, ...] = ()
    steps: tuple[Step, ...] = ()
    supplements: tuple[Supplement, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    registers: tuple[str, ...] = ()
    paid_online: bool = False
    vneid_verified: bool = False
