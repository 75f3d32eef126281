"""Between apiLyLichTuPhap 1.0 and our words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from connectors.judicial_records import wire
from connectors.judicial_records.settings import Settings
from connectors.kit.reading import VIETNAM, Unreadable, a_list, an_object
from mappings.canonical.codec import to_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import DossierFile
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.canonical.judicial import (
    Asker,
    Declarer,
    FormKind,
    IdentityPaper,
    JudicialRequest,
    Kin,
    Mandated,
    PaperKind,
    Residence,
)
from mappings.canonical.party import Party, PartyKind, PersonName, Place, Sex

SYSTEM = "judicial_records"
K = TypeVar("K")
V = TypeVar("V")
STATES = {
    "3": DossierState.RECEIVED,
    "4": DossierState.PROCESSING,
    "5": DossierState.DONE,
}
"""DEC_STATUS_ID; any other number is pending."""
_PAPERS = {
    PaperKind.PASSPORT: "0",
    PaperKind.OLD_CARD: "1",
    PaperKind.RESIDENT_CARD: "2",
    PaperKind.CARD: "3",
}
_DECLARERS = {
    Declarer.PROCEEDINGS: "3844",
    Declarer.MANDATED: "3845",
    Declarer.INDIVIDUAL: "3846",
    Declarer.AGENCY: "3847",
}
_ASKERS = {Asker.FOREIGNER: "71", Asker.CITIZEN: "72", Asker.AGENCY: "73", Asker.PROCEEDINGS: "74"}
_SEXES = {Sex.MALE: "1", Sex.FEMALE: "0"}
_CODE_FIELDS = (
    "genderId nationalityId ethnicId reRegionId rtRegionId idTypeId ministryJusticeId declareTypeId requestQty "
    "requestQtyAdd objectRequestId agencyRequestId regionRequestId formType isBanPosition delivery deliveryDistrict "
    "birthPlaceId regionId"
)
_NUMBERS = frozenset(_CODE_FIELDS.split())


def handed_over(request: JudicialRequest, settings: Settings) -> dict[str, Any]:
    """The message of nhanHoSoDangKy.

    Raises:
        Unreadable: something that the guide demands is missing or has another form; nothing has left.
    """
    ending = "WSForm" if settings.ws_names else "Form"
    made: dict[str, Any] = {
        "idMinistryJustice": settings.office,
        "idReceivedDec": reference_of(request.reference),
        "dateReceivedDec": wire.sent_day(_must(request.received_on, "dateReceivedDec")),
        "datePromissoryDec": wire.sent_day(_must(request.promised_on, "datePromissoryDec")),
        "idMoneyReceipt": request.receipt_number,
        f"declaration{ending}": _typed(_declaration(request, settings), settings),
        f"residence{ending}": [_residence(row, request.declared_on) for row in request.residences],
    }
    if request.mandated is not None:
        made[f"mandator{ending}"] = _typed(_mandator(request.mandated), settings)
    elif request.declarer is Declarer.MANDATED:
        raise Unreadable(f"mandator{ending}", "is missing for a mandated declaration")
    return made


def reference_of(reference: str) -> str:
    """IdReceivedDec as it may leave us.

    Raises:
        Unreadable
    """
    return wire.code({"idReceivedDec": reference}, "idReceivedDec")


def state_news(row: Mapping[str, Any], code: str, *, key: str = "") -> DossierNews:
    """News of one state, of traTrangThaiHs or of a row of traDsTrangThaiHs.

    Raises:
        Unreadable
    """
    number = wire.needed(row, "DEC_STATUS_ID", most=10)
    state = STATES.get(number, DossierState.PENDING)
    approved, issued = (wire.day_or_none(row, each) for each in ("APPROVE_DATE", "ISSUE_DATE"))
    facts = {
        name: value.isoformat()
        for name, value in (("approved_on", approved), ("issued_on", issued))
        if value is not None
    }
    their_id = wire.text(row, "DECLARATION_ID", most=200)
    at = issued or approved
    return DossierNews(
        system=SYSTEM,
        kind=NewsKind.FINISHED if state is DossierState.DONE else NewsKind.STATE,
        key=key or f"{code}:{number}:{facts.get('approved_on', '')}:{facts.get('issued_on', '')}",
        dossier_code=code,
        state=state,
        their_state=number,
        at=datetime(at.year, at.month, at.day, tzinfo=VIETNAM) if at else None,
        facts={**facts, **({"their_id": their_id} if their_id else {})},
    )


def listed_state(row: Any) -> DossierNews:
    """A row of LISTCONTENT; by our receipt number, else by their appointment number.

    Raises:
        Unreadable
    """
    found = an_object(row, "LISTCONTENT")
    code = wire.text(found, "RECEIVE_NO", most=60) or wire.text(found, "APPOINTMENT_NO", most=60)
    if not code:
        raise Unreadable("RECEIVE_NO", "is empty, and APPOINTMENT_NO too")
    return state_news(found, code)


def fetched_rows(answer: Any) -> list[Any]:
    """The dossiers of traHoSo, whether one, a list, or a list in LISTCONTENT (the guide does not say).

    Raises:
        Unreadable
    """
    if isinstance(answer, list):
        return answer
    found = an_object(answer)
    if "LISTCONTENT" in found:
        return a_list(found["LISTCONTENT"], "LISTCONTENT")
    if any(name in found for name in ("declarationTraHoSoForm", "DeclarationTraHoSoForm")):
        return [found]
    raise Unreadable("declarationTraHoSoForm", "is missing, and LISTCONTENT too")


def fetched(row: Any, settings: Settings) -> DossierNews:
    """A dossier that was handed in at their side.

    Raises:
        Unreadable
    """
    found = an_object(row, "dossier")
    form = wire.inner(found, "declarationTraHoSoForm") or wire.inner(found, "DeclarationTraHoSoForm")
    if not form:
        raise Unreadable("declarationTraHoSoForm", "is missing")
    code = wire.text(form, "appointmentNo", most=60) or wire.text(form, "declarationCode", most=60)
    if not code:
        raise Unreadable("declarationCode", "is empty, and appointmentNo too")
    their_id = wire.code(form, settings.fetched_id)
    number = wire.text(form, "decStatusId", most=10)
    request = read_request(found, form, code)
    return DossierNews(
        system=SYSTEM,
        kind=NewsKind.NEW_DOSSIER,
        key=f"fetched:{their_id}",
        dossier_code=code,
        state=STATES.get(number, DossierState.PENDING),
        their_state=number,
        facts={"their_id": their_id, "request": to_json(request)},
        dossier=dossier_of(code, request, settings),
    )


def dossier_of(code: str, request: JudicialRequest, settings: Settings) -> DossierFile:
    """The dossier of a request; what such a message does not tell comes from the settings."""
    received = request.received_on
    mandated = request.mandated.person if request.mandated else None
    return DossierFile(
        code=code,
        version=1,
        procedure=settings.procedures.get(request.asker, ""),
        procedure_name=settings.procedure_name,
        field=settings.field,
        field_name=settings.field_name,
        agency=settings.agency,
        agency_name=settings.agency_name,
        applicant=mandated or request.applicant,
        owner=request.applicant if mandated else None,
        state=DossierState.RECEIVED,
        receipt_number=request.receipt_number,
        summary=f"Phiếu lý lịch tư pháp số {request.form.value}",
        note=request.note,
        received_at=datetime(received.year, received.month, received.day, tzinfo=VIETNAM)
        if received
        else None,
    )


def read_request(found: Mapping[str, Any], form: Mapping[str, Any], code: str) -> JudicialRequest:
    """A declaration with its residences and its mandate, as they send it.

    Raises:
        Unreadable
    """
    mandate = wire.inner(found, "mandatorWSForm")
    return JudicialRequest(
        reference=code,
        applicant=_person(form),
        paper=_must(_paper(form), "identifyNo"),
        form=_meaning({kind: kind.value for kind in FormKind}, form, "formType"),
        declarer=_meaning(_DECLARERS, form, "declareTypeId"),
        asker=_meaning(_ASKERS, form, "objectRequestId"),
        declared_on=_must(wire.day_or_none(form, "declareDate"), "declareDate"),
        other_name=wire.text(form, "otherName"),
        birth_place=wire.text(form, "birthPlace"),
        nationality=wire.text(form, "nationalityId"),
        ethnicity=wire.text(form, "ethnicId"),
        residence=wire.text(form, "residence"),
        region=wire.text(form, "reRegionId"),
        temporary_residence=wire.text(form, "residenceTemporary"),
        temporary_region=wire.text(form, "rtRegionId"),
        father=_kin(form, "dad"),
        mother=_kin(form, "mom"),
        spouse=_kin(form, "partner"),
        residences=tuple(
            _lived(an_object(row, "residenceWSForm")) for row in wire.rows(found, "residenceWSForm")
        ),
        mandated=_mandated(mandate) if mandate.get("fullName") else None,
        copies=_count(form, "requestQty", 1),
        more_copies=_count(form, "requestQtyAdd", 0),
        purpose=wire.text(form, "purpose"),
        agency=wire.text(form, "agencyRequestId"),
        agency_region=wire.text(form, "regionRequestId"),
        ban_position=wire.text(form, "isBanPosition") == "1",
        delivery_address=wire.text(form, "deliveryAddress"),
        delivery_district=wire.text(form, "deliveryDistrict"),
        note=wire.text(form, "note"),
        received_on=wire.day_or_none(form, "receiveDate"),
        promised_on=wire.day_or_none(form, "appointmentDate"),
        portal_id=wire.text(form, "declarationPortalID"),
    )


def _declaration(request: JudicialRequest, settings: Settings) -> dict[str, str]:
    person, paper = request.applicant, request.paper
    if person.birth is None:
        raise Unreadable("birthDateStr", "is missing")
    if not (person.phone.isascii() and person.phone.isdigit()):
        raise Unreadable("phone", "digits are expected")
    made = {
        "fullName": wire.needed({"fullName": person.name.full}, "fullName", most=200),
        "otherName": request.other_name,
        "genderId": _SEXES.get(person.sex, ""),
        "birthDateStr": wire.sent_partial(person.birth),
        "birthPlace": request.birth_place,
        "nationalityId": wire.needed({"nationalityId": request.nationality}, "nationalityId"),
        "ethnicId": request.ethnicity,
        "residence": request.residence,
        "reRegionId": request.region,
        "residenceTemporary": request.temporary_residence,
        "rtRegionId": request.temporary_region,
        **_paper_fields(paper),
        **_kin_fields("dad", request.father),
        **_kin_fields("mom", request.mother),
        **_kin_fields("partner", request.spouse),
        "phone": person.phone,
        "email": person.email,
        "ministryJusticeId": settings.office,
        "declareDate": wire.sent_day(request.declared_on),
        "declareTypeId": _DECLARERS[request.declarer],
        "requestQty": str(request.copies),
        "requestQtyAdd": str(request.more_copies),
        "objectRequestId": _ASKERS[request.asker],
        "agencyRequestId": request.agency,
        "regionRequestId": request.agency_region,
        "formType": request.form.value,
        "isBanPosition": "1" if request.ban_position else "0",
        "delivery": "1" if request.delivery_address else "0",
        "deliveryAddress": request.delivery_address,
        "deliveryDistrict": request.delivery_district,
        "note": request.note,
        "purpose": request.purpose,
        "receiveNo": request.reference,
        "declarationPortalID": request.portal_id,
    }
    if not made["genderId"]:
        raise Unreadable("genderId", "1 male and 0 female are all that they take")
    return made


def _mandator(mandated: Mandated) -> dict[str, str]:
    person = mandated.person
    return {
        "fullName": wire.needed({"fullName": person.name.full}, "fullName", most=200),
        "genderId": _SEXES.get(person.sex, ""),
        "birthDateStr": wire.sent_partial(person.birth) if person.birth else "",
        "residence": person.place.text or person.place.detail if person.place else "",
        **(_paper_fields(mandated.paper) if mandated.paper else {}),
        "mandatorRelation": mandated.relation,
        "mandatorDate": wire.sent_day(mandated.signed_on) if mandated.signed_on else "",
    }


def _residence(row: Residence, declared_on: date) -> dict[str, str]:
    """Both ends are demanded: what lasts is sent until the day of the declaration, which is true."""
    return {
        "fromDateStr": wire.sent_partial(row.since),
        "toDateStr": wire.sent_partial(row.until) if row.until else wire.sent_day(declared_on),
        "residencePlace": wire.needed({"residencePlace": row.place}, "residencePlace"),
        "jobName": row.job,
        "workPlace": row.workplace,
    }


def _typed(form: dict[str, str], settings: Settings) -> dict[str, Any]:
    """What is empty is left out; codes are numbers where they are wanted as numbers."""
    made: dict[str, Any] = {}
    for name, value in form.items():
        clean = wire.plain(value, name)
        if clean:
            whole = name in _NUMBERS and not settings.numbers_as_text
            if whole and not (clean.isascii() and clean.isdigit()):
                raise Unreadable(name, "a number is expected")
            made[name] = int(clean) if whole else clean
    return made


def _paper_fields(paper: IdentityPaper) -> dict[str, str]:
    return {
        "idTypeId": _PAPERS[paper.kind],
        "identifyNo": wire.needed({"identifyNo": paper.number}, "identifyNo", most=40),
        "idIssueDate": wire.sent_day(paper.issued_on) if paper.issued_on else "",
        "idIssuePlace": paper.issued_by,
    }


def _kin_fields(prefix: str, kin: Kin | None) -> dict[str, str]:
    if kin is None:
        return {}
    return {f"{prefix}Name": kin.name, f"{prefix}Dob": wire.sent_partial(kin.birth) if kin.birth else ""}


def _person(form: Mapping[str, Any]) -> Party:
    number, kind = wire.text(form, "identifyNo", most=40), wire.text(form, "idTypeId")
    residence = wire.text(form, "residence")
    return Party(
        kind=PartyKind.CITIZEN,
        name=PersonName(wire.needed(form, "fullName", most=200)),
        personal_number=number if kind == "3" else "",
        old_number=number if kind == "1" else "",
        passport=number if kind == "0" else "",
        birth=wire.partial_or_none(form, "birthDateStr"),
        sex={"1": Sex.MALE, "0": Sex.FEMALE}.get(wire.text(form, "genderId"), Sex.UNKNOWN),
        place=Place(text=residence) if residence else None,
        phone=wire.text(form, "phone"),
        email=wire.text(form, "email"),
    )


def _paper(form: Mapping[str, Any]) -> IdentityPaper | None:
    number = wire.text(form, "identifyNo", most=40)
    if not number:
        return None
    return IdentityPaper(
        kind=_meaning(_PAPERS, form, "idTypeId"),
        number=number,
        issued_on=wire.day_or_none(form, "idIssueDate"),
        issued_by=wire.text(form, "idIssuePlace"),
    )


def _kin(form: Mapping[str, Any], prefix: str) -> Kin | None:
    name = wire.text(form, f"{prefix}Name")
    return Kin(name, wire.partial_or_none(form, f"{prefix}Dob")) if name else None


def _lived(row: Mapping[str, Any]) -> Residence:
    return Residence(
        since=wire.partial(wire.needed(row, "fromDateStr", most=40), "fromDateStr"),
        until=wire.partial_or_none(row, "toDateStr"),
        place=wire.needed(row, "residencePlace"),
        job=wire.text(row, "jobName"),
        workplace=wire.text(row, "workPlace"),
    )


def _mandated(form: Mapping[str, Any]) -> Mandated:
    return Mandated(
        person=_person(form),
        paper=_paper(form),
        relation=wire.text(form, "mandatorRelation"),
        signed_on=wire.day_or_none(form, "mandatorDate"),
    )


def _count(form: Mapping[str, Any], field: str, otherwise: int) -> int:
    found = wire.text(form, field, most=6)
    if not found:
        return otherwise
    if not (found.isascii() and found.isdigit()):
        raise Unreadable(field, "a whole number is expected")
    return int(found)


def _meaning(table: Mapping[K, str], form: Mapping[str, Any], field: str) -> K:
    number = wire.needed(form, field, most=10)
    for ours, theirs in table.items():
        if theirs == number:
            return ours
    raise Unreadable(field, "is a code without an agreed meaning")


def _must(value: V | None, field: str) -> V:
    if value is None:
        raise Unreadable(field, "is missing")
    return value
