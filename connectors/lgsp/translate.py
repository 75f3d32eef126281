"""Between our dossier and their messages. Pure: bytes of files are handed in."""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.kit.reading import MOST_MONEY, VIETNAM
from connectors.lgsp import wire
from connectors.lgsp.settings import Settings
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import DossierFile, FeeItem, FileRef, Paper, Step, Supplement
from mappings.canonical.party import Party
from mappings.errors import MappingError

ReadFile = Callable[[str], bytes]
"""Id of a :class:`FileRef` → its bytes; ``LookupError`` when there is no such file."""

_FINISHED = (DossierState.DONE, DossierState.RETURNED)


def document(dossier: DossierFile, settings: Settings, read_file: ReadFile) -> dict[str, Any]:
    """SyncDocument.

    Raises:
        ValueError: what their schema needs is not there, or a file is not what it should be.
        MappingError: a state or kind has no number there.
    """
    when = _Times(settings)
    approval, handing = _last(dossier.steps, DossierState.DONE), _last(dossier.steps, DossierState.RETURNED)
    attachments = _attachments(dossier, settings, read_file)
    if settings.attachments_required and not attachments:
        raise ValueError("their schema needs at least one attachment")
    facts = {
        **_applicant(dossier.applicant, settings),
        "DocTypeCode": dossier.procedure,
        "DocTypeName": _text(dossier.procedure_name),
        "DocCode": dossier.code,
        "Compendium": _text(dossier.summary),
        "DateReceived": when(dossier.received_at or dossier.submitted_at),
        "DateAppointed": when(dossier.due_at),
        "IsSuccess": dossier.state in _FINISHED,
        "SuccessDate": when(dossier.finished_at),
        "ApproverName": _text(approval.officer) if approval else "",
        "ApproverPosition": _text(approval.position) if approval else "",
        "SuccessNote": _text(approval.content) if approval else "",
        "IsReturned": dossier.state is DossierState.RETURNED,
        "ReturnedDate": when(dossier.returned_at),
        "ReturnNote": _text(handing.content) if handing else "",
        "ReturnedType": _number(settings.return_types, dossier.return_channel, "return_types"),
        "FinishedDate": when(dossier.finished_at),
        "Status": status(dossier, settings),
        "ProcessingOrganName": _text(dossier.agency_name),
        "HasSupplementary": bool(dossier.supplements),
        "RequireSupplementaryDate": when(dossier.supplements[-1].asked_at) if dossier.supplements else "",
        "Note": _text(dossier.note),
        "Attachments": attachments,
        "DocFees": _fees(dossier.fees, settings),
        "DocPapers": _papers(dossier.papers, settings),
        "Supplementaries": _supplements(dossier.supplements, settings, when),
        "OrganInchargeIdLevel1": settings.organs.get(dossier.agency, dossier.agency),
        "OrganInchargeName": _text(dossier.agency_name),
    }
    return wire.written(wire.DOCUMENT, facts, spelling(settings))


def trace(
    step: Step, settings: Settings, *, code: str, document_id: str, agency: str, agency_name: str
) -> dict[str, Any]:
    """UpdateDocumentTraces.

    Raises:
        ValueError, MappingError
    """
    facts = {
        "DocumentId": document_id or code,
        "DocCode": code,
        "UserName": _text(step.officer),
        "UserPosition": _text(step.position),
        "DateCreated": _Times(settings)(step.at),
        "Comment": _text(step.content),
        "Status": _number(settings.statuses, step.state, "statuses"),
        "OrganizationInchargeIdLevel1": settings.organs.get(agency, agency),
        "OrganizationInchargeName": _text(agency_name or step.unit),
    }
    return wire.written(wire.TRACE, facts, spelling(settings))


def reported(facts: Mapping[str, Any], names: Mapping[str, str], what: str) -> dict[str, Any]:
    """Statistic or Vote: our facts under the names that were agreed; all of them, and no other.

    Raises:
        ValueError: no names were agreed, a fact is missing, without a name, or neither text, whole number nor yes/no.
    """
    if not names:
        raise ValueError(f"the fields of {what} are not agreed: set {what}_fields")
    if facts.keys() != names.keys():
        odd = sorted(facts.keys() ^ names.keys())
        raise ValueError(f"{', '.join(odd)}: given and agreed fields differ")
    for name, value in facts.items():
        if not isinstance(value, str | int):
            raise ValueError(f"{name} is neither text, whole number nor yes or no")
    return {names[name]: _text(value) if isinstance(value, str) else value for name, value in facts.items()}


