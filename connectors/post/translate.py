"""Canonical orders to the Post's messages, and its feed back. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from connectors.kit.reading import VIETNAM, Unreadable
from connectors.post import wire
from connectors.post.places import Places, PostPlace
from connectors.post.settings import Settings
from mappings.canonical.party import Place
from mappings.canonical.post import PostalOrder, PostParty, PostState, TrackingEvent
from mappings.errors import MappingError
from mappings.tables.post_statuses import status


@dataclass(frozen=True, slots=True)
class Notice:
    """A dossier that waits for the postman, as the CLS service wants to know it. Names and card number are personal.

    Attributes:
        id: ours of the dossier; ``fee``: whole đồng; ``office_address``: where the Post brings or fetches papers.
    """

    id: str
    procedure: str
    procedure_name: str
    dossier_code: str
    fee: int
    owner: str
    submitter: str
    personal_number: str
    address: str
    received_at: datetime
    office_address: str


@dataclass(frozen=True, slots=True)
class DocumentPush:
    """What a dossier's papers and result need of the Post.

    Attributes:
        number: of the order; ``sender``: who hands papers in by post, ``receiver``: who gets the result by post;
            ``None``: not by post.
    """

    number: str
    procedure: str
    procedure_name: str
    state: str
    sender: PostParty | None = None
    receiver: PostParty | None = None


def order(facts: PostalOrder, settings: Settings, places: Places, today: date) -> dict[str, Any]:
    """The order as all three façades take it.

    Raises:
        MappingError: a place that the Post's table does not have.
        ValueError: a field that is missing or too long; named, without its value.
    """
    if len(facts.number) > settings.longest_order_number:
        raise ValueError("OrderNumber is longer than longest_order_number")
    body: dict[str, Any] = {
        "CustomerCode": settings.customer_code,
        "OrderNumber": facts.number,
        "CODAmount": facts.cod_amount,
        **_party("Sender", facts.sender, places.of(facts.sender.place, today)),
        **_party("Receiver", facts.receiver, places.of(facts.receiver.place, today)),
        "Description": _nfc(facts.content),
    }
    if facts.item_code:
        body["ItemCode"] = facts.item_code
    if settings.flag_config is not None:
        body["FlagConfig"] = settings.flag_config
    return body


def named(number: str, settings: Settings) -> dict[str, str]:
    """What cancelling takes."""
    return {"CustomerCode": settings.customer_code, "OrderNumber": number}


def price_request(
    sender: Place, receiver: Place, weight_grams: int, settings: Settings, places: Places, today: date
) -> dict[str, Any]:
    """A price request; weight in grams (assumed: no unit is published).

    Raises:
        MappingError, ValueError
    """
    if weight_grams < 1:
        raise ValueError("weight: at least one gram")
    return {
        "weight": weight_grams,
        "mainSrv": settings.main_service,
        "isreturn": 1,
        "sender": _codes(places.of(sender, today)),
        "receiver": _codes(places.of(receiver, today)),
    }


def document(facts: DocumentPush, settings: Settings, places: Places, today: date) -> dict[str, Any]:
    """The document push. Inside Procedure only code and name are known (assumed names).

    Raises:
        MappingError, ValueError
    """
    body: dict[str, Any] = {
        "CustomerCode": settings.customer_code,
        "OrderNumber": facts.number,
        "Procedure": {"Code": facts.procedure, "Name": _nfc(facts.procedure_name)},
        "IsSendDocument": facts.sender is not None,
        "IsReceiveResult": facts.receiver is not None,
        "State": facts.state,
    }
    if facts.sender is not None:
        body["DocumentSender"] = _person(facts.sender, places.of(facts.sender.place, today))
    if facts.receiver is not None:
        body["ResultReceiver"] = _person(facts.receiver, places.of(facts.receiver.place, today))
    return body


def notice(facts: Notice, settings: Settings) -> dict[str, Any]:
    """The CLS notice.

    Raises:
        ValueError: a time without zone, or an amount below zero.
    """
    if facts.received_at.tzinfo is None:
        raise ValueError("NgayTiepNhan: a time without a zone is nobody's time")
    if facts.fee < 0:
        raise ValueError("LePhi is below zero")
    return {
        "dossierId": facts.id,
        "MaThuTuc": facts.procedure,
        "TenThuTuc": _nfc(facts.procedure_name),
        "MaHoSo": facts.dossier_code,
        "LePhi": facts.fee,
        "ChuHoSo": _nfc(facts.owner),
        "NguoiNop": _nfc(facts.submitter),
        "CMT": facts.personal_number,
        "DiaChi": _nfc(facts.address),
        "NgayTiepNhan": facts.received_at.astimezone(VIETNAM).strftime(settings.notice_time_format),
        "DiaChiBC": _nfc(facts.office_address),
    }


def event(line: wire.Line, settings: Settings) -> TrackingEvent:
    """A line of the feed; a code that no table has is ``PENDING`` and keeps itself.

    Raises:
        Unreadable: another customer's line, or a time that cannot be read.
    """
    if line.customer != settings.customer_code:
        raise Unreadable("CustomerCode", "is another customer's")
    at = _moment(line.event_time, settings)
    try:
        state = status(line.status, at.astimezone(VIETNAM).date()).state
    except MappingError:
        state = PostState.PENDING
    return TrackingEvent(
        id=line.id,
        order_number=line.order_number,
        item_code=line.item_code,
        status=line.status,
        state=state,
        at=at,
        message=_nfc(line.message),
        note=_nfc(line.notes),
        post_point=line.post_point,
    )


def _moment(text: str, settings: Settings) -> datetime:
    for form in settings.event_time_formats:
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - a form without zone is the time of Việt Nam
        except (ValueError, OverflowError):
            continue
        zoned = found if found.tzinfo is not None else found.replace(tzinfo=VIETNAM)
        return zoned.astimezone(UTC)
    raise Unreadable("EventTime", "is in none of the agreed forms")


def _party(who: str, party: PostParty, place: PostPlace) -> Mapping[str, Any]:
    return {
        f"{who}Name": _needed(f"{who}Name", party.name),
        f"{who}Tel": _needed(f"{who}Tel", party.phone),
        f"{who}Email": party.email,
        f"{who}Address": _needed(f"{who}Address", party.place.text or party.place.detail),
        f"{who}Desc": _nfc(party.note),
        f"{who}Province": place.province,
        f"{who}District": place.district,
    }


def _person(party: PostParty, place: PostPlace) -> dict[str, Any]:
    return {
        "Name": _needed("Name", party.name),
        "Phone": _needed("Phone", party.phone),
        "ProvinceCode": place.province,
        "ProvinceTitle": "",
        "DistrictCode": place.district,
        "DistrictTitle": "",
        "Address": _needed("Address", party.place.text or party.place.detail),
        "Email": party.email,
    }


def _codes(place: PostPlace) -> dict[str, int]:
    return {"provCode": place.province, "distCode": place.district}


def _needed(field: str, value: str) -> str:
    if not value.strip():
        raise ValueError(f"{field} is empty: the postman would not find anybody")
    return _nfc(value)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
