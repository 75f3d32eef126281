"""From the register's blocks to our enterprise and our registration dossier. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from connectors.business_registration import codes, wire
from connectors.business_registration.settings import Settings
from connectors.kit.reading import Unreadable, an_object
from mappings.canonical.enterprise import Enterprise, EnterpriseState, RegistrationDossier
from mappings.canonical.party import Party, PartyKind, PersonName, Place


def enterprise(
    block: Mapping[str, Any], settings: Settings, *, kind: PartyKind, asked: str
) -> Enterprise | None:
    """The enterprise in a certificate; ``None`` without MainInformation, which is how they say that there is none.

    Raises:
        Unreadable: a field is not what was agreed, or the answer is about another code than ``asked``.
    """
    names = _names(settings, kind)
    main = _main(block, names)
    if main is None:
        return None
    code = wire.text(main, names("ENTERPRISE_GDT_CODE"), most=100)
    _same(code, asked)
    word = wire.text(main, names("ENTERPRISE_STATUS_NAME")) or wire.text(main, names("ENTERPRISE_STATUS"))
    number = wire.text(main, names("ENTERPRISE_STATUS_ID"))
    name = _nfc(wire.text(main, names("NAME"), most=1_000))
    if not name:
        raise Unreadable(names("NAME"), "is empty")
    return Enterprise(
        code=asked,
        kind=kind,
        name=name,
        state=_state(settings, number, word),
        their_state=_nfc(word or number),
        short_name=_nfc(wire.text(main, names("SHORT_NAME"), most=1_000)),
        foreign_name=_nfc(wire.text(main, names("NAME_F"), most=1_000)),
        type_name=_nfc(wire.text(main, names("ENTERPRISE_TYPE_NAME"))),
        founded_on=wire.day(main, names("FOUNDING_DATE"), settings.date_forms),
        amended_on=wire.day(main, names("LAST_AMEND_DATE"), settings.date_forms),
        changes=wire.count(main, names("NUMBER_CHANGES")),
        capital=wire.capital(main, names("CAPITAL_AMOUNT")),
        head_office=_place(block, settings, names("HOAdress")),
        representatives=_representatives(block, main, names),
        activities=_activities(block),
    )


def listed(row: Mapping[str, Any], settings: Settings) -> RegistrationDossier:
    """One row of a list, or the status of one dossier.

    Raises:
        Unreadable
    """
    number = wire.text(row, "IN_JOURNAL_NO", most=100)
    if not number:
        raise Unreadable("IN_JOURNAL_NO", "is empty")
    forms = settings.date_forms
    return RegistrationDossier(
        number=number,
        kind=_nfc(wire.text(row, "DOCUMENT_TYPE")),
        name=_nfc(wire.text(row, "NAME", most=1_000)),
        status=_nfc(wire.text(row, "PROCESS_STATUS")),
        code=wire.text(row, "ENTERPRISE_CODE", most=100),
        tax_code=wire.text(row, "ENTERPRISE_GDT_CODE", most=100),
        office=wire.text(row, "SITE_ID", most=100),
        received_on=wire.day(row, "RECEIPT_DATE", forms),
        due_on=wire.day(row, "PLAN_DATE", forms),
        enterprise_type=wire.text(row, "ENTERPRISE_TYPE_ID", most=100),
        registered_on=wire.day(row, "REGISTRATION_DATE", forms),
        supplemented_on=wire.day(row, "SUPPLEMENT_DATE", forms),
        submission=_nfc(wire.text(row, "SUBMISSION_TYPE")),
        contact=_contact(row),
    )


class _names:  # noqa: N801 - used like a function
    """Their name of a field, which cooperatives and households may have otherwise."""

    def __init__(self, settings: Settings, kind: PartyKind) -> None:
        match kind:
            case PartyKind.COOPERATIVE:
                self._other = settings.cooperative_names
            case PartyKind.HOUSEHOLD_BUSINESS:
                self._other = settings.household_names
            case _:
                self._other = {}

    def __call__(self, name: str) -> str:
        return self._other.get(name, name)


def _main(block: Mapping[str, Any], names: _names) -> Mapping[str, Any] | None:
    """MainInformation, or the certificate itself where its fields stand there (façade)."""
    if names("ENTERPRISE_GDT_CODE") in block:
        return block
    main = block.get("MainInformation")
    return an_object(main, "MainInformation") if main else None


def _same(theirs: str, asked: str) -> None:
    try:
        found = codes.of_household(theirs, check_digit=False)
    except codes.NoCode:
        raise Unreadable("ENTERPRISE_GDT_CODE", "is no enterprise code") from None
    if found != asked:
        raise Unreadable("ENTERPRISE_GDT_CODE", "is another than was asked")


def _state(settings: Settings, *words: str) -> EnterpriseState:
    for word in words:
        found = settings.states.get(_nfc(word).casefold())
        if found is not None:
            return found
    return EnterpriseState.UNKNOWN


def _place(block: Mapping[str, Any], settings: Settings, name: str) -> Place | None:
    found = wire.objects(block.get(name), name)
    if not found:
        return None
    place = found[0]
    parts = (wire.text(place, part) for part in ("StreetNumber", "WardName", "DistrictName", "CityName"))
    whole = _nfc(wire.text(place, "AddressFullText")) or _nfc(", ".join(filter(None, parts)))
    if settings.place_codes == "own":
        return Place(text=whole) if whole else None
    return Place(
        province=wire.digits(place, "CityID", 2),
        district=wire.digits(place, "DistrictID", 3),
        commune=wire.digits(place, "WardID", 5),
        detail=_nfc(wire.text(place, "StreetNumber")),
        text=whole,
    )


def _representatives(
    block: Mapping[str, Any], main: Mapping[str, Any], names: _names
) -> tuple[PersonName, ...]:
    """FULL_NAME of each; where there is none, LEGAL_NAMES. Enterprises without any are known."""
    told = [
        wire.text(each, "FULL_NAME") for each in wire.objects(block.get("Representatives"), "Representatives")
    ]
    if not any(told):
        told = wire.text(main, names("LEGAL_NAMES")).split(";")
    return tuple(PersonName(_nfc(name.strip())) for name in told if name.strip())


def _activities(block: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """(code, name), the main one first. The document and one client name the block differently."""
    key = "BusinessActivities" if block.get("BusinessActivities") is not None else "BusinessActivity"
    rows = wire.objects(block.get(key), key)
    first = sorted(rows, key=lambda row: wire.text(row, "IS_MAIN").upper() != "Y")
    return tuple((wire.text(row, "CODE", most=50), _nfc(wire.text(row, "NAME"))) for row in first)


def _contact(row: Mapping[str, Any]) -> Party | None:
    name = _nfc(wire.text(row, "CONTACT_FULL_NAME"))
    number = wire.text(row, "CONTACT_ID_NO", most=50)
    address = _nfc(wire.text(row, "CONTACT_ADDRESS"))
    phone, email = wire.text(row, "CONTACT_PHONE", most=50), wire.text(row, "CONTACT_EMAIL", most=200)
    if not any((name, number, address, phone, email)):
        return None
    return Party(
        PartyKind.CITIZEN,
        PersonName(name),
        personal_number=number if len(number) == 12 else "",
        old_number=number if len(number) == 9 else "",
        passport=number if len(number) not in (0, 9, 12) else "",
        place=Place(text=address) if address else None,
        phone=phone,
        email=email,
    )


def _nfc(value: str) -> str:
    return unicodedata.normalize("NFC", value)