def category_rows(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Rows to write: flat, all with the same properties, none twice.

    Raises:
        ValueError
    """
    if not rows:
        raise ValueError("no rows")
    made = [{str(name): _text(value) for name, value in row.items()} for row in rows]
    if any(not row or row.keys() != made[0].keys() for row in made):
        raise ValueError("every row has the same properties")
    if len({tuple(sorted(row.items())) for row in made}) != len(made):
        raise ValueError("a row stands there twice")
    return made


def present(wanted: Iterable[Mapping[str, str]], there: Sequence[Mapping[str, str]]) -> int:
    """How many of the rows ``wanted`` are there, whatever else their own rows carry."""
    return sum(any(row.items() <= each.items() for each in there) for row in wanted)


def status(dossier: DossierFile, settings: Settings) -> int:
    """Their number of the dossier's state; refused before it was accepted is a number of its own.

    Raises:
        MappingError
    """
    if dossier.state is DossierState.REFUSED and dossier.received_at is None:
        return settings.refused_at_intake
    return _number(settings.statuses, dossier.state, "statuses")


def spelling(settings: Settings) -> wire.Spelling:
    """The province's way of writing."""
    return wire.Spelling(
        settings.attachment_id_name,
        settings.text_flags,
        settings.flag_words,
        settings.price_form == "decimal",
    )


def whole_id(ours: str) -> int:
    """A stable whole number for an id of ours: itself where it is one, else 31 bits of its SHA-256."""
    if ours.isascii() and ours.isdigit() and 0 < int(ours) <= wire.MOST_STATUS:
        return int(ours)
    return int.from_bytes(hashlib.sha256(ours.encode()).digest()[:4], "big") >> 1


class _Times:
    """Moments as the province writes them: time of Việt Nam, an empty text for none."""

    def __init__(self, settings: Settings) -> None:
        self._format = settings.time_format

    def __call__(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        if moment.tzinfo is None:
            raise ValueError("a time without a zone is nobody's time")
        return moment.astimezone(VIETNAM).strftime(self._format)


def _applicant(party: Party, settings: Settings) -> dict[str, Any]:
    number = party.personal_number or party.tax_code or party.old_number or party.passport
    place = party.place
    return {
        "CitizenName": _text(party.name.full),
        "CitizenInfo": number if settings.citizen_info == "number" else "",
        "ApplicantsId": number,
        "ApplicantsType": _number(settings.applicant_types, party.kind, "applicant_types"),
        "Address": _text(place.text or place.detail) if place else "",
        "Email": party.email,
        "Phone": party.phone,
    }


def _attachments(dossier: DossierFile, settings: Settings, read_file: ReadFile) -> list[dict[str, Any]]:
    wanted = [(file, paper.digitised, paper.deleted) for paper in dossier.papers for file in paper.files]
    if settings.send_results:
        wanted += [(result.file, True, False) for result in dossier.results if result.file is not None]
    made: dict[int, dict[str, Any]] = {}
    left = settings.largest_message_bytes
    for file, verified, deleted in wanted:
        number = whole_id(file.id)
        if number in made:
            raise ValueError(f"file {file.id}: two files have one number")
        encoded = "" if deleted else base64.b64encode(_content(file, read_file)).decode()
        left -= len(encoded)
        if left < 0:
            raise ValueError("the files are too large for one message")
        made[number] = {
            "AttachmentId": number,
            "AttachmentName": _text(file.name),
            "IsDeleted": deleted,
            "Base64": encoded,
            "IsVerified": verified,
        }
    return list(made.values())


def _content(file: FileRef, read_file: ReadFile) -> bytes:
    try:
        raw = read_file(file.id)
    except LookupError as exc:
        raise ValueError(f"file {file.id}: not in the file store") from exc
    if not raw:
        raise ValueError(f"file {file.id}: empty")
    if file.size and len(raw) != file.size:
        raise ValueError(f"file {file.id}: has another size than it was told")
    if file.sha256 and hashlib.sha256(raw).hexdigest() != file.sha256.lower():
        raise ValueError(f"file {file.id}: is not the file that was told")
    return raw


def _fees(fees: Iterable[FeeItem], settings: Settings) -> list[dict[str, Any]]:
    made = []
    for fee in fees:
        if type(fee.amount) is not int or not 0 <= fee.amount <= MOST_MONEY:
            raise ValueError("a fee is not whole đồng")
        kind = _number(settings.fee_types, fee.kind, "fee_types")
        made.append({"FeeName": _text(fee.name), "FeeType": kind, "Price": fee.amount})
    return made


def _papers(papers: Iterable[Paper], settings: Settings) -> list[dict[str, Any]]:
    return [
        {
            "PaperName": _text(paper.name),
            "Amount": paper.quantity,
            "PaperType": _number(settings.paper_types, paper.copy, "paper_types"),
        }
        for paper in papers
        if not paper.deleted
    ]


def _supplements(asked: Iterable[Supplement], settings: Settings, when: _Times) -> list[dict[str, Any]]:
    return [
        {
            "SupplementaryId": whole_id(each.id),
            "SendUser": _text(each.asked_by),
            "SendComment": _text(each.reason),
            "SendDate": when(each.asked_at),
            "ReceivedUser": _text(each.answered_by),
            "ReceivedComment": _text(each.answer),
            "ReceivedDate": when(each.answered_at),
            "IsReceived": each.answered_at is not None,
            "Papers": _papers(each.papers, settings),
            "Fees": _fees(each.fees, settings),
            "OldDateAppointed": when(each.due_before),
            "NewDateAppointed": when(each.due_after),
        }
        for each in asked
    ]


def _last(steps: Sequence[Step], state: DossierState) -> Step | None:
    found = [step for step in steps if step.state is state]
    return max(found, key=lambda step: step.version) if found else None


def _number(table: Mapping[Any, int], key: Any, name: str) -> int:
    try:
        return table[key]
    except KeyError:
        raise MappingError(f"lgsp.{name}", str(key)) from None


def _text(value: Any) -> str:
    """NFC, without characters that no store takes.

    Raises:
        ValueError
    """
    if not isinstance(value, str):
        raise ValueError(f"a text is expected, not {type(value).__name__}")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("a text holds NUL or half a character")
    return unicodedata.normalize("NFC", value)
